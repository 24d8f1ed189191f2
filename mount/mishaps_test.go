// SPDX-License-Identifier: GPL-3.0-or-later

package mount

import (
	"errors"
	"log/slog"
	"math"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
)

// Halt ends whatever is going on, with nothing left over for afterwards.
func TestHaltEndsEverything(t *testing.T) {
	t.Parallel()
	still := func(r *rig) { r.do(r.SetTracking(r.t.Context(), false)); r.after(3 * time.Second) }
	for name, act := range map[string]func(r *rig){
		"drag": func(r *rig) { r.do(r.BeginGuiding(r.t.Context(), GuideDrag)) },
		"keys": func(r *rig) {
			r.do(r.BeginGuiding(r.t.Context(), GuideRotate))
			r.do(r.NudgeAxes(r.t.Context(), "me", model.ArcsecPerSecond(50), model.ArcsecPerSecond(-30)))
		},
		"track by rate": func(r *rig) {
			still(r)
			accels := [2]model.Rate{model.DegreesPerSecond(0.1), model.DegreesPerSecond(-0.1)}
			r.do(r.TrackByRate(r.t.Context(), "me", [2]model.Rate{}, accels))
		},
		"step motor": func(r *rig) { still(r); r.do(r.StepMotor(r.t.Context(), AxisA, 10000)) },
		"released":   func(r *rig) { still(r); r.do(r.ReleaseMotors(r.t.Context())) },
		"backlash": func(r *rig) {
			taken := r.Snapshot().Backlash[AxisA].Taken
			s := r.Snapshot()
			r.do(r.SlewEquatorial(r.t.Context(), model.Equatorial{RA: s.Equatorial.RA, Dec: s.Equatorial.Dec - model.Degrees(3)}))
			r.after(1500 * time.Millisecond)
			if s := r.Snapshot(); !s.Backlash[AxisA].TakingUp || s.Backlash[AxisA].Taken == taken {
				r.t.Errorf("is not taking up: %+v", s.Backlash[AxisA])
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cfg := DefaultConfig()
				cfg.Mount.A.BacklashArcmin, cfg.Mount.A.BacklashRate = 30, 0.05
				r := start(t, cfg, nil)
				ctx := t.Context()
				r.do(r.SetTracking(ctx, true))
				r.do(r.SlewEquatorial(ctx, r.at(-3, 30)))
				r.arrive()
				act(r)
				r.after(time.Second)
				r.Halt()
				s := r.after(3 * time.Second)
				if s.Activity != Idle || s.Tracking || s.Guiding.Mode != GuideOff || s.Holder != "" || s.HeldRates != ([axisCount]model.Rate{}) {
					t.Errorf("%v, tracking %v, guiding %v, holder %q, held %v", s.Activity, s.Tracking, s.Guiding.Mode, s.Holder, s.HeldRates)
				}
				if later := r.after(20 * time.Second); emitted(later) != emitted(s) {
					t.Errorf("moved after halt: %v to %v", emitted(s), emitted(later))
				}
				r.do(r.Resume(ctx))
				if later := r.after(5 * time.Second); emitted(later) != emitted(s) {
					t.Errorf("moved after resume: %v to %v", emitted(s), emitted(later))
				}
				r.do(r.SetTracking(ctx, true))
				to := r.at(-2, 50)
				r.do(r.SlewEquatorial(ctx, to))
				r.arrive()
				r.onTarget("afterwards", r.after(time.Minute).Equatorial, to, model.Arcsec(0.2))
			})
		})
	}
}

// A mount that has lost its motors is moved by hand at most: encoders in use
// tell where it went, and nothing drives back to what was tracked.
func TestPushedAfterLoss(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := DefaultConfig()
		cfg.Mount.Encoders.Use = true
		r, d := startDying(t, cfg)
		ctx := t.Context()
		var pushed model.Axes
		read := func(n int) {
			for range n {
				at := r.after(time.Second).Axes // where the motors have it
				if e := r.Snapshot().Encoders; len(e.Resets) > 0 {
					at = at.Sub(pushed)
				}
				count := model.Degrees(0.01)
				r.do(r.ReadEncoders(ctx, driver.EncoderReading{At: r.Snapshot().At,
					Angles: [2]model.Angle{at.Z + pushed.Z, at.A + pushed.A}, Count: [2]model.Angle{count, count}}))
			}
		}
		r.do(r.SetTracking(ctx, true))
		r.do(r.SlewEquatorial(ctx, r.at(-2, 35)))
		r.arrive()
		read(5)
		d.set(func() { d.dead = true })
		d.Motors.Halt()
		read(2)
		before := r.Snapshot()
		pushed = model.Axes{Z: model.Degrees(3), A: model.Degrees(2)}
		read(8)
		s := r.Snapshot()
		if s.Motions != before.Motions || s.Activity != Idle || !errors.Is(s.Stopped, fault.Hardware) {
			t.Errorf("%v, motions %d, before %d, stopped %v", s.Activity, s.Motions, before.Motions, s.Stopped)
		}
		r.near("axis Z", s.Axes.Z-before.Axes.Z, pushed.Z, model.Degrees(0.01))
		r.near("axis A", s.Axes.A-before.Axes.A, pushed.A, model.Degrees(0.01))
	})
}

// slack is motors that say that their windings are on for some time after they
// were switched off, as an executor in a process of its own does.
type slack struct {
	driver.Motors
	held atomic.Int32 // reports to come that are late
}

func (m *slack) Release() error { m.held.Store(20); return m.Motors.Release() }

func (m *slack) Report(axis int) driver.Report {
	r := m.Motors.Report(axis)
	if r.State == driver.Released && m.held.Add(-1) >= 0 {
		r.State = driver.Holding
	}
	return r
}

func TestReleaseSeenLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := new(slack)
		r := start(t, DefaultConfig(), nil, func(p *Parts) { m.Motors = p.Motors; p.Motors = m })
		ctx := t.Context()
		r.do(r.SetTracking(ctx, true))
		r.after(time.Second)
		r.do(r.SetTracking(ctx, false))
		r.after(3 * time.Second)
		r.do(r.ReleaseMotors(ctx))
		if s := r.after(3 * time.Second); s.Stopped != nil || s.Reports[AxisZ].State != driver.Released {
			t.Errorf("%v, stopped %v", s.Reports[AxisZ].State, s.Stopped)
		}
		r.do(r.SetTracking(ctx, true))
		if s := r.after(3 * time.Second); s.Stopped != nil || s.Reports[AxisZ].State != driver.Playing {
			t.Errorf("%v, stopped %v", s.Reports[AxisZ].State, s.Stopped)
		}
	})
}

// lowFork returns a resting fork, 4° above its horizon limit in the east.
func lowFork(t *testing.T) (*state, driver.Instant) {
	t.Helper()
	cfg := DefaultConfig().ForGeometry("fork")
	cfg.Rotator.Enabled = false
	epoch := time.Date(2026, 3, 20, 4, 0, 0, 0, time.UTC)
	m, err := New(cfg, Parts{Clock: clock.NewManual(epoch), Epoch: epoch, Motors: newMotors(t, cfg, nil), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	s, now := m.state, driver.Instant(0)
	hd := model.HourDec{HA: model.Hours(-4), Dec: model.Degrees(10)}
	if err := s.slewHorizontal(now, hd.Horizontal(cfg.Site.Latitude())); err != nil {
		t.Fatal(err)
	}
	for now = now.Add(Tick); s.activity != Idle || !s.still(); now = now.Add(Tick) {
		s.step(now)
	}
	low := s.heaven.chain.Horizontal(s.axes).Alt.Degrees() - 4
	if err := s.configure(now, func(c *Config) { c.Mount.HorizonDeg = low }); err != nil {
		t.Fatal(err)
	}
	return s, now
}

// Motion of both axes begins as a whole or not at all.
func TestTrackByRateRefused(t *testing.T) {
	t.Parallel()
	s, now := lowFork(t)
	down := [2]model.Rate{model.DegreesPerSecond(-3), model.DegreesPerSecond(-3)}
	for i := range down { // each alone has room to stop
		if _, err := s.freeToMove(i, down[i], now); err != nil {
			t.Fatalf("axis %d alone: %v", i, err)
		}
	}
	if err := s.trackByRate(now, "me", down, [2]model.Rate{}); !errors.Is(err, fault.BelowLimit) {
		t.Errorf("both axes down: %v", err)
	}
	if s.activity != Idle || s.held != ([axisCount]model.Rate{}) || s.holder != "" || s.motions != 1 {
		t.Errorf("refused, and yet %v, held %v by %q", s.activity, s.held, s.holder)
	}
	nan := model.Rate(math.NaN())
	for _, bad := range [][2][2]model.Rate{{{nan, 0}, {}}, {{0, 0}, {0, nan}}} {
		if err := s.trackByRate(now, "me", bad[0], bad[1]); !errors.Is(err, fault.Invalid) {
			t.Errorf("%v: %v", bad, err)
		}
	}
}

// An axis that is at rest for an instant, while its rate goes through 0, can be
// let go.
func TestLetGoAtRateZero(t *testing.T) {
	t.Parallel()
	s, now := lowFork(t)
	if err := s.trackByRate(now, "me", [2]model.Rate{}, [2]model.Rate{AxisA: model.DegreesPerSecond(0.1)}); err != nil {
		t.Fatal(err)
	}
	s.held[AxisA] = 0
	if err := s.moveAxis(now, "me", AxisA, 0); err != nil || s.activity != Stopping || s.holder != "" {
		t.Errorf("%v, %v, held by %q", err, s.activity, s.holder)
	}
}

// Counted steps keep above the horizon.
func TestStepMotorKeepsAboveHorizon(t *testing.T) {
	t.Parallel()
	s, now := lowFork(t)
	steps := int(model.Degrees(10) / s.microstep[AxisA])
	if err := s.stepMotor(now, AxisA, -steps); !errors.Is(err, fault.BelowLimit) || s.activity != Idle {
		t.Errorf("10° down: %v, %v", err, s.activity)
	}
	if err := s.stepMotor(now, AxisA, steps); err != nil {
		t.Errorf("10° up: %v", err)
	}
}

// While the tube drives back to the target that it has slipped from, nobody
// takes where it is on the way for the target.
func TestGuidingEndsOnTarget(t *testing.T) {
	t.Parallel()
	boxed(t, nil, func(r *benched) {
		ctx := r.t.Context()
		star := r.onStar(-1.5, 35)
		r.do(r.BeginGuiding(ctx, GuideStay))
		r.bench.Push(AxisA, model.Degrees(2))
		for r.reading(1).Activity != SlewingToSky {
		}
		if err := r.EndGuiding(ctx, true); !errors.Is(err, fault.Refused) {
			r.t.Errorf("on the way back: %v", err)
		}
		r.arrive()
		r.do(r.EndGuiding(ctx, false))
		if miss := r.miss(star); miss > 2*twoCounts {
			r.t.Errorf("%.0f″ off the star", miss.Arcsec())
		}
		count := model.Angle(math.NaN())
		if err := r.ReadEncoders(ctx, driver.EncoderReading{At: r.Instant(), Count: [2]model.Angle{count, 1}}); !errors.Is(err, fault.Invalid) {
			r.t.Errorf("a count that is none: %v", err)
		}
	})
}
