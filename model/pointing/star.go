// SPDX-License-Identifier: GPL-3.0-or-later

package pointing

import (
	"math"

	"github.com/siderostep/siderostep/model"
)

// Star is an alignment star: a place of the sky and what the axes read when
// it stood in the middle of the field.
type Star struct {
	// Sky is the observed (refracted) unit vector in the local equatorial
	// frame at the star's own sidereal time: Chain.Observed of its place.
	Sky model.Vec

	Axes model.Axes

	// Weight counts for Align only, relative to the other stars' weights;
	// 0 means 1.
	Weight float64
}

func (s Star) weight() float64 {
	if s.Weight == 0 {
		return 1
	}
	return s.Weight
}

// Disagreement returns by how much the distance of two stars as the mount
// measured it exceeds that on the sky: 0 for perfect stars, a perfect mount
// and the right errors in m. It does not depend on the attitude.
func (m *Model) Disagreement(a, b Star) model.Angle {
	return m.MountVector(a.Axes).Angle(m.MountVector(b.Axes)) - a.Sky.Angle(b.Sky)
}

// Residual is how far from a star the model expects the axes to be. Positive
// is the way of the axes: measured too high, measured too far clockwise.
type Residual struct {
	Distance model.Angle // on the sky, ≥ 0
	Z        model.Angle // measured − expected along the sky, that is times |cos A|
	A        model.Angle // measured − expected
}

// Residual returns how far the model is from star, on the pier side that the
// star's axes are on.
func (m *Model) Residual(star Star) Residual {
	side, _ := m.Side(star.Axes)
	want, _ := m.ToAxes(star.Sky, side)
	_, cosA := (star.Axes.A + m.zero.A).SinCos()
	return Residual{
		Distance: m.ToSky(star.Axes).Angle(star.Sky),
		Z:        (star.Axes.Z - want.Z).WrapSigned().Mul(math.Abs(cosA)),
		A:        (star.Axes.A - want.A).WrapSigned(),
	}
}

// Nearest returns the index of the star of three that a fourth one at place
// replaces: the nearest, in hour angle and declination, each star at its own
// sidereal time. Of equals it prefers the later, as the original does.
func Nearest(stars [3]model.Vec, place model.Vec) int {
	d1, d2, d3 := stars[0].Angle(place), stars[1].Angle(place), stars[2].Angle(place)
	switch {
	case d1 < d2 && d1 < d3:
		return 0
	case d2 < d3:
		return 1
	default:
		return 2
	}
}
