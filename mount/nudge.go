// SPDX-License-Identifier: GPL-3.0-or-later

package mount

import (
	"context"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
)

// Nudge moves the target while tracking, as direction keys do at guiding and
// centring speed: in right ascension (angle, not of arc on the sky, growing
// eastward) and declination, per SI second, until rates of 0 or until the
// client has been silent for hold_timeout_s. Tracking goes on underneath, and
// where the telescope then points is the target. What another client holds in
// motion ends. It returns fault.Parked,
// fault.Refused while slewing or not tracking, fault.Invalid for rates beyond
// MaxOffset.
func (m *Mount) Nudge(ctx context.Context, client string, ra, dec model.Rate) error {
	m.Heard(client)
	return m.command(ctx, "nudge", func(s *state, now driver.Instant) error { return s.nudge(now, client, ra, dec) })
}

func (s *state) nudge(now driver.Instant, client string, ra, dec model.Rate) error {
	if ra == 0 && dec == 0 {
		s.endNudge(now)
		return nil
	}
	if err := s.mayNudge(ra, dec); err != nil {
		return err
	}
	s.takeOver(now, client)
	s.nudger, s.holderHeard, s.stopped = client, now, nil
	if s.course.bias.keys != ([2]model.Rate{}) {
		s.rebias(now, func(b *bias) { b.keys = [2]model.Rate{} })
	}
	s.retarget(now, func(g *target) { g.nudgeRA, g.nudgeDec = ra, dec })
	return nil
}

// mayNudge refuses motion beside tracking at two rates.
func (s *state) mayNudge(first, second model.Rate) error {
	if err := s.ready("nudge"); err != nil {
		return err
	}
	switch {
	case s.activity != Idle:
		return fault.New(fault.Refused, "nudge", "the mount is %s", s.activity)
	case !s.tracking || !s.course.sky:
		return fault.New(fault.Refused, "nudge", "tracking is off")
	}
	for _, r := range [2]model.Rate{first, second} {
		if !r.IsFinite() || r.Abs() > maxOffset {
			return fault.New(fault.Invalid, "nudge", "%.2f″/s is beyond ±%.0f″/s", r.ArcsecPerSecond(), maxOffset.ArcsecPerSecond())
		}
	}
	return nil
}

// endNudge lets the target rest among the stars again.
func (s *state) endNudge(now driver.Instant) {
	if s.nudger == "" {
		return
	}
	s.nudger = ""
	if s.course.bias.keys != ([2]model.Rate{}) {
		s.rebias(now, func(b *bias) { b.keys = [2]model.Rate{} })
		return
	}
	s.retarget(now, func(g *target) { g.nudgeRA, g.nudgeDec = 0, 0 })
}
