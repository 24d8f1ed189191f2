// SPDX-License-Identifier: GPL-3.0-or-later

package metrics

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/driver/executor"
	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/focuser"
	"github.com/siderostep/siderostep/handpad"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/pointing"
	"github.com/siderostep/siderostep/mount"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// germanAtRest is what a German mount says as it begins: the rest of its
// snapshots' truth that a test does not set.
var germanAtRest = sync.OnceValue(func() mount.Snapshot {
	cfg := mount.DefaultConfig().ForGeometry("german")
	cfg.Site.Refraction = false
	counts := cfg.StartCounts(nil)
	motors := make([]executor.Axis, 3)
	for i := range motors {
		motors[i] = executor.Axis{Kind: executor.Pulse, Port: i, Initial: counts[i], Brake: 1e5, MaxRate: 1e5}
	}
	board, err := executor.NewInline(executor.Config{Axes: motors}, executor.Outputs{Pulsers: []driver.Pulser{nowhere{}, nowhere{}, nowhere{}}})
	if err != nil {
		panic(err)
	}
	epoch := time.Date(2026, 11, 21, 4, 0, 0, 0, time.UTC)
	m, err := mount.New(cfg, mount.Parts{Clock: clock.NewManual(epoch), Epoch: epoch, Motors: board})
	if err != nil {
		panic(err)
	}
	return *m.Snapshot()
})

// trackingAt returns a German mount that tracks a place in the south-west, at
// an instant: a quarter of a microstep behind in Z, ahead in A.
func trackingAt(at time.Duration) *mount.Snapshot {
	v := germanAtRest()
	cfg, q := *v.Config, model.Arcsec(0.125)
	s := &v
	s.At, s.Ticked, s.Counts = driver.Instant(at), driver.Instant(at), mount.Counts{Ticks: uint64(at / mount.Tick)}
	s.UTC, s.LST = s.UTC.Add(at), model.Hours(14)
	s.Config, s.Model = &cfg, pointing.New(pointing.German.Attitude(cfg.Site.Latitude()), pointing.Errors{}, model.Axes{})
	s.Pier = pointing.Through
	s.Axes = model.Axes{Z: q.Mul(4e6), A: q.Mul(1.5e6)}
	s.Equatorial = model.Equatorial{RA: model.Hours(16.1), Dec: model.Degrees(16.5)}
	s.Horizontal = model.Horizontal{Az: q.Mul(4e6), Alt: q.Mul(1.5e6)}
	s.Tracking, s.HasTarget = true, true
	s.Target = model.Equatorial{RA: model.Hours(16.1), Dec: model.Degrees(16.5)}
	s.Guided = model.Equatorial{RA: model.Arcsec(3), Dec: model.Arcsec(-1.5)}
	s.GuideEnd = driver.Instant(at + time.Second)
	s.RARate = model.ArcsecPerSecond(0.5)
	s.FieldAngle, s.FieldRate = model.Degrees(-40), model.ArcsecPerSecond(-10)
	s.Rotator = mount.RotatorState{
		Present: true, Turned: model.Degrees(-30), Mechanical: model.Degrees(330),
		Sky: model.Degrees(12), Target: model.Degrees(12), Following: true,
	}
	s.Backlash = [2]mount.BacklashState{{Width: model.Arcmin(2), Taken: model.Arcmin(1), TakingUp: true}, {Width: model.Arcmin(-3), Taken: model.Arcmin(3)}}
	s.AxisDrift = [2]model.Rate{model.ArcsecPerSecond(0.01), 0}
	s.Encoders = mount.EncoderState{Use: true, Known: true, Angles: s.Axes.Add(model.Axes{Z: model.Arcmin(5), A: model.Arcmin(-6)}), Difference: model.Axes{Z: model.Arcmin(5), A: model.Arcmin(-6)}}
	s.Counts.EncoderResets = [...]uint64{4, 3, 2, 1}
	report := func(n model.Microsteps, ahead, rate float64) driver.Report {
		return driver.Report{At: s.At, Position: driver.Position(n)*driver.One + driver.PositionOf(ahead), Rate: rate,
			Emitted: n, QueueEnd: s.At.Add(350 * time.Millisecond), State: driver.Playing,
			Underruns: 1, Splices: 7, Late: 2, WorstLate: 3 * time.Millisecond, Queued: 8, Duty: 1.4, On: time.Minute,
			Counters: driver.Counters{Steps: 1000, CatchUps: 3, Skips: 4, LimitHits: 5, Faults: 6}}
	}
	s.Reports = [3]driver.Report{report(4e6, 0.25, 80), report(15e5, -0.25, 60), report(-12000, 0, -1)}
	return s
}

