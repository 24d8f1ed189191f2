// SPDX-License-Identifier: GPL-3.0-or-later

package fit

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
)

// mostLegacy is the size of a legacy file beyond which it is not read: 20,000
// points.
const mostLegacy = 1 << 20

// numbers reads lines of at least n numbers; what follows them on a line is
// left alone, empty lines and those beginning with # are skipped. Its errors
// are fault.Invalid and name file and line.
func numbers(file string, text []byte, n int, line func(at int, v []float64) error) error {
	if len(text) > mostLegacy {
		return fault.New(fault.Invalid, file, "the file has %d bytes: more than %d are not read", len(text), mostLegacy)
	}
	at := 0
	for raw := range bytes.Lines(text) {
		at++
		fields := strings.Fields(string(raw))
		if len(fields) == 0 || strings.HasPrefix(fields[0], "#") {
			continue
		}
		if len(fields) < n {
			return fault.New(fault.Invalid, locate(file, at), "%d numbers are needed, %d are there", n, len(fields))
		}
		v := make([]float64, n)
		for i := range v {
			x, err := strconv.ParseFloat(fields[i], 64)
			if err != nil || math.IsNaN(x) || math.IsInf(x, 0) {
				return fault.New(fault.Invalid, locate(file, at), "%q is no number", fields[i])
			}
			v[i] = x
		}
		if err := line(at, v); err != nil {
			return fault.New(fault.Invalid, locate(file, at), "%s", message(err))
		}
	}
	return nil
}

func locate(file string, line int) string { return fmt.Sprintf("%s:%d", file, line) }

// decimal writes a number so that reading it gives the same one.
func decimal(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// ParseTable reads an altazec.dat, altaltec.dat or azazec.dat: 72 lines, angle
// and error, degrees. The values of AZAZEC become lengths on the sky, which is
// how the original measured them, and it is looked up at the reading itself;
// set OnSky to false and Ahead to 2.5 to have the original's very corrections.
//
// Its errors are fault.Invalid and name file and line.
func ParseTable(file string, text []byte, c Curve) (*Table, error) {
	t := &Table{Curve: c, OnSky: c == AzAz}
	if err := t.Check(); err != nil {
		return nil, err
	}
	rows := 0
	err := numbers(file, text, 2, func(_ int, v []float64) error {
		if rows == Cells {
			return fault.New(fault.Invalid, opTable, "the table has more than %d rows", Cells)
		}
		if want := t.Argument(rows); v[0] != want {
			return fault.New(fault.Invalid, opTable, "the row is for %v°, %v° was to come", v[0], want)
		}
		if math.Abs(v[1]) > mostCorrection {
			return fault.New(fault.Invalid, opTable, "an error of %v° is beyond belief: it may be up to %g° either way", v[1], mostCorrection)
		}
		t.Degrees[rows] = v[1]
		rows++
		return nil
	})
	if err != nil {
		return nil, err
	}
	if rows < Cells {
		return nil, fault.New(fault.Invalid, file, "the table ends after %d rows: %d are needed", rows, Cells)
	}
	return t, nil
}

// FormatTable writes t as ParseTable reads it.
func FormatTable(t *Table) []byte {
	var b bytes.Buffer
	for i, v := range t.Degrees {
		fmt.Fprintf(&b, "%s %s\n", decimal(t.Argument(i)), decimal(v))
	}
	return b.Bytes()
}

// ParseMap reads a pmc.dat: altitude, azimuth, error in altitude, error in
// azimuth along the sky, degrees. Distances are the original's; an empty file
// is refused, as there.
func ParseMap(file string, text []byte) (*Map, error) {
	m := &Map{}
	err := numbers(file, text, 4, func(_ int, v []float64) error {
		p := MapPoint{
			Axes:   model.Axes{A: model.Degrees(v[0]), Z: model.Degrees(v[1])},
			ErrorA: model.Degrees(v[2]), ErrorZ: model.Degrees(v[3]),
		}
		if math.Abs(v[0]) > 360 || math.Abs(v[1]) > 720 {
			return fault.New(fault.Invalid, opMap, "%v°, %v° is no place of a mount", v[0], v[1])
		}
		m.Points = append(m.Points, p)
		return (&Map{Points: m.Points[len(m.Points)-1:]}).Check()
	})
	if err != nil {
		return nil, err
	}
	if len(m.Points) == 0 {
		return nil, fault.New(fault.Invalid, file, "the file holds no points")
	}
	return m, nil
}

// FormatMap writes m as ParseMap reads it.
func FormatMap(m *Map) []byte {
	var b bytes.Buffer
	for _, p := range m.Points {
		fmt.Fprintf(&b, "%s %s %s %s\n", degrees(p.Axes.A), degrees(p.Axes.Z), degrees(p.ErrorA), degrees(p.ErrorZ))
	}
	return b.Bytes()
}

// degrees writes an angle in degrees to 1e-10, a hundred thousandth of what
// an eye sees.
func degrees(a model.Angle) string {
	text := strconv.FormatFloat(a.Degrees(), 'f', 10, 64)
	text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	if text == "-0" {
		return "0"
	}
	return text
}

// ParseAnalysis reads an analysis.dat: right ascension, declination, altitude,
// azimuth, sidereal time, degrees; the rest of a line, errors of an earlier
// model, does not count.
//
// Its errors are fault.Invalid and name file and line.
func ParseAnalysis(file string, text []byte) ([]Observation, error) {
	var obs []Observation
	err := numbers(file, text, 5, func(at int, v []float64) error {
		for _, x := range []float64{v[0], v[4]} {
			if math.Abs(x) > 720 {
				return fault.New(fault.Invalid, opFit, "%v° is no right ascension or sidereal time", x)
			}
		}
		o := Observation{
			Name:  fmt.Sprintf("%s line %d", file, at),
			Place: model.Equatorial{RA: model.Degrees(v[0]), Dec: model.Degrees(v[1])},
			Axes:  model.Axes{A: model.Degrees(v[2]), Z: model.Degrees(v[3])},
			LST:   model.Degrees(v[4]),
		}
		obs = append(obs, o)
		return o.Check()
	})
	if err != nil {
		return nil, err
	}
	return obs, nil
}

// FormatAnalysis writes observations as ParseAnalysis reads them. With misses,
// as many as observations, each line ends with them as the original's do:
// "PMCarcmin" and the errors of altitude and of azimuth along the sky.
func FormatAnalysis(obs []Observation, misses []Residual) []byte {
	var b bytes.Buffer
	for i, o := range obs {
		fmt.Fprintf(&b, "%s %s %s %s %s", degrees(o.Place.RA), degrees(o.Place.Dec), degrees(o.Axes.A), degrees(o.Axes.Z), degrees(o.LST))
		if i < len(misses) {
			fmt.Fprintf(&b, " PMCarcmin %.3f %.3f", misses[i].A.Arcmin(), misses[i].Z.Arcmin())
		}
		b.WriteByte('\n')
	}
	return b.Bytes()
}

// FormatErrors writes an analysis.err: the five numbers of each observation
// and by how much it misses the model, minutes of arc.
func FormatErrors(obs []Observation, misses []Residual) []byte {
	var b bytes.Buffer
	for i, o := range obs[:min(len(obs), len(misses))] {
		fmt.Fprintf(&b, "%s %s %s %s %s alt_err_arcmin %.3f az_err_arcmin %.3f\n",
			degrees(o.Place.RA), degrees(o.Place.Dec), degrees(o.Axes.A), degrees(o.Axes.Z), degrees(o.LST),
			misses[i].A.Arcmin(), misses[i].Z.Arcmin())
	}
	return b.Bytes()
}
