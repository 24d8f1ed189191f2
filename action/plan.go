// SPDX-License-Identifier: GPL-3.0-or-later

package action

import (
	"context"

	"github.com/siderostep/siderostep/catalog"
	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/fit"
	"github.com/siderostep/siderostep/mount"
)

func (t telescope) plans() []Action {
	return []Action{
		New("Align:Suggest", "Proposes bright stars for the alignment, in an order of short slews: those that tell most about the mount beside the stars it has.", t.suggest),
		New("Analysis:Plan", "Lists the places of the manual's routines, to take a star at each.", t.plan),
	}
}

type suggestParams struct {
	Count   *int     `json:"count" range:"1..50" doc:"how many; without it 2"`
	Lowest  *float64 `json:"lowest_deg" range:"0..80" doc:"altitude; without it 20"`
	Highest *float64 `json:"highest_deg" range:"10..90" doc:"altitude; without it 78"`
	Faint   *float64 `json:"magnitude" range:"-2..6" doc:"the faintest to propose; without it 2.5"`
}

type suggestion struct {
	Name   string  `json:"name" doc:"of the star"`
	RA     float64 `json:"ra_h" doc:"right ascension of date, hours"`
	Dec    float64 `json:"dec_deg" doc:"declination of date"`
	AzDeg  float64 `json:"az_deg" doc:"azimuth now"`
	AltDeg float64 `json:"alt_deg" doc:"altitude now"`
}

type suggestAnswer struct {
	Stars []suggestion `json:"stars" doc:"in the order to take them"`
}

// brightStars returns the built-in stars as candidates at the snapshot's time.
func brightStars(s *mount.Snapshot, faintest float64) []fit.Candidate {
	var stars []fit.Candidate
	a := astrometry(s)
	for _, c := range catalog.BuiltIn() {
		if c.Name != catalog.BrightStars {
			continue
		}
		for _, e := range c.At(&a).Entries() {
			if e.HasMagnitude && e.Magnitude <= faintest {
				stars = append(stars, fit.Candidate{Name: e.Object.Name, Place: e.Place})
			}
		}
	}
	return stars
}

func (t telescope) suggest(_ context.Context, p suggestParams) (suggestAnswer, error) {
	s := t.mount.Snapshot()
	setup, err := setupOf(s)
	if err != nil {
		return suggestAnswer{}, err
	}
	count, faintest := 2, 2.5
	if p.Count != nil {
		count = *p.Count
	}
	if p.Faint != nil {
		faintest = *p.Faint
	}
	parts := s.Alignment.Parts()
	plan := fit.Plan{
		Count: count, Setup: setup, Known: &parts, From: s.Axes, Done: observations(s.Alignment.Book.Entries()),
		Limits: fit.Limits{Lowest: model.Degrees(orZero(p.Lowest)), Highest: model.Degrees(orZero(p.Highest))},
		Stars:  brightStars(s, faintest), LST: s.LST,
	}
	targets, err := fit.Propose(plan)
	if err != nil {
		return suggestAnswer{}, err
	}
	out := suggestAnswer{Stars: []suggestion{}}
	for _, target := range targets {
		e := target.Place.Equatorial(s.LST)
		out.Stars = append(out.Stars, suggestion{target.Name, e.RA.Wrap().Hours(), e.Dec.Degrees(), target.Sky.Az.Wrap().Degrees(), target.Sky.Alt.Degrees()})
	}
	return out, nil
}

type planParams struct {
	Shape string `json:"shape" oneof:"two_star,column,ring,grid" doc:"two_star: the set-up of a portable telescope, for Z3; column: one azimuth from low to high, for Z1 and Z2; ring: one altitude all round, for the tables; grid: 30° apart, for the map"`
}

type planPlace struct {
	AzDeg  float64 `json:"az_deg" doc:"azimuth"`
	AltDeg float64 `json:"alt_deg" doc:"altitude"`
	RA     float64 `json:"ra_h" doc:"right ascension of date there now, hours"`
	Dec    float64 `json:"dec_deg" doc:"declination of date there now"`
	Star   string  `json:"star" doc:"the nearest built-in bright star"`
	StarRA float64 `json:"star_ra_h" doc:"its right ascension of date, hours"`
	StarDe float64 `json:"star_dec_deg" doc:"its declination of date"`
}

type planAnswer struct {
	Places []planPlace `json:"places" doc:"in the order to take them"`
}

func (t telescope) plan(_ context.Context, p planParams) (planAnswer, error) {
	shape := map[string]fit.Shape{"two_star": fit.TwoStar, "column": fit.Column, "ring": fit.Ring, "grid": fit.Grid}[p.Shape]
	s := t.mount.Snapshot()
	stars := brightStars(s, 6)
	if len(stars) == 0 {
		return planAnswer{}, fault.New(fault.Hardware, "Analysis:Plan", "there are no built-in stars")
	}
	out := planAnswer{Places: []planPlace{}}
	for _, h := range shape.Places(model.Degrees(s.Config.Mount.HorizonDeg)) {
		e := h.HourDec(s.Config.Site.Latitude()).Equatorial(s.LST)
		nearest := stars[0]
		for _, star := range stars {
			if star.Place.Separation(e) < nearest.Place.Separation(e) {
				nearest = star
			}
		}
		out.Places = append(out.Places, planPlace{
			h.Az.Wrap().Degrees(), h.Alt.Degrees(), e.RA.Wrap().Hours(), e.Dec.Degrees(),
			nearest.Name, nearest.Place.RA.Wrap().Hours(), nearest.Place.Dec.Degrees(),
		})
	}
	return out, nil
}
