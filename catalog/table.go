// SPDX-License-Identifier: GPL-3.0-or-later

package catalog

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/siderostep/siderostep/model"
)

// The columns of a table, in the words of its heading.
const (
	columnName          = "name"
	columnOther         = "other" // further designations, with ";" between
	columnRA            = "ra"    // hours, minutes, seconds
	columnRADeg         = "ra_deg"
	columnDec           = "dec" // degrees, minutes, seconds
	columnDecDeg        = "dec_deg"
	columnPMRA          = "pm_ra_mas" // a year, times cos Dec
	columnPMDec         = "pm_dec_mas"
	columnMagnitude     = "magnitude"
	columnType          = "type"
	columnSize          = "size_arcmin"
	columnConstellation = "constellation"
	columnNotes         = "notes"
)

var columns = []string{columnName, columnOther, columnRA, columnRADeg, columnDec, columnDecDeg, columnPMRA, columnPMDec,
	columnMagnitude, columnType, columnSize, columnConstellation, columnNotes}

// ReadTable reads a table with magnitudes and types, which data files of the
// original lack: values separated by commas, "#" before comments, and a first
// line that names the columns, in any order:
//
//	name, ra or ra_deg, dec or dec_deg      needed
//	other, pm_ra_mas, pm_dec_mas, magnitude, type, size_arcmin,
//	constellation, notes                    if known
//
// ra is in hours, minutes and seconds, dec in degrees, minutes and seconds,
// with blanks or colons between; seconds may have decimals. Lines that do not
// fit are problems, a heading that does not fit is the only one and there
// are no objects. The error is that of reading.
func ReadTable(name string, r io.Reader, e Equinox) (*Catalog, []Problem, error) {
	c := &Catalog{Name: name}
	p := problems{file: name}
	limited := &io.LimitedReader{R: r, N: maxBytes + 1}
	in := csv.NewReader(limited)
	in.Comment = '#'
	in.FieldsPerRecord = -1
	in.TrimLeadingSpace = true
	in.ReuseRecord = true
	var heading map[string]int
	for {
		record, err := in.Read()
		var bad *csv.ParseError
		switch {
		case limited.N <= 0:
			p.add(0, "the file is larger than %d MB; the rest is not read", maxBytes>>20)
			return c, p.all(), nil
		case errors.Is(err, io.EOF):
			if heading == nil {
				p.add(0, "the file has no heading; accepted: the names of columns, %s", strings.Join(columns, ", "))
			}
			return c, p.all(), nil
		case errors.As(err, &bad):
			p.add(bad.Line, "%v", bad.Err)
			continue
		case err != nil:
			return c, p.all(), err
		}
		line, _ := in.FieldPos(0)
		if len(record) == 1 && strings.TrimSpace(record[0]) == "" {
			continue
		}
		if heading == nil {
			if heading, err = headingOf(record); err != nil {
				p.add(line, "%v", err)
				return c, p.all(), nil
			}
			continue
		}
		if len(c.Objects) >= maxObjects {
			p.add(line, "there are more than %d objects; the rest is not read", maxObjects)
			return c, p.all(), nil
		}
		o, err := row{heading, record}.object(e)
		if err != nil {
			p.add(line, "%v", err)
			continue
		}
		o.Line = line
		c.Objects = append(c.Objects, o)
	}
}

// headingOf returns the place of every column in a record.
func headingOf(record []string) (map[string]int, error) {
	at := make(map[string]int, len(record))
	for i, word := range record {
		word = strings.ToLower(strings.TrimSpace(strings.TrimPrefix(word, "\ufeff")))
		if _, twice := at[word]; twice {
			return nil, fmt.Errorf("the column %q is there twice", clip(word))
		}
		known := false
		for _, c := range columns {
			known = known || c == word
		}
		if !known {
			return nil, fmt.Errorf("there is no column %q; accepted: %s", clip(word), strings.Join(columns, ", "))
		}
		at[word] = i
	}
	for _, need := range [][2]string{{columnName, columnName}, {columnRA, columnRADeg}, {columnDec, columnDecDeg}} {
		_, first := at[need[0]]
		_, second := at[need[1]]
		if !first && !second {
			return nil, fmt.Errorf("the heading lacks the column %q", need[0])
		}
	}
	return at, nil
}

// row is a record under its heading.
type row struct {
	heading map[string]int
	record  []string
}

// text returns the value in a column; empty if it is missing.
func (r row) text(column string) string {
	i, ok := r.heading[column]
	if !ok || i >= len(r.record) {
		return ""
	}
	return strings.TrimSpace(latin1(r.record[i]))
}

