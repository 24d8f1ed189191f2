// SPDX-License-Identifier: GPL-3.0-or-later

package report

import (
	"math"

	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/fit"
)

// Trend is a straight line through errors of axis A against its reading.
type Trend struct {
	Slope float64     // of the error, to the reading: without unit
	At0   model.Angle // error at a reading of zero
}

// StepSize is what the stars say of the size of a full step of axis A.
type StepSize struct {
	// Error is the share by which the readings grow too fast: the true full
	// step is the configured one times 1 − Error.
	Error, Sigma float64
	Span         model.Angle // of axis A, from the lowest star to the highest

	RMS   model.Angle // of attitude, Z1, Z2, Z3 and this error
	Droop model.Angle // of the same with a drooping tube in its stead: its rms
	Plain model.Angle // of attitude, Z1, Z2, Z3 alone
}

// the trial by which the error is varied: small enough for a parabola, large
// against rounding.
const trialScale = 1e-3

const leastSpan = 30.0 // degrees of axis A that show a trend

// Clear reports whether the error is real: thrice its own uncertainty, ten
// seconds of arc over the stars, and no worse an explanation than a droop.
func (s StepSize) Clear() bool {
	return math.Abs(s.Error) > 3*s.Sigma && s.Span.Mul(math.Abs(s.Error)) > model.Arcsec(10) && s.RMS < s.Droop.Mul(1.1) && s.RMS < s.Plain.Mul(0.95)
}

// Droops reports whether what looks like a trend is rather a drooping tube.
func (s StepSize) Droops() bool {
	return s.Droop < s.RMS.Mul(0.9) && s.Droop < s.Plain.Mul(0.95)
}

// OrDroop reports whether a drooping tube would explain as much.
func (s StepSize) OrDroop() bool { return s.Droop < s.RMS.Mul(1.1) }

// stepSize finds the step size with which the stars fit best: the vertex of
// the parabola through the sums of squares of three trials. A wrong step size
// shows as an error that grows with altitude; to fit the trend alone would
// not do, for the attitude follows some of it. ok is false where fewer than
// six stars, or too small a range of axis A, leave it in doubt.
//
// Source: Scope II manual, T. Krajci's column of stars.
func stepSize(in Input, stars []fit.Observation) (s StepSize, ok bool) {
	low, high := math.Inf(1), math.Inf(-1)
	for _, o := range stars {
		low, high = min(low, o.Axes.A.Degrees()), max(high, o.Axes.A.Degrees())
	}
	s.Span = model.Degrees(high - low)
	if len(stars) < 6 || s.Span < model.Degrees(leastSpan) {
		return s, false
	}
	plain := []fit.Term{fit.Attitude, fit.Z1, fit.Z2, fit.Z3}
	in = in.free(plain...)
	sum := func(in Input, scale float64) (float64, bool) {
		scaled := make([]fit.Observation, len(stars))
		for i, o := range stars {
			o.Axes.A = o.Axes.A.Mul(1 - scale)
			scaled[i] = o
		}
		r, err := Fit(in.with(scaled))
		if err != nil {
			return 0, false
		}
		misses, err := fit.Misses(r.Parts, scaled, in.Options.Setup)
		if err != nil {
			return 0, false
		}
		rms, _ := sizes(misses)
		return float64(rms*rms) * float64(len(stars)), true
	}
	// Twice, for where the parabola was not drawn its vertex is a guess.
	var least, bend float64
	for range 2 {
		low, ok1 := sum(in, s.Error-trialScale)
		mid, ok2 := sum(in, s.Error)
		high, ok3 := sum(in, s.Error+trialScale)
		bend = (high - 2*mid + low) / (trialScale * trialScale)
		if !ok1 || !ok2 || !ok3 || !(bend > 0) {
			return s, false
		}
		if s.Error == 0 {
			s.Plain = model.Angle(math.Sqrt(mid / float64(len(stars))))
		}
		s.Error -= (high - low) / (2 * trialScale) / bend
	}
	least, ok = sum(in, s.Error)
	if !ok || math.Abs(s.Error) > 0.2 {
		return s, false
	}
	s.RMS = model.Angle(math.Sqrt(least / float64(len(stars))))
	free := max(2*len(stars)-7, 1)
	s.Sigma = math.Sqrt(2 * least / float64(free) / bend)
	droop, ok := sum(in.free(append(plain, fit.TF)...), 0)
	s.Droop = model.Angle(math.Sqrt(droop / float64(len(stars))))
	return s, ok
}

// trendOf returns the straight line of least squares through points.
func trendOf(points []Mark) Trend {
	var n, x, y, xx, xy float64
	for _, p := range points {
		if p.Left {
			continue
		}
		n++
		x += p.At
		y += p.Error
		xx += p.At * p.At
		xy += p.At * p.Error
	}
	d := n*xx - x*x
	if d <= 0 {
		return Trend{}
	}
	slope := (n*xy - x*y) / d
	return Trend{Slope: model.Arcsec(slope).Radians() / model.Degrees(1).Radians(), At0: model.Arcsec((y - slope*x) / n)}
}
