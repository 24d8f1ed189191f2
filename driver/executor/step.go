// SPDX-License-Identifier: GPL-3.0-or-later

package executor

import (
	"math"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/model"
)

// event says what an axis's next event is.
type event uint8

const (
	turning  event = iota // the piece ends
	stepping              // a step
	tripping              // the step that would leave the limits
)

// stepper is the part of an axis that goes through one piece of motion step
// by step.
type stepper struct {
	piece  piece
	coarse bool             // half steps are being made
	stride model.Microsteps // microsteps per step

	due    driver.Instant // of the next event
	event  event
	target model.Microsteps // the count after the next step
	goal   model.Microsteps // the count after the piece's last step
	fenced bool             // the step after goal would leave the limits
	walled bool             // braking must begin where the piece ends, to stop within the limits
}

// slower is the part of the half-step rate at which an axis goes back to
// microsteps, so that it does not flutter between the two.
const slower = 0.8

// turn begins the piece of a's motion that starts at t.
func (a *axis) turn(t driver.Instant) {
	level := a.gear(t)
	a.piece = newPiece(&a.sum, t, a.count, level)
	p := &a.piece
	if a.Kind == Relay {
		a.relay(t, int(p.dir))
	}
	a.wall(t)
	size := float64(a.stride)
	base, within := a.grid()
	nearest := func(tau float64) model.Microsteps {
		return base + a.stride*model.Microsteps(math.Floor((within+p.at(tau)-p.origin)/size+0.5))
	}

	now := nearest(p.from)
	a.goal = now
	if p.dir == 0 { // at rest: what half steps left over
		switch {
		case now > a.count:
			p.dir = 1
		case now < a.count:
			p.dir = -1
		}
	} else {
		a.goal = nearest(p.to)
	}
	a.fence()
	if p.dir*a.goal <= p.dir*a.count && !a.fenced {
		a.event, a.due = turning, p.end
		return
	}

	a.target = base
	if p.dir > 0 || within == 0 {
		a.target += p.dir * a.stride
	}
	if a.Kind == Windings && p.dir*(now-a.target) > 0 && !a.fenced {
		a.target = now // windings need not pass through what lies between
	}
	a.event = stepping
	if a.fenced && p.dir*a.count >= p.dir*a.goal {
		a.event = tripping
	}
	a.schedule(t, p.remember(p.search(a.threshold())))
}

// grid returns the multiple of the stride at or below the count, and how far
// the count is above it.
func (a *axis) grid() (base model.Microsteps, within float64) {
	r := mod(a.count, a.stride)
	return a.count - r, float64(r)
}

// mod returns n modulo m, in [0, m).
func mod(n, m model.Microsteps) model.Microsteps {
	if n %= m; n < 0 {
		n += m
	}
	return n
}

// gear chooses between microsteps and half steps by the rate at t, and
// returns the rate at which to choose again. A failure to show the choice is
// left for the next step to meet.
func (a *axis) gear(t driver.Instant) (level float64) {
	if a.Kind != Windings || a.HalfStepAbove == 0 {
		return 0
	}
	const rounding = 1e-9
	_, rate := a.sum.At(t)
	rate = math.Abs(rate)
	switch {
	case !a.coarse && rate >= a.HalfStepAbove*(1-rounding):
		a.current, a.slewed = tracking, true
		a.coarse, a.stride = true, model.Microsteps(a.Table.Microsteps()/2)
		_ = a.drive(t)
	case a.coarse && rate <= slower*a.HalfStepAbove*(1+rounding):
		a.coarse, a.stride = false, 1
		_ = a.drive(t)
	}
	if a.coarse {
		return slower * a.HalfStepAbove
	}
	return a.HalfStepAbove
}

