// SPDX-License-Identifier: GPL-3.0-or-later

package mount

import (
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/fit"
)

// Aligning is how stars make a pointing model.
type Aligning struct {
	Mode               string  `toml:"mode" oneof:"auto,taki,rotation,fit" doc:"how a model is made of stars: taki (the matrix of the inits, as Scope II), rotation (the best fit without terms), fit (with all terms the stars can carry) or auto (by their number)"`
	Sync               string  `toml:"sync" oneof:"offset,point" doc:"whether a sync only moves the zero points of the axes (offset), or also adds the star to the points of the model (point)"`
	MaxDisagreementDeg float64 `toml:"max_disagreement_deg" range:"0.01..20" doc:"by how much the distance of two stars by the axes may differ from that on the sky, where nothing but the attitude is found"`
	RefuseBeyondArcmin float64 `toml:"refuse_beyond_arcmin" range:"0..1800" doc:"how far a new star may be from where a model of three stars or more has it, before it is taken for the wrong one; 0 accepts any"`
}

func (a Aligning) mode() fit.Mode {
	m, _ := fit.ParseMode(a.Mode) // checked with the configuration; Auto otherwise
	return m
}

func (a Aligning) refuseBeyond() model.Angle { return model.Arcmin(a.RefuseBeyondArcmin) }
