// SPDX-License-Identifier: GPL-3.0-or-later

package mount

import (
	"time"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/pointing"
)

// maxOffset bounds rate offsets: fast enough for the Moon beside the stars
// and for comets and satellites in high orbits.
const maxOffset = model.Rate(600 * 4.84813681109536e-06) // 600″/s

// setTracking switches tracking.
func (s *state) setTracking(now driver.Instant, on bool) error {
	if !on {
		s.unfollow(now)
		s.tracking = false
		switch {
		case s.activity == Idle && s.course.sky:
			s.stand(now)
		case s.activity == Held || s.activity == Stopping && !s.course.sky: // an axis that nobody holds rests from now on
			s.hold(now)
		case s.activity == Parking || s.activity == Homing:
			s.trackAfter = false
		}
		return nil
	}
	if err := s.ready("tracking"); err != nil {
		return err
	}
	if err := s.oriented("tracking"); err != nil {
		return err
	}
	if s.activity == Parking || s.activity == Homing {
		return fault.New(fault.Refused, "tracking", "the mount is %s", s.activity)
	}
	if s.activity == Idle && !s.course.sky {
		if err := s.trackHere(now); err != nil {
			return err
		}
	}
	s.tracking, s.atHome, s.stopped = true, false, nil
	s.outlook.reached = false
	return nil
}

// stopTracking switches tracking off because of err.
func (s *state) stopTracking(now driver.Instant, err error) {
	s.unfollow(now)
	s.tracking, s.stopped = false, err
	s.counts.Stalls++
	s.log.Warn("tracking stopped", "err", err)
	if s.course.sky {
		s.stand(now)
	}
}

// retarget changes how the target moves, from now on.
func (s *state) retarget(now driver.Instant, change func(*target)) {
	if !s.course.sky {
		s.course.target = s.course.target.from(now)
		change(&s.course.target)
		return
	}
	at, before := s.change(now)
	c := s.course
	c.target = c.target.from(at)
	change(&c.target)
	c.pass, c.detour = passage{}, false
	s.switchTo(c, at, before, [axisCount]way{})
	s.plan(now)
}

// setDriveRate chooses the rate of tracking.
func (s *state) setDriveRate(now driver.Instant, d DriveRate) error {
	if d < DriveSidereal || d > DriveKing {
		return fault.New(fault.Invalid, "tracking rate", "%d is none of 0 (sidereal), 1 (lunar), 2 (solar), 3 (King)", int(d))
	}
	s.retarget(now, func(g *target) {
		*g = g.alone()
		g.drive = d
		if d != DriveSidereal {
			g.raRate, g.decRate = 0, 0
		}
	})
	return nil
}

// setRateOffsets lets the target move against the stars.
func (s *state) setRateOffsets(now driver.Instant, ra, dec *model.Rate) error {
	if d := s.course.target.drive; d != DriveSidereal {
		return fault.New(fault.Refused, "rate offset", "the drive rate is %s; offsets go with the sidereal rate only", d)
	}
	for _, r := range []*model.Rate{ra, dec} {
		if r != nil && (!r.IsFinite() || r.Abs() > maxOffset) {
			return fault.New(fault.Refused, "rate offset", "%.2f″/s is beyond ±%.0f″/s", r.ArcsecPerSecond(), maxOffset.ArcsecPerSecond())
		}
	}
	s.retarget(now, func(g *target) {
		g.path = nil
		if ra != nil {
			g.raRate = *ra
		}
		if dec != nil {
			g.decRate = *dec
		}
	})
	return nil
}

