// SPDX-License-Identifier: GPL-3.0-or-later

package fit

import (
	"math"

	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/pointing"
)

// Estimate is one term of a fit.
type Estimate struct {
	Term  Term
	Value model.Angle
	Sigma model.Angle // one standard deviation; 0 when the term was held
	Free  bool        // fitted, not held
	Why   string      // why it was held, in words; else empty
}

// Residual is how far one star stands from where the model expects it.
type Residual struct {
	Name string

	// Z and A are measured less expected, on the sky, along growing Z and
	// growing A: the axes read too far clockwise, too high.
	Z, A     model.Angle
	Distance model.Angle // of the two together, ≥ 0

	// Alone is the distance from a model fitted without this star; infinite
	// where without it there is no model.
	Alone model.Angle

	Side     pointing.PierSide
	Rejected bool
	Why      string // of the rejection, in words
}

// Result is a model and how well it fits. Distances are on the sky.
type Result struct {
	Mode  Mode // the one used
	Parts Parts
	Model *pointing.Model // Parts, built

	Terms        []Estimate
	Tilt         Prior       // how far the mount's pole is from its nominal place, in all
	Parameters   []string    // names of the rows of Correlations
	Correlations [][]float64 // between the parameters fitted

	Residuals []Residual // in the order of the observations
	Used      int        // stars that were not rejected
	RMS       model.Angle
	LeaveOut  model.Angle // root mean square of Alone; infinite where some star is indispensable
	Max       model.Angle

	Sigma0    float64 // misses in units of the stars' own sigma: 1 when these are right
	DoF       int     // degrees of freedom: 2·Used less parameters; negative when priors had to help
	Condition float64 // of the scaled matrix: 1 is best, beyond 1000 terms cannot be told apart

	Verdicts []Verdict
}

// Rejected returns the indices of the observations that were left out.
func (r *Result) Rejected() []int {
	var out []int
	for i, s := range r.Residuals {
		if s.Rejected {
			out = append(out, i)
		}
	}
	return out
}

// Estimate returns the estimate of a term; ok is false if r has none.
func (r *Result) Estimate(t Term) (e Estimate, ok bool) {
	for _, e := range r.Terms {
		if e.Term == t {
			return e, true
		}
	}
	return Estimate{}, false
}

// Priors returns what r has learned about the faults of the mount itself, for
// Options.Priors of another night. change is by how much they may have
// changed meanwhile, one standard deviation; for Z3, whose zero is set anew,
// it is zeroChange.
func (r *Result) Priors(change, zeroChange model.Angle) map[Term]Prior {
	priors := map[Term]Prior{}
	for _, e := range r.Terms {
		if !e.Free || e.Term == Attitude {
			continue
		}
		more := change
		if e.Term == Z3 {
			more = zeroChange
		}
		priors[e.Term] = Prior{Mean: e.Value, Sigma: model.Angle(math.Hypot(float64(e.Sigma), float64(more)))}
	}
	return priors
}

// Verdict is a finding about a fit, in words for the observer.
type Verdict struct {
	Level Level
	Text  string
}

// Level says how much a Verdict matters.
type Level int

// The levels.
const (
	Note    Level = iota // worth knowing
	Warning              // something is wrong or uncertain
)

// String returns "note" or "warning".
func (l Level) String() string {
	if l == Warning {
		return "warning"
	}
	return "note"
}
