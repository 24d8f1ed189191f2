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
// preset: from here on the mount believes that its axis is right, so that its
// errors show. It returns fault.Unsupported for mounts without a polar axis,
// fault.Invalid for stars that cannot serve, and the errors of a slew.
//
// Source: D. Ware's procedure for Scope II, solved exactly.
func (m *Mount) PolarStart(ctx context.Context, first, second model.Equatorial) error {
	s := m.Snapshot()
	if g := m.state.geometry; !g.Equatorial() {
		return fault.New(fault.Unsupported, opPolar, "a mount of the kind %v has no polar axis", g)
	}
	stars := fit.PolarStars{First: first.HourDec(s.LST), Second: second.HourDec(s.LST)}
	if err := stars.Check(s.Config.Site.Latitude()); err != nil {
		return err
	}
	err := m.realign(ctx, opPolar, nil, "", func(d desk) (*Alignment, error) {
		a, err := d.alignment.Solved(d.config, align.Book{}, fit.Rotation, d.utc, "polar alignment")
		if err != nil {
			return nil, err
		}
		return a.indexed(d.alignment.Parts().Index), nil
	})
	if err != nil {
		return err
	}
	return m.command(ctx, opPolar, func(s *state, now driver.Instant) error {
		if err := s.setTracking(now, true); err != nil {
			return err
		}
		if err := s.slewEquatorial(now, first); err != nil {
			return err
		}
		s.polar = Polar{Stage: CentreFirst, Stars: [2]model.Equatorial{first, second}}
		return nil
	})
}

const opPolar = "polar alignment"

// PolarNext says that the stage is done: the star of the stage is in the
// middle of the field. After the last stage it begins another round, from
// the star it is on. It returns fault.Refused outside a polar alignment, and
// the errors of a sync, a slew and fit.PolarStars; the stage is then the same.
func (m *Mount) PolarNext(ctx context.Context) error {
	return m.command(ctx, opPolar, func(s *state, now driver.Instant) error { return s.polarNext(now) })
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
	if err := s.syncEquatorial(now, on); err != nil {
		return err
	}
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
