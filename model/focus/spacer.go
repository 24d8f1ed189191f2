// SPDX-License-Identifier: GPL-3.0-or-later

// Package focus finds out what the steps of a focuser are worth: how far one
// moves the focal plane, where the best focus is, and by how many steps an
// autofocus program should move between its exposures.
//
// Positions are counts of steps, outward positive. Image sizes are half flux
// radii (HFR) in any unit: only their ratios count.
package focus

import (
	"math"

	"github.com/siderostep/siderostep/fault"
)

const (
	opStep      = "focuser step size"
	opIncrement = "autofocus increment"
	opCurve     = "focus curve"
)

// Spacer is one measurement of the step size: focused at P1, a spacer put
// before the camera or eyepiece, focused again at P2. Where focusing moves
// the main mirror, and with it the focal ratio, there is no other way to know
// the motion of the focal plane.
type Spacer struct {
	P1       int     `json:"p1"`
	P2       int     `json:"p2"`
	SpacerMM float64 `json:"spacer_mm"` // thickness, > 0; 5 to 10 is good
}

// StepUM returns the motion of the focal plane by one step, in micrometres:
// 1000·spacer/|P2 − P1|. It returns fault.Invalid for equal positions or a
// spacer of no thickness.
func (m Spacer) StepUM() (float64, error) {
	switch {
	case !(m.SpacerMM > 0) || math.IsInf(m.SpacerMM, 0):
		return 0, fault.New(fault.Invalid, opStep, "the spacer is %v mm thick; more than 0 is accepted", m.SpacerMM)
	case m.P1 == m.P2:
		return 0, fault.New(fault.Invalid, opStep, "both positions are %d; with the spacer the focus must be elsewhere", m.P1)
	}
	return 1000 * m.SpacerMM / math.Abs(float64(m.P2)-float64(m.P1)), nil
}

// Estimate is a value measured several times.
type Estimate struct {
	Mean   float64
	Spread float64 // standard deviation of one measurement; 0 for a single one
	N      int
}

// StepSize returns the mean of several measurements, in micrometres by step.
// It returns fault.Invalid when there are none, or one of them is none.
func StepSize(ms []Spacer) (Estimate, error) {
	if len(ms) == 0 {
		return Estimate{}, fault.New(fault.Invalid, opStep, "nothing was measured yet; focus, add a spacer and focus again")
	}
	sizes := make([]float64, len(ms))
	e := Estimate{N: len(ms)}
	for i, m := range ms {
		var err error
		if sizes[i], err = m.StepUM(); err != nil {
			return Estimate{}, err
		}
		e.Mean += sizes[i] / float64(e.N)
	}
	if e.N == 1 {
		return e, nil
	}
	for _, size := range sizes {
		e.Spread += (size - e.Mean) * (size - e.Mean)
	}
	e.Spread = math.Sqrt(e.Spread / float64(e.N-1))
	return e, nil
}

// CriticalZone returns the critical focus zone, in micrometres: the motion of
// the focal plane, from one side of focus to the other, within which the blur
// of defocus is no larger than the Airy disc. That disc's diameter is 2.44 λN,
// and the cone of light widens to it within 2.44 λN², on either side: in all
// 4.88 λN². It returns fault.Invalid for a wavelength (in nanometres) or focal
// ratio that is not above 0.
func CriticalZone(wavelengthNM, focalRatio float64) (float64, error) {
	for _, v := range [2]float64{wavelengthNM, focalRatio} {
		if !(v > 0) || math.IsInf(v, 0) {
			return 0, fault.New(fault.Invalid, "critical focus zone", "wavelength %v nm at focal ratio %v; both must be above 0", wavelengthNM, focalRatio)
		}
	}
	return 4.88 * wavelengthNM / 1000 * focalRatio * focalRatio, nil
}
