// SPDX-License-Identifier: GPL-3.0-or-later

package backlash

import "github.com/siderostep/siderostep/model"

// Sense is the direction of motion.
type Sense int8

// The senses.
const (
	CounterClockwise Sense = -1
	Unknown          Sense = 0 // not moved yet
	Clockwise        Sense = 1
)

// Heading tells which way an axis goes. To and fro within Play is noise, and
// changes nothing. The zero Heading has not moved; give it a Play.
type Heading struct {
	Play model.Angle // motion back by more than this is a reversal, ≥ 0

	sense     Sense
	known     bool
	low, high model.Angle // of the axis since it last turned over
}

// Sense returns the way the axis goes.
func (h *Heading) Sense() Sense { return h.sense }

// Follow records where the axis is, and reports whether it now goes another
// way than before.
func (h *Heading) Follow(at model.Angle) (reversed bool) {
	if !h.known {
		h.known, h.low, h.high = true, at, at
	}
	h.low, h.high = min(h.low, at), max(h.high, at)
	up := h.sense != Clockwise && at-h.low > h.Play
	down := h.sense != CounterClockwise && h.high-at > h.Play
	switch {
	case up:
		h.sense = Clockwise
	case down:
		h.sense = CounterClockwise
	default:
		return false
	}
	h.low, h.high = at, at
	return true
}

// Carry takes no account of a motion by an angle: the axis was named anew, or
// moved in a way that does not count.
func (h *Heading) Carry(by model.Angle) {
	h.low += by
	h.high += by
}

// Forget takes the axis as not moved yet.
func (h *Heading) Forget() { *h = Heading{Play: h.Play} }
