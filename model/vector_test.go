// SPDX-License-Identifier: GPL-3.0-or-later

package model

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

func drawVec(t *rapid.T, name string) Vec {
	f := rapid.Float64Range(-10, 10)
	return Vec{f.Draw(t, name+" x"), f.Draw(t, name+" y"), f.Draw(t, name+" z")}
}

func near(a, b Mat, within float64) bool {
	for i := range a {
		if !(a[i].Sub(b[i]).Norm() <= within) {
			return false
		}
	}
	return true
}

// The values of SOFA's own test program t_sofa_c.c for rx, ry, rz, s2c and c2s.
func TestSOFAValues(t *testing.T) {
	start := Mat{{2, 3, 2}, {3, 2, 3}, {3, 4, 5}}
	phi := Angle(0.3456789)
	for _, tt := range []struct {
		name string
		got  Mat
		want Mat
	}{
		{"rx", RotX(phi).Mul(start), Mat{
			{2.0, 3.0, 2.0},
			{3.839043388235612460, 3.237033249594111899, 4.516714379005982719},
			{1.806030415924501684, 3.085711545336372503, 3.687721683977873065},
		}},
		{"ry", RotY(phi).Mul(start), Mat{
			{0.8651847818978159930, 1.467194920539316554, 0.1875137911274457342},
			{3, 2, 3},
			{3.500207892850427330, 4.779889022262298150, 5.381899160903798712},
		}},
		{"rz", RotZ(phi).Mul(start), Mat{
			{2.898197754208926769, 3.500207892850427330, 2.898197754208926769},
			{2.144865911309686813, 0.865184781897815993, 2.144865911309686813},
			{3.0, 4.0, 5.0},
		}},
	} {
		if !near(tt.got, tt.want, 1e-12) {
			t.Errorf("%s: %v, want %v", tt.name, tt.got, tt.want)
		}
	}
	s2c := Polar(3.0123, -0.999)
	if d := s2c.Sub(Vec{-0.5366267667260523906, 0.0697711109765145365, -0.8409302618566214041}).Norm(); d > 1e-12 {
		t.Errorf("s2c off by %g", d)
	}
	lon, lat := Vec{100, -50, 25}.Polar()
	if math.Abs(float64(lon)+0.4636476090008061162) > 1e-14 || math.Abs(float64(lat)-0.2199879773954594463) > 1e-14 {
		t.Errorf("c2s: %v, %v", float64(lon), float64(lat))
	}
}

func TestRotations(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := RotZ(drawAngle(t, "z", -180, 180)).Mul(RotY(drawAngle(t, "y", -180, 180))).Mul(RotX(drawAngle(t, "x", -180, 180)))
		if !near(r.Mul(r.Transpose()), Identity(), 1e-14) {
			t.Fatal("not orthogonal")
		}
		if math.Abs(r.Det()-1) > 1e-14 {
			t.Fatalf("determinant %g", r.Det())
		}
		inv, ok := r.Inverse()
		if !ok || !near(inv, r.Transpose(), 1e-14) {
			t.Fatal("the inverse is not the transpose")
		}
		lat := drawAngle(t, "latitude", -90, 90)
		if m := EquatorialToENU(lat); !near(m.Mul(m.Transpose()), Identity(), 1e-14) || math.Abs(m.Det()-1) > 1e-14 {
			t.Fatal("EquatorialToENU is no rotation")
		}
	})
}

func TestVectorAlgebra(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v, w := drawVec(t, "v"), drawVec(t, "w")
		scale := v.Norm()*w.Norm() + 1
		c := v.Cross(w)
		if math.Abs(c.Dot(v)) > 1e-13*scale*v.Norm() || math.Abs(c.Dot(w)) > 1e-13*scale*w.Norm() {
			t.Fatal("the cross product is not perpendicular")
		}
		if c.Add(w.Cross(v)).Norm() > 1e-13*scale {
			t.Fatal("the cross product does not change its sign")
		}
		if v.Norm() > 1e-3 && w.Norm() > 1e-3 {
			a := v.Angle(w)
			if a != w.Angle(v) && (a-w.Angle(v)).Abs() > 1e-15 || a < 0 || a > HalfTurn {
				t.Fatalf("angle %v", a)
			}
			if math.Abs(math.Cos(float64(a))-v.Unit().Dot(w.Unit())) > 1e-14 {
				t.Fatalf("angle %v does not fit the dot product", a)
			}
		}
		m := Mat{v, w, drawVec(t, "u")}
		if inv, ok := m.Inverse(); ok && math.Abs(m.Det()) > 1 {
			if !near(m.Mul(inv), Identity(), 1e-9) {
				t.Fatalf("inverse of %v", m)
			}
		}
	})
	if (Vec{}).Unit() != (Vec{}) {
		t.Error("the zero vector has a direction")
	}
	if inv, ok := (Mat{{1, 2, 3}, {2, 4, 6}, {0, 0, 1}}).Inverse(); ok || inv != (Mat{}) {
		t.Errorf("a singular matrix has an inverse: %v", inv)
	}
	if x, y := (Vec{1, 0, 0}), (Vec{0, 1, 0}); x.Cross(y) != (Vec{0, 0, 1}) {
		t.Error("not right-handed")
	}
	// The frame turned by +90° about z has what was on y on x.
	if v := RotZ(Quarter).Apply(Vec{0, 1, 0}); v.Sub(Vec{1, 0, 0}).Norm() > 1e-15 {
		t.Errorf("RotZ turned y to %v", v)
	}
}