// pulseGuide adds a guide pulse to the target's motion. One that runs in the
// same coordinate is in the way, or ends when the new one replaces it.
func (s *state) pulseGuide(now driver.Instant, dir Direction, d time.Duration, replace bool) error {
	if err := s.ready("pulse guide"); err != nil {
		return err
	}
	limit := time.Duration(s.config.Mount.MaxPulseS * float64(time.Second))
	switch {
	case dir < North || dir > West:
		return fault.New(fault.Invalid, "pulse guide", "direction %d is none of 0 (north), 1 (south), 2 (east), 3 (west)", int(dir))
	case d < 0 || d > limit:
		return fault.New(fault.Invalid, "pulse guide", "duration %v is not within 0..%v", d, limit)
	case s.activity != Idle:
		return fault.New(fault.Refused, "pulse guide", "the mount is %s", s.activity)
	case !s.tracking:
		return fault.New(fault.Refused, "pulse guide", "tracking is off")
	case d == 0:
		return nil
	}
	coordinate, rate := inDec, model.ArcsecPerSecond(s.config.Mount.GuideDecRate)
	if dir == East || dir == West {
		coordinate, rate = inRA, model.ArcsecPerSecond(s.config.Mount.GuideRARate)
	}
	if dir == South || dir == West {
		rate = -rate
	}
	if end := s.course.target.pulses[coordinate].end; now < end && !replace {
		return fault.New(fault.Refused, "pulse guide", "a pulse in this coordinate runs for another %v", end.Sub(now))
	}
	// A guide rate is small enough to be taken up at once, without a ramp, so
	// that the pulse is exact; the axes' place is the same just before it.
	at, _ := s.change(now)
	s.course.target = s.course.target.guide(coordinate, pulse{start: at, end: at.Add(d), rate: rate})
	s.planned, s.splice, s.last.known = at, true, false
	s.counts.Pulses[dir]++
	s.counts.Guiding[dir] += d
	s.plan(now)
	return nil
}

// maySync refuses a sync on a place that the telescope cannot point at.
func (s *state) maySync(now driver.Instant, e model.Equatorial) error {
	if err := s.readyToSync(); err != nil {
		return err
	}
	if !e.RA.IsFinite() || !e.Dec.IsFinite() || e.Dec.Abs() > model.Quarter {
		return fault.New(fault.Invalid, "sync", "%v is not a place on the sky", e)
	}
	if !s.tracking {
		return fault.New(fault.Refused, "sync", "tracking is off")
	}
	if alt := e.HourDec(s.heaven.lst(now)).Horizontal(s.heaven.chain.Latitude).Alt; alt < lowestSync {
		return fault.New(fault.BelowLimit, "sync", "that place is %.1f° below the horizon: the wrong star, a wrong clock or a wrong site", -alt.Degrees())
	}
	return nil
}

// syncEquatorial declares what the telescope points at while tracking.
func (s *state) syncEquatorial(now driver.Instant, e model.Equatorial) error {
	if err := s.maySync(now, e); err != nil {
		return err
	}
	s.endPolar("somebody synced")
	s.syncOn(now, e)
	return nil
}

// syncOn moves the zero points so that the telescope points at e.
func (s *state) syncOn(now driver.Instant, e model.Equatorial) {
	at, before := s.change(now)
	s.sync(now, at, before, e.HourDec(s.heaven.lst(at)))
}

// lowestSync is the altitude below which nobody sees a star. INDI's LX200
// Classic names RA 0 h, Dec 0° when it unparks, wherever that is.
var lowestSync = model.Degrees(-1)

// syncHorizontal declares what the telescope points at while it stands still.
func (s *state) syncHorizontal(now driver.Instant, h model.Horizontal) error {
	if err := s.readyToSync(); err != nil {
		return err
	}
	if !h.Az.IsFinite() || !h.Alt.IsFinite() || h.Alt.Abs() > model.Quarter {
		return fault.New(fault.Invalid, "sync", "%v is not a place in the sky", h)
	}
	if s.tracking {
		return fault.New(fault.Refused, "sync", "tracking is on; switch it off before a sync to altitude and azimuth")
	}
	s.endPolar("somebody synced")
	at, before := s.change(now)
	s.sync(now, at, before, h.HourDec(s.heaven.chain.Latitude))
	return nil
}

func (s *state) readyToSync() error {
	if err := s.ready("sync"); err != nil {
		return err
	}
	if s.activity != Idle {
		return fault.New(fault.Refused, "sync", "the mount is %s", s.activity)
	}
	return nil
}

// syncPasses lets the correction tables, which go by what the axes read,
// settle on moved zero points.
const syncPasses = 3

