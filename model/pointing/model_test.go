// SPDX-License-Identifier: GPL-3.0-or-later

package pointing

import (
	"errors"
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
)

var vectorTolerance = model.Arcsec(1e-5)

func TestPresetVectors(t *testing.T) {
	w := worst{t: t, name: "presets", within: vectorTolerance}
	for _, v := range vectors(t, "pointing_presets.csv") {
		lat := v.Deg("lat_deg")
		attitude := AltAzAttitude(lat)
		if v.Text("preset") == "equatorial" {
			attitude = EquatorialAttitude(lat)
		}
		m := New(attitude, Errors{}, model.Axes{})
		hd := v.hourDec("")
		axes := v.axes("")
		switch v.Text("dir") {
		case "fwd":
			got, ok := m.ToAxes(hd.Vector(), v.side("flip"))
			if !ok {
				t.Errorf("line %d: not reachable", v.Line)
			}
			w.axes(v.Line, got, axes)
		case "inv":
			w.angle(m.ToSky(axes).Angle(hd.Vector()), "line %d: %v", v.Line, axes)
		default:
			t.Fatalf("line %d: direction %q", v.Line, v.Text("dir"))
		}
	}
	w.log()
}

// The geometry of the vectors is exact also where the original errs in the
// sign of Z1 and Z2 on the flipped side (geo_ columns, not ref_).
func TestGermanVectors(t *testing.T) {
	w := worst{t: t, name: "gem", within: vectorTolerance}
	defects := 0
	for _, v := range vectors(t, "pointing_gem.csv") {
		m, err := New(model.Identity(), v.errors(), model.Axes{}).TakiTwo(v.star("s1_"), v.star("s2_"), Criteria{})
		if err != nil {
			t.Fatalf("line %d: %v", v.Line, err)
		}
		s := v.hourDec("").Vector()
		side := v.side("flip")
		got, ok := m.ToAxes(s, side)
		if !ok {
			t.Errorf("line %d: not reachable", v.Line)
		}
		want := v.axes("geo_")
		w.axes(v.Line, got, want)
		if found, certain := m.Side(got); certain && found != side {
			t.Errorf("line %d: side of %v is %v, want %v", v.Line, got, found, side)
		}
		w.angle(m.ToSky(got).Angle(s), "line %d: back", v.Line)
		if !v.Flag("ref_agrees") {
			defects++
		}
	}
	w.log()
	if defects == 0 {
		t.Error("the vectors no longer cover the original's defect")
	}
}

func TestAltAlt(t *testing.T) {
	lat := model.Degrees(50)
	m := New(AltAltAttitude(lat, model.Degrees(90)), Errors{}, model.Axes{}) // axis to the east point
	for _, tt := range []struct {
		name   string
		at     model.Horizontal
		axes   model.Axes
		source string
	}{
		{"zenith", model.Horizontal{Alt: model.Quarter}, model.Axes{}, "definition"},
		{"east", model.Horizontal{Az: model.Quarter}, model.Axes{A: model.Quarter}, "the axis"},
		{"west", model.Horizontal{Az: -model.Quarter}, model.Axes{A: -model.Quarter}, "the axis"},
		{"north", model.Horizontal{}, model.Axes{Z: model.Quarter}, "seen from the east, zenith to north is clockwise"},
		{"south", model.Horizontal{Az: model.HalfTurn}, model.Axes{Z: -model.Quarter}, "and zenith to south is not"},
	} {
		s := tt.at.HourDec(lat).Vector()
		got, _ := m.ToAxes(s, Normal)
		if d := m.ToSky(tt.axes).Angle(s); d > model.Arcsec(1e-9) {
			t.Errorf("%s: axes %v, want %v (%s)", tt.name, got, tt.axes, tt.source)
		}
	}
}

func TestToSkyInvertsToAxes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m, side := drawModel(t), drawSide(t)
		s := drawHourDec(t, "s").Vector()
		axes, ok := m.ToAxes(s, side)
		if !axes.Z.IsFinite() || !axes.A.IsFinite() {
			t.Fatalf("axes %v", axes)
		}
		if !ok {
			f := m.Errors
			pole := m.Attitude.Apply(s).Angle(model.Vec{0, 0, 1})
			if pole > (f.Z1-f.Z2).Abs() && model.HalfTurn-pole > (f.Z1+f.Z2).Abs() {
				t.Fatalf("unreachable at %v from the pole with %v", pole, f)
			}
			return
		}
		if d := m.ToSky(axes).Angle(s); d > model.Arcsec(1e-6) {
			t.Fatalf("%v on the %v side: back %.3g″ off", axes, side, d.Arcsec())
		}
		if found, certain := m.Side(axes); certain && found != side {
			t.Fatalf("%v: side %v, want %v", axes, found, side)
		}
	})
}

