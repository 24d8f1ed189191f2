// SPDX-License-Identifier: GPL-3.0-or-later

package action

import (
	"context"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/fit"
)

type driftParams struct {
	Step  string   `json:"step" oneof:"start,mark,solve,clear,status" doc:"start: the star in the middle is watched from now on; mark: it has wandered as north_arcsec says; solve: tell the error of the axis"`
	North *float64 `json:"north_arcsec" range:"-7200..7200" doc:"for mark: how far the star has wandered north in the field"`
	Sigma *float64 `json:"sigma_arcsec" range:"0.01..600" doc:"how well that is known; 2 without it"`
}

type polarDrift struct {
	Watching  bool         `json:"watching" doc:"whether a star is being watched"`
	Minutes   float64      `json:"minutes" doc:"for how long"`
	Drifts    []driftEntry `json:"drifts" doc:"what was measured: hour angles from and to, arcseconds north"`
	Known     bool         `json:"known" doc:"whether the drifts tell the error"`
	Elevation float64      `json:"elevation_arcmin" doc:"by how much the northern end of the axis is too high"`
	Azimuth   float64      `json:"azimuth_arcmin" doc:"by how much the northern end of the axis is too far east, about the vertical"`
	Total     float64      `json:"total_arcmin" doc:"how far the axis points from the celestial pole"`
	SigmaEl   float64      `json:"sigma_elevation_arcmin" doc:"standard deviation of elevation_arcmin"`
	SigmaAz   float64      `json:"sigma_azimuth_arcmin" doc:"standard deviation of azimuth_arcmin"`
	RMSArcsec float64      `json:"rms_arcsec" doc:"by how much the drifts differ from those of this error"`
}

type driftEntry struct {
	From  float64 `json:"from_ha_h" doc:"hour angle at the start"`
	To    float64 `json:"to_ha_h" doc:"hour angle at the mark"`
	North float64 `json:"north_arcsec" doc:"how far the star wandered north"`
}

func (t telescope) drift(ctx context.Context, p driftParams) (polarDrift, error) {
	var err error
	switch p.Step {
	case "start":
		err = t.mount.DriftStart(ctx)
	case "mark":
		if p.North == nil {
			return polarDrift{}, fault.New(fault.Invalid, "Align:Drift", "mark needs north_arcsec")
		}
		err = t.mount.DriftMark(ctx, model.Arcsec(*p.North), model.Arcsec(orZero(p.Sigma)))
	case "clear":
		err = t.mount.DriftEnd(ctx)
	}
	if err != nil {
		return polarDrift{}, err
	}
	s := t.mount.Snapshot()
	d, lat := s.Drift, s.Config.Site.Latitude()
	out := polarDrift{Watching: d.Watching, Drifts: []driftEntry{}}
	if d.Watching {
		out.Minutes = s.UTC.Sub(d.Since).Minutes()
	}
	for _, m := range d.Drifts {
		out.Drifts = append(out.Drifts, driftEntry{m.From.WrapSigned().Hours(), m.To.WrapSigned().Hours(), m.North.Arcsec()})
	}
	r, err := fit.DriftError(d.Drifts, lat)
	if err != nil {
		if p.Step == "solve" {
			return polarDrift{}, err
		}
		return out, nil
	}
	out.Known, out.Total, out.RMSArcsec = true, r.Total(lat).Arcmin(), r.RMS.Arcsec()
	out.Elevation, out.Azimuth = r.Elevation.Arcmin(), r.Azimuth.Arcmin()
	out.SigmaEl, out.SigmaAz = r.SigmaElevation.Arcmin(), r.SigmaAzimuth.Arcmin()
	return out, nil
}
