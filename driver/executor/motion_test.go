// SPDX-License-Identifier: GPL-3.0-or-later

package executor

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/siderostep/siderostep/driver"
)

// failer is what testing.T and rapid.T have in common.
type failer interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// A catch-up begins with the difference it is given and ends with none, is
// continuous, and keeps to its acceleration and rate.
func TestCatchUp(t *testing.T) {
	for _, c := range []struct{ e, u, a, v float64 }{
		{1, 0, 1e5, 1e5},        // never at the limit
		{-1e5, 0, 1e5, 1e4},     // at the limit for a while
		{-1e5, 5e4, 1e5, 1e4},   // too fast at first
		{1e5, -5e4, 1e5, 1e4},   // the same, the other way
		{1e4, 8e4, 1e5, 1e5},    // going away at first
		{-100, 5e4, 1e5, 1e5},   // too fast to stop in time
		{0.3, -5e4, 1e5, 6.3e3}, // the same, back at the limit
	} {
		checkCatchUp(t, 1e9, c.e, c.u, c.a, c.v)
	}
	rapid.Check(t, func(t *rapid.T) {
		e := rapid.Float64Range(hop, 1e5).Draw(t, "e") * rapid.SampledFrom([]float64{1, -1}).Draw(t, "sense")
		u := rapid.Float64Range(-1e5, 1e5).Draw(t, "u")
		a := rapid.Float64Range(1e3, 1e6).Draw(t, "a")
		v := rapid.Float64Range(1e3, 1e5).Draw(t, "v")
		start := driver.Instant(rapid.Int64Range(0, 1e15).Draw(t, "start"))
		checkCatchUp(t, start, e, u, a, v)
	})
}

func checkCatchUp(t failer, start driver.Instant, e, u, a, v float64) {
	t.Helper()
	c := newCatchUp(start, e, u, a, v)
	if e0, u0, _, _ := c.at(start); e0 != e || u0 != u {
		t.Fatalf("starts at %v with rate %v", e0, u0)
	}
	was, wasRate := e, u
	at := start
	step := time.Duration(max(1, int64(c.ends[2]-start)/997))
	for at < c.ends[2]-1 {
		dt := min(step, c.ends[2].Sub(at)-1)
		at = at.Add(dt)
		now, rate, _, _ := c.at(at)
		s := dt.Seconds()
		if math.Abs(rate-wasRate) > a*s*1.001+1e-6 {
			t.Fatalf("rate from %v to %v in %v", wasRate, rate, dt)
		}
		if math.Abs(now-was-(rate+wasRate)/2*s) > a*s*s+1e-6 {
			t.Fatalf("jumps from %v to %v in %v", was, now, dt)
		}
		if math.Abs(rate) > max(v, math.Abs(u))+a*2e-9 {
			t.Fatalf("rate %v", rate)
		}
		was, wasRate = now, rate
	}
	// A nanosecond's rounding of its parts is all that is left.
	if math.Abs(was) > 1e-3+a*2e-9*c.ends[2].Sub(start).Seconds() || math.Abs(wasRate) > a*1e-8+1e-6 {
		t.Errorf("ends at %v with rate %v", was, wasRate)
	}
	if e1, u1, a1, until := c.at(c.ends[2]); e1 != 0 || u1 != 0 || a1 != 0 || until != never || c.active {
		t.Errorf("afterwards: %v %v %v until %d", e1, u1, a1, until)
	}
}

// Every step is made in the first nanosecond by which its half is passed.
func TestStepInstants(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		m, logs := pulseAxes(t, 1)
		must(t, m.Resume())
		plan := drawCourse(rt, 0, 0, 9e4, 4)
		for _, s := range plan {
			must(t, m.Queue(0, s))
		}
		m.Beat(plan.end())
		count := driver.Position(0)
		for i, at := range logs[0].at {
			half := count<<32 + driver.One/2
			sign := driver.Position(1)
			count++
			if !logs[0].up[i] {
				count -= 2
				half -= driver.One
				sign = -1
			}
			p, v := plan.at(at)
			before, _ := plan.at(at - 1)
			noise := driver.Position(4 + math.Abs(v)*4e-12*float64(driver.One))
			if (p-half)*sign < -noise || (before-half)*sign > noise {
				rt.Fatalf("step %d at %d: position %d, %d a nanosecond before, half at %d", i, at, p, before, half)
			}
		}
	})
}

// A piece turns one way only, whatever the cubic.
func TestPieces(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := drawSegment(rt, 0, 0, 9e4)
		level := rapid.SampledFrom([]float64{0, 1000, 40000}).Draw(rt, "level")
		m := motion{s, s.End()}
		pieces := 0
		for at := s.Start; at < s.End(); pieces++ {
			p := newPiece(&m, at, 0, level)
			if p.end <= at || p.end > s.End() {
				rt.Fatalf("from %d to %d", at, p.end)
			}
			was := p.at(p.from)
			for i := range 50 {
				now := p.at(p.from + (p.to-p.from)*float64(i+1)/50)
				if (now-was)*float64(p.dir) < -9e4*2*shortest {
					rt.Fatalf("moves by %v in direction %d", now-was, p.dir)
				}
				was = now
			}
			at = p.end
		}
		if pieces > 8 {
			rt.Errorf("%d pieces", pieces)
		}
	})
}
