// SPDX-License-Identifier: GPL-3.0-or-later

package pointing

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/sky"
)

func air() sky.Refraction { return sky.NewRefraction(sky.StandardConditions(500)) }

func TestChainRoundTrip(t *testing.T) {
	w := model.Angle(0)
	rapid.Check(t, func(t *rapid.T) {
		c := NewChain(drawModel(t), drawAngle(t, "latitude", -90, 90), air())
		hd, side := drawHourDec(t, "place"), drawSide(t)
		axes, ok := c.Axes(hd, side)
		if !ok {
			return
		}
		d := c.HourDec(axes).Separation(hd)
		w = max(w, d)
		if d > model.Arcsec(1e-4) { // the tolerance of sky.Refraction
			t.Fatalf("%v: back %.3g″ off", hd, d.Arcsec())
		}
		if d := c.Horizontal(axes).Separation(hd.Horizontal(c.Latitude)); d > model.Arcsec(1e-4) {
			t.Fatalf("horizontal %.3g″ off", d.Arcsec())
		}
		if d := c.Model.ToSky(axes).Angle(c.Observed(hd)); d > model.Arcsec(1e-6) {
			t.Fatalf("observed %.3g″ off", d.Arcsec())
		}
		if d := c.True(c.Observed(hd)).Separation(hd); d > model.Arcsec(1e-4) {
			t.Fatalf("true of observed %.3g″ off", d.Arcsec())
		}
	})
	t.Logf("worst %.3g″", w.Arcsec())
}

// Without air the chain closes to the model's own precision.
func TestAirlessChainRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := NewChain(drawModel(t), drawAngle(t, "latitude", -90, 90), sky.Refraction{})
		hd := drawHourDec(t, "place")
		if axes, ok := c.Axes(hd, drawSide(t)); ok {
			if d := c.HourDec(axes).Separation(hd); d > model.Arcsec(1e-6) {
				t.Fatalf("%.3g″ off", d.Arcsec())
			}
			if c.Horizontal(axes) != c.ObservedHorizontal(axes) {
				t.Fatal("refraction without air")
			}
		}
	})
}

// Refraction raises by R at constant azimuth, whatever the mount.
func TestChainRefraction(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := NewChain(drawModel(t), drawAngle(t, "latitude", -89, 89), air())
		at := model.Horizontal{Az: drawAngle(t, "Az", 0, 359), Alt: drawAngle(t, "Alt", -5, 89.9)}
		axes, ok := c.Axes(at.HourDec(c.Latitude), drawSide(t))
		if !ok {
			return
		}
		want := model.Horizontal{Az: at.Az, Alt: at.Alt + c.Refraction.FromTrue(at.Alt)}
		if d := c.ObservedHorizontal(axes).Separation(want); d > model.Arcsec(1e-6) {
			t.Fatalf("observed %.3g″ from %v", d.Arcsec(), want)
		}
	})
	// At the zenith nothing moves and nothing is undefined.
	lat := model.Degrees(50)
	c := NewChain(New(AltAzAttitude(lat), Errors{}, model.Axes{}), lat, air())
	axes, ok := c.Axes(model.HourDec{Dec: lat}, Normal)
	if !ok || (axes.A-model.Quarter).Abs() > model.Arcsec(1e-6) || !axes.Z.IsFinite() {
		t.Errorf("zenith at %v, %v", axes, ok)
	}
	// At 45° the air lifts by about 55″ at 500 m.
	axes, _ = c.Axes(model.Horizontal{Az: 1, Alt: model.Degrees(45)}.HourDec(lat), Normal)
	if lift := (axes.A - model.Degrees(45)).Arcsec(); lift < 50 || lift > 60 {
		t.Errorf("lifted by %.1f″ at 45°", lift)
	}
}

