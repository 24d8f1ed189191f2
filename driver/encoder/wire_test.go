// SPDX-License-Identifier: GPL-3.0-or-later

package encoder

import (
	"regexp"
	"strconv"
	"testing"
)

// The bytes of every protocol, as the reference gives them.
func TestBytes(t *testing.T) {
	for _, tt := range []struct {
		protocol, query, reply string
		want                   counts
		reset, answer          string // for 8192 (0x2000) of Z, 40000 (0x9c40) of A
	}{
		{"bseg", "Q", "1FFF\t00a1\tFFFF\r", counts{8191, 161}, "B", "B\r"},
		{"reset_via_r", "Q", "+00012\t-04095\r", counts{12, -4095}, "R08192\t40000\r", "R"},
		{"reset_via_r", "Q", "-00012 +65533\r", counts{-12, 65533}, "R08192\t40000\r", "R"},
		{"reset_via_z", "Q", "+00012\t-04095\r", counts{12, -4095}, "Z08192 40000\r", "*"},
		{"no_reset", "Q", "-00000\t+00001\r", counts{0, 1}, "", ""},
		{"ek", "y", "\x01\x02\x03\x04", counts{0x0403, 0x0201}, "z\x40\x9c\x00\x20", "r"},
		{"sky_commander", "e", "\x01\x02\x03\x04", counts{0x0102, 0x0304}, "", ""},
		{"sky_commander_r", "\r", " 05.588 -05.391\x00", counts{5588, -5391}, "", ""},
		{"sky_commander_r", "\r", "  5.588 + 0.001\x00", counts{5588, 1}, "", ""},
		{"lm629_serial", "P#", "-1073741824:1073741823", counts{-1 << 30, 1<<30 - 1}, "", ""},
		{"lm629_serial", "P#", "+12:-7\r\n", counts{12, -7}, "", ""},
	} {
		w, ok := wireOf(tt.protocol)
		if !ok || w.query != tt.query || w.answer != tt.answer {
			t.Errorf("%s: query %q, answer %q", tt.protocol, w.query, w.answer)
		}
		if c, n, ok := w.find([]byte(tt.reply)); c != tt.want || n != 0 || !ok {
			t.Errorf("%s: %q is %v behind %d bytes, %v", tt.protocol, tt.reply, c, n, ok)
		}
		switch {
		case w.reset == nil:
			if tt.reset != "" {
				t.Errorf("%s cannot be reset", tt.protocol)
			}
		case string(w.reset(8192, 40000)) != tt.reset:
			t.Errorf("%s: reset %q, want %q", tt.protocol, w.reset(8192, 40000), tt.reset)
		}
	}
}

// What is not quite a reply is none.
func TestNearMisses(t *testing.T) {
	for protocol, texts := range map[string][]string{
		"reset_via_r": {
			"", "\r", "+00001\t+00002", "+00001\t+0002\r", "+00001\t+000002\r", "+0001\t+00002\r", "00001\t+00002\r",
			"+00001+00002\r", "+00001\t00002\r", "+00001,+00002\r", "+0000A\t+00002\r", "+00001\t+00002\n", "+ 0001\t+00002\r", "+-0001\t+00002\r",
			" 00001\t+00002\r", "++0001\t+00002\r", "+-00001\t+00002\r", "0+00001\t+00002\r",
		},
		"bseg":            {"", "0001\t0002\t0003", "0001\t0002\r", "0001 0002 0003\r", "000G\t0002\t0003\r", "0001\t0002\t003\r", "0001\t0002\t-003\r", "10001\t0002\t0003\r", "+001\t0002\t0003\r"},
		"ek":              {"", "\x00", "\x00\x00\x00", "\x00\x00\x00\x00\x00", "\x00\x00\x00\x00\x00\x00\x00\x00"},
		"sky_commander":   {"", "\x00\x00\x00", "\x00\x00\x00\x00\x00"},
		"sky_commander_r": {"", " 05.588 -05.391", " 24.000 -05.391\x00", " 05.588 -90.001\x00", " 05.588 05.3910\x00", "05.588  -05.391\x00", " 05:588 -05.391\x00", " 05.588 -05,391\x00", " 05.588  05.391\x00"},
		"lm629_serial":    {"", ":", "1:", ":1", "1", "1:2:3", "1 :2", "1234567890123:1", "--1:2", "1:2x", "1:-", "0x1:2"},
	} {
		w, _ := wireOf(protocol)
		for _, text := range texts {
			if c, _, ok := w.find([]byte(text)); ok {
				t.Errorf("%s: %q is %v", protocol, text, c)
			}
		}
	}
}

