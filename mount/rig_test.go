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
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/pointing"
)

// rig is a mount on pulse motors without a bench: what the mount commands is
// what the axes do, to a microstep. Truth about the sky is tested in
// internal/night.
type rig struct {
	t *testing.T
	*Mount
	motors *executor.Inline
	cancel context.CancelFunc
	done   chan error
}

// headroom is how much faster than a slew the executor lets an axis go.
const headroom = 2

type nothing struct{}

func (nothing) Pulse(driver.Instant, bool) error { return nil }

func newMotors(t testing.TB, cfg Config, saved *Saved) *executor.Inline {
	return newMotorsOn(t, cfg, saved, nothing{})
}

// newMotorsOn returns motors of which axis Z drives pulser z.
func newMotorsOn(t testing.TB, cfg Config, saved *Saved, z driver.Pulser) *executor.Inline {
	counts := cfg.StartCounts(saved)
	axis := func(i int, a Axis, n model.Microsteps) executor.Axis {
		q := float64(a.microstep())
		return executor.Axis{Kind: executor.Pulse, Port: i, Initial: n,
			Brake: model.Degrees(a.Accel).Radians() / q, MaxRate: headroom * model.Degrees(a.MaxRate).Radians() / q}
	}
	r := cfg.Rotator
	rot := Axis{FullStepArcsec: r.StepAngle, Microsteps: 1, MaxRate: r.MaxRate, Accel: r.Accel}
	m, err := executor.NewInline(executor.Config{Axes: []executor.Axis{
		axis(0, cfg.Mount.Z, counts[0]), axis(1, cfg.Mount.A, counts[1]), axis(2, rot, counts[2]),
	}}, executor.Outputs{Pulsers: []driver.Pulser{z, nothing{}, nothing{}}})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// coarse returns cfg with large motor steps, which take less time to play.
// Places are planned as finely as ever, and are met as exactly.
func coarse(cfg Config) Config {
	cfg.Mount.Z.Microsteps, cfg.Mount.A.Microsteps = 2, 2
	cfg.Mount.Z.FullStepArcsec *= 4
	cfg.Mount.A.FullStepArcsec *= 4
	cfg.Rotator.StepAngle *= 10
	return cfg
}

// start runs a mount inside a synctest bubble.
func start(t *testing.T, cfg Config, saved *Saved, also ...func(*Parts)) *rig {
	t.Helper()
	cfg = stepsFor(cfg)
	r := &rig{t: t, motors: newMotors(t, cfg, saved), done: make(chan error, 1)}
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	parts := Parts{Clock: clock.Real{}, Epoch: time.Now(), Motors: r.motors, Log: log, Saved: saved, Simulated: true}
	for _, change := range also {
		change(&parts)
	}
	m, err := New(cfg, parts)
	if err != nil {
		t.Fatal(err)
	}
	r.Mount = m
	ctx, cancel := context.WithCancel(t.Context())
	r.cancel = cancel
	go func() { r.done <- m.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-r.done })
	return r
}

// do fails the test when a command is refused.
func (r *rig) do(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

// arrive waits until no slew is under way, and returns the snapshot.
func (r *rig) arrive() *Snapshot {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), 10*time.Minute)
	defer cancel()
	s, err := r.Await(ctx, func(s *Snapshot) bool { return !s.Slewing })
	if err != nil {
		r.t.Fatalf("never arrived: %v", s.Activity)
	}
	if s.SlewFault != nil {
		r.t.Fatalf("slew failed: %v", s.SlewFault)
	}
	return s
}

func (r *rig) after(d time.Duration) *Snapshot {
	time.Sleep(d)
	synctest.Wait()
	return r.Snapshot()
}

// at returns the place at an hour angle and declination, now.
func (r *rig) at(haHours, decDeg float64) model.Equatorial {
	s := r.Snapshot()
	lst := s.LST + model.Sidereal.Over(r.Instant().Sub(s.At))
	return model.HourDec{HA: model.Hours(haHours), Dec: model.Degrees(decDeg)}.Equatorial(lst)
}

func (r *rig) near(what string, got, want, within model.Angle) {
	r.t.Helper()
	if d := (got - want).WrapSigned(); d.Abs() > within || math.IsNaN(float64(d)) {
		r.t.Errorf("%s is %v, want %v: off by %.4g″, allowed %.4g″", what, got, want, d.Arcsec(), within.Arcsec())
	}
}

func (r *rig) onTarget(what string, got, want model.Equatorial, within model.Angle) {
	r.t.Helper()
	if d := got.Separation(want); !(d <= within) {
		r.t.Errorf("%s: at %v, want %v: off by %.4g″, allowed %.4g″", what, got, want, d.Arcsec(), within.Arcsec())
	}
}

// everywhere runs a test on each kind of mount, in a bubble of its own.
func everywhere(t *testing.T, test func(r *rig, g pointing.Geometry)) {
	for _, g := range geometries {
		t.Run(g.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				test(start(t, DefaultConfig().ForGeometry(g.String()), nil), g)
			})
		})
	}
}
