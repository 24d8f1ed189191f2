// SPDX-License-Identifier: GPL-3.0-or-later

// Package rig puts a telescope together: the control loops of the mount and of
// the focusers, their executors, the boxes beside them, and what these drive,
// which is a simulated world or real motors. It is wiring, shared by the
// program and by the tests that live through whole nights.
package rig

import (
	"context"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/config"
	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/driver/celestron"
	"github.com/siderostep/siderostep/driver/encoder"
	"github.com/siderostep/siderostep/driver/onewire"
	"github.com/siderostep/siderostep/driver/process"
	"github.com/siderostep/siderostep/driver/serialline"
	"github.com/siderostep/siderostep/focuser"
	"github.com/siderostep/siderostep/model/horizon"
	"github.com/siderostep/siderostep/mount"
	"github.com/siderostep/siderostep/sim"
)

// Parts are what a rig is built from beside the configuration.
type Parts struct {
	Clock    clock.Clock
	Log      *slog.Logger
	Seed     uint64
	Mount    *mount.Saved      // the state of the last run; nil for a first start
	Focusers [2]*focuser.Saved // likewise
	Skyline  *horizon.Profile  // of mount.horizon_file; nil for none

	Reading func(driver.EncoderReading) // is told what the encoders say; nil for nobody

	Memory  string   // file that real motors' executor shares with this program
	Command []string // that starts the executor's process; nil: this program
}

// Rig is a telescope.
type Rig struct {
	Epoch    time.Time  // the clock's reading at driver.Instant 0
	Bench    *sim.Bench // nil with real motors
	Mount    *mount.Mount
	Focusers [2]*focuser.Focuser // of the sections focuser and focuser2; nil for one that is not enabled
	Encoders *encoder.Reader     // nil for none
	Executor *Executor           // of real motors; nil on the bench

	motors motors
	thermo *onewire.Thermometer
}

// motors are the executors of a rig, by group.
type motors interface {
	group(int) (m driver.Motors, late func() clock.Tally) // nil for one that is not there
	run(context.Context) error                            // until the context ends; then everything is off
}

// The groups of motors, each with an owner of its own.
const (
	mountGroup = iota
	focuserGroup
	groups = focuserGroup + 2
)

func focusers(f config.File) [2]focuser.Config { return [2]focuser.Config{f.Focuser, f.Focuser2} }

// New returns a telescope at rest where the last run left it. At the first
// start of a simulated one an observer has aligned it, unless
// simulator.aligned says otherwise.
func New(f config.File, p Parts) (_ *Rig, err error) {
	if p.Log == nil {
		p.Log = slog.New(slog.DiscardHandler)
	}
	r := &Rig{Epoch: p.Clock.Now()}
	defer func() {
		if err != nil && r.motors != nil {
			over, end := context.WithCancel(context.Background())
			end()
			_ = r.motors.run(over)
		}
	}()
	if f.Hardware.Enabled {
		err = r.buildHardware(f, &p)
	} else {
		err = r.buildBench(f, &p)
	}
	if err != nil {
		return nil, err
	}
	motors, _ := r.motors.group(mountGroup)
	r.Mount, err = mount.New(f.Config, mount.Parts{
		Clock: p.Clock, Epoch: r.Epoch, Motors: motors, Saved: p.Mount, Log: p.Log.With("owner", "mount"),
		Skyline: p.Skyline, Simulated: r.Bench != nil,
	})
	if err != nil {
		return nil, err
	}
	if err := r.buildEncoders(f, p); err != nil {
		return nil, err
	}
	return r, r.buildFocusers(f, p)
}

// buildBench makes the simulated world and its motors.
func (r *Rig) buildBench(f config.File, p *Parts) error {
	counts := f.StartCounts(p.Mount)
	if p.Memory != "" {
		// The state is the simulated mount's from now on, not real motors'.
		if err := process.Distrust(p.Memory); err != nil {
			return err
		}
	}
	var err error
	if r.Bench, err = newBench(f, *p, counts, r.Epoch); err != nil {
		return err
	}
	motors, err := newBenchMotors(f, *p, r.Bench)
	if err != nil {
		return err
	}
	r.motors = motors
	if f.Simulator.Aligned && (p.Mount == nil || p.Mount.Alignment == nil) {
		p.Mount, err = alignOnStars(f, p.Mount, counts, r.Bench, r.Epoch)
	}
	return err
}

