// SPDX-License-Identifier: GPL-3.0-or-later

// Package waveform turns a motor's count of microsteps into control words.
//
// A stepper's rotor settles between the windings that carry current. A full
// step has one winding on; between two full steps the winding being left and
// the one being approached share the current by pulse-width modulation: each
// is on for the first so many slots of a period. The order of windings is a,
// b, c, d, each one full step further clockwise; bit 0 of the control word is
// winding a.
//
// A Table knows one motor; a Pair merges the two motors of one port.
//
// Source: Scope II source and manual; stepper-core §1.
package waveform

import (
	"math"
	"slices"

	"github.com/siderostep/siderostep/model"
)

// Phase is what one motor's windings do in one period: at most two of them
// are on, from the period's start until a slot each. The zero Phase has all
// windings off.
type Phase struct {
	bits  [2]uint16 // control word bits of a motor in the low half
	until [2]uint16 // slots, or parts of them, each is on; the shorter one first
}

// On returns for how much of a period windings are on, both together, in the
// units of Table.Period.
func (p Phase) On() int { return int(p.until[0]) + int(p.until[1]) }

// Table holds every Phase of one motor. It is immutable.
type Table struct {
	windings   int
	microsteps int
	slots      int
	pause      int
	fine       int // parts of a slot in which on-times are counted
	invert     bool
	phases     []Phase // one per microstep of the electrical cycle
	halfSteps  []Phase // one per half step of it, not modulated
}

// finest is the longest period in parts of slots. Two motors on a port have
// the same slots and pause, and so the same parts.
const finest = 60000

// New returns the table c describes, or fault.Invalid.
func New(c Config) (*Table, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	t := &Table{
		windings: c.Windings, microsteps: c.Microsteps,
		slots: c.Slots, pause: c.Pause, fine: 1, invert: c.Invert,
		phases:    make([]Phase, c.Windings*c.Microsteps),
		halfSteps: make([]Phase, c.Windings*2),
	}
	scale, qsc := c.scale(), correction(c.Correction)
	if scale != 1 || qsc.used() {
		// Whole slots would be too coarse: 4 % of 100 of them are four levels.
		t.fine = finest / (c.Slots + c.Pause)
	}
	curve, unit := newCurve(c), scale*float64(t.fine)
	for n := range t.phases {
		at := float64(n)
		if qsc.used() {
			at = qsc.electrical(at/float64(c.Microsteps)) * float64(c.Microsteps)
		}
		w, leaving, approaching := curve.at(at)
		left, next := c.line(w), c.line((w+1)%c.Windings)
		t.phases[n] = phase(left, c.on(leaving*unit, left), next, c.on(approaching*unit, next))
	}
	for i := range t.halfSteps {
		left, next := c.line(i/2), c.line((i/2+1)%c.Windings)
		t.halfSteps[i] = phase(left, t.Period(), next, i%2*t.Period())
	}
	return t, nil
}

// curve gives the counts at any electrical position, by straight lines
// between the microsteps.
type curve struct {
	windings, microsteps int
	leaving, approaching []int // with the end of the full step, where the next winding has taken over
}

func newCurve(c Config) curve {
	leaving, approaching := c.Columns()
	return curve{
		windings: c.Windings, microsteps: c.Microsteps,
		leaving:     append(slices.Clip(leaving), 0),
		approaching: append(slices.Clip(approaching), leaving[0]),
	}
}

// at returns the winding being left at n microsteps, of any sign, and the
// counts for it and the next.
func (v curve) at(n float64) (winding int, leaving, approaching float64) {
	whole := math.Floor(n)
	part := n - whole
	i := modulo(model.Microsteps(whole), v.windings*v.microsteps)
	k := i % v.microsteps
	between := func(column []int) float64 {
		return float64(column[k])*(1-part) + float64(column[k+1])*part
	}
	return i / v.microsteps, between(v.leaving), between(v.approaching)
}

// line returns which line, and so which bit, winding w of the sequence is on.
// Reversing exchanges a and c.
func (c *Config) line(w int) int {
	if c.Reverse && w%2 == 0 {
		return 2 - w
	}
	return w
}

// on returns for how long a line is on: a count of parts of slots, whole
// ones, trimmed by the compensation of the line it is for. The original trims
// both windings by the value of the one being left.
func (c *Config) on(parts float64, line int) int {
	if len(c.Compensation) != 0 {
		parts *= c.Compensation[line]
	}
	// The tiny term keeps 100 × 0.29 from becoming 28.
	return int(math.Floor(parts + 1e-9))
}

func phase(lineA, untilA, lineB, untilB int) Phase {
	if untilA > untilB {
		lineA, untilA, lineB, untilB = lineB, untilB, lineA, untilA
	}
	var p Phase
	if untilA > 0 {
		p.bits[0], p.until[0] = 1<<lineA, uint16(untilA)
	}
	if untilB > 0 {
		p.bits[1], p.until[1] = 1<<lineB, uint16(untilB)
	}
	return p
}

// Microsteps returns the microsteps per full step.
func (t *Table) Microsteps() int { return t.microsteps }

// Windings returns the number of the motor's windings.
func (t *Table) Windings() int { return t.windings }

// Period returns the length of one period, pause included: in slots, or in
// equal parts of a slot when a wanted current or a correction needs them.
func (t *Table) Period() int { return (t.slots + t.pause) * t.fine }

// Phase returns the windings for a count of n microsteps. Counts that differ
// by a multiple of Microsteps·Windings have the same windings.
func (t *Table) Phase(n model.Microsteps) Phase {
	return t.phases[modulo(n, len(t.phases))]
}

// HalfStep returns the windings for the half step nearest to n microsteps,
// halves upward: one winding or two, on for all of the period, pause
// included, so at full current.
func (t *Table) HalfStep(n model.Microsteps) Phase {
	size := model.Microsteps(t.microsteps / 2)
	i := floorDiv(2*n+size, 2*size)
	return t.halfSteps[modulo(i, len(t.halfSteps))]
}

func modulo(n model.Microsteps, m int) int {
	r := int(n % model.Microsteps(m))
	if r < 0 {
		r += m
	}
	return r
}

func floorDiv(a, b model.Microsteps) model.Microsteps {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
