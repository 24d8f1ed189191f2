// SPDX-License-Identifier: GPL-3.0-or-later

package executor

import (
	"time"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/model"
)

// farewell is how an executor comes to an end: the axes brake, hold for a
// while, creep to a full step where that is wanted, and are released.
type farewell struct {
	begun   driver.Instant // when the executor began
	lost    bool           // the planner has not been heard for too long
	leaving bool           // Leave was called
	hold    time.Duration  // of Leave
	quiet   driver.Instant // since when all is at rest, on the way out; 0 while it is not
	cut     bool           // windings are to be released
	gone    bool           // they were
	stuck   bool           // outputs could not be switched off
	tried   driver.Instant // when that was last tried
}

// heartbeatFresh is the age of the planner's latest Beat up to which the
// motors may have power.
//
// Source: stepper-core §9, hazard 3.
const heartbeatFresh = time.Second

// Healthy reports whether a keep-alive line may toggle at now: the planner
// has been heard within the last second, no output has failed since windings
// were last energised, and the queues are as they can be.
func (e *Executor) Healthy(now driver.Instant) bool {
	if e.closed || e.stuck || now.Sub(e.board.Heartbeat()) >= heartbeatFresh {
		return false
	}
	for i := range e.axes {
		if e.axes[i].faulty || !e.board.axes[i].ring.sane(e.taken[i]) {
			return false
		}
	}
	return true
}

// Leave makes the executor brake, hold, and release the windings; then it is
// Abandoned. It cannot be called off.
func (e *Executor) Leave(hold time.Duration) {
	if !e.leaving {
		e.leaving, e.hold = true, hold
		e.board.Halt()
	}
}

// Abandoned reports whether the executor has come to its end: all at rest and
// released, after Leave or because the planner was not heard.
func (e *Executor) Abandoned() bool {
	return !e.energised && e.atRest() && (e.leaving || e.gone)
}

// watch looks whether the planner lives, and goes on with the farewell.
func (e *Executor) watch(now driver.Instant) {
	limit := e.config.PlannerTimeout
	lost := limit > 0 && now.Sub(max(e.board.Heartbeat(), e.begun)) > limit
	if lost && !e.lost {
		e.board.Halt()
		e.obey()
	}
	e.lost = lost
	hold := e.hold
	if !e.leaving {
		hold = e.config.HoldAfterLoss
	}
	switch {
	case !e.lost && !e.leaving:
		e.quiet, e.cut = 0, false
	case !e.atRest():
	case e.quiet == 0:
		e.quiet = now
	case now.Sub(e.quiet) >= hold:
		e.cut = true
	}
}

// Forgotten notes that chips have forgotten which windings were to be on: the
// rotors of Windings axes may be anywhere. It halts the motion.
func (e *Executor) Forgotten() {
	e.distrust(func(a *axis) bool { return a.Kind == Windings })
}

// Unpowered notes that motors may have lost their power, as by a keep-alive
// line that no longer toggles: those that move may have been left behind. It
// halts the motion.
func (e *Executor) Unpowered() {
	e.distrust(func(a *axis) bool { return !a.atRest() })
}

func (e *Executor) distrust(concerns func(*axis) bool) {
	for i := range e.axes {
		if a := &e.axes[i]; concerns(a) {
			a.report.Lost++
			e.board.Halt()
		}
	}
}

// creep sends axes to full steps before their windings are cut, and reports
// whether any is on its way.
func (e *Executor) creep() (any bool) {
	for i := range e.axes {
		a := &e.axes[i]
		any = !a.faulty && a.creep(e.played) || any
	}
	return any
}

// inherit takes over an axis from the executor that died on board b, and
// returns the count it left.
func (a *axis) inherit(b *Board, i int) model.Microsteps {
	count, still := b.Last(i)
	a.report = b.Report(i)
	a.report.Restarts++
	if !still {
		a.report.Lost++
	}
	a.steps = a.report.Steps
	if a.Kind == Windings {
		a.meter.sum = float64(a.report.On) * float64(a.Table.Period())
	}
	return count
}