// number returns the value in a column if it is there and within low … high.
func (r row) number(column string, low, high float64) (v float64, there bool, err error) {
	text := r.text(column)
	if text == "" {
		return 0, false, nil
	}
	v, err = strconv.ParseFloat(text, 64)
	if err != nil || !(v >= low && v <= high) {
		return 0, false, fmt.Errorf("%s is %q; accepted: %g to %g", column, clip(text), low, high)
	}
	return v, true, nil
}

// object returns the object of the row.
func (r row) object(e Equinox) (Object, error) {
	if len(r.record) > len(r.heading) {
		return Object{}, fmt.Errorf("the line has %d values, the heading %d", len(r.record), len(r.heading))
	}
	ra, err := r.coordinate(columnRA, columnRADeg, 0, 24, model.Hours)
	if err != nil {
		return Object{}, err
	}
	dec, err := r.coordinate(columnDec, columnDecDeg, -90, 90, model.Degrees)
	if err != nil {
		return Object{}, err
	}
	place, err := r.moved(e.place(ra.Wrap(), dec))
	if err != nil {
		return Object{}, err
	}
	o := Object{
		Name: r.text(columnName), Place: place, Type: strings.ToLower(r.text(columnType)),
		Constellation: r.text(columnConstellation), Notes: r.text(columnNotes),
	}
	if o.Name == "" {
		return Object{}, fmt.Errorf("the object has no name")
	}
	for other := range strings.SplitSeq(r.text(columnOther), ";") {
		if other = strings.TrimSpace(other); other != "" {
			o.Others = append(o.Others, other)
		}
	}
	if o.Magnitude, o.HasMagnitude, err = r.number(columnMagnitude, -30, 40); err != nil {
		return Object{}, err
	}
	o.SizeArcmin, _, err = r.number(columnSize, 0, 21600)
	return o, err
}

// moved gives a place of J2000 its proper motion, if the row has one. Places
// of other equinoxes cannot carry it.
func (r row) moved(place Place) (Place, error) {
	const fastest = 20000 // mas a year; Barnard's star does 10400
	ra, hasRA, err := r.number(columnPMRA, -fastest, fastest)
	if err != nil {
		return nil, err
	}
	dec, hasDec, err := r.number(columnPMDec, -fastest, fastest)
	if err != nil {
		return nil, err
	}
	if !hasRA && !hasDec {
		return place, nil
	}
	star, ok := place.(J2000)
	if !ok {
		return nil, fmt.Errorf("a proper motion needs the equinox J2000.0, these coordinates are %s", place.Epoch())
	}
	star.PMRA, star.PMDec = model.Arcsec(ra/1000), model.Arcsec(dec/1000)
	return star, nil
}

// coordinate returns the angle in whichever of two columns has it:
// sexagesimal, in the unit that angle takes, or degrees.
func (r row) coordinate(column, degrees string, low, high float64, angle func(float64) model.Angle) (model.Angle, error) {
	text := r.text(column)
	if text == "" {
		v, there, err := r.number(degrees, angle(low).Degrees(), angle(high).Degrees())
		if err == nil && !there {
			err = fmt.Errorf("the object has no %s", column)
		}
		return model.Degrees(v), err
	}
	v, err := sexagesimal(text)
	if err != nil || !(v >= low && v <= high) {
		return 0, fmt.Errorf("%s is %q; accepted: %g 0 0 to %g 0 0", column, clip(text), low, high)
	}
	return angle(v), nil
}

// sexagesimal parses one to three numbers with blanks or colons between, a
// sign before the first only, decimals in the last only.
func sexagesimal(text string) (float64, error) {
	bad := fmt.Errorf("%q is not of the form 12 34 56.7", clip(text))
	fields := strings.FieldsFunc(text, func(c rune) bool { return c == ' ' || c == '\t' || c == ':' })
	if len(fields) == 0 || len(fields) > 3 {
		return 0, bad
	}
	minus := strings.HasPrefix(fields[0], "-")
	fields[0] = strings.TrimPrefix(strings.TrimPrefix(fields[0], "-"), "+")
	total, unit := 0.0, 1.0
	for i, f := range fields {
		v, err := strconv.ParseFloat(f, 64)
		if err != nil || !(v >= 0 && v < 1000) || (i > 0 && v >= 60) || (i < len(fields)-1 && v != math.Trunc(v)) || strings.ContainsAny(f, "+-eExXpP_") {
			return 0, bad
		}
		total += v * unit
		unit /= 60
	}
	if minus {
		total = -total
	}
	return total, nil
}
