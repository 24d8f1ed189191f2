// SPDX-License-Identifier: GPL-3.0-or-later

package pointing

import (
	"math"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
)

// Model is the pointing model of one mount. It is immutable: the fields are
// for reading, the With methods and Sync return a new Model. Build it with New.
type Model struct {
	// Attitude takes a vector of the local equatorial frame into the mount
	// frame. It is a rotation, except that of TakiTwo and TakiThree, which
	// is sheared by as much as the stars disagree.
	Attitude model.Mat

	Errors Errors

	// Index is added to what the axes read, after Z3; Sync sets it.
	Index model.Axes

	inverse     model.Mat
	faults      faults
	zero        model.Axes // Index and Z3 together
	corrections []layer
	sheared     bool
}

// minDeterminant is the least determinant of an attitude: three stars so
// close together that the matrix means nothing lie far above it already.
const minDeterminant = 1e-3

// shearTolerance is the largest departure from a rotation, in any element of
// RᵀR, that is taken for rounding.
const shearTolerance = 1e-12

// Check reports, as fault.Invalid, what New would not accept: values that are
// not finite, an attitude that is singular or a mirror image, Z1 or Z2 beyond
// MaxError.
func Check(attitude model.Mat, e Errors, index model.Axes) error {
	const op = "pointing model"
	for _, row := range attitude {
		for _, x := range row {
			if math.IsNaN(x) || math.IsInf(x, 0) {
				return fault.New(fault.Invalid, op, "the attitude holds %v", x)
			}
		}
	}
	if det := attitude.Det(); det < minDeterminant {
		return fault.New(fault.Invalid, op, "the attitude has determinant %.3g, a rotation has 1", det)
	}
	for i, z := range [...]model.Angle{e.Z1, e.Z2, e.Z3} {
		if !z.IsFinite() {
			return fault.New(fault.Invalid, op, "Z%d is %v", i+1, float64(z))
		}
	}
	if e.Z1.Abs() > MaxError || e.Z2.Abs() > MaxError {
		return fault.New(fault.Invalid, op, "Z1 %v or Z2 %v is beyond %v", e.Z1, e.Z2, MaxError)
	}
	if !index.Z.IsFinite() || !index.A.IsFinite() {
		return fault.New(fault.Invalid, op, "the index holds %v", index)
	}
	return nil
}

// New returns the model made of its parts, without corrections. It panics if
// Check rejects them; pass through Check first what comes from a file.
func New(attitude model.Mat, e Errors, index model.Axes) *Model {
	if err := Check(attitude, e, index); err != nil {
		panic(err)
	}
	m := &Model{Attitude: attitude, Errors: e, Index: index}
	m.prepare()
	return m
}

// prepare computes what the parts imply.
func (m *Model) prepare() {
	m.faults = m.Errors.faults()
	m.zero = model.Axes{Z: m.Index.Z, A: m.Index.A + m.Errors.Z3}
	m.inverse = m.Attitude.Transpose()
	m.sheared = false
	product := m.inverse.Mul(m.Attitude)
	for i, unit := range model.Identity() {
		d := product[i].Sub(unit)
		for _, x := range d {
			m.sheared = m.sheared || math.Abs(x) > shearTolerance
		}
	}
	if m.sheared {
		m.inverse, _ = m.Attitude.Inverse() // Check has seen the determinant
	}
}

// with returns a copy of m changed by edit.
func (m *Model) with(edit func(*Model)) *Model {
	c := *m
	edit(&c)
	if err := Check(c.Attitude, c.Errors, c.Index); err != nil {
		panic(err)
	}
	c.prepare()
	return &c
}

// WithAttitude returns m with another attitude; it panics as New does.
func (m *Model) WithAttitude(attitude model.Mat) *Model {
	return m.with(func(c *Model) { c.Attitude = attitude })
}

// WithErrors returns m with other errors; it panics as New does.
func (m *Model) WithErrors(e Errors) *Model {
	return m.with(func(c *Model) { c.Errors = e })
}

// WithIndex returns m with another index; it panics as New does.
func (m *Model) WithIndex(index model.Axes) *Model {
	return m.with(func(c *Model) { c.Index = index })
}

