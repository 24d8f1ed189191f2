// SPDX-License-Identifier: GPL-3.0-or-later

package sim

import (
	"math"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/fault"
)

// force is what a pattern does to one motor: the mean currents of its two
// phases, the share of time in which each is connected, and the sum of all
// winding currents.
type force struct {
	u, on [2]float64
	power float64
}

// winding turns duty into current. Flywheel diodes carry the current between
// the pulses of a period, which is short beside the rotor's own; so only the
// mean current acts. That mean is the duty, less a dead band in which the
// inductance does not let the current rise, to a power between 1 (flywheel)
// and 2 (fast decay, current from zero in each pulse), times the winding's own
// strength. The pause of a period counts as off.
type winding struct {
	dead     float64 // duty below which no current flows
	exponent float64
	strength [4]float64 // of windings a, b, a−, b−
	reversed bool       // leads a and a− are exchanged
	open     [4]bool    // broken leads
}

func newWinding(c *Motor, reversed bool) winding {
	odd := c.WindingImbalancePercent / 200
	return winding{
		dead:     c.PWMDeadBandPercent / 100,
		exponent: c.CurrentExponent,
		strength: [4]float64{1 + odd, 1 - odd, 1 + odd, 1 - odd},
		reversed: reversed,
	}
}

func (w *winding) current(k int, duty float64) float64 {
	if w.open[k] || duty <= w.dead {
		return 0
	}
	i := (duty - w.dead) / (1 - w.dead)
	if w.exponent != 1 {
		i = math.Pow(i, w.exponent)
	}
	return i * w.strength[k]
}

// force returns what duties of the lines a, b, a−, b− do to the motor.
func (w *winding) force(duty [4]float64) force {
	if w.reversed {
		duty[0], duty[2] = duty[2], duty[0]
	}
	var i [4]float64
	for k := range i {
		i[k] = w.current(k, duty[k])
	}
	return force{
		u:     [2]float64{i[0] - i[2], i[1] - i[3]},
		on:    [2]float64{min(1, duty[0]+duty[2]), min(1, duty[1]+duty[3])},
		power: i[0] + i[1] + i[2] + i[3],
	}
}

// duties returns the share of a pattern's period in which each of the eight
// lines is on.
func duties(p *driver.Pattern) (duty [8]float64, err error) {
	if p.N < 1 || p.N > driver.MaxSlots {
		return duty, fault.New(fault.Invalid, "drive windings", "a pattern has 1 to %d entries, not %d", driver.MaxSlots, p.N)
	}
	var on [8]uint32
	var period uint32
	for k := range p.N {
		s := p.Slots[k]
		if s.Word > 0xff {
			return duty, fault.New(fault.Invalid, "drive windings", "the port has eight lines; word %#x sets others", s.Word)
		}
		period += uint32(s.For)
		for line := range on {
			on[line] += uint32(s.For) & -uint32(s.Word>>line&1)
		}
	}
	if period == 0 {
		return duty, fault.New(fault.Invalid, "drive windings", "a pattern lasts at least one slot")
	}
	scale := 1 / float64(period)
	for line := range duty {
		duty[line] = float64(on[line]) * scale
	}
	return duty, nil
}
