// SPDX-License-Identifier: GPL-3.0-or-later

package action

import (
	"context"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
)

func (t telescope) polarAlignment() []Action {
	return []Action{
		New("Align:Polar", "Leads through the alignment of a polar axis in five steps: two stars of the same sign of declination, three to six hours apart, are centred one after the other; "+
			"then the base is moved, not the telescope, until the second is in the middle again. It replaces the pointing model.", t.polar),
		New("Align:Drift", "Finds the error of a polar axis by the drift method: slew to a star near the meridian, start, wait some minutes, mark with how far it has wandered north in the field; the same with a star far in the east or west; then solve. The pointing model must have its pole at the sky's, as after Align:Start with preset.", t.drift),
	}
}

type polarParams struct {
	Step  string     `json:"step" oneof:"start,next,cancel,status" doc:"start needs the stars; next says that what was to be done is done"`
	Stars []starHere `json:"stars" doc:"the two stars, for start"`
}

type starHere struct {
	Name string   `json:"name"`
	RA   *float64 `json:"ra_h"`
	Dec  *float64 `json:"dec_deg"`
}

func (s starHere) place(op string) (model.Equatorial, error) {
	if s.RA == nil || s.Dec == nil || *s.RA < 0 || *s.RA > 24 || *s.Dec < -90 || *s.Dec > 90 {
		return model.Equatorial{}, fault.New(fault.Invalid, op, "a star has a name, ra_h in 0..24 and dec_deg in -90..90, both of date")
	}
	return model.Equatorial{RA: model.Hours(*s.RA), Dec: model.Degrees(*s.Dec)}, nil
}

type polarAnswer struct {
	Stage     int     `json:"stage" doc:"0 off, 1 and 2 centre the first and the second star, 3 move the base, 4 centre the first star again"`
	ToDo      string  `json:"to_do" doc:"the same in words"`
	Known     bool    `json:"known" doc:"whether the error has been measured"`
	Elevation float64 `json:"elevation_arcmin" doc:"by how much the northern end of the axis is too high"`
	Azimuth   float64 `json:"azimuth_arcmin" doc:"by how much the northern end of the axis is too far east, about the vertical"`
	Total     float64 `json:"total_arcmin" doc:"how far the axis points from the celestial pole"`
}

func (t telescope) polar(ctx context.Context, p polarParams) (polarAnswer, error) {
	const op = "Align:Polar"
	var err error
	switch p.Step {
	case "start":
		if len(p.Stars) != 2 {
			return polarAnswer{}, fault.New(fault.Invalid, op, "start needs two stars; there are %d", len(p.Stars))
		}
		var places [2]model.Equatorial
		for i, s := range p.Stars {
			if places[i], err = s.place(op); err != nil {
				return polarAnswer{}, err
			}
		}
		err = t.mount.PolarStart(ctx, places[0], places[1])
	case "next":
		err = t.mount.PolarNext(ctx)
	case "cancel":
		err = t.mount.PolarEnd(ctx)
	}
	if err != nil {
		return polarAnswer{}, err
	}
	s := t.mount.Snapshot()
	polar := s.Polar
	return polarAnswer{
		Stage: int(polar.Stage), ToDo: polar.Stage.String(), Known: polar.Known,
		Elevation: polar.Error.Elevation.Arcmin(), Azimuth: polar.Error.Azimuth.Arcmin(),
		Total: polar.Error.Total(s.Config.Site.Latitude()).Arcmin(),
	}, nil
}
