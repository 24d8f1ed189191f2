// SPDX-License-Identifier: GPL-3.0-or-later

package mount

import (
	"time"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/pointing"
)

// rotator is what the mount knows of its third axis beside its course: how
// mechanical angles become position angles on the sky.
//
//	sky = field angle of the tube + sense·mechanical + offset
//
// A Sync sets the offset, which thereby includes how the camera is fixed.
type rotator struct {
	reversed bool
	offset   model.Angle
	wanted   model.Angle // position angle on the sky last asked for
	asked    bool        // wanted has been asked for
	held     bool        // by MoveAxis
	fault    error
	end      int    // of its arc at which it waits, as last noted: see arc
	resets   uint64 // position angles given up because of its arc
}

// sense is −1 when mechanical angles grow clockwise on the sky.
func (r *rotator) sense() float64 {
	if r.reversed {
		return -1
	}
	return 1
}

func (r *rotator) skyFor(mechanical, field model.Angle) model.Angle {
	return field + mechanical.Mul(r.sense()) + r.offset
}

func (r *rotator) mechanicalFor(sky, field model.Angle) model.Angle {
	return (sky - field - r.offset).Mul(r.sense())
}

// startFollowing lets the rotator hold its position angle on course c, which
// is about to track.
func (s *state) startFollowing(c *course, at driver.Instant, before knot) {
	if !s.config.Rotator.Enabled || !s.config.Rotator.Follow || s.rotator.held {
		return
	}
	pos := s.commanded(before, at)
	field := s.fieldAngle(s.skyAxes(c, c.target.at(at), at))
	end := c.waitsAt()
	c.follow, c.paused = true, false
	if s.turnRate(s.neighbours(c, at, true)).Abs() > model.Rate(s.limitsOf(AxisRotator).Rate).Mul(followShare) {
		c.pause(at, before)
	}
	if !s.rotator.asked {
		s.rotator.wanted = s.rotator.skyFor(pos[AxisRotator], s.fieldAngle(model.Axes{Z: pos[AxisZ], A: pos[AxisA]}))
		s.rotator.asked = true
	}
	c.hold = s.rotator.wanted
	if s.config.Rotator.Sectored && c.follow {
		s.followOnArc(c, at, before, field, end)
		return
	}
	c.turned = s.inTravel(s.rotator.mechanicalFor(c.hold, field), before.pos[AxisRotator])
}

// inTravel returns the turn of a mechanical angle inside the rotator's travel
// that is nearest to where it is, by the long way where cables demand it.
func (s *state) inTravel(mechanical, now model.Angle) model.Angle {
	low, high := s.limitsOfTravel(AxisRotator)
	// A little play, so that following can begin at the very limit. About an
	// arc it is negative, and leaves the turn about the middle.
	play := min(model.Degrees(5), (high-low-model.Turn)/2)
	m, ok := pointing.Representative(mechanical, now, low+play, high-play)
	if !ok {
		m, _ = pointing.Representative(mechanical, now, low, high)
	}
	return m
}

// paceRotator lets the rotator rest where the field turns faster than it can
// follow, near the mount's pole, and at the end of its arc, and follow again
// afterwards. It reports whether the course has changed.
func (s *state) paceRotator(from, to driver.Instant, k0, k1 knot) bool {
	c := s.course
	if !c.follow && !c.paused {
		return false
	}
	ways := [axisCount]way{}
	end := s.endAhead(&k0, &k1, to.Sub(from))
	switch {
	case c.follow && s.tooFast(k0, k1, to.Sub(from)):
		limit := model.Rate(s.limitsOf(AxisRotator).Rate)
		c.pause(from, k0)
		ways[AxisRotator] = match
		k0.before[AxisRotator] = min(max(k0.before[AxisRotator], -limit), limit)
	case c.follow && end != 0:
		c.pause(from, k0)
		c.arc.end = end
		ways[AxisRotator] = match
	case c.paused && from >= c.line[AxisRotator].since.Add(patience):
		s.startFollowing(&c, from, k0)
		if c.paused || s.tooFast(s.knotAt(&c, from), s.knotAt(&c, to), to.Sub(from)) {
			return false
		}
	default:
		return false
	}
	s.goOver(c, from, k0, ways)
	return true
}

// pause lets the rotator of course c rest where k has it.
func (c *course) pause(at driver.Instant, k knot) {
	c.follow, c.paused, c.arc = false, true, arc{}
	c.line[AxisRotator] = line{since: at, pos: k.pos[AxisRotator]}
}

