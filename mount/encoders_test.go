// SPDX-License-Identifier: GPL-3.0-or-later

package mount

import (
	"errors"
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/sim"
)

// boxed runs a test with encoders of 36000 counts, 36″, on both axes. The box
// has its zero anywhere.
func boxed(t *testing.T, also func(*Config), test func(r *benched)) {
	t.Helper()
	cfg, world := worldly("altaz")
	cfg.Mount.Encoders.Use = true
	cfg.Mount.SettleS = 0.2
	if raced { // counts are larger still
		cfg.Mount.Z.FullStepArcsec, cfg.Mount.A.FullStepArcsec = 24, 24
	}
	if also != nil {
		also(&cfg)
	}
	world.EncoderCounts = 36000
	onBench(t, cfg, world, test)
}

var boxZero = [2]model.Angle{model.Degrees(-77), model.Degrees(123)}

// encoders returns what the box says now.
func (r *benched) encoders() driver.EncoderReading {
	at := r.Instant()
	z, a := r.bench.Encoders(at)
	count := model.Degrees(0.01)
	return driver.EncoderReading{
		At:     at,
		Angles: [2]model.Angle{count.Mul(float64(z)) + boxZero[0], count.Mul(float64(a)) + boxZero[1]},
		Count:  [2]model.Angle{count, count},
	}
}

// reading lets n seconds pass with a reading in each.
func (r *benched) reading(n int) *Snapshot {
	r.t.Helper()
	for range n {
		r.after(time.Second)
		r.do(r.ReadEncoders(r.t.Context(), r.encoders()))
	}
	return r.Snapshot()
}

// onStar slews to a star, and reads the encoders on the way and afterwards.
func (r *benched) onStar(ha, dec float64) model.Equatorial {
	r.t.Helper()
	r.do(r.SetTracking(r.t.Context(), true))
	to := r.at(ha, dec)
	r.do(r.SlewEquatorial(r.t.Context(), to))
	for r.reading(1).Slewing {
	}
	r.reading(5)
	return to
}

func emitted(s *Snapshot) [2]model.Microsteps {
	return [2]model.Microsteps{s.Reports[AxisZ].Emitted, s.Reports[AxisA].Emitted}
}

const twoCounts = model.Angle(2 * 0.01 * math.Pi / 180)

// Without tracking the position follows a tube that is pushed by hand.
func TestTubePushedByHand(t *testing.T) {
	t.Parallel()
	boxed(t, nil, func(r *benched) {
		r.do(r.SetTracking(r.t.Context(), true)) // the windings are on
		r.reading(2)
		r.do(r.SetTracking(r.t.Context(), false))
		before := r.reading(2)
		r.bench.Push(sim.AxisZ, model.Degrees(31))
		r.bench.Push(sim.AxisA, model.Degrees(12))
		if s := r.reading(2); s.Axes != before.Axes || s.Encoders.Pending != 2 {
			r.t.Errorf("after two readings: at %v, %d pending", s.Axes, s.Encoders.Pending)
		}
		s := r.reading(1)
		truth := r.truth()
		r.near("axis Z", s.Axes.Z, truth.Axes.Z, twoCounts)
		r.near("axis A", s.Axes.A, truth.Axes.A, twoCounts)
		if s.Horizontal.Separation(truth.Horizontal) > 2*twoCounts {
			r.t.Errorf("points at %v, really at %v", s.Horizontal, truth.Horizontal)
		}
		if emitted(s) != emitted(before) || s.Counts.EncoderResets != [resetCauses]uint64{ResetIdle: 1} {
			r.t.Errorf("emitted %v, before %v; resets %v", emitted(s), emitted(before), s.Counts.EncoderResets)
		}
		if n := len(s.Encoders.Resets); n != 1 || (s.Encoders.Resets[0].By.A-model.Degrees(12)).Abs() > twoCounts {
			r.t.Errorf("the log has %d resets: %v", n, s.Encoders.Resets)
		}
		// From there it slews to where it should.
		to := r.onStar(-1, 30)
		if miss := r.miss(to); miss > 2*twoCounts {
			r.t.Errorf("a slew after the push is %.0f″ off", miss.Arcsec())
		}
	})
}

// With released motors every reading counts.
func TestPushTo(t *testing.T) {
	boxed(t, nil, func(r *benched) {
		ctx := r.t.Context()
		r.do(r.SetTracking(ctx, true))
		if err := r.ReleaseMotors(ctx); !errors.Is(err, fault.Refused) {
			r.t.Errorf("release while tracking: %v", err)
		}
		r.do(r.SetTracking(ctx, false))
		r.reading(2)
		r.do(r.ReleaseMotors(ctx))
		for range 3 {
			r.bench.Push(sim.AxisZ, model.Degrees(0.05))
			s := r.reading(1)
			r.near("axis Z", s.Axes.Z, r.truth().Axes.Z, twoCounts)
			if !s.Trusted || s.Stopped != nil || s.Reports[AxisZ].State != driver.Released {
				r.t.Errorf("trusted %v, stopped %v, %v", s.Trusted, s.Stopped, s.Reports[AxisZ].State)
			}
		}
		to := r.onStar(-1, 30)
		if miss := r.miss(to); miss > 2*twoCounts {
			r.t.Errorf("a slew after pushing is %.0f″ off", miss.Arcsec())
		}
	})
}

