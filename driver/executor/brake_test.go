// SPDX-License-Identifier: GPL-3.0-or-later

package executor

import (
	"errors"
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
)

// A queue that runs empty while moving ends v²/2a further on, with the count
// exact.
func TestUnderrun(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		m, logs := pulseAxes(t, 1)
		must(t, m.Resume())
		plan := drawCourse(rt, 0, 0, 9e4, 3)
		for _, s := range plan {
			must(t, m.Queue(0, s))
		}
		m.Beat(plan.end() + 2e9)
		p, v := plan.at(plan.end())
		want := p.Microsteps() + v*math.Abs(v)/2e5
		r := m.Report(0)
		if math.Abs(r.Position.Microsteps()-want) > 1e-2 || r.State != driver.Holding || r.Rate != 0 {
			rt.Fatalf("rests at %.6f, want %.6f: %+v", r.Position.Microsteps(), want, r)
		}
		if (r.Underruns == 1) != (math.Abs(v) >= still) || r.QueueEnd != r.At {
			rt.Errorf("ended at rate %v: %+v", v, r)
		}
		matches(rt, "at rest", model.Microsteps(logs[0].count), r.Position, 0)
	})
}

func TestHaltBrakesFromAnyMotion(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		m, logs := pulseAxes(t, 2)
		must(t, m.Resume())
		var plans [2]course
		for i := range plans {
			plans[i] = drawCourse(rt, 0, 0, 9e4, 3)
			for _, s := range plans[i] {
				must(t, m.Queue(i, s))
			}
		}
		at := driver.Instant(rapid.Int64Range(0, int64(min(plans[0].end(), plans[1].end())-1)).Draw(rt, "halt"))
		m.Beat(at)
		m.Halt()
		for i := range plans {
			if err := m.Queue(i, driver.Segment{Start: at, Dur: 1, Splice: true}); !errors.Is(err, fault.Refused) {
				rt.Fatalf("queue after halt: %v", err)
			}
		}
		m.Halt()
		m.Beat(at + 2e9)
		for i, plan := range plans {
			p, v := plan.at(at)
			want := p.Microsteps() + v*math.Abs(v)/2e5
			r := m.Report(i)
			if math.Abs(r.Position.Microsteps()-want) > 1e-2 || r.State != driver.Halted || r.Underruns != 0 {
				rt.Fatalf("halts at %.6f, want %.6f: %+v", r.Position.Microsteps(), want, r)
			}
			matches(rt, "at rest", model.Microsteps(logs[i].count), r.Position, 0)
			if held := m.board.axes[i].ring.Held(); held != 0 {
				rt.Errorf("%d segments still held", held)
			}
		}
		must(t, m.Resume())
		if r := m.Report(0); r.State != driver.Holding {
			rt.Errorf("after resuming: %v", r.State)
		}
	})
}

// Halts and resumptions in any order leave nothing of an old plan behind.
func TestNothingOutlivesAHalt(t *testing.T) {
	m, logs := pulseAxes(t, 1)
	must(t, m.Resume())
	must(t, m.Queue(0, driver.Segment{Dur: time.Second, V: 1000, Splice: true})) // in the ring
	m.Halt()
	m.Beat(5e9)
	must(t, m.Resume())
	must(t, m.Queue(0, driver.Segment{Start: 6e9, Dur: time.Second, V: 1000, Splice: true}))
	m.Beat(5.5e9) // in the plan
	m.Halt()
	m.Beat(10e9)
	if len(logs[0].at) != 0 {
		t.Errorf("%d steps were made", len(logs[0].at))
	}
	if r := m.Report(0); r.State != driver.Halted || r.QueueEnd != 10e9 {
		t.Errorf("%+v", r)
	}
}

// On the bench a halt and what ends it need no Beat between them.
func TestHaltAndResumeAtOnce(t *testing.T) {
	m, _ := pulseAxes(t, 1)
	must(t, m.Resume())
	m.Halt()
	must(t, m.Resume())
	m.Halt()
	must(t, m.Release())
	if r := m.Report(0); r.State != driver.Released {
		t.Errorf("is %v", r.State)
	}
}

