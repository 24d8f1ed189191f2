// SPDX-License-Identifier: GPL-3.0-or-later

package mount

import (
	"math"
	"slices"
	"time"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/align"
	"github.com/siderostep/siderostep/model/fit"
	"github.com/siderostep/siderostep/model/pointing"
)

// Alignment is the pointing model in force, the stars it was made of, and the
// models before it. It is immutable, and replaced whole.
type Alignment struct {
	Book     align.Book      `json:"book"`
	Models   fit.Document    `json:"models"`
	Settings pointing.Errors `json:"settings"` // Z1, Z2, Z3 of the configuration when the model was made
	Place    Place           `json:"place"`    // where it was made

	// Learned is the fit of an earlier alignment, from which the mount's own
	// faults are known: with them a few stars go a long way.
	Learned *fit.Record `json:"learned,omitempty"`
}

// Place is where an alignment was made, which gives it its meaning.
type Place struct {
	LatitudeDeg  float64 `json:"latitude_deg"`
	LongitudeDeg float64 `json:"longitude_deg"`
}

// Place returns where the site is.
func (s Site) Place() Place { return Place{s.LatitudeDeg, s.LongitudeDeg} }

// sameSite is by how many degrees two places may differ that are one: what
// clients say of the site is cut to arc minutes.
const sameSite = 0.02

// Near reports whether an alignment made at p holds at q.
func (p Place) Near(q Place) bool {
	east := math.Remainder(p.LongitudeDeg-q.LongitudeDeg, 360)
	return math.Abs(p.LatitudeDeg-q.LatitudeDeg) < sameSite && math.Abs(east) < sameSite
}

// Parts returns the parts of the model in force.
func (a *Alignment) Parts() fit.Parts { return a.Models.Current.Parts }

// OnStars reports whether the model comes from stars, and not from a preset.
func (a *Alignment) OnStars() bool { return a.Book.Count()+len(a.Book.Points) > 0 }

// Check reports, as fault.Invalid, an alignment that the mount cannot have
// made, as one from a damaged file.
func (a *Alignment) Check() error {
	if err := a.Book.Check(); err != nil {
		return err
	}
	if a.Learned != nil {
		if err := a.Learned.Parts.Check(); err != nil {
			return err
		}
	}
	return a.Models.Check()
}

// Preset returns the alignment of a mount that stands as its geometry and
// settings say, before any star.
func Preset(cfg Config, at time.Time) (*Alignment, error) {
	return new(Alignment).Solved(cfg, align.Book{}, fit.Rotation, at, "preset")
}

// setup is what fits need to know of the mount.
func (c *Config) setup() (fit.Setup, error) {
	g, err := pointing.ParseGeometry(c.Mount.Geometry)
	return fit.SetupOf(g, c.Site.Latitude(), c.Site.Air()), err
}

// zeroUnknown is by how much two stars may disagree where nothing was said of
// how the mount stands: its tube was put up by eye.
var zeroUnknown = model.Degrees(15)

// driveError is by how much an axis may be beside what its motor's count
// says: gears and rounding to microsteps.
var driveError = model.Arcsec(2)

// solve makes the model of a book, terms known from a as they are in force.
func (a *Alignment) solve(cfg Config, b align.Book, mode fit.Mode) (fit.Result, error) {
	setup, err := cfg.setup()
	if err != nil {
		return fit.Result{}, err
	}
	o := fit.Options{Setup: setup, Mode: mode, Floor: driveError, Tables: true}
	o.Criteria.Disagreement = model.Degrees(cfg.Alignment.MaxDisagreementDeg)
	if b.Start == align.None {
		o.Criteria.Disagreement = zeroUnknown
	}
	settings := a.Models.Current.Revision > 0 && a.Settings == cfg.Mount.Errors()
	holds := mode == fit.Taki || mode == fit.Rotation
	known := fit.PartsOf(pointing.New(setup.Nominal, cfg.Mount.Errors(), model.Axes{}), setup)
	switch {
	case settings && holds:
		known = a.Parts().WithoutTables()
	case settings && a.Learned != nil:
		known = a.Learned.Parts.WithoutTables()
		o.Priors = a.Learned.Priors(mayChange, zeroUnknown)
	}
	o.Known = &known
	return b.Solve(o)
}

// mayChange is by how much the mount's own faults may have changed since they
// were learned.
var mayChange = model.Arcmin(1)

// learned returns what a fit is to know of the mount's faults when its stars
// are put away: the model in force, if it was fitted.
func (a *Alignment) learned() *fit.Record {
	if r := a.Models.Current; len(r.Sigmas) > 0 {
		return &r
	}
	return a.Learned
}

// Solved returns a with another book and the model made of it.
func (a *Alignment) Solved(cfg Config, b align.Book, mode fit.Mode, at time.Time, note string) (*Alignment, error) {
	r, err := a.solve(cfg, b, mode)
	if err != nil {
		return nil, err
	}
	return a.with(cfg, b, fit.RecordOf(r, at, note))
}

