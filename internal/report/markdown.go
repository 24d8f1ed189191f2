// SPDX-License-Identifier: GPL-3.0-or-later

package report

import (
	"bytes"
	"fmt"
	"strings"
)

// markdown returns report.md.
func (r *Report) markdown(f Format) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "# Pointing analysis\n\n")
	fmt.Fprintf(&b, "%d stars, latitude %.4f°. Errors are on the sky; positive means that the axis reads too high, or too far clockwise.\n",
		len(r.Fit.Residuals), r.in.Options.Setup.Latitude.Degrees())
	r.markdownFindings(&b)
	r.markdownFit(&b)
	r.markdownModels(&b)
	fmt.Fprintf(&b, "\n## Pictures\n")
	for _, p := range r.pictures() {
		fmt.Fprintf(&b, "\n![%s](%s.%s)\n\n%s\n", p.title, p.name, f, p.caption)
	}
	r.markdownStars(&b)
	return b.Bytes()
}

func (r *Report) markdownFindings(b *bytes.Buffer) {
	fmt.Fprintf(b, "\n## What the stars say, and what to do\n\nIn the order in which to go about it.\n\n")
	for i, f := range r.Findings {
		fmt.Fprintf(b, "%d. %s", i+1, f.Text)
		if f.Do != "" {
			fmt.Fprintf(b, " **%s**", f.Do)
		}
		b.WriteByte('\n')
	}
	if len(r.Fit.Verdicts) > 0 {
		fmt.Fprintf(b, "\nThe fit adds:\n\n")
		for _, v := range r.Fit.Verdicts {
			fmt.Fprintf(b, "- %v: %s\n", v.Level, v.Text)
		}
	}
}

func (r *Report) markdownFit(b *bytes.Buffer) {
	fmt.Fprintf(b, "\n## The fit\n\n")
	table(b, "", "")
	for _, s := range summary(r.Fit) {
		line(b, s[0], s[1])
	}
	b.WriteByte('\n')
	table(b, "term", "value", "uncertainty", "remark")
	for _, e := range r.Fit.Terms {
		t := termRow(e)
		line(b, t[:]...)
	}
	for i, text := range pairs(r.Fit) {
		if i == 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(b, "- %s\n", text)
	}
}

func (r *Report) markdownModels(b *bytes.Buffer) {
	fmt.Fprintf(b, "\n## Models compared\n\n%d stars. The leave-one-out rms is what counts: by how much a model misses stars that it has not seen.\n\n", r.Compared.Stars)
	table(b, "model", "numbers", "rms", "leave-one-out rms", "worst star", "")
	for i, row := range r.Compared.Rows {
		x := row.cells()
		remark := row.Missing
		if i == r.Compared.Best {
			remark = "**recommended**"
		}
		line(b, append(x[:], remark)...)
	}
}

func (r *Report) markdownStars(b *bytes.Buffer) {
	n := names(r.in.Options.Setup)
	fmt.Fprintf(b, "\n## The stars\n\n")
	table(b, "star", n.z+" (°)", n.a+" (°)", n.z+" error (″)", n.a+" error (″)", "on the sky (″)", "")
	stars := r.in.stars()
	for i, q := range r.Fit.Residuals {
		remark := ""
		if q.Rejected {
			remark = "left out"
		}
		line(b, label(q.Name, i), fmt.Sprintf("%.2f", stars[i].Axes.Z.Degrees()), fmt.Sprintf("%.2f", stars[i].Axes.A.Degrees()),
			arcsec(q.Z), arcsec(q.A), arcsec(q.Distance), remark)
	}
}

// table begins a table.
func table(b *bytes.Buffer, head ...string) {
	line(b, head...)
	b.WriteString(strings.Repeat("|---", len(head)) + "|\n")
}

// line writes a row of a table; what would break it is made harmless.
func line(b *bytes.Buffer, cells ...string) {
	for _, c := range cells {
		fmt.Fprintf(b, "| %s ", strings.NewReplacer("|", "\\|", "\n", " ", "\r", " ").Replace(c))
	}
	b.WriteString("|\n")
}
