// SPDX-License-Identifier: GPL-3.0-or-later

package metrics

import (
	"strconv"
	"time"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/focuser"
)

// focusSource is one focuser as metrics know it.
type focusSource struct {
	number   string // the value of the label focuser
	axis     string // of the label axis, and of the label executor
	snapshot func() *focuser.Snapshot
	lateness func() clock.Tally // nil for none
}

func newFocusSource(n int, snapshot func() *focuser.Snapshot, lateness func() clock.Tally) focusSource {
	number := strconv.Itoa(n)
	return focusSource{number: number, axis: "focuser" + number, snapshot: snapshot, lateness: lateness}
}

// focusRecord is what Run remembers of one focuser.
type focusRecord struct {
	lastFault error
	failed    [causes]uint64 // moves
	reached   bool
	lost      uint64 // times that its motor could be reached, and then could not
}

// note takes note of a snapshot. While the motor cannot be reached, Fault says
// no more than that; afterwards it is that of the move again.
func (r *focusRecord) note(s *focuser.Snapshot) {
	if !s.Connected() {
		if r.reached {
			r.lost++
		}
		r.reached = false
		return
	}
	r.reached = true
	count(&r.failed, r.lastFault, s.Fault)
	r.lastFault = s.Fault
}

// focus puts one focuser. What a motor that cannot be reached last said is not
// said again.
func (p page) focus(f *focusSource, s *focuser.Snapshot) {
	n := f.number
	p.flag(focusConnected, s.Connected(), n)
	p.flag(focusTempComp, s.TempComp, n)
	if s.HasTemperature {
		p.put(focusTemperature, s.TemperatureC, n)
	}
	if c := &s.Calibration; c.Possible && s.Connected() {
		p.flag(focusCalibrating, c.Running, n)
		p.flag(focusUncalibrated, c.Needed, n)
	}
	if f.lateness != nil {
		p.durations(executorLate, f.lateness(), f.axis)
	}
	if !s.Connected() {
		return
	}
	p.flag(focusTrusted, s.Trusted, n)
	p.flag(focusMoving, s.Moving, n)
	p.flag(focusHeld, s.Holder != "", n)
	p.put(focusSlack, float64(s.Slack), n)
	p.put(focusCompensation, float64(s.Compensation), n)
	if !s.Calibration.Needed {
		p.put(focusPosition, float64(s.Position), n)
		p.put(focusTarget, float64(s.Target), n)
		p.put(focusLimit, float64(s.Config.MaxStep), n)
		if um := s.Config.StepUM; um > 0 {
			p.put(focusMeters, float64(s.Position)*um*1e-6, n)
		}
	}
	if s.Config.Motor == focuser.Celestron {
		return // it counts by itself
	}
	r := &s.Report
	p.motor(f.axis, &motor{
		count: int64(r.Emitted), queue: time.Duration(r.QueueEnd - r.At), state: r.State.String(),
		underruns: r.Underruns, late: r.Late, splices: r.Splices, worstLate: r.WorstLate,
		queued: r.Queued, steps: r.Steps, catchUps: r.CatchUps, slips: r.Skips, limitHits: r.LimitHits, faults: r.Faults,
	})
}
