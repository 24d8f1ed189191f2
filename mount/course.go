// SPDX-License-Identifier: GPL-3.0-or-later

package mount

import (
	"time"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/pointing"
)

// course is where the axes should be, as a function of time: on a target on
// the sky, or on a line of their own. How they get there is the profiles'
// affair. It is a value.
type course struct {
	sky    bool // Z and A follow target; otherwise their lines
	target target
	side   pointing.PierSide
	near   model.Angle // axis Z lately, to count its turns
	bias   bias        // by which Z and A are beside the target

	pass   passage
	detour bool // Z runs past the mount's pole on the passage's line

	follow bool        // the rotator holds the camera's position angle hold
	paused bool        // it would, were the field not turning too fast
	hold   model.Angle // on the sky
	turned model.Angle // the rotator lately, to count its turns
	arc    arc         // of a sectored rotator

	line [axisCount]line
}

// line is motion of one axis at a steady rate, or one that grows steadily.
type line struct {
	since driver.Instant
	pos   model.Angle
	rate  model.Rate
	gain  model.Rate // of the rate, every second
}

func (l line) at(t driver.Instant) model.Angle {
	d := t.Sub(l.since)
	return l.pos + (l.rate + l.gain.Mul(d.Seconds()/2)).Over(d)
}

func (l line) rateAt(t driver.Instant) model.Rate {
	return l.rate + l.gain.Mul(t.Sub(l.since).Seconds())
}

// passage is how axis Z gets past the mount's pole, near which it cannot
// keep up with the sky: at a steady rate, symmetrically about culmination.
type passage struct {
	known      bool
	start, end driver.Instant // when not known, start is when to look for one
	line       line
}

// knot is a course at one instant. Rates may break there.
type knot struct {
	pos           [axisCount]model.Angle
	before, after [axisCount]model.Rate
}

// at returns an axis at rest where the knot has it.
func (k *knot) at(axis int, t driver.Instant) line { return line{since: t, pos: k.pos[axis]} }

// slope is half the interval over which rates are taken: short beside any
// change of the sky's motion, long beside rounding.
const slope = 500 * time.Millisecond

// knotAt evaluates the course c at t.
func (s *state) knotAt(c *course, t driver.Instant) knot {
	var k knot
	for i, l := range c.line {
		v := l.rateAt(t)
		k.pos[i], k.before[i], k.after[i] = l.at(t), v, v
	}
	if !c.sky {
		return k
	}
	here := s.skyAxes(c, c.target.at(t), t)
	k.set(here)
	after := s.neighbours(c, t, true)
	k.setRates(after, &k.after)
	before := after
	if c.target.steady(t) {
		k.before[AxisZ], k.before[AxisA] = k.after[AxisZ], k.after[AxisA]
	} else {
		before = s.neighbours(c, t, false)
		k.setRates(before, &k.before)
	}
	if c.follow {
		k.pos[AxisRotator] = s.rotator.mechanicalFor(c.hold, s.fieldAngle(here)).Near(c.turned)
		k.after[AxisRotator] = s.turnRate(after)
		k.before[AxisRotator] = k.after[AxisRotator]
		if before != after {
			k.before[AxisRotator] = s.turnRate(before)
		}
	}
	if c.detour {
		l := c.pass.line
		k.pos[AxisZ], k.before[AxisZ], k.after[AxisZ] = l.at(t), l.rate, l.rate
	}
	return k
}

func (k *knot) set(axes model.Axes) { k.pos[AxisZ], k.pos[AxisA] = axes.Z, axes.A }

// setRates takes the rates from axes half a slope before and after.
func (k *knot) setRates(pair [2]model.Axes, rates *[axisCount]model.Rate) {
	span := 2 * slope.Seconds()
	rates[AxisZ] = model.Rate(float64(pair[1].Z-pair[0].Z) / span)
	rates[AxisA] = model.Rate(float64(pair[1].A-pair[0].A) / span)
}

// neighbours returns the axes a slope before and after t, for the motion that
// the target has just after t, or just before it.
func (s *state) neighbours(c *course, t driver.Instant, after bool) [2]model.Axes {
	at := c.target.at(t)
	ra, dec := c.target.rates(t, after)
	var pair [2]model.Axes
	for i, d := range [2]time.Duration{-slope, slope} {
		e := overPole(model.Equatorial{RA: at.RA + ra.Over(d), Dec: at.Dec + dec.Over(d)})
		pair[i] = s.skyAxes(c, e, t.Add(d))
	}
	pair[1].Z = pair[1].Z.Near(pair[0].Z)
	return pair
}

// turnRate returns the rate at which the rotator follows between two axes.
func (s *state) turnRate(pair [2]model.Axes) model.Rate {
	from := s.rotator.mechanicalFor(0, s.fieldAngle(pair[0]))
	to := s.rotator.mechanicalFor(0, s.fieldAngle(pair[1]))
	return model.Rate(float64((to - from).WrapSigned()) / (2 * slope.Seconds()))
}

// skyAxes returns the axes for a place on the sky, turns of Z counted.
func (s *state) skyAxes(c *course, e model.Equatorial, t driver.Instant) model.Axes {
	axes, _ := s.heaven.axes(e, t, c.side)
	by := c.bias.at(t)
	axes.Z, axes.A = (axes.Z + by.Z).Near(c.near), axes.A+by.A
	return axes
}
