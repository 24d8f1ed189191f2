// SPDX-License-Identifier: GPL-3.0-or-later

package fit_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/fit"
	"github.com/siderostep/siderostep/model/pointing"
	"github.com/siderostep/siderostep/model/sky"
	"github.com/siderostep/siderostep/sim"
)

// The same on the bench itself: its mount, its gears and its air share no
// formula with the fit.
func TestModelRunsOnTheBench(t *testing.T) {
	for kind, geometry := range map[string]pointing.Geometry{sim.AltAz: pointing.AltAz, sim.Fork: pointing.Fork, sim.German: pointing.German} {
		r := rand.New(rand.NewPCG(51, 2))
		c := sim.DefaultConfig()
		c.Mount = kind
		c.BaseTiltNorthArcmin, c.BaseTiltEastArcmin, c.BaseTwistArcmin = 90, -120, 100
		c.ZZeroDeg = 2
		c.Z1Arcsec, c.Z2Arcsec, c.Z3Arcsec = 2400, -3000, 1800
		c.TubeFlexureArcsec, c.ForkFlexureArcsec = 60, 60
		c.UT1MinusUTCS = 0.8
		c.PressureHPa = 960
		rig := sim.Rig{
			Site:  sim.Site{Latitude: model.Degrees(48), Longitude: model.Degrees(11), HeightM: 500},
			Epoch: time.Date(2026, 11, 5, 21, 0, 0, 0, time.UTC),
			Z:     sim.Drive{FullStep: model.Arcsec(2)}, A: sim.Drive{FullStep: model.Arcsec(2)},
			Rotator: sim.RotatorDrive{Step: model.Arcsec(60)}, Focuser: sim.FocuserDrive{StepMicrons: 1},
		}
		bench, err := sim.New(c, rig)
		if err != nil {
			t.Fatal(err)
		}
		air := sky.NewRefraction(sky.StandardConditions(500))
		setup := fit.SetupOf(geometry, rig.Site.Latitude, air)
		at := driver.Instant(0)
		// The observer's sidereal time lacks UT1 − UTC.
		lst := func() model.Angle { return bench.Truth(at).LST - model.Sidereal.Over(800*time.Millisecond) }
		side := func(hd model.HourDec) bool {
			return geometry == pointing.German && pointing.DestinationSide(hd.HA, pointing.PierUnknown, 0) == pointing.Through
		}
		targets, err := fit.Propose(fit.Plan{Count: 12, Setup: setup})
		if err != nil {
			t.Fatal(err)
		}
		var obs []fit.Observation
		for i, g := range targets {
			at += driver.Instant(2 * time.Minute)
			place := g.Place.Equatorial(lst())
			axes, ok := bench.AxesFor(place, at, side(g.Place))
			if !ok {
				t.Fatalf("%s: %v is out of reach", kind, g.Sky)
			}
			_, cos := axes.A.SinCos()
			axes.Z += model.Arcsec(5 * r.NormFloat64() / math.Max(math.Abs(cos), 0.1))
			axes.A += model.Arcsec(5 * r.NormFloat64())
			obs = append(obs, fit.Observation{Name: fmt.Sprint(i), Place: place, LST: lst(), Axes: axes, Sigma: model.Arcsec(8)})
		}
		res := run(t, obs, fit.Options{Setup: setup})
		var sum, worst float64
		n := 0
		chain := pointing.NewChain(res.Model, rig.Site.Latitude, air)
		for az := 7.0; az < 360; az += 30 {
			for _, alt := range []float64{22, 40, 58, 74} {
				at += driver.Instant(30 * time.Second)
				hd := model.Horizontal{Az: model.Degrees(az), Alt: model.Degrees(alt)}.HourDec(rig.Site.Latitude)
				if hd.Dec > model.Degrees(84) {
					continue
				}
				through := side(hd)
				pier := pointing.Normal
				if through {
					pier = pointing.Through
				}
				axes, _ := chain.Axes(hd, pier)
				want, ok := bench.AxesFor(hd.Equatorial(lst()), at, through)
				if !ok {
					continue
				}
				_, cos := want.A.SinCos()
				d := math.Hypot(float64((axes.Z-want.Z).WrapSigned())*cos, float64(axes.A-want.A))
				sum += d * d
				worst = max(worst, d)
				n++
			}
		}
		rms := math.Sqrt(sum / float64(n))
		t.Logf("%s: rms %.1f″, worst %.1f″ over %d places; the fit expects %.1f″", kind, rms/arcsec, worst/arcsec, n, res.LeaveOut.Arcsec())
		for _, e := range res.Terms {
			if e.Free {
				t.Logf("   %s %.1f″ ± %.1f″", e.Term, e.Value.Arcsec(), e.Sigma.Arcsec())
			}
		}
		if rms > 15*arcsec || worst > 45*arcsec || n < 40 {
			t.Errorf("%s: rms %.1f″, worst %.1f″ over %d places", kind, rms/arcsec, worst/arcsec, n)
		}
	}
}
