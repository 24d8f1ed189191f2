// SPDX-License-Identifier: GPL-3.0-or-later

// Package rig puts a telescope together on the bench: the mount's and the
// focuser's control loops, their executors, and the simulated world that
// these drive. It is wiring, shared by the program and by the tests that live
// through whole nights.
package rig

import (
	"context"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/config"
	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/driver/executor"
	"github.com/siderostep/siderostep/driver/waveform"
	"github.com/siderostep/siderostep/focuser"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/horizon"
	"github.com/siderostep/siderostep/mount"
	"github.com/siderostep/siderostep/sim"
)

// Parts are what a rig is built from beside the configuration.
type Parts struct {
	Clock   clock.Clock
	Log     *slog.Logger
	Seed    uint64
	Mount   *mount.Saved     // the state of the last run; nil for a first start
	Focuser *focuser.Saved   // likewise
	Skyline *horizon.Profile // of mount.horizon_file; nil for none
}

// Rig is a telescope on the bench.
type Rig struct {
	Epoch   time.Time // the clock's reading at driver.Instant 0
	Bench   *sim.Bench
	Mount   *mount.Mount
	Focuser *focuser.Focuser // nil when there is none

	motors, focusMotors *executor.Inline
}

// New returns a telescope at rest where the last run left it. At a first
// start an observer has aligned it, unless simulator.aligned says otherwise.
func New(f config.File, p Parts) (*Rig, error) {
	if p.Log == nil {
		p.Log = slog.New(slog.DiscardHandler)
	}
	r := &Rig{Epoch: p.Clock.Now()}
	counts := f.StartCounts(p.Mount)
	var err error
	if r.Bench, err = newBench(f, p, counts, r.Epoch); err != nil {
		return nil, err
	}
	if r.motors, err = newMotors(f, counts, r.Bench); err != nil {
		return nil, err
	}
	saved := p.Mount
	if f.Simulator.Aligned && (saved == nil || saved.Alignment == nil) {
		if saved, err = alignOnStars(f, saved, counts, r.Bench, r.Epoch); err != nil {
			return nil, err
		}
	}
	r.Mount, err = mount.New(f.Config, mount.Parts{
		Clock: p.Clock, Epoch: r.Epoch, Motors: r.motors, Saved: saved, Log: p.Log.With("owner", "mount"),
		Skyline: p.Skyline, Simulated: true,
	})
	if err != nil || !f.Focuser.Enabled {
		return r, err
	}
	if r.focusMotors, err = newFocusMotor(f.Focuser, p.Focuser, r.Bench); err != nil {
		return nil, err
	}
	r.Focuser, err = focuser.New(f.Focuser, focuser.Parts{
		Clock: p.Clock, Epoch: r.Epoch, Motors: r.focusMotors, Thermometer: r.Bench.Thermometer(),
		Saved: p.Focuser, Log: p.Log.With("owner", "focuser"),
	})
	return r, err
}

// Run controls the telescope until ctx ends; then it brings all motion to
// rest and switches the windings off.
func (r *Rig) Run(ctx context.Context) error {
	var g errgroup.Group
	g.Go(func() error { return r.Mount.Run(ctx) })
	if r.Focuser != nil {
		g.Go(func() error { return r.Focuser.Run(ctx) })
	}
	err := g.Wait()
	for _, m := range []*executor.Inline{r.motors, r.focusMotors} {
		if m == nil {
			continue
		}
		if closed := m.Close(); err == nil {
			err = closed
		}
	}
	return err
}

// MountLateness returns by how much the mount's executor came after the
// events that it was called for.
func (r *Rig) MountLateness() clock.Tally { return r.motors.Lateness() }

// FocuserLateness is MountLateness of the focuser; nothing without one.
func (r *Rig) FocuserLateness() clock.Tally {
	if r.focusMotors == nil {
		return clock.Tally{}
	}
	return r.focusMotors.Lateness()
}

