// SPDX-License-Identifier: GPL-3.0-or-later

package focuser

import (
	"log/slog"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model/focus"
)

// cause says why the motor moves.
type cause uint8

const (
	moving       cause = iota // to a position
	jogging                   // as long as a key is held
	compensating              // after the temperature
	halting                   // no longer
)

// state is everything the loop knows; see mount for how loop and state part.
type state struct {
	engine engine
	log    *slog.Logger
	config *Config

	target  int  // asked for
	overrun bool // on the way beyond the target, to come back in the right direction
	busy    bool // something was asked for, and is not over
	why     cause
	fault   error

	at    int  // position when last observed
	sure  bool // whether that was sure
	slack int  // steps of backlash not taken up in the setting's direction

	holder      string
	held        Hold
	holderHeard driver.Instant

	tempComp bool
	thermal  thermal
	presets  []Preset
	findings focus.Findings
}

func newState(cfg Config, p Parts) *state {
	s := &state{log: p.Log, config: &cfg, tempComp: cfg.TempComp, slack: abs(cfg.BacklashSteps)}
	s.thermal.thermometer, s.thermal.log = p.Thermometer, p.Log
	if was := p.Saved; was != nil {
		s.tempComp, s.presets, s.findings = was.TempComp, was.Presets, was.Findings
		if !was.Moving {
			s.slack = min(was.Slack, s.slack)
		}
	}
	start := cfg.StartCount(p.Saved)
	if cfg.Motor == Celestron {
		s.engine = newServo(p, start)
	} else {
		s.engine = newSteps(p, s.config, start, p.Saved.sure(cfg))
	}
	s.at, s.sure = s.engine.position(), s.engine.trusted()
	s.target = s.at
	if !s.sure && cfg.Motor != Celestron {
		p.Log.Warn("where the focuser stands is not sure: the last run ended while it moved, or its position is beyond focuser.max_step", "position", p.Saved.Position)
	}
	return s
}

// observe learns what the motor has done.
func (s *state) observe(now driver.Instant) {
	s.engine.observe(now)
	if n := s.engine.travel(); n > 0 && n != s.config.MaxStep {
		cfg := *s.config
		cfg.MaxStep = n
		s.config = &cfg
		s.engine.use(s.config)
	}
	s.takeUp()
}

// step does the work of one tick, after observe.
func (s *state) step(now driver.Instant) {
	s.thermal.look(now)
	s.watch(now)
	s.advance(now)
	s.compensate(now)
	s.engine.plan(now)
}

// advance ends a move, or sends the motor back after an overrun.
func (s *state) advance(now driver.Instant) {
	if !s.busy {
		return
	}
	over, err := s.engine.over(now)
	switch {
	case !over:
	case err == nil && s.overrun:
		s.overrun = false
		s.engine.goTo(now, s.target, travel)
	default:
		s.end(err)
	}
}

// end is when what was asked for is over.
func (s *state) end(err error) {
	if s.why == jogging || s.why == halting || err != nil {
		s.target = s.engine.position()
	}
	if s.why != compensating {
		s.refocused()
	}
	s.busy, s.overrun, s.holder, s.fault = false, false, "", err
}

// begin sends the motor to a position.
func (s *state) begin(now driver.Instant, why cause, to int, p pace) {
	s.busy, s.why, s.fault, s.target = true, why, nil, to
	s.engine.goTo(now, to, p)
}

// approach sends the motor to a position so that it ends in the direction of
// the backlash setting.
func (s *state) approach(now driver.Instant, why cause, to int) {
	first := s.viaBacklash(to)
	s.begin(now, why, first, travel)
	s.target, s.overrun = to, first != to
}

// move begins to move to a position.
func (s *state) move(now driver.Instant, to int) error {
	if err := s.engine.ready(); err != nil {
		return err
	}
	to = min(max(to, 0), s.config.MaxStep)
	s.holder = ""
	if to == s.engine.position() && !s.busy {
		s.fault, s.target = nil, to
		s.refocused() // the observer is content with it
		return nil
	}
	s.approach(now, moving, to)
	return nil
}

// nudge moves on from the target of a move, or from where the motor stands.
func (s *state) nudge(now driver.Instant, by int) error {
	from := s.engine.position()
	if s.busy && s.why == moving {
		from = s.target
	}
	most := s.config.MaxStep // so that no sum is too large for an int
	return s.move(now, from+min(max(by, -most), most))
}

// halt stops the motor with a ramp.
func (s *state) halt(now driver.Instant) error {
	s.overrun, s.holder, s.why = false, "", halting
	s.target = s.engine.brake(now)
	return nil
}

func (s *state) setPosition(position int) error {
	if err := s.within("set position", position); err != nil {
		return err
	}
	if s.busy {
		return fault.New(fault.Refused, "set position", "the motor moves; halt it first")
	}
	if err := s.engine.adopt(position); err != nil {
		return err
	}
	s.at, s.sure, s.fault = position, true, nil
	s.settle()
	return nil
}

// settle says that the focuser is where it should be: its position was
// learned, and nothing has moved.
func (s *state) settle() {
	if !s.busy {
		s.target = s.at
		s.refocused()
	}
}

func (s *state) within(op string, position int) error {
	if position < 0 || position > s.config.MaxStep {
		return fault.New(fault.Invalid, op, "position %d; 0 to %d is accepted", position, s.config.MaxStep)
	}
	return nil
}

func (s *state) calibrate(now driver.Instant, begin bool) error {
	servo, ok := s.engine.(*servo)
	if !ok {
		return fault.New(fault.Unsupported, "calibrate", "this motor does not look for the ends of its travel; set its position")
	}
	if s.busy && begin {
		return fault.New(fault.Refused, "calibrate", "the motor moves; halt it first")
	}
	return servo.calibrate(now, begin)
}

func (s *state) configure(change func(*Config)) error {
	cfg := *s.config
	change(&cfg)
	if err := cfg.Validate(); err != nil {
		return err
	}
	if err := cfg.frozen(s.config, s.busy); err != nil {
		return err
	}
	if cfg.BacklashSteps != s.config.BacklashSteps {
		s.slack = abs(cfg.BacklashSteps) // how much of it is taken up is not known
	}
	s.config = &cfg
	s.engine.use(s.config)
	s.target = min(s.target, cfg.MaxStep)
	return nil
}
