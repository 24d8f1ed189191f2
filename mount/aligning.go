// SPDX-License-Identifier: GPL-3.0-or-later

package mount

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/align"
	"github.com/siderostep/siderostep/model/fit"
	"github.com/siderostep/siderostep/model/pointing"
)

// desk is what is needed to work on an alignment beside the control loop,
// which a fit of many stars must not hold up.
type desk struct {
	config    Config
	alignment *Alignment
	here      align.Entry   // the star asked about
	at        model.HourDec // where the axes point
	utc       time.Time
}

// realign lets work make another alignment, and puts it in force unless the
// one it began with is no longer the mount's. place is a star in the middle of
// the field, or nil.
func (m *Mount) realign(ctx context.Context, op string, place *model.Equatorial, reason string, work func(desk) (*Alignment, error)) error {
	var d desk
	err := m.command(ctx, op, func(s *state, now driver.Instant) (err error) {
		if place != nil {
			if err := s.readyToSync(); err != nil {
				return err
			}
		}
		if s.activity != Idle {
			return fault.New(fault.Refused, op, "the mount is %s", s.activity)
		}
		d = desk{config: *s.config, alignment: s.alignment, at: s.heaven.chain.HourDec(s.axes), utc: s.heaven.utc(now)}
		if place != nil {
			d.here, err = s.sighting(now, *place, reason)
		}
		return err
	})
	if err != nil {
		return err
	}
	next, err := work(d)
	if err != nil {
		return err
	}
	return m.command(ctx, op, func(s *state, now driver.Instant) error {
		switch {
		case s.alignment != d.alignment:
			return fault.New(fault.Refused, op, "the alignment was changed by somebody else meanwhile; try again")
		case s.config.Site != d.config.Site || s.config.Mount.Errors() != d.config.Mount.Errors():
			return fault.New(fault.Refused, op, "the site or the mount's settings were changed meanwhile; try again")
		case s.activity != Idle:
			return fault.New(fault.Refused, op, "the mount is %s", s.activity)
		}
		if err := s.align(now, next); err != nil {
			return err
		}
		if place != nil {
			s.trusted = true
			s.setEncoders(now)
			s.unbias(now)
		}
		s.endPolar("somebody changed the alignment")
		return nil
	})
}

// rebook is realign for another book, from which the model is made anew in
// the configured mode.
func (m *Mount) rebook(ctx context.Context, op string, place *model.Equatorial, reason, note string, change func(d desk) (align.Book, error)) error {
	return m.realign(ctx, op, place, reason, func(d desk) (*Alignment, error) {
		b, err := change(d)
		if err != nil {
			return nil, err
		}
		return d.alignment.Solved(d.config, b, d.config.Alignment.mode(), d.utc, note)
	})
}

// BeginAlignment forgets inits and points, and assumes that the mount stands
// as start says. It returns fault.Refused in motion.
func (m *Mount) BeginAlignment(ctx context.Context, start align.Start) error {
	if _, err := align.ParseStart(string(start)); err != nil {
		return err
	}
	return m.realign(ctx, "align", nil, "", func(d desk) (*Alignment, error) {
		a := *d.alignment
		a.Learned = a.learned()
		return a.Solved(d.config, a.Book.Begin(start).Purge(), d.config.Alignment.mode(), d.utc, "start "+string(start))
	})
}

// Initialise takes the star at place (equinox of date), now in the middle of
// the field, for init 1, 2 or 3; 0 stands for the next free one, or of three
// the nearest. It returns the init's number. Errors are fault.Refused in
// motion or out of order, fault.Invalid where the stars make no model; the
// alignment then is as it was.
func (m *Mount) Initialise(ctx context.Context, init int, name string, place model.Equatorial) (int, error) {
	err := m.rebook(ctx, "initialise", &place, "init", "init on "+orUnnamed(name), func(d desk) (align.Book, error) {
		d.here.Name = name
		if init == 0 {
			init = d.alignment.Book.Slot(d.here)
		}
		return d.alignment.Book.Init(init, d.here)
	})
	return init, err
}

func orUnnamed(name string) string {
	if name == "" {
		return "a star"
	}
	return name
}

// AddPoint adds the star at place (equinox of date), now in the middle of the
// field and centred to sigma (0 for by eye), to the points, and makes the
// model anew. A star that the model contradicts by more than
// alignment.refuse_beyond_arcmin is refused and named. Other errors are as for
// Initialise.
func (m *Mount) AddPoint(ctx context.Context, name string, place model.Equatorial, sigma model.Angle) error {
	return m.rebook(ctx, "add point", &place, "point", "point on "+orUnnamed(name), func(d desk) (align.Book, error) {
		d.here.Name, d.here.Sigma = name, sigma
		if err := d.plausible(); err != nil {
			return align.Book{}, err
		}
		return d.alignment.Book.Add(d.here)
	})
}

// syncOnPoint adds the place of a sync to the points. Where the stars make no
// model yet, the sync is to move the zero points all the same.
func (m *Mount) syncOnPoint(ctx context.Context, at model.Equatorial) error {
	if len(m.Snapshot().Alignment.Book.Points) == align.MaxPoints {
		m.log.Warn("sync: the book of points is full; only the zero points move", "points", align.MaxPoints)
		return nil
	}
	err := m.AddPoint(ctx, "", at, 0)
	if errors.Is(err, fault.Invalid) {
		m.log.Warn("sync: the star could not be added to the points; only the zero points move", "error", err)
		return nil
	}
	return err
}

// enough is the number of stars that a model needs to judge another one.
const enough = 3

