// SPDX-License-Identifier: GPL-3.0-or-later

package sky

import (
	"math"

	"github.com/siderostep/siderostep/model"
)

// Refraction is how much the air lifts the stars, under given conditions: a
// function of altitude alone. It is an immutable value; the zero Refraction
// lifts nothing.
//
// Above 15° of observed altitude R = A tan z + B tan³z with the constants of
// Refco. Below, where that series fails, Bennett's formula takes over, scaled
// so that the two meet. Below −1° R stays what it is there. The observed
// altitude is thus a continuous and rising function of the true altitude, and
// FromTrue and FromObserved are each other's inverse to better than 1e-4″.
//
// What it gives is the air's mean behaviour. Below 10° the real air departs
// from it by several seconds of arc, at the horizon by minutes.
//
// Source: ERFA refco; G. G. Bennett, "The Calculation of Astronomical
// Refraction in Marine Navigation", J. Navigation 35 (1982).
type Refraction struct {
	a, b float64 // rad: R = a·cot h + b·cot³h from seriesLimit up
	k    float64 // rad: R = k·cot(bennettArgument(h)) below
	low  float64 // rad: R at lowest and below
}

// Observed altitudes, in radians, between which the formulas hold.
const (
	lowest      = -1 * math.Pi / 180
	seriesLimit = 15 * math.Pi / 180
)

// NewRefraction returns the refraction under c. Where there is no air
// (pressure not above zero), or c describes no possible air, it is zero.
func NewRefraction(c Conditions) Refraction {
	a, b := Refco(c)
	cot := 1 / math.Tan(seriesLimit)
	atLimit := (a + b*cot*cot) * cot
	if !(a > 0) || !(atLimit > 0) || math.IsInf(atLimit, 0) {
		return Refraction{}
	}
	r := Refraction{a: a, b: b}
	x, _ := bennettArgument(seriesLimit)
	r.k = atLimit * math.Tan(x)
	x, _ = bennettArgument(lowest)
	r.low = r.k / math.Tan(x)
	return r
}

// FromObserved returns the amount R ≥ 0 to subtract from the observed
// altitude alt to get the true one.
func (r Refraction) FromObserved(alt model.Angle) model.Angle {
	h := float64(alt)
	switch {
	case h >= math.Pi/2:
		return 0
	case h >= seriesLimit:
		cot := 1 / math.Tan(h)
		return model.Angle((r.a + r.b*cot*cot) * cot)
	case h > lowest:
		x, _ := bennettArgument(h)
		return model.Angle(r.k / math.Tan(x))
	default:
		return model.Angle(r.low)
	}
}

// FromTrue returns the amount R ≥ 0 to add to the true altitude alt to get
// the observed one.
func (r Refraction) FromTrue(alt model.Angle) model.Angle {
	h := float64(alt)
	switch {
	case r.a == 0 || h >= math.Pi/2:
		return 0
	case h <= lowest-r.low:
		return model.Angle(r.low)
	}
	if lift, ok := r.seriesFromTrue(h); ok {
		return model.Angle(lift)
	}
	return model.Angle(r.bennettFromTrue(h))
}

// seriesFromTrue solves R = a·cot(h+R) + b·cot³(h+R). ok is false when the
// observed altitude h+R is below seriesLimit.
//
// One Newton step from R(h) leaves under 1e-6″, and the cotangent there
// follows from that at h by the addition theorem, so one tangent is enough.
func (r Refraction) seriesFromTrue(h float64) (lift float64, ok bool) {
	if h < seriesLimit-0.02 { // further below than 1.1° of refraction could lift
		return 0, false
	}
	tan := math.Tan(h)
	cot := 1 / tan
	first := (r.a + r.b*cot*cot) * cot
	dt := first + first*first*first/3 // tan of the first guess
	cot = (1 - tan*dt) / (tan + dt)
	cot2 := cot * cot
	f := first - (r.a+r.b*cot2)*cot
	slope := 1 + (1+cot2)*(r.a+3*r.b*cot2)
	lift = first - f/slope
	return lift, h+lift >= seriesLimit
}

// bennettFromTrue solves R = k·cot(bennettArgument(h+R)) by Newton's method,
// starting from Saemundsson's formula, which is close. From the second step
// on the addition theorem gives the tangent.
func (r Refraction) bennettFromTrue(h float64) float64 {
	deg := h * (180 / math.Pi)
	lift := 1.02 * r.k / math.Tan((deg+10.3/(deg+5.11))*(math.Pi/180))
	lift = min(max(lift, lowest-h), r.low) // the answer is between

	x, dx := bennettArgument(h + lift)
	x0, tan := x, math.Tan(x)
	tan0 := tan
	for range 8 {
		value := r.k / tan
		// d/dR of k·cot x is −k(1+cot²x)·x′.
		slope := -(r.k + value*value/r.k) * dx
		step := (lift - value) / (1 - slope)
		lift = min(max(lift-step, lowest-h), r.low)
		if math.Abs(step) < 1e-6 { // the next would be below 1e-12
			break
		}
		x, dx = bennettArgument(h + lift)
		if d := x - x0; math.Abs(d) < 0.01 {
			d += d * d * d / 3
			tan = (tan0 + d) / (1 - tan0*d)
		} else {
			tan = math.Tan(x)
		}
	}
	return lift
}

// bennettArgument returns the angle whose cotangent is Bennett's refraction
// in minutes of arc at the observed altitude h > −4.4°, and its derivative
// by h. All in radians.
func bennettArgument(h float64) (x, dx float64) {
	const (
		num = 7.31 * (math.Pi / 180) * (math.Pi / 180)
		off = 4.4 * (math.Pi / 180)
	)
	q := num / (h + off)
	return h + q, 1 - q/(h+off)
}
