// SPDX-License-Identifier: GPL-3.0-or-later

package fit

import (
	"math"
	"slices"

	"github.com/siderostep/siderostep/model"
)

// Term names one fault of a mount. Each follows the rule true = raw + value ×
// effect. The names are those of the pointing literature; where the usage for
// alt-azimuth mounts differs, both names are known.
type Term string

// Terms of the fit itself, exact.
const (
	Attitude Term = "attitude" // how the mount stands: three angles
	Z1       Term = "Z1"       // axes not perpendicular
	Z2       Term = "Z2"       // collimation
	Z3       Term = "Z3"       // zero point of axis A
)

// Linear terms. Those of the first block say to first order what Attitude,
// Z1, Z2 and Z3 say exactly; they are for a fit that holds the attitude.
const (
	IH, ID   Term = "IH", "ID"   // zero points of Z and A
	IA, IE   Term = "IA", "IE"   // the same of an alt-azimuth mount
	CH, NP   Term = "CH", "NP"   // collimation (−Z2), axes not perpendicular (Z1)
	CA, NPAE Term = "CA", "NPAE" // Z2, −Z1
	ME, MA   Term = "ME", "MA"   // polar axis too low, too far east
	AN, AW   Term = "AN", "AW"   // vertical axis tilted north, west

	TF  Term = "TF"  // the tube droops with the sine of the zenith distance
	TX  Term = "TX"  // the tube droops with its tangent
	FO  Term = "FO"  // the fork nods
	DAF Term = "DAF" // the declination axis bends

	HCES, HCEC Term = "HCES", "HCEC" // gear of axis Z off centre
	ACES, ACEC Term = "ACES", "ACEC"
	DCES, DCEC Term = "DCES", "DCEC" // gear or circle of axis A off centre
	ECES, ECEC Term = "ECES", "ECEC"

	HHSH2, HHCH2 Term = "HHSH2", "HHCH2" // axis Z twice a turn
	HDSH2, HDCH2 Term = "HDSH2", "HDCH2" // axis A against twice Z: uneven bearing of the base
	HDSD2, HDCD2 Term = "HDSD2", "HDCD2" // axis A twice a turn

	PZ, PA Term = "PZ", "PA" // zero points through the pole, opposite on the normal side
)

// basis is what the effects are made of, at one position of the axes.
type basis struct {
	sinZ, cosZ, sinA, cosA float64
	sec, tan               float64 // of A, kept finite at the pole
	upZ, upA, upM          float64 // the zenith along growing Z, growing A and the tube
	nod                    float64 // the zenith along a tube on the mount's equator, as a cosine of Z
	side                   float64 // 1 on the normal side, −1 through the pole
}

const (
	capped   = 0.08715574274765817  // cos 85°: nearer the pole secant and tangent stop growing
	sideEdge = 0.008726535498373935 // sin ½°: how sharply the side changes at the pole
)

// basisAt returns the basis at axes, faultless ones; up is the zenith in the
// mount frame.
func basisAt(axes model.Axes, up model.Vec) basis {
	var b basis
	b.sinZ, b.cosZ = axes.Z.SinCos()
	b.sinA, b.cosA = axes.A.SinCos()
	b.sec = b.cosA / max(b.cosA*b.cosA, capped*capped)
	b.tan = b.sinA * b.sec
	tube := model.Vec{b.cosA * b.cosZ, -b.cosA * b.sinZ, b.sinA}
	b.upM = up.Dot(tube)
	b.upA = up.Dot(model.Vec{-b.sinA * b.cosZ, b.sinA * b.sinZ, b.cosA})
	b.upZ = up.Dot(model.Vec{-b.sinZ, -b.cosZ, 0})
	if flat := math.Hypot(up[0], up[1]); flat > 1e-3 {
		b.nod = (up[0]*b.cosZ - up[1]*b.sinZ) / flat
	}
	b.side = b.cosA / math.Hypot(b.cosA, sideEdge)
	return b
}

