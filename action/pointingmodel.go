// SPDX-License-Identifier: GPL-3.0-or-later

package action

import (
	"context"
	"math"
	"time"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/align"
	"github.com/siderostep/siderostep/model/fit"
	"github.com/siderostep/siderostep/model/pointing"
	"github.com/siderostep/siderostep/mount"
)

func (t telescope) models() []Action {
	return []Action{
		New("Model:Get", "Tells the pointing model in force.", t.getModel),
		New("Model:Set", "Sets Z1, Z2, Z3 or switches tables off. What is left out stays.", t.setModel),
		New("Model:Fit", "Fits a model to all stars, and tells how good it is.", t.fitModel),
		New("Model:BuildCurve", "Makes a correction table of what the model leaves of the stars. Those that come after it in the order of correction are cleared.", t.buildCurve),
		New("Model:AppendResiduals", "Makes the map of residuals (PMC) of what the model leaves of the stars.", t.buildMap),
		New("Model:Restore", "Puts an earlier model in force again.", t.restore),
		New("Model:Export", "Tells a correction table or the map in the form of the original's files.", t.export),
		New("Model:Import", "Reads a correction table or the map from the form of the original's files.", t.importTable),
	}
}

// setupOf returns what fits need to know of the mount.
func setupOf(s *mount.Snapshot) (fit.Setup, error) {
	g, err := pointing.ParseGeometry(s.Config.Mount.Geometry)
	return fit.SetupOf(g, s.Config.Site.Latitude(), s.Config.Site.Air()), err
}

// entriesOf returns the stars with their distances from the model.
func entriesOf(s *mount.Snapshot) ([]starEntry, error) {
	entries := s.Alignment.Book.Entries()
	setup, err := setupOf(s)
	if err != nil {
		return nil, err
	}
	misses, err := fit.Misses(s.Alignment.Parts(), observations(entries), setup)
	if err != nil {
		return nil, err
	}
	out := make([]starEntry, len(entries))
	for i, e := range entries {
		out[i] = starEntry{
			Name: e.Name, UTC: e.UTC, Reason: e.Reason, RA: e.Place.RA.Wrap().Hours(), Dec: e.Place.Dec.Degrees(),
			ZDeg: e.Axes.Z.Degrees(), ADeg: e.Axes.A.Degrees(), LST: e.LST.Wrap().Hours(),
			OffArcsec: misses[i].Distance.Arcsec(), OffZ: misses[i].Z.Arcsec(), OffA: misses[i].A.Arcsec(),
		}
		if i < s.Alignment.Book.Count() {
			out[i].Init = i + 1
		}
	}
	return out, nil
}

func observations(entries []align.Entry) []fit.Observation {
	obs := make([]fit.Observation, len(entries))
	for i, e := range entries {
		obs[i] = e.Observation
	}
	return obs
}

type modelAnswer struct {
	Revision int            `json:"revision" doc:"of the model"`
	Note     string         `json:"note" doc:"how it came about"`
	Accepted time.Time      `json:"accepted" doc:"when it came into force"`
	Z1Deg    float64        `json:"z1_deg" doc:"axes not perpendicular"`
	Z2Deg    float64        `json:"z2_deg" doc:"collimation"`
	Z3Deg    float64        `json:"z3_deg" doc:"zero point of the altitude axis"`
	Terms    []termValue    `json:"terms" doc:"further terms"`
	AltAz    bool           `json:"alt_vs_az" doc:"whether there is a table of altitude against azimuth (ALTAZEC)"`
	AltAlt   bool           `json:"alt_vs_alt" doc:"whether there is a table of altitude against altitude (ALTALTEC)"`
	AzAz     bool           `json:"az_vs_az" doc:"whether there is a table of azimuth against azimuth (AZAZEC)"`
	PMC      bool           `json:"pmc" doc:"whether there is a map of residuals"`
	Stars    int            `json:"stars" doc:"of which it was made"`
	RMS      float64        `json:"rms_arcsec" doc:"root mean square of their distances from it"`
	Earlier  []modelSummary `json:"earlier" doc:"models that can be restored, the latest first"`
}

