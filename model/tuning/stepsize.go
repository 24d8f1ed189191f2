// SPDX-License-Identifier: GPL-3.0-or-later

package tuning

import (
	"math"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
)

// Move is a motion of an axis whose angle is known from outside. Both angles
// have their sign and count whole turns, so that motion either way, and
// through the zero of azimuth, gives the same step.
type Move struct {
	True       model.Angle // by which the axis turned
	Displayed  model.Angle // by which it turned according to the present step size
	Resolution model.Angle // how finely the true angle is known, ≥ 0
}

// Size is what a full step was measured to be.
type Size struct {
	FullStep model.Angle
	Factor   Estimate // true angle divided by displayed angle
	Accuracy float64  // share by which FullStep may be wrong
}

const opStep = "step size"

// StepSize returns the step size by which displayed angles become true ones:
// the old one times their mean ratio. Its accuracy is that of the angles, as
// finely as each is known, and of their spread. It returns fault.Invalid for
// no moves, for one that is too short to tell anything, and for one that went
// the other way than displayed: the motor's sense is then to be put right
// first.
//
// Source: Scope II manual, step sizes; stepper-core §6.4.
func StepSize(old model.Angle, moves []Move) (Size, error) {
	if !(old > 0) || !old.IsFinite() {
		return Size{}, fault.New(fault.Invalid, opStep, "the present step size is %v; it must be above 0", old)
	}
	if len(moves) == 0 {
		return Size{}, fault.New(fault.Invalid, opStep, "there is no motion to reckon with")
	}
	factors, fine := make([]float64, len(moves)), 0.0
	for i, m := range moves {
		f, err := m.factor()
		if err != nil {
			return Size{}, err
		}
		factors[i] = f
		fine += float64(m.Resolution/m.Displayed.Abs()) / float64(len(moves))
	}
	e := Of(factors...)
	return Size{FullStep: old.Mul(e.Mean), Factor: e, Accuracy: math.Hypot(fine, 2*e.Error())}, nil
}

// leastMoves is how many times its resolution a move must be long.
const leastMoves = 20

func (m Move) factor() (float64, error) {
	f := float64(m.True / m.Displayed)
	switch {
	case !m.True.IsFinite() || !m.Displayed.IsFinite() || !(m.Resolution >= 0):
		return 0, fault.New(fault.Invalid, opStep, "%v by %v is no motion", m.True, m.Displayed)
	case m.Displayed == 0 || m.Displayed.Abs() < m.Resolution.Mul(leastMoves):
		return 0, fault.New(fault.Invalid, opStep, "a motion by %v tells nothing; move at least %v", m.Displayed, m.Resolution.Mul(leastMoves))
	case !(f > 0):
		return 0, fault.New(fault.Invalid, opStep, "the axis turned by %v while %v were displayed: put the motor's sense right first", m.True, m.Displayed)
	}
	return f, nil
}

// LeastMove returns how far an axis must move for the accuracy wanted, a share
// such as 0.001, when its true angle is known to a resolution: 44° for 0.1 %
// with an encoder of 8192 counts per turn.
func LeastMove(resolution model.Angle, accuracy float64) model.Angle {
	return resolution.Mul(1 / accuracy)
}

// Level is the angle between a level tube and an upright one, by a level.
var Level = model.Degrees(90)

// FullTurn is the angle of a full turn, by a mark on the base.
var FullTurn = model.Degrees(360)

// TwoMarks returns the angle between two marks a separation apart, seen
// squarely on the first from an axis at a distance, in the same unit. It
// returns fault.Invalid unless both are above 0.
//
// Source: Scope II manual: 8 feet at 50 feet or more.
func TwoMarks(separation, distance float64) (model.Angle, error) {
	if !(separation > 0) || !(distance > 0) || math.IsInf(separation, 0) || math.IsInf(distance, 0) {
		return 0, fault.New(fault.Invalid, opStep, "marks %g apart at a distance of %g: both must be above 0", separation, distance)
	}
	return model.Angle(math.Atan2(separation, distance)), nil
}
