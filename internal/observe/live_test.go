// SPDX-License-Identifier: GPL-3.0-or-later

package observe

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/siderostep/siderostep/clock"
)

// silent are queries, by dashboard, panel and legend, that a healthy
// alt-azimuth on the bench may leave without an answer, with the reason. They
// must be understood all the same.
var silent = map[string]string{
	"health, Clock, {{instance}}":                         "not every kernel tells",
	"health, Connections, {{instance}} serial lines gone": "there is no serial line",
}

// absent are metrics that the bench may lack, with the reason.
var absent = map[string]string{
	"siderostep_clock_synchronised":          "not every kernel tells",
	"siderostep_encoder_box_up":              "there are no encoders",
	"siderostep_encoder_read_failures_total": "there are no encoders",
	"siderostep_executor_restarts_total":     "there are no real motors",
	"siderostep_executor_up":                 "there are no real motors",
	"siderostep_focuser_calibrating":         "its motor has no ends to find",
	"siderostep_lx200_serial_lines":          "there is no serial line",
	"siderostep_lx200_serial_lines_open":     "there is no serial line",
	"siderostep_lx200_serial_losses_total":   "there is no serial line",
}

// Each panel is answered whether Prometheus takes native histograms, and then
// no others of those that are, or classic ones.
func TestPrometheusAnswersEveryPanel(t *testing.T) {
	need(t, "prometheus")
	ctx, cancel := context.WithTimeout(t.Context(), 8*time.Minute)
	defer cancel()
	daemon := observed(ctx, t)
	var both []*Prometheus
	for _, native := range []bool{false, true} {
		p, err := StartPrometheus(ctx, t.Output(), deploy, "prometheus.yml", t.TempDir(), native,
			"127.0.0.1:11111", strings.TrimPrefix(daemon.URL, "http://"), "_interval: 5s", "_interval: 1s")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(p.Stop)
		both = append(both, p)
	}
	classic, native := both[0], both[1]

	// An hour of guided tracking passes first, by the mount's own time.
	const span = `max_over_time(siderostep_mount_time_seconds[10m]) - min_over_time(siderostep_mount_time_seconds[10m])`
	for _, p := range both {
		if err := Poll(ctx, func() (bool, error) {
			series, err := p.Query(ctx, span+" > 3600")
			return len(series) > 0, err
		}); err != nil {
			t.Fatalf("the hour never passed: %v", err)
		}
	}
	for name, p := range map[string]*Prometheus{"classic": classic, "native": native} {
		t.Run(name, func(t *testing.T) {
			panelsAreAnswered(ctx, t, p)
			rulesAreHealthy(ctx, t, p)
		})
	}
	metricsExist(ctx, t, both)
	histogramsAreNative(ctx, t, native)
}

func panelsAreAnswered(ctx context.Context, t *testing.T, prometheus *Prometheus) {
	t.Helper()
	unanswered := exprs(t)
	// A query that waits for its first rates is asked again; one that Prometheus
	// does not understand is not.
	waiting, stop := context.WithTimeout(ctx, 2*time.Minute)
	defer stop()
	_ = Poll(waiting, func() (bool, error) {
		for place, expr := range unanswered {
			if _, quiet := silent[place]; quiet {
				delete(unanswered, place)
			}
			series, err := prometheus.Query(waiting, expr)
			if no := (*QueryError)(nil); errors.As(err, &no) && no.Lasting() {
				t.Errorf("%s: %v", place, err)
				delete(unanswered, place)
			}
			if len(series) > 0 {
				delete(unanswered, place)
			}
		}
		return len(unanswered) == 0, nil
	})
	for _, place := range slices.Sorted(maps.Keys(unanswered)) {
		t.Errorf("%s: no data from %s", place, unanswered[place])
	}
}

// histogramsAreNative sees that each histogram of docs/metrics.md that the
// daemon shows is a native one.
func histogramsAreNative(ctx context.Context, t *testing.T, p *Prometheus) {
	t.Helper()
	names := regexp.MustCompile("(?m)^\\| `(\\w+)` \\| histogram \\|").FindAllStringSubmatch(read(t, "../docs/metrics.md"), -1)
	if len(names) < 5 {
		t.Fatalf("found %d histograms", len(names))
	}
	for _, m := range names {
		series, err := p.Query(ctx, "histogram_count("+m[1]+")")
		if err != nil || len(series) == 0 {
			t.Errorf("%s is not native: %v", m[1], err)
		}
	}
}

// program builds siderostep once for each test that wants it.
func program(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "siderostep")
	out, err := exec.CommandContext(t.Context(), "go", "build", "-tags", "nomsgpack", "-o", file, "../../cmd/siderostep").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return file
}

// observed returns a mount in the middle of an evening, at a hundred times the
// speed of the sky: it tracks, and is guided until the test ends.
func observed(ctx context.Context, t *testing.T) *Daemon {
	t.Helper()
	d, err := StartDaemon(ctx, t.Output(), program(t), t.TempDir(), "--speed", "100")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Stop)
	var lst float64
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(d.Put(ctx, "connected", "Connected", true))
	must(d.Put(ctx, "tracking", "Tracking", true))
	must(d.Get(ctx, "siderealtime", &lst))
	// Four hours and a half before the meridian, where from 44° north a star at
	// 30° sets nearly 13 hours later: in seven minutes here.
	must(d.Put(ctx, "slewtocoordinatesasync", "RightAscension", mod24(lst+4.5), "Declination", 30))
	must(d.Arrive(ctx))

	planetarium, err := new(net.Dialer).DialContext(ctx, "tcp", d.LX200)
	must(err)
	// Pulses one after the other, more to the east than to the west.
	guiding, stop := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		defer planetarium.Close()
		for i := 0; guiding.Err() == nil; i++ {
			fmt.Fprint(planetarium, ":GR#")
			_ = d.Put(guiding, "pulseguide", "Direction", i%4, "Duration", 300+100*(i%4))
			_ = clock.Sleep(guiding, clock.Real{}, 30*time.Millisecond) // three of the sky's seconds: a worm turns in thirty
		}
	}()
	t.Cleanup(func() { stop(); <-ended })
	return d
}

