// SPDX-License-Identifier: GPL-3.0-or-later

package tuning

import (
	"errors"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
)

func near(t *testing.T, what string, got, want, within float64) {
	t.Helper()
	if !(math.Abs(got-want) <= within) {
		t.Errorf("%s is %.10g, want %.10g ± %.2g", what, got, want, within)
	}
}

func invalid(t *testing.T, what string, err error, kind error, words string) {
	t.Helper()
	if !errors.Is(err, kind) || !strings.Contains(err.Error(), words) {
		t.Errorf("%s: %v; want %v with %q", what, err, kind, words)
	}
}

func turnOver(n int) model.Angle { return model.Degrees(360 / float64(n)) }

// By hand: 2, 4, 4, 4, 5, 5, 7, 9 have the mean 5, and 32 as sum of squares.
func TestOf(t *testing.T) {
	e := Of(2, 4, 4, 4, 5, 5, 7, 9)
	near(t, "mean", e.Mean, 5, 1e-12)
	near(t, "spread", e.Spread, math.Sqrt(32.0/7), 1e-12)
	near(t, "error of the mean", e.Error(), math.Sqrt(32.0/7/8), 1e-12)
	if one := Of(3); one.Spread != 0 || one.Error() != 0 || one.N != 1 || one.Mean != 3 {
		t.Errorf("one measurement: %+v", one)
	}
	if none := Of(); none != (Estimate{}) {
		t.Errorf("none: %+v", none)
	}
}

// The formula of stepper-core §6.4, with the shipped file's 2.75″.
func TestStepSize(t *testing.T) {
	old := model.Arcsec(2.75)
	count := turnOver(8192)
	for _, tt := range []struct {
		name     string
		moves    []Move
		want     float64
		accuracy float64
	}{
		{"a level", []Move{{Level, model.Degrees(89.5), 0}}, 2.75 * 90 / 89.5, 0},
		{"a full turn", []Move{{FullTurn, model.Degrees(363), model.Degrees(0.1)}}, 2.75 * 360 / 363, 0.1 / 363},
		{"counter-clockwise", []Move{{-Level, model.Degrees(-89.5), 0}}, 2.75 * 90 / 89.5, 0},
		{"there and back", []Move{{Level, model.Degrees(89), 0}, {-Level, model.Degrees(-91), 0}}, 2.75 * (90.0/89 + 90.0/91) / 2, 2 * (90.0/89 - 90.0/91) / 2},
		{"an encoder over 45°", []Move{{model.Degrees(45), model.Degrees(45), count}}, 2.75, 0.000977},
	} {
		s, err := StepSize(old, tt.moves)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		near(t, tt.name+": step", s.FullStep.Arcsec(), tt.want, 1e-9)
		near(t, tt.name+": accuracy", s.Accuracy, tt.accuracy, 1e-6)
	}
	near(t, "motion for 0.1 % with 8192 counts", LeastMove(count, 0.001).Degrees(), 43.945, 0.001)
	for _, tt := range []struct {
		name  string
		moves []Move
		words string
	}{
		{"none", nil, "no motion"},
		{"no move", []Move{{Level, 0, 0}}, "tells nothing"},
		{"too short", []Move{{model.Degrees(0.5), model.Degrees(0.5), count}}, "move at least"},
		{"the wrong sense", []Move{{Level, -Level, 0}}, "motor's sense"},
		{"no number", []Move{{model.Angle(math.NaN()), Level, 0}}, "no motion"},
	} {
		_, err := StepSize(old, tt.moves)
		invalid(t, tt.name, err, fault.Invalid, tt.words)
	}
	_, err := StepSize(0, []Move{{Level, Level, 0}})
	invalid(t, "no step", err, fault.Invalid, "above 0")
}

