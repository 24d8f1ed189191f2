// SPDX-License-Identifier: GPL-3.0-or-later

package fit

import (
	"math/rand/v2"
	"testing"

	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/pointing"
	"github.com/siderostep/siderostep/model/sky"
)

// Stars noted while the tube stood still are nonsense, and nothing more: they
// are refused or named, and nothing breaks.
func TestTubeThatStoodStill(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, g := range []pointing.Geometry{pointing.AltAz, pointing.Fork, pointing.German} {
		setup := SetupOf(g, model.Degrees(44), sky.Refraction{})
		chain := setup.chain().WithModel(pointing.New(setup.Nominal, pointing.Errors{}, model.Axes{}))
		for range 500 {
			var obs []Observation
			for range 3 + rng.IntN(4) {
				hd := model.Horizontal{Az: model.Degrees(rng.Float64() * 360), Alt: model.Degrees(10 + 70*rng.Float64())}.HourDec(setup.Latitude)
				if axes, ok := chain.Axes(hd, pointing.Normal); ok {
					obs = append(obs, Observation{Place: hd.Equatorial(0), Axes: axes})
				}
			}
			for i := range 1 + rng.IntN(len(obs)-1) {
				obs[len(obs)-1-i].Axes = obs[0].Axes
			}
			if r, err := Run(obs, Options{Setup: setup, Mode: Full}); err == nil && r.Model == nil {
				t.Fatal("neither a model nor an error")
			}
		}
	}
}