func focused() *focuser.Snapshot {
	cfg := focuser.DefaultConfig()
	return &focuser.Snapshot{Config: &cfg, Position: 25100, Target: 26000, Moving: true, TempComp: true,
		HasTemperature: true, TemperatureC: -3.5, Trusted: true, Slack: 20, Compensation: -30,
		Report: driver.Report{Emitted: 25100, Rate: 500, QueueEnd: driver.Instant(200 * time.Millisecond), State: driver.Playing}}
}

// servoed is a motor that counts by itself.
func servoed() *focuser.Snapshot {
	cfg := focuser.DefaultConfig()
	cfg.Motor, cfg.MaxStep, cfg.StepUM = focuser.Celestron, 40000, 0
	return &focuser.Snapshot{Config: &cfg, Position: 7000, Target: 7000, Trusted: true, Calibration: focuser.Calibration{Possible: true, High: 40000}}
}

// inputs are what metrics are made from, in a test.
type inputs struct {
	mount     atomic.Pointer[mount.Snapshot]
	focuser   *focuser.Snapshot // number 0
	servo     *focuser.Snapshot // number 1
	encoders  Encoders
	executor  Executor
	paddle    Paddle
	late      clock.Tally
	alpaca    Requests
	lx200     LX200
	saves     []Saves
	clockRuns bool // freely
	truth     Truth
	waited    time.Duration // since the snapshot
}

func tally(all ...time.Duration) clock.Tally {
	var d clock.Durations
	for _, v := range all {
		d.Add(v)
	}
	return d.Load()
}

func newInputs(s *mount.Snapshot) *inputs {
	in := &inputs{
		focuser: focused(), servo: servoed(), late: tally(30*time.Microsecond, 40*time.Microsecond, 3*time.Millisecond), waited: 20 * time.Millisecond,
		alpaca: Requests{
			Refused: 3, Failed: 20, Panicked: 1, Joined: 2, Stray: 1, Open: 4, Accepted: 9,
			Members:   []MemberRequests{{Device: "telescope", Member: "tracking", Method: "GET", OK: 977, Failed: 20, Refused: 2, Spent: 5 * time.Millisecond}},
			Durations: []RequestDurations{{Device: "telescope", Class: "read", Took: tally(5*time.Microsecond, 200*time.Millisecond)}},
			Devices:   []DeviceState{{Device: "telescope", Connected: true}},
		},
		lx200: LX200{
			Commands: []LX200Command{{Command: "GR", Result: "done", N: 50}}, Refusals: map[string]uint64{"parked": 1},
			Took: tally(500*time.Microsecond, 30*time.Millisecond, 2*time.Second),
			Open: 1, Accepted: 5, Rejected: 2, Closed: map[string]uint64{"idle": 4, "stuck": 1}, Noise: 7, Stopped: 2,
			Framing: map[string]uint64{"unfinished": 1, "overlong": 0, "broken": 2, "checksum": 0},
			Lines:   1, LinesOpen: 1, Lost: 2, Failed: 9, Reopened: 2,
		},
		encoders: Encoders{Up: true, Readings: 900, Silent: 3, Garbage: 4, Refused: 5, Lost: 1, Failed: 2, Reopened: 1},
		executor: Executor{Up: true, Restarts: 1, Healthy: true, Silent: 2 * time.Millisecond, RealTime: true, Locked: true, KeepAliveFaults: 1, InputFaults: 2, AuxFaults: 3},
		paddle:   Paddle{Mode: "guide", Ready: true, Stuck: 1, Presses: 6, Refused: 2, Motions: 70, Jammed: 1, Failures: 1, Silent: 1},
		saves:    []Saves{{File: "mount", Done: 17, Failed: 1, Last: time.Unix(1_800_000_000, 5e8), Took: tally(8 * time.Millisecond)}},
	}
	in.mount.Store(s)
	return in
}

