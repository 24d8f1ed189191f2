// SPDX-License-Identifier: GPL-3.0-or-later

package ephemeris

import (
	"math"

	"github.com/siderostep/siderostep/model"
)

// magnitude returns the visual magnitude of a planet with its phase angle.
// toPlanet leads from the Earth to it, in the axes of the ICRS. Good to 0.1
// or 0.2, Mars with its dust storms and dark side to 0.3.
// Source: Meeus, ch. 41, the formulae of the Astronomical Almanac since 1984.
func (p Planet) magnitude(app Apparition, phase model.Angle, toPlanet model.Vec) float64 {
	i := phase.Degrees()
	m := 5 * math.Log10(app.SunDistance*app.Distance)
	switch p {
	case Mercury:
		return m - 0.42 + (0.0380+(-0.000273+0.000002*i)*i)*i
	case Venus:
		return m - 4.40 + (0.0009+(0.000239-0.00000065*i)*i)*i
	case Mars:
		return m - 1.52 + 0.016*i
	case Jupiter:
		return m - 9.40 + 0.005*i
	case Saturn:
		// The difference of the Saturnicentric longitudes of Sun and Earth is
		// the phase angle but for the ring's tilt.
		sinB := math.Abs(saturnPole.Dot(toPlanet.Unit()))
		return m - 8.88 + 0.044*i - 2.60*sinB + 1.25*sinB*sinB
	case Uranus:
		return m - 7.19
	case Neptune:
		return m - 6.87
	default: // Pluto
		return m - 1.00
	}
}

// saturnPole is the north pole of Saturn and its rings. Source: IAU Working
// Group on Cartographic Coordinates, 2009: α 40.589°, δ 83.537°.
var saturnPole = model.Polar(model.Degrees(40.589), model.Degrees(83.537))

// sunMagnitude returns the magnitude of the Sun at a distance in au.
// Source: Allen's Astrophysical Quantities, 4th ed., §14.
func sunMagnitude(distance float64) float64 { return -26.75 + 5*math.Log10(distance) }

// moonMagnitude returns the magnitude of the Moon; distances in au.
// Source: Allen's Astrophysical Quantities, 4th ed., §12.
func moonMagnitude(sun, earth float64, phase model.Angle) float64 {
	i := phase.Degrees()
	const meanEarth = 0.00257
	return -12.73 + 0.026*i + 4e-9*i*i*i*i + 5*math.Log10(sun*earth/meanEarth)
}
