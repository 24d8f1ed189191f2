// SPDX-License-Identifier: GPL-3.0-or-later

package executor

import (
	"math"

	"github.com/siderostep/siderostep/driver"
)

// wall cuts off the piece that begins at t where the axis must begin to brake
// in order to stop at its limit. A plan that keeps the limit decelerates
// more gently and sooner, and never meets the wall. Braking and rest are not
// stopped a second time.
func (a *axis) wall(t driver.Instant) {
	a.walled = false
	p := &a.piece
	if !a.Limited || p.dir == 0 || a.what != segment && !a.catch.active {
		return
	}
	const rounding = 0.25 // microsteps; rests there round to the limit
	limit := float64(a.Max) + rounding
	if p.dir < 0 {
		limit = float64(a.Min) - rounding
	}
	dir := float64(p.dir)
	limit -= a.sum.P.Microsteps()
	// How far beyond the limit the axis would come to rest, braking from τ on.
	beyond := func(tau float64) float64 {
		v := p.rate(tau)
		return dir*(p.at(tau)-limit) + v*v/(2*a.Brake)
	}
	// No place in the piece is further out than its end, none faster than this.
	fastest := max(math.Abs(p.rate(p.from)), math.Abs(p.rate(p.to)))
	if top := -p.h / (3 * p.k); top > p.from && top < p.to { // false when k is 0
		fastest = max(fastest, math.Abs(p.rate(top)))
	}
	if dir*(p.at(p.to)-limit)+fastest*fastest/(2*a.Brake) <= 0 {
		return
	}
	if dir*(p.at(p.from)-limit) > 0 {
		return // already outside: the next step outward is what the fence is for
	}
	lo := p.from
	if beyond(lo) > 0 {
		a.cutOff(t, lo)
		return
	}
	const parts = 32
	for i := 1; i <= parts; i++ {
		hi := p.from + (p.to-p.from)*float64(i)/parts
		if beyond(hi) > 0 {
			for hi-lo > fine && lo < (lo+hi)/2 && (lo+hi)/2 < hi {
				if mid := (lo + hi) / 2; beyond(mid) > 0 {
					hi = mid
				} else {
					lo = mid
				}
			}
			a.cutOff(t, lo)
			return
		}
		lo = hi
	}
}

// cutOff ends the piece at τ, and with it the plan.
func (a *axis) cutOff(t driver.Instant, tau float64) {
	p := &a.piece
	p.to, a.walled = tau, true
	p.end = max(t, min(p.end, a.sum.Start+driver.Instant(math.Floor(tau*1e9))))
}
