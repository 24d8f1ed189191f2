// SPDX-License-Identifier: GPL-3.0-or-later

package ephemeris

import (
	"math"

	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/sky"
)

// auKM is the astronomical unit in km. Source: IAU 2012 Resolution B2.
const auKM = 149597870.700

// moonApparent returns how the Moon appears from the Earth's centre. Light
// time is in the series, and aberration is none: the Moon goes with the Earth.
func moonApparent(a *sky.Astrometry) Apparition {
	lon, lat, km := moonEcliptic(a.TT())
	dpsi, deps := sky.Nutation(a.TT())
	eps := sky.Obliquity(a.TT()) + deps
	direction := model.RotX(-eps).Apply(model.Polar(lon+dpsi, lat))
	ra, dec := direction.Polar()
	place := model.Equatorial{RA: ra.Wrap(), Dec: dec}

	sun, earthSun := a.Sun()
	distance := km / auKM
	// The Moon's distance from the Sun, from the triangle with the Earth.
	cos := math.Cos(float64(place.Separation(sun)))
	moonSun := math.Sqrt(earthSun*earthSun + distance*distance - 2*earthSun*distance*cos)
	phase := phaseAngle(moonSun, distance, earthSun)
	return Apparition{
		Place: place, Distance: distance, SunDistance: moonSun,
		Magnitude: moonMagnitude(moonSun, distance, phase), HasMagnitude: true,
	}
}

// moonEcliptic returns the Moon's geocentric longitude and latitude in the
// mean ecliptic and equinox of tt, and its distance in km. The longitude is
// within 10″, the latitude within 4″ of ELP-2000/82 and contains light time.
// Source: Meeus, ch. 47, after M. Chapront-Touzé & J. Chapront, ELP-2000/82.
func moonEcliptic(tt sky.JD) (lon, lat model.Angle, km float64) {
	t := tt.Sub(sky.J2000()) / 36525
	degrees := func(c0, c1, c2, c3, c4 float64) float64 {
		return float64(model.Degrees(c0 + (c1+(c2+(c3+c4*t)*t)*t)*t))
	}
	mean := degrees(218.3164477, 481267.88123421, -0.0015786, 1.0/538841, -1.0/65194000)
	d := degrees(297.8501921, 445267.1114034, -0.0018819, 1.0/545868, -1.0/113065000)
	m := degrees(357.5291092, 35999.0502909, -0.0001536, 1.0/24490000, 0)
	l := degrees(134.9633964, 477198.8675055, 0.0087414, 1.0/69699, -1.0/14712000)
	f := degrees(93.2720950, 483202.0175233, -0.0036539, -1.0/3526000, 1.0/863310000)
	venus := degrees(119.75, 131.849, 0, 0, 0)
	jupiter := degrees(53.09, 479264.290, 0, 0, 0)
	a3 := degrees(313.45, 481266.484, 0, 0, 0)
	e := 1 - (0.002516+0.0000074*t)*t // of the Earth's orbit, relative to 2000
	damp := [3]float64{1, e, e * e}

	sumLon := 3958*math.Sin(venus) + 1962*math.Sin(mean-f) + 318*math.Sin(jupiter)
	sumLat := -2235*math.Sin(mean) + 382*math.Sin(a3) + 175*math.Sin(venus-f) +
		175*math.Sin(venus+f) + 127*math.Sin(mean-l) - 115*math.Sin(mean+l)
	var sumDist float64
	for _, q := range moonLongitude {
		sin, cos := math.Sincos(float64(q.d)*d + float64(q.m)*m + float64(q.l)*l + float64(q.f)*f)
		k := damp[max(q.m, -q.m)]
		sumLon += k * q.sin * sin
		sumDist += k * q.cos * cos
	}
	for _, q := range moonLatitude {
		sumLat += damp[max(q.m, -q.m)] * q.sin * math.Sin(float64(q.d)*d+float64(q.m)*m+float64(q.l)*l+float64(q.f)*f)
	}
	return (model.Angle(mean) + model.Degrees(sumLon*1e-6)).Wrap(), model.Degrees(sumLat * 1e-6), 385000.56 + sumDist*1e-3
}