func (r *Rig) buildEncoders(f config.File, p Parts) error {
	if f.Encoders.Protocol == "none" {
		return nil
	}
	log := p.Log.With("box", "encoders")
	var err error
	r.Encoders, err = encoder.New(f.Encoders, encoder.Parts{
		Clock: p.Clock, Epoch: r.Epoch, Log: log,
		Reading: func(reading driver.EncoderReading) {
			if err := r.Mount.ReadEncoders(context.Background(), reading); err != nil {
				log.Debug("the mount takes no reading", "err", err)
			}
			if p.Reading != nil {
				p.Reading(reading)
			}
		},
	})
	return err
}

func (r *Rig) buildFocusers(f config.File, p Parts) error {
	thermometer, err := r.thermometer(f, p)
	if err != nil {
		return err
	}
	for i, c := range focusers(f) {
		if !c.Enabled {
			continue
		}
		parts := focuser.Parts{
			Clock: p.Clock, Epoch: r.Epoch, Thermometer: thermometer,
			Saved: p.Focusers[i], Log: p.Log.With("owner", "focuser", "section", c.Name),
		}
		if c.Motor == focuser.Celestron {
			parts.Servo = celestronMotor(c, p.Clock)
		} else {
			parts.Motors, _ = r.motors.group(focuserGroup + i)
		}
		if r.Focusers[i], err = focuser.New(c, parts); err != nil {
			return err
		}
	}
	return nil
}

// thermometer returns the one of the configuration, or that of the bench.
func (r *Rig) thermometer(f config.File, p Parts) (driver.Thermometer, error) {
	switch {
	case f.Thermo.File != "":
		var err error
		r.thermo, err = onewire.New(f.Thermo, p.Clock, p.Log)
		return r.thermo, err
	case r.Bench != nil:
		return r.Bench.Thermometer(), nil
	}
	return nil, nil
}

func celestronMotor(c focuser.Config, clk clock.Clock) *celestron.Client {
	open := serialline.Device(c.Port, celestron.Baud)
	return celestron.New(func() (celestron.Line, error) {
		rw, err := open()
		if err != nil {
			return nil, err
		}
		return serialline.Attach(rw, clk), nil
	}, clk)
}

// Run controls the telescope until ctx ends; then it brings all motion to
// rest and switches the windings off.
func (r *Rig) Run(ctx context.Context) error {
	powered, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	var power errgroup.Group
	power.Go(func() error { return r.motors.run(powered) })

	var g errgroup.Group
	g.Go(func() error { return r.Mount.Run(ctx) })
	for _, f := range r.Focusers {
		if f != nil {
			g.Go(func() error { return f.Run(ctx) })
		}
	}
	if r.Encoders != nil {
		g.Go(func() error { return r.Encoders.Run(ctx) })
	}
	if r.thermo != nil {
		g.Go(func() error { return r.thermo.Run(ctx) })
	}
	err := g.Wait()
	stop()
	if off := power.Wait(); err == nil {
		err = off
	}
	return err
}

// MountLateness returns by how much the mount's executor came after the
// events that it was called for.
func (r *Rig) MountLateness() clock.Tally { return r.lateness(mountGroup) }

// FocuserLateness is MountLateness of the n-th focuser section; nothing
// without one.
func (r *Rig) FocuserLateness(n int) clock.Tally { return r.lateness(focuserGroup + n) }

func (r *Rig) lateness(group int) clock.Tally {
	if _, late := r.motors.group(group); late != nil {
		return late()
	}
	return clock.Tally{}
}

// Truth returns where the telescope on the bench really points.
func (r *Rig) Truth() sim.Truth { return r.Bench.Truth(r.Mount.Snapshot().At) }

// Executor is the process that drives real motors, as the others may see it.
type Executor = process.Supervisor
