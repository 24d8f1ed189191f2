// SPDX-License-Identifier: GPL-3.0-or-later

package ephemeris

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/sky"
)

// ParseElements reads one line of orbital elements in any of the formats of
// ParseComet, ParseAsteroid and ParseEDF, told apart by what stands in which
// column. It fails with fault.Invalid, naming the column at fault.
func ParseElements(line string) (Minor, error) {
	l := newElementLine(line)
	switch {
	case l.digits(15, 18) && l.digits(20, 21) && l.at(5) != ' ' && l.at(22) == ' ':
		return ParseComet(line)
	case l.at(21) >= 'A' && l.at(21) <= 'Z' && l.digits(22, 23) && l.at(8) == ' ':
		return ParseAsteroid(line)
	default:
		return ParseEDF(line)
	}
}

// ParseComet reads one line of the Minor Planet Center's comet elements
// ("CometEls.txt", "Soft00Cmt.txt"). It fails with fault.Invalid, naming the
// column at fault.
// Source: Minor Planet Center, "Export Format for Comet Orbits".
func ParseComet(line string) (Minor, error) {
	l := newElementLine(line)
	perihelion := l.date(15, 18, 20, 21, 23, 29)
	m := Minor{
		Name: l.text(103, 158),
		Orbit: Orbit{
			Perihelion: perihelion,
			Q:          l.number(31, 39, "perihelion distance"),
			E:          l.number(42, 49, "eccentricity"),
			ArgPeri:    l.angle(52, 59, "argument of perihelion"),
			Node:       l.angle(62, 69, "longitude of the node"),
			Incl:       l.angle(72, 79, "inclination"),
		},
	}
	if l.text(92, 95) != "" {
		m.H, m.Law = l.number(92, 95, "absolute magnitude"), CometLaw
		m.Slope = 4 // the usual r⁴ where the line gives none
		if l.text(97, 100) != "" {
			m.Slope = l.number(97, 100, "slope of the magnitude")
		}
	}
	if m.Name == "" {
		m.Name = l.text(1, 12)
	}
	return l.finish(m)
}

// ParseAsteroid reads one line of the Minor Planet Center's orbit database
// ("MPCORB.DAT"). It fails with fault.Invalid, naming the column at fault.
// Source: Minor Planet Center, "Export Format for Minor-Planet Orbits".
func ParseAsteroid(line string) (Minor, error) {
	l := newElementLine(line)
	epoch := l.packedDate(21)
	mean := l.angle(27, 35, "mean anomaly")
	argPeri := l.angle(38, 46, "argument of perihelion")
	node := l.angle(49, 57, "longitude of the node")
	incl := l.angle(60, 68, "inclination")
	e := l.number(71, 79, "eccentricity")
	axis := l.number(93, 103, "semi-major axis")
	m := Minor{Name: l.text(167, 194)}
	if l.text(9, 13) != "" {
		m.H, m.Law = l.number(9, 13, "absolute magnitude"), AsteroidLaw
		m.Slope = 0.15 // where the line gives none, as the Center has it
		if l.text(15, 19) != "" {
			m.Slope = l.number(15, 19, "slope of the magnitude")
		}
	}
	if m.Name == "" {
		m.Name = l.text(1, 7)
	}
	if l.err != nil {
		return Minor{}, l.err
	}
	orbit, err := FromMeanAnomaly(epoch, mean, axis, e, incl, node, argPeri)
	if err != nil {
		return Minor{}, err
	}
	m.Orbit = orbit
	return l.finish(m)
}

// edfName is the width of the name in an .edf line.
const edfName = 46

// ParseEDF reads one line of the original's element files: the name in the
// first 46 columns, then for a comet
//
//	year month day q e perihelion node inclination H K
//
// and for an asteroid
//
//	year month day M a e perihelion node inclination H G
//
// with angles in degrees and the equinox of J2000. The day, which may have a
// fraction, is that of perihelion for a comet, of epoch for an asteroid. It
// fails with fault.Invalid, naming the number at fault.
// Source: reference/operator-features.md §5.
func ParseEDF(line string) (Minor, error) {
	if len(line) <= edfName {
		return Minor{}, fault.New(fault.Invalid, "elements", "the line has %d columns; a name takes the first %d and numbers follow", len(line), edfName)
	}
	fields := strings.Fields(line[edfName:])
	if n := len(fields); n != 10 && n != 11 {
		return Minor{}, fault.New(fault.Invalid, "elements", "%d numbers follow the name; accepted: 10 for a comet, 11 for an asteroid", n)
	}
	var v [11]float64
	for i, f := range fields {
		x, err := number(f)
		if err != nil {
			return Minor{}, fault.New(fault.Invalid, "elements", "number %d after the name is %q, no number", i+1, f)
		}
		v[i] = x
	}
	day, err := calendar(v[0], v[1], v[2])
	if err != nil {
		return Minor{}, err
	}
	m := Minor{Name: strings.TrimSpace(line[:edfName])}
	if len(fields) == 10 {
		m.Law, m.H, m.Slope = CometLaw, v[8], v[9]
		m.Orbit = Orbit{
			Perihelion: day, Q: v[3], E: v[4],
			ArgPeri: model.Degrees(v[5]), Node: model.Degrees(v[6]), Incl: model.Degrees(v[7]),
		}
	} else {
		m.Law, m.H, m.Slope = AsteroidLaw, v[9], v[10]
		m.Orbit, err = FromMeanAnomaly(day, model.Degrees(v[3]), v[4], v[5], model.Degrees(v[8]), model.Degrees(v[7]), model.Degrees(v[6]))
		if err != nil {
			return Minor{}, err
		}
	}
	return checked(m)
}

