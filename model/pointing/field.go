// SPDX-License-Identifier: GPL-3.0-or-later

package pointing

import (
	"math"

	"github.com/siderostep/siderostep/model"
)

// fieldStep is half the motion of axis A over which FieldAngle sees the sky
// move: the error of third order and that of rounding are both below 1e-4″.
const fieldStep model.Angle = 2e-5

// FieldAngle returns the position angle on the sky (north through east, in
// (−π, π]) of the direction in which axis A grows, at the place where axes
// point, all faults and refraction included. Whatever is fixed in the tube
// turns with it: its own position angle is FieldAngle plus a constant, the
// same on both sides of the pole, where FieldAngle gains half a turn.
//
// A rotator that is to hold the angle on the sky turns by −ΔFieldAngle,
// counter-clockwise positive as in Alpaca; each mirror reverses the sense.
func (c *Chain) FieldAngle(axes model.Axes) model.Angle {
	at := c.truth(axes)
	up := c.truth(model.Axes{Z: axes.Z, A: axes.A + fieldStep})
	down := c.truth(model.Axes{Z: axes.Z, A: axes.A - fieldStep})
	return positionAngle(at, up.Sub(down))
}

// positionAngle returns the position angle, in (−π, π], of a small displacement
// d of the unit vector at, both in the local equatorial frame. At the celestial
// poles north is where it is along the meridian of hour angle 0.
func positionAngle(at, d model.Vec) model.Angle {
	x, y := 1.0, 0.0 // direction of the hour circle
	if r := math.Hypot(at[0], at[1]); r > 0 {
		x, y = at[0]/r, at[1]/r
	}
	east := model.Vec{-y, x, 0}
	return model.Angle(math.Atan2(d.Dot(east), d.Dot(at.Cross(east))))
}

// FieldAngle returns the position angle q (north through east, in (−π, π]) of
// the direction to a faultless mount's pole, seen from target: the field's
// angle on the normal side. An exact equatorial mount has q = 0; with the
// zenith for pole (hour angle 0, declination the latitude) q is the
// parallactic angle.
func FieldAngle(pole, target model.HourDec) model.Angle {
	sinX, cosX := (target.HA - pole.HA).SinCos()
	sin0, cos0 := poleSinCos(pole.Dec)
	sinDec, cosDec := target.Dec.SinCos()
	return model.Angle(math.Atan2(cos0*sinX, sin0*cosDec-cos0*sinDec*cosX))
}

// FieldRate returns how fast FieldAngle changes for a star that moves at the
// sidereal rate. It grows without bound towards the mount's poles; at a pole
// itself it is 0.
func FieldRate(pole, target model.HourDec) model.Rate {
	sinX, cosX := (target.HA - pole.HA).SinCos()
	sin0, cos0 := poleSinCos(pole.Dec)
	sinDec, cosDec := target.Dec.SinCos()
	east, north := cos0*sinX, sin0*cosDec-cos0*sinDec*cosX
	apart := east*east + north*north // sin² of the distance to the pole
	if apart == 0 {
		return 0
	}
	return model.Sidereal.Mul(cos0 * (sin0*cosDec*cosX - cos0*sinDec) / apart)
}

// poleSinCos returns sine and cosine of a pole's declination, with the
// celestial poles exact, so that the field of an equatorial mount stands still.
func poleSinCos(dec model.Angle) (sin, cos float64) {
	sin, cos = dec.SinCos()
	if math.Abs(cos) < 1e-15 {
		return math.Copysign(1, sin), 0
	}
	return sin, cos
}

// ExposureLimit returns for how long a field turning at rate may be exposed
// without derotation, in SI seconds, before something at distance r from the
// guide star trails by blur. It is +Inf for a field at rest.
func ExposureLimit(rate model.Rate, r, blur model.Angle) float64 {
	return float64(blur) / float64(r.Mul(float64(rate.Abs())))
}
