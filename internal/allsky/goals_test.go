// SPDX-License-Identifier: GPL-3.0-or-later

package allsky

import (
	"flag"
	"fmt"
	"math"
	"testing"

	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/sim"
)

var terms = flag.Bool("terms", false, "log the terms of each fit")

// The goals, on one mount of each kind; make pointing tells of the others.
func TestGoals(t *testing.T) {
	for _, kind := range kinds {
		m := newMount(t, kind, 45, 1)
		rms := evening(t, m)
		noise := model.Arcsec(centred)
		for _, goal := range []struct {
			after step
			most  model.Angle
		}{
			{threeZ, model.Arcmin(10)},
			{next, model.Arcmin(1)},
			{twelve, noise.Mul(2)},
			{fifty, noise.Mul(1.5)},
			{pays, noise.Mul(1.5)},
			{fifty, rms[original].Mul(0.1)},
			{fifty, rms[sixFirst].Mul(0.2)},
			{tables, rms[onlyZ]},
			{pmc, rms[onlyZ].Mul(0.6)},
			{originalAll, rms[original]},
		} {
			if got := rms[goal.after]; !(got <= goal.most) {
				t.Errorf("%v, %s: %s rms over the sky, at most %s", m, headings[goal.after], size(got), size(goal.most))
			}
		}
		// Two stars cannot show Z1 and Z2: only where the tube comes to each
		// place in one way do they matter little.
		if got := rms[twoZ3]; kind == sim.AltAz && got > model.Arcmin(10) {
			t.Errorf("%v: 2 stars and Z3 leave %s", m, size(got))
		}
		t.Logf("%v: preset %s, 2 stars %s, and Z3 %s, 3 stars %s, 12 %s, 50 %s; Z1 Z2 Z3 only %s, tables %s, map %s; original %s, its tables %s, six terms %s",
			m, size(rms[preset]), size(rms[two]), size(rms[twoZ3]), size(rms[threeZ]), size(rms[twelve]), size(rms[fifty]),
			size(rms[onlyZ]), size(rms[tables]), size(rms[pmc]), size(rms[original]), size(rms[originalAll]), size(rms[sixFirst]))
	}
}

// size writes an angle to about three figures.
func size(a model.Angle) string {
	switch {
	case math.IsInf(float64(a), 0):
		return "refused"
	case a < model.Arcmin(1.5):
		return fmt.Sprintf("%.1f″", a.Arcsec())
	case a < model.Arcmin(90):
		return fmt.Sprintf("%.1f′", a.Arcmin())
	}
	return fmt.Sprintf("%.1f°", a.Degrees())
}