// checked returns m if it can exist.
func checked(m Minor) (Minor, error) {
	if err := m.Orbit.Check(); err != nil {
		return Minor{}, err
	}
	if m.Law != NoMagnitude && !(math.Abs(m.H) <= 99 && math.Abs(m.Slope) <= 99) {
		return Minor{}, fault.New(fault.Invalid, "elements", "the magnitude %g with slope %g is out of range; accepted: −99 to 99", m.H, m.Slope)
	}
	return m, nil
}

// elementLine is a line of fixed columns, counted from 1 as its formats do.
// It remembers the first error.
type elementLine struct {
	line string
	err  error
}

func newElementLine(line string) *elementLine {
	return &elementLine{line: strings.TrimRight(line, "\r\n")}
}

func (l *elementLine) fail(format string, args ...any) {
	if l.err == nil {
		l.err = fault.New(fault.Invalid, "elements", format, args...)
	}
}

// at returns the byte in a column, a blank beyond the line's end.
func (l *elementLine) at(column int) byte {
	if column > len(l.line) {
		return ' '
	}
	return l.line[column-1]
}

// text returns columns from to to, without the blanks around.
func (l *elementLine) text(from, to int) string {
	if from > len(l.line) {
		return ""
	}
	return strings.TrimSpace(l.line[from-1 : min(to, len(l.line))])
}

// digits reports whether all the columns hold digits.
func (l *elementLine) digits(from, to int) bool {
	for c := from; c <= to; c++ {
		if l.at(c) < '0' || l.at(c) > '9' {
			return false
		}
	}
	return true
}

func (l *elementLine) number(from, to int, what string) float64 {
	text := l.text(from, to)
	v, err := number(text)
	if err != nil {
		l.fail("the %s in columns %d to %d is %q, no number", what, from, to, text)
	}
	return v
}

func (l *elementLine) angle(from, to int, what string) model.Angle {
	return model.Degrees(l.number(from, to, what))
}

// date reads year, month and day with fraction, TT.
func (l *elementLine) date(y1, y2, m1, m2, d1, d2 int) sky.JD {
	jd, err := calendar(l.number(y1, y2, "year"), l.number(m1, m2, "month"), l.number(d1, d2, "day"))
	if err != nil {
		l.fail("the date in columns %d to %d is no date", y1, d2)
	}
	return jd
}

// packedDate reads the five columns of a packed date, 0h TT.
// Source: Minor Planet Center, "Packed Dates".
func (l *elementLine) packedDate(column int) sky.JD {
	digit := func(c byte) float64 {
		switch {
		case c >= '0' && c <= '9':
			return float64(c - '0')
		case c >= 'A' && c <= 'V':
			return float64(c-'A') + 10
		default:
			return math.NaN()
		}
	}
	year := 100*digit(l.at(column)) + 10*digit(l.at(column+1)) + digit(l.at(column+2))
	jd, err := calendar(year, digit(l.at(column+3)), digit(l.at(column+4)))
	if err != nil {
		l.fail("the epoch in columns %d to %d is %q, no packed date", column, column+4, l.text(column, column+4))
	}
	return jd
}

// finish returns m, or the first error met.
func (l *elementLine) finish(m Minor) (Minor, error) {
	if l.err != nil {
		return Minor{}, l.err
	}
	return checked(m)
}

// number parses a finite decimal number.
func number(text string) (float64, error) {
	v, err := strconv.ParseFloat(text, 64)
	if err == nil && (math.IsNaN(v) || math.IsInf(v, 0)) {
		err = strconv.ErrRange
	}
	return v, err
}

// calendar returns the Julian date of a day, which may have a fraction, of
// the Gregorian calendar.
func calendar(year, month, day float64) (sky.JD, error) {
	bad := fault.New(fault.Invalid, "elements", "%g-%g-%g is no date; accepted: years 1 to 9999", year, month, day)
	if !(year >= 1 && year <= 9999 && month >= 1 && month <= 12 && day >= 0 && day < 32) ||
		year != math.Trunc(year) || month != math.Trunc(month) {
		return sky.JD{}, bad
	}
	whole, fraction := math.Modf(day)
	t := time.Date(int(year), time.Month(month), int(whole), 0, 0, 0, 0, time.UTC)
	if whole >= 1 && t.Month() != time.Month(month) {
		return sky.JD{}, bad
	}
	// 2440587.5 is the Julian date of the beginning of 1970.
	return sky.JD{Day: float64(t.Unix()/86400) + 2440587.5, Frac: fraction}, nil
}
