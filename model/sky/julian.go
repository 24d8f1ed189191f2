// SPDX-License-Identifier: GPL-3.0-or-later

package sky

import (
	"math"
	"time"
)

const (
	secondsPerDay = 86400
	j2000         = 2451545 // Julian date of the epoch J2000.0
	unixEpoch     = 2440587.5
)

// JD is a Julian date Day + Frac, in two parts so that microseconds survive;
// what is in which part does not matter. The time scale (UTC, TT, UT1…) is
// its user's to say.
type JD struct {
	Day, Frac float64 // days
}

// JDOf returns the Julian date of one number, which resolves about 40 µs.
func JDOf(days float64) JD { return JD{Day: days} }

// Add returns j + seconds.
func (j JD) Add(seconds float64) JD { return JD{j.Day, j.Frac + seconds/secondsPerDay} }

// Sub returns j − k in days.
func (j JD) Sub(k JD) float64 { return (j.Day - k.Day) + (j.Frac - k.Frac) }

// Float returns j as one number.
func (j JD) Float() float64 { return j.Day + j.Frac }

// J2000 is the standard epoch, 2000 January 1.5 TT.
func J2000() JD { return JD{Day: j2000} }

// JulianEpoch returns the Julian date of a Julian epoch such as 2000 or
// 1991.25. Source: SOFA epj2jd.
func JulianEpoch(year float64) JD { return JD{Day: j2000, Frac: (year - 2000) * 365.25} }

// Epoch returns j as a Julian epoch. Source: SOFA epj.
func (j JD) Epoch() float64 { return 2000 + j.days()/365.25 }

// centuries are Julian centuries from J2000.0.
type centuries float64

func (j JD) centuries() centuries { return centuries(j.days() / 36525) }

// days returns the days from J2000.0.
func (j JD) days() float64 { return (j.Day - j2000) + j.Frac }

// noon returns the Julian date at noon of the civil day that j is in, an
// integer, correct to the last bit before midnight.
func (j JD) noon() float64 {
	whole := math.Floor(j.Day + 0.5)
	return whole + math.Floor((j.Day+0.5-whole)+j.Frac)
}

// Instant is a moment in the time scales that astronomy needs.
type Instant struct {
	TT  JD // terrestrial time, even: ephemerides, precession, nutation
	UT1 JD // the angle of the Earth
}

// At returns the instant of a UTC time.
func (s TimeScales) At(utc time.Time) Instant {
	j := s.UTC(utc)
	return Instant{TT: s.TT(j), UT1: s.UT1(j)}
}
