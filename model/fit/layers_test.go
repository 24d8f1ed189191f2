// SPDX-License-Identifier: GPL-3.0-or-later

package fit_test

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/fit"
	"github.com/siderostep/siderostep/model/pointing"
	"github.com/siderostep/siderostep/model/sky"
)

// deg makes axes of degrees.
func deg(z, a float64) model.Axes { return model.Axes{Z: model.Degrees(z), A: model.Degrees(a)} }

// wavy returns a table of a sine of the given amplitude, degrees.
func wavy(c fit.Curve, amplitude, turns, phase float64) *fit.Table {
	t := &fit.Table{Curve: c}
	for i := range t.Degrees {
		t.Degrees[i] = amplitude * math.Sin(turns*t.Argument(i)*math.Pi/180+phase)
	}
	return t
}

// Raw to sky, the original subtracts its tables one after the other, each at
// the angles corrected so far: ALTAZEC, ALTALTEC, AZAZEC, PMC.
func TestLayersLieInTheirOrder(t *testing.T) {
	p := fit.Parts{
		Attitude: pointing.AltAzAttitude(0.7),
		Errors:   pointing.Errors{Z3: model.Degrees(2)},
		AltAz:    wavy(fit.AltAz, 0.8, 3, 1),
		AltAlt:   wavy(fit.AltAlt, 0.7, 5, 2),
		AzAz:     wavy(fit.AzAz, 0.9, 4, 3),
		Map: &fit.Map{Points: []fit.MapPoint{
			{Axes: deg(20, 30), ErrorZ: model.Degrees(0.5), ErrorA: model.Degrees(-0.4)},
			{Axes: deg(200, 50), ErrorZ: model.Degrees(-0.6), ErrorA: model.Degrees(0.3)},
		}, RawZ: true},
	}
	m, err := p.Build()
	if err != nil {
		t.Fatal(err)
	}
	for z := 3.0; z < 360; z += 17 {
		for _, a := range []float64{8, 33, 61, 79} {
			// By hand.
			x := deg(z, a)
			x.A -= p.AltAz.Value(x.Z)
			x.A -= p.AltAlt.Value(x.A)
			x.Z -= p.AzAz.Value(x.Z)
			dz, da := p.Map.Value(x)
			x = x.Sub(model.Axes{Z: dz, A: da})
			x.A += p.Errors.Z3
			got := m.Ideal(deg(z, a))
			if d := got.Sub(x); d.Z.Abs() > model.Arcsec(1e-3) || d.A.Abs() > model.Arcsec(1e-3) {
				t.Fatalf("at %g %g: %v, by hand %v (off by %.3g″ %.3g″)", z, a, got, x, d.Z.Arcsec(), d.A.Arcsec())
			}
			// And back.
			back, ok := m.ToAxes(m.ToSky(deg(z, a)), pointing.Normal)
			if d := back.Sub(deg(z, a)); !ok || d.Z.WrapSigned().Abs() > model.Arcsec(1e-4) || d.A.Abs() > model.Arcsec(1e-4) {
				t.Fatalf("at %g %g the way back ends at %v", z, a, back)
			}
		}
	}
}

