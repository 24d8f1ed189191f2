// SPDX-License-Identifier: GPL-3.0-or-later

package fit

import (
	"math"
	"slices"
)

// solution is a guess that no small step improves, and what is known of it.
type solution struct {
	guess     guess
	misses    []miss
	data      square // what the stars alone say of the parameters: JᵀWJ
	inverse   square // of data with the priors
	chi2      float64
	condition float64 // of the stars' matrix alone
}

const (
	mostIterations = 40
	closeEnough    = 1e-11 // radians: no parameter moved by more
)

// solve finds the guess with the least weighted squares: Levenberg-Marquardt
// from start. weight multiplies the square of each star's miss. ok is false
// where nothing determines a parameter.
//
// Source: D. W. Marquardt, J. SIAM 11 (1963).
func (p *problem) solve(start guess, weight []float64) (solution, bool) {
	g := start.clone()
	misses := p.misses(g)
	cost := p.cost(g, misses, weight)
	damping := 0.0
	n := p.count()
	for range mostIterations {
		normal, right := p.normal(misses, weight)
		p.addPriors(g, normal, right)
		improved, moved := false, 0.0
		for range 12 {
			damped := newSquare(n)
			for i := range normal {
				copy(damped[i], normal[i])
				damped[i][i] *= 1 + damping
			}
			inverse, ok := invert(damped)
			if !ok {
				damping = max(10*damping, 1e-8)
				continue
			}
			step := apply(inverse, right)
			next := p.moved(g, step)
			nextMisses := p.misses(next)
			nextCost := p.cost(next, nextMisses, weight)
			moved = largest(step)
			if nextCost <= cost || moved < closeEnough {
				g, misses, cost = next, nextMisses, nextCost
				damping /= 10
				if damping < 1e-9 {
					damping = 0
				}
				improved = true
				break
			}
			damping = max(10*damping, 1e-6)
		}
		if !improved || moved < closeEnough {
			break
		}
	}
	normal, right := p.normal(misses, weight)
	s := solution{guess: g, misses: misses, chi2: cost, condition: condition(normal)}
	s.data = newSquare(n)
	for i := range normal {
		copy(s.data[i], normal[i])
	}
	p.addPriors(g, normal, right)
	inverse, ok := invert(normal)
	s.inverse = inverse
	return s, ok && !math.IsNaN(cost)
}

func largest(v []float64) float64 {
	most := 0.0
	for _, x := range v {
		if !(math.Abs(x) <= most) { // a NaN too
			most = math.Abs(x)
		}
	}
	return most
}

func weightOf(weight []float64, i int) float64 {
	if weight == nil {
		return 1
	}
	return weight[i]
}

// cost returns the weighted sum of squares, priors included.
func (p *problem) cost(g guess, misses []miss, weight []float64) float64 {
	sum := 0.0
	for i, m := range misses {
		sum += weightOf(weight, i) * (m.r[0]*m.r[0] + m.r[1]*m.r[1])
	}
	for _, t := range p.terms {
		if prior := p.priors[t]; prior.Sigma > 0 {
			d := (g.value(t) - float64(prior.Mean)) / float64(prior.Sigma)
			sum += d * d
		}
	}
	return sum
}

// normal returns JᵀWJ and −JᵀWr of the stars.
func (p *problem) normal(misses []miss, weight []float64) (square, []float64) {
	n := p.count()
	normal, right := newSquare(n), make([]float64, n)
	for i, m := range misses {
		w := weightOf(weight, i)
		if w == 0 {
			continue
		}
		for c, row := range m.row {
			for a, x := range row {
				right[a] -= w * x * m.r[c]
				for b := a; b < n; b++ {
					normal[a][b] += w * x * row[b]
				}
			}
		}
	}
	for a := range normal {
		for b := range a {
			normal[a][b] = normal[b][a]
		}
	}
	return normal, right
}

// addPriors adds what the priors say of the parameters.
func (p *problem) addPriors(g guess, normal square, right []float64) {
	j := 0
	for _, t := range p.terms {
		if t == Attitude {
			j += 3
			continue
		}
		if prior := p.priors[t]; prior.Sigma > 0 {
			k := 1 / float64(prior.Sigma*prior.Sigma)
			normal[j][j] += k
			right[j] -= k * (g.value(t) - float64(prior.Mean))
		}
		j++
	}
}

// leverage returns the 2×2 matrix by which the parameters let star m pull the
// fit to itself: its misses' covariance with the fit.
func (s *solution) leverage(m miss) (h [2][2]float64) {
	for a := range 2 {
		v := apply(s.inverse, m.row[a])
		for b := range 2 {
			for j, x := range m.row[b] {
				h[a][b] += v[j] * x
			}
		}
	}
	return h
}

// deleted returns what the miss of star m would be if it had no part in the
// fit, and by how much the sum of squares would fall without it.
func (s *solution) deleted(m miss) (d [2]float64, gain float64) {
	h := s.leverage(m)
	a, b, c, e := 1-h[0][0], -h[0][1], -h[1][0], 1-h[1][1]
	det := a*e - b*c
	if det < 1e-9 || a < 1e-9 || e < 1e-9 { // this star alone fixes something
		return [2]float64{math.Inf(1), math.Inf(1)}, 0
	}
	d[0] = (e*m.r[0] - b*m.r[1]) / det
	d[1] = (a*m.r[1] - c*m.r[0]) / det
	return d, d[0]*m.r[0] + d[1]*m.r[1]
}

// spread returns the standard deviation of the misses, in their own nominal
// ones, from the median of their size: a few gross errors do not change it.
func spread(misses []miss, parameters int) float64 {
	sizes := make([]float64, 0, 2*len(misses))
	for _, m := range misses {
		sizes = append(sizes, math.Abs(m.r[0]), math.Abs(m.r[1]))
	}
	if len(sizes) == 0 {
		return 0
	}
	slices.Sort(sizes)
	n := len(sizes)
	median := (sizes[(n-1)/2] + sizes[n/2]) / 2
	free := max(n-parameters, 1)
	return 1.4826 * median * math.Sqrt(float64(n)/float64(free))
}
