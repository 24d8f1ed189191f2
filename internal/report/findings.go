// SPDX-License-Identifier: GPL-3.0-or-later

package report

import (
	"fmt"
	"math"

	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/fit"
)

// Finding is what an observer should know, and what to do about it.
type Finding struct {
	Text string
	Do   string // empty: nothing
}

// find judges an analysis. The order is that in which to correct: what comes
// later is measured wrong while something before it is.
//
// Source: Scope II manual, the order of corrections.
func (r *Report) find() []Finding {
	var f []Finding
	f = append(f, r.outliers()...)
	f = append(f, r.wrongStep()...)
	f = append(f, r.coverage()...)
	f = append(f, r.skew()...)
	return append(f, Finding{
		Text: fmt.Sprintf("Of the models compared, %q is the one to use: %s.", r.Compared.Rows[r.Compared.Best].Name, r.Compared.Reason),
		Do:   "Use it: " + r.Compared.Rows[r.Compared.Best].How + ".",
	})
}

func (r *Report) outliers() []Finding {
	var f []Finding
	for i, q := range r.Fit.Residuals {
		if q.Rejected {
			f = append(f, Finding{
				Text: fmt.Sprintf("%s does not fit the others: %s.", label(q.Name, i), q.Why),
				Do:   fmt.Sprintf("Point at %s again. If it is off once more it is another star, or the clutch slips there; if not, it was badly centred.", label(q.Name, i)),
			})
		}
	}
	return f
}

func (r *Report) wrongStep() []Finding {
	axis := names(r.in.Options.Setup).a
	s := r.Step
	switch {
	case s == nil:
		return []Finding{{
			Text: fmt.Sprintf("Whether the step size of the %s axis is right cannot be told: that needs six stars over %.0f° of %s.", axis, leastSpan, axis),
			Do:   "Take a column of stars at one azimuth, at altitudes 25, 40, 55 and 70°.",
		}}
	case s.Droops():
		return []Finding{{Text: fmt.Sprintf("The %s error bends as that of a drooping tube does (%s rms with a droop, %s with another step size): the step size of the axis is not to blame.", axis, size(s.Droop), size(s.RMS))}}
	case !s.Clear():
		return []Finding{{Text: fmt.Sprintf("The step size of the %s axis is right: a trend is not to be seen (%+.3f %% ± %.3f %%).", axis, 100*s.Error, 100*s.Sigma)}}
	}
	which, change := "high", "large"
	if s.Error < 0 {
		which, change = "low", "small"
	}
	f := Finding{
		Text: fmt.Sprintf("The %s error has a trend: the farther the axis goes, the more it reads too %s, by %s over the %.0f° of these stars. The configured step is too %s by %.3f %% ± %.3f %%.",
			axis, which, size(s.Span.Mul(math.Abs(s.Error))), s.Span.Degrees(), change, 100*math.Abs(s.Error), 100*s.Sigma),
		Do: fmt.Sprintf("Multiply mount.a.full_step_arcsec by %.6f", 1-s.Error),
	}
	if r.in.FullStepA > 0 {
		f.Do += fmt.Sprintf(": from %g to %.6g", r.in.FullStepA, r.in.FullStepA*(1-s.Error))
	}
	f.Do += ". Then take the stars anew: all else that was measured with the wrong step is off, too."
	if s.OrDroop() {
		f.Text += fmt.Sprintf(" A drooping tube would explain these stars about as well (%s rms against %s).", size(s.Droop), size(s.RMS))
		f.Do = "Check the step size by itself first, with a level on the tube at 0 and 90°, or one full turn. If it is wrong: " + f.Do
	}
	return []Finding{f}
}

// coverage speaks of the part of the sky without stars.
func (r *Report) coverage() []Finding {
	var f []Finding
	n := names(r.in.Options.Setup)
	low, high := math.Inf(1), math.Inf(-1)
	var quarters [4]int
	for i, b := range r.Data.Bars {
		if !b.Left {
			low, high = min(low, b.A), max(high, b.A)
			quarters[int(r.Data.Arrows[i].Az/90)%4]++
		}
	}
	if r.Fit.Used < 6 {
		f = append(f, Finding{
			Text: fmt.Sprintf("There are %d stars. From six on Z1, Z2 and Z3 stand on their own feet, from ten on the tube's droop shows, from twelve on the gears.", r.Fit.Used),
			Do:   "Take more stars; siderostep proposes them (Analysis:Plan).",
		})
	}
	if span := high - low; span < 40 {
		f = append(f, Finding{
			Text: fmt.Sprintf("The stars span only %.0f° of %s, so that Z1 and Z2 look alike.", span, n.a),
			Do:   "Take stars from near the horizon to near the zenith, but not at the zenith itself.",
		})
	}
	for i, k := range quarters {
		if k == 0 && r.Fit.Used >= 6 {
			f = append(f, Finding{
				Text: fmt.Sprintf("There is no star between azimuth %d and %d°: the model is a guess there.", 90*i, 90*i+90),
				Do:   "Take a star or two there, if trees allow.",
			})
		}
	}
	return f
}

// skew speaks of the mount's own faults.
func (r *Report) skew() []Finding {
	var f []Finding
	say := func(t fit.Term, text, do string) {
		e, ok := r.Fit.Estimate(t)
		if ok && e.Free && e.Sigma > 0 && e.Value.Abs() > 5*e.Sigma && e.Value.Abs() > model.Arcmin(3) {
			f = append(f, Finding{Text: fmt.Sprintf(text, size(e.Value), size(e.Sigma)), Do: do})
		}
	}
	say(fit.Z1, "The axes are not perpendicular: Z1 = %s ± %s.", "The model corrects it. Shimming one side bearing would do away with it.")
	say(fit.Z2, "The tube does not look at right angles to its axis: Z2 = %s ± %s.", "The model corrects it. Measure it anew after collimating.")
	say(fit.TF, "The tube droops as it sinks: TF = %s ± %s.", "The model corrects it. A loose mirror or focuser droops, too: look.")
	if r.Fit.Sigma0 > 3 && r.Fit.DoF >= 6 {
		f = append(f, Finding{
			Text: fmt.Sprintf("The stars scatter %.1f times as much as careful centring would.", r.Fit.Sigma0),
			Do:   "Look for backlash first: approach each star from the same side, and set the backlash of both axes.",
		})
	}
	return f
}
