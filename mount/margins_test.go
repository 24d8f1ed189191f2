// SPDX-License-Identifier: GPL-3.0-or-later

package mount

import (
	"math"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/siderostep/siderostep/model"
)

const siderealDay = 86164.0905 // seconds

// On an equatorial fork under no air, axis Z turns at the sidereal rate, and
// the horizon is reached at the hour angle of spherical trigonometry.
func TestLimitTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := DefaultConfig().ForGeometry("fork")
		cfg.Site.Refraction = false
		cfg.Mount.HorizonDeg = 10
		cfg.Mount.Z.MaxDeg = 80
		r := start(t, cfg, nil)
		if got := r.Snapshot().LimitTimes(12 * time.Hour); got[HorizonLimit] != Never || got[ZUpperLimit] != Never {
			t.Errorf("without a target: %v", got)
		}
		r.do(r.SetTracking(t.Context(), true))
		r.do(r.SlewEquatorial(t.Context(), r.at(1, 20)))
		s := r.arrive()
		got := s.LimitTimes(12 * time.Hour)

		hd := s.Target.HourDec(s.LST)
		sinLat, cosLat := math.Sincos(model.Degrees(cfg.Site.LatitudeDeg).Radians())
		sinDec, cosDec := math.Sincos(hd.Dec.Radians())
		set := math.Acos((math.Sin(model.Degrees(10).Radians()) - sinLat*sinDec) / (cosLat * cosDec))
		for _, tt := range []struct {
			limit Limit
			want  float64
		}{
			{HorizonLimit, (set - hd.HA.Radians()) / (2 * math.Pi) * siderealDay},
			{ZUpperLimit, (80 - s.Axes.Z.Degrees()) / 360 * siderealDay},
		} {
			if d := got[tt.limit].Seconds() - tt.want; math.Abs(d) > 0.5 {
				t.Errorf("%v in %v, want %.1f s", tt.limit, got[tt.limit], tt.want)
			}
		}
		for _, l := range []Limit{ZLowerLimit, ALowerLimit, AUpperLimit, MeridianLimit} {
			if got[l] != Never {
				t.Errorf("%v in %v, want never", l, got[l])
			}
		}
		if got := s.LimitTimes(time.Hour); got[ZUpperLimit] != Never {
			t.Errorf("within an hour: %v", got)
		}
	})
}

// What is foretold comes true: tracking stops at the limit, not before.
func TestLimitTimesComeTrue(t *testing.T) {
	t.Parallel()
	for _, geometry := range []string{"altaz", "german"} {
		t.Run(geometry, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cfg := DefaultConfig().ForGeometry(geometry)
				cfg.Mount.PastMeridianDeg = 1
				r := start(t, cfg, nil)
				r.do(r.SetTracking(t.Context(), true))
				place := r.at(7.3, 20)
				if geometry == "german" {
					place = r.at(-0.05, 20)
				}
				r.do(r.SlewEquatorial(t.Context(), place))
				s := r.arrive()
				times := s.LimitTimes(12 * time.Hour)
				first := slices.Min(times[:])
				if first > 4*time.Hour {
					t.Fatalf("limits after %v", times)
				}
				if s = r.after(first - 5*time.Second); !s.Tracking {
					t.Errorf("stopped before %v: %v", first, s.Stopped)
				}
				if s = r.after(7 * time.Second); s.Tracking || s.Stopped == nil {
					t.Errorf("still tracking after %v", first)
				}
			})
		})
	}
}

// A slew speeds up, goes on, brakes and settles, in this order, and arrives
// when it was said to.
func TestPhases(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, DefaultConfig().ForGeometry("fork"), nil)
		r.do(r.SetTracking(t.Context(), true))
		r.do(r.SlewEquatorial(t.Context(), r.at(3, 10)))
		s := r.Snapshot()
		arrival := s.Arrival
		var seen []Phase
		for s.Slewing {
			if len(seen) == 0 || seen[len(seen)-1] != s.Phase {
				seen = append(seen, s.Phase)
			}
			if s.Activity == SlewingToSky && s.Arrival != arrival {
				t.Fatalf("arrival at %v, at first %v", s.Arrival, arrival)
			}
			if s.Activity == Settling && s.At.Sub(arrival) > 700*time.Millisecond {
				t.Fatalf("arrival foretold for %v, still settling at %v", arrival, s.At)
			}
			s = r.after(Tick)
		}
		if want := []Phase{Accelerating, Cruising, Braking, SettlingDown}; !slices.Equal(seen, want) {
			t.Errorf("phases %v, want %v", seen, want)
		}
		if s.Phase != NoMotion || s.Arrival != 0 {
			t.Errorf("afterwards %v, arrival %v", s.Phase, s.Arrival)
		}
		before := s.Counts.Ticks
		if s = r.after(10 * time.Second); s.Counts.Ticks-before != 200 {
			t.Errorf("%d ticks in 10 s, want 200", s.Counts.Ticks-before)
		}
		r.do(r.MoveAxis(t.Context(), "hand", AxisA, model.DegreesPerSecond(1)))
		if s = r.Snapshot(); s.Phase != Accelerating {
			t.Errorf("held motion begins with %v", s.Phase)
		}
		if s = r.after(3 * time.Second); s.Phase != Cruising {
			t.Errorf("held motion goes on with %v", s.Phase)
		}
		r.do(r.Abort(t.Context()))
		if s = r.after(3 * Tick); s.Phase != Braking {
			t.Errorf("after an abort: %v", s.Phase)
		}
	})
}
