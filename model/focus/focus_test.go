// SPDX-License-Identifier: GPL-3.0-or-later

package focus

import (
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/siderostep/siderostep/fault"
)

func near(a, b, within float64) bool { return math.Abs(a-b) <= within }

// The rule of the thread: thickness over the difference in steps.
func TestSpacer(t *testing.T) {
	for _, tt := range []struct {
		p1, p2 int
		mm     float64
		want   float64
	}{
		{12000, 14500, 10, 4},
		{14500, 12000, 10, 4}, // the spacer moves focus inward on some telescopes
		{100, 1100, 5, 5},
		{0, 60000, 6, 0.1},
	} {
		if got, err := (Spacer{tt.p1, tt.p2, tt.mm}).StepUM(); err != nil || !near(got, tt.want, 1e-12) {
			t.Errorf("%d to %d with %v mm: %v µm (%v), want %v", tt.p1, tt.p2, tt.mm, got, err, tt.want)
		}
	}
	for _, bad := range []Spacer{{5, 5, 10}, {1, 2, 0}, {1, 2, -3}, {1, 2, math.NaN()}, {1, 2, math.Inf(1)}} {
		if _, err := bad.StepUM(); !errors.Is(err, fault.Invalid) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}

func TestStepSizeIsAveraged(t *testing.T) {
	// 4, 5 and 6 µm: mean 5, standard deviation 1.
	e, err := StepSize([]Spacer{{0, 2500, 10}, {0, 2000, 10}, {1000, 2000, 6}})
	if err != nil || !near(e.Mean, 5, 1e-12) || !near(e.Spread, 1, 1e-12) || e.N != 3 {
		t.Errorf("%+v, %v", e, err)
	}
	if e, err := StepSize([]Spacer{{0, 2500, 10}}); err != nil || e != (Estimate{Mean: 4, N: 1}) {
		t.Errorf("one measurement: %+v, %v", e, err)
	}
	if _, err := StepSize(nil); !errors.Is(err, fault.Invalid) {
		t.Errorf("none: %v", err)
	}
	if _, err := StepSize([]Spacer{{0, 2500, 10}, {7, 7, 10}}); !errors.Is(err, fault.Invalid) {
		t.Errorf("one bad: %v", err)
	}
}

// Half of the points lie on the one side, half on the other, one in the middle.
func TestIncrement(t *testing.T) {
	for _, tt := range []struct{ p1, p2, points, want int }{
		{10000, 10600, 9, 150}, {10600, 10000, 9, 150}, {0, 90, 3, 90}, {0, 100, 7, 33}, {0, 1, 9, 1},
	} {
		if got, err := Increment(tt.p1, tt.p2, tt.points); err != nil || got != tt.want {
			t.Errorf("%+v: %d, %v", tt, got, err)
		}
	}
	for _, bad := range [][3]int{{0, 100, 8}, {0, 100, 1}, {0, 100, -3}, {0, 100, 0}, {5, 5, 9}} {
		if _, err := Increment(bad[0], bad[1], bad[2]); !errors.Is(err, fault.Invalid) {
			t.Errorf("%v: %v", bad, err)
		}
	}
}

func TestSpanAdvice(t *testing.T) {
	for _, tt := range []struct {
		hfr1, hfr2 float64
		want       string
	}{{2, 6, ""}, {2, 8, ""}, {2, 10, ""}, {2, 5.9, "further out"}, {2, 10.1, "move back"}} {
		got, err := SpanAdvice(tt.hfr1, tt.hfr2)
		if err != nil || (got == "") != (tt.want == "") || !strings.Contains(got, tt.want) {
			t.Errorf("%v to %v: %q, %v", tt.hfr1, tt.hfr2, got, err)
		}
	}
	for _, bad := range [][2]float64{{0, 1}, {1, 0}, {-1, 3}, {math.NaN(), 3}, {1, math.Inf(1)}} {
		if _, err := SpanAdvice(bad[0], bad[1]); !errors.Is(err, fault.Invalid) {
			t.Errorf("%v: %v", bad, err)
		}
	}
}

func TestBlindStart(t *testing.T) {
	if BlindIncrement != 200 {
		t.Errorf("the thread begins with 200 steps, not %d", BlindIncrement)
	}
	for _, tt := range []struct {
		from int
		k    float64
		want int
	}{{200, 1.2, 400}, {200, 3, 200}, {200, 5, 200}, {200, 9, 100}, {1, 9, 1}} {
		if got, err := NextIncrement(tt.from, tt.k); err != nil || got != tt.want {
			t.Errorf("%+v: %d, %v", tt, got, err)
		}
	}
	for _, bad := range []float64{0.9, -1, math.NaN(), math.Inf(1)} {
		if _, err := NextIncrement(200, bad); !errors.Is(err, fault.Invalid) {
			t.Errorf("%v times as large: %v", bad, err)
		}
	}
	if _, err := NextIncrement(0, 4); !errors.Is(err, fault.Invalid) {
		t.Error("an increment of 0")
	}
}

// At 550 nm the zone is 2.684 µm times the square of the focal ratio; an f/5
// Newtonian has 67 µm, an f/10 Schmidt-Cassegrain four times as much.
func TestCriticalZone(t *testing.T) {
	for _, tt := range []struct{ nm, ratio, want float64 }{{550, 5, 67.1}, {550, 10, 268.4}, {656.28, 4, 51.242}} {
		if got, err := CriticalZone(tt.nm, tt.ratio); err != nil || !near(got, tt.want, 1e-3) {
			t.Errorf("%v nm at f/%v: %v µm, %v", tt.nm, tt.ratio, got, err)
		}
	}
	for _, bad := range [][2]float64{{0, 5}, {550, 0}, {-1, 5}, {550, math.NaN()}} {
		if _, err := CriticalZone(bad[0], bad[1]); !errors.Is(err, fault.Invalid) {
			t.Errorf("%v: %v", bad, err)
		}
	}
}

// A cone of light of 0.02 pixels a step around 14321.5 with a star of 2.
func cone(position float64) float64 {
	return math.Sqrt(4 + 0.0004*(position-14321.5)*(position-14321.5))
}

func TestHyperbola(t *testing.T) {
	var points []Point
	for p := 14000; p <= 14700; p += 100 { // not balanced around the best
		points = append(points, Point{p, cone(float64(p))})
	}
	c, err := Fit(points)
	if err != nil || c.Shape != Hyperbola || !near(c.Best, 14321.5, 1e-6) || !near(c.HFR1, 2, 1e-8) || !near(c.Slope, 0.02, 1e-10) || c.RMS > 1e-8 {
		t.Fatalf("%+v, %v", c, err)
	}
	for _, k := range []float64{1, 3, 4, 5} {
		if got := cone(c.Best + c.Span(k)); !near(got, 2*k, 1e-6) {
			t.Errorf("at the span of %v the image is %v", k, got)
		}
		if got := c.At(c.Best - c.Span(k)); !near(got, 2*k, 1e-6) {
			t.Errorf("at the span of %v on the other side the curve is at %v", k, got)
		}
	}
}

// With seeing the best focus is found to a fraction of the points' distance.
func TestHyperbolaWithSeeing(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	worst := 0.0
	for range 200 {
		var points []Point
		for p := 14000; p <= 14640; p += 80 {
			points = append(points, Point{p, cone(float64(p)) * (1 + 0.03*r.NormFloat64())})
		}
		c, err := Fit(points)
		if err != nil {
			t.Fatal(err)
		}
		worst = max(worst, math.Abs(c.Best-14321.5))
	}
	if worst > 30 {
		t.Errorf("3 %% of seeing shift the focus by up to %.1f steps; the points are 80 apart", worst)
	}
}

func TestParabola(t *testing.T) {
	var points []Point
	for p := -300; p <= 300; p += 100 { // so pointed that its square has its minimum below zero
		points = append(points, Point{p, 0.02 + math.Pow(math.Abs(float64(p))/100, 3)})
	}
	c, err := Fit(points)
	if err == nil {
		t.Errorf("a curve with a minimum below zero: %+v", c)
	}
	points = nil
	for _, p := range []int{0, 10, 20, 30, 40} {
		x := float64(p) - 17
		points = append(points, Point{p, 0.3 + 0.05*x*x})
	}
	c, err = Fit(points)
	if err != nil || c.Shape != Parabola || !near(c.Best, 17, 1e-9) || !near(c.HFR1, 0.3, 1e-9) || !near(c.Slope, 0.05, 1e-12) {
		t.Fatalf("%+v, %v", c, err)
	}
	if x := c.Span(4); !near(0.05*x*x, 0.9, 1e-9) {
		t.Errorf("span of 4: %v", x)
	}
}

func TestNoCurve(t *testing.T) {
	for name, tt := range map[string]struct {
		points []Point
		kind   error
	}{
		"none":          {nil, fault.Invalid},
		"two places":    {[]Point{{1, 2}, {2, 3}, {2, 3.1}}, fault.Invalid},
		"no size":       {[]Point{{1, 2}, {2, 0}, {3, 2}}, fault.Invalid},
		"not a number":  {[]Point{{1, 2}, {2, math.NaN()}, {3, 2}}, fault.Invalid},
		"flat":          {[]Point{{1, 2}, {2, 2}, {3, 2}, {4, 2}}, fault.Refused},
		"hill":          {[]Point{{1, 2}, {2, 4}, {3, 2}}, fault.Refused},
		"one side only": {[]Point{{14400, cone(14400)}, {14500, cone(14500)}, {14600, cone(14600)}}, fault.Refused},
	} {
		if c, err := Fit(tt.points); !errors.Is(err, tt.kind) {
			t.Errorf("%s: %+v, %v", name, c, err)
		}
	}
}

// Where the counter has its zero, and how large the steps are, is all the same
// to the curve.
func TestCurveProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		shift := rapid.IntRange(-1e6, 1e6).Draw(t, "shift")
		scale := rapid.IntRange(1, 50).Draw(t, "scale")
		var plain, moved []Point
		for p := 14000; p <= 14640; p += 80 {
			noise := rapid.Float64Range(0.95, 1.05).Draw(t, "noise")
			plain = append(plain, Point{p, cone(float64(p)) * noise})
			moved = append(moved, Point{p*scale + shift, cone(float64(p)) * noise})
		}
		a, err := Fit(plain)
		if err != nil {
			t.Fatal(err)
		}
		b, err := Fit(moved)
		if err != nil || a.Shape != b.Shape || !near(a.Best*float64(scale)+float64(shift), b.Best, 1e-5*float64(scale)) || !near(a.HFR1, b.HFR1, 1e-6) {
			t.Fatalf("%+v and %+v, %v", a, b, err)
		}
	})
}

