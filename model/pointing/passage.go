// SPDX-License-Identifier: GPL-3.0-or-later

package pointing

import (
	"math"

	"github.com/siderostep/siderostep/model"
)

// Passage is a star's way past the mount's pole (the zenith, for an
// alt-azimuth mount), near which axis Z has to turn fast.
type Passage struct {
	Distance model.Angle // least distance from the pole, > 0
	Speed    model.Rate  // of the star along the sky, > 0: StarSpeed
}

// StarSpeed returns how fast a star of declination dec moves along the sky.
func StarSpeed(dec model.Angle) model.Rate {
	_, cos := dec.SinCos()
	return model.Sidereal.Mul(cos)
}

// peakAccel is the greatest acceleration of atan(t), 3√3/8.
const peakAccel = 0.649519052838329

// PeakRate returns the greatest rate of axis Z, at culmination.
func (p Passage) PeakRate() model.Rate { return model.Rate(float64(p.Speed) / float64(p.Distance)) }

// PeakAccel returns the greatest acceleration of axis Z, in radians per second
// squared, a little before and after culmination.
func (p Passage) PeakAccel() float64 {
	w := float64(p.PeakRate())
	return peakAccel * w * w
}

// At returns the angle of axis Z from that at culmination, t seconds after it.
func (p Passage) At(t float64) model.Angle {
	return model.Angle(math.Atan(float64(p.PeakRate()) * t))
}

// BlindRadius returns how near to the mount's pole a star moving at speed can
// be tracked with axis Z held to maxRate and maxAccel (radians per second
// squared). Inside it, run axis Z at maxRate symmetrically about culmination
// (BlindRun) and report degraded tracking.
func BlindRadius(speed, maxRate model.Rate, maxAccel float64) model.Angle {
	v := float64(speed.Abs())
	return model.Angle(v * max(1/float64(maxRate), math.Sqrt(peakAccel/maxAccel)))
}

// BlindRun returns for how many seconds before and after culmination axis Z
// has to run at maxRate so as to leave the star's path and to meet it again,
// and how far along the axis from culmination that is. Both are 0 for a
// passage slow enough to be tracked.
//
// The run covers the same angle as the star in the same time, 2·half; outside
// of it the axis is on the star. Ramps at its ends are the caller's.
func (p Passage) BlindRun(maxRate model.Rate) (half float64, angle model.Angle) {
	// Solve atan(w t) = v t for t > 0. The difference of both sides falls
	// from t = π/2v down to the root and is convex there: Newton from the
	// right converges monotonically.
	w, v := float64(p.PeakRate()), float64(maxRate)
	if w <= v {
		return 0, 0
	}
	t := math.Pi / (2 * v)
	for range 100 {
		f := v*t - math.Atan(w*t)
		next := t - f/(v-w/(1+w*w*t*t))
		if !(next < t) {
			break
		}
		t = next
	}
	return t, model.Angle(v * t)
}

// steepest is the altitude of axis A up to which GuideScale follows the secant.
const steepest = 85 * math.Pi / 180

// GuideScale returns by how much a correction along the sky is to be
// multiplied to become one of axis Z: sec A, held to its value at 85°. It is
// negative through the pole.
func GuideScale(a model.Angle) float64 {
	_, cos := a.SinCos()
	least := math.Cos(steepest)
	if math.Abs(cos) < least {
		cos = math.Copysign(least, cos)
	}
	return 1 / cos
}

// Representative returns the turn of z that lies inside [low, high] and, of
// those, nearest to now; ok is false when none does, and z then the nearest
// of all. An equal pair of limits is none.
func Representative(z, now, low, high model.Angle) (nearest model.Angle, ok bool) {
	z = z.Near(now)
	if low == high || z >= low && z <= high {
		return z, true
	}
	turns := func(a model.Angle) float64 { return float64(a) / (2 * math.Pi) }
	inside, step := z+model.Turn.Mul(math.Ceil(turns(low-z))), model.Turn
	if z > high {
		inside, step = z-model.Turn.Mul(math.Ceil(turns(z-high))), -model.Turn
	}
	for range 2 { // the second look is for a limit met to within rounding
		if inside >= low && inside <= high {
			return inside, true
		}
		inside += step
	}
	return z, false
}