// The level chain agrees with the full one on a level mount, also when the
// alignment has taken up a wrong clock.
func TestLevelChain(t *testing.T) {
	lat := model.Degrees(-33)
	m := New(AltAzAttitude(lat), Errors{Z3: 0.01}, model.Axes{})
	full, level := NewChain(m, lat, air()), NewLevelChain(m, air())
	if d := level.Latitude - lat; d.Abs() > 1e-12 {
		t.Errorf("latitude %v", level.Latitude)
	}
	late := model.RotZ(-model.Hours(3)) // turns places back by what the clock adds
	slow := NewLevelChain(m.WithAttitude(m.Attitude.Mul(late)), air())
	for _, hd := range []model.HourDec{{HA: 0.5, Dec: -0.2}, {HA: -1.2, Dec: 0.3}, {HA: 2, Dec: -1.2}} {
		want, _ := full.Axes(hd, Normal)
		got, _ := level.Axes(hd, Normal)
		shifted, _ := slow.Axes(model.HourDec{HA: hd.HA + model.Hours(3), Dec: hd.Dec}, Normal)
		w := worst{t: t, within: model.Arcsec(1e-6)}
		w.axes(0, got, want)
		w.axes(0, shifted, want)
		w.angle(level.Horizontal(want).Separation(full.Horizontal(want)), "%v", hd)
	}
	equatorial := New(model.Identity(), Errors{}, model.Axes{})
	c := NewLevelChain(equatorial, air())
	if axes, ok := c.Axes(model.HourDec{HA: 1, Dec: 0.5}, Normal); !ok || !axes.Z.IsFinite() {
		t.Errorf("pole to pole: %v, %v", axes, ok)
	}
}

func TestChainWith(t *testing.T) {
	lat := model.Degrees(50)
	a := New(AltAzAttitude(lat), Errors{}, model.Axes{})
	b := a.WithIndex(model.Axes{Z: 0.2})
	hd := model.HourDec{HA: 1, Dec: 0.3}
	c := NewChain(a, lat, air())
	got := c.WithModel(b).WithRefraction(sky.Refraction{})
	want := NewChain(b, lat, sky.Refraction{})
	x, _ := got.Axes(hd, Normal)
	y, _ := want.Axes(hd, Normal)
	if x != y {
		t.Errorf("%v, %v", x, y)
	}
}

func testChain() Chain {
	lat := model.Degrees(48)
	e := Errors{Z1: model.Degrees(0.1), Z2: model.Degrees(-0.2), Z3: model.Degrees(0.3)}
	attitude := model.RotX(model.Degrees(0.5)).Mul(AltAzAttitude(lat))
	return NewChain(New(attitude, e, model.Axes{Z: 0.1, A: 0.01}), lat, air())
}

func TestChainAllocatesNothing(t *testing.T) {
	c := testChain()
	hd := model.HourDec{HA: 0.7, Dec: 0.4}
	allocs := testing.AllocsPerRun(100, func() {
		axes, _ := c.Axes(hd, Normal)
		hd.Dec = c.HourDec(axes).Dec
		c.FieldAngle(axes)
		c.Horizontal(axes)
	})
	if allocs != 0 {
		t.Errorf("%g allocations", allocs)
	}
}

func BenchmarkChainAxes(b *testing.B) {
	c := testChain()
	hd := model.HourDec{HA: 0.7, Dec: 0.4}
	b.ReportAllocs()
	for b.Loop() {
		c.Axes(hd, Normal)
	}
}

// The horizon is where refraction takes longest.
func BenchmarkChainAxesLow(b *testing.B) {
	c := testChain()
	hd := model.Horizontal{Az: 1, Alt: model.Degrees(5)}.HourDec(c.Latitude)
	b.ReportAllocs()
	for b.Loop() {
		c.Axes(hd, Normal)
	}
}

func BenchmarkChainHourDec(b *testing.B) {
	c := testChain()
	axes, _ := c.Axes(model.HourDec{HA: 0.7, Dec: 0.4}, Normal)
	b.ReportAllocs()
	for b.Loop() {
		c.HourDec(axes)
	}
}

func BenchmarkChainFieldAngle(b *testing.B) {
	c := testChain()
	axes, _ := c.Axes(model.HourDec{HA: 0.7, Dec: 0.4}, Normal)
	b.ReportAllocs()
	for b.Loop() {
		c.FieldAngle(axes)
	}
}

func BenchmarkModelToAxes(b *testing.B) {
	m := testChain().Model
	s := model.HourDec{HA: 0.7, Dec: 0.4}.Vector()
	b.ReportAllocs()
	for b.Loop() {
		m.ToAxes(s, Normal)
	}
}
