// SPDX-License-Identifier: GPL-3.0-or-later

package pca9685

import (
	"math"

	"github.com/siderostep/siderostep/fault"
)

// Config describes one chip.
type Config struct {
	Address   int     `toml:"address" range:"64..127" restart:"yes" doc:"address on the I²C bus; 64 (40 hexadecimal) with no address pin connected"`
	PWMHz     float64 `toml:"pwm_hz" range:"24..3052" restart:"yes" doc:"periods of pulse-width modulation per second; above 1526 only with an external clock"`
	ClockHz   float64 `toml:"external_clock_hz" range:"0..50000000" restart:"yes" doc:"frequency of the clock at the chip's EXTCLK pin; 0: its own of 25 MHz. Once switched to the pin, the chip stays there until its power is cut"`
	Invert    bool    `toml:"active_low" restart:"yes" doc:"a winding is on while its output is low; the chip itself drives its outputs low from power-up until the program starts, so the motor supply must then be off"`
	OpenDrain bool    `toml:"open_drain" restart:"yes" doc:"outputs only pull low, instead of driving both levels"`
}

// internalHz is the chip's own clock.
const internalHz = 25e6

// DefaultConfig returns a chip on its factory address at its highest
// frequency, with outputs that are high while on.
func DefaultConfig() Config { return Config{Address: 0x40, PWMHz: 1526} }

// Validate returns fault.Invalid with the reason when no chip can be set up
// like c.
func (c Config) Validate() error {
	invalid := func(format string, args ...any) error {
		return fault.New(fault.Invalid, "pca9685", format, args...)
	}
	if c.Address < 0x40 || c.Address > 0x7F {
		return invalid("address is %d; it must be 64 to 127 (40 to 7F hexadecimal)", c.Address)
	}
	if !(c.ClockHz >= 0 && c.ClockHz <= 50e6) { // NaN too
		return invalid("external_clock_hz is %v; it must be from 0 (none) to 50000000", c.ClockHz)
	}
	lowest, highest := math.Ceil(frequency(c.clock(), 255)), math.Ceil(frequency(c.clock(), 3))
	if p := c.prescale(); !(c.PWMHz >= lowest && c.PWMHz <= highest && p >= 3 && p <= 255) {
		return invalid("pwm_hz is %v; with a clock of %.0f Hz it must be from %.0f to %.0f", c.PWMHz, c.clock(), lowest, highest)
	}
	return nil
}

func (c Config) clock() float64 {
	if c.ClockHz > 0 {
		return c.ClockHz
	}
	return internalHz
}

// prescale returns the content of PRE_SCALE, which the chip takes from 3 to
// 255.
func (c Config) prescale() float64 {
	return math.Round(c.clock()/(steps*c.PWMHz)) - 1
}

// frequency returns the periods per second that a prescale makes.
func frequency(clock, prescale float64) float64 { return clock / (steps * (prescale + 1)) }

// UpdateBits returns the clock periods of the bus that changing so many
// neighbouring channels takes: start, address, register, four bytes for each
// channel, stop, and an acknowledgement after every byte.
//
// A motor that microsteps changes two channels: neighbours (92 bits) but for
// the way from its last winding to its first (2 × 56 bits).
func UpdateBits(channels int) int { return 1 + 9 + 9 + 4*9*channels + 1 }

// UpdateRate returns how often a second so many neighbouring channels can
// change on a bus of busHz: for eight channels, two motors of four windings,
// 1,298 at 400 kHz and 3,246 at 1 MHz. What the computer takes between
// transfers comes on top.
func UpdateRate(channels int, busHz float64) float64 { return busHz / float64(UpdateBits(channels)) }

// StepRate returns the greatest rate of half steps per second at which each of
// them stands for one whole period at least, whatever their phase: half of
// pwmHz, or what the bus can carry for so many neighbouring channels if that
// is less. Slews have to be slower; 763 half steps a second of 1.4″ are
// 0.3° a second.
func StepRate(channels int, busHz, pwmHz float64) float64 {
	return min(UpdateRate(channels, busHz), pwmHz/2)
}
