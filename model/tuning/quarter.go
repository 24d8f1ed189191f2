// SPDX-License-Identifier: GPL-3.0-or-later

package tuning

import (
	"math"

	"github.com/siderostep/siderostep/fault"
)

// FineEncoder is how many counts of the encoder a microstep should have, or
// more, for its quarter steps to be told from it.
const FineEncoder = 4

// QuarterSteps is what a motor's quarter steps were measured to be.
type QuarterSteps struct {
	// Correction is by how much the rotor goes too far clockwise at a0, a1,
	// a2, a3, b0 to d3, in full steps. The first is the zero of the others.
	Correction [16]float64
	Spread     float64 // root mean square of the cycles' standard deviations, full steps
	Cycles     int
	FullStep   float64   // in counts of the encoder; negative when it counts against the motor
	Microstep  float64   // the same of one microstep, without sign
	Fine       bool      // Microstep is at least FineEncoder counts
	Positions  []float64 // mean place of the rotor at microstep 0 to ms, full steps from the winding being left
}

const opQuarter = "quarter steps"

// MeasureQuarterSteps returns the quarter steps of a motor of four windings
// by cycles: each is what an encoder counted at every microstep of an
// electrical cycle, from phase a0 to the next a0 in clockwise order, 4·ms + 1
// numbers. Cycles of both directions average. Where ms is not a multiple of 4
// a quarter step lies between two microsteps, and so does its value.
//
// It returns fault.Invalid for cycles of another length, and for one in which
// the encoder hardly moved.
//
// Source: stepper-core §1.6, §6.4: c = (E_end − E_0)/4, and
// QSC[k] = (E[k·ms/4] − E_0)/c − k/4.
func MeasureQuarterSteps(cycles [][]float64, ms int) (QuarterSteps, error) {
	if ms < 2 || len(cycles) == 0 {
		return QuarterSteps{}, fault.New(fault.Invalid, opQuarter, "%d cycles of %d microsteps per full step; there must be some", len(cycles), ms)
	}
	q := QuarterSteps{Cycles: len(cycles), Positions: make([]float64, ms+1)}
	var values [16][]float64
	for _, e := range cycles {
		if len(e) != 4*ms+1 {
			return QuarterSteps{}, fault.New(fault.Invalid, opQuarter, "a cycle has %d readings instead of %d", len(e), 4*ms+1)
		}
		c := (e[4*ms] - e[0]) / 4
		if !(math.Abs(c) >= 1) || math.IsInf(c, 0) {
			return QuarterSteps{}, fault.New(fault.Invalid, opQuarter, "the encoder counts %.3g in a full step; it is too coarse, or not on this axis", c)
		}
		for k := range values {
			values[k] = append(values[k], (between(e, float64(k*ms)/4)-e[0])/c-float64(k)/4)
		}
		for k := range q.Positions {
			for w := range 4 {
				q.Positions[k] += ((e[w*ms+k]-e[0])/c - float64(w)) / float64(4*len(cycles))
			}
		}
		q.FullStep += c / float64(len(cycles))
	}
	for k, v := range values {
		s := Of(v...)
		q.Correction[k] = s.Mean
		q.Spread += s.Spread * s.Spread / 16
	}
	q.Spread = math.Sqrt(q.Spread)
	q.Microstep = math.Abs(q.FullStep) / float64(ms)
	q.Fine = q.Microstep >= FineEncoder
	return q, nil
}

// between returns e at a place between two of its numbers.
func between(e []float64, at float64) float64 {
	i := int(at)
	if f := at - float64(i); f > 0 {
		return e[i] + f*(e[i+1]-e[i])
	}
	return e[i]
}
