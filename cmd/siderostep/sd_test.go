// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// patience is how long the tests of this file wait for other programs.
const patience = time.Minute

// twoMounts starts two daemons on this machine, which share a discovery port,
// and returns them and the port.
func twoMounts(t *testing.T) (north, south *program, port string) {
	t.Helper()
	start := func(name string, discoveryPort int) *program {
		o := testOptions(t.TempDir())
		o.discoveryPort = discoveryPort
		o.config = filepath.Join(o.state, "my.toml")
		text := fmt.Sprintf("[alpaca]\nserver_name = '%s mount'\nlocation = '%s dome'\n", name, name)
		if err := os.WriteFile(o.config, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return launch(t, o)
	}
	north = start("north", 0)
	n := int(north.main.responder.Addrs()[0].Port())
	return north, start("south", n), strconv.Itoa(n)
}

// background runs a command line until the test ends, and returns its output.
func background(t *testing.T, args ...string) (stdout, stderr *buffer, stop func() int) {
	t.Helper()
	stdout, stderr = new(buffer), new(buffer)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan int, 1)
	go func() { ended <- execute(ctx, args, stdout, stderr) }()
	stop = sync.OnceValue(func() int { cancel(); return <-ended })
	t.Cleanup(func() { stop() })
	return stdout, stderr, stop
}

// await polls until ok says yes.
func await(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("no %s after %v", what, patience)
		}
	}
}

// fetch returns what is at a URL, and an HTTP status of 0 if nothing answers.
func fetch(t *testing.T, url string) (body string, status int, kind string) {
	t.Helper()
	client := &http.Client{Timeout: patience, Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Get(url)
	if err != nil {
		return err.Error(), 0, ""
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		return err.Error(), 0, ""
	}
	return string(b), resp.StatusCode, resp.Header.Get("Content-Type")
}

// targetGroup is Prometheus' own form of a target.
type targetGroup struct {
	Targets []string
	Labels  map[string]string
}

// targetsIn returns "address name/location" of each target of a list.
func targetsIn(t *testing.T, text string) map[string]bool {
	t.Helper()
	var groups []targetGroup
	if err := json.Unmarshal([]byte(text), &groups); err != nil || groups == nil {
		t.Fatalf("%v:\n%s", err, text)
	}
	list := map[string]bool{}
	for _, g := range groups {
		list[strings.Join(g.Targets, ",")+" "+g.Labels["name"]+"/"+g.Labels["location"]] = true
	}
	return list
}

func wantTargets(north, south *program) map[string]bool {
	return map[string]bool{
		strings.TrimPrefix(north.base, "http://") + " north mount/north dome": true,
		strings.TrimPrefix(south.base, "http://") + " south mount/south dome": true,
	}
}

// A real Prometheus finds both daemons of one machine through the service
// discovery, and reads their metrics.
func TestPrometheusFindsTwoMounts(t *testing.T) {
	prometheus, err := exec.LookPath("prometheus")
	if err != nil {
		const why = "needs prometheus, from the package prometheus: %v"
		if os.Getenv("CI") == "true" {
			t.Fatalf(why, err)
		}
		t.Skipf(why, err)
	}
	north, south, port := twoMounts(t)
	stdout, stderr, stop := background(t, "discover", "--serve", "--listen", "127.0.0.1:0", "--every", "1s", "--timeout", "500ms", "--port", port)
	address := regexp.MustCompile(`(?m)^listening prometheus-sd (http://127\.0\.0\.1:\d+/sd)$`)
	await(t, "address", func() bool { return address.MatchString(stdout.String()) })
	list := address.FindStringSubmatch(stdout.String())[1]

	base := startPrometheus(t, prometheus, list)
	var active struct {
		Data struct{ ActiveTargets []activeTarget }
	}
	up := func() bool {
		text, status, _ := fetch(t, base+"/api/v1/targets?state=active")
		active.Data.ActiveTargets = nil
		if status != http.StatusOK || json.Unmarshal([]byte(text), &active) != nil {
			return false
		}
		n := 0
		for _, target := range active.Data.ActiveTargets {
			if target.Health == "up" {
				n++
			}
		}
		return n >= 2
	}
	await(t, "two targets that are up", up)
	got := map[string]bool{}
	for _, target := range active.Data.ActiveTargets {
		got[target.Labels["instance"]+" "+target.Labels["name"]+"/"+target.Labels["location"]] = true
		if target.Discovered["__meta_alpaca_manufacturer"] != "siderostep" || target.Discovered["__meta_alpaca_version"] != version() {
			t.Errorf("for relabelling there is %v", target.Discovered)
		}
	}
	if want := wantTargets(north, south); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("Prometheus has %v, want %v\n%s", got, want, stderr)
	}

	// One question reaches the whole site.
	question := base + "/api/v1/query?query=" + url.QueryEscape(`count by (name, location) (siderostep_build_info)`)
	var site struct {
		Data struct {
			Result []struct{ Metric map[string]string }
		}
	}
	await(t, "two answers", func() bool {
		text, status, _ := fetch(t, question)
		site.Data.Result = nil
		return status == http.StatusOK && json.Unmarshal([]byte(text), &site) == nil && len(site.Data.Result) == 2
	})
	for _, r := range site.Data.Result {
		name, location := strings.TrimSuffix(r.Metric["name"], " mount"), strings.TrimSuffix(r.Metric["location"], " dome")
		if name != location || name != "north" && name != "south" {
			t.Errorf("an answer of %v", r.Metric)
		}
	}
	if status := stop(); status != 0 {
		t.Errorf("the service ended with status %d:\n%s", status, stderr)
	}
}

