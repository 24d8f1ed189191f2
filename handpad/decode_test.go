// SPDX-License-Identifier: GPL-3.0-or-later

package handpad

import (
	"testing"
	"time"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/sim/box/plant"
)

// Every level of the four lines (stepper core reference §5.3), and that other
// bits do not matter.
func TestDecode(t *testing.T) {
	tests := []struct {
		level  uint32
		coded  Keys
		slew   bool
		direct Keys
	}{
		{0, 0, true, 0},
		{16, Up, true, Up},
		{32, Down, true, Down},
		{48, CW, true, Up | Down},
		{64, CCW, true, CCW},
		{80, Left, true, CCW | Up},
		{96, Right, true, CCW | Down},
		{112, 0, true, CCW | Up | Down}, // periodic error correction's
		{128, 0, false, CW},
		{144, Up, false, CW | Up},
		{160, Down, false, CW | Down},
		{176, CW, false, CW | Up | Down},
		{192, CCW, false, CW | CCW},
		{208, Left, false, CW | CCW | Up},
		{224, Right, false, CW | CCW | Down},
		{240, 0, false, CW | CCW | Up | Down},
	}
	for _, tt := range tests {
		for _, more := range []uint32{0, 1, 15, 0x100, 0xFFFFFF0F} {
			if k, slew := Decode(Multiplexed, tt.level|more); k != tt.coded || slew != tt.slew {
				t.Errorf("multiplexed %d+%d: %s, slew %v; want %s, %v", tt.level, more, k, slew, tt.coded, tt.slew)
			}
			if k, slew := Decode(Direct, tt.level|more); k != tt.direct || slew {
				t.Errorf("direct %d+%d: %s, slew %v; want %s", tt.level, more, k, slew, tt.direct)
			}
		}
	}
}

// A level counts after two samples at least that span the time, and samples
// between begin anew.
func TestDebouncer(t *testing.T) {
	at := func(ms int) time.Time { return evening.Add(time.Duration(ms) * time.Millisecond) }
	var d debouncer
	for _, s := range []struct {
		ms      int
		level   uint32
		changed bool
		counts  uint32
	}{
		{0, 0, false, 0}, {9, 0, false, 0}, {10, 0, true, 0}, {20, 0, false, 0},
		{30, 16, false, 0}, {35, 0, false, 0}, {40, 16, false, 0}, {49, 16, false, 0}, {50, 16, true, 16}, {60, 16, false, 16},
		{900, 48, false, 16}, {905, 32, false, 16}, {910, 48, false, 16}, {1000, 48, true, 48},
		{1001, 16, false, 48}, {1002, 48, false, 48}, {2000, 48 | 7, false, 48},
	} {
		if changed := d.sample(at(s.ms), s.level, 10*time.Millisecond); changed != s.changed || d.level != s.counts {
			t.Errorf("at %d ms: %d counts, changed %v; want %d, %v", s.ms, d.level, changed, s.counts, s.changed)
		}
	}
}

// A paddle whose contacts bounce for less than the debounce time gives one
// press for one press, in every design, with every key.
func TestContactsBounce(t *testing.T) {
	for design, name := range []string{Multiplexed, Direct} {
		for _, key := range []plant.Key{plant.Up, plant.Down, plant.Counterclockwise, plant.Clockwise, plant.LeftMode, plant.RightMode} {
			if name == Direct && key > plant.Clockwise {
				continue
			}
			for seed := range uint64(8) {
				b := newTable(t, func(c *Config, _ *Parts) { c.Design, c.LockoutMS, c.StartMode = name, 0, "grand_tour" })
				pad, err := plant.NewPaddle(plant.PaddleConfig{
					Design: design, Bounce: 9 * time.Millisecond, Seed: seed,
					Now: func() driver.Instant { return driver.Instant(b.clock.Now().Sub(evening)) },
				})
				if err != nil {
					t.Fatal(err)
				}
				b.p.parts.Inputs = shifted{pad}
				b.clock.Advance(time.Duration(seed) * 217 * time.Microsecond) // between looks
				pad.Press(key)
				b.pass(100 * time.Millisecond)
				pad.Release(key)
				b.pass(100 * time.Millisecond)
				if n := b.p.counts.Motions + b.p.counts.Presses; n != 1 || b.moves() != "" {
					t.Errorf("%s, key %d, seed %d: %d presses; %q moves still", name, key, seed, n, b.moves())
				}
			}
		}
	}
}

// shifted has the lines of a simulated paddle where a level word has them.
type shifted struct{ *plant.Paddle }

func (s shifted) Read() (uint32, error) {
	level, err := s.Paddle.Read()
	return level << 4, err
}
