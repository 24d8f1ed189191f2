// SPDX-License-Identifier: GPL-3.0-or-later

package night

import (
	"fmt"
	"testing"
	"time"

	"github.com/siderostep/siderostep/model"
)

// Everywhere on Earth, on both sides of the meridian, the tube meets its
// places and stays on them.
func TestOtherLatitudes(t *testing.T) {
	for _, kind := range kinds {
		for _, lat := range []float64{-35, 8, 71} {
			t.Run(fmt.Sprintf("%s/%+.0f", kind, lat), func(t *testing.T) {
				f := telescope(kind, true)
				f.Site.LatitudeDeg, f.Site.LongitudeDeg = lat, 18.5
				f.Config = f.Config.ForGeometry(kind)
				evening(t, f, func(o *observer) {
					o.do(o.Mount.SetTracking(o.t.Context(), true))
					for _, p := range [][2]float64{{-3, 0.6}, {-0.4, 0.2}, {0.5, 1.1}, {2.5, 0.8}} {
						to := o.at(p[0], lat*p[1])
						o.slew(to)
						o.within("arrived", to, model.Arcsec(1))
						o.after(3 * time.Minute)
						o.within("3 minutes later", to, model.Arcsec(1))
					}
					o.do(o.Mount.Park(o.t.Context()))
					o.arrive()
				})
			})
		}
	}
}