// everyLayer is a model with all tables and a map of 100 points.
func everyLayer(t testing.TB) *pointing.Model {
	r := rand.New(rand.NewPCG(3, 3))
	p := fit.Parts{
		Attitude: pointing.AltAzAttitude(0.7), Errors: pointing.Errors{Z1: 0.001, Z2: 0.002, Z3: 0.003},
		Zenith: model.Vec{0, 0, 1}, Linear: []fit.Coefficient{{fit.TF, 3e-4}, {fit.ACES, 1e-4}},
		AltAz: wavy(fit.AltAz, 0.1, 3, 1), AltAlt: wavy(fit.AltAlt, 0.1, 2, 2), AzAz: wavy(fit.AzAz, 0.1, 4, 3),
		Map: &fit.Map{Soft: model.Degrees(3), Reach: model.Degrees(25)},
	}
	for range 100 {
		p.Map.Points = append(p.Map.Points, fit.MapPoint{
			Axes: deg(360*r.Float64(), 90*r.Float64()), ErrorZ: model.Arcsec(30 * r.NormFloat64()), ErrorA: model.Arcsec(30 * r.NormFloat64()),
		})
	}
	m, err := p.Build()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// The mount's loop asks the model many times a second.
func TestLayersDoNotAllocate(t *testing.T) {
	m := everyLayer(t)
	if n := testing.AllocsPerRun(20, func() { m.ToAxes(m.ToSky(deg(33, 44)), pointing.Normal) }); n != 0 {
		t.Errorf("there and back allocates %g times", n)
	}
}

func BenchmarkEveryLayer(b *testing.B) {
	m := everyLayer(b)
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
}

func TestAzAzOnTheSkyGrowsTowardsThePole(t *testing.T) {
	table := &fit.Table{Curve: fit.AzAz, OnSky: true}
	for i := range table.Degrees {
		table.Degrees[i] = 0.1
	}
	got := table.At(deg(50, 60)).Z.Degrees()
	if math.Abs(got+0.2) > 1e-9 { // sec 60° = 2
		t.Errorf("0.1° on the sky at 60° is %.4f° of axis Z, want −0.2°", got)
	}
}

func TestInterpolate(t *testing.T) {
	knot := func(at, e float64) fit.Knot { return fit.Knot{At: model.Degrees(at), Error: model.Degrees(e)} }
	table := fit.Interpolate(fit.AltAz, []fit.Knot{knot(350, 0.2), knot(10, 0.4), knot(100, 0.1), knot(100, 0.3), knot(-45, 0)})
	for at, want := range map[float64]float64{
		0: 0.3, 10: 0.4, 355: 0.25, 100: 0.2, 55: 0.3, 315: 0, 330: 0.2 * 15 / 35,
	} {
		if got := table.Value(model.Degrees(at)).Degrees(); math.Abs(got-want) > 1e-9 {
			t.Errorf("at %g°: %g°, want %g°", at, got, want)
		}
	}
	one := fit.Interpolate(fit.AltAlt, []fit.Knot{knot(30, 0.5)})
	if got := one.Value(model.Degrees(-170)).Degrees(); math.Abs(got-0.5) > 1e-12 {
		t.Errorf("one knot gives %g° elsewhere", got)
	}
	if none := fit.Interpolate(fit.AzAz, nil); *none != (fit.Table{Curve: fit.AzAz}) {
		t.Errorf("no knots give %v", none)
	}
}

func TestMapAtItsPoints(t *testing.T) {
	m := fit.Map{Points: []fit.MapPoint{
		{Axes: deg(10, 40), ErrorZ: 1e-3, ErrorA: 2e-3}, {Axes: deg(90, 40), ErrorZ: -1e-3, ErrorA: 5e-4},
	}}
	if z, a := m.Value(deg(10, 40)); z != 1e-3 || a != 2e-3 {
		t.Errorf("at a point: %v %v", z, a)
	}
	if z, a := (&fit.Map{}).Value(deg(1, 2)); z != 0 || a != 0 {
		t.Errorf("an empty map corrects by %v %v", z, a)
	}
	m.Reach = model.Degrees(5)
	if z, _ := m.Value(deg(200, -40)); z.Abs() > 1e-5 {
		t.Errorf("far from its points the map corrects by %v", z)
	}
}

// A mount whose base is uneven, with no term for it, gets ALTAZEC, and is the
// better for it at stars it has not seen.
func TestTablesPay(t *testing.T) {
	r := rand.New(rand.NewPCG(31, 1))
	truth := fit.Parts{
		Attitude: pointing.AltAzAttitude(0.7), Errors: pointing.Errors{Z1: 0.003, Z3: -0.004},
		AltAz: wavy(fit.AltAz, 0.05, 3, 1), AzAz: wavy(fit.AzAz, 0.04, 4, 2),
	}
	m, err := truth.Build()
	if err != nil {
		t.Fatal(err)
	}
	setup := fit.SetupOf(pointing.AltAz, 0.7, sky.Refraction{})
	observe := func(n int) (obs []fit.Observation) {
		targets, err := fit.Propose(fit.Plan{Count: n, Setup: setup})
		if err != nil {
			t.Fatal(err)
		}
		for i, g := range targets {
			axes, _ := m.ToAxes(g.Place.Vector(), pointing.Normal)
			axes.Z += model.Arcsec(5 * r.NormFloat64())
			axes.A += model.Arcsec(5 * r.NormFloat64())
			obs = append(obs, fit.Observation{Name: fmt.Sprint(i), Place: g.Place.Equatorial(0), Axes: axes, Sigma: model.Arcsec(5)})
		}
		return obs
	}
	obs := observe(40)
	without := run(t, obs, fit.Options{Setup: setup})
	with := run(t, obs, fit.Options{Setup: setup, Tables: true})
	if with.Parts.AltAz == nil || with.Parts.AzAz == nil {
		t.Fatalf("ALTAZEC %v, AZAZEC %v; rms %v", with.Parts.AltAz != nil, with.Parts.AzAz != nil, without.RMS)
	}
	unseen := func(p fit.Parts) model.Angle {
		misses, err := fit.Misses(p, observe(31), setup)
		if err != nil {
			t.Fatal(err)
		}
		sum := 0.0
		for _, q := range misses {
			sum += float64(q.Distance * q.Distance)
		}
		return model.Angle(math.Sqrt(sum / float64(len(misses))))
	}
	before, after := unseen(without.Parts), unseen(with.Parts)
	t.Logf("unseen stars: %.1f″ without, %.1f″ with tables; promised %.1f″", before.Arcsec(), after.Arcsec(), with.LeaveOut.Arcsec())
	if after > before.Mul(0.4) || after > with.LeaveOut.Mul(1.5) {
		t.Errorf("unseen stars: %.1f″ without, %.1f″ with tables; promised %.1f″", before.Arcsec(), after.Arcsec(), with.LeaveOut.Arcsec())
	}

	// The original's way, step by step; each step clears those after it.
	p, err := fit.BuildCurve(without.Parts, fit.AltAz, obs, setup)
	if err != nil {
		t.Fatal(err)
	}
	if p, err = fit.BuildCurve(p, fit.AzAz, obs, setup); err != nil {
		t.Fatal(err)
	}
	if p, err = fit.BuildMap(p, obs, setup); err != nil {
		t.Fatal(err)
	}
	if got := unseen(p); got > before.Mul(0.3) {
		t.Errorf("curves and map bring %.1f″ to %.1f″", before.Arcsec(), got.Arcsec())
	}
	if p, err = fit.BuildCurve(p, fit.AltAlt, obs, setup); err != nil || p.Map != nil || p.AltAz == nil {
		t.Errorf("ALTALTEC after the map leaves %+v, %v", p, err)
	}
	if w := p.WithoutTables(); w.AltAz != nil || w.AltAlt != nil || w.AzAz != nil || w.Map != nil {
		t.Error("tables remain")
	}

	// A mount without such a fault gets none.
	truth.AltAz, truth.AzAz = nil, nil
	m, _ = truth.Build()
	if clean := run(t, observe(40), fit.Options{Setup: setup, Tables: true}); clean.Parts.AltAz != nil || clean.Parts.AltAlt != nil || clean.Parts.AzAz != nil || clean.Parts.Map != nil {
		t.Error("noise gets a table")
	}
}

func TestPartsAreChecked(t *testing.T) {
	good := fit.Parts{Attitude: model.Identity(), Zenith: model.Vec{0, 0, 1}, Linear: []fit.Coefficient{{fit.TF, 1e-4}}}
	if err := good.Check(); err != nil {
		t.Fatal(err)
	}
	for name, edit := range map[string]func(*fit.Parts){
		"attitude":    func(p *fit.Parts) { p.Attitude[0][0] = math.NaN() },
		"stretched":   func(p *fit.Parts) { p.Attitude[0][0] = 2 },
		"term":        func(p *fit.Parts) { p.Linear = []fit.Coefficient{{"ABC", 1}} },
		"twice":       func(p *fit.Parts) { p.Linear = []fit.Coefficient{{fit.TF, 1e-4}, {fit.TF, 1e-4}} },
		"size":        func(p *fit.Parts) { p.Linear = []fit.Coefficient{{fit.TF, 1}} },
		"zenith":      func(p *fit.Parts) { p.Zenith = model.Vec{} },
		"table":       func(p *fit.Parts) { p.AltAz = wavy(fit.AltAz, 90, 1, 0) },
		"wrong place": func(p *fit.Parts) { p.AltAz = wavy(fit.AzAz, 0.1, 1, 0) },
		"curve":       func(p *fit.Parts) { p.AltAz = &fit.Table{Curve: 9} },
		"map":         func(p *fit.Parts) { p.Map = &fit.Map{Points: []fit.MapPoint{{ErrorZ: 1}}} },
		"reach":       func(p *fit.Parts) { p.Map = &fit.Map{Reach: -1} },
	} {
		p := good
		edit(&p)
		if _, err := p.Build(); !errors.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSyncRefusesAWrongStar(t *testing.T) {
	m := upright("german", 0.8)
	setup := m.setup(sky.Refraction{})
	p := fit.PartsOf(pointing.New(setup.Nominal, pointing.Errors{}, model.Axes{}), setup)
	p.AltAz = wavy(fit.AltAz, 0.3, 3, 1)
	o := m.observe(nil, "Regulus", model.HourDec{HA: 0.4, Dec: 0.3}, 5)
	o.Axes.Z += model.Arcmin(20)

	same, off, err := fit.Sync(p, o, setup, model.Arcmin(15))
	if !errors.Is(err, fault.Refused) || !strings.Contains(err.Error(), "Regulus") || !strings.Contains(err.Error(), "′") {
		t.Errorf("20′ off: %v", err)
	}
	if same.Index != p.Index || off.Distance < model.Arcmin(15) {
		t.Errorf("a refused sync moves the index to %v, distance %v", same.Index, off.Distance)
	}
	next, _, err := fit.Sync(p, o, setup, model.Degrees(2))
	if err != nil {
		t.Fatal(err)
	}
	misses, err := fit.Misses(next, []fit.Observation{o}, setup)
	if err != nil || misses[0].Distance > model.Arcsec(1e-4) {
		t.Errorf("after the sync the star is %v off, %v", misses[0].Distance, err)
	}
	o.Place.RA += model.HalfTurn
	o.Place.Dec = -0.5
	if _, _, err := fit.Sync(p, o, setup, model.Degrees(200)); !errors.Is(err, fault.Refused) || !strings.Contains(err.Error(), "below the horizon") {
		t.Errorf("below the horizon: %v", err)
	}
}
