// SPDX-License-Identifier: GPL-3.0-or-later

package pointing

import (
	"math"

	"github.com/siderostep/siderostep/model"
)

// Pole returns where the mount's pole stands on the sky, as observed. For an
// alt-azimuth mount its declination is the original's "latitude at scope
// zenith" and its hour angle the "hour-angle offset": a level base has the
// site's latitude and 0.
func (m *Model) Pole() model.HourDec {
	return model.HourDecOf(m.inverse.Apply(model.Vec{0, 0, 1}))
}

// CelestialPole returns the mount coordinates of the north celestial pole,
// without the faults of the axes: of a level alt-azimuth mount Z = 0 and A
// the latitude, of an equatorial mount A = ±90°.
func (m *Model) CelestialPole() model.Axes {
	f, a := m.Attitude.Apply(model.Vec{0, 0, 1}).Polar()
	return model.Axes{Z: -f, A: a}
}

// Tilt is how far the mount's pole stands from where it should.
type Tilt struct {
	Altitude model.Angle // too high, positive
	Azimuth  model.Angle // to be seen too far clockwise (east of north, west of south), along the horizon, positive
	Total    model.Angle // on the sky, ≥ 0
}

// PolarTilt returns how far the pole of an equatorial mount at latitude lat
// stands from the celestial pole it should point to, the northern one for
// lat ≥ 0. The screws of the base are to take away Altitude and Azimuth.
func (m *Model) PolarTilt(lat model.Angle) Tilt {
	pole, want := m.Pole(), model.HourDec{Dec: model.Quarter}
	if lat < 0 {
		want.Dec = -model.Quarter
	}
	is, should := pole.Horizontal(lat), want.Horizontal(lat)
	return Tilt{
		Altitude: is.Alt - should.Alt,
		Azimuth:  (is.Az - should.Az).WrapSigned(),
		Total:    pole.Separation(want),
	}
}

// Lean is how far the mount's pole leans from the vertical.
type Lean struct {
	North, West model.Angle // components; the reference's AN and AW
	Total       model.Angle // ≥ 0
}

// ZenithLean returns how far the base of an alt-azimuth mount at latitude lat
// is from level.
func (m *Model) ZenithLean(lat model.Angle) Lean {
	v := model.EquatorialToENU(lat).Apply(m.inverse.Apply(model.Vec{0, 0, 1}).Unit())
	flat := math.Hypot(v[0], v[1])
	total := model.Angle(math.Atan2(flat, v[2]))
	if flat == 0 {
		return Lean{Total: total}
	}
	return Lean{
		North: total.Mul(v[1] / flat),
		West:  total.Mul(-v[0] / flat),
		Total: total,
	}
}
