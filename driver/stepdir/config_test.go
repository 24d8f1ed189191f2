// SPDX-License-Identifier: GPL-3.0-or-later

package stepdir_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/siderostep/siderostep/driver/stepdir"
	"github.com/siderostep/siderostep/fault"
)

// The levels of each make's data sheet, pin named first first.
func TestModes(t *testing.T) {
	for chip, modes := range map[string]map[int]string{
		"a4988":   {1: "LLL", 2: "HLL", 4: "LHL", 8: "HHL", 16: "HHH"},
		"drv8825": {1: "LLL", 2: "HLL", 4: "LHL", 8: "HHL", 16: "LLH", 32: "HLH"},
		"lv8729":  {1: "LLL", 2: "HLL", 4: "LHL", 8: "HHL", 16: "LLH", 32: "HLH", 64: "LHH", 128: "HHH"},
		"tmc2130": {1: "LL", 2: "HL", 4: "LH", 16: "HH"},
		"tmc2208": {2: "HL", 4: "LH", 8: "LL", 16: "HH"},
		"tmc2209": {8: "LL", 16: "HH", 32: "HL", 64: "LH"},
		"tmc5160": {8: "LL", 16: "HL", 32: "LH", 64: "HH"},
	} {
		for n := 1; n <= 256; n++ {
			c := stepdir.DefaultConfig()
			c.Chip, c.Microsteps = chip, n
			c.Modes = []int{8, 20, 9}[:map[bool]int{true: 2, false: 3}[chip[0] == 't']]
			l := new(lines)
			_, err := stepdir.New(l, c, l.wait)
			want, can := modes[n]
			if can != (err == nil) || !can && !errors.Is(err, fault.Invalid) {
				t.Errorf("%s, %d microsteps: %v", chip, n, err)
			}
			if !can {
				continue
			}
			got := ""
			for _, line := range c.Modes {
				got += string("LH"[l.level>>line&1])
			}
			if got != want {
				t.Errorf("%s, %d microsteps: %s, want %s", chip, n, got, want)
			}
		}
	}
}

func TestBadConfig(t *testing.T) {
	for says, change := range map[string]func(*stepdir.Config){
		`chip is "a4989"`:                     func(c *stepdir.Config) { c.Chip = "a4989" },
		"microsteps_per_full_step is 0":       func(c *stepdir.Config) { c.Microsteps = 0 },
		"microsteps_per_full_step is 257":     func(c *stepdir.Config) { c.Microsteps = 257 },
		"microsteps_per_full_step is 10, whi": func(c *stepdir.Config) { c.Chip, c.Modes, c.Microsteps = "a4988", []int{7, 8, 9}, 10 },
		"min_pulse_ns is -1":                  func(c *stepdir.Config) { c.MinPulseNs = -1 },
		"has 3 mode pins":                     func(c *stepdir.Config) { c.Chip, c.Modes = "a4988", []int{7, 8} },
		"a generic has 0 mode pins":           func(c *stepdir.Config) { c.Modes = []int{7} },
		"line 32":                             func(c *stepdir.Config) { c.Step = 32 },
		"line -1":                             func(c *stepdir.Config) { c.Direction = -1 },
		"enable_line is -2":                   func(c *stepdir.Config) { c.Enable = -2 },
		"two uses":                            func(c *stepdir.Config) { c.Enable = c.Step },
		"mode_lines [7 8 7]":                  func(c *stepdir.Config) { c.Chip, c.Modes = "a4988", []int{7, 8, 7} },
	} {
		c := stepdir.DefaultConfig()
		change(&c)
		l := new(lines)
		if _, err := stepdir.New(l, c, l.wait); !errors.Is(err, fault.Invalid) || !strings.Contains(err.Error(), says) || l.tries != 0 {
			t.Errorf("got %v, want fault.Invalid saying %q", err, says)
		}
	}
}
