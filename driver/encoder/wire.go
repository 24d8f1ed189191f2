// SPDX-License-Identifier: GPL-3.0-or-later

package encoder

import (
	"bytes"
	"fmt"
	"strings"
)

// counts are those of the Z and the A axis as a box says them.
type counts [2]int64

// wire is how one kind of box talks.
type wire struct {
	query string
	frame func(b []byte) (counts, bool) // a reply, exactly

	// A reply of size bytes, the last of which is end, can be found among
	// others. Without a size, all that comes is one reply or none.
	size int
	end  byte

	reset  func(z, a int) []byte // sets the counts per turn; nil when there is no such command
	answer string                // to a reset

	bits16 bool  // counts are sixteen bits, with or without a sign
	span   int64 // after how many counts they start anew; 0: after a turn
	sky    bool  // not counts: thousandths of hours and degrees
}

const (
	protocols = "bseg, reset_via_r, reset_via_z, no_reset, ek, sky_commander, sky_commander_r, mouse, lm629_serial"
	most16    = 65534   // counts per turn that sixteen bits, and five digits, allow
	signed16  = 32767   // up to as many, boxes count both ways from zero
	span31    = 1 << 31 // an LM629 counts from −2³⁰ to 2³⁰ − 1
)

// wireOf returns how the boxes of a protocol talk. A mouse is never asked,
// so it has no query.
//
// Source: the boxes that the Scope II manual names under EncoderString.
func wireOf(protocol string) (wire, bool) {
	text := wire{query: "Q", frame: textFrame, size: 14, end: '\r'}
	switch protocol {
	case "bseg":
		return wire{query: "Q", frame: hexFrame, size: 15, end: '\r', bits16: true, answer: "B\r", reset: func(int, int) []byte { return []byte("B") }}, true
	case "reset_via_r":
		text.answer = "R"
		text.reset = func(z, a int) []byte { return fmt.Appendf(nil, "R%05d\t%05d\r", z, a) }
		return text, true
	case "reset_via_z":
		text.answer = "*"
		text.reset = func(z, a int) []byte { return fmt.Appendf(nil, "Z%05d %05d\r", z, a) }
		return text, true
	case "no_reset":
		return text, true
	case "ek":
		return wire{query: "y", frame: ekFrame, bits16: true, answer: "r", reset: func(z, a int) []byte {
			return []byte{'z', byte(a), byte(a >> 8), byte(z), byte(z >> 8)}
		}}, true
	case "sky_commander":
		return wire{query: "e", frame: skyCommanderFrame, bits16: true}, true
	case "sky_commander_r":
		return wire{query: "\r", frame: placeFrame, size: 16, end: 0, sky: true}, true
	case "mouse":
		return wire{span: span31}, true
	case "lm629_serial":
		return wire{query: "P#", frame: lm629Frame, span: span31}, true
	}
	return wire{}, false
}

// find returns the first reply in what came, and how many bytes came before
// it that belong to none. A reply directly behind a byte as replies are made
// of is none: "+-00001" may be one or minus one.
func (w *wire) find(got []byte) (c counts, before int, ok bool) {
	if w.size == 0 {
		c, ok = w.frame(got)
		return c, 0, ok
	}
	for i := w.size - 1; i < len(got); i++ {
		if got[i] != w.end {
			continue
		}
		before = i + 1 - w.size
		if before > 0 && strings.IndexByte("0123456789ABCDEFabcdef+-. \t", got[before-1]) >= 0 {
			continue
		}
		if c, ok = w.frame(got[before : i+1]); ok {
			return c, before, true
		}
	}
	return counts{}, 0, false
}

// textFrame reads ±ddddd TAB ±ddddd CR, azimuth first.
func textFrame(b []byte) (c counts, ok bool) {
	if len(b) != 14 || b[6] != '\t' && b[6] != ' ' || b[13] != '\r' {
		return c, false
	}
	z, okZ := signed(b[:6])
	a, okA := signed(b[7:13])
	return counts{z, a}, okZ && okA
}

