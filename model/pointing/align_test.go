// SPDX-License-Identifier: GPL-3.0-or-later

package pointing

import (
	"errors"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
)

func TestTwoStarVectors(t *testing.T) {
	w := worst{t: t, name: "raw matrix", within: vectorTolerance}
	rot := worst{t: t, name: "rotation, consistent sets", within: vectorTolerance}
	for _, v := range vectors(t, "pointing_twostar.csv") {
		base := New(model.Identity(), v.errors(), model.Axes{})
		stars := []Star{v.star("s1_"), v.star("s2_")}
		var m *Model
		var err error
		if v.Num("inits") == 3 {
			stars = append(stars, v.star("s3_"))
			m, err = base.TakiThree(stars[0], stars[1], stars[2], Criteria{})
		} else {
			m, err = base.TakiTwo(stars[0], stars[1], Criteria{})
		}
		if err != nil {
			t.Errorf("line %d: %v", v.Line, err)
			continue
		}
		compare := func(m *Model, w *worst) {
			hd, axes := v.hourDec("q_"), v.axes("q_")
			if v.Text("dir") == "inv" {
				w.angle(m.ToSky(axes).Angle(hd.Vector()), "line %d", v.Line)
				return
			}
			got, ok := m.ToAxes(hd.Vector(), Normal)
			if !ok {
				t.Errorf("line %d: not reachable", v.Line)
			}
			w.axes(v.Line, got, axes)
		}
		compare(m, &w)
		if v.Flag("consistent") {
			a, err := base.Align(stars, Criteria{})
			if err != nil {
				t.Errorf("line %d: %v", v.Line, err)
				continue
			}
			compare(a.Model, &rot)
		}
	}
	w.log()
	rot.log()
}

func TestTakiExamples(t *testing.T) {
	type quantity struct{ value, tol float64 }
	examples := map[string]map[string]quantity{}
	for _, v := range vectors(t, "pointing_taki_examples.csv") {
		name := v.Text("example")
		if examples[name] == nil {
			examples[name] = map[string]quantity{}
		}
		q := quantity{value: v.Num("value")}
		if v.Has("tol") {
			q.tol = v.Num("tol")
		}
		examples[name][v.Text("quantity")] = q
	}
	checked := 0
	check := func(example, name string, got float64) {
		t.Helper()
		checked++
		q, ok := examples[example][name]
		if !ok {
			t.Fatalf("%s has no %s", example, name)
		}
		if d := math.Remainder(got-q.value, 360); math.Abs(d) > q.tol {
			t.Errorf("%s %s = %.6f, published %.6f ± %g", example, name, got, q.value, q.tol)
		}
	}

	ex := examples["st1989"]
	in := func(name string) model.Angle {
		q, ok := ex[name]
		if !ok {
			t.Fatalf("no %s", name)
		}
		return model.Degrees(q.value)
	}
	// Taki's φ is counter-clockwise and θ the altitude; times become hour
	// angles at the example's sidereal rate.
	axes := func(p string) model.Axes { return model.Axes{Z: -in(p + "_phi"), A: in(p + "_theta")} }
	lst := func(p string) model.Angle { return model.Degrees(ex[p+"_time_min"].value / 4 * ex["k_sidereal"].value) }
	place := func(p string) model.HourDec {
		return model.Equatorial{RA: in(p + "_ra"), Dec: in(p + "_dec")}.HourDec(lst(p))
	}
	star := func(p string) Star { return Star{Sky: place(p).Vector(), Axes: axes(p)} }
	base := New(model.Identity(), Errors{Z1: in("z1"), Z2: in("z2"), Z3: in("z3")}, model.Axes{})
	m, err := base.TakiTwo(star("star1"), star("star2"), Criteria{})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []string{"a", "b"} {
		got, _ := m.ToAxes(place(p).Vector(), Normal)
		check("st1989", p+"_theta", got.A.Degrees())
		check("st1989", p+"_phi", -got.Z.Degrees())
	}
	c := model.HourDecOf(m.ToSky(axes("c"))).Equatorial(lst("c"))
	check("st1989", "c_ra", c.RA.Degrees())
	check("st1989", "c_dec", c.Dec.Degrees())

	ex = examples["mm5.1.2"]
	h := model.HourDec{HA: in("hour_angle"), Dec: in("declination")}.Horizontal(in("latitude"))
	check("mm5.1.2", "azimuth_from_south_westward", h.Az.Degrees()-180)
	check("mm5.1.2", "altitude", h.Alt.Degrees())

	ex = examples["mm5.2.2"]
	sep := model.Equatorial{RA: in("ra1"), Dec: in("dec1")}.Separation(model.Equatorial{RA: in("ra2"), Dec: in("dec2")})
	check("mm5.2.2", "separation", sep.Degrees())

	ex = examples["mm5.3.5"]
	base = New(model.Identity(), Errors{Z1: in("z1"), Z2: in("z2"), Z3: in("z3")}, model.Axes{})
	phi, theta := base.MountVector(axes("apparent")).Polar()
	check("mm5.3.5", "true_theta", theta.Degrees())
	check("mm5.3.5", "true_phi", phi.Degrees())

	ex = examples["mm5.4.4"]
	lst = func(p string) model.Angle {
		return model.Degrees((ex[p+"_clock_s"].value - ex["t0_clock_s"].value) / 240 * ex["k_sidereal"].value)
	}
	base = New(model.Identity(), Errors{}, model.Axes{})
	m, err = base.TakiTwo(star("star1"), star("star2"), Criteria{})
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range m.Attitude {
		for j, x := range r {
			check("mm5.4.4", "T"+string(rune('1'+i))+string(rune('1'+j)), x)
		}
	}
	got, _ := m.ToAxes(place("target").Vector(), Normal)
	check("mm5.4.4", "target_phi", -got.Z.Degrees())
	check("mm5.4.4", "target_theta_atan2", got.A.Degrees())
	mz := m.Attitude.Apply(place("target").Vector())[2]
	check("mm5.4.4", "target_theta_as_published_asin_unnormalised", model.Angle(math.Asin(mz)).Degrees())
	t.Logf("%d published results", checked)
}

