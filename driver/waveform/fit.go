// SPDX-License-Identifier: GPL-3.0-or-later

package waveform

import "math"

// FitTable returns the columns with which the rotor would stand at even
// distances, from where it stands with the table c describes: positions[k] is
// its mean place at microstep k, in full steps from the one being left,
// for k from 0 to Microsteps, averaged over at least four full steps, without
// a quarter-step correction. Nothing in c changes.
//
// In each half of the step, counts go with the ratio of fields that places an
// ideal rotor there, by straight lines between the microsteps; the first line
// is drawn on towards the full step, where counts move nothing. So a motor
// that is ideal but for its dead band is right after one pass, and any other
// nearly: a second pass should change counts by about one.
//
// It returns fault.Invalid when c or the positions make no table, saying what
// to measure again.
//
// Source: Scope II manual, microstep tuning; stepper-core §1.8, "Table from
// measurement".
func (c Config) FitTable(positions []float64) (leaving, approaching []int, err error) {
	if err := c.Validate(); err != nil {
		return nil, nil, err
	}
	if correction(c.Correction).used() {
		return nil, nil, invalid("quarter_step_correction_full_steps must be empty while positions for a table are measured; it corrects what the table leaves")
	}
	v := newCurve(c)
	if err := v.monotonic(); err != nil {
		return nil, nil, err
	}
	if err := v.measured(positions); err != nil {
		return nil, nil, err
	}
	first, second := v.knots(positions)
	leaving, approaching = make([]int, v.microsteps), make([]int, v.microsteps)
	leaving[0], approaching[0] = v.leaving[0], v.approaching[0]
	for k := 1; k < v.microsteps; k++ {
		wanted := float64(k) / float64(v.microsteps)
		knots, ratio := first, v.ratio
		if wanted > positions[v.microsteps/2] {
			knots, ratio = second, func(p float64) float64 { return v.ratio(1 - p) }
		}
		a, b := span(positions, knots, wanted)
		from := ratio(positions[a])
		part := (ratio(wanted) - from) / (ratio(positions[b]) - from)
		count := func(column []int) int {
			n := math.Round(float64(column[a]) + part*float64(column[b]-column[a]))
			return int(min(max(n, 0), float64(c.Slots)))
		}
		leaving[k], approaching[k] = count(v.leaving), count(v.approaching)
	}
	return leaving, approaching, nil
}

// monotonic returns fault.Invalid unless one winding only takes over from the
// other.
func (v curve) monotonic() error {
	for k := range v.microsteps {
		if v.leaving[k+1] > v.leaving[k] {
			return invalid("pwm[%d] is above pwm[%d]; a table can be fitted only when the winding being left never gains", k+1, k)
		}
		if v.approaching[k+1] < v.approaching[k] {
			return invalid("pwm_approaching[%d] is below pwm_approaching[%d]; a table can be fitted only when the winding being approached never loses", k+1, k)
		}
	}
	return nil
}

// still is how far, in microsteps, a rotor may seem to have moved when it has
// not.
const still = 0.1

// measured returns fault.Invalid unless the positions go from one full step
// to the next, moving at every microstep that is not next to one of them.
func (v curve) measured(p []float64) error {
	ms := v.microsteps
	if len(p) != ms+1 {
		return invalid("%d positions; there must be %d, one for each microstep from 0 to %d", len(p), ms+1, ms)
	}
	for k, x := range p {
		if !(x > -1 && x < 2) { // NaN too
			return invalid("position %d is %v; it must be a fraction of a full step", k, x)
		}
	}
	if off := 0.5 / float64(ms); math.Abs(p[0]) > off || math.Abs(p[ms]-1) > off {
		return invalid("positions go from %v to %v full steps; measure from 0 to 1, within half a microstep", p[0], p[ms])
	}
	near := still / float64(ms)
	for k := 1; k <= ms; k++ {
		atEnd := p[k] <= near && k <= ms/2 || p[k-1] >= 1-near && k > ms/2
		if p[k] <= p[k-1] && !atEnd {
			return invalid("position %d is %v, not beyond position %d, which is %v; measure again, or bring their counts further apart", k, p[k], k-1, p[k-1])
		}
	}
	if h := p[ms/2]; h <= near || h >= 1-near {
		return invalid("position %d is %v; the half step cannot be on a full step", ms/2, h)
	}
	return nil
}

// knots returns the microsteps of each half at which the rotor has left one
// full step and not reached the next. Where that leaves only one, the nearest
// microstep without motion helps out.
func (v curve) knots(p []float64) (first, second []int) {
	near := still / float64(v.microsteps)
	half := v.microsteps / 2
	from, to := half, half
	for from > 1 && p[from-1] > near {
		from--
	}
	for to < v.microsteps-1 && p[to+1] < 1-near {
		to++
	}
	if from == half {
		from--
	}
	if to == half {
		to++
	}
	for k := from; k <= to; k++ {
		if k <= half {
			first = append(first, k)
		}
		if k >= half {
			second = append(second, k)
		}
	}
	return first, second
}

// span returns the two neighbouring knots between which the rotor stands at
// x; beyond the last knots, the last two.
func span(p []float64, knots []int, x float64) (a, b int) {
	i := 0
	for i < len(knots)-2 && p[knots[i+1]] < x {
		i++
	}
	return knots[i], knots[i+1]
}

// ratio returns the current of the winding being approached, as a part of
// the one being left, that places an ideal rotor at p full steps.
func (v curve) ratio(p float64) float64 {
	between := 2 * math.Pi / float64(v.windings)
	return math.Sin(p*between) / math.Sin((1-p)*between)
}
