// SPDX-License-Identifier: GPL-3.0-or-later

package lx200

import (
	"strings"
	"testing"
	"time"
)

// TestPage compares the page with the codes of reference §4.
func TestPage(t *testing.T) {
	page := func(r *rig) string {
		var b strings.Builder
		if err := r.s.WritePage(&b); err != nil {
			t.Error(err)
		}
		return b.String()
	}
	bubble(t, fixture(), func(r *rig) {
		if got := page(r); !strings.HasPrefix(got, "ack  NA\n") {
			t.Errorf("before any ACK:\n%s", got)
		}
		r.expect("a", "\x06:GR#:XSG5#:XGG#:XSM300#:XGM#:XHa#:XHL#:XHR#:XI1#:XI9#:XGR#:XSNa#:XX#:ED#:GEE#:CM#:B+#:G", "A05:34:32#0005#0300#000.00#Match fail: no target#")
		time.Sleep(3 * time.Second)
		r.expect("a", "\xff", "")
		got := page(r)
		for _, want := range []string{
			"ack  AK\n", "latest last\n       4  gs\n       5  mr\n       6  ms\n       7  hm ignored\n       8  hl ignored\n       9  hr ignored\n      10  i1 refused\n      11  U2\n",
			"      12  fs\n      13  SO\n      14  xx ignored\n      15  U0\n      16  U1\n      17  CM refused\n      18  BR ignored\n      19  Un\n\n",
			`B+#:G\xff"`, "\nbytes of noise                1\n", "\nrefused, no target            2\n", "\n  GR done                     1\n", "\nobject                        \"a\"\n",
		} {
			if !strings.Contains(got, want) {
				t.Errorf("no %q in\n%s", want, got)
			}
		}
		if raw := r.s.Trace().Raw; len(raw) != 78 {
			t.Errorf("%d raw bytes", len(raw))
		}
	})
}
