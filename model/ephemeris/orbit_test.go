// SPDX-License-Identifier: GPL-3.0-or-later

package ephemeris

import (
	"errors"
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/sky"
)

// True anomaly and distance, days after perihelion.
func TestMeeusConics(t *testing.T) {
	for _, tt := range []struct {
		q, e, days float64
		v, r       float64 // °, au
		source     string
	}{
		{1.487469, 1, 112.5642, 66.78862, 2.133911, "example 34.a"},
		{0.921326, 1, 138.4783, 102.74426, 2.364192, "ch. 35, table"},
		{0.1, 0.987, 254.9, 164.50029, 4.063777, "ch. 35, table"},
		{0.123456, 0.99997, -30.47, 221.91190, 0.965053, "ch. 35, table"},
		{3.363943, 1.05731, 1237.1, 109.40598, 10.668551, "ch. 35, table"},
		{0.5871018, 0.9672746, 20, 52.85331, 0.729116, "ch. 35, table"},
		{0.5871018, 0.9672746, 0, 0, 0.5871018, "ch. 35, table"},
	} {
		o := Orbit{Q: tt.q, E: tt.e}
		p, _ := o.inPlane(tt.days)
		v := model.Angle(math.Atan2(p[1], p[0]))
		if d := (v - model.Degrees(tt.v)).WrapSigned().Abs(); d > model.Degrees(6e-6) {
			t.Errorf("q %g e %g t %g: v = %.5f°, want %.5f (Meeus, %s)", tt.q, tt.e, tt.days, v.Wrap().Degrees(), tt.v, tt.source)
		}
		if d := math.Abs(p.Norm() - tt.r); d > 1e-6 {
			t.Errorf("q %g e %g t %g: r = %.6f, want %.6f (Meeus, %s)", tt.q, tt.e, tt.days, p.Norm(), tt.r, tt.source)
		}
	}
}

