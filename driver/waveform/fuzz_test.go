// SPDX-License-Identifier: GPL-3.0-or-later

package waveform

import (
	"encoding/binary"
	"math"
	"testing"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/model"
)

// script deals numbers out of bytes.
type script struct{ bytes []byte }

func (s *script) byte() int {
	if len(s.bytes) == 0 {
		return 0
	}
	b := s.bytes[0]
	s.bytes = s.bytes[1:]
	return int(b)
}

func (s *script) int() int { return int(int8(s.byte()))<<8 | s.byte() }

func (s *script) float(scale float64) float64 {
	if kind := s.byte(); kind > 250 {
		var raw [8]byte
		s.bytes = s.bytes[copy(raw[:], s.bytes):]
		return math.Float64frombits(binary.LittleEndian.Uint64(raw[:]))
	}
	return float64(s.int()) / (1 << 15) * scale
}

func (s *script) config() Config {
	c := Config{
		Windings: 4 + s.byte()%3, Microsteps: s.int() % 300, Slots: s.int(), Pause: s.int(),
		Shape: []string{"", Manual, Tangent, Sine, "round"}[s.byte()%5], Dead: s.int() % 12,
	}
	flags := s.byte()
	c.Reverse, c.Invert = flags&1 != 0, flags&2 != 0
	if flags&4 != 0 {
		for range min(c.Microsteps, 300) {
			c.Leaving = append(c.Leaving, s.byte())
			if flags&8 != 0 {
				c.Approaching = append(c.Approaching, s.byte())
			}
		}
	}
	if flags&16 != 0 {
		for range c.Windings {
			c.Compensation = append(c.Compensation, math.Abs(s.float(1)))
		}
	}
	if flags&32 != 0 {
		for range 16 {
			c.Correction = append(c.Correction, s.float(0.2))
		}
	}
	if flags&64 != 0 {
		c.Supply, c.Resistance, c.Rated, c.Current = s.float(30), s.float(20), s.float(20), s.float(1)
	}
	return c
}

// FuzzTable: no configuration panics; with four windings opposite ones are
// never on together, which would make them fight at full current; a pattern
// is as long as the period.
func FuzzTable(f *testing.F) {
	f.Add([]byte{0, 0, 20, 0, 100, 0, 0, 1, 0, 0, 0})
	f.Add([]byte{1, 0, 20, 0, 100, 0, 50, 2, 0, 0, 2, 1, 2, 3})
	f.Add([]byte{0, 0, 4, 0, 255, 0, 50, 3, 0, 5, 127, 1, 2, 3, 4, 5, 6, 7, 8, 9, 255, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16})
	f.Add([]byte{0, 0, 40, 39, 16, 0, 50, 2, 0, 5, 97})
	f.Fuzz(func(t *testing.T, raw []byte) {
		s := script{raw}
		c := s.config()
		made, err := New(c)
		if err != nil {
			return
		}
		p, err := NewPair(made, made)
		if err != nil {
			t.Fatal(err)
		}
		share := s.float(2)
		n := model.Microsteps(s.int())
		for i := range model.Microsteps(c.Windings * c.Microsteps) {
			for name, phase := range map[string]Phase{
				"phase": made.Phase(n + i), "half step": made.HalfStep(n + i), "hold": made.Hold(n+i, share),
			} {
				check(t, c, name, phase)
				got := p.Combine(phase, made.Phase(n-i))
				if got.N < 1 || got.N > driver.MaxSlots || got.Period() != made.Period() {
					t.Fatalf("%s: %s is %d entries, %d long", name, text(got), got.N, got.Period())
				}
			}
		}
		if !made.OnFullStep(0) || made.OnFullStep(1) {
			t.Fatal("full steps are not where they should be")
		}
		for _, fit := range []int{c.Microsteps, 2} {
			positions := make([]float64, fit+1)
			for k := range positions {
				positions[k] = float64(k)/float64(fit) + s.float(0.01)
			}
			c.Leaving, c.Approaching, err = c.FitTable(positions)
			if err != nil {
				return
			}
			if _, err := New(c); err != nil {
				t.Fatalf("a fitted table is refused: %v", err)
			}
		}
	})
}

func check(t *testing.T, c Config, name string, p Phase) {
	t.Helper()
	word := p.bits[0] | p.bits[1]
	if c.Windings == 4 && (word&0b0101 == 0b0101 || word&0b1010 == 0b1010) {
		t.Fatalf("%s: opposite windings are on together: %04b", name, word)
	}
	if word >= 1<<c.Windings {
		t.Fatalf("%s: word %b has more than %d windings", name, word, c.Windings)
	}
	if p.until[0] > p.until[1] {
		t.Fatalf("%s: on until %v", name, p.until)
	}
	for i := range p.bits {
		if (p.bits[i] == 0) != (p.until[i] == 0) {
			t.Fatalf("%s: %v", name, p)
		}
	}
}
