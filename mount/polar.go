// SPDX-License-Identifier: GPL-3.0-or-later

package mount

import (
	"context"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/align"
	"github.com/siderostep/siderostep/model/fit"
)

// PolarStage is what the observer is to do next in a polar alignment.
type PolarStage int

// The stages, each ended by Mount.PolarNext.
const (
	PolarOff       PolarStage = iota
	CentreFirst               // with the keys
	CentreSecond              // with the keys; the axis' error is then known
	MoveBase                  // with the base's screws, until the second star is in the middle
	CentreFirstNew            // with the keys; what is left of the error is then known
)

func (p PolarStage) String() string {
	return [...]string{"off", "centre the first star", "centre the second star", "move the base", "centre the first star again"}[p]
}

// Polar is the state of a polar alignment.
type Polar struct {
	Stage PolarStage
	Stars [2]model.Equatorial // of date
	Error fit.PolarError      // of the axis, as last measured
	Known bool                // Error was measured

	set model.HourDec // where the star stood on which the mount was last set
}

// PolarStart begins a polar alignment on two stars (equinox of date) and
// slews to the first. The pointing model of the mount is replaced by its
// preset, set on the place where the telescope points: from here on the mount
// believes that its axis is right, so that its errors show. It returns
// fault.Unsupported for mounts without a polar axis, fault.Invalid for stars
// that cannot serve, and the errors of a sync and a slew; nothing has then
// changed. A sync or alignment by somebody else, parking and Halt end a polar
// alignment.
//
// Source: D. Ware's procedure for Scope II, solved exactly.
func (m *Mount) PolarStart(ctx context.Context, first, second model.Equatorial) error {
	return m.command(ctx, opPolar, func(s *state, now driver.Instant) error { return s.polarStart(now, first, second) })
}

func (s *state) polarStart(now driver.Instant, first, second model.Equatorial) error {
	if !s.geometry.Equatorial() {
		return fault.New(fault.Unsupported, opPolar, "a mount of the kind %v has no polar axis", s.geometry)
	}
	if err := s.readyToSync(); err != nil {
		return err
	}
	lst := s.heaven.lst(now)
	if err := (fit.PolarStars{First: first.HourDec(lst), Second: second.HourDec(lst)}).Check(s.config.Site.Latitude()); err != nil {
		return err
	}
	known := *s.alignment
	known.Learned = known.learned()
	preset, err := known.Solved(*s.config, align.Book{}, fit.Rotation, s.heaven.utc(now), "polar alignment")
	if err != nil {
		return err
	}
	return s.tentatively(now, func() error {
		old := s.heaven.chain
		if err := s.align(now, preset); err != nil {
			return err
		}
		at, before := s.change(now)
		pos := s.commanded(before, at)
		s.sync(now, at, before, old.HourDec(model.Axes{Z: pos[AxisZ], A: pos[AxisA]}))
		s.tracking = true
		if err := s.slewEquatorial(now, first); err != nil {
			return err
		}
		s.polar = Polar{Stage: CentreFirst, Stars: [2]model.Equatorial{first, second}}
		return nil
	})
}

// tentatively does what may be refused half way; then it puts everything back
// that a polar alignment changes. The tube has not moved.
func (s *state) tentatively(now driver.Instant, do func() error) error {
	alignment, chain := s.alignment, s.heaven.chain
	polar, tracking, trusted, syncs := s.polar, s.tracking, s.trusted, s.counts.Syncs
	err := do()
	if err != nil {
		if s.alignment != alignment {
			s.put(now, alignment, chain)
		}
		s.polar, s.tracking, s.trusted, s.counts.Syncs = polar, tracking, trusted, syncs
	}
	return err
}

// endPolar ends a polar alignment because of something else that was done.
func (s *state) endPolar(because string) {
	if s.polar.Stage != PolarOff {
		s.log.Warn("the polar alignment has ended", "because", because, "stage", s.polar.Stage.String())
	}
	s.polar = Polar{}
}

const opPolar = "polar alignment"

// PolarNext says that the stage is done: the star of the stage is in the
// middle of the field. After the last stage it begins another round, from
// the star it is on. It returns fault.Refused outside a polar alignment, and
// the errors of a sync, a slew and fit.PolarStars; nothing has then changed.
func (m *Mount) PolarNext(ctx context.Context) error {
	return m.command(ctx, opPolar, func(s *state, now driver.Instant) error {
		return s.tentatively(now, func() error { return s.polarNext(now) })
	})
}

// PolarEnd ends a polar alignment, at whatever stage.
func (m *Mount) PolarEnd(ctx context.Context) error {
	return m.command(ctx, opPolar, func(s *state, _ driver.Instant) error {
		s.polar = Polar{}
		return nil
	})
}

func (s *state) polarNext(now driver.Instant) error {
	p := s.polar
	first, second := p.Stars[0], p.Stars[1]
	if p.Stage != PolarOff { // what is measured now would be of a telescope on its way
		if err := s.readyToSync(); err != nil {
			return err
		}
	}
	switch p.Stage {
	case CentreFirst:
		return s.polarStep(now, first, second, CentreSecond)
	case CentreSecond:
		if err := s.polarMeasure(now, second); err != nil {
			return err
		}
		hd := second.HourDec(s.heaven.lst(now))
		moved := s.polar.Error.Offset(hd, s.config.Site.Latitude())
		return s.polarStep(now, second, moved.Equatorial(s.heaven.lst(now)), MoveBase)
	case MoveBase:
		return s.polarStep(now, second, first, CentreFirstNew)
	case CentreFirstNew:
		if err := s.polarMeasure(now, first); err != nil {
			return err
		}
		return s.polarStep(now, first, second, CentreSecond)
	default:
		return fault.New(fault.Refused, opPolar, "no polar alignment is under way")
	}
}

// polarStep sets the mount on the star in the middle of the field, and slews
// on to the next place.
func (s *state) polarStep(now driver.Instant, on, to model.Equatorial, next PolarStage) error {
	if err := s.maySync(now, on); err != nil {
		return err
	}
	s.syncOn(now, on)
	if err := s.slewEquatorial(now, to); err != nil {
		return err
	}
	s.polar.set, s.polar.Stage = on.HourDec(s.heaven.lst(now)), next
	return nil
}

// polarMeasure finds the error of the axis from where the mount, set right on
// the star before, believes this one to be.
func (s *state) polarMeasure(now driver.Instant, star model.Equatorial) error {
	shown := s.heaven.equatorial(s.axes, now)
	lat := s.config.Site.Latitude()
	e, err := fit.PolarStars{
		First: s.polar.set, Second: star.HourDec(s.heaven.lst(now)),
		RA: (shown.RA - star.RA).WrapSigned(), Dec: shown.Dec - star.Dec,
	}.Solve(lat)
	if err != nil {
		return err
	}
	s.polar.Error, s.polar.Known = e, true
	s.log.Info("polar alignment", "elevation_arcmin", e.Elevation.Arcmin(), "azimuth_arcmin", e.Azimuth.Arcmin(), "total_arcmin", e.Total(lat).Arcmin())
	return nil
}
