// SPDX-License-Identifier: GPL-3.0-or-later

package align

import (
	"cmp"
	"slices"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/fit"
	"github.com/siderostep/siderostep/model/pointing"
)

// Solve makes the model of b. Options say how and with what known before; the
// start of b takes the place of their nominal attitude. Without a star it is
// that attitude with the known faults, and the Result has nothing else. The
// mode Taki uses the inits only, every other one all stars. The error is that
// of fit.Run.
func (b Book) Solve(o fit.Options) (fit.Result, error) {
	o.Setup.Nominal = b.Start.attitude(o.Setup.Latitude, o.Setup.Nominal)
	entries := b.Entries()
	if o.Mode == fit.Taki && b.Count() > 1 {
		entries = entries[:b.Count()]
	}
	if len(entries) == 0 {
		return b.preset(o)
	}
	stars := make([]fit.Observation, len(entries))
	for i, e := range entries {
		stars[i] = e.Observation
	}
	return fit.Run(stars, o)
}

// preset is the model without a star.
func (b Book) preset(o fit.Options) (fit.Result, error) {
	p := fit.PartsOf(pointing.New(o.Setup.Nominal, pointing.Errors{}, model.Axes{}), o.Setup)
	if o.Known != nil {
		p.Errors, p.Linear = o.Known.Errors, o.Known.Linear
	}
	m, err := p.Build()
	if err != nil {
		return fit.Result{}, err
	}
	return fit.Result{Mode: fit.Rotation, Parts: p, Model: m}, nil
}

// Closest returns b with the inits taken from all its entries: of those, the
// two or three nearest on the sky to where the axes point now, that can be
// aligned upon. It is a model for this part of the sky. keep is how much
// nearer another star must be before an init makes way for it. The error is
// fault.Refused when there are not enough stars.
func (b Book) Closest(now model.HourDec, keep model.Angle, c pointing.Criteria) (Book, error) {
	want := max(2, b.Count())
	entries := b.Entries()
	at := now.Vector()
	inits := b.Count()
	type candidate struct {
		entry Entry
		d     model.Angle
		sky   model.Vec
	}
	all := make([]candidate, len(entries))
	for i, e := range entries {
		all[i] = candidate{e, e.HourDec().Vector().Angle(at), e.HourDec().Vector()}
		if i < inits {
			all[i].d -= keep
		}
	}
	slices.SortStableFunc(all, func(x, y candidate) int { return cmp.Compare(x.d, y.d) })
	apart := c.Separation
	if apart == 0 {
		apart = pointing.DefaultCriteria().Separation
	}
	var chosen []candidate
	for _, x := range all {
		fits := true
		for _, y := range chosen {
			sep := x.sky.Angle(y.sky)
			fits = fits && sep >= apart && sep <= model.HalfTurn-apart
		}
		if fits {
			chosen = append(chosen, x)
		}
		if len(chosen) == want {
			break
		}
	}
	if len(chosen) < 2 {
		return b, fault.New(fault.Refused, op, "there are not two stars at least %v apart among the %d noted", apart, len(entries))
	}
	out := Book{Start: b.Start}
	for i, x := range chosen {
		out.Inits[i] = &x.entry
	}
	// Every star stays, and is in the book once: as an init or as a point.
	for _, e := range append(slices.Clone(b.Points), entries[:inits]...) {
		same := func(x Entry) bool { return x.Observation == e.Observation }
		if !slices.ContainsFunc(chosen, func(x candidate) bool { return same(x.entry) }) && !slices.ContainsFunc(out.Points, same) {
			out.Points = append(out.Points, e)
		}
	}
	// Three inits of a full book of which two are left make one point too many.
	out.Points = out.Points[max(0, len(out.Points)-MaxPoints):]
	return out, nil
}

// AltitudeOffset returns the zero point of axis A, Z3, that reconciles the
// first two inits. gain is by how much an error of their distance is
// multiplied in it: stars 30 to 60° high, about equally so and far apart in
// azimuth have the least. Errors are fault.Refused without two inits, and
// fault.Invalid where no offset reconciles them.
func (b Book) AltitudeOffset(setup fit.Setup) (z3 model.Angle, gain float64, err error) {
	if b.Count() < 2 {
		return 0, 0, fault.New(fault.Refused, op, "an altitude offset needs two inits; there are %d", b.Count())
	}
	bare := pointing.New(setup.Nominal, pointing.Errors{}, model.Axes{})
	chain := pointing.NewChain(bare, setup.Latitude, setup.Refraction)
	star := func(e *Entry) pointing.Star {
		return pointing.Star{Sky: chain.Observed(e.HourDec()), Axes: e.Axes}
	}
	one, two := star(b.Inits[0]), star(b.Inits[1])
	if z3, err = pointing.AltitudeOffset(one, two); err != nil {
		return 0, 0, err
	}
	return z3, pointing.AltitudeOffsetGain(one, two, z3), nil
}
