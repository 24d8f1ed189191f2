// SPDX-License-Identifier: GPL-3.0-or-later

// Package model holds the units and frames in which siderostep thinks of sky
// and mount. Its sub-packages hold the mathematics: model/sky the heavens,
// model/pointing the mount beneath them, model/motion how an axis gets from
// one place to another.
//
// Everything here is pure: no clock, no input or output, no shared state.
package model

import (
	"fmt"
	"math"
	"time"
)

// Angle is an angle in radians. Make one with Degrees, Hours, Arcmin or
// Arcsec; a bare Angle(v) claims that v is in radians and belongs in this
// module's mathematics only.
type Angle float64

// Rate is an angular velocity in radians per SI second.
type Rate float64

// Microsteps counts a motor's microsteps; positive is the motor's clockwise
// sense.
type Microsteps int64

// Turns of a circle and its parts, in radians.
const (
	Turn     Angle = 2 * math.Pi
	HalfTurn Angle = math.Pi
	Quarter  Angle = math.Pi / 2
)

const (
	perDegree = math.Pi / 180
	perHour   = math.Pi / 12
	perArcmin = math.Pi / 10800
	perArcsec = math.Pi / 648000
)

// Degrees returns the angle of v degrees.
func Degrees(v float64) Angle { return Angle(v * perDegree) }

// Hours returns the angle of v hours of right ascension or hour angle (15° each).
func Hours(v float64) Angle { return Angle(v * perHour) }

// Arcmin returns the angle of v minutes of arc.
func Arcmin(v float64) Angle { return Angle(v * perArcmin) }

// Arcsec returns the angle of v seconds of arc.
func Arcsec(v float64) Angle { return Angle(v * perArcsec) }

// Degrees returns a in degrees.
func (a Angle) Degrees() float64 { return float64(a) / perDegree }

// Hours returns a in hours.
func (a Angle) Hours() float64 { return float64(a) / perHour }

// Arcmin returns a in minutes of arc.
func (a Angle) Arcmin() float64 { return float64(a) / perArcmin }

// Arcsec returns a in seconds of arc.
func (a Angle) Arcsec() float64 { return float64(a) / perArcsec }

// Radians returns a as a plain number for use inside a formula.
func (a Angle) Radians() float64 { return float64(a) }

// Mul returns k·a.
func (a Angle) Mul(k float64) Angle { return Angle(k * float64(a)) }

// Abs returns |a|.
func (a Angle) Abs() Angle { return Angle(math.Abs(float64(a))) }

// Wrap returns a modulo a turn, in [0, 2π).
func (a Angle) Wrap() Angle {
	w := math.Mod(float64(a), 2*math.Pi)
	if w < 0 {
		w += 2 * math.Pi
	}
	if w >= 2*math.Pi || w == 0 { // a tiny negative rounds up to a whole turn; no −0
		w = 0
	}
	return Angle(w)
}

// WrapSigned returns a modulo a turn, in (−π, π].
func (a Angle) WrapSigned() Angle {
	w := math.Remainder(float64(a), 2*math.Pi)
	if w <= -math.Pi {
		w = math.Pi
	}
	return Angle(w)
}

// Near returns the representative of a modulo a turn that is nearest to b.
func (a Angle) Near(b Angle) Angle { return b + Angle(math.Remainder(float64(a-b), 2*math.Pi)) }

// SinCos returns the sine and cosine of a.
func (a Angle) SinCos() (sin, cos float64) { return math.Sincos(float64(a)) }

// IsFinite reports whether a is neither infinite nor NaN.
func (a Angle) IsFinite() bool { return !math.IsNaN(float64(a)) && !math.IsInf(float64(a), 0) }

// String gives a in degrees, for logs and test failures.
func (a Angle) String() string { return fmt.Sprintf("%.6f°", a.Degrees()) }

// DegreesPerSecond returns the rate of v degrees per SI second.
func DegreesPerSecond(v float64) Rate { return Rate(v * perDegree) }

// ArcsecPerSecond returns the rate of v seconds of arc per SI second.
func ArcsecPerSecond(v float64) Rate { return Rate(v * perArcsec) }

// DegreesPerSecond returns r in degrees per SI second.
func (r Rate) DegreesPerSecond() float64 { return float64(r) / perDegree }

// ArcsecPerSecond returns r in seconds of arc per SI second.
func (r Rate) ArcsecPerSecond() float64 { return float64(r) / perArcsec }

// Mul returns k·r.
func (r Rate) Mul(k float64) Rate { return Rate(k * float64(r)) }

// Abs returns |r|.
func (r Rate) Abs() Rate { return Rate(math.Abs(float64(r))) }

// Over returns the angle moved in d at rate r.
func (r Rate) Over(d time.Duration) Angle { return Angle(float64(r) * d.Seconds()) }

// IsFinite reports whether r is neither infinite nor NaN.
func (r Rate) IsFinite() bool { return !math.IsNaN(float64(r)) && !math.IsInf(float64(r), 0) }

// String gives r in degrees per second.
func (r Rate) String() string { return fmt.Sprintf("%.6f°/s", r.DegreesPerSecond()) }

// Sidereal is the Earth's rate of rotation against the mean equinox of date:
// 15.041069″ per SI second.
const Sidereal Rate = 7.292115855300805e-05

// SiderealPerSolar is the ratio of a sidereal to a solar interval: sidereal
// seconds per SI second.
const SiderealPerSolar = 1.00273790935
