// SPDX-License-Identifier: GPL-3.0-or-later

package pointing

import (
	"math"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
)

// Criteria say which alignment stars are good enough. A zero field stands for
// its value in DefaultCriteria.
type Criteria struct {
	Separation   model.Angle // stars must be at least this far apart, and from being opposite
	Disagreement model.Angle // between measured and true distance of any two
	Determinant  float64     // of three stars' unit vectors: six times their volume
}

// DefaultCriteria are the criteria of the reference: 5°, 1° and 0.05.
func DefaultCriteria() Criteria {
	return Criteria{Separation: model.Degrees(5), Disagreement: model.Degrees(1), Determinant: 0.05}
}

func (c Criteria) orDefault() Criteria {
	d := DefaultCriteria()
	if c.Separation == 0 {
		c.Separation = d.Separation
	}
	if c.Disagreement == 0 {
		c.Disagreement = d.Disagreement
	}
	if c.Determinant == 0 {
		c.Determinant = d.Determinant
	}
	return c
}

const opAlign = "align"

// Stars closer than wide, or as close to being opposite, align badly enough
// for a warning.
const wide = 20 * math.Pi / 180

// TakiTwo returns m with the attitude that carries both stars exactly to where
// the axes were. Unless their measured and true distances agree it is not a
// rotation but sheared: exact at the stars, the worse the farther from them.
// Align does better; this is what the original computes.
//
// Its errors are fault.Invalid, in words for the observer; m stays as it was.
// Source: Taki 5.4.
func (m *Model) TakiTwo(a, b Star, c Criteria) (*Model, error) {
	c = c.orDefault()
	if err := m.checkPairs([]Star{a, b}, c, true); err != nil {
		return nil, err
	}
	x1, x2 := a.Sky.Unit(), b.Sky.Unit()
	y1, y2 := m.MountVector(a.Axes), m.MountVector(b.Axes)
	return m.taki(
		model.Mat{x1, x2, x1.Cross(x2).Unit()},
		model.Mat{y1, y2, y1.Cross(y2).Unit()},
	)
}

// TakiThree is TakiTwo with a third star measured instead of constructed.
func (m *Model) TakiThree(a, b, c Star, criteria Criteria) (*Model, error) {
	criteria = criteria.orDefault()
	if err := m.checkPairs([]Star{a, b, c}, criteria, true); err != nil {
		return nil, err
	}
	x := model.Mat{a.Sky.Unit(), b.Sky.Unit(), c.Sky.Unit()}
	y := model.Mat{m.MountVector(a.Axes), m.MountVector(b.Axes), m.MountVector(c.Axes)}
	if det := min(math.Abs(x.Det()), math.Abs(y.Det())); det < criteria.Determinant {
		return nil, fault.New(fault.Invalid, opAlign,
			"the three stars lie too nearly on one great circle (%.3f, at least %.3f): take one well beside the line of the others",
			det, criteria.Determinant)
	}
	return m.taki(x, y)
}

// taki solves R·xᵢ = yᵢ for the rows of x and y.
func (m *Model) taki(x, y model.Mat) (*Model, error) {
	inverse, ok := x.Transpose().Inverse()
	if !ok {
		return nil, fault.New(fault.Invalid, opAlign, "the stars define no orientation")
	}
	attitude := y.Transpose().Mul(inverse)
	if attitude.Det() < 0 {
		return nil, fault.New(fault.Invalid, opAlign,
			"the measured stars mirror the sky: an axis counts the wrong way")
	}
	if err := Check(attitude, m.Errors, m.Index); err != nil {
		return nil, err
	}
	return m.WithAttitude(attitude), nil
}

// checkPairs refuses stars that are malformed, or two of which disagree; with
// apart also ones any two of which are too close together or too nearly
// opposite.
func (m *Model) checkPairs(stars []Star, c Criteria, apart bool) error {
	for i, s := range stars {
		n := s.Sky.Norm()
		if !(n > 0.5 && n < 2) || !s.Axes.Z.IsFinite() || !s.Axes.A.IsFinite() || !(s.weight() > 0) || math.IsInf(s.weight(), 0) {
			return fault.New(fault.Invalid, opAlign, "star %d is no direction, reading and positive weight: %v at %v, %g",
				i+1, s.Sky, s.Axes, s.Weight)
		}
	}
	for i, a := range stars {
		for j := i + 1; j < len(stars); j++ {
			b := stars[j]
			sep := a.Sky.Angle(b.Sky)
			if apart && (sep < c.Separation || sep > model.HalfTurn-c.Separation) {
				return fault.New(fault.Invalid, opAlign,
					"stars %d and %d are %.1f° apart, must be between %g° and %g°",
					i+1, j+1, sep.Degrees(), c.Separation.Degrees(), 180-c.Separation.Degrees())
			}
			if d := m.Disagreement(a, b); d.Abs() > c.Disagreement {
				return fault.New(fault.Invalid, opAlign,
					"stars %d and %d are %.2f° apart on the sky but %.2f° by the axes (at most %g° of difference): one may be the wrong star",
					i+1, j+1, sep.Degrees(), (sep + d).Degrees(), c.Disagreement.Degrees())
			}
		}
	}
	return nil
}