func TestMeeusKepler(t *testing.T) {
	// Example 30.a: e = 0.1, M = 5°, then E = 5.554589°.
	const e, axis = 0.1, 1.0
	o, err := FromMeanAnomaly(sky.J2000(), model.Degrees(5), axis, e, 0, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	p, _ := o.inPlane(sky.J2000().Sub(o.Perihelion))
	cosE := p[0]/axis + e
	if got := model.Angle(math.Acos(cosE)).Degrees(); math.Abs(got-5.554589) > 1e-5 {
		t.Errorf("E = %.6f°, want 5.554589 (Meeus, example 30.a)", got)
	}
}

func TestMeeusEncke(t *testing.T) {
	// Example 33.b: 1990 October 6.0 TD; the astrometric place.
	peri, err := calendar(1990, 10, 28.54502)
	if err != nil {
		t.Fatal(err)
	}
	comet := Minor{Name: "Encke", Orbit: Orbit{
		Perihelion: peri, Q: 2.2091404 * (1 - 0.8502196), E: 0.8502196,
		Incl: model.Degrees(11.94524), Node: model.Degrees(334.75006), ArgPeri: model.Degrees(186.23352),
	}}
	a := sky.NewAstrometry(sky.JDOf(2448170.5))
	app, err := comet.Apparent(&a)
	if err != nil {
		t.Fatal(err)
	}
	got := a.ICRS(app.Place)
	want := sky.ICRS{RA: model.Hours(10 + 34/60.0 + 14.2/3600), Dec: model.Degrees(19 + 9/60.0 + 31/3600.0)}
	if d := got.Separation(want); d > model.Arcsec(1.5) {
		t.Errorf("Encke is %.1f″ off", d.Arcsec())
	}
	// The distance printed there is that before light time is reckoned.
	geometric, _ := comet.Orbit.At(a.TT())
	if d := geometric.Sub(a.Earth().Heliocentric).Norm(); math.Abs(d-0.8243689) > 2e-6 {
		t.Errorf("Encke is at %.7f au, want 0.8243689", d)
	}
	if app.HasMagnitude {
		t.Error("a magnitude without a law")
	}
}

// Lines of the Minor Planet Center's files, with where its own service and
// JPL put these bodies.
const (
	haleBopp = "    CJ95O010  1997 03 29.6333  0.916241  0.994928  130.6448  283.3593   88.9908  20200224  -2.0  4.0  C/1995 O1 (Hale-Bopp)                                    MPC106342"
	ceres    = "00001    3.4   0.15 K205V 162.68631   73.73161   80.28698   10.58862  0.0775571  0.21406009   2.7676569  0 MPO492748  6751 115 1801-2019 0.60 M-v 30h Williams   0000      (1) Ceres              20190915"
)

func TestLinesOfTheMinorPlanetCenter(t *testing.T) {
	const source = "Minor Planet Center, in skyfield's tests of Kepler orbits"
	at := func(m Minor, utc time.Time) (sky.ICRS, Apparition) {
		a := sky.NewAstrometry(sky.TimeScales{}.At(utc).TT)
		app, err := m.Apparent(&a)
		if err != nil {
			t.Fatal(err)
		}
		return a.ICRS(app.Place), app
	}
	hb, err := ParseElements(haleBopp)
	if err != nil {
		t.Fatal(err)
	}
	got, app := at(hb, time.Date(2020, 5, 31, 0, 0, 0, 0, time.UTC))
	want := sky.ICRS{RA: model.Hours(23 + 59/60.0 + 16.6/3600), Dec: model.Degrees(-(84 + 46/60.0 + 58/3600.0))}
	if d := got.Separation(want); d > model.Arcsec(1) {
		t.Errorf("Hale-Bopp is %.1f″ off (%s)", d.Arcsec(), source)
	}
	if math.Abs(app.Distance-43.266) > 0.0006 {
		t.Errorf("Hale-Bopp is at %.4f au, want 43.266 (%s)", app.Distance, source)
	}
	if hb.Name != "C/1995 O1 (Hale-Bopp)" || hb.Law != CometLaw || hb.H != -2 || hb.Slope != 4 {
		t.Errorf("%+v", hb)
	}

	c, err := ParseElements(ceres)
	if err != nil {
		t.Fatal(err)
	}
	got, app = at(c, time.Date(2020, 6, 17, 0, 0, 0, 0, time.UTC))
	want = sky.ICRS{RA: model.Hours(23.1437), Dec: model.Degrees(-17.323)}
	if d := got.Separation(want); d > model.Arcsec(4) { // the source's digits
		t.Errorf("Ceres is %.1f″ off (%s)", d.Arcsec(), source)
	}
	if c.Name != "(1) Ceres" || c.Law != AsteroidLaw || c.H != 3.4 || c.Slope != 0.15 {
		t.Errorf("%+v", c)
	}
	// Ephemerides of the Almanac give Ceres 8.7 to 8.8 in mid-June 2020.
	if math.Abs(app.Magnitude-8.75) > 0.3 {
		t.Errorf("Ceres has magnitude %.2f", app.Magnitude)
	}
}

// JPL's place of an asteroid seen from Mauna Kea, 65 days after the epoch of
// its elements.
func TestAsteroidAgainstHorizons(t *testing.T) {
	m := Minor{Name: "Elst-Pizarro", Orbit: Orbit{
		Perihelion: sky.JDOf(2452237.06493478), Q: 2.635362196760693, E: 0.165290822206447,
		Incl: model.Degrees(1.385555375885813), Node: model.Degrees(160.2284256563968), ArgPeri: model.Degrees(132.9747580443433),
	}}
	o := Observer{Site: sky.Site{Latitude: model.Degrees(19.8261152), Longitude: model.Degrees(204.5278), HeightM: 4200}}
	utc := time.Date(2002, 6, 1, 0, 0, 0, 0, time.UTC)
	app, err := o.At(m, utc)
	if err != nil {
		t.Fatal(err)
	}
	a := sky.NewAstrometry(o.Scales.At(utc).TT)
	got := a.ICRS(app.Place)
	want := sky.ICRS{RA: model.Degrees(359.34757), Dec: model.Degrees(-0.25043)}
	if d := got.Separation(want); d > model.Arcsec(1.5) {
		t.Errorf("%v is %.2f″ off (JPL, in the tests of a public wrapper of SLALIB)", m, d.Arcsec())
	}
	// JPL's distance is from the site, up to an Earth's radius less.
	if math.Abs(app.Distance-2.91077495) > 6e-5 {
		t.Errorf("%v is at %.8f au, want 2.91077495", m, app.Distance)
	}
}

func TestPackedDates(t *testing.T) {
	for packed, want := range map[string][3]float64{
		"J9611": {1996, 1, 1}, "J961A": {1996, 1, 10}, "J969U": {1996, 9, 30}, "J96A1": {1996, 10, 1}, "K01AM": {2001, 10, 22},
	} {
		l := newElementLine(packed)
		got := l.packedDate(1)
		jd, err := calendar(want[0], want[1], want[2])
		if err != nil || l.err != nil || got.Sub(jd) != 0 {
			t.Errorf("%s is %v, want %v (Minor Planet Center, \"Packed Dates\")", packed, got, jd)
		}
	}
	for _, packed := range []string{"", "J96", "J96D1", "J961W", "j9611", "J9631x", "J962U"} {
		l := newElementLine(packed)
		if l.packedDate(1); (l.err == nil) != (packed == "J9631x") {
			t.Errorf("%q: %v", packed, l.err)
		}
	}
}

func TestEDF(t *testing.T) {
	line := "Encke                                         1990 10 28.54502 0.33088528 0.8502196 186.23352 334.75006 11.94524 10.5 5"
	m, err := ParseElements(line)
	if err != nil {
		t.Fatal(err)
	}
	if m.Name != "Encke" || m.Orbit.Q != 0.33088528 || m.Orbit.E != 0.8502196 || m.Law != CometLaw || m.H != 10.5 || m.Slope != 5 {
		t.Errorf("%+v", m)
	}
	if d := m.Orbit.Perihelion.Sub(sky.JDOf(2448193.04502)); math.Abs(d) > 1e-8 {
		t.Errorf("perihelion is %g days off", d)
	}
	c, err := ParseElements(ceres)
	if err != nil {
		t.Fatal(err)
	}
	line = "Ceres                                         2020 5 31 162.68631 2.7676569 0.0775571 73.73161 80.28698 10.58862 3.4 0.15"
	m, err = ParseElements(line)
	if err != nil {
		t.Fatal(err)
	}
	now := sky.JDOf(2459000)
	p, _ := m.Orbit.At(now)
	want, _ := c.Orbit.At(now)
	if d := p.Sub(want).Norm(); d > 1e-9 || m.Law != AsteroidLaw || m.Slope != 0.15 {
		t.Errorf("%+v is %g au from the same line of MPCORB", m, d)
	}
}

func TestBadElementsAreNamed(t *testing.T) {
	replace := func(line string, column int, text string) string {
		return line[:column-1] + text + line[column-1+len(text):]
	}
	for _, tt := range []struct{ line, says string }{
		{"", "0 columns"},
		{"Encke", "5 columns"},
		{"Encke                                         1990 10 28.5 0.3", "4 numbers"},
		{"Encke                                         1990 10 28.5 0.3 0.8 x 334 11.9 10.5 5", `number 6 after the name is "x"`},
		{"Encke                                         1990 13 28.5 0.3 0.8 186 334 11.9 10.5 5", "no date"},
		{"Encke                                         1990 2 30 0.3 0.8 186 334 11.9 10.5 5", "no date"},
		{"Encke                                         1990 10 28.5 -0.3 0.8 186 334 11.9 10.5 5", "perihelion distance"},
		{"Encke                                         1990 10 28.5 0.3 -0.8 186 334 11.9 10.5 5", "eccentricity"},
		{"Encke                                         1990 10 28.5 0.3 0.8 186 334 181 10.5 5", "inclination"},
		{"Encke                                         1990 10 28.5 0.3 0.8 186 334 18 NaN 5", "no number"},
		{replace(haleBopp, 31, "?"), "columns 31 to 39"},
		{replace(haleBopp, 42, "-9"), "eccentricity"},
		{replace(haleBopp, 20, "13"), "date in columns 15 to 29"},
		{replace(ceres, 24, "Z"), "packed date"},
		{replace(ceres, 71, "1.1"), "eccentricity"},
		{replace(ceres, 93, "      x"), "semi-major axis in columns 93 to 103"},
	} {
		_, err := ParseElements(tt.line)
		if err == nil || !errors.Is(err, fault.Invalid) || !contains(err.Error(), tt.says) {
			t.Errorf("%q: %v, want it to say %q", tt.line, err, tt.says)
		}
	}
}

// For every conic: the equation of Kepler holds in its own form, energy,
// angular momentum and eccentricity vector are those of the elements.
func TestConicsKeepTheirInvariants(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := Orbit{
			Q: math.Pow(10, rapid.Float64Range(-2.5, 2).Draw(t, "lg q")),
			E: rapid.OneOf(rapid.Float64Range(0, 2), rapid.Float64Range(0.9999, 1.0001), rapid.Just(1.0), rapid.Just(0.0), rapid.Float64Range(1, 10)).Draw(t, "e"),
		}
		dt := rapid.Float64Range(-1e5, 1e5).Draw(t, "days")
		checkConic(t, o, dt)
	})
}

