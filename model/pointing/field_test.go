// SPDX-License-Identifier: GPL-3.0-or-later

package pointing

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/sky"
)

func TestFieldRotationVectors(t *testing.T) {
	q := worst{t: t, name: "q", within: model.Degrees(1e-6)}
	general := worst{t: t, name: "q from a faultless chain", within: model.Degrees(1e-6)}
	rate := worst{t: t, name: "rate of q per minute", within: model.Degrees(1e-6)}
	for _, v := range vectors(t, "pointing_fieldrot.csv") {
		pole := model.HourDec{HA: v.Deg("mount_pole_ha_deg"), Dec: v.Deg("mount_pole_dec_deg")}
		target := model.HourDec{HA: v.Deg("ha_deg"), Dec: v.Deg("dec_deg")}
		want := v.Deg("q_deg")
		q.angle((FieldAngle(pole, target) - want).WrapSigned(), "line %d", v.Line)
		perMinute := FieldRate(pole, target).Mul(60)
		rate.angle(model.Angle(perMinute)-v.Deg("q_rate_deg_per_min"), "line %d", v.Line)

		z := pole.Vector()
		x := model.Vec{0.3, 0.9, -0.2}.Cross(z).Unit()
		c := NewChain(New(model.Mat{x, z.Cross(x), z}, Errors{}, model.Axes{}), v.Deg("lat_deg"), sky.Refraction{})
		for side, gain := range map[PierSide]model.Angle{Normal: 0, Through: model.HalfTurn} {
			axes, _ := c.Axes(target, side)
			general.angle((c.FieldAngle(axes) - want - gain).WrapSigned(), "line %d, %v", v.Line, side)
		}
	}
	q.log()
	general.log()
	rate.log()
}

func TestParallacticVectors(t *testing.T) {
	w := worst{t: t, name: "parallactic angle", within: model.Arcsec(1e-4)}
	motion := worst{t: t, name: "altitude and azimuth", within: model.Arcsec(1e-4)}
	for _, v := range vectors(t, "astrometry_altaz.csv") {
		lat := v.Deg("lat_deg")
		hd := model.HourDec{HA: v.Deg("ha_deg"), Dec: v.Deg("dec_deg")}
		w.angle((Parallactic(hd, lat) - v.Deg("parang_deg")).WrapSigned(), "line %d", v.Line)
		c := NewChain(New(AltAzAttitude(lat), Errors{}, model.Axes{}), lat, sky.Refraction{})
		axes, _ := c.Axes(hd, Normal)
		motion.axes(v.Line, axes, model.Axes{Z: v.Deg("az_deg"), A: v.Deg("alt_deg")})
	}
	w.log()
	motion.log()
}

// The rate of q is its numeric derivative, for any pole and place.
func TestFieldRateIsDerivative(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pole, target := drawHourDec(t, "pole"), drawHourDec(t, "target")
		apart := pole.Separation(target)
		if apart < model.Degrees(1) || apart > model.Degrees(179) {
			return
		}
		const seconds = 2.0
		turn := model.Sidereal.Mul(seconds)
		before, after := target, target
		before.HA -= model.Angle(turn)
		after.HA += model.Angle(turn)
		numeric := float64((FieldAngle(pole, after) - FieldAngle(pole, before)).WrapSigned()) / (2 * seconds)
		rate := float64(FieldRate(pole, target))
		if math.Abs(numeric-rate) > 1e-4*math.Abs(rate)+1e-6*float64(model.Sidereal) {
			t.Fatalf("rate %g, numerically %g", rate, numeric)
		}
	})
}

// With faults and air the general field angle follows what a fixed detector in
// the tube would see: it is FieldAngle of the closed form, disturbed by no more
// than the faults allow, and continuous across the mount's pole.
func TestFieldAngleGeneral(t *testing.T) {
	lat := model.Degrees(50)
	e := Errors{Z1: model.Degrees(0.3), Z2: model.Degrees(-0.2), Z3: model.Degrees(1)}
	c := NewChain(New(AltAzAttitude(lat), e, model.Axes{Z: 0.3}), lat, sky.NewRefraction(sky.StandardConditions(0)))
	rapid.Check(t, func(t *rapid.T) {
		axes := model.Axes{Z: drawAngle(t, "Z", 0, 360), A: drawAngle(t, "A", 20, 75)}
		ideal := FieldAngle(model.HourDec{Dec: lat}, c.HourDec(axes))
		_, cos := (axes.A + e.Z3).SinCos()
		bound := (e.Z1.Abs() + e.Z2.Abs()).Mul(1.1 / cos)
		if d := (c.FieldAngle(axes) - ideal).WrapSigned(); d.Abs() > bound {
			t.Fatalf("%v from the faultless field angle, expected at most %v", d, bound)
		}
	})
	near := c.FieldAngle(model.Axes{A: model.Quarter - model.Degrees(1)})
	past := c.FieldAngle(model.Axes{A: model.Quarter - model.Degrees(1) + model.Arcsec(1)})
	if d := (near - past).WrapSigned(); d.Abs() > model.Arcmin(1) {
		t.Errorf("jumps by %v where A goes over the pole", d)
	}
}

