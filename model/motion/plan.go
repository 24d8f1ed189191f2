// SPDX-License-Identifier: GPL-3.0-or-later

package motion

import "math"

// Piece is a part of a motion, a cubic in time: t seconds after its start,
// for Dur seconds, the axis stands at P + V·t + A·t²/2 + J·t³/6.
type Piece struct {
	Dur        float64 // seconds, > 0
	P, V, A, J float64
}

// At returns the position and the rate t seconds after the piece's start.
func (c Piece) At(t float64) (p, v float64) {
	return c.P + t*(c.V+t*(c.A/2+t*c.J/6)), c.V + t*(c.A+t*c.J/2)
}

// mirrored returns the piece that comes to rest at d as c leaves 0.
func (c Piece) mirrored(d float64) Piece {
	p, v := c.At(c.Dur)
	return Piece{Dur: c.Dur, P: d - p, V: v, A: -(c.A + c.J*c.Dur), J: c.J}
}

// opposite returns the piece the other way.
func (c Piece) opposite() Piece {
	return Piece{Dur: c.Dur, P: -c.P, V: -c.V, A: -c.A, J: -c.J}
}

// joined returns the cubic between two places, with a rate at each.
func joined(dur, p, v, p1, v1 float64) Piece {
	mean := (p1 - p) / dur
	return Piece{
		Dur: dur, P: p, V: v,
		A: (6*mean - 4*v - 2*v1) / dur,
		J: (6*(v+v1) - 12*mean) / (dur * dur),
	}
}

// tolerance is how far, in half steps, the curve may be from the ladder where
// its rate changes. A slew that turns back half-way up may double it.
const tolerance = 0.24

// smooth returns the way up as the fewest cubics that a greedy search finds,
// smooth in place and rate.
func (r Ramp) smooth() []Piece {
	var up []Piece
	last := len(r.rungs) - 1
	for from := 0; from < last; {
		good, bad := from+1, last+1
		for step := 2; good+step <= last && bad > last; step *= 2 {
			if r.follows(from, good+step) {
				good += step
			} else {
				bad = good + step
			}
		}
		for bad-good > 1 {
			if mid := (good + bad) / 2; r.follows(from, mid) {
				good = mid
			} else {
				bad = mid
			}
		}
		up = append(up, r.chord(from, good))
		from = good
	}
	return up
}

// chord returns the cubic from one rung to another.
func (r Ramp) chord(from, to int) Piece {
	a, b := r.rungs[from], r.rungs[to]
	return joined(b.t-a.t, a.p, r.rate(from), b.p, r.rate(to))
}

// follows reports whether the chord stays close to the ladder.
func (r Ramp) follows(from, to int) bool {
	c := r.chord(from, to)
	for _, at := range r.rungs[from+1 : to] {
		if p, _ := c.At(at.t - r.rungs[from].t); math.Abs(p-at.p) > tolerance {
			return false
		}
	}
	return true
}

// rate returns the rate at a rung: the mean of the one that ends there and the
// one that begins.
func (r Ramp) rate(i int) float64 {
	switch i {
	case 0:
		return r.start
	case len(r.rungs) - 1:
		return r.top
	}
	a, b, c := r.rungs[i-1], r.rungs[i], r.rungs[i+1]
	return ((b.p-a.p)/(b.t-a.t) + (c.p-b.p)/(c.t-b.t)) / 2
}

// Lengths and times too short to plan for: a tenth of a thousandth of a half
// step, and a microsecond.
const (
	nothing = 1e-4
	brief   = 1e-6
)

// Plan returns a slew of so many half steps, of either sign, from the place 0
// to its exact end: up, on at the top rate, and down as it went up. One of
// less than twice Distance turns from up to down half-way. At its ends the
// rate is Start: a motor is to start and stop at it at once.
//
// At each change of the ladder's rate the slew is within half a half step of
// it. A distance of less than 0.0001, infinite or not a number is no piece.
func (r Ramp) Plan(distance float64) []Piece {
	d := math.Abs(distance)
	if !(d >= nothing) || math.IsInf(d, 0) || len(r.up) == 0 {
		return nil
	}
	up, cruise := r.up, d-2*r.Distance()
	if cruise < r.top*brief {
		up, cruise = r.climb(d/2), 0
	}
	plan := make([]Piece, 0, 2*len(up)+1)
	plan = append(plan, up...)
	if cruise > 0 {
		plan = append(plan, Piece{Dur: cruise / r.top, P: r.Distance(), V: r.top})
	}
	for i := len(up) - 1; i >= 0; i-- {
		plan = append(plan, up[i].mirrored(d))
	}
	if distance < 0 {
		for i := range plan {
			plan[i] = plan[i].opposite()
		}
	}
	return plan
}

// climb returns the way up as far as p half steps. It gets there when the
// ladder does, or the way down would be late.
func (r Ramp) climb(p float64) []Piece {
	end := r.reach(p)
	whole, t := 0, 0.0
	for whole < len(r.up)-1 && t+r.up[whole].Dur < end.t-brief {
		t += r.up[whole].Dur
		whole++
	}
	c := r.up[whole]
	_, v := c.At(end.t - t)
	return append(r.up[:whole:whole], joined(end.t-t, c.P, c.V, end.p, v))
}
