// SPDX-License-Identifier: GPL-3.0-or-later

package sky

import (
	"math"
	"time"

	"github.com/siderostep/siderostep/model"
)

// Rotation is the turning of the sky over one place, worked out at one
// instant, so that sidereal time near it costs a multiplication. It is an
// immutable value. Precession and nutation go on at the rate they have at the
// instant; within 5 hours that is off by less than 0.002″.
//
// Time elapsed is what time.Time's Sub says: monotonic, and blind to steps of
// the system clock, where both times carry a monotonic reading. Across a leap
// second make a new Rotation with the new DUT1.
type Rotation struct {
	start     time.Time
	lst       model.Angle
	longitude model.Angle
	rate      model.Rate
	scales    TimeScales
}

// NewRotation returns the turning of the sky about utc over the longitude,
// east positive. It takes some microseconds.
func NewRotation(utc time.Time, longitude model.Angle, scales TimeScales) Rotation {
	i := scales.At(utc)
	// The rate: that of the Earth, and how GAST runs away from it within a
	// quarter of a day before and after.
	const half = secondsPerDay / 4
	drift := EquationOfOrigins(i.TT.Add(-half)) - EquationOfOrigins(i.TT.Add(half))
	return Rotation{
		start:     utc,
		lst:       (GAST(i) + longitude).Wrap(),
		longitude: longitude,
		rate:      earthRate + model.Rate(float64(drift)/(2*half)),
		scales:    scales,
	}
}

// earthRate is the Earth's rate of rotation against the stars. Source: SOFA era00.
const earthRate model.Rate = 2 * math.Pi * 1.00273781191135448 / secondsPerDay

// LST returns local apparent sidereal time at utc, in [0, 2π). The hour angle
// of a place given for the true equinox of date is this minus its right
// ascension.
func (r Rotation) LST(utc time.Time) model.Angle {
	a := float64(r.lst) + float64(r.rate)*utc.Sub(r.start).Seconds()
	a -= math.Floor(a/(2*math.Pi)) * (2 * math.Pi)
	if a >= 2*math.Pi || a < 0 { // rounding at the wrap
		a = 0
	}
	return model.Angle(a)
}

// Rate returns the rate at which LST grows: the sidereal rate, 15.0411″/s.
func (r Rotation) Rate() model.Rate { return r.rate }

// Start returns the instant at which r is exact.
func (r Rotation) Start() time.Time { return r.start }

// Longitude returns the longitude, east positive, for which r holds.
func (r Rotation) Longitude() model.Angle { return r.longitude }

// Renewed returns the turning of the sky about utc for the same longitude
// and time scales.
func (r Rotation) Renewed(utc time.Time) Rotation {
	return NewRotation(utc, r.longitude, r.scales)
}
