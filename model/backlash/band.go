// SPDX-License-Identifier: GPL-3.0-or-later

// Package backlash models the dead band in one axis's gear train.
//
// A motor that reverses turns through the dead band before the tube follows.
// A Band remembers how much of it is taken up, so that the motor's angle tells
// the tube's; a Heading tells when an axis has reversed.
//
// All quantities are angles of the axis, or anything else that motor and tube
// are measured in alike; positive is the motor's clockwise sense. Pure and
// unsynchronised: the mount's control loop owns each Band.
//
// Source: Scope II manual, "Setting Backlash Values".
package backlash

import "github.com/siderostep/siderostep/model"

// Band is the dead band of one axis. The tube stands at the motor's angle plus
// the part that is taken up: 0 when the motor drives clockwise, the full width
// when it drives counter-clockwise. The zero Band has no backlash.
type Band struct {
	width    model.Angle // ≥ 0
	opposite bool
	taken    model.Angle // 0 to width
}

// New returns a Band of a width. A negative width exchanges the two
// directions: to take it up the motor turns the way it came, as where a spring
// or a weight carries the tube through the play. A motor's angle alone does not
// tell how much of such a band is taken up; see Set.
func New(width model.Angle) Band { return Band{width: width.Abs(), opposite: width < 0} }

// Width returns the full dead band, negative when its directions are
// exchanged.
func (b *Band) Width() model.Angle {
	if b.opposite {
		return -b.width
	}
	return b.width
}

// Opposite reports whether the directions are exchanged.
func (b *Band) Opposite() bool { return b.opposite }

// Taken returns the part that is taken up: 0 to the width's amount.
func (b *Band) Taken() model.Angle { return b.taken }

// Set says that a part is taken up; what is beyond the band counts as its end.
func (b *Band) Set(taken model.Angle) { b.taken = min(max(taken, 0), b.width) }

// Wanted returns the part that is to be taken up for the motor to drive the
// tube, clockwise or counter-clockwise.
func (b *Band) Wanted(clockwise bool) model.Angle {
	if clockwise == b.opposite {
		return b.width
	}
	return 0
}

// Turn records that the motor turned by n, of either sign, and returns how
// much of it reached the tube. It conserves motion: the result differs from n
// only by the change in the taken-up part of the band. An opposite band stays
// as it is, and all of n reaches the tube.
func (b *Band) Turn(n model.Angle) (tube model.Angle) {
	if b.opposite {
		return n
	}
	left := b.taken - n
	b.Set(left)
	return b.taken - left
}
