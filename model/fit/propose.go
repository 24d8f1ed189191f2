// SPDX-License-Identifier: GPL-3.0-or-later

package fit

import (
	"math"
	"slices"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/pointing"
)

// Limits say where stars for a model run may be taken. Zero fields stand for
// their defaults.
type Limits struct {
	Lowest   model.Angle // observed altitude; default 20°
	Highest  model.Angle // default 78°
	FromPole model.Angle // distance from the mount's poles; default 12°

	// Reachable reports whether limits, trees and the Sun allow a place on a
	// pier side; nil allows all.
	Reachable func(model.HourDec, pointing.PierSide) bool
}

func (l Limits) orDefault() Limits {
	if l.Lowest == 0 {
		l.Lowest = model.Degrees(20)
	}
	if l.Highest == 0 {
		l.Highest = model.Degrees(78)
	}
	if l.FromPole == 0 {
		l.FromPole = model.Degrees(12)
	}
	return l
}

// Target is a place where a star should be taken.
type Target struct {
	Name  string // of the star, if stars were given
	Place model.HourDec
	Sky   model.Horizontal // observed
	Side  pointing.PierSide
	Axes  model.Axes // where the axes will be, by the model so far
}

// Plan says what Propose is to plan.
type Plan struct {
	Count  int // targets wanted, 1 to 200
	Setup  Setup
	Known  *Parts // the model so far; nil is the nominal one
	From   model.Axes
	Done   []Observation // stars already taken
	Limits Limits

	// Stars to choose from, at the sidereal time LST. Without any, places of an
	// even net over the sky are chosen.
	Stars []Candidate
	LST   model.Angle
}

const (
	opPlan      = "plan"
	mostTargets = 200
	netPoints   = 500 // of the whole sphere
	even        = 0.7 // of the distance of an even net that targets keep at least
)

// Propose returns the targets from which a model is best determined, in an
// order of short slews that crosses the meridian once. It takes one after the
// other the place that tells most about the terms the stars are to show (the
// greatest gain in the determinant of the information matrix), away from those
// it has, the pier sides in turn.
//
// Its error is fault.Invalid where fewer than Count places are allowed.
func Propose(p Plan) ([]Target, error) {
	if err := p.Setup.check(); err != nil {
		return nil, err
	}
	if p.Count < 1 || p.Count > mostTargets {
		return nil, fault.New(fault.Invalid, opPlan, "%d targets are wanted: from 1 to %d can be planned", p.Count, mostTargets)
	}
	o := Options{Setup: p.Setup, Known: p.Known}
	if err := o.check(); err != nil {
		return nil, err
	}
	d := newDesign(&p, &o)
	chain := p.Setup.chain()
	for _, done := range p.Done {
		if err := done.Check(); err != nil {
			return nil, err
		}
		d.take(sighting{sky: chain.Observed(done.HourDec()), axes: done.Axes, sigma: nominalSigma})
	}
	candidates := p.candidates(d.problem.parts(d.guess).build())
	if len(candidates) < p.Count {
		return nil, fault.New(fault.Invalid, opPlan, "only %d places are within the limits, %d are wanted: relax the altitudes or the limits", len(candidates), p.Count)
	}
	return order(p.From, d.choose(candidates, p.Count)), nil
}

const nominalSigma = 10 * perArcsec

// place is a target that may be chosen.
type place struct {
	Target
	star sighting
	used bool
}

