// SPDX-License-Identifier: GPL-3.0-or-later

// Package driver holds the contracts between the control loops, which plan
// motion, and the things that move: segments of motion in, winding patterns
// or step pulses out, and a report of what was really emitted.
//
// Planning may be late; playing may not. So motion is handed over as
// timestamped segments ahead of time, and an executor (driver/executor) plays
// them, from the same code on the bench and on hardware.
package driver

import (
	"time"

	"github.com/siderostep/siderostep/model"
)

// Instant is a point on the monotonic time scale shared by planner and
// executor, in nanoseconds. Its zero is the start of the run (bench) or of
// the computer (hardware, CLOCK_MONOTONIC).
type Instant int64

// Add returns t + d.
func (t Instant) Add(d time.Duration) Instant { return t + Instant(d) }

// Sub returns t − u.
func (t Instant) Sub(u Instant) time.Duration { return time.Duration(t - u) }

// Position is where a motor stands, in 2⁻³² microsteps from the zero of its
// count. Range: ±2³¹ microsteps.
type Position int64

// One is the Position of one microstep.
const One Position = 1 << 32

// PositionOf returns the nearest Position to v microsteps.
func PositionOf(v float64) Position {
	if v < 0 {
		return -PositionOf(-v)
	}
	return Position(v*float64(One) + 0.5)
}

// Microsteps returns p in microsteps.
func (p Position) Microsteps() float64 { return float64(p) / float64(One) }

// Round returns the whole microstep nearest to p, halves upward.
func (p Position) Round() model.Microsteps { return model.Microsteps((p + One/2) >> 32) }

// Segment is one piece of an axis's motion, a cubic in time: after t seconds
// from Start the motor stands at P + V·t + A·t²/2 + J·t³/6 microsteps.
//
// A cubic carries a jerk-limited slew in seven segments and tracking in one
// per knot of the sky's curve, and a late executor that evaluates it is where
// it should be at once; nothing is summed.
type Segment struct {
	Start Instant
	Dur   time.Duration // > 0
	P     Position
	V     float64 // microsteps per second
	A     float64 // microsteps per second²
	J     float64 // microsteps per second³

	// Splice marks a change of plan: all queued motion from Start on is
	// discarded. Without it, a segment starts where and when the one before
	// it ends.
	Splice bool
}

// End returns the instant at which s is over.
func (s *Segment) End() Instant { return s.Start.Add(s.Dur) }

// At returns position and rate (microsteps per second) at instant t.
func (s *Segment) At(t Instant) (Position, float64) {
	dt := float64(t-s.Start) * 1e-9
	move := dt * (s.V + dt*(s.A/2+dt*s.J/6))
	return s.P + PositionOf(move), s.V + dt*(s.A+dt*s.J/2)
}

// State says what an axis is doing.
type State uint8

// The states of an axis.
const (
	Released State = iota // windings off; the position is not to be trusted
	Holding               // still, windings on
	Playing               // moving as planned
	Braking               // ramping to rest because of Halt or an empty queue
	Halted                // at rest after Halt; takes no segments until Resume
)

func (s State) String() string {
	return [...]string{"released", "holding", "playing", "braking", "halted"}[s]
}

// Report is what an executor has really done with one axis up to At.
type Report struct {
	At       Instant
	Position Position         // the point of the plan that is being played
	Rate     float64          // its rate, microsteps per second
	Emitted  model.Microsteps // microsteps given to the motor: the count
	QueueEnd Instant          // when the queued motion ends; At when none is queued
	State    State

	Underruns uint64        // queues that ran empty while moving
	Splices   uint64        // changes of plan played
	Late      uint64        // segments that arrived after their start
	WorstLate time.Duration // the worst of them

	Queued int           // segments held, the one being played included
	Duty   float64       // winding current: sum of the shares of time that windings are on, 0 to 2; 0 for step pulses
	On     time.Duration // Duty, summed over time
	Counters
}

// Counters count what happened to one axis, beside the plan.
type Counters struct {
	Steps     uint64 // steps emitted, both ways; a half step is one
	CatchUps  uint64 // differences from the plan taken out gradually
	Skips     uint64 // stretches of motion missed by waking up too late
	LimitHits uint64 // motion stopped at a limit of the count
	Faults    uint64 // output failures, each of which halted the axes
	Restarts  uint64 // executors that took over from one that had died
	Lost      uint64 // motions in which the rotor may have been left behind: an executor died, or woke too late, while it moved
}

// Motors is a set of axes played by one executor. The control loop that owns
// the axes is its only caller, except for Halt.
type Motors interface {
	// Beat tells the executor that the planner lives, and what time it is.
	// On the bench, whose executor runs inside the process, all motion up to
	// now is played before Beat returns.
	Beat(now Instant)

	// Queue appends s to the motion of an axis. It returns fault.Full when
	// the executor can hold no more, fault.Invalid when s does not join the
	// motion before it and is not a Splice, fault.Refused while halted or
	// released; then nothing is queued and the motion already queued goes on.
	// A segment that starts in the past is played from the present on, and
	// counted as late. A queue that runs empty while moving ends in a braking
	// ramp, so that the count stays exact.
	Queue(axis int, s Segment) error

	// Report returns what was really played, as of the latest Beat.
	Report(axis int) Report

	// Halt discards all queued motion, brakes every axis at its hard limit
	// and holds. Any goroutine may call it at any time; it is idempotent.
	Halt()

	// Resume ends a halt, once every axis is at rest, or energises released
	// windings. Queued motion must then start with a Splice at the reported
	// position. It returns fault.Refused while an axis still brakes.
	Resume() error

	// Release cuts the winding currents of axes at rest. It returns
	// fault.Refused while an axis moves. The position is untrusted afterwards.
	Release() error
}

// MaxSlots is the number of entries a Pattern can hold: two motors with two
// active windings each, and the pause.
const MaxSlots = 6

// Slot is one control word and how long it stands.
type Slot struct {
	Word uint16 // one bit a winding; which, the port's wiring says
	For  uint16 // time slots, > 0
}

// Pattern is one period of pulse-width modulation: control words and their
// shares of the period. It is repeated until the next Drive.
type Pattern struct {
	N     int // entries used, 1 to MaxSlots
	Slots [MaxSlots]Slot
}

// Period returns the sum of all shares.
func (p *Pattern) Period() int {
	sum := 0
	for i := range p.N {
		sum += int(p.Slots[i].For)
	}
	return sum
}

// Windings is a port that holds the windings of one or two motors.
type Windings interface {
	// Drive puts p on the windings from instant at on, until the next call.
	// Instants never decrease.
	Drive(at Instant, p *Pattern) error
}

// Pulser is a step-and-direction input.
type Pulser interface {
	// Pulse makes one step at instant at. Instants never decrease.
	Pulse(at Instant, clockwise bool) error
}

// Thermometer reads a temperature.
type Thermometer interface {
	// Celsius returns the temperature, or fault.Hardware when there is none
	// to be had.
	Celsius() (float64, error)
}
