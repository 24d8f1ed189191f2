// SPDX-License-Identifier: GPL-3.0-or-later

package sky

import (
	"math"

	"github.com/siderostep/siderostep/model"
)

// Rates at which a mount's primary axis turns to follow what is not a star.
// The lunar rate is a mean; the Moon's own varies by a tenth of the difference
// from the sidereal rate and more. King's is the mean rate of stars near the
// meridian with refraction. Source: ASCOM DriveRates.
const (
	LunarRate model.Rate = 14.685 * arcsec
	SolarRate model.Rate = 15.0 * arcsec
	KingRate  model.Rate = 15.0369 * arcsec
)

// ParallacticAngle returns the position angle of the zenith at h, from north
// through east: positive west of the meridian, in (−π, π]. At a celestial
// pole it is the limit along the hour circle; in the zenith it means nothing.
// Source: SOFA hd2pa.
func ParallacticAngle(h model.HourDec, lat model.Angle) model.Angle {
	sinHA, cosHA := h.HA.SinCos()
	sinDec, cosDec := h.Dec.SinCos()
	sinLat, cosLat := lat.SinCos()
	return model.Angle(math.Atan2(cosLat*sinHA, sinLat*cosDec-cosLat*sinDec*cosHA))
}

// Motion is how the diurnal turning moves a star in the observer's sky.
type Motion struct {
	Az, Alt, Parallactic model.Rate // of azimuth, altitude and ParallacticAngle

	// Their derivatives, in radians per second squared.
	AzAccel, AltAccel, ParallacticAccel float64
}

// MotionAt returns the motion of a star at the true place h, seen from
// latitude lat, while its hour angle grows at the given rate. In the zenith
// azimuth and parallactic angle turn infinitely fast: within 1e-8 rad of it
// they are what they are there. Source: reference/pointing-model.md §5.
func MotionAt(h model.Horizontal, lat model.Angle, hourAngle model.Rate) Motion {
	sinAz, cosAz := h.Az.SinCos()
	sinAlt, cosAlt := h.Alt.SinCos()
	sinLat, cosLat := lat.SinCos()
	cosAlt = max(cosAlt, 1e-8)
	tan := sinAlt / cosAlt

	w := float64(hourAngle)
	az := sinLat - cosLat*cosAz*tan // per unit of hour angle
	return Motion{
		Az:          model.Rate(w * az),
		Alt:         model.Rate(w * cosLat * sinAz),
		Parallactic: model.Rate(-w * cosLat * cosAz / cosAlt),

		AzAccel:          w * w * cosLat * sinAz * (tan*az - cosLat*cosAz/(cosAlt*cosAlt)),
		AltAccel:         w * w * cosLat * cosAz * az,
		ParallacticAccel: w * w * cosLat * sinAz / cosAlt * (sinLat - 2*cosLat*cosAz*tan),
	}
}

// Observed returns where the air shows what stands at the true place h.
func (r Refraction) Observed(h model.Horizontal) model.Horizontal {
	return model.Horizontal{Az: h.Az, Alt: h.Alt + r.FromTrue(h.Alt)}
}

// True returns the place of what the air shows at h. It undoes Observed.
func (r Refraction) True(h model.Horizontal) model.Horizontal {
	return model.Horizontal{Az: h.Az, Alt: h.Alt - r.FromObserved(h.Alt)}
}
