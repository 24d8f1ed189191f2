// SPDX-License-Identifier: GPL-3.0-or-later

package executor

import (
	"math"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/model"
)

// following says what an axis's base motion is.
type following uint8

const (
	resting following = iota // none
	segment                  // the plan's current segment
	braking                  // a ramp at the end of the plan, or instead of it
)

// axis plays the motion of one motor. What it does at any instant is told by
// the base motion (a segment, a ramp, or rest), a catch-up that may be added
// to it, the sum of the two, and the piece of that sum it is stepping
// through; see step.go for the last.
type axis struct {
	Axis
	out output

	plan  plan
	what  following
	base  motion
	catch catchUp
	sum   motion

	stepper
	count    model.Microsteps // what was emitted
	journal  *journal
	finished int     // segments played or discarded, to be retired
	tripped  bool    // a limit was crossed or the output failed: all axes are to halt
	faulty   bool    // the output failed since windings were last energised
	running  contact // Relay
	idling

	meter  meter
	report driver.Report
}

// start makes the axis rest at a count.
func (a *axis) start(t driver.Instant, count model.Microsteps) {
	a.count, a.stride = count, 1
	*a.journal = journal{int32(count), int32(count)}
	a.base = rest(t, driver.Position(count)<<32)
	a.running = contact{direction: unknown}
	a.follow(t)
}

// atRest reports whether the axis is still, and not following a plan.
func (a *axis) atRest() bool { return a.what == resting && !a.catch.active }

// take adds s to the plan of an axis that has been played to t.
func (a *axis) take(s *driver.Segment, t driver.Instant) {
	if late := t.Sub(s.Start); late > 0 {
		a.report.Late++
		a.report.WorstLate = max(a.report.WorstLate, late)
	}
	if s.Splice {
		a.finished += a.plan.cut(s.Start)
	}
	a.plan.push(s)
	if a.plan.head().Start < a.sum.end {
		a.follow(t) // the present motion ends sooner
	}
}

// halt discards the plan and brakes from t on.
func (a *axis) halt(t driver.Instant) {
	a.finished += a.plan.cut(math.MinInt64)
	if a.what == segment || a.catch.active {
		a.brake(t)
	}
	a.follow(t)
}

// brake replaces the base motion and any catch-up by a ramp from where they
// are at t.
func (a *axis) brake(t driver.Instant) {
	p, v := a.sum.At(t)
	a.leave()
	a.catch.active = false
	a.base, a.what = ramp(t, p, v, a.Brake), braking
	a.expire(t)
}

// leave is done with the base motion.
func (a *axis) leave() {
	if a.what == segment {
		a.finished++
	}
}

// next goes on to what follows the piece that ends at t.
func (a *axis) next(t driver.Instant) {
	p, v := a.sum.At(t)
	if !a.forward(t) {
		a.catchUpFrom(t, p, v)
	}
	a.follow(t)
}

// forward makes the base motion the one for t, passing by segments that are
// over. It reports whether the change is seamless, so that nothing need be
// caught up.
func (a *axis) forward(t driver.Instant) (seamless bool) {
	seamless = true
	for {
		head := a.plan.head()
		if head == nil || head.Start > t {
			break
		}
		s := a.plan.pop()
		seamless = seamless && !s.Splice && s.Start == t && a.what == segment && a.base.end == t
		if s.Splice {
			a.report.Splices++
		}
		a.leave()
		a.base, a.what = motion{s, s.End()}, segment
	}
	if t < a.base.end {
		return seamless
	}
	if a.what == segment {
		p, v := a.base.At(a.base.end)
		if math.Abs(v) >= still {
			a.report.Underruns++
		}
		a.leave()
		a.base, a.what = ramp(a.base.end, p, v, a.Brake), braking
	}
	a.expire(t)
	return seamless
}

// expire lets a ramp that is over at t become rest.
func (a *axis) expire(t driver.Instant) {
	if t >= a.base.end {
		p, _ := a.base.At(a.base.end)
		a.base = rest(t, p)
	}
	if a.base.end == never {
		a.what = resting
	}
}

// skip starts again from rest at t: what was due since the instant was came
// too late to be played, and the motor stands where it stood then.
func (a *axis) skip(was, t driver.Instant, rate float64) {
	a.report.Skips++
	coast := a.CoastAbove
	if coast == 0 {
		coast = a.HalfStepAbove
	}
	if coast > 0 && rate >= coast {
		a.report.Lost++ // the rotor was too fast to stop at once
		a.tripped = true
		a.stop(t)
		return
	}
	p, _ := a.sum.At(was)
	a.forward(t)
	a.catchUpFrom(t, p, 0)
	a.follow(t)
}

// hop is the distance from the plan, in microsteps, that needs no catch-up.
// The count is never moved against the direction of travel to make up for it.
const hop = joinSlack

// catchUpFrom lets the axis, which is at p with rate v at t, find back to its
// base motion.
func (a *axis) catchUpFrom(t driver.Instant, p driver.Position, v float64) {
	planned, rate := a.base.At(t)
	e := p.Microsteps() - planned.Microsteps()
	if math.Abs(e) <= hop {
		a.catch.active = false
		return
	}
	// Relative to a plan that is near the limit itself there is little room;
	// a sixteenth is always left, or the axis would never be back.
	room := max(a.MaxRate-math.Abs(rate), a.MaxRate/16)
	a.catch = newCatchUp(t, e, v-rate, a.Brake, room)
	a.report.CatchUps++
}

// follow works out, from the base motion, the catch-up and the plan, what is
// next after t.
func (a *axis) follow(t driver.Instant) {
	a.sum = a.base
	if a.catch.active {
		e, u, acc, until := a.catch.at(t)
		if a.catch.active {
			a.sum = a.base.after(t, e, u, acc)
			a.sum.end = min(a.sum.end, until)
		}
	}
	if s := a.plan.head(); s != nil {
		a.sum.end = min(a.sum.end, max(s.Start, t))
	}
	a.turn(t)
}

// describe brings the report up to t.
func (a *axis) describe(t driver.Instant, running, energised bool) {
	r := &a.report
	r.At, r.Emitted = t, a.count
	r.Position, r.Rate = a.sum.At(t)
	if a.Kind == Windings {
		r.Duty, r.On = a.meter.read(t, a.Table.Period())
	}
	switch {
	case a.what == segment:
		r.State = driver.Playing
	case !a.atRest():
		r.State = driver.Braking
	case !energised:
		r.State = driver.Released
	case !running:
		r.State = driver.Halted
	default:
		r.State = driver.Holding
	}
	r.QueueEnd = t
	if s := a.plan.tail(); s != nil {
		r.QueueEnd = s.End()
	} else if a.what == segment {
		r.QueueEnd = a.base.end
	}
}
