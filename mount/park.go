// SPDX-License-Identifier: GPL-3.0-or-later

package mount

import (
	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
)

// park begins to move to the park position.
func (s *state) park(now driver.Instant) error {
	if s.parked || s.activity == Parking {
		return nil
	}
	if err := s.retire(now, "park", Parking, s.parkPlace()); err != nil {
		return err
	}
	s.endPolar("the mount parks")
	return nil
}

// findHome begins to move to the home position.
func (s *state) findHome(now driver.Instant) error {
	home := model.Axes{Z: model.Degrees(s.config.Mount.Z.HomeDeg), A: model.Degrees(s.config.Mount.A.HomeDeg)}
	return s.retire(now, "find home", Homing, home)
}

// retire begins to move to a place of the axes and switches tracking off.
func (s *state) retire(now driver.Instant, op string, a Activity, to model.Axes) error {
	if err := s.ready(op); err != nil {
		return err
	}
	at, before := s.change(now)
	r, err := s.wayHome(op, to, at, before)
	if err != nil {
		return err
	}
	if s.activity != Parking && s.activity != Homing {
		s.trackAfter = s.tracking
	}
	s.tracking = false
	s.release()
	s.begin(a)
	s.setOut(now, at, before, r)
	s.course.target = s.course.target.alone()
	s.log.Info(op, "z_deg", to.Z.Degrees(), "a_deg", to.A.Degrees())
	return nil
}

// wayHome finds the way to a place of the axes. That may lie below the
// horizon, but not beside the Sun unless the tube is nearer to it now.
func (s *state) wayHome(op string, to model.Axes, at driver.Instant, before knot) (route, error) {
	b, side, lst := s.bounds(), s.sideOf(to), s.heaven.lst(at)
	if _, err := b.withinLimits(op, to, before.pos[AxisZ]); err != nil {
		return route{}, err
	}
	here := b.margins(s.axes, s.course.side, lst)[SunLimit]
	if there := b.margins(to, side, lst)[SunLimit]; there < min(here, 0) {
		return route{}, b.beyond(SunLimit, op, to, side, lst)
	}
	return s.wayTo(op, goal{axes: to, side: side}, at, before)
}

// unpark makes the mount ready to move.
func (s *state) unpark(now driver.Instant) error {
	if !s.parked {
		return nil
	}
	s.parked = false
	s.log.Info("unparked")
	if on := s.config.Mount.Tracking; on == "on" || on == "previous" && s.trackAfter {
		if err := s.setTracking(now, true); err != nil {
			s.stopTracking(now, err) // unparked all the same: the place may be below the horizon
		}
	}
	return nil
}

// setPark makes the present position the park position.
func (s *state) setPark(driver.Instant) error {
	if s.activity != Idle {
		return fault.New(fault.Refused, "set park", "the mount is %s", s.activity)
	}
	at := s.axes
	s.parkAt = &at
	return nil
}

// parkPlace returns the park position: that of SetPark, or of the
// configuration.
func (s *state) parkPlace() model.Axes {
	if s.parkAt != nil {
		return *s.parkAt
	}
	return model.Axes{Z: model.Degrees(s.config.Mount.Z.ParkDeg), A: model.Degrees(s.config.Mount.A.ParkDeg)}
}
