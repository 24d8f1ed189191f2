// SPDX-License-Identifier: GPL-3.0-or-later

package sky

import (
	"math"

	"github.com/siderostep/siderostep/model"
)

// ICRS is a direction in the axes of the International Celestial Reference
// System, as modern catalogues and clients that say "J2000" give it. The mean
// equator and equinox of J2000.0 differ from it by 0.023″.
type ICRS struct {
	RA  model.Angle // right ascension, [0, 2π)
	Dec model.Angle // declination, [−π/2, π/2]
}

// Star is a catalogue entry for the epoch J2000.0.
type Star struct {
	ICRS
	PMRA           model.Angle // proper motion in right ascension times cos Dec, per Julian year
	PMDec          model.Angle // proper motion in declination, per Julian year
	Parallax       model.Angle // annual; 0: infinitely far
	RadialVelocity float64     // km/s, receding positive; needs a parallax to count
}

// Vector returns the unit vector towards p.
func (p ICRS) Vector() model.Vec { return model.Polar(p.RA, p.Dec) }

// ICRSOf returns the direction of v, of any length.
func ICRSOf(v model.Vec) ICRS {
	ra, dec := v.Polar()
	return ICRS{RA: ra.Wrap(), Dec: dec}
}

// Separation returns the angle between p and o, in [0, π].
func (p ICRS) Separation(o ICRS) model.Angle { return p.Vector().Angle(o.Vector()) }

// Astrometry is the state of Earth and equator at one instant: all that the
// apparent place of any star needs. It is an immutable value, good for some
// minutes: aberration changes by up to 0.015″ and nutation by 0.01″ an hour.
type Astrometry struct {
	tt      JD
	earth   Earth
	years   float64   // since J2000.0
	shrink  float64   // √(1−v²)
	sun     model.Vec // unit vector from the Sun to the Earth
	bend    float64   // strength of the Sun's deflection
	equator model.Mat // ICRS to true equator and equinox
	origins model.Angle
}

// NewAstrometry returns the state of Earth and equator at tt. It takes some
// microseconds. Source: SOFA apci13, but with EarthAt and Nutation.
func NewAstrometry(tt JD) Astrometry {
	dpsi, deps := Nutation(tt)
	earth := EarthAt(tt)
	return Astrometry{
		tt:      tt,
		earth:   earth,
		years:   tt.days() / 365.25,
		shrink:  math.Sqrt(1 - earth.Velocity.Dot(earth.Velocity)),
		sun:     earth.Heliocentric.Unit(),
		bend:    sunRadius / earth.Heliocentric.Norm(),
		equator: equatorOf(tt, dpsi, deps),
		origins: equationOfOrigins(tt, dpsi),
	}
}

// TT returns the instant at which a is exact.
func (a *Astrometry) TT() JD { return a.tt }

// Earth returns where the Earth is and how it moves.
func (a *Astrometry) Earth() Earth { return a.earth }

// EquationOfOrigins returns what it is at a's instant; see the function.
func (a *Astrometry) EquationOfOrigins() model.Angle { return a.origins }

// Apparent returns the geocentric apparent place of a star, in the true
// equator and equinox of a's instant. Source: SOFA atciq, atic13's equinox.
func (a *Astrometry) Apparent(s *Star) model.Equatorial {
	return a.place(a.coordinateDirection(s))
}

// ApparentOf returns the geocentric apparent place of what does not move and
// has no parallax. Source: SOFA atciqz.
func (a *Astrometry) ApparentOf(p ICRS) model.Equatorial { return a.place(p.Vector()) }

// ICRS returns the direction in which what appears at e would stand if the
// Earth were at rest in the solar system's centre and the Sun away. It undoes
// ApparentOf, and Apparent but for proper motion and parallax.
// Source: SOFA aticq.
func (a *Astrometry) ICRS(e model.Equatorial) ICRS {
	seen := a.equator.Transpose().Apply(model.Polar(e.RA, e.Dec))
	natural := aberrated(seen, a.earth.Velocity.Scale(-1), a.shrink)
	// The deflection is tiny, so that its inverse converges fast.
	p := natural
	for range 3 {
		p = natural.Sub(a.deflected(p).Sub(p)).Unit()
	}
	return ICRSOf(p)
}