// plausible refuses a star that is too far from where the model has it.
func (d desk) plausible() error {
	most := d.config.Alignment.refuseBeyond()
	if d.alignment.Models.Current.Stars < enough || most == 0 {
		return nil
	}
	setup, err := d.config.setup()
	if err != nil {
		return err
	}
	_, _, err = fit.Sync(d.alignment.Parts(), d.here.Observation, setup, most)
	return err
}

// ImportPoints adds stars that were noted elsewhere, or on another night, to
// the points, and makes the model anew. Errors are as for Initialise.
func (m *Mount) ImportPoints(ctx context.Context, stars []fit.Observation) error {
	return m.rebook(ctx, "import points", nil, "", fmt.Sprintf("%d points imported", len(stars)), func(d desk) (b align.Book, err error) {
		b = d.alignment.Book
		for _, o := range stars {
			if b, err = b.Add(align.Entry{Observation: o, UTC: d.utc, Reason: "import"}); err != nil {
				return b, err
			}
		}
		return b, nil
	})
}

// UndoStar takes the latest init or point back.
func (m *Mount) UndoStar(ctx context.Context) error {
	return m.rebook(ctx, "undo", nil, "", "a star taken back", func(d desk) (align.Book, error) { return d.alignment.Book.Undo() })
}

// KillInits forgets the inits.
func (m *Mount) KillInits(ctx context.Context) error {
	return m.rebook(ctx, "kill inits", nil, "", "inits killed", func(d desk) (align.Book, error) { return d.alignment.Book.Kill(), nil })
}

// PurgePoints forgets the points.
func (m *Mount) PurgePoints(ctx context.Context) error {
	return m.rebook(ctx, "purge points", nil, "", "points purged", func(d desk) (align.Book, error) { return d.alignment.Book.Purge(), nil })
}

// hysteresis is how much nearer another star must be to take an init's place.
var hysteresis = model.Arcmin(1)

// ClosestInits makes those of all stars the inits that are nearest to where
// the telescope points: a model for this part of the sky.
func (m *Mount) ClosestInits(ctx context.Context) error {
	return m.realign(ctx, "closest init", nil, "", func(d desk) (*Alignment, error) {
		b, err := d.alignment.Book.Closest(d.at, hysteresis, pointing.Criteria{})
		if err != nil {
			return nil, err
		}
		// Of the inits alone: the others are what this model is to be free of.
		r, err := d.alignment.solve(d.config, b.Purge(), fit.Rotation)
		if err != nil {
			return nil, err
		}
		return d.alignment.with(d.config, b, fit.RecordOf(r, d.utc, "closest inits"))
	})
}

// AltitudeOffset finds the zero point of axis A that reconciles the first two
// inits, and puts it in force as Z3 if apply is true. gain is by how much an
// error of the stars' distance is multiplied in it.
func (m *Mount) AltitudeOffset(ctx context.Context, apply bool) (z3 model.Angle, gain float64, err error) {
	find := func(a *Alignment, cfg Config) error {
		setup, err := cfg.setup()
		if err == nil {
			z3, gain, err = a.Book.AltitudeOffset(setup)
		}
		return err
	}
	if !apply {
		s := m.Snapshot()
		return z3, gain, find(s.Alignment, *s.Config)
	}
	err = m.realign(ctx, "altitude offset", nil, "", func(d desk) (*Alignment, error) {
		if err := find(d.alignment, d.config); err != nil {
			return nil, err
		}
		known := *d.alignment
		known.Settings = d.config.Mount.Errors()
		known.Models.Current.Parts.Errors.Z3 = z3
		r, err := known.solve(d.config, known.Book, fit.Rotation)
		if err != nil {
			return nil, err
		}
		return d.alignment.with(d.config, known.Book, fit.RecordOf(r, d.utc, fmt.Sprintf("altitude offset %.1f′", z3.Arcmin())))
	})
	return z3, gain, err
}

// FitModel fits a model to all stars, in a mode, and puts it in force if
// apply is true. The result says how good it is either way.
func (m *Mount) FitModel(ctx context.Context, mode fit.Mode, apply bool) (fit.Result, error) {
	if !apply {
		s := m.Snapshot()
		return s.Alignment.solve(*s.Config, s.Alignment.Book, mode)
	}
	var r fit.Result
	err := m.realign(ctx, "fit", nil, "", func(d desk) (a *Alignment, err error) {
		if r, err = d.alignment.solve(d.config, d.alignment.Book, mode); err != nil {
			return nil, err
		}
		return d.alignment.with(d.config, d.alignment.Book, fit.RecordOf(r, d.utc, "fit"))
	})
	return r, err
}

// UseModel puts a model in force that was made elsewhere: by hand, or from
// tables of other programs.
func (m *Mount) UseModel(ctx context.Context, note string, change func(fit.Parts, align.Book, fit.Setup) (fit.Parts, error)) error {
	return m.realign(ctx, "model", nil, "", func(d desk) (*Alignment, error) {
		setup, err := d.config.setup()
		if err != nil {
			return nil, err
		}
		p, err := change(d.alignment.Parts(), d.alignment.Book, setup)
		if err != nil {
			return nil, err
		}
		return d.alignment.with(d.config, d.alignment.Book, fit.Record{Accepted: d.utc, Note: note, Parts: p, Stars: d.alignment.Models.Current.Stars})
	})
}

// RestoreModel puts an earlier model in force again; 0 stands for the one
// before.
func (m *Mount) RestoreModel(ctx context.Context, revision int) error {
	return m.realign(ctx, "restore model", nil, "", func(d desk) (*Alignment, error) {
		models, err := d.alignment.Models.Restore(revision, d.utc)
		if err != nil {
			return nil, err
		}
		a := *d.alignment
		a.Models, a.Settings = models, d.config.Mount.Errors()
		return &a, nil
	})
}
