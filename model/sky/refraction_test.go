// SPDX-License-Identifier: GPL-3.0-or-later

package sky

import (
	"math"
	"testing"

	"github.com/siderostep/siderostep/model"
	"pgregory.net/rapid"
)

func TestRefcoVectors(t *testing.T) {
	within := model.Arcsec(1e-4)
	w := newWorst(t)
	for _, r := range vectors(t, "astrometry_refraction.csv") {
		c := Conditions{PressureHPa: r.Num("pressure_hpa"), TemperatureC: r.Num("temp_c"), Humidity: r.Num("rel_hum"), WavelengthUM: r.Num("wl_um")}
		a, b := Refco(c)
		w.angle(r, "A", model.Angle(a), r.Arcsec("refa_arcsec"), model.Arcsec(1e-8))
		w.angle(r, "B", model.Angle(b), r.Arcsec("refb_arcsec"), model.Arcsec(1e-8))
		zd, zdTrue := r.Deg("zd_obs_deg"), r.Deg("zd_true_deg")
		if zd >= model.Degrees(75) {
			continue // there Bennett reigns
		}
		n := NewRefraction(c)
		w.angle(r, "R from observed", n.FromObserved(model.Quarter-zd), r.Arcsec("refraction_arcsec"), within)
		w.angle(r, "observed from true", model.Quarter-(model.Quarter-zdTrue+n.FromTrue(model.Quarter-zdTrue)), r.Deg("zd_obs_back_deg"), within)
	}
}

func TestRefractionFormulas(t *testing.T) {
	within := model.Arcmin(1e-6)
	w := newWorst(t)
	modern := Conditions{PressureHPa: 1010, TemperatureC: 10, WavelengthUM: 0.574}
	for _, r := range vectors(t, "pointing_refraction.csv") {
		alt := r.Deg("alt_deg")
		w.angle(r, "Bennett", Bennett(alt), model.Arcmin(r.Num("bennett_from_apparent_arcmin")), within)
		w.angle(r, "Saemundsson", Saemundsson(alt), model.Arcmin(r.Num("saemundsson_from_true_arcmin")), within)
		if alt >= seriesLimit {
			w.angle(r, "Refraction above 15°", NewRefraction(modern).FromObserved(alt), model.Arcmin(r.Num("erfa_refco_from_apparent_arcmin")), within)
		} else {
			// The scale that joins Bennett to Refco is some 3 %.
			d := NewRefraction(modern).FromObserved(alt).Arcmin()/r.Num("bennett_from_apparent_arcmin") - 1
			w.number(r, "Refraction/Bennett below 15°", d, -0.03, 0.015)
		}
	}
	if s := (Conditions{PressureHPa: 1010, TemperatureC: 10}).Scale(); s != 1 {
		t.Errorf("scale %g in standard conditions", s)
	}
}

func TestAirMassVectors(t *testing.T) {
	w := newWorst(t)
	seen, absent := 0, 0
	for _, r := range vectors(t, "pointing_airmass_dome.csv") {
		alt := r.Deg("alt_deg")
		ky, okKY := KastenYoung(alt)
		p, okP := Pickering(alt)
		if r.Text("airmass_kasten_young") == "" || alt < 0 {
			absent++
			if okKY || okP {
				t.Errorf("line %d: air mass below the horizon", r.Line)
			}
			continue
		}
		seen++
		// Vectors' altitudes have 9 decimals, which at the horizon is 1e-7 of air mass.
		w.number(r, "Kasten-Young", ky, r.Num("airmass_kasten_young"), 1e-6)
		w.number(r, "Pickering", p, r.Num("airmass_pickering"), 1e-6)
	}
	t.Logf("%d above, %d below the horizon", seen, absent)
	for _, alt := range []model.Angle{model.Degrees(-1e-9), model.Degrees(-90), model.Angle(math.NaN())} {
		if _, ok := KastenYoung(alt); ok {
			t.Errorf("Kasten-Young at %v", alt)
		}
		if _, ok := Pickering(alt); ok {
			t.Errorf("Pickering at %v", alt)
		}
	}
}

func TestStandardConditions(t *testing.T) {
	c := StandardConditions(2400)
	want := Conditions{PressureHPa: 1013.25 * math.Exp(-2400./8400), TemperatureC: 10, Humidity: 0.5, WavelengthUM: 0.55}
	if c != want {
		t.Errorf("%+v, want %+v", c, want)
	}
}

func TestRefractionEdges(t *testing.T) {
	r := NewRefraction(StandardConditions(0))
	if got := r.FromObserved(model.Quarter); got != 0 {
		t.Errorf("%g″ in the zenith", got.Arcsec())
	}
	if got := r.FromObserved(0).Arcmin(); got < 31 || got > 36 {
		t.Errorf("%g′ at the horizon", got)
	}
	for _, h := range []float64{-1, -1.0001, -2, -30, -90} {
		if got, want := r.FromObserved(model.Degrees(h)), r.FromObserved(model.Degrees(-1)); (got - want).Abs() > model.Arcsec(1e-6) {
			t.Errorf("%v at %g°, not the %v of −1°", got, h, want)
		}
	}
	for _, airless := range []Conditions{{}, {TemperatureC: 10, Humidity: 1, WavelengthUM: 0.5}, {PressureHPa: -5}, {PressureHPa: 5, TemperatureC: 60, Humidity: 1}, {PressureHPa: math.NaN(), TemperatureC: 10}, {PressureHPa: 1000, TemperatureC: math.NaN()}} {
		if got := NewRefraction(airless); got != (Refraction{}) {
			t.Errorf("%+v refracts: %+v", airless, got)
		}
	}
	var none Refraction
	for _, h := range []float64{-90, -1, 0, 10, 15, 45, 90} {
		if none.FromTrue(model.Degrees(h)) != 0 || none.FromObserved(model.Degrees(h)) != 0 {
			t.Errorf("the zero Refraction refracts at %g°", h)
		}
	}
	// Unset wavelength is that of the eye.
	if a, b := (Conditions{PressureHPa: 1000}), (Conditions{PressureHPa: 1000, WavelengthUM: 0.55}); NewRefraction(a) != NewRefraction(b) {
		t.Error("wavelength 0 is not 0.55 µm")
	}
}