// CIO returns the right ascension of e counted from the celestial
// intermediate origin, as SOFA's "CIRS" has it, instead of from the equinox.
func (a *Astrometry) CIO(e model.Equatorial) model.Angle { return (e.RA + a.origins).Wrap() }

// place takes the direction of a star from the Earth's centre, as light
// without gravity and a resting eye would show it, to the apparent place.
func (a *Astrometry) place(p model.Vec) model.Equatorial {
	p = aberrated(a.deflected(p), a.earth.Velocity, a.shrink)
	ra, dec := a.equator.Apply(p).Polar()
	return model.Equatorial{RA: ra.Wrap(), Dec: dec}
}

// coordinateDirection returns the unit vector from the Earth's centre to the
// star, with its motion since J2000.0 and its parallax. Source: SOFA pmpx.
func (a *Astrometry) coordinateDirection(s *Star) model.Vec {
	const (
		lightYears = 1 / (lightDay * 365.25)                // that light takes for an au
		auPerYear  = secondsPerDay * 365.25 / 149597870.700 // of 1 km/s
	)
	sinRA, cosRA := s.RA.SinCos()
	sinDec, cosDec := s.Dec.SinCos()
	p := model.Vec{cosRA * cosDec, sinRA * cosDec, sinDec}

	years := a.years + p.Dot(a.earth.Barycentric)*lightYears // Roemer's effect
	ra, dec, px := float64(s.PMRA), float64(s.PMDec), float64(s.Parallax)
	away := auPerYear * s.RadialVelocity * px
	motion := model.Vec{
		-ra*sinRA - dec*sinDec*cosRA + away*p[0],
		ra*cosRA - dec*sinDec*sinRA + away*p[1],
		dec*cosDec + away*p[2],
	}
	return p.Add(motion.Scale(years)).Sub(a.earth.Barycentric.Scale(px)).Unit()
}

// deflected bends the light of a star in direction p round the Sun: 1.75″ at
// its limb, 0.004″ at 90°, held constant within 0.1° of its centre.
// Source: SOFA ldsun, ld.
func (a *Astrometry) deflected(p model.Vec) model.Vec {
	const limit = 1e-6
	w := a.bend / max(1+p.Dot(a.sun), limit)
	// p × (sun × p), the part of sun across p.
	across := a.sun.Sub(p.Scale(p.Dot(a.sun)))
	return p.Add(across.Scale(w))
}

// aberrated returns the unit vector in which an observer with velocity v, in
// units of that of light, sees what one at rest sees at p. With −v it is its
// own inverse. shrink is √(1−v²). Source: SOFA ab, less its 0.4 µas of gravity.
func aberrated(p, v model.Vec, shrink float64) model.Vec {
	return p.Scale(shrink).Add(v.Scale(1 + p.Dot(v)/(1+shrink))).Unit()
}

// Mean returns p in the mean equator and equinox of the given Julian date:
// precession alone. Printed catalogues and clients that ask for a fixed
// equinox count so.
func (p ICRS) Mean(equinox JD) (ra, dec model.Angle) {
	ra, dec = BiasPrecession(equinox).Apply(p.Vector()).Polar()
	return ra.Wrap(), dec
}

// FromMean returns the direction that has the given coordinates in the mean
// equator and equinox of a Julian date. It undoes ICRS.Mean.
func FromMean(ra, dec model.Angle, equinox JD) ICRS {
	return ICRSOf(BiasPrecession(equinox).Transpose().Apply(model.Polar(ra, dec)))
}

// Sun returns the geocentric apparent place of the Sun's centre and its
// distance in au, good to 2″: enough to keep a telescope away from it.
func (a *Astrometry) Sun() (place model.Equatorial, distance float64) {
	p := aberrated(a.sun.Scale(-1), a.earth.Velocity, a.shrink)
	ra, dec := a.equator.Apply(p).Polar()
	return model.Equatorial{RA: ra.Wrap(), Dec: dec}, a.earth.Heliocentric.Norm()
}