type failer interface {
	Fatalf(format string, args ...any)
}

func checkConic(t failer, o Orbit, dt float64) {
	p, v := o.inPlane(dt)
	r := p.Norm()
	energy := v.Dot(v)/2 - sunMu/r
	want := sunMu * (o.E - 1) / (2 * o.Q)
	if scale := sunMu/r + math.Abs(want); !(math.Abs(energy-want) <= 1e-10*scale) {
		t.Fatalf("q %g e %g t %g: energy %g, want %g", o.Q, o.E, dt, energy, want)
	}
	h := p[0]*v[1] - p[1]*v[0]
	wantH := math.Sqrt(sunMu * o.Q * (1 + o.E))
	if !(math.Abs(h-wantH) <= 1e-9*(wantH+r*v.Norm())) {
		t.Fatalf("q %g e %g t %g: angular momentum %g, want %g", o.Q, o.E, dt, h, wantH)
	}
	// r = p/(1 + e cos v)
	conic := r + o.E*p[0] - o.Q*(1+o.E)
	if !(math.Abs(conic) <= 1e-9*(r+o.Q)) {
		t.Fatalf("q %g e %g t %g: off the conic by %g au", o.Q, o.E, dt, conic)
	}
	// Time, from the classical equations, where they are not ill-conditioned.
	switch {
	case o.E < 0.95:
		a := o.Q / (1 - o.E)
		n := math.Sqrt(sunMu/a) / a
		ecc := math.Atan2(p[1]/(a*math.Sqrt(1-o.E*o.E)), p[0]/a+o.E)
		if d := math.Remainder(ecc-o.E*math.Sin(ecc)-n*dt, 2*math.Pi); !(math.Abs(d) <= 1e-9*(1+math.Abs(n*dt)*1e-5)) {
			t.Fatalf("q %g e %g t %g: Kepler's equation is off by %g", o.Q, o.E, dt, d)
		}
	case o.E == 1:
		tan := p[1] / (r + p[0]) // of half the true anomaly
		days := math.Sqrt(2*o.Q*o.Q*o.Q/sunMu) * (tan + tan*tan*tan/3)
		if !(math.Abs(days-dt) <= 1e-8*(1+math.Abs(dt))) {
			t.Fatalf("q %g parabola t %g: Barker's equation gives %g", o.Q, dt, days)
		}
	case o.E > 1.05:
		a := o.Q / (o.E - 1)
		n := math.Sqrt(sunMu/a) / a
		f := math.Asinh(p[1] / (a * math.Sqrt(o.E*o.E-1)))
		if days := (o.E*math.Sinh(f) - f) / n; !(math.Abs(days-dt) <= 1e-8*(1+math.Abs(dt))) {
			t.Fatalf("q %g e %g t %g: Kepler's equation gives %g", o.Q, o.E, dt, days)
		}
	}
}

