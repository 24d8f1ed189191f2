// SPDX-License-Identifier: GPL-3.0-or-later

package fit_test

import (
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/siderostep/siderostep/internal/vectorfile"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/fit"
	"github.com/siderostep/siderostep/model/pointing"
	"github.com/siderostep/siderostep/model/sky"
)

// row is one row of a file of vectors.
type row struct{ vectorfile.Row }

// vectors reads testdata/name.
func vectors(t testing.TB, name string) []row {
	t.Helper()
	var rows []row
	for _, r := range vectorfile.Read(t, name, 50) {
		rows = append(rows, row{r})
	}
	return rows
}

// sets groups rows by their first column.
func sets(rows []row) [][]row {
	var out [][]row
	last := ""
	for _, r := range rows {
		if r.Text("set") != last || len(out) == 0 {
			out, last = append(out, nil), r.Text("set")
		}
		out[len(out)-1] = append(out[len(out)-1], r)
	}
	return out
}

// sigma returns the noise of a set; exact ones get a plate's.
func (r row) sigma() model.Angle { return max(r.Arcsec("sigma_arcsec"), model.Arcsec(0.01)) }

func altazObservations(rows []row) []fit.Observation {
	var obs []fit.Observation
	for i, v := range rows {
		obs = append(obs, fit.Observation{
			Name:  "star " + strconv.Itoa(i),
			Place: model.Equatorial{RA: v.Deg("ra_deg"), Dec: v.Deg("dec_deg")},
			LST:   v.Deg("lst_deg"),
			Axes:  model.Axes{Z: v.Deg("az_deg"), A: v.Deg("alt_deg")},
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
			if outlier := v.Num("outlier") != 0; outlier != res.Residuals[i].Rejected {
				t.Errorf("set %d, line %d: outlier %v, rejected %v (%s)", k, v.Line, outlier, res.Residuals[i].Rejected, res.Residuals[i].Why)
			}
		}
		var text []string
		for _, term := range []fit.Term{fit.Z1, fit.Z2, fit.Z3} {
			e, _ := res.Estimate(term)
			d := e.Value - rows[0].Deg("true_"+strings.ToLower(string(term))+"_deg")
			limit := 4 * e.Sigma
			if rows[0].Num("sigma_arcsec") == 0 {
				limit = model.Arcsec(0.01)
			}
			if d.Abs() > limit {
				t.Errorf("set %d: %s off by %.4f″, limit %.4f″", k, term, d.Arcsec(), limit.Arcsec())
			}
			text = append(text, strconv.FormatFloat(d.Arcsec(), 'f', 3, 64)+"±"+strconv.FormatFloat(e.Sigma.Arcsec(), 'f', 3, 64))
		}
		t.Logf("set %d: σ %s″, off by %v″, rms %.3f″, condition %.0f, σ₀ %.2f", k, rows[0].Text("sigma_arcsec"), text, res.RMS.Arcsec(), res.Condition, res.Sigma0)
	}
}

func TestEquatorialFitVectors(t *testing.T) {
	terms := []fit.Term{fit.IH, fit.ID, fit.CH, fit.NP, fit.ME, fit.MA, fit.TF, fit.HCES, fit.HCEC}
	for k, rows := range sets(vectors(t, "pointing_fit_equatorial.csv")) {
		var obs []fit.Observation
		for _, v := range rows {
			obs = append(obs, fit.Observation{
				Place: model.HourDec{HA: v.Deg("ha_deg"), Dec: v.Deg("dec_deg")}.Equatorial(0),
				Axes:  model.Axes{Z: v.Deg("raw_ha_deg"), A: v.Deg("raw_dec_deg")},
				Sigma: v.sigma(),
			})
		}
		free := terms[:6]
		for _, term := range terms[6:] {
			if rows[0].Num(string(term)) != 0 {
				free = append(free[:len(free):len(free)], term)
			}
		}
		res, err := fit.Run(obs, fit.Options{
			Setup: fit.SetupOf(pointing.Fork, rows[0].Deg("lat_deg"), sky.Refraction{}), Free: free,
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
			d := e.Value - rows[0].Arcsec(string(term))
			limit := 4 * e.Sigma
			if rows[0].Num("sigma_arcsec") == 0 {
				limit = model.Arcsec(0.01)
			}
			if d.Abs() > limit {
				t.Errorf("set %d: %s off by %.4f″, limit %.4f″", k, term, d.Arcsec(), limit.Arcsec())
			}
			most = max(most, float64(d.Abs()/limit))
		}
		t.Logf("set %d: σ %s″, worst error %.2f of the limit, rms %.4f″, condition %.0f", k, rows[0].Text("sigma_arcsec"), most, res.RMS.Arcsec(), res.Condition)
	}
}

func TestTableVectors(t *testing.T) {
	worst := 0.0
	for _, v := range vectors(t, "pointing_ectables.csv") {
		table := fit.Table{Curve: fit.AltAz}
		if v.Text("kind") == "alt" {
			table.Curve = fit.AltAlt
		}
		for i := range table.Degrees {
			table.Degrees[i] = v.Num("amp_deg") * math.Sin(v.Num("k")*table.Argument(i)*math.Pi/180+v.Num("phase_deg")*math.Pi/180)
		}
		d := math.Abs(table.Value(v.Deg("query_deg")).Degrees() - v.Num("linear_value_deg"))
		if d > 1e-6 {
			t.Errorf("line %d: %s off by %.3g°", v.Line, v.Text("kind"), d)
		}
		worst = max(worst, d)
		// The original's table is of single precision and looked up half a cell ahead.
		table.Ahead = 2.5
		if d := math.Abs(table.Value(v.Deg("query_deg")).Degrees() - v.Num("ref_value_deg")); d > 1e-6 {
			t.Errorf("line %d: the original's %s off by %.3g°", v.Line, v.Text("kind"), d)
		}
	}
	t.Logf("worst %.3g°", worst)
}

func TestMapVectors(t *testing.T) {
	worst := 0.0
	for _, v := range vectors(t, "pointing_pmc.csv") {
		var m fit.Map
		for _, text := range strings.Split(v.Text("points"), ";") {
			var n [4]float64
			for i, field := range strings.Split(text, ":") {
				n[i], _ = strconv.ParseFloat(field, 64)
			}
			m.Points = append(m.Points, fit.MapPoint{
				Axes:   model.Axes{A: model.Degrees(n[0]), Z: model.Degrees(n[1])},
				ErrorA: model.Degrees(n[2]), ErrorZ: model.Degrees(n[3]),
			})
		}
		z, a := m.Value(model.Axes{A: v.Deg("query_alt_deg"), Z: v.Deg("query_az_deg")})
		for _, d := range []float64{a.Degrees() - v.Num("corr_alt_deg"), z.Degrees() - v.Num("corr_az_deg")} {
			if math.Abs(d) > 1e-6 {
				t.Errorf("line %d: off by %.3g°", v.Line, d)
			}
			worst = max(worst, math.Abs(d))
		}
	}
	t.Logf("worst %.3g°", worst)
}