func (in *inputs) metrics() *Metrics {
	late := func() clock.Tally { return in.late }
	return newMetrics(sources{
		mount: in.mount.Load,
		focusers: []focusSource{
			newFocusSource(0, func() *focuser.Snapshot { return in.focuser }, late),
			newFocusSource(1, func() *focuser.Snapshot { return in.servo }, nil),
		},
		elapsed:      func() time.Duration { return time.Duration(in.mount.Load().At) + in.waited },
		lateness:     late,
		alpaca:       func() Requests { return in.alpaca },
		lx200:        func() LX200 { return in.lx200 },
		saves:        func() []Saves { return in.saves },
		encoders:     func() Encoders { return in.encoders },
		executor:     func() Executor { return in.executor },
		paddle:       func() Paddle { return in.paddle },
		synchronised: func() (bool, bool) { return !in.clockRuns, true },
		truth: func(s *mount.Snapshot) (Truth, bool) {
			t := TruthAt(s, model.Equatorial{RA: model.Hours(16.1) + model.Arcsec(2), Dec: model.Degrees(16.5) + model.Arcsec(1)})
			t.Axes = in.truth.Axes
			return t, true
		},
		version: "1.0.0", goVersion: "go1.26",
	}, clock.Real{})
}

// fixed returns metrics of snapshots that a test sets.
func fixed(s *mount.Snapshot) (*Metrics, *atomic.Pointer[mount.Snapshot]) {
	in := newInputs(s)
	return in.metrics(), &in.mount
}

// lived returns metrics that have seen guided tracking for a bit more than a
// turn of the worms, 67 s, and then a stop.
func lived() *Metrics {
	m, now := fixed(nil)
	const start, end = time.Hour, 70 * time.Second
	for d := time.Duration(0); d < end; d += mount.Tick {
		s := trackingAt(start + d)
		s.Guided.RA = model.ArcsecPerSecond(0.1).Over(d)
		s.Counts.Pulses[mount.East] = uint64(d / (5 * time.Second))
		turn(s, d)
		if d/mount.Tick%2 == 1 {
			s.Reports[0].Position -= driver.PositionOf(0.5)
		}
		now.Store(s)
		m.sample()
	}
	s := trackingAt(start + end)
	s.Tracking, s.HasTarget, s.Stopped = false, false, fault.New(fault.BelowLimit, "tracking", "altitude")
	now.Store(s)
	m.sample()
	s = trackingAt(start + end)
	s.Guided.RA = model.Arcsec(2)
	now.Store(s)
	for d := end; d <= 2*end; d += mount.Tick { // again, for what a stop makes forgotten
		s = trackingAt(start + d)
		s.Guided.RA = model.ArcsecPerSecond(0.1).Over(d)
		s.Counts.Pulses[mount.East] = uint64(d / (5 * time.Second))
		turn(s, d)
		now.Store(s)
		m.sample()
	}
	return m
}

// turn turns both worms for d, at 60 microsteps a second.
func turn(s *mount.Snapshot, d time.Duration) {
	n := model.Microsteps(d.Seconds() * 60)
	for i := range s.Reports[:2] {
		s.Reports[i].Emitted += n
		s.Reports[i].Position += driver.Position(n) * driver.One
	}
}

