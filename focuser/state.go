// SPDX-License-Identifier: GPL-3.0-or-later

package focuser

import (
	"log/slog"
	"math"
	"time"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model/motion"
)

const (
	lead   = 10 * time.Millisecond  // how far ahead a change of plan begins
	queued = 400 * time.Millisecond // how much motion the executor holds
	ramp   = 20 * time.Millisecond  // in which the acceleration builds up
)

// compensationStep is how far the focus must be off, in steps, before
// temperature moves it.
const compensationStep = 1

// state is everything the loop knows; see mount for how loop and state part.
type state struct {
	motors      driver.Motors
	thermometer driver.Thermometer
	log         *slog.Logger
	config      *Config

	report  driver.Report
	course  float64 // where the motor is to be, in steps
	profile motion.Profile
	planned driver.Instant
	splice  bool

	target   int  // asked for
	overrun  bool // on the way beyond the target, to come back in the right direction
	moving   bool
	late     bool // the motor braked by itself
	tempComp bool
	fault    error

	celsius   float64
	warm      bool    // celsius is known
	reference float64 // celsius at which the focus was last right
	nextLook  driver.Instant
}

func newState(cfg Config, p Parts) *state {
	s := &state{motors: p.Motors, thermometer: p.Thermometer, log: p.Log, config: &cfg, tempComp: cfg.TempComp}
	s.profile = motion.NewProfile(ramp)
	s.observe(0)
	if p.Saved != nil {
		s.tempComp = p.Saved.TempComp
	}
	s.target = s.position()
	s.course = float64(s.report.Emitted)
	s.splice = true
	return s
}

// StartCount returns the motor's count at power-on.
func (c Config) StartCount(saved *Saved) int {
	if saved != nil {
		return saved.Position
	}
	return c.StartPosition
}

func (s *state) observe(now driver.Instant) {
	s.motors.Beat(now)
	was := s.report.Underruns
	s.report = s.motors.Report(0)
	s.late = s.late || s.report.Underruns > was
}

func (s *state) still() bool {
	return s.report.State != driver.Playing && s.report.State != driver.Braking
}

func (s *state) position() int {
	return min(max(int(s.report.Emitted), 0), s.config.MaxStep)
}

// step does the work of one tick.
func (s *state) step(now driver.Instant) {
	s.observe(now)
	s.look(now)
	s.advance(now)
	s.compensate(now)
	s.plan(now)
}

// lookEvery is how often the temperature is read.
const lookEvery = 5 * time.Second

func (s *state) look(now driver.Instant) {
	if s.thermometer == nil || now < s.nextLook {
		return
	}
	s.nextLook = now.Add(lookEvery)
	celsius, err := s.thermometer.Celsius()
	if err != nil {
		if s.warm {
			s.log.Warn("the thermometer fell silent", "err", err)
		}
		s.warm = false
		return
	}
	if !s.warm {
		s.reference = celsius
	}
	s.celsius, s.warm = celsius, true
}

// advance ends a move, or sends the motor back after an overrun.
func (s *state) advance(now driver.Instant) {
	if !s.moving {
		return
	}
	if s.report.State == driver.Halted {
		s.moving = false
		s.fault = fault.New(fault.Cancelled, "move", "halted")
		return
	}
	if s.late {
		s.goOn(now)
		return
	}
	if !s.profile.Done(seconds(now)) || int(s.report.Emitted) != int(s.course) {
		return
	}
	if s.overrun {
		s.overrun = false
		s.steer(now, s.target)
		return
	}
	s.moving = false
}

// goOn resumes a move whose plan came too late, once the motor has braked to
// rest by itself.
func (s *state) goOn(now driver.Instant) {
	if !s.still() {
		return
	}
	s.late = false
	s.log.Warn("the plan came too late; the move goes on from where the motor stopped")
	to := int(s.course)
	s.course, s.profile = float64(s.report.Emitted), motion.NewProfile(ramp)
	s.steer(now, to)
}

// compensate follows the temperature while nothing else is going on.
func (s *state) compensate(now driver.Instant) {
	if !s.tempComp || !s.warm || s.moving {
		return
	}
	steps := int(math.Round((s.celsius - s.reference) * s.config.StepsPerC))
	if abs(steps) < compensationStep || s.config.StepsPerC == 0 {
		return
	}
	s.reference += float64(steps) / s.config.StepsPerC
	s.target = min(max(s.target+steps, 0), s.config.MaxStep)
	if err := s.ready(); err != nil {
		return
	}
	s.steer(now, s.target) // by steps so few that backlash matters less than the pause to take it up
}

// ready energises the motor.
func (s *state) ready() error {
	switch s.report.State {
	case driver.Released, driver.Halted:
		if err := s.motors.Resume(); err != nil {
			return err
		}
		s.report = s.motors.Report(0)
		s.course, s.profile, s.splice = float64(s.report.Emitted), motion.NewProfile(ramp), true
	case driver.Braking:
		return fault.New(fault.Refused, "move", "the motor is braking")
	}
	return nil
}

