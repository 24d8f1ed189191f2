// SPDX-License-Identifier: GPL-3.0-or-later

// Package motion moves one axis from where it is to where it should be.
//
// The place where it should be may itself move: the sky's curve, a steady
// rate, a rest. A Profile holds only the difference, the axis's position
// minus that course, and brings it to zero within limits of rate,
// acceleration and jerk, in closed form. Added to the course, the axis joins
// it exactly in place and rate, with nothing to iterate.
//
// Jerk is limited by averaging an acceleration-limited plan over a fixed
// time, the ramp: the average of a plan with limited acceleration has an
// acceleration that itself changes gradually, and frequencies at multiples
// of 1/ramp, at which a tube might ring, are removed altogether.
//
// Lengths are in any unit the caller likes; times are seconds on one scale.
package motion

import (
	"math"
	"time"
)

// Limits bound a motion. All are positive.
type Limits struct {
	Rate  float64       // units per second
	Accel float64       // units per second²
	Ramp  time.Duration // in which the acceleration builds up: jerk is Accel/Ramp
}

// piece is constant acceleration from t on, until the next piece.
type piece struct{ t, p, v, a float64 }

func (c piece) at(t float64) (p, v float64) {
	dt := t - c.t
	return c.p + dt*(c.v+dt*c.a/2), c.v + dt*c.a
}

// area returns the integral of the position from a to b.
func (c piece) area(a, b float64) float64 {
	a, b = a-c.t, b-c.t
	integral := func(x float64) float64 { return x * (c.p + x*(c.v/2+x*c.a/6)) }
	return integral(b) - integral(a)
}

// maxPieces allows for what a plan of four pieces can leave inside one ramp
// when it is replaced again and again within it.
const maxPieces = 48

// Profile is how an axis's difference from its course dies away. The zero
// Profile has no difference. It is unsynchronised: the control loop owns it.
type Profile struct {
	ramp   float64 // seconds
	open   bool    // shifted, and not planned since
	n      int
	pieces [maxPieces]piece // the plan before averaging, by time; the last goes on for ever
}

// NewProfile returns a Profile without difference, averaging over ramp.
func NewProfile(ramp time.Duration) Profile { return Profile{ramp: ramp.Seconds()} }

// raw returns the plan before averaging.
func (p *Profile) raw(t float64) (pos, rate float64) {
	if p.n == 0 {
		return 0, 0
	}
	return p.pieces[p.index(t)].at(t)
}

// index returns the piece in force at t; before the first, the first.
func (p *Profile) index(t float64) int {
	i := p.n - 1
	for i > 0 && p.pieces[i].t > t {
		i--
	}
	return i
}

// At returns the difference at t, and its rate.
func (p *Profile) At(t float64) (pos, rate float64) {
	if p.n == 0 || p.Done(t) {
		return 0, 0
	}
	if p.ramp == 0 {
		return p.raw(t)
	}
	from := t - p.ramp
	sum := 0.0
	for i, end := p.index(t), t; ; i-- {
		start := from
		if i > 0 {
			start = math.Max(from, p.pieces[i].t)
		}
		sum += p.pieces[i].area(start, end)
		if start <= from {
			break
		}
		end = start
	}
	now, _ := p.raw(t)
	then, _ := p.raw(from)
	return sum / p.ramp, (now - then) / p.ramp
}

// End returns when the difference is gone for good; −Inf when there is none.
func (p *Profile) End() float64 {
	switch {
	case p.n == 0:
		return math.Inf(-1)
	case p.open:
		return math.Inf(1)
	}
	return p.pieces[p.n-1].t + p.ramp
}

// Done reports whether no difference is left at t.
func (p *Profile) Done(t float64) bool { return t >= p.End() }

// NextBreak returns the first instant after t at which the jerk changes;
// +Inf when there is none. Between breaks the difference is a cubic in time.
func (p *Profile) NextBreak(t float64) float64 {
	next := math.Inf(1)
	for _, c := range p.pieces[:p.n] {
		for _, b := range [2]float64{c.t, c.t + p.ramp} {
			if b > t && b < next {
				next = b
			}
		}
	}
	return next
}