func get(t testing.TB, m *Metrics, accept string) (string, http.Header) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", http.NoBody)
	r.Header.Set("Accept", accept)
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		t.Fatalf("HTTP %d: %s", w.Code, w.Body)
	}
	return w.Body.String(), w.Header()
}

// rounded returns a page with the digits that every processor agrees on.
func rounded(page string) string {
	lines := strings.Split(page, "\n")
	for i, line := range lines {
		name, value, ok := strings.Cut(line, " ")
		v, err := strconv.ParseFloat(value, 64)
		if !ok || err != nil {
			continue
		}
		if math.Abs(v) < 1e-13 {
			v = 0
		}
		lines[i] = name + " " + strconv.FormatFloat(v, 'g', 10, 64)
	}
	return strings.Join(lines, "\n")
}

func TestPage(t *testing.T) {
	page, _ := get(t, lived(), "text/plain")
	page = rounded(page)
	file := filepath.Join("testdata", "page.txt")
	if *update {
		if err := os.WriteFile(file, []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), page); diff != "" {
		t.Errorf("-want +got (-update accepts):\n%s", diff)
	}
}

func TestPageIsOpenMetricsOnRequest(t *testing.T) {
	page, header := get(t, lived(), "application/openmetrics-text; version=1.0.0")
	if got := header.Get("Content-Type"); !strings.HasPrefix(got, "application/openmetrics-text") {
		t.Errorf("Content-Type is %q", got)
	}
	if !strings.HasSuffix(page, "# EOF\n") {
		t.Error("the page has no end mark")
	}
}

func TestLint(t *testing.T) {
	m := lived()
	problems, err := testutil.GatherAndLint(m.Registry())
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
	// The pedantic registry sees that each series is as described.
	pedantic := prometheus.NewPedanticRegistry()
	pedantic.MustRegister(m)
	if _, err := pedantic.Gather(); err != nil {
		t.Error(err)
	}
}

// Every family must appear when everything is present.
func TestEveryFamilyHasBoundedSeries(t *testing.T) {
	gathered, err := lived().Registry().Gather()
	if err != nil {
		t.Fatal(err)
	}
	if len(gathered) != len(families) {
		t.Errorf("%d families on the page, %d described", len(gathered), len(families))
	}
	for _, f := range gathered {
		if n := len(f.GetMetric()); n > 2*parts {
			t.Errorf("%s has %d series", f.GetName(), n)
		}
	}
}

// The names stand here as literals, because edges may not import driver.
func TestNamesMatchTheirSources(t *testing.T) {
	for i, name := range axisStates {
		if got := driver.State(i).String(); got != name {
			t.Errorf("axis state %d is %q, want %q", i, got, name)
		}
	}
	if n := int(driver.Halted) + 1; n != len(axisStates) {
		t.Errorf("%d axis states, want %d", len(axisStates), n)
	}
	if modes := handpad.Modes(); len(modes) != len(paddleModes) {
		t.Errorf("%d modes of the hand paddle, want %d", len(modes), len(paddleModes))
	} else {
		for i, mode := range modes {
			if paddleModes[i] != string(mode) {
				t.Errorf("mode %d of the hand paddle is %q, want %q", i, mode, paddleModes[i])
			}
		}
	}
	for i, name := range geometries {
		if got := pointing.Geometry(i).String(); got != name {
			t.Errorf("geometry %d is %q, want %q", i, got, name)
		}
	}
	if last := pointing.Geometry(len(geometries)); !strings.HasPrefix(last.String(), "Geometry(") {
		t.Errorf("the geometry %v is left out", last)
	}
	kinds := fault.Kinds()
	if len(kinds)+1 != causes {
		t.Fatalf("%d kinds of fault, want causes to be one more than that, not %d", len(kinds), causes)
	}
	for i, kind := range kinds {
		if got := causeOf(fault.New(kind, "test", "")); got != i {
			t.Errorf("%v counts as %s", kind, causeNames[got])
		}
	}
	if got := causeOf(errors.New("strange")); causeNames[got] != "other" {
		t.Errorf("an error of no kind counts as %s", causeNames[got])
	}
}

