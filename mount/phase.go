// SPDX-License-Identifier: GPL-3.0-or-later

package mount

import (
	"math"

	"github.com/siderostep/siderostep/driver"
)

// Phase is how far a motion of the axes Z and A has come.
type Phase uint8

// The phases of motion.
const (
	NoMotion Phase = iota // none but tracking
	Accelerating
	Cruising
	Braking
	SettlingDown
	Phases // their number
)

func (p Phase) String() string {
	return [...]string{"none", "accelerating", "cruising", "braking", "settling"}[p]
}

// cruise is the part of an axis's acceleration below which its speed counts
// as steady.
const cruise = 0.02

// notePhase tells the phase from the speed of the axis that arrives last, now
// and a tick ago.
func (s *state) notePhase(now driver.Instant) {
	dt := now.Sub(s.ticked).Seconds()
	s.ticked = now
	s.counts.Ticks++
	axis := AxisZ
	if s.profiles[AxisA].end() > s.profiles[AxisZ].end() {
		axis = AxisA
	}
	speeds := s.speeds
	for i := range s.speeds {
		s.speeds[i] = math.Abs(s.reports[i].Rate) * s.microstep[i].Abs().Radians()
	}
	gain := (s.speeds[axis] - speeds[axis]) / dt
	steady := cruise * s.vigour(axis)
	switch {
	case s.activity == Settling:
		s.phase = SettlingDown
	case s.reports[AxisZ].State == driver.Braking || s.reports[AxisA].State == driver.Braking:
		s.phase = Braking
	case s.activity == Idle:
		s.phase = NoMotion
	case gain > steady:
		s.phase = Accelerating
	case gain < -steady:
		s.phase = Braking
	default:
		s.phase = Cruising
	}
}

// phaseNow returns the phase for a snapshot, which may be of a command that
// came since the tick.
func (s *state) phaseNow() Phase {
	switch {
	case s.activity == Idle && s.phase != Braking:
		return NoMotion
	case s.activity != Idle && s.activity != Settling && s.phase == NoMotion:
		return Accelerating
	}
	return s.phase
}

// arrival returns when the axes Z and A will have come to where they are
// sent, 0 while they are not.
func (s *state) arrival() driver.Instant {
	switch s.activity {
	case SlewingToSky, SlewingToAxes, Homing, Parking, Stopping:
		return s.arrives()
	}
	return 0
}
