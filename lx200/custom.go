// SPDX-License-Identifier: GPL-3.0-or-later

package lx200

import (
	"fmt"
	"math"

	"github.com/siderostep/siderostep/fault"
)

// The X commands of scope.exe (reference §3.9). The manual spells them in two
// ways and the source in a third; all are in the table.

func guideRate(c *call) { c.say(fmt.Sprintf("%04.0f#", c.keyGuide(c.snapshot()))) }

func centreRate(c *call) {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	c.say(fmt.Sprintf("%04.0f#", c.s.centre))
}

func fieldAngle(c *call) {
	deg := c.snapshot().FieldAngle.Degrees()
	if !c.bartels() {
		deg = float64(roundIn(deg*100, 36000)) / 100
	} else {
		deg = math.Round(deg*100) / 100
	}
	c.say(fmt.Sprintf("%06.2f#", deg))
}

// nameMost is the length of an object's name.
const nameMost = 23

// nameObject is :XSN<name>#, cut at 23 characters.
func nameObject(c *call) {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	c.s.object = string(c.arg[:min(len(c.arg), nameMost)])
}

// paddleModes are how many modes the hand paddle has: by the manual, and by the
// source of scope.exe, which lacks "guide stay save" and gives the modes after
// it the letter before.
const (
	manualModes = 20
	sourceModes = 19
)

// paddle is :XHx#: a mode of the hand paddle by its letter, from a on, or one
// of its mode keys.
func paddle(c *call) {
	modes := manualModes
	if c.bartels() {
		modes = sourceModes
	}
	key := 0
	if len(c.arg) == 1 {
		key = int(c.arg[0])
	}
	mode := key - 'a'
	press := key == 'L' || key == 'R'
	if !press && (mode < 0 || mode >= modes) {
		c.result = Unknown2
		return
	}
	var err error
	switch p := c.s.parts.Paddle; {
	case p == nil:
		err = fault.New(fault.Unsupported, "hand paddle", "this telescope has no hand paddle")
	case press:
		err = p.PressMode(c.ctx, key == 'R')
	default:
		err = p.SetModeNumber(c.ctx, mode, !c.bartels())
	}
	if err != nil {
		c.fail(err)
	}
}

// initialise is :XI1# to :XI3#.
func initialise(c *call) {
	if len(c.arg) != 1 || c.arg[0] < '1' || c.arg[0] > '3' {
		c.result = Unknown2
		return
	}
	star := int(c.arg[0] - '0')
	at, err := c.target()
	n := c.snapshot()
	switch {
	case err != nil:
	case n.Parked:
		err = fault.New(fault.Parked, "initialise", "the mount is parked")
	case going(n):
		err = errSlewing
	case c.s.inits() < star-1:
		err = fault.New(fault.Refused, "initialise", "star %d comes after star %d", star, star-1)
	default:
		c.s.mu.Lock()
		name := c.s.object
		c.s.mu.Unlock()
		_, err = c.s.mount.Initialise(c.ctx, star, name, at)
	}
	if err != nil {
		c.s.log.Warn("alignment asked for by an LX200 client was not made", "client", c.sess.key, "star", star, "err", err)
		c.fail(err)
	}
}

// scrollLine is :XZ<line>#.
func scrollLine(c *call) error {
	if !c.as().Scroll {
		return errNotAllowed
	}
	return c.s.mount.RunScrollLine(c.ctx, string(c.arg))
}
