// SPDX-License-Identifier: GPL-3.0-or-later

package motion

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// watch samples a profile from a to b and fails on a break of position or
// rate, or when a limit is passed.
func watch(t *rapid.T, p *Profile, a, b float64, lim Limits, rate0 float64) {
	const n = 4000
	dt := (b - a) / n
	pos, v := p.At(a)
	maxRate := math.Max(lim.Rate, math.Abs(rate0)) * (1 + 1e-9)
	for i := 1; i <= n; i++ {
		x := a + float64(i)*dt
		pos1, v1 := p.At(x)
		if d := math.Abs(pos1 - pos - (v+v1)/2*dt); d > lim.Accel*dt*dt+1e-9 {
			t.Fatalf("at %.6f s the position breaks by %g", x, d)
		}
		if acc := math.Abs(v1-v) / dt; acc > lim.Accel*2.001+1e-6 {
			t.Fatalf("at %.6f s the acceleration is %g, limit %g", x, acc, lim.Accel)
		}
		if math.Abs(v1) > maxRate+1e-9 {
			t.Fatalf("at %.6f s the rate is %g, limit %g", x, v1, maxRate)
		}
		pos, v = pos1, v1
	}
}

func limitsOf(t *rapid.T) Limits {
	return Limits{
		Rate:  rapid.Float64Range(0.01, 10).Draw(t, "rate"),
		Accel: rapid.Float64Range(0.01, 20).Draw(t, "accel"),
		Ramp:  time.Duration(rapid.IntRange(20, 1000).Draw(t, "ramp")) * time.Millisecond,
	}
}

func TestSeekEndsAtZero(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lim := limitsOf(t)
		p := NewProfile(lim.Ramp)
		d := rapid.Float64Range(-50, 50).Draw(t, "distance")
		u := rapid.Float64Range(-12, 12).Draw(t, "rate difference")
		start := rapid.Float64Range(0, 1e5).Draw(t, "start")
		p.Shift(start, d, u)
		pos, v := p.At(start)
		if math.Abs(pos-d) > 1e-7 || math.Abs(v-u) > 1e-7 {
			t.Fatalf("after the shift the axis is at %g, %g; want %g, %g", pos, v, d, u)
		}
		p.Seek(start, lim)
		if pos1, v1 := p.At(start); math.Abs(pos1-pos) > 1e-7 || math.Abs(v1-v) > 1e-7 {
			t.Fatalf("planning moved the axis: %g, %g → %g, %g", pos, v, pos1, v1)
		}
		end := p.End()
		watch(t, &p, start, end, lim, math.Abs(u)+math.Sqrt(2*lim.Accel*math.Abs(u)*lim.Ramp.Seconds()))
		pos, v = p.At(end - 1e-9)
		if math.Abs(pos) > 1e-6 || math.Abs(v) > 1e-6 {
			t.Fatalf("just before the end the difference is %g, rate %g", pos, v)
		}
	})
}

func TestReplanningIsSmooth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lim := limitsOf(t)
		p := NewProfile(lim.Ramp)
		at := 100.0
		course, courseRate := 0.0, 0.0 // what the difference is counted from
		p.Shift(at, rapid.Float64Range(-20, 20).Draw(t, "first"), 0)
		p.Seek(at, lim)
		for range rapid.IntRange(1, 40).Draw(t, "replans") {
			at += rapid.Float64Range(0.001, 3).Draw(t, "after")
			pos, v := p.At(at)
			absolute, absoluteRate := course+pos, courseRate+v
			dp := rapid.Float64Range(-5, 5).Draw(t, "dp")
			dv := rapid.Float64Range(-0.1, 0.1).Draw(t, "dv") * lim.Rate
			p.Shift(at, dp, dv)
			course, courseRate = course-dp, courseRate-dv
			if rapid.Bool().Draw(t, "match") {
				course += p.Match(at, lim)
			} else {
				p.Seek(at, lim)
			}
			pos, v = p.At(at)
			if math.Abs(course+pos-absolute) > 1e-6 || math.Abs(courseRate+v-absoluteRate) > 1e-6 {
				t.Fatalf("at %g s the axis jumped from %g, %g to %g, %g", at, absolute, absoluteRate, course+pos, courseRate+v)
			}
			course, courseRate = 0, 0
		}
		if pos, v := p.At(p.End() + 1e-9); pos != 0 || v != 0 {
			t.Fatalf("the difference never died: %g, %g", pos, v)
		}
	})
}

// The classical time of a slew from rest to rest: d/V + V/a, and the ramp.
func TestDurationFromRest(t *testing.T) {
	tests := []struct{ d, rate, accel, want float64 }{
		{30, 3, 3, 30.0/3 + 3.0/3 + 0.4},
		{-30, 3, 3, 30.0/3 + 3.0/3 + 0.4},
		{1, 3, 1, 2 + 0.4}, // never reaches the rate: 2√(d/a)
	}
	for _, tt := range tests {
		p := NewProfile(400 * time.Millisecond)
		p.Shift(7, tt.d, 0)
		p.Seek(7, Limits{Rate: tt.rate, Accel: tt.accel})
		if got := p.End() - 7; math.Abs(got-tt.want) > 1e-9 {
			t.Errorf("%g units at %g and %g take %.6f s, want %.6f", tt.d, tt.rate, tt.accel, got, tt.want)
		}
	}
}

func TestMatchBrakesInOnePhase(t *testing.T) {
	p := NewProfile(0)
	p.Shift(0, 0, 2) // the axis moves at 2, its course stands
	move := p.Match(0, Limits{Rate: 9, Accel: 4})
	if want := 0.5; math.Abs(move-want) > 1e-12 { // v²/2a
		t.Errorf("stops after %g, want %g", move, want)
	}
	if got := p.End(); math.Abs(got-0.5) > 1e-12 { // v/a
		t.Errorf("stops at %g s, want 0.5", got)
	}
}

func BenchmarkPlan(b *testing.B) {
	b.ReportAllocs()
	lim := Limits{Rate: 0.05, Accel: 0.05, Ramp: 400 * time.Millisecond}
	for b.Loop() {
		p := NewProfile(lim.Ramp)
		p.Shift(100, 0.5, 1e-4)
		p.Seek(100, lim)
	}
}

func BenchmarkAt(b *testing.B) {
	b.ReportAllocs()
	p := NewProfile(400 * time.Millisecond)
	p.Shift(100, 0.5, 1e-4)
	p.Seek(100, Limits{Rate: 0.05, Accel: 0.05})
	t := 100.0
	for b.Loop() {
		p.At(t)
		t += 1e-6
	}
}
