// SPDX-License-Identifier: GPL-3.0-or-later

package executor

import (
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/model"
)

// course is a drawn plan: segments that join, all below the axis's rate.
type course []driver.Segment

// at returns the position of the plan at t, within it or at its ends.
func (c course) at(t driver.Instant) (driver.Position, float64) {
	for i := range c {
		if t < c[i].End() || i == len(c)-1 {
			return c[i].At(min(t, c[i].End()))
		}
	}
	return 0, 0
}

func (c course) end() driver.Instant { return c[len(c)-1].End() }

// drawSegment draws a segment from p at start with |rate| up to most, with
// reversals inside as often as not.
func drawSegment(t *rapid.T, start driver.Instant, p driver.Position, most float64) driver.Segment {
	s := driver.Segment{Start: start, P: p}
	for {
		s.Dur = time.Duration(rapid.Int64Range(1, 200e6).Draw(t, "ns"))
		dur := s.Dur.Seconds()
		rate := rapid.Float64Range(-most, most)
		// A parabola of rate through three drawn rates.
		v0, v1, v2 := rate.Draw(t, "v0"), rate.Draw(t, "v1"), rate.Draw(t, "v2")
		switch rapid.IntRange(0, 3).Draw(t, "shape") {
		case 0:
			v1, v2 = v0, v0
		case 1:
			v1 = (v0 + v2) / 2
		case 2:
			v0 = 0
		}
		s.V = v0
		s.A = (4*v1 - 3*v0 - v2) / dur
		s.J = 4 * (v0 + v2 - 2*v1) / (dur * dur)
		if fastestIn(&s) <= most {
			return s
		}
	}
}

// drawCourse draws up to n segments from p at start that join.
func drawCourse(t *rapid.T, start driver.Instant, p driver.Position, most float64, n int) course {
	var c course
	for range rapid.IntRange(1, n).Draw(t, "segments") {
		s := drawSegment(t, start, p, most)
		s.Splice = len(c) == 0
		c = append(c, s)
		start = s.End()
		p, _ = s.At(start)
	}
	return c
}

// matches fails t when count is not p rounded, unless p is so near a half that
// the nanosecond decides.
func matches(t *rapid.T, what string, count model.Microsteps, p driver.Position, v float64) {
	t.Helper()
	if count == p.Round() {
		return
	}
	near := math.Abs(math.Abs((p - driver.Position(count)<<32).Microsteps()) - 0.5)
	if near > math.Abs(v)*2e-9+1e-6 {
		t.Fatalf("%s: emitted %d at position %.6f, rate %.3f", what, count, p.Microsteps(), v)
	}
}

func TestCountIsPositionRounded(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		most := rapid.SampledFrom([]float64{1, 60, 3000, 9e4}).Draw(rt, "most")
		m, logs := pulseAxes(t, 2)
		must(t, m.Resume())
		var plans [2]course
		for i := range plans {
			plans[i] = drawCourse(rt, 0, 0, most, 6)
			for _, s := range plans[i] {
				must(t, m.Queue(i, s))
			}
		}
		end := min(plans[0].end(), plans[1].end())
		var now driver.Instant
		for now < end {
			now = min(end, now+driver.Instant(rapid.Int64Range(1, 50e6).Draw(rt, "advance")))
			m.Beat(now)
			for i, plan := range plans {
				p, v := plan.at(now)
				matches(rt, "axis", m.Report(i).Emitted, p, v)
				if made := model.Microsteps(logs[i].count); made != m.Report(i).Emitted {
					rt.Fatalf("reports %d steps, made %d", m.Report(i).Emitted, made)
				}
			}
		}
		for i, log := range logs {
			if !slices.IsSorted(log.at) {
				rt.Fatalf("axis %d: instants go back", i)
			}
			count := model.Microsteps(0)
			for k, at := range log.at { // each step at its own instant
				if at > end {
					break
				}
				if log.up[k] {
					count++
				} else {
					count--
				}
				p, v := plans[i].at(at)
				if k+1 < len(log.at) && log.at[k+1] == at {
					continue
				}
				matches(rt, "step", count, p, v)
			}
		}
	})
}

