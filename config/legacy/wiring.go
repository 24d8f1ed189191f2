// SPDX-License-Identifier: GPL-3.0-or-later

package legacy

import (
	"fmt"
	"slices"

	"github.com/siderostep/siderostep/driver/harness"
)

// claim gives pins of the parallel port to somebody, or returns who has one of
// them already.
func (c *converter) claim(who string, pins ...int) (conflict string) {
	for _, pin := range pins {
		if other := c.pins[pin]; other != "" {
			return fmt.Sprintf("pin %d is in use: %s", pin, other)
		}
	}
	for _, pin := range pins {
		c.pins[pin] = who
	}
	return ""
}

// drive sets what stands between the port and the motors.
func (c *converter) drive() {
	const name = "MotorControlMethod"
	if n := c.int(name); n != 0 && n != 2 {
		c.tell(Doubtful, []string{name}, "neither 0 nor 2; it is 0, as in the original")
	}
	preset, kind := "bartels-pcb", harness.Windings
	switch {
	case c.pulses():
		preset, kind = "bartels-stepdir", harness.StepDirection
	case c.windingCount() == 5:
		preset = "five-phase"
	}
	wires, err := harness.Preset(preset)
	if err != nil {
		c.ledger.tell(0, Error, "%v", err)
		return
	}
	names := []string{name, "MotorWindings"}
	c.settings = append(c.settings, Setting{Key: "hardware.enabled", Value: false})
	c.ledger.tell(0, Operator, "hardware.enabled = false: the file sets up a simulated mount with your wiring written down; read docs/hardware.md, then switch it on")
	c.tell(Converted, names, "hardware.z and hardware.a: drive %q on the parallel port, wired as preset %s", kind, preset)
	for _, m := range []struct {
		key string
		harness.Output
	}{{"hardware.z.", wires.Z}, {"hardware.a.", wires.A}} {
		c.put(m.key+"drive", m.Drive, names...)
		c.put(m.key+"port", m.Port, names...)
		c.put(m.key+"lines", m.Lines, names...)
		c.claim("a motor", m.Lines...)
		if kind == harness.StepDirection {
			c.stepper(m.key, m.Output)
		}
	}
	c.put("hardware.inputs.port", harness.Parport)
	if c.yes("HandpadPresentFlag") {
		c.put("hardware.inputs.paddle", wires.Inputs.Paddle, "HandpadPresentFlag")
		c.claim("the hand paddle", wires.Inputs.Paddle...)
	}
	c.port()
	idle := c.num("MsPowerDownSec")
	c.change("hardware.power_down_after_s", max(0.1, idle), "at once was 0, for which 0.1 stands here", "MsPowerDownSec")
}

// stepper sets how a driver chip is reached.
func (c *converter) stepper(key string, o harness.Output) {
	c.claim("a motor's power", o.EnableLine)
	c.put(key+"enable_line", o.EnableLine, "MotorControlMethod")
	c.put(key+"chip_microsteps", 2, "MotorControlMethod")
	const name = "InvertOutput"
	if c.has(name) {
		c.keep(key+"active_low", c.yes(name), name)
		c.change(key+"enable_active_high", !c.yes(name), "the line of power goes with the others", name)
	} else {
		c.ask(key+"active_low", "InvertOutput is not in the file; true when lines are inverted on their way to the driver, and enable_active_high is then false", name)
		c.put(key+"enable_active_high", o.EnableActiveHigh, "MotorControlMethod")
	}
	reverse := map[string]string{"hardware.z.": "ReverseZMotor", "hardware.a.": "ReverseAMotor"}[key]
	c.keep(key+"reverse", c.yes(reverse), reverse)
}

// port sets the device, and the lines that are no motor's.
func (c *converter) port() {
	const name = "PPortAddr"
	device, known := map[int]string{1: "/dev/parport0", 2: "/dev/parport1", 3: "/dev/parport2", 0x378: "/dev/parport0", 0x278: "/dev/parport1", 0x3bc: "/dev/parport2"}[c.int(name)]
	switch {
	case !known:
		c.ask("hardware.parport.device", fmt.Sprintf("which /dev/parport is the port at address %d, only Linux on that computer tells", c.int(name)), name)
	case c.int(name) > 3:
		c.put("hardware.parport.device", device, name)
		c.tell(Operator, []string{name}, "hardware.parport.device = %q is usual for the port at this address: look whether it is", device)
	default:
		c.change("hardware.parport.device", device, "lpt", name)
	}
	c.keepAlive()
	c.overVoltage()
}

