// SPDX-License-Identifier: GPL-3.0-or-later

package alpaca

import (
	"math"
	"strconv"
	"unicode/utf8"
)

// appendNumber appends the shortest text that reads back as v, which must be
// finite.
func appendNumber(b []byte, v float64) []byte {
	if v == 0 {
		v = 0 // a negative zero looks like a mistake
	}
	format := byte('f')
	if a := math.Abs(v); a != 0 && (a < 1e-6 || a >= 1e21) {
		format = 'e'
	}
	return strconv.AppendFloat(b, v, format, -1, 64)
}

const hexDigits = "0123456789abcdef"

// appendText appends s as a JSON string. Bytes that are not UTF-8 become
// U+FFFD.
func appendText(b []byte, s string) []byte {
	b = append(b, '"')
	for i := 0; i < len(s); {
		ch := s[i]
		switch {
		case ch == '"' || ch == '\\':
			b = append(b, '\\', ch)
			i++
		case ch < ' ' || ch == 0x7f:
			b = append(b, '\\', 'u', '0', '0', hexDigits[ch>>4], hexDigits[ch&15])
			i++
		case ch < utf8.RuneSelf:
			b = append(b, ch)
			i++
		default:
			r, n := utf8.DecodeRuneInString(s[i:])
			b = utf8.AppendRune(b, r)
			i += n
		}
	}
	return append(b, '"')
}

// appendTexts appends a JSON array of strings.
func appendTexts(b []byte, texts []string) []byte {
	b = append(b, '[')
	for i, s := range texts {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendText(b, s)
	}
	return append(b, ']')
}

// stateList writes a DeviceState: an array of names with their values. A
// value that is not a finite number is left out.
type stateList struct {
	out []byte
	n   int
}

func (l *stateList) name(name string) {
	if l.n > 0 {
		l.out = append(l.out, ',')
	} else {
		l.out = append(l.out, '[')
	}
	l.n++
	l.out = append(append(append(l.out, `{"Name":"`...), name...), `","Value":`...)
}

func (l *stateList) number(name string, v float64) {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return
	}
	l.name(name)
	l.out = append(appendNumber(l.out, v), '}')
}

func (l *stateList) truth(name string, v bool) {
	l.name(name)
	l.out = append(strconv.AppendBool(l.out, v), '}')
}

func (l *stateList) whole(name string, v int) {
	l.name(name)
	l.out = append(strconv.AppendInt(l.out, int64(v), 10), '}')
}

func (l *stateList) date(name string, appendDate func([]byte) []byte) {
	l.name(name)
	l.out = append(appendDate(append(l.out, '"')), '"', '}')
}

// end closes the list; one without entries is [].
func (l *stateList) end() []byte {
	if l.n == 0 {
		return append(l.out, "[]"...)
	}
	return append(l.out, ']')
}