// candidates returns the places allowed.
func (p *Plan) candidates(m *pointing.Model) []place {
	l := p.Limits.orDefault()
	chain := p.Setup.chain()
	pole := m.Attitude.Transpose().Apply(model.Vec{0, 0, 1})
	var out []place
	add := func(name string, hd model.HourDec) {
		v := chain.Observed(hd)
		h := model.HourDecOf(v).Horizontal(p.Setup.Latitude)
		fromPole := v.Angle(pole)
		if h.Alt < l.Lowest || h.Alt > l.Highest || min(fromPole, model.HalfTurn-fromPole) < l.FromPole {
			return
		}
		axes, ok := m.ToAxes(v, pointing.Normal)
		side := p.Setup.side(hd, axes)
		if side != pointing.Normal {
			axes, ok = m.ToAxes(v, side)
		}
		if !ok || l.Reachable != nil && !l.Reachable(hd, side) {
			return
		}
		out = append(out, place{
			Target: Target{Name: name, Place: hd, Sky: h, Side: side, Axes: axes},
			star:   sighting{sky: v, axes: axes, sigma: nominalSigma},
		})
	}
	if len(p.Stars) > 0 {
		for _, s := range p.Stars {
			add(s.Name, s.Place.HourDec(p.LST))
		}
		return out
	}
	golden := model.Turn.Mul((3 - math.Sqrt(5)) / 2)
	for i := range netPoints {
		alt := model.Angle(math.Asin(1 - (2*float64(i)+1)/netPoints))
		add("", model.Horizontal{Az: golden.Mul(float64(i)).Wrap(), Alt: alt}.HourDec(p.Setup.Latitude))
	}
	return out
}

// design grows a set of places together with what they tell.
type design struct {
	problem problem
	guess   guess
	inverse square // covariance of the parameters so far
	taken   []sighting
	count   [2]int // by pier side
	sides   bool   // they are to be even
	band    [altitudeBands]int
	bands   bool       // they are to be even
	sines   [2]float64 // of the lowest and the highest altitude
	apart   model.Angle
}

// altitudeBands is the number of bands of altitude, of equal area, from which
// stars are taken evenly. Information alone would leave the zenith out, and
// with it whatever goes wrong there that no term knows.
const altitudeBands = 3

// bandOf returns the band of a star.
func (d *design) bandOf(s sighting) int {
	sin := s.sky.Dot(d.problem.zenith)
	k := (sin - d.sines[0]) / max(d.sines[1]-d.sines[0], 1e-3) * altitudeBands
	return int(min(max(k, 0), altitudeBands-1))
}

func newDesign(p *Plan, o *Options) *design {
	terms := []Term{Attitude, Z3}
	total := p.Count + len(p.Done)
	if total > 2 {
		terms = append(terms, Z1, Z2)
	}
	if total >= 10 {
		terms = append(terms, TF)
		if p.Setup.Fork {
			terms = append(terms, FO)
		}
	}
	l := p.Limits.orDefault()
	low, _ := l.Lowest.SinCos()
	high, _ := l.Highest.SinCos()
	d := &design{
		problem: problem{terms: terms, zenith: p.Setup.zenith()}, guess: o.start(), sides: p.Setup.Sides,
		bands: total >= 2*altitudeBands, sines: [2]float64{low, high},
		apart: model.Angle(even * math.Sqrt(2*math.Pi*max(high-low, 0.1)/float64(total))),
	}
	n := d.problem.count()
	d.inverse = newSquare(n)
	for i := range n {
		d.inverse[i][i] = 1e-2 // radians²: next to nothing is known
	}
	return d
}

// see returns the two measurements that a star would give.
func (d *design) see(s sighting) miss {
	d.problem.stars = []sighting{s}
	return d.problem.misses(d.guess)[0]
}

// gain returns the factor by which a star shrinks the parameters' volume,
// squared.
func (d *design) gain(m *miss) float64 {
	s := solution{inverse: d.inverse}
	h := s.leverage(m)
	return (1+h[0][0])*(1+h[1][1]) - h[0][1]*h[1][0]
}

// take adds a star: both its measurements, one after the other.
func (d *design) take(s sighting) {
	for _, row := range d.see(s).row {
		v := apply(d.inverse, row)
		k := 1.0
		for j, x := range row {
			k += v[j] * x
		}
		for i := range d.inverse {
			for j := range d.inverse {
				d.inverse[i][j] -= v[i] * v[j] / k
			}
		}
	}
	d.taken = append(d.taken, s)
	d.band[d.bandOf(s)]++
	if through(s.axes) {
		d.count[1]++
	} else {
		d.count[0]++
	}
}

