// SPDX-License-Identifier: GPL-3.0-or-later

package fit_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/fit"
	"github.com/siderostep/siderostep/model/pointing"
)

// modelRun is a model run of n stars, 5″ each, on the worst fork.
func modelRun(t testing.TB, n int) ([]fit.Observation, fit.Setup) {
	r := rand.New(rand.NewPCG(1, 1))
	m := worstMount(r, "fork")
	var obs []fit.Observation
	places := m.stars(t, min(n, 125))
	for i := range n {
		hd := places[i%len(places)]
		hd.HA += model.Degrees(2 * float64(i/len(places)))
		obs = append(obs, m.observe(r, fmt.Sprint("star ", i), hd, 5))
	}
	return obs, m.setup(guessedAir())
}

func benchmarkFit(b *testing.B, n int, o fit.Options) {
	obs, setup := modelRun(b, n)
	o.Setup = setup
	b.ReportAllocs()
	for b.Loop() {
		if _, err := fit.Run(obs, o); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkFit30(b *testing.B)        { benchmarkFit(b, 30, fit.Options{}) }
func BenchmarkFit30Tables(b *testing.B)  { benchmarkFit(b, 30, fit.Options{Tables: true}) }
func BenchmarkFit100(b *testing.B)       { benchmarkFit(b, 100, fit.Options{}) }
func BenchmarkFit500(b *testing.B)       { benchmarkFit(b, 500, fit.Options{}) }
func BenchmarkFit500Tables(b *testing.B) { benchmarkFit(b, 500, fit.Options{Tables: true}) }

// everything is a model with all layers: 18 linear terms, three tables and a
// map of 100 points.
func everything(t testing.TB) fit.Parts {
	r := rand.New(rand.NewPCG(4, 4))
	p := fit.Parts{
		Attitude: pointing.AltAzAttitude(0.7), Errors: pointing.Errors{Z1: 0.001, Z2: 0.002, Z3: 0.003},
		Zenith: model.Vec{0, 0, 1},
		AltAz:  wavy(fit.AltAz, 0.1, 3, 1), AltAlt: wavy(fit.AltAlt, 0.1, 2, 2), AzAz: wavy(fit.AzAz, 0.1, 4, 3),
		Map: &fit.Map{Soft: model.Degrees(3), Reach: model.Degrees(25)},
	}
	for _, term := range []fit.Term{
		fit.TF, fit.TX, fit.FO, fit.DAF, fit.ACES, fit.ACEC, fit.ECES, fit.ECEC, fit.HHSH2, fit.HHCH2, fit.HDSH2, fit.HDCH2,
		fit.HDSD2, fit.HDCD2, fit.PZ, fit.PA, fit.AN, fit.AW,
	} {
		p.Linear = append(p.Linear, fit.Coefficient{Term: term, Value: model.Arcsec(30 * r.NormFloat64())})
	}
	for range 100 {
		p.Map.Points = append(p.Map.Points, fit.MapPoint{
			Axes: deg(360*r.Float64(), 90*r.Float64()), ErrorZ: model.Arcsec(30 * r.NormFloat64()), ErrorA: model.Arcsec(30 * r.NormFloat64()),
		})
	}
	return p
}

func BenchmarkEverything(b *testing.B) {
	p := everything(b)
	m, err := p.Build()
	if err != nil {
		b.Fatal(err)
	}
	b.Run("to axes", func(b *testing.B) {
		s := m.ToSky(deg(33, 44))
		for b.Loop() {
			m.ToAxes(s, pointing.Normal)
		}
	})
	b.Run("to sky", func(b *testing.B) {
		for b.Loop() {
			m.ToSky(deg(33, 44))
		}
	})
	b.Run("build", func(b *testing.B) {
		for b.Loop() {
			p.Build()
		}
	})
}

// The mount's loop asks the model many times a second.
func TestEverythingDoesNotAllocate(t *testing.T) {
	m, err := everything(t).Build()
	if err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(20, func() { m.ToAxes(m.ToSky(deg(33, 44)), pointing.Normal) }); n != 0 {
		t.Errorf("there and back allocates %g times", n)
	}
}

// drawn returns a model with all layers at random: some as a mount has them,
// some as bad as Check lets pass.
func drawn(r *rand.Rand, badly float64) fit.Parts {
	some := func(most float64) float64 { return most * (2*r.Float64() - 1) }
	p := fit.Parts{
		Attitude: pointing.AltAzAttitude(model.Degrees(some(60))), Zenith: model.Vec{some(1), some(1), 1}.Unit(),
		Errors: pointing.Errors{Z1: model.Degrees(some(1)), Z2: model.Degrees(some(1)), Z3: model.Degrees(some(5))},
		Index:  deg(some(180), some(3)),
		AltAz:  wavy(fit.AltAz, 0.1*badly, 3, some(3)), AltAlt: wavy(fit.AltAlt, 0.1*badly, 2, some(3)), AzAz: wavy(fit.AzAz, 0.1*badly, 4, some(3)),
		Map: &fit.Map{Soft: model.Degrees(10 * r.Float64()), Reach: model.Degrees(60 * r.Float64()), RawZ: r.IntN(2) == 0},
	}
	p.AzAz.OnSky, p.AzAz.Ahead = r.IntN(2) == 0, 2.5
	if r.IntN(3) == 0 {
		p.Map.Soft, p.Map.Reach = 0, 0 // the original's rule
	}
	terms := fit.LinearTerms()
	for _, i := range r.Perm(len(terms))[:18] {
		p.Linear = append(p.Linear, fit.Coefficient{Term: terms[i], Value: model.Arcmin(some(2 * badly))})
	}
	for range 1 + r.IntN(40) {
		p.Map.Points = append(p.Map.Points, fit.MapPoint{
			Axes: deg(some(360), 200*r.Float64()-20), ErrorZ: model.Degrees(some(0.1 * badly)), ErrorA: model.Degrees(some(0.1 * badly)),
		})
	}
	return p
}

// mapped is the rule of a map as it is written down.
func mapped(m *fit.Map, at model.Axes) (z, a float64) {
	place := func(x model.Axes) vec {
		return vec{math.Cos(float64(x.A)) * math.Cos(float64(x.Z)), math.Cos(float64(x.A)) * math.Sin(float64(x.Z)), math.Sin(float64(x.A))}
	}
	here, sum := place(at), 0.0
	for _, p := range m.Points {
		if m.Soft > 0 && math.Cos(float64(p.Axes.A)) < 0 != (math.Cos(float64(at.A)) < 0) {
			continue
		}
		there := place(p.Axes)
		d := math.Hypot(math.Atan2(here.cross(there).length(), here.dot(there)), float64(m.Soft))
		sum += math.Pow(d, -3)
		z += math.Pow(d, -3) * float64(p.ErrorZ)
		a += math.Pow(d, -3) * float64(p.ErrorA)
	}
	if m.Reach > 0 {
		sum += math.Pow(float64(m.Reach), -3)
	}
	if sum == 0 {
		return 0, 0
	}
	z, a = z/sum, a/sum
	if !m.RawZ {
		z /= max(math.Abs(math.Cos(float64(at.A))), math.Cos(85*math.Pi/180))
	}
	return z, a
}

// line is the rule of a table as it is written down.
func line(t *fit.Table, x model.Angle) float64 {
	first := map[fit.Curve]float64{fit.AltAlt: -180}[t.Curve]
	pos := math.Mod(math.Mod((float64(x)*180/math.Pi+t.Ahead-first)/5, 72)+72, 72)
	i, k := int(pos), pos-math.Floor(pos)
	return ((1-k)*t.Degrees[i%72] + k*t.Degrees[(i+1)%72]) * math.Pi / 180
}

// byTheRules takes the layers off one after the other: tables and map go by
// the reading, linear terms, one by one, by the axes without them.
func byTheRules(p fit.Parts, raw model.Axes) model.Axes {
	x := raw
	x.A -= model.Angle(line(p.AltAz, x.Z))
	x.A -= model.Angle(line(p.AltAlt, x.A))
	wrong := line(p.AzAz, x.Z)
	if p.AzAz.OnSky {
		wrong /= max(math.Abs(math.Cos(float64(x.A))), math.Cos(85*math.Pi/180))
	}
	x.Z -= model.Angle(wrong)
	z, a := mapped(p.Map, x)
	x = x.Sub(model.Axes{Z: model.Angle(z), A: model.Angle(a)}).Add(model.Axes{Z: p.Index.Z, A: p.Index.A + p.Errors.Z3})
	ideal := x
	for range 60 {
		next := x
		for _, c := range p.Linear {
			next = next.Add(fit.NewLinear(p.Zenith, []fit.Coefficient{c}).At(ideal))
		}
		ideal = next
	}
	return ideal
}

// What is made ready for speed is what the rules say, and there and back ends
// where it began.
func TestFastIsExact(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	for trial := range 24 {
		badly := []float64{0.1, 1}[trial%2]
		p := drawn(r, badly)
		m, err := p.Build()
		if err != nil {
			t.Fatal(err)
		}
		axes := make([]model.Axes, 0, 200)
		for _, q := range p.Map.Points[:min(5, len(p.Map.Points))] { // at, beside and opposite a point
			axes = append(axes, q.Axes, q.Axes.Add(deg(0.01, 0.02)), q.Axes.Add(deg(0.1, -0.05)), model.Axes{Z: q.Axes.Z + math.Pi, A: 0.01 - q.Axes.A})
		}
		for len(axes) < 120 {
			axes = append(axes, deg(360*(2*r.Float64()-1), 250*r.Float64()-35))
		}
		for _, raw := range axes {
			_, cos := (raw.A + p.Index.A + p.Errors.Z3).SinCos()
			if math.Abs(cos) < 0.12 {
				continue // at the pole terms grow as no mount's do
			}
			is, want := m.Ideal(raw), byTheRules(p, raw)
			if d := is.Sub(want); math.Hypot(float64(d.Z)*cos, float64(d.A)) > 0.001*arcsec {
				t.Fatalf("trial %d at %v: %.4g″ %.4g″ off the rules", trial, raw, d.Z.Arcsec(), d.A.Arcsec())
			}
			side, _ := m.Side(raw)
			s := m.ToSky(raw)
			back, ok := m.ToAxes(s, side)
			if d := m.ToSky(back).Angle(s); !ok || d > model.Arcsec(1e-6) {
				t.Fatalf("trial %d at %v: there and back is off by %.3g″", trial, raw, d.Arcsec())
			}
		}
	}
}
