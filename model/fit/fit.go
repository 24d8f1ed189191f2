// SPDX-License-Identifier: GPL-3.0-or-later

package fit

import (
	"errors"
	"math"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/pointing"
)

// run is one call of Run.
type run struct {
	Options
	obs     []Observation
	chain   pointing.Chain
	stars   []sighting
	why     []string // of each star left out, else empty
	verdict []Verdict
}

// Run finds the model that explains the observations. Its errors are
// fault.Invalid, in words: impossible observations or options, stars that fix
// nothing, stars that contradict each other with too few of them to say which
// is wrong.
func Run(obs []Observation, o Options) (Result, error) {
	r := &run{Options: o, obs: obs, why: make([]string, len(obs))}
	if err := r.check(); err != nil {
		return Result{}, err
	}
	r.chain = o.Setup.chain()
	if err := r.look(); err != nil {
		return Result{}, err
	}
	switch mode := r.mode(); mode {
	case Taki:
		return r.taki()
	case Rotation:
		return r.rotation()
	default:
		return r.full()
	}
}

func (r *run) check() error {
	if len(r.obs) == 0 {
		return fault.New(fault.Invalid, opFit, "there is no star to fit: at least one is needed")
	}
	if err := r.Options.check(); err != nil {
		return err
	}
	for i, o := range r.obs {
		if err := o.Check(); err != nil {
			return fault.New(fault.Invalid, opFit, "%s: %s", o.label(i), message(err))
		}
	}
	return nil
}

// message returns what err says, without its operation.
func message(err error) string {
	if f := (*fault.Error)(nil); errors.As(err, &f) && f.Msg != "" {
		return f.Msg
	}
	return err.Error()
}

// look makes the observations ready and leaves out stars below the horizon.
func (r *run) look() error {
	r.stars = make([]sighting, len(r.obs))
	below := 0
	for i, o := range r.obs {
		hd := o.HourDec()
		alt := hd.Horizontal(r.Setup.Latitude).Alt
		if alt < model.Degrees(-horizonSlop) {
			below++
			r.why[i] = wordsf("it was %.1f° below the horizon: the wrong star, a wrong clock or a wrong place", -alt.Degrees())
		}
		r.stars[i] = sighting{
			sky:   r.chain.Observed(hd),
			axes:  o.Axes,
			sigma: math.Hypot(float64(o.sigma()), float64(r.Floor)),
		}
	}
	if 2*below > len(r.obs) || below == len(r.obs) {
		return fault.New(fault.Invalid, opFit,
			"%d of %d stars were below the horizon of latitude %.2f°: check clock, time zone, longitude and latitude",
			below, len(r.obs), r.Setup.Latitude.Degrees())
	}
	return nil
}

// kept returns the indices of the stars that take part.
func (r *run) kept() []int {
	var in []int
	for i, why := range r.why {
		if why == "" {
			in = append(in, i)
		}
	}
	return in
}

func (r *run) mode() Mode {
	n := len(r.kept())
	switch {
	case n == 1 && len(r.Free) == 0:
		return Rotation
	case r.Mode == Auto:
		return Full
	}
	return r.Mode
}

// base returns the model before any star.
func (r *run) base() *pointing.Model {
	g := r.start()
	p := problem{zenith: r.Setup.zenith()}
	return p.parts(g).build()
}

func (r *run) star(i int) pointing.Star {
	return pointing.Star{Sky: r.stars[i].sky, Axes: r.stars[i].axes, Weight: math.Pow(r.stars[i].sigma, -2)}
}

// taki is the mode of the original: a matrix through the first stars.
func (r *run) taki() (Result, error) {
	in := r.kept()
	base := r.base()
	var m *pointing.Model
	var err error
	switch {
	case len(in) >= 3:
		in = in[:3]
		m, err = base.TakiThree(r.star(in[0]), r.star(in[1]), r.star(in[2]), r.Criteria)
	case len(in) == 2:
		m, err = base.TakiTwo(r.star(in[0]), r.star(in[1]), r.Criteria)
	default:
		err = fault.New(fault.Invalid, opFit, "the matrix needs two stars")
	}
	if err != nil {
		return Result{}, r.named(err, in)
	}
	return r.plain(Taki, m)
}

// rotation turns the known model to the stars; one star only moves its index.
func (r *run) rotation() (Result, error) {
	in := r.kept()
	base := r.base()
	if len(in) == 1 {
		s := r.stars[in[0]]
		side, _ := base.Side(s.axes)
		r.say(Note, "one star sets the zero points only; a second, far from it, will show how the mount stands")
		return r.plain(Rotation, base.Sync(s.sky, s.axes, side))
	}
	stars := make([]pointing.Star, len(in))
	for k, i := range in {
		stars[k] = r.star(i)
	}
	a, err := base.Align(stars, r.Criteria)
	if err != nil {
		return Result{}, r.named(err, in)
	}
	if a.Warning != "" {
		r.say(Warning, "%s", a.Warning)
	}
	return r.plain(Rotation, a.Model)
}

// plain returns the result of a model that was not fitted by least squares.
func (r *run) plain(mode Mode, m *pointing.Model) (Result, error) {
	res := Result{Mode: mode, Model: m, Condition: 1, LeaveOut: model.Angle(math.Inf(1))}
	res.Parts = PartsOf(m, r.Setup)
	g := r.start()
	res.Parts.Linear = g.coefficients()
	if err := res.Parts.Check(); err != nil {
		return Result{}, fault.New(fault.Invalid, opFit, "these stars make no model: %s", message(err))
	}
	for _, t := range []Term{Z1, Z2, Z3} {
		res.Terms = append(res.Terms, Estimate{Term: t, Value: res.Parts.Value(t), Why: "the " + mode.String() + " mode holds it"})
	}
	r.residuals(&res, nil)
	res.DoF = 2*res.Used - 3
	r.judge(&res)
	return res, nil
}

// residuals fills in how far every star stands from the model; s is the
// solution behind it, or nil.
func (r *run) residuals(res *Result, s *solution) {
	res.Residuals = make([]Residual, len(r.obs))
	var sum, alone float64
	next := 0 // of the solution's stars
	for i, o := range r.obs {
		star := r.star(i)
		side, _ := res.Model.Side(star.Axes)
		d := res.Model.Residual(star)
		q := Residual{Name: o.Name, Side: side, Why: r.why[i], Rejected: r.why[i] != ""}
		q.Distance, q.Alone = d.Distance, model.Angle(math.Inf(1))
		q.Z, q.A = d.Z, d.A
		if q.Rejected {
			q.Alone = q.Distance
		} else {
			if s != nil {
				m := &s.misses[next]
				next++
				sigma := r.stars[i].sigma
				q.Z, q.A = model.Angle(m.r[0]*sigma), model.Angle(m.r[1]*sigma)
				if lone, _ := s.deleted(m); !math.IsInf(lone[0], 0) {
					q.Alone = model.Angle(math.Hypot(lone[0], lone[1]) * sigma)
				}
			}
			res.Used++
			sum += float64(q.Distance) * float64(q.Distance)
			alone += float64(q.Alone) * float64(q.Alone)
			res.Max = max(res.Max, q.Distance)
		}
		res.Residuals[i] = q
	}
	if res.Used > 0 {
		res.RMS = model.Angle(math.Sqrt(sum / float64(res.Used)))
		res.LeaveOut = model.Angle(math.Sqrt(alone / float64(res.Used)))
	}
}
