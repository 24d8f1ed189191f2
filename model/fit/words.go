// SPDX-License-Identifier: GPL-3.0-or-later

package fit

import (
	"fmt"
	"math"
	"strings"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/pointing"
)

func wordsf(format string, args ...any) string { return fmt.Sprintf(format, args...) }

// say adds a verdict.
func (r *run) say(l Level, format string, args ...any) {
	r.verdict = append(r.verdict, Verdict{l, wordsf(format, args...)})
}

// size gives an angle in the unit that suits it.
func size(a model.Angle) string {
	switch v := a.Abs(); {
	case math.IsInf(float64(v), 0) || v != v:
		return "without limit"
	case v >= model.Degrees(1.5):
		return fmt.Sprintf("%.2f°", a.Degrees())
	case v >= model.Arcmin(2):
		return fmt.Sprintf("%.1f′", a.Arcmin())
	default:
		return fmt.Sprintf("%.1f″", a.Arcsec())
	}
}

// direct refuses observations that fix no direction: fewer than two stars, or
// all in one direction or its opposite.
func (r *run) direct(in []int) error {
	if len(in) < 2 {
		return fault.New(fault.Invalid, opFit, "%d star is left, at least two are needed", len(in))
	}
	c := r.criteria()
	widest := model.Angle(0)
	for a, i := range in {
		for _, j := range in[a+1:] {
			sep := r.stars[i].sky.Angle(r.stars[j].sky)
			widest = max(widest, min(sep, model.HalfTurn-sep))
		}
	}
	if widest < c.Separation {
		return fault.New(fault.Invalid, opFit,
			"the stars lie within %.1f° of one direction or its opposite: spread them by more than %g°", widest.Degrees(), c.Separation.Degrees())
	}
	if len(in) == 2 {
		return r.pairAgrees(in[0], in[1])
	}
	return nil
}

func (r *run) criteria() pointing.Criteria {
	c, d := r.Criteria, pointing.DefaultCriteria()
	if c.Separation == 0 {
		c.Separation = d.Separation
	}
	if c.Disagreement == 0 {
		c.Disagreement = d.Disagreement
	}
	return c
}

// pairAgrees refuses two stars whose distance by the axes is not that on the
// sky: one is wrong, or the tube's zero is, and only a person can tell.
func (r *run) pairAgrees(i, j int) error {
	a, b := r.star(i), r.star(j)
	base := r.base()
	d := base.Disagreement(a, b)
	if d.Abs() <= r.criteria().Disagreement {
		return nil
	}
	text := wordsf("%s and %s are %.2f° apart on the sky but %.2f° by the axes (at most %g° of difference): one may be the wrong star",
		r.obs[i].label(i), r.obs[j].label(j), a.Sky.Angle(b.Sky).Degrees(), (a.Sky.Angle(b.Sky) + d).Degrees(), r.criteria().Disagreement.Degrees())
	if offset, err := pointing.AltitudeOffset(a, b); err == nil && offset.Abs() < model.Degrees(mostZero) {
		text += wordsf(", or the zero of axis A is off by %s", size(offset))
	}
	return fault.New(fault.Invalid, opFit, "%s", text)
}

const mostZero = 15 // degrees: the zero of an axis set by eye

// mirrored refuses stars that the axes measured as in a mirror.
func (r *run) mirrored(in []int, g guess) error {
	m := pointing.New(model.Identity(), g.errors(), model.Axes{})
	var b model.Mat
	for _, i := range in {
		y, x := m.MountVector(r.stars[i].axes), r.stars[i].sky
		for k := range b {
			b[k] = b[k].Add(x.Scale(y[k] / float64(len(in))))
		}
	}
	if b.Det() < -1e-3 {
		return fault.New(fault.Invalid, opFit, "the measured stars mirror the sky: an axis counts the wrong way")
	}
	return nil
}

// named puts the stars' names into an error of package pointing, which knows
// only their numbers.
func (r *run) named(err error, in []int) error {
	text := message(err)
	for k := len(in) - 1; k >= 0; k-- {
		if name := r.obs[in[k]].Name; name != "" {
			text += fmt.Sprintf("; star %d is %s", k+1, name)
		}
	}
	return fault.New(fault.Invalid, opFit, "%s", text)
}

