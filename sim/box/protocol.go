// SPDX-License-Identifier: GPL-3.0-or-later

package box

import (
	"encoding/binary"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

// The protocols of encoder boxes, by the names of the configuration file.
const (
	BSeg          = "bseg"            // Bob Segrest's
	ResetViaR     = "reset_via_r"     // MicroGuider III, Ouranos, StarPort
	ResetViaZ     = "reset_via_z"     // BBox, NGC
	NoReset       = "no_reset"        // SkyWizard
	Ek            = "ek"              // Dave Ek's
	SkyCommander  = "sky_commander"   // raw counts
	SkyCommanderR = "sky_commander_r" // right ascension and declination
	LM629         = "lm629_serial"    // LM629 servo controller
)

// Protocols returns the names of all protocols.
func Protocols() []string { return slices.Sorted(maps.Keys(protocols)) }

// A state says how much of a command has arrived.
type state int

const (
	more state = iota
	whole
	spoiled
)

// command is one command of a protocol: its first byte, how far it goes, and
// what it does.
type command struct {
	head  byte
	state func(body []byte) state
	do    func(e *Encoder, body []byte) []byte
}

var protocols = map[string][]command{
	BSeg: {
		{'Q', fixed(0), func(e *Encoder, _ []byte) []byte {
			n := e.counts()
			size := [3]int64{e.resolution[0], e.resolution[1], e.resolution[1]}
			return fmt.Appendf(nil, "%04X\t%04X\t%04X\r", unsigned(n[0], size[0]), unsigned(n[1], size[1]), unsigned(n[2], size[2]))
		}},
		{'B', fixed(0), func(e *Encoder, _ []byte) []byte {
			e.zero()
			return []byte("B\r")
		}},
	},
	ResetViaR: {{'Q', fixed(0), decimal}, {'R', line, func(e *Encoder, body []byte) []byte {
		az, alt, found := strings.Cut(string(body[:len(body)-1]), "\t")
		if !found || len(az) != 5 || len(alt) != 5 || !e.reset(number(az), number(alt)) {
			return nil
		}
		return []byte("R")
	}}},
	ResetViaZ: {{'Q', fixed(0), decimal}, {'Z', line, func(e *Encoder, body []byte) []byte {
		az, alt, found := strings.Cut(string(body[:len(body)-1]), " ")
		if !found || !e.reset(number(az), number(alt)) {
			return nil
		}
		return []byte("*")
	}}},
	NoReset: {{'Q', fixed(0), decimal}},
	Ek: {
		{'y', fixed(0), func(e *Encoder, _ []byte) []byte {
			n := e.counts()
			out := binary.LittleEndian.AppendUint16(nil, uint16(unsigned(n[1], e.resolution[1])))
			return binary.LittleEndian.AppendUint16(out, uint16(unsigned(n[0], e.resolution[0])))
		}},
		{'z', fixed(4), func(e *Encoder, body []byte) []byte {
			alt, az := binary.LittleEndian.Uint16(body), binary.LittleEndian.Uint16(body[2:])
			if !e.reset(int(az), int(alt)) {
				return nil
			}
			return []byte("r")
		}},
	},
	SkyCommander: {{'e', fixed(0), func(e *Encoder, _ []byte) []byte {
		n := e.counts()
		out := binary.BigEndian.AppendUint16(nil, uint16(unsigned(n[0], e.resolution[0])))
		return binary.BigEndian.AppendUint16(out, uint16(unsigned(n[1], e.resolution[1])))
	}}},
	SkyCommanderR: {{'\r', fixed(0), equatorial}},
	LM629: {{'P', hash, func(e *Encoder, _ []byte) []byte {
		n := e.counts()
		return fmt.Appendf(nil, "%d:%d", signed(n[0], 2*lm629Span), signed(n[1], 2*lm629Span))
	}}},
}

// lm629Span is half the range of an LM629's position: −2³⁰ … 2³⁰−1.
const lm629Span = 1 << 30

// fixed is the state of a command with n bytes after its first.
func fixed(n int) func([]byte) state {
	return func(body []byte) state {
		if len(body) < n {
			return more
		}
		return whole
	}
}

// line is the state of a command that is two numbers, a separator and a
// carriage return.
func line(body []byte) state {
	if len(body) == 0 {
		return more
	}
	switch last := body[len(body)-1]; {
	case last == '\r':
		return whole
	case len(body) <= 11 && (last >= '0' && last <= '9' || last == '\t' || last == ' '):
		return more
	}
	return spoiled
}

// hash is the state of a command that ends in #.
func hash(body []byte) state {
	switch {
	case len(body) == 0:
		return more
	case body[0] == '#':
		return whole
	}
	return spoiled
}

// number returns a decimal of up to five digits, or 0.
func number(s string) int {
	if len(s) > 5 {
		return 0
	}
	n, err := strconv.ParseUint(s, 10, 32)
	if err != nil {
		return 0
	}
	return int(n)
}

// reset sets resolution and counters; it reports false, and changes nothing,
// for a resolution that the box does not take.
func (e *Encoder) reset(az, alt int) bool {
	if az < 1 || alt < 1 || az > 65534 || alt > 65534 {
		return false
	}
	e.resolution = [2]int64{int64(az), int64(alt)}
	e.zero()
	return true
}

// decimal answers ±ddddd TAB ±ddddd CR, azimuth first: signed counts up to a
// resolution of 32,767, unsigned above.
func decimal(e *Encoder, _ []byte) []byte {
	n := e.counts()
	for i, size := range e.resolution {
		if size <= 32767 {
			n[i] = signed(n[i], size)
		} else {
			n[i] = unsigned(n[i], size)
		}
	}
	separator := "\t"
	if e.cfg.Space {
		separator = " "
	}
	return fmt.Appendf(nil, "%+06d%s%+06d\r", n[0], separator, n[1])
}

// equatorial answers 16 bytes: a space, hours of right ascension, a space,
// sign and degrees of declination, NUL.
func equatorial(e *Encoder, _ []byte) []byte {
	at := e.cfg.Sky()
	milliHours := int(math.Round(at.RA.Wrap().Hours()*1000)) % 24000
	milliDegrees := int(math.Round(at.Dec.Degrees() * 1000))
	sign := '+'
	if milliDegrees < 0 {
		sign, milliDegrees = '-', -milliDegrees
	}
	return fmt.Appendf(nil, " %02d.%03d %c%02d.%03d\x00", milliHours/1000, milliHours%1000, sign, milliDegrees/1000, milliDegrees%1000)
}
