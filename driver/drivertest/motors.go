// SPDX-License-Identifier: GPL-3.0-or-later

// Package drivertest checks that an implementation keeps driver's contracts.
//
// It compares what motors report with what came out of them, seen from
// outside: a Rig counts pulses, or follows the windings with a Rotor. The
// same tests run on the bench, where time is what Beat says, and on an
// executor that runs by itself.
package drivertest

import (
	"errors"
	"math"
	"testing"
	"time"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/model"
)

// Rig is a set of motors to be tested, released and with nothing queued, and
// a view of what they do.
type Rig struct {
	Motors driver.Motors
	Axes   int // at least 1

	Brake   float64 // deceleration without a plan, of every axis, microsteps/s²
	MaxRate float64 // what every axis can make, microsteps/s

	// Made returns the microsteps that left the motors' outputs since the
	// start of an axis, counted outside of the implementation.
	Made func(axis int) model.Microsteps

	// Energised, if not nil, reports whether any winding is on.
	Energised func() bool

	// Now and Sleep are the time of motors that run by themselves. With both
	// nil time is what Beat says, and a test takes no longer than its work.
	Now   func() driver.Instant
	Sleep func(time.Duration)
}

// Motors runs the contract's tests, each on motors of its own.
func Motors(t *testing.T, fresh func(t *testing.T) Rig) {
	for _, test := range []struct {
		name string
		run  func(*bench)
	}{
		{"released at first", released},
		{"plays what was planned", plays},
		{"segments must join", joins},
		{"splice changes the plan", splices},
		{"empty queue brakes", underrun},
		{"halt brakes from motion", haltMoving},
		{"halt in every state at rest", haltResting},
		{"resume rules", resumes},
		{"full queue", full},
		{"release", releases},
		{"late segment", late},
		{"count is what was made", counts},
	} {
		t.Run(test.name, func(t *testing.T) {
			rig := fresh(t)
			b := &bench{T: t, Rig: rig, rate: rig.MaxRate / 4}
			test.run(b)
		})
	}
}

// bench is a Rig in a test, with its time.
type bench struct {
	*testing.T
	Rig
	rate float64 // a moderate one
	now  driver.Instant
}

// beat is how often the motors hear from the planner.
const beat = 10 * time.Millisecond

// run lets d pass, beating.
func (b *bench) run(d time.Duration) {
	b.tick(0)
	for end := b.now.Add(d); b.now < end; {
		b.tick(min(beat, end.Sub(b.now)))
	}
}

func (b *bench) tick(d time.Duration) {
	if b.Now == nil {
		b.now = b.now.Add(d)
	} else {
		if d > 0 {
			b.Sleep(d)
		}
		b.now = b.Now()
	}
	b.Motors.Beat(b.now)
}

// lead is how far ahead to plan. An executor that runs by itself may be kept
// waiting by a busy computer.
func (b *bench) lead() time.Duration {
	if b.Now == nil {
		return 4 * beat
	}
	return 40 * beat
}

// soon is an instant early enough to be prompt and late enough not to be
// late.
func (b *bench) soon() driver.Instant {
	b.tick(0)
	return b.now.Add(b.lead())
}

// resumed makes the motors ready for motion.
func (b *bench) resumed() {
	b.Helper()
	var err error
	for range 50 { // an executor elsewhere needs a moment to see a halt
		if err = b.Motors.Resume(); err == nil {
			b.run(beat)
			return
		}
		b.run(beat)
	}
	b.Fatalf("resume: %v", err)
}

// queue appends s to axis 0.
func (b *bench) queue(s driver.Segment) {
	b.Helper()
	if err := b.Motors.Queue(0, s); err != nil {
		b.Fatalf("queue %+v: %v", s, err)
	}
}

// refused checks err's kind.
func (b *bench) refused(what string, err, kind error) {
	b.Helper()
	if !errors.Is(err, kind) {
		b.Errorf("%s: got %v, want %v", what, err, kind)
	}
}

// rest waits for axis 0 to come to rest, and checks its state and count.
func (b *bench) rest(state driver.State) driver.Report {
	b.Helper()
	var r driver.Report
	for range 1000 {
		b.run(beat)
		if r = b.Motors.Report(0); r.State == state {
			break
		}
	}
	switch made := b.Made(0); {
	case r.State != state:
		b.Fatalf("is %v, want %v: %+v", r.State, state, r)
	case r.Rate != 0:
		b.Errorf("%v at rate %v", r.State, r.Rate)
	case r.Emitted != made:
		b.Errorf("reports %d microsteps, made %d", r.Emitted, made)
	case r.Emitted != r.Position.Round():
		b.Errorf("emitted %d at position %.4f", r.Emitted, r.Position.Microsteps())
	}
	return r
}

// at checks that r is at p microsteps.
func (b *bench) at(r driver.Report, p float64) {
	b.Helper()
	if got := r.Position.Microsteps(); math.Abs(got-p) > 0.05 {
		b.Errorf("rests at %.4f microsteps, want %.4f", got, p)
	}
}

// move returns segments that go from p by way microsteps and rest there, at
// start: half of the time faster and faster, half slower and slower.
func (b *bench) move(start driver.Instant, p driver.Position, way float64) []driver.Segment {
	half := math.Sqrt(math.Abs(way) / b.Brake) // accelerating at Brake
	if half*b.Brake > b.rate {
		half = math.Abs(way) / b.rate
	}
	dur := time.Duration(half * 1e9)
	accel := way / (dur.Seconds() * dur.Seconds())
	first := driver.Segment{Start: start, Dur: dur, P: p, A: accel, Splice: true}
	middle, rate := first.At(first.End())
	return []driver.Segment{first, {Start: first.End(), Dur: dur, P: middle, V: rate, A: -accel}}
}
