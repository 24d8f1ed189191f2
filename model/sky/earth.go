// SPDX-License-Identifier: GPL-3.0-or-later

package sky

import (
	"math"

	"github.com/siderostep/siderostep/model"
)

const (
	lightDay = 173.1446326846693 // au that light goes in a day

	// sunRadius is the Schwarzschild radius of the Sun in au. Source: SOFA SRS.
	sunRadius = 1.97412574336e-8
)

// Earth is where the Earth is and how it moves, in the axes of the ICRS.
type Earth struct {
	Heliocentric model.Vec // from the Sun, au
	Barycentric  model.Vec // from the solar system's centre of mass, au
	Velocity     model.Vec // against the centre of mass, as a fraction of the speed of light
}

// EarthAt returns place and motion of the Earth's centre at tt. Between 1988
// and 2060 the velocity is good for the aberration to about 0.0002″, the
// places to 3e-5 au.
// Source: vsop87.go for the Earth about the Sun, giants for the Sun about the
// centre of mass. The role is that of SOFA epv00.
func EarthAt(tt JD) Earth {
	t := float64(tt.centuries()) / 10
	pos, vel := earthEcliptic(t)
	sun, sunVel := sunEcliptic(t * 10)
	const perDay = 1 / 365250.0 // of the velocities per millennium
	// Earth and Moon draw the Sun too, if little.
	const earthMoon = 1 / 328900.56
	sun = sun.Sub(pos.Scale(earthMoon))
	total := vel.Scale((1 - earthMoon) * perDay).Add(sunVel)
	return Earth{
		Heliocentric: eclipticToICRS.Apply(pos),
		Barycentric:  eclipticToICRS.Apply(pos.Add(sun)),
		Velocity:     eclipticToICRS.Apply(total.Scale(1 / lightDay)),
	}
}

// eclipticToICRS rotates from VSOP87's dynamical ecliptic of J2000 to the
// equator of FK5, which is within 0.03″ of the ICRS: not noticeable here.
// Source: Bretagnon & Francou 1988.
var eclipticToICRS = model.Mat{
	{1, 0.000000440360, -0.000000190919},
	{-0.000000479966, 0.917482137087, -0.397776982902},
	{0, 0.397776982902, 0.917482137087},
}

// earthEcliptic returns the Earth from the Sun in au and its derivative per
// Julian millennium, t millennia from J2000.0.
func earthEcliptic(t float64) (pos, vel model.Vec) {
	l, dl := vsop(earthLongitude, t)
	b, db := vsop(earthLatitude, t)
	r, dr := vsop(earthRadius, t)
	sinL, cosL := math.Sincos(l)
	sinB, cosB := math.Sincos(b)
	pos = model.Vec{r * cosB * cosL, r * cosB * sinL, r * sinB}
	vel = model.Vec{
		dr*cosB*cosL - r*db*sinB*cosL - r*dl*cosB*sinL,
		dr*cosB*sinL - r*db*sinB*sinL + r*dl*cosB*cosL,
		dr*sinB + r*db*cosB,
	}
	return pos, vel
}

// vsop sums a series and its derivative by t.
func vsop(rows [][]vsopTerm, t float64) (sum, rate float64) {
	power, below := 1.0, 0.0 // tⁿ and n·tⁿ⁻¹
	for n, row := range rows {
		var s, ds float64
		for i := range row {
			term := &row[i]
			sin, cos := math.Sincos(term.phase + term.frequency*t)
			s += term.amplitude * cos
			ds -= term.amplitude * term.frequency * sin
		}
		sum += power * s
		rate += power*ds + below*s
		below = float64(n+1) * power
		power *= t
	}
	return sum * 1e-8, rate * 1e-8
}

// orbit is a Kepler ellipse about the Sun against ecliptic and equinox of
// J2000, each element with its change per Julian century.
type orbit struct {
	mass       float64 // of the Sun in units of the planet's
	axis       float64 // semi-major, au
	ecc        [2]float64
	incl       [2]float64 // degrees, as are all that follow
	longitude  [2]float64 // mean
	perihelion [2]float64
	node       [2]float64
}

// giants are the planets that noticeably move the Sun about the centre of
// mass: by 0.011″ of aberration together, of which this leaves 0.00002″.
// Source: E. M. Standish, "Keplerian Elements for Approximate Positions of
// the Major Planets" (JPL), for 1800-2050; masses of IAU 1976.
var giants = [...]orbit{
	{1047.3486, 5.20288700, [2]float64{0.04838624, -0.00013253}, [2]float64{1.30439695, -0.00183714}, // Jupiter
		[2]float64{34.39644051, 3034.74612775}, [2]float64{14.72847983, 0.21252668}, [2]float64{100.47390909, 0.20469106}},
	{3497.898, 9.53667594, [2]float64{0.05386179, -0.00050991}, [2]float64{2.48599187, 0.00193609}, // Saturn
		[2]float64{49.95424423, 1222.49362201}, [2]float64{92.59887831, -0.41897216}, [2]float64{113.66242448, -0.28867794}},
	{22902.98, 19.18916464, [2]float64{0.04725744, -0.00004397}, [2]float64{0.77263783, -0.00242939}, // Uranus
		[2]float64{313.23810451, 428.48202785}, [2]float64{170.95427630, 0.40805281}, [2]float64{74.01692503, 0.04240589}},
	{19412.24, 30.06992276, [2]float64{0.00859048, 0.00005105}, [2]float64{1.77004347, 0.00035372}, // Neptune
		[2]float64{-55.12002969, 218.45945325}, [2]float64{44.96476227, -0.32241464}, [2]float64{131.78422574, -0.00508664}},
}

// sunEcliptic returns the Sun's place from the centre of mass in au and its
// motion per day, c Julian centuries from J2000.0.
func sunEcliptic(c float64) (pos, vel model.Vec) {
	for i := range giants {
		p, v := giants[i].at(c)
		k := -1 / giants[i].mass
		pos = pos.Add(p.Scale(k))
		vel = vel.Add(v.Scale(k))
	}
	return pos, vel
}

// at returns the planet from the Sun in au and its motion per day, c Julian
// centuries from J2000.0.
func (o *orbit) at(c float64) (pos, vel model.Vec) {
	angle := func(e [2]float64) model.Angle { return model.Degrees(e[0] + e[1]*c) }
	e := o.ecc[0] + o.ecc[1]*c
	node, peri := angle(o.node), angle(o.perihelion)
	mean := float64((angle(o.longitude) - peri).WrapSigned())

	ecc := mean + e*math.Sin(mean) // eccentric anomaly, by Newton
	for range 4 {
		sin, cos := math.Sincos(ecc)
		ecc -= (ecc - e*sin - mean) / (1 - e*cos)
	}
	sin, cos := math.Sincos(ecc)
	minor := o.axis * math.Sqrt(1-e*e)
	daily := float64(model.Degrees(o.longitude[1])) / 36525 / (1 - e*cos)
	toEcliptic := model.RotZ(-node).Mul(model.RotX(-angle(o.incl))).Mul(model.RotZ(node - peri))
	return toEcliptic.Apply(model.Vec{o.axis * (cos - e), minor * sin}),
		toEcliptic.Apply(model.Vec{-o.axis * sin * daily, minor * cos * daily})
}
