// SPDX-License-Identifier: GPL-3.0-or-later

package sky

import (
	"math"
	"testing"
	"time"

	"github.com/siderostep/siderostep/model"
	"pgregory.net/rapid"
)

func TestPrecessionNutationVectors(t *testing.T) {
	w := newWorst(t)
	for _, r := range vectors(t, "astrometry_precnut.csv") {
		tt := JDOf(r.Num("tt_jd"))
		dpsi, deps := Nutation(tt)
		w.angle(r, "obliquity", Obliquity(tt), r.Deg("epsa_deg"), model.Arcsec(3e-6))
		w.angle(r, "Δψ against 2000B", dpsi, r.Arcsec("dpsi00b_arcsec"), model.Arcsec(1e-9))
		w.angle(r, "Δε against 2000B", deps, r.Arcsec("deps00b_arcsec"), model.Arcsec(1e-9))
		w.angle(r, "Δψ against 2000A", dpsi, r.Arcsec("dpsi06a_arcsec"), model.Arcsec(0.002))
		w.angle(r, "Δε against 2000A", deps, r.Arcsec("deps06a_arcsec"), model.Arcsec(0.002))
		pm, npb := BiasPrecession(tt), BiasPrecessionNutation(tt)
		for i := range 3 {
			for j := range 3 {
				ij := string([]byte{'0' + byte(i), '0' + byte(j)})
				w.angle(r, "precession matrix", model.Angle(pm[i][j]), model.Angle(r.Num("pm"+ij)), model.Arcsec(1e-9))
				w.angle(r, "precession-nutation matrix", model.Angle(npb[i][j]), model.Angle(r.Num("npb"+ij)), model.Arcsec(0.002))
			}
		}
	}
}

// starOf returns the star in a line of astrometry_apparent.csv.
func starOf(r row) Star {
	return Star{
		ICRS:           ICRS{RA: r.Deg("ra_icrs_deg"), Dec: r.Deg("dec_icrs_deg")},
		PMRA:           model.Arcsec(r.Num("pm_ra_cosdec_mas_yr") / 1000),
		PMDec:          model.Arcsec(r.Num("pm_dec_mas_yr") / 1000),
		Parallax:       model.Arcsec(r.Num("parallax_mas") / 1000),
		RadialVelocity: r.Num("rv_kms"),
	}
}

func TestApparentVectors(t *testing.T) {
	within := model.Arcsec(0.002)
	w := newWorst(t)
	for _, r := range vectors(t, "astrometry_apparent.csv") {
		tt := JDOf(r.Num("tt_jd"))
		a := NewAstrometry(tt)
		star := starOf(r)
		app := a.Apparent(&star)
		want := model.Equatorial{RA: r.Deg("app_ra_deg"), Dec: r.Deg("app_dec_deg")}
		w.angle(r, "apparent place", app.Separation(want), 0, within)
		cirs := model.Equatorial{RA: a.CIO(app), Dec: app.Dec}
		wantCIRS := model.Equatorial{RA: r.Deg("cirs_ra_deg"), Dec: r.Deg("cirs_dec_deg")}
		w.angle(r, "CIRS place", cirs.Separation(wantCIRS), 0, within)
		w.angle(r, "equation of the origins", a.EquationOfOrigins(), r.Arcsec("eo_arcsec"), within)

		// Mean place, and back.
		ra, dec := star.Mean(tt)
		wantMean := ICRS{RA: r.Deg("mean_ra_deg"), Dec: r.Deg("mean_dec_deg")}
		w.angle(r, "mean place", (ICRS{RA: ra, Dec: dec}).Separation(wantMean), 0, model.Arcsec(4e-6))
		w.angle(r, "ICRS from mean place", FromMean(wantMean.RA, wantMean.Dec, tt).Separation(star.ICRS), 0, model.Arcsec(4e-6))

		// What remains at one place and one time must come back.
		still := ICRSOf(a.coordinateDirection(&star))
		w.angle(r, "ICRS from apparent place", a.ICRS(want).Separation(still), 0, within)
		if star.PMRA == 0 && star.Parallax == 0 {
			w.angle(r, "ICRS of fixed stars", a.ICRS(want).Separation(star.ICRS), 0, within)
			w.angle(r, "ApparentOf", a.ApparentOf(star.ICRS).Separation(want), 0, within)
		}
	}
}

