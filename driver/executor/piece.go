// SPDX-License-Identifier: GPL-3.0-or-later

package executor

import (
	"math"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/model"
)

// piece is a part of a motion in which the axis turns one way only and steps
// by the same amount, so that the steps in it can be counted beforehand and
// each found by Newton's method from the one before.
//
// With τ the seconds since the motion's start and positions reckoned from
// its P, the curve is τ·(v + τ·(h + τ·k)).
type piece struct {
	v, h, k  float64
	bend     float64 // the greatest |second derivative|/2 in the piece
	from, to float64 // τ
	start    driver.Instant
	end      driver.Instant // of the piece: when to is past
	dir      model.Microsteps

	// Of the steps in the piece: the count before them, and how far, in
	// microsteps, that is from the motion's P.
	count  model.Microsteps
	origin float64

	// The finder's memory: τ of the latest step, the interval before it, and
	// the one to expect after it.
	tau, gap, step float64
}

// shortest is the least time, s, between the ends of a piece. Two turning
// points closer together move the motor by nothing.
const shortest = 1e-9

// newPiece returns the piece of m that begins at instant t, when count
// microsteps have been emitted. It ends at m's end, at a reversal, or where
// |rate| passes level (if level > 0).
func newPiece(m *motion, t driver.Instant, count model.Microsteps, level float64) piece {
	p := piece{
		v: m.V, h: m.A / 2, k: m.J / 6, start: m.Start, end: m.end,
		count: count, origin: (driver.Position(count)<<32 - m.P).Microsteps(),
	}
	p.from = t.Sub(m.Start).Seconds()
	p.tau = p.from
	if m.end == never { // at rest
		p.to = math.Inf(1)
		return p
	}
	p.to = m.end.Sub(m.Start).Seconds()
	earliest := p.from + shortest
	split := p.rateIs(0, earliest)
	if level > 0 {
		split = min(split, p.rateIs(level, earliest), p.rateIs(-level, earliest))
	}
	if split < p.to {
		p.to = split
		p.end = min(p.end, m.Start+driver.Instant(math.Ceil(split*1e9)))
	}
	switch rate := p.rate((p.from + p.to) / 2); {
	case rate > 0:
		p.dir = 1
	case rate < 0:
		p.dir = -1
	}
	p.bend = max(math.Abs(p.h+3*p.k*p.from), math.Abs(p.h+3*p.k*p.to))
	return p
}

// at returns the position at τ, from the motion's P.
func (p *piece) at(tau float64) float64 { return tau * (p.v + tau*(p.h+tau*p.k)) }

// rate returns the rate at τ.
func (p *piece) rate(tau float64) float64 { return p.v + tau*(2*p.h+tau*3*p.k) }

// rateIs returns the first τ after from at which the rate is w, or +Inf.
func (p *piece) rateIs(w, from float64) float64 {
	a, b, c := 3*p.k, 2*p.h, p.v-w // a·τ² + b·τ + c
	first := math.Inf(1)
	if a == 0 {
		if b != 0 {
			if root := -c / b; root > from {
				first = root
			}
		}
		return first
	}
	disc := b*b - 4*a*c
	if disc < 0 {
		return first
	}
	q := -(b + math.Copysign(math.Sqrt(disc), b)) / 2
	if root := q / a; root > from {
		first = root
	}
	if q != 0 {
		if root := c / q; root > from && root < first {
			first = root
		}
	}
	return first
}
