// SPDX-License-Identifier: GPL-3.0-or-later

package mount

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/pointing"
)

// Axes that were moved behind the mount's back, and then by hand to their
// stops, point where they did from there, in this run and the next.
func TestResetHome(t *testing.T) {
	for _, g := range []pointing.Geometry{pointing.AltAz, pointing.German} {
		cfg := DefaultConfig().ForGeometry(g.String())
		var saved Saved
		var at model.Axes
		t.Run(g.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx := t.Context()
				r := start(t, cfg, &Saved{Counts: stepsFor(cfg).StartCounts(nil), Moving: true})
				first := r.after(time.Second)
				if first.Trusted {
					t.Fatal("trusted after a run that ended in motion")
				}
				r.do(r.MoveAxis(ctx, "hand", AxisZ, model.DegreesPerSecond(1)))
				r.do(r.MoveAxis(ctx, "hand", AxisA, model.DegreesPerSecond(-1)))
				r.after(4 * time.Second)
				if err := r.ResetHome(ctx); !errors.Is(err, fault.Refused) {
					t.Errorf("in motion: %v", err)
				}
				r.do(r.Abort(ctx))
				r.arrive()
				r.do(r.SetTracking(ctx, true))
				if err := r.ResetHome(ctx); !errors.Is(err, fault.Refused) {
					t.Errorf("while tracking: %v", err)
				}
				r.do(r.SetTracking(ctx, false))
				r.after(2 * time.Second)
				r.do(r.ResetHome(ctx))
				home := r.after(time.Second)
				r.near("axis Z", home.Axes.Z, model.Degrees(cfg.Mount.Z.HomeDeg), fine)
				r.near("axis A", home.Axes.A, model.Degrees(cfg.Mount.A.HomeDeg), fine)
				if d := home.Horizontal.Separation(first.Horizontal); d > home.Config.Mount.Z.microstep().Mul(float64(home.Config.Mount.Z.Microsteps)) {
					t.Errorf("points %v from where it did at home", d)
				}
				if !home.AtHome || !home.Trusted {
					t.Errorf("at home %v, trusted %v", home.AtHome, home.Trusted)
				}
				r.do(r.FindHome(ctx))
				if s := r.arrive(); s.Reports[AxisZ].Emitted != home.Reports[AxisZ].Emitted {
					t.Error("it went on to another home")
				}
				r.do(r.SetTracking(ctx, true))
				to := r.at(-2, 35)
				r.do(r.SlewEquatorial(ctx, to))
				s := r.arrive()
				r.onTarget("slew", s.Equatorial, to, fine)
				for i, want := range [2]model.Angle{s.Axes.Z - home.Axes.Z, s.Axes.A - home.Axes.A} {
					q := [2]Axis{s.Config.Mount.Z, s.Config.Mount.A}[i].microstep()
					r.near("way of axis "+axisName(i), q.Mul(float64(s.Reports[i].Emitted-home.Reports[i].Emitted)), want, q)
				}
				r.do(r.SetTracking(ctx, false))
				s = r.after(2 * time.Second)
				saved, at = s.Saved(), s.Axes
				r.do(r.Park(ctx))
				r.arrive()
				if err := r.ResetHome(ctx); !errors.Is(err, fault.Parked) {
					t.Errorf("parked: %v", err)
				}
			})
			synctest.Test(t, func(t *testing.T) {
				r := start(t, cfg, &saved)
				s := r.after(time.Second)
				r.near("next run, axis Z", s.Axes.Z, at.Z, s.Config.Mount.Z.microstep())
				r.near("next run, axis A", s.Axes.A, at.A, s.Config.Mount.A.microstep())
			})
		})
	}
}
