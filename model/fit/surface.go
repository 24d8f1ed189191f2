// SPDX-License-Identifier: GPL-3.0-or-later

package fit

import (
	"math"

	"github.com/siderostep/siderostep/model"
)

// surface is a Map made ready to be asked often: the same but for a millionth
// of the errors of its points.
type surface struct {
	kernel
	sides  [2][]spot // on the normal side, through the pole
	reach  float64   // the weight of no correction
	secant bool      // errors along Z grow with the secant of A
}

// spot is a point of a map.
type spot struct {
	at   model.Vec
	z, a float64
}

func surfaceOf(m *Map) *surface {
	s := &surface{kernel: kernelOf(float64(m.Soft)), secant: !m.RawZ}
	if m.Reach > 0 {
		s.reach = math.Pow(float64(m.Reach), -3)
	}
	for _, p := range m.Points {
		q := spot{polarAxes(p.Axes), float64(p.ErrorZ), float64(p.ErrorA)}
		back := through(p.Axes)
		if m.Soft == 0 || !back {
			s.sides[0] = append(s.sides[0], q)
		}
		if m.Soft == 0 || back {
			s.sides[1] = append(s.sides[1], q)
		}
	}
	return s
}

// near is how close, as the square of a chord, a reading is at a point.
const near = 1e-24

// stand is a position of the axes made ready.
type stand struct {
	sinZ, cosZ, sinA, cosA float64
}

func standAt(axes model.Axes) (p stand) {
	p.sinZ, p.cosZ = axes.Z.SinCos()
	p.sinA, p.cosA = axes.A.SinCos()
	return p
}

// spots returns the points that count at p.
func (s *surface) spots(p *stand) []spot {
	if p.cosA < 0 {
		return s.sides[1]
	}
	return s.sides[0]
}

// grow returns by what errors along Z are to be multiplied at p.
func (s *surface) grow(p *stand) float64 {
	if !s.secant {
		return 1
	}
	return 1 / max(math.Abs(p.cosA), capped)
}

// Wrong returns how far the axes read wrong when they read raw.
func (s *surface) Wrong(raw model.Axes) model.Axes {
	p := standAt(raw)
	hx, hy, hz := p.cosA*p.cosZ, -p.cosA*p.sinZ, p.sinA
	var sumZ, sumA float64
	weights := s.reach
	spots := s.spots(&p)
	for i := range spots {
		q := &spots[i]
		x, y, z := hx-q.at[0], hy-q.at[1], hz-q.at[2]
		chord2 := x*x + y*y + z*z
		var w float64
		v := chord2 + s.soft2
		if k := piece(v) - s.first; uint(k) < uint(len(s.cubics)) {
			c := &s.cubics[k]
			w = c[0] + v*(c[1]+v*(c[2]+v*c[3]))
		} else if v < near {
			return model.Axes{Z: model.Angle(q.z * s.grow(&p)), A: model.Angle(q.a)}
		} else {
			w, _ = s.exact(chord2)
		}
		sumZ += w * q.z
		sumA += w * q.a
		weights += w
	}
	if weights == 0 {
		return model.Axes{}
	}
	return model.Axes{Z: model.Angle(sumZ / weights * s.grow(&p)), A: model.Angle(sumA / weights)}
}

// tilted is what a surface tells at a reading: how far it is wrong, and how
// that changes with Z and with A.
type tilted struct {
	wrong      model.Axes
	perZ, perA [2]float64 // of the error of Z, of A
}

// tilt returns Wrong with its derivatives.
func (s *surface) tilt(raw model.Axes) (t tilted) {
	p := standAt(raw)
	hx, hy, hz := p.cosA*p.cosZ, -p.cosA*p.sinZ, p.sinA
	zx, zy := hy, -hx // where growing Z leads
	ax, ay, az := -p.sinA*p.cosZ, p.sinA*p.sinZ, p.cosA
	weights := s.reach
	var sumZ, sumA float64
	var wPerZ, zPerZ, aPerZ, wPerA, zPerA, aPerA float64 // half of what the three sums change by
	spots := s.spots(&p)
	for i := range spots {
		q := &spots[i]
		x, y, z := hx-q.at[0], hy-q.at[1], hz-q.at[2]
		chord2 := x*x + y*y + z*z
		var w, slope float64
		v := chord2 + s.soft2
		if k := piece(v) - s.first; uint(k) < uint(len(s.cubics)) {
			c := &s.cubics[k]
			w = c[0] + v*(c[1]+v*(c[2]+v*c[3]))
			slope = c[1] + v*(2*c[2]+v*3*c[3])
		} else if v < near {
			return tilted{wrong: model.Axes{Z: model.Angle(q.z * s.grow(&p)), A: model.Angle(q.a)}}
		} else {
			w, slope = s.exact(chord2)
		}
		weights += w
		sumZ += w * q.z
		sumA += w * q.a
		perZ, perA := slope*(x*zx+y*zy), slope*(x*ax+y*ay+z*az)
		wPerZ += perZ
		zPerZ += perZ * q.z
		aPerZ += perZ * q.a
		wPerA += perA
		zPerA += perA * q.z
		aPerA += perA * q.a
	}
	if weights == 0 {
		return t
	}
	meanZ, meanA, double := sumZ/weights, sumA/weights, 2/weights
	t.perZ = [2]float64{double * (zPerZ - meanZ*wPerZ), double * (aPerZ - meanA*wPerZ)}
	t.perA = [2]float64{double * (zPerA - meanZ*wPerA), double * (aPerA - meanA*wPerA)}
	k := s.grow(&p)
	t.wrong = model.Axes{Z: model.Angle(meanZ * k), A: model.Angle(meanA)}
	t.perZ[0] *= k
	t.perA[0] *= k
	if s.secant && math.Abs(p.cosA) > capped {
		t.perA[0] += meanZ * k * p.sinA / p.cosA
	}
	return t
}

const (
	surfacePasses = 12
	surfaceClosed = 1e-13 // radians
)

// At returns true minus raw at axes, the sky side of the map, which itself
// goes by what the axes read: Newton's rule, with the derivatives at axes.
func (s *surface) At(axes model.Axes) model.Axes {
	t := s.tilt(axes)
	zz, za, az, aa := 1-t.perZ[0], -t.perA[0], -t.perZ[1], 1-t.perA[1]
	det := zz*aa - za*az
	if !(det > 0.25) { // steeper than any mount: step by step, without derivatives
		zz, za, az, aa, det = 1, 0, 0, 1, 1
	}
	raw, wrong := axes, t.wrong
	before := math.Inf(1)
	for range surfacePasses {
		z, a := float64(axes.Z+wrong.Z-raw.Z), float64(axes.A+wrong.A-raw.A)
		stepZ, stepA := (aa*z-za*a)/det, (zz*a-az*z)/det
		raw.Z += model.Angle(stepZ)
		raw.A += model.Angle(stepA)
		size := math.Abs(stepZ) + math.Abs(stepA)
		// The steps shrink geometrically: the next will be so much smaller.
		if size < surfaceClosed || size*size < surfaceClosed*before && before < math.MaxFloat64 {
			break
		}
		before = size
		wrong = s.Wrong(raw)
	}
	return axes.Sub(raw)
}
