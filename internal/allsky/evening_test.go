// SPDX-License-Identifier: GPL-3.0-or-later

package allsky

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/align"
	"github.com/siderostep/siderostep/model/fit"
	"github.com/siderostep/siderostep/model/pointing"
)

// step is one stage of an alignment, after which pointing is judged.
type step int

// The steps. Each has stars of its own, but those of 50 are one set. From two
// to three the best rotation is taken, from six on as many terms as the stars
// carry.
const (
	preset step = iota
	two
	three
	twoZ3  // and the zero of axis A, from the distance of two stars
	threeZ // and Z1, Z2 and Z3
	next   // set up anew on another evening, Z1, Z2 and the terms known
	six
	twelve
	twentyFive
	fifty
	pays        // and tables and map where they pay
	onlyZ       // 50 stars, but Z1, Z2 and Z3 alone, as the manual has it
	tables      // and the tables,
	pmc         // and the map, made by hand
	original    // its best fit of Z1, Z2 and Z3,
	originalAll // with its tables and its map
	sixFirst    // six terms, to first order
	sixExactly  // the same six faults, exactly
	steps
)

var headings = [steps]string{
	preset: "preset", two: "2 stars", three: "3 stars", twoZ3: "2 + Z3", threeZ: "3 + Z1 Z2 Z3", next: "2 + Z3, rest known",
	six: "6 stars", twelve: "12", twentyFive: "25", fifty: "50", pays: "50, layers that pay",
	onlyZ: "50, Z1 Z2 Z3 only", tables: "+ tables", pmc: "+ PMC",
	original: "original", originalAll: "+ tables, PMC", sixFirst: "six terms", sixExactly: "six, exact",
}

// judged is the error over the sky after each step; infinite where the stars
// were refused.
type judged [steps]model.Angle

// evening aligns a mount step by step.
func evening(t testing.TB, m *mount) judged {
	t.Helper()
	var rms judged
	for i := range rms {
		rms[i] = model.Angle(math.Inf(1))
	}
	run := func(s step, on *mount, obs []fit.Observation, o fit.Options) fit.Parts {
		o.Setup = on.setup
		o.Criteria.Disagreement = model.Degrees(3) // the zero of the tube was set by eye
		res, err := fit.Run(obs, o)
		if err != nil {
			t.Logf("%v, %s: %v", on, headings[s], err)
			return fit.Parts{}
		}
		if *terms {
			describe(t, on, s, &res)
		}
		rms[s] = on.error(t, res.Model)
		return res.Parts
	}
	unaligned, err := align.Book{}.Solve(fit.Options{Setup: m.setup})
	if err != nil {
		t.Fatal(err)
	}
	rms[preset] = m.error(t, unaligned.Model)

	pair, triple := m.observe(t, 2), m.observe(t, 3)
	run(two, m, pair, fit.Options{Mode: fit.Rotation})
	run(three, m, triple, fit.Options{Mode: fit.Rotation})
	run(twoZ3, m, pair, fit.Options{})
	run(threeZ, m, triple, fit.Options{})
	for i, n := range []int{6, 12, 25} {
		run(six+step(i), m, m.observe(t, n), fit.Options{})
	}
	obs := m.observe(t, 50)
	known := run(fifty, m, obs, fit.Options{})
	run(pays, m, obs, fit.Options{Tables: true})

	z := run(onlyZ, m, obs, fit.Options{Free: []fit.Term{fit.Attitude, fit.Z1, fit.Z2, fit.Z3}})
	z = curves(t, m, z, obs)
	rms[tables] = m.error(t, build(t, z))
	rms[pmc] = m.error(t, build(t, withMap(t, m, z, obs)))

	best := bestFit(m.stars(obs), m.setup.Nominal)
	rms[original] = m.error(t, best)
	rms[originalAll] = m.error(t, originalTables(t, m, best, obs))
	run(sixFirst, m, obs, fit.Options{Free: sixTerms(m)})
	run(sixExactly, m, obs, fit.Options{Free: sixExact})

	moved := m.carried(t)
	run(next, moved, moved.observe(t, 2), fit.Options{Known: &known})
	return rms
}

// describe logs the terms of a fit.
func describe(t testing.TB, m *mount, s step, res *fit.Result) {
	var text strings.Builder
	for _, e := range res.Terms {
		if e.Free {
			fmt.Fprintf(&text, " %s %.0f±%.0f", e.Term, e.Value.Arcsec(), e.Sigma.Arcsec())
		}
	}
	p := res.Parts
	for _, curve := range []*fit.Table{p.AltAz, p.AltAlt, p.AzAz} {
		if curve != nil {
			fmt.Fprintf(&text, " %v", curve.Curve)
		}
	}
	if p.Map != nil {
		text.WriteString(" PMC")
	}
	t.Logf("%v, %s: %.1f″ rms, %.1f″ alone, %d of %d stars%s", m, headings[s], res.RMS.Arcsec(), res.LeaveOut.Arcsec(), res.Used, len(res.Residuals), text.String())
}

// curves adds the three tables of all stars to a model.
func curves(t testing.TB, m *mount, p fit.Parts, obs []fit.Observation) fit.Parts {
	t.Helper()
	for _, c := range []fit.Curve{fit.AltAz, fit.AltAlt, fit.AzAz} {
		var err error
		if p, err = fit.BuildCurve(p, c, obs, m.setup); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

// withMap adds the map of all stars.
func withMap(t testing.TB, m *mount, p fit.Parts, obs []fit.Observation) fit.Parts {
	t.Helper()
	p, err := fit.BuildMap(p, obs, m.setup)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func build(t testing.TB, p fit.Parts) *pointing.Model {
	t.Helper()
	m, err := p.Build()
	if err != nil {
		t.Fatal(err)
	}
	return m
}
