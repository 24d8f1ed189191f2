// SPDX-License-Identifier: GPL-3.0-or-later

package sky

import (
	"encoding/csv"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/siderostep/siderostep/model"
)

// row is one line of a vector file, by column name. Every file in testdata
// states its provenance in its first line.
type row struct {
	t      *testing.T
	line   int
	fields map[string]string
}

// vectors reads testdata/name. It fails the test if there are fewer than 100 rows.
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
	if len(records) < 101 {
		t.Fatalf("%s: only %d rows", name, len(records)-1)
	}
	var rows []row
	for i, rec := range records[1:] {
		fields := make(map[string]string, len(rec))
		for j, v := range rec {
			fields[records[0][j]] = v
		}
		rows = append(rows, row{t: t, line: i + 3, fields: fields})
	}
	return rows
}

// text returns the field of the given column.
func (r row) text(column string) string {
	r.t.Helper()
	v, ok := r.fields[column]
	if !ok {
		r.t.Fatalf("line %d: no column %s", r.line, column)
	}
	return v
}

// num returns the number in the given column.
func (r row) num(column string) float64 {
	r.t.Helper()
	v, err := strconv.ParseFloat(r.text(column), 64)
	if err != nil {
		r.t.Fatalf("line %d, %s: %v", r.line, column, err)
	}
	return v
}

// deg returns the angle in the given column of degrees.
func (r row) deg(column string) model.Angle { r.t.Helper(); return model.Degrees(r.num(column)) }

// arcsec returns the angle in the given column of seconds of arc.
func (r row) arcsec(column string) model.Angle { r.t.Helper(); return model.Arcsec(r.num(column)) }

// worst collects the greatest deviation of each named quantity from its
// vectors, and fails those beyond their tolerance.
type worst struct {
	t     *testing.T
	names []string
	max   map[string]float64
	unit  map[string]string
}

func newWorst(t *testing.T) *worst {
	w := &worst{t: t, max: map[string]float64{}, unit: map[string]string{}}
	t.Cleanup(func() {
		for _, n := range w.names {
			t.Logf("worst %s: %.3g%s", n, w.max[n], w.unit[n])
		}
	})
	return w
}

// angle compares two angles modulo a turn.
func (w *worst) angle(r row, name string, got, want, within model.Angle) {
	w.t.Helper()
	w.add(r, name, (got - want).WrapSigned().Arcsec(), within.Arcsec(), "″")
}

// number compares two numbers.
func (w *worst) number(r row, name string, got, want, within float64) {
	w.t.Helper()
	w.add(r, name, got-want, within, "")
}

func (w *worst) add(r row, name string, d, within float64, unit string) {
	w.t.Helper()
	if _, ok := w.max[name]; !ok {
		w.names = append(w.names, name)
		w.unit[name] = unit
		w.max[name] = 0
	}
	d = math.Abs(d)
	if !(d <= w.max[name]) {
		w.max[name] = d
	}
	if !(d <= within) {
		w.t.Errorf("line %d: %s is off by %.3g%s, more than %.3g%s", r.line, name, d, unit, within, unit)
	}
}
