// SPDX-License-Identifier: GPL-3.0-or-later

package mount

import (
	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/pointing"
)

// ready refuses motion that parking or other motion forbids, and energises
// the windings for motion that may begin.
func (s *state) ready(op string) error {
	switch {
	case s.parked:
		return fault.New(fault.Parked, op, "the mount is parked; unpark it first")
	case s.halted:
		return fault.New(fault.Refused, op, "the mount was halted; resume first")
	case s.starved:
		return fault.New(fault.Refused, op, "the motors are braking")
	}
	return s.energise()
}

// energise switches the windings on.
func (s *state) energise() error {
	if s.reports[AxisZ].State != driver.Released {
		return nil
	}
	if err := s.motors.Resume(); err != nil {
		return err
	}
	s.observeAgain()
	s.splice = true
	return nil
}

// resume makes the mount ready again after Halt.
func (s *state) resume(now driver.Instant) error {
	if err := s.motors.Resume(); err != nil {
		return err
	}
	s.observeAgain()
	s.halted, s.starved = false, false
	s.rest(now)
	return nil
}

// observeAgain reads the reports without letting time pass.
func (s *state) observeAgain() {
	for i := range s.reports {
		if s.axisPresent(i) {
			s.reports[i] = s.motors.Report(i)
		}
	}
}

// readyToSlew is ready, for motion that a parking or held mount refuses too.
// A slew may follow another slew at once.
func (s *state) readyToSlew(op string) error {
	if err := s.ready(op); err != nil {
		return err
	}
	switch s.activity {
	case Parking, Homing, Held:
		return fault.New(fault.Refused, op, "the mount is %s", s.activity)
	}
	return nil
}

// slewEquatorial begins a slew to a place on the sky.
func (s *state) slewEquatorial(now driver.Instant, to model.Equatorial) error {
	if err := s.readyToSlew("slew"); err != nil {
		return err
	}
	if !to.RA.IsFinite() || !to.Dec.IsFinite() || to.Dec.Abs() > model.Quarter {
		return fault.New(fault.Invalid, "slew", "%v is not a place on the sky", to)
	}
	if !s.tracking {
		return fault.New(fault.Refused, "slew", "tracking is off; a place on the sky would drift away: switch tracking on first")
	}
	return s.slewToSky(now, to, s.destination(now, to))
}

// destination returns the pier side for a slew to a place.
func (s *state) destination(now driver.Instant, to model.Equatorial) pointing.PierSide {
	// At the instant at which the slew will begin: near the pole a moment matters.
	return destination(&s.heaven.chain, s.config, s.geometry, to.HourDec(s.heaven.lst(now.Add(lead))))
}

// destination returns the pier side for a slew to a place: the natural one,
// unless that takes axis Z further over the meridian than it may go, as can
// happen close to the pole of a mount that is not set up exactly.
func destination(chain *pointing.Chain, cfg *Config, g pointing.Geometry, hd model.HourDec) pointing.PierSide {
	if !g.HasPierSide() {
		return pointing.Normal
	}
	side := pointing.DestinationSide(hd.HA, pointing.PierUnknown, 0)
	axes, _ := chain.Axes(hd, side)
	other, _ := chain.Axes(hd, side.Other())
	if cfg.pastMeridian(axes.Z) > 0 && cfg.pastMeridian(other.Z) <= 0 {
		return side.Other()
	}
	return side
}

// slewToSky begins a slew to a place on the sky, on one pier side, with the
// target's own motion as it is.
func (s *state) slewToSky(now driver.Instant, to model.Equatorial, side pointing.PierSide) error {
	at, before := s.change(now)
	z, err := s.reach("slew", to.HourDec(s.heaven.lst(at)), side, before)
	if err != nil {
		return err
	}
	c := s.course
	old := s.course.target
	c.sky, c.side, c.near, c.detour, c.pass = true, side, z, false, passage{}
	c.target = target{place: to, since: at, drive: old.drive, raRate: old.raRate, decRate: old.decRate}
	s.startFollowing(&c, at, before)
	s.begin(SlewingToSky)
	s.switchTo(c, at, before, [axisCount]way{})
	s.plan(now)
	s.log.Info("slew", "ra_hours", to.RA.Hours(), "dec_deg", to.Dec.Degrees(), "side", side.String())
	return nil
}

