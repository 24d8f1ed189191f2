// SPDX-License-Identifier: GPL-3.0-or-later

package mount

import (
	"cmp"
	"errors"
	"log/slog"
	"time"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/horizon"
	"github.com/siderostep/siderostep/model/motion"
	"github.com/siderostep/siderostep/model/pointing"
)

// state is everything the control loop knows. It has neither clock nor lock:
// each method is told the instant, and only the loop calls them.
type state struct {
	motors    driver.Motors
	log       *slog.Logger
	config    *Config // replaced whole
	geometry  pointing.Geometry
	heaven    heaven
	alignment *Alignment // how the heaven's model came about

	microstep [axisCount]model.Angle
	reports   [axisCount]driver.Report
	axes      model.Axes // played, as of the last observe
	zero      model.Axes // what the axes Z and A read where their motors count 0
	gears     [2]gearing // of the axes Z and A
	counting  bool       // a motor makes counted steps: reversals are not made up for

	course    course
	profiles  [axisCount]profile
	ramp      motion.Ramp    // of slews, where it is to be the original's
	planned   driver.Instant // end of the queued motion
	last      lastKnot
	folds     [maxFolds]fold
	folded    int
	splice    bool              // the next piece replaces what is queued
	degraded  bool              // axis Z cannot keep up with the sky
	starved   bool              // the executor braked by itself; plan anew when it rests
	underruns [axisCount]uint64 // as last seen
	halted    bool              // Halt was called, or the motors were lost; wait for a command
	power     [axisCount]power
	refused   int  // the axis of which the executor last refused a piece
	cornered  bool // motion is being stopped at the limit of a count

	activity   Activity
	settled    driver.Instant // when the activity Settling ends
	tracking   bool
	trackAfter bool // tracking before parking
	parked     bool
	atHome     bool
	trusted    bool
	parkAt     *model.Axes // set by SetPark; nil for that of the configuration
	slewFault  error
	stopped    error
	moving     bool   // a motion that counts is under way
	motions    uint64 // see Snapshot.Motions
	counts     Counts
	ticked     driver.Instant // the latest tick
	phase      Phase          // as of it
	speeds     [2]float64     // of the axes Z and A as of it, radians/s

	held        [axisCount]model.Rate
	gain        [2]model.Rate // of the held rates of Z and A, every second
	drifts      [2]model.Rate // of the axes Z and A beside what they track
	guide       guide
	encoders    encoders
	idle        [axisCount]model.Rate // of the axes when holding began
	holder      string
	polar       Polar
	drift       DriftAlignment
	nudger      string // who moves the target with direction keys
	holderHeard driver.Instant

	rotator rotator

	skyline   *horizon.Profile
	simulated bool
	route     route
	outlook   outlook
}

func newState(cfg Config, p Parts, now driver.Instant) (*state, error) {
	geometry, err := pointing.ParseGeometry(cfg.Mount.Geometry)
	if err != nil {
		return nil, err
	}
	s := &state{motors: p.Motors, log: p.Log, config: &cfg, geometry: geometry, trusted: true, skyline: p.Skyline, simulated: p.Simulated}
	// A clockwise step turns the camera clockwise; angles on the sky, and so
	// the rotator's, grow counter-clockwise.
	s.microstep = [axisCount]model.Angle{cfg.Mount.Z.microstep(), cfg.Mount.A.microstep(), -cfg.Rotator.step()}
	for i := range s.profiles {
		s.profiles[i] = newProfile(s.limitsOf(i).Ramp)
	}
	if s.ramp, err = cfg.Mount.ramp(); err != nil {
		return nil, err
	}
	if p.Saved != nil && p.Saved.Encoders != nil {
		s.encoders.offset, s.encoders.known, s.encoders.saved = *p.Saved.Encoders, true, true
	}
	s.mesh(p.Saved)
	utc := p.Epoch.Round(0).UTC()
	if s.alignment, err = Preset(cfg, utc); err != nil {
		return nil, err
	}
	if p.Saved != nil {
		if s.alignment, err = s.restore(p.Saved, s.alignment, cfg, utc); err != nil {
			return nil, err
		}
	}
	m, err := s.alignment.Parts().Build()
	if err != nil {
		return nil, err
	}
	s.rotator.reversed = cfg.Rotator.Reverse
	s.heaven = newHeaven(p.Epoch, now, cfg.Site, m)
	s.observe(now)
	s.course.side = s.sideOf(s.axes)
	s.rest(now)
	return s, nil
}

// rest makes standing still where the axes now are the course. The target
// keeps its drive, its offsets and the body that it follows.
func (s *state) rest(now driver.Instant) {
	old := &s.course.target
	c := course{side: s.course.side, target: target{drive: old.drive, raRate: old.raRate, decRate: old.decRate, path: old.path}}
	for i := range c.line {
		c.line[i] = line{since: now, pos: s.played(i)}
		s.profiles[i] = newProfile(s.limitsOf(i).Ramp)
	}
	for i := range s.gears {
		s.gears[i].stay(*s.config.axisConfig(i))
	}
	s.counting = false
	c.near, c.turned = c.line[AxisZ].pos, c.line[AxisRotator].pos
	s.course, s.planned, s.splice = c, now, true
	s.last.known, s.folded = false, 0
}

