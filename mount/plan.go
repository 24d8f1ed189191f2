// SPDX-License-Identifier: GPL-3.0-or-later

package mount

import (
	"errors"
	"math"
	"time"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/motion"
)

const (
	// lead is how far ahead of the present a change of plan begins: the time
	// an executor may need to hear of it.
	lead = 10 * time.Millisecond
	// queued is how much motion the executor holds: planning may be late by
	// this much, less a tick.
	queued = 400 * time.Millisecond
	// span is the longest piece of the sky's curve taken as a cubic. The
	// error is below 0.0003″ at 1′ from the zenith.
	span = 50 * time.Millisecond
)

// way says how an axis is to get onto a new course.
type way uint8

const (
	seek  way = iota // to the course's place
	match            // to the course's rate only; the course is moved to where the axis then is
	slew             // to the course's place from afar: by the ramp that is configured
)

// bySlew lets the mount slew onto a course; the rotator goes as ever.
var bySlew = [axisCount]way{AxisZ: slew, AxisA: slew}

// switchTo puts the axes onto course c from instant at on. before is the
// present course at that instant. Motion already queued beyond it is
// replaced.
func (s *state) switchTo(c course, at driver.Instant, before knot, ways [axisCount]way) {
	s.adopt(c, at, before, ways)
	s.planned = at
	s.splice = true
	s.noteArc()
}

// adopt makes c the course from at on, and plans how each axis gets onto it.
func (s *state) adopt(c course, at driver.Instant, before knot, ways [axisCount]way) {
	if c.sky {
		s.lookForPassage(&c, at)
	}
	after := s.knotAt(&c, at)
	if c.sky && !c.detour && s.unfollowable(after, after, span) {
		c.wait(at, before.pos[AxisZ])
		after = s.knotAt(&c, at)
	}
	if c.follow && s.tooFast(after, after, span) {
		c.pause(at, before)
		ways[AxisRotator] = match
		after = s.knotAt(&c, at)
	}
	t := seconds(at)
	for i := range s.profiles {
		p := &s.profiles[i]
		dp := float64(before.pos[i] - after.pos[i])
		dv := float64(before.before[i] - after.after[i])
		if dp == 0 && dv == 0 && ways[i] != match {
			continue
		}
		lim := s.limitsOf(i)
		if ways[i] == match {
			p.smoothe(at, dp, dv)
			c.move(i, model.Angle(p.smooth.Match(t, lim)), s.rotator.sense())
			continue
		}
		lim.Rate = math.Max(lim.Rate-math.Abs(float64(after.after[i])), lim.Rate/10)
		if ways[i] == slew && s.ramp.Top() > 0 {
			p.smoothe(at, dp, dv)
			p.slew(at, lim, &s.ramp, s.config.axisConfig(i).halfSteps())
			continue
		}
		p.shift(at, dp, dv)
		if p.climb.pieces != nil {
			lim.Rate /= 10 // on top of it
		}
		p.smooth.Seek(t, lim)
	}
	s.course = c
	s.last.known = false
	s.outlook.due = 0
}

// move shifts the course of one axis.
func (c *course) move(axis int, by model.Angle, sense float64) {
	c.line[axis].pos += by
	if axis == AxisRotator && c.follow {
		c.hold += by.Mul(sense)
	}
}

func (s *state) limitsOf(axis int) motion.Limits {
	switch axis {
	case AxisZ:
		return s.config.Mount.Z.limits()
	case AxisA:
		return s.config.Mount.A.limits()
	default:
		return s.config.Rotator.limits()
	}
}

// change returns the instant at which a change of plan made now begins, and
// the course there as it stands.
func (s *state) change(now driver.Instant) (at driver.Instant, before knot) {
	at = now.Add(lead)
	if !s.resting(now) && s.planned < at {
		at = max(s.planned, now)
	}
	s.unfold(at)
	return at, s.knotAt(&s.course, at)
}

// fold is what was planned with before planning went over to another course
// of its own accord, at an instant still to come: past the mount's pole, say.
type fold struct {
	until    driver.Instant
	course   course
	profiles [axisCount]profile
}

// maxFolds is more than can happen within what is queued.
const maxFolds = 8

// goOver makes c the course from at on, in the course of planning.
func (s *state) goOver(c course, at driver.Instant, before knot, ways [axisCount]way) {
	if s.folded == maxFolds {
		s.folded = copy(s.folds[:], s.folds[1:])
	}
	s.folds[s.folded] = fold{at, s.course, s.profiles}
	s.folded++
	s.adopt(c, at, before, ways)
}

// unfold brings back the course in force at an instant, and forgets what was
// planned beyond it: whether or not a change follows, it is planned anew.
func (s *state) unfold(at driver.Instant) {
	for i := range s.folds[:s.folded] {
		if f := &s.folds[i]; at < f.until {
			s.course, s.profiles = f.course, f.profiles
			s.planned, s.splice, s.last.known = at, true, false
			break
		}
	}
	s.folded = 0
}