// reach returns the turn of axis Z at which the mount can point to a place,
// nearest to where it will be. It returns fault.BelowLimit or
// fault.AboveLimit, saying which limit is in the way.
func (s *state) reach(op string, hd model.HourDec, side pointing.PierSide, from knot) (model.Angle, error) {
	axes, ok := s.heaven.chain.Axes(hd, side)
	if !ok {
		return 0, fault.New(fault.AboveLimit, op, "the mount's own faults put this place, at its pole, out of reach")
	}
	if err := s.aboveHorizon(op, hd); err != nil {
		return 0, err
	}
	return s.withinLimits(op, axes, from)
}

func (s *state) aboveHorizon(op string, hd model.HourDec) error {
	alt := hd.Horizontal(s.heaven.chain.Latitude).Alt
	if lowest := model.Degrees(s.config.Mount.HorizonDeg); alt < lowest {
		return fault.New(fault.BelowLimit, op, "altitude %.2f° is below the horizon limit of %.2f°", alt.Degrees(), lowest.Degrees())
	}
	return nil
}

// withinLimits returns the turn of axis Z, nearest to where the knot has it,
// at which axes are inside the limits of both axes.
func (s *state) withinLimits(op string, axes model.Axes, from knot) (model.Angle, error) {
	zl, al := s.config.Mount.Z, s.config.Mount.A
	a := axes.A.Near(model.Degrees((al.MinDeg + al.MaxDeg) / 2))
	switch deg := a.Degrees(); {
	case deg < al.MinDeg:
		return 0, fault.New(fault.BelowLimit, op, "axis A at %.2f° is below its limit of %.2f°", deg, al.MinDeg)
	case deg > al.MaxDeg:
		return 0, fault.New(fault.AboveLimit, op, "axis A at %.2f° is beyond its limit of %.2f°", deg, al.MaxDeg)
	}
	z, ok := pointing.Representative(axes.Z, from.pos[AxisZ], model.Degrees(zl.MinDeg), model.Degrees(zl.MaxDeg))
	if !ok {
		return 0, fault.New(fault.AboveLimit, op, "axis Z at %.2f° is outside its limits %.2f°..%.2f°", z.Degrees(), zl.MinDeg, zl.MaxDeg)
	}
	return z, nil
}

// slewHorizontal begins a slew to a place in the observer's sky.
func (s *state) slewHorizontal(now driver.Instant, to model.Horizontal) error {
	if err := s.readyToSlew("slew"); err != nil {
		return err
	}
	if !to.Az.IsFinite() || !to.Alt.IsFinite() || to.Alt.Abs() > model.Quarter {
		return fault.New(fault.Invalid, "slew", "%v is not a place in the sky", to)
	}
	if s.tracking {
		return fault.New(fault.Refused, "slew", "tracking is on; switch it off before a slew to altitude and azimuth")
	}
	at, before := s.change(now)
	hd := to.HourDec(s.heaven.chain.Latitude)
	side := destination(&s.heaven.chain, s.config, s.geometry, hd)
	z, err := s.reach("slew", hd, side, before)
	if err != nil {
		return err
	}
	axes, _ := s.heaven.chain.Axes(hd, side)
	s.begin(SlewingToAxes)
	s.slewToAxes(now, at, before, model.Axes{Z: z, A: axes.A}, side)
	return nil
}

// slewToAxes sends the axes to a place of their own.
func (s *state) slewToAxes(now, at driver.Instant, before knot, to model.Axes, side pointing.PierSide) {
	c := s.standing(at, before)
	c.side = side
	c.line[AxisZ] = line{since: at, pos: to.Z}
	c.line[AxisA] = line{since: at, pos: to.A}
	s.switchTo(c, at, before, [axisCount]way{AxisRotator: match})
	s.plan(now)
}

