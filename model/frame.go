// SPDX-License-Identifier: GPL-3.0-or-later

package model

import (
	"fmt"
	"math"
)

// Equatorial is a place on the sky in the true equator and equinox of date.
type Equatorial struct {
	RA  Angle // right ascension, [0, 2π)
	Dec Angle // declination, [−π/2, π/2]
}

// HourDec is a place on the sky as the turning Earth sees it.
type HourDec struct {
	HA  Angle // hour angle, growing westward, (−π, π]
	Dec Angle // declination, [−π/2, π/2]
}

// Horizontal is a place in the observer's sky.
type Horizontal struct {
	Az  Angle // azimuth from north through east, [0, 2π)
	Alt Angle // altitude above the horizon, [−π/2, π/2]
}

// Axes is where the mount's two axes stand. Z is the primary axis (azimuth
// or right ascension; the manual's motor Z), clockwise seen from the mount's
// pole and unwrapped, so that turns of the cable count. A is the secondary
// axis (altitude or declination; the manual's motor A), from the mount's
// equator towards its pole; beyond 90° the tube has gone through the pole.
type Axes struct {
	Z, A Angle
}

// Add returns a + b, axis by axis.
func (a Axes) Add(b Axes) Axes { return Axes{Z: a.Z + b.Z, A: a.A + b.A} }

// Sub returns a − b, axis by axis.
func (a Axes) Sub(b Axes) Axes { return Axes{Z: a.Z - b.Z, A: a.A - b.A} }

func (e Equatorial) String() string {
	return fmt.Sprintf("RA %.6fh Dec %.5f°", e.RA.Hours(), e.Dec.Degrees())
}

func (h HourDec) String() string {
	return fmt.Sprintf("HA %.6fh Dec %.5f°", h.HA.Hours(), h.Dec.Degrees())
}

func (h Horizontal) String() string {
	return fmt.Sprintf("Az %.5f° Alt %.5f°", h.Az.Degrees(), h.Alt.Degrees())
}

func (a Axes) String() string {
	return fmt.Sprintf("Z %.5f° A %.5f°", a.Z.Degrees(), a.A.Degrees())
}

// HourDec returns the place at the given local apparent sidereal time.
func (e Equatorial) HourDec(lst Angle) HourDec {
	return HourDec{HA: (lst - e.RA).WrapSigned(), Dec: e.Dec}
}

// Equatorial returns the place at the given local apparent sidereal time.
func (h HourDec) Equatorial(lst Angle) Equatorial {
	return Equatorial{RA: (lst - h.HA).Wrap(), Dec: h.Dec}
}

// Vector returns the unit vector of h in the local equatorial frame: x to
// hour angle 0 on the equator, y east, z to the north celestial pole.
func (h HourDec) Vector() Vec { return polar(-h.HA, h.Dec) }

// HourDecOf returns the place in the direction of v, of any length, in the
// local equatorial frame.
func HourDecOf(v Vec) HourDec {
	b, dec := v.polar()
	return HourDec{HA: (-b).WrapSigned(), Dec: dec}
}

// Vector returns the unit vector of h in the east-north-up frame.
func (h Horizontal) Vector() Vec {
	sinAz, cosAz := h.Az.SinCos()
	sinAlt, cosAlt := h.Alt.SinCos()
	return Vec{cosAlt * sinAz, cosAlt * cosAz, sinAlt}
}

// HorizontalOf returns the place in the direction of v, of any length, in
// the east-north-up frame.
func HorizontalOf(v Vec) Horizontal {
	return Horizontal{
		Az:  Angle(math.Atan2(v[0], v[1])).Wrap(),
		Alt: Angle(math.Atan2(v[2], math.Hypot(v[0], v[1]))),
	}
}

// Horizontal returns h seen from latitude lat (north positive).
// Source: spherical astronomy; SOFA hd2ae.
func (h HourDec) Horizontal(lat Angle) Horizontal {
	return HorizontalOf(EquatorialToENU(lat).Apply(h.Vector()))
}

// HourDec returns h in the equatorial frame of latitude lat. Source: SOFA ae2hd.
func (h Horizontal) HourDec(lat Angle) HourDec {
	return HourDecOf(EquatorialToENU(lat).Transpose().Apply(h.Vector()))
}

// EquatorialToENU returns the rotation that takes a vector of the local
// equatorial frame into the east-north-up frame of latitude lat.
func EquatorialToENU(lat Angle) Mat {
	sin, cos := lat.SinCos()
	return Mat{
		{0, 1, 0},
		{-sin, 0, cos},
		{cos, 0, sin},
	}
}

// Separation returns the angle between two places, in [0, π], exact for
// tiny and for near-antipodal separations. Source: SOFA seps.
func (h HourDec) Separation(o HourDec) Angle { return h.Vector().Angle(o.Vector()) }

// Separation returns the angle between two places, in [0, π].
func (e Equatorial) Separation(o Equatorial) Angle {
	return polar(e.RA, e.Dec).Angle(polar(o.RA, o.Dec))
}

// Separation returns the angle between two places, in [0, π].
func (h Horizontal) Separation(o Horizontal) Angle { return h.Vector().Angle(o.Vector()) }

// PositionAngle returns the position angle of o seen from e, from north
// through east, in (−π, π]. Source: SOFA pas.
func (e Equatorial) PositionAngle(o Equatorial) Angle {
	sinRA, cosRA := (o.RA - e.RA).SinCos()
	sin1, cos1 := e.Dec.SinCos()
	sin2, cos2 := o.Dec.SinCos()
	return Angle(math.Atan2(cos2*sinRA, sin2*cos1-cos2*sin1*cosRA))
}