type termValue struct {
	Term        string  `json:"term" doc:"name"`
	ValueArcsec float64 `json:"value_arcsec" doc:"size"`
	SigmaArcsec float64 `json:"sigma_arcsec" doc:"standard deviation; 0 if it was not fitted"`
	Why         string  `json:"why,omitempty" doc:"why it was not fitted"`
}

type modelSummary struct {
	Revision  int       `json:"revision" doc:"its number"`
	Note      string    `json:"note" doc:"how it came about"`
	Accepted  time.Time `json:"accepted" doc:"when it came into force"`
	Stars     int       `json:"stars" doc:"of which it was made"`
	RMSArcsec float64   `json:"rms_arcsec" doc:"how well they agreed"`
}

func (t telescope) getModel(context.Context, None) (modelAnswer, error) {
	a := t.mount.Snapshot().Alignment
	r, p := a.Models.Current, a.Parts()
	out := modelAnswer{
		Revision: r.Revision, Note: r.Note, Accepted: r.Accepted, Stars: r.Stars, RMS: r.RMS.Arcsec(),
		Z1Deg: p.Errors.Z1.Degrees(), Z2Deg: p.Errors.Z2.Degrees(), Z3Deg: p.Errors.Z3.Degrees(),
		Terms: []termValue{}, Earlier: []modelSummary{},
		AltAz: p.AltAz != nil, AltAlt: p.AltAlt != nil, AzAz: p.AzAz != nil, PMC: p.Map != nil,
	}
	for _, c := range p.Linear {
		out.Terms = append(out.Terms, termValue{Term: string(c.Term), ValueArcsec: c.Value.Arcsec()})
	}
	for _, e := range a.Models.Previous {
		out.Earlier = append(out.Earlier, modelSummary{e.Revision, e.Note, e.Accepted, e.Stars, e.RMS.Arcsec()})
	}
	return out, nil
}

type setParams struct {
	Z1     *float64 `json:"z1_deg" range:"-10..10" doc:"axes not perpendicular"`
	Z2     *float64 `json:"z2_deg" range:"-10..10" doc:"collimation"`
	Z3     *float64 `json:"z3_deg" range:"-45..45" doc:"zero point of the altitude axis"`
	AltAz  *bool    `json:"alt_vs_az" doc:"false takes the table away"`
	AltAlt *bool    `json:"alt_vs_alt" doc:"false takes the table away"`
	AzAz   *bool    `json:"az_vs_az" doc:"false takes the table away"`
	PMC    *bool    `json:"pmc" doc:"false takes the map away"`
}

func (t telescope) setModel(ctx context.Context, p setParams) (modelAnswer, error) {
	err := t.mount.UseModel(ctx, "set by hand", func(parts fit.Parts, _ align.Book, _ fit.Setup) (fit.Parts, error) {
		for _, z := range []struct {
			to   *model.Angle
			from *float64
		}{{&parts.Errors.Z1, p.Z1}, {&parts.Errors.Z2, p.Z2}, {&parts.Errors.Z3, p.Z3}} {
			if z.from != nil {
				*z.to = model.Degrees(*z.from)
			}
		}
		drop := func(b *bool, had bool) (bool, error) {
			if b != nil && *b && !had {
				return false, fault.New(fault.Refused, "Model:Set", "there is no such table: make it with Model:BuildCurve or Model:AppendResiduals")
			}
			return b != nil && !*b, nil
		}
		for _, table := range []struct {
			to   **fit.Table
			want *bool
		}{{&parts.AltAz, p.AltAz}, {&parts.AltAlt, p.AltAlt}, {&parts.AzAz, p.AzAz}} {
			away, err := drop(table.want, *table.to != nil)
			if err != nil {
				return parts, err
			}
			if away {
				*table.to = nil
			}
		}
		away, err := drop(p.PMC, parts.Map != nil)
		if away {
			parts.Map = nil
		}
		return parts, err
	})
	if err != nil {
		return modelAnswer{}, err
	}
	return t.getModel(ctx, None{})
}