// While tracking, a tube that slips drives back; little slips are let be.
func TestSlipWhileTracking(t *testing.T) {
	t.Parallel()
	boxed(t, nil, func(r *benched) {
		to := r.onStar(-1, 30)
		r.bench.Push(sim.AxisA, model.Degrees(0.5))
		s := r.reading(6)
		if s.Counts.EncoderResets != [resetCauses]uint64{} || s.Target.Separation(to) > fine {
			r.t.Errorf("half a degree, below the threshold: resets %v", s.Counts.EncoderResets)
		}
		r.bench.Push(sim.AxisA, model.Degrees(1))
		s = r.reading(10)
		if miss := r.miss(to); miss > twoCounts {
			r.t.Errorf("%.0f″ off after the slip", miss.Arcsec())
		}
		r.onTarget("the target", s.Target, to, fine)
		if s.Counts.EncoderResets != [resetCauses]uint64{ResetTracking: 1} || !s.Tracking || s.Slewing || s.Encoders.Misses != 0 {
			r.t.Errorf("resets %v, tracking %v, slewing %v, misses %d", s.Counts.EncoderResets, s.Tracking, s.Slewing, s.Encoders.Misses)
		}
		if n := s.Reports[AxisA].CatchUps; n != 0 {
			r.t.Errorf("the executor had to make up for %d jumps of the plan", n)
		}
		if r.worst(to, 30*time.Second) > twoCounts {
			r.t.Error("it does not track on")
		}
	})
}

// A slip during a slew is found after it, and not before.
func TestSlipWhileSlewing(t *testing.T) {
	t.Parallel()
	boxed(t, nil, func(r *benched) {
		r.onStar(-1, 30)
		to := r.at(1, 20)
		r.do(r.SlewEquatorial(r.t.Context(), to))
		r.reading(3)
		r.bench.Push(sim.AxisZ, model.Degrees(-2))
		for r.reading(1).Activity == SlewingToSky {
		}
		if s := r.Snapshot(); s.Counts.EncoderResets != [resetCauses]uint64{} {
			r.t.Errorf("reset while slewing: %v", s.Counts.EncoderResets)
		}
		s := r.reading(12)
		if miss := r.miss(to); miss > twoCounts || s.Counts.EncoderResets != [resetCauses]uint64{ResetAfterSlew: 1} {
			r.t.Errorf("%.0f″ off, resets %v", miss.Arcsec(), s.Counts.EncoderResets)
		}
	})
}

// A box that dies is known to be old, and nothing moves; one that begins to
// count anew stops tracking instead of throwing the tube about.
func TestEncoderBoxFails(t *testing.T) {
	boxed(t, nil, func(r *benched) {
		to := r.onStar(-1, 30)
		s := r.after(6 * time.Second)
		if !s.Encoders.Stale || s.Counts.EncoderResets != [resetCauses]uint64{} {
			r.t.Errorf("stale %v, resets %v", s.Encoders.Stale, s.Counts.EncoderResets)
		}
		if err := r.ResetToEncoders(r.t.Context()); !errors.Is(err, fault.Refused) {
			r.t.Errorf("reset to an old reading: %v", err)
		}
		r.onTarget("the target", s.Target, to, fine)
		if r.miss(to) > model.Arcsec(2) {
			r.t.Errorf("%.1f″ off", r.miss(to).Arcsec())
		}
		for range 4 { // it is switched on again, and counts from 0
			r.after(time.Second)
			r.do(r.ReadEncoders(r.t.Context(), driver.EncoderReading{At: r.Instant(), Count: [2]model.Angle{1e-4, 1e-4}}))
		}
		s = r.after(2 * time.Second)
		if s.Tracking || s.Trusted || !errors.Is(s.Stopped, fault.Hardware) || s.Slewing {
			r.t.Errorf("tracking %v, trusted %v, stopped %v, %v", s.Tracking, s.Trusted, s.Stopped, s.Activity)
		}
		before := emitted(s)
		if after := emitted(r.after(5 * time.Second)); after != before {
			r.t.Errorf("motors went from %v to %v", before, after)
		}
		for _, bad := range []driver.EncoderReading{
			{At: r.Instant(), Angles: [2]model.Angle{model.Angle(math.NaN()), 0}},
			{At: r.Instant().Add(-time.Minute)}, {At: r.Instant().Add(time.Minute)},
		} {
			if err := r.ReadEncoders(r.t.Context(), bad); !errors.Is(err, fault.Invalid) {
				r.t.Errorf("%v: %v", bad, err)
			}
		}
	})
}

