// SPDX-License-Identifier: GPL-3.0-or-later

package tuning

import (
	"math"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
)

// Reversal is the turn of a motor, reckoned at the axis, from where the tube
// had last moved one way to where it first moves the other way.
type Reversal struct {
	Motor model.Angle // by the count of the motor; positive clockwise
	Shown model.Angle // by which the displayed angle changed meanwhile
}

// Play is a dead band as measured.
type Play struct {
	Arcmin  Estimate // of all reversals
	CW, CCW Estimate // of those to either sense: a load that leans shows the play one way only
	Enough  bool     // the mean is known to better than an arcminute, by its spread
}

const opPlay = "backlash"

// Backlash returns the dead band by reversals. It returns fault.Invalid for
// none, and for one without a turn of the motor.
//
// Source: Scope II manual, "Setting Backlash Values"; stepper-core §4.
func Backlash(reversals []Reversal) (Play, error) {
	if len(reversals) == 0 {
		return Play{}, fault.New(fault.Invalid, opPlay, "there is no reversal to reckon with")
	}
	var all, cw, ccw []float64
	for _, r := range reversals {
		if !r.Motor.IsFinite() || r.Motor == 0 {
			return Play{}, fault.New(fault.Invalid, opPlay, "the motor turned by %v from one reversal to the next", r.Motor)
		}
		v := r.Motor.Abs().Arcmin()
		all = append(all, v)
		if r.Motor > 0 {
			cw = append(cw, v)
		} else {
			ccw = append(ccw, v)
		}
	}
	p := Play{Arcmin: Of(all...), CW: Of(cw...), CCW: Of(ccw...)}
	p.Enough = p.Arcmin.N >= 2 && p.Arcmin.Error() < 1
	return p, nil
}

// Verified reports whether reversals show that the dead band in force is the
// right one: the motor turns through it while the displayed angle stands. What
// is left on the display must be within a fifth of the play, or twice its own
// standard error.
func Verified(reversals []Reversal) bool {
	var width, left []float64
	for _, r := range reversals {
		width = append(width, r.Motor.Abs().Arcmin())
		left = append(left, math.Copysign(1, float64(r.Motor))*r.Shown.Arcmin())
	}
	if len(left) < 2 {
		return false
	}
	e := Of(left...)
	return math.Abs(e.Mean) <= max(Of(width...).Mean/5, 2*e.Error())
}
