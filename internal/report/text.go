// SPDX-License-Identifier: GPL-3.0-or-later

package report

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"text/tabwriter"

	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/fit"
)

const alike = 0.9 // correlation beyond which two terms can hardly be told apart

// summary returns what there is to say of a fit as a whole.
func summary(r fit.Result) [][2]string {
	return [][2]string{
		{"mode", r.Mode.String()},
		{"stars", fmt.Sprintf("%d, %d left out", r.Used, len(r.Rejected()))},
		{"rms", size(r.RMS)},
		{"leave-one-out rms", size(r.LeaveOut)},
		{"worst star", size(r.Max)},
		{"condition", fmt.Sprintf("%.1f", r.Condition)},
	}
}

// termRow returns a term, its value, its uncertainty and a remark.
func termRow(e fit.Estimate) [4]string {
	if !e.Free {
		return [4]string{string(e.Term), size(e.Value), "held", e.Why}
	}
	return [4]string{string(e.Term), size(e.Value), "± " + size(e.Sigma), ""}
}

// pairs returns the terms of a fit that are hard to tell apart, in words.
func pairs(r fit.Result) []string {
	var out []string
	for i, row := range r.Correlations {
		for j, c := range row[:i] {
			if math.Abs(c) <= alike {
				continue
			}
			effect := "one grows where the other shrinks, and the stars see their sum"
			if c > 0 {
				effect = "both grow together, and the stars see their difference"
			}
			out = append(out, fmt.Sprintf("%s and %s are hard to tell apart (correlation %+.2f): %s", r.Parameters[j], r.Parameters[i], c, effect))
		}
	}
	return out
}

// arcsec writes a distance in seconds of arc.
func arcsec(a model.Angle) string {
	if !a.IsFinite() {
		return "-"
	}
	v := a.Arcsec()
	if math.Abs(v) < 0.05 {
		v = 0 // without a sign
	}
	return strconv.FormatFloat(v, 'f', 1, 64)
}

// WriteFit writes a fit for a person.
func WriteFit(out io.Writer, in Input, r fit.Result) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, s := range summary(r) {
		fmt.Fprintf(w, "%s\t%s\n", s[0], s[1])
	}
	fmt.Fprintln(w, "\nterm\tvalue\tuncertainty\tremark")
	for _, e := range r.Terms {
		t := termRow(e)
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", t[0], t[1], t[2], t[3])
	}
	if r.Tilt.Sigma > 0 {
		fmt.Fprintf(w, "tilt of the mount\t%s\t± %s\t\n", size(r.Tilt.Mean), size(r.Tilt.Sigma))
	}
	n := names(in.Options.Setup)
	fmt.Fprintf(w, "\nstar\t%s (°)\t%s (°)\t%s error (″)\t%s error (″)\ton the sky (″)\twithout it (″)\t\n", n.z, n.a, n.z, n.a)
	stars := in.stars()
	for i, q := range r.Residuals {
		remark := ""
		if q.Rejected {
			remark = "left out"
		}
		fmt.Fprintf(w, "%s\t%.2f\t%.2f\t%s\t%s\t%s\t%s\t%s\n", label(q.Name, i), stars[i].Axes.Z.Degrees(), stars[i].Axes.A.Degrees(),
			arcsec(q.Z), arcsec(q.A), arcsec(q.Distance), arcsec(q.Alone), remark)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(out, "\nPositive: the axis reads too high, too far clockwise.")
	for _, text := range pairs(r) {
		fmt.Fprintln(out, "note: "+text)
	}
	for _, v := range r.Verdicts {
		if _, err := fmt.Fprintf(out, "%v: %s\n", v.Level, v.Text); err != nil {
			return err
		}
	}
	return nil
}

// figure is a distance as JSON: null where it has no bound.
type figure model.Angle

// MarshalJSON writes seconds of arc, to a thousandth.
func (f figure) MarshalJSON() ([]byte, error) {
	if !model.Angle(f).IsFinite() {
		return []byte("null"), nil
	}
	return strconv.AppendFloat(nil, math.Round(model.Angle(f).Arcsec()*1000)/1000, 'f', -1, 64), nil
}

type jsonTerm struct {
	Term   string `json:"term"`
	Value  figure `json:"value_arcsec"`
	Sigma  figure `json:"sigma_arcsec"`
	Fitted bool   `json:"fitted"`
	Why    string `json:"why,omitempty"`
}

type jsonStar struct {
	Name     string  `json:"name"`
	Z        float64 `json:"z_deg"`
	A        float64 `json:"a_deg"`
	ErrorZ   figure  `json:"z_error_arcsec"`
	ErrorA   figure  `json:"a_error_arcsec"`
	Distance figure  `json:"distance_arcsec"`
	Alone    figure  `json:"leave_one_out_arcsec"`
	Rejected bool    `json:"rejected"`
	Why      string  `json:"why,omitempty"`
}