// followShare is the share of the rotator's speed up to which it follows the
// field; the rest is left to slews on top.
const followShare = 0.3

// tooFast reports whether the rotator cannot follow from one knot to the
// next. At the very pole the field turns over in no time.
func (s *state) tooFast(k0, k1 knot, d time.Duration) bool {
	limit := model.Rate(s.limitsOf(AxisRotator).Rate).Mul(followShare)
	mean := model.Rate(float64(k1.pos[AxisRotator]-k0.pos[AxisRotator]) / d.Seconds())
	return max(k0.after[AxisRotator].Abs(), k1.before[AxisRotator].Abs(), mean.Abs()) > limit
}

func (s *state) readyToRotate(op string) error {
	if !s.config.Rotator.Enabled {
		return fault.New(fault.Unsupported, op, "there is no rotator")
	}
	if s.halted || s.starved {
		return fault.New(fault.Refused, op, "the mount was halted; resume first")
	}
	if s.rotator.held {
		return fault.New(fault.Refused, op, "the rotator is held in motion")
	}
	return s.energise()
}

// turn begins to turn the rotator to a position angle on the sky, seen from
// where the tube will then be.
func (s *state) turn(now driver.Instant, sky model.Angle) error {
	at, before := s.change(now)
	return s.turnFrom(now, at, before, sky)
}

func (s *state) turnFrom(now, at driver.Instant, before knot, sky model.Angle) error {
	field := s.fieldAngle(model.Axes{Z: before.pos[AxisZ], A: before.pos[AxisA]})
	from := s.commanded(before, at)[AxisRotator]
	if err := s.reachable(sky, field, from); err != nil {
		return err
	}
	s.rotator.wanted, s.rotator.asked, s.rotator.fault = sky.Wrap(), true, nil
	m := s.rotator.mechanicalFor(sky, field)
	c := s.course
	c.arc = arc{}
	if c.follow {
		c.hold, c.turned = sky, s.inTravel(m, from)
	} else {
		c.line[AxisRotator] = line{since: at, pos: s.inTravel(m, from)}
	}
	s.switchTo(c, at, before, [axisCount]way{})
	s.plan(now)
	return nil
}

func (s *state) rotateTo(now driver.Instant, sky model.Angle) error {
	if err := s.readyToRotate("rotate"); err != nil {
		return err
	}
	if !sky.IsFinite() {
		return fault.New(fault.Invalid, "rotate", "%v is not an angle", sky)
	}
	return s.turn(now, sky)
}

func (s *state) rotateBy(now driver.Instant, by model.Angle) error {
	if err := s.readyToRotate("rotate"); err != nil {
		return err
	}
	if !by.IsFinite() {
		return fault.New(fault.Invalid, "rotate", "%v is not an angle", by)
	}
	return s.turn(now, s.rotator.skyFor(s.played(AxisRotator), s.fieldAngle(s.axes))+by)
}

func (s *state) rotateMechanical(now driver.Instant, to model.Angle) error {
	if err := s.readyToRotate("rotate"); err != nil {
		return err
	}
	if !to.IsFinite() {
		return fault.New(fault.Invalid, "rotate", "%v is not an angle", to)
	}
	at, before := s.change(now)
	field := s.fieldAngle(model.Axes{Z: before.pos[AxisZ], A: before.pos[AxisA]})
	return s.turnFrom(now, at, before, s.rotator.skyFor(to, field))
}

// syncRotator declares the camera's position angle.
func (s *state) syncRotator(now driver.Instant, sky model.Angle) error {
	if err := s.readyToRotate("sync rotator"); err != nil {
		return err
	}
	if !sky.IsFinite() {
		return fault.New(fault.Invalid, "sync rotator", "%v is not an angle", sky)
	}
	s.name(now, func() {
		s.rotator.offset += sky - s.rotator.skyFor(s.played(AxisRotator), s.fieldAngle(s.axes))
		s.rotator.offset = s.rotator.offset.WrapSigned()
	})
	return nil
}

// reverse changes the sense of the angles; the present position angle stays.
func (r *rotator) reverse(s *state, now driver.Instant, reversed bool) {
	s.name(now, func() {
		field := s.fieldAngle(s.axes)
		sky := r.skyFor(s.played(AxisRotator), field)
		r.reversed = reversed
		r.offset += sky - r.skyFor(s.played(AxisRotator), field)
		r.offset = r.offset.WrapSigned()
	})
}

