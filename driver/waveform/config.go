// SPDX-License-Identifier: GPL-3.0-or-later

package waveform

import (
	"math"

	"github.com/siderostep/siderostep/fault"
)

// Config describes one motor's windings and how current is shared between
// them. Two motors on one port may differ in their tables, compensation and
// sense, but not in Windings, Slots, Pause and Invert.
type Config struct {
	Windings   int `toml:"windings" range:"4..5" doc:"windings of the motor: 4 (unipolar, or bipolar through two bridges) or 5"`
	Microsteps int `toml:"microsteps_per_full_step" range:"2..40" doc:"microsteps per full step, an even number"`
	Slots      int `toml:"pwm_slots" range:"1..10000" doc:"time slots in one period of pulse-width modulation in which a winding can be on; the largest count in the tables"`
	Pause      int `toml:"pwm_pause_slots" range:"0..50000" doc:"time slots added to each period with all windings off; they limit the current while microstepping"`

	Leaving      []int     `toml:"pwm" doc:"slots for the winding being left, one count per microstep of a full step, each 0 to pwm_slots; empty: computed"`
	Approaching  []int     `toml:"pwm_approaching" doc:"slots for the winding being approached, as many counts as pwm; empty: the mirror image of pwm"`
	Compensation []float64 `toml:"winding_compensation" doc:"current trim of each winding's line a, b, c, d, each 0 to 1; empty: none"`

	Reverse bool `toml:"reverse" doc:"exchange windings a and c, so that the motor turns the other way (4 windings only)"`
	Invert  bool `toml:"invert_output" doc:"a winding is on while its line is low; a wrong value means full current in all windings, so real hardware does not start until this is set explicitly"`
}

// DefaultConfig returns 10 microsteps per full step with computed tables and
// full current, not inverted.
func DefaultConfig() Config {
	return Config{Windings: 4, Microsteps: 10, Slots: 100}
}

// Validate returns fault.Invalid with the reason when no table can be made
// from c.
func (c Config) Validate() error {
	invalid := func(format string, args ...any) error {
		return fault.New(fault.Invalid, "waveform", format, args...)
	}
	switch {
	case c.Windings != 4 && c.Windings != 5:
		return invalid("windings is %d; a motor has 4 or 5", c.Windings)
	case c.Microsteps < 2 || c.Microsteps > 40 || c.Microsteps%2 != 0:
		return invalid("microsteps_per_full_step is %d; it must be even, from 2 to 40, so that a half step is a whole number of them", c.Microsteps)
	case c.Slots < 1 || c.Slots > 10000:
		return invalid("pwm_slots is %d; it must be from 1 to 10000", c.Slots)
	case c.Pause < 0 || c.Pause > 50000:
		return invalid("pwm_pause_slots is %d; it must be from 0 to 50000", c.Pause)
	case len(c.Leaving) == 0 && len(c.Approaching) != 0:
		return invalid("pwm_approaching is given without pwm")
	case c.Reverse && c.Windings == 5:
		return invalid("reverse is not possible with 5 windings; exchange the motor's leads instead")
	}
	for _, column := range []struct {
		name   string
		counts []int
	}{{"pwm", c.Leaving}, {"pwm_approaching", c.Approaching}} {
		if len(column.counts) != 0 && len(column.counts) != c.Microsteps {
			return invalid("%s has %d counts; microsteps_per_full_step asks for %d", column.name, len(column.counts), c.Microsteps)
		}
		for k, n := range column.counts {
			if n < 0 || n > c.Slots {
				return invalid("%s[%d] is %d; it must be from 0 to pwm_slots, which is %d", column.name, k, n, c.Slots)
			}
		}
	}
	if n := len(c.Compensation); n != 0 && n != c.Windings {
		return invalid("winding_compensation has %d values; the motor has %d windings", n, c.Windings)
	}
	for x, v := range c.Compensation {
		if !(v >= 0 && v <= 1) { // NaN too
			return invalid("winding_compensation[%d] is %v; it must be from 0 to 1", x, v)
		}
	}
	return nil
}

// Columns returns the counts for the winding being left and the one being
// approached, microstep by microstep: c's own, or computed ones where c has
// none. c must be valid.
func (c Config) Columns() (leaving, approaching []int) {
	leaving, approaching = c.Leaving, c.Approaching
	if len(leaving) == 0 {
		return Computed(c.Microsteps, c.Slots)
	}
	if len(approaching) == 0 {
		approaching = mirrored(leaving)
	}
	return leaving, approaching
}

// Computed returns tables for a motor nobody has measured yet: the winding
// being approached gets slots·√(k/(ms−k)) up to the half step and everything
// beyond it, and the one being left mirrors it. Tuned tables lie higher,
// because the first counts move nothing.
//
// Source: Scope II manual, "PWM values"; stepper-core §1.2.
func Computed(ms, slots int) (leaving, approaching []int) {
	leaving = make([]int, ms)
	for k := range ms {
		if 2*k <= ms {
			leaving[k] = slots
			continue
		}
		left := float64(ms - k)
		leaving[k] = int(math.Round(float64(slots) * math.Sqrt(left/float64(k))))
	}
	return leaving, mirrored(leaving)
}

// mirrored returns the second column of a one-column table.
func mirrored(leaving []int) []int {
	approaching := make([]int, len(leaving))
	for k := 1; k < len(leaving); k++ {
		approaching[k] = leaving[len(leaving)-k]
	}
	return approaching
}