// choose takes count of the candidates.
func (d *design) choose(candidates []place, count int) []Target {
	misses := make([]miss, len(candidates))
	for i := range candidates {
		misses[i] = d.see(candidates[i].star)
	}
	var out []Target
	for apart := d.apart; len(out) < count; {
		best, most := -1, 0.0
		for i := range candidates {
			c := &candidates[i]
			if c.used || !d.welcome(c, apart) {
				continue
			}
			// The first star tells as much anywhere: halfway up it is easy.
			g := d.gain(&misses[i]) * (1 - 1e-3*(c.Sky.Alt-model.Degrees(45)).Abs().Radians())
			if g > most {
				best, most = i, g
			}
		}
		if best < 0 {
			apart = apart.Mul(0.8)
			if apart < model.Arcsec(1) {
				d.sides, d.bands = false, false // what is missing is out of reach
			}
			continue
		}
		candidates[best].used = true
		d.take(candidates[best].star)
		out = append(out, candidates[best].Target)
	}
	return out
}

// welcome reports whether c is far enough from the stars taken, on the pier
// side that has fewer and in a band of altitude that has no more than another.
func (d *design) welcome(c *place, apart model.Angle) bool {
	if d.sides {
		here, there := d.count[0], d.count[1]
		if c.Side == pointing.Through {
			here, there = there, here
		}
		if here > there {
			return false
		}
	}
	if d.bands && d.band[d.bandOf(c.star)] > slices.Min(d.band[:]) {
		return false
	}
	for _, s := range d.taken {
		if s.sky.Angle(c.star.sky) < apart {
			return false
		}
	}
	return true
}

// order returns the targets in an order of short slews from the axes: those of
// the present pier side first.
func order(from model.Axes, targets []Target) []Target {
	side := pointing.Normal
	if through(from) {
		side = pointing.Through
	}
	out := make([]Target, 0, len(targets))
	for range 2 {
		var leg []Target
		for _, t := range targets {
			if t.Side == side {
				leg = append(leg, t)
			}
		}
		shorten(from, leg)
		if len(leg) > 0 {
			from = leg[len(leg)-1].Axes
		}
		out = append(out, leg...)
		side = side.Other()
	}
	return out
}

// shorten orders a leg by nearest neighbours, then turns round stretches while
// that saves time.
func shorten(from model.Axes, leg []Target) {
	at := from
	for i := range leg {
		nearest := i
		for j := i + 1; j < len(leg); j++ {
			if slew(at, leg[j].Axes) < slew(at, leg[nearest].Axes) {
				nearest = j
			}
		}
		leg[i], leg[nearest] = leg[nearest], leg[i]
		at = leg[i].Axes
	}
	before := func(i int) model.Axes {
		if i == 0 {
			return from
		}
		return leg[i-1].Axes
	}
	for range leg {
		better := false
		for i := range leg {
			for j := i + 1; j < len(leg); j++ {
				change := slew(before(i), leg[j].Axes) - slew(before(i), leg[i].Axes)
				if j+1 < len(leg) {
					change += slew(leg[i].Axes, leg[j+1].Axes) - slew(leg[j].Axes, leg[j+1].Axes)
				}
				if change < -1e-9 {
					for a, b := i, j; a < b; a, b = a+1, b-1 {
						leg[a], leg[b] = leg[b], leg[a]
					}
					better = true
				}
			}
		}
		if !better {
			return
		}
	}
}

// slew returns how far the axis that has farther to go must turn.
func slew(a, b model.Axes) model.Angle {
	return max((b.Z - a.Z).WrapSigned().Abs(), (b.A - a.A).Abs())
}
