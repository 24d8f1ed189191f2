// SPDX-License-Identifier: GPL-3.0-or-later

package mount

import (
	"context"
	"log/slog"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/driver/executor"
	"github.com/siderostep/siderostep/driver/waveform"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/sim"
)

// benched is a mount whose motors turn gears on the bench, which knows where
// the tube truly points.
type benched struct {
	*rig
	bench *sim.Bench
}

// worldly returns settings of a mount in a vacuum, with steps that take little
// time to simulate, and the world that agrees with them.
func worldly(geometry string) (Config, sim.Config) {
	cfg := DefaultConfig().ForGeometry(geometry)
	cfg.Site.Refraction, cfg.Rotator.Enabled = false, false
	for _, a := range []*Axis{&cfg.Mount.Z, &cfg.Mount.A} {
		a.FullStepArcsec, a.Microsteps, a.MaxRate = 6, 12, 1.5
	}
	world := sim.Faultless()
	world.Mount = geometry
	return cfg, world
}

func startOnBench(t *testing.T, cfg Config, world sim.Config, saved *Saved) *benched {
	t.Helper()
	counts, epoch := cfg.StartCounts(saved), time.Now()
	drive := func(a Axis, n model.Microsteps) sim.Drive {
		return sim.Drive{FullStep: model.Arcsec(a.FullStepArcsec), StartFullSteps: float64(n) / float64(a.Microsteps)}
	}
	bench, err := sim.New(world, sim.Rig{
		Site:  sim.Site{Latitude: cfg.Site.Latitude(), Longitude: cfg.Site.Longitude(), HeightM: cfg.Site.ElevationM},
		Epoch: epoch, Z: drive(cfg.Mount.Z, counts[AxisZ]), A: drive(cfg.Mount.A, counts[AxisA]),
		Rotator: rotatorDrive(cfg, counts[AxisRotator]), Focuser: sim.FocuserDrive{StepMicrons: 1}, Seed: 1,
	})
	if err != nil {
		t.Fatal(err)
	}
	axis := func(a Axis, high bool, n model.Microsteps) executor.Axis {
		w := waveform.DefaultConfig()
		w.Microsteps = a.Microsteps
		table, err := waveform.New(w)
		if err != nil {
			t.Fatal(err)
		}
		q := float64(a.microstep())
		return executor.Axis{Kind: executor.Windings, Table: table, High: high, Initial: n,
			Brake: 2 * model.Degrees(a.Accel).Radians() / q, MaxRate: headroom * model.Degrees(a.MaxRate).Radians() / q,
			HalfStepAbove: model.Degrees(0.3).Radians() / q}
	}
	axes, pulsers := []executor.Axis{axis(cfg.Mount.Z, true, counts[AxisZ]), axis(cfg.Mount.A, false, counts[AxisA])}, []driver.Pulser(nil)
	if cfg.Rotator.Enabled {
		axes, pulsers = append(axes, rotatorAxis(cfg, counts[AxisRotator])), []driver.Pulser{rotatorPulses(cfg, bench)}
	}
	motors, err := executor.NewInline(executor.Config{Axes: axes}, executor.Outputs{Windings: []driver.Windings{bench.Windings()}, Pulsers: pulsers})
	if err != nil {
		t.Fatal(err)
	}
	m, err := New(cfg, Parts{Clock: clock.Real{}, Epoch: epoch, Motors: motors, Saved: saved, Simulated: true,
		Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
	if err != nil {
		t.Fatal(err)
	}
	r := &benched{&rig{t: t, Mount: m, motors: motors, done: make(chan error, 1)}, bench}
	ctx, cancel := context.WithCancel(t.Context())
	r.cancel = cancel
	go func() { r.done <- m.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-r.done })
	return r
}

// truth returns the world as of the snapshot.
func (r *benched) truth() sim.Truth { return r.bench.Truth(r.Snapshot().At) }

// miss returns how far the tube is from a place on the sky.
func (r *benched) miss(from model.Equatorial) model.Angle {
	return r.truth().Equatorial.Separation(from)
}

// worst returns the greatest miss of a place on the sky during a time.
func (r *benched) worst(to model.Equatorial, d time.Duration) (worst model.Angle) {
	for end := r.Instant().Add(d); r.Instant() < end; {
		r.after(2 * time.Second)
		worst = max(worst, r.miss(to))
	}
	return worst
}

// onBench runs a test in a bubble of its own.
func onBench(t *testing.T, cfg Config, world sim.Config, test func(r *benched)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { test(startOnBench(t, cfg, world, nil)) })
}

// The bench and these settings agree, without any fault, to a microstep.
func TestBenchAgrees(t *testing.T) {
	cfg, world := worldly("altaz")
	onBench(t, cfg, world, func(r *benched) {
		r.do(r.SetTracking(r.t.Context(), true))
		to := r.at(-0.03, 20)
		r.do(r.SlewEquatorial(r.t.Context(), to))
		r.arrive()
		if worst := r.worst(to, time.Minute); worst > model.Arcsec(1) || math.IsNaN(float64(worst)) {
			t.Errorf("up to %.2f″ from the target", worst.Arcsec())
		}
	})
}
