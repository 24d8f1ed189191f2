// SPDX-License-Identifier: GPL-3.0-or-later

package metrics

import (
	"context"
	"errors"
	"math"
	"time"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/pointing"
	"github.com/siderostep/siderostep/mount"
)

// look is how often Run looks for a new snapshot: twice a tick of the control
// loop, so that it misses none, however the two fall together. It looks at
// each snapshot once.
const look = mount.Tick / 2

// truthEvery is how often, at most, Run asks for the truth.
const truthEvery = 4 * mount.Tick

// Run gathers, until ctx ends, what a single snapshot cannot tell. Without it
// the windows stay empty and the counters of stops at zero.
func (m *Metrics) Run(ctx context.Context) error {
	tick := m.clock.NewTicker(look)
	defer tick.Stop()
	for {
		m.sample()
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C():
		}
	}
}

// gathered is what Run remembers between scrapes.
type gathered struct {
	last    *mount.Snapshot
	focus   []focusRecord
	truthAt time.Duration // when the truth was last asked for
	errors  ring
	stops   [causes]uint64
	slews   [causes]uint64 // that failed
	guided  [2]float64     // way of guide corrections, right ascension and declination
	late    clock.Durations
	trend   corrections
	worms   [2]worm
}

// worm is what is known of the worm of axis z or a.
type worm struct {
	microsteps float64 // in a turn
	corrected  float64 // guide corrections as angle of the axis, summed
	pulses     uint64  // ever begun, at the start of the turn under way
	guided     fold    // of corrected, with the sign of the error
	true       fold    // of the true error; in a simulation
}

// sample takes note of the present snapshots.
func (m *Metrics) sample() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := range m.focus {
		m.focus[i].note(m.focusers[i].snapshot())
	}
	s, last := m.mount(), m.last
	if s == last {
		return
	}
	m.last = s
	e, steady := controlErrorOnSky(s)
	if steady {
		m.errors.add(e)
	}
	if last == nil {
		count(&m.stops, nil, s.Stopped)
		count(&m.slews, nil, s.SlewFault)
		return
	}
	count(&m.stops, last.Stopped, s.Stopped)
	count(&m.slews, last.SlewFault, s.SlewFault)
	m.noteTick(last, s)
	m.noteGuiding(last, s, steady)
	m.noteTruth(s, steady)
}

// noteTick notes by how much the control loop was late. Of ticks that were
// missed the last is taken to be the late one.
func (g *gathered) noteTick(last, s *mount.Snapshot) {
	n := s.Counts.Ticks - last.Counts.Ticks
	for range int64(n) - 1 {
		g.late.Add(0)
	}
	if n > 0 {
		g.late.Add(s.Ticked.Sub(last.Ticked) - time.Duration(n)*mount.Tick)
	}
}

// noteGuiding notes what guide pulses did from one snapshot to the next.
func (g *gathered) noteGuiding(last, s *mount.Snapshot, steady bool) {
	moved := guidedBetween(last, s)
	g.guided[0] += moved.RA.Abs().Radians()
	g.guided[1] += moved.Dec.Abs().Radians()
	if !steady || s.Motions != last.Motions || s.Counts.Syncs != last.Counts.Syncs || !last.Tracking {
		g.trend.reset()
		for i := range g.worms {
			g.worms[i].guided.interrupt()
			g.worms[i].true.interrupt()
		}
		return
	}
	pulses := pulsesOf(s)
	g.trend.add(time.Duration(s.At), [2]float64{s.Guided.RA.Radians(), s.Guided.Dec.Radians()}, pulses)
	var axes model.Axes
	if moved != (model.Equatorial{}) {
		axes = correctionOfAxes(s, moved)
	}
	for i, by := range [2]model.Angle{axes.Z, axes.A} {
		w := &g.worms[i]
		place, turning := w.place(s, i)
		if !turning {
			continue
		}
		w.corrected += by.Radians()
		if w.guided.add(place, -w.corrected, pulses-w.pulses >= fewestPulses) {
			w.pulses = pulses
		}
	}
}

// fewestPulses is how many guide pulses make a turn of the worm a guided one:
// two for each half of a wave.
const fewestPulses = 4

func pulsesOf(s *mount.Snapshot) (n uint64) {
	for _, p := range s.Counts.Pulses {
		n += p
	}
	return n
}

