// SPDX-License-Identifier: GPL-3.0-or-later

package catalog

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/siderostep/siderostep/model"
)

// ReadDat reads a data file of the original: lines of
//
//	RAh RAm RAs Decd Decm Decs name or comment to the end of the line
//
// in whole numbers, a minus on any field of the declination making it
// negative ("+00 -49 00" is −0° 49′). Blanks before the numbers, which the
// manual asks for, may be missing; empty lines are passed over. Lines that
// do not fit are problems, the others become objects. The error is that of
// reading; the objects read before it are returned.
// Source: Scope II manual, "Data object file layout".
func ReadDat(name string, r io.Reader, e Equinox) (*Catalog, []Problem, error) {
	return readLines(name, r, func(o *Object, text string) error {
		s := scanner{rest: text}
		ra, dec, err := s.equatorial()
		if err != nil {
			return err
		}
		o.Name = s.name()
		o.Place = e.place(ra, dec)
		return nil
	})
}

// ReadComets reads a comet file (.cdf) of the original: lines as of a data
// file, with the motion per hour of right ascension (h m s) and declination
// (d m s) before the name. A minus on any field of a motion makes it
// negative. The file does not say when a comet stood where it says: motion
// counts from the moment the comet is chosen (Object.Body).
// Source: Scope II manual, "Comet file layout".
func ReadComets(name string, r io.Reader, e Equinox) (*Catalog, []Problem, error) {
	return readLines(name, r, func(o *Object, text string) error {
		s := scanner{rest: text}
		ra, dec, err := s.equatorial()
		if err != nil {
			return err
		}
		raHourly, err := s.sexagesimal("the motion in right ascension", hours)
		if err != nil {
			return err
		}
		decHourly, err := s.sexagesimal("the motion in declination", degrees)
		if err != nil {
			return err
		}
		const hour = 3600.0
		o.Drift = Drift{
			RA:  model.Rate(model.Hours(raHourly) / hour),
			Dec: model.Rate(model.Degrees(decHourly) / hour),
		}
		o.Name, o.Type = s.name(), TypeComet
		o.Place = e.place(ra, dec)
		return nil
	})
}

// readLines makes an object of every line that parse accepts.
func readLines(name string, r io.Reader, parse func(o *Object, text string) error) (*Catalog, []Problem, error) {
	c := &Catalog{Name: name}
	p := problems{file: name}
	full := false
	err := eachLine(r, &p, func(n int, text string) {
		if len(c.Objects) >= maxObjects {
			if !full {
				p.add(n, "there are more than %d objects; the rest is not read", maxObjects)
			}
			full = true
			return
		}
		if strings.TrimSpace(text) == "" {
			return
		}
		o := Object{Line: n}
		if err := parse(&o, text); err != nil {
			p.add(n, "%v", err)
			return
		}
		c.Objects = append(c.Objects, o)
	})
	return c, p.all(), err
}

// scanner takes whole numbers off the front of a line.
type scanner struct {
	rest  string
	field int
}

// integer takes the next number. negative tells a minus even before a zero.
func (s *scanner) integer() (value int, negative bool, err error) {
	s.field++
	text := strings.TrimLeft(s.rest, " \t")
	end := strings.IndexAny(text, " \t")
	if end < 0 {
		end = len(text)
	}
	word := text[:end]
	if word == "" {
		return 0, false, fmt.Errorf("the line ends before number %d", s.field)
	}
	digits := strings.TrimLeft(word, "+-")
	if len(word)-len(digits) > 1 || len(digits) > 9 {
		return 0, false, fmt.Errorf("field %d is %q, no whole number", s.field, clip(word))
	}
	value, err = strconv.Atoi(digits)
	if err != nil {
		return 0, false, fmt.Errorf("field %d is %q, no whole number", s.field, clip(word))
	}
	s.rest = text[end:]
	return value, word[0] == '-', nil
}

// limit is how large a sexagesimal number may be.
type limit struct {
	first int     // of its three numbers
	whole float64 // of all together, in the first one's unit
	words string
}

var (
	hours   = limit{23, 24, "23 59 59"}
	degrees = limit{90, 90, "90 0 0"}
)

// sexagesimal takes three numbers and returns them as one of the first's
// unit. Minutes are below 60, and so are seconds, but for the 60 that some
// converters round up to.
func (s *scanner) sexagesimal(what string, most limit) (float64, error) {
	var v [3]int
	minus := false
	for i := range v {
		value, negative, err := s.integer()
		if err != nil {
			return 0, err
		}
		v[i], minus = value, minus || negative
	}
	total := float64(v[0]) + float64(v[1])/60 + float64(v[2])/3600
	if v[0] > most.first || v[1] > 59 || v[2] > 60 || total > most.whole {
		return 0, fmt.Errorf("%s is %d %d %d; accepted: 0 0 0 to %s", what, v[0], v[1], v[2], most.words)
	}
	if minus {
		total = -total
	}
	return total, nil
}

// equatorial takes right ascension and declination.
func (s *scanner) equatorial() (ra, dec model.Angle, err error) {
	h, err := s.sexagesimal("the right ascension", hours)
	if err != nil {
		return 0, 0, err
	}
	if math.Signbit(h) {
		return 0, 0, fmt.Errorf("the right ascension has a minus")
	}
	d, err := s.sexagesimal("the declination", degrees)
	if err != nil {
		return 0, 0, err
	}
	return model.Hours(h).Wrap(), model.Degrees(d), nil
}

// name takes the rest of the line.
func (s *scanner) name() string { return strings.Join(strings.Fields(s.rest), " ") }

// clip shortens a word for a message.
func clip(word string) string {
	const most = 24
	if r := []rune(word); len(r) > most {
		return string(r[:most]) + "…"
	}
	return word
}

// DatLine returns a place and a name as a line of a data file, without its
// end, for the observer's log and for records: rounded to whole seconds,
// with the minus of a declination on all three fields, as the original has it.
func DatLine(e model.Equatorial, name string) string {
	seconds := int(math.Round(e.RA.Wrap().Hours()*3600)) % 86400
	arcsec := int(math.Round(e.Dec.Degrees() * 3600))
	sign := "+"
	if arcsec < 0 {
		sign, arcsec = "-", -arcsec
	}
	return strings.TrimRight(fmt.Sprintf(" %02d %02d %02d %s%02d %s%02d %s%02d %s",
		seconds/3600, seconds/60%60, seconds%60,
		sign, arcsec/3600, sign, arcsec/60%60, sign, arcsec%60,
		strings.Join(strings.Fields(name), " ")), " ")
}
