// SPDX-License-Identifier: GPL-3.0-or-later

package backlash

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/siderostep/siderostep/model"
)

// The rows of the stepper core reference, §4: a band of 10, the motor, the
// tube, and the part that is taken up.
func TestVectors(t *testing.T) {
	type row struct{ motor, tube, taken model.Angle }
	for _, tt := range []struct {
		from row
		turn model.Angle // of the motor
		to   row
	}{
		{row{20, 20, 0}, -20, row{0, 10, 10}},
		{row{10, 20, 10}, -10, row{0, 10, 10}},
		{row{0, 10, 10}, 20, row{20, 20, 0}},
		{row{20, 20, 0}, -7, row{13, 20, 7}},
		{row{13, 20, 7}, 17, row{30, 30, 0}},
	} {
		b := New(10)
		b.Set(tt.from.taken)
		got := row{tt.from.motor + tt.turn, tt.from.tube + b.Turn(tt.turn), b.Taken()}
		if got != tt.to {
			t.Errorf("%v turned by %v: %v, want %v", tt.from, tt.turn, got, tt.to)
		}
	}
}

// The moves of the same rows: the tube is to go by an angle, and the motor
// turns by what the band takes besides.
func TestMoves(t *testing.T) {
	for _, tt := range []struct{ width, taken, move, turn, after model.Angle }{
		{10, 0, -10, -20, 10},
		{10, 10, -10, -10, 10},
		{10, 10, 10, 20, 0},
		{10, 7, 10, 17, 0},
		// Exchanged: the motor first turns the other way.
		{-10, 10, -10, 0, 0},
		{-10, 0, 10, 0, 10},
		{-10, 10, 10, 10, 10},
	} {
		b := New(tt.width)
		wanted := b.Wanted(tt.move > 0)
		if turn := tt.move - (wanted - tt.taken); turn != tt.turn || wanted != tt.after {
			t.Errorf("width %v, taken %v: a move by %v turns the motor by %v to %v, want %v to %v",
				tt.width, tt.taken, tt.move, turn, wanted, tt.turn, tt.after)
		}
		if b.Width() != tt.width {
			t.Errorf("width %v, want %v", b.Width(), tt.width)
		}
	}
}

// However a motor turns, the tube stays within the band of it, nothing moves
// the tube against the motor, and the sum is kept.
func TestTurnConserves(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := New(model.Angle(rapid.Float64Range(0, 5).Draw(t, "width")))
		motor, tube := model.Angle(0), model.Angle(0)
		for _, n := range rapid.SliceOfN(rapid.Float64Range(-3, 3), 1, 50).Draw(t, "turns") {
			d := model.Angle(n)
			moved := b.Turn(d)
			motor, tube = motor+d, tube+moved
			if moved*d < 0 || moved.Abs() > d.Abs()+1e-12 {
				t.Fatalf("the motor turned by %v, the tube by %v", d, moved)
			}
			if off := tube - motor; math.Abs(float64(off-b.Taken())) > 1e-12 || off < -1e-12 || off > b.Width()+1e-12 {
				t.Fatalf("the tube is %v from the motor, %v taken up of %v", off, b.Taken(), b.Width())
			}
		}
	})
}

func TestHeading(t *testing.T) {
	h := Heading{Play: 1}
	for i, tt := range []struct {
		at       model.Angle
		reversed bool
		sense    Sense
	}{
		{5, false, Unknown}, {5.9, false, Unknown}, {6.1, true, Clockwise}, {9, false, Clockwise},
		{8.1, false, Clockwise}, {8.9, false, Clockwise}, {7.9, true, CounterClockwise}, // noise, then not
		{8.8, false, CounterClockwise}, {7, false, CounterClockwise}, {8.1, true, Clockwise},
	} {
		if got := h.Follow(tt.at); got != tt.reversed || h.Sense() != tt.sense {
			t.Errorf("%d: at %v: reversed %v, sense %v; want %v, %v", i, tt.at, got, h.Sense(), tt.reversed, tt.sense)
		}
	}
	h.Carry(-100) // and what is carried does not count
	if h.Follow(-91.9) {
		t.Error("an axis that was named anew has reversed")
	}
	h.Forget()
	if h.Follow(3) || h.Sense() != Unknown || !h.Follow(1.9) || h.Sense() != CounterClockwise {
		t.Error("an axis that was forgotten does not begin anew")
	}
}
