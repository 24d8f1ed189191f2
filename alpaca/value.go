// SPDX-License-Identifier: GPL-3.0-or-later

package alpaca

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// kind is the type of a parameter, or of a Value.
type kind uint8

// The kinds of parameters and Values.
const (
	none    kind = iota
	truth        // true or false
	whole        // a 32-bit integer
	decimal      // a double
	words        // any text
	date         // ISO 8601
	list         // a JSON array (Values only)
	object       // a JSON object (Values only)
)

// zero is the Value sent with an error.
func (k kind) zero() string {
	return [...]string{none: "", truth: "false", whole: "0", decimal: "0", words: `""`, date: `""`, list: "[]", object: "{}"}[k]
}

// param is a parameter of a member.
type param struct {
	name     string
	kind     kind
	optional bool
}

// arg is the value that a request gave to a parameter.
type arg struct {
	given  bool
	text   string
	truth  bool
	whole  int
	number float64
	date   time.Time
}

// parse reads a's text as k. Its error says what is accepted.
func (a *arg) parse(k kind) (err error) {
	switch k {
	case truth:
		a.truth, err = parseTruth(a.text)
	case whole:
		a.whole, err = parseWhole(a.text)
	case decimal:
		a.number, err = parseNumber(a.text)
	case date:
		a.date, err = parseDate(a.text)
	}
	return err
}

// parseTruth reads true or false in letters of any case.
func parseTruth(s string) (bool, error) {
	switch {
	case equalFold(s, "true"):
		return true, nil
	case equalFold(s, "false"):
		return false, nil
	}
	return false, fmt.Errorf("%s is neither true nor false", quoted(s))
}

// parseWhole reads a 32-bit integer: digits, perhaps after a minus sign.
func parseWhole(s string) (int, error) {
	digits := strings.TrimPrefix(s, "-")
	if !allDigits(digits) {
		return 0, fmt.Errorf("%s is not an integer", quoted(s))
	}
	v, err := strconv.ParseInt(s, 10, 32)
	if err != nil {
		return 0, fmt.Errorf("%s is not a 32-bit integer", quoted(s))
	}
	return int(v), nil
}

// parseNumber reads a finite decimal number with a point and perhaps an
// exponent. It knows no NaN, infinity, hexadecimal digits, leading plus or
// spaces.
func parseNumber(s string) (float64, error) {
	for i := range len(s) {
		switch ch := s[i]; {
		case ch >= '0' && ch <= '9', ch == '.', ch == '-', ch == 'e', ch == 'E':
		case ch == '+' && i > 0:
		default:
			return 0, fmt.Errorf("%s is not a number", quoted(s))
		}
	}
	v, err := strconv.ParseFloat(s, 64)
	if err != nil { // also of a number too large
		return 0, fmt.Errorf("%s is not a number", quoted(s))
	}
	return v, nil
}

// parseID reads an unsigned 32-bit integer: digits and nothing else.
func parseID(s string) (uint32, error) {
	if !allDigits(s) {
		return 0, fmt.Errorf("%s is not an unsigned integer", quoted(s))
	}
	v, err := strconv.ParseUint(s, 10, 32)
	if err != nil {
		return 0, fmt.Errorf("%s does not fit an unsigned 32-bit integer", quoted(s))
	}
	return uint32(v), nil
}

// parseDate reads yyyy-mm-ddThh:mm:ss with up to nine digits of fraction,
// then Z, an offset from Greenwich, or nothing, which means Z.
func parseDate(s string) (time.Time, error) {
	_, fraction, _ := strings.Cut(s, ".")
	digits := len(fraction) - len(strings.TrimLeft(fraction, "0123456789"))
	if digits <= 9 && !strings.Contains(s, ",") {
		for _, layout := range [...]string{"2006-01-02T15:04:05Z07:00", "2006-01-02T15:04:05"} {
			if t, err := time.Parse(layout, s); err == nil {
				return t.UTC(), nil
			}
		}
	}
	return time.Time{}, fmt.Errorf("%s is not a date such as 2026-01-31T23:59:59.5Z", quoted(s))
}

// appendDate appends t as clients expect it: always seven digits of fraction
// and always Z.
func appendDate(b []byte, t time.Time) []byte {
	return t.UTC().AppendFormat(b, "2006-01-02T15:04:05.0000000Z")
}

func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// equalFold compares without regard to the case of ASCII letters, and of no
// others.
func equalFold(s, t string) bool {
	if len(s) != len(t) {
		return false
	}
	for i := range len(s) {
		if lower(s[i]) != lower(t[i]) {
			return false
		}
	}
	return true
}

func lower(ch byte) byte {
	if ch >= 'A' && ch <= 'Z' {
		return ch + 'a' - 'A'
	}
	return ch
}

// quoted returns what a client sent, fit for a message to it.
func quoted(s string) string {
	if len(s) > 60 {
		s = s[:57] + "..."
	}
	return strconv.QuoteToASCII(s)
}
