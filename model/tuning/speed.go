// SPDX-License-Identifier: GPL-3.0-or-later

package tuning

import "github.com/siderostep/siderostep/fault"

// Speed is a search for the fastest speed at which a motor does not stall: it
// halves the distance between one that it follows and one that it does not.
// It is a value; Answer returns the next one. Speeds are in any unit.
//
// Source: config-dat.md §6: faster until the motor buzzes, then back off.
type Speed struct {
	good, bad  float64 // followed; stalled, or the top of the search
	resolution float64
	tested     bool // good was tried
	done       bool
}

const opSpeed = "slew speed"

// FindSpeed begins a search from low, at which the motor should turn, to high,
// to a resolution. It returns fault.Invalid unless 0 < low < high.
func FindSpeed(low, high, resolution float64) (Speed, error) {
	if !(low > 0 && high > low && resolution > 0) {
		return Speed{}, fault.New(fault.Invalid, opSpeed, "from %g to %g by %g; the speeds must be above 0, and the second above the first", low, high, resolution)
	}
	return Speed{good: low, bad: high, resolution: resolution}, nil
}

// Try returns the speed to be tried next, 0 when there is none.
func (s Speed) Try() float64 {
	switch {
	case s.done:
		return 0
	case !s.tested:
		return s.good
	}
	return (s.good + s.bad) / 2
}

// Answer says whether the motor followed at the speed of Try. A motor that
// stalls at the lowest speed ends the search without a speed.
func (s Speed) Answer(followed bool) Speed {
	tried := s.Try()
	switch {
	case s.done:
		return s
	case !s.tested && !followed:
		s.good, s.done = 0, true
		return s
	case followed:
		s.good = tried
	default:
		s.bad = tried
	}
	s.tested = true
	s.done = s.bad-s.good <= s.resolution
	return s
}

// Done reports whether the search is over.
func (s Speed) Done() bool { return s.done }

// Fastest returns the fastest speed that the motor has followed so far; 0 for
// none.
func (s Speed) Fastest() float64 {
	if !s.tested && !s.done {
		return 0
	}
	return s.good
}

// Safe returns the fastest speed less a margin, a share such as 0.2: cold
// grease, a low battery and wind want some.
func (s Speed) Safe(margin float64) float64 { return s.Fastest() * (1 - margin) }
