// SPDX-License-Identifier: GPL-3.0-or-later

package drivertest

import (
	"math"

	"github.com/siderostep/siderostep/driver"
)

// Rotor is a driver.Windings with an ideal motor on each half of its word:
// the rotor points where the field does, and follows it the short way. It
// tells a test what a control word means, independently of how it was made.
type Rotor struct {
	windings int
	invert   bool
	motors   [2]struct {
		turned float64 // full steps since the first field
		field  float64 // its direction, full steps within the cycle
		seen   bool
		on     bool
	}

	Patterns int            // periods driven
	Jumps    int            // fields that turned by more than a full step at once
	Last     driver.Instant // of the latest pattern
	Back     int            // patterns before the one preceding them
}

// NewRotor returns rotors for motors with so many windings.
func NewRotor(windings int, invert bool) *Rotor { return &Rotor{windings: windings, invert: invert} }

// Drive turns the rotors.
func (r *Rotor) Drive(at driver.Instant, p *driver.Pattern) error {
	r.Patterns++
	if at < r.Last {
		r.Back++
	}
	r.Last = at
	for half := range r.motors {
		r.turn(half, p)
	}
	return nil
}

// turn follows the mean field of one motor over the period.
func (r *Rotor) turn(half int, p *driver.Pattern) {
	m := &r.motors[half]
	var x, y float64
	m.on = false
	for _, s := range p.Slots[:p.N] {
		word := s.Word
		if r.invert {
			word = ^word
		}
		for w := range r.windings {
			if word>>(half*r.windings+w)&1 == 0 {
				continue
			}
			m.on = true
			sin, cos := math.Sincos(2 * math.Pi * float64(w) / float64(r.windings))
			x += cos * float64(s.For)
			y += sin * float64(s.For)
		}
	}
	if !m.on {
		return // where it was
	}
	cycle := float64(r.windings)
	field := math.Atan2(y, x) / (2 * math.Pi) * cycle
	if !m.seen {
		m.seen, m.field, m.turned = true, field, 0
		return
	}
	by := math.Remainder(field-m.field, cycle)
	if math.Abs(by) > 1+1e-6 {
		r.Jumps++
	}
	m.turned += by
	m.field = field
}

// FullSteps returns how far the rotor on a half has turned since its windings
// first came on.
func (r *Rotor) FullSteps(half int) float64 { return r.motors[half].turned }

// Energised reports whether any winding is on.
func (r *Rotor) Energised() bool { return r.motors[0].on || r.motors[1].on }
