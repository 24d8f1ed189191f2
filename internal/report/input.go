// SPDX-License-Identifier: GPL-3.0-or-later

package report

import (
	"fmt"
	"math"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/align"
	"github.com/siderostep/siderostep/model/fit"
)

const op = "analysis"

// Input is the stars of an analysis and how they are to be looked at.
type Input struct {
	Book    align.Book
	Options fit.Options

	FullStepA float64 // of axis A's motor, seconds of arc; 0 where it is not known
}

// stars returns the observations, in the order of the residuals of a fit.
func (in Input) stars() []fit.Observation {
	entries := in.Book.Entries()
	obs := make([]fit.Observation, len(entries))
	for i, e := range entries {
		obs[i] = e.Observation
	}
	return obs
}

// with returns in with other stars.
func (in Input) with(obs []fit.Observation) Input {
	in.Book = align.Book{Start: in.Book.Start}
	for _, o := range obs {
		in.Book.Points = append(in.Book.Points, align.Entry{Observation: o})
	}
	return in
}

// free returns in with the terms that are to be fitted, and nothing else.
func (in Input) free(terms ...fit.Term) Input {
	in.Options.Mode, in.Options.Free, in.Options.Tables = fit.Full, terms, false
	return in
}

// Fit finds the model as in asks for it. Its error is fault.Invalid: no
// star, impossible options, or what fit.Run refuses.
func Fit(in Input) (fit.Result, error) {
	if in.Book.Count()+len(in.Book.Points) == 0 {
		return fit.Result{}, fault.New(fault.Invalid, op, "there is no star to analyse: note some first")
	}
	return in.Book.Solve(in.Options)
}

// label names a star; i counts from 0.
func label(name string, i int) string {
	if name == "" {
		return fmt.Sprintf("star %d", i+1)
	}
	return name
}

// axisNames are what an observer calls the axes.
type axisNames struct{ z, a string }

// names returns the axes' names for the mount of s.
func names(s fit.Setup) axisNames {
	if s.Equatorial {
		return axisNames{"hour angle", "declination"}
	}
	up := s.Nominal.Apply(model.HourDec{Dec: s.Latitude}.Vector())
	if up.Angle(model.Vec{0, 0, 1}) < model.Degrees(1) {
		return axisNames{"azimuth", "altitude"}
	}
	return axisNames{"axis Z", "axis A"}
}

// size gives an angle in the unit that suits it.
func size(a model.Angle) string {
	switch v := a.Abs(); {
	case math.IsInf(float64(v), 0) || v != v:
		return "-"
	case v >= model.Degrees(1.5):
		return fmt.Sprintf("%.2f°", a.Degrees())
	case v >= model.Arcmin(5):
		return fmt.Sprintf("%.1f′", a.Arcmin())
	default:
		return fmt.Sprintf("%.1f″", a.Arcsec())
	}
}
