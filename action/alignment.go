// SPDX-License-Identifier: GPL-3.0-or-later

package action

import (
	"context"
	"time"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/align"
	"github.com/siderostep/siderostep/mount"
)

func (t telescope) alignment() []Action {
	return []Action{
		New("Align:Start", "Begins an alignment: forgets inits and points, and assumes how the mount stands until stars show it.", t.start),
		New("Align:Init", "Takes the star now in the middle of the field for one of the three inits.", t.init),
		New("Align:Undo", "Takes the latest init or point back.", t.undo),
		New("Align:Kill", "Forgets the inits. The points stay.", t.kill),
		New("Align:ClosestInit", "Makes those stars the inits that are nearest to where the telescope points: a model for this part of the sky.", t.closest),
		New("Align:AltitudeOffset", "Finds the zero point of the altitude axis (Z3) from the first two inits: best when they are 30° to 60° high, about equally so, and far apart in azimuth.", t.altitudeOffset),
		New("Align:History", "Lists the stars and models of the alignment in the order of their time, and why each came about.", t.history),
		New("Align:Status", "Tells how the mount is aligned: the inits, Z1 to Z3, and what they say of latitude, level and pole.", t.alignStatus),
		New("Analysis:Add", "Adds the star now in the middle of the field to the points of the model. A star that the model contradicts is refused and named.", t.addPoint),
		New("Analysis:List", "Lists inits and points, and how far each is from the model in force.", t.points),
		New("Analysis:Import", "Adds the stars of an analysis.dat of the original to the points, and makes the model anew. Model:Export writes one.", t.importPoints),
		New("Analysis:Purge", "Forgets the points. The inits stay.", t.purge),
	}
}

type startParams struct {
	Mode string `json:"mode" oneof:"preset,equatorial,altaz,altalt,none" doc:"preset: as mount.geometry says"`
}

func (t telescope) start(ctx context.Context, p startParams) (alignStatus, error) {
	if err := t.mount.BeginAlignment(ctx, align.Start(p.Mode)); err != nil {
		return alignStatus{}, err
	}
	return t.alignStatus(ctx, None{})
}

// place returns the place that is named, or the target's.
func (t telescope) place(op string, ra, dec *float64) (model.Equatorial, error) {
	switch {
	case ra != nil && dec != nil:
		return model.Equatorial{RA: model.Hours(*ra), Dec: model.Degrees(*dec)}, nil
	case ra != nil || dec != nil:
		return model.Equatorial{}, fault.New(fault.Invalid, op, "ra_h and dec_deg go together")
	}
	s := t.mount.Snapshot()
	if !s.HasTarget {
		return model.Equatorial{}, fault.New(fault.Refused, op, "there is no target: give ra_h and dec_deg")
	}
	return s.Target, nil
}

type initParams struct {
	N    *int     `json:"n" range:"1..3" doc:"which init; without it the next free one, or of three the nearest"`
	Name *string  `json:"name" doc:"of the star, for the record"`
	RA   *float64 `json:"ra_h" range:"0..24" doc:"right ascension of date in hours; without it the target's"`
	Dec  *float64 `json:"dec_deg" range:"-90..90" doc:"declination of date in degrees; without it the target's"`
}

type initAnswer struct {
	N         int     `json:"n" doc:"the init it became"`
	Inits     int     `json:"inits" doc:"how many there are"`
	RMSArcsec float64 `json:"rms_arcsec" doc:"root mean square of all stars' distances from the model"`
}

