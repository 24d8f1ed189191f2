// SPDX-License-Identifier: GPL-3.0-or-later

package waveform

import (
	"math"
	"slices"
	"testing"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/driver/drivertest"
	"github.com/siderostep/siderostep/model"
)

// The ideal tables put the field of an ideal motor at even distances, with
// either number of windings; a rotor that knows nothing of tables says so.
func TestIdealShapesTurnEvenly(t *testing.T) {
	for _, shape := range []string{Tangent, Sine} {
		for _, windings := range []int{4, 5} {
			for _, ms := range []int{2, 10, 40, 256} {
				made := table(t, Config{Windings: windings, Microsteps: ms, Slots: 10000, Shape: shape})
				p := pair(t, made, made)
				rotor := drivertest.NewRotor(windings, false)
				for n := range model.Microsteps(2*windings*ms + 1) {
					pattern := p.Combine(made.Phase(n), made.Phase(-n))
					if err := rotor.Drive(driver.Instant(n), &pattern); err != nil {
						t.Fatal(err)
					}
					want := float64(n) / float64(ms)
					for half, want := range []float64{want, -want} {
						if got := rotor.FullSteps(half); math.Abs(got-want) > 1e-4 {
							t.Fatalf("%s, %d windings, %d microsteps: at %d motor %d is at %.5f full steps, want %.5f", shape, windings, ms, n, half, got, want)
						}
					}
				}
			}
		}
	}
}

// Sine is constant torque: the length of the field does not change.
func TestTorqueOfShapes(t *testing.T) {
	for _, windings := range []int{4, 5} {
		angle := 2 * math.Pi / float64(windings)
		for _, shape := range []string{Tangent, Sine} {
			l, a := Config{Windings: windings, Microsteps: 20, Slots: 10000, Shape: shape}.Columns()
			for k := range l {
				x := float64(l[k]) + float64(a[k])*math.Cos(angle)
				y := float64(a[k]) * math.Sin(angle)
				if length := math.Hypot(x, y); shape == Sine && math.Abs(length-10000) > 2 {
					t.Errorf("sine, %d windings, microstep %d: field %.0f of 10000", windings, k, length)
				}
				if shape == Tangent && max(l[k], a[k]) != 10000 {
					t.Errorf("tangent, %d windings, microstep %d: %d and %d; one must be full", windings, k, l[k], a[k])
				}
			}
		}
	}
}

func TestShapeVectors(t *testing.T) {
	tests := []struct {
		name    string
		config  Config
		leaving []int
	}{
		// 100·tan(9°·k), k = 1 … 5
		{"tangent", Config{Windings: 4, Microsteps: 10, Slots: 100, Shape: Tangent}, []int{100, 100, 100, 100, 100, 100, 73, 51, 32, 16}},
		// 100·cos(9°·k)
		{"sine", Config{Windings: 4, Microsteps: 10, Slots: 100, Shape: Sine}, []int{100, 99, 95, 89, 81, 71, 59, 45, 31, 16}},
		// 10 + 0.9 of 33⅓, 50, 65.47, 81.65 (stepper-core §1.2)
		{"manual, dead band", Config{Windings: 4, Microsteps: 10, Slots: 100, Shape: Manual, Dead: 10}, []int{100, 100, 100, 100, 100, 100, 83, 69, 55, 40}},
		{"no shape is manual", Config{Windings: 4, Microsteps: 4, Slots: 100}, []int{100, 100, 100, 58}},
		{"own counts win", Config{Windings: 4, Microsteps: 4, Slots: 100, Shape: Sine, Dead: 5, Leaving: []int{9, 8, 7, 6}}, []int{9, 8, 7, 6}},
	}
	for _, tt := range tests {
		if err := tt.config.Validate(); err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
		leaving, approaching := tt.config.Columns()
		if !slices.Equal(leaving, tt.leaving) || approaching[0] != 0 {
			t.Errorf("%s: got %v and %v, want %v", tt.name, leaving, approaching, tt.leaving)
		}
		for k := 1; k < len(leaving); k++ {
			if approaching[k] != leaving[len(leaving)-k] {
				t.Errorf("%s: approaching %v is not the mirror image of %v", tt.name, approaching, leaving)
			}
		}
	}
}

// The original's rule for half steps made while microstepping, in its own
// slot indices (stepper-core §1.3), with integer division as there.
func TestHalfStepSwitchOverRule(t *testing.T) {
	for _, ms := range []int{2, 4, 6, 10, 20, 40, 256} {
		for _, windings := range []int{4, 5} {
			c := DefaultConfig()
			c.Microsteps, c.Windings = ms, windings
			made := table(t, c)
			cycle := ms * windings
			for n := range 2 * cycle {
				msIx := n % cycle * c.Slots
				perHalf := c.Slots * (ms / 2)
				ix := msIx + c.Slots*ms/4
				ix -= ix % perHalf
				if ix >= cycle*c.Slots { // past the end
					ix = 0
				}
				if got, want := made.HalfStep(model.Microsteps(n)), made.halfSteps[ix/perHalf]; got != want {
					t.Fatalf("%d microsteps, %d windings: half step at %d is %v, want number %d, %v", ms, windings, n, got, ix/perHalf, want)
				}
			}
		}
	}
}
