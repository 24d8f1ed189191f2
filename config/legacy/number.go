// SPDX-License-Identifier: GPL-3.0-or-later

package legacy

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// most is the greatest number that any value can be, whatever it means.
const most = 1e9

// read returns the number that a token stands for. doubt says what the
// original would have made of it, where that is not the same; problem is what
// is wrong when it is no number.
func (r reading) read(token string) (v float64, doubt, problem string) {
	switch strings.ToLower(token) {
	case "on", "yes", "true", "off", "no", "false":
		if r != flag {
			return 0, "", fmt.Sprintf("%q is no number", printable(token, 40))
		}
		word := strings.ToLower(token)
		if word == "on" || word == "yes" || word == "true" {
			return 1, fmt.Sprintf("%s is taken as 1; the original read it as 0", word), ""
		}
		return 0, "", ""
	}
	if rest, ok := hexadecimal(token); ok && r != float && r != flag {
		n, err := strconv.ParseUint(rest, 16, 31)
		if err != nil {
			return 0, "", fmt.Sprintf("%q is no number", printable(token, 40))
		}
		return r.within(float64(n), fmt.Sprintf("%s is taken as %d; the original read it as 0", printable(token, 40), n))
	}
	number := prefix(token, r == float)
	if number == "" {
		return 0, "", fmt.Sprintf("%q is no number; the original read it as 0", printable(token, 40))
	}
	v, err := strconv.ParseFloat(number, 64)
	if err != nil {
		return 0, "", fmt.Sprintf("%q is too great", printable(token, 40))
	}
	if rest := token[len(number):]; rest != "" && rest[0] != ';' {
		doubt = fmt.Sprintf("%s is read as %s, as by the original", printable(token, 40), number)
	}
	return r.within(v, doubt)
}

// within refuses what the original could not hold.
func (r reading) within(v float64, doubt string) (float64, string, string) {
	lo, hi := -most, most
	switch r {
	case integer:
		lo, hi = math.MinInt16, math.MaxInt16
	case unsigned:
		lo, hi = 0, math.MaxUint16
	case flag:
		lo, hi = 0, math.MaxUint8
	case long:
		lo, hi = math.MinInt32, math.MaxInt32
	}
	if !(v >= lo && v <= hi) {
		return 0, "", fmt.Sprintf("%v is out of the range that the original can hold, %.0f to %.0f", v, lo, hi)
	}
	return v, doubt, ""
}

func hexadecimal(token string) (digits string, ok bool) {
	if len(token) > 2 && token[0] == '0' && (token[1] == 'x' || token[1] == 'X') {
		return token[2:], true
	}
	return "", false
}

// prefix returns the longest number that a token begins with, as the C
// library's atof and atoi read it.
func prefix(token string, fraction bool) string {
	i := 0
	digits := func() int {
		from := i
		for i < len(token) && token[i] >= '0' && token[i] <= '9' {
			i++
		}
		return i - from
	}
	if i < len(token) && (token[i] == '+' || token[i] == '-') {
		i++
	}
	n := digits()
	if fraction && i < len(token) && token[i] == '.' {
		i++
		n += digits()
	}
	if n == 0 {
		return ""
	}
	end := i
	if fraction && i < len(token) && (token[i] == 'e' || token[i] == 'E') {
		i++
		if i < len(token) && (token[i] == '+' || token[i] == '-') {
			i++
		}
		if digits() > 0 {
			end = i
		}
	}
	return token[:end]
}
