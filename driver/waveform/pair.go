// SPDX-License-Identifier: GPL-3.0-or-later

package waveform

import (
	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/fault"
)

// Pair merges the windings of the one or two motors of a port into control
// words: the low motor's windings are the low bits of the word, the high
// motor's follow them. It is immutable.
type Pair struct {
	shift  uint      // of the high motor's bits
	period uint16    // slots, or parts of them, pause included
	parts  [2]uint16 // of period in the unit of each motor's on-times
	invert uint16    // bits to be complemented: both motors' or none
}

// NewPair returns the Pair of two tables, either of which may be nil when the
// port has no such motor. It returns fault.Invalid when both are nil or they
// cannot share a port.
func NewPair(low, high *Table) (Pair, error) {
	one := low
	if one == nil {
		one = high
	}
	switch {
	case one == nil:
		return Pair{}, fault.New(fault.Invalid, "waveform", "a port needs at least one motor")
	case low != nil && high != nil && low.windings != high.windings:
		return Pair{}, fault.New(fault.Invalid, "waveform", "motors on one port must have the same number of windings, not %d and %d", low.windings, high.windings)
	case low != nil && high != nil && (low.slots != high.slots || low.pause != high.pause):
		return Pair{}, fault.New(fault.Invalid, "waveform", "motors on one port must have the same pwm_slots and pwm_pause_slots, not %d+%d and %d+%d",
			low.slots, low.pause, high.slots, high.pause)
	case low != nil && high != nil && low.invert != high.invert:
		return Pair{}, fault.New(fault.Invalid, "waveform", "motors on one port must have the same invert_output")
	}
	p := Pair{shift: uint(one.windings)}
	for _, t := range []*Table{low, high} {
		if t != nil {
			p.period = max(p.period, uint16(t.Period()))
		}
	}
	for i, t := range []*Table{low, high} {
		if t != nil {
			p.parts[i] = p.period / uint16(t.Period()) // 1, or the parts of a slot
		}
	}
	if one.invert {
		// The lines of a motor that is wired but not configured must be off too.
		p.invert = 1<<(2*one.windings) - 1
	}
	return p, nil
}

// Combine returns the period in which the low motor has phase low and the high
// one phase high. All windings that are on go on together at the start of the
// period; one entry ends with each turn-off.
func (p Pair) Combine(low, high Phase) driver.Pattern {
	bits := [4]uint16{low.bits[0], low.bits[1], high.bits[0] << p.shift, high.bits[1] << p.shift}
	until := [4]uint16{
		low.until[0] * p.parts[0], low.until[1] * p.parts[0],
		high.until[0] * p.parts[1], high.until[1] * p.parts[1],
	}
	// Merge the two sorted pairs: first the smaller of each end, then the middle.
	if until[2] < until[0] {
		bits[0], bits[2], until[0], until[2] = bits[2], bits[0], until[2], until[0]
	}
	if until[3] < until[1] {
		bits[1], bits[3], until[1], until[3] = bits[3], bits[1], until[3], until[1]
	}
	if until[2] < until[1] {
		bits[1], bits[2], until[1], until[2] = bits[2], bits[1], until[2], until[1]
	}

	var out driver.Pattern
	word := bits[0] | bits[1] | bits[2] | bits[3]
	now := uint16(0)
	for i := range until {
		if until[i] > now {
			out.Slots[out.N] = driver.Slot{Word: word ^ p.invert, For: until[i] - now}
			out.N++
			now = until[i]
		}
		word &^= bits[i]
	}
	if now < p.period {
		out.Slots[out.N] = driver.Slot{Word: p.invert, For: p.period - now}
		out.N++
	}
	return out
}

// Off returns the period with all windings off.
func (p Pair) Off() driver.Pattern { return p.Combine(Phase{}, Phase{}) }
