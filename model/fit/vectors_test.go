// SPDX-License-Identifier: GPL-3.0-or-later

package fit_test

import (
	"encoding/csv"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/fit"
	"github.com/siderostep/siderostep/model/pointing"
	"github.com/siderostep/siderostep/model/sky"
)

// row is one line of a file of vectors; its provenance is the file's first line.
type row struct {
	t      testing.TB
	line   int
	values map[string]string
}

func vectors(t testing.TB, name string) []row {
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
	if len(rows) < 50 {
		t.Fatalf("%s: only %d rows", name, len(rows))
	}
	return rows
}

func (r row) number(name string) float64 {
	r.t.Helper()
	v, err := strconv.ParseFloat(r.values[name], 64)
	if err != nil {
		r.t.Fatalf("line %d, %s: %v", r.line, name, err)
	}
	return v
}

func (r row) deg(name string) model.Angle    { return model.Degrees(r.number(name)) }
func (r row) arcsec(name string) model.Angle { return model.Arcsec(r.number(name)) }

// sets groups rows by their first column.
func sets(rows []row) [][]row {
	var out [][]row
	last := ""
	for _, r := range rows {
		if r.values["set"] != last || len(out) == 0 {
			out, last = append(out, nil), r.values["set"]
		}
		out[len(out)-1] = append(out[len(out)-1], r)
	}
	return out
}

// sigma returns the noise of a set; exact ones get a plate's.
func (r row) sigma() model.Angle { return max(r.arcsec("sigma_arcsec"), model.Arcsec(0.01)) }

func altazObservations(rows []row) []fit.Observation {
	var obs []fit.Observation
	for i, v := range rows {
		obs = append(obs, fit.Observation{
			Name:  "star " + strconv.Itoa(i),
			Place: model.Equatorial{RA: v.deg("ra_deg"), Dec: v.deg("dec_deg")},
			LST:   v.deg("lst_deg"),
			Axes:  model.Axes{Z: v.deg("az_deg"), A: v.deg("alt_deg")},
			Sigma: v.sigma(),
		})
	}
	return obs
}

// horizonless is a setup whose latitude puts every star of a set above the
// horizon as well as may be; the vectors' mounts stand anywhere.
func horizonless(obs []fit.Observation) fit.Setup {
	best, most := model.Angle(0), -1
	for lat := -89.0; lat < 90; lat++ {
		up := 0
		for _, o := range obs {
			if o.HourDec().Horizontal(model.Degrees(lat)).Alt > 0 {
				up++
			}
		}
		if up > most {
			best, most = model.Degrees(lat), up
		}
	}
	return fit.SetupOf(pointing.AltAz, best, sky.Refraction{})
}

func TestAltAzFitVectors(t *testing.T) {
	for k, rows := range sets(vectors(t, "pointing_fit_altaz.csv")) {
		obs := altazObservations(rows)
		res, err := fit.Run(obs, fit.Options{Setup: horizonless(obs), Free: []fit.Term{fit.Attitude, fit.Z1, fit.Z2, fit.Z3}})
		if err != nil {
			t.Errorf("set %d: %v", k, err)
			continue
		}
		for i, v := range rows {
			if outlier := v.number("outlier") != 0; outlier != res.Residuals[i].Rejected {
				t.Errorf("set %d, line %d: outlier %v, rejected %v (%s)", k, v.line, outlier, res.Residuals[i].Rejected, res.Residuals[i].Why)
			}
		}
		var text []string
		for _, term := range []fit.Term{fit.Z1, fit.Z2, fit.Z3} {
			e, _ := res.Estimate(term)
			d := e.Value - rows[0].deg("true_"+strings.ToLower(string(term))+"_deg")
			limit := 4 * e.Sigma
			if rows[0].number("sigma_arcsec") == 0 {
				limit = model.Arcsec(0.01)
			}
			if d.Abs() > limit {
				t.Errorf("set %d: %s off by %.4f″, limit %.4f″", k, term, d.Arcsec(), limit.Arcsec())
			}
			text = append(text, strconv.FormatFloat(d.Arcsec(), 'f', 3, 64)+"±"+strconv.FormatFloat(e.Sigma.Arcsec(), 'f', 3, 64))
		}
		t.Logf("set %d: σ %s″, off by %v″, rms %.3f″, condition %.0f, σ₀ %.2f", k, rows[0].values["sigma_arcsec"], text, res.RMS.Arcsec(), res.Condition, res.Sigma0)
	}
}

