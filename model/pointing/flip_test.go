// SPDX-License-Identifier: GPL-3.0-or-later

package pointing

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/siderostep/siderostep/model"
)

func TestFlipRuleVectors(t *testing.T) {
	seen := map[bool]int{}
	for _, v := range vectors(t, "pointing_gemflip_rule.csv") {
		f := Margins{Through: v.Deg("on_fuzz_deg"), Normal: v.Deg("off_fuzz_deg")}
		got := f.NeedsFlip(v.Deg("az_deg"), v.side("flipped"), v.Deg("lat_deg"))
		if got != v.Flag("needs_flip") {
			t.Errorf("line %d: %v", v.Line, got)
		}
		seen[got]++
	}
	t.Logf("%d flips, %d stays", seen[true], seen[false])
}

// The rule in mount azimuth and in hour angle are one, through the axes of an
// aligned mount in either hemisphere.
func TestFlipRuleInHourAngle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lat := rapid.SampledFrom([]model.Angle{0.8, -0.8}).Draw(t, "latitude")
		f := Margins{Through: drawAngle(t, "through", -20, 20), Normal: drawAngle(t, "normal", -20, 20)}
		hd := model.HourDec{HA: drawAngle(t, "HA", -179.9, 179.9), Dec: drawAngle(t, "Dec", -80, 80)}
		side := drawSide(t)
		axes, _ := New(EquatorialAttitude(lat), Errors{}, model.Axes{}).ToAxes(hd.Vector(), side)
		for _, edge := range []model.Angle{f.Through, -f.Normal} {
			if (hd.HA - edge).Abs() < 1e-9 {
				return
			}
		}
		if got, want := f.NeedsFlip(axes.Z, side, lat), !f.Allows(hd.HA, side); got != want {
			t.Fatalf("HA %v on %v: %v by azimuth %v", hd.HA, side, got, axes.Z)
		}
	})
}

func TestDestinationSide(t *testing.T) {
	h := model.Hours
	for _, tt := range []struct {
		ha   float64
		now  PierSide
		past float64
		want PierSide
	}{
		// After a slew: the Alpaca checks of the pier side.
		{-9, Normal, 0, Through}, {-3, Normal, 0, Through}, {-3, Through, 0, Through}, {-0.03, Normal, 0, Through},
		{0, Through, 0, Normal}, {3, Through, 0, Normal}, {9, Through, 0, Normal}, {9, Normal, 0, Normal},
		{-3, PierUnknown, 1, Through}, {3, PierUnknown, 1, Normal},
		// Tracking over the upper meridian, half an hour granted.
		{0.4, Through, 0.5, Through}, {0.6, Through, 0.5, Normal},
		{-0.4, Normal, 0.5, Normal}, {-0.6, Normal, 0.5, Through},
		// And over the lower one.
		{-11.8, Normal, 0.5, Normal}, {-11.4, Normal, 0.5, Through},
		{11.8, Through, 0.5, Through}, {11.4, Through, 0.5, Normal},
		{0.4, Through, -1, Normal}, {-0.1, Through, -1, Through},
		{24.1, Through, 0, Normal}, {23.9, Normal, 0, Through},
	} {
		if got := DestinationSide(h(tt.ha), tt.now, h(tt.past)); got != tt.want {
			t.Errorf("HA %g h from %v with %g h: %v, want %v", tt.ha, tt.now, tt.past, got, tt.want)
		}
	}
}

func TestMarginsDestination(t *testing.T) {
	forbidding := Margins{Through: model.Degrees(-5), Normal: model.Degrees(-5)}
	early := Margins{Through: model.Degrees(-5), Normal: model.Degrees(10)}
	for _, tt := range []struct {
		f    Margins
		ha   float64
		want PierSide
		ok   bool
	}{
		{forbidding, -6, Through, true}, {forbidding, -4, Through, false}, {forbidding, 4, Normal, false}, {forbidding, 6, Normal, true},
		{early, -6, Through, true}, {early, -4, Normal, true}, {early, 4, Normal, true},
		{Margins{}, -1, Through, true}, {Margins{}, 0, Normal, true}, {Margins{}, 179, Normal, true}, {Margins{}, -179, Through, true},
	} {
		got, ok := tt.f.Destination(model.Degrees(tt.ha))
		if ok != tt.ok || ok && got != tt.want {
			t.Errorf("%+v at %g°: %v, %v", tt.f, tt.ha, got, ok)
		}
	}
}