// With a collimation error the tube runs on a small circle as A turns; its
// tangent gives the field angle without any differences.
func TestFieldAngleOfCollimationError(t *testing.T) {
	z2 := model.Degrees(0.5)
	c := NewChain(New(model.Identity(), Errors{Z2: z2}, model.Axes{}), 0.8, sky.Refraction{})
	for _, a := range []float64{-60, 0, 45, 80, 89} {
		axes := model.Axes{Z: 0.4, A: model.Degrees(a)}
		sinF, cosF := (-axes.Z).SinCos()
		axis := model.Vec{-sinF, cosF, 0} // axis A, the small circle's pole
		at := c.Model.ToSky(axes)
		if d := at.Angle(axis) - (model.Quarter - z2); d.Abs() > 1e-12 {
			t.Fatalf("the circle's radius is off by %v", d)
		}
		want := positionAngle(at, at.Cross(axis))
		if d := (c.FieldAngle(axes) - want).WrapSigned(); d.Abs() > model.Arcsec(1e-3) {
			t.Errorf("A %g°: %.3g″ off", a, d.Arcsec())
		}
	}
}

func TestFieldRotationSpecialPlaces(t *testing.T) {
	ncp := model.HourDec{Dec: model.Quarter}
	for _, target := range []model.HourDec{{HA: 1, Dec: 0.5}, {HA: -2, Dec: -0.9}} {
		if q, r := FieldAngle(ncp, target), FieldRate(ncp, target); q != 0 || r != 0 {
			t.Errorf("equatorial mount: q %v, rate %v", q, r)
		}
	}
	pole := model.HourDec{HA: 0.3, Dec: 0.7}
	if r := FieldRate(pole, pole); r != 0 {
		t.Errorf("at the mount's pole: %v", r)
	}
	c := NewChain(New(model.Identity(), Errors{}, model.Axes{}), 0.8, sky.Refraction{})
	if q := c.FieldAngle(model.Axes{A: model.Quarter}); !q.IsFinite() {
		t.Errorf("at the celestial pole: %v", q)
	}
	// East and west at the prime vertical the level field stands still.
	lat := model.Degrees(35)
	east := model.Horizontal{Az: model.Quarter, Alt: 0.6}.HourDec(lat)
	if r := FieldRate(model.HourDec{Dec: lat}, east); r.Abs() > 1e-15 {
		t.Errorf("looking east: %v", r)
	}
	if s := ExposureLimit(model.Sidereal, model.Degrees(1), model.Arcsec(1)); math.Abs(s-1/(3600*7.2921158e-5)) > 1e-4 {
		t.Errorf("exposure %g s", s)
	}
	if s := ExposureLimit(0, 1, 1); !math.IsInf(s, 1) {
		t.Errorf("exposure %g s for a field at rest", s)
	}
}

// Numeric differences in the closed form's frame check every rate and
// acceleration of the horizon formulas.
func TestHorizonMotion(t *testing.T) {
	lat := model.Degrees(40)
	const dt = 20.0 // s
	state := func(h model.Horizontal, t float64) [3]model.Angle {
		hd := h.HourDec(lat)
		hd.HA += model.Angle(model.Sidereal.Mul(t))
		now := hd.Horizontal(lat)
		return [3]model.Angle{now.Az, now.Alt, Parallactic(hd, lat)}
	}
	for _, h := range []model.Horizontal{
		{Az: 0.3, Alt: 0.2}, {Az: 2, Alt: 0.8}, {Az: 4, Alt: 1.2}, {Az: 5.5, Alt: -0.4}, {Az: math.Pi, Alt: 1},
	} {
		m := HorizonMotionAt(h, lat)
		before, now, after := state(h, -dt), state(h, 0), state(h, dt)
		rates := [3]model.Rate{m.Az, m.Alt, m.Parallactic}
		accels := [3]float64{m.AzAccel, m.AltAccel, m.ParallacticAccel}
		for i, name := range []string{"azimuth", "altitude", "parallactic angle"} {
			up, down := (after[i] - now[i]).WrapSigned(), (now[i] - before[i]).WrapSigned()
			if d := float64(up+down)/(2*dt) - float64(rates[i]); math.Abs(d) > 1e-4*float64(model.Sidereal) {
				t.Errorf("%v: rate of %s off by %g rad/s", h, name, d)
			}
			w2 := float64(model.Sidereal) * float64(model.Sidereal)
			if d := float64(up-down)/(dt*dt) - accels[i]; math.Abs(d) > 1e-3*w2 {
				t.Errorf("%v: acceleration of %s off by %g of ω²", h, name, d/w2)
			}
		}
	}
	if m := HorizonMotionAt(model.Horizontal{Alt: model.Quarter}, lat); !m.Az.IsFinite() || !m.Parallactic.IsFinite() {
		t.Errorf("at the zenith: %+v", m)
	}
}
