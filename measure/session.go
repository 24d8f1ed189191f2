// SPDX-License-Identifier: GPL-3.0-or-later

package measure

import (
	"context"
	"time"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/mount"
)

// Kind is what is measured.
type Kind string

// The kinds of measurements.
const (
	StepSize Kind = "step_size" // of an axis, by a known angle
	Backlash Kind = "backlash"  // of an axis
	Encoder  Kind = "encoder"   // sense and counts of an axis's encoder
	Slew     Kind = "slew"      // the fastest speed of an axis
	Spin     Kind = "spin"      // the tube against the azimuth axis
	Rate     Kind = "rate"      // slow motion, with the commanded microstep shown
)

// Method is how an angle is known.
type Method string

// The methods for step sizes.
const (
	ByLevel   Method = "level"   // of axis A, from level to upright
	ByTurn    Method = "turn"    // of axis Z, a full turn
	ByMarks   Method = "marks"   // two marks at a distance
	ByAngle   Method = "angle"   // any known angle
	ByEncoder Method = "encoder" // on the axis, of known counts
)

// Request says what is to be measured. What is 0 and not needed may be left
// out.
type Request struct {
	Kind   Kind
	Axis   int    // mount.AxisZ or mount.AxisA
	Method Method // of step sizes

	Separation float64 // of two marks, and
	Distance   float64 // of the axis from the first, in the same unit
	AngleDeg   float64 // between two places; for the kind Slew by how much each try turns, 0 for enough

	ResolutionArcsec float64 // how finely the angle is known, or the first motion seen; 0 for what is usual

	LowDegPerS  float64 // where the search for the fastest speed begins; 0 for half the present one
	HighDegPerS float64 // and where it ends; 0 for 1.9 times the present one

	DotArcsec float64 // diameter of the dot of a spin alignment

	MicrostepsPerS float64 // of the kind Rate, of either sign
}

// Mark is what the observer says at a mark. Most need nothing.
type Mark struct {
	Word       string   // slew: ok or stalled; backlash: again
	X, Y       *float64 // spin: place of the dot, in its diameters
	HeadingDeg *float64 // spin: nil for what axis Z shows
}

// State is a measurement in progress. It is immutable.
type State struct {
	Kind  Kind
	Axis  int
	Since time.Time
	Marks int
	Next  string // what to do, in plain words
	Done  bool   // no more marks are needed
}

// Result is what a measurement has found so far.
type Result struct {
	Kind     Kind
	Axis     int
	Quantity string  // what Value is
	Unit     string  //
	Value    float64 // mean
	Spread   float64 // standard deviation of one measurement
	Count    int     // measurements
	Accuracy float64 // within which Value is believed; 0 for unknown
	Before   float64 // the value in force

	Verified     bool   // the value in force was seen to be right
	Verification string // why, or what to do for that
	Notes        []string
	Lines        []Setting // for the configuration file
}

// procedure is one kind of measurement as far as it has come. It is a value: a
// mark returns another one.
type procedure interface {
	ready(w world) error // why there can be no mark now
	mark(ctx context.Context, w world, m Mark) (procedure, error)
	next(w world) string
	marks() int
	done() bool
	result(w world) (Result, error)
	end(ctx context.Context, w world) error // stops what it moves, and puts back what it changed
}

// world is what a procedure sees and moves.
type world struct {
	mount Mount
	now   *mount.Snapshot
	fixed []Setting
}

// begin returns the procedure of a request.
func begin(ctx context.Context, w world, r Request) (procedure, error) {
	if r.Axis != mount.AxisZ && r.Axis != mount.AxisA {
		return nil, fault.New(fault.Invalid, op, "axis %d is none of 0 (Z) and 1 (A)", r.Axis)
	}
	if !(r.ResolutionArcsec >= 0) {
		return nil, fault.New(fault.Invalid, op, "a resolution of %g″ is none", r.ResolutionArcsec)
	}
	switch r.Kind {
	case StepSize:
		return beginSizing(w, r)
	case Backlash:
		return beginPlay(w, r)
	case Encoder:
		return beginEncoder(w, r)
	case Slew:
		return beginSlew(ctx, w, r)
	case Spin:
		return beginSpin(w, r)
	case Rate:
		return beginRate(ctx, w, r)
	}
	return nil, fault.New(fault.Invalid, op, "there is no measurement %.40q; there are step_size, backlash, encoder, slew, spin and rate", r.Kind)
}

const op = "measure"

// atRest reports why a mark cannot be made: the mount must be free and still.
func atRest(s *mount.Snapshot) error {
	switch {
	case s.Parked:
		return fault.New(fault.Refused, op, "the mount is parked; unpark it first")
	case s.Tracking:
		return fault.New(fault.Refused, op, "tracking is on; switch it off first, so that only what you do moves the axes")
	case s.Slewing || s.Activity != mount.Idle:
		return fault.New(fault.Refused, op, "the mount is %s; wait until it stands, or let the key go", s.Activity)
	}
	return nil
}

// idleEncoders reports why encoders would spoil a measurement.
func idleEncoders(s *mount.Snapshot) error {
	if s.Config.Mount.Encoders.Use {
		return fault.New(fault.Refused, op, "encoders correct the position; switch mount.encoders.use off first")
	}
	return nil
}

// naming is what must not change during a measurement: what the axes are
// called.
type naming struct {
	syncs  uint64
	resets uint64
}

func namingOf(s *mount.Snapshot) naming {
	n := naming{syncs: s.Counts.Syncs}
	for _, r := range s.Counts.EncoderResets {
		n.resets += r
	}
	return n
}

func (n naming) check(s *mount.Snapshot) error {
	if n != namingOf(s) {
		return fault.New(fault.Refused, op, "the position was set anew (by a sync or by encoders) since the last mark; cancel and begin again")
	}
	return nil
}