func TestReplaceVectors(t *testing.T) {
	for _, v := range vectors(t, "pointing_replace.csv") {
		n := v.hourDec("n_").Vector()
		stars := [3]model.Vec{v.hourDec("s1_").Vector(), v.hourDec("s2_").Vector(), v.hourDec("s3_").Vector()}
		for i, name := range []string{"sep1_deg", "sep2_deg", "sep3_deg"} {
			if d := stars[i].Angle(n) - v.Deg(name); d.Abs() > model.Degrees(2e-9) {
				t.Errorf("line %d: separation %d off by %g°", v.Line, i+1, d.Degrees())
			}
		}
		if got := Nearest(stars, n) + 1; got != int(v.Num("replaced")) {
			t.Errorf("line %d: replaces %d, want %s", v.Line, got, v.Text("replaced"))
		}
	}
	x := model.Vec{1, 0, 0}
	if got := Nearest([3]model.Vec{x, x, x}, x); got != 2 {
		t.Errorf("of three equals it replaces %d", got)
	}
}

func TestAltitudeOffsetVectors(t *testing.T) {
	w := worst{t: t, name: "altitude offset", within: model.Degrees(1e-5)}
	back := worst{t: t, name: "separation after the offset", within: model.Degrees(1e-7)}
	refused := 0
	for _, v := range vectors(t, "pointing_altoffset.csv") {
		a, b := v.star("s1_"), v.star("s2_")
		if d := a.Sky.Angle(b.Sky) - v.Deg("eq_sep_deg"); d.Abs() > model.Degrees(2e-9) {
			t.Errorf("line %d: separation off by %g°", v.Line, d.Degrees())
		}
		got, err := AltitudeOffset(a, b)
		if !v.Flag("formula_ok") {
			refused++
			if !errors.Is(err, fault.Invalid) {
				t.Errorf("line %d: %v, %v", v.Line, got, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("line %d: %v", v.Line, err)
			continue
		}
		w.angle(got-v.Deg("formula_offset_deg"), "line %d", v.Line)
		m := New(model.Identity(), Errors{Z3: got}, model.Axes{})
		back.angle(m.Disagreement(a, b), "line %d", v.Line)
	}
	w.log()
	back.log()
	t.Logf("%d refused", refused)
}

// The gain is the derivative of the offset by the separation.
func TestAltitudeOffsetGain(t *testing.T) {
	m := New(model.Identity(), Errors{Z3: model.Degrees(2)}, model.Axes{})
	star := func(z, a float64) Star {
		axes := model.Axes{Z: model.Degrees(z), A: model.Degrees(a)}
		return Star{Sky: m.ToSky(axes), Axes: axes}
	}
	a, b := star(10, 40), star(140, 50)
	const d = 1e-5
	apart := a.Sky.Cross(b.Sky).Unit().Cross(a.Sky) // from a towards b
	moved := Star{Sky: a.Sky.Sub(apart.Scale(d)).Unit(), Axes: a.Axes}
	z0, err0 := AltitudeOffset(a, b)
	z1, err1 := AltitudeOffset(moved, b)
	if err0 != nil || err1 != nil {
		t.Fatal(err0, err1)
	}
	want := AltitudeOffsetGain(a, b, z0)
	if got := math.Abs(float64(z1-z0)) / d; math.Abs(got-want) > 1e-3*want {
		t.Errorf("gain %.5f, numerically %.5f", want, got)
	}
	if _, err := AltitudeOffset(star(10, 20), star(10, 50)); !errors.Is(err, fault.Invalid) {
		t.Errorf("equal azimuths: %v", err)
	}
	// By the axes the stars can be no farther apart than their azimuths.
	far := Star{Sky: a.Sky.Scale(-1), Axes: model.Axes{Z: a.Axes.Z + model.Degrees(30), A: a.Axes.A}}
	if z, err := AltitudeOffset(a, far); !errors.Is(err, fault.Invalid) {
		t.Errorf("irreconcilable: %v, %v", z, err)
	}
}

// perfect returns what m would measure of a star.
func perfect(m *Model, hd model.HourDec, side PierSide) (Star, bool) {
	axes, ok := m.ToAxes(hd.Vector(), side)
	return Star{Sky: hd.Vector(), Axes: axes}, ok
}

func TestAlignRecoversAttitude(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		truth := drawModel(t)
		n := rapid.IntRange(2, 6).Draw(t, "stars")
		var stars []Star
		for range n {
			s, ok := perfect(truth, drawHourDec(t, "star"), drawSide(t))
			if !ok {
				return
			}
			s.Weight = rapid.Float64Range(0.5, 2).Draw(t, "weight")
			stars = append(stars, s)
		}
		a, err := truth.WithAttitude(model.Identity()).Align(stars, Criteria{})
		if err != nil {
			return // degenerate; TestAlignRefuses sees that it says why
		}
		r := a.Model.Attitude
		product := r.Mul(r.Transpose())
		for i, unit := range model.Identity() {
			if d := product[i].Sub(unit).Norm(); d > 1e-14 {
				t.Fatalf("not orthogonal by %g", d)
			}
		}
		if d := r.Det() - 1; math.Abs(d) > 1e-14 {
			t.Fatalf("determinant %g", r.Det())
		}
		if !a.Model.IsRotation() {
			t.Fatal("taken for sheared")
		}
		q := drawHourDec(t, "query").Vector()
		if d := a.Model.Attitude.Apply(q).Angle(truth.Attitude.Apply(q)); d > model.Arcsec(1e-7)/model.Angle(a.Spread) {
			t.Fatalf("attitude %.3g″ off with spread %g", d.Arcsec(), a.Spread)
		}
	})
}