type fitParams struct {
	Mode  *string `json:"mode" oneof:"auto,taki,rotation,fit" doc:"as alignment.mode in the configuration; fit without it"`
	Apply bool    `json:"apply" doc:"whether to put it in force"`
}

type fitAnswer struct {
	Mode        string      `json:"mode" doc:"the one used"`
	Terms       []termValue `json:"terms" doc:"what was fitted, and what was not and why"`
	Stars       []starEntry `json:"stars" doc:"each star, with its distance from this model"`
	Rejected    []string    `json:"rejected" doc:"stars left out, and why"`
	Used        int         `json:"used" doc:"stars that took part"`
	RMSArcsec   float64     `json:"rms_arcsec" doc:"root mean square of the distances"`
	LeaveOneOut float64     `json:"leave_one_out_arcsec" doc:"the same, each star judged by a model made without it; 0 if some star is indispensable"`
	MaxArcsec   float64     `json:"max_arcsec" doc:"the largest distance"`
	Freedom     int         `json:"degrees_of_freedom" doc:"measurements less parameters"`
	Condition   float64     `json:"condition" doc:"1 is best; beyond 1000 terms cannot be told apart"`
	Verdicts    []string    `json:"verdicts" doc:"what there is to say about it"`
}

func (t telescope) fitModel(ctx context.Context, p fitParams) (fitAnswer, error) {
	mode := fit.Full
	if p.Mode != nil {
		var err error
		if mode, err = fit.ParseMode(*p.Mode); err != nil {
			return fitAnswer{}, err
		}
	}
	if n := len(t.mount.Snapshot().Alignment.Book.Entries()); n == 0 {
		return fitAnswer{}, fault.New(fault.Refused, "Model:Fit", "there are no stars: centre some, and give each to Align:Init or Analysis:Add")
	}
	r, err := t.mount.FitModel(ctx, mode, p.Apply)
	if err != nil {
		return fitAnswer{}, err
	}
	s := t.mount.Snapshot()
	entries, err := entriesOf(s)
	if err != nil {
		return fitAnswer{}, err
	}
	out := fitAnswer{
		Mode: r.Mode.String(), Terms: []termValue{}, Stars: entries, Rejected: []string{}, Verdicts: []string{}, Used: r.Used,
		RMSArcsec: r.RMS.Arcsec(), LeaveOneOut: finite(r.LeaveOut), MaxArcsec: r.Max.Arcsec(), Freedom: r.DoF,
		Condition: math.Min(r.Condition, math.MaxFloat64),
	}
	for _, e := range r.Terms {
		out.Terms = append(out.Terms, termValue{string(e.Term), e.Value.Arcsec(), finite(e.Sigma), e.Why})
	}
	for i, q := range r.Residuals {
		if i < len(out.Stars) {
			out.Stars[i].OffArcsec, out.Stars[i].OffZ, out.Stars[i].OffA = q.Distance.Arcsec(), q.Z.Arcsec(), q.A.Arcsec()
		}
		if q.Rejected {
			out.Rejected = append(out.Rejected, q.Name+": "+q.Why)
		}
	}
	for _, v := range r.Verdicts {
		out.Verdicts = append(out.Verdicts, v.Level.String()+": "+v.Text)
	}
	return out, nil
}

// finite returns arcseconds, 0 for what is unknown.
func finite(a model.Angle) float64 {
	if !a.IsFinite() {
		return 0
	}
	return a.Arcsec()
}

type curveParams struct {
	Curve string `json:"curve" oneof:"alt_vs_az,alt_vs_alt,az_vs_az" doc:"of which error against which axis"`
}

