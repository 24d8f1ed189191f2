// SPDX-License-Identifier: GPL-3.0-or-later

package ephemeris

import (
	"encoding/csv"
	"math"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/sky"
)

// vectors reads testdata/name, whose first line states its provenance.
func vectors(t *testing.T, name string) [][]string {
	t.Helper()
	f, err := os.Open("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.Comment = '#'
	rows, err := r.ReadAll()
	if err != nil || len(rows) < 20 {
		t.Fatalf("%s: %d rows, %v", name, len(rows), err)
	}
	return rows[1:]
}

func degrees(t *testing.T, text string) model.Angle {
	t.Helper()
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		t.Fatal(err)
	}
	return model.Degrees(v)
}

func instant(t *testing.T, text string) time.Time {
	t.Helper()
	utc, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return utc
}

// horizonsSite is the site of the vectors of JPL Horizons.
var horizonsSite = sky.Site{Latitude: model.Degrees(29), Longitude: model.Degrees(279), HeightM: 10}

func TestPlanetsAgainstHorizons(t *testing.T) {
	worst := map[Planet]model.Angle{}
	for _, row := range vectors(t, "horizons.csv") {
		p, err := ParsePlanet(row[0])
		if err != nil {
			t.Fatal(err)
		}
		utc := instant(t, row[1])
		o := Observer{Site: horizonsSite}
		app, err := o.At(p, utc)
		if err != nil {
			t.Fatal(err)
		}
		a := sky.NewAstrometry(o.Scales.At(utc).TT)
		got := a.ICRS(app.Place)
		want := sky.ICRS{RA: degrees(t, row[2]), Dec: degrees(t, row[3])}
		d := got.Separation(want)
		worst[p] = max(worst[p], d)
		if d > model.Arcsec(4) {
			t.Errorf("%v %s is %.2f″ off", p, row[1], d.Arcsec())
		}
	}
	for p := Mercury; p <= Pluto; p++ {
		if worst[p] == 0 {
			t.Errorf("no vector for %v", p)
		}
		t.Logf("worst %v: %.2f″", p, worst[p].Arcsec())
	}
}

func TestMoonAgainstHorizons(t *testing.T) {
	var worst, square float64
	rows := vectors(t, "horizons_moon.csv")
	for _, row := range rows {
		utc := instant(t, row[0])
		o := Observer{Site: horizonsSite}
		app, err := o.At(Moon, utc)
		if err != nil {
			t.Fatal(err)
		}
		want := model.Equatorial{RA: degrees(t, row[1]), Dec: degrees(t, row[2])}
		d := app.Place.Separation(want).Arcsec()
		worst, square = max(worst, d), square+d*d
		if d > 15 {
			t.Errorf("%s: %.1f″ off", row[0], d)
		}
		lst := sky.GAST(o.Scales.At(utc)) + o.Site.Longitude
		h := o.Site.Topocentric(app.Place.HourDec(lst)).Horizontal(o.Site.Latitude)
		// UT1 is taken for UTC, which turns the sky by up to 13.5″.
		if d := h.Separation(model.Horizontal{Az: degrees(t, row[3]), Alt: degrees(t, row[4])}); d > model.Arcsec(25) {
			t.Errorf("%s: %.1f″ off in the horizon's coordinates", row[0], d.Arcsec())
		}
	}
	t.Logf("Moon: worst %.1f″, rms %.1f″", worst, math.Sqrt(square/float64(len(rows))))
}

// The places of 25 March 1980, 0h UT, from the Earth's centre.
func TestGeocentricApparentPlaces(t *testing.T) {
	const source = "JPL Horizons, 28 March 2016, in astropy's tests of the solar system"
	hms := func(h, m, s float64) model.Angle { return model.Hours(h + m/60 + s/3600) }
	dms := func(sign, d, m, s float64) model.Angle { return model.Degrees(sign * (d + m/60 + s/3600)) }
	i := sky.TimeScales{}.At(time.Date(1980, 3, 25, 0, 0, 0, 0, time.UTC))
	a := sky.NewAstrometry(i.TT)
	for _, tt := range []struct {
		body    Planet
		place   model.Equatorial
		minutes float64 // light time
		within  model.Angle
	}{
		{Mercury, model.Equatorial{RA: hms(22, 41, 47.78), Dec: dms(-1, 8, 29, 32.0)}, 6.323037, model.Arcsec(1)},
		{Moon, model.Equatorial{RA: hms(7, 32, 2.62), Dec: dms(1, 18, 34, 5.0)}, 0.021921, model.Arcsec(15)},
		{Jupiter, model.Equatorial{RA: hms(10, 17, 12.82), Dec: dms(1, 12, 2, 57.0)}, 37.694557, model.Arcsec(2)},
		{Sun, model.Equatorial{RA: hms(0, 16, 31.00), Dec: dms(1, 1, 47, 16.9)}, 8.294858, model.Arcsec(2)},
	} {
		app, err := tt.body.Apparent(&a)
		if err != nil {
			t.Fatal(err)
		}
		if d := app.Place.Separation(tt.place); d > tt.within {
			t.Errorf("%v is %.2f″ off (%s)", tt.body, d.Arcsec(), source)
		}
		want := tt.minutes / 1440 * lightDay
		if d := math.Abs(app.Distance/want - 1); d > 1e-4 {
			t.Errorf("%v is at %.6f au, want %.6f (%s)", tt.body, app.Distance, want, source)
		}
	}
}

