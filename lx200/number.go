// SPDX-License-Identifier: GPL-3.0-or-later

package lx200

import (
	"math"
	"strconv"

	"github.com/siderostep/siderostep/model"
)

// form is how a session wants its numbers.
type form struct {
	long   bool
	degree byte
}

func two(b []byte, n int) []byte { return append(b, byte('0'+n/10%10), byte('0'+n%10)) }

func three(b []byte, n int) []byte { return two(append(b, byte('0'+n/100%10)), n) }

// roundIn returns v rounded half up, modulo n.
func roundIn(v float64, n int) int {
	r := int(math.Floor(v+0.5)) % n
	if r < 0 {
		r += n
	}
	return r
}

// clock24 appends HH:MM:SS.
func clock24(b []byte, hours float64) []byte {
	s := roundIn(hours*3600, 86400)
	b = append(two(b, s/3600), ':')
	b = append(two(b, s/60%60), ':')
	return two(b, s%60)
}

// ra appends a right ascension, HH:MM:SS or HH:MM.T, without '#'.
func (f form) ra(b []byte, a model.Angle) []byte {
	if f.long {
		return clock24(b, a.Hours())
	}
	t := roundIn(a.Hours()*600, 14400)
	b = append(two(b, t/600), ':')
	b = append(two(b, t/10%60), '.')
	return append(b, byte('0'+t%10))
}

// signed appends a declination, altitude or latitude, sDD*MM:SS or sDD*MM:
// the magnitude rounded half up and held at 90 degrees, zero positive.
func (f form) signed(b []byte, a model.Angle) []byte {
	unit := 60.0
	if f.long {
		unit = 3600
	}
	m := int(math.Min(math.Floor(math.Abs(a.Degrees())*unit+0.5), 90*unit))
	sign := byte('+')
	if a < 0 && m > 0 {
		sign = '-'
	}
	return f.sexagesimal(append(b, sign), m, two)
}

// circle appends an azimuth or longitude, DDD*MM:SS or DDD*MM.
func (f form) circle(b []byte, a model.Angle) []byte {
	unit := 60
	if f.long {
		unit = 3600
	}
	return f.sexagesimal(b, roundIn(a.Degrees()*float64(unit), 360*unit), three)
}

// sexagesimal appends n, seconds or minutes of arc.
func (f form) sexagesimal(b []byte, n int, degrees func([]byte, int) []byte) []byte {
	if !f.long {
		n *= 60
	}
	b = append(degrees(b, n/3600), f.degree)
	b = two(b, n/60%60)
	if f.long {
		b = two(append(b, ':'), n%60)
	}
	return b
}

// westOffset appends hours to add to local time to get UTC: sHH, sHH.5 for
// halves, sHH:MM otherwise; bartels pads with blanks and cuts the fraction.
func westOffset(b []byte, hours float64, bartels bool) []byte {
	m := int(math.Round(math.Abs(hours) * 60))
	if bartels {
		text := strconv.Itoa(int(hours))
		for n := len(text); n < 3; n++ {
			b = append(b, ' ')
		}
		return append(b, text...)
	}
	sign := byte('+')
	if hours < 0 && m > 0 {
		sign = '-'
	}
	b = two(append(b, sign), m/60)
	switch m % 60 {
	case 0:
	case 30:
		b = append(b, '.', '5')
	default:
		b = two(append(b, ':'), m%60)
	}
	return b
}

// digits takes lo to hi digits from the front of s.
func digits(s []byte, lo, hi int) (v int, rest []byte, ok bool) {
	n := 0
	for n < len(s) && n < hi && s[n] >= '0' && s[n] <= '9' {
		v = v*10 + int(s[n]-'0')
		n++
	}
	return v, s[n:], n >= lo
}

// fraction takes an optional ".d" to ".dddd" from the front of s.
func fraction(s []byte) (v float64, rest []byte, ok bool) {
	if len(s) == 0 || s[0] != '.' {
		return 0, s, true
	}
	d, rest, ok := digits(s[1:], 1, 4)
	return float64(d) / math.Pow10(len(s)-1-len(rest)), rest, ok
}

// degreeMark takes what separates degrees or hours from minutes.
func degreeMark(s []byte) (rest []byte, ok bool) {
	if len(s) == 0 {
		return s, false
	}
	switch s[0] {
	case '*', ':', 0xDF, 0xB0, 0xF8, 0xBA:
		return s[1:], true
	case 0xC2:
		if len(s) > 1 && s[1] == 0xB0 {
			return s[2:], true
		}
	}
	return s, false
}

// sexagesimal reads degrees or hours in any accepted spelling, with its sign.
// Source: reference §2.
func sexagesimal(s []byte) (value float64, ok bool) {
	sign := 1.0
	if len(s) > 0 && (s[0] == '+' || s[0] == '-') {
		if s[0] == '-' {
			sign = -1
		}
		s = s[1:]
	}
	whole, s, ok := digits(s, 1, 3)
	if !ok {
		return 0, false
	}
	if s, ok = degreeMark(s); !ok {
		return 0, false
	}
	minutes, s, ok := digits(s, 1, 2)
	if !ok || minutes > 59 {
		return 0, false
	}
	var second int
	var part float64
	switch {
	case len(s) > 1 && (s[0] == ':' || s[0] == '\''):
		if second, s, ok = digits(s[1:], 1, 2); !ok || second > 59 {
			return 0, false
		}
		if part, s, ok = fraction(s); !ok {
			return 0, false
		}
	default:
		if part, s, ok = fraction(s); !ok {
			return 0, false
		}
		part *= 60
	}
	if len(s) == 1 && (s[0] == '"' || s[0] == '\'') {
		s = s[1:]
	}
	if len(s) != 0 {
		return 0, false
	}
	return sign * (float64(whole) + float64(minutes)/60 + (float64(second)+part)/3600), true
}

// offset reads sHH, sH, sHH.H or sHH:MM, in hours.
func offset(s []byte) (hours float64, ok bool) {
	sign := 1.0
	if len(s) > 0 && (s[0] == '+' || s[0] == '-') {
		if s[0] == '-' {
			sign = -1
		}
		s = s[1:]
	}
	h, s, ok := digits(s, 1, 2)
	if !ok {
		return 0, false
	}
	hours = float64(h)
	if len(s) > 0 && s[0] == ':' {
		m, rest, ok := digits(s[1:], 1, 2)
		if !ok || m > 59 {
			return 0, false
		}
		hours, s = hours+float64(m)/60, rest
	} else {
		f, rest, ok := fraction(s)
		if !ok {
			return 0, false
		}
		hours, s = hours+f, rest
	}
	hours *= sign
	return hours, len(s) == 0 && hours >= -14 && hours <= 12
}

// decimal reads an unsigned or signed decimal number without exponent.
func decimal(s []byte) (v float64, ok bool) {
	if len(s) == 0 || len(s) > 12 {
		return 0, false
	}
	for i, c := range s {
		if (c < '0' || c > '9') && c != '.' && !(i == 0 && (c == '+' || c == '-')) {
			return 0, false
		}
	}
	v, err := strconv.ParseFloat(string(s), 64)
	return v, err == nil
}

// natural reads one to hi digits and nothing else.
func natural(s []byte, hi int) (int, bool) {
	v, rest, ok := digits(s, 1, hi)
	return v, ok && len(rest) == 0
}
