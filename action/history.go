// SPDX-License-Identifier: GPL-3.0-or-later

package action

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/fit"
	"github.com/siderostep/siderostep/mount"
)

type historyEvent struct {
	UTC    time.Time `json:"utc" doc:"when"`
	What   string    `json:"what" doc:"init 1 to 3, point, or model with its revision"`
	Reason string    `json:"reason" doc:"why"`
	Name   string    `json:"name,omitempty" doc:"of the star"`
	RA     *float64  `json:"ra_h,omitempty" doc:"of the star, of date"`
	Dec    *float64  `json:"dec_deg,omitempty" doc:"of the star, of date"`
	ZDeg   *float64  `json:"z_deg,omitempty" doc:"axis Z"`
	ADeg   *float64  `json:"a_deg,omitempty" doc:"axis A"`
	LST    *float64  `json:"lst_h,omitempty" doc:"local sidereal time"`
	RMS    *float64  `json:"rms_arcsec,omitempty" doc:"of the model's stars"`
}

type historyAnswer struct {
	Events []historyEvent `json:"events" doc:"utc, what (init 1 to 3, point, model), reason; of a star name, ra_h, dec_deg, z_deg, a_deg, lst_h; of a model rms_arcsec"`
}

func (t telescope) history(context.Context, None) (historyAnswer, error) {
	a := t.mount.Snapshot().Alignment
	out := historyAnswer{Events: []historyEvent{}}
	for i, e := range a.Book.Entries() {
		what := "point"
		if i < a.Book.Count() {
			what = fmt.Sprintf("init %d", i+1)
		}
		ra, dec, lst := e.Place.RA.Wrap().Hours(), e.Place.Dec.Degrees(), e.LST.Wrap().Hours()
		z, axisA := e.Axes.Z.Degrees(), e.Axes.A.Degrees()
		out.Events = append(out.Events, historyEvent{UTC: e.UTC, What: what, Reason: e.Reason, Name: e.Name, RA: &ra, Dec: &dec, ZDeg: &z, ADeg: &axisA, LST: &lst})
	}
	for _, r := range append(slices.Clip(a.Models.Previous), a.Models.Current) {
		rms := r.RMS.Arcsec()
		out.Events = append(out.Events, historyEvent{UTC: r.Accepted, What: fmt.Sprintf("model %d", r.Revision), Reason: r.Note, RMS: &rms})
	}
	slices.SortStableFunc(out.Events, func(x, y historyEvent) int { return x.UTC.Compare(y.UTC) })
	return out, nil
}

type importedText struct {
	Text string `json:"text" doc:"its lines: right ascension, declination, altitude, azimuth and sidereal time in degrees, of which altitude and azimuth are the axes'"`
}

func (t telescope) importPoints(ctx context.Context, p importedText) (pointsAnswer, error) {
	stars, err := fit.ParseAnalysis("analysis", []byte(p.Text))
	if err != nil {
		return pointsAnswer{}, err
	}
	if err := t.mount.ImportPoints(ctx, stars); err != nil {
		return pointsAnswer{}, err
	}
	return t.points(ctx, None{})
}

// placement returns how the sky of the stars lies to that of clock and site;
// ok is false where that tells nothing: with fewer than two stars, and for an
// equatorial mount, whose zero of axis Z may be anywhere.
func placement(s *mount.Snapshot) (p fit.Placement, ok bool) {
	setup, err := setupOf(s)
	if err != nil || setup.Equatorial || len(s.Alignment.Book.Entries()) < 2 {
		return p, false
	}
	return fit.PlacementOf(s.Alignment.Parts().Attitude, setup), true
}

// suspect is by how much no base leans that was put up with care.
var suspect = model.Degrees(3)

// hint says what a placement suggests; "" for nothing.
func hint(p fit.Placement, lat model.Angle) string {
	_, cos := lat.SinCos()
	switch ahead := p.Later.Hours(); {
	case p.Later.Mul(cos).Abs() > suspect:
		way := "ahead of"
		if ahead < 0 {
			way = "behind"
		}
		return fmt.Sprintf("the mount stands as if the clock were %.2f h %s the sky: check time, time zone and longitude, or level the base", math.Abs(ahead), way)
	case p.North.Abs() > suspect:
		return fmt.Sprintf("the mount stands as if it were at latitude %.2f°: check the latitude, or level the base", (lat + p.North).Degrees())
	}
	return ""
}