// played returns the angle to which a motor has brought its axis.
func (s *state) played(axis int) model.Angle {
	at := s.microstep[axis].Mul(s.reports[axis].Position.Microsteps()) + s.zeroOf(axis)
	if axis < len(s.gears) {
		at += s.gears[axis].band.Taken()
	}
	return at
}

// zeroOf returns what an axis reads where its motor counts 0.
func (s *state) zeroOf(axis int) model.Angle { return [axisCount]model.Angle{s.zero.Z, s.zero.A}[axis] }

func (s *state) axisPresent(axis int) bool {
	return axis != AxisRotator || s.config.Rotator.Enabled
}

// observe learns what the motors have done up to now.
func (s *state) observe(now driver.Instant) {
	moving := s.wasMoving()
	s.motors.Beat(now)
	for i := range s.reports {
		if s.axisPresent(i) {
			s.reports[i] = s.motors.Report(i)
		}
	}
	for i := range s.gears {
		s.gears[i].follow(&s.reports[i], s.microstep[i])
	}
	s.axes = model.Axes{Z: s.played(AxisZ), A: s.played(AxisA)}
	for i := range s.reports {
		if s.axisPresent(i) {
			if why := s.lost(now, i); why != nil && !s.halted {
				s.loseMotors(now, i, why, moving)
			}
		}
	}
	for i := range s.reports {
		if s.axisPresent(i) {
			s.noticeBraking(i)
		}
	}
}

// noticeBraking takes note of motors that brake, or have braked, without
// having been told by the plan: because of Halt, or because the plan came too
// late.
func (s *state) noticeBraking(axis int) {
	r := &s.reports[axis]
	late := r.Underruns > s.underruns[axis]
	s.underruns[axis] = r.Underruns
	switch {
	case r.State == driver.Halted:
		if !s.halted {
			s.halted = true
			s.tracking = false
			s.endPolar("motion was halted")
			s.end(Halted)
			s.activity = Idle
			s.release()
			if !errors.Is(s.stopped, fault.Hardware) && !s.cornered { // the motors were halted because of that
				s.stopped = fault.New(fault.Cancelled, "motion", "halted")
			}
			s.log.Warn("motion halted")
		}
	case r.State == driver.Braking || late:
		if !s.starved {
			s.starved = true
			s.log.Warn("motors braked by themselves: halted, or the plan came too late")
		}
	}
}

// still reports whether no axis moves.
func (s *state) still() bool {
	for i, r := range s.reports {
		if s.axisPresent(i) && (r.State == driver.Playing || r.State == driver.Braking) {
			return false
		}
	}
	return true
}

// released reports whether the windings are off or the motors halted, so
// that nothing can be planned.
func (s *state) released() bool {
	return s.reports[AxisZ].State == driver.Released || s.power[AxisZ].leaving || s.halted
}

// step does the work of one tick.
func (s *state) step(now driver.Instant) {
	s.observe(now)
	s.followHand()
	s.noticeReversals(now)
	s.renew(now)
	s.pursue(now)
	s.recover(now)
	s.watch(now)
	s.watchGuiding()
	s.accelerate(now)
	s.advance(now)
	if s.degraded && !s.course.detour && s.profiles[AxisZ].done(now) {
		s.degraded = false
	}
	s.settleRotator(now)
	s.guardLimits(now)
	s.foresee(now)
	s.guardTravel(now)
	s.plan(now)
	s.notePhase(now)
}

// recover plans anew, from where they came to rest, after motors have braked
// by themselves. Unless halted, tracking and motion with an aim go on; held
// motion ends.
func (s *state) recover(now driver.Instant) {
	if !s.starved || !s.still() {
		return
	}
	s.starved = false
	wanted := s.course
	s.rest(now)
	switch {
	case s.halted:
	case s.activity == Held || s.activity == Stopping:
		s.release()
		s.end(Starved)
		s.activity = Stopping
	default:
		at, before := s.change(now)
		if s.rotator.held {
			s.release()
			wanted.line[AxisRotator] = before.at(AxisRotator, at)
		}
		ways := [axisCount]way{}
		if s.moving {
			ways = bySlew
		}
		s.switchTo(wanted, at, before, ways)
	}
}

