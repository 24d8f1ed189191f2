// SPDX-License-Identifier: GPL-3.0-or-later

package report

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/align"
	"github.com/siderostep/siderostep/model/fit"
)

// Row is one model of a comparison. Distances are on the sky.
type Row struct {
	Name     string
	Terms    int // numbers found from the stars; a table counts eight, a map two for each star
	RMS      model.Angle
	LeaveOut model.Angle // at stars that were left out of the model; infinite where some star is indispensable
	Max      model.Angle
	Missing  string // why there is no such model, in words; else empty
	How      string // how to have the telescope use it

	parts fit.Parts
}

// Comparison is what several models make of the same stars.
type Comparison struct {
	Stars  int   // that every model was judged by
	Left   []int // of the input: stars that do not fit, left out of all models
	Rows   []Row // from the simplest on
	Best   int   // of Rows: the one recommended
	Reason string
	Terms  []fit.Term // terms that the automatic choice fitted
}

const (
	rowPreset = iota
	rowRotation
	rowZ
	rowAuto
	rowTables
	rowMap
)

const (
	tableStars  = 25 // fewer hardly show more than their own scatter
	tableTerms  = 8  // four harmonics
	mostFolds   = 40 // refits of a model; more stars are left out in groups
	worthTerms  = 0.05
	worthTables = 0.10 // pointing-model.md §19.3
)

// maker makes a model from stars.
type maker func([]fit.Observation) (fit.Parts, error)

// Compare fits the stars with several models, and judges each at stars that
// it has not seen. Its error is that of Fit for the automatic model.
func Compare(in Input) (Comparison, error) {
	auto := in
	auto.Options.Mode, auto.Options.Free, auto.Options.Tables = fit.Auto, nil, false
	best, err := Fit(auto)
	if err != nil {
		return Comparison{}, err
	}
	c := Comparison{Left: best.Rejected()}
	var stars []fit.Observation
	for i, o := range in.stars() {
		if !best.Residuals[i].Rejected {
			stars = append(stars, o)
		}
	}
	c.Stars = len(stars)
	var terms []fit.Term
	var count int
	for _, e := range best.Terms {
		if e.Free {
			terms = append(terms, e.Term)
		}
	}
	switch count = len(best.Parameters); {
	case best.Used == 1:
		count = 2 // the zero points
	case count == 0:
		count = 3
	}
	c.Terms = slices.Clone(terms)
	if slices.Contains(best.Parameters, "attitude x") {
		terms = append([]fit.Term{fit.Attitude}, slices.DeleteFunc(terms, func(t fit.Term) bool { return t == fit.Attitude })...)
	}
	automatic := in.rotation()
	if len(terms) > 0 {
		automatic = in.fitter(terms...)
	}
	c.Rows = []Row{
		rowPreset:   {Name: "preset", Terms: 0, How: "Align:Start, without stars"},
		rowRotation: {Name: "rotation", Terms: 3, How: `alignment.mode = "rotation"`},
		rowZ:        {Name: "Z1, Z2, Z3", Terms: 6, How: "Model:FitZ, or Model:Set with these values"},
		rowAuto:     {Name: "automatic", Terms: count, How: `alignment.mode = "auto"`},
		rowTables:   {Name: "+ tables", Terms: count + 3*tableTerms, How: `alignment.mode = "fit"`},
		rowMap:      {Name: "+ map", Terms: count + 3*tableTerms + 2*c.Stars, How: `alignment.mode = "fit"`},
	}
	makers := []maker{
		rowPreset:   in.preset(),
		rowRotation: in.rotation(),
		rowZ:        in.fitter(fit.Attitude, fit.Z1, fit.Z2, fit.Z3),
		rowAuto:     automatic,
		rowTables:   in.tables(automatic, false),
		rowMap:      in.tables(automatic, true),
	}
	for i := range c.Rows {
		r := &c.Rows[i]
		switch {
		case i >= rowTables && c.Stars < tableStars:
			r.Missing = fmt.Sprintf("needs %d stars, there are %d", tableStars, c.Stars)
		case i == rowZ && c.Stars < 3:
			r.Missing = "needs 3 stars"
		case i == rowRotation && c.Stars < 2:
			r.Missing = "needs 2 stars"
		default:
			in.judge(r, makers[i], stars)
		}
	}
	c.recommend()
	return c, nil
}

// preset is the mount as it was set up, before any star.
func (in Input) preset() maker {
	return func([]fit.Observation) (fit.Parts, error) {
		r, err := align.Book{Start: in.Book.Start}.Solve(in.Options)
		return r.Parts, err
	}
}

func (in Input) rotation() maker {
	in.Options.Mode, in.Options.Free, in.Options.Tables = fit.Rotation, nil, false
	return in.solve
}

func (in Input) fitter(terms ...fit.Term) maker { return in.free(terms...).solve }

func (in Input) solve(obs []fit.Observation) (fit.Parts, error) {
	r, err := Fit(in.with(obs))
	return r.Parts, err
}

