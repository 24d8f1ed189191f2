// SPDX-License-Identifier: GPL-3.0-or-later

package report

import (
	"github.com/siderostep/siderostep/model/fit"
)

// Report is a whole analysis.
type Report struct {
	Fit      fit.Result
	Compared Comparison
	Step     *StepSize // nil where the stars do not show it
	Data     Series
	Findings []Finding

	in Input
}

// File is a file of a report.
type File struct {
	Name    string
	Content []byte
}

// New analyses the stars of in. Its errors are those of Fit and Compare.
func New(in Input) (*Report, error) {
	result, err := Fit(in)
	if err != nil {
		return nil, err
	}
	r := &Report{Fit: result, in: in}
	if r.Compared, err = Compare(in); err != nil {
		return nil, err
	}
	var used []fit.Observation
	for i, o := range in.stars() {
		if !result.Residuals[i].Rejected {
			used = append(used, o)
		}
	}
	if s, ok := stepSize(in, used); ok {
		r.Step = &s
	}
	r.Data = newSeries(in, result, r.bent())
	r.Findings = r.find()
	return r, nil
}

// bent returns the errors of axis A that a model of attitude, Z1, Z2 and Z3
// leaves, where the fit has more terms than these; else nil. Those terms
// would hide a wrong step size.
func (r *Report) bent() []Mark {
	row := r.Compared.Rows[rowZ]
	more := len(r.Fit.Parts.Linear) > 0 || r.Fit.Parts.AltAlt != nil || r.Fit.Parts.Map != nil
	if !more || row.Missing != "" {
		return nil
	}
	stars := r.in.stars()
	misses, err := fit.Misses(row.parts, stars, r.in.Options.Setup)
	if err != nil {
		return nil
	}
	marks := make([]Mark, len(stars))
	for i, m := range misses {
		marks[i] = Mark{At: stars[i].Axes.A.Degrees(), Error: m.A.Arcsec(), Left: r.Fit.Residuals[i].Rejected}
	}
	return marks
}

// Files returns the report: report.md, and its pictures in the format. Its
// error is that of a picture that cannot be drawn.
func (r *Report) Files(f Format) ([]File, error) {
	var files []File
	for _, p := range r.pictures() {
		content, err := p.encode(f)
		if err != nil {
			return nil, err
		}
		files = append(files, File{Name: p.name + "." + f.String(), Content: content})
	}
	return append(files, File{Name: "report.md", Content: r.markdown(f)}), nil
}
