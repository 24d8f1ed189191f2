// SPDX-License-Identifier: GPL-3.0-or-later

package lx200

import (
	"io"
	"testing"
	"time"

	"github.com/siderostep/siderostep/clock"
)

// FuzzStream feeds a stream whole and in pieces: the answers must be the
// same, and no answer longer than the longest there is.
func FuzzStream(f *testing.F) {
	for _, seed := range []string{
		":GR#:GD#", "\x06:Sr 12:34:56#", ":GR:GD#", ":SMa b#:XSNx y#", ":Sd-05\xDF23:07#", ";GR991#;U55x#;#;;a#",
		":Mn#:RS#:Me#:Q", ":FS12#:FR-3#:F+#", ":rS+010*00#:rG#:rT#", ":SG+08#:SL21:04:05#:SC03/01/26#", ":XI1#:XHt#:XZab c#", ":GRH#:GgH#:T60.1#:T+#:GT#",
	} {
		f.Add([]byte(seed), uint8(3))
	}
	cfg := crowd()
	for _, d := range []*Dialect{&cfg.TCP.Dialect, &cfg.Serial.Dialect} {
		d.SiteTime, d.Scroll, d.Checksums = "apply", true, true
	}
	f.Fuzz(func(t *testing.T, data []byte, piece uint8) {
		if len(data) > 4096 {
			return
		}
		stream := func(size int) string {
			c := clock.NewManual(time.Unix(1e9, 0))
			s := New(cfg, Parts{Mount: newFakeMount(c.Now), Focuser: newFakeFocuser(c.Now), Clock: c})
			sink := &collector{}
			conn := s.open(sink, "a", s.tcp)
			for at := 0; at < len(data); at += size {
				if err := s.answer(t.Context(), conn, data[at:min(at+size, len(data))]); err != nil {
					t.Fatal(err)
				}
			}
			return string(sink.out)
		}
		if a, b := stream(4096), stream(int(piece)%7+1); a != b {
			t.Errorf("whole: %q, in pieces: %q", a, b)
		} else if len(a) > 100*(len(data)+1) {
			t.Errorf("%d bytes were answered by %d", len(data), len(a))
		}
	})
}

type collector struct{ out []byte }

func (c *collector) Read([]byte) (int, error)    { return 0, io.EOF }
func (c *collector) Write(b []byte) (int, error) { c.out = append(c.out, b...); return len(b), nil }
func (c *collector) Close() error                { return nil }