// Whatever the motor's true step, and however it goes, the step that comes out
// is the true one within the accuracy that is stated.
func TestStepSizeIsTrue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		truth := rapid.Float64Range(1, 5).Draw(t, "truth")
		old := truth * rapid.Float64Range(0.8, 1.25).Draw(t, "factor")
		count := turnOver(rapid.IntRange(1000, 100000).Draw(t, "counts"))
		floor := func(a model.Angle) model.Angle { return count.Mul(math.Floor(float64(a / count))) }
		var moves []Move
		for range rapid.IntRange(1, 6).Draw(t, "moves") {
			from := rapid.Float64Range(-700, 700).Draw(t, "from")
			by := rapid.Float64Range(20, 400).Draw(t, "by") * rapid.SampledFrom([]float64{1, -1}).Draw(t, "sense")
			a, b := model.Degrees(from), model.Degrees(from+by)
			moves = append(moves, Move{floor(b) - floor(a), model.Degrees(by * old / truth), count})
		}
		s, err := StepSize(model.Arcsec(old), moves)
		if err != nil {
			t.Fatal(err)
		}
		// Half the slack is for old/truth: accuracy is a share of what is displayed.
		if off := math.Abs(s.FullStep.Arcsec()/truth - 1); off > 1.3*s.Accuracy {
			t.Fatalf("off by %.3g, stated %.3g", off, s.Accuracy)
		}
	})
}

func TestAnglesOfMarks(t *testing.T) {
	a, err := TwoMarks(8, 50)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "8 feet at 50 feet", a.Degrees(), 9.090276921, 1e-9) // arctan 0.16, to the 7 digits that the manual wants
	for _, bad := range [][2]float64{{0, 50}, {8, 0}, {-8, 50}, {math.NaN(), 1}, {1, math.Inf(1)}} {
		_, err := TwoMarks(bad[0], bad[1])
		invalid(t, "marks", err, fault.Invalid, "above 0")
	}
}

func TestBacklash(t *testing.T) {
	turn := func(motor, shown float64) Reversal { return Reversal{model.Arcmin(motor), model.Arcmin(shown)} }
	p, err := Backlash([]Reversal{turn(-10, -10), turn(12, 12), turn(-11, -11), turn(13, 13)})
	if err != nil {
		t.Fatal(err)
	}
	near(t, "mean", p.Arcmin.Mean, 11.5, 1e-9)
	near(t, "spread", p.Arcmin.Spread, math.Sqrt(5.0/3), 1e-9)
	near(t, "clockwise", p.CW.Mean, 12.5, 1e-9)
	near(t, "counter-clockwise", p.CCW.Mean, 10.5, 1e-9)
	if !p.Enough {
		t.Error("0.65′ is better than 1′")
	}
	if p, err := Backlash([]Reversal{turn(-10, 0), turn(14, 0)}); err != nil || p.Enough {
		t.Errorf("%+v, %v: 2′ is not better than 1′", p, err)
	}
	if p, err := Backlash([]Reversal{turn(-10, 0)}); err != nil || p.Enough {
		t.Errorf("%+v, %v: a single one is not enough", p, err)
	}
	_, err = Backlash(nil)
	invalid(t, "none", err, fault.Invalid, "no reversal")
	_, err = Backlash([]Reversal{turn(0, 0)})
	invalid(t, "no turn", err, fault.Invalid, "turned by")

	for _, tt := range []struct {
		name string
		r    []Reversal
		want bool
	}{
		{"the display stands", []Reversal{turn(-10, 0.3), turn(10, 0.2), turn(-10, -0.3)}, true},
		{"the display follows", []Reversal{turn(-10, -10), turn(10, 10), turn(-10, -10)}, false},
		{"half of it is taken up", []Reversal{turn(-10, -5), turn(10, 5.1), turn(-10, -5)}, false},
		{"twice as much is", []Reversal{turn(-10, 10), turn(10, -10), turn(-10, 10.1)}, false},
		{"one is not enough", []Reversal{turn(-10, 0)}, false},
	} {
		if got := Verified(tt.r); got != tt.want {
			t.Errorf("%s: verified %v", tt.name, got)
		}
	}
}

