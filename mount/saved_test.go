// SPDX-License-Identifier: GPL-3.0-or-later

package mount

import (
	"encoding/json"
	"testing"
	"testing/synctest"
	"time"

	"github.com/siderostep/siderostep/model"
)

// What one run saves, as JSON, the next takes up: the place, the park
// position, the sync, the camera.
func TestNextRunTakesUp(t *testing.T) {
	t.Parallel()
	for _, g := range geometries {
		var written []byte
		var before Snapshot
		t.Run(g.String()+"/first", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := start(t, DefaultConfig().ForGeometry(g.String()), nil)
				r.do(r.SetTracking(t.Context(), true))
				to := r.at(-2, 35)
				r.do(r.SlewEquatorial(t.Context(), to))
				r.arrive()
				r.do(r.SyncEquatorial(t.Context(), model.Equatorial{RA: to.RA + model.Arcmin(7), Dec: to.Dec}))
				r.do(r.SyncRotator(t.Context(), model.Degrees(42)))
				if s := r.after(time.Second).Saved(); !s.Moving {
					t.Error("tracking, and the saved state does not say that the motors move")
				}
				r.do(r.SetTracking(t.Context(), false))
				r.after(time.Second)
				r.do(r.SetPark(t.Context()))
				r.do(r.Park(t.Context()))
				before = *r.arrive()
				var err error
				if written, err = json.Marshal(before.Saved()); err != nil {
					t.Fatal(err)
				}
			})
		})
		t.Run(g.String()+"/next", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var saved Saved
				if err := json.Unmarshal(written, &saved); err != nil {
					t.Fatal(err)
				}
				r := start(t, DefaultConfig().ForGeometry(g.String()), &saved)
				s := r.after(time.Second)
				r.near("axis Z", s.Axes.Z, before.Axes.Z, s.Config.Mount.Z.microstep())
				r.near("axis A", s.Axes.A, before.Axes.A, s.Config.Mount.A.microstep())
				if d := s.Horizontal.Separation(before.Horizontal); d > s.Config.Mount.Z.microstep().Mul(2.4) {
					t.Errorf("points %.2f″ from where it did: the sync is lost", d.Arcsec())
				}
				r.near("camera", s.Rotator.Sky, before.Rotator.Sky, s.Config.Rotator.step().Mul(3))
				if !s.Parked || !s.Trusted {
					t.Errorf("parked %v, trusted %v", s.Parked, s.Trusted)
				}
				r.do(r.Unpark(t.Context()))
				r.do(r.FindHome(t.Context()))
				r.arrive()
				r.do(r.Park(t.Context()))
				r.near("park position", r.arrive().Axes.A, before.Axes.A, model.Arcsec(0.2))
			})
		})
	}
	// A run that ended while the motors moved is not to be trusted.
	synctest.Test(t, func(t *testing.T) {
		r := start(t, DefaultConfig(), &Saved{Counts: DefaultConfig().StartCounts(nil), Trusted: true, Moving: true})
		if r.Snapshot().Trusted {
			t.Error("trusted after a run that ended in motion")
		}
		r.do(r.SetTracking(t.Context(), true))
		r.do(r.SyncEquatorial(t.Context(), r.at(-2, 35)))
		if !r.after(time.Second).Trusted {
			t.Error("not trusted after a sync")
		}
	})
}

// The park position of the configuration follows the configuration; that of
// SetPark, wherever it is, stays.
func TestParkPositionIsKeptOnlyWhenSet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := DefaultConfig().ForGeometry("fork")
		cfg.Mount.Z.HomeDeg, cfg.Mount.A.HomeDeg, cfg.Mount.A.ParkDeg = 0, 0, 45
		r := start(t, cfg, nil)
		next := func(parkDeg float64) model.Axes {
			t.Helper()
			saved := r.Snapshot().Saved()
			cfg := *r.Snapshot().Config
			cfg.Mount.A.ParkDeg = parkDeg
			m, err := New(cfg, Parts{Clock: r.clock, Epoch: r.epoch, Motors: newMotors(t, cfg, &saved), Saved: &saved})
			if err != nil {
				t.Fatal(err)
			}
			return m.state.parkPlace()
		}
		if got := next(60).A; got != model.Degrees(60) {
			t.Errorf("park_deg is 60, SetPark was never called, and the park position is %v", got)
		}
		r.do(r.SetPark(t.Context())) // at home, where both axes read 0
		if got := next(60); got != (model.Axes{}) {
			t.Errorf("the park position was set at 0 and is %v", got)
		}
	})
}