// A segment that reaches the ring just before a halt is not played, although
// the executor finds it only after the halt has ended.
func TestSegmentThatCrossesAHalt(t *testing.T) {
	log := new(pulseLog)
	c := Config{Axes: []Axis{{Kind: Pulse, Brake: 1e5, MaxRate: 1e5}}}
	board := new(Board)
	exec, err := New(c, Outputs{Pulsers: []driver.Pulser{log}}, board, 0)
	must(t, err)
	planner := NewPlanner(c, board)
	must(t, planner.Resume())
	must(t, planner.Queue(0, driver.Segment{Dur: 1, Splice: true}))
	exec.Lateness = func(time.Duration) { // amid an Advance, its queues taken over
		exec.Lateness = nil
		must(t, planner.Queue(0, driver.Segment{Start: 10, Dur: time.Second, V: 1000, Splice: true}))
		planner.Halt()
	}
	exec.Advance(5)
	planner.Halt()
	if err := planner.Resume(); !errors.Is(err, fault.Refused) {
		t.Errorf("resume before the executor has seen the halt: %v", err)
	}
	exec.Advance(6)
	must(t, planner.Resume())
	exec.Advance(2e9)
	if r := planner.Report(0); len(log.at) != 0 || r.State != driver.Holding {
		t.Errorf("%d steps were made: %+v", len(log.at), r)
	}
	if held := board.axes[0].ring.Held(); held != 0 {
		t.Errorf("%d segments held", held)
	}
}

// limited gives axis 0 the range ±1000.
func limited(c *Config) { c.Axes[0].Limited, c.Axes[0].Min, c.Axes[0].Max = true, -1000, 1000 }

func TestLimitsRefuse(t *testing.T) {
	m, _ := pulseAxes(t, 1, limited)
	must(t, m.Resume())
	s := driver.Segment{Dur: time.Second, V: 1001, Splice: true}
	if err := m.Queue(0, s); !errors.Is(err, fault.AboveLimit) {
		t.Errorf("above: %v", err)
	}
	s.V = -1001
	if err := m.Queue(0, s); !errors.Is(err, fault.BelowLimit) {
		t.Errorf("below: %v", err)
	}
	s.V = 1000
	if err := m.Queue(0, s); err != nil {
		t.Errorf("to the limit: %v", err)
	}
}

// A segment that crosses a limit and comes back is stopped at it.
func TestLimitsStop(t *testing.T) {
	for _, sign := range []float64{1, -1} {
		m, logs := pulseAxes(t, 2, limited)
		must(t, m.Resume())
		must(t, m.Queue(0, driver.Segment{Dur: time.Second, V: sign * 8000, A: -sign * 16000, Splice: true}))
		must(t, m.Queue(1, driver.Segment{Dur: 5 * time.Second, V: 1000, Splice: true}))
		for now := driver.Instant(0); now < 3e9; now += 1e6 {
			m.Beat(now)
		}
		// It brakes early enough to stop there, at 1e5 microsteps/s².
		r := m.Report(0)
		if r.Emitted != model.Microsteps(sign*1000) || math.Abs(r.Position.Microsteps()-sign*1000) > 0.5 || r.State != driver.Halted || m.Counters(0).LimitHits != 1 {
			t.Errorf("rests at %.3f: %+v", r.Position.Microsteps(), r)
		}
		if got := logs[0].count; got != int64(r.Emitted) || got != int64(r.Position.Round()) {
			t.Errorf("%d steps made, %d reported", got, r.Emitted)
		}
		if r := m.Report(1); r.State != driver.Halted {
			t.Errorf("the other axis is %v", r.State)
		}
		// Back inside, and not further out.
		must(t, m.Resume())
		s := driver.Segment{Start: 3e9, P: r.Position, Dur: time.Second, V: sign * 10, Splice: true}
		if err := m.Queue(0, s); err == nil {
			t.Error("further out was accepted")
		}
		s.V = -sign * 1000
		must(t, m.Queue(0, s))
		m.Beat(3.9e9)
		if r := m.Report(0); r.State != driver.Playing {
			t.Errorf("on the way back: %+v", r)
		}
	}
}

