// SPDX-License-Identifier: GPL-3.0-or-later

package mount

import (
	"math"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/backlash"
	"github.com/siderostep/siderostep/model/motion"
)

// gearing is what lies between a motor and its axis: a dead band, and an
// angle of the full step that may depend on the sense.
//
//	axis = zero + microstep·count + the part of the dead band that is taken up
//
// The plan takes up the band where the axis reverses: the motor turns by the
// band as fast as it may, on top of what the axis asks for. Where the axis
// really is meanwhile, the band tells from the motor's own motion.
type gearing struct {
	band    backlash.Band
	heading backlash.Heading
	goal    model.Angle    // part that the plan takes up
	takeUp  motion.Profile // what is still missing from goal: plan − goal
	ccw     bool           // the angle of the full step is that of counter-clockwise motion

	seen  model.Angle // the axis's planned place, as of the last look
	motor float64     // microsteps, as of the last look
	known bool        // motor is
}

// reversal is how far an axis goes back before that is a reversal: more than
// the noise of guiding and of a renewed sky, less than anyone sees.
var reversal = model.Arcsec(0.5)

// newGearing returns the gearing of an axis of which a part of the band is
// taken up.
func newGearing(a Axis, taken model.Angle, ccw bool) gearing {
	g := gearing{band: backlash.New(a.backlash()), heading: backlash.Heading{Play: reversal}, ccw: ccw}
	g.band.Set(taken)
	g.stay(a)
	return g
}

// stay makes what is taken up now the plan.
func (g *gearing) stay(a Axis) {
	g.goal, g.takeUp = g.band.Taken(), motion.NewProfile(a.limits().Ramp)
	g.heading.Forget()
}

// planned returns the part of the band that the plan has taken up at t, and
// the rate at which it changes.
func (g *gearing) planned(t driver.Instant) (taken, rate float64) {
	d, v := g.takeUp.At(seconds(t))
	return float64(g.goal) + d, v
}

// follow lets the band follow its motor, which has come to r.
func (g *gearing) follow(r *driver.Report, microstep model.Angle) {
	motor := r.Position.Microsteps()
	switch {
	case !g.band.Opposite():
		if g.known {
			g.band.Turn(microstep.Mul(motor - g.motor))
		}
	case r.State == driver.Playing || r.State == driver.Holding:
		taken, _ := g.planned(r.At)
		g.band.Set(model.Angle(taken))
	}
	g.motor, g.known = motor, true
}

// carry takes note that the axis was named anew, by an angle.
func (g *gearing) carry(by model.Angle) {
	g.seen += by
	g.heading.Carry(by)
}

// takeUpLimits bound the motion that takes up the band. It comes on top of the
// axis's own, which is slow where it reverses; half the acceleration leaves
// the motor its torque.
func (a Axis) takeUpLimits() motion.Limits {
	lim := a.limits()
	if a.BacklashRate > 0 {
		lim.Rate = min(lim.Rate, model.Degrees(a.BacklashRate).Radians())
	}
	lim.Accel /= 2
	return lim
}

func (a Axis) backlash() model.Angle { return model.Arcmin(a.BacklashArcmin) }

// microstepOf returns the angle of one microstep in a sense of motion.
func (a Axis) microstepOf(ccw bool) model.Angle {
	if ccw && a.FullStepArcsecCCW > 0 {
		return model.Arcsec(a.FullStepArcsecCCW / float64(a.Microsteps))
	}
	return a.microstep()
}

// axisConfig returns the settings of axis Z or A.
func (c *Config) axisConfig(axis int) *Axis { return [...]*Axis{&c.Mount.Z, &c.Mount.A}[axis] }

// noticeReversals looks which way the axes Z and A go, and takes up the
// backlash of one that has reversed.
func (s *state) noticeReversals(now driver.Instant) {
	if s.starved || s.released() {
		return
	}
	for i := range s.gears {
		g, r := &s.gears[i], &s.reports[i]
		taken, _ := g.planned(r.At)
		at := s.zeroOf(i) + s.microstep[i].Mul(r.Position.Microsteps()) + model.Angle(taken)
		if s.counting || !s.config.axisConfig(i).BacklashGuide && s.guiding(now) {
			g.heading.Carry(at - g.seen)
		}
		g.seen = at
		if g.heading.Follow(at) {
			s.turnOver(now, i)
		}
	}
}

