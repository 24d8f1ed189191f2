// SPDX-License-Identifier: GPL-3.0-or-later

package sim

import (
	"math"
	"time"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/model"
)

const (
	arcsec  = math.Pi / 648000
	century = 36525.0 // days

	// ttMinusUTC is 37 leap seconds and 32.184 s, right since 2017. Ten
	// seconds of error here move the sky by 1.5e-6″.
	ttMinusUTC = 69.184
)

// j2000 is 2000 January 1, 12:00 on the clock.
var j2000 = time.Date(2000, 1, 1, 12, 0, 0, 0, time.UTC)

// earth turns a site under the sky.
type earth struct {
	epochDays float64 // days of UT1 from 2000 January 1.5 to Instant 0
	longitude float64 // radians, east positive

	pole, meridian vec // north celestial pole, and the equator due south or north of the zenith

	// The equation of the equinoxes changes by at most 0.2″ a day: it is
	// computed at whole hours and drawn straight between them.
	hour         float64
	eqEqA, eqEqB float64
}

func newEarth(site Site, epoch time.Time, dut1 float64) earth {
	sinLat, cosLat := math.Sincos(float64(site.Latitude))
	since := epoch.Sub(j2000) // exact for 292 years
	return earth{
		epochDays: float64(since/time.Second)/86400 + (float64(since%time.Second)*1e-9+dut1)/86400,
		longitude: float64(site.Longitude),
		pole:      vec{0, cosLat, sinLat},
		meridian:  vec{0, -sinLat, cosLat},
		hour:      math.NaN(),
	}
}

// siderealTime returns the local apparent sidereal time at an instant, in
// radians, not reduced to one turn.
//
// Source: Earth rotation angle and the Greenwich mean sidereal time of
// Capitaine, Wallace and Chapront 2003 (IERS Conventions 2010, 5.14 and 5.32);
// nutation.go. Checked to 0.01″ against testdata/astrometry_time.csv.
func (e *earth) siderealTime(at driver.Instant) float64 {
	days := e.epochDays + float64(at)/86400e9
	return greenwichMean(days) + e.equationOfEquinoxes(days) + e.longitude
}

// greenwichMean returns the Greenwich mean sidereal time in [0, 2π), or a
// little beyond, at a number of days of UT1 from 2000 January 1.5.
func greenwichMean(days float64) float64 {
	_, part := math.Modf(days)
	_, turns := math.Modf(0.7790572732640 + 0.00273781191135448*days + part)
	if turns < 0 {
		turns++
	}
	t := (days + ttMinusUTC/86400) / century
	precession := 0.014506 + t*(4612.156534+t*(1.3915817+t*(-0.00000044+t*(-0.000029956))))
	return 2*math.Pi*turns + precession*arcsec
}

func (e *earth) equationOfEquinoxes(days float64) float64 {
	hour := math.Floor(days * 24)
	if hour != e.hour {
		e.hour, e.eqEqA, e.eqEqB = hour, equationOfEquinoxes(hour/24), equationOfEquinoxes((hour+1)/24)
	}
	f := days*24 - hour
	return e.eqEqA + f*(e.eqEqB-e.eqEqA)
}

// direction returns the horizon-frame direction of a place of the turning sky.
func (e *earth) direction(hd model.HourDec) vec {
	sinH, cosH := math.Sincos(float64(hd.HA))
	sinD, cosD := math.Sincos(float64(hd.Dec))
	// From the meridian the sky turns to the west, which is minus east.
	return e.pole.times(sinD).plus(cosD*cosH, e.meridian).plus(-cosD*sinH, east)
}

// hourDec returns the place of the turning sky in direction v.
func (e *earth) hourDec(v vec) model.HourDec {
	m, w, p := v.dot(e.meridian), -v.dot(east), v.dot(e.pole)
	return model.HourDec{HA: model.Angle(math.Atan2(w, m)), Dec: model.Angle(math.Atan2(p, math.Hypot(m, w)))}
}

// positionAngle returns the angle, at direction v, from the great circle to
// the north celestial pole through east to the direction of side, in radians.
func (e *earth) positionAngle(v, side vec) float64 {
	eastward := e.pole.cross(v) // as long as cos δ, like the northward vector
	northward := v.cross(eastward)
	return math.Atan2(side.dot(eastward), side.dot(northward))
}

// horizontal returns the azimuth and altitude of v.
func horizontal(v vec) model.Horizontal {
	return model.Horizontal{
		Az:  model.Angle(math.Atan2(v[0], v[1])).Wrap(),
		Alt: model.Angle(altitude(v)),
	}
}

func altitude(v vec) float64 { return math.Atan2(v[2], math.Hypot(v[0], v[1])) }