// sync moves the zero points of the axes, and not the axes.
func (s *state) sync(now, at driver.Instant, before knot, hd model.HourDec) {
	pos := s.commanded(before, at)
	axes := model.Axes{Z: pos[AxisZ], A: pos[AxisA]}
	chain := s.heaven.chain
	old := chain.Model.Index
	m := chain.Model
	for range syncPasses {
		m = m.Sync(chain.Observed(hd), axes, s.course.side)
		s.alignment = s.alignment.indexed(m.Index)
		if built, err := s.alignment.Parts().Build(); err == nil { // it was built with another index before
			m = built
		}
	}
	s.heaven.chain = chain.WithModel(m)
	s.trusted = true
	s.counts.Syncs++
	s.setEncoders(now)
	s.course.bias = s.unbiased(at)
	s.rename(now, at, before, chain)
	d := s.heaven.chain.Model.Index.Sub(old)
	s.log.Info("sync", "dz_arcmin", d.Z.Arcmin(), "da_arcmin", d.A.Arcmin())
}

// rename gives the target the name of the place at which the axes point, and
// the camera that of its position angle, after the way from sky to axes has
// changed from old. Neither tube nor camera moves; before is the course at
// instant at as it was before the change.
func (s *state) rename(now, at driver.Instant, before knot, old pointing.Chain) {
	axes := model.Axes{Z: before.pos[AxisZ], A: before.pos[AxisA]}
	turned := s.fieldAngle(axes) - s.fieldBy(old, axes)
	s.rotator.wanted = (s.rotator.wanted + turned).Wrap()
	s.course.hold += turned
	if !s.course.sky {
		return
	}
	pos := before.pos // without the profiles: a slew goes on to the same tube position
	c := s.course
	c.near, c.pass, c.detour = pos[AxisZ], passage{}, false
	place := s.heaven.equatorial(s.pointed(model.Axes{Z: pos[AxisZ], A: pos[AxisA]}, at), at)
	c.target = c.target.from(at)
	c.target.place = model.Equatorial{
		RA:  (place.RA - c.target.correction(at).RA).Wrap(),
		Dec: place.Dec - c.target.correction(at).Dec,
	}
	s.switchTo(c, at, before, [axisCount]way{})
	s.plan(now)
}

// setUTC sets the mount's own time.
func (s *state) setUTC(now driver.Instant, utc time.Time) error {
	if utc.Year() < 1990 || utc.Year() > 2200 {
		return fault.New(fault.Invalid, "set time", "%s is not within 1990..2200", utc.Format(time.RFC3339))
	}
	s.log.Info("time set", "utc", utc.UTC().Format(time.RFC3339Nano), "moved_s", utc.Sub(s.heaven.utc(now)).Seconds())
	s.moveTime(now, utc.Sub(s.heaven.utc(now)))
	return nil
}

// moveTime moves the mount's civil time, and not the tube.
func (s *state) moveTime(now driver.Instant, by time.Duration) {
	at, before := s.change(now)
	s.heaven = newHeaven(s.heaven.start.Add(by), now, s.config.Site, s.heaven.chain.Model)
	s.rename(now, at, before, s.heaven.chain)
}

// configure changes settings.
func (s *state) configure(now driver.Instant, change func(*Config)) error {
	cfg := *s.config
	change(&cfg)
	if err := cfg.Validate(); err != nil {
		return err
	}
	if key := s.config.needsRestart(cfg); key != "" {
		return fault.New(fault.Refused, "configure", "%s cannot change while running; change the configuration file and restart", key)
	}
	alignment, err := s.alignment.reconfigured(cfg, s.heaven.utc(now))
	if err != nil {
		return err
	}
	m, err := alignment.Parts().Build()
	if err != nil {
		return err
	}
	ramp, err := cfg.Mount.ramp()
	if err != nil {
		return err
	}
	at, before := s.change(now)
	old, chain := s.config, s.heaven.chain
	s.config, s.ramp = &cfg, ramp
	s.outlook.due = now
	if cfg.Site != old.Site || alignment != s.alignment {
		s.alignment = alignment
		s.heaven = newHeaven(s.heaven.start, now, cfg.Site, m)
		s.rename(now, at, before, chain)
	}
	for i := range s.gears {
		if s.config.axisConfig(i).BacklashArcmin != old.axisConfig(i).BacklashArcmin {
			s.regear(i, at)
		}
	}
	if cfg.Rotator.Reverse != old.Rotator.Reverse {
		s.rotator.reverse(s, now, cfg.Rotator.Reverse)
	}
	if cfg.Rotator.Follow != old.Rotator.Follow {
		s.refollow(now)
	}
	return nil
}
