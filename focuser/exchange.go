// SPDX-License-Identifier: GPL-3.0-or-later

package focuser

import (
	"context"
	"errors"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/fault"
)

// What is asked of a servo. The first half of each runs in the worker, and
// touches the device only; the report it returns runs in the loop.

// give returns the report of a failure, after which the line is closed.
func (s *servo) give(d Servo, err error) report {
	if !errors.Is(err, fault.Cancelled) {
		d.Close()
	}
	return func(now driver.Instant) { s.lost(now, err) }
}

// stateOf is what a look at the motor shows. Whether it is done is asked
// first: the position of a motor that is done does not change any more.
func stateOf(ctx context.Context, d Servo) (raw int, done bool, err error) {
	if done, err = d.Done(ctx); err == nil {
		raw, err = d.Position(ctx)
	}
	return raw, done, err
}

func (s *servo) connect() {
	s.worker.ask(false, func(ctx context.Context, d Servo) report {
		if err := d.Connect(ctx); err != nil {
			return s.give(d, err)
		}
		low, high, err := d.Limits(ctx)
		if err != nil {
			return s.give(d, err)
		}
		raw, done, err := stateOf(ctx, d)
		if err != nil {
			return s.give(d, err)
		}
		return func(now driver.Instant) { s.connected(now, low, high, raw, done) }
	})
}

func (s *servo) look() {
	s.worker.ask(true, func(ctx context.Context, d Servo) report {
		raw, done, err := stateOf(ctx, d)
		if err != nil {
			return s.give(d, err)
		}
		return func(now driver.Instant) { s.seen(now, raw, done) }
	})
}

func (s *servo) send() {
	goal, quick := s.goal, s.pace != slow
	s.worker.ask(false, func(ctx context.Context, d Servo) report {
		if err := d.Goto(ctx, goal, quick); err != nil {
			return s.give(d, err)
		}
		return func(now driver.Instant) {
			if s.phase == ordered && s.goal == goal && quick == (s.pace != slow) {
				s.phase = going
			}
			s.moves, s.progress = true, now
			s.again(now)
		}
	})
}

func (s *servo) stop() {
	calibrating := s.ends.Running
	s.worker.ask(false, func(ctx context.Context, d Servo) report {
		if calibrating {
			if err := d.Calibrate(ctx, false); err != nil {
				return s.give(d, err)
			}
		}
		if err := d.Stop(ctx); err != nil {
			return s.give(d, err)
		}
		return func(now driver.Instant) {
			if calibrating {
				s.ends.Running, s.ends.Stage = false, 0
				s.ends.Fault = fault.New(fault.Cancelled, "calibrate", "given up")
			}
			if s.phase == stopping {
				s.phase = stopped
			}
			s.again(now)
		}
	})
}

func (s *servo) begin() {
	s.worker.ask(false, func(ctx context.Context, d Servo) report {
		if err := d.Calibrate(ctx, true); err != nil {
			return s.give(d, err)
		}
		return func(now driver.Instant) {
			// Told to stop meanwhile, it has to be stopped from this too.
			s.start, s.ends.Running, s.ends.Stage = false, true, 0
			s.again(now)
		}
	})
}

func (s *servo) lookAtEnds() {
	s.worker.ask(true, func(ctx context.Context, d Servo) report {
		done, stage, err := d.Calibration(ctx)
		if err != nil {
			return s.give(d, err)
		}
		if !done {
			return func(now driver.Instant) { s.calibrating(now, stage) }
		}
		low, high, err := d.Limits(ctx)
		if err != nil {
			return s.give(d, err)
		}
		raw, done, err := stateOf(ctx, d)
		if err != nil {
			return s.give(d, err)
		}
		return func(now driver.Instant) { s.calibrated(now, low, high, raw, done) }
	})
}

// calibrating takes in how far calibration is. Not done and at no stage means
// that it ended without a result.
func (s *servo) calibrating(now driver.Instant, stage int) {
	s.ends.Stage = stage
	if stage == 0 {
		s.ends.Running = false
		s.ends.Fault = fault.New(fault.Hardware, "calibrate", "the focus motor gave it up")
	}
	s.again(now)
}

func (s *servo) calibrated(now driver.Instant, low, high, raw int, done bool) {
	s.ends.Running, s.ends.Stage = false, 0
	s.connected(now, low, high, raw, done)
	if s.ends.Needed {
		s.ends.Fault = fault.New(fault.Hardware, "calibrate", "the focus motor found no travel, from %d to %d", low, high)
	}
}