// name changes how mechanical angles are named on the sky, and not the
// camera: what it holds gets the new name.
func (s *state) name(now driver.Instant, change func()) {
	at, before := s.change(now)
	axes := model.Axes{Z: before.pos[AxisZ], A: before.pos[AxisA]}
	change()
	field := s.fieldAngle(axes)
	s.rotator.wanted = s.rotator.skyFor(before.pos[AxisRotator], field).Wrap()
	if !s.course.follow {
		return
	}
	c := s.course
	c.hold, c.turned = s.rotator.wanted, before.pos[AxisRotator]
	s.switchTo(c, at, before, [axisCount]way{})
	s.plan(now)
}

// refollow makes the rotator follow or stand, as configured.
func (s *state) refollow(now driver.Instant) {
	at, before := s.change(now)
	c := s.course
	ways := [axisCount]way{}
	if c.follow, c.paused = false, false; s.config.Rotator.Follow && c.sky {
		s.startFollowing(&c, at, before)
	} else {
		c.line[AxisRotator] = line{since: at, pos: before.pos[AxisRotator]}
		ways[AxisRotator] = match
	}
	s.switchTo(c, at, before, ways)
	s.plan(now)
}

// haltRotator stops the rotator where it is.
func (s *state) haltRotator(now driver.Instant) error {
	if !s.config.Rotator.Enabled {
		return fault.New(fault.Unsupported, "halt rotator", "there is no rotator")
	}
	if s.rotator.held {
		return s.holdRotator(now, s.holder, 0)
	}
	if s.released() || s.starved {
		return nil
	}
	at, before := s.change(now)
	if s.profiles[AxisRotator].done(at) {
		return nil
	}
	c := s.course
	s.switchTo(c, at, before, [axisCount]way{AxisRotator: match})
	s.plan(now)
	if s.course.follow {
		s.rotator.wanted = s.course.hold.Wrap()
	} else {
		s.rotator.wanted = s.rotator.skyFor(s.course.line[AxisRotator].pos, s.fieldAngle(s.axes)).Wrap()
	}
	return nil
}

// holdRotator holds the rotator in motion at a rate; it follows the sky again
// afterwards, at the position angle it then has.
func (s *state) holdRotator(now driver.Instant, client string, rate model.Rate) error {
	if rate == 0 && !s.rotator.held {
		return nil
	}
	if rate != 0 {
		if _, err := s.freeToMove(AxisRotator, rate, now); err != nil {
			return err
		}
		s.takeOver(now, client)
		s.holder, s.holderHeard = client, now
		s.rotator.held = true
	}
	s.held[AxisRotator] = rate
	s.dismissHolder()
	at, before := s.change(now)
	c := s.course
	c.follow, c.paused = false, false
	c.line[AxisRotator] = line{since: at, pos: before.pos[AxisRotator], rate: rate}
	s.switchTo(c, at, before, [axisCount]way{AxisRotator: match})
	s.plan(now)
	return nil
}

// settleRotator ends held motion of the rotator once it is still.
func (s *state) settleRotator(now driver.Instant) {
	if !s.rotator.held || s.held[AxisRotator] != 0 || !s.profiles[AxisRotator].done(now) {
		return
	}
	s.rotator.held = false
	s.rotator.wanted = s.rotator.skyFor(s.played(AxisRotator), s.fieldAngle(s.axes)).Wrap()
	s.rotator.asked = true
	if s.course.sky {
		s.refollow(now)
	}
}

// guardTravel turns a following rotator back by a whole turn when it reaches
// the end of its travel, unless that is an arc.
func (s *state) guardTravel(now driver.Instant) {
	s.noteArc()
	if !s.course.follow || s.config.Rotator.Sectored {
		return
	}
	low, high := s.limitsOfTravel(AxisRotator)
	if m := s.course.turned; m >= low && m <= high {
		return
	}
	s.log.Info("rotator at the end of its travel: turning back a whole turn")
	if err := s.turn(now, s.course.hold); err != nil {
		s.rotator.fault = err
	}
}

// state returns the rotator for a snapshot.
func (r *rotator) state(s *state, now driver.Instant, field model.Angle) RotatorState {
	if !s.config.Rotator.Enabled {
		return RotatorState{}
	}
	turned := s.played(AxisRotator)
	sky := r.skyFor(turned, field).Wrap()
	st := RotatorState{
		Present: true, Turned: turned, Mechanical: turned.Wrap(), Sky: sky, Target: sky,
		Moving:    r.held || !s.profiles[AxisRotator].done(now),
		Following: s.course.follow, Reverse: r.reversed, Fault: r.fault, Waits: r.end != 0, Resets: r.resets,
	}
	if r.asked {
		st.Target = r.wanted
	}
	return st
}
