// SPDX-License-Identifier: GPL-3.0-or-later

package fit_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/fit"
	"github.com/siderostep/siderostep/model/pointing"
)

// refusal fails unless err is a fault.Invalid that says all the words.
func refusal(t *testing.T, name string, err error, words ...string) {
	t.Helper()
	if !errors.Is(err, fault.Invalid) {
		t.Errorf("%s: %v", name, err)
		return
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("%s: %q lacks %q", name, err, w)
		}
	}
}

// rows makes a legacy table file of 72 lines from first degrees on.
func rows(first int, value string) string {
	var b strings.Builder
	for i := range 72 {
		fmt.Fprintf(&b, "%d %s\n", first+5*i, value)
	}
	return b.String()
}

func TestLegacyTables(t *testing.T) {
	for c, first := range map[fit.Curve]int{fit.AltAz: 0, fit.AltAlt: -180, fit.AzAz: 0} {
		text := strings.Replace(rows(first, "0.0"), fmt.Sprintf("%d 0.0", first+10), fmt.Sprintf(" %d.000000 -0.125000 x", first+10), 1)
		table, err := fit.ParseTable("a.dat", []byte(text), c)
		if err != nil {
			t.Errorf("%v: %v", c, err)
			continue
		}
		if got := table.Value(model.Degrees(float64(first) + 10)).Degrees(); math.Abs(got+0.125) > 1e-12 {
			t.Errorf("%v: %g°", c, got)
		}
		if got := table.Value(model.Degrees(float64(first) + 12.5)).Degrees(); math.Abs(got+0.0625) > 1e-12 {
			t.Errorf("%v between two rows: %g°", c, got)
		}
	}
	good := rows(0, "0.5")
	for name, tt := range map[string]struct{ text, want string }{
		"short":        {good[:len(good)-8], "after 71 rows"},
		"empty":        {"", "after 0 rows"},
		"not a number": {strings.Replace(good, "10 0.5", "10 O.5", 1), "altazec.dat:3"},
		"NaN":          {strings.Replace(good, "10 0.5", "10 NaN", 1), "altazec.dat:3"},
		"one column":   {strings.Replace(good, "10 0.5", "10", 1), "altazec.dat:3"},
		"wrong angle":  {strings.Replace(good, "10 0.5", "11 0.5", 1), "altazec.dat:3"},
		"too large":    {strings.Replace(good, "10 0.5", "10 50", 1), "altazec.dat:3"},
		"too long":     {good + "360 0.5\n", "altazec.dat:73"},
		"other file":   {rows(-180, "0"), "altazec.dat:1"},
		"huge":         {strings.Repeat("\n", 2<<20), "bytes"},
	} {
		_, err := fit.ParseTable("altazec.dat", []byte(tt.text), fit.AltAz)
		refusal(t, name, err, tt.want)
	}
	_, err := fit.ParseTable("x", []byte(good), 7)
	refusal(t, "unknown curve", err, "curve 7")
}

func TestLegacyMap(t *testing.T) {
	m, err := fit.ParseMap("pmc.dat", []byte("30 120 0.1 -0.2\r\n\n 45.5 200.25 -0.05 0 \n"))
	if err != nil {
		t.Fatal(err)
	}
	want := fit.MapPoint{Axes: deg(120, 30), ErrorA: model.Degrees(0.1), ErrorZ: model.Degrees(-0.2)}
	if len(m.Points) != 2 || m.Points[0] != want {
		t.Errorf("%+v", m)
	}
	for text, want := range map[string]string{
		"":                         "no points",
		"30 120 0.1":               "pmc.dat:1: 4 numbers",
		"1 2 0 0\n30 120 0.1 nine": "pmc.dat:2",
		"30 120 99 0":              "pmc.dat:1",
		"3000 120 0 0":             "pmc.dat:1",
	} {
		_, err := fit.ParseMap("pmc.dat", []byte(text))
		refusal(t, text, err, want)
	}
}