func TestEquatorialFitVectors(t *testing.T) {
	terms := []fit.Term{fit.IH, fit.ID, fit.CH, fit.NP, fit.ME, fit.MA, fit.TF, fit.HCES, fit.HCEC}
	for k, rows := range sets(vectors(t, "pointing_fit_equatorial.csv")) {
		var obs []fit.Observation
		for _, v := range rows {
			obs = append(obs, fit.Observation{
				Place: model.HourDec{HA: v.deg("ha_deg"), Dec: v.deg("dec_deg")}.Equatorial(0),
				Axes:  model.Axes{Z: v.deg("raw_ha_deg"), A: v.deg("raw_dec_deg")},
				Sigma: v.sigma(),
			})
		}
		free := terms[:6]
		for _, term := range terms[6:] {
			if rows[0].number(string(term)) != 0 {
				free = append(free[:len(free):len(free)], term)
			}
		}
		res, err := fit.Run(obs, fit.Options{
			Setup: fit.SetupOf(pointing.Fork, rows[0].deg("lat_deg"), sky.Refraction{}), Free: free,
		})
		if err != nil {
			t.Errorf("set %d: %v", k, err)
			continue
		}
		if n := len(res.Rejected()); n != 0 {
			t.Errorf("set %d: %d stars rejected", k, n)
		}
		most := 0.0
		for _, term := range free {
			e, _ := res.Estimate(term)
			d := e.Value - rows[0].arcsec(string(term))
			limit := 4 * e.Sigma
			if rows[0].number("sigma_arcsec") == 0 {
				limit = model.Arcsec(0.01)
			}
			if d.Abs() > limit {
				t.Errorf("set %d: %s off by %.4f″, limit %.4f″", k, term, d.Arcsec(), limit.Arcsec())
			}
			most = max(most, float64(d.Abs()/limit))
		}
		t.Logf("set %d: σ %s″, worst error %.2f of the limit, rms %.4f″, condition %.0f", k, rows[0].values["sigma_arcsec"], most, res.RMS.Arcsec(), res.Condition)
	}
}

func TestTableVectors(t *testing.T) {
	worst := 0.0
	for _, v := range vectors(t, "pointing_ectables.csv") {
		table := fit.Table{Curve: fit.AltAz}
		if v.values["kind"] == "alt" {
			table.Curve = fit.AltAlt
		}
		for i := range table.Degrees {
			table.Degrees[i] = v.number("amp_deg") * math.Sin(v.number("k")*table.Argument(i)*math.Pi/180+v.number("phase_deg")*math.Pi/180)
		}
		d := math.Abs(table.Value(v.deg("query_deg")).Degrees() - v.number("linear_value_deg"))
		if d > 1e-6 {
			t.Errorf("line %d: %s off by %.3g°", v.line, v.values["kind"], d)
		}
		worst = max(worst, d)
		// The original's table is of single precision and looked up half a cell ahead.
		table.Ahead = 2.5
		if d := math.Abs(table.Value(v.deg("query_deg")).Degrees() - v.number("ref_value_deg")); d > 1e-6 {
			t.Errorf("line %d: the original's %s off by %.3g°", v.line, v.values["kind"], d)
		}
	}
	t.Logf("worst %.3g°", worst)
}

func TestMapVectors(t *testing.T) {
	worst := 0.0
	for _, v := range vectors(t, "pointing_pmc.csv") {
		var m fit.Map
		for _, text := range strings.Split(v.values["points"], ";") {
			var n [4]float64
			for i, field := range strings.Split(text, ":") {
				n[i], _ = strconv.ParseFloat(field, 64)
			}
			m.Points = append(m.Points, fit.MapPoint{
				Axes:   model.Axes{A: model.Degrees(n[0]), Z: model.Degrees(n[1])},
				ErrorA: model.Degrees(n[2]), ErrorZ: model.Degrees(n[3]),
			})
		}
		z, a := m.Value(model.Axes{A: v.deg("query_alt_deg"), Z: v.deg("query_az_deg")})
		for _, d := range []float64{a.Degrees() - v.number("corr_alt_deg"), z.Degrees() - v.number("corr_az_deg")} {
			if math.Abs(d) > 1e-6 {
				t.Errorf("line %d: off by %.3g°", v.line, d)
			}
			worst = max(worst, math.Abs(d))
		}
	}
	t.Logf("worst %.3g°", worst)
}