func TestAcrossPoleExamples(t *testing.T) {
	// The reference's examples, section 10, and that T is an involution.
	for _, tt := range []struct{ lat, ha, dec, a, z, throughA, throughZ float64 }{
		{40, 15, 45, 45, 15, 135, 195},
		{-40, 15, -45, 45, 345, 135, 165},
	} {
		m := New(EquatorialAttitude(model.Degrees(tt.lat)), Errors{}, model.Axes{})
		s := model.HourDec{HA: model.Degrees(tt.ha), Dec: model.Degrees(tt.dec)}.Vector()
		normal, _ := m.ToAxes(s, Normal)
		through, _ := m.ToAxes(s, Through)
		w := worst{t: t, within: model.Arcsec(1e-8)}
		w.axes(0, normal, model.Axes{Z: model.Degrees(tt.z), A: model.Degrees(tt.a)})
		w.axes(0, through, model.Axes{Z: model.Degrees(tt.throughZ), A: model.Degrees(tt.throughA)})
		w.axes(0, AcrossPole(normal), through)
		w.axes(0, AcrossPole(AcrossPole(normal)), normal)
	}
}

func TestFlipLegs(t *testing.T) {
	for _, tt := range []struct {
		name string
		lat  model.Angle
		side PierSide
		turn model.Angle
	}{
		{"north, from normal", 0.7, Normal, model.HalfTurn},
		{"north, from through", 0.7, Through, -model.HalfTurn},
		{"south, from normal", -0.7, Normal, -model.HalfTurn},
		{"south, from through", -0.7, Through, model.HalfTurn},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := Errors{Z1: model.Degrees(0.2), Z2: model.Degrees(0.3), Z3: model.Degrees(-1)}
			m := New(EquatorialAttitude(tt.lat), e, model.Axes{Z: 0.2, A: 0.1})
			start, _ := m.ToAxes(model.HourDec{HA: 0.05, Dec: 0.4}.Vector(), tt.side)
			start.Z += model.Turn // the cable has a turn in it
			legs, ok := m.FlipLegs(start, tt.lat)
			if !ok {
				t.Fatal("refused")
			}
			if legs[0].Z != start.Z || legs[1].Z != legs[2].Z || legs[0].A != legs[1].A {
				t.Errorf("more than one axis moves in a leg: %v", legs)
			}
			if d := legs[0].A + m.zero.A - model.Quarter; d.Abs() > 1e-12 {
				t.Errorf("crosses the pole at A %v", legs[0].A)
			}
			if d := legs[2].Z - start.Z - tt.turn; d.Abs() > model.Degrees(3) {
				t.Errorf("Z turns by %v, want about %v", legs[2].Z-start.Z, tt.turn)
			}
			if d := m.ToSky(legs[2]).Angle(m.ToSky(start)); d > model.Arcsec(1e-6) {
				t.Errorf("ends %.3g″ from the start", d.Arcsec())
			}
			if side, _ := m.Side(legs[2]); side != tt.side.Other() {
				t.Errorf("ends on %v", side)
			}
		})
	}
}

func TestSiderostatVectors(t *testing.T) {
	w := worst{t: t, name: "siderostat", within: model.Degrees(1e-9)}
	for _, v := range vectors(t, "pointing_siderostat.csv") {
		got := SiderostatAxes(v.axes(""), v.Deg("az_low_deg"), v.Deg("az_high_deg"))
		want := v.axes("out_")
		w.angle(got.A-want.A, "line %d: A", v.Line)
		w.angle((got.Z - want.Z).WrapSigned(), "line %d: Z", v.Line)
	}
	w.log()
}