// guiding reports whether a guide pulse moves the target, or did a moment ago.
func (s *state) guiding(now driver.Instant) bool {
	for _, p := range s.course.target.pulses {
		if p.start <= now && now < p.end.Add(2*Tick) {
			return true
		}
	}
	return false
}

// turnOver lets the motor of an axis that has reversed take up the band, and
// counts its steps by the angle that they have in the new sense.
func (s *state) turnOver(now driver.Instant, axis int) {
	g, c := &s.gears[axis], s.config.axisConfig(axis)
	clockwise := g.heading.Sense() == backlash.Clockwise
	wanted, step := g.band.Wanted(clockwise), c.microstepOf(!clockwise)
	if wanted == g.goal && step == s.microstep[axis] {
		g.ccw = !clockwise
		return
	}
	at, before := s.change(now)
	if g.ccw = !clockwise; step != s.microstep[axis] {
		s.recount(axis, step, at, before)
	}
	if wanted != g.goal {
		t := seconds(at)
		g.takeUp.Shift(t, float64(g.goal-wanted), 0)
		g.goal = wanted
		g.takeUp.Seek(t, c.takeUpLimits())
	}
	s.planned, s.splice, s.last.known = at, true, false
	s.plan(now)
}

// recount gives the steps of an axis another angle from an instant on; where
// the axis then is stays the same.
func (s *state) recount(axis int, step model.Angle, at driver.Instant, before knot) {
	taken, _ := s.gears[axis].planned(at)
	count := float64(s.commanded(before, at)[axis]-s.zeroOf(axis)-model.Angle(taken)) / float64(s.microstep[axis])
	s.shiftZero(axis, (s.microstep[axis] - step).Mul(count))
	s.microstep[axis] = step
}

// shiftZero changes what an axis reads where its motor counts 0.
func (s *state) shiftZero(axis int, by model.Angle) {
	if axis == AxisZ {
		s.zero.Z += by
	} else {
		s.zero.A += by
	}
}

// rezero names the angles of the axes Z and A anew, by as much as off. Neither
// motors nor plan know of it yet.
func (s *state) rezero(off model.Axes) {
	s.zero.Z += off.Z
	s.zero.A += off.A
	s.axes.Z += off.Z
	s.axes.A += off.A
	s.gears[AxisZ].carry(off.Z)
	s.gears[AxisA].carry(off.A)
}

// regear puts another width of the dead band of an axis in force. Where the
// axis is, and where its motor, stays.
func (s *state) regear(axis int, at driver.Instant) {
	g, c := &s.gears[axis], *s.config.axisConfig(axis)
	before, _ := g.planned(at)
	taken := g.band.Taken()
	if g.band = backlash.New(c.backlash()); g.heading.Sense() != backlash.Unknown {
		taken = g.band.Wanted(g.heading.Sense() == backlash.Clockwise)
	}
	g.band.Set(taken)
	g.goal, g.takeUp = g.band.Taken(), motion.NewProfile(c.limits().Ramp)
	s.shiftZero(axis, model.Angle(before)-g.goal)
	s.planned, s.splice, s.last.known = at, true, false
}

// takingUp reports whether the band of an axis is not yet taken up at t.
func (s *state) takingUp(t driver.Instant) bool {
	return !s.gears[AxisZ].takeUp.Done(seconds(t)) || !s.gears[AxisA].takeUp.Done(seconds(t))
}

// takenUpAt returns when both bands are taken up.
func (s *state) takenUpAt() float64 {
	return math.Max(s.gears[AxisZ].takeUp.End(), s.gears[AxisA].takeUp.End())
}

// BacklashState is the dead band of an axis's gears.
type BacklashState struct {
	Width    model.Angle    // as configured; negative when its directions are exchanged
	Taken    model.Angle    // part that is taken up: motor and tube differ by it; 0 to the width's amount
	TakingUp bool           // the motor is on its way through it, and the tube stands
	Sense    backlash.Sense // which way the axis last went
}

// backlash returns the dead bands for a snapshot.
func (s *state) backlash(now driver.Instant) (b [2]BacklashState) {
	for i := range b {
		g := &s.gears[i]
		b[i] = BacklashState{g.band.Width(), g.band.Taken(), !g.takeUp.Done(seconds(now)), g.heading.Sense()}
	}
	return b
}