// with returns a with another book and model.
func (a *Alignment) with(cfg Config, b align.Book, r fit.Record) (*Alignment, error) {
	models, err := a.Models.Accept(r)
	if err != nil {
		return nil, err
	}
	return &Alignment{Book: b, Models: models, Settings: cfg.Mount.Errors(), Place: cfg.Site.Place(), Learned: a.Learned}, nil
}

// indexed returns a with other zero points: a sync is no new revision.
func (a *Alignment) indexed(index model.Axes) *Alignment {
	b := *a
	b.Models.Current.Parts.Index = index
	return &b
}

// reconfigured returns the alignment for a configuration: the same where
// neither the site nor Z1, Z2 or Z3 are others. A preset follows them; a model
// of stars stays as it is, but for settings that changed and that it has not
// found itself.
func (a *Alignment) reconfigured(cfg Config, at time.Time) (*Alignment, error) {
	errs := cfg.Mount.Errors()
	if a.Settings == errs && a.Place == cfg.Site.Place() {
		return a, nil
	}
	known := *a
	known.Settings = errs
	known.Models.Current.Parts.Errors = a.resettled(errs)
	if !a.OnStars() && a.Models.Current.Stars == 0 {
		r, err := known.solve(cfg, a.Book, fit.Rotation)
		if err != nil {
			return nil, err
		}
		b, err := a.with(cfg, a.Book, fit.RecordOf(r, at, "settings"))
		if err != nil {
			return nil, err
		}
		return b.indexed(a.Parts().Index), nil
	}
	if a.Settings == errs {
		return a, nil
	}
	b, err := a.with(cfg, a.Book, fit.Record{Accepted: at, Note: "settings", Parts: known.Parts(), Stars: a.Models.Current.Stars, Sigmas: a.Models.Current.Sigmas})
	if err != nil {
		return nil, err
	}
	b.Place = a.Place
	return b, nil
}

// resettled returns the errors of a's model after the settings have become
// errs: those that changed, unless the model has found them by itself.
func (a *Alignment) resettled(errs pointing.Errors) pointing.Errors {
	next, records := a.Parts().Errors, []fit.Record{a.Models.Current}
	if a.Learned != nil {
		records = append(records, *a.Learned)
	}
	take := func(to *model.Angle, was, is model.Angle, terms ...fit.Term) {
		for _, r := range records {
			if slices.ContainsFunc(r.Sigmas, func(c fit.Coefficient) bool { return slices.Contains(terms, c.Term) }) {
				return
			}
		}
		if was != is {
			*to = is
		}
	}
	take(&next.Z1, a.Settings.Z1, errs.Z1, fit.Z1, fit.NP, fit.NPAE)
	take(&next.Z2, a.Settings.Z2, errs.Z2, fit.Z2, fit.CH, fit.CA)
	take(&next.Z3, a.Settings.Z3, errs.Z3, fit.Z3)
	return next
}

// align puts an alignment in force. The tube does not move; what it points at
// has another name.
func (s *state) align(now driver.Instant, a *Alignment) error {
	m, err := a.Parts().Build()
	if err != nil {
		return err
	}
	s.put(now, a, s.heaven.chain.WithModel(m))
	s.log.Info("pointing model", "revision", a.Models.Current.Revision, "note", a.Models.Current.Note,
		"stars", a.Models.Current.Stars, "rms_arcsec", a.Models.Current.RMS.Arcsec())
	if err := s.oriented("tracking"); err != nil && s.tracking {
		s.stopTracking(now, err)
	}
	return nil
}

// put puts an alignment in force, of which chain is made.
func (s *state) put(now driver.Instant, a *Alignment, chain pointing.Chain) {
	at, before := s.change(now)
	old := s.heaven.chain
	s.alignment, s.heaven.chain = a, chain
	s.rename(now, at, before, old)
}

// oriented refuses what needs to know the sky, when the observer has said that
// nothing is known.
func (s *state) oriented(op string) error {
	if s.alignment.Book.Start == align.None && !s.alignment.OnStars() {
		return fault.New(fault.Refused, op, "the alignment was started with none: give a star to Align:Init first, or start it otherwise")
	}
	return nil
}

// sighting returns the star at place as an entry of the book, seen now.
func (s *state) sighting(now driver.Instant, place model.Equatorial, reason string) (align.Entry, error) {
	if !place.RA.IsFinite() || !place.Dec.IsFinite() || place.Dec.Abs() > model.Quarter {
		return align.Entry{}, fault.New(fault.Invalid, "align", "%v is not a place on the sky", place)
	}
	e := align.Entry{UTC: s.heaven.utc(now), Reason: reason}
	e.Place, e.LST, e.Axes = place, s.heaven.lst(now), s.axes
	return e, nil
}
