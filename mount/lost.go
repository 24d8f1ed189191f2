// SPDX-License-Identifier: GPL-3.0-or-later

package mount

import (
	"errors"
	"math"
	"time"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/fault"
)

// silence is how long an axis may play without a word from its executor.
const silence = time.Second

// power is what the mount knows of one axis's motor beside its motion.
type power struct {
	on       bool // its windings were seen on, and nobody has switched them off since
	leaving  bool // they were switched off, which its reports do not yet show
	known    bool // the counters are of a report, not of the start
	counters driver.Counters
}

// lost returns why an axis has stopped without anybody's asking: its windings
// went off, as when its executor died or began anew, its output failed, it was
// left behind, or its executor's own limit of the count was hit. It returns nil
// while all is well.
func (s *state) lost(now driver.Instant, axis int) error {
	p, r := &s.power[axis], &s.reports[axis]
	was := *p
	leaving := was.leaving && r.State != driver.Released
	*p = power{on: r.State != driver.Released && !leaving, leaving: leaving, known: true, counters: r.Counters}
	switch {
	case !was.known:
		return nil
	case r.Lost > was.counters.Lost: // before Faults, which may come with it
		s.trusted = false
		return fault.New(fault.Hardware, "motion", "the motor of axis %s may have been left behind: its executor died, woke too late, or lost its output while it moved", axisName(axis))
	case r.Faults > was.counters.Faults:
		return fault.New(fault.Hardware, "motion", "the output of axis %s has failed; all axes were halted", axisName(axis))
	case r.LimitHits > was.counters.LimitHits:
		way, kind := s.endOfTravel(axis)
		return fault.New(kind, "motion", "axis %s was stopped at the %s limit of its motor's count", axisName(axis), way)
	case r.Restarts > was.counters.Restarts, was.on && !p.on:
		return fault.New(fault.Hardware, "motion", "the motor of axis %s was switched off without being told: its executor has died or begun anew", axisName(axis))
	case r.State == driver.Playing && now.Sub(r.At) > silence:
		s.motors.Halt()
		return fault.New(fault.Hardware, "motion", "no word from the executor of axis %s for %v", axisName(axis), now.Sub(r.At))
	}
	return nil
}

// endOfTravel returns the limit that an axis is nearer to, and its name.
func (s *state) endOfTravel(axis int) (way string, kind error) {
	low, high := s.limitsOfTravel(axis)
	if at := s.played(axis); at-low < high-at {
		return "lower", fault.BelowLimit
	}
	return "upper", fault.AboveLimit
}

// loseMotors takes note that all motors have stopped because of one axis. As
// after Halt, nothing moves before Resume. moving says that they were moving
// then; what they did last is not known.
func (s *state) loseMotors(now driver.Instant, axis int, cause error, moving bool) {
	how, hardware := Limited, errors.Is(cause, fault.Hardware)
	if hardware {
		how = Failed
		s.trusted = s.trusted && !moving
	} else if axis != AxisRotator {
		s.reached(now, axisLimitOf(axis, errors.Is(cause, fault.BelowLimit)))
	}
	s.log.Error("the motors have stopped", "err", cause, "moving", moving, "trusted", s.trusted)
	s.halted, s.tracking = true, false
	s.endPolar("the motors have stopped")
	if s.activity != Idle {
		s.slewFault = cause
	}
	s.end(how)
	s.activity, s.stopped = Idle, cause
	s.release()
	s.rest(now)
}

// corner ends motion that the executor refuses because it would lead beyond
// the limits of a motor's count, the second line of defence: with a ramp, or
// where there is no room for one, at once.
func (s *state) corner(now driver.Instant, axis int, cause error) {
	if s.cornered {
		s.motors.Halt()
		return
	}
	s.cornered = true
	why := fault.New(fault.KindOf(cause), "motion", "axis %s would go beyond the limit of its motor's count: %v", axisName(axis), cause)
	s.log.Error("motion stopped", "err", why)
	s.unfollow(now)
	if s.activity != Idle {
		s.slewFault = why
	}
	s.tracking = false
	s.release()
	s.end(Limited)
	s.activity, s.stopped = Stopping, why
	if axis != AxisRotator {
		s.reached(now, axisLimitOf(axis, errors.Is(cause, fault.BelowLimit)))
	}
	s.stand(now)
}

func axisLimitOf(axis int, lower bool) Limit {
	switch {
	case axis == AxisA && lower:
		return ALowerLimit
	case axis == AxisA:
		return AUpperLimit
	case lower:
		return ZLowerLimit
	}
	return ZUpperLimit
}

// beyondCount reports whether err is the executor's refusal to go beyond the
// limits of a motor's count.
func beyondCount(err error) bool {
	return errors.Is(err, fault.BelowLimit) || errors.Is(err, fault.AboveLimit)
}

// wasMoving reports whether an axis moved as of the latest reports.
func (s *state) wasMoving() bool {
	for i, r := range s.reports {
		if s.axisPresent(i) && (r.State == driver.Playing || r.State == driver.Braking) && math.Abs(r.Rate) > restRate {
			return true
		}
	}
	return false
}