// plausible refuses a model that no mount has, which is what too few stars
// with a wrong one among them give.
func (r *run) plausible(res *Result, in []int) error {
	e := res.Parts.Errors
	few := len(in) < 6
	var what string
	switch {
	case e.Z1.Abs() > model.Degrees(5) || few && (e.Z1.Abs() > model.Degrees(3) || e.Z2.Abs() > model.Degrees(3)):
		what = wordsf("a model through them needs Z1 = %s and Z2 = %s", size(e.Z1), size(e.Z2))
	case few && (e.Z3-r.prior(Z3).Mean).Abs() > model.Degrees(mostZero):
		what = wordsf("a model through them needs Z3 = %s", size(e.Z3))
	case res.RMS > model.Degrees(1):
		what = wordsf("the best model misses them by %s rms", size(res.RMS))
	default:
		return nil
	}
	if i, d, ok := r.suspect(in); ok {
		what += wordsf("; %s disagrees with each of the others by at least %s", r.obs[i].label(i), size(d))
	}
	return fault.New(fault.Invalid, opFit, "the stars contradict each other: %s", what)
}

// suspect returns the star whose distances to all others are wrong by the
// most, and the least of these errors, if it stands out.
func (r *run) suspect(in []int) (star int, by model.Angle, ok bool) {
	base := r.base()
	least := make([]model.Angle, len(in))
	for a, i := range in {
		least[a] = model.HalfTurn
		for _, j := range in {
			if i != j {
				least[a] = min(least[a], base.Disagreement(r.star(i), r.star(j)).Abs())
			}
		}
	}
	second := model.Angle(0)
	for a, d := range least {
		if d > by {
			star, by, second = in[a], d, by
		} else {
			second = max(second, d)
		}
	}
	return star, by, len(in) > 2 && by > 2*second && by > model.Arcmin(5)
}

// judge adds what there is to say of a finished model.
func (r *run) judge(res *Result) {
	for i := range res.Residuals {
		q := &res.Residuals[i]
		if !q.Rejected {
			continue
		}
		if alt := r.obs[i].HourDec().Horizontal(r.Setup.Latitude).Alt; alt > model.Degrees(-horizonSlop) {
			q.Why = wordsf("it misses the model of the others by %s", size(q.Distance))
			if c, d, ok := r.mistaken(res, i); ok {
				q.Why += wordsf("; the tube pointed %s from %s: perhaps that star was centred", size(d), c.Name)
			}
		}
		r.say(Warning, "%s was left out: %s", r.obs[i].label(i), q.Why)
	}
	r.judgeSky(res)
	r.judgeFit(res)
	res.Verdicts = r.verdict
}

// judgeFit speaks of the quality of the fit.
func (r *run) judgeFit(res *Result) {
	if res.Used > 1 {
		r.say(Note, "%d stars fit with an rms of %s; the worst is off by %s", res.Used, size(res.RMS), size(res.Max))
	}
	if res.Mode == Full && res.Used > 1 {
		switch {
		case res.DoF < 3:
			r.say(Warning, "there are hardly more measurements than terms: the rms says little, take more stars")
		case !math.IsInf(float64(res.LeaveOut), 0):
			r.say(Note, "at a star that it has not seen the model misses by about %s", size(res.LeaveOut))
		}
		if res.Condition > mostCondition {
			r.say(Warning, "the terms cannot be told apart (condition %.0f): spread the stars over altitude and azimuth", res.Condition)
		}
		if res.Sigma0 > 3 && res.DoF >= 6 {
			r.say(Warning, "the stars scatter %.1f times as much as they should: backlash, flexure or careless centring", res.Sigma0)
		}
	}
	if r.Setup.Sides && res.Used >= 2 {
		var count [2]int
		for _, q := range res.Residuals {
			if !q.Rejected && q.Side == pointing.Through {
				count[1]++
			} else if !q.Rejected {
				count[0]++
			}
		}
		if min(count[0], count[1]) == 0 {
			r.say(Warning, "all stars are on one pier side: on the other the model is a guess, take stars there")
		}
	}
	var strong []string
	for _, e := range res.Terms {
		if e.Free && e.Term != Z3 && e.Sigma > 0 && e.Value.Abs() > 5*e.Sigma && e.Value.Abs() > model.Arcsec(30) {
			strong = append(strong, wordsf("%s = %s ± %s", e.Term, size(e.Value), size(e.Sigma)))
		}
	}
	if len(strong) > 0 {
		r.say(Note, "clear faults of the mount: %s", strings.Join(strong, ", "))
	}
}
