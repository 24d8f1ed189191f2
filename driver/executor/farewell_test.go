// SPDX-License-Identifier: GPL-3.0-or-later

package executor

import (
	"errors"
	"testing"
	"time"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
)

// apart returns an executor that the planner does not drive.
func apart(t testing.TB, change func(*Config)) (*Executor, *Planner, *Board, *windingLog) {
	t.Helper()
	m, _ := windingAxes(t, func(c *Config) { c.Axes[0].Initial, c.Axes[1].Initial = 3, -1000 }, change)
	log, board := new(windingLog), new(Board)
	c := m.exec.config
	exec, err := New(c, Outputs{Windings: []driver.Windings{log}}, board, 0)
	must(t, err)
	return exec, NewPlanner(c, board), board, log
}

// A planner that falls silent: brake, hold, cut.
func TestPlannerLoss(t *testing.T) {
	e, p, _, log := apart(t, func(c *Config) {
		c.PlannerTimeout, c.HoldAfterLoss = time.Second, 2*time.Second
		c.Axes[0].Standing.Creep = 100
	})
	p.Beat(0)
	must(t, p.Resume())
	e.Advance(1)
	must(t, p.Queue(0, driver.Segment{Start: 1, P: 3 * driver.One, Dur: time.Hour / 2, V: 1000, Splice: true}))
	now := driver.Instant(1)
	until := func(end driver.Instant) driver.Report {
		for ; now <= end; now += 5e6 {
			e.Advance(now)
		}
		return p.Report(0)
	}
	if r := until(1e9); r.State != driver.Playing || !e.Healthy(0.99e9) || e.Healthy(1e9) {
		t.Errorf("after 1 s: %+v, healthy: %v, %v", r, e.Healthy(0.99e9), e.Healthy(1e9))
	}
	if r := until(1.03e9); r.State != driver.Halted || r.Rate != 0 || text(log.last()) == "00×150" {
		t.Errorf("after the timeout: %+v, %s", r, text(log.last()))
	}
	if r := until(2.95e9); r.State != driver.Halted || e.Abandoned() {
		t.Errorf("holding: %+v", r)
	}
	r := until(3.2e9)
	if r.State != driver.Released || !e.Abandoned() || text(log.last()) != "00×150" || r.Emitted%10 != 0 || r.Lost != 0 {
		t.Errorf("in the end: %+v, abandoned: %v, %s", r, e.Abandoned(), text(log.last()))
	}
	// A planner that comes back finds it halted, and can go on.
	p.Beat(now)
	if err := p.Queue(0, driver.Segment{Start: now, Dur: 1, Splice: true}); !errors.Is(err, fault.Refused) {
		t.Errorf("queue: %v", err)
	}
	must(t, p.Resume())
	if r := until(3.3e9); r.State != driver.Holding || e.Abandoned() || !e.Healthy(now) {
		t.Errorf("again: %+v", r)
	}
}

// A planner that comes back in time finds the motors held.
func TestPlannerComesBack(t *testing.T) {
	e, p, _, _ := apart(t, func(c *Config) { c.PlannerTimeout, c.HoldAfterLoss = time.Second, 2*time.Second })
	p.Beat(0)
	must(t, p.Resume())
	for now := driver.Instant(0); now < 10e9; now += 10e6 {
		if now > 2e9 {
			p.Beat(now)
		}
		e.Advance(now)
	}
	if r := p.Report(0); r.State != driver.Halted || e.Abandoned() {
		t.Errorf("%+v", r)
	}
}

func TestLeave(t *testing.T) {
	e, p, _, log := apart(t, func(*Config) {})
	p.Beat(0)
	must(t, p.Resume())
	e.Advance(0)
	must(t, p.Queue(0, driver.Segment{P: 3 * driver.One, Dur: time.Second, V: 10000, Splice: true}))
	e.Advance(0.5e9)
	e.Leave(200 * time.Millisecond)
	for now := driver.Instant(0.5e9); now < 0.79e9; now += 1e6 {
		if e.Advance(now); e.Abandoned() {
			t.Fatalf("left after %v", now)
		}
	}
	for now := driver.Instant(0.79e9); now < 0.82e9; now += 1e6 {
		e.Advance(now)
	}
	if !e.Abandoned() || text(log.last()) != "00×150" || p.Report(0).Lost != 0 {
		t.Errorf("%+v, %s", p.Report(0), text(log.last()))
	}
}