// seriesTrue solves R = A tan z + B tan³z for the true altitude h: what SOFA
// uses at every altitude, where Refraction changes to Bennett below 15°.
func seriesTrue(c Conditions, h model.Angle) model.Angle {
	a, b := Refco(c)
	lift := 0.0
	for range 50 {
		tan := 1 / math.Tan(float64(h)+lift)
		lift = (a + b*tan*tan) * tan
	}
	return model.Angle(lift)
}

func TestObservedVectors(t *testing.T) {
	within := model.Arcsec(0.01)
	w := newWorst(t)
	for _, r := range vectors(t, "astrometry_observed.csv") {
		scales := TimeScales{DUT1: seconds(r.Num("dut1_s"))}
		y, mo, d, h, mi, s := scan(t, r.Text("utc"))
		utc := time.Date(y, time.Month(mo), d, h, mi, 0, 0, time.UTC).Add(seconds(s))
		site := Site{Latitude: r.Deg("lat_deg"), Longitude: r.Deg("lon_east_deg"), HeightM: r.Num("height_m")}
		lst := NewRotation(utc, site.Longitude, scales).LST(utc)
		w.angle(r, "sidereal time", lst, r.Deg("last_deg"), model.Arcsec(0.002))

		a := NewAstrometry(scales.At(utc).TT)
		app := a.ApparentOf(ICRS{RA: r.Deg("ra_icrs_deg"), Dec: r.Deg("dec_icrs_deg")})
		top := site.Topocentric(app.HourDec(lst))
		wantTop := model.HourDec{HA: r.Deg("air_ha_deg"), Dec: r.Deg("air_dec_deg")}
		w.angle(r, "topocentric", top.Separation(wantTop), 0, within)
		hor := top.Horizontal(site.Latitude)
		wantHor := model.Horizontal{Az: r.Deg("air_az_deg"), Alt: r.Deg("air_alt_deg")}
		w.angle(r, "topocentric az/alt", hor.Separation(wantHor), 0, within)

		c := Conditions{PressureHPa: r.Num("pressure_hpa"), TemperatureC: r.Num("temp_c"), Humidity: r.Num("rel_hum"), WavelengthUM: r.Num("wl_um")}
		refraction := NewRefraction(c)
		obs := refraction.Observed(hor)
		if obs.Alt < seriesLimit {
			if b := hor.Alt + seriesTrue(c, hor.Alt); (b - obs.Alt).Abs() > model.Arcsec(10) {
				t.Errorf("line %d: Bennett is %g″ from Refco", r.Line, (b - obs.Alt).Arcsec())
			}
			obs.Alt = hor.Alt + seriesTrue(c, hor.Alt)
		}
		wantObs := model.Horizontal{Az: r.Deg("obs_az_deg"), Alt: r.Deg("obs_alt_deg")}
		w.angle(r, "observed az/alt", obs.Separation(wantObs), 0, within)
		hd := obs.HourDec(site.Latitude)
		wantHD := model.HourDec{HA: r.Deg("obs_ha_deg"), Dec: r.Deg("obs_dec_deg")}
		w.angle(r, "observed ha/dec", hd.Separation(wantHD), 0, within)
		cio := a.CIO(hd.Equatorial(lst))
		w.angle(r, "observed RA from CIO", model.Angle(float64((cio-r.Deg("obs_ra_cio_deg")).WrapSigned())*math.Cos(float64(hd.Dec))), 0, within)
		w.angle(r, "parallactic angle", ParallacticAngle(wantHD, site.Latitude), r.Deg("parang_deg"), within)

		// Back from what is observed to the catalogue.
		if wantObs.Alt >= seriesLimit {
			back := refraction.True(wantObs).HourDec(site.Latitude)
			icrs := a.ICRS(site.Geocentric(back).Equatorial(lst))
			w.angle(r, "ICRS from observed", icrs.Separation(ICRS{RA: r.Deg("ra_icrs_deg"), Dec: r.Deg("dec_icrs_deg")}), 0, within)
		}
	}
}

