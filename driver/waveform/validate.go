// SPDX-License-Identifier: GPL-3.0-or-later

package waveform

import "github.com/siderostep/siderostep/fault"

// Validate returns fault.Invalid with the reason, which begins with the key,
// when no table can be made from c.
func (c Config) Validate() error {
	for _, check := range []func(*Config) error{
		(*Config).validNumbers, (*Config).validTables, (*Config).validCompensation,
		(*Config).validCorrection, (*Config).validCurrent,
	} {
		if err := check(&c); err != nil {
			return err
		}
	}
	return nil
}

func invalid(format string, args ...any) error {
	return fault.New(fault.Invalid, "waveform", format, args...)
}

func (c *Config) validNumbers() error {
	switch {
	case c.Windings != 4 && c.Windings != 5:
		return invalid("windings is %d; a motor has 4 or 5", c.Windings)
	case c.Microsteps < 2 || c.Microsteps > MaxMicrosteps || c.Microsteps%2 != 0:
		return invalid("microsteps_per_full_step is %d; it must be even, from 2 to %d, so that a half step is a whole number of them", c.Microsteps, MaxMicrosteps)
	case c.Slots < 1 || c.Slots > 10000:
		return invalid("pwm_slots is %d; it must be from 1 to 10000", c.Slots)
	case c.Pause < 0 || c.Pause > 50000:
		return invalid("pwm_pause_slots is %d; it must be from 0 to 50000", c.Pause)
	case c.Reverse && c.Windings == 5:
		return invalid("reverse is not possible with 5 windings; exchange the motor's leads instead")
	}
	return nil
}

func (c *Config) validTables() error {
	switch {
	case c.Shape != "" && c.Shape != Manual && c.Shape != Tangent && c.Shape != Sine:
		return invalid("pwm_shape is %q; it must be %q, %q or %q", c.Shape, Manual, Tangent, Sine)
	case c.Dead < 0 || c.Dead >= c.Slots:
		return invalid("pwm_dead_slots is %d; it must be from 0 to less than pwm_slots, which is %d", c.Dead, c.Slots)
	case len(c.Leaving) == 0 && len(c.Approaching) != 0:
		return invalid("pwm_approaching is given without pwm")
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
	return nil
}

func (c *Config) validCompensation() error {
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
