// SPDX-License-Identifier: GPL-3.0-or-later

package sim

import (
	"math"
	"testing"
)

// The ray must agree with ERFA's fit to ray tracing as well as that fit is
// documented to: 0.06″ down to 15° of altitude, 0.6″ at 10°.
func TestRefractionVectors(t *testing.T) {
	var high, low extreme
	for _, r := range vectors(t, "astrometry_refraction.csv") {
		a := newAir(r.num("pressure_hpa"), r.num("temp_c"), r.num("rel_hum"), 0, r.num("wl_um"))
		zenith := r.num("zd_obs_deg")
		d := a.bend(math.Pi/2-r.rad("zd_obs_deg"))/arcsec - r.num("refraction_arcsec")
		if zenith < 75 {
			high.see(r, d)
		} else {
			low.see(r, d)
		}
	}
	high.within(t, "refraction above 15°", 0.1, "″")
	low.within(t, "refraction at 12° to 15°", 0.6, "″")
}

// Source: Saemundsson and Bennett as in the Astronomical Almanac; at the
// horizon 34′ in 1010 hPa and 10 °C, within the 1′ by which atmospheres differ.
func TestRefractionAtHorizon(t *testing.T) {
	a := newAir(1010, 10, 0.5, 0, 0.574)
	for _, tt := range []struct{ alt, arcmin, within float64 }{{0, 34.5, 1}, {2, 18.2, 0.4}, {5, 9.9, 0.2}, {10, 5.3, 0.1}} {
		got := a.bend(tt.alt*math.Pi/180) / arcsec / 60
		if math.Abs(got-tt.arcmin) > tt.within {
			t.Errorf("refraction at %v° is %.2f′, not %v′ ± %v′", tt.alt, got, tt.arcmin, tt.within)
		}
	}
}

func TestLens(t *testing.T) {
	a := newAir(900, -5, 0.3, 1000, 0.6)
	l := newLens(a)
	for _, zone := range []struct{ from, to, within float64 }{{-1, 0, 0.2}, {0, 5, 0.03}, {5, 15, 0.001}, {15, 89.99, 0.001}} {
		var worst float64
		for i := range 200 {
			alt := (zone.from + (zone.to-zone.from)*float64(i)/200) * math.Pi / 180
			worst = max(worst, math.Abs(l.of(alt)-a.bend(alt))/arcsec)
		}
		t.Logf("table against ray, %v° to %v°: %.4g″", zone.from, zone.to, worst)
		if worst > zone.within {
			t.Errorf("table is %.3g″ from the ray between %v° and %v°; at most %v″", worst, zone.from, zone.to, zone.within)
		}
	}
	for alt := -3.0; alt <= 90; alt += 0.37 {
		true := alt * math.Pi / 180
		apparent := l.raise(true)
		if d := (apparent - l.of(apparent) - true) / arcsec; math.Abs(d) > 1e-6 {
			t.Errorf("raise and lower %v°: %g″ left", alt, d)
		}
	}
}

func TestNoAirNoRefraction(t *testing.T) {
	var off lens
	if r := off.of(0.1); r != 0 {
		t.Errorf("refraction %v without air", r)
	}
	vacuum := newAir(0, 10, 0.5, 0, 0.574)
	if r := vacuum.bend(0.1); math.Abs(r) > 1e-12 {
		t.Errorf("refraction %v in a vacuum", r)
	}
}
