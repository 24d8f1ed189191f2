// SPDX-License-Identifier: GPL-3.0-or-later

package executor

import (
	"math"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/driver/waveform"
	"github.com/siderostep/siderostep/model"
)

// current says how much of it the windings of a motor get.
type current uint8

const (
	tracking current = iota // what microsteps get
	full                    // what half steps get
	reduced                 // Standing.HoldShare of tracking
	none
)

// idling is the part of an axis that sees to the current while it stands.
type idling struct {
	current current
	moved   driver.Instant // when a step was last seen, or the windings came on
	steps   uint64         // that were made by then
	slewed  bool           // in half steps, since it last stood
}

// phase returns what the axis's windings are to show.
func (a *axis) phase() waveform.Phase {
	switch {
	case a.coarse, a.current == full:
		return a.Table.HalfStep(a.count)
	case a.current == reduced:
		return a.Table.Hold(a.count, a.Standing.HoldShare)
	case a.current == none:
		return waveform.Phase{}
	default:
		return a.Table.Phase(a.count)
	}
}

// idle adapts the current of an energised motor to how long it has stood.
func (a *axis) idle(t driver.Instant) {
	if a.Kind != Windings || a.coarse {
		return
	}
	if a.faulty {
		a.calm(t)
		return
	}
	if a.report.Steps != a.steps {
		a.steps, a.moved = a.report.Steps, t
	}
	s := &a.Standing
	still := t.Sub(a.moved)
	idle := a.atRest() && a.plan.n == 0 && s.PowerDownAfter > 0 && still >= s.PowerDownAfter
	if idle {
		a.creep(t)
	}
	want := tracking
	switch {
	case idle && a.Table.OnFullStep(a.count):
		want = none
	case a.slewed && a.atRest() && still < s.FullFor && mod(a.count, model.Microsteps(a.Table.Microsteps()/2)) == 0:
		want = full
	case s.HoldAfter > 0 && still >= s.HoldAfter && a.what != braking:
		want = reduced
	}
	if a.slewed && a.atRest() && want != full {
		a.slewed = false
	}
	if want != a.current {
		a.current = want
		if a.drive(t) != nil {
			a.fail(t)
		}
	}
}

// calm takes the full current of a slew from a motor that a failure has
// stopped: it may stand like that for hours.
func (a *axis) calm(t driver.Instant) {
	if a.current != full || t.Sub(a.moved) < retry {
		return
	}
	a.current, a.moved = tracking, t
	if a.drive(t) != nil {
		a.current = full // as far as is known
	}
}

// creep sets an axis at rest going to the nearest full step, and reports
// whether there is any way to go.
func (a *axis) creep(t driver.Instant) bool {
	if a.Kind != Windings || a.Standing.Creep == 0 || a.current == none || a.Table.OnFullStep(a.count) {
		return false
	}
	size := model.Microsteps(a.Table.Microsteps())
	to := a.count + size/2
	to -= mod(to, size)
	switch {
	case a.Limited && to > a.Max && to > a.count:
		to -= size
	case a.Limited && to < a.Min && to < a.count:
		to += size
	}
	p, _ := a.base.At(t)
	way := (driver.Position(to)<<32 - p).Microsteps()
	s := driver.Segment{Start: t, P: p, V: math.Copysign(a.Standing.Creep, way)}
	a.base, a.what = motion{s, t + max(1, driver.Instant(math.Abs(way)/a.Standing.Creep*1e9))}, braking
	a.follow(t)
	return true
}
