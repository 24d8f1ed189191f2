// SPDX-License-Identifier: GPL-3.0-or-later

package relay

import (
	"math/bits"

	"github.com/siderostep/siderostep/fault"
)

// Config describes the relays of one motor and their lines, which are numbered
// as their device numbers them.
type Config struct {
	Out     int `toml:"out_line" range:"0..31" restart:"yes" doc:"line that makes the motor run outward (clockwise)"`
	In      int `toml:"in_line" range:"0..31" restart:"yes" doc:"line that makes it run inward"`
	SlowOut int `toml:"slow_out_line" range:"-1..31" restart:"yes" doc:"line that makes it run outward slowly; -1: there is one speed"`
	SlowIn  int `toml:"slow_in_line" range:"-1..31" restart:"yes" doc:"line that makes it run inward slowly; -1: there is one speed"`

	ActiveLow bool `toml:"active_low" restart:"yes" doc:"a relay is drawn while its line is low"`
	Reverse   bool `toml:"reverse" restart:"yes" doc:"exchange out and in"`

	DeadTimeMs int `toml:"dead_time_ms" range:"5..5000" restart:"yes" doc:"all relays stay off for so long between one and another"`
	MaxOnS     int `toml:"max_on_s" range:"1..3600" restart:"yes" doc:"a motor that has run one way for so long is switched off, and that is a fault"`
}

// DefaultConfig returns the original's focus method 0 on the lines of parallel
// port pins 16 and 17.
func DefaultConfig() Config {
	return Config{Out: 16, In: 17, SlowOut: -1, SlowIn: -1, DeadTimeMs: 50, MaxOnS: 60}
}

// Validate returns fault.Invalid with the reason when no motor can be driven
// like c.
func (c Config) Validate() error {
	invalid := func(format string, args ...any) error {
		return fault.New(fault.Invalid, "relay", format, args...)
	}
	lines, all := []int{c.Out, c.In}, uint32(0)
	if c.SlowOut != -1 || c.SlowIn != -1 {
		lines = append(lines, c.SlowOut, c.SlowIn)
	}
	for _, line := range lines {
		if line < 0 || line > 31 {
			return invalid("out_line %d, in_line %d, slow_out_line %d, slow_in_line %d; they must be 0 to 31, the slow ones both -1 when there is one speed",
				c.Out, c.In, c.SlowOut, c.SlowIn)
		}
		all |= 1 << line
	}
	switch {
	case bits.OnesCount32(all) != len(lines):
		return invalid("a line has two uses: out_line %d, in_line %d, slow_out_line %d, slow_in_line %d", c.Out, c.In, c.SlowOut, c.SlowIn)
	case c.DeadTimeMs < 5 || c.DeadTimeMs > 5000:
		return invalid("dead_time_ms is %d; it must be 5 to 5000", c.DeadTimeMs)
	case c.MaxOnS < 1 || c.MaxOnS > 3600:
		return invalid("max_on_s is %d; it must be 1 to 3600", c.MaxOnS)
	}
	return nil
}
