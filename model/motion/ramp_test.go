// SPDX-License-Identifier: GPL-3.0-or-later

package motion

import (
	"errors"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/siderostep/siderostep/fault"
)

func ramp(t testing.TB, maxDelay, minDelay, x, style int) Ramp {
	t.Helper()
	r, err := LegacyRamp(maxDelay, minDelay, x, style)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// The table of stepper-core §2.3.
func TestRampsOfTheOriginal(t *testing.T) {
	tests := []struct {
		maxDelay, minDelay, x, style int
		halfSteps, seconds           float64
		start, top                   float64
	}{
		{1000, 300, 5, Simple, 5683, 2.8, 1193, 3977},
		{1000, 300, 5, SCurve, 16870, 7.1, 1193, 3977},
		{2000, 500, 5, Simple, 13140, 11.8, 597, 2386},
		{2000, 500, 5, SCurve, 49009, 36.8, 597, 2386},
		{1000, 200, 5, Simple, 7657, 3.2, 1193, 5966},
		{1000, 200, 5, SCurve, 32980, 11.1, 1193, 5966},
	}
	for _, tt := range tests {
		r := ramp(t, tt.maxDelay, tt.minDelay, tt.x, tt.style)
		if r.Distance() != tt.halfSteps || math.Abs(r.Duration().Seconds()-tt.seconds) > 0.05 {
			t.Errorf("%d/%d/%d style %d: %v half steps, %v; want %v, %v s (stepper-core §2.3)",
				tt.maxDelay, tt.minDelay, tt.x, tt.style, r.Distance(), r.Duration(), tt.halfSteps, tt.seconds)
		}
		if math.Abs(r.Start()-tt.start) > 0.5 || math.Abs(r.Top()-tt.top) > 0.5 {
			t.Errorf("%d/%d: from %v to %v half steps/s, want %v to %v", tt.maxDelay, tt.minDelay, r.Start(), r.Top(), tt.start, tt.top)
		}
		if n := len(r.Plan(1e6)); n > 41 {
			t.Errorf("%d/%d/%d style %d: a slew has %d pieces", tt.maxDelay, tt.minDelay, tt.x, tt.style, n)
		}
	}
	// The original's S curve is 1.6 to 2.5 times longer than it was meant.
	for _, d := range [][2]int{{1000, 300}, {2000, 500}, {1000, 200}, {2000, 1000}} {
		ratio := ramp(t, d[0], d[1], 5, SCurve).Distance() / ramp(t, d[0], d[1], 5, SCurveMeant).Distance()
		if ratio < 1.6 || ratio > 2.55 {
			t.Errorf("%v: the S curve is %.2f times as long as it was meant", d, ratio)
		}
	}
}

// The intended formula at one point by hand: x = 0.9 of 1000/500/10 gives
// 10·(1.5 + 1·|sin 0.4π|·0.9·(1 + 6·0.15)) = 10·(1.5 + 0.95106·0.9·1.9) = 31.26;
// the original 10·(1.5 + 0.95106·0.9·6.4) = 69.78; simple 10·1000/550 = 18.18.
func TestStayAtOneDelay(t *testing.T) {
	for style, want := range map[int]float64{SCurveMeant: 31, SCurve: 69, Simple: 18} {
		if got := stay(1000, 500, 10, style, 550); got != want {
			t.Errorf("style %d: %v half steps at delay 550, want %v", style, got, want)
		}
	}
}

func TestLegacyRampRefuses(t *testing.T) {
	tests := []struct {
		maxDelay, minDelay, x, style int
		says                         string
	}{
		{10, 5, 1, 1, "MinDelay is 5, which asks for 238636 half steps per second"}, // the shipped test values
		{1000, 0, 5, 1, "MinDelay is 0"},
		{1000, -300, 5, 1, "MinDelay is -300"},
		{1000, 59, 5, 1, "60 (19886 per second) is the least accepted"},
		{300, 300, 5, 1, "MaxDelay is 300"},
		{300, 1000, 5, 1, "MaxDelay is 300"},
		{40000, 1000, 5, 1, "MaxDelay is 40000"},
		{1000, 300, 0, 1, "HsRampX is 0"},
		{1000, 300, 1001, 1, "HsRampX is 1001"},
		{1000, 300, 5, 3, "ramp style is 3"},
		{1000, 300, 5, -1, "ramp style is -1"},
		{32767, 60, 1000, 0, "make a ramp of 8979"},
	}
	for _, tt := range tests {
		r, err := LegacyRamp(tt.maxDelay, tt.minDelay, tt.x, tt.style)
		if !errors.Is(err, fault.Invalid) || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%d/%d/%d style %d: got %v, want fault.Invalid saying %q", tt.maxDelay, tt.minDelay, tt.x, tt.style, err, tt.says)
		}
		if r.Plan(1000) != nil || r.Distance() != 0 || r.Duration() != 0 {
			t.Errorf("a refused ramp plans")
		}
	}
}