// activeTarget is an entry of Prometheus' /api/v1/targets.
type activeTarget struct {
	Labels     map[string]string
	Discovered map[string]string `json:"discoveredLabels"`
	Health     string
}

// startPrometheus runs Prometheus on a port of its own until the test ends,
// and returns its URL.
func startPrometheus(t *testing.T, program, list string) string {
	t.Helper()
	dir := t.TempDir()
	settings := "global:\n  scrape_interval: 2s\n  scrape_timeout: 2s\n" +
		"scrape_configs:\n  - job_name: observatory\n    http_sd_configs:\n      - url: " + list + "\n        refresh_interval: 1s\n"
	file := filepath.Join(dir, "prometheus.yml")
	if err := os.WriteFile(file, []byte(settings), 0o644); err != nil {
		t.Fatal(err)
	}
	var log buffer
	cmd := exec.Command(program, "--config.file="+file, "--storage.tsdb.path="+filepath.Join(dir, "data"), "--web.listen-address=127.0.0.1:0")
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-ended
		if t.Failed() {
			t.Logf("Prometheus:\n%s", &log)
		}
	})
	listening := regexp.MustCompile(`"Listening on".* address=(127\.0\.0\.1:\d+)`)
	await(t, "Prometheus", func() bool { return listening.MatchString(log.String()) })
	return "http://" + listening.FindStringSubmatch(log.String())[1]
}

// What is printed is what is served, and servers can be given where nobody
// can be discovered.
func TestServiceDiscovery(t *testing.T) {
	north, south, port := twoMounts(t)
	want := fmt.Sprint(wantTargets(north, south))

	var found, log buffer
	if status := execute(t.Context(), []string{"discover", "--prometheus-sd", "--timeout", "500ms", "--port", port}, &found, &log); status != 0 {
		t.Fatalf("status %d: %s", status, &log)
	}
	if got := fmt.Sprint(targetsIn(t, found.String())); got != want {
		t.Errorf("found %s, want %s", got, want)
	}

	// Nobody answers on this port; one of the servers given has no metrics,
	// one does not exist.
	silent, err := net.ListenUDP("udp4", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	stdout, stderr, stop := background(t, "discover", "--prometheus-sd", "--serve", "--listen", "127.0.0.1:0", "--timeout", "100ms",
		"--port", strconv.Itoa(silent.LocalAddr().(*net.UDPAddr).Port), north.base, strings.TrimPrefix(south.base, "http://"), "http://127.0.0.1:1")
	await(t, "address", func() bool { return strings.HasSuffix(stdout.String(), "/sd\n") })
	list := strings.TrimSpace(strings.TrimPrefix(stdout.String(), "listening prometheus-sd "))
	var text, kind string
	await(t, "list", func() bool {
		var status int
		text, status, kind = fetch(t, list)
		return status == http.StatusOK
	})
	if got := fmt.Sprint(targetsIn(t, text)); got != want || kind != "application/json" {
		t.Errorf("served as %q: %s, want %s", kind, got, want)
	}
	root := strings.TrimSuffix(list, "sd")
	if again, _, _ := fetch(t, root); again != text {
		t.Errorf("at / there is %s", again)
	}
	if _, status, _ := fetch(t, root+"other"); status != http.StatusNotFound {
		t.Errorf("status %d elsewhere", status)
	}
	if !strings.Contains(stderr.String(), "127.0.0.1:1") {
		t.Errorf("the log does not say what was left out:\n%s", stderr)
	}
	if status := stop(); status != 0 {
		t.Errorf("status %d: %s", status, stderr)
	}
}

func TestServiceDiscoveryRefuses(t *testing.T) {
	for _, tt := range []struct{ args, want string }{
		{"--listen :0", "--listen goes with --serve"},
		{"--every 5s --prometheus-sd", "--every goes with --serve"},
		{"--serve --every 1ms", "accepted are 1s to 1h"},
		{"--serve --listen here", "listen address \"here\""},
		{"--serve --json", "none of the others can be"},
		{"--prometheus-sd https://mount1:11111", "http://mount1:11111"},
		{"--prometheus-sd --port 70000", "accepted are 0 to 65535"},
	} {
		var stdout, stderr buffer
		status := execute(t.Context(), append([]string{"discover"}, strings.Fields(tt.args)...), &stdout, &stderr)
		if status != 1 || !strings.Contains(stderr.String(), tt.want) || stdout.String() != "" {
			t.Errorf("%s: status %d, %q %q; want %q", tt.args, status, &stdout, stderr.String(), tt.want)
		}
	}
}