// hexFrame reads three times four hexadecimal digits, separated by TAB:
// azimuth, altitude, rotator; then CR.
func hexFrame(b []byte) (c counts, ok bool) {
	if len(b) != 15 || b[4] != '\t' || b[9] != '\t' || b[14] != '\r' {
		return c, false
	}
	z, okZ := number(b[:4], 16)
	a, okA := number(b[5:9], 16)
	_, okR := number(b[10:14], 16)
	return counts{z, a}, okZ && okA && okR
}

// ekFrame reads altitude, azimuth, the low byte first.
func ekFrame(b []byte) (c counts, ok bool) {
	if len(b) != 4 {
		return c, false
	}
	return counts{int64(b[2]) | int64(b[3])<<8, int64(b[0]) | int64(b[1])<<8}, true
}

// skyCommanderFrame reads azimuth, altitude, the high byte first.
func skyCommanderFrame(b []byte) (c counts, ok bool) {
	if len(b) != 4 {
		return c, false
	}
	return counts{int64(b[0])<<8 | int64(b[1]), int64(b[2])<<8 | int64(b[3])}, true
}

// placeFrame reads space, right ascension dd.ddd in hours, space, sign,
// declination dd.ddd, NUL, in thousandths.
func placeFrame(b []byte) (c counts, ok bool) {
	if len(b) != 16 || b[0] != ' ' || b[7] != ' ' || b[15] != 0 {
		return c, false
	}
	ra, okRA := thousandths(b[1:7])
	dec, okDec := thousandths(b[9:15])
	switch b[8] {
	case '+':
	case '-':
		dec = -dec
	default:
		return c, false
	}
	return counts{ra, dec}, okRA && okDec && ra < 24_000 && dec >= -90_000 && dec <= 90_000
}

// lm629Frame reads z:a, both with or without a sign. How such a reply ends
// is not documented: white space and # may follow.
func lm629Frame(b []byte) (c counts, ok bool) {
	z, a, found := bytes.Cut(bytes.TrimRight(b, "\r\n\x00 #"), []byte(":"))
	vz, okZ := integer(z)
	va, okA := integer(a)
	return counts{vz, va}, found && okZ && okA
}

// signed reads decimal digits behind a sign, without which a number whose
// first digits were lost would still look like one.
func signed(b []byte) (int64, bool) {
	if len(b) == 0 || b[0] != '+' && b[0] != '-' {
		return 0, false
	}
	v, ok := number(b[1:], 10)
	if b[0] == '-' {
		v = -v
	}
	return v, ok
}

// integer is signed, but a plus may be left out.
func integer(b []byte) (int64, bool) {
	if v, ok := signed(b); ok {
		return v, true
	}
	return number(b, 10)
}

// thousandths reads dd.ddd; the first digit may be a space.
func thousandths(b []byte) (int64, bool) {
	if b[2] != '.' {
		return 0, false
	}
	if b[0] == ' ' {
		b = append([]byte{'0'}, b[1:]...)
	}
	whole, ok := number(b[:2], 10)
	rest, okRest := number(b[3:6], 10)
	return 1000*whole + rest, ok && okRest
}

// number reads one to twelve digits of a base up to 16.
func number(b []byte, base int64) (v int64, ok bool) {
	if len(b) == 0 || len(b) > 12 {
		return 0, false
	}
	for _, d := range b {
		var n int64
		switch {
		case d >= '0' && d <= '9':
			n = int64(d - '0')
		case d >= 'A' && d <= 'F':
			n = int64(d-'A') + 10
		case d >= 'a' && d <= 'f':
			n = int64(d-'a') + 10
		default:
			return 0, false
		}
		if n >= base {
			return 0, false
		}
		v = v*base + n
	}
	return v, true
}
