// SPDX-License-Identifier: GPL-3.0-or-later

package lx200

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// The letters of the hand paddle's modes: the manual's 20 for today's clients,
// the 19 of the source for scope.exe's (reference §3.9). What is beyond is
// unknown, and nothing is answered.
func TestPaddleLetters(t *testing.T) {
	for profile, modes := range map[string]int{"classic": 20, "bartels": 19} {
		cfg := fixture()
		cfg.TCP.Profile = profile
		bubble(t, cfg, func(r *rig) {
			r.m.lacking = false
			var want []string
			for i := range 26 {
				r.expect("a", fmt.Sprintf(":XH%c#", 'a'+i), "")
				if i < modes {
					want = append(want, fmt.Sprintf("mode %d %v", i, profile == "classic"))
				}
			}
			if !slices.Equal(r.m.asked, want) {
				t.Errorf("%s: asked for %s\nwant %s", profile, strings.Join(r.m.asked, ", "), strings.Join(want, ", "))
			}
			r.m.asked = nil
			r.expect("a", ":XHA#:XHl#:XH#:XHab#:XHL#:XHR#", "")
			if got := strings.Join(r.m.asked, ", "); got != fmt.Sprintf("mode 11 %v, press false, press true", profile == "classic") {
				t.Errorf("%s: asked for %s", profile, got)
			}
			if got, want := r.unknowns(), fmt.Sprintf("0 0 %d 0 0", 26-modes+3); got != want {
				t.Errorf("%s: unknown %s, want %s", profile, got, want)
			}
		})
	}
}

func TestNoPaddle(t *testing.T) {
	bubbleWith(t, fixture(), func(p *Parts) { p.Paddle = nil }, func(r *rig) {
		r.expect("a", ":XHa#:XHL#", "")
		if n := r.s.Stats(); n.Commands[Count{"XH", Ignored}] != 2 || n.Refusals["not supported"] != 2 {
			t.Errorf("%v, %v", n.Commands, n.Refusals)
		}
	})
}