// ladder is the original's slew of d half steps: one timer delay after the
// other, up and, mirrored, down. It gives when and where the delay changes.
func ladder(d float64, maxDelay, minDelay, x, style int) (rungs []rung, total float64) {
	var at rung
	for i := maxDelay - minDelay; i > 0; i-- {
		delay := float64(i+minDelay) / 1193181
		run := stay(maxDelay, minDelay, x, style, i+minDelay)
		if at.p+run >= d/2 {
			at.t += (d/2 - at.p) * delay
			at.p = d / 2
			break
		}
		at.p, at.t = at.p+run, at.t+run*delay
		rungs = append(rungs, at)
	}
	total = 2*at.t + (d-2*at.p)*float64(minDelay)/1193181
	for i := len(rungs) - 1; i >= 0; i-- {
		rungs = append(rungs, rung{total - rungs[i].t, d - rungs[i].p})
	}
	return rungs, total
}

// checkPlan compares a plan with the ladder, and with what any slew must be:
// unbroken, onward, symmetric, within the rates, ending where it should.
func checkPlan(t *rapid.T, r Ramp, d float64, rungs []rung, total float64) {
	plan := r.Plan(d)
	sense := math.Copysign(1, d)
	p, v, now := 0.0, sense*r.Start(), 0.0
	next := 0
	for i, c := range plan {
		if !(c.Dur > 1e-9) || math.Abs(c.P-p) > 1e-6 || math.Abs(c.V-v) > 1e-5*r.Top() {
			t.Fatalf("piece %d of %d begins at %v, %v, for %v s; the one before ends at %v, %v", i, len(plan), c.P, c.V, c.Dur, p, v)
		}
		for k := range 101 {
			_, rate := c.At(c.Dur * float64(k) / 100)
			if rate *= sense; rate < r.Start()*0.99 || rate > r.Top()*1.005 {
				t.Fatalf("piece %d of %d goes at %v half steps/s; from %v to %v", i, len(plan), rate, r.Start(), r.Top())
			}
		}
		for ; next < len(rungs) && rungs[next].t <= now+c.Dur; next++ {
			got, _ := c.At(rungs[next].t - now)
			if off := math.Abs(sense*got - rungs[next].p); off > 0.5 {
				t.Fatalf("after %.6f s the slew is at %.3f, the ladder at %.3f", rungs[next].t, got, rungs[next].p)
			}
		}
		p, v = c.At(c.Dur)
		now += c.Dur
	}
	if math.Abs(p-d) > 1e-6 || math.Abs(sense*v-r.Start()) > 1e-5*r.Top() {
		t.Fatalf("ends at %v, rate %v; want %v, %v", p, v, d, r.Start())
	}
	if math.Abs(now-total) > 1e-6 || next < len(rungs)-1 {
		t.Fatalf("takes %.9f s, the ladder %.9f s; %d of %d rungs seen", now, total, next, len(rungs))
	}
	for range 10 {
		x := rapid.Float64Range(0, 1).Draw(t, "part of the time") * now
		there, back := place(plan, x), place(plan, now-x)
		if math.Abs(there+back-d) > 1e-5 {
			t.Fatalf("after %v s the slew is at %v, as long before its end at %v of %v", x, there, back, d)
		}
	}
}

// place returns where a plan is after t seconds.
func place(plan []Piece, t float64) float64 {
	i := 0
	for i < len(plan)-1 && t > plan[i].Dur {
		t -= plan[i].Dur
		i++
	}
	p, _ := plan[i].At(t)
	return p
}

func TestPlanFollowsTheLadder(t *testing.T) {
	sets := [][3]int{{1000, 300, 5}, {2000, 500, 5}, {1000, 200, 5}, {2000, 238, 3}, {1000, 300, 50}, {600, 60, 1}, {1000, 999, 1}, {61, 60, 7}}
	rapid.Check(t, func(t *rapid.T) {
		set := rapid.SampledFrom(sets).Draw(t, "ramp")
		style := rapid.IntRange(Simple, SCurveMeant).Draw(t, "style")
		r, err := LegacyRamp(set[0], set[1], set[2], style)
		if err != nil {
			t.Fatal(err)
		}
		d := rapid.OneOf(
			rapid.Float64Range(1e-3, 3*r.Distance()),
			rapid.Float64Range(1e-3, 40),
			rapid.Map(rapid.Float64Range(-0.1, 0.1), func(x float64) float64 { return 2*r.Distance() + x }),
			rapid.Map(rapid.IntRange(0, 2*int(r.Distance())), func(n int) float64 { return float64(n + 1) }),
			rapid.Just(2*r.Distance()),
			rapid.Just(2*r.Distance()+1e-9),
			rapid.Just(1e9),
		).Draw(t, "distance")
		rungs, total := ladder(d, set[0], set[1], set[2], style)
		if rapid.Bool().Draw(t, "negative") {
			d = -d
		}
		checkPlan(t, r, d, rungs, total)
	})
}

