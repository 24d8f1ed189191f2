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

// guess is a model under way: attitude, Z1 Z2 Z3 and linear terms.
type guess struct {
	attitude model.Mat
	z        [3]float64
	linear   map[Term]float64
}

func (g guess) clone() guess {
	linear := make(map[Term]float64, len(g.linear))
	for t, v := range g.linear {
		linear[t] = v
	}
	g.linear = linear
	return g
}

func (g guess) errors() pointing.Errors {
	return pointing.Errors{Z1: model.Angle(g.z[0]), Z2: model.Angle(g.z[1]), Z3: model.Angle(g.z[2])}
}

func (g guess) value(t Term) float64 {
	switch t {
	case Z1:
		return g.z[0]
	case Z2:
		return g.z[1]
	case Z3:
		return g.z[2]
	}
	return g.linear[t]
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
		g.linear[t] += by
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
	n := len(p.terms)
	for _, t := range p.terms {
		if t == Attitude {
			n += 2
		}
	}
	return n
}

// parts returns the guess as a model.
func (p *problem) parts(g guess) Parts {
	parts := Parts{Attitude: g.attitude, Errors: g.errors(), Zenith: g.attitude.Apply(p.zenith).Unit()}
	for _, t := range LinearTerms() {
		if v := g.linear[t]; v != 0 {
			parts.Linear = append(parts.Linear, Coefficient{t, model.Angle(v)})
		}
	}
	return parts
}

// miss is how far one star stands from where the guess expects it, in the
// star's own standard deviations, and how each parameter changes that: along
// growing Z and along growing A.
type miss struct {
	r   [2]float64
	row [2][]float64
}

const differential = 1e-6 // radians: the step of numeric derivatives

// misses evaluates the guess at every star.
func (p *problem) misses(g guess) []miss {
	parts := p.parts(g)
	full := parts.build()
	bare := func(e1, e2 float64) *pointing.Model {
		return pointing.New(parts.Attitude, pointing.Errors{Z1: model.Angle(g.z[0] + e1), Z2: model.Angle(g.z[1] + e2)}, model.Axes{})
	}
	plain := bare(0, 0)
	byZ1 := [2]*pointing.Model{bare(-differential, 0), bare(differential, 0)}
	byZ2 := [2]*pointing.Model{bare(0, -differential), bare(0, differential)}
	n := p.count()
	cells := make([]float64, 2*n*len(p.stars))
	out := make([]miss, len(p.stars))
	for i, s := range p.stars {
		want := g.attitude.Apply(s.sky)
		ideal := full.Ideal(s.axes)
		is := plain.MountVector(ideal)
		derivative := func(low, high model.Vec) model.Vec { return high.Sub(low).Scale(0.5 / differential) }
		perA := derivative(plain.MountVector(model.Axes{Z: ideal.Z, A: ideal.A - differential}),
			plain.MountVector(model.Axes{Z: ideal.Z, A: ideal.A + differential}))
		perZ := model.Vec{is[1], -is[0], 0}

		// The cross-hair of the tube, square to it: along Z and along A.
		sin, cos := ideal.A.SinCos()
		sinZ, cosZ := ideal.Z.SinCos()
		up := model.Vec{-sin * cosZ, sin * sinZ, cos}
		up = up.Sub(is.Scale(up.Dot(is))).Unit()
		along := is.Cross(up) // clockwise on the normal side
		if cos < 0 {
			along = along.Scale(-1) // growing Z moves a tube through the pole the other way
		}
		k := 1 / s.sigma
		off := is.Sub(want)
		m := &out[i]
		m.r = [2]float64{k * off.Dot(along), k * off.Dot(up)}
		for c := range m.row {
			m.row[c] = cells[(2*i+c)*n : (2*i+c+1)*n]
		}
		var b basis
		over := overheadOf(parts.Zenith)
		over.at(ideal, &b)
		j := 0
		put := func(d model.Vec) {
			m.row[0][j], m.row[1][j] = k*d.Dot(along), k*d.Dot(up)
			j++
		}
		for _, t := range p.terms {
			switch t {
			case Attitude: // want turns with the attitude: by ω × want
				for axis := range 3 {
					var unit model.Vec
					unit[axis] = 1
					put(unit.Cross(want).Scale(-1))
				}
			case Z1:
				put(derivative(byZ1[0].MountVector(ideal), byZ1[1].MountVector(ideal)))
			case Z2:
				put(derivative(byZ2[0].MountVector(ideal), byZ2[1].MountVector(ideal)))
			case Z3:
				put(perA)
			default:
				e := effects[t]
				z, a := e.of(&b)
				put(perZ.Scale(z).Add(perA.Scale(a)))
			}
		}
	}
	return out
}

// moved returns the guess changed by the parameters' steps.
func (p *problem) moved(g guess, step []float64) guess {
	g = g.clone()
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