func TestSun(t *testing.T) {
	dms := func(d, m, s float64) model.Angle { return model.Degrees(d + m/60 + s/3600) }
	tests := []struct {
		name     string
		tt       JD
		want     model.Equatorial
		distance float64
		within   model.Angle
		source   string
	}{{
		name:     "1992 October 13, 0 h TD",
		tt:       JDOf(2448908.5),
		want:     model.Equatorial{RA: dms(13, 13, 30.749).Mul(15), Dec: -dms(7, 47, 1.74)},
		distance: 0.99760853, within: model.Arcsec(2),
		source: "Meeus, Astronomical Algorithms, example 25.b",
	}}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := NewAstrometry(tt.tt)
			got, au := a.Sun()
			d := got.Separation(tt.want)
			t.Logf("off by %.3g″, %.3g au", d.Arcsec(), au-tt.distance)
			if d > tt.within || math.Abs(au-tt.distance) > 1e-5 {
				t.Errorf("%v at %.8f au is %.3g″ from %v (%s)", got, au, d.Arcsec(), tt.want, tt.source)
			}
		})
	}
}

func TestParallax(t *testing.T) {
	// Mars at its perigee of 2003 from Palomar: Meeus, Astronomical
	// Algorithms, example 40.a, which gives the topocentric place to 0.1″.
	site := Site{Latitude: model.Degrees(33 + 21./60 + 22./3600), HeightM: 1706}
	lst := model.Degrees(288.7958 + 339.530208)
	geo := model.Equatorial{RA: model.Degrees(339.530208), Dec: model.Degrees(-15.771083)}
	want := model.Equatorial{RA: model.Hours(22 + 38./60 + 8.54/3600), Dec: -model.Degrees(15 + 46./60 + 30.0/3600)}
	got := site.Parallax(geo.HourDec(lst), 0.37276).Equatorial(lst)
	if d := got.Separation(want); d > model.Arcsec(0.1) {
		t.Errorf("%v is %.3g″ from %v", got, d.Arcsec(), want)
	}
}

func TestEarthVelocityIsTheDerivative(t *testing.T) {
	for _, tt := range []JD{JDOf(2447892.5), JDOf(2451545.3), JDOf(2460000.1), JDOf(2473000.9)} {
		const h = 0.01 // days
		d := EarthAt(tt.Add(h * secondsPerDay)).Barycentric.Sub(EarthAt(tt.Add(-h * secondsPerDay)).Barycentric)
		v := d.Scale(1 / (2 * h * lightDay))
		if off := v.Sub(EarthAt(tt).Velocity).Norm(); off > 2e-11 {
			t.Errorf("velocity at %v off by %g of light's", tt, off)
		}
	}
}

// direction draws a place anywhere on the sphere, poles and seam included.
var direction = rapid.Custom(func(t *rapid.T) ICRS {
	dec := rapid.OneOf(rapid.Float64Range(-90, 90), rapid.SampledFrom([]float64{-90, 0, 90})).Draw(t, "dec")
	ra := rapid.OneOf(rapid.Float64Range(0, 359.9999999), rapid.SampledFrom([]float64{0, 180})).Draw(t, "ra")
	return ICRS{RA: model.Degrees(ra), Dec: model.Degrees(dec)}
})

// anyTT draws an instant between 1980 and 2070.
var anyTT = rapid.Custom(func(t *rapid.T) JD {
	return JulianEpoch(rapid.Float64Range(1980, 2070).Draw(t, "year"))
})

