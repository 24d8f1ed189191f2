// SPDX-License-Identifier: GPL-3.0-or-later

package fit

import (
	"math"
	"slices"

	"github.com/siderostep/siderostep/model"
)

// result describes the fit that was chosen.
func (c *chooser) result() Result {
	s := &c.solution
	s.guess.attitude = square3(s.guess.attitude)
	res := Result{Mode: Full, Parts: c.problem.parts(s.guess), Condition: condition(s.data)}
	res.Model = res.Parts.build()
	names := c.problem.names()
	res.Parameters = names
	res.DoF = 2*len(c.kept) - len(names)
	var sum float64
	for _, m := range s.misses {
		sum += m.r[0]*m.r[0] + m.r[1]*m.r[1]
	}
	res.Sigma0 = scatter(sum, res.DoF)
	covariance := c.covariance(res.Sigma0)
	res.Correlations = newSquare(len(names))
	for i := range names {
		for j := range names {
			res.Correlations[i][j] = covariance[i][j] / math.Sqrt(covariance[i][i]*covariance[j][j])
		}
	}
	for k, name := range names {
		if t := Term(name); t.Known() {
			res.Terms = append(res.Terms, Estimate{
				Term: t, Value: model.Angle(s.guess.value(t)), Sigma: model.Angle(math.Sqrt(covariance[k][k])), Free: true,
			})
		}
	}
	c.heldTerms(&res)
	res.Tilt = c.tilt(&res, covariance)
	c.residuals(&res, s)
	return res
}

// covariance returns that of the parameters: the stars' weight is that of
// their real scatter, the priors' their own.
func (c *chooser) covariance(sigma0 float64) square {
	n := len(c.solution.data)
	normal, unused := newSquare(n), make([]float64, n)
	for i := range normal {
		for j := range normal {
			normal[i][j] = c.solution.data[i][j] / (sigma0 * sigma0)
		}
	}
	c.problem.addPriors(c.solution.guess, normal, unused)
	inverse, ok := invert(normal)
	if !ok {
		return c.solution.inverse
	}
	return inverse
}

// heldTerms adds the terms that were not fitted, with their value and why.
func (c *chooser) heldTerms(res *Result) {
	names := []Term{Z1, Z2, Z3}
	for _, t := range LinearTerms() {
		if _, tried := c.held[t]; tried || c.solution.guess.value(t) != 0 {
			names = append(names, t)
		}
	}
	for _, t := range names {
		if slices.Contains(c.terms, t) {
			continue
		}
		why := c.held[t]
		if why == "" {
			why = "it was not asked for"
		}
		res.Terms = append(res.Terms, Estimate{Term: t, Value: model.Angle(c.solution.guess.value(t)), Why: why})
	}
}

// tilt returns how far the pole is from its nominal place, with the standard
// deviation of one component.
func (c *chooser) tilt(res *Result, covariance square) Prior {
	pole := model.Vec{0, 0, 1}
	is := res.Parts.Attitude.Transpose().Apply(pole)
	should := c.Setup.Nominal.Transpose().Apply(pole)
	t := Prior{Mean: is.Angle(should)}
	if len(c.terms) > 0 && slices.Contains(c.terms, Attitude) {
		at := 0
		for _, term := range c.terms {
			if term == Attitude {
				break
			}
			at++
		}
		t.Sigma = model.Angle(math.Sqrt((covariance[at][at] + covariance[at+1][at+1]) / 2))
	}
	return t
}

// square3 returns the rotation nearest to m, itself one but for rounding.
func square3(m model.Mat) model.Mat {
	x := m[0].Unit()
	z := x.Cross(m[1]).Unit()
	return model.Mat{x, z.Cross(x), z}
}
