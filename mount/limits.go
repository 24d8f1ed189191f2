// SPDX-License-Identifier: GPL-3.0-or-later

package mount

import (
	"math"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/pointing"
)

// guardLimits stops tracking and held motion that is about to leave what is
// allowed. Motion back inside is always allowed.
func (s *state) guardLimits(now driver.Instant) {
	switch {
	case s.course.sky && (s.activity == Idle || s.activity == Settling):
		if l, err := s.trackingLimit(); err != nil {
			s.endOfTracking(now, l, err)
		}
	case s.activity == Held:
		for _, i := range [2]int{AxisZ, AxisA} {
			rate := s.course.line[i].rateAt(now) // an axis that is not held goes on as the sky had it
			if rate == 0 {
				continue
			}
			if l, err := s.freeToMove(i, rate, now); err != nil {
				s.stopHeld(now, Limited, err)
				s.reached(now, l)
				s.log.Warn("held motion stopped at a limit", "err", err)
				return
			}
		}
	}
	if s.rotator.held {
		if _, err := s.freeToMove(AxisRotator, s.held[AxisRotator], now); err != nil {
			s.stopHeld(now, Limited, err)
		}
	}
}

// trackingLimit returns the limit that the course is beyond at the end of
// what is planned, and moving away from. There is no tracking out of the
// Sun's zone: the stars keep their distance from it.
func (s *state) trackingLimit() (Limit, error) {
	k, b := s.plannedKnot(), s.bounds()
	axes := model.Axes{Z: k.pos[AxisZ], A: k.pos[AxisA]}
	lst := s.heaven.lst(s.planned)
	here := b.margins(axes, s.course.side, lst)
	inside := true
	for _, m := range here {
		inside = inside && m >= 0
	}
	if inside {
		return 0, nil
	}
	const soon = 1 // second
	later := model.Axes{Z: axes.Z + model.Angle(k.after[AxisZ]*soon), A: axes.A + model.Angle(k.after[AxisA]*soon)}
	next := b.margins(later, s.course.side, lst)
	for l := range Limits {
		if here[l] < 0 && (next[l] < here[l] || l == SunLimit) {
			return l, b.beyond(l, "tracking", axes, s.course.side, lst)
		}
	}
	return 0, nil
}

// endOfTracking is what happens where tracking reaches a limit: a mount that
// can go on another way does so if it is to, the others stop.
func (s *state) endOfTracking(now driver.Instant, l Limit, why error) {
	if side, ok := s.otherWay(l); ok && s.tracking {
		err := s.goAnotherWay(now, side)
		if err == nil {
			s.log.Info("tracking goes on another way", "because", why)
			return
		}
		why = fault.New(fault.AboveLimit, "flip", "tracking ended (%v), and the way over is closed: %v", why, err)
	}
	s.stopTracking(now, why)
	s.reached(now, l)
}

// otherWay returns the side from which tracking goes on where it reaches a
// limit: the other pier side, over the zenith for a siderostat, the same for
// an axis Z that turns back by a whole turn. ok is false where it is to stop.
func (s *state) otherWay(l Limit) (side pointing.PierSide, ok bool) {
	if s.config.Mount.AtLimit != "flip" {
		return s.course.side, false
	}
	end := l == ZLowerLimit || l == ZUpperLimit
	switch s.geometry {
	case pointing.German:
		return s.course.side.Other(), l == MeridianLimit
	case pointing.Siderostat:
		return s.course.side.Other(), end
	}
	return s.course.side, end && s.config.Mount.Z.MaxDeg-s.config.Mount.Z.MinDeg > 360
}

// goAnotherWay begins to bring the tube to the same place on the sky by other
// angles of the axes.
func (s *state) goAnotherWay(now driver.Instant, side pointing.PierSide) error {
	if err := s.readyToSlew("flip"); err != nil {
		return err
	}
	to, from := s.course.target.at(now), s.course.side
	b := s.bounds()
	if hd := to.HourDec(s.heaven.lst(now)); side != from && !b.fits(hd, side) {
		return fault.New(fault.AboveLimit, "flip", "the other side cannot be at hour angle %.3f h either", hd.HA.Hours())
	}
	if err := s.slewToSky(now, to, side, s.course.target); err != nil {
		return err
	}
	if side != from {
		s.counts.Flips++
	}
	return nil
}

// axisLimit returns the limit that an axis is beyond at pos while it moves
// further out at rate.
func (s *state) axisLimit(op string, axis int, pos model.Angle, rate model.Rate) (Limit, error) {
	low, high := s.limitsOfTravel(axis)
	lower, upper := ZLowerLimit, ZUpperLimit
	if axis == AxisA {
		lower, upper = ALowerLimit, AUpperLimit
	}
	switch {
	case pos < low && rate < 0:
		return lower, beyondAxis(fault.BelowLimit, op, axis, pos, low.Degrees())
	case pos > high && rate > 0:
		return upper, beyondAxis(fault.AboveLimit, op, axis, pos, high.Degrees())
	}
	return 0, nil
}

// freeToMove returns the limit in the way of held motion of an axis, beside
// that of the other, where both would come to rest if they were stopped now.
func (s *state) freeToMove(axis int, rate model.Rate, now driver.Instant) (Limit, error) {
	const op = "move axis"
	if l, err := s.axisLimit(op, axis, s.played(axis)+s.stopping(axis, rate), rate); err != nil || axis == AxisRotator {
		return l, err
	}
	rates := s.held
	if s.activity == Held {
		rates = [axisCount]model.Rate{s.course.line[AxisZ].rateAt(now), s.course.line[AxisA].rateAt(now)}
	}
	rates[axis] = rate
	return s.freeToGo(op, model.Axes{
		Z: s.axes.Z + s.stopping(AxisZ, rates[AxisZ]),
		A: s.axes.A + s.stopping(AxisA, rates[AxisA]),
	}, now)
}

// freeToGo returns the limit that the tube would be beyond, and further than
// now, if the axes were to rest elsewhere; those of the axes apart.
func (s *state) freeToGo(op string, rest model.Axes, now driver.Instant) (Limit, error) {
	b, lst, side := s.bounds(), s.heaven.lst(now), s.sideOf(s.axes)
	here, there := b.margins(s.axes, side, lst), b.margins(rest, side, lst)
	for _, l := range [...]Limit{HorizonLimit, MeridianLimit, SunLimit} {
		if there[l] < 0 && there[l] < here[l] {
			return l, b.beyond(l, op, rest, side, lst)
		}
	}
	return 0, nil
}

// stopping returns how far an axis moves on that is stopped from a rate.
func (s *state) stopping(axis int, rate model.Rate) model.Angle {
	if rate == 0 {
		return 0
	}
	lim := s.limitsOf(axis)
	v := math.Abs(float64(rate))
	return model.Angle(math.Copysign(v*v/(2*lim.Accel)+v*(lim.Ramp.Seconds()+2*Tick.Seconds()), float64(rate)))
}

func (s *state) limitsOfTravel(axis int) (low, high model.Angle) {
	switch axis {
	case AxisZ:
		return model.Degrees(s.config.Mount.Z.MinDeg), model.Degrees(s.config.Mount.Z.MaxDeg)
	case AxisA:
		return model.Degrees(s.config.Mount.A.MinDeg), model.Degrees(s.config.Mount.A.MaxDeg)
	default:
		return model.Degrees(s.config.Rotator.MinDeg), model.Degrees(s.config.Rotator.MaxDeg)
	}
}

func axisName(axis int) string { return [...]string{"Z", "A", "rotator"}[axis] }