// tables adds the three correction tables and, if wanted, the map to a model,
// each made of what those before it leave.
func (in Input) tables(base maker, withMap bool) maker {
	return func(obs []fit.Observation) (fit.Parts, error) {
		p, err := base(obs)
		if err != nil {
			return p, err
		}
		for _, c := range []fit.Curve{fit.AltAz, fit.AltAlt, fit.AzAz} {
			misses, err := fit.Misses(p, obs, in.Options.Setup)
			if err != nil {
				return p, err
			}
			knots := fit.Knots(c, obs, misses)
			noise := scatter(knots)
			if noise == 0 {
				continue
			}
			t := fit.Smooth(c, knots, noise, noise.Mul(2))
			switch c {
			case fit.AltAz:
				p.AltAz = t
			case fit.AltAlt:
				p.AltAlt = t
			default:
				p.AzAz = t
			}
		}
		if withMap {
			misses, err := fit.Misses(p, obs, in.Options.Setup)
			if err != nil {
				return p, err
			}
			p.Map = fit.MapOf(obs, misses)
		}
		return p, p.Check()
	}
}

// scatter returns the root mean square of the knots.
func scatter(knots []fit.Knot) model.Angle {
	sum := 0.0
	for _, k := range knots {
		sum += float64(k.Error * k.Error)
	}
	if len(knots) == 0 {
		return 0
	}
	return model.Angle(math.Sqrt(sum / float64(len(knots))))
}

// judge fills in how well a model does.
func (in Input) judge(r *Row, build maker, stars []fit.Observation) {
	parts, err := build(stars)
	if err == nil {
		r.parts = parts
		var misses []fit.Residual
		if misses, err = fit.Misses(parts, stars, in.Options.Setup); err == nil {
			r.RMS, r.Max = sizes(misses)
		}
	}
	if err != nil {
		r.Missing = message(err)
		return
	}
	r.LeaveOut = in.leaveOut(build, stars)
}

// leaveOut returns by how much a model misses stars that had no part in it:
// one after the other is left out, of many stars every fortieth together.
func (in Input) leaveOut(build maker, stars []fit.Observation) model.Angle {
	folds := min(len(stars), mostFolds)
	sum := 0.0
	for f := range folds {
		var seen, unseen []fit.Observation
		for i, o := range stars {
			if i%folds == f {
				unseen = append(unseen, o)
			} else {
				seen = append(seen, o)
			}
		}
		parts, err := build(seen)
		if err != nil {
			return model.Angle(math.Inf(1))
		}
		misses, err := fit.Misses(parts, unseen, in.Options.Setup)
		if err != nil {
			return model.Angle(math.Inf(1))
		}
		for _, m := range misses {
			sum += float64(m.Distance * m.Distance)
		}
	}
	return model.Angle(math.Sqrt(sum / float64(len(stars))))
}

func sizes(misses []fit.Residual) (rms, most model.Angle) {
	sum := 0.0
	for _, m := range misses {
		sum += float64(m.Distance * m.Distance)
		most = max(most, m.Distance)
	}
	return model.Angle(math.Sqrt(sum / float64(len(misses)))), most
}

// recommend chooses the simplest model that no richer one beats by a share
// worth having at stars left out.
func (c *Comparison) recommend() {
	c.Best = rowPreset
	for i, r := range c.Rows {
		if i == rowPreset || r.Missing != "" || math.IsInf(float64(r.LeaveOut), 0) {
			continue
		}
		worth := worthTerms
		if i >= rowTables {
			worth = worthTables
		}
		if now := c.Rows[c.Best].LeaveOut; r.LeaveOut < now.Mul(1-worth) {
			c.Best = i
		}
	}
	if c.Stars < 3 {
		c.Best = rowAuto
		c.Reason = "which does what so few stars allow; they cannot judge a model that is made of them: take six or more over the whole sky"
		return
	}
	best := c.Rows[c.Best]
	c.Reason = fmt.Sprintf("at a star that it has not seen it misses by about %s", size(best.LeaveOut))
	for i := len(c.Rows) - 1; i > c.Best; i-- {
		r := c.Rows[i]
		if r.Missing != "" || math.IsInf(float64(r.LeaveOut), 0) || r.Terms == best.Terms {
			continue
		}
		if r.RMS < best.RMS && r.LeaveOut >= best.LeaveOut {
			c.Reason += fmt.Sprintf("; %q comes nearer to the stars it was made of (%s), but it follows their scatter: at others it misses by %s",
				r.Name, size(r.RMS), size(r.LeaveOut))
		} else {
			c.Reason += fmt.Sprintf("; %q, with %d numbers more, gains too little to trust it (%s)", r.Name, r.Terms-best.Terms, size(r.LeaveOut))
		}
		return
	}
}

// message returns what err says, without its operation.
func message(err error) string {
	if f := (*fault.Error)(nil); errors.As(err, &f) && f.Msg != "" {
		return f.Msg
	}
	return err.Error()
}
