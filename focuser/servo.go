// SPDX-License-Identifier: GPL-3.0-or-later

package focuser

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/fault"
)

const (
	pollMoving    = 500 * time.Millisecond
	pollIdle      = 2 * time.Second // sees the hand controller's moves, and a line that is gone
	pollEnds      = time.Second     // of a calibration
	retryEvery    = 5 * time.Second
	stalled       = 10 * time.Second // without a step, while the motor says that it moves
	servoTravel   = 60000            // steps; more of it is not used
	servoAccuracy = 50               // steps from where it was sent that a motor may end
)

// phase is how far a servo is with what it was asked for.
type phase uint8

const (
	resting  phase = iota
	ordered        // to be sent somewhere
	going          // on its way
	stopping       // to be stopped
	stopped        // told to stop, and not yet seen to stand
)

// servo is the engine of a motor that keeps its own count. What is asked of
// it takes milliseconds to seconds, so a worker asks, one thing at a time,
// and the loop goes on; see worker.go and
// exchange.go.
//
// Position 0 is at the inner end of its travel, where its own count is
// highest.
type servo struct {
	worker worker
	log    *slog.Logger

	offline error          // why it cannot be reached
	told    bool           // the log
	next    driver.Instant // when to look at it, or to try again to reach it
	at      int            // its position, in ours

	phase    phase
	goal     int // its own count
	pace     pace
	progress driver.Instant // when it was last seen to move on
	failed   error          // why phase is resting again
	moves    bool           // it says so

	ends  Calibration
	raw   int
	start bool // calibration is to begin
}

func newServo(p Parts, position int) *servo {
	return &servo{
		worker: newWorker(p.Servo), log: p.Log, at: position, ends: Calibration{Possible: true, Needed: true},
		offline: fault.New(fault.Hardware, "focus motor", "not reached yet"),
	}
}

func (s *servo) run(ctx context.Context) { s.worker.run(ctx) }

func (s *servo) trusted() bool { return s.offline == nil && !s.ends.Needed && !s.ends.Running }
func (s *servo) use(*Config)   {}

func (s *servo) adopt(int) error {
	return fault.New(fault.Unsupported, "set position", "this motor keeps its own count, whose zero is the inner end of its travel; calibrate it")
}

// travel returns the highest position, 0 while it is not known.
func (s *servo) travel() int {
	if s.ends.Needed {
		return 0
	}
	return min(s.ends.High-s.ends.Low, servoTravel)
}

func (s *servo) position() int { return s.at }

func (s *servo) still() bool {
	return s.offline != nil || s.phase == resting && !s.moves && !s.ends.Running && !s.start
}

func (s *servo) describe(n *Snapshot) {
	n.Offline, n.Calibration = s.offline, s.ends
	n.Moving = n.Moving || !s.still() // by itself, or to calibrate
}

func (s *servo) ready() error {
	switch {
	case s.offline != nil:
		return s.offline
	case s.ends.Running || s.start:
		return fault.New(fault.Refused, "move", "the focus motor is being calibrated")
	case s.ends.Needed:
		return fault.New(fault.Refused, "move", "the ends of the focus motor's travel are not known; calibrate it first")
	}
	return nil
}

func (s *servo) goTo(now driver.Instant, to int, p pace) {
	s.goal, s.pace, s.phase, s.failed = s.ends.High-to, p, ordered, nil
	s.worker.hurry()
	s.plan(now)
}

func (s *servo) brake(now driver.Instant) int {
	if !s.still() {
		s.phase, s.failed, s.start = stopping, nil, false
		s.worker.hurry()
		s.plan(now)
	}
	return s.at
}

func (s *servo) halt(now driver.Instant) { s.brake(now) }

func (s *servo) over(driver.Instant) (bool, error) { return s.phase == resting, s.failed }

func (s *servo) calibrate(now driver.Instant, begin bool) error {
	switch {
	case s.offline != nil:
		return s.offline
	case !begin && (s.ends.Running || s.start):
		s.brake(now)
		return nil
	case !begin:
		return nil
	case s.moves || s.phase != resting:
		return fault.New(fault.Refused, "calibrate", "the focus motor moves; halt it first")
	case s.ends.Running || s.start:
		return nil
	}
	s.start, s.ends.Fault = true, nil
	s.worker.hurry()
	s.plan(now)
	return nil
}

func (s *servo) observe(now driver.Instant) {
	if done, ok := s.worker.done(); ok {
		done(now)
	}
	s.plan(now)
}

// plan asks the motor the next thing, once it has answered the one before.
func (s *servo) plan(now driver.Instant) {
	switch {
	case s.worker.busy:
	case s.offline != nil:
		if now >= s.next {
			s.connect()
		}
	case s.phase == stopping:
		s.stop()
	case s.phase == ordered:
		s.send()
	case s.start:
		s.begin()
	case now < s.next:
	case s.ends.Running:
		s.lookAtEnds()
	default:
		s.look()
	}
}

// lost is when the motor cannot be reached any more.
func (s *servo) lost(now driver.Instant, err error) {
	if errors.Is(err, fault.Cancelled) { // by us, in a hurry
		return
	}
	if !s.told {
		s.log.Warn("the focus motor cannot be reached; trying again", "err", err)
	}
	s.told = true
	s.offline, s.next = err, now.Add(retryEvery)
	s.moves, s.start = false, false
	if s.phase != resting {
		s.phase, s.failed = resting, err
	}
	if s.ends.Running {
		s.ends.Running, s.ends.Stage, s.ends.Fault = false, 0, err
	}
}

// connected takes in what a motor says that was reached.
func (s *servo) connected(now driver.Instant, low, high, raw int, done bool) {
	if s.offline != nil {
		s.log.Info("the focus motor answers", "lowest", low, "highest", high, "position", raw)
	}
	s.offline, s.told = nil, false
	s.limited(low, high)
	s.stands(raw)
	s.moves = !done
	s.again(now)
}

// again sets when to look at the motor next.
func (s *servo) again(now driver.Instant) {
	switch {
	case s.ends.Running:
		s.next = now.Add(pollEnds)
	case s.phase != resting || s.moves:
		s.next = now.Add(pollMoving)
	default:
		s.next = now.Add(pollIdle)
	}
}

func (s *servo) limited(low, high int) {
	s.ends.Low, s.ends.High, s.ends.Needed = low, high, high <= low
}

// stands takes in where the motor is. Without limits that is no position.
func (s *servo) stands(raw int) {
	s.raw = raw
	if !s.ends.Needed {
		s.at = min(max(s.ends.High-raw, 0), s.travel())
	}
}

// seen takes in a look at the motor.
func (s *servo) seen(now driver.Instant, raw int, done bool) {
	moved := raw != s.raw
	s.stands(raw)
	s.moves = !done && (moved || s.phase == going)
	if moved {
		s.progress = now
	}
	switch {
	case s.phase == going && (done || !moved && raw == s.goal):
		s.moves = false
		s.phase = resting
		if short := abs(raw - s.goal); short > servoAccuracy {
			s.failed = fault.New(fault.Hardware, "move", "the focus motor stopped %d steps from where it was sent; does something hold it?", short)
		}
	case s.phase == going && now.Sub(s.progress) >= stalled:
		s.failed = fault.New(fault.Hardware, "move", "the focus motor has not moved for %v; does something hold it?", stalled)
		s.log.Error("focus motor stopped", "err", s.failed)
		s.phase = stopping
	case s.phase == stopped && (done || !moved):
		s.phase = resting
	}
	s.again(now)
}