// place returns where the worm of an axis stands, in turns, by the count of
// its motor; ok is false without a worm. A worm that is set anew begins from
// nothing.
func (w *worm) place(s *mount.Snapshot, axis int) (turns float64, ok bool) {
	if full := wormMicrosteps(s.Config, axis); full != w.microsteps {
		*w = worm{microsteps: full}
	}
	if w.microsteps == 0 {
		return 0, false
	}
	return float64(s.Reports[axis].Emitted) / w.microsteps, true
}

// wormMicrosteps returns the microsteps of an axis in a turn of its worm, 0
// without one.
func wormMicrosteps(c *mount.Config, axis int) float64 {
	a := c.Mount.Z
	if axis == mount.AxisA {
		a = c.Mount.A
	}
	return a.WormFullSteps * float64(a.Microsteps)
}

// correctionOfAxes returns by how much a small move of the target moves the
// axes: on the side on which they are.
func correctionOfAxes(s *mount.Snapshot, moved model.Equatorial) model.Axes {
	chain := pointing.NewChain(s.Model, s.Config.Site.Latitude(), s.Config.Site.Air())
	to := s.Target.HourDec(s.LST)
	from := model.Equatorial{RA: s.Target.RA - moved.RA, Dec: s.Target.Dec - moved.Dec}.HourDec(s.LST)
	for _, side := range [...]pointing.PierSide{pointing.Normal, pointing.Through} {
		now, ok := chain.Axes(to, side)
		before, also := chain.Axes(from, side)
		if ok && also && (now.A-s.Axes.A).WrapSigned().Abs() < model.Degrees(1) && (now.Z-s.Axes.Z).WrapSigned().Abs() < model.Quarter {
			return model.Axes{Z: (now.Z - before.Z).WrapSigned(), A: (now.A - before.A).WrapSigned()}
		}
	}
	return model.Axes{}
}

// noteTruth folds the true errors of the axes, in a simulation.
func (m *Metrics) noteTruth(s *mount.Snapshot, steady bool) {
	at := time.Duration(s.At)
	if m.truth == nil || !steady || at-m.truthAt < truthEvery {
		return
	}
	m.truthAt = at
	t, ok := m.truth(s)
	if !ok {
		return
	}
	for i := range m.worms {
		if place, turning := m.worms[i].place(s, i); turning {
			m.worms[i].true.add(place, t.Axes[i].Error.Radians(), true)
		}
	}
}

// guidedBetween returns by how much guide pulses moved the target from one
// snapshot to the next. A sum that grew faster than pulses can is one that
// began anew with another target, and counts for nothing.
func guidedBetween(last, s *mount.Snapshot) (moved model.Equatorial) {
	if !last.HasTarget || !s.HasTarget {
		return moved
	}
	dt := time.Duration(s.At - last.At)
	way := func(from, to model.Angle, arcsecPerS float64) model.Angle {
		const rounding = 1e-9
		d := to - from
		if d.Abs() > model.ArcsecPerSecond(arcsecPerS).Over(dt)+rounding {
			return 0
		}
		return d
	}
	c := s.Config.Mount
	return model.Equatorial{
		RA:  way(last.Guided.RA, s.Guided.RA, c.GuideRARate),
		Dec: way(last.Guided.Dec, s.Guided.Dec, c.GuideDecRate),
	}
}

// count adds to counts when an error that was not there before has appeared.
func count(counts *[causes]uint64, before, now error) {
	if now == nil || before != nil && errors.Is(now, before) {
		return
	}
	counts[causeOf(now)]++
}

// causes is the number of kinds of fault, and one for errors of none.
const causes = 14

// causeNames are the values of the label kind, in the order of fault.Kinds.
var causeNames = [causes]string{
	"unsupported", "invalid", "unset", "disconnected", "unknown_action", "parked", "refused",
	"below_limit", "above_limit", "cancelled", "hardware", "late", "full", "other",
}

func causeOf(err error) int {
	for i, kind := range fault.Kinds() {
		if errors.Is(err, kind) {
			return i
		}
	}
	return causes - 1
}

// wormPhaseOf returns the phase of a place in turns, [0, 2π).
func wormPhaseOf(turns float64) float64 { return (turns - math.Floor(turns)) * 2 * math.Pi }