func TestAstrometryProperties(t *testing.T) {
	t.Run("ICRS undoes ApparentOf", rapid.MakeCheck(func(t *rapid.T) {
		a := NewAstrometry(anyTT.Draw(t, "tt"))
		p := direction.Draw(t, "p")
		app := a.ApparentOf(p)
		if app.RA < 0 || app.RA >= model.Turn {
			t.Fatalf("RA %v out of range", app.RA)
		}
		sun, _ := a.Sun()
		within := model.Arcsec(1e-6)
		if app.Separation(sun) < model.Degrees(0.3) {
			within = model.Arcsec(0.1) // behind the Sun light bends too fast
		}
		if d := a.ICRS(app).Separation(p); d > within {
			t.Fatalf("%v came back %g″ off", p, d.Arcsec())
		}
	}))
	t.Run("FromMean undoes Mean", rapid.MakeCheck(func(t *rapid.T) {
		tt, p := anyTT.Draw(t, "tt"), direction.Draw(t, "p")
		ra, dec := p.Mean(tt)
		if d := FromMean(ra, dec, tt).Separation(p); d > model.Arcsec(1e-8) {
			t.Fatalf("%v came back %g″ off", p, d.Arcsec())
		}
	}))
	t.Run("a star at rest is its direction", rapid.MakeCheck(func(t *rapid.T) {
		a := NewAstrometry(anyTT.Draw(t, "tt"))
		p := direction.Draw(t, "p")
		if d := a.Apparent(&Star{ICRS: p}).Separation(a.ApparentOf(p)); d > model.Arcsec(1e-8) {
			t.Fatalf("%g″ apart", d.Arcsec())
		}
	}))
	t.Run("Geocentric undoes Topocentric", rapid.MakeCheck(func(t *rapid.T) {
		s := Site{Latitude: model.Degrees(rapid.Float64Range(-90, 90).Draw(t, "lat")), HeightM: rapid.Float64Range(0, 6000).Draw(t, "height")}
		p := direction.Draw(t, "p")
		h := model.HourDec{HA: p.RA.WrapSigned(), Dec: p.Dec}
		if d := s.Geocentric(s.Topocentric(h)).Separation(h); d > model.Arcsec(1e-5) {
			t.Fatalf("%v came back %g″ off", h, d.Arcsec())
		}
		if d := s.Topocentric(h).Separation(h); d > model.Arcsec(0.321) {
			t.Fatalf("diurnal aberration of %g″", d.Arcsec())
		}
	}))
}

// TestAstrometryAges holds the claim about how long an Astrometry is good.
func TestAstrometryAges(t *testing.T) {
	p := ICRS{RA: 1, Dec: 0.3}
	for year := 2020.0; year < 2021; year += 0.01 {
		tt := JulianEpoch(year)
		a, later := NewAstrometry(tt), NewAstrometry(tt.Add(600))
		if d := a.ApparentOf(p).Separation(later.ApparentOf(p)); d > model.Arcsec(0.006) {
			t.Errorf("%.2f: %g″ in ten minutes", year, d.Arcsec())
		}
	}
}

func BenchmarkNewAstrometry(b *testing.B) {
	tt := JulianEpoch(2025.3)
	b.ReportAllocs()
	for b.Loop() {
		NewAstrometry(tt)
	}
}

func BenchmarkApparent(b *testing.B) {
	a := NewAstrometry(JulianEpoch(2025.3))
	star := Star{ICRS: ICRS{RA: 1, Dec: 0.5}, PMRA: 1e-6, PMDec: -2e-6, Parallax: 1e-6, RadialVelocity: 10}
	b.ReportAllocs()
	for b.Loop() {
		a.Apparent(&star)
	}
}

func BenchmarkICRSFromApparent(b *testing.B) {
	a := NewAstrometry(JulianEpoch(2025.3))
	e := model.Equatorial{RA: 1, Dec: 0.5}
	b.ReportAllocs()
	for b.Loop() {
		a.ICRS(e)
	}
}