// A wrong clock or longitude turns all stars about the celestial pole; the
// alignment takes it up and the axes come out the same.
func TestAlignmentIgnoresConstantSiderealError(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		truth := drawModel(t)
		shift := drawAngle(t, "sidereal error", -180, 180)
		late := func(hd model.HourDec) model.HourDec {
			return model.HourDec{HA: (hd.HA + shift).WrapSigned(), Dec: hd.Dec}
		}
		var right, wrong []Star
		for range 3 {
			hd := drawHourDec(t, "star")
			s, ok := perfect(truth, hd, Normal)
			if !ok {
				return
			}
			right = append(right, s)
			wrong = append(wrong, Star{Sky: late(hd).Vector(), Axes: s.Axes})
		}
		c := Criteria{Separation: model.Degrees(20), Determinant: 0.2}
		query := drawHourDec(t, "query")
		same := func(kind string, a, b *Model, errA, errB error) {
			if errA != nil || errB != nil {
				return
			}
			va, vb := a.Attitude.Apply(query.Vector()), b.Attitude.Apply(late(query).Vector())
			if d := va.Angle(vb); d > model.Arcsec(1e-5) {
				t.Fatalf("%s: %.3g″ apart", kind, d.Arcsec())
			}
		}
		a, errA := truth.TakiTwo(right[0], right[1], c)
		b, errB := truth.TakiTwo(wrong[0], wrong[1], c)
		same("two stars", a, b, errA, errB)
		a, errA = truth.TakiThree(right[0], right[1], right[2], c)
		b, errB = truth.TakiThree(wrong[0], wrong[1], wrong[2], c)
		same("three stars", a, b, errA, errB)
		fa, errA := truth.Align(right, c)
		fb, errB := truth.Align(wrong, c)
		same("rotation", fa.Model, fb.Model, errA, errB)
	})
}