// WithCorrections returns m with these corrections in place of those it had,
// the one nearest the sky first.
func (m *Model) WithCorrections(corrections ...Correction) *Model {
	own := make([]layer, len(corrections))
	for i, c := range corrections {
		reader, _ := c.(Reader)
		own[i] = layer{c, reader}
	}
	return m.with(func(c *Model) { c.corrections = own })
}

// IsRotation reports whether the attitude is a rotation, not a sheared matrix.
func (m *Model) IsRotation() bool { return !m.sheared }

// ToAxes returns what the axes read when the tube points at s, an observed
// (refracted) direction in the local equatorial frame, of any length: Z in
// (−π, π], A about [−90°, 90°] on the normal side and [90°, 270°] through the
// pole, less the zero points. The caller chooses the turn of Z that its
// cables like. At the very pole, where every Z will do, it is arbitrary but
// finite.
//
// reachable is false where Z1 and Z2 keep the tube away from the mount's
// poles, and for an s without direction; the axes are then those that come
// nearest, or the zero points.
func (m *Model) ToAxes(s model.Vec, side PierSide) (axes model.Axes, reachable bool) {
	return m.fromMount(m.Attitude.Apply(s), side)
}

// ToSky returns the unit vector, in the local equatorial frame, to which the
// tube points when the axes read axes. It is the exact inverse of ToAxes; the
// pier side follows from axes.A.
func (m *Model) ToSky(axes model.Axes) model.Vec {
	s := m.inverse.Apply(m.MountVector(axes))
	if m.sheared {
		return s.Unit()
	}
	return s
}

// MountVector returns the unit vector, in the mount frame, to which the tube
// points when the axes read axes: everything but the attitude.
func (m *Model) MountVector(axes model.Axes) model.Vec {
	return m.faults.vector(m.Ideal(axes))
}

// Ideal returns the axes without zero points and corrections: where faultless
// gears would stand, still with Z1 and Z2.
func (m *Model) Ideal(axes model.Axes) model.Axes {
	axes = axes.Add(m.zero)
	for i := len(m.corrections) - 1; i >= 0; i-- {
		axes = m.corrections[i].remove(axes)
	}
	return axes
}

// fromMount is ToAxes from a vector of the mount frame.
func (m *Model) fromMount(v model.Vec, side PierSide) (axes model.Axes, reachable bool) {
	axes, reachable = m.faults.axes(v, side)
	for i := range m.corrections {
		axes = axes.Sub(m.corrections[i].At(axes))
	}
	axes = axes.Sub(m.zero)
	axes.Z = axes.Z.WrapSigned()
	return axes, reachable
}

// Side returns the pier side that axes are on, and whether that is certain:
// within a degree of the pole it is not, and the side remembered should rule.
func (m *Model) Side(axes model.Axes) (side PierSide, certain bool) {
	_, cosH := (axes.A + m.zero.A).SinCos()
	side = Normal
	if cosH < 0 {
		side = Through
	}
	return side, math.Abs(cosH) > math.Pi/180
}

// OtherWay returns the axes that point where axes point, but on the other
// pier side; Z is the representative nearest to axes.Z. ok is false in the
// blind cones, as for ToAxes.
func (m *Model) OtherWay(axes model.Axes) (other model.Axes, ok bool) {
	side, _ := m.Side(axes)
	other, ok = m.ToAxes(m.ToSky(axes), side.Other())
	other.Z = other.Z.Near(axes.Z)
	return other, ok
}

// Sync returns the model with the Index that makes axes point at s on the
// given side, everything else kept. Where s cannot be reached it makes them
// point as near as they can. It changes nothing for an s without direction.
func (m *Model) Sync(s model.Vec, axes model.Axes, side PierSide) *Model {
	if n := s.Norm(); !(n > 0 && n <= math.MaxFloat64) {
		return m
	}
	want, _ := m.ToAxes(s, side)
	d := want.Sub(axes)
	return m.WithIndex(model.Axes{
		Z: (m.Index.Z + d.Z).WrapSigned(),
		A: m.Index.A + d.A,
	})
}
