// SPDX-License-Identifier: GPL-3.0-or-later

package stepdir

import (
	"math/bits"
	"time"

	"github.com/siderostep/siderostep/fault"
)

// Config describes one motor's step and direction chip and its lines, which
// are numbered as their device numbers them.
type Config struct {
	Chip       string `toml:"chip" oneof:"generic,a4988,drv8825,lv8729,tmc2130,tmc2208,tmc2209,tmc5160" restart:"yes" doc:"make of the chip, which says how long a pulse must last and how its mode lines are read; the TMC chips as they are without serial link; generic: unknown, pulses of 2000 ns"`
	Step       int    `toml:"step_line" range:"0..31" restart:"yes" doc:"line whose pulses step the motor"`
	Direction  int    `toml:"direction_line" range:"0..31" restart:"yes" doc:"line of the direction; high is clockwise"`
	Enable     int    `toml:"enable_line" range:"-1..31" restart:"yes" doc:"line that switches the windings on; -1: none, the windings are on while the chip has power"`
	EnableHigh bool   `toml:"enable_active_high" restart:"yes" doc:"the enable line is high while the windings are on; chips named here take low"`
	Modes      []int  `toml:"mode_lines" restart:"yes" doc:"lines of the chip's pins M0, M1, M2 (MS1, MS2, MS3; MD1, MD2, MD3; CFG1, CFG2 of the TMC2130; CFG0, CFG1 of the TMC5160), as many as it has; empty: wired to fixed levels"`
	Microsteps int    `toml:"microsteps_per_full_step" range:"1..256" restart:"yes" doc:"pulses per full step; put on the mode lines, if there are any"`
	MinPulseNs int    `toml:"min_pulse_ns" range:"0..1000000" restart:"yes" doc:"least duration of a pulse, and of the pause after it, in nanoseconds; 0: what the chip needs"`
	Reverse    bool   `toml:"reverse" restart:"yes" doc:"the motor turns the other way"`
	Invert     bool   `toml:"invert_output" restart:"yes" doc:"step and direction lines are inverted on their way to the chip"`
}

// DefaultConfig returns an unknown chip on the original's lines of the A motor
// (parallel port pins 2, 3 and 6), taking one pulse per full step.
func DefaultConfig() Config {
	return Config{Chip: "generic", Step: 0, Direction: 1, Enable: 4, EnableHigh: true, Microsteps: 1}
}

// chip is what the make of a chip determines.
type chip struct {
	pulse time.Duration // least duration of step high, and of step low
	pins  int           // mode pins
	modes map[int]uint8 // microsteps per full step to levels; bit 0 is the pin named first
}

// chips returns what is known of a make. Durations: stepper-core §1.7. Levels:
// the makers' data sheets.
func chips(name string) (c chip, ok bool) {
	switch name {
	case "generic":
		return chip{pulse: 2000}, true
	case "a4988":
		return chip{1000, 3, map[int]uint8{1: 0, 2: 1, 4: 2, 8: 3, 16: 7}}, true
	case "drv8825":
		return chip{2000, 3, map[int]uint8{1: 0, 2: 1, 4: 2, 8: 3, 16: 4, 32: 5}}, true
	case "lv8729":
		return chip{500, 3, map[int]uint8{1: 0, 2: 1, 4: 2, 8: 3, 16: 4, 32: 5, 64: 6, 128: 7}}, true
	case "tmc2130": // open pins would make other modes, but a line cannot be left open
		return chip{103, 2, map[int]uint8{1: 0, 2: 1, 4: 2, 16: 3}}, true
	case "tmc2208":
		return chip{103, 2, map[int]uint8{2: 1, 4: 2, 8: 0, 16: 3}}, true
	case "tmc2209":
		return chip{103, 2, map[int]uint8{8: 0, 16: 3, 32: 1, 64: 2}}, true
	case "tmc5160":
		return chip{103, 2, map[int]uint8{8: 0, 16: 1, 32: 2, 64: 3}}, true
	}
	return chip{}, false
}

// Validate returns fault.Invalid with the reason when no motor can be driven
// like c.
func (c Config) Validate() error {
	invalid := func(format string, args ...any) error {
		return fault.New(fault.Invalid, "stepdir", format, args...)
	}
	kind, ok := chips(c.Chip)
	switch {
	case !ok:
		return invalid("chip is %q; it must be generic, a4988, drv8825, lv8729, tmc2130, tmc2208, tmc2209 or tmc5160", c.Chip)
	case c.Microsteps < 1 || c.Microsteps > 256:
		return invalid("microsteps_per_full_step is %d; it must be 1 to 256", c.Microsteps)
	case c.MinPulseNs < 0 || c.MinPulseNs > 1e6:
		return invalid("min_pulse_ns is %d; it must be 0 (what the chip needs) to 1000000", c.MinPulseNs)
	case len(c.Modes) != 0 && len(c.Modes) != kind.pins:
		return invalid("mode_lines has %d lines; a %s has %d mode pins", len(c.Modes), c.Chip, kind.pins)
	}
	if _, can := kind.modes[c.Microsteps]; len(c.Modes) != 0 && !can {
		return invalid("microsteps_per_full_step is %d, which the mode lines of a %s cannot make", c.Microsteps, c.Chip)
	}
	if c.Enable < -1 || c.Enable > 31 {
		return invalid("enable_line is %d; it must be 0 to 31, or -1 for none", c.Enable)
	}
	var taken uint32
	for _, line := range append([]int{c.Step, c.Direction}, c.Modes...) {
		if line < 0 || line > 31 {
			return invalid("line %d; lines are 0 to 31", line)
		}
		taken |= 1 << line
	}
	n := 2 + len(c.Modes)
	if c.Enable >= 0 {
		taken |= 1 << c.Enable
		n++
	}
	if bits.OnesCount32(taken) != n {
		return invalid("a line has two uses: step_line %d, direction_line %d, enable_line %d, mode_lines %v", c.Step, c.Direction, c.Enable, c.Modes)
	}
	return nil
}
