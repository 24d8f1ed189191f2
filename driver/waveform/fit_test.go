// SPDX-License-Identifier: GPL-3.0-or-later

package waveform

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/siderostep/siderostep/fault"
)

// rotor is where a rotor stands between two windings, in full steps, given
// their counts of 100. The first counts move nothing.
type rotor func(leaving, approaching int) float64

// ideal points along the sum of the fields; square is the manual's rule,
// whose place goes with the square of the ratio.
func ideal(dead int) rotor {
	return func(l, a int) float64 {
		return math.Atan2(float64(max(0, a-dead)), float64(max(0, l-dead))) / (math.Pi / 2)
	}
}

func square(dead int) rotor {
	return func(l, a int) float64 {
		x, y := float64(max(0, l-dead)), float64(max(0, a-dead))
		return y * y / (x*x + y*y)
	}
}

// measure returns the positions of a table, k from 0 to ms.
func (r rotor) measure(leaving, approaching []int) []float64 {
	var p []float64
	for k := range leaving {
		p = append(p, r(leaving[k], approaching[k]))
	}
	return append(p, 1)
}

// worst returns the greatest distance from an even place, in counts: the
// distance that one count more or less for the weaker winding moves the rotor
// there.
func (r rotor) worst(leaving, approaching []int) float64 {
	worst := 0.0
	ms := len(leaving)
	for k := 1; k < ms; k++ {
		l, a := leaving[k], approaching[k]
		at := r(l, a)
		count := math.Abs(r(l, a-1) - at)
		if 2*k > ms {
			count = math.Abs(r(l-1, a) - at)
		}
		worst = max(worst, math.Abs(at-float64(k)/float64(ms))/count)
	}
	return worst
}

// Tables of the manual and the sample file, stepper-core §1.2.
var (
	manual20 = []int{100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 98, 95, 88, 81, 72, 65, 56, 45, 29}
	column20 = []int{100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 94, 86, 77, 69, 62, 54, 46, 37, 27}
	sample10 = []int{100, 100, 100, 100, 100, 100, 94, 62, 46, 27, 27}[:10]
)