// move begins to move to a position.
func (s *state) move(now driver.Instant, to int) error {
	if err := s.ready(); err != nil {
		return err
	}
	to = min(max(to, 0), s.config.MaxStep)
	s.fault, s.target, s.overrun = nil, to, false
	if s.warm {
		s.reference = s.celsius // the observer has focused anew
	}
	if to == int(s.course) && !s.moving {
		return nil
	}
	s.moving = true
	s.steer(now, s.viaBacklash(to))
	return nil
}

// viaBacklash returns where to go first, so that the move ends in the
// direction of the backlash setting's sign.
func (s *state) viaBacklash(to int) int {
	b := s.config.BacklashSteps
	way := to - int(s.report.Emitted)
	if b == 0 || way == 0 || (way > 0) == (b > 0) {
		return to
	}
	first := min(max(to-b, 0), s.config.MaxStep)
	s.overrun = first != to
	return first
}

// steer sends the motor to a position.
func (s *state) steer(now driver.Instant, to int) {
	at := now.Add(lead)
	if s.profile.Done(seconds(now)) {
		s.planned = at
	} else if s.planned < at {
		at = max(s.planned, now)
	}
	s.profile.Shift(seconds(at), s.course-float64(to), 0)
	s.profile.Seek(seconds(at), s.limits())
	s.course = float64(to)
	s.planned, s.splice = at, true
	s.plan(now)
}

func (s *state) limits() motion.Limits {
	return motion.Limits{Rate: s.config.MaxRate, Accel: s.config.Accel, Ramp: ramp}
}

// halt stops the motor with a ramp.
func (s *state) halt(now driver.Instant) error {
	if !s.moving || s.profile.Done(seconds(now)) {
		s.overrun = false
		return nil
	}
	at := max(now.Add(lead), now)
	if s.planned < at {
		at = s.planned
	}
	s.overrun = false
	s.profile.Shift(seconds(at), 0, 0)
	stop := s.course + s.profile.Match(seconds(at), s.limits())
	// Come to rest on a whole step.
	to := math.Round(stop)
	s.profile.Shift(seconds(at), stop-to, 0)
	s.profile.Seek(seconds(at), s.limits())
	s.course, s.target = to, min(max(int(to), 0), s.config.MaxStep)
	s.planned, s.splice = at, true
	s.plan(now)
	return nil
}

// plan keeps the executor supplied.
func (s *state) plan(now driver.Instant) {
	for s.planned < now.Add(queued) {
		if s.profile.Done(seconds(s.planned)) {
			s.splice = true
			return
		}
		from := s.planned
		to := from.Add(50 * time.Millisecond)
		if b := s.profile.NextBreak(seconds(from) + 1e-6); b < seconds(to) {
			to = driver.Instant(b * 1e9)
		}
		if err := s.motors.Queue(0, s.segment(from, to)); err != nil {
			if fault.KindOf(err) != fault.Full {
				s.fault, s.moving = err, false
				s.motors.Halt()
				s.log.Error("focus motor stopped", "err", err)
			}
			return
		}
		s.planned, s.splice = to, false
	}
}

func (s *state) segment(from, to driver.Instant) driver.Segment {
	d0, v0 := s.profile.At(seconds(from))
	d1, v1 := s.profile.At(seconds(to))
	t := to.Sub(from).Seconds()
	mean := (d1 - d0) / t
	return driver.Segment{
		Start: from, Dur: to.Sub(from), Splice: s.splice,
		P: driver.PositionOf(s.course + d0), V: v0,
		A: (6*mean - 4*v0 - 2*v1) / t,
		J: (6*(v0+v1) - 12*mean) / (t * t),
	}
}

func (s *state) setTempComp(on bool) error {
	if on && !s.warm {
		return fault.New(fault.Unsupported, "temperature compensation", "there is no thermometer")
	}
	if on && !s.tempComp {
		s.reference = s.celsius
	}
	s.tempComp = on
	return nil
}

func (s *state) configure(change func(*Config)) error {
	cfg := *s.config
	change(&cfg)
	if err := cfg.Validate(); err != nil {
		return err
	}
	if cfg.Enabled != s.config.Enabled {
		return fault.New(fault.Refused, "configure", "focuser.enabled cannot change while running; change the configuration file and restart")
	}
	if s.moving && cfg.MaxStep != s.config.MaxStep {
		return fault.New(fault.Refused, "configure", "focuser.max_step cannot change while the motor moves")
	}
	s.config = &cfg
	return nil
}

func (s *state) snapshot(now driver.Instant) *Snapshot {
	return &Snapshot{
		At: now, Config: s.config, Position: s.position(), Target: s.target, Moving: s.moving,
		TempComp: s.tempComp, HasTemperature: s.warm, TemperatureC: s.celsius,
		Fault: s.fault, Report: s.report,
	}
}

func seconds(t driver.Instant) float64 { return float64(t) * 1e-9 }