// An encoder box that was told 8000 counts has an encoder of 8192, mounted the
// wrong way round: its angle grows 8192/8000 as fast, and falls.
func TestCheckEncoder(t *testing.T) {
	pairs := func(gear float64, counts int) (p []Pair, count model.Angle) {
		count = turnOver(counts)
		for d := -40.0; d <= 50; d += 9 {
			p = append(p, Pair{model.Degrees(d), count.Mul(math.Floor(gear * d / 360 * float64(counts)))})
		}
		return p, count
	}
	p, count := pairs(-1.024, 8000)
	e, err := CheckEncoder(p, count)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "counts", e.Counts(8000), 8192, 3*e.Error*8000)
	near(t, "range", e.Range.Degrees(), 90, 1e-9)
	if !e.Reverse || e.Follows || e.Off > count {
		t.Errorf("%+v", e)
	}
	p, count = pairs(1, 8192)
	if e, err = CheckEncoder(p, count); err != nil || !e.Follows || e.Reverse {
		t.Errorf("a good one: %+v, %v", e, err)
	}
	p[5].Encoder += count.Mul(30) // in the middle, where it does not turn the line
	if e, err = CheckEncoder(p, count); err != nil || e.Follows {
		t.Errorf("one that slips: %+v, %v", e, err)
	}
	_, err = CheckEncoder(p[:1], count)
	invalid(t, "one place", err, fault.Invalid, "at least two")
	_, err = CheckEncoder([]Pair{{0, 0}, {count.Mul(19), count.Mul(19)}}, count)
	invalid(t, "too near", err, fault.Invalid, "move at least")
}

// qsc are errors as a motor has them: windings of different strength, and a
// magnet that is not round.
var qsc = [16]float64{0, 0.03, 0.05, 0.01, -0.02, 0.02, 0.06, 0.02, 0.01, 0.04, 0.05, 0, -0.03, -0.01, 0.03, 0.01}

// rotor returns where a rotor with these errors stands after n microsteps.
func rotor(n float64, ms int) float64 {
	at := n / float64(ms) * 4 // quarter steps
	i := math.Floor(at)
	wrap := func(k float64) int { return int(math.Mod(math.Mod(k, 16)+16, 16)) }
	f := at - i
	return (at + 4*(qsc[wrap(i)]*(1-f)+qsc[wrap(i+1)]*f)) / 4
}

func TestMeasureQuarterSteps(t *testing.T) {
	for _, ms := range []int{4, 8, 10, 20} {
		for _, perStep := range []float64{4096, -4096, 200} {
			var cycles [][]float64
			for _, from := range []int{0, 8 * ms, -12 * ms} {
				e := make([]float64, 4*ms+1)
				for i := range e {
					e[i] = math.Floor(1000.3 + perStep*rotor(float64(from+i), ms))
				}
				cycles = append(cycles, e)
			}
			q, err := MeasureQuarterSteps(cycles, ms)
			if err != nil {
				t.Fatal(err)
			}
			within := 2.5 / math.Abs(perStep)
			if ms%4 != 0 {
				within += 0.02 // a quarter step between two microsteps cuts a corner of the errors
			}
			for k := range qsc {
				near(t, "quarter step", q.Correction[k], qsc[k], within)
			}
			near(t, "full step", q.FullStep, perStep, 1)
			near(t, "microstep", q.Microstep, math.Abs(perStep)/float64(ms), 0.2)
			if q.Fine != (math.Abs(perStep)/float64(ms) >= 4) {
				t.Errorf("ms %d, %g counts: fine %v", ms, perStep, q.Fine)
			}
			mean := (qsc[2] + qsc[6] + qsc[10] + qsc[14]) / 4
			near(t, "mean half step", q.Positions[ms/2], 0.5+mean, within)
			near(t, "mean full step", q.Positions[ms], 1+(qsc[4]+qsc[8]+qsc[12])/4, within)
		}
	}
	_, err := MeasureQuarterSteps(nil, 4)
	invalid(t, "none", err, fault.Invalid, "must be some")
	_, err = MeasureQuarterSteps([][]float64{make([]float64, 16)}, 4)
	invalid(t, "a short one", err, fault.Invalid, "16 readings instead of 17")
	_, err = MeasureQuarterSteps([][]float64{make([]float64, 17)}, 4)
	invalid(t, "an encoder that stands", err, fault.Invalid, "too coarse")
}

