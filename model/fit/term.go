// SPDX-License-Identifier: GPL-3.0-or-later

package fit

import (
	"maps"
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

// The functions of which the effects along one axis are made. Z and A have
// their own: the same number stands for different ones.
const (
	one = iota
	sinZ
	cosZ
	sin2Z
	cos2Z
	side // 1 on the normal side, −1 through the pole
	own  // the rest belongs to one axis
)

const ( // along Z
	sec = own + iota // of A, kept finite at the pole, as tan is
	tan
	sinZTan
	cosZTan
	upZSec  // the zenith along growing Z
	upZTanZ // the same times the secant of the zenith distance
	upMSec  // the zenith along the tube
)

const ( // along A
	sinA = own + iota
	cosA
	sin2A
	cos2A
	upA     // the zenith along growing A
	upATanZ // the same times the secant of the zenith distance
	nod     // the zenith along a tube on the mount's equator, as a cosine of Z

	functions
)

// basis is the value of all functions at one position of the axes.
type basis struct{ z, a [functions]float64 }

const (
	capped   = 0.08715574274765817  // cos 85°: nearer the pole secant and tangent stop growing
	sideEdge = 0.008726535498373935 // sin ½°: how sharply the side changes at the pole
)

// overhead is the zenith in the mount frame, ready for use.
type overhead struct {
	up         model.Vec
	nodX, nodY float64
}

func overheadOf(up model.Vec) overhead {
	o := overhead{up: up}
	if flat := math.Hypot(up[0], up[1]); flat > 1e-3 {
		o.nodX, o.nodY = up[0]/flat, up[1]/flat
	}
	return o
}

// at fills b with the basis at axes, faultless ones.
func (o *overhead) at(axes model.Axes, b *basis) {
	sz, cz := axes.Z.SinCos()
	sa, ca := axes.A.SinCos()
	s := ca / max(ca*ca, capped*capped)
	t := sa * s
	up := &o.up
	level := up[0]*cz - up[1]*sz
	z := -up[0]*sz - up[1]*cz
	a := up[2]*ca - sa*level
	m := up[2]*sa + ca*level
	k := 1 / max(m, capped)
	flip := ca / math.Sqrt(ca*ca+sideEdge*sideEdge)
	s2, c2 := 2*sz*cz, 1-2*sz*sz
	bz, ba := &b.z, &b.a
	bz[one], bz[sinZ], bz[cosZ], bz[sin2Z], bz[cos2Z], bz[side] = 1, sz, cz, s2, c2, flip
	ba[one], ba[sinZ], ba[cosZ], ba[sin2Z], ba[cos2Z], ba[side] = 1, sz, cz, s2, c2, flip
	bz[sec], bz[tan], bz[sinZTan], bz[cosZTan] = s, t, sz*t, cz*t
	bz[upZSec], bz[upZTanZ], bz[upMSec] = z*s, z*s*k, m*s
	ba[sinA], ba[cosA], ba[sin2A], ba[cos2A] = sa, ca, 2*sa*ca, 1-2*sa*sa
	ba[upA], ba[upATanZ], ba[nod] = a, a*k, o.nodX*cz-o.nodY*sz
}

// part is a function and its sign; a sign of 0 is no part.
type part struct {
	function int
	sign     float64
}

// effect is what a unit of a term adds to what the axes read to make it true.
type effect struct{ z, a part }

// of returns the effect where the basis is b.
func (e *effect) of(b *basis) (z, a float64) {
	return e.z.sign * b.z[e.z.function], e.a.sign * b.a[e.a.function]
}

var effects = map[Term]effect{
	IH: {z: part{one, 1}},
	IA: {z: part{one, 1}},
	ID: {a: part{one, 1}},
	IE: {a: part{one, 1}},

	CH:   {z: part{sec, 1}},
	CA:   {z: part{sec, -1}},
	NP:   {z: part{tan, 1}},
	NPAE: {z: part{tan, -1}},

	ME: {part{sinZTan, 1}, part{cosZ, 1}},
	MA: {part{cosZTan, -1}, part{sinZ, 1}},
	AN: {part{sinZTan, -1}, part{cosZ, -1}},
	AW: {part{cosZTan, -1}, part{sinZ, 1}},

	TF:  {part{upZSec, -1}, part{upA, -1}},
	TX:  {part{upZTanZ, -1}, part{upATanZ, -1}},
	FO:  {a: part{nod, 1}},
	DAF: {z: part{upMSec, -1}},

	HCES: {z: part{sinZ, 1}},
	HCEC: {z: part{cosZ, 1}},
	ACES: {z: part{sinZ, 1}},
	ACEC: {z: part{cosZ, 1}},
	DCES: {a: part{sinA, 1}},
	DCEC: {a: part{cosA, 1}},
	ECES: {a: part{sinA, 1}},
	ECEC: {a: part{cosA, 1}},

	HHSH2: {z: part{sin2Z, 1}},
	HHCH2: {z: part{cos2Z, 1}},
	HDSH2: {a: part{sin2Z, 1}},
	HDCH2: {a: part{cos2Z, 1}},
	HDSD2: {a: part{sin2A, 1}},
	HDCD2: {a: part{cos2A, 1}},

	PZ: {z: part{side, -1}},
	PA: {a: part{side, -1}},
}

// linearTerms are the names of all linear terms, sorted; termNumbers gives their
// places there.
var (
	linearTerms = slices.Sorted(maps.Keys(effects))
	termNumbers = numbered(linearTerms)
)

// linearCount is the number of linear terms.
const linearCount = 32

func numbered(terms []Term) map[Term]int {
	if len(terms) != linearCount {
		panic("fit: the linear terms are miscounted")
	}
	at := make(map[Term]int, len(terms))
	for i, t := range terms {
		at[t] = i
	}
	return at
}

// LinearTerms returns the names of all linear terms, sorted.
func LinearTerms() []Term { return slices.Clone(linearTerms) }

// Known reports whether t names a term.
func (t Term) Known() bool {
	switch t {
	case Attitude, Z1, Z2, Z3:
		return true
	}
	return t.linear()
}

// linear reports whether t names a linear term.
func (t Term) linear() bool {
	_, ok := effects[t]
	return ok
}

// Coefficient is a linear term and its size.
type Coefficient struct {
	Term  Term        `json:"term"`
	Value model.Angle `json:"rad"`
}

// Linear is the sum of linear terms: the pointing.Correction nearest the sky.
type Linear struct {
	above overhead
	sum   basis // by how much every function counts
}

// NewLinear returns the sum of the terms; up is the zenith in the mount frame.
// Unknown terms count nothing: Parts.Check refuses them.
func NewLinear(up model.Vec, terms []Coefficient) *Linear {
	l := &Linear{above: overheadOf(up)}
	for _, c := range terms {
		l.add(effects[c.Term], float64(c.Value))
	}
	return l
}

// add adds an effect times value.
func (l *Linear) add(e effect, value float64) {
	l.sum.z[e.z.function] += e.z.sign * value
	l.sum.a[e.a.function] += e.a.sign * value
}

// At returns true minus raw at axes.
func (l *Linear) At(axes model.Axes) model.Axes {
	var b basis
	l.above.at(axes, &b)
	var z, a float64
	for i := range b.z {
		z += l.sum.z[i] * b.z[i]
		a += l.sum.a[i] * b.a[i]
	}
	return model.Axes{Z: model.Angle(z), A: model.Angle(a)}
}
