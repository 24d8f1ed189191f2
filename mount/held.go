// SPDX-License-Identifier: GPL-3.0-or-later

package mount

import (
	"time"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
)

// moveAxis holds an axis in motion at a rate.
func (s *state) moveAxis(now driver.Instant, client string, axis int, rate model.Rate) error {
	if axis < AxisZ || axis > AxisRotator || !s.axisPresent(axis) {
		return fault.New(fault.Invalid, "move axis", "there is no axis %d", axis)
	}
	if err := s.ready("move axis"); err != nil {
		return err
	}
	if fastest := model.Rate(s.limitsOf(axis).Rate); !rate.IsFinite() || rate.Abs() > fastest.Mul(1+1e-9) {
		return fault.New(fault.Invalid, "move axis", "rate %v is beyond %v, the fastest of axis %d", rate, fastest, axis)
	}
	if axis == AxisRotator {
		return s.holdRotator(now, client, rate)
	}
	switch s.activity {
	case Idle, Held, Stopping:
	default:
		return fault.New(fault.Refused, "move axis", "the mount is %s", s.activity)
	}
	if rate == 0 && s.held[axis] == 0 && s.gain[axis] == 0 {
		return nil
	}
	if rate != 0 {
		if _, err := s.freeToMove(axis, rate, now); err != nil {
			return err
		}
		s.takeOver(now, client)
		s.holder, s.holderHeard = client, now
		if s.activity == Idle && s.course.sky {
			s.endNudge(now)
			_, before := s.change(now)
			s.idle = before.after
		}
		if s.activity != Held {
			s.begin(Held)
		}
	}
	s.held[axis], s.gain[axis] = rate, 0
	s.dismissHolder()
	s.hold(now)
	return nil
}

// takeOver ends what another client holds: motion has one holder, whose
// silence ends it.
func (s *state) takeOver(now driver.Instant, client string) {
	if s.nudger != client {
		s.endNudge(now)
	}
	if s.holder == "" || s.holder == client {
		return
	}
	s.held[AxisZ], s.held[AxisA], s.gain = 0, 0, [2]model.Rate{}
	if s.activity == Held {
		s.hold(now)
	}
	_ = s.holdRotator(now, "", 0) // to stop is never refused
}

// dismissHolder forgets the holder when nothing is held any more.
func (s *state) dismissHolder() {
	if s.held == ([axisCount]model.Rate{}) && s.gain == ([2]model.Rate{}) {
		s.holder = ""
	}
}

// hold puts the held rates of Z and A in force. An axis that is not held goes
// on as the sky had it when holding began.
func (s *state) hold(now driver.Instant) {
	at, before := s.change(now)
	c := s.standing(at, before)
	s.activity = Stopping
	for _, i := range [2]int{AxisZ, AxisA} {
		switch {
		case s.held[i] != 0 || s.gain[i] != 0:
			s.activity = Held
			c.line[i].rate, c.line[i].gain = s.held[i], s.gain[i]
		case s.tracking:
			c.line[i].rate = s.idle[i]
		}
	}
	if s.activity == Stopping {
		s.end(Arrived)
	}
	s.switchTo(c, at, before, [axisCount]way{match, match, match})
	s.plan(now)
}

// release forgets all held motion.
func (s *state) release() {
	s.held, s.gain = [axisCount]model.Rate{}, [2]model.Rate{}
	s.holder = ""
	s.rotator.held = false
	s.nudger, s.course.target.nudgeRA, s.course.target.nudgeDec = "", 0, 0
	s.course.bias.keys = [2]model.Rate{}
}

// watch stops held motion whose client has fallen silent.
func (s *state) watch(now driver.Instant) {
	timeout := time.Duration(s.config.Mount.HoldTimeoutS * float64(time.Second))
	if s.holder == "" && s.nudger == "" || timeout == 0 || now.Sub(s.holderHeard) <= timeout {
		return
	}
	if s.nudger != "" {
		s.log.Warn("the target rests again: the client that moved it has fallen silent", "client", s.nudger)
		s.endNudge(now)
		s.stopped = fault.New(fault.Cancelled, "nudge", "stopped: no word from the client for %v", timeout)
		return
	}
	s.log.Warn("held motion stopped: its client has fallen silent", "client", s.holder, "silent_s", now.Sub(s.holderHeard).Seconds())
	s.stopHeld(now, Silent, fault.New(fault.Cancelled, "move axis", "stopped: no word from the client for %v", timeout))
}

// stopHeld brings all held axes to rest. When only the rotator was held, the
// others go on.
func (s *state) stopHeld(now driver.Instant, how Ending, why error) {
	s.stopped = why
	if s.activity != Held {
		_ = s.holdRotator(now, "", 0) // to stop is never refused
		return
	}
	s.release()
	s.end(how)
	s.activity = Stopping
	s.stand(now)
}