func TestLegacyAnalysis(t *testing.T) {
	obs, err := fit.ParseAnalysis("analysis.dat", []byte("152.092917 11.967222 40.000000 170.000000 150.000000 PMCarcmin 1.5 -2\n10 20 30 40 50\n"))
	if err != nil {
		t.Fatal(err)
	}
	if len(obs) != 2 || obs[0].Place.RA != model.Degrees(152.092917) || obs[0].Place.Dec != model.Degrees(11.967222) ||
		obs[0].Axes != deg(170, 40) || obs[0].LST != model.Degrees(150) {
		t.Errorf("%+v", obs)
	}
	text := fit.FormatAnalysis(obs, []fit.Residual{{A: model.Arcmin(1.5), Z: model.Arcmin(-2)}, {}})
	if want := "152.092917 11.967222 40 170 150 PMCarcmin 1.500 -2.000\n10 20 30 40 50 PMCarcmin 0.000 0.000\n"; string(text) != want {
		t.Errorf("%q, want %q", text, want)
	}
	if got, want := string(fit.FormatErrors(obs[1:], []fit.Residual{{A: model.Arcmin(3)}})), "10 20 30 40 50 alt_err_arcmin 3.000 az_err_arcmin 0.000\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	for text, want := range map[string]string{
		"1 2 3 4":                "analysis.dat:1: 5 numbers",
		"1 2 3 4 5\n1 95 3 4 5":  "analysis.dat:2: declination 95",
		"1 2 3 4 5\n\n1 2 x 4 5": "analysis.dat:3",
		"9999 2 3 4 5":           "analysis.dat:1",
		"1 2 1e300 4 5":          "analysis.dat:1",
	} {
		_, err := fit.ParseAnalysis("analysis.dat", []byte(text))
		refusal(t, text, err, want)
	}
}

// aDocument returns two revisions, the second with every kind of part.
func aDocument(t testing.TB) fit.Document {
	t.Helper()
	r := rand.New(rand.NewPCG(41, 1))
	m, obs := night(t, "german", 14, r, 5)
	res := run(t, obs, fit.Options{Setup: m.setup(guessedAir())})
	when := time.Date(2026, 3, 1, 22, 0, 0, 0, time.UTC)
	d, err := fit.Document{}.Accept(fit.RecordOf(res, when, "first run"))
	if err != nil {
		t.Fatal(err)
	}
	second := fit.RecordOf(res, when.Add(time.Hour), "with tables")
	second.Parts.AltAz = wavy(fit.AltAz, 0.1, 2, 1)
	second.Parts.Map = fit.MapOf(obs, res.Residuals)
	if d, err = d.Accept(second); err != nil {
		t.Fatal(err)
	}
	return d
}

func TestDocument(t *testing.T) {
	d := aDocument(t)
	text, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	got, err := document(text)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, d) {
		t.Error("the document that is read is not the one written")
	}
	if got.Current.Revision != 2 || len(got.Previous) != 1 || got.Previous[0].Note != "first run" {
		t.Errorf("revision %d, %d before", got.Current.Revision, len(got.Previous))
	}
	if p := got.Current.Priors(model.Arcsec(20), model.Degrees(1)); !(p[fit.Z1].Sigma > model.Arcsec(20)) || p[fit.Z1].Mean != d.Current.Parts.Errors.Z1 {
		t.Errorf("priors %v", p)
	}

	if p := got.Current.Priors(model.Arcsec(20), model.Degrees(1)); p[fit.Z3].Sigma < model.Degrees(1) || p[fit.Z1].Sigma > model.Degrees(0.9) {
		t.Errorf("the zero of the tube is set anew, its faults are not: %v", p)
	}

	back, err := got.Restore(0, d.Current.Accepted.Add(time.Hour))
	if err != nil || back.Current.Revision != 3 || back.Current.Parts.AltAz != nil || back.Previous[0].Revision != 2 {
		t.Errorf("restored: revision %d, %v", back.Current.Revision, err)
	}
	if again, err := back.Restore(2, d.Current.Accepted); err != nil || again.Current.Parts.AltAz == nil {
		t.Errorf("revision 2 again: %v", err)
	}
	if _, err := back.Restore(77, d.Current.Accepted); !errors.Is(err, fault.Refused) {
		t.Errorf("a revision that is not kept: %v", err)
	}
	if _, err := (fit.Document{}).Restore(0, time.Time{}); !errors.Is(err, fault.Refused) {
		t.Errorf("nothing before: %v", err)
	}
	bad := d.Current
	bad.Parts.Errors.Z1 = 2
	if same, err := d.Accept(bad); !errors.Is(err, fault.Invalid) || same.Current.Revision != 2 {
		t.Errorf("a bad model is accepted: %v", err)
	}
	for range 20 {
		if d, err = d.Accept(d.Current); err != nil {
			t.Fatal(err)
		}
	}
	if d.Current.Revision != 22 || len(d.Previous) != 10 {
		t.Errorf("after twenty more: revision %d, %d kept", d.Current.Revision, len(d.Previous))
	}
}

