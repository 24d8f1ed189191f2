// SPDX-License-Identifier: GPL-3.0-or-later

package model

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestUnits(t *testing.T) {
	for _, tt := range []struct {
		name string
		got  Angle
		want float64 // radians
	}{
		{"degrees", Degrees(180), math.Pi},
		{"hours", Hours(6), math.Pi / 2},
		{"minutes of arc", Arcmin(60), math.Pi / 180},
		{"seconds of arc", Arcsec(3600), math.Pi / 180},
		{"turn", Turn, 2 * math.Pi},
		{"quarter", Quarter, math.Pi / 2},
	} {
		if math.Abs(float64(tt.got)-tt.want) > 1e-15 {
			t.Errorf("%s: %v, want %v", tt.name, float64(tt.got), tt.want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.Float64Range(-1e6, 1e6).Draw(t, "v")
		for i, back := range []float64{
			Degrees(v).Degrees(), Hours(v).Hours(), Arcmin(v).Arcmin(), Arcsec(v).Arcsec(),
			DegreesPerSecond(v).DegreesPerSecond(), ArcsecPerSecond(v).ArcsecPerSecond(),
		} {
			if math.Abs(back-v) > 4e-16*math.Abs(v)+1e-300 {
				t.Fatalf("unit %d: %v became %v", i, v, back)
			}
		}
	})
}

func TestWrap(t *testing.T) {
	for _, tt := range []struct{ in, wrap, signed Angle }{
		{0, 0, 0},
		{Turn, 0, 0},
		{-Turn, 0, 0},
		{HalfTurn, HalfTurn, HalfTurn},
		{-HalfTurn, HalfTurn, HalfTurn},
		{-1, Turn - 1, -1},
		{HalfTurn + 1, HalfTurn + 1, 1 - HalfTurn},
		{-1e-20, 0, -1e-20},
		{5 * Turn / 4, Quarter, Quarter},
	} {
		if got := tt.in.Wrap(); (got - tt.wrap).Abs() > 1e-15 {
			t.Errorf("%v wraps to %v, want %v", float64(tt.in), float64(got), float64(tt.wrap))
		}
		if got := tt.in.WrapSigned(); (got - tt.signed).Abs() > 1e-15 {
			t.Errorf("%v wraps signed to %v, want %v", float64(tt.in), float64(got), float64(tt.signed))
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		a := Angle(rapid.Float64Range(-1e4, 1e4).Draw(t, "a"))
		b := Angle(rapid.Float64Range(-1e4, 1e4).Draw(t, "b"))
		sameTurn := func(name string, x Angle) {
			if d := math.Remainder(float64(x-a), 2*math.Pi); math.Abs(d) > 1e-11 {
				t.Fatalf("%s of %v is %v", name, float64(a), float64(x))
			}
		}
		w, s, n := a.Wrap(), a.WrapSigned(), a.Near(b)
		sameTurn("Wrap", w)
		sameTurn("WrapSigned", s)
		sameTurn("Near", n)
		if w < 0 || w >= Turn || s <= -HalfTurn || s > HalfTurn || (n-b).Abs() > HalfTurn+1e-11 {
			t.Fatalf("out of range: %v, %v, %v near %v", float64(w), float64(s), float64(n), float64(b))
		}
		if w.Wrap() != w || s.WrapSigned() != s {
			t.Fatal("a second wrap changes the value")
		}
	})
}

func TestSiderealRate(t *testing.T) {
	// One turn against the stars takes 86164.0905 s (IERS, mean sidereal day).
	day := 86164.0905
	if d := Sidereal.Over(time.Duration(day*1e9)) - Turn; d.Abs() > Arcsec(0.01) {
		t.Errorf("a sidereal day turns %.4f″ off", d.Arcsec())
	}
	if d := 86400/day - SiderealPerSolar; math.Abs(d) > 1e-9 {
		t.Errorf("sidereal per solar off by %g", d)
	}
}

func TestIsFinite(t *testing.T) {
	for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		if Angle(v).IsFinite() || Rate(v).IsFinite() {
			t.Errorf("%v is finite", v)
		}
	}
	if !Angle(1).IsFinite() || !Rate(1).IsFinite() {
		t.Error("1 is not finite")
	}
}
