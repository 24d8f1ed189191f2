// SPDX-License-Identifier: GPL-3.0-or-later

package pointing

import "github.com/siderostep/siderostep/model"

// Parallactic returns the position angle of the zenith at hd (north through
// east, in (−π, π]), positive west of the meridian. Source: SOFA hd2pa.
func Parallactic(hd model.HourDec, lat model.Angle) model.Angle {
	return FieldAngle(model.HourDec{Dec: lat}, hd)
}

// HorizonMotion is how a star at the sidereal rate moves in the observer's sky.
type HorizonMotion struct {
	Az, Alt, Parallactic model.Rate

	// The accelerations, in radians per second squared.
	AzAccel, AltAccel, ParallacticAccel float64
}

// HorizonMotionAt returns the motion of a star now at h, seen from latitude
// lat. At the zenith azimuth and parallactic angle have no finite rate; there
// it returns the values for 1e-9 radians beside it.
func HorizonMotionAt(h model.Horizontal, lat model.Angle) HorizonMotion {
	const w = float64(model.Sidereal)
	sinLat, cosLat := lat.SinCos()
	sinAz, cosAz := h.Az.SinCos()
	sinAlt, cosAlt := h.Alt.SinCos()
	cosAlt = max(cosAlt, 1e-9)
	tanAlt, secAlt := sinAlt/cosAlt, 1/cosAlt

	az := sinLat - cosLat*cosAz*tanAlt // in units of w
	return HorizonMotion{
		Az:          model.Rate(w * az),
		Alt:         model.Rate(w * cosLat * sinAz),
		Parallactic: model.Rate(-w * cosLat * cosAz * secAlt),

		AzAccel:          w * w * cosLat * sinAz * (tanAlt*az - cosLat*cosAz*secAlt*secAlt),
		AltAccel:         w * w * cosLat * cosAz * az,
		ParallacticAccel: w * w * cosLat * sinAz * secAlt * (sinLat - 2*cosLat*cosAz*tanAlt),
	}
}
