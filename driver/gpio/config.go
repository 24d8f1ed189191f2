// SPDX-License-Identifier: GPL-3.0-or-later

// Package gpio drives the lines of a single-board computer: driver.Lines and
// driver.Inputs whose line numbers are those of the chip (on a Raspberry Pi
// the BCM numbers, GPIO0 to GPIO27 on the header).
//
// It has two ways to the lines, and says which it took and why:
//
//   - the bank of a Raspberry Pi 0 to 4: registers in memory, one store for
//     all lines that fall and one for all that rise;
//   - line sets of the kernel's character device (Pi 5 and any other Linux
//     board): one system call for all lines.
//
// Lines become outputs at the level that switches off what hangs on them, and
// are left as inputs pulled to that level. Between a crash and that, and
// before the program runs, nothing here can help: external resistors and a
// gate on the keep-alive line must.
//
// Source: stepper-core §1.7 and §9.
package gpio

import (
	"slices"

	"github.com/siderostep/siderostep/fault"
)

// The back-ends.
const (
	Auto     = "auto"
	Bank     = "bank"
	LineSets = "lines"
)

// Config says how the lines are reached.
type Config struct {
	Backend string `toml:"backend" oneof:"auto,bank,lines" restart:"yes" doc:"way to the lines: bank writes registers (Raspberry Pi 0 to 4), lines asks the kernel (Pi 5 and all others), auto takes the bank where there is one"`
	Chip    string `toml:"chip" restart:"yes" doc:"device of the chip for backend lines, as /dev/gpiochip0; empty: the header of a Raspberry Pi, or else the first chip"`
	Pull    string `toml:"input_pull" oneof:"none,up,down" restart:"yes" doc:"resistor inside the chip that input lines get"`

	AllowOnAtReset bool `toml:"allow_on_at_reset" restart:"yes" doc:"take lines whose resistor inside the chip switches on what hangs on them until the program starts (GPIO0 to GPIO8 are pulled up, the others down); true only where external resistors hold them off"`
}

// DefaultConfig finds the way by itself, and pulls inputs down, as the hand
// paddle's keys connect their line to the supply.
func DefaultConfig() Config { return Config{Backend: Auto, Pull: "down"} }

// Validate returns fault.Invalid when a key has a value that is not one of
// those allowed.
func (c Config) Validate() error {
	if !slices.Contains([]string{Auto, Bank, LineSets}, c.Backend) {
		return fault.New(fault.Invalid, "gpio", "backend is %q; it must be auto, bank or lines", c.Backend)
	}
	if !slices.Contains([]string{"none", "up", "down"}, c.Pull) {
		return fault.New(fault.Invalid, "gpio", "input_pull is %q; it must be none, up or down", c.Pull)
	}
	if c.Backend == Bank && c.Chip != "" {
		return fault.New(fault.Invalid, "gpio", "chip is %q, but backend bank knows no chips; take lines or auto, or leave chip empty", c.Chip)
	}
	return nil
}

// Highest is the highest line number.
const Highest = 31

// CheckLine returns fault.Invalid when there is no line of that number.
func CheckLine(line int) error {
	if line < 0 || line > Highest {
		return fault.New(fault.Invalid, "gpio", "there is no GPIO %d; lines are 0 to %d", line, Highest)
	}
	return nil
}

// pulledUpAtReset are GPIO0 to GPIO8: these are high until a program says
// otherwise, GPIO9 to GPIO27 are low. Source: BCM2835 peripherals, table of
// alternate functions; the same on all boards since.
const pulledUpAtReset uint32 = 1<<9 - 1

// CheckReset returns fault.Invalid when an output line is on from the moment
// of the computer's reset, that is when its level then is not its off level,
// unless c allows it.
func (c Config) CheckReset(line int, offHigh bool) error {
	up := pulledUpAtReset>>line&1 == 1
	switch {
	case c.AllowOnAtReset || up == offHigh:
		return nil
	case up:
		return fault.New(fault.Invalid, "gpio",
			"GPIO %d is pulled up until the program starts, so what a high level switches on would be on; take GPIO 9 to 27, or hold the line low by an external resistor and set hardware.gpio.allow_on_at_reset", line)
	}
	return fault.New(fault.Invalid, "gpio",
		"GPIO %d is pulled down until the program starts, so what a low level switches on would be on; take GPIO 0 to 8, or hold the line high by an external resistor and set hardware.gpio.allow_on_at_reset", line)
}