type jsonVerdict struct {
	Level string `json:"level"`
	Text  string `json:"text"`
}

type jsonFit struct {
	Mode      string        `json:"mode"`
	Used      int           `json:"stars_used"`
	RMS       figure        `json:"rms_arcsec"`
	LeaveOut  figure        `json:"leave_one_out_rms_arcsec"`
	Max       figure        `json:"max_arcsec"`
	Sigma0    float64       `json:"sigma0"`
	DoF       int           `json:"degrees_of_freedom"`
	Condition *float64      `json:"condition"` // null: without limit
	Terms     []jsonTerm    `json:"terms"`
	Alike     []string      `json:"correlated"`
	Stars     []jsonStar    `json:"stars"`
	Verdicts  []jsonVerdict `json:"verdicts"`
}

// WriteFitJSON writes a fit for a program.
func WriteFitJSON(out io.Writer, in Input, r fit.Result) error {
	j := jsonFit{
		Mode: r.Mode.String(), Used: r.Used, RMS: figure(r.RMS), LeaveOut: figure(r.LeaveOut), Max: figure(r.Max),
		Sigma0: rounded(r.Sigma0), DoF: r.DoF, Terms: []jsonTerm{}, Alike: append([]string{}, pairs(r)...), Verdicts: []jsonVerdict{},
	}
	if !math.IsInf(r.Condition, 0) {
		condition := rounded(r.Condition)
		j.Condition = &condition
	}
	for _, e := range r.Terms {
		j.Terms = append(j.Terms, jsonTerm{string(e.Term), figure(e.Value), figure(e.Sigma), e.Free, e.Why})
	}
	stars := in.stars()
	for i, q := range r.Residuals {
		j.Stars = append(j.Stars, jsonStar{
			label(q.Name, i), stars[i].Axes.Z.Degrees(), stars[i].Axes.A.Degrees(),
			figure(q.Z), figure(q.A), figure(q.Distance), figure(q.Alone), q.Rejected, q.Why,
		})
	}
	for _, v := range r.Verdicts {
		j.Verdicts = append(j.Verdicts, jsonVerdict{v.Level.String(), v.Text})
	}
	return encode(out, j)
}

func rounded(v float64) float64 { return math.Round(v*1000) / 1000 }

func encode(out io.Writer, v any) error {
	enc := json.NewEncoder(out)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// cells returns the row's figures as text.
func (r Row) cells() [5]string {
	if r.Missing != "" {
		return [5]string{r.Name, "-", "-", "-", "-"}
	}
	return [5]string{r.Name, strconv.Itoa(r.Terms), size(r.RMS), size(r.LeaveOut), size(r.Max)}
}

// WriteText writes a comparison for a person.
func (c Comparison) WriteText(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "model\tnumbers\trms\tleave-one-out rms\tworst star\t")
	for i, r := range c.Rows {
		x := r.cells()
		remark := r.Missing
		if i == c.Best {
			remark = "recommended"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", x[0], x[1], x[2], x[3], x[4], remark)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out, "\nJudged by %d of the stars; %d left out of all models. The automatic model fits %v.\nRecommended: %s, %s.\nTo use it: %s.\n",
		c.Stars, len(c.Left), c.Terms, c.Rows[c.Best].Name, c.Reason, c.Rows[c.Best].How)
	return err
}

type jsonRow struct {
	Model    string  `json:"model"`
	Numbers  int     `json:"numbers"`
	RMS      *figure `json:"rms_arcsec"`
	LeaveOut *figure `json:"leave_one_out_rms_arcsec"`
	Max      *figure `json:"max_arcsec"`
	Missing  string  `json:"missing,omitempty"`
}

// WriteJSON writes a comparison for a program.
func (c Comparison) WriteJSON(out io.Writer) error {
	var j struct {
		Stars       int       `json:"stars"`
		Left        int       `json:"stars_left_out"`
		Models      []jsonRow `json:"models"`
		Recommended string    `json:"recommended"`
		Reason      string    `json:"reason"`
		How         string    `json:"how"`
	}
	j.Stars, j.Left = c.Stars, len(c.Left)
	for _, r := range c.Rows {
		row := jsonRow{Model: r.Name, Numbers: r.Terms, Missing: r.Missing}
		if r.Missing == "" {
			rms, alone, most := figure(r.RMS), figure(r.LeaveOut), figure(r.Max)
			row.RMS, row.LeaveOut, row.Max = &rms, &alone, &most
		}
		j.Models = append(j.Models, row)
	}
	j.Recommended, j.Reason, j.How = c.Rows[c.Best].Name, c.Reason, c.Rows[c.Best].How
	return encode(out, j)
}
