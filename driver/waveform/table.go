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

	"github.com/siderostep/siderostep/model"
)

// Phase is what one motor's windings do in one period: at most two of them
// are on, from the period's start until a slot each. The zero Phase has all
// windings off.
type Phase struct {
	bits  [2]uint16 // control word bits of a motor in the low half
	until [2]uint16 // slots each is on; the shorter one first
}

// On returns for how many slots of a period windings are on, both together.
func (p Phase) On() int { return int(p.until[0]) + int(p.until[1]) }

// Table holds every Phase of one motor. It is immutable.
type Table struct {
	windings   int
	microsteps int
	slots      int
	pause      int
	invert     bool
	phases     []Phase // one per microstep of the electrical cycle
	halfSteps  []Phase // one per half step of it, not modulated
}

// New returns the table c describes, or fault.Invalid.
func New(c Config) (*Table, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	t := &Table{
		windings: c.Windings, microsteps: c.Microsteps,
		slots: c.Slots, pause: c.Pause, invert: c.Invert,
		phases:    make([]Phase, 0, c.Windings*c.Microsteps),
		halfSteps: make([]Phase, 0, c.Windings*2),
	}
	leaving, approaching := c.Columns()
	for w := range c.Windings {
		left, next := c.line(w), c.line((w+1)%c.Windings)
		for k := range c.Microsteps {
			t.phases = append(t.phases, phase(
				left, c.trimmed(leaving[k], left),
				next, c.trimmed(approaching[k], next)))
		}
		t.halfSteps = append(t.halfSteps,
			phase(left, t.Period(), next, 0),
			phase(left, t.Period(), next, t.Period()))
	}
	return t, nil
}

// line returns which line, and so which bit, winding w of the sequence is on.
// Reversing exchanges a and c.
func (c *Config) line(w int) int {
	if c.Reverse && w%2 == 0 {
		return 2 - w
	}
	return w
}

// trimmed returns count scaled by the compensation of the line it is for. The
// original scales both windings by that of the one being left.
func (c *Config) trimmed(count, line int) int {
	if len(c.Compensation) == 0 {
		return count
	}
	// The tiny term keeps 100 × 0.29 from becoming 28.
	return int(math.Floor(float64(count)*c.Compensation[line] + 1e-9))
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

// Period returns the slots of one period, pause included.
func (t *Table) Period() int { return t.slots + t.pause }

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
