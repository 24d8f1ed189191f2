// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/siderostep/siderostep/config"
	"github.com/siderostep/siderostep/focuser"
)

// program is a Main that runs in the test, on ports of its own.
type program struct {
	t    *testing.T
	main *Main
	base string
	out  *buffer
	log  *buffer
	stop func() error
}

// buffer is a log that several goroutines write.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

func testOptions(dir string) options {
	o := defaultOptions()
	o.state, o.listen, o.lx200, o.discoveryPort = dir, "127.0.0.1:0", "127.0.0.1:0", 0
	return o
}

// launch starts the program as run does.
func launch(t *testing.T, o options) *program {
	t.Helper()
	p := &program{t: t, out: new(buffer), log: new(buffer)}
	o.out, o.log = p.out, p.log
	m, err := newMain(o)
	if err != nil {
		t.Fatal(err)
	}
	p.main, p.base = m, "http://"+m.listener.Addr().String()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- m.Run(ctx) }()
	p.stop = sync.OnceValue(func() error {
		cancel()
		return errors.Join(<-ended, m.Close())
	})
	t.Cleanup(func() {
		if err := p.stop(); err != nil {
			t.Errorf("stopping: %v", err)
		}
	})
	return p
}

// call sends a request and returns the answer's Value.
func (p *program) call(verb, path string, form url.Values) any {
	p.t.Helper()
	form.Set("ClientID", "1")
	req, err := http.NewRequestWithContext(p.t.Context(), verb, p.base+path, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	if verb == http.MethodGet {
		req.URL.RawQuery = form.Encode()
	} else {
		req.Body = io.NopCloser(strings.NewReader(form.Encode()))
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	if resp.StatusCode != http.StatusOK {
		p.t.Fatalf("%s %s: %s: %s", verb, path, resp.Status, body)
	}
	if !json.Valid(body) {
		return string(body)
	}
	var answer struct {
		Value        any
		ErrorNumber  int
		ErrorMessage string
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		p.t.Fatal(err)
	}
	if answer.ErrorNumber != 0 {
		p.t.Fatalf("%s %s: %#x: %s", verb, path, answer.ErrorNumber, answer.ErrorMessage)
	}
	return answer.Value
}

func (p *program) get(path string) any {
	p.t.Helper()
	return p.call(http.MethodGet, path, url.Values{})
}

func (p *program) put(path, key, value string) {
	p.t.Helper()
	p.call(http.MethodPut, path, url.Values{key: {value}})
}

const telescope = "/api/v1/telescope/0/"

func TestServesAndStops(t *testing.T) {
	defer goleak.VerifyNone(t)
	dir := t.TempDir()
	p := launch(t, testOptions(dir))
	if got := p.get("/healthz"); got != "ok\n" {
		t.Errorf("/healthz says %q", got)
	}
	devices, err := json.Marshal(p.get("/management/v1/configureddevices"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(p.out.String(), "listening alpaca "+p.base+"\nlistening lx200 "+p.main.lx200Listener.Addr().String()+"\nlistening discovery udp4 ") {
		t.Errorf("announced:\n%s", p.out)
	}
	p.put(telescope+"connected", "Connected", "True")
	if got := p.get(telescope + "name"); got != "siderostep" {
		t.Errorf("the telescope's name is %v", got)
	}
	p.put(telescope+"tracking", "Tracking", "True")
	if err := p.stop(); err != nil {
		t.Error(err)
	}
	if !strings.Contains(p.log.String(), "at rest") {
		t.Errorf("the log does not end at rest:\n%s", p.log)
	}

	again := launch(t, testOptions(dir))
	if got, _ := json.Marshal(again.get("/management/v1/configureddevices")); string(got) != string(devices) {
		t.Errorf("after the next start the devices are\n%s, were\n%s", got, devices)
	}
	if err := again.stop(); err != nil {
		t.Error(err)
	}
}

// What a client sets is in the configuration file after the run, beside what
// was there before, and in force at the next start.
func TestSettingsChangedAtRunTimeAreKept(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "my.toml")
	const before = "# mine\n[site]\nname = 'Here' # kept\nlatitude_deg = 10\n"
	if err := os.WriteFile(file, []byte(before), 0o644); err != nil {
		t.Fatal(err)
	}
	o := testOptions(filepath.Join(dir, "state"))
	o.config = file
	p := launch(t, o)
	p.put(telescope+"connected", "Connected", "True")
	p.put(telescope+"sitelatitude", "SiteLatitude", "20.5")
	p.put(telescope+"siteelevation", "SiteElevation", "321")
	if err := p.stop(); err != nil {
		t.Fatal(err)
	}
	after, err := os.ReadFile(file)
	const want = "# mine\n[site]\nname = 'Here' # kept\nlatitude_deg = 20.5\nelevation_m = 321.0\n"
	if err != nil || string(after) != want {
		t.Errorf("the file holds\n%s%v, want\n%s", after, err, want)
	}
	if cfg, err := config.Load(file); err != nil || cfg.Site.LatitudeDeg != 20.5 || cfg.Server.Listen != config.Default().Server.Listen {
		t.Errorf("loads as %+v, %v", cfg.Site, err)
	}
}

// Settings that could not be kept are tried again with the next change.
func TestSettingsThatCannotBeKept(t *testing.T) {
	var log buffer
	path := filepath.Join(t.TempDir(), "missing", "my.toml")
	begin := settings{config.Default().Config, [2]focuser.Config{config.Default().Focuser, config.Default().Focuser2}}
	f := settingsFile{path: path, kept: begin, tried: begin, log: logger(config.Default().Server, &log), count: &new(saveCounters).settings}
	now := begin
	now.mount.Site.LatitudeDeg = 1
	for range 3 {
		f.keep(now)
	}
	if n := strings.Count(log.String(), "could not be kept"); n != 1 {
		t.Errorf("logged %d times:\n%s", n, &log)
	}
	if err := os.Mkdir(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	now.focusers[0].StepsPerC = 5
	f.keep(now)
	if cfg, err := config.Load(path); err != nil || cfg.Site.LatitudeDeg != 1 || cfg.Focuser.StepsPerC != 5 {
		t.Errorf("kept are latitude %v, %v steps: %v", cfg.Site.LatitudeDeg, cfg.Focuser.StepsPerC, err)
	}
}

// A simulated mount that wakes up at another site is aligned there.
func TestAnotherSiteIsAlignedAnew(t *testing.T) {
	dir := t.TempDir()
	p := launch(t, testOptions(dir))
	before := p.main.mount.Snapshot().Model.Attitude
	p.put(telescope+"connected", "Connected", "True")
	p.put(telescope+"sitelatitude", "SiteLatitude", "-30")
	if p.main.mount.Snapshot().Model.Attitude != before {
		t.Error("the alignment changed with the site")
	}
	if err := p.stop(); err != nil {
		t.Fatal(err)
	}
	again := launch(t, testOptions(dir))
	s := again.main.mount.Snapshot()
	if s.Config.Site.LatitudeDeg != -30 || s.Model.Attitude == before {
		t.Errorf("at latitude %v the alignment is the old one: %v", s.Config.Site.LatitudeDeg, s.Model.Attitude == before)
	}
}

// Without discovery, wanted or not, the rest goes on.
func TestWithoutDiscovery(t *testing.T) {
	taken4, err := net.ListenUDP("udp4", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer taken4.Close()
	port := taken4.LocalAddr().(*net.UDPAddr).Port
	if taken6, err := net.ListenUDP("udp6", &net.UDPAddr{Port: port}); err == nil {
		defer taken6.Close()
	}
	inUse := testOptions(t.TempDir())
	inUse.discoveryPort = port
	off := testOptions(t.TempDir())
	off.config = filepath.Join(t.TempDir(), "off.toml")
	if err := os.WriteFile(off.config, []byte("[discovery]\nenabled = false\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for name, o := range map[string]options{"in use": inUse, "off": off} {
		p := launch(t, o)
		if got := p.get("/healthz"); got != "ok\n" {
			t.Errorf("%s: /healthz says %q", name, got)
		}
		if err := p.stop(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if strings.Contains(p.out.String(), "discovery") {
			t.Errorf("%s: announced:\n%s", name, p.out)
		}
		if warned := strings.Contains(p.log.String(), "clients cannot discover this server"); warned != (name == "in use") {
			t.Errorf("%s: the log has\n%s", name, p.log)
		}
	}
}

// Nothing stays open when the program cannot be built.
func TestFailedStartLeavesNothingOpen(t *testing.T) {
	defer goleak.VerifyNone(t)
	dir := t.TempDir()
	bad := testOptions(dir)
	bad.config = filepath.Join(dir, "bad.toml")
	text := "[mount]\ngeometry = 'altaz'\n[mount.z]\nmax_rate_deg_per_s = 20\naccel_deg_per_s2 = 0.01\n" // cannot stop in time
	if err := os.WriteFile(bad.config, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	if m, err := newMain(bad); err == nil {
		_ = m.Close()
		t.Fatal("motors that cannot brake were accepted")
	}
	p := launch(t, testOptions(dir)) // the folder is free again
	if err := p.stop(); err != nil {
		t.Error(err)
	}
}
