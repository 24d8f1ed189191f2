// SPDX-License-Identifier: GPL-3.0-or-later

package metrics

import (
	"slices"
	"strings"
	"time"

	"github.com/siderostep/siderostep/mount"
)

// Encoders tell how the box stands that reads the encoders of the axes.
type Encoders struct {
	Up       bool   // its line is open, and the latest question brought a reading
	Readings uint64 // believed
	Silent   uint64 // questions without any reply
	Garbage  uint64 // replies that were none, or not possible
	Refused  uint64 // readings not believed, because no axis is so fast
	Lost     uint64 // times that its line was lost
	Failed   uint64 // times that it could not be opened
	Reopened uint64
}

// Executor tells how the process stands that plays the motion of real motors.
type Executor struct {
	Up       bool
	Restarts uint64        // executors started in the place of one that ended
	Healthy  bool          // the keep-alive line may toggle
	Silent   time.Duration // since it was heard
	RealTime bool          // it goes before all ordinary processes
	Locked   bool          // its memory cannot be paged out

	KeepAliveFaults, InputFaults, AuxFaults uint64 // writes and reads that failed
}

// Paddle tells how the hand paddle stands.
type Paddle struct {
	Mode  string // one of its modes, by the word of the configuration
	Ready bool   // its lines can be read, and its keys count
	Stuck int    // keys held now that are taken to be stuck, or are ignored for another reason

	Presses  uint64 // of mode keys, obeyed or refused
	Refused  uint64 // of these
	Motions  uint64 // begun by keys
	Jammed   uint64 // keys taken to be stuck
	Failures uint64 // times that the lines could not be read any more
	Silent   uint64 // times that another source of keys fell silent with one down
}

// paddleModes are the modes of the hand paddle, in the manual's order.
var paddleModes = [...]string{
	"off", "init_auto", "init_1", "init_2", "init_3", "polar", "analyze", "guide", "guide_stay", "guide_stay_save", "guide_rotate", //nolint:misspell // analyze is the original's word
	"guide_drag", "grand_tour", "scroll", "scroll_auto", "record", "toggle_track", "rotator", "focus", "aux",
}

// resetNames are those of the mount, as words of one piece.
var resetNames = func() (names [len(mount.Counts{}.EncoderResets)]string) {
	for i := range names {
		names[i] = strings.ReplaceAll(mount.ResetCause(i).String(), " ", "_")
	}
	return names
}()

// devices puts what stands beside the motors and is configured.
func (p page) devices(m *Metrics, s *mount.Snapshot) {
	if m.encoders != nil {
		v := m.encoders()
		p.encoders(&v, s)
	}
	if m.executor != nil {
		v := m.executor()
		p.executor(&v)
	}
	if m.paddle != nil {
		v := m.paddle()
		p.paddle(&v)
	}
}

// encoders puts what the box says of itself, and the mount of its readings.
func (p page) encoders(v *Encoders, s *mount.Snapshot) {
	p.flag(encoderUp, v.Up)
	p.count(encoderReadings, v.Readings)
	p.count(encoderFailures, v.Silent, "silent")
	p.count(encoderFailures, v.Garbage, "garbage")
	p.count(encoderFailures, v.Refused, "refused")
	p.count(encoderLosses, v.Lost)
	p.count(encoderOpenFailures, v.Failed)
	p.count(encoderReopens, v.Reopened)

	e := &s.Encoders
	p.flag(encoderUsed, e.Use)
	for i, n := range s.Counts.EncoderResets {
		p.count(encoderResets, n, resetNames[i])
	}
	if !e.Known || e.Stale {
		return
	}
	p.angle(encoderPosition, e.Angles.Z, axisNames[mount.AxisZ])
	p.angle(encoderPosition, e.Angles.A, axisNames[mount.AxisA])
	p.angle(encoderDifference, e.Difference.Z, axisNames[mount.AxisZ])
	p.angle(encoderDifference, e.Difference.A, axisNames[mount.AxisA])
}

func (p page) executor(v *Executor) {
	p.flag(executorUp, v.Up)
	p.count(executorRestarts, v.Restarts)
	p.flag(executorHealthy, v.Healthy)
	p.put(executorSilence, max(0, v.Silent).Seconds())
	p.flag(executorRealTime, v.RealTime)
	p.flag(executorLocked, v.Locked)
	p.count(executorFaults, v.KeepAliveFaults, "keep_alive")
	p.count(executorFaults, v.InputFaults, "inputs")
	p.count(executorFaults, v.AuxFaults, "aux")
}

func (p page) paddle(v *Paddle) {
	if slices.Contains(paddleModes[:], v.Mode) { // or the page would have one series more
		for _, mode := range paddleModes {
			p.flag(paddleMode, mode == v.Mode, mode)
		}
	}
	p.flag(paddleReady, v.Ready)
	p.put(paddleStuck, float64(v.Stuck))
	p.count(paddlePresses, v.Presses)
	p.count(paddleRefused, v.Refused)
	p.count(paddleMotions, v.Motions)
	p.count(paddleJams, v.Jammed)
	p.count(paddleFailures, v.Failures)
	p.count(paddleSilent, v.Silent)
}
