// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/siderostep/siderostep/alpaca"
	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/lx200"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/mount"
	"github.com/siderostep/siderostep/sim"
)

// series returns the program's own series on its page, by name and labels.
func (p *program) series() map[string]string {
	p.t.Helper()
	w := httptest.NewRecorder()
	p.main.metrics.Handler().ServeHTTP(w, httptest.NewRequestWithContext(p.t.Context(), http.MethodGet, "/metrics", http.NoBody))
	all := map[string]string{}
	for line := range strings.Lines(w.Body.String()) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), " "); ok && strings.HasPrefix(name, "siderostep_") {
			all[strings.TrimPrefix(name, "siderostep_")] = value
		}
	}
	return all
}

func TestMetricsAreWired(t *testing.T) {
	p := launch(t, testOptions(t.TempDir()))
	p.put(telescope+"connected", "Connected", "True")
	p.put(telescope+"tracking", "Tracking", "True")
	conn, err := net.Dial("tcp", p.main.lx200Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write([]byte(":GR#")); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Read(make([]byte, 100)); err != nil {
		t.Fatal(err)
	}
	await(t, "the command's count", func() bool {
		return p.main.lx200.Stats().Commands[lx200.Count{Command: "GR", Result: lx200.Done}] == 1
	})
	all := p.series()
	for name, want := range map[string]string{
		`alpaca_requests_total{device="telescope",member="tracking",method="PUT",result="ok"}`: "1",
		`alpaca_request_duration_seconds_count{class="command",device="telescope"}`:            "2",
		`alpaca_device_connected{device="telescope"}`:                                          "1",
		`alpaca_device_connected{device="focuser"}`:                                            "0",
		`lx200_commands_total{command="GR",result="done"}`:                                     "1",
		`lx200_command_duration_seconds_count`:                                                 "1",
		`lx200_sessions`:                                                                       "1",
		`state_save_failures_total{file="mount"}`:                                              "0",
		`state_save_failures_total{file="focuser"}`:                                            "0",
		`state_save_failures_total{file="settings"}`:                                           "0",
		`mount_geometry{kind="altaz"}`:                                                         "1",
		`truth_lost_full_steps{axis="z"}`:                                                      "0",
	} {
		if got := all[name]; got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	for _, name := range []string{
		`executor_lateness_seconds_count{executor="mount"}`, `executor_lateness_seconds_count{executor="focuser0"}`,
		`mount_tick_lateness_seconds_count`, `alpaca_connections`, `axis_winding_duty_ratio{axis="z"}`,
		`truth_backlash_taken_ratio{axis="a"}`, `truth_target_separation_radians`, `mount_limit_time_seconds{kind="horizon"}`,
	} {
		if all[name] == "" {
			t.Errorf("no %s", name)
		}
	}
}

// Whatever clients send, the page grows no further than its tables.
func TestClientsMakeNoSeries(t *testing.T) {
	p := launch(t, testOptions(t.TempDir()))
	h := p.main.alpaca.Handler()
	ask := func(path string) {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://mount.local/", http.NoBody)
		r.URL.Path, r.URL.RawQuery, _ = strings.Cut(path, "?")
		h.ServeHTTP(httptest.NewRecorder(), r)
	}
	ask("/api/v1/telescope/0/connected?ClientID=1")
	ask("/api/v1/telescope/0/connected?ClientID=nobody")
	conn, err := net.Dial("tcp", p.main.lx200Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	known := len(p.series())
	for i := range 10000 {
		ask(fmt.Sprintf("/api/v1/telescope/0/member%d?ClientID=%d", i, i))
		ask(fmt.Sprintf("/api/v1/device%d/%d/connected", i, i))
		ask(fmt.Sprintf("/api/v1/telescope/0/connected?ClientID=%d&ClientTransactionID=%d", i, i))
		ask(fmt.Sprintf("/api/v1/telescope/0/connected?ClientID=x%d", i))
	}
	odd := 0
	for i := range 500 {
		n, err := fmt.Fprintf(conn, ":%c%c%d#", 'a'+i%26, 'a'+i/26, i)
		if err != nil {
			t.Fatal(err)
		}
		odd += n
	}
	await(t, "LX200 commands", func() bool { return p.main.lx200.Stats().BytesIn == uint64(odd) })
	const results = 8 // of LX200 commands that are none, and of those that begin like one
	if n := len(p.series()); n > known+20*results {
		t.Errorf("%d series, before %d", n, known)
	}
	all := p.series()
	if got := all["alpaca_stray_requests_total"]; got != "20000" {
		t.Errorf("%s stray requests", got)
	}
	if got := all[`alpaca_requests_total{device="telescope",member="connected",method="GET",result="ok"}`]; got != "10001" {
		t.Errorf("%s of them well", got)
	}
}

// What is handed on to the metrics is what was counted.
func TestRequestsForMetrics(t *testing.T) {
	var d clock.Durations
	d.Add(time.Second)
	a := alpacaRequests(alpaca.Stats{
		Refused: 1, Failed: 2, Joined: 3, Panics: 4, Stray: 5, Open: 6, Accepted: 7,
		Members:   []alpaca.MemberStats{{Device: "telescope", Member: "slewing", Method: "GET", OK: 8, Failed: 9, Refused: 10, Spent: 11}},
		Durations: []alpaca.ClassStats{{Device: "telescope", Class: "read", Tally: d.Load()}},
	})
	if a.Refused != 1 || a.Failed != 2 || a.Joined != 3 || a.Panicked != 4 || a.Stray != 5 || a.Open != 6 || a.Accepted != 7 {
		t.Errorf("got %+v", a)
	}
	if m := a.Members[0]; m.OK != 8 || m.Failed != 9 || m.Refused != 10 || m.Spent != 11 || a.Durations[0].Took.Sum != time.Second {
		t.Errorf("got %+v", a)
	}
	l := lx200Requests(lx200.Stats{
		Commands: map[lx200.Count]uint64{{Command: "GR", Result: lx200.Done}: 5, {Command: "other", Result: lx200.Overlong}: 2},
		Took:     d.Load(), Connections: 2, LinesConfigured: 1, LinesOpen: 1, LinesOpened: 4, Reopened: 3, Accepted: 10, Broken: 1, BadSums: 3,
		LinesLost: 11, LinesFailed: 12, Noise: 13, Stopped: 14, Idle: 15, Stuck: 16,
	})
	if l.Open != 3 || l.Accepted != 14 || l.Took.Sum != time.Second || len(l.Commands) != 2 || l.Noise != 13 || l.Stopped != 14 {
		t.Errorf("got %+v", l)
	}
	if l.Lines != 1 || l.LinesOpen != 1 || l.Lost != 11 || l.Failed != 12 || l.Reopened != 3 {
		t.Errorf("got %+v", l)
	}
	if want := map[string]uint64{"unfinished": 0, "overlong": 2, "broken": 1, "checksum": 3}; !maps.Equal(l.Framing, want) {
		t.Errorf("framing errors are %v, want %v", l.Framing, want)
	}
	if want := map[string]uint64{"idle": 15, "stuck": 16}; !maps.Equal(l.Closed, want) {
		t.Errorf("connections closed are %v, want %v", l.Closed, want)
	}
	if l := lx200Requests(lx200.Stats{}); l.Reopened != 0 || l.Lines != 0 {
		t.Errorf("without serial lines: %+v", l)
	}
}

func TestTruthForMetrics(t *testing.T) {
	s := &mount.Snapshot{Axes: model.Axes{Z: model.Degrees(10), A: model.Degrees(20)}, Equatorial: model.Equatorial{Dec: model.Degrees(30)}}
	v := truthAt(s, sim.Truth{
		Axes: model.Axes{Z: model.Degrees(11), A: model.Degrees(18)}, Equatorial: model.Equatorial{Dec: model.Degrees(31)},
		Z: sim.MotorTruth{TakenUp: 0.5, LostFullSteps: 4}, A: sim.MotorTruth{TakenUp: 0.25, LostFullSteps: -8},
	})
	z, a := v.Axes[mount.AxisZ], v.Axes[mount.AxisA]
	if math.Abs(z.Error.Degrees()-1) > 1e-9 || math.Abs(a.Error.Degrees()+2) > 1e-9 || math.Abs(v.FromReported.North.Degrees()-1) > 1e-9 {
		t.Errorf("got %+v", v)
	}
	if z.BacklashTaken != 0.5 || z.LostFullSteps != 4 || a.BacklashTaken != 0.25 || a.LostFullSteps != -8 {
		t.Errorf("got %+v", v.Axes)
	}
}

// What a scrape every 100 ms does to tracking, against none, in turns within
// one run: by how much the ticks of the control loop and the executor were
// late, and the control error. It prints figures, and judges none.
func BenchmarkTrackingWhileScraped(b *testing.B) {
	const stretch, turns = 5 * time.Second, 3
	o := testOptions(b.TempDir())
	o.out, o.log = io.Discard, io.Discard
	m, err := newMain(o)
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(b.Context())
	ended := make(chan error)
	go func() { ended <- m.Run(ctx) }()
	defer func() { cancel(); <-ended; _ = m.Close() }()
	if s := m.mount.Snapshot(); s.Parked {
		_ = m.mount.Unpark(ctx)
	}
	if err := m.mount.SetTracking(ctx, true); err != nil {
		b.Fatal(err)
	}
	page := "http://" + m.listener.Addr().String() + "/metrics"
	scrape := func() {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, page, http.NoBody)
		if err != nil {
			b.Fatal(err)
		}
		re, err := http.DefaultClient.Do(r)
		if err != nil {
			b.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, re.Body)
		re.Body.Close()
	}
	real := clock.Real{}
	var found [2]measured
	for range b.N * turns * 2 {
		for i := range found {
			from := m.mount.Snapshot()
			v, before := &found[i], m.rig.MountLateness()
			end := real.Now().Add(stretch)
			last := from
			for next := real.Now(); real.Now().Before(end); {
				if i == 1 && !real.Now().Before(next) {
					scrape()
					next = next.Add(100 * time.Millisecond)
				}
				if s := m.mount.Snapshot(); s != last {
					v.note(last, s)
					last = s
				}
				_ = clock.Sleep(ctx, real, 2*time.Millisecond)
			}
			v.add(before, m.rig.MountLateness())
			v.troubles += troubles(last) - troubles(from)
		}
	}
	for i, name := range []string{"none", "scraped"} {
		v := &found[i]
		b.ReportMetric(v.late.Seconds()/float64(v.ticks)*1e6, name+"-tick-late-µs")
		b.ReportMetric(v.worst.Seconds()*1e6, name+"-tick-worst-µs")
		b.ReportMetric(v.played.Seconds()/float64(v.events)*1e3, name+"-play-late-ms")
		b.ReportMetric(float64(v.troubles), name+"-late-segments")
		b.ReportMetric(math.Sqrt(v.squares/float64(v.samples)), name+"-rms-microsteps")
	}
}

// measured is what was seen of tracking.
type measured struct {
	ticks, events, samples uint64
	late, worst, played    time.Duration
	squares                float64 // of the control error of both axes, microsteps
	troubles               uint64  // late segments and empty queues
}

func (v *measured) note(last, s *mount.Snapshot) {
	if n := s.Counts.Ticks - last.Counts.Ticks; n > 0 {
		late := max(0, s.Ticked.Sub(last.Ticked)-time.Duration(n)*mount.Tick)
		v.ticks += n
		v.late += late
		v.worst = max(v.worst, late)
	}
	for _, r := range s.Reports[:2] {
		e := r.Position.Microsteps() - float64(r.Emitted)
		v.squares += e * e
		v.samples++
	}
}

// troubles counts segments that came too late, and queues that ran empty.
func troubles(s *mount.Snapshot) (n uint64) {
	for _, r := range s.Reports {
		n += r.Late + r.Underruns
	}
	return n
}

func (v *measured) add(from, to clock.Tally) {
	v.events += to.Count() - from.Count()
	v.played += to.Sum - from.Sum
}
