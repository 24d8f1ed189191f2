// SPDX-License-Identifier: GPL-3.0-or-later

//go:build !race

package night

import (
	"fmt"
	"testing"
	"time"

	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/pointing"
	"github.com/siderostep/siderostep/mount"
)

// rare are the mounts seldom met. The race detector would make these evenings
// too slow; every goroutine in them is raced elsewhere.
var rare = []string{"siderostat", "altalt"}

// sky is where rare mounts are sent: azimuth and altitude, all round, low and
// near the zenith.
var sky = [][2]float64{{10, 30}, {95, 20}, {130, 65}, {180, 40}, {230, 25}, {265, 50}, {300, 35}, {350, 70}, {45, 85}}

// A mirror before a fixed telescope, and a mount whose axes are both level,
// meet their places, stay on them, and hold the camera's position angle: with
// nothing wrong to the microstep, with the bench's faults to what a model
// fitted to stars leaves of them: backlash, worms, eccentric gears. The worst
// has Z1 and Z2 of 3′, Z3 of 5′ and a base that leans by 4°, too.
func TestRareMounts(t *testing.T) {
	for _, kind := range rare {
		for _, tt := range []struct {
			name             string
			meets, stays     model.Angle
			turns            model.Angle // of the camera, in a quarter of an hour
			faultless, worst bool
			south            bool
		}{
			{name: "faultless", meets: model.Arcsec(1.5), stays: model.Arcsec(1), turns: model.Degrees(0.006), faultless: true},
			{name: "faultless, south", meets: model.Arcsec(1.5), stays: model.Arcsec(1), turns: model.Degrees(0.006), faultless: true, south: true},
			{name: "default faults", meets: model.Arcmin(1), stays: model.Arcsec(20), turns: model.Degrees(0.01)},
			{name: "worst", meets: model.Arcmin(1), stays: model.Arcsec(30), turns: model.Degrees(0.02), worst: true},
		} {
			t.Run(kind+"/"+tt.name, func(t *testing.T) {
				f := telescope(kind, tt.faultless)
				f.Simulator.Aligned = !tt.faultless // which needs no stars: it stands as its geometry says
				if tt.south {
					f.Site.LatitudeDeg = -35
					f.Config = f.Config.ForGeometry(kind)
				}
				if c := &f.Simulator.Config; tt.worst {
					c.Z1Arcsec, c.Z2Arcsec, c.Z3Arcsec = 180, -180, 300
					c.BaseTiltNorthArcmin, c.BaseTiltEastArcmin, c.BaseTwistArcmin = 200, -140, 400
				}
				evening(t, f, func(o *observer) {
					ctx := o.t.Context()
					o.do(o.Mount.SetTracking(ctx, true))
					for i, p := range sky {
						to := o.above(p[0], p[1])
						o.slew(to)
						o.within(fmt.Sprintf("azimuth %g°, altitude %g°", p[0], p[1]), to, tt.meets)
						if i%4 != 2 {
							continue
						}
						o.after(2 * time.Second)
						before := o.Truth()
						s := o.after(15 * time.Minute)
						if s.Stopped != nil {
							t.Fatal(s.Stopped)
						}
						after := o.Truth()
						moved := before.Equatorial.Separation(after.Equatorial)
						turned := (after.Field - before.Field).WrapSigned()
						t.Logf("in 15 minutes moved %.2f″, camera turned %.4f°; the field %.1f°", moved.Arcsec(), turned.Degrees(),
							model.Angle(s.FieldRate).Mul(900).Degrees())
						if moved > tt.stays || turned.Abs() > tt.turns {
							t.Errorf("15 minutes on a star: moved %.2f″, camera turned %.4f°", moved.Arcsec(), turned.Degrees())
						}
					}
					o.do(o.Mount.Park(ctx))
					o.arrive()
				})
			})
		}
	}
}

// above returns the place at azimuth and altitude now, by the bench's
// sidereal time.
func (o *observer) above(az, alt float64) model.Equatorial {
	lat := o.Mount.Snapshot().Config.Site.Latitude()
	hd := model.Horizontal{Az: model.Degrees(az), Alt: model.Degrees(alt)}.HourDec(lat)
	return hd.Equatorial(o.Bench.Truth(o.Mount.Instant()).LST)
}

// A German mount that is to flip at the meridian does so, and the tube is on
// the star again; on its way it stays above the horizon, and elsewhere a slew
// that would dip below goes round.
func TestFlipAndWayJudgedByTheBench(t *testing.T) {
	f := telescope("german", true)
	f.Mount.HorizonDeg = 24
	f.Mount.PastMeridianDeg, f.Mount.AtLimit = 1, "flip"
	evening(t, f, func(o *observer) {
		ctx := o.t.Context()
		o.do(o.Mount.SetTracking(ctx, true))
		lowest := model.Quarter
		slew := func(to model.Equatorial) {
			o.do(o.Mount.SlewEquatorial(ctx, to))
			for o.Mount.Snapshot().Slewing {
				o.after(100 * time.Millisecond)
				lowest = min(lowest, o.Truth().Horizontal.Alt)
			}
		}
		slew(o.at(-9.5, 70))
		lowest = model.Quarter
		to := o.at(-2, -10)
		slew(to)
		o.within("by the way round", to, model.Arcsec(1.5))
		if lowest < model.Degrees(23.8) {
			t.Errorf("the tube went down to %v on the way", lowest)
		}
		to = o.at(-0.05, 30)
		slew(to)
		in := o.Mount.Snapshot().Limit.In
		if in == mount.Never {
			t.Fatal("no flip is foretold")
		}
		o.after(in + 2*time.Second)
		s := o.arrive()
		if s.Pier != pointing.Normal || s.Counts.Flips != 1 {
			t.Errorf("after the meridian on side %v, %d flips", s.Pier, s.Counts.Flips)
		}
		o.within("after the flip", to, model.Arcsec(1.5))
		if ha := o.Truth().HourDec.HA.Degrees(); ha < 1 || ha > 1.6 {
			t.Errorf("flipped at hour angle %.2f°, wanted at 1° and the time it takes", ha)
		}
		t.Logf("lowest on all ways: %v", lowest)
	})
}