// A port that fails stops its axis where it is; steps that failed do not
// count.
func TestOutputFailure(t *testing.T) {
	m, logs := pulseAxes(t, 2)
	must(t, m.Resume())
	for i := range logs {
		must(t, m.Queue(i, driver.Segment{Dur: 5 * time.Second, V: 1000, Splice: true}))
	}
	m.Beat(1e9)
	logs[0].err = errors.New("unplugged")
	m.Beat(1.1e9)
	m.Beat(3e9)
	r0, r1 := m.Report(0), m.Report(1)
	if r0.Emitted != 1000 || r0.State != driver.Halted || m.Counters(0).Faults != 1 {
		t.Errorf("failed axis: %+v, %+v", r0, m.Counters(0))
	}
	if r1.State != driver.Halted || r1.Emitted != 1105 {
		t.Errorf("other axis: %+v", r1)
	}
	logs[0].err = nil
	must(t, m.Resume())
	must(t, m.Queue(0, driver.Segment{Start: 3e9, P: r0.Position, Dur: time.Second, V: 1000, Splice: true}))
	m.Beat(4e9)
	if got := m.Report(0).Emitted; got != 2000 || logs[0].count != 2000 {
		t.Errorf("after the repair: %d reported, %d made", got, logs[0].count)
	}
}

// The count of windings that could not be driven stays, and half steps do not
// pass a limit that is none of theirs.
func TestHalfStepsFailAndStop(t *testing.T) {
	m, log := windingAxes(t, limited, func(c *Config) { c.Axes[0].Max = 1003 })
	must(t, m.Resume())
	must(t, m.Queue(0, driver.Segment{Dur: time.Second, V: 10000, A: -20000, Splice: true}))
	must(t, m.Queue(1, driver.Segment{Dur: time.Second, V: 10000, Splice: true}))
	m.Beat(50e6)
	made := m.Report(1).Emitted
	log.err = errors.New("unplugged")
	m.Beat(60e6)
	if r := m.Report(1); r.Emitted != made || r.State == driver.Playing || m.Counters(1).Faults == 0 {
		t.Errorf("a step that failed: %+v", r)
	}
	log.err = nil
	m.Beat(1e9)
	must(t, m.Resume())
	r := m.Report(0)
	must(t, m.Queue(0, driver.Segment{Start: 1e9, P: r.Position, Dur: time.Second, V: 10000, A: -20000, Splice: true}))
	m.Beat(3e9)
	r = m.Report(0)
	if v2 := 1e8 - 2*20000*(1002.5-477.5); m.Counters(0).LimitHits != 1 || float64(r.Emitted) > 1003+v2/2e5+3 {
		t.Errorf("limit at 1003: %+v", r)
	}
}

// An executor that wakes up late does not play what it missed in a burst.
func TestSkip(t *testing.T) {
	log := new(pulseLog)
	c := Config{
		Axes:      []Axis{{Kind: Pulse, Brake: 1e5, MaxRate: 1e5}},
		SkipAfter: 20 * time.Millisecond, SkipSteps: 10,
	}
	m, err := NewInline(c, Outputs{Pulsers: []driver.Pulser{log}})
	must(t, err)
	must(t, m.Resume())
	s := driver.Segment{Dur: 10 * time.Second, V: 1000, Splice: true}
	must(t, m.Queue(0, s))
	for now := driver.Instant(0); now <= 1e9; now += 5e6 {
		m.Beat(now)
	}
	before := log.count
	m.Beat(1.5e9)
	if log.count > before+2 || m.Counters(0).Skips != 1 {
		t.Errorf("%d steps in a burst, %d skips", log.count-before, m.Counters(0).Skips)
	}
	for now := driver.Instant(1.5e9); now <= 5e9; now += 5e6 {
		m.Beat(now)
	}
	if p, _ := s.At(5e9); m.Report(0).Emitted != p.Round() || log.count != int64(p.Round()) {
		t.Errorf("later: %d reported, %d made, plan %d", m.Report(0).Emitted, log.count, p.Round())
	}
}
