// SPDX-License-Identifier: GPL-3.0-or-later

package model

import "math"

// Vec is a vector in one of the right-handed frames; its user says which.
type Vec [3]float64

// Mat is a 3×3 matrix, row by row.
type Mat [3]Vec

// polar returns the unit vector at angle lon from x towards y, and lat from
// the x-y plane towards z.
func polar(lon, lat Angle) Vec {
	sinLon, cosLon := lon.SinCos()
	sinLat, cosLat := lat.SinCos()
	return Vec{cosLat * cosLon, cosLat * sinLon, sinLat}
}

// Polar returns the unit vector at angle lon from x towards y, and lat from
// the x-y plane towards z. Source: SOFA s2c.
func Polar(lon, lat Angle) Vec { return polar(lon, lat) }

// polar returns the angles of v: lon in (−π, π], lat in [−π/2, π/2].
func (v Vec) polar() (lon, lat Angle) {
	return Angle(math.Atan2(v[1], v[0])), Angle(math.Atan2(v[2], math.Hypot(v[0], v[1])))
}

// Polar returns the angle of v from x towards y, in (−π, π], and from the
// x-y plane towards z, in [−π/2, π/2]. Source: SOFA c2s.
func (v Vec) Polar() (lon, lat Angle) { return v.polar() }

// Add returns v + w.
func (v Vec) Add(w Vec) Vec { return Vec{v[0] + w[0], v[1] + w[1], v[2] + w[2]} }

// Sub returns v − w.
func (v Vec) Sub(w Vec) Vec { return Vec{v[0] - w[0], v[1] - w[1], v[2] - w[2]} }

// Scale returns k·v.
func (v Vec) Scale(k float64) Vec { return Vec{k * v[0], k * v[1], k * v[2]} }

// Dot returns v·w.
func (v Vec) Dot(w Vec) float64 { return v[0]*w[0] + v[1]*w[1] + v[2]*w[2] }

// Cross returns v×w.
func (v Vec) Cross(w Vec) Vec {
	return Vec{v[1]*w[2] - v[2]*w[1], v[2]*w[0] - v[0]*w[2], v[0]*w[1] - v[1]*w[0]}
}

// Norm returns |v|.
func (v Vec) Norm() float64 { return math.Sqrt(v.Dot(v)) }

// Unit returns v/|v|, or the zero vector when v is zero.
func (v Vec) Unit() Vec {
	n := v.Norm()
	if n == 0 {
		return Vec{}
	}
	return v.Scale(1 / n)
}

// Angle returns the angle between v and w, in [0, π], exact for tiny and for
// near-antipodal separations. Source: SOFA sepp.
func (v Vec) Angle(w Vec) Angle { return Angle(math.Atan2(v.Cross(w).Norm(), v.Dot(w))) }

// Identity is the matrix that changes nothing.
func Identity() Mat { return Mat{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}} }

// Apply returns m·v.
func (m Mat) Apply(v Vec) Vec { return Vec{m[0].Dot(v), m[1].Dot(v), m[2].Dot(v)} }

// Mul returns m·n.
func (m Mat) Mul(n Mat) Mat {
	t := n.Transpose()
	var r Mat
	for i := range r {
		for j := range r[i] {
			r[i][j] = m[i].Dot(t[j])
		}
	}
	return r
}

// Transpose returns mᵀ, the inverse when m is a rotation.
func (m Mat) Transpose() Mat {
	return Mat{
		{m[0][0], m[1][0], m[2][0]},
		{m[0][1], m[1][1], m[2][1]},
		{m[0][2], m[1][2], m[2][2]},
	}
}

// Det returns the determinant of m.
func (m Mat) Det() float64 { return m[0].Dot(m[1].Cross(m[2])) }

// Inverse returns m⁻¹. ok is false, and the result the zero matrix, when m
// is singular.
func (m Mat) Inverse() (inv Mat, ok bool) {
	det := m.Det()
	if det == 0 || math.IsNaN(det) {
		return Mat{}, false
	}
	cof := Mat{m[1].Cross(m[2]), m[2].Cross(m[0]), m[0].Cross(m[1])}.Transpose()
	for i := range cof {
		cof[i] = cof[i].Scale(1 / det)
	}
	return cof, true
}

// RotX returns the rotation of the frame by a about x. Source: SOFA rx.
func RotX(a Angle) Mat {
	s, c := a.SinCos()
	return Mat{{1, 0, 0}, {0, c, s}, {0, -s, c}}
}

// RotY returns the rotation of the frame by a about y. Source: SOFA ry.
func RotY(a Angle) Mat {
	s, c := a.SinCos()
	return Mat{{c, 0, -s}, {0, 1, 0}, {s, 0, c}}
}

// RotZ returns the rotation of the frame by a about z. Source: SOFA rz.
func RotZ(a Angle) Mat {
	s, c := a.SinCos()
	return Mat{{c, s, 0}, {-s, c, 0}, {0, 0, 1}}
}
