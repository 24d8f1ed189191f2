// SPDX-License-Identifier: GPL-3.0-or-later

package report

import (
	"math"

	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/fit"
	"github.com/siderostep/siderostep/model/pointing"
)

// Bar is a star of the grid: where the axes stood and how far they were off.
type Bar struct {
	Z, A           float64 // readings, degrees; Z from 0 to 360
	ErrorZ, ErrorA float64 // seconds of arc on the sky; positive is too far clockwise, too high
	Left           bool    // left out of the model
}

// Mark is a star of a plot of one error against one axis.
type Mark struct {
	At    float64 // reading of the axis, degrees
	Error float64 // seconds of arc on the sky
	Left  bool    // left out of the model
}

// Arrow is a star of the residual map: where it stood in the sky, and where
// the model had the tube point.
type Arrow struct {
	Az, Alt   float64 // observed, degrees
	East      float64 // of the miss: along growing azimuth, seconds of arc
	Up        float64 // towards the zenith
	Size      float64
	Left      bool
	BelowZero bool // it stood below the horizon: no place on the map
}

// Series is all that the pictures draw, before anything is drawn.
type Series struct {
	Bars   []Bar
	Bent   []Mark // error of axis A against A, with attitude, Z1, Z2, Z3 only; nil where that is the model
	Trend  *Trend // through Bent, or through the model's own errors where Bent is nil
	Arrows []Arrow
	Scale  float64 // of the errors, seconds of arc: a round number that no star of the model exceeds
}

// newSeries returns the data of the pictures of a fit.
func newSeries(in Input, r fit.Result, bent []Mark) Series {
	s := Series{Bent: bent}
	chain := pointing.NewChain(r.Model, in.Options.Setup.Latitude, in.Options.Setup.Refraction)
	toENU := model.EquatorialToENU(in.Options.Setup.Latitude)
	most := 0.0
	for i, o := range in.stars() {
		q := r.Residuals[i]
		b := Bar{
			Z: o.Axes.Z.Wrap().Degrees(), A: o.Axes.A.Degrees(),
			ErrorZ: q.Z.Arcsec(), ErrorA: q.A.Arcsec(), Left: q.Rejected,
		}
		s.Bars = append(s.Bars, b)
		if !b.Left {
			most = max(most, math.Abs(b.ErrorZ), math.Abs(b.ErrorA))
		}
		star := toENU.Apply(chain.Observed(o.HourDec())).Unit()
		s.Arrows = append(s.Arrows, arrow(star, toENU.Apply(r.Model.ToSky(o.Axes)).Unit(), q))
	}
	s.Scale = roundUp(most)
	if bent == nil {
		bent = s.marks(ofA, byA)
	}
	if t := trendOf(bent); t != (Trend{}) {
		s.Trend = &t
	}
	return s
}

// arrow is the way from a star to where the tube pointed by the model, both
// as east, north and up.
func arrow(star, tube model.Vec, q fit.Residual) Arrow {
	h := model.HorizontalOf(star)
	sinAz, cosAz := h.Az.SinCos()
	sinAlt, cosAlt := h.Alt.SinCos()
	d := tube.Sub(star)
	return Arrow{
		Az: h.Az.Degrees(), Alt: h.Alt.Degrees(),
		East: model.Angle(d.Dot(model.Vec{cosAz, -sinAz, 0})).Arcsec(),
		Up:   model.Angle(d.Dot(model.Vec{-sinAlt * sinAz, -sinAlt * cosAz, cosAlt})).Arcsec(),
		Size: q.Distance.Arcsec(), Left: q.Rejected, BelowZero: h.Alt < 0,
	}
}

func ofA(b Bar) float64 { return b.ErrorA }
func ofZ(b Bar) float64 { return b.ErrorZ }
func byA(b Bar) float64 { return b.A }
func byZ(b Bar) float64 { return b.Z }

// marks returns an error of every star against an axis.
func (s Series) marks(of, by func(Bar) float64) []Mark {
	marks := make([]Mark, len(s.Bars))
	for i, b := range s.Bars {
		marks[i] = Mark{At: by(b), Error: of(b), Left: b.Left}
	}
	return marks
}

// roundUp returns the next round number of seconds of arc from v on, and from
// five minutes on one of minutes.
func roundUp(v float64, steps ...float64) float64 {
	if len(steps) == 0 {
		steps = []float64{1, 2, 5}
	}
	switch {
	case !(v > 0.1):
		return 0.1
	case v > 200:
		return 60 * max(5, ladder(v/60, steps))
	}
	return ladder(v, steps)
}

// ladder returns the next of steps, times a power of ten, from v on.
func ladder(v float64, steps []float64) float64 {
	ten := math.Pow(10, math.Floor(math.Log10(v)))
	for _, k := range steps {
		if k*ten >= v*(1-1e-9) {
			return k * ten
		}
	}
	return 10 * ten
}

// rangeA returns the readings of axis A that the grid shows: from the lowest
// star to the highest in steps of 30°, and at least 0 to 90°.
func (s Series) rangeA() (low, high float64) {
	high = 90
	for _, b := range s.Bars {
		low, high = min(low, 30*math.Floor(b.A/30)), max(high, 30*math.Ceil(b.A/30))
	}
	return low, high
}