// The search ends within its resolution below the motor's limit, whatever that
// is, and never calls a speed followed that was not tried.
func TestFindSpeed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.Float64Range(0.1, 10).Draw(t, "limit")
		s, err := FindSpeed(1, 8, 0.1)
		if err != nil {
			t.Fatal(err)
		}
		fastest := 0.0
		for range 20 {
			v := s.Try()
			if v == 0 {
				break
			}
			if v <= limit {
				fastest = max(fastest, v)
			}
			s = s.Answer(v <= limit)
			if s.Fastest() != fastest {
				t.Fatalf("fastest is %g, %g was followed", s.Fastest(), fastest)
			}
		}
		if !s.Done() || s.Try() != 0 {
			t.Fatal("no end")
		}
		want := min(limit, 8)
		if limit < 1 {
			want = 0
		}
		if s.Fastest() > want || want > 0 && s.Fastest() < want-0.1 {
			t.Fatalf("found %g, the limit is %g", s.Fastest(), limit)
		}
		if got := s.Safe(0.2); math.Abs(got-0.8*s.Fastest()) > 1e-12 {
			t.Fatalf("safe %g", got)
		}
	})
	if s, _ := FindSpeed(1, 8, 0.1); s.Try() != 1 || s.Fastest() != 0 {
		t.Error("the lowest speed comes first, and counts only when it was tried")
	}
	for _, bad := range [][3]float64{{0, 1, 1}, {2, 1, 1}, {1, 2, 0}, {math.NaN(), 1, 1}} {
		_, err := FindSpeed(bad[0], bad[1], bad[2])
		invalid(t, "speeds", err, fault.Invalid, "above")
	}
}

func TestCommanded(t *testing.T) {
	for n, want := range map[model.Microsteps]string{0: "a0", 9: "a9", 10: "b0", 39: "d9", 40: "a0", -1: "d9", -40: "a0", -33: "a7"} {
		if got := Commanded(n, 10, 4); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
	if got := Commanded(49, 10, 5); got != "e9" {
		t.Errorf("five windings: %s", got)
	}
}

// A tube that stands 40″ and 30″ from the azimuth axis, on bearings that tip it
// by 4″ twice a turn, with dots of 5″ and either sense on the screen.
func TestSpinAlignment(t *testing.T) {
	dot := model.Arcsec(5)
	for _, sense := range []float64{1, -1} {
		for _, figure8 := range []float64{0, 4} {
			var dots []Dot
			for i := range 8 {
				h := float64(i) * math.Pi / 4
				sin, cos := math.Sincos(sense * h)
				dots = append(dots, Dot{
					Heading: model.Angle(h),
					X:       7 + (40*cos-30*sin+figure8*math.Cos(2*h))/5,
					Y:       -3 + (40*sin+30*cos)/5,
				})
			}
			s, err := SpinAlignment(dots, dot)
			if err != nil {
				t.Fatal(err)
			}
			near(t, "x", s.X.Arcsec(), 40, 1e-6)
			near(t, "y", s.Y.Arcsec(), 30, 1e-6)
			near(t, "radius", s.Radius.Arcsec(), 50, 1e-6)
			near(t, "left", s.Left.Arcsec(), figure8/math.Sqrt2, 1e-6)
			if s.Done {
				t.Error("done")
			}
		}
	}
	s, err := SpinAlignment([]Dot{{0, 1, 0}, {model.Degrees(90), 1.1, 0.1}, {model.Degrees(180), 0.8, 0}, {model.Degrees(270), 1, -0.2}}, dot)
	if err != nil || !s.Done {
		t.Errorf("a small figure: %+v, %v", s, err)
	}
	_, err = SpinAlignment([]Dot{{0, 1, 0}, {1, 1, 0}}, dot)
	invalid(t, "two dots", err, fault.Invalid, "at least three")
	_, err = SpinAlignment([]Dot{{0, 1, 0}, {0, 1, 0}, {0, 1, 0}}, dot)
	invalid(t, "one heading", err, fault.Invalid, "too near")
}
