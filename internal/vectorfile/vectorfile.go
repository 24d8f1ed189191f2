// SPDX-License-Identifier: GPL-3.0-or-later

// Package vectorfile reads the tables of numbers from outside that tests go by:
// values separated by commas, the provenance in lines that begin with "#", the
// names of the columns before the first row.
package vectorfile

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/siderostep/siderostep/model"
)

// Row is one row of a table. A column that is missing, or holds no number
// where one is asked for, ends the test.
type Row struct {
	t      testing.TB
	Line   int // of the file, when one line tells its provenance
	fields map[string]string
}

// Read returns the rows of testdata/name. It ends the test if there are fewer
// than atLeast, so that a file cut short does not pass for one without faults.
func Read(t testing.TB, name string, atLeast int) []Row {
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
	if len(records) < atLeast+1 {
		t.Fatalf("%s has only %d rows; at least %d are wanted", name, len(records)-1, atLeast)
	}
	rows := make([]Row, 0, len(records)-1)
	for i, record := range records[1:] {
		fields := make(map[string]string, len(record))
		for j, v := range record {
			fields[records[0][j]] = v
		}
		rows = append(rows, Row{t: t, Line: i + 3, fields: fields})
	}
	return rows
}

// Has reports whether the column is there and not empty.
func (r Row) Has(column string) bool { return r.fields[column] != "" }

// Text returns what stands in the column.
func (r Row) Text(column string) string {
	r.t.Helper()
	v, ok := r.fields[column]
	if !ok {
		r.t.Fatalf("line %d: there is no column %s", r.Line, column)
	}
	return v
}

// Num returns the number in the column.
func (r Row) Num(column string) float64 {
	r.t.Helper()
	v, err := strconv.ParseFloat(r.Text(column), 64)
	if err != nil {
		r.t.Fatalf("line %d, %s: %v", r.Line, column, err)
	}
	return v
}

// Deg returns the angle in a column of degrees.
func (r Row) Deg(column string) model.Angle { r.t.Helper(); return model.Degrees(r.Num(column)) }

// Arcsec returns the angle in a column of seconds of arc.
func (r Row) Arcsec(column string) model.Angle { r.t.Helper(); return model.Arcsec(r.Num(column)) }

// Flag reports whether the number in the column is not 0.
func (r Row) Flag(column string) bool { r.t.Helper(); return r.Num(column) != 0 }
