// SPDX-License-Identifier: GPL-3.0-or-later

package sky

import (
	"math"
	"testing"

	"github.com/siderostep/siderostep/internal/vectorfile"
	"github.com/siderostep/siderostep/model"
)

// row is one row of a file of vectors.
type row struct{ vectorfile.Row }

// vectors reads testdata/name.
func vectors(t testing.TB, name string) []row {
	t.Helper()
	var rows []row
	for _, r := range vectorfile.Read(t, name, 100) {
		rows = append(rows, row{r})
	}
	return rows
}

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
		w.t.Errorf("line %d: %s is off by %.3g%s, more than %.3g%s", r.Line, name, d, unit, within, unit)
	}
}
