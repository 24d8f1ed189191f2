// SPDX-License-Identifier: GPL-3.0-or-later

// Package executor plays motion: it turns the segments of driver.Motors into
// control words for windings or into step pulses, each at its instant, and
// counts what it emitted.
//
// Planning may be late; playing may not. So the Executor is a plain function
// of time over a block of shared memory, the Board: it waits for nobody,
// allocates nothing, and looks at no clock. On the bench it runs inside the
// planner's process (Inline); on hardware, in a process of its own, in a loop
// that sleeps until Next and calls Advance.
//
// An axis is where its plan says, evaluated at the present, whatever happened
// before: the count is round(P(t)), and step n is made when the cubic P passes
// the half-way point before n. Where an axis is not where its plan says
// (because the plan came late, or changed) it catches up as fast as braking
// acceleration and rate limit allow, never in a jump. A plan that ends in
// motion is continued by a braking ramp.
//
// The planner is trusted for the rate and acceleration of the plan within the
// axis's MaxRate; a plan may start at any rate at once.
package executor

import (
	"errors"
	"math"
	"time"

	"github.com/siderostep/siderostep/driver"
)

// Executor plays the motion of a set of axes. It has one caller at a time.
type Executor struct {
	// Lateness, if set, is told by how much each Advance came after the
	// event it was called for.
	Lateness func(time.Duration)

	config Config
	board  *Board
	axes   []axis
	ports  []port
	others []clocked
	boost  boost
	taken  [MaxAxes]uint64 // ring entries taken

	played    driver.Instant // everything up to here has been played
	seen      uint64         // the halt that was acted upon; see Board
	running   bool           // segments are played
	energised bool           // windings are on
	closed    bool
	farewell
}

// New returns an executor at rest whose windings it has switched off. On a
// board whose executor has died it goes on from the count that one left,
// halted and released. It returns fault.Invalid when c does not fit out, or a
// port's error.
func New(c Config, out Outputs, b *Board, now driver.Instant) (*Executor, error) {
	if err := c.Validate(out); err != nil {
		return nil, err
	}
	outputs, ports, err := connect(&c, out)
	if err != nil {
		return nil, err
	}
	e := &Executor{config: c, board: b, axes: make([]axis, len(c.Axes)), ports: ports, played: now}
	e.boost = boost{lines: out.Boost, mask: out.BoostMask, above: out.BoostAbove}
	for _, c := range out.Clocked {
		e.others = append(e.others, clocked{Clocked: c})
	}
	e.begun = now
	successor := b.executors.Add(1) > 1
	if successor {
		b.halts.Add(1)
		e.seen = b.halts.Load()
	}
	for i := range e.axes {
		a, shared := &e.axes[i], &b.axes[i]
		a.Axis, a.out, a.journal = c.Axes[i], outputs[i], &shared.journal
		e.taken[i] = shared.ring.retired.Load()
		count := a.Initial
		if successor {
			count = a.inherit(b, i)
		}
		a.start(now, count)
	}
	if err := e.off(now); err != nil {
		return nil, err
	}
	e.publish()
	return e, nil
}

// Advance plays everything that is due up to now, in the order of time over
// all axes, and publishes the reports. Time that goes back stands still.
func (e *Executor) Advance(now driver.Instant) {
	if e.closed {
		return
	}
	now = max(now, e.played)
	e.obey()
	e.drain()
	if due := e.Next(); due <= now {
		e.board.lateness.Add(now.Sub(due))
		if e.Lateness != nil {
			e.Lateness(now.Sub(due))
		}
		if e.config.SkipAfter > 0 && now.Sub(due) > e.config.SkipAfter {
			e.skip(now)
		}
		e.play(now)
	}
	e.played = now
	if e.energised {
		for i := range e.axes {
			e.axes[i].idle(now)
		}
	}
	for i := range e.axes {
		if e.axes[i].tripped {
			e.axes[i].tripped = false
			e.board.Halt()
		}
	}
	e.retryOff(now)
	e.watch(now)
	e.obey() // what came to rest may have been asked to be released
	e.publish()
	e.supply()
}

// Next returns when the next event is due, or a very late instant when
// nothing moves. Segments queued since the latest Advance do not count, nor
// does what an axis does while it stands.
func (e *Executor) Next() driver.Instant {
	_, due := e.nextClocked()
	for i := range e.axes {
		due = min(due, e.axes[i].due)
	}
	return due
}

// Counters returns an axis's counters.
func (e *Executor) Counters(axis int) driver.Counters { return e.axes[axis].report.Counters }

