// SPDX-License-Identifier: GPL-3.0-or-later

package horizon

import (
	"strconv"
	"strings"

	"github.com/siderostep/siderostep/fault"
)

// MaxText is the longest text that Parse reads.
const MaxText = 1 << 20

// Parse reads a skyline. Each line has an azimuth and an altitude, separated
// by blanks or tabs, a comma or a semicolon. Empty lines, and what stands
// behind # on a line, do not count; lines that begin with ; or // do not
// either. A first line without a number is a heading: it must name azimuth
// and altitude, in either order, and may name further columns, which are
// skipped. The error is a fault.Invalid that begins with name and line.
func Parse(name, text string) (*Profile, error) {
	if len(text) > MaxText {
		return nil, fault.New(fault.Invalid, "horizon", "%s: %d bytes are too many for a skyline, at most %d", name, len(text), MaxText)
	}
	text = strings.TrimPrefix(text, "\uFEFF")
	r := reader{az: 0, alt: 1}
	line := 0
	for row := range strings.Lines(text) {
		line++
		if err := r.row(strings.TrimRight(row, "\r\n")); err != "" {
			return nil, fault.New(fault.Invalid, "horizon", "%s:%d: %s", name, line, err)
		}
	}
	p, err := New(r.points)
	if err != nil {
		return nil, fault.New(fault.Invalid, "horizon", "%s: %v", name, err)
	}
	return p, nil
}

// reader gathers the points of a file.
type reader struct {
	az, alt int  // the columns
	wide    bool // a heading has said that there are more
	begun   bool
	points  []Point
}

// row reads a line, and returns what is wrong with it.
func (r *reader) row(s string) string {
	s, _, _ = strings.Cut(s, "#")
	s = strings.TrimSpace(s)
	if s == "" || strings.HasPrefix(s, ";") || strings.HasPrefix(s, "//") {
		return ""
	}
	cells := split(s)
	first := !r.begun
	r.begun = true
	if first && !strings.ContainsAny(s, "0123456789") {
		return r.heading(cells)
	}
	if len(cells) < 2 || len(cells) > 2 && !r.wide || len(cells) <= max(r.az, r.alt) {
		return "a line needs an azimuth and an altitude, such as \"90 12.5\" or \"90,12.5\"; this is " + strconv.Quote(s)
	}
	var c Point
	for _, v := range []struct {
		what string
		cell string
		to   *float64
	}{{"azimuth", cells[r.az], &c.Az}, {"altitude", cells[r.alt], &c.Alt}} {
		x, err := strconv.ParseFloat(strings.TrimSuffix(v.cell, "°"), 64)
		if err != nil {
			return v.what + " " + strconv.Quote(v.cell) + " is no number; degrees with a decimal point are accepted"
		}
		*v.to = x + 0 // −0 is 0
	}
	if err := c.check(); err != nil {
		return err.Error()
	}
	if len(r.points) == MaxPoints {
		return "a skyline may have " + strconv.Itoa(MaxPoints) + " points"
	}
	r.points = append(r.points, c)
	return ""
}

// heading finds the columns by their names.
func (r *reader) heading(cells []string) string {
	r.az, r.alt = -1, -1
	for i, cell := range cells {
		switch word := strings.ToLower(strings.Trim(cell, "\"'")); {
		case strings.HasPrefix(word, "az"):
			r.az = i
		case strings.HasPrefix(word, "alt"), strings.HasPrefix(word, "el"):
			r.alt = i
		}
	}
	r.wide = len(cells) > 2
	if r.az < 0 || r.alt < 0 {
		return "the heading " + strconv.Quote(strings.Join(cells, ",")) + " names no azimuth and altitude"
	}
	return ""
}

// split cuts a line into its cells.
func split(s string) []string {
	for _, mark := range []string{";", ","} {
		if strings.Contains(s, mark) {
			cells := strings.Split(s, mark)
			for i := range cells {
				cells[i] = strings.TrimSpace(cells[i])
			}
			return cells
		}
	}
	return strings.Fields(s)
}
