// SPDX-License-Identifier: GPL-3.0-or-later

package waveform

import "math"

// quarters is the number of quarter steps in the electrical cycle of four
// windings.
const quarters = 16

// correction tells where a motor has to be driven for its rotor to stand
// where the count says. Its values are full steps, positive clockwise.
//
// The rotor driven to the electrical position e stands at e + QSC(e), with
// QSC in straight lines between the measured quarter steps. That line is
// inverted exactly; e ≈ count − QSC(count) would leave an error of QSC times
// the slope of QSC.
//
// Source: Scope II manual, "QuarterStepCorrection"; stepper-core §1.6. The
// original adds QSC to the reported position instead, and so tracks with the
// error it knows. Its index demands a multiple of 4 microsteps; interpolating
// between microsteps any even number will do.
type correction []float64

func (c *Config) validCorrection() error {
	q := c.Correction
	switch {
	case len(q) == 0:
		return nil
	case c.Windings != 4:
		return invalid("quarter_step_correction_full_steps is for 4 windings, not %d", c.Windings)
	case len(q) != quarters:
		return invalid("quarter_step_correction_full_steps has %d values; it must have %d: a0 to a3, b0 to b3, c0 to c3, d0 to d3", len(q), quarters)
	}
	for k, v := range q {
		if !(math.Abs(v) <= 0.5) { // NaN too
			return invalid("quarter_step_correction_full_steps[%d] is %v; it must be from -0.5 to 0.5", k, v)
		}
	}
	for k, v := range q {
		if next := q[(k+1)%quarters]; next-v <= -0.2 {
			return invalid("quarter_step_correction_full_steps[%d] and the one after it are %v and %v: the rotor would hardly move, or turn back, between quarter steps; the later may be less by at most 0.2", k, v, next)
		}
	}
	return nil
}

// used reports whether anything is to be corrected.
func (q correction) used() bool {
	for _, v := range q {
		if v != 0 {
			return true
		}
	}
	return false
}

// stands returns where the rotor stands when driven to quarter step k, any
// integer, in full steps.
func (q correction) stands(k int) float64 {
	return float64(k)/4 + q[(k%quarters+quarters)%quarters]
}

// electrical returns the place to drive the motor to, in full steps, for its
// rotor to stand at x full steps.
func (q correction) electrical(x float64) float64 {
	k := int(math.Floor(4 * x))
	for q.stands(k) > x {
		k--
	}
	for q.stands(k+1) <= x {
		k++
	}
	from, to := q.stands(k), q.stands(k+1)
	return (float64(k) + (x-from)/(to-from)) / 4
}
