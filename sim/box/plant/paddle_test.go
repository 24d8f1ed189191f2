// SPDX-License-Identifier: GPL-3.0-or-later

package plant_test

import (
	"errors"
	"testing"
	"time"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/sim/box"
	"github.com/siderostep/siderostep/sim/box/plant"
)

// The values of stepper-core 5.3: (status AND F0h) XOR 80h.
func TestPaddleCodes(t *testing.T) {
	tests := []struct {
		keys   []plant.Key
		design int
		want   byte
	}{
		{nil, 0, 0}, {nil, 1, 0},
		{[]plant.Key{plant.Up}, 0, 16},
		{[]plant.Key{plant.Down}, 0, 32},
		{[]plant.Key{plant.Counterclockwise}, 0, 64},
		{[]plant.Key{plant.Clockwise}, 0, 48},
		{[]plant.Key{plant.LeftMode}, 0, 80},
		{[]plant.Key{plant.RightMode}, 0, 96},
		{[]plant.Key{plant.Microstep}, 0, 128},
		{[]plant.Key{plant.Clockwise, plant.Microstep}, 0, 176},
		{[]plant.Key{plant.Clockwise, plant.Counterclockwise}, 0, 112}, // what PEC is told by
		{[]plant.Key{plant.Up}, 1, 16},
		{[]plant.Key{plant.Down}, 1, 32},
		{[]plant.Key{plant.Counterclockwise}, 1, 64},
		{[]plant.Key{plant.Clockwise}, 1, 128},
		{[]plant.Key{plant.Up, plant.Clockwise}, 1, 144},
		{[]plant.Key{plant.LeftMode}, 1, 0},
	}
	for _, tt := range tests {
		p, err := plant.NewPaddle(plant.PaddleConfig{Design: tt.design, Now: box.Since(newClock())})
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range tt.keys {
			p.Press(k)
		}
		if got := p.Status()&0xF0 ^ 0x80; got != tt.want {
			t.Errorf("design %d, keys %v: %d, want %d", tt.design, tt.keys, got, tt.want)
		}
		if lines, err := p.Read(); err != nil || lines != uint32(tt.want>>4) {
			t.Errorf("design %d, keys %v: lines %04b, %v", tt.design, tt.keys, lines, err)
		}
		for _, k := range tt.keys {
			p.Release(k)
		}
		if got := p.Status(); got != 0x80 {
			t.Errorf("released: %02X", got)
		}
	}
}

// trace reads a line every 0.1 ms for 8 ms after a press and after a release.
func trace(t *testing.T, seed uint64) string {
	t.Helper()
	c := newClock()
	p, err := plant.NewPaddle(plant.PaddleConfig{Bounce: 5 * time.Millisecond, Seed: seed, Now: box.Since(c)})
	if err != nil {
		t.Fatal(err)
	}
	var s []byte
	for _, touch := range []func(plant.Key){p.Press, p.Release} {
		touch(plant.Up)
		for range 80 {
			lines, _ := p.Read()
			s = append(s, '0'+byte(lines))
			c.Advance(100 * time.Microsecond)
		}
	}
	return string(s)
}

func TestPaddleBounces(t *testing.T) {
	s := trace(t, 3)
	edges := func(s string) (n int) {
		for i := 1; i < len(s); i++ {
			if s[i] != s[i-1] {
				n++
			}
		}
		return n
	}
	if s[0] != '1' || edges(s[:50]) < 4 || edges(s[50:80]) != 0 || s[60] != '1' {
		t.Errorf("press: %s", s[:80])
	}
	if s[80] != '0' || edges(s[80:130]) < 4 || edges(s[130:]) != 0 || s[159] != '0' {
		t.Errorf("release: %s", s[80:])
	}
	if trace(t, 3) != s {
		t.Error("the same seed bounces differently")
	}
	if trace(t, 4) == s {
		t.Error("another seed bounces alike")
	}
}

func TestPaddleSticksAndComesOff(t *testing.T) {
	c, f := newClock(), &box.Faults{}
	p, err := plant.NewPaddle(plant.PaddleConfig{Design: 1, Now: box.Since(c), Faults: f})
	if err != nil {
		t.Fatal(err)
	}
	lines := func(want uint32, when string) {
		t.Helper()
		if got, err := p.Read(); got != want || err != nil {
			t.Errorf("%s: %04b, %v, want %04b", when, got, err, want)
		}
	}
	p.Stick(plant.Up, true)
	p.Stick(plant.Down, false)
	p.Press(plant.Down)
	lines(1, "one stuck closed, one open")
	p.Mend(plant.Up)
	p.Mend(plant.Down)
	lines(2, "mended")
	f.Unplug(1e9, 2e9)
	c.Advance(time.Second)
	lines(0, "unplugged")
	c.Advance(time.Second)
	lines(2, "plugged in")
}

func TestPaddleConfigIsChecked(t *testing.T) {
	now := box.Since(newClock())
	for _, cfg := range []plant.PaddleConfig{{Design: 2, Now: now}, {Bounce: -1, Now: now}, {}} {
		if _, err := plant.NewPaddle(cfg); !errors.Is(err, fault.Invalid) {
			t.Errorf("%+v: %v", cfg, err)
		}
	}
}
