// SPDX-License-Identifier: GPL-3.0-or-later

package executor

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/siderostep/siderostep/driver"
)

// Plans that change at random instants into others that join them there.
func TestSplicesThatJoin(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		m, _ := pulseAxes(t, 1)
		must(t, m.Resume())
		plan := drawCourse(rt, 0, 0, 5e4, 4)
		for _, s := range plan {
			must(t, m.Queue(0, s))
		}
		m.Beat(0)
		var now driver.Instant
		for splices := uint64(2); splices < 8; splices++ {
			if now >= plan.end()-1 {
				break
			}
			at := driver.Instant(rapid.Int64Range(int64(now), int64(plan.end()-1)).Draw(rt, "splice"))
			p, _ := plan.at(at)
			change := drawCourse(rt, at, p, 5e4, 4)
			for _, s := range change {
				must(t, m.Queue(0, s))
			}
			// Up to the splice the old plan is played, then the new one.
			for _, now = range []driver.Instant{
				driver.Instant(rapid.Int64Range(int64(now), int64(at)).Draw(rt, "before")),
				driver.Instant(rapid.Int64Range(int64(at), int64(change.end()-1)).Draw(rt, "after")),
			} {
				m.Beat(now)
				p, v := plan.at(now)
				if now >= at {
					p, v = change.at(now)
				}
				matches(rt, "spliced", m.Report(0).Emitted, p, v)
			}
			plan = change
			if r := m.Report(0); r.Splices != splices || r.Late != 0 || r.QueueEnd != plan.end() || r.State != driver.Playing {
				rt.Fatalf("after %d splices and a queue to %d: %+v", splices, plan.end(), r)
			}
		}
		if n := m.Counters(0).CatchUps; n != 0 {
			rt.Errorf("%d catch-ups in plans that join", n)
		}
	})
}

// A plan that is elsewhere is reached with the axis's braking acceleration,
// without a jump, and then followed.
func TestSplicesThatDoNotJoin(t *testing.T) {
	for _, c := range []struct{ v0, v1, gap float64 }{
		{0, 0, 9e4}, {3e4, 3e4, 9e4}, {3e4, 3e4, -9e4}, {3e4, -3e4, 9e4}, {-4e4, 4e4, 0.1}, {9e4, 9e4, -9e3}, {9e4, 1e5, 9e3}, {9e4, 1e5, -9e3},
	} {
		reachElsewhere(t, t, c.v0, c.v1, c.gap, 0.5e9)
	}
	rapid.Check(t, func(rt *rapid.T) {
		v0 := rapid.Float64Range(-4e4, 4e4).Draw(rt, "v0")
		v1 := rapid.Float64Range(-4e4, 4e4).Draw(rt, "v1")
		gap := rapid.Float64Range(-99e3, 99e3).Draw(rt, "gap")
		at := driver.Instant(rapid.Int64Range(0, 1e9).Draw(rt, "splice"))
		reachElsewhere(t, rt, v0, v1, gap, at)
	})
}

// reachElsewhere changes, at an instant, from motion at rate v0 to a plan at
// rate v1 that is gap further on.
func reachElsewhere(t *testing.T, rt failer, v0, v1, gap float64, at driver.Instant) {
	m, logs := pulseAxes(t, 1)
	must(t, m.Resume())
	first := driver.Segment{Dur: 20 * time.Second, V: v0, Splice: true}
	p, _ := first.At(at)
	second := driver.Segment{Start: at, P: p + driver.PositionOf(gap), Dur: 20 * time.Second, V: v1, Splice: true}
	must(t, m.Queue(0, first))
	must(t, m.Queue(0, second))
	const tick = 1e6 // ns
	was := driver.Report{Rate: v0}
	for now := driver.Instant(0); now < at+10e9; now += tick {
		m.Beat(now)
		r := m.Report(0)
		dt := r.At.Sub(was.At).Seconds()
		step := math.Abs(r.Rate - was.Rate)
		switch {
		case now == 0:
		case math.Abs(gap) > hop && step > 1e5*dt*1.001:
			rt.Fatalf("%v after the splice: the rate changes by %.1f in %v s", now.Sub(at), step, dt)
		case math.Abs(r.Rate) > 1e5*17/16:
			rt.Fatalf("rate %.0f", r.Rate)
		case math.Abs(float64(r.Emitted)-r.Position.Microsteps()) > 1.0:
			rt.Fatalf("emitted %d at %.3f", r.Emitted, r.Position.Microsteps())
		}
		was = r
	}
	p, v := second.At(was.At)
	if was.Position != p || was.Rate != v || was.State != driver.Playing {
		rt.Fatalf("10 s later: %.6f at %.3f, want %.6f at %.3f", was.Position.Microsteps(), was.Rate, p.Microsteps(), v)
	}
	if off := math.Abs(float64(logs[0].count) - p.Microsteps()); off > 0.5+hop+1e-6 {
		rt.Fatalf("made %d microsteps at %.6f", logs[0].count, p.Microsteps())
	}
	if n := m.Counters(0).CatchUps; (n == 1) != (math.Abs(gap) > hop) {
		rt.Errorf("%d catch-ups of %.3f microsteps", n, gap)
	}
}

