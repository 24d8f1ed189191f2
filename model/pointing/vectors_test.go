// SPDX-License-Identifier: GPL-3.0-or-later

package pointing

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/siderostep/siderostep/internal/vectorfile"
	"github.com/siderostep/siderostep/model"
)

// row is one row of a file of vectors.
type row struct{ vectorfile.Row }

// vectors reads testdata/name.
func vectors(t testing.TB, name string) []row {
	t.Helper()
	var rows []row
	for _, r := range vectorfile.Read(t, name, 10) {
		rows = append(rows, row{r})
	}
	return rows
}

func (r row) side(name string) PierSide {
	if r.Flag(name) {
		return Through
	}
	return Normal
}

// angle reads the column name or name_deg.
func (r row) angle(name string) model.Angle {
	if r.Has(name + "_deg") {
		return r.Deg(name + "_deg")
	}
	return r.Deg(name)
}

// hourDec reads the columns ra, dec and lst behind prefix.
func (r row) hourDec(prefix string) model.HourDec {
	return model.Equatorial{RA: r.angle(prefix + "ra"), Dec: r.angle(prefix + "dec")}.HourDec(r.angle(prefix + "lst"))
}

// axes reads the columns az and alt behind prefix.
func (r row) axes(prefix string) model.Axes {
	return model.Axes{Z: r.angle(prefix + "az"), A: r.angle(prefix + "alt")}
}

func (r row) star(prefix string) Star {
	return Star{Sky: r.hourDec(prefix).Vector(), Axes: r.axes(prefix)}
}

func (r row) errors() Errors {
	return Errors{Z1: r.Deg("z1_deg"), Z2: r.Deg("z2_deg"), Z3: r.Deg("z3_deg")}
}

// worst remembers the largest deviation and fails beyond the tolerance.
type worst struct {
	t      *testing.T
	name   string
	within model.Angle
	most   model.Angle
	count  int
}

func (w *worst) angle(d model.Angle, format string, args ...any) {
	w.t.Helper()
	w.count++
	if !(d.Abs() <= w.within) {
		w.t.Errorf(format+": off by %.3g″, tolerance %.3g″", append(args, d.Arcsec(), w.within.Arcsec())...)
	}
	w.most = max(w.most, d.Abs())
}

// axes compares Z along the sky and modulo a turn, and A modulo a turn.
func (w *worst) axes(line int, got, want model.Axes) {
	w.t.Helper()
	_, cos := want.A.SinCos()
	w.angle((got.Z - want.Z).WrapSigned().Mul(cos), "line %d: Z of %v against %v", line, got, want)
	w.angle((got.A - want.A).WrapSigned(), "line %d: A of %v against %v", line, got, want)
}

func (w *worst) log() {
	w.t.Helper()
	w.t.Logf("%s: %d comparisons, worst %.3g″ (tolerance %.3g″)", w.name, w.count, w.most.Arcsec(), w.within.Arcsec())
}

// ---- generators for properties ----

func drawAngle(t *rapid.T, name string, low, high float64) model.Angle {
	return model.Degrees(rapid.Float64Range(low, high).Draw(t, name))
}

func drawHourDec(t *rapid.T, name string) model.HourDec {
	return model.HourDec{HA: drawAngle(t, name+" HA", -180, 180), Dec: drawAngle(t, name+" Dec", -90, 90)}
}

func drawRotation(t *rapid.T) model.Mat {
	return model.RotZ(drawAngle(t, "rot z", -180, 180)).
		Mul(model.RotY(drawAngle(t, "rot y", -180, 180))).
		Mul(model.RotX(drawAngle(t, "rot x", -180, 180)))
}

func drawErrors(t *rapid.T, most float64) Errors {
	return Errors{
		Z1: drawAngle(t, "Z1", -most, most), Z2: drawAngle(t, "Z2", -most, most), Z3: drawAngle(t, "Z3", -most, most),
	}
}

func drawModel(t *rapid.T) *Model {
	index := model.Axes{Z: drawAngle(t, "index Z", -180, 180), A: drawAngle(t, "index A", -30, 30)}
	return New(drawRotation(t), drawErrors(t, 5), index)
}

func drawSide(t *rapid.T) PierSide {
	return rapid.SampledFrom([]PierSide{Normal, Through}).Draw(t, "side")
}
