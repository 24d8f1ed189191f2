// SPDX-License-Identifier: GPL-3.0-or-later

package model

import (
	"encoding/csv"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"pgregory.net/rapid"
)

// vectors reads the rows of testdata/name; their provenance is its first line.
func vectors(t *testing.T, name string, columns int) [][]float64 {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.Comment = '#'
	r.FieldsPerRecord = columns
	records, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var rows [][]float64
	for _, record := range records[1:] {
		row := make([]float64, columns)
		for i, s := range record {
			if row[i], err = strconv.ParseFloat(s, 64); err != nil {
				t.Fatalf("line %d: %v", len(rows)+3, err)
			}
		}
		rows = append(rows, row)
	}
	if len(rows) < 100 {
		t.Fatalf("only %d rows", len(rows))
	}
	return rows
}

func TestHourDecHorizontal(t *testing.T) {
	tests := []struct {
		name   string
		hd     HourDec
		lat    Angle
		want   Horizontal
		within Angle
		source string
	}{{
		name: "general", hd: HourDec{HA: 1.1, Dec: 1.2}, lat: 0.3,
		want:   Horizontal{Az: 5.916889243730066194, Alt: 0.4472186304990486228},
		within: 1e-13, source: "SOFA t_sofa_c.c, t_hd2ae",
	}, {
		name: "rising due east", hd: HourDec{HA: Hours(-6), Dec: 0}, lat: Degrees(-33),
		want:   Horizontal{Az: Degrees(90), Alt: 0},
		within: Arcsec(1e-6), source: "geometry: six hours before transit on the equator",
	}}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := tt.hd.Horizontal(tt.lat)
			if d := got.Separation(tt.want); d > tt.within {
				t.Errorf("%v is %.3g″ from %v (%s)", got, d.Arcsec(), tt.want, tt.source)
			}
		})
	}
}

func TestAltAzVectors(t *testing.T) {
	var worst Angle
	for i, v := range vectors(t, "astrometry_altaz.csv", 6) {
		lat := Degrees(v[0])
		hd := HourDec{HA: Degrees(v[1]), Dec: Degrees(v[2])}
		want := Horizontal{Az: Degrees(v[3]), Alt: Degrees(v[4])}
		there, back := hd.Horizontal(lat), want.HourDec(lat)
		_, cosAlt := want.Alt.SinCos()
		_, cosDec := hd.Dec.SinCos()
		for name, d := range map[string]Angle{
			"azimuth":     (there.Az - want.Az).WrapSigned().Mul(cosAlt),
			"altitude":    there.Alt - want.Alt,
			"hour angle":  (back.HA - hd.HA).WrapSigned().Mul(cosDec),
			"declination": back.Dec - hd.Dec,
		} {
			worst = max(worst, d.Abs())
			if d.Abs() > Arcsec(1e-5) {
				t.Errorf("line %d: %s off by %.3g″", i+3, name, d.Arcsec())
			}
		}
	}
	t.Logf("worst %.3g″", worst.Arcsec())
}

func TestSeparationVectors(t *testing.T) {
	var worst, worstPA Angle
	for i, v := range vectors(t, "astrometry_separation.csv", 6) {
		a := Equatorial{RA: Degrees(v[0]), Dec: Degrees(v[1])}
		b := Equatorial{RA: Degrees(v[2]), Dec: Degrees(v[3])}
		sep := a.Separation(b)
		d := sep - Degrees(v[4])
		worst = max(worst, d.Abs())
		// The places are rounded to 1e-9°, both of them.
		if d.Abs() > Degrees(2e-9) {
			t.Errorf("line %d: separation off by %.3g″", i+3, d.Arcsec())
		}
		// So the position angle is known to that, along the arc.
		sin, _ := sep.SinCos()
		across := (a.PositionAngle(b) - Degrees(v[5])).WrapSigned().Mul(sin)
		worstPA = max(worstPA, across.Abs())
		if across.Abs() > Degrees(2e-9) {
			t.Errorf("line %d: position angle off by %.3g″ across", i+3, across.Arcsec())
		}
	}
	t.Logf("separation worst %.3g″, position angle worst %.3g″ across", worst.Arcsec(), worstPA.Arcsec())
}

func TestSeparationAtTheEnds(t *testing.T) {
	a := HourDec{HA: 1, Dec: 0.5}
	if d := a.Separation(a); d != 0 {
		t.Errorf("from itself: %g", float64(d))
	}
	near := HourDec{HA: 1, Dec: 0.5 + 1e-10}
	if d := float64(a.Separation(near)); math.Abs(d-1e-10) > 1e-15 {
		t.Errorf("tiny: %g", d)
	}
	opposite := HourDec{HA: 1 - math.Pi, Dec: -0.5 + 1e-10}
	if d := math.Pi - float64(a.Separation(opposite)); math.Abs(d-1e-10) > 2e-15 {
		t.Errorf("near-antipodal: π − %g", d)
	}
}

func drawAngle(t *rapid.T, name string, low, high float64) Angle {
	return Degrees(rapid.Float64Range(low, high).Draw(t, name))
}

func TestFrameInverses(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lat := drawAngle(t, "latitude", -90, 90)
		hd := HourDec{HA: drawAngle(t, "HA", -180, 180), Dec: drawAngle(t, "Dec", -90, 90)}
		lst := drawAngle(t, "LST", 0, 360)
		within := Arcsec(1e-8)

		if d := HourDecOf(hd.Vector()).Separation(hd); d > within {
			t.Fatalf("vector: %.3g″", d.Arcsec())
		}
		h := hd.Horizontal(lat)
		if d := h.HourDec(lat).Separation(hd); d > within {
			t.Fatalf("horizontal: %.3g″", d.Arcsec())
		}
		if d := HorizontalOf(h.Vector()).Separation(h); d > within {
			t.Fatalf("horizontal vector: %.3g″", d.Arcsec())
		}
		if h.Az < 0 || h.Az >= Turn || h.Alt.Abs() > Quarter {
			t.Fatalf("out of range: %v", h)
		}
		e := hd.Equatorial(lst)
		if e.RA < 0 || e.RA >= Turn {
			t.Fatalf("out of range: %v", e)
		}
		back := e.HourDec(lst)
		if back.Separation(hd) > within || back.HA <= -HalfTurn || back.HA > HalfTurn {
			t.Fatalf("%v came back as %v", hd, back)
		}
	})
}

// The celestial poles stand as high as the latitude says, whatever their hour
// angle, and nothing is undefined where azimuth is.
func TestPoles(t *testing.T) {
	for _, lat := range []Angle{Quarter, 0.7, 0, -0.7, -Quarter} {
		for _, sign := range []float64{1, -1} {
			h := HourDec{HA: 1, Dec: Quarter.Mul(sign)}.Horizontal(lat)
			if d := h.Alt - lat.Mul(sign); d.Abs() > 1e-12 || !h.Az.IsFinite() {
				t.Errorf("pole %+g seen from %v: %v", sign, lat, h)
			}
		}
	}
	if h := HorizontalOf(Vec{0, 0, 1}); h != (Horizontal{Az: 0, Alt: Quarter}) {
		t.Errorf("zenith %v", h)
	}
}