func TestMeeusMoon(t *testing.T) {
	// Meeus, example 47.a: 1992 April 12, 0h TD.
	lon, lat, km := moonEcliptic(sky.JDOf(2448724.5))
	if d := (lon - model.Degrees(133.162655)).Abs(); d > model.Degrees(1e-6) {
		t.Errorf("λ = %.6f°, want 133.162655", lon.Degrees())
	}
	if d := (lat - model.Degrees(-3.229126)).Abs(); d > model.Degrees(1e-6) {
		t.Errorf("β = %.6f°, want −3.229126", lat.Degrees())
	}
	if math.Abs(km-368409.7) > 0.05 {
		t.Errorf("Δ = %.1f km, want 368409.7", km)
	}
	a := sky.NewAstrometry(sky.JDOf(2448724.5))
	app, err := Moon.Apparent(&a)
	if err != nil {
		t.Fatal(err)
	}
	want := model.Equatorial{RA: model.Degrees(134.688470), Dec: model.Degrees(13.768368)}
	if d := app.Place.Separation(want); d > model.Arcsec(0.2) {
		t.Errorf("apparent place %v is %.2f″ from %v", app.Place, d.Arcsec(), want)
	}
}

func TestMeeusVenus(t *testing.T) {
	// Meeus, example 33.a: 1992 December 20, 0h TD, from DE200.
	a := sky.NewAstrometry(sky.JDOf(2448976.5))
	app, err := Venus.Apparent(&a)
	if err != nil {
		t.Fatal(err)
	}
	want := model.Equatorial{
		RA:  model.Hours(21 + 4/60.0 + 41.454/3600),
		Dec: model.Degrees(-(18 + 53/60.0 + 16.84/3600)),
	}
	if d := app.Place.Separation(want); d > model.Arcsec(1) {
		t.Errorf("Venus is %.2f″ off", d.Arcsec())
	}
	// Example 41.c: for this distance its magnitude is −4.2.
	if math.Abs(app.Magnitude+4.2) > 0.15 {
		t.Errorf("magnitude %.2f, want −4.2", app.Magnitude)
	}
}

func TestMeeusPluto(t *testing.T) {
	// Meeus, example 37.a: 1992 October 13, 0h TD; the astrometric place.
	a := sky.NewAstrometry(sky.JDOf(2448908.5))
	app, err := Pluto.Apparent(&a)
	if err != nil {
		t.Fatal(err)
	}
	got := a.ICRS(app.Place)
	want := sky.ICRS{RA: model.Hours(15 + 31/60.0 + 43.8/3600), Dec: model.Degrees(-(4 + 27/60.0 + 29/3600.0))}
	if d := got.Separation(want); d > model.Arcsec(1.2) { // its digits
		t.Errorf("Pluto is %.2f″ off", d.Arcsec())
	}
	if math.Abs(app.SunDistance-29.711111) > 2e-5 {
		t.Errorf("Pluto is %.6f au from the Sun, want 29.711111", app.SunDistance)
	}
	if math.Abs(app.Magnitude-13.7) > 0.2 { // Astronomical Almanac 1992
		t.Errorf("magnitude %.2f", app.Magnitude)
	}
}

func TestMagnitudes(t *testing.T) {
	for _, tt := range []struct {
		body   Planet
		jd     float64
		want   float64
		within float64
		source string
	}{
		{Saturn, 2448972.5, 0.74, 0.1, "Meeus, example 41.d, 0.94 by Müller's formula, whose constant is −8.68: 1992 December 16.0 TD"},
		{Sun, 2451545, -26.78, 0.05, "Allen: −26.75 at 1 au, here at perihelion"},
		{Moon, 2451564.70, -12.7, 0.35, "full moon of 2000 January 21, Allen: −12.73 at mean distance"},
		{Mars, 2452879.9, -2.9, 0.2, "opposition of 2003 August 28, Astronomical Almanac"},
		{Jupiter, 2455461.0, -2.9, 0.15, "opposition of 2010 September 21, Astronomical Almanac"},
		{Uranus, 2455461.0, 5.7, 0.15, "opposition of 2010 September 21, Astronomical Almanac"},
		{Neptune, 2455430.0, 7.8, 0.15, "opposition of August 2010, Astronomical Almanac"},
	} {
		a := sky.NewAstrometry(sky.JDOf(tt.jd))
		app, err := tt.body.Apparent(&a)
		if err != nil || !app.HasMagnitude {
			t.Fatal(tt.body, err)
		}
		if math.Abs(app.Magnitude-tt.want) > tt.within {
			t.Errorf("%v has magnitude %.2f, want %.2f (%s)", tt.body, app.Magnitude, tt.want, tt.source)
		}
	}
}

