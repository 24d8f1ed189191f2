// SPDX-License-Identifier: GPL-3.0-or-later

package mount

import (
	"math"

	"github.com/siderostep/siderostep/model"
)

// countMargin is by how much the executor's limits of an axis are wider than
// the mount's own, which are met first: room for braking, and for a zero of the
// axis that was named anew.
var countMargin = model.Degrees(10)

// CountLimits returns the limits of a motor's count for its executor, a second
// line of defence behind the limits of the axis: wider by 10° and the
// backlash. saved is the state that the mount starts with, or nil, as for
// StartCounts. ok is false where the count does not tell where the axis is:
// with encoders, which name it anew wherever it is moved by hand, and with
// steps whose angle depends on the sense.
func (c Config) CountLimits(saved *Saved, axis int) (low, high model.Microsteps, ok bool) {
	var from, to, zero, play, q model.Angle
	switch axis {
	case AxisZ, AxisA:
		a := c.axisConfig(axis)
		if c.Mount.Encoders.Use || a.FullStepArcsecCCW > 0 && a.FullStepArcsecCCW != a.FullStepArcsec {
			return 0, 0, false
		}
		from, to, play, q = model.Degrees(a.MinDeg), model.Degrees(a.MaxDeg), a.backlash().Abs(), a.microstep()
		if saved != nil {
			zero = [...]model.Angle{saved.Zero.Z, saved.Zero.A}[axis]
		}
	case AxisRotator:
		from, to, q = model.Degrees(-c.Rotator.MaxDeg), model.Degrees(-c.Rotator.MinDeg), c.Rotator.step()
	default:
		return 0, 0, false
	}
	count := func(at model.Angle) float64 { return float64(at-zero) / float64(q) }
	low = model.Microsteps(math.Floor(count(from - countMargin - play)))
	high = model.Microsteps(math.Ceil(count(to + countMargin + play)))
	return low, high, true
}

// Continued returns the state of the last run as it went on after it was
// saved: to counts that the executor has kept, and of which it says whether
// they agree with the motors. saved may be nil. The mount, StartCounts and
// CountLimits are to be given the result.
func (c Config) Continued(saved *Saved, counts [3]model.Microsteps, trusted bool) *Saved {
	if saved == nil {
		return &Saved{Counts: counts, Trusted: trusted}
	}
	v := *saved
	for i := range v.Backlash {
		a := *c.axisConfig(i)
		g := newGearing(a, v.Backlash[i], v.CCW[i])
		g.band.Turn(a.microstepOf(v.CCW[i]).Mul(float64(counts[i] - v.Counts[i])))
		v.Backlash[i] = g.band.Taken()
	}
	v.Counts, v.Trusted, v.Moving = counts, v.Trusted && trusted, false
	return &v
}