// curves are the tables by name; see fit.Curve.
var curves = map[string]fit.Curve{"alt_vs_az": fit.AltAz, "alt_vs_alt": fit.AltAlt, "az_vs_az": fit.AzAz}

func (t telescope) buildCurve(ctx context.Context, p curveParams) (modelAnswer, error) {
	err := t.mount.UseModel(ctx, p.Curve+" table", func(parts fit.Parts, b align.Book, s fit.Setup) (fit.Parts, error) {
		return fit.BuildCurve(parts, curves[p.Curve], observations(b.Entries()), s)
	})
	if err != nil {
		return modelAnswer{}, err
	}
	return t.getModel(ctx, None{})
}

func (t telescope) buildMap(ctx context.Context, _ None) (modelAnswer, error) {
	err := t.mount.UseModel(ctx, "residual map", func(parts fit.Parts, b align.Book, s fit.Setup) (fit.Parts, error) {
		return fit.BuildMap(parts, observations(b.Entries()), s)
	})
	if err != nil {
		return modelAnswer{}, err
	}
	return t.getModel(ctx, None{})
}

type restoreParams struct {
	Revision *int `json:"revision" range:"0..1000000" doc:"which; without it the one before"`
}

func (t telescope) restore(ctx context.Context, p restoreParams) (modelAnswer, error) {
	if err := t.mount.RestoreModel(ctx, orZero(p.Revision)); err != nil {
		return modelAnswer{}, err
	}
	return t.getModel(ctx, None{})
}

type fileName struct {
	File string `json:"file" oneof:"altazec,altaltec,azazec,pmc,analysis" doc:"which of the original's files"`
}

type fileText struct {
	Text string `json:"text" doc:"its lines"`
}

func (t telescope) export(_ context.Context, p fileName) (fileText, error) {
	s := t.mount.Snapshot()
	parts := s.Alignment.Parts()
	var table *fit.Table
	switch p.File {
	case "altazec":
		table = parts.AltAz
	case "altaltec":
		table = parts.AltAlt
	case "azazec":
		table = parts.AzAz
	case "pmc":
		if parts.Map != nil {
			return fileText{string(fit.FormatMap(parts.Map))}, nil
		}
	default:
		setup, err := setupOf(s)
		if err != nil {
			return fileText{}, err
		}
		obs := observations(s.Alignment.Book.Entries())
		misses, err := fit.Misses(parts, obs, setup)
		if err != nil {
			return fileText{}, err
		}
		return fileText{string(fit.FormatAnalysis(obs, misses))}, nil
	}
	if table == nil {
		return fileText{}, fault.New(fault.Refused, "Model:Export", "the model in force has no %s", p.File)
	}
	return fileText{string(fit.FormatTable(table))}, nil
}

type importParams struct {
	File string `json:"file" oneof:"altazec,altaltec,azazec,pmc" doc:"which of the original's files"`
	Text string `json:"text" doc:"its lines"`
}

func (t telescope) importTable(ctx context.Context, p importParams) (modelAnswer, error) {
	err := t.mount.UseModel(ctx, p.File+" imported", func(parts fit.Parts, _ align.Book, _ fit.Setup) (fit.Parts, error) {
		if p.File == "pmc" {
			m, err := fit.ParseMap(p.File, []byte(p.Text))
			parts.Map = m
			return parts, err
		}
		c := map[string]fit.Curve{"altazec": fit.AltAz, "altaltec": fit.AltAlt, "azazec": fit.AzAz}[p.File]
		table, err := fit.ParseTable(p.File, []byte(p.Text), c)
		switch c {
		case fit.AltAz:
			parts.AltAz = table
		case fit.AltAlt:
			parts.AltAlt = table
		case fit.AzAz:
			parts.AzAz = table
		}
		return parts, err
	})
	if err != nil {
		return modelAnswer{}, err
	}
	return t.getModel(ctx, None{})
}
