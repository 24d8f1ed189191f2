// SPDX-License-Identifier: GPL-3.0-or-later

package mount

import (
	"context"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/fault"
)

// ReleaseMotors switches the windings off, so that the tube can be pushed by
// hand; the next motion switches them on. With encoders in use the position
// follows them, else it is not trusted any more. It returns fault.Refused while
// tracking or moving.
func (m *Mount) ReleaseMotors(ctx context.Context) error {
	return m.command(ctx, "release motors", func(s *state, now driver.Instant) error { return s.releaseMotors(now) })
}

func (s *state) releaseMotors(now driver.Instant) error {
	if s.activity != Idle || s.tracking || !s.still() {
		return fault.New(fault.Refused, "release motors", "the mount is %s, tracks or moves; switch tracking off first", s.activity)
	}
	if s.halted {
		return fault.New(fault.Refused, "release motors", "the mount was halted; resume first")
	}
	if err := s.motors.Release(); err != nil {
		return err
	}
	for i := range s.power {
		s.power[i].on, s.power[i].leaving = false, true
	}
	s.observeAgain()
	s.rest(now)
	s.trusted = s.trusted && s.config.Mount.Encoders.Use && s.freshEncoders(now) == nil
	s.log.Info("motors released")
	return nil
}
