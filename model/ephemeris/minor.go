// SPDX-License-Identifier: GPL-3.0-or-later

package ephemeris

import (
	"math"

	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/sky"
)

// Law is how a minor body's brightness follows from its distances.
type Law int

// The laws of brightness.
const (
	NoMagnitude Law = iota // nothing is known
	CometLaw               // H + 5 lg Δ + 2.5·Slope·lg r, of the whole head
	AsteroidLaw            // the H, G system of the IAU, 1985; Slope is G
)

// Minor is a comet or an asteroid.
type Minor struct {
	Name  string
	Orbit Orbit

	Law      Law
	H, Slope float64 // absolute magnitude and what Law says
}

func (m Minor) String() string { return m.Name }

// Apparent implements Body.
func (m Minor) Apparent(a *sky.Astrometry) (Apparition, error) {
	if err := m.Orbit.Check(); err != nil {
		return Apparition{}, err
	}
	// Three passes, for a comet can be fast and near.
	app, _ := seen(a, 3, func(tt sky.JD) model.Vec {
		place, _ := m.Orbit.At(tt)
		return place
	})
	app.Magnitude, app.HasMagnitude = m.magnitude(app, a.Earth().Heliocentric.Norm())
	return app, nil
}

// magnitude returns the magnitude while the Earth is earth au from the Sun.
// Source: Minor Planet Center, for comets; E. Bowell et al., in Asteroids II
// (1989), 524, for asteroids, as Meeus, ch. 33.
func (m Minor) magnitude(app Apparition, earth float64) (magnitude float64, known bool) {
	switch m.Law {
	case CometLaw:
		magnitude = m.H + 5*math.Log10(app.Distance) + 2.5*m.Slope*math.Log10(app.SunDistance)
	case AsteroidLaw:
		tan := math.Tan(float64(phaseAngle(app.SunDistance, app.Distance, earth)) / 2)
		dark := math.Exp(-3.33 * math.Pow(tan, 0.63))
		bright := math.Exp(-1.87 * math.Pow(tan, 1.22))
		magnitude = m.H + 5*math.Log10(app.SunDistance*app.Distance) - 2.5*math.Log10((1-m.Slope)*dark+m.Slope*bright)
	default:
		return 0, false
	}
	return magnitude, !math.IsNaN(magnitude) && !math.IsInf(magnitude, 0)
}
