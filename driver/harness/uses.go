// SPDX-License-Identifier: GPL-3.0-or-later

package harness

import (
	"fmt"
	"slices"

	"github.com/siderostep/siderostep/driver/gpio"
	"github.com/siderostep/siderostep/driver/parport"
)

// use is one line and what it is for.
type use struct {
	key        string // in the configuration file
	port       string
	line       int
	input      bool
	offHigh    bool // outputs: the level that switches off what hangs on it
	checkReset bool // its level before the program starts matters
	reserved   bool // by the computer's own hardware; not taken here
}

// place is what must not be used twice.
type place struct {
	port string
	line int
}

// String gives the line the name that is printed beside it.
func (p place) String() string {
	return fmt.Sprintf(map[string]string{GPIO: "GPIO %d", Parport: "pin %d", PCA9685: "channel %d", DryRun: "line %d"}[p.port], p.line)
}

// uses lists every line that c uses. The off levels of windings depend on the
// motors.
func (c *Config) uses(m Motors) []use {
	var list []use
	all := func(u use, key string, lines []int) {
		for i, line := range lines {
			u.key, u.line = fmt.Sprintf("hardware.%s[%d]", key, i), line
			list = append(list, u)
		}
	}
	one := func(u use, key string, line int) {
		if line >= 0 { // -1 is none
			u.key, u.line = "hardware."+key, line
			list = append(list, u)
		}
	}
	for motor := range motors {
		o := c.output(motor)
		u := use{port: o.Port, offHigh: o.ActiveLow, checkReset: true}
		switch o.Drive {
		case None:
			continue
		case Windings:
			u.offHigh = m.of(motor).Invert
		case StepDirection:
			one(use{port: o.Port, offHigh: !o.EnableActiveHigh, checkReset: true}, motor.String()+".enable_line", o.EnableLine)
			all(use{port: o.Port}, motor.String()+".mode_lines", o.ModeLines)
			u.checkReset = false // a step or none at the start; the chip is off
		}
		all(u, motor.String()+".lines", o.Lines)
	}
	if c.usesPWMChip() {
		if slices.Contains([]string{"", "1", "I2C1", "/dev/i2c-1"}, c.PCA9685.Bus) {
			for _, line := range []int{2, 3} { // of a Raspberry Pi's first bus
				one(use{port: GPIO, reserved: true}, "pca9685.bus", line)
			}
		}
		one(use{port: GPIO, offHigh: true, checkReset: true}, "pca9685.output_enable_line", c.PCA9685.OutputEnableLine)
	}
	// The gate takes edges, so the level of the keep-alive line does not matter.
	one(use{port: c.KeepAlive.Port}, "keep_alive.line", c.KeepAlive.Line)
	one(use{port: c.OverVoltage.Port, checkReset: true}, "over_voltage.line", c.OverVoltage.Line.Line)
	one(use{port: c.Balance.Port, checkReset: true}, "counterweight.line", c.Balance.Line)
	all(use{port: c.Aux.Port, checkReset: true}, "aux.lines", c.Aux.Lines)
	all(use{port: c.Inputs.Port, input: true}, "inputs.paddle", c.Inputs.Paddle)
	for i, line := range c.Inputs.PECIndex {
		one(use{port: c.Inputs.Port, input: true}, fmt.Sprintf("inputs.pec_index[%d]", i), line)
	}
	return list
}

func (c *Config) usesPWMChip() bool {
	for _, m := range c.wound() {
		if c.output(m).Port == PCA9685 {
			return true
		}
	}
	return false
}

// checkUses returns fault.Invalid when a line cannot be what it is to be, or
// is to be two things.
func (c Config) checkUses() error {
	taken := map[place]string{}
	for _, u := range c.uses(Motors{}) {
		if err := u.check(); err != nil {
			return invalid("%s: %v", u.key, err)
		}
		here := place{u.port, u.line}
		if other, ok := taken[here]; ok {
			return invalid("%s and %s both use %v of %s", other, u.key, here, u.port)
		}
		taken[here] = u.key
	}
	return nil
}

// check returns fault.Invalid when the port has no such line.
func (u use) check() error {
	switch {
	case u.port == Parport && u.input:
		return parport.CheckInput(u.line)
	case u.port == Parport:
		return parport.CheckOutput(u.line)
	case u.port == PCA9685 && (u.line < 0 || u.line > 15):
		return invalid("there is no channel %d; a PCA9685 has channels 0 to 15", u.line)
	case u.port == DryRun && (u.line < 0 || u.line > 31):
		return invalid("there is no line %d; a dry run has lines 0 to 31", u.line)
	case u.port == GPIO:
		return gpio.CheckLine(u.line)
	}
	return nil
}
