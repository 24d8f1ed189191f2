// SPDX-License-Identifier: GPL-3.0-or-later

// Package workshop is the arithmetic of building a telescope drive: step
// sizes, reductions and speeds, errors of gears as seen on the sky, sizes of
// gears and rollers, and how fast the field of an alt-azimuth mount turns.
//
// Source: Scope II manual, "Drive Gear Ratios", "Gear Reduction" and the
// notes of its builders; stepper-core §8.1.
package workshop

import (
	"math"
	"time"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
)

// turn is a whole turn.
const turn = model.Angle(2 * math.Pi)

// Drive is a stepper motor and the reduction between it and its axis.
type Drive struct {
	StepsPerTurn float64 // full steps in one turn of the motor, commonly 200; > 0
	Reduction    float64 // turns of the motor in one turn of the axis, > 0
	Microsteps   int     // in a full step, > 0
}

// Validate returns fault.Invalid for a drive that cannot be.
func (d Drive) Validate() error {
	switch {
	case !positive(d.StepsPerTurn):
		return fault.New(fault.Invalid, "drive", "%v full steps per turn; it must be above 0 (200 for a motor of 1.8 degrees)", d.StepsPerTurn)
	case !positive(d.Reduction):
		return fault.New(fault.Invalid, "drive", "reduction %v; it must be above 0 (4308 for 359:1 and 12:1)", d.Reduction)
	case d.Microsteps < 1:
		return fault.New(fault.Invalid, "drive", "%d microsteps; it must be 1 or more", d.Microsteps)
	}
	return nil
}

// FullStep returns the motion of the axis by one full step.
func (d Drive) FullStep() model.Angle { return turn.Mul(1 / (d.StepsPerTurn * d.Reduction)) }

// Microstep returns the motion of the axis by one microstep.
func (d Drive) Microstep() model.Angle { return d.FullStep().Mul(1 / float64(d.Microsteps)) }

// Slew returns the speed of the axis at a rate of half steps per second.
func (d Drive) Slew(halfSteps float64) model.Rate { return model.Rate(d.FullStep().Mul(halfSteps / 2)) }

// HalfSteps returns the half steps per second that a speed of the axis takes.
func (d Drive) HalfSteps(speed model.Rate) float64 {
	return 2 * float64(speed.Abs()) / float64(d.FullStep())
}

// Microstepping returns the greatest speed of the axis while microstepping,
// with so many periods of pulse-width modulation per second and at most so
// many microsteps in each.
func (d Drive) Microstepping(pwmHz, microstepsPerPeriod float64) model.Rate {
	return model.Rate(d.Microstep().Mul(pwmHz * microstepsPerPeriod))
}

// Reduction returns the reduction that makes one microstep move the axis by
// microstep. A quarter to half an arcsecond is a good choice.
func Reduction(stepsPerTurn float64, microsteps int, microstep model.Angle) float64 {
	return float64(turn) / (stepsPerTurn * float64(microsteps) * float64(microstep))
}

// Reducer returns what is left of a reduction for a reducer, where the last
// stage is a roller or shaft of one diameter against a bearing of another.
func Reducer(reduction, bearing, shaft float64) float64 { return reduction * shaft / bearing }

// AtSky returns how much of an error of one gear is seen on the sky, with the
// reductions that come after it.
func AtSky(atGear model.Angle, after float64) model.Angle { return atGear.Mul(1 / after) }

// WormPeriod returns the time of one turn of a worm that drives a wheel of so
// many teeth at the sidereal rate. It is the period of the periodic error.
func WormPeriod(teeth float64) time.Duration {
	return time.Duration(float64(turn) / float64(model.Sidereal) / teeth * float64(time.Second))
}

// CastTeeth returns the teeth of a wheel cast or pressed on a threaded rod, by
// its diameter and the rod's threads in the same unit of length.
func CastTeeth(diameter, threadsPerLength float64) float64 {
	return math.Pi * diameter * threadsPerLength
}

// RollerTaper returns the angle of the conical roller that rolls on a flat
// base without slipping: the radius of its outer end, and that end's distance
// from the azimuth axis. It returns fault.Invalid when the roller is larger
// than that.
func RollerTaper(outerRadius, fromAxis float64) (model.Angle, error) {
	if !positive(outerRadius) || !positive(fromAxis) || outerRadius >= fromAxis {
		return 0, fault.New(fault.Invalid, "roller", "radius %v at %v from the axis; the radius must be above 0 and smaller", outerRadius, fromAxis)
	}
	return model.Angle(math.Asin(outerRadius / fromAxis)), nil
}

func positive(v float64) bool { return v > 0 && !math.IsInf(v, 0) }