func orZero[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

func (t telescope) init(ctx context.Context, p initParams) (initAnswer, error) {
	at, err := t.place("Align:Init", p.RA, p.Dec)
	if err != nil {
		return initAnswer{}, err
	}
	n, err := t.mount.Initialise(ctx, orZero(p.N), orZero(p.Name), at)
	if err != nil {
		return initAnswer{}, err
	}
	a := t.mount.Snapshot().Alignment
	return initAnswer{N: n, Inits: a.Book.Count(), RMSArcsec: a.Models.Current.RMS.Arcsec()}, nil
}

func (t telescope) undo(ctx context.Context, _ None) (alignStatus, error) {
	if err := t.mount.UndoStar(ctx); err != nil {
		return alignStatus{}, err
	}
	return t.alignStatus(ctx, None{})
}

type confirm struct {
	Confirm bool `json:"confirm" doc:"true, or nothing is done"`
}

func (c confirm) check(op string) error {
	if !c.Confirm {
		return fault.New(fault.Refused, op, `nothing was done: this wants {"confirm": true}`)
	}
	return nil
}

func (t telescope) kill(ctx context.Context, p confirm) (alignStatus, error) {
	if err := p.check("Align:Kill"); err != nil {
		return alignStatus{}, err
	}
	if err := t.mount.KillInits(ctx); err != nil {
		return alignStatus{}, err
	}
	return t.alignStatus(ctx, None{})
}

func (t telescope) purge(ctx context.Context, p confirm) (alignStatus, error) {
	if err := p.check("Analysis:Purge"); err != nil {
		return alignStatus{}, err
	}
	if err := t.mount.PurgePoints(ctx); err != nil {
		return alignStatus{}, err
	}
	return t.alignStatus(ctx, None{})
}

func (t telescope) closest(ctx context.Context, _ None) (alignStatus, error) {
	if err := t.mount.ClosestInits(ctx); err != nil {
		return alignStatus{}, err
	}
	return t.alignStatus(ctx, None{})
}

type offsetParams struct {
	Apply bool `json:"apply" doc:"whether to put it in force"`
}

type offsetAnswer struct {
	OffsetDeg float64 `json:"offset_deg" doc:"Z3 that reconciles the two inits"`
	Gain      float64 `json:"gain" doc:"by how much an error of the stars' distance is multiplied in it: about 1 at best"`
}

func (t telescope) altitudeOffset(ctx context.Context, p offsetParams) (offsetAnswer, error) {
	z3, gain, err := t.mount.AltitudeOffset(ctx, p.Apply)
	return offsetAnswer{z3.Degrees(), gain}, err
}

type alignStatus struct {
	Start        string      `json:"start" doc:"how the mount was assumed to stand"`
	Inits        []starEntry `json:"inits" doc:"the stars of the inits"`
	Points       int         `json:"points" doc:"number of further points"`
	Revision     int         `json:"revision" doc:"of the model in force"`
	Note         string      `json:"note" doc:"how the model in force came about"`
	Trusted      bool        `json:"trusted" doc:"whether the position is known since the last star"`
	Z1Deg        float64     `json:"z1_deg" doc:"axes not perpendicular"`
	Z2Deg        float64     `json:"z2_deg" doc:"collimation"`
	Z3Deg        float64     `json:"z3_deg" doc:"zero point of the altitude axis"`
	PoleDec      float64     `json:"pole_dec_deg" doc:"declination to which the primary axis points; of a level alt-azimuth mount the latitude"`
	PoleHA       float64     `json:"pole_ha_h" doc:"hour angle to which the primary axis points"`
	TiltDeg      float64     `json:"tilt_deg" doc:"of the primary axis from where it should point: polar error of an equatorial mount, lean of another"`
	RMSArcsec    float64     `json:"rms_arcsec" doc:"root mean square of the stars' distances from the model"`
	LeaveOneOut  float64     `json:"leave_one_out_arcsec" doc:"the same, each star judged by a model made without it; 0 if unknown"`
	OffsetDeg    *float64    `json:"altitude_offset_deg" doc:"from the first two inits, when there are two that tell it"`
	ClockAhead   *float64    `json:"clock_ahead_h,omitempty" doc:"by how much the clock would have to be ahead, or the longitude too far east, for the mount to be level; absent with fewer than two stars, and for an equatorial mount"`
	ZenithNorth  *float64    `json:"zenith_north_deg,omitempty" doc:"how much farther north than the site's latitude the mount's zenith stands"`
	Hint         string      `json:"hint,omitempty" doc:"what these suggest, where they are more than a base leans"`
	LastAccepted time.Time   `json:"accepted" doc:"when the model came into force"`
}

type starEntry struct {
	Name      string    `json:"name" doc:"of the star"`
	Init      int       `json:"init" doc:"1 to 3, or 0 for a point"`
	UTC       time.Time `json:"utc" doc:"when it was noted"`
	Reason    string    `json:"reason" doc:"why"`
	RA        float64   `json:"ra_h" doc:"right ascension of date, hours"`
	Dec       float64   `json:"dec_deg" doc:"declination of date"`
	ZDeg      float64   `json:"z_deg" doc:"the primary axis"`
	ADeg      float64   `json:"a_deg" doc:"the secondary axis"`
	LST       float64   `json:"lst_h" doc:"local sidereal time, hours"`
	OffArcsec float64   `json:"off_arcsec" doc:"distance from the model in force"`
	OffZ      float64   `json:"off_z_arcsec" doc:"of it along the primary axis, on the sky: positive too far clockwise"`
	OffA      float64   `json:"off_a_arcsec" doc:"of it along the secondary axis: positive too high"`
}

func (t telescope) alignStatus(_ context.Context, _ None) (alignStatus, error) {
	s := t.mount.Snapshot()
	a := s.Alignment
	entries, err := entriesOf(s)
	if err != nil {
		return alignStatus{}, err
	}
	r := a.Models.Current
	lat := s.Config.Site.Latitude()
	pole := s.Model.Pole()
	e := a.Parts().Errors
	out := alignStatus{
		Start: string(a.Book.Start), Inits: entries[:a.Book.Count()], Points: len(a.Book.Points),
		Revision: r.Revision, Note: r.Note, Trusted: s.Trusted, LastAccepted: r.Accepted,
		Z1Deg: e.Z1.Degrees(), Z2Deg: e.Z2.Degrees(), Z3Deg: e.Z3.Degrees(),
		PoleDec: pole.Dec.Degrees(), PoleHA: pole.HA.Hours(),
		RMSArcsec: r.RMS.Arcsec(), LeaveOneOut: r.LeaveOut.Arcsec(),
	}
	if p, ok := placement(s); ok {
		later, north := p.Later.Hours(), p.North.Degrees()
		out.ClockAhead, out.ZenithNorth, out.Hint = &later, &north, hint(p, lat)
	}
	if equatorial(s) {
		out.TiltDeg = s.Model.PolarTilt(lat).Total.Degrees()
	} else {
		out.TiltDeg = s.Model.ZenithLean(lat).Total.Degrees()
	}
	if setup, err := setupOf(s); err == nil {
		if z3, _, err := a.Book.AltitudeOffset(setup); err == nil {
			deg := z3.Degrees()
			out.OffsetDeg = &deg
		}
	}
	return out, nil
}

type pointParams struct {
	Name  *string  `json:"name" doc:"of the star, for the record"`
	RA    *float64 `json:"ra_h" range:"0..24" doc:"right ascension of date in hours; without it the target's"`
	Dec   *float64 `json:"dec_deg" range:"-90..90" doc:"declination of date in degrees; without it the target's"`
	Sigma *float64 `json:"sigma_arcsec" range:"0.1..3600" doc:"how well it is centred; 30 by eye without it, 5 is usual for a solved plate"`
}

func (t telescope) addPoint(ctx context.Context, p pointParams) (pointsAnswer, error) {
	at, err := t.place("Analysis:Add", p.RA, p.Dec)
	if err != nil {
		return pointsAnswer{}, err
	}
	if err := t.mount.AddPoint(ctx, orZero(p.Name), at, model.Arcsec(orZero(p.Sigma))); err != nil {
		return pointsAnswer{}, err
	}
	return t.points(ctx, None{})
}

type pointsAnswer struct {
	Stars     []starEntry `json:"stars" doc:"inits first, then points, in their order"`
	RMSArcsec float64     `json:"rms_arcsec" doc:"root mean square of their distances from the model"`
}

func (t telescope) points(context.Context, None) (pointsAnswer, error) {
	s := t.mount.Snapshot()
	entries, err := entriesOf(s)
	return pointsAnswer{entries, s.Alignment.Models.Current.RMS.Arcsec()}, err
}

func equatorial(s *mount.Snapshot) bool {
	setup, err := setupOf(s)
	return err == nil && setup.Equatorial
}
