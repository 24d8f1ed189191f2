// SPDX-License-Identifier: GPL-3.0-or-later

package night

import (
	"errors"
	"math"
	"testing"
	"time"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/mount"
)

// screws are how far the base of the mount is off, as its owner turns it.
type screws struct{ north, clockwise model.Angle }

// turnBase turns the screws of the base until a star is in the middle, as one
// does with an eye at the eyepiece.
func (o *observer) turnBase(at *screws, star model.Equatorial) {
	o.t.Helper()
	turn := func(north, clockwise model.Angle) {
		o.Bench.MoveBase(north, 0, clockwise)
		at.north += north
		at.clockwise += clockwise
	}
	off := func() (ra, dec float64) {
		is := o.Truth().Equatorial
		return (is.RA - star.RA).WrapSigned().Arcsec() * cosDec(star), (is.Dec - star.Dec).Arcsec()
	}
	for range 4 {
		const bit = 1.0 // arcminute
		ra, dec := off()
		turn(model.Arcmin(bit), 0)
		ra1, dec1 := off()
		turn(model.Arcmin(-bit), model.Arcmin(bit))
		ra2, dec2 := off()
		turn(0, model.Arcmin(-bit))
		a, b, c, d := ra1-ra, ra2-ra, dec1-dec, dec2-dec
		det := a*d - b*c
		turn(model.Arcmin(-(ra*d-dec*b)/det), model.Arcmin(-(dec*a-ra*c)/det))
	}
}

// A polar axis that is a degree off is right to 15″ after two rounds.
func TestPolarAlignment(t *testing.T) {
	for _, kind := range []string{"fork", "german"} {
		t.Run(kind, func(t *testing.T) {
			f := telescope(kind, true)
			f.Simulator.Aligned = false
			off := screws{model.Arcmin(40), model.Arcmin(70)}
			f.Simulator.BaseTiltNorthArcmin, f.Simulator.BaseTwistArcmin = off.north.Arcmin(), off.clockwise.Arcmin()
			f.Simulator.ZZeroDeg = 1
			evening(t, f, func(o *observer) {
				t, ctx := o.t, o.t.Context()
				total := func() model.Angle {
					_, cos := f.Site.Latitude().SinCos()
					return model.Angle(math.Hypot(float64(off.north), float64(off.clockwise)*cos))
				}
				if err := o.Mount.PolarNext(ctx); !errors.Is(err, fault.Refused) {
					t.Errorf("without a start: %v", err)
				}
				if err := o.Mount.PolarStart(ctx, o.at(-1, 0), o.at(-2, 5)); !errors.Is(err, fault.Invalid) {
					t.Errorf("stars an hour apart: %v", err)
				}
				// Both on one side of the meridian: a flip is another matter.
				first, second := o.at(-4.5, 40), o.at(-0.7, 50)
				o.do(o.Mount.PolarStart(ctx, first, second))
				at := func(want mount.PolarStage) {
					t.Helper()
					o.arrive()
					o.after(time.Second)
					if got := o.Mount.Snapshot().Polar.Stage; got != want {
						t.Fatalf("stage %q, want %q", got, want)
					}
				}
				for round := range 2 {
					if round == 0 {
						at(mount.CentreFirst)
						o.centredWell(first)
						o.do(o.Mount.PolarNext(ctx))
					}
					at(mount.CentreSecond)
					o.centredWell(second)
					o.do(o.Mount.PolarNext(ctx))
					e := o.Mount.Snapshot().Polar.Error
					t.Logf("round %d: measured %.2f′ and %.2f′, total %.2f′; true %.2f′", round+1, e.Elevation.Arcmin(), e.Azimuth.Arcmin(), e.Total(f.Site.Latitude()).Arcmin(), total().Arcmin())
					if d := (e.Total(f.Site.Latitude()) - total()).Abs(); d > model.Arcmin(0.5) {
						t.Errorf("the error is measured wrong by %v", d)
					}
					at(mount.MoveBase)
					o.turnBase(&off, second)
					o.do(o.Mount.PolarNext(ctx))
					at(mount.CentreFirstNew)
					o.centredWell(first)
					o.do(o.Mount.PolarNext(ctx))
					t.Logf("round %d: %.1f″ from the pole", round+1, total().Arcsec())
				}
				if total() > model.Arcsec(15) {
					t.Errorf("after two rounds the axis is %v from the pole", total())
				}
				o.do(o.Mount.PolarEnd(ctx))
			})
		})
	}
}

// centredWell brings a star to the middle to within a high power's accuracy.
func (o *observer) centredWell(star model.Equatorial) {
	o.t.Helper()
	o.centred(star)
	for range 3 {
		truth := o.Truth().Equatorial
		const seconds = 4
		o.do(o.Mount.Nudge(o.t.Context(), "hand", model.Rate((star.RA - truth.RA).WrapSigned().Mul(1.0/seconds)), model.Rate((star.Dec - truth.Dec).Mul(1.0/seconds))))
		o.after(seconds * time.Second)
		o.do(o.Mount.Nudge(o.t.Context(), "hand", 0, 0))
		o.after(2 * time.Second)
	}
	if d := o.off(star); d > model.Arcsec(3) {
		o.t.Fatalf("the star is still %v from the middle", d)
	}
}
