// SPDX-License-Identifier: GPL-3.0-or-later

package fit

import (
	"cmp"
	"math"
	"slices"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
)

// Curve says which error a Table holds against which axis.
type Curve int

// The curves, in the order in which they are built and lie from the motors
// towards the sky.
const (
	AltAz  Curve = iota // ALTAZEC: error of axis A against Z; a rocker base that is not flat
	AltAlt              // ALTALTEC: error of axis A against A; droop, uneven bearings
	AzAz                // AZAZEC: error of axis Z against Z; a gear off centre
)

// Cells is the number of values of a Table, one every 5°.
const Cells = 72

const cellDegrees = 360.0 / Cells

// String returns the original's name of the curve.
func (c Curve) String() string {
	if c < 0 || int(c) >= len(curves) {
		return "unknown curve"
	}
	return curves[c].name
}

var curves = [...]struct {
	name  string
	first int // argument of the first cell, degrees
}{AltAz: {"ALTAZEC", 0}, AltAlt: {"ALTALTEC", -180}, AzAz: {"AZAZEC", 0}}

// Table is a correction of one axis against the reading of one axis: values
// every 5°, straight lines between them, and the first again after the last.
// A value is how far the axis reads too high or too far clockwise, in degrees.
type Table struct {
	Curve   Curve          `json:"curve"`
	Degrees [Cells]float64 `json:"degrees"`

	// OnSky says that the values of AZAZEC are lengths on the sky, as the
	// original measures them, not angles of the axis: they then grow with the
	// secant of A (to 85°).
	OnSky bool `json:"on_sky,omitempty"`

	// Ahead, in degrees, is added to the reading before looking it up. The
	// original's look-up is half a cell (2.5°) ahead.
	Ahead float64 `json:"ahead_degrees,omitempty"`
}

// Value returns the table's value at the reading x, periodic in x.
func (t *Table) Value(x model.Angle) model.Angle {
	value, _ := t.line(x)
	return model.Degrees(value)
}

// line returns the value at x, in degrees, and its slope.
func (t *Table) line(x model.Angle) (value, slope float64) {
	pos := (x.Degrees() + t.Ahead - float64(curves[t.Curve].first)) / cellDegrees
	pos -= Cells * math.Floor(pos/Cells)
	i := min(max(int(pos), 0), Cells-1) // a tiny negative position rounds up to a whole turn
	next := i + 1
	if next == Cells {
		next = 0
	}
	rise := t.Degrees[next] - t.Degrees[i]
	return t.Degrees[i] + rise*(pos-float64(i)), rise / cellDegrees
}

// Argument returns the reading that cell i is for, in degrees.
func (t *Table) Argument(i int) float64 {
	return float64(curves[t.Curve].first) + cellDegrees*float64(i)
}

// Check reports, as fault.Invalid, a curve that does not exist or values that
// no mount has.
func (t *Table) Check() error {
	if t.Curve < 0 || int(t.Curve) >= len(curves) {
		return fault.New(fault.Invalid, opTable, "curve %d does not exist", int(t.Curve))
	}
	for i, v := range t.Degrees {
		if !(math.Abs(v) <= mostCorrection) {
			return fault.New(fault.Invalid, opTable, "%v has %v° at %v°: a value may be up to %g° either way", t.Curve, v, t.Argument(i), mostCorrection)
		}
	}
	if !(math.Abs(t.Ahead) <= 360) {
		return fault.New(fault.Invalid, opTable, "%v is to be looked up %v° ahead", t.Curve, t.Ahead)
	}
	return nil
}

const (
	opTable        = "correction table"
	mostCorrection = 5.0 // degrees
)

// Wrong returns how far the axes read wrong when they read raw.
func (t *Table) Wrong(raw model.Axes) model.Axes {
	switch t.Curve {
	case AltAz:
		return model.Axes{A: t.Value(raw.Z)}
	case AltAlt:
		return model.Axes{A: t.Value(raw.A)}
	default:
		return model.Axes{Z: t.Value(raw.Z).Mul(t.scale(raw.A))}
	}
}

// At returns true minus raw at axes, those of the table's sky side. The table
// itself goes by what the axes read, as the original's do.
func (t *Table) At(axes model.Axes) model.Axes {
	switch t.Curve {
	case AltAz:
		return model.Axes{A: -t.Value(axes.Z)}
	case AltAlt:
		return model.Axes{A: axes.A - t.reading(axes.A, 1)}
	default:
		return model.Axes{Z: axes.Z - t.reading(axes.Z, t.scale(axes.A))}
	}
}

