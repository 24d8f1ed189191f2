// SPDX-License-Identifier: GPL-3.0-or-later

package waveform

import (
	"math"

	"github.com/siderostep/siderostep/model"
)

// Hold returns the windings for a motor that stands at n microsteps with a
// reduced current: those of Phase(n), each on for the given share, 0 to 1, of
// its time. The ratio of the two currents stays, and so does the rotor, as
// far as the load lets it. Share 0 is all off, and so is one that is not a
// number; more than 1 counts as 1.
//
// Source: stepper-core §1.5, hold and power-down.
func (t *Table) Hold(n model.Microsteps, share float64) Phase {
	p := t.Phase(n)
	if !(share > 0) {
		return Phase{}
	}
	share = min(share, 1)
	for i, until := range p.until {
		p.until[i] = uint16(math.Round(float64(until) * share))
		if p.until[i] == 0 {
			p.bits[i] = 0
		}
	}
	return p
}

// OnFullStep reports whether n microsteps is a full step: the place of one
// winding alone, and of the rotor's own magnet. Anywhere else the rotor
// relaxes by up to half a full step when its current is cut; here by no more
// than the quarter-step correction of a0, b0, c0 or d0.
func (t *Table) OnFullStep(n model.Microsteps) bool { return modulo(n, t.microsteps) == 0 }
