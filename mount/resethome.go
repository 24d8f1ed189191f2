// SPDX-License-Identifier: GPL-3.0-or-later

package mount

import (
	"context"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
)

// ResetHome declares that the axes stand at home: after they were moved by
// hand, say to their stops, or after motors have lost steps. What the axes
// read changes, and neither the tube nor the pointing model; the position is
// trusted from then on. It returns fault.Parked, and fault.Refused in motion
// or while tracking.
func (m *Mount) ResetHome(ctx context.Context) error {
	return m.command(ctx, "reset home", func(s *state, now driver.Instant) error { return s.resetHome(now) })
}

func (s *state) resetHome(now driver.Instant) error {
	switch {
	case s.parked:
		return fault.New(fault.Parked, "reset home", "the mount is parked; unpark it first")
	case s.activity != Idle:
		return fault.New(fault.Refused, "reset home", "the mount is %s", s.activity)
	case s.tracking || !s.still():
		return fault.New(fault.Refused, "reset home", "the axes move; switch tracking off first")
	}
	home := model.Axes{Z: model.Degrees(s.config.Mount.Z.HomeDeg), A: model.Degrees(s.config.Mount.A.HomeDeg)}
	off := home.Sub(s.axes)
	s.rezero(off)
	s.shiftEncoders(off)
	s.setEncoders(now)
	s.course.side = s.sideOf(home)
	s.rest(now)
	s.atHome, s.trusted, s.stopped = true, true, nil
	s.outlook.reached, s.outlook.due = false, now
	s.log.Info("the axes stand at home, it was said", "dz_deg", off.Z.Degrees(), "da_deg", off.A.Degrees())
	return nil
}
