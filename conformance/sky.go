// SPDX-License-Identifier: GPL-3.0-or-later

package conformance

import (
	"math"
	"time"
)

// Angles in this package are plain numbers in the units of the wire: hours
// for right ascension, hour angle and sidereal time, degrees for the rest.

// siderealPerSolar is the length of a sidereal second in SI seconds.
const siderealPerSolar = 0.9972695677

// j2000 is the epoch of sidereal time's formula.
var j2000 = time.Date(2000, 1, 1, 12, 0, 0, 0, time.UTC)

// greenwichSidereal returns Greenwich mean sidereal time in hours, 0 to 24,
// taking UTC for UT1; good to about a second, which is all that a check of
// sidereal time to 5 minutes needs. Source: USNO, "Computing GAST".
func greenwichSidereal(utc time.Time) float64 {
	days := utc.Sub(j2000).Seconds() / 86400
	return wrap(18.697374558+24.06570982441908*days, 24)
}

// localSidereal returns mean sidereal time in hours at an east longitude in
// degrees.
func localSidereal(utc time.Time, longitude float64) float64 {
	return wrap(greenwichSidereal(utc)+longitude/15, 24)
}

// altitude returns the altitude in degrees of a place at an hour angle in
// hours and a declination in degrees, without refraction.
func altitude(hourAngle, declination, latitude float64) float64 {
	sinH, cosH := sincosDegrees(hourAngle * 15)
	sinD, cosD := sincosDegrees(declination)
	sinL, cosL := sincosDegrees(latitude)
	x := sinL*sinD + cosL*cosD*cosH
	// The horizontal part, so that the angle is exact near the zenith too.
	south := sinL*cosD*cosH - cosL*sinD
	west := cosD * sinH
	return math.Atan2(x, math.Hypot(south, west)) * 180 / math.Pi
}

func sincosDegrees(x float64) (sin, cos float64) { return math.Sincos(x * math.Pi / 180) }

// wrap returns x modulo full, in 0 ≤ x < full.
func wrap(x, full float64) float64 {
	x = math.Mod(x, full)
	if x < 0 {
		x += full
	}
	if x >= full { // -1e-20 + full is full
		return 0
	}
	return x
}

// wrapHalf returns x modulo full, in -full/2 ≤ x < full/2: the short way
// round.
func wrapHalf(x, full float64) float64 { return wrap(x+full/2, full) - full/2 }

// arcsecHours converts a difference of right ascensions in hours into
// arcseconds of that coordinate, the short way round at 24 h.
func arcsecHours(hours float64) float64 { return wrapHalf(hours, 24) * 15 * 3600 }

// arcsecDegrees converts a difference in degrees into arcseconds.
func arcsecDegrees(degrees float64) float64 { return degrees * 3600 }

// halfwayDeclination returns a declination at which an hour angle can be
// observed, also far below the pole: halfway between the visible pole and the
// lowest of the declinations -85, -75 … 85 that is above the horizon there
// (mirrored in the south). It reports false if there is none.
func halfwayDeclination(hourAngle, latitude float64) (float64, bool) {
	sign := 1.0
	if latitude < 0 {
		sign = -1
	}
	for d := -85.0; d <= 85; d += 10 {
		if altitude(hourAngle, sign*d, latitude) >= 0 {
			return sign * (90 + d) / 2, true
		}
	}
	return 0, false
}

// highestBelow returns the whole degree of declination that stands highest at
// an hour angle without exceeding an altitude of limit degrees.
func highestBelow(hourAngle, latitude, limit float64) float64 {
	best, bestAlt := 0.0, -90.0
	for d := -89.0; d <= 89; d++ {
		if a := altitude(hourAngle, d, latitude); a <= limit && a > bestAlt {
			best, bestAlt = d, a
		}
	}
	return best
}