func TestToAxesInvertsToSky(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := drawModel(t)
		axes := model.Axes{Z: drawAngle(t, "Z", -720, 720), A: drawAngle(t, "A", -120, 300)}
		side, certain := m.Side(axes)
		if !certain {
			return
		}
		got, ok := m.ToAxes(m.ToSky(axes), side)
		if !ok {
			t.Fatalf("%v unreachable", axes)
		}
		if d := got.Sub(axes); d.Z.WrapSigned().Abs() > model.Arcsec(1e-6) || d.A.WrapSigned().Abs() > model.Arcsec(1e-6) {
			t.Fatalf("%v became %v", axes, got)
		}
		other, ok := m.OtherWay(axes)
		if ok && m.ToSky(other).Angle(m.ToSky(axes)) > model.Arcsec(1e-6) {
			t.Fatalf("%v the other way is %v", axes, other)
		}
	})
}

// In the blind cones the clamped axes point at the rim of the cone nearest to
// the star.
func TestUnreachableIsClamped(t *testing.T) {
	e := Errors{Z1: model.Degrees(1), Z2: model.Degrees(-0.5)} // cones of 1.5° and 0.5°
	m := New(model.Identity(), e, model.Axes{})
	for _, tt := range []struct{ dec, rim float64 }{{89.5, 88.5}, {88.6, 88.5}, {-89.9, -89.5}} {
		for _, side := range []PierSide{Normal, Through} {
			s := model.HourDec{HA: 1, Dec: model.Degrees(tt.dec)}.Vector()
			axes, ok := m.ToAxes(s, side)
			if ok {
				t.Errorf("%g° is reached", tt.dec)
			}
			want := model.HourDec{HA: 1, Dec: model.Degrees(tt.rim)}.Vector()
			if d := m.ToSky(axes).Angle(want); d > model.Arcsec(1e-4) {
				t.Errorf("%g°: %.3g″ from the rim", tt.dec, d.Arcsec())
			}
		}
	}
	if _, ok := m.ToAxes(model.HourDec{Dec: model.Degrees(88.4)}.Vector(), Normal); !ok {
		t.Error("88.4° is not reached")
	}
	for _, s := range []model.Vec{{}, {math.NaN(), 0, 1}, {math.Inf(1), 0, 0}} {
		axes, ok := m.ToAxes(s, Normal)
		if ok || !axes.Z.IsFinite() || !axes.A.IsFinite() {
			t.Errorf("%v gave %v, %v", s, axes, ok)
		}
	}
}

// Near the pole nothing is lost: a star 0.001″ from it keeps its azimuth and
// its distance.
func TestPolePrecision(t *testing.T) {
	m := New(model.Identity(), Errors{}, model.Axes{})
	s := model.HourDec{HA: 2, Dec: model.Quarter - model.Arcsec(1e-3)}.Vector()
	for _, side := range []PierSide{Normal, Through} {
		axes, _ := m.ToAxes(s, side)
		if d := (model.Quarter - axes.A).Abs() - model.Arcsec(1e-3); d.Abs() > model.Arcsec(1e-9) {
			t.Errorf("%v: A off by %.3g″", side, d.Arcsec())
		}
	}
	if axes, ok := m.ToAxes(model.Vec{0, 0, 1}, Normal); !ok || axes.Z != 0 || axes.A != model.Quarter {
		t.Errorf("the pole is at %v, %v", axes, ok)
	}
}

func TestSide(t *testing.T) {
	m := New(model.Identity(), Errors{Z3: model.Degrees(2)}, model.Axes{A: model.Degrees(3)})
	for _, tt := range []struct {
		a       float64 // reads 5° low
		side    PierSide
		certain bool
	}{
		{0, Normal, true}, {83.9, Normal, true}, {84.1, Normal, false}, {84.9, Normal, false},
		{85.1, Through, false}, {85.9, Through, false}, {86.1, Through, true}, {170, Through, true},
		{263.9, Through, true}, {266.1, Normal, true}, {-93.9, Normal, true}, {-97, Through, true},
	} {
		side, certain := m.Side(model.Axes{A: model.Degrees(tt.a)})
		if side != tt.side || certain != tt.certain {
			t.Errorf("A %g°: %v, %v; want %v, %v", tt.a, side, certain, tt.side, tt.certain)
		}
	}
}

