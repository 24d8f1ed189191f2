// SPDX-License-Identifier: GPL-3.0-or-later

package fit

import (
	"math"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
)

// MapPoint is a measured error at a reading of the axes: how far they read too
// far clockwise (Z, along the sky) and too high (A).
type MapPoint struct {
	Axes   model.Axes  `json:"axes"`
	ErrorZ model.Angle `json:"error_z_rad"`
	ErrorA model.Angle `json:"error_a_rad"`
}

// Map is the PMC of the original: between its points the error is their mean,
// weighted by the inverse cube of the distance. The zero Map corrects nothing.
type Map struct {
	Points []MapPoint `json:"points"`

	// Soft widens every distance d to √(d² + Soft²), so that no point has a
	// peak of its own, and keeps the two pier sides apart; 0 is the original's
	// rule.
	Soft model.Angle `json:"soft_rad,omitempty"`

	// Reach is the distance at which one point alone corrects by half; 0
	// stands for no limit, the original's rule.
	Reach model.Angle `json:"reach_rad,omitempty"`

	// RawZ says that the errors of Z are subtracted from the reading as they
	// stand, as the original does, not grown by the secant of A.
	RawZ bool `json:"raw_z,omitempty"`
}

const opMap = "residual map"

// Check reports, as fault.Invalid, points that no mount has.
func (m *Map) Check() error {
	for i, p := range m.Points {
		if !p.Axes.Z.IsFinite() || !p.Axes.A.IsFinite() {
			return fault.New(fault.Invalid, opMap, "point %d stands at %v", i+1, p.Axes)
		}
		if most := model.Degrees(mostCorrection); !(p.ErrorZ.Abs() <= most && p.ErrorA.Abs() <= most) {
			return fault.New(fault.Invalid, opMap, "point %d is off by %v and %v: it may be up to %g° either way", i+1, p.ErrorZ, p.ErrorA, float64(mostCorrection))
		}
	}
	if !(m.Soft >= 0 && m.Soft <= model.HalfTurn) || !(m.Reach >= 0 && m.Reach <= model.HalfTurn) {
		return fault.New(fault.Invalid, opMap, "soft %v or reach %v is not between 0 and 180°", m.Soft, m.Reach)
	}
	return nil
}

// Value returns the mean of the points' errors at axes; at a point of an
// unsoftened map it is that point's own.
func (m *Map) Value(axes model.Axes) (z, a model.Angle) {
	var sumZ, sumA, weights float64
	here := polarAxes(axes)
	for i := range m.Points {
		p := &m.Points[i]
		if m.Soft > 0 && through(p.Axes) != through(axes) {
			continue
		}
		d := math.Hypot(float64(here.Angle(polarAxes(p.Axes))), float64(m.Soft))
		if d < 1e-12 {
			return p.ErrorZ, p.ErrorA
		}
		w := 1 / (d * d * d)
		sumZ += w * float64(p.ErrorZ)
		sumA += w * float64(p.ErrorA)
		weights += w
	}
	if m.Reach > 0 {
		weights += math.Pow(float64(m.Reach), -3)
	}
	if weights == 0 {
		return 0, 0
	}
	return model.Angle(sumZ / weights), model.Angle(sumA / weights)
}

// polarAxes returns the direction of axes in the mount frame.
func polarAxes(axes model.Axes) model.Vec { return model.Polar(-axes.Z, axes.A) }

// through reports whether axes are through the pole.
func through(axes model.Axes) bool {
	_, cos := axes.A.SinCos()
	return cos < 0
}

// Wrong returns how far the axes read wrong when they read raw.
func (m *Map) Wrong(raw model.Axes) model.Axes {
	z, a := m.Value(raw)
	if !m.RawZ {
		z = z.Mul(secant(raw.A))
	}
	return model.Axes{Z: z, A: a}
}
