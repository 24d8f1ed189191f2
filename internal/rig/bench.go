// SPDX-License-Identifier: GPL-3.0-or-later

package rig

import (
	"context"
	"errors"
	"time"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/config"
	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/driver/executor"
	"github.com/siderostep/siderostep/driver/harness"
	"github.com/siderostep/siderostep/driver/waveform"
	"github.com/siderostep/siderostep/focuser"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/mount"
	"github.com/siderostep/siderostep/sim"
)

func newBench(f config.File, p Parts, counts [3]model.Microsteps, epoch time.Time) (*sim.Bench, error) {
	drive := func(a mount.Axis, n model.Microsteps) sim.Drive {
		return sim.Drive{FullStep: model.Arcsec(a.FullStepArcsec), StartFullSteps: float64(n) / float64(a.Microsteps)}
	}
	step := model.Arcsec(f.Rotator.StepAngle)
	focus := sim.FocuserDrive{StepMicrons: f.Focuser.StepUM, StartSteps: int64(f.Focuser.StartCount(p.Focusers[0]))}
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

// benchMotors are executors inside this process, whose ports are the bench.
type benchMotors struct {
	groups [groups]*executor.Inline // nil for one that is not there
}

// newBenchMotors returns the executors of the mount's three axes (two motors
// on one winding port, and the rotator on step pulses) and of the focusers.
// The bench has one focuser; a second one turns nothing.
func newBenchMotors(f config.File, p Parts, b *sim.Bench) (*benchMotors, error) {
	m := &benchMotors{}
	table := func(a mount.Axis, m config.Motor) (*waveform.Table, error) {
		m.Microsteps = a.Microsteps
		return waveform.New(m.Config)
	}
	z, err := table(f.Mount.Z, f.Motors.Z)
	if err != nil {
		return nil, err
	}
	a, err := table(f.Mount.A, f.Motors.A)
	if err != nil {
		return nil, err
	}
	paces := mountPaces(f, p.Mount)
	m.groups[mountGroup], err = executor.NewInline(
		executor.Config{Axes: []executor.Axis{
			mount.AxisZ:       paces[mount.AxisZ].on(executor.Axis{Kind: executor.Windings, Table: z, High: true}),
			mount.AxisA:       paces[mount.AxisA].on(executor.Axis{Kind: executor.Windings, Table: a}),
			mount.AxisRotator: paces[mount.AxisRotator].on(executor.Axis{Kind: executor.Pulse}),
		}},
		executor.Outputs{Windings: []driver.Windings{b.Windings()}, Pulsers: []driver.Pulser{b.RotatorPulses()}})
	if err != nil {
		return nil, err
	}
	for i, c := range focusers(f) {
		if !c.Enabled || c.Motor == focuser.Celestron {
			continue
		}
		if m.groups[focuserGroup+i], err = benchFocusMotor(c, p.Focusers[i], i == 0, b); err != nil {
			return nil, err
		}
	}
	return m, nil
}

func benchFocusMotor(c focuser.Config, saved *focuser.Saved, real bool, b *sim.Bench) (*executor.Inline, error) {
	var out executor.Outputs
	axis := executor.Axis{Kind: executor.Pulse}
	switch {
	case c.Motor == focuser.Relays:
		axis.Kind, axis.SlowPort, out.Relays = executor.Relay, 1, []driver.Relay{nowhere{}, nowhere{}}
	case real:
		out.Pulsers = []driver.Pulser{b.FocuserPulses()}
	default:
		out.Pulsers = []driver.Pulser{nowhere{}}
	}
	return executor.NewInline(executor.Config{Axes: []executor.Axis{focusPace(c, harness.Output{ChipMicrosteps: 1}, saved).on(axis)}}, out)
}

// nowhere is a motor that turns nothing.
type nowhere struct{}

func (nowhere) Pulse(driver.Instant, bool) error { return nil }
func (nowhere) Switch(driver.Instant, int) error { return nil }

func (m *benchMotors) group(i int) (driver.Motors, func() clock.Tally) {
	if m.groups[i] == nil {
		return nil, nil
	}
	return m.groups[i], m.groups[i].Lateness
}

// run has nothing to do until the end: the owners' beats play the motion.
func (m *benchMotors) run(ctx context.Context) error {
	<-ctx.Done()
	var errs []error
	for _, g := range m.groups {
		if g != nil {
			errs = append(errs, g.Close())
		}
	}
	return errors.Join(errs...)
}