func TestAlignRefuses(t *testing.T) {
	m := New(AltAzAttitude(0.9), Errors{}, model.Axes{})
	star := func(z, a float64) Star {
		axes := model.Axes{Z: model.Degrees(z), A: model.Degrees(a)}
		return Star{Sky: m.ToSky(axes), Axes: axes}
	}
	a, b := star(0, 30), star(90, 30)
	wrong := b
	wrong.Axes.A += model.Degrees(3)
	mirror := func(s Star) Star { s.Axes.Z = -s.Axes.Z; return s }
	two := func(a, b Star) error { _, err := m.TakiTwo(a, b, Criteria{}); return err }
	three := func(a, b, c Star) error { _, err := m.TakiThree(a, b, c, Criteria{}); return err }
	align := func(s ...Star) error { _, err := m.Align(s, Criteria{}); return err }
	for _, tt := range []struct {
		name string
		err  error
		says string
	}{
		{"close", two(a, star(3, 30)), "apart, must be between 5° and 175°"},
		{"opposite", two(star(0, 1), star(180, -1)), "apart, must be between"},
		{"same star twice", two(a, a), "apart, must be between"},
		{"wrong star", two(a, wrong), "may be the wrong star"},
		{"one great circle", three(star(0, 0), star(50, 0), star(110, 0)), "one great circle"},
		{"mirror", three(mirror(a), mirror(b), mirror(star(200, 60))), "counts the wrong way"},
		{"single", align(a), "at least two"},
		{"rotation, close", align(a, star(3, 30)), "apart, must be between"},
		{"rotation, all close", align(a, star(3, 30), star(1, 31), star(2, 29)), "too nearly in one direction"},
		{"rotation, wrong star", align(a, wrong, star(200, 60)), "may be the wrong star"},
		{"no direction", align(a, Star{}), "star 2 is no direction"},
		{"negative weight", align(a, Star{Sky: b.Sky, Axes: b.Axes, Weight: -1}), "positive weight"},
		{"NaN", align(a, Star{Sky: b.Sky, Axes: model.Axes{A: model.Angle(math.NaN())}}), "star 2"},
	} {
		if !errors.Is(tt.err, fault.Invalid) || !strings.Contains(tt.err.Error(), tt.says) {
			t.Errorf("%s: %v", tt.name, tt.err)
		}
	}
	if err := two(a, star(8, 30)); err != nil {
		t.Errorf("7° apart: %v", err)
	}
	narrow, err := m.Align([]Star{a, star(12, 30)}, Criteria{})
	if err != nil || narrow.Warning == "" {
		t.Errorf("10° apart: %q, %v", narrow.Warning, err)
	}
	if good, err := m.Align([]Star{a, b}, Criteria{}); err != nil || good.Warning != "" {
		t.Errorf("90° apart: %q, %v", good.Warning, err)
	}
}

// Inconsistent stars shear the raw matrix, which then meets them exactly; the
// rotation shares their disagreement out by weight.
func TestInconsistentStars(t *testing.T) {
	m := New(AltAzAttitude(0.7), Errors{}, model.Axes{})
	star := func(z, a float64) Star {
		axes := model.Axes{Z: model.Degrees(z), A: model.Degrees(a)}
		return Star{Sky: m.ToSky(axes), Axes: axes}
	}
	a, b := star(20, 0), star(100, 0)
	b.Axes.Z += model.Arcmin(6) // farther from a
	raw, err := m.TakiTwo(a, b, Criteria{})
	if err != nil {
		t.Fatal(err)
	}
	if raw.IsRotation() {
		t.Error("raw matrix is a rotation")
	}
	for _, s := range []Star{a, b} {
		if d := raw.ToSky(s.Axes).Angle(s.Sky.Unit()); d > model.Arcsec(1e-7) {
			t.Errorf("raw matrix misses its star by %.3g″", d.Arcsec())
		}
	}
	if n := raw.ToSky(model.Axes{Z: 1, A: 0.4}).Norm(); math.Abs(n-1) > 1e-15 {
		t.Errorf("a direction of length %g", n)
	}
	for _, tt := range []struct{ wa, wb, da, db float64 }{{1, 1, 3, 3}, {0, 0, 3, 3}, {2, 1, 2, 4}} {
		a.Weight, b.Weight = tt.wa, tt.wb
		fit, err := m.Align([]Star{a, b}, Criteria{})
		if err != nil {
			t.Fatal(err)
		}
		ra, rb := fit.Residuals[0], fit.Residuals[1]
		if math.Abs(ra.Distance.Arcmin()-tt.da) > 1e-3 || math.Abs(rb.Distance.Arcmin()-tt.db) > 1e-3 {
			t.Errorf("weights %g:%g share 6′ as %.4f′ and %.4f′", tt.wa, tt.wb, ra.Distance.Arcmin(), rb.Distance.Arcmin())
		}
		if !(ra.Z < 0 && rb.Z > 0) || math.Abs(rb.Z.Arcmin()-tt.db) > 1e-3 {
			t.Errorf("signs: %v, %v", ra, rb)
		}
		if fit.Max != max(ra.Distance, rb.Distance) || !(fit.RMS <= fit.Max) {
			t.Errorf("rms %v, max %v", fit.RMS, fit.Max)
		}
	}
	if d := m.Disagreement(a, b); math.Abs(d.Arcmin()-6) > 1e-6 {
		t.Errorf("disagreement %.6f′", d.Arcmin())
	}
}

