// SPDX-License-Identifier: GPL-3.0-or-later

package lx200

import (
	"context"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/focuser"
)

// focusLimit is the longest motion by one focus key. LX200 clients say nothing
// between a key's press and its release, so this is also how long the focuser
// lets a silent one go on.
const focusLimit = 10 * time.Second

var errNoFocuser = fault.New(fault.Unsupported, "focuser", "there is no focuser")

// withFocuser makes a method that needs the focuser: the first one, for LX200
// knows of no other.
func withFocuser(do func(c *call, f Focuser) error) func(*call) error {
	return func(c *call) error {
		if c.s.parts.Focuser == nil {
			return errNoFocuser
		}
		return do(c, c.s.parts.Focuser)
	}
}

// focusing makes a method that needs the focuser's motor. One that does not
// answer is as good as none: what it last said is not said again.
func focusing(do func(c *call, f Focuser, n *focuser.Snapshot) error) func(*call) error {
	return withFocuser(func(c *call, f Focuser) error {
		n := f.Snapshot()
		if n.Offline != nil {
			return n.Offline
		}
		return do(c, f, n)
	})
}

// focusKey makes the method of :F+# and :F-#.
func focusKey(way int) func(*call) {
	return silent(focusing(func(c *call, f Focuser, _ *focuser.Snapshot) error {
		h := focuser.Hold{By: c.sess.client(), Way: way, Fast: !c.sess.slowFocus, Within: focusLimit}
		if c.as().FocusPlus == "in" {
			h.Way = -way
		}
		return f.Jog(c.ctx, h)
	}))
}

// dropFocusKey lets go of the focus key of one client; by whom it is held, the
// focuser knows.
func (s *Server) dropFocusKey(ctx context.Context, client string) {
	if f := s.parts.Focuser; f != nil {
		_ = f.Jog(ctx, focuser.Hold{By: client}) // a focuser that has ended holds nothing
	}
}

// dropFocusKeys lets go of the focus key of whichever client.
func (s *Server) dropFocusKeys(ctx context.Context) {
	if f := s.parts.Focuser; f != nil {
		if holder := f.Snapshot().Holder; strings.HasPrefix(holder, clientOf("")) {
			s.dropFocusKey(ctx, holder)
		}
	}
}

// focusStop is :FQ#. It stops whatever moves the focuser, and is tried on a
// motor that does not answer too.
var focusStop = silent(withFocuser(func(c *call, f Focuser) error { return f.Halt(c.ctx) }))

func focusSpeed(slow bool) func(*call) { return func(c *call) { c.sess.slowFocus = slow } }

// focusTo is :FSn#, focusBy :FRsn#: micrometres, or steps when nobody knows
// how large one is.
var (
	focusTo = focusing(func(c *call, f Focuser, n *focuser.Snapshot) error { return c.moveFocus(f, n.Config, 0) })
	focusBy = focusing(func(c *call, f Focuser, n *focuser.Snapshot) error { return c.moveFocus(f, n.Config, n.Position) })
)

func (c *call) moveFocus(f Focuser, cfg *focuser.Config, from int) error {
	v, ok := decimal(c.arg)
	to := math.Round(v / micrometres(cfg))
	if to += float64(from); !ok || to < 0 || to > float64(cfg.MaxStep) {
		return c.invalid()
	}
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

// focused returns the focuser as it is; nil for none that answers.
func (s *Server) focused() *focuser.Snapshot {
	if s.parts.Focuser == nil {
		return nil
	}
	if n := s.parts.Focuser.Snapshot(); n.Offline == nil {
		return n
	}
	return nil
}

func focusPosition(c *call) {
	at := 0
	if n := c.s.focused(); n != nil {
		at = n.Position
	}
	c.say(fmt.Sprintf("%+04d#", at))
}

// keySpeeds returns the speeds of the focus keys in steps per second. A motor
// behind relays has its own; that of a Celestron Focus Motor nobody knows, and
// what is configured stands for it.
func keySpeeds(c *focuser.Config) (fast, slow float64) {
	switch {
	case c.Motor != focuser.Relays:
		fast = min(c.FastRate, c.MaxRate)
		return fast, min(c.SlowRate, fast)
	case c.RelaySlowRate > 0:
		return c.RelayRate, c.RelaySlowRate
	}
	return c.RelayRate, c.RelayRate
}

func sayFocusSpeed(slow bool) func(*call) {
	return func(c *call) {
		v := 0.0
		if f := c.s.parts.Focuser; f != nil {
			high, low := keySpeeds(f.Snapshot().Config)
			if v = high; slow {
				v = low
			}
		}
		c.say(fmt.Sprintf("%03.0f#", min(v, 999)))
	}
}

func focusPresent(c *call) {
	if c.s.focused() == nil {
		c.say("0")
		return
	}
	c.say("1")
}

// focusSays makes a method that answers something of the focuser's, and
// nothing without one.
func focusSays(what func(*call, *focuser.Snapshot) string) func(*call) {
	return silent(focusing(func(c *call, _ Focuser, n *focuser.Snapshot) error {
		c.say(what(c, n) + "#")
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

// setFocusSpeed is :XSFn# and :XSfn#: 1 to 500 steps per second, the slow one
// never above the fast one.
func setFocusSpeed(slow bool) func(*call) error {
	return withFocuser(func(c *call, f Focuser) error {
		n, ok := natural(c.arg, 9)
		if !ok {
			return c.invalid()
		}
		if motor := f.Snapshot().Config.Motor; motor != focuser.Steps {
			return fault.New(fault.Unsupported, "focuser", "the speeds of a %s motor are its own", motor)
		}
		v := float64(max(1, min(500, n)))
		return f.Configure(c.ctx, func(f *focuser.Config) {
			if !slow {
				f.FastRate = min(v, f.MaxRate)
				v = f.SlowRate
			}
			f.SlowRate = min(v, f.FastRate, f.MaxRate)
		})
	})
}
