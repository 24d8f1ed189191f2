// SPDX-License-Identifier: GPL-3.0-or-later

package focuser

import (
	"context"
	"log/slog"
	"time"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/fault"
)

const (
	lead   = 10 * time.Millisecond  // how far ahead a change of plan begins
	queued = 400 * time.Millisecond // how much motion the executor holds
	piece  = 50 * time.Millisecond  // the longest segment

	// overdue is how long after the end of its plan a motor that stands
	// elsewhere is given up.
	overdue = 2 * time.Second
)

// steps is the engine of a motor on the executor, which counts what it emits:
// a stepper motor, or a DC motor behind relays, whose steps are what it is
// reckoned to make in the time that it runs.
type steps struct {
	motors driver.Motors
	log    *slog.Logger
	config *Config
	sure   bool  // the position is
	zero   int64 // count at position 0

	path    path
	report  driver.Report
	planned driver.Instant // the end of what is queued
	splice  bool
	late    bool // the motor braked by itself
	pace    pace // of the latest goTo
	failed  error
	was     driver.Counters // at the latest goTo
}

// newSteps returns an engine whose motor stands at a position.
func newSteps(p Parts, cfg *Config, position int, sure bool) *steps {
	s := &steps{motors: p.Motors, log: p.Log, config: cfg}
	s.path = newRamped(func() *Config { return s.config })
	if cfg.Motor == Relays {
		s.path = new(switched)
	}
	s.observe(0)
	s.sure = sure
	s.calibrate(position)
	s.rest()
	return s
}

func (s *steps) run(context.Context) {}

// sense is +1, or −1 for a motor that turns the other way round.
func (s *steps) sense() int64 {
	if s.config.Reverse {
		return -1
	}
	return 1
}

// calibrate says which position the present count is.
func (s *steps) calibrate(position int) { s.zero = int64(s.report.Emitted) - s.sense()*int64(position) }

func (s *steps) count(position int) int64 { return s.zero + s.sense()*int64(position) }

func (s *steps) positionOf(count int64) int {
	return min(max(int(s.sense()*(count-s.zero)), 0), s.config.MaxStep)
}

func (s *steps) position() int { return s.positionOf(int64(s.report.Emitted)) }
func (s *steps) travel() int   { return 0 }
func (s *steps) trusted() bool { return s.sure }

// rest forgets the path: the motor stands.
func (s *steps) rest() {
	s.path.place(float64(s.report.Emitted))
	s.splice = true
}

func (s *steps) observe(now driver.Instant) {
	s.motors.Beat(now)
	was := s.report
	s.report = s.motors.Report(0)
	s.late = s.late || s.report.Underruns > was.Underruns
	s.sure = s.sure && s.report.Lost == was.Lost
}

func (s *steps) halt(driver.Instant) { s.motors.Halt() }

func (s *steps) still() bool {
	return s.report.State != driver.Playing && s.report.State != driver.Braking
}

// adopt is fault.Refused while the motor moves.
func (s *steps) adopt(position int) error {
	if !s.still() {
		return fault.New(fault.Refused, "set position", "the motor moves; halt it first")
	}
	s.calibrate(position)
	s.sure = true
	return nil
}

// use keeps the position when the sense changes.
func (s *steps) use(c *Config) {
	at := s.position()
	turned := c.Reverse != s.config.Reverse
	s.config = c
	if turned {
		s.calibrate(at)
	}
}

func (s *steps) describe(n *Snapshot) { n.Report = s.report }

// ready energises the motor.
func (s *steps) ready() error {
	switch s.report.State {
	case driver.Released, driver.Halted:
		if err := s.motors.Resume(); err != nil {
			return err
		}
		s.report = s.motors.Report(0)
		s.rest()
	case driver.Braking:
		return fault.New(fault.Refused, "move", "the motor is braking")
	}
	return nil
}

func (s *steps) goTo(now driver.Instant, to int, p pace) {
	s.pace, s.failed, s.was = p, nil, s.report.Counters
	s.steer(now, s.count(to))
}

func (s *steps) steer(now driver.Instant, count int64) {
	s.replan(now, func(at driver.Instant) { s.path.steer(at, float64(count), s.config.rate(s.pace)) })
}

// replan changes the path from the earliest instant on.
func (s *steps) replan(now driver.Instant, change func(at driver.Instant)) {
	at := now.Add(lead)
	if !s.path.done(now) && s.planned < at {
		at = max(s.planned, now)
	}
	change(at)
	s.planned, s.splice = at, true
	s.plan(now)
}

func (s *steps) brake(now driver.Instant) int {
	if !s.path.done(now) {
		s.replan(now, func(at driver.Instant) { s.path.stop(at) })
	}
	return s.positionOf(int64(s.path.end()))
}

func (s *steps) over(now driver.Instant) (bool, error) {
	switch {
	case s.failed != nil:
		s.rest() // nothing more is to be planned
		return true, s.failed
	case s.report.State == driver.Halted:
		s.rest()
		return true, s.whyHalted()
	case s.late:
		s.goOn(now)
		return false, nil
	case !s.path.done(now):
		return false, nil
	case int64(s.report.Emitted) == int64(s.path.end()):
		return true, nil
	case s.report.State == driver.Holding && now.Sub(s.planned) > overdue:
		s.rest()
		return true, fault.New(fault.Hardware, "move", "the motor stopped at %d, short of where it was sent", s.position())
	}
	return false, nil
}

// whyHalted returns why the executor halted the motor.
func (s *steps) whyHalted() error {
	switch r := &s.report; {
	case r.Faults > s.was.Faults:
		s.sure = false
		return fault.New(fault.Hardware, "move", "the motor's output failed; where it stands is not sure")
	case r.LimitHits > s.was.LimitHits:
		return fault.New(fault.AboveLimit, "move", "stopped at a limit of the motor's count, at %d", s.position())
	}
	return fault.New(fault.Cancelled, "move", "halted")
}

// goOn resumes a move whose plan came too late, once the motor has braked to
// rest by itself.
func (s *steps) goOn(now driver.Instant) {
	if !s.still() {
		return
	}
	s.late = false
	s.log.Warn("the plan came too late; the move goes on from where the motor stopped")
	to := int64(s.path.end())
	s.rest()
	s.steer(now, to)
}

// plan keeps the executor supplied.
func (s *steps) plan(now driver.Instant) {
	for s.planned < now.Add(queued) {
		if s.path.done(s.planned) {
			s.splice = true
			return
		}
		next := s.path.piece(s.planned, s.planned.Add(piece))
		next.Splice = s.splice
		if err := s.motors.Queue(0, next); err != nil {
			if fault.KindOf(err) != fault.Full {
				s.failed = err
				s.motors.Halt()
				s.log.Error("focus motor stopped", "err", err)
			}
			return
		}
		s.planned, s.splice = next.End(), false
	}
}