func TestDiagnostics(t *testing.T) {
	lat := model.Degrees(42)
	level := New(AltAzAttitude(lat), Errors{}, model.Axes{})
	if p := level.Pole(); p.Separation(model.HourDec{Dec: lat}) > model.Arcsec(1e-9) {
		t.Errorf("pole of a level mount at %v", p)
	}
	if c := level.CelestialPole(); c.A-lat != 0 && (c.A-lat).Abs() > 1e-15 || c.Z.Abs() > 1e-15 {
		t.Errorf("celestial pole of a level mount at %v", c)
	}
	for _, tt := range []struct {
		name string
		up   model.Horizontal
		want Lean
	}{
		{"north", model.Horizontal{Az: 0, Alt: model.Degrees(88)}, Lean{North: model.Degrees(2), Total: model.Degrees(2)}},
		{"west", model.Horizontal{Az: model.Degrees(270), Alt: model.Degrees(89)}, Lean{West: model.Degrees(1), Total: model.Degrees(1)}},
		{"level", model.Horizontal{Alt: model.Quarter}, Lean{}},
	} {
		m := New(poleAt(tt.up, lat), Errors{}, model.Axes{})
		got := m.ZenithLean(lat)
		if (got.North-tt.want.North).Abs()+(got.West-tt.want.West).Abs()+(got.Total-tt.want.Total).Abs() > model.Arcsec(1e-6) {
			t.Errorf("leaning %s: %+v", tt.name, got)
		}
	}
	for _, tt := range []struct {
		lat  float64
		pole model.Horizontal
		want Tilt
	}{
		{42, model.Horizontal{Az: model.Degrees(1), Alt: model.Degrees(41.5)}, Tilt{Altitude: model.Degrees(-0.5), Azimuth: model.Degrees(1)}},
		{-30, model.Horizontal{Az: model.Degrees(179), Alt: model.Degrees(31)}, Tilt{Altitude: model.Degrees(1), Azimuth: model.Degrees(-1)}},
	} {
		lat := model.Degrees(tt.lat)
		got := New(poleAt(tt.pole, lat), Errors{}, model.Axes{}).PolarTilt(lat)
		if (got.Altitude-tt.want.Altitude).Abs()+(got.Azimuth-tt.want.Azimuth).Abs() > model.Arcsec(1e-6) {
			t.Errorf("at %g°: %+v", tt.lat, got)
		}
		if !(got.Total > model.Degrees(0.5) && got.Total < model.Degrees(1.5)) {
			t.Errorf("at %g°: total %v", tt.lat, got.Total)
		}
	}
	for _, lat := range []model.Angle{0.5, 0, -0.5} {
		if got := New(EquatorialAttitude(lat), Errors{}, model.Axes{}).PolarTilt(lat); got.Total > model.Arcsec(1e-9) {
			t.Errorf("aligned at %v: %+v", lat, got)
		}
	}
}

// poleAt returns an attitude whose pole is at h.
func poleAt(h model.Horizontal, lat model.Angle) model.Mat {
	z := h.HourDec(lat).Vector()
	x := model.Vec{0.3, 0.9, -0.2}.Cross(z).Unit()
	return model.Mat{x, z.Cross(x), z}
}