func FuzzParseTable(f *testing.F) {
	f.Add([]byte(rows(0, "0.01")), 0)
	f.Add([]byte(rows(-180, "-1.5")), 1)
	f.Add([]byte("0 1e9\n"), 2)
	f.Fuzz(func(t *testing.T, text []byte, c int) {
		table, err := fit.ParseTable("f", text, fit.Curve(c))
		if err != nil {
			if !errors.Is(err, fault.Invalid) {
				t.Fatal(err)
			}
			return
		}
		again, err := fit.ParseTable("f", fit.FormatTable(table), table.Curve)
		if err != nil || *again != *table {
			t.Fatalf("%v\n%v\n%v", err, table, again)
		}
	})
}

func FuzzParseMap(f *testing.F) {
	f.Add([]byte("30 120 0.1 -0.2\n45 200 0 0\n"))
	f.Add([]byte("1e-320 -0 5 -5"))
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := fit.ParseMap("f", text)
		if err != nil {
			if !errors.Is(err, fault.Invalid) {
				t.Fatal(err)
			}
			return
		}
		again, err := fit.ParseMap("f", fit.FormatMap(m))
		if err != nil || len(again.Points) != len(m.Points) {
			t.Fatalf("%v\n%v\n%v", err, m, again)
		}
		for i, p := range m.Points {
			q := again.Points[i]
			for _, d := range []model.Angle{p.Axes.Z - q.Axes.Z, p.Axes.A - q.Axes.A, p.ErrorZ - q.ErrorZ, p.ErrorA - q.ErrorA} {
				if d.Abs() > model.Degrees(1e-9) {
					t.Fatalf("%v became %v", p, q)
				}
			}
		}
		if z, a := m.Value(deg(12, 34)); !z.IsFinite() || !a.IsFinite() {
			t.Fatalf("the map gives %v %v", z, a)
		}
	})
}

func FuzzParseAnalysis(f *testing.F) {
	f.Add([]byte("152.092917 11.967222 40 170 150 PMCarcmin 1 2\n10 20 30 40 50\n"))
	f.Add([]byte("0 -90 -0 1e-9 359.99999999999"))
	f.Fuzz(func(t *testing.T, text []byte) {
		obs, err := fit.ParseAnalysis("f", text)
		if err != nil {
			if !errors.Is(err, fault.Invalid) {
				t.Fatal(err)
			}
			return
		}
		again, err := fit.ParseAnalysis("f", fit.FormatAnalysis(obs, nil))
		if err != nil || len(again) != len(obs) {
			t.Fatalf("%d points became %d: %v", len(obs), len(again), err)
		}
		for i := range obs {
			if d := obs[i].Place.Dec - again[i].Place.Dec; d.Abs() > model.Degrees(1e-9) {
				t.Fatalf("%v became %v", obs[i], again[i])
			}
		}
		if len(obs) > 30 {
			return
		}
		// Whatever the points, the fit answers with a model or a refusal.
		res, err := fit.Run(obs, fit.Options{Setup: fit.SetupOf(pointing.AltAz, 0.7, guessedAir())})
		if err == nil && res.Parts.Check() != nil {
			t.Fatal(res.Parts.Check())
		} else if err != nil && !errors.Is(err, fault.Invalid) {
			t.Fatal(err)
		}
	})
}

// small returns a document of one model, short enough to be fuzzed.
func small(t testing.TB) fit.Document {
	d, err := fit.Document{}.Accept(fit.Record{
		Accepted: time.Date(2026, 3, 1, 22, 0, 0, 0, time.UTC),
		Parts:    fit.Parts{Attitude: model.Identity(), Zenith: model.Vec{1, 0, 0}, Linear: []fit.Coefficient{{fit.TF, 1e-4}}},
		Sigmas:   []fit.Coefficient{{fit.TF, 1e-5}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// document reads the models of a file, as the mount does with what it saved.
func document(text []byte) (d fit.Document, err error) {
	if err = json.Unmarshal(text, &d); err == nil {
		err = d.Check()
	}
	return d, err
}

// Whatever stands in a file, its models are refused or can be built and
// written again as they are.
func FuzzDocument(f *testing.F) {
	models, err := json.Marshal(small(f))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(models)
	f.Add([]byte(`{"current":{"revision":1,"accepted":"2026-03-01T22:00:00Z","parts":{}}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		d, err := document(text)
		if err != nil {
			return
		}
		if _, err := d.Current.Parts.Build(); err != nil {
			t.Fatal(err)
		}
		out, err := json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		again, err := document(out)
		if err != nil {
			t.Fatal(err)
		}
		if same, err := json.Marshal(again); err != nil || !bytes.Equal(same, out) {
			t.Fatalf("%v\n%s\n%s", err, out, same)
		}
	})
}
