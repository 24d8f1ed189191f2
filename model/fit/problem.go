// SPDX-License-Identifier: GPL-3.0-or-later

package fit

import (
	"math"

	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/pointing"
)

// sighting is an observation ready for the fit.
type sighting struct {
	sky   model.Vec // observed direction, local equatorial frame
	axes  model.Axes
	sigma float64 // radians, drive included
}

// Prior says what is known of a term before any star: a mean and a standard
// deviation. Sigma 0 means nothing is known.
type Prior struct {
	Mean, Sigma model.Angle
}

// guess is a model under way: attitude, Z1 Z2 Z3 and linear terms, by number.
type guess struct {
	attitude model.Mat
	z        [3]float64
	linear   [linearCount]float64
}

func (g *guess) errors() pointing.Errors {
	return pointing.Errors{Z1: model.Angle(g.z[0]), Z2: model.Angle(g.z[1]), Z3: model.Angle(g.z[2])}
}

func (g *guess) value(t Term) float64 {
	switch t {
	case Z1:
		return g.z[0]
	case Z2:
		return g.z[1]
	case Z3:
		return g.z[2]
	}
	return g.linear[termNumbers[t]]
}

func (g *guess) add(t Term, by float64) {
	switch t {
	case Z1:
		g.z[0] += by
	case Z2:
		g.z[1] += by
	case Z3:
		g.z[2] += by
	default:
		g.linear[termNumbers[t]] += by
	}
}

// problem is a set of stars and the terms that are to explain them.
type problem struct {
	stars  []sighting
	terms  []Term // free ones; Attitude stands for three parameters
	priors map[Term]Prior
	zenith model.Vec // local equatorial frame
}

// count returns the number of free parameters.
func (p *problem) count() int {
	n := 0
	for _, t := range p.terms {
		n += t.parameters()
	}
	return n
}

// parts returns the guess as a model.
func (p *problem) parts(g guess) Parts {
	parts := Parts{Attitude: g.attitude, Errors: g.errors(), Zenith: g.attitude.Apply(p.zenith).Unit()}
	parts.Linear = g.coefficients()
	return parts
}

// coefficients returns the linear terms that are not zero.
func (g *guess) coefficients() (out []Coefficient) {
	for i, v := range g.linear {
		if v != 0 {
			out = append(out, Coefficient{linearTerms[i], model.Angle(v)})
		}
	}
	return out
}

// miss is how far one star stands from where the guess expects it, in the
// star's own standard deviations, and how each parameter changes that: along
// growing Z and along growing A.
type miss struct {
	r   [2]float64
	row [2][]float64
}

// tube is the direction of the tube in the mount frame and how it changes
// with the axes, Z1 and Z2. Source: Taki 5.3-1.
type tube struct {
	is, perZ, perA, perZ1, perZ2 model.Vec
	up                           model.Vec // along growing A of a mount without Z1 and Z2
	through                      bool
}

func (g *guess) tubeAt(ideal model.Axes) (t tube) {
	sinZ, cosZ := ideal.Z.SinCos()
	sin, cos := ideal.A.SinCos()
	s1, c1 := math.Sincos(g.z[0])
	s2, c2 := math.Sincos(g.z[1])
	turned := func(ahead, left, up float64) model.Vec {
		return model.Vec{cosZ*ahead + sinZ*left, -sinZ*ahead + cosZ*left, up}
	}
	t.is = turned(cos*c2, c1*s2-sin*s1*c2, sin*c1*c2+s1*s2)
	t.perZ = model.Vec{t.is[1], -t.is[0], 0}
	t.perA = turned(-sin*c2, -cos*s1*c2, cos*c1*c2)
	t.perZ1 = turned(0, -s1*s2-sin*c1*c2, c1*s2-sin*s1*c2)
	t.perZ2 = turned(-cos*s2, c1*c2+sin*s1*s2, s1*c2-sin*c1*s2)
	t.up = model.Vec{-sin * cosZ, sin * sinZ, cos}
	t.through = cos < 0
	return t
}