// The count at an instant does not depend on how often the executor looked.
func TestAdvanceIsAFunctionOfTime(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		plan := drawCourse(rt, 0, 0, 5e4, 5)
		var logs [2]*pulseLog
		for i := range logs {
			m, log := pulseAxes(t, 1)
			logs[i] = log[0]
			must(t, m.Resume())
			for _, s := range plan {
				must(t, m.Queue(0, s))
			}
			if i == 0 {
				for now := driver.Instant(0); now < plan.end(); {
					now += driver.Instant(rapid.Int64Range(1, 20e6).Draw(rt, "advance"))
					m.Beat(now)
				}
			}
			m.Beat(plan.end() + 10e9)
		}
		if !slices.Equal(logs[0].at, logs[1].at) || !slices.Equal(logs[0].up, logs[1].up) {
			rt.Fatalf("looking often: %d steps; once: %d", len(logs[0].at), len(logs[1].at))
		}
	})
}

// Exact halves: upward when reached, downward when passed, as Round does.
func TestStepsAtExactHalves(t *testing.T) {
	for _, v := range []float64{1000, -1000} {
		m, logs := pulseAxes(t, 1)
		must(t, m.Resume())
		must(t, m.Queue(0, driver.Segment{Dur: time.Second, V: v, Splice: true}))
		for now := driver.Instant(0); now < 3e6; now += 1000 {
			m.Beat(now)
			s := driver.Segment{V: v}
			if p, _ := s.At(now); m.Report(0).Emitted != p.Round() {
				t.Errorf("rate %v, %d ns: emitted %d, position %.9f", v, now, m.Report(0).Emitted, p.Microsteps())
			}
		}
		if len(logs[0].at) != 3 {
			t.Errorf("rate %v: %d steps, want 3", v, len(logs[0].at))
		}
	}
}

// A million steps there, a million back: not one lost, in slews of seven
// segments.
func TestNoStepLost(t *testing.T) {
	m, logs := pulseAxes(t, 1)
	must(t, m.Resume())
	var now driver.Instant
	p := driver.Position(0)
	for range 4 {
		for _, s := range slew(now, p, 250e3+1.0/3, 9e4, 9e4, 18e4) {
			must(t, m.Queue(0, s))
			now = s.End()
			p, _ = s.At(now)
		}
		m.Beat(now)
		matchesExactly(t, m, 0, p)
	}
	if logs[0].count < 1e6 || len(logs[0].at) != int(logs[0].count) {
		t.Errorf("%d steps for a count of %d", len(logs[0].at), logs[0].count)
	}
	back := 2 * p
	for range 4 {
		for _, s := range slew(now, p, 250e3+1.0/3, 9e4, 9e4, 18e4) {
			now = s.End()
			p, _ = s.At(now)
			s.P, s.V, s.A, s.J = back-s.P, -s.V, -s.A, -s.J
			must(t, m.Queue(0, s))
		}
		m.Beat(now)
	}
	matchesExactly(t, m, 0, back-p)
	if logs[0].count != 0 {
		t.Errorf("back at %d", logs[0].count)
	}
}

func matchesExactly(t *testing.T, m *Inline, axis int, p driver.Position) {
	t.Helper()
	if got := m.Report(axis).Emitted; got != p.Round() {
		t.Errorf("emitted %d at position %.6f", got, p.Microsteps())
	}
}

// Steps of several axes leave in the order of time.
func TestAxesAreMerged(t *testing.T) {
	var order []driver.Instant
	var c Config
	var out Outputs
	for i := range 3 {
		out.Pulsers = append(out.Pulsers, pulserFunc(func(at driver.Instant, _ bool) error {
			order = append(order, at)
			return nil
		}))
		c.Axes = append(c.Axes, Axis{Kind: Pulse, Port: i, Brake: 1e5, MaxRate: 1e5})
	}
	m, err := NewInline(c, out)
	must(t, err)
	must(t, m.Resume())
	for i, v := range []float64{1000, -1237, 333} {
		must(t, m.Queue(i, driver.Segment{Dur: time.Second, V: v, Splice: true}))
	}
	m.Beat(1e9)
	if len(order) != 1000+1237+333 || !slices.IsSorted(order) {
		t.Errorf("%d steps, in order: %v", len(order), slices.IsSorted(order))
	}
}

type pulserFunc func(driver.Instant, bool) error

func (f pulserFunc) Pulse(at driver.Instant, clockwise bool) error { return f(at, clockwise) }
