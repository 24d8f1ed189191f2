// SPDX-License-Identifier: GPL-3.0-or-later

package harness

import (
	"slices"
	"strings"

	"github.com/siderostep/siderostep/driver/waveform"
	"github.com/siderostep/siderostep/fault"
)

func invalid(format string, args ...any) error {
	return fault.New(fault.Invalid, "hardware", format, args...)
}

// Motors are the windings of the two motors that can be driven by their
// windings: what sections motors.z and motors.a say.
type Motors struct{ Z, A waveform.Config }

// Validate returns fault.Invalid for what cannot be, or not together: a line
// used twice, one that is no output, too few lines. What depends on the motors
// themselves is left to ValidateMotors.
func (c Config) Validate() error {
	for m := range motors {
		if err := c.output(m).validate(m); err != nil {
			return err
		}
	}
	if c.Enabled && (c.Z.Drive == None || c.A.Drive == None) {
		return invalid("hardware.z.drive is %s and hardware.a.drive is %s; with hardware.enabled both motors must be driven", c.Z.Drive, c.A.Drive)
	}
	for _, check := range []func() error{c.GPIO.Validate, c.checkDevices, c.checkExtras, c.checkUses} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

// ValidateMotors returns fault.Invalid when c does not fit the motors: their
// windings want other lines than c has, two motors on one port differ in what
// they must share, a line is at a level that switches a winding on before the
// program starts. Motors that are not driven by their windings do not matter.
func (c Config) ValidateMotors(m Motors) error {
	for _, motor := range c.wound() {
		o, w := c.output(motor), m.of(motor)
		switch {
		case len(o.Lines) != w.Windings:
			return invalid("hardware.%v.lines has %d lines, but motors.%v.windings is %d", motor, len(o.Lines), motor, w.Windings)
		case w.Microsteps > 40 && o.Port != PCA9685:
			return invalid("motors.%v.microsteps_per_full_step is %d; more than 40 need port pca9685, hardware.%v.port is %s", motor, w.Microsteps, motor, o.Port)
		}
	}
	if c.shared() {
		low, err := waveform.New(m.A)
		if err != nil {
			return err
		}
		high, err := waveform.New(m.Z)
		if err != nil {
			return err
		}
		if _, err := waveform.NewPair(low, high); err != nil {
			return invalid("hardware.z and hardware.a are on one port, %s, but the motors do not fit: %v", c.Z.Port, err)
		}
	}
	for _, u := range c.uses(m) {
		if u.port == GPIO && u.checkReset {
			if err := c.GPIO.CheckReset(u.line, u.offHigh); err != nil {
				return invalid("%s: %v", u.key, err)
			}
		}
	}
	return nil
}

// wound returns the motors that are driven by their windings.
func (c *Config) wound() (list []Motor) {
	for _, m := range []Motor{MotorA, MotorZ} {
		if c.output(m).Drive == Windings {
			list = append(list, m)
		}
	}
	return list
}

// shared reports whether both motors are driven by their windings through one
// port.
func (c *Config) shared() bool { return len(c.wound()) == 2 && c.Z.Port == c.A.Port }

func (m Motors) of(motor Motor) waveform.Config {
	if motor == MotorZ {
		return m.Z
	}
	return m.A
}

// drives are the kinds of drive that a motor can have.
var drives = map[Motor][]string{
	MotorZ:        {None, Windings, StepDirection},
	MotorA:        {None, Windings, StepDirection},
	MotorRotator:  {None, StepDirection},
	MotorFocuser:  {None, StepDirection, Relay},
	MotorFocuser2: {None, StepDirection, Relay},
}

// counts are the numbers of lines that a kind of drive can have.
var counts = map[string][]int{Windings: {4, 5}, StepDirection: {2}, Relay: {2, 4}}

func (o *Output) validate(m Motor) error {
	switch {
	case !slices.Contains(drives[m], o.Drive):
		return invalid("hardware.%v.drive is %q; that motor can have %s", m, o.Drive, strings.Join(drives[m], ", "))
	case o.Drive == None:
		return nil
	case !slices.Contains([]string{GPIO, Parport, PCA9685, DryRun}, o.Port):
		return invalid("hardware.%v.port is %q; it must be gpio, parport, pca9685 or dry_run", m, o.Port)
	case !slices.Contains(counts[o.Drive], len(o.Lines)):
		return invalid("hardware.%v.lines has %d lines; drive %s takes %s", m, len(o.Lines), o.Drive, wanted[o.Drive])
	case o.Port == PCA9685 && o.Drive != Windings:
		return invalid("hardware.%v.port is pca9685, which is too slow for drive %s; take gpio or parport", m, o.Drive)
	case o.Drive == Windings && o.Reverse:
		return invalid("hardware.%v.reverse is for step_direction and relay; set motors.%v.reverse", m, m)
	case o.Drive == Windings && o.ActiveLow:
		return invalid("hardware.%v.active_low is for step_direction and relay; set motors.%v.invert_output", m, m)
	case o.Drive != StepDirection && (o.EnableLine >= 0 || len(o.ModeLines) > 0):
		return invalid("hardware.%v.enable_line and mode_lines are for drive step_direction, not %s", m, o.Drive)
	}
	return o.validateDriver(m)
}

// validateDriver asks the motor's driver about all but the lines, of which
// checkUses knows more.
func (o *Output) validateDriver(m Motor) error {
	var err error
	switch o.Drive {
	case StepDirection:
		c := o.stepdir()
		c.Step, c.Direction, c.Enable = 0, 1, -1
		c.Modes = []int{2, 3, 4, 5, 6, 7, 8, 9}[:min(len(o.ModeLines), 8)]
		err = c.Validate()
	case Relay:
		c := o.relay()
		c.Out, c.In, c.SlowOut, c.SlowIn = 0, 1, -1, -1
		err = c.Validate()
	}
	if err != nil {
		return invalid("hardware.%v: %v", m, err)
	}
	return nil
}

var wanted = map[string]string{
	Windings:      "4 or 5: a, b, c, d and, with five windings, e",
	StepDirection: "2: step, direction",
	Relay:         "2 or 4: out, in and, with two speeds, slow out, slow in",
}

// checkDevices looks at the ports that are used.
func (c Config) checkDevices() error {
	used := map[string]bool{}
	for _, u := range c.uses(Motors{}) {
		used[u.port] = true
	}
	switch {
	case used[Parport] && c.Parport.Device == "":
		return c.Parport.Validate()
	case used[DryRun] && c.DryRun.File == "":
		return invalid("hardware.dry_run.file is empty; port dry_run needs a file")
	case used[PCA9685]:
		if err := c.chip(Motors{}).Validate(); err != nil {
			return invalid("hardware.pca9685: %v", err)
		}
	}
	return nil
}

// checkExtras looks at what is no motor.
func (c Config) checkExtras() error {
	switch {
	case len(c.Aux.Lines) > 4:
		return invalid("hardware.aux.lines has %d lines; there are up to 4: up, down, clockwise, counter-clockwise", len(c.Aux.Lines))
	case len(c.Inputs.Paddle) != 0 && len(c.Inputs.Paddle) != 4:
		return invalid("hardware.inputs.paddle has %d lines; it takes 4: up, down, counter-clockwise, and speed or clockwise", len(c.Inputs.Paddle))
	case c.OverVoltage.Line.Line >= 0 && len(c.wound()) == 0:
		return invalid("hardware.over_voltage.line is set, but no motor of an axis is driven by its windings, so there are no slews in half steps")
	case len(c.Inputs.PECIndex) > 2:
		return invalid("hardware.inputs.pec_index has %d lines; it takes up to 2: of the primary and the secondary axis", len(c.Inputs.PECIndex))
	}
	for _, line := range []struct {
		key  string
		port string
	}{
		{"keep_alive", c.KeepAlive.Port}, {"over_voltage", c.OverVoltage.Port}, {"counterweight", c.Balance.Port}, {"aux", c.Aux.Port}, {"inputs", c.Inputs.Port},
	} {
		if !slices.Contains([]string{GPIO, Parport, DryRun}, line.port) {
			return invalid("hardware.%s.port is %q; it must be gpio, parport or dry_run", line.key, line.port)
		}
	}
	return nil
}
