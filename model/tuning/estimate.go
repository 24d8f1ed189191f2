// SPDX-License-Identifier: GPL-3.0-or-later

// Package tuning is the arithmetic of measuring a telescope's drive: step
// sizes, backlash, encoders, the motors' quarter steps, their fastest speed,
// and the tube's place on its axes.
//
// Nothing here moves anything: package measure asks the observer, reads the
// mount and hands the numbers over.
//
// Source: Scope II manual; stepper-core §1.6, §4, §6.4, §8.1.
package tuning

import "math"

// Estimate is a value measured several times.
type Estimate struct {
	Mean   float64
	Spread float64 // standard deviation of one measurement; 0 for a single one
	N      int
}

// Of returns the estimate of measurements; the zero Estimate for none.
func Of(values ...float64) Estimate {
	e := Estimate{N: len(values)}
	if e.N == 0 {
		return e
	}
	for _, v := range values {
		e.Mean += v / float64(e.N)
	}
	if e.N < 2 {
		return e
	}
	sum := 0.0
	for _, v := range values {
		sum += (v - e.Mean) * (v - e.Mean)
	}
	e.Spread = math.Sqrt(sum / float64(e.N-1))
	return e
}

// Error returns the standard error of the mean, by the spread: 0 for a single
// measurement, of which it is unknown.
func (e Estimate) Error() float64 {
	if e.N < 2 {
		return 0
	}
	return e.Spread / math.Sqrt(float64(e.N))
}