func TestStopsAreCountedOnce(t *testing.T) {
	m, now := fixed(trackingAt(0))
	limit, halt := fault.New(fault.BelowLimit, "", ""), fault.New(fault.Cancelled, "", "")
	again := fault.New(fault.BelowLimit, "", "")
	for i, stop := range []error{nil, limit, limit, nil, again, halt, halt} {
		s := trackingAt(time.Duration(i) * mount.Tick)
		s.Stopped = stop
		now.Store(s)
		m.sample()
		m.sample()
	}
	if low, cancelled := m.stops[causeOf(limit)], m.stops[causeOf(halt)]; low != 2 || cancelled != 1 {
		t.Errorf("below limit %d, cancelled %d; want 2, 1", low, cancelled)
	}
}

func TestGuideTravelIgnoresNewTargets(t *testing.T) {
	m, now := fixed(nil)
	arcsec := []float64{0, 0.2, 0.4, 0.2, 0, 30, 30.2, 0} // 7.5″/s allows 0.375″ a tick
	for i, v := range arcsec {
		s := trackingAt(time.Duration(i) * mount.Tick)
		s.Guided.Dec = model.Arcsec(v)
		now.Store(s)
		m.sample()
	}
	if got := model.Angle(m.gathered.guided[1]).Arcsec(); math.Abs(got-1.0) > 1e-9 {
		t.Errorf("travel is %g″, want 1.0″", got)
	}
}

func TestWindowsAgreeWithAPlainSum(t *testing.T) {
	var r ring
	var all []sample
	const n = held + 123
	for i := range n {
		x := math.Sin(float64(i) * 0.7)
		s := sample{at: time.Duration(i) * mount.Tick, err: [2]float64{x, 0.3 + x/2}, sky: math.Abs(x)}
		all = append(all, s)
		r.add(s)
	}
	now := all[n-1].at
	got := r.figures(now)
	for w, window := range windows {
		var count, sum, peak, sky float64
		for _, s := range all {
			if s.at > now-window.d {
				count++
				sum += s.err[1]
				sky += s.sky * s.sky
				peak = max(peak, math.Abs(s.err[1]))
			}
		}
		mean, squares := sum/count, 0.0
		for _, s := range all {
			if s.at > now-window.d {
				squares += (s.err[1] - mean) * (s.err[1] - mean)
			}
		}
		f := got[w]
		near := func(what string, got, want float64) {
			if math.Abs(got-want) > 1e-12 {
				t.Errorf("%s: %s is %.15g, want %.15g", window.label, what, got, want)
			}
		}
		near("count", float64(f.n), count)
		near("count by time", float64(f.n), float64(window.d/mount.Tick))
		near("mean", f.axis[1].mean, mean)
		near("rms", f.axis[1].rms, math.Sqrt(squares/count))
		near("peak", f.axis[1].peak, peak)
		near("sky rms", f.sky.rms, math.Sqrt(sky/count))
	}
}

func TestSlewsAndSettlingAreLeftOut(t *testing.T) {
	for name, change := range map[string]func(*mount.Snapshot){
		"not tracking": func(s *mount.Snapshot) { s.Tracking = false },
		"slewing":      func(s *mount.Snapshot) { s.Slewing, s.Activity = true, mount.SlewingToSky },
		"settling":     func(s *mount.Snapshot) { s.Slewing, s.Activity = true, mount.Settling },
		"no target":    func(s *mount.Snapshot) { s.HasTarget = false },
	} {
		s := trackingAt(0)
		change(s)
		if _, ok := controlErrorOnSky(s); ok {
			t.Errorf("%s: counted", name)
		}
	}
	e, ok := controlErrorOnSky(trackingAt(0))
	q := model.Arcsec(0.125).Radians()
	if !ok || math.Abs(e.err[0]-q/4) > 1e-18 || math.Abs(e.err[1]+q/4) > 1e-18 {
		t.Errorf("got %v, %v; want ±%g", e.err, ok, q/4)
	}
}

