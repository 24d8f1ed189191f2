// SPDX-License-Identifier: GPL-3.0-or-later

package sky

import (
	"math"

	"github.com/siderostep/siderostep/model"
)

// Site is where the telescope stands on the Earth.
type Site struct {
	Latitude  model.Angle // geodetic, north positive
	Longitude model.Angle // east positive
	HeightM   float64     // metres above the ellipsoid; the sea's level will do
}

// The Earth's figure. Source: WGS84, SOFA eform.
const (
	equatorM   = 6378137.0
	flattening = 1 / 298.257223563
	auM        = 149597870700.0
)

// geocentric returns the site's distance in metres from the Earth's axis and,
// north positive, from its equator. Source: SOFA gd2gce.
func (s Site) geocentric() (axisM, equatorialM float64) {
	sin, cos := s.Latitude.SinCos()
	const w = (1 - flattening) * (1 - flattening)
	ac := equatorM / math.Sqrt(cos*cos+w*sin*sin)
	return (ac + s.HeightM) * cos, (w*ac + s.HeightM) * sin
}

// diurnal returns the speed at which the site turns eastward about the
// Earth's axis, in units of that of light: 1.55e-6 (0.32″) on the equator.
func (s Site) diurnal() float64 {
	axisM, _ := s.geocentric()
	return float64(earthRate) * axisM / 299792458
}

// Topocentric returns where a star with the geocentric apparent place h
// appears at the site, without air: displaced eastward by diurnal aberration,
// by 0.32″·cos(latitude) at most. Polar motion (0.5″ at most) is taken for zero.
// Source: SOFA atioq.
func (s Site) Topocentric(h model.HourDec) model.HourDec {
	v := h.Vector()
	v[1] += s.diurnal()
	return model.HourDecOf(v)
}

// Geocentric undoes Topocentric.
func (s Site) Geocentric(h model.HourDec) model.HourDec {
	v := h.Vector()
	v[1] -= s.diurnal()
	return model.HourDecOf(v)
}

// Parallax returns where something at distanceAU astronomical units from the
// Earth's centre, seen from there at h, stands as seen from the site: 8.8″
// lower at the horizon for the Sun's distance, a degree for the Moon's. It is
// not meant for what is closer than the site itself.
// Source: reference/pointing-model.md §3, as vectors.
func (s Site) Parallax(h model.HourDec, distanceAU float64) model.HourDec {
	axisM, equatorialM := s.geocentric()
	v := h.Vector().Scale(distanceAU * auM)
	return model.HourDecOf(v.Sub(model.Vec{axisM, 0, equatorialM}))
}
