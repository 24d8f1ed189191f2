// SPDX-License-Identifier: GPL-3.0-or-later

package waveform

import (
	"math"
	"testing"

	"github.com/siderostep/siderostep/model"
)

func TestHold(t *testing.T) {
	made := table(t, worked()) // a1 is 03×6 01×4 00×5, §1.2
	tests := []struct {
		n     model.Microsteps
		share float64
		want  string
	}{
		{a0, 1, "01×10 00×5"},
		{a1, 1, "03×6 01×4 00×5"},
		{a1, 0.5, "03×3 01×2 00×10"},
		{a2, 0.3, "03×3 00×12"},
		{a1 - 160, 0.5, "03×3 01×2 00×10"},
		{a1, 0.07, "01×1 00×14"}, // 0.7 and 0.42 slots
		{a0, 0, "00×15"},
		{a0, -1, "00×15"},
		{a0, math.NaN(), "00×15"},
		{a0, 7, "01×10 00×5"},
	}
	for _, tt := range tests {
		p := pair(t, made, nil)
		if got := text(p.Combine(made.Hold(tt.n, tt.share), Phase{})); got != tt.want {
			t.Errorf("held at %d with %v: got %s, want %s", tt.n, tt.share, got, tt.want)
		}
		// On the high half, beside a motor that is off, and inverted.
		inverted := table(t, worked(), func(c *Config) { c.Invert = true })
		p = pair(t, inverted, inverted)
		got := p.Combine(Phase{}, inverted.Hold(tt.n, tt.share))
		if last := got.Slots[got.N-1]; last.Word != 0xFF || got.Period() != 15 {
			t.Errorf("held at %d with %v, inverted: %s", tt.n, tt.share, text(got))
		}
	}
	if made.Hold(a1, 0) != (Phase{}) {
		t.Error("a share of 0 leaves something of the phase")
	}
}

// A full step is one winding alone.
func TestOnFullStep(t *testing.T) {
	made := table(t, DefaultConfig())
	for n := model.Microsteps(-80); n <= 80; n++ {
		p := made.Phase(n)
		alone := p.bits[0] == 0 || p.bits[1] == 0
		if got := made.OnFullStep(n); got != alone {
			t.Errorf("microstep %d: on a full step %t; one winding alone %t", n, got, alone)
		}
	}
}
