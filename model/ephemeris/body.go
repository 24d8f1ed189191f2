// SPDX-License-Identifier: GPL-3.0-or-later

package ephemeris

import (
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/sky"
)

// Body is a target that moves among the stars.
type Body interface {
	// String returns the name.
	String() string

	// Apparent returns how the body appears from the Earth's centre at a's
	// instant. It fails with fault.Invalid if the body's elements are of no
	// possible orbit.
	Apparent(a *sky.Astrometry) (Apparition, error)
}

// Apparition is how a body appears at one instant.
type Apparition struct {
	Place       model.Equatorial // apparent
	Distance    float64          // from the Earth's centre in au; 0: unknown, so far away that it has no parallax
	SunDistance float64          // from the Sun in au; 0: unknown

	Magnitude    float64 // visual, of the whole disc or head
	HasMagnitude bool
}

// lightDay is the way of light in a day, in au. Source: SOFA DC.
const lightDay = 173.1446326846693

// seen returns how a body appears whose heliocentric place in the axes of
// the ICRS, in au, is given by at. Light time is found by passes passes; each
// shortens its error by the body's speed in units of that of light.
// Source: J. Meeus, Astronomical Algorithms, 2nd ed. (1998), ch. 33.
func seen(a *sky.Astrometry, passes int, at func(tt sky.JD) model.Vec) (app Apparition, toBody model.Vec) {
	earth := a.Earth().Heliocentric
	var lightTime float64 // days
	var fromSun model.Vec
	for range passes {
		tt := a.TT()
		tt.Frac -= lightTime
		fromSun = at(tt)
		toBody = fromSun.Sub(earth)
		lightTime = toBody.Norm() / lightDay
	}
	return Apparition{
		Place:       a.ApparentOf(sky.ICRSOf(toBody)),
		Distance:    toBody.Norm(),
		SunDistance: fromSun.Norm(),
	}, toBody
}