// A far body has no parallax worth the name, the Moon in the horizon has
// that of its distance, and in the zenith none.
func TestParallaxOfTheMoon(t *testing.T) {
	o := Observer{Site: sky.Site{Latitude: model.Degrees(0)}}
	utc := time.Date(2020, 5, 5, 0, 0, 0, 0, time.UTC)
	var smallest, largest model.Angle = 1, 0
	for range 24 * 12 {
		i := o.Scales.At(utc)
		a := sky.NewAstrometry(i.TT)
		g, err := Moon.Apparent(&a)
		if err != nil {
			t.Fatal(err)
		}
		top, err := o.At(Moon, utc)
		if err != nil {
			t.Fatal(err)
		}
		d := g.Place.Separation(top.Place)
		lst := sky.GAST(i)
		alt := top.Place.HourDec(lst).Horizontal(0).Alt
		// Meeus, ch. 40: sin p = sin π cos h, with the topocentric altitude h.
		want := math.Asin(6378.137 / (g.Distance * auKM) * math.Cos(float64(alt)))
		if math.Abs(float64(d)-want) > 2e-6 {
			t.Fatalf("%v: parallax %.1f″ at altitude %v, want %.1f″", utc, d.Arcsec(), alt, model.Angle(want).Arcsec())
		}
		smallest, largest = min(smallest, d), max(largest, d)
		utc = utc.Add(5 * time.Minute)
	}
	if smallest > model.Arcmin(10) || largest < model.Arcmin(54) {
		t.Errorf("over a day the parallax goes from %.1f′ to %.1f′", smallest.Arcmin(), largest.Arcmin())
	}
}

// What Motion says is where the body then goes.
func TestMotionPredicts(t *testing.T) {
	o := Observer{Site: horizonsSite}
	start := time.Date(2019, 3, 7, 3, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		body   Body
		within model.Angle // after ten minutes
	}{
		{Moon, model.Arcsec(3)}, {Sun, model.Arcsec(0.05)}, {Mercury, model.Arcsec(0.05)}, {Mars, model.Arcsec(0.05)},
	} {
		m, err := o.Motion(tt.body, start)
		if err != nil {
			t.Fatal(err)
		}
		later := start.Add(10 * time.Minute)
		want, err := o.At(tt.body, later)
		if err != nil {
			t.Fatal(err)
		}
		if d := m.At(o.Scales.At(later).TT).Separation(want.Place); d > tt.within {
			t.Errorf("%v: after ten minutes %.2f″ off", tt.body, d.Arcsec())
		}
		if m.String() != tt.body.String() {
			t.Errorf("the motion of %v is called %q", tt.body, m)
		}
	}
	// The Moon's mean motion is 13.18° a day, in hourly right ascension
	// 1200″ to 2400″, and its parallax takes or gives up to 900″.
	m, _ := o.Motion(Moon, start)
	if perHour := model.Angle(float64(m.RA) * 3600).Arcsec(); perHour < 300 || perHour > 3300 {
		t.Errorf("the Moon moves by %.0f″ an hour", perHour)
	}
}

func TestLinear(t *testing.T) {
	l := Linear{
		Epoch: sky.J2000(),
		Place: model.Equatorial{RA: model.Hours(23.99), Dec: model.Degrees(89.5)},
		RA:    model.Rate(model.Hours(0.5) / 3600),
		Dec:   model.Rate(model.Degrees(0.25) / 3600),
	}
	for _, tt := range []struct {
		hours   float64
		ra, dec float64 // h, °
	}{
		{0, 23.99, 89.5}, {1, 0.49, 89.75}, {-2, 22.99, 89}, {4, 13.99, 89.5},
	} {
		got := l.At(l.Epoch.Add(tt.hours * 3600))
		if math.Abs(got.RA.Hours()-tt.ra) > 1e-9 || math.Abs(got.Dec.Degrees()-tt.dec) > 1e-9 {
			t.Errorf("after %g h: %v, want %g h %g°", tt.hours, got, tt.ra, tt.dec)
		}
	}
	a := sky.NewAstrometry(l.Epoch.Add(3600))
	app, err := l.Apparent(&a)
	if err != nil || app.Distance != 0 || math.Abs(app.Place.Dec.Degrees()-89.75) > 1e-9 {
		t.Errorf("%+v, %v", app, err)
	}
}

func TestPlanetNames(t *testing.T) {
	for _, p := range Planets() {
		got, err := ParsePlanet(" " + p.String() + " ")
		if err != nil || got != p {
			t.Errorf("%v: %v, %v", p, got, err)
		}
	}
	if len(Planets()) != 10 {
		t.Errorf("%d planets", len(Planets()))
	}
	if _, err := ParsePlanet("Vulcan"); err == nil {
		t.Error("there is no Vulcan")
	}
	a := sky.NewAstrometry(sky.J2000())
	for _, p := range []Planet{-1, Pluto + 1} {
		if _, err := p.Apparent(&a); err == nil {
			t.Errorf("%v appeared", p)
		}
	}
}

func BenchmarkTopocentricPlanet(b *testing.B) {
	o := Observer{Site: horizonsSite}
	utc := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, p := range []Planet{Moon, Venus, Saturn} {
		b.Run(p.String(), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := o.At(p, utc); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
