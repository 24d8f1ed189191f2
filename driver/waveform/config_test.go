// SPDX-License-Identifier: GPL-3.0-or-later

package waveform

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/siderostep/siderostep/fault"
)

func TestValidate(t *testing.T) {
	tests := []struct {
		name   string
		change func(*Config)
		says   string // "" when valid
	}{
		{"default", func(*Config) {}, ""},
		{"worked example", func(c *Config) { *c = worked() }, ""},
		{"five windings", func(c *Config) { c.Windings = 5 }, ""},
		{"zero Config", func(c *Config) { *c = Config{} }, "windings is 0"},
		{"six windings", func(c *Config) { c.Windings = 6 }, "windings is 6"},
		{"too many microsteps", func(c *Config) { c.Microsteps = 258 }, "microsteps_per_full_step is 258"},
		{"odd microsteps", func(c *Config) { c.Microsteps = 5 }, "even"},
		{"no slots", func(c *Config) { c.Slots = 0 }, "pwm_slots is 0"},
		{"negative pause", func(c *Config) { c.Pause = -1 }, "pwm_pause_slots is -1"},
		{"short table", func(c *Config) { c.Leaving = []int{100, 50} }, "pwm has 2 counts"},
		{"count above the slots", func(c *Config) { *c = worked(); c.Approaching[2] = 11 }, "pwm_approaching[2] is 11"},
		{"negative count", func(c *Config) { *c = worked(); c.Leaving[1] = -1 }, "pwm[1] is -1"},
		{"second column alone", func(c *Config) { c.Approaching = make([]int, 10) }, "without pwm"},
		{"short compensation", func(c *Config) { c.Compensation = []float64{1} }, "winding_compensation has 1"},
		{"compensation above 1", func(c *Config) { c.Compensation = []float64{1, 1, 1.1, 1} }, "winding_compensation[2]"},
		{"compensation not a number", func(c *Config) { c.Compensation = []float64{math.NaN(), 1, 1, 1} }, "winding_compensation[0]"},
		{"five windings reversed", func(c *Config) { c.Windings, c.Reverse = 5, true }, "reverse"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := DefaultConfig()
			tt.change(&c)
			err := c.Validate()
			switch {
			case tt.says == "" && err != nil:
				t.Errorf("refused: %v", err)
			case tt.says != "" && (!errors.Is(err, fault.Invalid) || !strings.Contains(err.Error(), tt.says)):
				t.Errorf("got %v, want fault.Invalid saying %q", err, tt.says)
			}
			if _, made := New(c); (made == nil) != (err == nil) {
				t.Errorf("New says %v, Validate %v", made, err)
			}
		})
	}
}

func TestPairsThatCannotShareAPort(t *testing.T) {
	plain := table(t, worked())
	if _, err := NewPair(nil, nil); !errors.Is(err, fault.Invalid) {
		t.Errorf("no motor: %v", err)
	}
	for name, change := range map[string]func(*Config){
		"windings": func(c *Config) { c.Windings = 5 },
		"slots":    func(c *Config) { c.Slots = 11 },
		"pause":    func(c *Config) { c.Pause = 6 },
		"invert":   func(c *Config) { c.Invert = true },
	} {
		if _, err := NewPair(plain, table(t, worked(), change)); !errors.Is(err, fault.Invalid) {
			t.Errorf("differing %s: %v", name, err)
		}
	}
}

func BenchmarkCombine(b *testing.B) {
	made := table(b, DefaultConfig())
	p := pair(b, made, made)
	b.ReportAllocs()
	sum := 0
	for b.Loop() {
		pattern := p.Combine(made.Phase(13), made.Phase(27))
		sum += pattern.N
	}
	if sum == 0 {
		b.Error("nothing combined")
	}
}