func TestFitTable(t *testing.T) {
	rotors := map[string]rotor{
		"ideal": ideal(0), "ideal, dead band 5": ideal(5), "ideal, dead band 10": ideal(10), "ideal, dead band 15": ideal(15),
		"square, dead band 10": square(10),
	}
	configs := map[string]Config{
		"computed, 20":      {Microsteps: 20},
		"manual, 20":        {Microsteps: 20, Leaving: manual20},
		"one column, 20":    {Microsteps: 20, Leaving: column20},
		"tangent, 20":       {Microsteps: 20, Shape: Tangent},
		"sine, 20":          {Microsteps: 20, Shape: Sine},
		"dead band 10, 40":  {Microsteps: 40, Dead: 10, Shape: Tangent},
		"computed, 10":      {Microsteps: 10, Dead: 10},
		"sample, 10":        {Microsteps: 10, Leaving: sample10},
		"two columns, 4":    {Microsteps: 4, Leaving: []int{100, 100, 100, 50}, Approaching: []int{0, 50, 100, 100}},
		"crooked columns":   {Microsteps: 20, Leaving: manual20, Approaching: mirrored(column20)},
		"long dead band, 8": {Microsteps: 8, Leaving: []int{100, 100, 100, 100, 100, 60, 30, 5}},
	}
	for rotorName, r := range rotors {
		for name, c := range configs {
			t.Run(fmt.Sprint(name, " with ", rotorName), func(t *testing.T) {
				c.Windings, c.Slots = 4, 100
				before := r.worst(c.Columns())
				passes := 1
				if strings.HasPrefix(rotorName, "square") {
					passes = 2 // it is no ideal motor
				}
				for range passes {
					var err error
					c.Leaving, c.Approaching, err = c.FitTable(r.measure(c.Columns()))
					if err != nil {
						t.Fatal(err)
					}
				}
				if after := r.worst(c.Columns()); after > 1 {
					t.Errorf("off by %.2f counts, before %.1f: %v, %v", after, before, c.Leaving, c.Approaching)
				}
				if err := c.Validate(); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

// An even table stays as it is.
func TestFitTableOfAnEvenTable(t *testing.T) {
	c := Config{Windings: 4, Microsteps: 4, Slots: 10, Leaving: []int{10, 10, 10, 6}, Approaching: []int{0, 6, 10, 10}}
	l, a, err := c.FitTable([]float64{0, 0.25, 0.5, 0.75, 1})
	if err != nil || fmt.Sprint(l, a) != "[10 10 10 6] [0 6 10 10]" {
		t.Errorf("got %v %v, %v", l, a, err)
	}
	// 60 of 100 go to 0.3 instead of 0.25. An ideal rotor there has the ratio
	// tan 27° = 0.5095, at 0.25 tan 22.5° = 0.4142, at 0.5 of course 1.
	l, a, err = Config{Windings: 4, Microsteps: 4, Slots: 100, Leaving: []int{100, 100, 100, 60}}.FitTable([]float64{0, 0.3, 0.5, 0.7, 1})
	// 60 − 40·(0.5095 − 0.4142)/(1 − 0.5095) = 52.2
	if err != nil || fmt.Sprint(l, a) != "[100 100 100 52] [0 52 100 100]" {
		t.Errorf("got %v %v, %v", l, a, err)
	}
}

func TestFitTableRefuses(t *testing.T) {
	good := []float64{0, 0.25, 0.5, 0.75, 1}
	plain := Config{Windings: 4, Microsteps: 4, Slots: 100}
	with := func(k int, v float64) []float64 {
		p := append([]float64(nil), good...)
		p[k] = v
		return p
	}
	tests := []struct {
		name string
		c    Config
		p    []float64
		says string
	}{
		{"good", plain, good, ""},
		{"not moving next to the full steps", plain, []float64{0, 0, 0.5, 1, 1}, ""},
		{"invalid configuration", Config{}, good, "windings is 0"},
		{"corrected", Config{Windings: 4, Microsteps: 4, Slots: 100, Correction: append(make([]float64, 15), 0.1)}, good, "quarter_step_correction_full_steps must be empty"},
		{"too few", plain, good[:4], "4 positions; there must be 5"},
		{"not a number", plain, with(2, math.NaN()), "position 2 is NaN"},
		{"microsteps for full steps", plain, []float64{0, 1, 2, 3, 4}, "position 2 is 2; it must be a fraction of a full step"},
		{"turning back", plain, with(2, 0.2), "position 2 is 0.2, not beyond position 1, which is 0.25"},
		{"standing still in the middle", plain, with(2, 0.25), "position 2 is 0.25, not beyond position 1"},
		{"not from 0", plain, with(0, 0.2), "positions go from 0.2 to 1"},
		{"not to 1", plain, with(4, 0.8), "positions go from 0 to 0.8"},
		{"half step not moving", plain, []float64{0, 0, 0, 0.75, 1}, "position 2 is 0; the half step"},
		{"table goes back", Config{Windings: 4, Microsteps: 4, Slots: 100, Leaving: []int{100, 90, 95, 50}}, good, "pwm[2] is above pwm[1]"},
		{"second column goes back", Config{Windings: 4, Microsteps: 4, Slots: 100, Leaving: []int{100, 90, 90, 50}, Approaching: []int{0, 50, 40, 90}}, good, "pwm_approaching[2] is below pwm_approaching[1]"},
	}
	for _, tt := range tests {
		_, _, err := tt.c.FitTable(tt.p)
		switch {
		case tt.says == "" && err != nil:
			t.Errorf("%s: refused: %v", tt.name, err)
		case tt.says != "" && (!errors.Is(err, fault.Invalid) || !strings.Contains(err.Error(), tt.says)):
			t.Errorf("%s: got %v, want fault.Invalid saying %q", tt.name, err, tt.says)
		}
	}
}