// commanded returns where the axes will be at an instant that k belongs to.
func (s *state) commanded(k knot, at driver.Instant) (pos [axisCount]model.Angle) {
	for i := range s.profiles {
		d, _ := s.profiles[i].at(at, true)
		pos[i] = k.pos[i] + model.Angle(d)
	}
	return pos
}

// resting reports whether nothing is to move from t on.
func (s *state) resting(t driver.Instant) bool {
	if s.course.sky || s.takingUp(t) {
		return false
	}
	for i := range s.profiles {
		if l := s.course.line[i]; l.rate != 0 || l.gain != 0 || !s.profiles[i].done(t) {
			return false
		}
	}
	return true
}

// arrives returns when the axes Z and A are on their course.
func (s *state) arrives() driver.Instant {
	end := max(s.profiles[AxisZ].end(), s.profiles[AxisA].end(), s.takenUpAt())
	if math.IsInf(end, -1) {
		return 0
	}
	return driver.Instant(end * 1e9)
}

// plan keeps the executor supplied.
func (s *state) plan(now driver.Instant) {
	if s.starved || s.released() {
		return
	}
	for s.planned < now.Add(queued) {
		if s.resting(s.planned) {
			s.planned = max(s.planned, now)
			s.splice = true
			return
		}
		s.passPole()
		if err := s.extend(); err != nil {
			switch {
			case beyondCount(err):
				s.corner(now, s.refused, err)
			case !errors.Is(err, fault.Full):
				s.fail(err)
			}
			return
		}
	}
}

// extend queues the next piece of motion.
func (s *state) extend() error {
	from := s.planned
	to := from.Add(span)
	if s.course.sky {
		to = s.course.target.nextEdge(from, to)
		if p := s.course.pass; p.known {
			for _, edge := range [2]driver.Instant{p.start, p.end} {
				if edge > from && edge < to {
					to = edge
				}
			}
		}
	}
	for i := range s.profiles {
		to = s.profiles[i].nextBreak(from, to)
	}
	for i := range s.gears {
		to = smoothBreak(&s.gears[i].takeUp, from, to)
	}
	k0, k1 := s.plannedKnot(), s.knotAt(&s.course, to)
	if s.course.sky && !s.course.detour && s.unfollowable(k0, k1, to.Sub(from)) {
		c := s.course
		c.wait(from, k0.pos[AxisZ])
		s.goOver(c, from, k0, [axisCount]way{})
		s.degraded = true
		k0, k1 = s.knotAt(&s.course, from), s.knotAt(&s.course, to)
	}
	if s.paceRotator(from, to, k0, k1) {
		k0, k1 = s.knotAt(&s.course, from), s.knotAt(&s.course, to)
	}
	for i := range s.profiles {
		if !s.axisPresent(i) {
			continue
		}
		seg := s.segment(i, from, to, k0, k1)
		if err := s.motors.Queue(i, seg); err != nil {
			s.refused = i
			return err
		}
	}
	if s.course.sky {
		s.course.near, s.course.turned = k1.pos[AxisZ], k1.pos[AxisRotator]
	}
	s.planned, s.splice = to, false
	s.last = lastKnot{at: to, knot: k1, known: true}
	return nil
}

// lastKnot is the knot at which planning left off, kept because the next
// piece begins there.
type lastKnot struct {
	at    driver.Instant
	known bool
	knot  knot
}

// plannedKnot returns the course at the end of what is planned.
func (s *state) plannedKnot() knot {
	if s.last.known && s.last.at == s.planned {
		return s.last.knot
	}
	return s.knotAt(&s.course, s.planned)
}

// segment returns the cubic that one axis follows between two knots.
func (s *state) segment(i int, from, to driver.Instant, k0, k1 knot) driver.Segment {
	d0, e0 := s.profiles[i].at(from, true)
	d1, e1 := s.profiles[i].at(to, false)
	if i < len(s.gears) { // the motor stands back by what is taken up of its gears' dead band
		taken0, r0 := s.gears[i].planned(from)
		taken1, r1 := s.gears[i].planned(to)
		d0, e0, d1, e1 = d0-taken0, e0-r0, d1-taken1, e1-r1
	}
	q := float64(s.microstep[i])
	zero := float64(s.zeroOf(i))
	p0 := (float64(k0.pos[i]) + d0 - zero) / q
	p1 := (float64(k1.pos[i]) + d1 - zero) / q
	v0 := (float64(k0.after[i]) + e0) / q
	v1 := (float64(k1.before[i]) + e1) / q
	t := to.Sub(from).Seconds()
	mean := (p1 - p0) / t
	return driver.Segment{
		Start: from, Dur: to.Sub(from), Splice: s.splice,
		P: driver.PositionOf(p0), V: v0,
		A: (6*mean - 4*v0 - 2*v1) / t,
		J: (6*(v0+v1) - 12*mean) / (t * t),
	}
}

func seconds(t driver.Instant) float64 { return float64(t) * 1e-9 }

func durationOf(seconds float64) time.Duration { return time.Duration(seconds * 1e9) }
