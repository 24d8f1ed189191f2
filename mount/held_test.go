// SPDX-License-Identifier: GPL-3.0-or-later

package mount

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/siderostep/siderostep/model"
)

// A limit counts for the axis that nobody holds too: it goes on as the sky had
// it, and a key that moved the target before adds nothing.
func TestHeldMotionStopsAtTheOtherAxisLimit(t *testing.T) {
	t.Parallel()
	t.Run("setting star", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			cfg := DefaultConfig().ForGeometry("fork")
			cfg.Mount.HorizonDeg = 10
			r := start(t, cfg, nil)
			ctx := t.Context()
			r.do(r.SetTracking(ctx, true))
			to := model.Horizontal{Az: model.Degrees(260), Alt: model.Degrees(10.5)}.HourDec(cfg.Site.Latitude())
			r.do(r.SlewEquatorial(ctx, to.Equatorial(r.Snapshot().LST)))
			r.arrive()
			r.do(r.MoveAxis(ctx, "hand", AxisA, model.ArcsecPerSecond(0.1)))
			s := r.holding("hand", 10*time.Minute)
			if s.Activity == Held || s.Horizontal.Alt < model.Degrees(9.9) {
				t.Errorf("%v at altitude %.2f°, below the limit of 10°", s.Activity, s.Horizontal.Alt.Degrees())
			}
			if !s.Limit.Reached || s.Limit.Limit != HorizonLimit {
				t.Errorf("limit %v, reached %v", s.Limit.Limit, s.Limit.Reached)
			}
		})
	})
	t.Run("axis", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r := start(t, DefaultConfig().ForGeometry("fork"), nil)
			ctx := t.Context()
			r.do(r.SetTracking(ctx, true))
			r.do(r.SlewEquatorial(ctx, r.at(1, 40)))
			high := r.arrive().Axes.Z + model.Degrees(0.2)
			r.do(r.Configure(ctx, func(c *Config) { c.Mount.Z.MaxDeg, c.Mount.Z.HomeDeg, c.Mount.Z.ParkDeg = high.Degrees(), 0, 0 }))
			r.do(r.MoveAxis(ctx, "hand", AxisA, model.ArcsecPerSecond(0.1)))
			s := r.holding("hand", 3*time.Minute)
			if s.Activity == Held || s.Axes.Z > high+model.Degrees(0.05) {
				t.Errorf("%v with axis Z at %v, its limit is %v", s.Activity, s.Axes.Z, high)
			}
		})
	})
	t.Run("key", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r := start(t, DefaultConfig().ForGeometry("fork"), nil)
			ctx := t.Context()
			r.do(r.SetTracking(ctx, true))
			r.do(r.SlewEquatorial(ctx, r.at(-1, 40)))
			r.arrive()
			r.do(r.Nudge(ctx, "hand", 0, model.ArcsecPerSecond(600)))
			r.after(2 * time.Second)
			r.do(r.MoveAxis(ctx, "hand", AxisZ, model.DegreesPerSecond(0.01)))
			before := r.after(3 * time.Second).Axes.A
			r.near("axis A in 20 s", r.holding("hand", 20*time.Second).Axes.A, before, model.Arcsec(5))
		})
	})
}

// holding lets the client of held motion give signs of life for a time.
func (r *rig) holding(client string, d time.Duration) *Snapshot {
	const step = 3 * time.Second
	for ; d > 0; d -= step {
		if r.after(step); r.Snapshot().Activity != Held {
			break
		}
		r.Heard(client)
	}
	return r.Snapshot()
}

// Held motion ends when its own client falls silent, whatever others say.
func TestSilenceIsThatOfTheHolder(t *testing.T) {
	slow := model.ArcsecPerSecond(30)
	for name, other := range map[string]func(r *rig){
		"stop":    func(r *rig) { r.do(r.MoveAxis(r.t.Context(), "other", AxisA, 0)) },
		"refused": func(r *rig) { _ = r.MoveAxis(r.t.Context(), "other", AxisA, 100) },
		"nudge":   func(r *rig) { _ = r.Nudge(r.t.Context(), "other", 1, 1) },
		"alive":   func(r *rig) { r.Heard("other") },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := start(t, DefaultConfig(), nil)
				r.do(r.MoveAxis(t.Context(), "dead", AxisZ, slow))
				for range 6 {
					r.after(3 * time.Second)
					other(r)
				}
				if s := r.Snapshot(); s.Activity == Held || s.Holder != "" {
					t.Errorf("18 s after its last word %q still holds axis Z", s.Holder)
				}
			})
		})
	}
}

