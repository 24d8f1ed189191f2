// SPDX-License-Identifier: GPL-3.0-or-later

package mount

import (
	"errors"
	"testing"
	"time"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/pointing"
)

// Keys move the telescope among the stars, and tracking goes on underneath.
func TestNudge(t *testing.T) {
	t.Parallel()
	everywhere(t, func(r *rig, _ pointing.Geometry) {
		t := r.t
		ctx := t.Context()
		east, north := model.ArcsecPerSecond(60), model.ArcsecPerSecond(-30)
		if err := r.Nudge(ctx, "hand", east, north); !errors.Is(err, fault.Refused) {
			t.Errorf("without tracking: %v", err)
		}
		r.do(r.SetTracking(ctx, true))
		r.do(r.SlewEquatorial(ctx, r.at(-2, 35)))
		before := r.arrive().Equatorial
		r.do(r.Nudge(ctx, "hand", east, north))
		r.after(4 * time.Second)
		r.do(r.Nudge(ctx, "hand", 0, 0))
		s := r.after(time.Second)
		r.near("right ascension", s.Equatorial.RA-before.RA, model.Arcsec(240), fine)
		r.near("declination", s.Equatorial.Dec-before.Dec, model.Arcsec(-120), fine)
		if s.Slewing || !s.Tracking || s.Holder != "" {
			t.Errorf("slewing %v, tracking %v, held by %q", s.Slewing, s.Tracking, s.Holder)
		}
		s = r.after(time.Minute)
		r.near("right ascension, later", s.Equatorial.RA-before.RA, model.Arcsec(240), fine)
		if err := r.Nudge(ctx, "hand", model.DegreesPerSecond(1), 0); !errors.Is(err, fault.Invalid) {
			t.Errorf("too fast: %v", err)
		}
	})
}

// The dead man's switch, and every other end.
func TestNudgeEnds(t *testing.T) {
	t.Parallel()
	rate := model.ArcsecPerSecond(60)
	for name, end := range map[string]func(r *rig){
		"silence": func(r *rig) { r.after(11 * time.Second) },
		"abort":   func(r *rig) { r.do(r.Abort(r.t.Context())) },
		"slew":    func(r *rig) { r.do(r.SlewEquatorial(r.t.Context(), r.at(1, 20))); r.arrive() },
		"no tracking": func(r *rig) {
			r.do(r.SetTracking(r.t.Context(), false))
			r.after(time.Second)
			r.do(r.SetTracking(r.t.Context(), true))
		},
		"halt": func(r *rig) {
			r.Halt()
			r.after(time.Second)
			r.do(r.Resume(r.t.Context()))
			r.do(r.SetTracking(r.t.Context(), true))
		},
		"held": func(r *rig) {
			r.do(r.MoveAxis(r.t.Context(), "other", AxisZ, model.DegreesPerSecond(0.5)))
			r.after(time.Second)
			r.do(r.MoveAxis(r.t.Context(), "other", AxisZ, 0))
			r.arrive()
		},
	} {
		t.Run(name, func(t *testing.T) {
			everywhere(t, func(r *rig, _ pointing.Geometry) {
				t := r.t
				r.do(r.SetTracking(t.Context(), true))
				r.do(r.SlewEquatorial(t.Context(), r.at(-2, 35)))
				r.arrive()
				r.do(r.Nudge(t.Context(), "hand", rate, rate))
				r.after(2 * time.Second)
				end(r)
				s := r.after(3 * time.Second)
				if s.Holder != "" || !s.Tracking {
					t.Errorf("holder %q, tracking %v", s.Holder, s.Tracking)
				}
				later := r.after(10 * time.Second)
				r.onTarget("later", later.Equatorial, s.Equatorial, fine)
			})
		})
	}
}

// A rotator whose holder falls silent stops alone; the mount tracks on.
func TestSilentRotatorLeavesTracking(t *testing.T) {
	everywhere(t, func(r *rig, _ pointing.Geometry) {
		t := r.t
		r.do(r.SetTracking(t.Context(), true))
		to := r.at(-2, 35)
		r.do(r.SlewEquatorial(t.Context(), to))
		r.arrive()
		r.do(r.MoveAxis(t.Context(), "hand", AxisRotator, model.DegreesPerSecond(0.1)))
		s := r.after(15 * time.Second)
		if s.Slewing || s.Holder != "" {
			t.Errorf("slewing %v, holder %q", s.Slewing, s.Holder)
		}
		r.onTarget("after the silence", r.after(time.Minute).Equatorial, to, fine)
	})
}

// An axis that nobody holds goes on as the sky had it, also when a key is
// pressed again before the other motion has ended.
func TestOtherAxisTracksOn(t *testing.T) {
	everywhere(t, func(r *rig, _ pointing.Geometry) {
		t := r.t
		r.do(r.SetTracking(t.Context(), true))
		r.do(r.SlewEquatorial(t.Context(), r.at(-2, 35)))
		was := r.arrive().Axes.Z
		rate := (r.after(10*time.Second).Axes.Z - was).Mul(0.1) // per second
		hold := func(v model.Rate) { r.do(r.MoveAxis(t.Context(), "hand", AxisA, v)) }
		for range 2 {
			hold(model.DegreesPerSecond(0.2))
			before := r.after(time.Second)
			after := r.after(2 * time.Second)
			r.near("axis Z in 2 s", after.Axes.Z-before.Axes.Z, rate.Mul(2), model.Arcsec(1))
			hold(0)
			r.after(100 * time.Millisecond)
		}
	})
}
