// SPDX-License-Identifier: GPL-3.0-or-later

package fit

import (
	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
)

// Sync returns p with the index that makes it right at o, and how far it was
// off there before. Beyond most it refuses: the error is fault.Refused, names
// star and distance, and p stays in force.
func Sync(p Parts, o Observation, s Setup, most model.Angle) (Parts, Residual, error) {
	misses, err := Misses(p, []Observation{o}, s)
	if err != nil {
		return p, Residual{}, err
	}
	off := misses[0]
	name := o.Name
	if name == "" {
		name = "the star"
	}
	chain := s.chain()
	if alt := o.HourDec().Horizontal(s.Latitude).Alt; alt < model.Degrees(-horizonSlop) {
		return p, off, fault.New(fault.Refused, opSync, "%s is %.1f° below the horizon: the wrong star, a wrong clock or a wrong place", name, -alt.Degrees())
	}
	if off.Distance > most {
		return p, off, fault.New(fault.Refused, opSync,
			"by the model the tube points %s from %s (at most %s): is it the right star? The model stays as it was", size(off.Distance), name, size(most))
	}
	seen := chain.Observed(o.HourDec())
	for range 3 { // the tables go by the reading, which the index moves
		m := p.build()
		side, _ := m.Side(o.Axes)
		p.Index = m.Sync(seen, o.Axes, side).Index
	}
	return p, off, p.Check()
}

const opSync = "sync"