// Close switches all windings off, moving or not; nothing is played
// afterwards. It returns the ports' errors.
func (e *Executor) Close() error {
	if e.closed {
		return nil
	}
	e.board.Halt()
	e.obey()
	for i := range e.axes {
		if a := &e.axes[i]; !a.atRest() {
			a.report.Lost++
		}
		e.axes[i].stop(e.played)
	}
	e.energised, e.closed = false, true
	err := e.off(e.played)
	e.publish()
	return err
}

func (e *Executor) off(t driver.Instant) error {
	errs := []error{e.boost.set(false)}
	for i := range e.ports {
		errs = append(errs, e.ports[i].off(t))
	}
	for i := range e.axes {
		a := &e.axes[i]
		a.meter.change(t, 0)
		if a.Kind == Relay {
			errs = append(errs, a.out.relay.Switch(t, 0))
			a.running = contact{}
		}
		if a.out.power != nil {
			errs = append(errs, a.out.power.Off())
		}
	}
	err := errors.Join(errs...)
	e.stuck, e.tried = err != nil, t
	return err
}

// retryOff tries again to switch off what would not be.
func (e *Executor) retryOff(now driver.Instant) {
	if e.stuck && !e.energised && now.Sub(e.tried) >= retry {
		_ = e.off(now) // the next try shows
	}
}

// obey acts on halts, resumptions and releases; see Board for what the
// counters mean.
func (e *Executor) obey() {
	// Loaded in this order, so that a resumption is never taken for one that
	// ends a halt it has not seen.
	resumed, released := e.board.resumed.Load(), e.board.released.Load()
	halts := e.board.halts.Load()
	if halts != e.seen {
		e.seen, e.running = halts, false
		for i := range e.axes {
			e.axes[i].halt(e.played)
		}
	}
	if e.running || !e.atRest() {
		return
	}
	switch {
	case resumed == e.seen+1:
		e.running, e.energised, e.stuck = true, true, false
		for i := range e.axes {
			e.axes[i].energise(e.played)
		}
	case (released >= resumed || e.cut) && e.energised:
		if e.creep() {
			return
		}
		e.energised, e.gone = false, e.cut
		e.off(e.played) // tried again, see retryOff
	}
}

func (e *Executor) atRest() bool {
	for i := range e.axes {
		if !e.axes[i].atRest() {
			return false
		}
	}
	return true
}

// drain takes over what was queued.
func (e *Executor) drain() {
	for i := range e.axes {
		a, ring := &e.axes[i], &e.board.axes[i].ring
		for {
			entry := ring.at(e.taken[i])
			if entry == nil {
				break
			}
			e.taken[i]++
			if !e.running || entry.epoch != e.seen+1 {
				e.obey() // the resumption it was queued under came before it
			}
			if e.running && entry.epoch == e.seen+1 {
				a.take(&entry.seg, e.played)
			} else {
				a.finished++
			}
		}
	}
}

// play emits what is due up to now. One axis runs until another is due.
func (e *Executor) play(now driver.Instant) {
	for {
		first, second := never, never
		var next *axis
		for i := range e.axes {
			if due := e.axes[i].due; due < first {
				next, first, second = &e.axes[i], due, first
			} else if due < second {
				second = due
			}
		}
		if i, at := e.nextClocked(); at <= first {
			if at > now {
				return
			}
			if e.config.SkipAfter > 0 {
				at = now // in real time what was missed is past
			}
			e.clock(i, at)
			continue
		}
		if first > now {
			return
		}
		if len(e.others) > 0 {
			second = first // one at a time: a step may give a clocked output something to do
		}
		next.run(min(now, second))
	}
}

// skip lets axes that would have to jump to keep up start again from where
// they stand.
func (e *Executor) skip(now driver.Instant) {
	for i := range e.axes {
		a := &e.axes[i]
		if a.due > now || a.Kind == Relay { // which has run on
			continue
		}
		_, before := a.sum.At(e.played)
		_, after := a.base.At(min(now, a.base.end))
		rate := max(math.Abs(before), math.Abs(after))
		most := e.config.SkipSteps
		if a.SkipSteps > 0 {
			most = a.SkipSteps
		}
		if rate*now.Sub(a.due).Seconds() > most {
			a.skip(e.played, now, rate)
		}
	}
}

// publish gives the planner its reports and finished segments.
func (e *Executor) publish() {
	for i := range e.axes {
		a, shared := &e.axes[i], &e.board.axes[i]
		a.describe(e.played, e.running, e.energised)
		a.report.Queued = shared.ring.Held() - a.finished
		shared.report.put(&a.report, e.seen)
		if a.finished > 0 {
			shared.ring.retire(a.finished)
			a.finished = 0
		}
	}
}