// misses evaluates the guess at every star.
func (p *problem) misses(g guess) []miss {
	bent := NewLinear(g.attitude.Apply(p.zenith).Unit(), g.coefficients())
	straight := pointing.New(model.Identity(), pointing.Errors{Z3: model.Angle(g.z[2])}, model.Axes{})
	full := straight.WithCorrections(bent)
	own := make([]effect, len(p.terms))
	for i, t := range p.terms {
		own[i] = effects[t]
	}
	n := p.count()
	cells := make([]float64, 2*n*len(p.stars))
	out := make([]miss, len(p.stars))
	var b basis
	for i := range p.stars {
		s := &p.stars[i]
		want := g.attitude.Apply(s.sky)
		ideal := full.Ideal(s.axes)
		tube := g.tubeAt(ideal)
		k := 1 / s.sigma

		// The cross-hair of the tube, square to it: along Z and along A.
		up := tube.up.Sub(tube.is.Scale(tube.up.Dot(tube.is))).Unit()
		along := tube.is.Cross(up) // clockwise on the normal side
		if tube.through {
			along = along.Scale(-1) // growing Z moves a tube through the pole the other way
		}
		up, along = up.Scale(k), along.Scale(k)
		off := tube.is.Sub(want)
		m := &out[i]
		m.r = [2]float64{off.Dot(along), off.Dot(up)}
		for c := range m.row {
			m.row[c] = cells[(2*i+c)*n : (2*i+c+1)*n : (2*i+c+1)*n]
		}
		bent.above.at(ideal, &b)
		zAlong, zUp := tube.perZ.Dot(along), tube.perZ.Dot(up)
		aAlong, aUp := tube.perA.Dot(along), tube.perA.Dot(up)
		j := 0
		put := func(d model.Vec) {
			m.row[0][j], m.row[1][j] = d.Dot(along), d.Dot(up)
			j++
		}
		for x, t := range p.terms {
			switch t {
			case Attitude: // want turns with the attitude: by ω × want
				byZ, byA := along.Cross(want), up.Cross(want)
				copy(m.row[0][j:], byZ[:])
				copy(m.row[1][j:], byA[:])
				j += 3
			case Z1:
				put(tube.perZ1)
			case Z2:
				put(tube.perZ2)
			case Z3:
				m.row[0][j], m.row[1][j] = aAlong, aUp
				j++
			default:
				z, a := own[x].of(&b)
				m.row[0][j], m.row[1][j] = z*zAlong+a*aAlong, z*zUp+a*aUp
				j++
			}
		}
	}
	return out
}

// columns returns the misses of p with the rows of some of its terms only.
func (p *problem) columns(misses []miss, terms []Term) []miss {
	at := 0
	from := map[Term]int{}
	for _, t := range p.terms {
		from[t] = at
		at += t.parameters()
	}
	var pick []int
	for _, t := range terms {
		for k := range t.parameters() {
			pick = append(pick, from[t]+k)
		}
	}
	n := len(pick)
	cells := make([]float64, 2*n*len(misses))
	out := make([]miss, len(misses))
	for i := range misses {
		out[i].r = misses[i].r
		for c, row := range misses[i].row {
			out[i].row[c], cells = cells[:n:n], cells[n:]
			for j, x := range pick {
				out[i].row[c][j] = row[x]
			}
		}
	}
	return out
}

// parameters returns how many parameters t stands for.
func (t Term) parameters() int {
	if t == Attitude {
		return 3
	}
	return 1
}

// moved returns the guess changed by the parameters' steps.
func (p *problem) moved(g guess, step []float64) guess {
	j := 0
	for _, t := range p.terms {
		if t == Attitude {
			g.attitude = turn(model.Vec{step[j], step[j+1], step[j+2]}).Mul(g.attitude)
			j += 3
			continue
		}
		g.add(t, step[j])
		j++
	}
	g.z[0] = min(max(g.z[0], -mostZ), mostZ)
	g.z[1] = min(max(g.z[1], -mostZ), mostZ)
	return g
}

const mostZ = 25 * math.Pi / 180 // well within pointing.MaxError

// turn returns the rotation of a vector by |w| about w.
func turn(w model.Vec) model.Mat {
	angle := w.Norm()
	if angle == 0 {
		return model.Identity()
	}
	u := w.Scale(1 / angle)
	sin, cos := math.Sincos(angle)
	var m model.Mat
	for i := range m {
		for j := range m[i] {
			m[i][j] = (1 - cos) * u[i] * u[j]
		}
		m[i][i] += cos
	}
	m[0][1] -= sin * u[2]
	m[1][0] += sin * u[2]
	m[0][2] += sin * u[1]
	m[2][0] -= sin * u[1]
	m[1][2] -= sin * u[0]
	m[2][1] += sin * u[0]
	return m
}