// Where the original hangs: a stage of exactly two ramps.
func TestPlanOfExactlyTwoRamps(t *testing.T) {
	for style := range 3 {
		r := ramp(t, 1000, 300, 5, style)
		plan := r.Plan(2 * r.Distance())
		end, total := 0.0, 0.0
		for _, c := range plan {
			end, _ = c.At(c.Dur)
			total += c.Dur
		}
		if math.Abs(end-2*r.Distance()) > 1e-6 || math.Abs(total-2*r.Duration().Seconds()) > 1e-6 {
			t.Errorf("style %d ends at %v after %v s; want %v after %v", style, end, total, 2*r.Distance(), 2*r.Duration())
		}
	}
}

// A slew that turns back where one cubic joins the next has no piece too
// short for a clock of nanoseconds.
func TestPlanThatTurnsAtAJoint(t *testing.T) {
	r := ramp(t, 2000, 500, 5, SCurve)
	for _, c := range r.up[1:] {
		for _, off := range []float64{-1e-3, -1e-7, 0, 1e-7, 1e-3} {
			plan := r.Plan(2 * (c.P + off))
			for i, piece := range plan {
				if piece.Dur < 1e-7 {
					t.Errorf("piece %d of %d of a slew by 2 × (%v + %v) takes %v s", i, len(plan), c.P, off, piece.Dur)
				}
			}
		}
	}
}

func TestPlanOfNothing(t *testing.T) {
	r := ramp(t, 1000, 300, 5, SCurve)
	for _, d := range []float64{0, 1e-5, -1e-5, math.NaN(), math.Inf(1), math.Inf(-1)} {
		if plan := r.Plan(d); plan != nil {
			t.Errorf("%v half steps are %v", d, plan)
		}
	}
	if (Ramp{}).Plan(1000) != nil {
		t.Error("the zero Ramp plans")
	}
}

// Plans share the way up, which nobody may change.
func TestPlansAreIndependent(t *testing.T) {
	r := ramp(t, 1000, 300, 5, SCurve)
	for _, d := range []float64{1e5, 3000, -1e5} {
		plan := r.Plan(d)
		for i := range plan {
			plan[i] = Piece{}
		}
		if again := r.Plan(d); again[0] == (Piece{}) || again[0].V*d < 0 {
			t.Errorf("after a change of the first plan of %v the second begins with %v", d, again[0])
		}
	}
}

// FuzzLegacyRamp: numbers of a file are refused or make finite plans.
func FuzzLegacyRamp(f *testing.F) {
	f.Add(1000, 300, 5, 1, 1e5)
	f.Add(10, 5, 1, 1, 100.0)
	f.Add(32767, 600, 1, 0, -1e300)
	f.Add(62, 60, 1000, 2, 1e-4)
	f.Fuzz(func(t *testing.T, maxDelay, minDelay, x, style int, d float64) {
		r, err := LegacyRamp(maxDelay, minDelay, x, style)
		if err != nil {
			return
		}
		for _, c := range r.Plan(d) {
			p, v := c.At(c.Dur)
			if !(c.Dur > 1e-9) || math.IsNaN(p-v) || math.Abs(v) > r.Top()*1.1 {
				t.Fatalf("a piece of %v s ends at %v, %v half steps/s", c.Dur, p, v)
			}
		}
	})
}

// BenchmarkRampPlan plans slews of 10° at 2.75″ a full step.
func BenchmarkRampPlan(b *testing.B) {
	r := ramp(b, 1000, 300, 5, SCurve)
	const halfSteps = 10 * 7200 / 2.75
	b.ReportAllocs()
	for b.Loop() {
		r.Plan(halfSteps)
	}
	b.ReportMetric(halfSteps*float64(b.N)/b.Elapsed().Seconds(), "half-steps/s")
}

// BenchmarkLegacyRamp includes the search for the curve.
func BenchmarkLegacyRamp(b *testing.B) {
	for b.Loop() {
		ramp(b, 2000, 500, 5, SCurve)
	}
}
