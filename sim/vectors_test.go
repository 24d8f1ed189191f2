// SPDX-License-Identifier: GPL-3.0-or-later

package sim

import (
	"bufio"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/siderostep/siderostep/model"
)

// row is one line of a file of vectors, by column name.
type row struct {
	t      *testing.T
	line   int
	fields map[string]string
}

// vectors reads a file of vectors from outside; see its first lines for where
// they come from.
func vectors(t *testing.T, name string) []row {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var header []string
	var rows []row
	scanner := bufio.NewScanner(f)
	for line := 1; scanner.Scan(); line++ {
		if strings.HasPrefix(scanner.Text(), "#") {
			continue
		}
		cells := strings.Split(scanner.Text(), ",")
		if header == nil {
			header = cells
			continue
		}
		r := row{t: t, line: line, fields: map[string]string{}}
		for i, cell := range cells {
			r.fields[header[i]] = cell
		}
		rows = append(rows, r)
	}
	if len(rows) == 0 {
		t.Fatalf("%s holds no vectors", name)
	}
	return rows
}

func (r row) text(column string) string {
	v, ok := r.fields[column]
	if !ok {
		r.t.Fatalf("no column %s", column)
	}
	return v
}

func (r row) num(column string) float64 {
	v, err := strconv.ParseFloat(r.text(column), 64)
	if err != nil {
		r.t.Fatalf("line %d, %s: %v", r.line, column, err)
	}
	return v
}

// rad returns a column of degrees in radians.
func (r row) rad(column string) float64 { return r.num(column) * math.Pi / 180 }

func (r row) angle(column string) model.Angle { return model.Degrees(r.num(column)) }

// extreme keeps the largest of the errors it is shown.
type extreme struct {
	size float64
	line int
}

func (e *extreme) see(r row, size float64) {
	if math.IsNaN(size) || math.Abs(size) > e.size {
		e.size, e.line = math.Abs(size), r.line
	}
}

// within fails the test unless the largest error is at most tolerance, and
// logs it either way.
func (e *extreme) within(t *testing.T, what string, tolerance float64, unit string) {
	t.Helper()
	t.Logf("%s: at most %.3g%s (line %d)", what, e.size, unit, e.line)
	if !(e.size <= tolerance) {
		t.Errorf("%s: off by %.4g%s in line %d; at most %g%s", what, e.size, unit, e.line, tolerance, unit)
	}
}

// turns returns the difference of two angles in radians, modulo a turn, in
// seconds of arc.
func turns(a, b float64) float64 { return math.Remainder(a-b, 2*math.Pi) / arcsec }