func TestRefractionGrowsWithDensity(t *testing.T) {
	at := func(p, temp float64) model.Angle {
		return NewRefraction(Conditions{PressureHPa: p, TemperatureC: temp, WavelengthUM: 0.55}).FromTrue(model.Degrees(5))
	}
	if !(at(1000, 0) > at(900, 0)) || !(at(1000, 0) > at(1000, 20)) {
		t.Error("pressure and temperature work the wrong way")
	}
	if ratio := float64(at(500, 10) / at(1000, 10)); math.Abs(ratio-0.5) > 0.02 {
		t.Errorf("half the pressure gives %g of the refraction", ratio)
	}
}

// anyAir draws conditions in which somebody might observe.
var anyAir = rapid.Custom(func(t *rapid.T) Conditions {
	return Conditions{
		PressureHPa:  rapid.Float64Range(300, 1080).Draw(t, "pressure"),
		TemperatureC: rapid.Float64Range(-50, 45).Draw(t, "temperature"),
		Humidity:     rapid.Float64Range(0, 1).Draw(t, "humidity"),
		WavelengthUM: rapid.Float64Range(0.3, 2.5).Draw(t, "wavelength"),
	}
})

// anyAltitude draws altitudes with emphasis on where formulas change.
var anyAltitude = rapid.Custom(func(t *rapid.T) model.Angle {
	return model.Degrees(rapid.OneOf(
		rapid.Float64Range(-90, 90), rapid.Float64Range(-2.2, 1), rapid.Float64Range(14.8, 15.1),
		rapid.SampledFrom([]float64{-90, -1, 0, 15, 90}),
	).Draw(t, "altitude"))
})

func TestRefractionProperties(t *testing.T) {
	t.Run("inverse", rapid.MakeCheck(func(t *rapid.T) {
		r := NewRefraction(anyAir.Draw(t, "air"))
		h := anyAltitude.Draw(t, "h")
		within := model.Arcsec(1e-5)
		lift := r.FromTrue(h)
		if back := h + lift - r.FromObserved(h+lift); (back - h).Abs() > within {
			t.Fatalf("true %v came back %g″ off", h, (back - h).Arcsec())
		}
		drop := r.FromObserved(h)
		if back := h - drop + r.FromTrue(h-drop); (back - h).Abs() > within {
			t.Fatalf("observed %v came back %g″ off", h, (back - h).Arcsec())
		}
		if lift < 0 || drop < 0 {
			t.Fatalf("negative refraction at %v: %v, %v", h, lift, drop)
		}
	}))
	t.Run("monotonic and continuous", rapid.MakeCheck(func(t *rapid.T) {
		r := NewRefraction(anyAir.Draw(t, "air"))
		h := anyAltitude.Draw(t, "h")
		step := model.Arcsec(rapid.Float64Range(1e-3, 600).Draw(t, "step"))
		if rise := r.True(model.Horizontal{Alt: h + step}).Alt - r.True(model.Horizontal{Alt: h}).Alt; rise <= 0 || rise > step.Mul(1.7) {
			t.Fatalf("observed %v + %g″ gives true + %g″", h, step.Arcsec(), rise.Arcsec())
		}
		if rise := r.Observed(model.Horizontal{Alt: h + step}).Alt - r.Observed(model.Horizontal{Alt: h}).Alt; rise <= 0 || rise > step.Mul(1.0001) {
			t.Fatalf("true %v + %g″ gives observed + %g″", h, step.Arcsec(), rise.Arcsec())
		}
	}))
	t.Run("never NaN", rapid.MakeCheck(func(t *rapid.T) {
		wild := rapid.Float64()
		r := NewRefraction(Conditions{wild.Draw(t, "p"), wild.Draw(t, "t"), wild.Draw(t, "h"), wild.Draw(t, "w")})
		h := model.Angle(rapid.Float64Range(-2, 2).Draw(t, "alt"))
		if a, b := r.FromTrue(h), r.FromObserved(h); !a.IsFinite() || !b.IsFinite() || a < 0 || b < 0 {
			t.Fatalf("%+v at %v: %v, %v", r, h, a, b)
		}
	}))
}

func BenchmarkRefraction(b *testing.B) {
	r := NewRefraction(StandardConditions(500))
	var sink model.Angle
	for _, bb := range []struct {
		name string
		f    func(model.Angle) model.Angle
		alt  model.Angle
	}{
		{"FromTrue/45deg", r.FromTrue, model.Degrees(45)},
		{"FromTrue/10deg", r.FromTrue, model.Degrees(10)},
		{"FromTrue/0deg", r.FromTrue, 0},
		{"FromObserved/45deg", r.FromObserved, model.Degrees(45)},
		{"FromObserved/10deg", r.FromObserved, model.Degrees(10)},
	} {
		b.Run(bb.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				sink = bb.f(bb.alt)
			}
		})
	}
	_ = sink
}

func BenchmarkNewRefraction(b *testing.B) {
	c := StandardConditions(500)
	b.ReportAllocs()
	for b.Loop() {
		NewRefraction(c)
	}
}
