// SPDX-License-Identifier: GPL-3.0-or-later

package mount

import (
	"time"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
)

// judge compares the position with what the encoders say, and corrects it
// when enough readings agree.
func (s *state) judge(now driver.Instant) {
	e, cfg := &s.encoders, &s.config.Mount.Encoders
	if s.activity != Idle || s.starved || s.halted && !s.still() {
		e.pending = 0
		return
	}
	d := e.difference()
	if !s.course.sky && s.released() {
		if most := max(e.reading.Count[AxisZ], e.reading.Count[AxisA]); beyond(d, most) && s.still() {
			s.relocate(now, ResetIdle) // the tube is free to be pushed
		}
		return
	}
	limit := cfg.ThresholdIdle
	if s.course.sky || s.tracking {
		limit = cfg.ThresholdTracking
	}
	if limit == 0 || !beyond(d, model.Degrees(limit)) {
		e.pending = 0
		if s.encoders.slewed {
			e.slewed, e.misses = false, 0
		}
		return
	}
	if e.pending > 0 && beyond(d.Sub(e.suspect), model.Degrees(limit)) {
		e.pending = 0 // it does not agree with the one before: noise, or a tube on its way
	}
	e.suspect = d
	if e.pending++; e.pending < cfg.Readings {
		return
	}
	switch {
	case s.course.sky:
		s.driveBack(now, d)
	case s.still():
		s.relocate(now, ResetIdle)
	}
}

// beyond reports whether either axis differs by more than most.
func beyond(d model.Axes, most model.Angle) bool { return d.Z.Abs() > most || d.A.Abs() > most }

// relocate takes the position from the encoders. The axes stay where they
// are, and so does the target: where the tube points.
func (s *state) relocate(now driver.Instant, when ResetCause) {
	d := s.encoders.difference()
	at, before := s.change(now)
	s.rezero(d)
	s.shiftEncoders(d)
	s.noteReset(now, when, d)
	s.atHome = false
	if !s.course.sky {
		s.course.side = s.sideOf(s.axes)
		s.rest(now)
	} else {
		pos := s.commanded(before, at)
		s.retake(now, at, before, model.Axes{Z: pos[AxisZ] + d.Z, A: pos[AxisA] + d.A})
	}
	s.outlook.due = now
}

// shiftEncoders takes note that the position at the time of the reading was
// named anew.
func (s *state) shiftEncoders(by model.Axes) {
	s.encoders.axes.Z += by.Z
	s.encoders.axes.A += by.A
}

// retake makes the place at which the axes point, as they were named anew, the
// target.
func (s *state) retake(now, at driver.Instant, before knot, axes model.Axes) {
	c := s.course
	c.side = s.sideOf(axes)
	c.near, c.pass, c.detour = axes.Z, passage{}, false
	c.bias = s.unbiased(at)
	place := s.heaven.equatorial(axes, at)
	c.target = c.target.from(at)
	c.target.place = model.Equatorial{
		RA:  (place.RA - c.target.correction(at).RA).Wrap(),
		Dec: place.Dec - c.target.correction(at).Dec,
	}
	before.pos[AxisZ], before.pos[AxisA] = axes.Z-s.lag(AxisZ, at), axes.A-s.lag(AxisA, at)
	s.switchTo(c, at, before, [axisCount]way{})
	s.plan(now)
}

// lag returns how far an axis is from its course at t.
func (s *state) lag(axis int, t driver.Instant) model.Angle {
	d, _ := s.profiles[axis].at(t, true)
	return model.Angle(d)
}

// driveBack takes the position from the encoders, and lets the tube go back to
// the target that it has slipped from; unless that cannot be believed.
func (s *state) driveBack(now driver.Instant, d model.Axes) {
	e, cfg := &s.encoders, &s.config.Mount.Encoders
	when := ResetTracking
	if e.slewed {
		when = ResetAfterSlew
	}
	for len(e.recent) > 0 && now.Sub(e.recent[0]) > time.Minute {
		e.recent = e.recent[1:]
	}
	switch {
	case beyond(d, model.Degrees(cfg.MaxCorrection)):
		s.mistrust(now, fault.New(fault.Hardware, opEncoders, "the encoders differ from the position by %.2f° (axis Z) and %.2f° (axis A), more than the %g° that are corrected while tracking",
			d.Z.Degrees(), d.A.Degrees(), cfg.MaxCorrection))
		return
	case len(e.recent) >= cfg.MaxResetsPerMin:
		s.mistrust(now, fault.New(fault.Hardware, opEncoders, "the encoders asked for more than %d corrections in a minute: an axis slips, or an encoder fails", cfg.MaxResetsPerMin))
		return
	case when == ResetAfterSlew && e.misses+1 >= s.config.Mount.MaxReslews:
		s.mistrust(now, fault.New(fault.Hardware, opEncoders, "%d slews in a row have missed their target, the last by %.2f° (axis Z) and %.2f° (axis A)",
			e.misses+1, d.Z.Degrees(), d.A.Degrees()))
		return
	}
	e.recent = append(e.recent, now)
	if when == ResetAfterSlew {
		e.misses++
	}
	at, before := s.change(now)
	s.rezero(d)
	s.shiftEncoders(d)
	s.noteReset(now, when, d)
	guide := s.guide // goes on
	s.begin(SlewingToSky)
	s.guide = guide
	before.pos[AxisZ] += d.Z
	before.pos[AxisA] += d.A
	s.switchTo(s.course, at, before, bySlew)
	s.plan(now)
}

// mistrust stops tracking because position and encoders cannot both be right.
func (s *state) mistrust(now driver.Instant, why error) {
	s.encoders.pending, s.encoders.misses, s.encoders.slewed = 0, 0, false
	s.encoders.recent = s.encoders.recent[:0]
	s.trusted = false
	s.stopTracking(now, why)
	s.slewFault = why
}
