// SPDX-License-Identifier: GPL-3.0-or-later

//go:build night

package night

import (
	"testing"
	"time"

	"github.com/siderostep/siderostep/mount"
)

// trackingTime is how long tracking is watched at each place.
const trackingTime = time.Hour

// TestLongNight lives through eight hours of imaging on each kind of mount,
// windings included: a new target every hour, a dither every five minutes,
// and prints how long that took and how well it tracked.
func TestLongNight(t *testing.T) {
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			wall := time.Now()
			evening(t, telescope(kind, false), func(o *observer) {
				o.do(o.Mount.SetTracking(o.t.Context(), true))
				var drift rms
				for hour := range 8 {
					to := o.at(-3.2+0.3*float64(hour), 15+5*float64(hour))
					o.slew(to)
					for range 12 {
						o.do(o.Mount.PulseGuide(o.t.Context(), mount.Direction(hour%4), 500*time.Millisecond))
						o.after(2 * time.Second)
						start := o.Truth().Equatorial
						s := o.after(298 * time.Second)
						if s.Stopped != nil || !s.Tracking {
							t.Fatalf("hour %d: tracking stopped: %v", hour, s.Stopped)
						}
						drift.add(o.off(start))
					}
				}
				tr := o.Truth()
				if tr.Z.LostFullSteps != 0 || tr.A.LostFullSteps != 0 {
					t.Errorf("lost full steps: Z %d, A %d", tr.Z.LostFullSteps, tr.A.LostFullSteps)
				}
				t.Logf("%s, default faults, unguided: moved %.2f″ rms, %.2f″ at most, in 5 minutes", kind, drift.value(), drift.pk)
			})
			took := time.Since(wall)
			t.Logf("%s: 8 h in %.1f s, %.0f times faster than life", kind, took.Seconds(), 8*3600/took.Seconds())
		})
	}
}
