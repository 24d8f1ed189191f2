// SPDX-License-Identifier: GPL-3.0-or-later

package fit

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/siderostep/siderostep/model"
)

// How every parameter moves a star that the guess explains, against the
// difference of two guesses. The tube itself is package pointing's.
func TestDerivatives(t *testing.T) {
	r := rand.New(rand.NewPCG(21, 22))
	some := func(most float64) float64 { return most * (2*r.Float64() - 1) }
	terms := append([]Term{Attitude, Z1, Z2, Z3}, LinearTerms()...)
	for range 50 {
		p := problem{terms: terms, zenith: model.Vec{some(1), some(1), 1}.Unit()}
		g := guess{attitude: turn(model.Vec{some(2), some(2), some(2)}), z: [3]float64{some(0.3), some(0.3), some(0.1)}}
		axes := model.Axes{Z: model.Angle(some(6)), A: model.Angle(some(1.2))}
		if r.IntN(2) == 0 {
			axes.A = model.HalfTurn - axes.A
		}
		star := sighting{axes: axes, sigma: 1}
		star.sky = g.attitude.Transpose().Apply(p.parts(g).build().MountVector(axes))
		p.stars = []sighting{star}
		m := p.misses(g)[0]
		if d := math.Hypot(m.r[0], m.r[1]); d > 1e-12 {
			t.Fatalf("at %v, Z1 Z2 Z3 %v: a star without error is missed by %.3g", axes, g.z, d)
		}
		names := p.names()
		for j := range names {
			const h = 1e-5
			step := make([]float64, len(names))
			step[j] = h
			high := p.misses(p.moved(g, step))[0]
			step[j] = -h
			low := p.misses(p.moved(g, step))[0]
			for c := range m.row {
				if want := (high.r[c] - low.r[c]) / (2 * h); math.Abs(m.row[c][j]-want) > 1e-5*(1+math.Abs(want)) {
					t.Fatalf("%s at %v, Z1 Z2 Z3 %v: %s", names[j], axes, g.z, fmt.Sprintf("%.8f, by differences %.8f", m.row[c][j], want))
				}
			}
		}
	}
}
