// SPDX-License-Identifier: GPL-3.0-or-later

package mount

import "time"

// Counts are what the mount has done since its start.
type Counts struct {
	Begun         [Stopping]uint64 // motions, by activity: slews, parking, homing, held
	Ended         [endings]uint64  // the same, by Ending
	Syncs         uint64
	Pulses        [4]uint64           // guide pulses, by Direction
	Guiding       [4]time.Duration    // how long they were asked to last, together
	Stalls        uint64              // tracking that stopped by itself
	Ticks         uint64              // of the control loop
	EncoderResets [resetCauses]uint64 // of the position, by ResetCause
	Flips         uint64              // to the other pier side, begun by command or at a limit; slews apart
}

// Ending is how a motion came to its end.
type Ending uint8

// The endings of motion.
const (
	Arrived    Ending = iota // also held motion that its client ended
	Aborted                  // by Abort
	Superseded               // by the next motion
	Halted                   // by Halt
	Silent                   // its client was not heard of any more
	Limited                  // by a limit
	Starved                  // the motors braked because no motion was queued
	Failed                   // by an error of the motors
	endings
)

func (e Ending) String() string {
	return [...]string{"arrived", "aborted", "superseded", "halted", "silent", "limit", "starved", "failed"}[e]
}

// begin makes a the activity, and forgets the outcome of the one before.
func (s *state) begin(a Activity) {
	s.end(Superseded)
	s.nudger = "" // motion chooses a target of its own
	s.guide, s.counting, s.cornered = guide{}, false, false
	s.activity, s.atHome, s.slewFault, s.stopped = a, false, nil, nil
	s.moving = true
	s.outlook.reached, s.route = false, route{}
	s.motions++
	s.counts.Begun[a]++
}

// end counts the end of the motion under way, if there is one.
func (s *state) end(how Ending) {
	if !s.moving {
		return
	}
	s.moving = false
	s.counts.Ended[how]++
	if how != Arrived {
		s.route = route{}
		s.motions++
	}
}
