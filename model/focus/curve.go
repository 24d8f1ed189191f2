// SPDX-License-Identifier: GPL-3.0-or-later

package focus

import (
	"cmp"
	"math"
	"slices"

	"github.com/siderostep/siderostep/fault"
)

// Point is the size of an image at a position.
type Point struct {
	Position int     `json:"position"`
	HFR      float64 `json:"hfr"` // > 0
}

// Shape is the kind of a Curve.
type Shape string

// The shapes of a curve.
const (
	// Hyperbola is a cone of light with a blurred tip: HFR² = HFR1² + (Slope·x)²,
	// x steps from the best position.
	Hyperbola Shape = "hyperbola"
	// Parabola is what points near to focus show: HFR = HFR1 + Slope·x².
	Parabola Shape = "parabola"
)

// Curve is the size of images against position.
type Curve struct {
	Shape Shape
	Best  float64 // position of best focus, P1
	HFR1  float64 // size of the image there
	Slope float64 // see Shape; > 0
	RMS   float64 // of the points' differences from the curve
}

// At returns the size of the image at a position.
func (c Curve) At(position float64) float64 {
	x := position - c.Best
	if c.Shape == Parabola {
		return c.HFR1 + c.Slope*x*x
	}
	return math.Hypot(c.HFR1, c.Slope*x)
}

// Span returns how many steps from the best position the image is k times as
// large as there, k ≥ 1; P2 is at Best plus this.
func (c Curve) Span(k float64) float64 {
	if k <= 1 {
		return 0
	}
	if c.Shape == Parabola {
		return math.Sqrt((k - 1) * c.HFR1 / c.Slope)
	}
	return c.HFR1 * math.Sqrt(k*k-1) / c.Slope
}

// Fit returns the hyperbola through points, or the parabola where no hyperbola
// fits because the points' squares have their minimum below zero. It returns
// fault.Invalid for fewer than 3 different positions or a size that is not
// above 0, and fault.Refused when the points do not show a minimum between
// them.
//
// The square of a hyperbola is a parabola, so both are linear least squares.
// Errors of a square grow with the size; its weight is 1/HFR².
func Fit(points []Point) (Curve, error) {
	if err := check(points); err != nil {
		return Curve{}, err
	}
	size := func(p Point) float64 { return p.HFR }
	square := func(p Point) float64 { return p.HFR * p.HFR }
	c := Curve{Shape: Hyperbola}
	best, least, bend := minimum(points, square, func(p Point) float64 { return 1 / (p.HFR * p.HFR) })
	if bend > 0 && least > 0 {
		c.Best, c.HFR1, c.Slope = best, math.Sqrt(least), math.Sqrt(bend)
	} else {
		c.Shape = Parabola
		c.Best, c.HFR1, c.Slope = minimum(points, size, func(Point) float64 { return 1 })
	}
	low, high := slices.MinFunc(points, byPosition), slices.MaxFunc(points, byPosition)
	switch {
	case !(c.Slope > 0):
		return Curve{}, fault.New(fault.Refused, opCurve, "the images do not grow to both sides; measure further from focus")
	case !(c.Best > float64(low.Position) && c.Best < float64(high.Position)):
		return Curve{}, fault.New(fault.Refused, opCurve, "best focus would be at %.0f, beyond the points from %d to %d; measure on both sides of it", c.Best, low.Position, high.Position)
	case !(c.HFR1 > 0):
		return Curve{}, fault.New(fault.Refused, opCurve, "the points make no curve with a smallest image; measure them again")
	}
	for _, p := range points {
		d := p.HFR - c.At(float64(p.Position))
		c.RMS += d * d / float64(len(points))
	}
	c.RMS = math.Sqrt(c.RMS)
	return c, nil
}

func byPosition(a, b Point) int { return cmp.Compare(a.Position, b.Position) }

func (p Point) check() error {
	if !(p.HFR > 0) || math.IsInf(p.HFR, 0) {
		return fault.New(fault.Invalid, opCurve, "half flux radius %v at %d; more than 0 is accepted", p.HFR, p.Position)
	}
	return nil
}

func check(points []Point) error {
	places := map[int]bool{}
	for _, p := range points {
		if err := p.check(); err != nil {
			return err
		}
		places[p.Position] = true
	}
	if len(places) < 3 {
		return fault.New(fault.Invalid, opCurve, "%d different positions were measured; 3 are needed, 7 are good", len(places))
	}
	return nil
}

// minimum fits y = least + bend·(x − best)² by weighted least squares. Without
// curvature bend is not above 0, and the rest means nothing.
func minimum(points []Point, y, weight func(Point) float64) (best, least, bend float64) {
	// Reckoned from the middle, in units of the span, so that positions of
	// many digits lose none of them in their fourth powers.
	low, high := slices.MinFunc(points, byPosition), slices.MaxFunc(points, byPosition)
	unit := (float64(high.Position) - float64(low.Position)) / 2
	middle := float64(low.Position) + unit
	var s [5]float64 // sums of w·xⁿ
	var t [3]float64 // sums of w·y·xⁿ
	for _, p := range points {
		x, w, v := (float64(p.Position)-middle)/unit, weight(p), y(p)
		for n, power := 0, w; n < len(s); n++ {
			s[n] += power
			if n < len(t) {
				t[n] += power * v
			}
			power *= x
		}
	}
	// Cramer's rule on the normal equations.
	det := det3(s[0], s[1], s[2], s[1], s[2], s[3], s[2], s[3], s[4])
	a := det3(t[0], s[1], s[2], t[1], s[2], s[3], t[2], s[3], s[4]) / det
	b := det3(s[0], t[0], s[2], s[1], t[1], s[3], s[2], t[2], s[4]) / det
	c := det3(s[0], s[1], t[0], s[1], s[2], t[1], s[2], s[3], t[2]) / det
	return middle - unit*b/(2*c), a - b*b/(4*c), c / (unit * unit)
}

// det3 returns the determinant of a matrix, given by rows.
func det3(a, b, c, d, e, f, g, h, i float64) float64 {
	return a*(e*i-f*h) - b*(d*i-f*g) + c*(d*h-e*g)
}
