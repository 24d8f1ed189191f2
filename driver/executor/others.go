// SPDX-License-Identifier: GPL-3.0-or-later

package executor

import (
	"math"
	"time"

	"github.com/siderostep/siderostep/driver"
)

// clocked is an output with things of its own to do.
type clocked struct {
	driver.Clocked
	held driver.Instant // after a failure: not to be called before
}

// retry is how long an output that failed is left alone.
const retry = 10 * time.Millisecond

// nextClocked returns which clocked output is due first, and when.
func (e *Executor) nextClocked() (which int, due driver.Instant) {
	due = never
	for i := range e.others {
		c := &e.others[i]
		if at := max(c.Next(), c.held); at < due {
			which, due = i, at
		}
	}
	return which, due
}

// clock lets an output do what is due at t. When it cannot, nobody knows what
// is on which motor, and all stop.
func (e *Executor) clock(which int, t driver.Instant) {
	c := &e.others[which]
	if c.Advance(t) == nil {
		return
	}
	c.held = max(t, e.played).Add(retry)
	for i := range e.axes {
		e.axes[i].fail(t)
	}
}

// boost is the line for a higher voltage.
type boost struct {
	lines driver.Lines
	mask  uint32
	above float64
	on    bool
	held  driver.Instant // after a failure: not to be tried before
}

// set makes the line high or low.
func (b *boost) set(on bool) error {
	if b.lines == nil {
		return nil
	}
	word := uint32(0)
	if on {
		word = b.mask
	}
	err := b.lines.Write(word, b.mask)
	b.on = on || err != nil // a line that did not answer may be high
	return err
}

// supply gives the windings the voltage for what they do now.
func (e *Executor) supply() {
	if e.boost.lines == nil || !e.energised {
		return
	}
	want := false
	for i := range e.axes {
		a := &e.axes[i]
		want = want || a.coarse && math.Abs(a.report.Rate) >= e.boost.above*float64(a.stride)
	}
	if want == e.boost.on || e.played < e.boost.held || e.boost.set(want) == nil {
		return
	}
	e.boost.held = e.played.Add(retry)
	for i := range e.axes {
		e.axes[i].fail(e.played) // halts at the next Advance
	}
}
