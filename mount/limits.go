// SPDX-License-Identifier: GPL-3.0-or-later

package mount

import (
	"math"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
)

// guardLimits stops tracking and held motion that is about to leave what is
// allowed. Motion back inside is always allowed.
func (s *state) guardLimits(now driver.Instant) {
	switch {
	case s.course.sky && (s.activity == Idle || s.activity == Settling):
		if err := s.trackingLimit(); err != nil {
			s.stopTracking(now, err)
		}
	case s.activity == Held:
		for _, i := range [2]int{AxisZ, AxisA} {
			if s.held[i] == 0 {
				continue
			}
			if err := s.freeToMove(i, s.held[i]); err != nil {
				s.stopHeld(now, Limited, err)
				s.log.Warn("held motion stopped at a limit", "err", err)
				return
			}
		}
	}
	if s.rotator.held {
		if err := s.freeToMove(AxisRotator, s.held[AxisRotator]); err != nil {
			s.stopHeld(now, Limited, err)
		}
	}
}

// trackingLimit returns the limit that the course is beyond at the end of
// what is planned, and moving away from.
func (s *state) trackingLimit() error {
	k := s.plannedKnot()
	axes := model.Axes{Z: k.pos[AxisZ], A: k.pos[AxisA]}
	for _, i := range [2]int{AxisZ, AxisA} {
		if err := s.axisLimit("tracking", i, k.pos[i], k.after[i]); err != nil {
			return err
		}
	}
	hd := s.heaven.chain.HourDec(axes)
	if over := s.config.pastMeridian(k.pos[AxisZ]); s.geometry.HasPierSide() && over > 0 && s.config.pastMeridian(k.pos[AxisZ]+model.Angle(k.after[AxisZ])) > over {
		return fault.New(fault.AboveLimit, "tracking", "hour angle %.3f h is %g° beyond the meridian, as far as this pier side may go; slew again to flip", hd.HA.Hours(), s.config.Mount.PastMeridianDeg)
	}
	if err := s.aboveHorizon("tracking", hd); err != nil && s.sinking(axes, k) {
		return err
	}
	return nil
}

// sinking reports whether motion at the knot's rates lowers the tube.
func (s *state) sinking(axes model.Axes, k knot) bool {
	const soon = 1 // second
	later := model.Axes{Z: axes.Z + model.Angle(k.after[AxisZ]*soon), A: axes.A + model.Angle(k.after[AxisA]*soon)}
	chain := &s.heaven.chain
	return chain.Horizontal(later).Alt < chain.Horizontal(axes).Alt
}

// axisLimit returns the limit that an axis is beyond at pos while it moves
// further out at rate.
func (s *state) axisLimit(op string, axis int, pos model.Angle, rate model.Rate) error {
	low, high := s.limitsOfTravel(axis)
	switch {
	case pos < low && rate < 0:
		return fault.New(fault.BelowLimit, op, "axis %s at %.2f° reached its limit of %.2f°", axisName(axis), pos.Degrees(), low.Degrees())
	case pos > high && rate > 0:
		return fault.New(fault.AboveLimit, op, "axis %s at %.2f° reached its limit of %.2f°", axisName(axis), pos.Degrees(), high.Degrees())
	}
	return nil
}

// freeToMove returns the limit in the way of held motion: of the axis, or
// the horizon, where the axis would come to rest if it were stopped now.
func (s *state) freeToMove(axis int, rate model.Rate) error {
	lim := s.limitsOf(axis)
	v := math.Abs(float64(rate))
	stop := model.Angle(math.Copysign(v*v/(2*lim.Accel)+v*(lim.Ramp.Seconds()+2*Tick.Seconds()), float64(rate)))
	pos := s.played(axis) + stop
	if err := s.axisLimit("move axis", axis, pos, rate); err != nil || axis == AxisRotator {
		return err
	}
	axes := s.axes
	if axis == AxisZ {
		axes.Z = pos
	} else {
		axes.A = pos
	}
	chain := &s.heaven.chain
	if err := s.aboveHorizon("move axis", chain.HourDec(axes)); err != nil &&
		chain.Horizontal(axes).Alt < chain.Horizontal(s.axes).Alt {
		return err
	}
	return nil
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

// pastMeridian returns by how much axis Z of a German mount, at z, is beyond
// the meridian further than it may go; negative inside. On either pier side
// the axis stands at 0 to 180° for places on that side's half of the sky, in
// the south at −180° to 0.
func (c *Config) pastMeridian(z model.Angle) model.Angle {
	middle := model.Quarter
	if c.Site.LatitudeDeg < 0 {
		middle = -middle
	}
	return (z - middle).WrapSigned().Abs() - model.Quarter - model.Degrees(c.Mount.PastMeridianDeg)
}

func axisName(axis int) string { return [...]string{"Z", "A", "rotator"}[axis] }
