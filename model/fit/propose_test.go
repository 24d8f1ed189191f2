// SPDX-License-Identifier: GPL-3.0-or-later

package fit_test

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/fit"
	"github.com/siderostep/siderostep/model/pointing"
)

func TestProposals(t *testing.T) {
	for _, kind := range kinds {
		for _, lat := range []float64{50, -33, 5, 78} {
			m := upright(kind, lat*math.Pi/180)
			setup := m.setup(guessedAir())
			pole := setup.Nominal.Transpose().Apply(model.Vec{0, 0, 1})
			for _, n := range []int{1, 2, 3, 6, 12, 30} {
				name := fmt.Sprintf("%s at %g°, %d", kind, lat, n)
				blocked := func(hd model.HourDec, _ pointing.PierSide) bool { // a house in the north-east
					h := hd.Horizontal(model.Angle(m.latitude))
					return !(h.Alt < model.Degrees(40) && h.Az < model.Degrees(80))
				}
				got, err := fit.Propose(fit.Plan{Count: n, Setup: setup, Limits: fit.Limits{Reachable: blocked}})
				if err != nil || len(got) != n {
					t.Errorf("%s: %d targets, %v", name, len(got), err)
					continue
				}
				sides := [2]int{}
				slews, lowest, highest := model.Angle(0), model.Quarter, model.Angle(0)
				for i, g := range got {
					if g.Sky.Alt < model.Degrees(20) || g.Sky.Alt > model.Degrees(78) || !blocked(g.Place, g.Side) {
						t.Errorf("%s: %v is outside the limits", name, g.Sky)
					}
					if d := g.Place.Vector().Angle(pole); min(d, model.HalfTurn-d) < model.Degrees(11.9) {
						t.Errorf("%s: %v is %.1f° from the pole of the mount", name, g.Sky, d.Degrees())
					}
					lowest, highest = min(lowest, g.Sky.Alt), max(highest, g.Sky.Alt)
					sides[g.Side]++
					for _, other := range got[:i] {
						if d := g.Sky.Separation(other.Sky); n <= 12 && d < model.Degrees(12) {
							t.Errorf("%s: two targets %.1f° apart", name, d.Degrees())
						}
					}
					if i > 0 {
						slews += max((g.Axes.Z - got[i-1].Axes.Z).WrapSigned().Abs(), (g.Axes.A - got[i-1].Axes.A).Abs())
						if kind == "german" && g.Side != got[i-1].Side && sides[0] > 0 && sides[1] > 0 && min(sides[0], sides[1]) > 1 {
							t.Errorf("%s: the mount flips twice", name)
						}
					}
				}
				if kind == "german" && n > 1 && max(sides[0], sides[1])-min(sides[0], sides[1]) > 1 {
					t.Errorf("%s: %v targets on the sides", name, sides)
				}
				if n >= 6 && highest-lowest < model.Degrees(28) {
					t.Errorf("%s: altitudes from %v to %v only", name, lowest, highest)
				}
				if n == 12 && slews > model.Degrees(600) {
					t.Errorf("%s: the axes turn by %v", name, slews)
				}
			}
		}
	}
}

// What is proposed determines the terms, and new targets stay off old ones.
func TestProposalsAreGood(t *testing.T) {
	for _, kind := range kinds {
		m := upright(kind, 0.8)
		setup := m.setup(guessedAir())
		var obs []fit.Observation
		for i, hd := range m.stars(t, 6) {
			obs = append(obs, m.observe(nil, fmt.Sprint(i), hd, 5))
		}
		res := run(t, obs, fit.Options{Setup: setup, Free: []fit.Term{fit.Attitude, fit.Z1, fit.Z2, fit.Z3}})
		if res.Condition > 60 {
			t.Errorf("%s: condition %.0f from six stars", kind, res.Condition)
		}
		more, err := fit.Propose(fit.Plan{Count: 6, Setup: setup, Done: obs, From: obs[5].Axes})
		if err != nil {
			t.Fatal(err)
		}
		for _, g := range more {
			for _, o := range obs {
				if d := g.Place.Separation(o.HourDec()); d < model.Degrees(12) {
					t.Errorf("%s: a new target is %.1f° from an old one", kind, d.Degrees())
				}
			}
		}
	}
}

func TestProposalsFromACatalogue(t *testing.T) {
	m := upright("altaz", 0.8)
	var stars []fit.Candidate
	for i := range 60 {
		stars = append(stars, fit.Candidate{
			Name:  fmt.Sprint("HR ", i),
			Place: model.Equatorial{RA: model.Degrees(float64(i * 37 % 360)), Dec: model.Degrees(float64(i*29%150) - 60)},
		})
	}
	plan := fit.Plan{Count: 5, Setup: m.setup(guessedAir()), Stars: stars, LST: 2}
	got, err := fit.Propose(plan)
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range got {
		i := slices.IndexFunc(stars, func(c fit.Candidate) bool { return c.Name == g.Name })
		if i < 0 || stars[i].Place.HourDec(2).Separation(g.Place) > 1e-12 {
			t.Errorf("%q is not in the catalogue", g.Name)
		}
	}
	plan.Count = 100
	if _, err := fit.Propose(plan); !errors.Is(err, fault.Invalid) {
		t.Errorf("100 of 60 stars: %v", err)
	}
	plan.Count = 0
	if _, err := fit.Propose(plan); !errors.Is(err, fault.Invalid) {
		t.Errorf("no star: %v", err)
	}
}

// Going to the nearest star each time would turn this mount by 134°.
func TestShortWay(t *testing.T) {
	m := upright("fork", 0.6)
	plan := fit.Plan{Count: 4, Setup: m.setup(guessedAir())}
	for _, ha := range []float64{10, -12, 34, -40} {
		plan.Stars = append(plan.Stars, fit.Candidate{Place: model.HourDec{HA: model.Degrees(ha)}.Equatorial(0)})
	}
	got, err := fit.Propose(plan)
	if err != nil {
		t.Fatal(err)
	}
	at, sum := model.Angle(0), model.Angle(0)
	for _, g := range got {
		sum += (g.Axes.Z - at).Abs()
		at = g.Axes.Z
	}
	if sum > model.Degrees(115) {
		t.Errorf("the mount turns by %v", sum)
	}
}

func TestShapes(t *testing.T) {
	if got := fit.TwoStar.Places(0); len(got) != 2 || got[0] != (model.Horizontal{Az: model.Degrees(200), Alt: model.Degrees(30)}) {
		t.Errorf("two stars: %v", got)
	}
	column := fit.Column.Places(model.Degrees(30))
	if len(column) != 3 || column[2].Alt != model.Degrees(70) || column[0].Az != model.Degrees(180) {
		t.Errorf("column above 30°: %v", column)
	}
	if ring := fit.Ring.Places(0); len(ring) != 72 || ring[1].Az != model.Degrees(5) || ring[71].Alt != model.Degrees(45) {
		t.Errorf("ring of %d", len(ring))
	}
	grid := fit.Grid.Places(0)
	for i, h := range grid {
		nearest := model.HalfTurn
		for j, other := range grid {
			if i != j {
				nearest = min(nearest, h.Separation(other))
			}
		}
		if nearest < model.Degrees(24) || nearest > model.Degrees(36) {
			t.Errorf("%v is %.1f° from its neighbour, not about 30", h, nearest.Degrees())
		}
	}
}