// standing returns the course of standing where the knot has the axes.
func (s *state) standing(at driver.Instant, k knot) course {
	c := s.course
	c.sky, c.follow, c.paused, c.detour, c.pass = false, false, false, false, passage{}
	for i := range c.line {
		c.line[i] = k.at(i, at)
	}
	return c
}

// stand brings all axes to rest.
func (s *state) stand(now driver.Instant) {
	at, before := s.change(now)
	s.switchTo(s.standing(at, before), at, before, [axisCount]way{match, match, match})
	s.plan(now)
}

// trackHere makes the place on the sky at which the axes point the target.
func (s *state) trackHere(now driver.Instant) error {
	at, before := s.change(now)
	pos := s.commanded(before, at)
	axes := model.Axes{Z: pos[AxisZ], A: pos[AxisA]}
	c := s.course
	c.side = s.sideOf(axes)
	hd := s.heaven.chain.HourDec(axes)
	if err := s.aboveHorizon("tracking", hd); err != nil {
		return err
	}
	old := s.course.target
	place := hd.Equatorial(s.heaven.lst(at))
	sky, _ := s.heaven.axes(place, at, c.side) // a tube just through the pole of a fork comes back
	c.sky, c.near, c.detour, c.pass = true, sky.Z.Near(axes.Z), false, passage{}
	c.target = target{place: place, since: at, drive: old.drive, raRate: old.raRate, decRate: old.decRate}
	s.startFollowing(&c, at, before)
	s.switchTo(c, at, before, [axisCount]way{})
	s.plan(now)
	return nil
}

// abort ends motion that has an end or a holder.
func (s *state) abort(now driver.Instant) error {
	if s.parked {
		return fault.New(fault.Parked, "abort", "the mount is parked")
	}
	if s.activity == Idle && !s.rotator.held {
		return nil
	}
	if s.activity == Parking || s.activity == Homing {
		s.tracking = s.trackAfter
	}
	s.release()
	s.end(Aborted)
	s.activity = Stopping
	s.stand(now)
	s.log.Info("motion aborted")
	return nil
}

// flip begins to bring a German mount to the other pointing state.
func (s *state) flip(now driver.Instant, to pointing.PierSide) error {
	if !s.geometry.HasPierSide() {
		return fault.New(fault.Unsupported, "pier side", "only a German mount has pier sides")
	}
	if err := s.readyToSlew("pier side"); err != nil {
		return err
	}
	if to == s.course.side {
		return nil
	}
	at, before := s.change(now)
	hd := s.heaven.chain.HourDec(s.axes)
	if axes, _ := s.heaven.chain.Axes(hd, to); s.config.pastMeridian(axes.Z) > 0 {
		return fault.New(fault.Refused, "pier side", "hour angle %.3f h is further beyond the meridian than the %g° that this side may go", hd.HA.Hours(), s.config.Mount.PastMeridianDeg)
	}
	if s.course.sky {
		return s.slewToSky(now, s.course.target.at(at), to)
	}
	z, err := s.reach("pier side", hd, to, before)
	if err != nil {
		return err
	}
	axes, _ := s.heaven.chain.Axes(hd, to)
	s.begin(SlewingToAxes)
	s.slewToAxes(now, at, before, model.Axes{Z: z, A: axes.A}, to)
	return nil
}

// failSlew ends the activity with an error that its completion will show.
func (s *state) failSlew(err error) {
	s.end(Failed)
	s.activity, s.slewFault = Idle, err
	s.release()
	s.log.Error("motion failed", "err", err)
}

// fail stops everything because of an error of our own or of the hardware.
func (s *state) fail(cause error) {
	err := fault.Wrap(fault.Hardware, "motion", cause)
	s.motors.Halt()
	s.tracking, s.stopped = false, err
	s.failSlew(err)
}
