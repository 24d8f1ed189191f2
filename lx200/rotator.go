// SPDX-License-Identifier: GPL-3.0-or-later

package lx200

import (
	"fmt"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/mount"
)

// The rotator as of OnStepX (reference §3.5): angles are its own, mechanical
// ones. Without a rotator only :rA# and :GX98# are answered.

var errNoRotator = fault.New(fault.Unsupported, "rotator", "there is no rotator")

// withRotator makes a method that needs the rotator.
func withRotator(do func(c *call, n *mount.Snapshot) error) func(*call) error {
	return func(c *call) error {
		n := c.snapshot()
		if !n.Rotator.Present {
			return errNoRotator
		}
		return do(c, n)
	}
}

// rotatorSays makes a method that answers something of the rotator's.
func rotatorSays(what func(c *call, n *mount.Snapshot)) func(*call) {
	return silent(withRotator(func(c *call, n *mount.Snapshot) error {
		what(c, n)
		c.hash()
		return nil
	}))
}

func derotate(on bool) func(*call) error {
	return withRotator(func(c *call, _ *mount.Snapshot) error {
		err := c.s.mount.Configure(c.ctx, func(m *mount.Config) { m.Rotator.Follow = on })
		if err == nil && !on {
			err = c.s.mount.HaltRotator(c.ctx)
		}
		return err
	})
}

func rotatorPresent(c *call) {
	if c.snapshot().Rotator.Present {
		c.say("1")
		return
	}
	c.say("0")
}

func rotatorKind(c *call) {
	if c.snapshot().Rotator.Present {
		c.say("D#")
		return
	}
	c.say("N#")
}

var (
	rotatorAngle = rotatorSays(func(c *call, n *mount.Snapshot) {
		f := c.sess.form
		f.long = false
		c.say("+")
		c.out = f.circle(c.out, n.Rotator.Mechanical)
	})
	rotatorState = rotatorSays(func(c *call, n *mount.Snapshot) {
		text := "S"
		if n.Rotator.Moving {
			text = "M"
		}
		if n.Rotator.Following {
			text += "D"
		}
		if n.Rotator.Reverse {
			text += "R"
		}
		c.say(text + "5") // the fastest of its rates, 1 to 5
	})
	rotatorLeast = rotatorSays(func(c *call, n *mount.Snapshot) { c.say(fmt.Sprintf("%.0f", n.Config.Rotator.MinDeg)) })
	rotatorMost  = rotatorSays(func(c *call, n *mount.Snapshot) { c.say(fmt.Sprintf("%.0f", n.Config.Rotator.MaxDeg)) })

	rotatorStop = withRotator(func(c *call, _ *mount.Snapshot) error { return c.s.mount.HaltRotator(c.ctx) })

	rotateTo = withRotator(func(c *call, _ *mount.Snapshot) error {
		a, err := c.angle(-360, 360)
		if err != nil {
			return err
		}
		return c.s.mount.RotateMechanical(c.ctx, a)
	})
	rotateRelative = withRotator(func(c *call, n *mount.Snapshot) error {
		a, err := c.angle(-360, 360)
		if err != nil {
			return err
		}
		return c.s.mount.RotateMechanical(c.ctx, n.Rotator.Mechanical+a)
	})
	rotateHalfway = withRotator(func(c *call, n *mount.Snapshot) error {
		return c.s.mount.RotateMechanical(c.ctx, model.Degrees((n.Config.Rotator.MinDeg+n.Config.Rotator.MaxDeg)/2))
	})
	rotatorReverse = withRotator(func(c *call, _ *mount.Snapshot) error {
		return c.s.mount.Configure(c.ctx, func(m *mount.Config) { m.Rotator.Reverse = !m.Rotator.Reverse })
	})
	rotatorZero = withRotator(func(*call, *mount.Snapshot) error {
		return fault.New(fault.Unsupported, "rotator", "its zero is that of its motor; sync its angle on the sky instead")
	})
)

// rotateBy makes the methods of :r>#, 1, and :r<#, −1: a degree, as OnStepX
// has it at first.
func rotateBy(deg float64) func(*call) error {
	return withRotator(func(c *call, n *mount.Snapshot) error {
		return c.s.mount.RotateMechanical(c.ctx, n.Rotator.Mechanical+model.Degrees(deg))
	})
}