// A splice just where the plan ends is a change of plan all the same.
func TestSpliceAtTheEnd(t *testing.T) {
	m, logs := pulseAxes(t, 1)
	must(t, m.Resume())
	must(t, m.Queue(0, driver.Segment{Dur: time.Second, V: 1000, Splice: true}))
	must(t, m.Queue(0, driver.Segment{Start: 1e9, P: 2000 * driver.One, Dur: 5 * time.Second, V: 1000, Splice: true}))
	m.Beat(5e9)
	if r := m.Report(0); r.Emitted != 6000 || m.Counters(0).CatchUps != 1 || r.Underruns != 0 {
		t.Errorf("%+v, %+v", r, m.Counters(0))
	}
	for i := range len(logs[0].at) - 1 {
		if gap := logs[0].at[i+1] - logs[0].at[i]; gap < 9e3 {
			t.Fatalf("steps %d ns apart: a jump", gap)
		}
	}
}

func TestLateSegment(t *testing.T) {
	tests := []struct {
		name      string
		late      time.Duration
		dur       time.Duration
		v         float64
		end       float64 // where the axis comes to rest
		underruns uint64
		catchesUp bool
	}{
		{"a little", 5 * time.Microsecond, time.Second, 1000, 1005, 1, false}, // brakes from 1000/s: 5 microsteps
		{"half way", 500 * time.Millisecond, time.Second, 1000, 1005, 1, true},
		{"all of it", 2 * time.Second, time.Second, 1000, 1005, 1, true},
		{"all of it, to rest", 2 * time.Second, time.Second, 0, 0, 0, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m, logs := pulseAxes(t, 1)
			must(t, m.Resume())
			m.Beat(3e9)
			start := driver.Instant(3e9).Add(-tt.late)
			must(t, m.Queue(0, driver.Segment{Start: start, Dur: tt.dur, V: tt.v, Splice: true}))
			m.Beat(20e9)
			r := m.Report(0)
			if r.Late != 1 || r.WorstLate != tt.late || r.Underruns != tt.underruns || r.State != driver.Holding {
				t.Errorf("%+v", r)
			}
			if got := r.Position.Microsteps(); math.Abs(got-tt.end) > 1e-3 || logs[0].count != int64(math.Round(tt.end)) {
				t.Errorf("rests at %.6f after %d steps, want %.0f", got, logs[0].count, tt.end)
			}
			if (m.Counters(0).CatchUps > 0) != tt.catchesUp {
				t.Errorf("%d catch-ups", m.Counters(0).CatchUps)
			}
			for i := range logs[0].at[:max(0, len(logs[0].at)-1)] {
				if gap := logs[0].at[i+1] - logs[0].at[i]; gap < 9e3 {
					t.Fatalf("steps %d ns apart: a jump", gap)
				}
			}
		})
	}
}

// A plan that goes on after an underrun is taken up again.
func TestTakenUpAfterUnderrun(t *testing.T) {
	m, _ := pulseAxes(t, 1)
	must(t, m.Resume())
	first := driver.Segment{Dur: 100 * time.Millisecond, V: 4e4, Splice: true}
	must(t, m.Queue(0, first))
	m.Beat(300e6)
	if r := m.Report(0); r.State != driver.Braking || r.Underruns != 1 {
		t.Fatalf("%+v", r)
	}
	p, _ := first.At(first.End())
	second := driver.Segment{Start: first.End(), P: p, Dur: 5 * time.Second, V: 4e4}
	must(t, m.Queue(0, second))
	m.Beat(5e9)
	want, _ := second.At(5e9)
	if r := m.Report(0); r.Position != want || r.Late != 1 || r.WorstLate != 200*time.Millisecond || r.State != driver.Playing {
		t.Errorf("%+v, want position %d", r, want)
	}
}

// What was spliced away is given back to the planner.
func TestSplicesFreeTheQueue(t *testing.T) {
	m, _ := pulseAxes(t, 1)
	must(t, m.Resume())
	var now driver.Instant
	for range 50 * RingSize {
		must(t, m.Queue(0, driver.Segment{Start: 60e9, P: m.Report(0).Position, Dur: time.Second, Splice: true}))
		now += 1e6
		m.Beat(now)
	}
	if held := m.board.axes[0].ring.Held(); held != 1 {
		t.Errorf("%d segments held, want 1", held)
	}
}