func TestTruthHasDirections(t *testing.T) {
	s := trackingAt(0)
	dec := model.Degrees(60)
	s.Target = model.Equatorial{RA: 0, Dec: dec}
	v := TruthAt(s, model.Equatorial{RA: model.Turn - model.Arcsec(20), Dec: dec + model.Arcsec(3)})
	if east, north := v.FromTarget.East.Arcsec(), v.FromTarget.North.Arcsec(); math.Abs(east+10) > 1e-3 || math.Abs(north-3) > 1e-3 {
		t.Errorf("east %.4f″, north %.4f″; want −10, 3", east, north)
	}
}

// Scrapes run while snapshots change and Run gathers.
func TestScrapesDuringUpdates(t *testing.T) {
	m, now := fixed(trackingAt(0))
	c := clock.NewScaled(1000)
	m.clock = c
	ctx, cancel := context.WithCancel(t.Context())
	var all sync.WaitGroup
	all.Go(func() { _ = m.Run(ctx) })
	all.Go(func() {
		for i := 1; ctx.Err() == nil; i++ {
			s := trackingAt(time.Duration(i) * mount.Tick)
			if i%50 == 0 {
				s.Stopped = fault.New(fault.Hardware, "", "")
			}
			now.Store(s)
		}
	})
	h := m.Handler()
	var scrapes sync.WaitGroup
	for range maxScrapes {
		scrapes.Go(func() {
			for range 50 {
				w := httptest.NewRecorder()
				h.ServeHTTP(w, httptest.NewRequestWithContext(ctx, http.MethodGet, "/metrics", http.NoBody))
				if w.Code != http.StatusOK || !bytes.Contains(w.Body.Bytes(), []byte("siderostep_axis_control_error_radians")) {
					t.Errorf("HTTP %d", w.Code)
				}
			}
		})
	}
	scrapes.Wait()
	cancel()
	all.Wait()
}

// full returns metrics whose longest window is full.
func full() *Metrics {
	m, now := fixed(nil)
	for i := range int(longest / mount.Tick) {
		now.Store(trackingAt(time.Duration(i) * mount.Tick))
		m.sample()
	}
	return m
}

type discard struct{ header http.Header }

func (d discard) Header() http.Header         { return d.header }
func (d discard) Write(b []byte) (int, error) { return io.Discard.Write(b) }
func (d discard) WriteHeader(int)             {}

// One scrape with the longest window full.
func BenchmarkScrape(b *testing.B) {
	m := full()
	h := m.Handler()
	r := httptest.NewRequestWithContext(b.Context(), http.MethodGet, "/metrics", http.NoBody)
	page, _ := get(b, m, "")
	b.ReportMetric(float64(len(page)), "bytes/page")
	b.ReportAllocs()
	for b.Loop() {
		h.ServeHTTP(discard{http.Header{}}, r)
	}
}

// The part of it that is ours.
func BenchmarkCollect(b *testing.B) {
	m := full()
	out := make(chan prometheus.Metric, 1000)
	b.ReportAllocs()
	for b.Loop() {
		m.Collect(out)
		for len(out) > 0 {
			<-out
		}
	}
}

// One tick of Run.
func BenchmarkSample(b *testing.B) {
	m := full()
	a, z := trackingAt(0), trackingAt(mount.Tick)
	m.mount = func() *mount.Snapshot { a, z = z, a; return a }
	b.ReportAllocs()
	for b.Loop() {
		m.sample()
	}
}