// A nearly parabolic orbit differs from the parabola by little, on either
// side: there is no seam.
func TestNoSeamAtTheParabola(t *testing.T) {
	for _, days := range []float64{1e-6, 1, 100, 5000} {
		p, _ := Orbit{Q: 0.7, E: 1}.inPlane(days)
		for _, e := range []float64{1 - 1e-9, 1 + 1e-9, 1 - 1e-13, 1 + 1e-13} {
			n, _ := Orbit{Q: 0.7, E: e}.inPlane(days)
			if d := n.Sub(p).Norm(); d > 1e-6*(1+p.Norm()) {
				t.Errorf("e − 1 = %g after %g days: %g au from the parabola", e-1, days, d)
			}
		}
	}
}

func TestVelocityIsTheDerivative(t *testing.T) {
	for _, o := range []Orbit{{Q: 1, E: 0.3}, {Q: 0.2, E: 1}, {Q: 0.5, E: 1.7}} {
		o.Perihelion = sky.J2000()
		o.Incl, o.Node, o.ArgPeri = 0.5, 1, 2
		tt := sky.J2000().Add(40 * 86400)
		_, v := o.At(tt)
		before, _ := o.At(tt.Add(-864))
		after, _ := o.At(tt.Add(864))
		numeric := after.Sub(before).Scale(1 / 0.02)
		if d := v.Sub(numeric).Norm(); d > 1e-7 {
			t.Errorf("%+v: velocity is %g au/day off", o, d)
		}
	}
}