// Shift says that from t on the course is another one, from which the axis
// differs by pos and rate more than from the old: pos = old course − new
// course at t, rate likewise. The axis's own motion is unbroken. A plan to
// remove the difference must follow: Seek or Match.
func (p *Profile) Shift(t, pos, rate float64) {
	p.forget(t)
	if p.n == 0 {
		p.pieces[0] = piece{t: t - p.ramp}
		p.n = 1
	}
	p.open = true
	// Averaging delays a steady rate by half a ramp.
	pos += rate * p.ramp / 2
	for i := range p.pieces[:p.n] {
		c := &p.pieces[i]
		c.p += pos + rate*(c.t-t)
		c.v += rate
	}
}

// forget cuts the plan at t, and drops what lies more than a ramp before.
func (p *Profile) forget(t float64) {
	if p.Done(t) {
		p.n = 0
		return
	}
	for p.n > 1 && p.pieces[p.n-1].t >= t {
		p.n--
	}
	old := 0
	for old < p.n-1 && p.pieces[old+1].t <= t-p.ramp {
		old++
	}
	// When replanned faster than the ramp forgets, let the oldest go: a
	// slight kink in the past of the average, never in the plan.
	for p.n-old > maxPieces-5 {
		old++
	}
	p.n = copy(p.pieces[:], p.pieces[old:p.n])
}

// Seek plans from t on to remove the difference as fast as the limits allow.
// Ramp of the limits is ignored: it is the profile's own.
//
// Source: closed-form trapezoid, stepper-core reference §2.6.
func (p *Profile) Seek(t float64, lim Limits) {
	p.forget(t)
	if p.n == 0 {
		return
	}
	pos, u := p.raw(t)
	s, t1, t2, t3 := trapezoid(-pos, u, lim)
	a := s * lim.Accel
	first := a
	if s*u > lim.Rate {
		first = -a
	}
	cruise := t + t1
	brake := cruise + t2
	end := brake + t3
	// From the end backwards, so that what rounding of the times does to the
	// rate is not carried through a long cruise.
	t2, t3 = brake-cruise, end-brake
	v, left := a*t3, -a*t3*t3/2
	p.push(piece{t, pos, u, first})
	p.push(piece{cruise, left - v*t2, v, 0})
	p.push(piece{brake, left, v, -a})
	p.push(piece{t: end})
	p.open = false
}

// Match plans from t on to remove only the difference in rate, in the
// shortest time, and returns how far the course must be moved (added to its
// position) for the axis to end up on it.
func (p *Profile) Match(t float64, lim Limits) (move float64) {
	p.forget(t)
	if p.n == 0 {
		return 0
	}
	pos, u := p.raw(t)
	move = pos + u*math.Abs(u)/(2*lim.Accel)
	for i := range p.pieces[:p.n] {
		p.pieces[i].p -= move
	}
	p.push(piece{t, pos - move, u, -math.Copysign(lim.Accel, u)})
	p.push(piece{t: t + math.Abs(u)/lim.Accel})
	p.open = false
	return move
}

// push appends c, in place of a piece that it leaves no time.
func (p *Profile) push(c piece) {
	if p.n > 0 && p.pieces[p.n-1].t == c.t {
		p.n--
	}
	p.pieces[p.n] = c
	p.n++
}

// trapezoid returns the sense and the three times of the fastest motion over
// distance d that begins at rate u and ends at rest: t1 towards the highest
// rate, t2 at it, t3 to rest.
func trapezoid(d, u float64, lim Limits) (s, t1, t2, t3 float64) {
	a, vmax := lim.Accel, lim.Rate
	s = 1
	if d-u*math.Abs(u)/(2*a) < 0 {
		s = -1
	}
	d, u = s*d, s*u
	peak := math.Sqrt(math.Max(0, a*d+u*u/2))
	switch {
	case peak <= vmax:
		return s, math.Max(0, (peak-u)/a), 0, peak / a
	case u <= vmax:
		return s, (vmax - u) / a, (d - (2*vmax*vmax-u*u)/(2*a)) / vmax, vmax / a
	default:
		return s, (u - vmax) / a, (d - u*u/(2*a)) / vmax, vmax / a
	}
}
