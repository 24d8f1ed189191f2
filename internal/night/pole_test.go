// SPDX-License-Identifier: GPL-3.0-or-later

package night

import (
	"errors"
	"testing"
	"time"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
)

// A German mount starts at the pole, where right ascension means nothing and
// the field turns over: all that a client may ask for there must be possible.
func TestCommandsAtThePole(t *testing.T) {
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			f := telescope(kind, false)
			f.Mount.A.HomeDeg = 90
			evening(t, f, func(o *observer) {
				ctx := o.t.Context()
				for range 4 {
					o.do(o.Mount.FindHome(ctx))
					o.arrive()
					// Tracking may end at a limit there, and then slews are refused.
					tried := []error{o.Mount.SetTracking(ctx, true), o.Mount.Abort(ctx)}
					for range 4 {
						tried = append(tried, o.Mount.SlewEquatorial(ctx, o.Mount.Snapshot().Equatorial))
						o.arrive()
						tried = append(tried, o.Mount.SyncEquatorial(ctx, o.Mount.Snapshot().Equatorial))
						o.after(700 * time.Millisecond)
					}
					for _, v := range []float64{0.05, -0.05, 40, -40, 0} {
						ra, dec := model.ArcsecPerSecond(v), model.ArcsecPerSecond(0)
						for range 2 {
							tried = append(tried, o.Mount.SetRateOffsets(ctx, &ra, &dec))
							o.after(time.Second)
							ra, dec = dec, ra
						}
					}
					tried = append(tried, o.Mount.SetTracking(ctx, false), o.Mount.SlewHorizontal(ctx, o.Mount.Snapshot().Horizontal))
					o.arrive()
					tried = append(tried, o.Mount.SyncHorizontal(ctx, o.Mount.Snapshot().Horizontal))
					for _, err := range tried {
						if err != nil && !errors.Is(err, fault.Refused) && !errors.Is(err, fault.AboveLimit) {
							t.Error(err)
						}
					}
				}
			})
		})
	}
}
