// SPDX-License-Identifier: GPL-3.0-or-later

package executor

import "math"

// fine is the accuracy of a crossing, s.
const fine = 1e-13

// crossing returns the τ in [tau, to] at which the piece passes level c,
// given that the latest step was at tau. It costs one Newton step when the
// rate changes little from step to step.
func (p *piece) crossing(c float64) float64 {
	// Guess: the interval since the step before, changing as it did then.
	guess := p.tau + p.step
	v, h, k := p.v, p.h, p.k
	for range 3 {
		rate := v + guess*(2*h+guess*3*k)
		move := (guess*(v+guess*(h+guess*k)) - c) / rate
		guess -= move
		// What is left of the error: curvature/rate·move².
		if move*move*p.bend < fine*math.Abs(rate) {
			if guess >= p.tau && guess <= p.to {
				return p.remember(guess)
			}
			break
		}
	}
	return p.remember(p.search(c))
}

// remember notes that a step is at tau, and returns it.
func (p *piece) remember(tau float64) float64 {
	gap := tau - p.tau
	p.step = 2*gap - p.gap
	p.tau, p.gap = tau, gap
	return tau
}

// search finds the crossing by Newton's method inside a bracket that only
// shrinks: slower, but from any start, past flat ends too.
func (p *piece) search(c float64) float64 {
	lo, hi := p.tau, p.to
	sign := float64(p.dir)
	if (p.at(lo)-c)*sign >= 0 {
		return lo
	}
	if (p.at(hi)-c)*sign <= 0 {
		return hi
	}
	tau := lo + (c-p.at(lo))/p.rate(lo)
	if !(tau > lo && tau < hi) {
		tau = (lo + hi) / 2
	}
	for range 200 {
		miss := p.at(tau) - c
		if miss*sign < 0 {
			lo = tau
		} else {
			hi = tau
		}
		next := tau - miss/p.rate(tau)
		if !(next > lo && next < hi) {
			next = (lo + hi) / 2
		}
		if math.Abs(next-tau) < fine || hi-lo < fine {
			return next
		}
		tau = next
	}
	return tau
}