// effects gives, for every linear term, what a unit of it adds to what the
// axes read to make it true.
var effects = map[Term]func(basis) (z, a float64){
	IH: func(basis) (z, a float64) { return 1, 0 },
	IA: func(basis) (z, a float64) { return 1, 0 },
	ID: func(basis) (z, a float64) { return 0, 1 },
	IE: func(basis) (z, a float64) { return 0, 1 },

	CH:   func(b basis) (z, a float64) { return b.sec, 0 },
	CA:   func(b basis) (z, a float64) { return -b.sec, 0 },
	NP:   func(b basis) (z, a float64) { return b.tan, 0 },
	NPAE: func(b basis) (z, a float64) { return -b.tan, 0 },

	ME: func(b basis) (z, a float64) { return b.sinZ * b.tan, b.cosZ },
	MA: func(b basis) (z, a float64) { return -b.cosZ * b.tan, b.sinZ },
	AN: func(b basis) (z, a float64) { return -b.sinZ * b.tan, -b.cosZ },
	AW: func(b basis) (z, a float64) { return -b.cosZ * b.tan, b.sinZ },

	TF: func(b basis) (z, a float64) { return -b.upZ * b.sec, -b.upA },
	TX: func(b basis) (z, a float64) {
		k := 1 / max(b.upM, capped)
		return -b.upZ * b.sec * k, -b.upA * k
	},
	FO:  func(b basis) (z, a float64) { return 0, b.nod },
	DAF: func(b basis) (z, a float64) { return -b.upM * b.sec, 0 },

	HCES: func(b basis) (z, a float64) { return b.sinZ, 0 },
	HCEC: func(b basis) (z, a float64) { return b.cosZ, 0 },
	ACES: func(b basis) (z, a float64) { return b.sinZ, 0 },
	ACEC: func(b basis) (z, a float64) { return b.cosZ, 0 },
	DCES: func(b basis) (z, a float64) { return 0, b.sinA },
	DCEC: func(b basis) (z, a float64) { return 0, b.cosA },
	ECES: func(b basis) (z, a float64) { return 0, b.sinA },
	ECEC: func(b basis) (z, a float64) { return 0, b.cosA },

	HHSH2: func(b basis) (z, a float64) { return 2 * b.sinZ * b.cosZ, 0 },
	HHCH2: func(b basis) (z, a float64) { return 1 - 2*b.sinZ*b.sinZ, 0 },
	HDSH2: func(b basis) (z, a float64) { return 0, 2 * b.sinZ * b.cosZ },
	HDCH2: func(b basis) (z, a float64) { return 0, 1 - 2*b.sinZ*b.sinZ },
	HDSD2: func(b basis) (z, a float64) { return 0, 2 * b.sinA * b.cosA },
	HDCD2: func(b basis) (z, a float64) { return 0, 1 - 2*b.sinA*b.sinA },

	PZ: func(b basis) (z, a float64) { return -b.side, 0 },
	PA: func(b basis) (z, a float64) { return 0, -b.side },
}

// LinearTerms returns the names of all linear terms, sorted.
func LinearTerms() []Term {
	names := make([]Term, 0, len(effects))
	for name := range effects {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Known reports whether t names a term.
func (t Term) Known() bool {
	switch t {
	case Attitude, Z1, Z2, Z3:
		return true
	}
	return effects[t] != nil
}

// Coefficient is a linear term and its size.
type Coefficient struct {
	Term  Term        `json:"term"`
	Value model.Angle `json:"rad"`
}

// Linear is the sum of linear terms: the pointing.Correction nearest the sky.
type Linear struct {
	up    model.Vec
	terms []weighted
}

type weighted struct {
	value  float64
	effect func(basis) (z, a float64)
}

// NewLinear returns the sum of the terms; up is the zenith in the mount frame.
// Unknown terms count nothing: Parts.Check refuses them.
func NewLinear(up model.Vec, terms []Coefficient) *Linear {
	l := &Linear{up: up}
	for _, c := range terms {
		if effect := effects[c.Term]; effect != nil && c.Value != 0 {
			l.terms = append(l.terms, weighted{float64(c.Value), effect})
		}
	}
	return l
}

// At returns true minus raw at axes.
func (l *Linear) At(axes model.Axes) model.Axes {
	b := basisAt(axes, l.up)
	var z, a float64
	for _, t := range l.terms {
		dz, da := t.effect(b)
		z += t.value * dz
		a += t.value * da
	}
	return model.Axes{Z: model.Angle(z), A: model.Angle(a)}
}
