// SPDX-License-Identifier: GPL-3.0-or-later

package workshop

import (
	"math"
	"time"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
)

// FieldRotation returns how fast the field of a level alt-azimuth mount turns
// at a place in the sky, north through east positive. It returns fault.Invalid
// at the zenith, where it has no limit, and beyond.
//
// Source: Scope II manual, "Field Rotation System"; the sense is that of
// pointing-model §13.
func FieldRotation(at model.Horizontal, latitude model.Angle) (model.Rate, error) {
	if at.Alt.Abs() >= model.Degrees(89.999) {
		return 0, fault.New(fault.Invalid, "field rotation", "at altitude %v it has no limit; accepted is below 89.999°", at.Alt)
	}
	_, cosAz := at.Az.SinCos()
	_, cosAlt := at.Alt.SinCos()
	_, cosLat := latitude.SinCos()
	return model.Sidereal.Mul(-cosAz * cosLat / cosAlt), nil
}

// LongestExposure returns how long the field may turn at rate until a star
// at a distance from the star that is guided on has moved by blur, both in
// the same unit. Without rotation, or distance, it is the longest Duration.
func LongestExposure(rate model.Rate, distance, blur float64) time.Duration {
	s := blur / (distance * float64(rate.Abs()))
	if !(s < math.MaxInt64/float64(time.Second)) {
		return math.MaxInt64
	}
	return time.Duration(s * float64(time.Second))
}
