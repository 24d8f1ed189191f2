// SPDX-License-Identifier: GPL-3.0-or-later

package pointing

import (
	"math"

	"github.com/siderostep/siderostep/model"
)

// Errors are the mount's own faults after Taki. The zero Errors is a
// faultless mount.
type Errors struct {
	Z1 model.Angle // axes not perpendicular (Taki's Δ); Through the pole its effect reverses by itself
	Z2 model.Angle // optical axis not perpendicular to axis A: collimation, "azimuth offset" (Δ′)
	Z3 model.Angle // zero point of axis A: added to what the axis reads (Δ″), "altitude offset"
}

// MaxError is the largest Z1 or Z2 that Check accepts.
const MaxError = model.HalfTurn / 6

// unreachableBy is how far, in radians, a direction must lie inside the blind
// cone to be called unreachable: above rounding, far below any use.
const unreachableBy = 1e-12

// faults is Z1 and Z2 made ready for use.
type faults struct {
	sin1, cos1, sin2, cos2 float64
	none                   bool
}

func (e Errors) faults() faults {
	var f faults
	f.sin1, f.cos1 = e.Z1.SinCos()
	f.sin2, f.cos2 = e.Z2.SinCos()
	f.none = e.Z1 == 0 && e.Z2 == 0
	return f
}

// vector returns where in the mount frame the tube points when the axes stand
// at ideal (zero points removed). Exact. Source: Taki 5.3-1.
func (f *faults) vector(ideal model.Axes) model.Vec {
	sinF, cosF := (-ideal.Z).SinCos()
	sinH, cosH := ideal.A.SinCos()
	if f.none {
		return model.Vec{cosF * cosH, sinF * cosH, sinH}
	}
	a := cosH * f.cos2
	b := f.cos1*f.sin2 - sinH*f.sin1*f.cos2
	return model.Vec{
		cosF*a - sinF*b,
		sinF*a + cosF*b,
		sinH*f.cos1*f.cos2 + f.sin1*f.sin2,
	}
}

// axes is the exact inverse of vector on the given side of the pole, for m of
// any length: Z in (−π, π], A in [−π/2, π/2] on the normal side and in
// [π/2, 3π/2] through the pole.
//
// Within |Z1 − Z2| of the mount's pole and |Z1 + Z2| of the opposite one no
// position of the axes reaches m; reachable is then false and the axes are
// those that come nearest. They are zero when m has no direction.
//
// The sine of A follows from m's height alone. Its cosine comes from what is
// left of m's distance to the pole, not from the sine, so that nothing is
// lost near the pole.
func (f *faults) axes(m model.Vec, side PierSide) (ideal model.Axes, reachable bool) {
	r2 := m[0]*m[0] + m[1]*m[1]
	norm := math.Sqrt(r2 + m[2]*m[2])
	if !(norm > 0 && norm <= math.MaxFloat64) { // zero, infinite or NaN
		return model.Axes{}, false
	}
	reachable = true
	sinH, cosH := m[2], math.Sqrt(r2)
	turn, lean := 1.0, 0.0 // direction of the tube before axis Z turns it
	if !f.none {
		r := cosH / norm
		sinH = (m[2]/norm - f.sin1*f.sin2) / (f.cos1 * f.cos2)
		lean = f.cos1*f.sin2 - sinH*f.sin1*f.cos2
		turn = math.Sqrt(max((r-lean)*(r+lean), 0))
		cosH = turn / f.cos2 // 0 inside a blind cone: A stops at ±90°, on its rim
		reachable = math.Abs(lean)-r <= unreachableBy
	}
	alt := math.Atan2(sinH, cosH)
	if side == Through {
		alt, turn = math.Pi-alt, -turn
	}
	// F is the azimuth of m less that of the leaning tube.
	ccw := math.Atan2(m[1]*turn-m[0]*lean, m[0]*turn+m[1]*lean)
	return model.Axes{Z: model.Angle(-ccw), A: model.Angle(alt)}, reachable
}