func mod24(h float64) float64 { return math.Mod(h+24, 24) }

// exprs returns every query of every dashboard by its place.
func exprs(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	for name, d := range dashboards(t) {
		for _, p := range d.Panels {
			for _, q := range p.Targets {
				all[fmt.Sprintf("%s, %s, %s", name, p.Title, q.LegendFormat)] = Fill(q.Expr, "1m")
			}
		}
	}
	for place := range silent {
		if all[place] == "" {
			t.Errorf("%s: listed as silent, but not there", place)
		}
	}
	return all
}

var metricName = regexp.MustCompile(`\bsiderostep_[a-z0-9_]+\b`)

// metricsExist sees that each metric that any query or rule names is one that
// the daemon has, for one Prometheus or the other.
func metricsExist(ctx context.Context, t *testing.T, both []*Prometheus) {
	t.Helper()
	text := read(t, "rules/alerts.yml") + read(t, "rules/recording.yml")
	for _, d := range dashboards(t) {
		for _, panel := range d.Panels {
			for _, q := range panel.Targets {
				text += q.Expr + "\n"
			}
		}
		for _, a := range d.Annotations.List {
			text += a.Expr + "\n"
			for _, p := range both {
				if _, err := p.Query(ctx, Fill(a.Expr, "1m")); err != nil {
					t.Errorf("%s, mark of %s: %v", d.Title, a.Name, err)
				}
			}
		}
		for _, v := range d.Templating.List {
			text += v.QueryText() + "\n"
		}
	}
	text = recorded.ReplaceAllString(text, "")
	names := metricName.FindAllString(text, -1)
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		n := 0
		for _, p := range both {
			series, err := p.Query(ctx, "count("+name+")")
			if err != nil {
				t.Fatal(err)
			}
			n += len(series)
		}
		if _, expected := absent[name]; !expected && n == 0 {
			t.Errorf("the daemon has no %s", name)
		}
	}
}

// recorded matches the names of recording rules.
var recorded = regexp.MustCompile(`\binstance(_\w+)?:\w+:\w+`)

// rulesAreHealthy sees that all rules were evaluated without an error, and
// that the texts of alerts that are active could be filled in.
func rulesAreHealthy(ctx context.Context, t *testing.T, p *Prometheus) {
	t.Helper()
	var all struct {
		Groups []struct {
			Rules []struct {
				Name, Type, Health, LastError string
				Alerts                        []struct{ Annotations map[string]string }
			}
		}
	}
	if err := p.API(ctx, "rules", &all); err != nil {
		t.Fatal(err)
	}
	n := map[string]int{}
	for _, g := range all.Groups {
		for _, r := range g.Rules {
			n[r.Type]++
			if r.Health != "ok" {
				t.Errorf("rule %s is %s: %s", r.Name, r.Health, r.LastError)
			}
			for _, a := range r.Alerts {
				for key, text := range a.Annotations {
					if strings.Contains(text, "<") || strings.Contains(text, "%!") {
						t.Errorf("%s says in its %s: %s", r.Name, key, text)
					}
				}
			}
		}
	}
	alerts, recordings := strings.Count(read(t, "rules/alerts.yml"), "- alert:"), strings.Count(read(t, "rules/recording.yml"), "- record:")
	if n["alerting"] != alerts || n["recording"] != recordings {
		t.Errorf("Prometheus evaluates %v, the files have %d alerts and %d recording rules", n, alerts, recordings)
	}
}

// A site with two mounts on one machine: with the configuration for sites,
// Prometheus gets both from siderostep's service discovery, which was told
// their URLs. That it finds others by itself is tested with the command.
func TestServiceDiscoveryFindsTwoMounts(t *testing.T) {
	need(t, "prometheus")
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	siderostep := program(t)
	want := map[string]string{}
	var places []string
	for _, name := range []string{"dobson", "astrograph"} {
		config := filepath.Join(t.TempDir(), "siderostep.toml")
		text := fmt.Sprintf("[alpaca]\nserver_name = '%s'\nlocation = 'hill'\n", name)
		if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		d, err := StartDaemon(ctx, t.Output(), siderostep, t.TempDir(), "--config", config)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(d.Stop)
		want[strings.TrimPrefix(d.URL, "http://")] = name
		places = append(places, d.URL)
	}
	sd, err := StartServiceDiscovery(ctx, t.Output(), siderostep, places...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sd.Stop)
	prometheus, err := StartPrometheus(ctx, t.Output(), deploy, "prometheus-site.yml", t.TempDir(), false,
		"http://127.0.0.1:11112/sd", sd.URL, "_interval: 5s", "_interval: 1s", "refresh_interval: 30s", "refresh_interval: 1s")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(prometheus.Stop)
	var got map[string]string
	err = Poll(ctx, func() (bool, error) {
		series, err := prometheus.Query(ctx, `up{job="siderostep"} == 1`)
		got = map[string]string{}
		for _, s := range series {
			got[s.Labels["instance"]] = s.Labels["name"]
		}
		return maps.Equal(got, want), err
	})
	if err != nil {
		t.Fatalf("%v: targets are %v, want %v", err, got, want)
	}
}
