// SPDX-License-Identifier: GPL-3.0-or-later

package waveform

import (
	"errors"
	"math"
	"math/bits"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
)

// field returns where the windings of p pull an ideal rotor of a motor with
// four windings, in full steps, the turn nearest to near.
func field(p Phase, near float64) float64 {
	var x, y float64
	for i, bit := range p.bits {
		if bit != 0 {
			sin, cos := math.Sincos(float64(bits.TrailingZeros16(bit)) * math.Pi / 2)
			x += cos * float64(p.until[i])
			y += sin * float64(p.until[i])
		}
	}
	f := math.Atan2(y, x) / (math.Pi / 2)
	return f + 4*math.Round((near-f)/4)
}

// crooked returns where the rotor of a motor with these errors stands when
// its windings pull to e full steps: too far clockwise where they are
// positive (stepper-core §1.6).
func crooked(qsc []float64, e float64) float64 {
	quarter := math.Mod(math.Mod(4*e, 16)+16, 16)
	k := int(quarter) % 16
	part := quarter - math.Floor(quarter)
	return e + qsc[k]*(1-part) + qsc[(k+1)%16]*part
}

// The manual's example: 0.1 full steps too far at the half step between a and
// b. There the rotor, off by 0.1·(4e−1) beyond the first quarter, stands at ½
// when driven to e = 0.4286: 38.57°, so b has tan 38.57° = 0.7974 of a.
func TestQuarterStepCorrectionOfTheManual(t *testing.T) {
	qsc := make([]float64, 16)
	qsc[2] = 0.1
	c := Config{Windings: 4, Microsteps: 40, Slots: 1000, Shape: Tangent, Correction: qsc}
	made := table(t, c)
	p := made.Phase(20)
	full := 1000 * made.Period() / made.slots
	if p.bits != [2]uint16{2, 1} || int(p.until[1]) != full || math.Abs(float64(p.until[0])/float64(full)-0.7974) > 1e-3 {
		t.Errorf("at the half step: %v of %d; want b for 0.7974 of a", p, full)
	}
	if p := made.Phase(60); p.bits != [2]uint16{2, 4} || p.until[0] != p.until[1] {
		t.Errorf("between b and c, where nothing is wrong: %v", p)
	}
	if got := field(made.Phase(10), 0); math.Abs(got-0.25) > 1e-3 {
		t.Errorf("at the quarter step before: %v, want 0.25", got)
	}
	plain := table(t, Config{Windings: 4, Microsteps: 40, Slots: 1000})
	for n := range model.Microsteps(160) {
		if a, b := made.HalfStep(n), plain.HalfStep(n); a.bits != b.bits || a.On()*plain.Period() != b.On()*made.Period() {
			t.Errorf("half step at %d is %v, want %v: half steps stay as they are", n, a, b)
		}
	}
}

// A rotor that is wrong by QSC comes out right, at every count; uncorrected
// it does not.
func TestCorrectedRotorStandsWhereTheCountSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		qsc := make([]float64, 16)
		for k := range qsc {
			qsc[k] = rapid.Float64Range(-0.08, 0.08).Draw(t, "error")
		}
		ms := rapid.SampledFrom([]int{6, 10, 20, 40, 256}).Draw(t, "microsteps")
		c := Config{Windings: 4, Microsteps: ms, Slots: 1000, Shape: Tangent, Correction: qsc}
		made, err := New(c)
		if err != nil {
			t.Fatal(err)
		}
		// Straight lines between the microsteps of the table: h²/8 of the
		// greatest curvature of the tangent, 4, in full steps.
		h := math.Pi / 2 / float64(ms)
		within := 1.3*(h*h/8*4/(math.Pi/2)) + 1e-3
		for n := -2 * ms; n <= 5*ms; n++ {
			want := float64(n) / float64(ms)
			got := crooked(qsc, field(made.Phase(model.Microsteps(n)), want))
			if math.Abs(got-want) > within {
				t.Fatalf("%d microsteps: at %d the rotor stands at %.4f full steps, want %.4f within %.4f", ms, n, got, want, within)
			}
		}
	})
}

func TestCorrectionIsInvertedExactly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		qsc := make([]float64, 16)
		for k := range qsc {
			qsc[k] = rapid.Float64Range(-0.1, 0.09).Draw(t, "error")
		}
		x := rapid.Float64Range(-9, 9).Draw(t, "place")
		if got := crooked(qsc, correction(qsc).electrical(x)); math.Abs(got-x) > 1e-9 {
			t.Fatalf("stands at %v, want %v", got, x)
		}
	})
}

// Reversing exchanges lines a and c; the correction stays with the count.
func TestCorrectionReversed(t *testing.T) {
	qsc := make([]float64, 16)
	qsc[2], qsc[7] = 0.1, -0.05
	c := Config{Windings: 4, Microsteps: 20, Slots: 100, Correction: qsc}
	plain := table(t, c)
	reversed := table(t, c, func(c *Config) { c.Reverse = true })
	swap := map[uint16]uint16{0: 0, 1: 4, 2: 2, 4: 1, 8: 8}
	for n := range model.Microsteps(80) {
		a, b := plain.Phase(n), reversed.Phase(n)
		if a.until != b.until {
			t.Fatalf("at %d on-times %v and %v", n, a.until, b.until)
		}
		for i := range a.bits {
			same := a.until[0] == a.until[1] && b.bits[1-i] == swap[a.bits[i]]
			if b.bits[i] != swap[a.bits[i]] && !same {
				t.Fatalf("at %d lines %v reversed are %v", n, a.bits, b.bits)
			}
		}
	}
}

// No correction changes no byte, whichever way it is written.
func TestNoCorrection(t *testing.T) {
	made := table(t, worked(), func(c *Config) { c.Correction = make([]float64, 16) })
	if got := text(pair(t, made, nil).Combine(made.Phase(a1), Phase{})); got != "03×6 01×4 00×5" {
		t.Errorf("got %s (stepper-core §1.2)", got)
	}
}

func TestValidateCorrection(t *testing.T) {
	with := func(k int, v float64) []float64 {
		q := make([]float64, 16)
		q[k] = v
		return q
	}
	tests := []struct {
		name string
		c    Config
		says string
	}{
		{"good", Config{Windings: 4, Microsteps: 6, Correction: with(15, -0.19)}, ""},
		{"five windings", Config{Windings: 5, Microsteps: 6, Correction: with(0, 0.1)}, "is for 4 windings"},
		{"too few", Config{Windings: 4, Microsteps: 6, Correction: make([]float64, 8)}, "has 8 values"},
		{"too much", Config{Windings: 4, Microsteps: 6, Correction: with(3, 0.6)}, "[3] is 0.6"},
		{"not a number", Config{Windings: 4, Microsteps: 6, Correction: with(3, math.NaN())}, "[3] is NaN"},
		{"turning back", Config{Windings: 4, Microsteps: 6, Correction: with(3, 0.25)}, "[3] and the one after it are 0.25 and 0"},
		{"turning back over the end", Config{Windings: 4, Microsteps: 6, Correction: with(0, -0.25)}, "[15] and the one after it are 0 and -0.25"},
	}
	for _, tt := range tests {
		tt.c.Slots = 100
		_, err := New(tt.c)
		switch {
		case tt.says == "" && err != nil:
			t.Errorf("%s: refused: %v", tt.name, err)
		case tt.says != "" && (!errors.Is(err, fault.Invalid) || !strings.Contains(err.Error(), tt.says)):
			t.Errorf("%s: got %v, want fault.Invalid saying %q", tt.name, err, tt.says)
		}
	}
}
