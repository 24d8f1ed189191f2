// SPDX-License-Identifier: GPL-3.0-or-later

package pointing

import (
	"math"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
)

const opOffset = "altitude offset"

// AltitudeOffset returns the angle which, added to the A readings of both
// stars, makes their distance by the axes equal to that on the sky: Z3, if
// the axes have no other zero point. Of the two solutions it takes the
// smaller in magnitude. It knows nothing of Z1 and Z2.
//
// Its errors are fault.Invalid: the stars have equal Z, or no offset
// reconciles them. Source: Ek's closed form, for Scope II.
func AltitudeOffset(a, b Star) (model.Angle, error) {
	n := cosine(a.Axes.Z - b.Axes.Z)
	apart := a.Sky.Angle(b.Sky)
	if !apart.IsFinite() || !a.Axes.A.IsFinite() || !b.Axes.A.IsFinite() || !(1-n > 1e-9) {
		return 0, fault.New(fault.Invalid, opOffset, "the stars need different azimuths")
	}
	x := (2*cosine(apart) - (n+1)*cosine(a.Axes.A-b.Axes.A)) / (n - 1)
	const rounding = 1e-12
	if math.Abs(x) > 1+rounding {
		return 0, fault.New(fault.Invalid, opOffset,
			"no offset makes stars %.2f° apart agree with the axes: one may be the wrong star", apart.Degrees())
	}
	sum := model.Angle(math.Acos(min(max(x, -1), 1)))
	mean := a.Axes.A + b.Axes.A
	plus := (sum - mean).WrapSigned().Mul(0.5)
	minus := (-sum - mean).WrapSigned().Mul(0.5)
	if minus.Abs() < plus.Abs() {
		return minus, nil
	}
	return plus, nil
}

// AltitudeOffsetGain returns by how much an error in the measured distance of
// the two stars is multiplied in AltitudeOffset when the offset is z3: about
// 1 at best, +Inf for equal azimuths or a mean altitude of 0° or 90°. Weigh
// several pairs by 1/gain². Best are stars 30 to 60° high, about equally so,
// far apart in azimuth.
func AltitudeOffsetGain(a, b Star, z3 model.Angle) float64 {
	sinSep, _ := a.Sky.Angle(b.Sky).SinCos()
	sin, _ := (a.Axes.A + b.Axes.A + z3.Mul(2)).SinCos()
	return sinSep / ((1 - cosine(a.Axes.Z-b.Axes.Z)) * math.Abs(sin))
}

func cosine(a model.Angle) float64 { return math.Cos(float64(a)) }