func contains(text, part string) bool {
	for i := 0; i+len(part) <= len(text); i++ {
		if text[i:i+len(part)] == part {
			return true
		}
	}
	return false
}

func FuzzConic(f *testing.F) {
	f.Add(1.0, 0.5, 100.0)
	f.Add(0.005, 0.99999, 1e5)
	f.Add(0.5, 1.0, -1e4)
	f.Add(5.0, 6.1, 1e5)
	f.Add(0.001, 100.0, 1e5)
	f.Fuzz(func(t *testing.T, q, e, dt float64) {
		o := Orbit{Perihelion: sky.J2000(), Q: q, E: e}
		if o.Check() != nil || !(math.Abs(dt) <= 1e6) {
			return
		}
		checkConic(t, o, dt)
	})
}

func FuzzElements(f *testing.F) {
	f.Add(haleBopp)
	f.Add(ceres)
	f.Add("Encke                                         1990 10 28.54502 0.33088528 0.8502196 186.23352 334.75006 11.94524 10.5 5")
	a := sky.NewAstrometry(sky.JDOf(2460000))
	f.Fuzz(func(t *testing.T, line string) {
		m, err := ParseElements(line)
		if err != nil {
			if !errors.Is(err, fault.Invalid) {
				t.Fatalf("%q: %v", line, err)
			}
			return
		}
		app, err := m.Apparent(&a)
		if err != nil {
			t.Fatalf("%q was accepted, but: %v", line, err)
		}
		if !app.Place.RA.IsFinite() || !app.Place.Dec.IsFinite() || !(app.Distance > 0) || math.IsNaN(app.Magnitude) {
			t.Fatalf("%q appears at %+v", line, app)
		}
	})
}
