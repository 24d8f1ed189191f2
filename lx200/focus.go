// SPDX-License-Identifier: GPL-3.0-or-later

package lx200

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/focuser"
)

// focusLimit is the longest motion by one focus key.
const focusLimit = 10 * time.Second

// jog is the motion of the focus keys. Guarded by Server.motion.
type jog struct {
	by      string // key of a session
	way     int    // +1 out, −1 in, 0 none
	from    int
	slow    bool
	started time.Time
}

var errNoFocuser = fault.New(fault.Unsupported, "focuser", "there is no focuser")

// withFocuser makes a method that needs the focuser.
func withFocuser(do func(c *call, f Focuser) error) func(*call) error {
	return func(c *call) error {
		if c.s.parts.Focuser == nil {
			return errNoFocuser
		}
		return do(c, c.s.parts.Focuser)
	}
}

// focusKey makes the method of :F+# and :F-#.
func focusKey(way int) func(*call) {
	return silent(withFocuser(func(c *call, f Focuser) error {
		way := way
		if c.as().FocusPlus == "in" {
			way = -way
		}
		c.s.motion.Lock()
		defer c.s.motion.Unlock()
		n := f.Snapshot()
		c.s.jog = jog{by: c.sess.key, way: way, from: n.Position, slow: c.sess.slowFocus, started: c.s.clock.Now()}
		if c.sess.slowFocus {
			return nil // stepFocus moves it
		}
		to := 0
		if way > 0 {
			to = n.Config.MaxStep
		}
		err := f.Move(c.ctx, to)
		if err != nil {
			c.s.jog.way = 0
		}
		return err
	}))
}

// stepFocus moves a slow focus key on and ends one held too long.
func (s *Server) stepFocus(ctx context.Context) {
	s.motion.Lock()
	defer s.motion.Unlock()
	if s.jog.way == 0 {
		return
	}
	elapsed := s.clock.Now().Sub(s.jog.started)
	if elapsed >= focusLimit {
		s.haltJog(ctx)
		return
	}
	if s.jog.slow {
		s.mu.Lock()
		steps := int(s.slow * elapsed.Seconds())
		s.mu.Unlock()
		if err := s.parts.Focuser.Move(ctx, s.jog.from+s.jog.way*steps); err != nil {
			s.jog.way = 0
		}
	}
}

// haltJog ends the motion of a focus key; s.motion is held.
func (s *Server) haltJog(ctx context.Context) {
	if s.jog.way != 0 && s.parts.Focuser.Halt(ctx) == nil {
		s.jog.way = 0
	}
}

var focusStop = silent(withFocuser(func(c *call, f Focuser) error {
	c.s.motion.Lock()
	defer c.s.motion.Unlock()
	c.s.jog.way = 0
	return f.Halt(c.ctx)
}))

func focusSpeed(slow bool) func(*call) { return func(c *call) { c.sess.slowFocus = slow } }

// focusTo is :FSn#, focusBy :FRsn#: micrometres, or steps when nobody knows
// how large one is.
var (
	focusTo = withFocuser(func(c *call, f Focuser) error { return c.moveFocus(f, 0) })
	focusBy = withFocuser(func(c *call, f Focuser) error { return c.moveFocus(f, f.Snapshot().Position) })
)

func (c *call) moveFocus(f Focuser, from int) error {
	v, ok := decimal(c.arg)
	cfg := f.Snapshot().Config
	to := math.Round(v / micrometres(cfg))
	if to += float64(from); !ok || to < 0 || to > float64(cfg.MaxStep) {
		return c.invalid()
	}
	c.s.motion.Lock()
	defer c.s.motion.Unlock()
	c.s.jog.way = 0
	return f.Move(c.ctx, int(to))
}

// micrometres returns the size of a step, or 1 when nobody knows it.
func micrometres(c *focuser.Config) float64 {
	if c.StepUM > 0 {
		return c.StepUM
	}
	return 1
}

var focusZero = withFocuser(func(*call, Focuser) error {
	return fault.New(fault.Unsupported, "focuser", "its zero is its inner stop")
})

func focusPosition(c *call) {
	at := 0
	if f := c.s.parts.Focuser; f != nil {
		at = f.Snapshot().Position
	}
	c.say(fmt.Sprintf("%+04d#", at))
}

func fastFocus(c *call) {
	v := 0.0
	if f := c.s.parts.Focuser; f != nil {
		v = min(f.Snapshot().Config.MaxRate, 999)
	}
	c.say(fmt.Sprintf("%03.0f#", v))
}

func slowFocus(c *call) {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	c.say(fmt.Sprintf("%03.0f#", c.s.slow))
}

func focusPresent(c *call) {
	if c.s.parts.Focuser == nil {
		c.say("0")
		return
	}
	c.say("1")
}

// focusSays makes a method that answers something of the focuser's, and
// nothing without one.
func focusSays(what func(*call, *focuser.Snapshot) string) func(*call) {
	return silent(withFocuser(func(c *call, f Focuser) error {
		c.say(what(c, f.Snapshot()) + "#")
		return nil
	}))
}

var (
	focusSteps   = focusSays(func(_ *call, n *focuser.Snapshot) string { return fmt.Sprintf("%+d", n.Position) })
	focusMicrons = focusSays(func(_ *call, n *focuser.Snapshot) string {
		return fmt.Sprintf("%+.0f", float64(n.Position)*micrometres(n.Config))
	})
	focusMost = focusSays(func(_ *call, n *focuser.Snapshot) string {
		return fmt.Sprintf("%.0f", float64(n.Config.MaxStep)*micrometres(n.Config))
	})
	focusLeast = focusSays(func(*call, *focuser.Snapshot) string { return "0" })
	focusState = focusSays(func(c *call, n *focuser.Snapshot) string {
		text := "S"
		if n.Moving {
			text = "M"
		}
		if c.sess.slowFocus {
			return text + "1"
		}
		return text + "3"
	})
)

var setFast = withFocuser(func(c *call, f Focuser) error {
	v, ok := natural(c.arg, 9)
	if !ok {
		return c.invalid()
	}
	v = max(1, min(500, v))
	err := f.Configure(c.ctx, func(f *focuser.Config) { f.MaxRate = float64(v) })
	if err == nil {
		c.s.mu.Lock()
		defer c.s.mu.Unlock()
		c.s.slow = min(c.s.slow, float64(v))
	}
	return err
})

func setSlow(c *call) error {
	v, ok := natural(c.arg, 9)
	if !ok {
		return c.invalid()
	}
	most := 500.0
	if f := c.s.parts.Focuser; f != nil {
		most = min(most, f.Snapshot().Config.MaxRate)
	}
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	c.s.slow = max(1, min(float64(v), most))
	return nil
}