// What asks for one correction after another is a fault.
func TestTooManyResets(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		change   func(*Config)
		says     string
		resets   uint64
		readings int
	}{
		"per minute": {func(c *Config) { c.Mount.Encoders.Readings = 1 }, "in a minute", 3, 1},
		"slews in a row": {func(c *Config) {
			c.Mount.Encoders.Readings, c.Mount.Encoders.MaxResetsPerMin, c.Mount.MaxReslews = 1, 60, 2
		}, "2 slews in a row", 2, 1},
		"one, by a lot":   {func(c *Config) { c.Mount.Encoders.MaxCorrection = 1.2 }, "more than the 1.2°", 0, 3},
		"five by default": {func(c *Config) { c.Mount.Encoders.Readings, c.Mount.Encoders.MaxResetsPerMin = 1, 60 }, "5 slews in a row", 5, 1},
	} {
		t.Run(name, func(t *testing.T) {
			boxed(t, tt.change, func(r *benched) {
				r.onStar(-1, 30)
				for range 10 {
					r.bench.Push(sim.AxisA, model.Degrees(1.5)) // again on the way back
					for range tt.readings {
						r.reading(1)
					}
					if !r.Snapshot().Tracking {
						break
					}
					r.after(200 * time.Millisecond)
					for r.Snapshot().Slewing {
						r.after(200 * time.Millisecond)
					}
				}
				s := r.Snapshot()
				if s.Tracking || s.Trusted || s.Stopped == nil || !strings.Contains(s.Stopped.Error(), tt.says) || !errors.Is(s.SlewFault, fault.Hardware) {
					r.t.Errorf("tracking %v, trusted %v, stopped %v, slew fault %v", s.Tracking, s.Trusted, s.Stopped, s.SlewFault)
				}
				if n := s.Counts.EncoderResets; n[ResetTracking]+n[ResetAfterSlew] != tt.resets {
					r.t.Errorf("resets %v, want %d", n, tt.resets)
				}
			})
		})
	}
}

// By command the position is the encoders', or theirs the position's; nothing
// moves.
func TestEncoderCommands(t *testing.T) {
	boxed(t, func(c *Config) { c.Mount.Encoders.ThresholdTracking = 0 }, func(r *benched) {
		ctx := r.t.Context()
		if err := r.InitEncoders(ctx); !errors.Is(err, fault.Refused) {
			r.t.Errorf("init, never read: %v", err)
		}
		to := r.onStar(-1, 30)
		r.bench.Push(sim.AxisA, model.Degrees(3))
		s := r.reading(4)
		r.near("difference", s.Encoders.Difference.A, model.Degrees(3), twoCounts)
		there := r.truth().Equatorial
		r.do(r.ResetToEncoders(ctx))
		s = r.reading(5)
		r.onTarget("target", s.Target, there, 2*twoCounts)
		r.onTarget("truth", r.truth().Equatorial, there, 2*twoCounts)
		if s.Target.Separation(to) < model.Degrees(1) || !s.Tracking || s.Slewing {
			r.t.Errorf("target %v, tracking %v, %v", s.Target, s.Tracking, s.Activity)
		}
		r.bench.Push(sim.AxisZ, model.Degrees(1))
		r.reading(1)
		r.do(r.InitEncoders(ctx))
		s = r.Snapshot()
		r.near("difference after init", s.Encoders.Difference.Z, 0, 1e-9)
		// A sync says that the position is right where the encoders are.
		r.bench.Push(sim.AxisZ, model.Degrees(2))
		r.reading(1)
		r.do(r.SyncEquatorial(ctx, r.truth().Equatorial))
		s = r.reading(1)
		r.near("difference after a sync", s.Encoders.Difference.Z, 0, twoCounts)
		r.onTarget("after a sync", s.Equatorial, r.truth().Equatorial, 2*twoCounts)
	})
}

// The zero of a box that was left on is known to the next run; one that was
// switched off is set on the position.
func TestEncoderZeroIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := DefaultConfig()
		cfg.Mount.Encoders.Use = true
		saved := Saved{Counts: stepsFor(cfg).StartCounts(nil), Trusted: true, Encoders: &model.Axes{Z: model.Degrees(20), A: model.Degrees(30)}}
		for name, tt := range map[string]struct {
			z, a   float64 // the box, degrees
			dz, da float64 // by which the position is corrected
		}{
			"left on":           {160, 0.5, 0, 0.5}, // and pushed by hand
			"turns lost":        {160 - 360, 0, 0, 0},
			"pushed a little":   {161 + 360, 0, 1, 0},
			"switched off":      {0, 0, 0, 0},
			"pushed a long way": {170, 0, 0, 0},
		} {
			r := start(t, cfg, &saved)
			read := func() {
				r.do(r.ReadEncoders(t.Context(), driver.EncoderReading{At: r.Instant(), Angles: [2]model.Angle{model.Degrees(tt.z), model.Degrees(tt.a)}}))
			}
			read()
			s := r.Snapshot()
			r.near(name+": Z", s.Axes.Z-model.Degrees(cfg.Mount.Z.HomeDeg), model.Degrees(tt.dz), model.Arcsec(20))
			r.near(name+": A", s.Axes.A-model.Degrees(cfg.Mount.A.HomeDeg), model.Degrees(tt.da), model.Arcsec(20))
			if r.Snapshot().Saved().Encoders == nil {
				t.Error(name + ": nothing is saved")
			}
		}
	})
}
