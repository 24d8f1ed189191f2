// SPDX-License-Identifier: GPL-3.0-or-later

package mount

import (
	"time"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/pointing"
)

// passShare is the share of axis Z's speed that is used to get past the
// mount's pole; the rest is left to join and leave the line.
const passShare = 0.5

// ahead is how long before culmination a passage is looked for.
const ahead = 2 * time.Minute

// passPole puts axis Z onto the passage's line where that begins, and back
// onto the sky where it ends. It works at the end of what is planned.
func (s *state) passPole() {
	c := s.course
	if !c.sky {
		return
	}
	s.lookForPassage(&c, s.planned)
	if c.detour == s.course.detour {
		s.course.pass = c.pass
		return
	}
	before := s.plannedKnot()
	if !c.detour {
		c.near = before.pos[AxisZ]
	}
	s.goOver(c, s.planned, before, [axisCount]way{})
	if c.detour {
		s.degraded = true
		s.log.Warn("too near the mount's pole to keep up; passing it as fast as axis Z can", "for_s", c.pass.end.Sub(s.planned).Seconds())
	}
}

// lookForPassage works out whether at t the course goes by the passage's
// line, and finds the passage first where there is one to come.
func (s *state) lookForPassage(c *course, t driver.Instant) {
	if c.pass.known && t >= c.pass.end {
		c.pass = passage{start: t.Add(patience)}
	}
	if !c.pass.known && t >= c.pass.start {
		s.findPassage(c, t)
	}
	c.detour = c.pass.known && t >= c.pass.start
}

// findPassage looks whether the target will pass the mount's pole too near
// for axis Z to follow, and works out how to get past it.
func (s *state) findPassage(c *course, t driver.Instant) {
	lim := s.config.Mount.Z.limits()
	fastest := model.Rate(lim.Rate * passShare)
	// The sky's turning, and the target's own motion.
	speed := model.Rate(s.planar(c, t.Add(time.Second)).Sub(s.planar(c, t)).Norm())
	if speed == 0 {
		return
	}
	blind := pointing.BlindRadius(speed, fastest, lim.Accel)
	if s.polarDistance(c, t) > blind+speed.Over(ahead) {
		return
	}
	middle, ok := s.culmination(c, t)
	if !ok {
		return // not yet, or no more
	}
	distance := max(s.polarDistance(c, middle), model.Arcsec(0.01))
	half, _ := pointing.Passage{Distance: distance, Speed: speed}.BlindRun(fastest)
	d := time.Duration(half * float64(time.Second))
	if half == 0 || t >= middle.Add(d) {
		return
	}
	// The sense is that in which the sky takes Z about culmination.
	top := s.skyAxes(c, c.target.at(middle), middle)
	early := middle.Add(-d)
	if start := s.skyAxes(c, c.target.at(early), early); (top.Z - start.Z).WrapSigned() < 0 {
		fastest = -fastest
	}
	c.pass = passage{known: true, start: early, end: middle.Add(d),
		line: line{since: middle, pos: top.Z, rate: fastest}}
}

// polarDistance returns how far the target is from the mount's pole at t.
func (s *state) polarDistance(c *course, t driver.Instant) model.Angle {
	axes := s.skyAxes(c, c.target.at(t), t)
	return (model.Quarter - axes.A.WrapSigned().Abs()).Abs()
}

// patience is how long axis Z waits for a target that moves too fast for it
// otherwise than past the pole: one that is driven about beside it, say.
const patience = time.Second

// unfollowable reports whether axis Z cannot keep up from one knot to the next.
func (s *state) unfollowable(k0, k1 knot, d time.Duration) bool {
	limit := model.Rate(s.config.Mount.Z.limits().Rate).Mul(1.2 * passShare)
	mean := model.Rate(float64(k1.pos[AxisZ]-k0.pos[AxisZ]) / d.Seconds())
	return max(k0.after[AxisZ].Abs(), k1.before[AxisZ].Abs(), mean.Abs()) > limit
}

// wait lets axis Z of course c rest for a moment.
func (c *course) wait(at driver.Instant, z model.Angle) {
	c.detour = true
	c.pass = passage{known: true, start: at, end: at.Add(patience), line: line{since: at, pos: z}}
}

// planar returns where the target is at t in the plane that touches the
// mount's sphere at its pole.
func (s *state) planar(c *course, t driver.Instant) model.Vec {
	axes := s.skyAxes(c, c.target.at(t), t)
	v := model.Polar(axes.Z, axes.A)
	return model.Vec{v[0], v[1], 0}
}

// culmination returns when, within ahead of t, the target is nearest to the
// mount's pole; ok is false when it is not. Its path there is nearly straight,
// so that a few steps along the tangent suffice.
func (s *state) culmination(c *course, t driver.Instant) (middle driver.Instant, ok bool) {
	middle = t
	for range 4 {
		place := s.planar(c, middle)
		way := s.planar(c, middle.Add(time.Second)).Sub(place)
		length := way.Dot(way)
		if length == 0 {
			return t, false
		}
		middle = middle.Add(time.Duration(-place.Dot(way) / length * float64(time.Second)))
		if middle.Sub(t).Abs() > ahead {
			return t, false
		}
	}
	return middle, true
}
