// SPDX-License-Identifier: GPL-3.0-or-later

package mount

import (
	"math"
	"time"

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
	if !s.released() {
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
	s.halted, s.starved, s.cornered = false, false, false
	s.rest(now)
	s.course.target = s.course.target.alone()
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
	if err := s.readyForSky(to); err != nil {
		return err
	}
	return s.slewToSky(now, to, s.destination(now, to), s.course.target.alone())
}

// readyForSky is readyToSlew, for a place on the sky.
func (s *state) readyForSky(to model.Equatorial) error {
	if err := s.readyToSlew("slew"); err != nil {
		return err
	}
	if !to.RA.IsFinite() || !to.Dec.IsFinite() || to.Dec.Abs() > model.Quarter {
		return fault.New(fault.Invalid, "slew", "%v is not a place on the sky", to)
	}
	if err := s.oriented("slew"); err != nil {
		return err
	}
	if !s.tracking {
		return fault.New(fault.Refused, "slew", "tracking is off; a place on the sky would drift away: switch tracking on first")
	}
	return nil
}

// destination returns the side for a slew to a place, as it will be when the
// slew begins: near the pole a moment matters.
func (s *state) destination(now driver.Instant, to model.Equatorial) pointing.PierSide {
	b := s.bounds()
	return b.destination(to.HourDec(s.heaven.lst(now.Add(lead))))
}

// slewToSky begins a slew to a place on the sky, on one side. The target
// there moves at the drive and offset rates of as, and follows what as does.
// It returns fault.BelowLimit or fault.AboveLimit when the place or the way
// there is closed; then nothing has moved.
func (s *state) slewToSky(now driver.Instant, to model.Equatorial, side pointing.PierSide, as target) error {
	at, before := s.change(now)
	lst := s.heaven.lst(at)
	b := s.bounds()
	axes, err := b.reach("slew", to.HourDec(lst), side, before.pos[AxisZ], lst)
	if err != nil {
		return err
	}
	g := goal{sky: true, axes: axes, side: side,
		target: target{place: to, since: at, drive: as.drive, raRate: as.raRate, decRate: as.decRate, path: as.path}}
	f := forecast{bounds: b, side: side, target: g.target, from: at, lst: lst, axes: axes}
	g.axes.Z = f.lasting(axes.Z, minutes(s.config.Mount.TrackAheadMin))
	r, err := s.wayTo("slew", g, at, before)
	if err != nil {
		return err
	}
	s.begin(SlewingToSky)
	s.setOut(now, at, before, r)
	s.log.Info("slew", "ra_hours", to.RA.Hours(), "dec_deg", to.Dec.Degrees(), "side", side.String(), "legs", r.n+1)
	return nil
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
	b := s.bounds()
	return s.slewToRest(now, at, before, "slew", hd, b.destination(hd))
}

// slewToRest begins a slew to a place in the observer's sky, on one side.
func (s *state) slewToRest(now, at driver.Instant, before knot, op string, hd model.HourDec, side pointing.PierSide) error {
	b := s.bounds()
	axes, err := b.reach(op, hd, side, before.pos[AxisZ], s.heaven.lst(at))
	if err != nil {
		return err
	}
	r, err := s.wayTo(op, goal{axes: axes, side: side}, at, before)
	if err != nil {
		return err
	}
	s.begin(SlewingToAxes)
	s.setOut(now, at, before, r)
	return nil
}

// standing returns the course of standing where the knot has the axes.
func (s *state) standing(at driver.Instant, k knot) course {
	c := s.course
	c.sky, c.follow, c.paused, c.detour, c.pass, c.bias = false, false, false, false, passage{}, bias{}
	for i := range c.line {
		c.line[i] = k.at(i, at)
	}
	return c
}

// stand brings all axes to rest.
func (s *state) stand(now driver.Instant) {
	s.nudger, s.idle = "", [axisCount]model.Rate{}
	at, before := s.change(now)
	s.switchTo(s.standing(at, before), at, before, [axisCount]way{match, match, match})
	s.plan(now)
}

// endPlay is how far beyond the limits of its axes the mount begins to track:
// where tracking has ended at one, a slew away from it has to begin so.
const endPlay = model.Angle(math.Pi / 180)

// trackHere makes the place on the sky at which the axes point the target. It
// returns fault.BelowLimit or fault.AboveLimit below the horizon, near the Sun,
// and where tracking would lead an axis that is beyond its limits further out.
func (s *state) trackHere(now driver.Instant) error {
	at, before := s.change(now)
	pos := s.commanded(before, at)
	axes := model.Axes{Z: pos[AxisZ], A: pos[AxisA]}
	c := s.course
	c.side = s.sideOf(axes)
	hd, lst, b := s.heaven.chain.HourDec(axes), s.heaven.lst(at), s.bounds()
	m := b.margins(axes, c.side, lst)
	for _, l := range pathLimits {
		if m[l] < 0 {
			return b.beyond(l, "tracking", axes, c.side, lst)
		}
	}
	soon := hd
	soon.HA += model.Sidereal.Over(time.Second)
	later, _ := b.chain.Axes(soon, c.side)
	next := b.margins(model.Axes{Z: later.Z.Near(axes.Z), A: later.A.Near(axes.A)}, c.side, lst)
	for _, l := range [...]Limit{ZLowerLimit, ZUpperLimit, ALowerLimit, AUpperLimit} {
		if _, goesOn := s.otherWay(l); m[l] < -endPlay && next[l] < m[l] && !goesOn {
			return b.beyond(l, "tracking", axes, c.side, lst)
		}
	}
	old := s.course.target
	place := hd.Equatorial(s.heaven.lst(at))
	sky, _ := s.heaven.axes(place, at, c.side) // a tube just through the pole of a fork comes back
	c.sky, c.near, c.detour, c.pass, c.bias = true, sky.Z.Near(axes.Z), false, passage{}, s.unbiased(at)
	c.target = target{place: place, since: at, drive: old.drive, raRate: old.raRate, decRate: old.decRate, path: old.path}
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
	s.endPulses(now)
	if s.activity == Idle && !s.rotator.held {
		s.endNudge(now)
		return nil
	}
	switch s.activity {
	case Parking, Homing:
		s.tracking = s.trackAfter
	case SlewingToSky:
		s.unfollow(now)
	}
	s.release()
	s.end(Aborted)
	s.activity = Stopping
	s.stand(now)
	s.log.Info("motion aborted")
	return nil
}

// flip begins to bring a German mount to the other pointing state: at the
// place to which it slews, or else where it points.
func (s *state) flip(now driver.Instant, to pointing.PierSide) error {
	if !s.geometry.HasPierSide() {
		return fault.New(fault.Unsupported, "pier side", "only a German mount has pier sides")
	}
	if err := s.readyToSlew("pier side"); err != nil {
		return err
	}
	if to != pointing.Normal && to != pointing.Through {
		return fault.New(fault.Invalid, "pier side", "%v is none of the two", to)
	}
	side, hd, sky := s.course.side, s.heaven.chain.HourDec(s.axes), s.course.sky
	if s.activity == SlewingToSky || s.activity == SlewingToAxes { // by way of other places, perhaps
		g := &s.route.goal
		side, hd, sky = g.side, s.heaven.chain.HourDec(g.axes), g.sky
	}
	if to == side {
		return nil
	}
	at, before := s.change(now)
	if sky {
		hd = s.course.target.at(at).HourDec(s.heaven.lst(at))
	}
	b := s.bounds()
	if axes, _ := b.chain.Axes(hd, to); s.config.pastMeridian(axes.Z, to) > 0 {
		return fault.New(fault.Refused, "pier side", "%v", b.beyondMeridian("", hd.HA, to))
	}
	var err error
	if sky {
		err = s.slewToSky(now, s.course.target.at(at), to, s.course.target)
	} else {
		err = s.slewToRest(now, at, before, "pier side", hd, to)
	}
	if err == nil {
		s.counts.Flips++
	}
	return err
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
