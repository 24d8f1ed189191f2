// SPDX-License-Identifier: GPL-3.0-or-later

package mount

import (
	"math"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/model"
)

// target is a place on the sky that moves by itself: at the drive's rate, at
// offset rates, and by guide pulses. It is a value.
type target struct {
	place             model.Equatorial // at the instant since, guide pulses apart
	since             driver.Instant
	drive             DriveRate
	raRate            model.Rate       // offset
	decRate           model.Rate       // offset
	nudgeRA, nudgeDec model.Rate       // by direction keys
	nudged            model.Equatorial // sum of their motion until since, which place has
	dragRA, dragDec   model.Rate       // while GuideDrag is on
	guided            model.Equatorial // sum of pulses that are over
	pulses            [2]pulse         // in right ascension and declination
	path              *path            // of the body that is followed, whose rates the offsets are; nil for none
}

// The coordinates of the pulses.
const (
	inRA = iota
	inDec
)

// pulse is a rate between two exact instants.
type pulse struct {
	start, end driver.Instant
	rate       model.Rate
}

// moved returns how far the pulse has gone by t.
func (p pulse) moved(t driver.Instant) model.Angle {
	return p.rate.Over(min(max(t, p.start), p.end).Sub(p.start))
}

// rateAt returns the pulse's rate just after t, or just before it.
func (p pulse) rateAt(t driver.Instant, after bool) model.Rate {
	if after && t >= p.start && t < p.end || !after && t > p.start && t <= p.end {
		return p.rate
	}
	return 0
}

// at returns where the target is at t.
func (g *target) at(t driver.Instant) model.Equatorial {
	d := t.Sub(g.since)
	return overPole(model.Equatorial{
		RA:  g.place.RA + g.ownRA().Over(d) + g.guided.RA + g.pulses[inRA].moved(t),
		Dec: g.place.Dec + g.ownDec().Over(d) + g.guided.Dec + g.pulses[inDec].moved(t),
	})
}

// ownRA is the rate in right ascension without guide pulses: a drive slower
// than the stars lets the target fall eastward among them.
func (g *target) ownRA() model.Rate {
	return model.Sidereal - g.drive.Rate() + g.raRate + g.nudgeRA + g.dragRA
}

// ownDec is the rate in declination without guide pulses.
func (g *target) ownDec() model.Rate { return g.decRate + g.nudgeDec + g.dragDec }

// rates returns how fast the target moves just after t, or just before it.
func (g *target) rates(t driver.Instant, after bool) (ra, dec model.Rate) {
	return g.ownRA() + g.pulses[inRA].rateAt(t, after), g.ownDec() + g.pulses[inDec].rateAt(t, after)
}

// steady reports whether no pulse begins or ends at t.
func (g *target) steady(t driver.Instant) bool {
	for _, p := range g.pulses {
		if p.end > p.start && (t == p.start || t == p.end) {
			return false
		}
	}
	return true
}

// nextEdge returns the first beginning or end of a pulse after t, or limit
// when that comes first.
func (g *target) nextEdge(t, limit driver.Instant) driver.Instant {
	for _, p := range g.pulses {
		for _, edge := range [2]driver.Instant{p.start, p.end} {
			if p.end > p.start && edge > t && edge < limit {
				limit = edge
			}
		}
	}
	return limit
}

// from returns the same target counted from t on, so that rates can change
// there. Pulses stay as they are.
func (g target) from(t driver.Instant) target {
	d := t.Sub(g.since)
	g.place.RA = (g.place.RA + g.ownRA().Over(d)).Wrap()
	g.place.Dec += g.ownDec().Over(d)
	g.nudged.RA += g.nudgeRA.Over(d)
	g.nudged.Dec += g.nudgeDec.Over(d)
	g.since = t
	return g
}

// guide returns the target with a pulse added in one coordinate; the pulse
// before ends when the new one starts.
func (g target) guide(coordinate int, p pulse) target {
	over := g.pulses[coordinate]
	over.end = max(over.start, min(over.end, p.start))
	switch moved := over.moved(over.end); coordinate {
	case inRA:
		g.guided.RA += moved
	case inDec:
		g.guided.Dec += moved
	}
	g.pulses[coordinate] = p
	return g
}

// guideEnd returns when the last pulse ends; 0 for none.
func (g *target) guideEnd() driver.Instant { return max(g.pulses[inRA].end, g.pulses[inDec].end) }

// correction returns the sum of all pulses up to t.
func (g *target) correction(t driver.Instant) model.Equatorial {
	return model.Equatorial{
		RA:  g.guided.RA + g.pulses[inRA].moved(t),
		Dec: g.guided.Dec + g.pulses[inDec].moved(t),
	}
}

// guidedBy returns the sum of all pulses and of direction keys up to t.
func (g *target) guidedBy(t driver.Instant) model.Equatorial {
	sum, d := g.correction(t), t.Sub(g.since)
	return model.Equatorial{
		RA:  sum.RA + g.nudged.RA + g.nudgeRA.Over(d),
		Dec: sum.Dec + g.nudged.Dec + g.nudgeDec.Over(d),
	}
}

// overPole returns e with its declination back within ±90° when motion has
// taken it over a pole: down the other side, on the opposite meridian.
func overPole(e model.Equatorial) model.Equatorial {
	if over := e.Dec.Abs() - model.Quarter; over > 0 {
		e.RA += model.HalfTurn
		e.Dec = model.Angle(math.Copysign(float64(model.Quarter-over), float64(e.Dec)))
	}
	return e
}