func TestFindings(t *testing.T) {
	var f Findings
	grown, err := f.WithSpacer(Spacer{0, 2500, 10})
	if err != nil || len(f.Spacers) != 0 || len(grown.Spacers) != 1 {
		t.Fatalf("%+v, %v", grown, err)
	}
	one, _ := grown.WithSpacer(Spacer{0, 2000, 10})
	for range 20 {
		grown, _ = grown.WithSpacer(Spacer{0, 2500, 10})
		a, _ := grown.WithSpacer(Spacer{0, 2000, 10})
		b, _ := grown.WithSpacer(Spacer{0, 1000, 10})
		if n := len(grown.Spacers); a.Spacers[n].P2 != 2000 || b.Spacers[n].P2 != 1000 {
			t.Fatal("findings share their measurements")
		}
	}
	if e, err := one.StepSize(); err != nil || !near(e.Mean, 4.5, 1e-12) {
		t.Errorf("%+v, %v", e, err)
	}
	if _, err := one.WithSpacer(Spacer{1, 1, 1}); !errors.Is(err, fault.Invalid) {
		t.Error("took a measurement that tells nothing")
	}
	if _, err := one.WithPoint(Point{1, -1}); !errors.Is(err, fault.Invalid) {
		t.Error("took an image of no size")
	}
	for p := 14000; p <= 14700; p += 100 {
		if one, err = one.WithPoint(Point{p, cone(float64(p))}); err != nil {
			t.Fatal(err)
		}
	}
	// 4 times the size of 2 is 8: sqrt(64 − 4)/0.02 = 387.3 steps from best.
	if n, err := one.Increment(4, 9); err != nil || n != 97 {
		t.Errorf("increment %d, %v", n, err)
	}
	for _, k := range []float64{2.9, 5.1, math.NaN()} {
		if _, err := one.Increment(k, 9); !errors.Is(err, fault.Invalid) {
			t.Errorf("to %v times: %v", k, err)
		}
	}
	text, err := json.Marshal(one)
	var back Findings
	if err != nil || json.Unmarshal(text, &back) != nil || len(back.Points) != 8 || back.Spacers[0] != (Spacer{0, 2500, 10}) {
		t.Errorf("%s, %v", text, err)
	}
	for range MostFindings {
		f.Points = append(f.Points, Point{1, 1})
	}
	if _, err := f.WithPoint(Point{2, 2}); !errors.Is(err, fault.Full) {
		t.Errorf("one too many: %v", err)
	}
}
