// SPDX-License-Identifier: GPL-3.0-or-later

package celestron

import (
	"bytes"
	"encoding/hex"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func unhex(t interface{ Fatal(...any) }, s string) []byte {
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The bytes that the reference gives, and others summed up by hand.
func TestFrames(t *testing.T) {
	for _, tt := range []struct {
		name  string
		frame Frame
		bytes string
	}{
		{"version", Frame{0x20, 0x12, 0xfe, nil}, "3B 03 20 12 FE CD"},
		{"position", Frame{0x20, 0x12, 0x01, nil}, "3B 03 20 12 01 CA"},
		{"position 20000", Frame{0x12, 0x20, 0x01, []byte{0, 0x4e, 0x20}}, "3B 06 12 20 01 00 4E 20 59"},
		{"goto 20000", Frame{0x20, 0x12, 0x02, []byte{0, 0x4e, 0x20}}, "3B 06 20 12 02 00 4E 20 58"},
		{"done?", Frame{0x20, 0x12, 0x13, nil}, "3B 03 20 12 13 B8"},
		{"stop", Frame{0x20, 0x12, 0x24, []byte{0}}, "3B 04 20 12 24 00 A6"},
		{"limits", Frame{0x20, 0x12, 0x2c, nil}, "3B 03 20 12 2C 9F"},
		{"calibrate", Frame{0x20, 0x12, 0x2a, []byte{1}}, "3B 04 20 12 2A 01 9F"},
	} {
		want := unhex(t, tt.bytes)
		if got := tt.frame.Append(nil); !bytes.Equal(got, want) {
			t.Errorf("%s: % X, want % X", tt.name, got, want)
		}
		var d Decoder
		d.Feed(want)
		got, ok := d.Next()
		if len(got.Data) == 0 {
			got.Data = nil
		}
		if !ok || !reflect.DeepEqual(got, tt.frame) || d.Skipped != 0 {
			t.Errorf("%s: read as %+v, %v", tt.name, got, ok)
		}
	}
}

func frames(d *Decoder) (out []Frame) {
	for f, ok := d.Next(); ok; f, ok = d.Next() {
		out = append(out, f)
	}
	return out
}

func TestResync(t *testing.T) {
	const whole = "3B 06 12 20 01 00 4E 20 59"
	for name, tt := range map[string]struct {
		in      string
		frames  int
		skipped uint64
	}{
		"garbage before":          {"00 FF 55" + whole, 1, 3},
		"garbage behind":          {whole + "00 FF 55", 1, 3},
		"two":                     {whole + whole, 2, 0},
		"a preamble before":       {"3B" + whole, 1, 1},
		"the beginning of one":    {"3B 06 12 20" + whole, 1, 4},
		"wrong checksum":          {"3B 06 12 20 01 00 4E 20 5A" + whole, 1, 9},
		"length of nothing":       {"3B 00 3B 02 3B FF" + whole, 1, 6},
		"preamble as data":        {"3B 06 12 20 01 3B 3B 3B 16", 1, 0},
		"cut short":               {"3B 06 12 20 01 00 4E 20", 0, 0},
		"wrong checksum and over": {"3B 03 20 12 FE CE", 0, 6},
	} {
		var d Decoder
		for _, b := range unhex(t, tt.in) { // one by one
			d.Feed([]byte{b})
		}
		if got := frames(&d); len(got) != tt.frames || d.Skipped != tt.skipped {
			t.Errorf("%s: %d frames, %d bytes skipped: %+v", name, len(got), d.Skipped, got)
		}
	}
}

func anyFrame(t *rapid.T) Frame {
	data := rapid.SliceOfN(rapid.Byte(), 0, mostLen-leastLen).Draw(t, "data")
	b := rapid.SliceOfN(rapid.Byte(), 3, 3).Draw(t, "head")
	return Frame{b[0], b[1], b[2], data}
}

// However the bytes come in pieces, the frames are the same.
func TestPieces(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var stream []byte
		var want []Frame
		for range rapid.IntRange(1, 5).Draw(t, "n") {
			f := anyFrame(t)
			want = append(want, f)
			stream = f.Append(stream)
		}
		var d Decoder
		var got []Frame
		for len(stream) > 0 {
			n := rapid.IntRange(1, len(stream)).Draw(t, "piece")
			d.Feed(stream[:n])
			stream = stream[n:]
			got = append(got, frames(&d)...)
		}
		if len(got) != len(want) || d.Skipped != 0 {
			t.Fatalf("%d frames of %d", len(got), len(want))
		}
		for i := range got {
			if !bytes.Equal(got[i].Append(nil), want[i].Append(nil)) {
				t.Fatalf("%+v, want %+v", got[i], want[i])
			}
		}
	})
}

func FuzzDecoder(f *testing.F) {
	f.Add([]byte{0x3b, 6, 0x12, 0x20, 1, 0, 0x4e, 0x20, 0x59}, []byte{0x3b, 0xff})
	f.Add([]byte("3B;;;"), []byte{})
	f.Fuzz(func(t *testing.T, a, b []byte) {
		var d Decoder
		d.Feed(a)
		n := uint64(0)
		for _, f := range frames(&d) {
			n += uint64(len(f.Append(nil)))
		}
		if held := uint64(len(d.pending)); held > mostLen+2 || n+held+d.Skipped != uint64(len(a)) {
			t.Fatalf("%d bytes became %d of frames, %d held, %d skipped", len(a), n, held, d.Skipped)
		}
		// Whatever came before, a frame behind silence is found.
		d.Reset()
		answer := Frame{focuser, application, 1, []byte{1, 2, 3}}
		d.Feed(append(bytes.ReplaceAll(b, []byte{preamble}, nil), answer.Append(nil)...))
		if got := frames(&d); len(got) != 1 {
			t.Fatalf("%d frames", len(got))
		}
	})
}
