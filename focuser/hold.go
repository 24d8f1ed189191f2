// SPDX-License-Identifier: GPL-3.0-or-later

package focuser

import (
	"time"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/fault"
)

// Hold is a focus key that somebody holds down, or lets go. The motor follows
// it as it is: backlash is left to whoever looks through the telescope.
//
// The same again is a sign of life, as Heard is. A key of somebody else takes
// over; letting go of a key that is not one's own does nothing.
type Hold struct {
	By   string // whose key it is, not ""
	Way  int    // 1 outward, −1 inward, 0 let go
	Fast bool

	// Within is how soon its holder has to be heard again, or the motion ends;
	// 0 for hold_timeout_s. A hand paddle that is read all the time wants less
	// than a program that speaks twice.
	Within time.Duration
}

func (s *state) jog(now driver.Instant, h Hold) error {
	switch {
	case h.By == "":
		return fault.New(fault.Invalid, "jog", "nobody holds the key")
	case h.Way < -1 || h.Way > 1:
		return fault.New(fault.Invalid, "jog", "direction %d; accepted are 1 (outward), -1 (inward) and 0 (let go)", h.Way)
	case h.Within < 0:
		return fault.New(fault.Invalid, "jog", "to be heard within %v; 0 or more is accepted", h.Within)
	case h.Way == 0 && s.holder != h.By:
		return nil
	case h.Way == 0:
		return s.halt(now)
	}
	if h.Within == 0 {
		h.Within = time.Duration(s.config.HoldTimeoutS * float64(time.Second))
	}
	if s.holder == h.By && s.held == h && s.busy {
		s.holderHeard = now
		return nil
	}
	if err := s.engine.ready(); err != nil {
		return err
	}
	s.holder, s.held, s.holderHeard, s.overrun = h.By, h, now, false
	to, p := 0, slow
	if h.Way > 0 {
		to = s.config.MaxStep
	}
	if h.Fast {
		p = fast
	}
	s.begin(now, jogging, to, p)
	return nil
}

// watch stops motion by a key whose holder has fallen silent.
func (s *state) watch(now driver.Instant) {
	if s.holder == "" || now.Sub(s.holderHeard) <= s.held.Within {
		return
	}
	s.log.Warn("focus motion stopped: the holder of the key has fallen silent", "by", s.holder, "silent_s", now.Sub(s.holderHeard).Seconds())
	_ = s.halt(now) // never fails
}
