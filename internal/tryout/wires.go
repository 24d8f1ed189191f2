// SPDX-License-Identifier: GPL-3.0-or-later

package tryout

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/siderostep/siderostep/driver/harness"
)

// Wire is one output line of the harness, and what hangs on it.
type Wire struct {
	Key     string // in the configuration file: "hardware.z.lines[0]"
	Name    string // for people: "z winding a"
	Motor   string // its section within hardware; "" when it is of no motor
	Drive   string // how that motor is driven
	Port    string
	Line    int
	OffHigh bool // the level that switches off what hangs on it

	keepAlive, enable, direction bool
	always                       bool // on while anything is tried: without it nothing else is
}

// Place returns the line as it is printed beside it.
func (w Wire) Place() string {
	what := map[string]string{harness.GPIO: "GPIO", harness.Parport: "pin", harness.PCA9685: "channel"}[w.Port]
	if what == "" {
		what = "line"
	}
	return fmt.Sprintf("%s %d", what, w.Line)
}

func (w Wire) String() string { return w.Name + " (" + w.Place() + ")" }

func (w Wire) mask() uint32 { return 1 << w.Line }

// level returns the wire's bit at the level that is on, or off.
func (w Wire) level(on bool) uint32 {
	if on != w.OffHigh {
		return w.mask()
	}
	return 0
}

// motors are the harness's motors, in the order in which they are tried.
func motors() []harness.Motor {
	return []harness.Motor{harness.MotorZ, harness.MotorA, harness.MotorRotator, harness.MotorFocuser, harness.MotorFocuser2}
}

func outputOf(c *harness.Config, m harness.Motor) *harness.Output {
	return map[harness.Motor]*harness.Output{
		harness.MotorZ: &c.Z, harness.MotorA: &c.A, harness.MotorRotator: &c.Rotator,
		harness.MotorFocuser: &c.Focuser, harness.MotorFocuser2: &c.Focuser2,
	}[m]
}

// invertOf returns whether a motor's windings are on while their line is low.
func invertOf(m harness.Motors, motor harness.Motor) bool {
	switch motor {
	case harness.MotorZ:
		return m.Z.Invert
	case harness.MotorA:
		return m.A.Invert
	}
	return false
}

// Wires returns every output line that c uses, motor by motor. c has been
// validated.
func Wires(c harness.Config, m harness.Motors) (list []Wire) {
	for _, motor := range motors() {
		list = append(list, wiresOf(outputOf(&c, motor), motor.String(), invertOf(m, motor))...)
	}
	one := func(w Wire) {
		if w.Line >= 0 { // -1 is none
			list = append(list, w)
		}
	}
	one(Wire{Key: "hardware.keep_alive.line", Name: "keep-alive", Port: c.KeepAlive.Port, Line: c.KeepAlive.Line, keepAlive: true})
	if c.Z.Drive == harness.Windings && c.Z.Port == harness.PCA9685 || c.A.Drive == harness.Windings && c.A.Port == harness.PCA9685 {
		one(Wire{
			Key: "hardware.pca9685.output_enable_line", Name: "PCA9685 output enable", Port: harness.GPIO,
			Line: c.PCA9685.OutputEnableLine, OffHigh: true, always: true,
		})
	}
	one(Wire{Key: "hardware.over_voltage.line", Name: "over-voltage", Port: c.OverVoltage.Port, Line: c.OverVoltage.Line.Line})
	for i, line := range c.Aux.Lines {
		name := [...]string{"up", "down", "clockwise", "counter-clockwise"}[i]
		one(Wire{Key: fmt.Sprintf("hardware.aux.lines[%d]", i), Name: "aux " + name, Port: c.Aux.Port, Line: line})
	}
	return list
}

func wiresOf(o *harness.Output, motor string, invert bool) (list []Wire) {
	add := func(name, key string, line int, w Wire) {
		w.Name, w.Key = motor+" "+name, "hardware."+motor+"."+key
		w.Motor, w.Drive, w.Port, w.Line = motor, o.Drive, o.Port, line
		list = append(list, w)
	}
	for i, line := range o.Lines {
		key := fmt.Sprintf("lines[%d]", i)
		switch o.Drive {
		case harness.Windings:
			add("winding "+string(rune('a'+i)), key, line, Wire{OffHigh: invert})
		case harness.StepDirection:
			add([...]string{"step", "direction"}[i], key, line, Wire{OffHigh: o.ActiveLow, direction: i == 1})
		case harness.Relay:
			add("relay "+[...]string{"out", "in", "slow out", "slow in"}[i], key, line, Wire{OffHigh: o.ActiveLow})
		}
	}
	if o.Drive != harness.StepDirection {
		return list
	}
	if o.EnableLine >= 0 {
		add("enable", "enable_line", o.EnableLine, Wire{OffHigh: !o.EnableActiveHigh, enable: true})
	}
	for i, line := range o.ModeLines {
		add(fmt.Sprintf("mode %d", i), fmt.Sprintf("mode_lines[%d]", i), line, Wire{})
	}
	return list
}

// Find returns the wire that a person means: by its number, its key with or
// without "hardware." in front, or its name. It returns fault.Invalid when
// there is none such, or more than one.
func Find(wires []Wire, text string) (Wire, error) {
	var found []Wire
	number, err := strconv.Atoi(text)
	for _, w := range wires {
		if err == nil && w.Line == number || w.Key == text || w.Key == "hardware."+text || w.Name == text {
			found = append(found, w)
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return Wire{}, invalid("no output line is %q; there are %s", text, keys(wires))
	}
	return Wire{}, invalid("more than one output line is %q; say which: %s", text, keys(found))
}

func keys(wires []Wire) string {
	if len(wires) == 0 {
		return "none"
	}
	var names []string
	for _, w := range wires {
		names = append(names, fmt.Sprintf("%s (%s)", strings.TrimPrefix(w.Key, "hardware."), w.Place()))
	}
	return strings.Join(names, ", ")
}

// OfMotor returns the wires of one motor, or all for "".
func OfMotor(wires []Wire, motor string) ([]Wire, error) {
	if motor == "" {
		return wires, nil
	}
	var list []Wire
	for _, w := range wires {
		if w.Motor == motor {
			list = append(list, w)
		}
	}
	if len(list) == 0 {
		return nil, invalid("motor %q has no lines; motors are z, a, rotator, focuser and focuser2, and hardware.%s.drive must not be none", motor, motor)
	}
	return list, nil
}
