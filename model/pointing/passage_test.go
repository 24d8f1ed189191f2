// SPDX-License-Identifier: GPL-3.0-or-later

package pointing

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/siderostep/siderostep/model"
)

// The reference's figures, section 17: at latitude 45° a star through 1° from
// the zenith, on its equator side, demands 41ω (10.3°/min), through 10′ 244ω
// (1.0°/s).
func TestPeakRateFigures(t *testing.T) {
	for _, tt := range []struct {
		distance model.Angle
		times    float64
	}{{model.Degrees(1), 41}, {model.Arcmin(10), 244}} {
		p := Passage{Distance: tt.distance, Speed: StarSpeed(model.Degrees(45) - tt.distance)}
		if got := float64(p.PeakRate() / model.Sidereal); math.Abs(got-tt.times) > 0.5 {
			t.Errorf("through %v: %.2f ω, want %g", tt.distance, got, tt.times)
		}
	}
}

// Rate, acceleration and course of a passage against the exact axes of a
// mount whose pole the star passes.
func TestPassageAgainstGeometry(t *testing.T) {
	lat, distance := model.Degrees(45), model.Degrees(0.5)
	m := New(AltAzAttitude(lat), Errors{}, model.Axes{})
	dec := lat - distance // culminates south of the zenith
	p := Passage{Distance: distance, Speed: StarSpeed(dec)}
	z := func(t float64) model.Angle {
		axes, _ := m.ToAxes(model.HourDec{HA: model.Angle(model.Sidereal.Mul(t)), Dec: dec}.Vector(), Normal)
		return axes.Z.Wrap() - model.HalfTurn
	}
	var peak, accel float64
	const dt = 0.5
	for s := -300.0; s <= 300; s += dt {
		if d := z(s) - p.At(s); d.Abs() > model.Degrees(0.7) {
			t.Fatalf("%g s from culmination: %v, formula %v", s, z(s), p.At(s))
		}
		peak = max(peak, math.Abs(float64(z(s+dt)-z(s-dt)))/(2*dt))
		accel = max(accel, math.Abs(float64(z(s+dt)-2*z(s)+z(s-dt)))/(dt*dt))
	}
	if r := peak / float64(p.PeakRate()); math.Abs(r-1) > 0.01 {
		t.Errorf("peak rate is %.4f of the formula's", r)
	}
	if r := accel / p.PeakAccel(); math.Abs(r-1) > 0.02 {
		t.Errorf("peak acceleration is %.4f of the formula's", r)
	}
}

// On the rim of the blind radius the tighter of both limits is just met.
func TestBlindRadius(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rate := model.DegreesPerSecond(rapid.Float64Range(0.1, 10).Draw(t, "rate"))
		accel := model.DegreesPerSecond(rapid.Float64Range(0.01, 10).Draw(t, "accel")).Mul(1)
		speed := StarSpeed(drawAngle(t, "Dec", -80, 80))
		p := Passage{Distance: BlindRadius(speed, rate, float64(accel)), Speed: speed}
		a, b := float64(p.PeakRate()/rate), p.PeakAccel()/float64(accel)
		if math.Abs(max(a, b)-1) > 1e-12 {
			t.Fatalf("peak rate %g, acceleration %g of the limits", a, b)
		}
	})
}

func TestBlindRun(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := Passage{Distance: drawAngle(t, "distance", 0.001, 2), Speed: StarSpeed(drawAngle(t, "Dec", -80, 80))}
		rate := model.DegreesPerSecond(rapid.Float64Range(0.05, 5).Draw(t, "rate"))
		half, angle := p.BlindRun(rate)
		if p.PeakRate() <= rate {
			if half != 0 || angle != 0 {
				t.Fatalf("a slow passage runs for %g s", half)
			}
			return
		}
		if half <= 0 || (p.At(half)-angle).Abs() > 1e-9 || math.Abs(float64(rate)*half-float64(angle)) > 1e-12 {
			t.Fatalf("after %g s the star is at %v, the axis at %v", half, p.At(half), angle)
		}
		if mid := half / 2; p.At(mid) < model.Angle(float64(rate)*mid) {
			t.Fatal("the star does not lead inside the run")
		}
	})
}

func TestGuideScale(t *testing.T) {
	for _, tt := range []struct{ a, want float64 }{
		{0, 1}, {60, 2}, {-60, 2}, {85, 11.473713}, {89.9, 11.473713}, {120, -2}, {94, -11.473713},
	} {
		if got := GuideScale(model.Degrees(tt.a)); math.Abs(got-tt.want) > 1e-6 {
			t.Errorf("A %g°: %g, want %g", tt.a, got, tt.want)
		}
	}
}

func TestRepresentative(t *testing.T) {
	for _, tt := range []struct {
		z, now, low, high, want float64
		ok                      bool
	}{
		{350, 10, 0, 0, -10, true}, // no limits: nearest
		{350, 10, -90, 400, -10, true},
		{350, 10, 0, 400, 350, true}, // the nearest lies outside
		{10, 380, -90, 300, 10, true},
		{200, 0, -180, 180, -160, true},
		{200, 0, -90, 90, -160, false},
		{0, 1000, -360, 360, 360, true},
		{0, -1000, -360, 360, -360, true},
	} {
		got, ok := Representative(model.Degrees(tt.z), model.Degrees(tt.now), model.Degrees(tt.low), model.Degrees(tt.high))
		if ok != tt.ok || (got-model.Degrees(tt.want)).Abs() > 1e-9 {
			t.Errorf("%g° from %g° in [%g°, %g°]: %v, %v; want %g°, %v", tt.z, tt.now, tt.low, tt.high, got, ok, tt.want, tt.ok)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		z, now := drawAngle(t, "z", -1000, 1000), drawAngle(t, "now", -1000, 1000)
		low := drawAngle(t, "low", -1000, 500)
		high := low + drawAngle(t, "span", 360.001, 900)
		got, ok := Representative(z, now, low, high)
		if !ok || got < low || got > high {
			t.Fatalf("%v, %v", got, ok)
		}
		if (got - z).WrapSigned().Abs() > 1e-9 {
			t.Fatalf("%v is not %v", got, z)
		}
		for _, other := range []model.Angle{got - model.Turn, got + model.Turn} {
			if other > low+1e-9 && other < high-1e-9 && (other-now).Abs() < (got-now).Abs()-1e-9 {
				t.Fatalf("%v is nearer than %v", other, got)
			}
		}
	})
}