// advance lets activities end that are over.
func (s *state) advance(now driver.Instant) {
	if s.starved {
		return
	}
	moved := s.activity != Idle
	defer func() {
		if moved && s.activity == Idle {
			s.arrived(now)
		}
	}()
	switch s.activity {
	case SlewingToSky, SlewingToAxes:
		if now >= s.arrives() && !s.onward(now) {
			s.end(Arrived)
			s.activity = Settling
			s.settled = now.Add(s.settleTime())
		}
	case Settling:
		if now >= s.settled {
			s.activity = Idle
			s.followOrRest(now)
		}
	case Homing:
		if now >= s.arrives() && !s.onward(now) {
			s.end(Arrived)
			s.activity, s.atHome = Idle, true
		}
	case Parking:
		if now >= s.arrives() && !s.onward(now) {
			s.end(Arrived)
			s.activity, s.parked = Idle, true
			s.log.Info("parked", "z_deg", s.axes.Z.Degrees(), "a_deg", s.axes.A.Degrees())
		}
	case Stopping:
		if now >= s.arrives() {
			s.activity, s.cornered = Idle, false
			s.followOrRest(now)
		}
	}
}

// arrived is what there is to do once the axes have come to rest, or onto
// their target.
func (s *state) arrived(now driver.Instant) {
	s.encoders.slewed = true
	if s.counting && !s.course.sky && s.still() {
		s.rest(now) // where the tube is, which the motor may not have moved
	}
	s.counting = false
}

// followOrRest makes the course agree with the wish to track, once the axes
// have come to where they were sent.
func (s *state) followOrRest(now driver.Instant) {
	switch {
	case s.tracking && !s.course.sky:
		if err := s.trackHere(now); err != nil {
			s.stopTracking(now, err)
		}
	case !s.tracking && s.course.sky:
		s.stand(now)
	}
}

func (s *state) settleTime() time.Duration {
	return time.Duration(s.config.Mount.SettleS * float64(time.Second))
}

// snapshot returns the present state for readers.
func (s *state) snapshot(now driver.Instant) *Snapshot {
	pointed := s.pointed(s.axes, now)
	hd := s.heaven.chain.HourDec(pointed)
	lst := s.heaven.lst(now)
	snap := &Snapshot{
		At: now, UTC: s.heaven.utc(now), LST: lst, Config: s.config, Model: s.heaven.chain.Model, Alignment: s.alignment, Polar: s.polar, Drift: s.drift,
		Axes: s.axes, Equatorial: hd.Equatorial(lst), Horizontal: s.heaven.chain.Horizontal(pointed), Pier: s.pier(),
		Activity: s.activity, Slewing: s.activity != Idle || s.rotator.held,
		Tracking: s.tracking, Parked: s.parked, AtHome: s.atHome, Trusted: s.trusted,
		Degraded:  s.degraded,
		SlewFault: s.slewFault, Stopped: s.stopped, Motions: s.motions, Counts: s.counts,
		Ticked: s.ticked, Phase: s.phaseNow(), Arrival: s.arrival(),
		Drive: s.course.target.drive, RARate: s.course.target.raRate, DecRate: s.course.target.decRate,
		Following: s.following(),
		HeldRates: s.held, Holder: cmp.Or(s.holder, s.nudger),
		Reports: s.reports, Backlash: s.backlash(now),
		Encoders: s.encoderState(now), Guiding: s.guideState(now), AxisDrift: s.drifts,
		FieldAngle: s.fieldAngle(s.axes), FieldRate: s.fieldRate(now),
		Limit: s.limitState(now), side: s.course.side, bounds: s.bounds(),
		parkAt: s.parkAt, trackAfter: s.trackAfter, zero: s.zero, encoderZero: s.encoders.zero(), ccw: [2]bool{s.gears[AxisZ].ccw, s.gears[AxisA].ccw},
		savedRotator: SavedRotator{Offset: s.rotator.offset, Wanted: s.rotator.wanted, Asked: s.rotator.asked},
	}
	if s.course.sky {
		snap.HasTarget, snap.Target = true, s.course.target.at(now)
		snap.Target.RA = snap.Target.RA.Wrap()
		snap.Guided = s.course.target.correction(now)
		snap.GuideEnd = s.course.target.guideEnd()
	} else if s.route.travel && s.route.goal.sky {
		snap.HasTarget, snap.Target = true, s.course.target.at(now)
		snap.Target.RA = snap.Target.RA.Wrap()
	}
	snap.Rotator = s.rotator.state(s, now, snap.FieldAngle)
	return snap
}

// pier returns the pointing state, PierUnknown for mounts that have none.
func (s *state) pier() pointing.PierSide {
	if !s.geometry.HasPierSide() {
		return pointing.PierUnknown
	}
	return s.course.side
}

// followHand counts the side anew while the axes are moved by hand: through
// the mount's pole it changes.
func (s *state) followHand() {
	if !s.course.sky && (s.activity == Held || s.activity == Stopping) {
		s.course.side = s.sideOf(s.axes)
	}
}

// sideOf returns the side that axes belong to; close to the pole, where that
// is not certain, the side in force.
func (s *state) sideOf(axes model.Axes) pointing.PierSide {
	if !s.geometry.TwoWays() {
		return pointing.Normal
	}
	if side, certain := s.heaven.chain.Model.Side(axes); certain {
		return side
	}
	return s.course.side
}