// fence keeps the goal within the axis's limits, unless the axis comes back
// from outside. Braking and rest are not stopped a second time.
func (a *axis) fence() {
	a.fenced = false
	if !a.Limited || a.what != segment && !a.catch.active {
		return
	}
	// The last half step within the limits; never back from the count.
	highest := max(a.Max-mod(a.Max, a.stride), a.count)
	lowest := min(a.Min+mod(-a.Min, a.stride), a.count)
	switch {
	case a.piece.dir > 0 && a.goal > highest:
		a.goal, a.fenced = highest, true
	case a.piece.dir < 0 && a.goal < lowest:
		a.goal, a.fenced = lowest, true
	}
}

// threshold returns the level at which the step to target is made, in
// microsteps from the motion's P: half a step before it.
func (a *axis) threshold() float64 {
	p := &a.piece
	return float64(a.target-p.count) - float64(p.dir*a.stride)/2 + p.origin
}

// schedule sets the next event at τ: at the first nanosecond by which the
// position, rounded, is the target. Rounding goes upward at halves, so
// downward steps are made after the half is passed, not when it is reached.
func (a *axis) schedule(earliest driver.Instant, tau float64) {
	const noise = 1e-3 // ns, of τ
	up := 1 - noise
	if a.piece.dir < 0 {
		up = 1 + noise
	}
	at := a.piece.start + driver.Instant(tau*1e9+up)
	a.due = min(max(at, earliest), a.piece.end)
}

// run plays all events up to limit, the first of which is due by then.
func (a *axis) run(limit driver.Instant) {
	for a.due <= limit {
		switch {
		case a.event == tripping, a.event == turning && a.walled:
			a.report.LimitHits++
			a.trip(a.due)
		case a.event == turning:
			a.next(a.due)
		case a.Kind == Windings:
			a.windings(limit)
		default:
			a.pulses(limit)
		}
	}
}

// pulses makes steps up to limit or the piece's end. Those of a relay's motor
// are only reckoned.
func (a *axis) pulses(limit driver.Instant) {
	clockwise := a.piece.dir > 0
	for a.due <= limit {
		a.journal.next = int32(a.target)
		if a.Kind == Pulse && a.out.pulser.Pulse(a.due, clockwise) != nil {
			a.fail(a.due)
			return
		}
		a.count = a.target
		a.journal.made = int32(a.count)
		a.report.Steps++
		if !a.prepare() {
			return
		}
	}
}

// windings drives the motor's windings step by step up to limit or the
// piece's end.
func (a *axis) windings(limit driver.Instant) {
	a.current = tracking
	for a.due <= limit {
		made := a.count
		a.count = a.target
		a.journal.next = int32(a.count)
		if a.drive(a.due) != nil {
			a.count = made
			a.fail(a.due)
			return
		}
		a.journal.made = int32(a.count)
		a.report.Steps++
		if !a.prepare() {
			return
		}
	}
}

// prepare finds when the next step of the piece is due, and reports whether
// there is one.
func (a *axis) prepare() bool {
	p := &a.piece
	if a.target == a.goal {
		if !a.fenced {
			a.event, a.due = turning, p.end
			return false
		}
		a.event = tripping
	}
	a.target += p.dir * a.stride
	a.schedule(a.due, p.crossing(a.threshold()))
	return a.event == stepping
}

// trip brakes on this axis's own account; the executor halts the others.
func (a *axis) trip(t driver.Instant) {
	a.tripped = true
	a.halt(t)
}

// fail stops where the motor is, because its output does not work.
func (a *axis) fail(t driver.Instant) {
	a.report.Faults++
	if !a.atRest() {
		a.report.Lost++ // the rotor does not stop at once
	}
	a.tripped, a.faulty = true, true
	a.journal.next = int32(a.count)
	a.stop(t)
}

// stop makes the axis rest at its count from t on.
func (a *axis) stop(t driver.Instant) {
	a.finished += a.plan.cut(math.MinInt64)
	a.leave()
	a.catch.active = false
	a.base, a.what = rest(t, driver.Position(a.count)<<32), resting
	if a.coarse {
		a.coarse, a.stride, a.current = false, 1, full // as the windings show
	}
	a.follow(t)
}