func (c *converter) keepAlive() {
	const name = "KeepAlivePPortPin"
	pin := c.int(name)
	switch {
	case pin == 0:
		c.drop(Kept, "hardware.keep_alive.line: none", name)
		return
	case !slices.Contains([]int{1, 14, 16, 17}, pin):
		c.tell(Error, []string{name}, "hardware.keep_alive: there is no output for it but pins 1, 14, 16 and 17, or the original ends")
		return
	}
	if conflict := c.claim("the keep-alive gate", pin); conflict != "" {
		c.tell(Error, []string{name}, "hardware.keep_alive is not set: %s", conflict)
		return
	}
	c.put("hardware.keep_alive.port", harness.Parport, name)
	c.put("hardware.keep_alive.line", pin, name)
	c.tell(Operator, []string{name}, "hardware.keep_alive.line = %d of the parallel port; name another line where there is another port", pin)
}

func (c *converter) overVoltage() {
	const name = "HsOverVoltageControl"
	delay := c.num(name)
	const key = "hardware.over_voltage"
	switch rate := timerHz / delay; {
	case delay <= 0:
		c.drop(Kept, key+".line: none", name)
	case c.pulses():
		c.tell(Obsolete, []string{name}, "there are no half steps with step and direction drivers")
	case !c.yes("HsTimerFlag"), rate > 20000:
		c.tell(Doubtful, []string{name}, "%s is not set: %g tells no speed", key, delay)
	default:
		if conflict := c.claim("the line for a higher voltage", 17); conflict != "" {
			c.tell(Error, []string{name}, "%s is not set: %s", key, conflict)
			return
		}
		c.put(key+".port", harness.Parport, name)
		c.put(key+".line", 17, name)
		c.change(key+".above_half_steps_per_s", round(rate), "1193181/v", name)
	}
}

// periodic is what is left of periodic error here: where its switches are.
func (c *converter) periodic() {
	c.drop(Doubtful, "kept nowhere: this program has no such key; switch the correction on when a curve was recorded anew", "PECFlag")
	if c.has("PECFlag") && !c.yes("PECFlag") {
		c.drop(Obsolete, "off", "PECFlag")
	}
	pins := []int{c.switchPin("Az"), c.switchPin("Alt")}
	if pins[0] < 0 && pins[1] < 0 {
		return
	}
	c.put("hardware.inputs.pec_index", pins, "AutoAzPECPin", "AutoAltPECPin")
}

// switchPin returns the pin of the switch on the worm of an axis, −1 for none.
func (c *converter) switchPin(axis string) int {
	name := "Auto" + axis + "PECPin"
	all := []string{name, "Auto" + axis + "PECSyncOnFlag", "Auto" + axis + "PECSyncLowHighFlag", "Auto" + axis + "PECSyncDirFlag", "Auto" + axis + "PECDeBounce"}
	pin := c.int(name)
	if !slices.Contains([]int{15, 16, 17, 101213}, pin) {
		c.tell(Error, all[:1], "pins are 15, 16, 17 or 101213 (10, 12 and 13 together), or the original ends")
		return -1
	}
	if !c.yes(all[1]) {
		c.drop(Obsolete, "no index switch is in use on this axis", all...)
		return -1
	}
	c.tell(Doubtful, all[2:], "kept nowhere: this program has no such key; the index is taken %s, %s", edge(pin, c.yes(all[2])), sense(c.int(all[3])))
	if pin != 15 {
		c.tell(Operator, all[:2], "hardware.inputs.pec_index: %s; connect the switch to pin 15, or 10 to 13 without a paddle, and name it there", unread(pin))
		return -1
	}
	if conflict := c.claim("an index switch", pin); conflict != "" {
		c.tell(Error, all[:2], "hardware.inputs.pec_index is not set: %s", conflict)
		return -1
	}
	c.tell(Kept, all[:2], "hardware.inputs.pec_index: pin %d", pin)
	return pin
}

func unread(pin int) string {
	if pin == 101213 {
		return "pins 10, 12 and 13 together were a key of the paddle"
	}
	return fmt.Sprintf("pin %d cannot be sensed under Linux", pin)
}

// edge returns which edge of the voltage a LowHighFlag means. Only pin 17 is
// inverted on its way to the register that the original looks at.
func edge(pin int, lowHigh bool) string {
	if (pin == 17) == lowHigh {
		return "as the voltage rises"
	}
	return "as the voltage falls"
}

func sense(dir int) string {
	switch dir {
	case 1:
		return "turning counter-clockwise"
	case 2:
		return "turning clockwise"
	}
	return "turning either way"
}