// scale returns by what values along Z are to be multiplied.
func (t *Table) scale(a model.Angle) float64 {
	if t.OnSky {
		return secant(a)
	}
	return 1
}

// reading returns the reading that, less k times its value, is x: by Newton's
// rule, which on straight lines ends in two steps or three.
func (t *Table) reading(x model.Angle, k float64) model.Angle {
	raw := x
	for range 12 {
		value, slope := t.line(raw)
		step := (x - raw + model.Degrees(k*value)).Mul(1 / max(1-k*slope, 0.5))
		raw += step
		if step.Abs() < 1e-14 {
			break
		}
	}
	return raw
}

// secant returns |sec a|, at most that of 85°.
func secant(a model.Angle) float64 {
	_, cos := a.SinCos()
	return 1 / max(math.Abs(cos), capped)
}

// Knot is a measured error of a Table: how far the axis was off at a reading.
type Knot struct {
	At    model.Angle
	Error model.Angle
}

// Interpolate returns the table of straight lines between neighbouring knots,
// round the whole circle, as the original makes it. Knots at one reading count
// with their mean. Without knots it is zero.
func Interpolate(c Curve, knots []Knot) *Table {
	t := &Table{Curve: c}
	type point struct{ x, y, n float64 }
	var points []point
	sorted := slices.Clone(knots)
	slices.SortStableFunc(sorted, func(a, b Knot) int { return cmp.Compare(a.At.Wrap(), b.At.Wrap()) })
	for _, k := range sorted {
		x, y := k.At.Wrap().Degrees(), k.Error.Degrees()
		if n := len(points); n > 0 && x-points[n-1].x < 1e-9 {
			p := &points[n-1]
			p.y = (p.y*p.n + y) / (p.n + 1)
			p.n++
			continue
		}
		points = append(points, point{x, y, 1})
	}
	if len(points) == 0 {
		return t
	}
	for i := range t.Degrees {
		x := model.Degrees(t.Argument(i)).Wrap().Degrees()
		after := slices.IndexFunc(points, func(p point) bool { return p.x > x })
		before := after - 1
		if after < 0 {
			before, after = len(points)-1, 0
		} else if before < 0 {
			before = len(points) - 1
		}
		a, b := points[before], points[after]
		gap := math.Mod(b.x-a.x+360, 360)
		if gap == 0 {
			t.Degrees[i] = a.y
			continue
		}
		k := math.Mod(x-a.x+360, 360) / gap
		t.Degrees[i] = a.y*(1-k) + b.y*k
	}
	return t
}

// smoothHarmonics is the number of harmonics of Smooth.
const smoothHarmonics = 4

// Smooth returns the table of the first four harmonics of the knots, each
// drawn towards zero as far as sigma, the error of one knot, leaves it in
// doubt: size is what such errors are expected to come to. The mean is left
// out; it is a zero point's.
func Smooth(c Curve, knots []Knot, sigma, size model.Angle) *Table {
	const n = 2*smoothHarmonics + 1
	normal, right := newSquare(n), make([]float64, n)
	row := make([]float64, n)
	for _, k := range knots {
		harmonics(k.At, row)
		for i, x := range row {
			right[i] += x * k.Error.Degrees()
			for j, y := range row {
				normal[i][j] += x * y
			}
		}
	}
	t := &Table{Curve: c}
	ratio := float64(sigma / size)
	for i := 1; i < n; i++ { // the higher, the smaller it is expected
		order := float64((i + 1) / 2)
		normal[i][i] += ratio * ratio * order * order
	}
	normal[0][0] += 1e-9
	inverse, ok := invert(normal)
	if !ok {
		return t
	}
	factors := apply(inverse, right)
	for i := range t.Degrees {
		harmonics(model.Degrees(t.Argument(i)), row)
		for j := 1; j < n; j++ {
			t.Degrees[i] += factors[j] * row[j]
		}
	}
	return t
}

// harmonics fills row with 1, sin x, cos x, sin 2x, cos 2x, ….
func harmonics(x model.Angle, row []float64) {
	row[0] = 1
	sin, cos := x.SinCos()
	s, c := 0.0, 1.0
	for k := 1; k+1 < len(row); k += 2 {
		s, c = s*cos+c*sin, c*cos-s*sin
		row[k], row[k+1] = s, c
	}
}