// An executor on the board of one that died goes on from the count that was
// made, halted and released, and says whether the rotor may be elsewhere.
func TestSuccessor(t *testing.T) {
	e, p, board, _ := apart(t, func(*Config) {})
	p.Beat(0)
	must(t, p.Resume())
	e.Advance(0)
	must(t, p.Queue(0, driver.Segment{P: 3 * driver.One, Dur: time.Second, V: 1000, Splice: true}))
	must(t, p.Queue(0, driver.Segment{Start: 1e9, P: 1003 * driver.One, Dur: time.Second, V: 1000}))
	e.Advance(0.5e9)
	if count, still := board.Last(0); count != 503 || still {
		t.Errorf("axis 0 is at %d, still: %v", count, still)
	}
	if count, still := board.Last(1); count != -1000 || !still {
		t.Errorf("axis 1 is at %d, still: %v", count, still)
	}

	log := new(windingLog)
	next, err := New(e.config, Outputs{Windings: []driver.Windings{log}}, board, 0.6e9)
	must(t, err)
	if text(log.last()) != "00×150" {
		t.Errorf("shows %s", text(log.last()))
	}
	next.Advance(1.5e9)
	for i, want := range []struct {
		count model.Microsteps
		lost  uint64
	}{{503, 1}, {-1000, 0}} {
		r := p.Report(i)
		if r.Emitted != want.count || r.Position != driver.Position(want.count)<<32 || r.State != driver.Released || r.Restarts != 1 || r.Lost != want.lost {
			t.Errorf("axis %d: %+v", i, r)
		}
	}
	if r := p.Report(0); r.Steps != 500 || r.Splices != 1 || r.On < 500*time.Millisecond/10 {
		t.Errorf("the counters are %+v", r)
	}
	if err := p.Queue(0, driver.Segment{Start: 2e9, P: 503 * driver.One, Dur: 1, Splice: true}); !errors.Is(err, fault.Refused) {
		t.Errorf("queue: %v", err)
	}
	must(t, p.Resume())
	must(t, p.Queue(0, driver.Segment{Start: 2e9, P: 503 * driver.One, Dur: time.Second, V: -3, Splice: true}))
	next.Advance(3e9)
	if r := p.Report(0); r.Emitted != 500 {
		t.Errorf("then: %+v", r)
	}
	if text(log.last()) == "00×150" {
		t.Error("windings are off")
	}
	next.Advance(4e9)
	if count, still := board.Last(0); count != 500 || !still {
		t.Errorf("at rest: %d, still: %v", count, still)
	}
}

// An executor that died amid a step may or may not have made it.
func TestSuccessorOfAHalfMadeStep(t *testing.T) {
	e, _, board, _ := apart(t, func(*Config) {})
	board.axes[0].journal.next = 4
	if count, still := board.Last(0); count != 4 || still {
		t.Errorf("%d, %v", count, still)
	}
	next, err := New(e.config, Outputs{Windings: []driver.Windings{new(windingLog)}}, board, 1)
	must(t, err)
	if r := board.Report(0); r.Emitted != 4 || r.Lost != 1 || next.Counters(1).Lost != 0 {
		t.Errorf("%+v", r)
	}
}

// One that was late amid half steps has lost the rotor; below them it has not.
func TestSkipAboveTheHalfStepRateIsALoss(t *testing.T) {
	for _, tt := range []struct {
		v    float64
		lost uint64
	}{{1500, 0}, {3000, 1}} {
		e, p, _, _ := apart(t, func(c *Config) { c.SkipAfter, c.SkipSteps = 20*time.Millisecond, 10 })
		must(t, p.Resume())
		e.Advance(0)
		must(t, p.Queue(1, driver.Segment{P: -1000 * driver.One, Dur: 10 * time.Second, V: tt.v, Splice: true}))
		for now := driver.Instant(0); now < 1e9; now += 1e6 {
			e.Advance(now)
		}
		made := p.Report(1).Emitted
		e.Advance(1.2e9)
		e.Advance(1.201e9)
		r := p.Report(1)
		if r.Skips != 1 || r.Lost != tt.lost || (r.State == driver.Halted) != (tt.lost > 0) || tt.lost > 0 && r.Emitted != made {
			t.Errorf("at %v: %+v", tt.v, r)
		}
	}
}

// Whatever another process does to the board, the executor neither hangs nor
// calls it healthy.
func TestBoardOutOfItsMind(t *testing.T) {
	e, p, board, _ := apart(t, func(*Config) {})
	p.Beat(0)
	must(t, p.Resume())
	e.Advance(0)
	must(t, p.Queue(0, driver.Segment{P: 3 * driver.One, Dur: time.Second, V: 1000, Splice: true}))
	e.Advance(1e6)
	for _, pushed := range []uint64{0, 1 << 60} {
		board.axes[0].ring.pushed.Store(pushed)
		e.Advance(2e6)
		if e.Healthy(2e6) {
			t.Errorf("healthy with %d segments pushed", pushed)
		}
	}
}

// Closing amid motion leaves the rotor to itself.
func TestCloseInMotionIsALoss(t *testing.T) {
	m, _ := pulseAxes(t, 2)
	must(t, m.Resume())
	must(t, m.Queue(1, driver.Segment{Dur: time.Second, V: 1000, Splice: true}))
	m.Beat(0.5e9)
	must(t, m.Close())
	if m.Report(0).Lost != 0 || m.Report(1).Lost != 1 {
		t.Errorf("%+v, %+v", m.Report(0), m.Report(1))
	}
}
