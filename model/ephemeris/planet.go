// SPDX-License-Identifier: GPL-3.0-or-later

package ephemeris

import (
	"math"
	"strings"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/sky"
)

// Planet is one of the bodies whose motion the program knows by itself: the
// planets but the Earth, and as of old Sun and Moon among them.
type Planet int

// The planets, from the Sun outward.
const (
	Sun Planet = iota
	Moon
	Mercury
	Venus
	Mars
	Jupiter
	Saturn
	Uranus
	Neptune
	Pluto // kept, as the original's list has it
)

var planetNames = [...]string{"Sun", "Moon", "Mercury", "Venus", "Mars", "Jupiter", "Saturn", "Uranus", "Neptune", "Pluto"}

// Planets returns every planet, in the order of the constants.
func Planets() []Planet {
	all := make([]Planet, len(planetNames))
	for i := range all {
		all[i] = Planet(i)
	}
	return all
}

// ParsePlanet returns the planet of an English name, whatever its case. It
// fails with fault.Invalid if there is none.
func ParsePlanet(name string) (Planet, error) {
	for i, n := range planetNames {
		if strings.EqualFold(strings.TrimSpace(name), n) {
			return Planet(i), nil
		}
	}
	return 0, fault.New(fault.Invalid, "planet", "%q is no planet; accepted: %s", name, strings.Join(planetNames[:], ", "))
}

func (p Planet) String() string {
	if p < 0 || int(p) >= len(planetNames) {
		return "no planet"
	}
	return planetNames[p]
}

// heliocentric are the functions that tell where a planet is from the Sun.
var heliocentric = [...]func(sky.JD) model.Vec{
	Mercury: mercury.at, Venus: venus.at, Mars: mars.at, Jupiter: jupiter.at, Saturn: saturn.at,
	Uranus: uranus.at, Neptune: neptune.at, Pluto: plutoAt,
}

// Apparent implements Body.
func (p Planet) Apparent(a *sky.Astrometry) (Apparition, error) {
	switch {
	case p == Sun:
		place, distance := a.Sun()
		return Apparition{Place: place, Distance: distance, Magnitude: sunMagnitude(distance), HasMagnitude: true}, nil
	case p == Moon:
		return moonApparent(a), nil
	case p < Sun || p > Pluto:
		return Apparition{}, fault.New(fault.Invalid, "ephemeris", "there is no planet number %d", int(p))
	}
	// After the first of two passes the light time is off by a few
	// millionths of a day.
	app, toPlanet := seen(a, 2, heliocentric[p])
	earth := a.Earth().Heliocentric.Norm()
	phase := phaseAngle(app.SunDistance, app.Distance, earth)
	app.Magnitude, app.HasMagnitude = p.magnitude(app, phase, toPlanet), true
	return app, nil
}

// phaseAngle returns the angle Sun-body-Earth from the three distances:
// body to Sun, body to Earth, Earth to Sun. Source: Meeus, eq. 41.3.
func phaseAngle(r, delta, earth float64) model.Angle {
	cos := (r*r + delta*delta - earth*earth) / (2 * r * delta)
	return model.Angle(math.Acos(min(max(cos, -1), 1)))
}