func TestSync(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m, side := drawModel(t), drawSide(t)
		s := drawHourDec(t, "s").Vector()
		axes := model.Axes{Z: drawAngle(t, "Z", -500, 500), A: drawAngle(t, "A", -90, 270)}
		if _, ok := m.ToAxes(s, side); !ok {
			return
		}
		synced := m.Sync(s, axes, side)
		if d := synced.ToSky(axes).Angle(s); d > model.Arcsec(1e-6) {
			t.Fatalf("after the sync %v is %.3g″ off", axes, d.Arcsec())
		}
		got, _ := synced.ToAxes(s, side)
		if d := got.A - axes.A; d.Abs() > model.Arcsec(1e-6) {
			t.Fatalf("A %v, synced on %v", got.A, axes.A)
		}
		if again := synced.Sync(s, axes, side); again.Index.Sub(synced.Index).A.Abs() > model.Arcsec(1e-6) {
			t.Fatalf("second sync moved the index from %v to %v", synced.Index, again.Index)
		}
	})
}

// flexure stands for L3 to L5: a correction that depends on both axes.
type flexure struct{ droop, wobble model.Angle }

func (f flexure) At(axes model.Axes) model.Axes {
	sinZ, cosZ := axes.Z.SinCos()
	sinA, cosA := axes.A.SinCos()
	return model.Axes{Z: f.wobble.Mul(sinZ + 0.5*cosZ*sinA), A: f.droop.Mul(cosA + 0.3*sinZ)}
}

func TestCorrections(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		plain, side := drawModel(t), drawSide(t)
		m := plain.WithCorrections(
			flexure{drawAngle(t, "droop", -1, 1), drawAngle(t, "wobble", -1, 1)},
			flexure{drawAngle(t, "droop 2", -1, 1), 0},
		)
		s := drawHourDec(t, "s").Vector()
		axes, ok := m.ToAxes(s, side)
		if !ok {
			return
		}
		if d := m.ToSky(axes).Angle(s); d > model.Arcsec(1e-6) {
			t.Fatalf("round trip %.3g″ off", d.Arcsec())
		}
		if m.WithIndex(model.Axes{}).corrections == nil {
			t.Fatal("WithIndex lost the corrections")
		}
	})
	// The rule is true = raw + correction.
	m := New(model.Identity(), Errors{}, model.Axes{}).WithCorrections(flexure{droop: model.Degrees(1)})
	axes, _ := m.ToAxes(model.HourDec{}.Vector(), Normal)
	if d := axes.A + model.Degrees(1); d.Abs() > model.Arcsec(1e-9) {
		t.Errorf("a correction of +1° made A read %v, want −1°", axes.A)
	}
}

func TestCheck(t *testing.T) {
	ok := model.Identity()
	for name, err := range map[string]error{
		"singular": Check(model.Mat{{1, 0, 0}, {1, 0, 0}, {0, 0, 1}}, Errors{}, model.Axes{}),
		"mirror":   Check(model.Mat{{1, 0, 0}, {0, -1, 0}, {0, 0, 1}}, Errors{}, model.Axes{}),
		"NaN":      Check(model.Mat{{1, 0, 0}, {0, 1, 0}, {0, math.NaN(), 1}}, Errors{}, model.Axes{}),
		"large Z1": Check(ok, Errors{Z1: 1}, model.Axes{}),
		"NaN Z3":   Check(ok, Errors{Z3: model.Angle(math.NaN())}, model.Axes{}),
		"index":    Check(ok, Errors{}, model.Axes{Z: model.Angle(math.Inf(1))}),
	} {
		if !errors.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := Check(ok, Errors{Z1: 0.1, Z2: -0.1, Z3: 3}, model.Axes{Z: 9}); err != nil {
		t.Error(err)
	}
}

func TestGeometryNames(t *testing.T) {
	for _, g := range []Geometry{AltAz, Fork, German} {
		if got, err := ParseGeometry(g.String()); got != g || err != nil {
			t.Errorf("%v parsed as %v, %v", g, got, err)
		}
	}
	if _, err := ParseGeometry("dobson"); !errors.Is(err, fault.Invalid) {
		t.Errorf("dobson: %v", err)
	}
	if Geometry(7).String() != "Geometry(7)" || PierUnknown.String() != "unknown" || PierUnknown.Other() != PierUnknown {
		t.Error("names of no geometry and no side")
	}
}
