// SPDX-License-Identifier: GPL-3.0-or-later

package fit

import (
	"math"
	"slices"
)

// solution is a guess that no small step improves, and what is known of it.
type solution struct {
	guess   guess
	misses  []miss
	data    square // what the stars alone say of the parameters: JᵀWJ
	inverse square // of data with the priors
	chi2    float64
}

const (
	mostIterations = 40
	closeEnough    = 1e-11 // radians: no parameter moved by more

	// The share of the sum of squares that another step would gain: what is
	// lost in rounding, and how well the last step was foreseen. The square
	// root of the one, or the other, is how far the parameters are from their
	// best, in their own standard deviations.
	rounding = 1e-12
	uneven   = 1e-9 // by which the sum is uncertain, for corrections are taken off step by step
	straight = 1e-6
)

// solve finds the guess with the least weighted squares: Levenberg-Marquardt
// from start. weight multiplies the square of each star's miss. ok is false
// where nothing determines a parameter.
//
// Source: D. W. Marquardt, J. SIAM 11 (1963).
func (p *problem) solve(start guess, weight []float64) (solution, bool) {
	return p.solveFrom(start, p.misses(start), weight)
}

// solveFrom is solve where the misses of the guess are known; it keeps both.
func (p *problem) solveFrom(g guess, misses []miss, weight []float64) (solution, bool) {
	return p.known(p.descend(g, misses, weight))
}

// descend does the work of solveFrom.
func (p *problem) descend(g guess, misses []miss, weight []float64) (guess, []miss, []float64, float64) {
	cost := p.cost(g, misses, weight)
	damping := 0.0
	n := p.count()
	normal, damped := newSquare(n), newSquare(n)
	right := make([]float64, n)
	for range mostIterations {
		p.normal(normal, right, misses, weight)
		p.addPriors(g, normal, right)
		improved, linear, moved := false, false, 0.0
		for range 12 {
			damped.copy(normal)
			for i := range damped {
				damped[i][i] *= 1 + damping
			}
			f, ok := factored(damped)
			if !ok {
				damping = max(10*damping, 1e-8)
				continue
			}
			step := f.solve(right)
			gain := 0.0 // of an undamped step, were the misses straight lines
			for i, x := range step {
				gain += x * right[i]
			}
			if damping == 0 && gain <= rounding*cost {
				break
			}
			moved = largest(step)
			if math.IsNaN(moved) || math.IsInf(moved, 0) {
				damping = max(10*damping, 1e-6)
				continue
			}
			next := p.moved(g, step)
			nextMisses := p.misses(next)
			nextCost := p.cost(next, nextMisses, weight)
			if nextCost <= cost*(1+uneven) || moved < closeEnough {
				linear = damping == 0 && math.Abs(cost-gain-nextCost) < straight*nextCost
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
		if !improved || linear || moved < closeEnough {
			break
		}
	}
	return g, misses, weight, cost
}

// known returns what is known of a guess with the least squares, cost.
func (p *problem) known(g guess, misses []miss, weight []float64, cost float64) (solution, bool) {
	n := p.count()
	right := make([]float64, n)
	s := solution{guess: g, misses: misses, chi2: cost, data: newSquare(n)}
	p.normal(s.data, right, misses, weight)
	normal := newSquare(n)
	normal.copy(s.data)
	p.addPriors(g, normal, right)
	inverse, ok := invert(normal)
	s.inverse = inverse
	return s, ok && !math.IsNaN(cost)
}

// step is the solution of p, were the misses, known at g, straight lines. It
// changes them.
func (p *problem) step(g guess, misses []miss) (s solution, ok bool) {
	n := p.count()
	right := make([]float64, n)
	s = solution{misses: misses, data: newSquare(n)}
	p.normal(s.data, right, misses, nil)
	normal := newSquare(n)
	normal.copy(s.data)
	p.addPriors(g, normal, right)
	f, ok := factored(normal)
	if !ok {
		return s, false
	}
	s.inverse = f.inverse()
	step := f.solve(right)
	for i := range misses {
		misses[i].follow(&misses[i], step)
	}
	s.guess = p.moved(g, step)
	s.chi2 = p.cost(s.guess, misses, nil)
	return s, !math.IsNaN(s.chi2)
}

// follow sets m to what another miss becomes by a step of the parameters.
func (m *miss) follow(from *miss, step []float64) {
	for c, row := range from.row {
		r := from.r[c]
		for j, x := range row {
			r += x * step[j]
		}
		m.r[c] = r
	}
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

// normal fills in JᵀWJ and −JᵀWr of the stars.
func (p *problem) normal(normal square, right []float64, misses []miss, weight []float64) {
	clear(right)
	for _, row := range normal {
		clear(row)
	}
	for i := range misses {
		m := &misses[i]
		w := weightOf(weight, i)
		if w == 0 {
			continue
		}
		first, second := m.row[0], m.row[1][:len(m.row[0])]
		for a, x := range first {
			y := second[a]
			right[a] -= w * (x*m.r[0] + y*m.r[1])
			x, y = w*x, w*y
			sums, others := normal[a][:a+1], second[:a+1]
			for b, z := range first[:a+1] {
				sums[b] += x*z + y*others[b]
			}
		}
	}
	for a := range normal {
		for b := range a {
			normal[b][a] = normal[a][b]
		}
	}
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
func (s *solution) leverage(m *miss) (h [2][2]float64) {
	first, second := m.row[0], m.row[1]
	for i, row := range s.inverse {
		var a, b float64
		for j, x := range row {
			a += x * first[j]
			b += x * second[j]
		}
		h[0][0] += first[i] * a
		h[0][1] += first[i] * b
		h[1][1] += second[i] * b
	}
	h[1][0] = h[0][1]
	return h
}

// deleted returns what the miss of star m would be if it had no part in the
// fit, and by how much the sum of squares would fall without it.
func (s *solution) deleted(m *miss) (d [2]float64, gain float64) {
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