// The first whole reply is found, whatever is around it.
func TestFind(t *testing.T) {
	w, _ := wireOf("reset_via_r")
	for _, tt := range []struct {
		text   string
		want   counts
		before int
	}{
		{"+00001\t+00002\r+00003\t+00004\r", counts{1, 2}, 0},
		{"01\t+00002\r+00003\t+00004\r", counts{3, 4}, 10},
		{"+00001\t+00\r+00003\t+00004\r", counts{3, 4}, 11},
		{"\x00\xff\r\r+00003\t+00004\r\r", counts{3, 4}, 4},
		{"+00001\t+00!+00003\t+00004\r", counts{3, 4}, 11},
		{"+00001\t+00+00003\t+00004\r+00005\t+00006\r", counts{5, 6}, 24},
		{"+-00003\t+00004\r+00005\t+00006\r", counts{5, 6}, 15},
	} {
		if c, n, ok := w.find([]byte(tt.text)); c != tt.want || n != tt.before || !ok {
			t.Errorf("%q: %v behind %d, %v", tt.text, c, n, ok)
		}
	}
}

// Independent descriptions of the replies.
var shapes = map[string]*regexp.Regexp{
	"bseg":            regexp.MustCompile(`(?s)^([0-9A-Fa-f]{4})\t([0-9A-Fa-f]{4})\t[0-9A-Fa-f]{4}\r$`),
	"reset_via_r":     regexp.MustCompile(`(?s)^([+-]\d{5})[\t ]([+-]\d{5})\r$`),
	"sky_commander_r": regexp.MustCompile(`(?s)^ [ \d]\d\.\d{3} [+-][ \d]\d\.\d{3}\x00$`),
	"lm629_serial":    regexp.MustCompile(`(?s)^([+-]?\d{1,12}):([+-]?\d{1,12})[\r\n\x00 #]*$`),
	"ek":              regexp.MustCompile(`(?s)^[\x00-\x{ff}]{4}$`),
	"sky_commander":   regexp.MustCompile(`(?s)^[\x00-\x{ff}]{4}$`),
}

func latin1(b []byte) string {
	r := make([]rune, len(b))
	for i := range b {
		r[i] = rune(b[i])
	}
	return string(r)
}

// No bytes make a parser panic, or accept what has not the shape of a reply;
// and what has it is accepted.
func FuzzReplies(f *testing.F) {
	for _, text := range []string{
		"+00001\t-00002\r", "x+00001\t+00002\r+", "0001\tFFFF\t0003\r", "\x01\x02\x03\x04", " 05.588 -05.391\x00", "-12:+34\r\n", "++00001\t+00002\r\r",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, got []byte) {
		for protocol, shape := range shapes {
			w, _ := wireOf(protocol)
			c, before, ok := w.find(got)
			frame := got
			if ok && w.size > 0 {
				frame = got[before : before+w.size]
			}
			m := shape.FindStringSubmatch(latin1(frame))
			if ok && m == nil {
				t.Errorf("%s: %q is no reply, but read as %v", protocol, frame, c)
			}
			if !ok && m != nil && protocol != "sky_commander_r" { // which has ranges, too
				t.Errorf("%s: %q is a reply, but was not read", protocol, got)
			}
			if ok && len(m) == 3 {
				base := 10
				if protocol == "bseg" {
					base = 16
				}
				for i := range c {
					if v, err := strconv.ParseInt(m[i+1], base, 64); err != nil || v != c[i] {
						t.Errorf("%s: %q is read as %v", protocol, frame, c)
					}
				}
			}
		}
		var m mouse
		m.feed(got)
		if len(m.rest) > 2 {
			t.Errorf("%d bytes kept", len(m.rest))
		}
	})
}

func TestMousePackets(t *testing.T) {
	for _, tt := range []struct {
		name    string
		packets string
		want    counts
		rest    int
		skipped int
		missed  bool
	}{
		{"right and up", "\x08\x05\x07", counts{5, 7}, 0, 0, false},
		{"left and down", "\x38\xfb\xf9", counts{-5, -7}, 0, 0, false},
		{"left and up", "\x18\xff\x01", counts{-1, 1}, 0, 0, false},
		{"the farthest", "\x18\x00\xff", counts{-256, 255}, 0, 0, false},
		{"buttons do not matter", "\x0f\x01\x02", counts{1, 2}, 0, 0, false},
		{"two and a part", "\x08\x01\x01\x08\x02\x03\x08\x09", counts{3, 4}, 2, 0, false},
		{"begun in the middle", "\x01\x02\x08\x03\x04", counts{3, 4}, 0, 2, false},
		{"too fast", "\x48\xff\x00", counts{255, 0}, 0, 0, true},
	} {
		var m mouse
		for _, b := range []byte(tt.packets) {
			m.feed([]byte{b})
		}
		if m.sum != tt.want || len(m.rest) != tt.rest || m.skipped != tt.skipped || m.missed != tt.missed {
			t.Errorf("%s: %+v", tt.name, m)
		}
	}
}