// Truth returns where the telescope really points.
func (r *Rig) Truth() sim.Truth { return r.Bench.Truth(r.Mount.Snapshot().At) }

func newBench(f config.File, p Parts, counts [3]model.Microsteps, epoch time.Time) (*sim.Bench, error) {
	drive := func(a mount.Axis, n model.Microsteps) sim.Drive {
		return sim.Drive{FullStep: model.Arcsec(a.FullStepArcsec), StartFullSteps: float64(n) / float64(a.Microsteps)}
	}
	step := model.Arcsec(f.Rotator.StepAngle)
	focus := sim.FocuserDrive{StepMicrons: f.Focuser.StepUM, StartSteps: int64(f.Focuser.StartCount(p.Focuser))}
	if focus.StepMicrons == 0 {
		focus.StepMicrons = 1 // unknown to the observer; the bench needs a number
	}
	return sim.New(f.Simulator.Config, sim.Rig{
		Site:    sim.Site{Latitude: f.Site.Latitude(), Longitude: f.Site.Longitude(), HeightM: f.Site.ElevationM},
		Epoch:   epoch,
		Z:       drive(f.Mount.Z, counts[mount.AxisZ]),
		A:       drive(f.Mount.A, counts[mount.AxisA]),
		Rotator: sim.RotatorDrive{Step: step, Start: -step.Mul(float64(counts[mount.AxisRotator]))},
		Focuser: focus,
		Seed:    p.Seed,
	})
}

const (
	// hardBrake is how much harder than a slew motors brake when halted.
	hardBrake = 2
	// headroom is how much faster than a slew the executor lets motors go:
	// where tracking is fast, near the mount's pole, a slew comes on top.
	headroom = 2
)

// newMotors returns the executor of the mount's three axes: two motors on one
// winding port, and the rotator on step pulses.
func newMotors(f config.File, counts [3]model.Microsteps, b *sim.Bench) (*executor.Inline, error) {
	phase := func(a mount.Axis, m config.Motor, high bool, n model.Microsteps) (executor.Axis, error) {
		m.Microsteps = a.Microsteps
		table, err := waveform.New(m.Config)
		if err != nil {
			return executor.Axis{}, err
		}
		perDegree := 3600 / a.FullStepArcsec * float64(a.Microsteps)
		return executor.Axis{
			Kind: executor.Windings, Table: table, High: high, Initial: n,
			Brake: hardBrake * a.Accel * perDegree, MaxRate: headroom * a.MaxRate * perDegree,
			HalfStepAbove: m.HalfStepAbove * perDegree,
		}, nil
	}
	z, err := phase(f.Mount.Z, f.Motors.Z, true, counts[mount.AxisZ])
	if err != nil {
		return nil, err
	}
	a, err := phase(f.Mount.A, f.Motors.A, false, counts[mount.AxisA])
	if err != nil {
		return nil, err
	}
	perDegree := 3600 / f.Rotator.StepAngle
	rotator := executor.Axis{
		Kind: executor.Pulse, Initial: counts[mount.AxisRotator],
		Brake: hardBrake * f.Rotator.Accel * perDegree, MaxRate: headroom * f.Rotator.MaxRate * perDegree,
	}
	return executor.NewInline(
		executor.Config{Axes: []executor.Axis{mount.AxisZ: z, mount.AxisA: a, mount.AxisRotator: rotator}},
		executor.Outputs{Windings: []driver.Windings{b.Windings()}, Pulsers: []driver.Pulser{b.RotatorPulses()}})
}

func newFocusMotor(c focuser.Config, saved *focuser.Saved, b *sim.Bench) (*executor.Inline, error) {
	return executor.NewInline(executor.Config{Axes: []executor.Axis{{
		Kind: executor.Pulse, Initial: model.Microsteps(c.StartCount(saved)),
		Brake: hardBrake * c.Accel, MaxRate: headroom * c.MaxRate,
	}}}, executor.Outputs{Pulsers: []driver.Pulser{b.FocuserPulses()}})
}