// Who begins to move the mount ends what another client holds.
func TestOneHolder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, DefaultConfig(), nil)
		ctx := t.Context()
		slow := model.ArcsecPerSecond(30)
		r.do(r.MoveAxis(ctx, "dead", AxisZ, slow))
		r.after(time.Second)
		r.do(r.MoveAxis(ctx, "alive", AxisA, slow))
		s := r.after(time.Second)
		if s.Holder != "alive" || s.HeldRates[AxisZ] != 0 || s.HeldRates[AxisA] != slow {
			t.Errorf("held by %q: %v", s.Holder, s.HeldRates)
		}
		r.do(r.MoveAxis(ctx, "third", AxisRotator, model.DegreesPerSecond(0.1)))
		s = r.after(5 * time.Second)
		if s.Activity != Idle || s.HeldRates[AxisA] != 0 || s.Holder != "third" {
			t.Errorf("the rotator is held by %q, the mount is %v at %v", s.Holder, s.Activity, s.HeldRates)
		}
		r.do(r.MoveAxis(ctx, "third", AxisRotator, 0))
		r.after(5 * time.Second)

		r.do(r.SetTracking(ctx, true))
		r.do(r.SlewEquatorial(ctx, r.at(-2, 35)))
		r.arrive()
		r.do(r.Nudge(ctx, "dead", 0, model.ArcsecPerSecond(10)))
		r.after(time.Second)
		r.do(r.MoveAxis(ctx, "alive", AxisRotator, slow))
		dec := r.after(time.Second).Equatorial.Dec
		r.near("declination", r.after(5*time.Second).Equatorial.Dec, dec, fine)
		r.do(r.Nudge(ctx, "hand", 0, model.ArcsecPerSecond(10)))
		if s := r.after(3 * time.Second); s.HeldRates[AxisRotator] != 0 || s.Holder != "hand" {
			t.Errorf("the rotator is still held; holder %q", s.Holder)
		}
	})
}

// Tracking switched off while an axis is held, or while it brakes, takes the
// sky's motion from the other one.
func TestTrackingOffWhileHeld(t *testing.T) {
	t.Parallel()
	for name, let := range map[string]func(r *rig){
		"held":    func(*rig) {},
		"braking": func(r *rig) { r.do(r.MoveAxis(r.t.Context(), "hand", AxisA, 0)) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := start(t, DefaultConfig(), nil)
				ctx := t.Context()
				r.do(r.SetTracking(ctx, true))
				r.do(r.SlewEquatorial(ctx, r.at(-2, 35)))
				r.arrive()
				r.do(r.MoveAxis(ctx, "hand", AxisA, model.DegreesPerSecond(0.5)))
				r.after(2 * time.Second)
				let(r)
				r.do(r.SetTracking(ctx, false))
				z := r.after(2 * time.Second).Axes.Z
				r.near("axis Z after 5 s", r.after(5*time.Second).Axes.Z, z, fine)
			})
		})
	}
}

// Tracking switched off on the way to the park position stays off when the way
// is aborted.
func TestTrackingOffWhileParking(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, DefaultConfig(), nil)
		ctx := t.Context()
		r.do(r.SetTracking(ctx, true))
		r.do(r.SlewEquatorial(ctx, r.at(-3, 40)))
		r.arrive()
		r.do(r.Park(ctx))
		r.after(500 * time.Millisecond)
		r.do(r.SetTracking(ctx, false))
		r.do(r.Abort(ctx))
		if s := r.arrive(); s.Tracking {
			t.Error("tracking was switched off, and is on after parking was aborted")
		}
	})
}
