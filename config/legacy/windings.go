// SPDX-License-Identifier: GPL-3.0-or-later

package legacy

import (
	"fmt"
	"math"
	"strings"
)

// windings set how current is shared between them.
func (c *converter) windings() {
	if c.pulses() {
		c.noWindings()
		return
	}
	c.counted()
	c.tables()
	for _, a := range axes {
		c.sense(a)
		c.trims(a)
	}
	c.quarters()
	c.invert()
}

// noWindings passes over all that step and direction drivers do themselves.
func (c *converter) noWindings() {
	const why = "step and direction drivers share the current between the windings"
	c.drop(Obsolete, why, "MotorWindings", "MaxPWM", "MsDelayX", "MsPause", "PWMRepsTick", "MaxIncrMsPerPWM", "MsHsToggleIncrMsPerPWM")
	for name := range c.dat.values {
		if strings.HasPrefix(name, "PWM") || strings.HasPrefix(name, "QSC") {
			c.drop(Obsolete, why, name)
		}
	}
}

// number of the windings of a motor.
func (c *converter) windingCount() int {
	if c.int("MotorWindings") == 5 {
		return 5
	}
	return 4
}

// slots returns the greatest count of a table.
func (c *converter) slots() (n int, name string) {
	if first, ok := c.dat.values["PWM[0]"]; ok && !c.has("MaxPWM") {
		return int(first.num[0]), "PWM[0]"
	}
	return c.int("MaxPWM"), "MaxPWM"
}

// counted sets what is a number of something.
func (c *converter) counted() {
	if n := c.int("MotorWindings"); n != 4 && n != 5 {
		c.tell(Error, []string{"MotorWindings"}, "MotorWindings is 4 or 5, or the original ends; it is taken to be 4")
	}
	slots, name := c.slots()
	times := math.Max(1, c.num("MsDelayX"))
	if c.has("MsDelayX") && c.num("MsDelayX") < 1 {
		c.tell(Doubtful, []string{"MsDelayX"}, "below 1 it is 1, as in the original")
	}
	pause := math.Round(math.Max(0, c.num("MsPause")) / times)
	share := float64(slots) / (float64(slots) + pause)
	hz := c.num("PWMRepsTick") * tickHz
	toggle, from := c.num("MsHsToggleIncrMsPerPWM"), "MsHsToggleIncrMsPerPWM"
	if !c.has(from) {
		toggle = float64(c.microsteps() / 4)
	}
	for _, a := range axes {
		key := "motors." + a.key + "."
		c.keep(key+"windings", c.windingCount(), "MotorWindings")
		c.keep(key+"pwm_slots", slots, name)
		c.put(key+"pwm_pause_slots", int(pause), "MsPause", "MsDelayX")
		c.tell(Converted, []string{"MsPause", "MsDelayX"}, "%spwm_pause_slots = %.0f", key, pause)
		c.toggle(a, toggle, hz)
	}
	c.tell(Converted, []string{"MsPause", "MsDelayX"}, "MsPause/MsDelayX; a winding is on for %.3g of a period, MaxPWM·X/(MaxPWM·X + MsPause)", share)
	c.change("hardware.pwm_hz", round(c.clamp("hardware.pwm_hz", hz, 50, 2000, "PWMRepsTick")), fmt.Sprintf("PWMRepsTick × %.6f ticks/s", tickHz), "PWMRepsTick")
	fastest := c.num("MaxIncrMsPerPWM")
	c.drop(Obsolete, fmt.Sprintf("there is no greatest speed of microstepping; it was %s microsteps/s", number(fastest*hz)), "MaxIncrMsPerPWM")
}

// toggle sets the speed above which there are only half steps.
func (c *converter) toggle(a axis, perPeriod, hz float64) {
	key, name := "motors."+a.key+".half_step_above_deg_per_s", "MsHsToggleIncrMsPerPWM"
	step, ok := c.fullStep(a)
	if !ok || perPeriod <= 0 {
		c.drop(Doubtful, key+" is not set", name)
		return
	}
	rate := perPeriod * hz
	v := round(c.clamp(key, rate*step/float64(c.microsteps())/3600, 0, 20, name))
	c.put(key, v, "PWMRepsTick", name, "Ms", a.fullStep)
	c.tell(Converted, []string{name}, "%s = %s (%g a period × %s periods/s × %g″/Ms/3600)", key, format(v), perPeriod, number(hz), step)
}

// sense sets which way a motor turns.
func (c *converter) sense(a axis) {
	if c.windingCount() == 5 {
		if c.yes(a.reverse) {
			c.drop(Doubtful, "no effect with 5 windings in the original, and not set; exchange the motor's leads to turn it round", a.reverse)
		}
		c.drop(Obsolete, "no effect with 5 windings", a.reverse)
		return
	}
	c.keep("motors."+a.key+".reverse", c.yes(a.reverse), a.reverse)
}

// invert sets the level at which a winding is on, which has no default.
func (c *converter) invert() {
	const name = "InvertOutput"
	for _, a := range axes {
		key := "motors." + a.key + ".invert_output"
		if c.has(name) {
			c.keep(key, c.yes(name), name)
		} else {
			c.ask(key, "InvertOutput is not in the file; a wrong value means full current in all windings: true when a line that is low switches a winding on", name)
		}
	}
}

// trims set the current of each winding.
func (c *converter) trims(a axis) {
	values := make([]float64, c.windingCount())
	var names []string
	for i := range values {
		values[i] = 1
		name := fmt.Sprintf("PWM_%s_%c_Comp", a.letter, 'a'+i)
		if c.has(name) {
			values[i] = c.num(name)
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return
	}
	c.put("motors."+a.key+".winding_compensation", values, names...)
	c.tell(Kept, names, "motors.%s.winding_compensation = %s (the original trims the next winding, too)", a.key, format(values))
}

// quarters set the errors of quarter steps.
func (c *converter) quarters() {
	table := [2][]float64{make([]float64, 16), make([]float64, 16)}
	var names []string
	for i := range 16 {
		name := fmt.Sprintf("QSC_%c%d", 'a'+i/4, i%4)
		if v, ok := c.dat.values[name]; ok {
			table[0][i], table[1][i] = v.num[0], v.num[1]
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return
	}
	if c.windingCount() == 5 {
		c.drop(Doubtful, "not set: corrections of quarter steps are for 4 windings", names...)
		return
	}
	if c.microsteps()%4 != 0 {
		c.drop(Doubtful, "the original applies it wrongly unless Ms is a multiple of 4", names...)
	}
	for _, a := range axes {
		key := "motors." + a.key + ".quarter_step_correction_full_steps"
		for _, v := range table[a.column] {
			if v != 0 {
				c.put(key, table[a.column], names...)
				break
			}
		}
	}
	c.tell(Kept, names, "motors.*.quarter_step_correction_full_steps, altitude : azimuth")
}
