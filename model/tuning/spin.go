// SPDX-License-Identifier: GPL-3.0-or-later

package tuning

import (
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
)

// Dot is where the light of a pinhole at the focus stood on the screen while
// the mount pointed to a heading, in diameters of the dot.
type Dot struct {
	Heading model.Angle // of the azimuth axis
	X, Y    float64     // from any zero, along any two square directions
}

// Spin is how the tube stands to the azimuth axis, by a spin alignment.
type Spin struct {
	Radius model.Angle // of the circle: the tube's angle to the azimuth axis
	X, Y   model.Angle // the same along the screen's directions at heading 0: as the mount turns, it turns with it
	Left   model.Angle // root mean square of the dots' distances from the circle, as of a figure 8: bearings
	Done   bool        // the circle is no larger than what bearings leave
}

const opSpin = "spin alignment"

// SpinAlignment returns how the tube stands to the azimuth axis by the circle
// that dots describe while the mount turns with the tube on its stop at 90°.
// dot is the angle of the dot's diameter (see workshop.DotSize). Which way the
// screen shows the turn does not matter. It returns fault.Invalid for fewer
// than three dots, or headings that do not tell the circle.
//
// Source: stepper-core §8.1; Scope II manual, "Spin Alignment Technique".
func SpinAlignment(dots []Dot, dot model.Angle) (Spin, error) {
	if len(dots) < 3 || !(dot > 0) {
		return Spin{}, fault.New(fault.Invalid, opSpin, "%d dots of %v; mark at least three, best four a quarter turn apart", len(dots), dot)
	}
	best, found := circle{rms: math.Inf(1)}, false
	for _, sense := range [...]float64{1, -1} {
		if c, ok := fitCircle(dots, sense); ok && c.rms < best.rms {
			best, found = c, true
		}
	}
	if !found {
		return Spin{}, fault.New(fault.Invalid, opSpin, "the headings are too near to each other; mark dots a quarter turn apart")
	}
	s := Spin{
		Radius: dot.Mul(math.Hypot(best.x, best.y)), X: dot.Mul(best.x), Y: dot.Mul(best.y), Left: dot.Mul(best.rms),
	}
	s.Done = s.Radius <= max(s.Left, dot/2)
	return s, nil
}

// circle is the offset of the tube at heading 0 and what is left, in dots.
type circle struct{ x, y, rms float64 }

// fitCircle fits dots by a centre and an offset that turns with the heading.
func fitCircle(dots []Dot, sense float64) (circle, bool) {
	n := len(dots)
	a, b := mat.NewDense(2*n, 4, nil), mat.NewVecDense(2*n, nil)
	for i, d := range dots {
		sin, cos := math.Sincos(sense * d.Heading.Radians())
		a.SetRow(2*i, []float64{1, 0, cos, -sin})
		a.SetRow(2*i+1, []float64{0, 1, sin, cos})
		b.SetVec(2*i, d.X)
		b.SetVec(2*i+1, d.Y)
	}
	var qr mat.QR
	qr.Factorize(a)
	if !(qr.Cond() < 1e4) {
		return circle{}, false
	}
	var v, r mat.VecDense
	if err := qr.SolveVecTo(&v, false, b); err != nil {
		return circle{}, false
	}
	r.MulVec(a, &v)
	r.SubVec(&r, b)
	return circle{v.AtVec(2), v.AtVec(3), mat.Norm(&r, 2) / math.Sqrt(float64(n))}, true
}
