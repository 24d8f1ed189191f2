// SPDX-License-Identifier: GPL-3.0-or-later

package pointing

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"github.com/siderostep/siderostep/model"
)

// row is one line of a file of vectors; its provenance is the file's first line.
type row struct {
	t      *testing.T
	line   int
	values map[string]string
}

// vectors reads testdata/name.
func vectors(t *testing.T, name string) []row {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.Comment = '#'
	records, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var rows []row
	for i, record := range records[1:] {
		v := row{t: t, line: i + 3, values: map[string]string{}}
		for j, name := range records[0] {
			v.values[name] = record[j]
		}
		rows = append(rows, v)
	}
	if len(rows) < 10 {
		t.Fatalf("%s: only %d rows", name, len(rows))
	}
	return rows
}

func (r row) has(name string) bool { return r.values[name] != "" }

func (r row) number(name string) float64 {
	r.t.Helper()
	v, err := strconv.ParseFloat(r.values[name], 64)
	if err != nil {
		r.t.Fatalf("line %d, %s: %v", r.line, name, err)
	}
	return v
}

func (r row) deg(name string) model.Angle { return model.Degrees(r.number(name)) }
func (r row) flag(name string) bool       { return r.number(name) != 0 }

func (r row) side(name string) PierSide {
	if r.flag(name) {
		return Through
	}
	return Normal
}

// angle reads the column name or name_deg.
func (r row) angle(name string) model.Angle {
	r.t.Helper()
	if r.has(name + "_deg") {
		return r.deg(name + "_deg")
	}
	return r.deg(name)
}

// hourDec reads the columns ra, dec and lst behind prefix.
func (r row) hourDec(prefix string) model.HourDec {
	r.t.Helper()
	return model.Equatorial{RA: r.angle(prefix + "ra"), Dec: r.angle(prefix + "dec")}.HourDec(r.angle(prefix + "lst"))
}

// axes reads the columns az and alt behind prefix.
func (r row) axes(prefix string) model.Axes {
	r.t.Helper()
	return model.Axes{Z: r.angle(prefix + "az"), A: r.angle(prefix + "alt")}
}

func (r row) star(prefix string) Star {
	return Star{Sky: r.hourDec(prefix).Vector(), Axes: r.axes(prefix)}
}

func (r row) errors() Errors {
	return Errors{Z1: r.deg("z1_deg"), Z2: r.deg("z2_deg"), Z3: r.deg("z3_deg")}
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
