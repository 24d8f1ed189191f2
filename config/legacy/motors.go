// SPDX-License-Identifier: GPL-3.0-or-later

package legacy

import (
	"fmt"
	"math"
	"slices"

	"github.com/siderostep/siderostep/model/motion"
)

const (
	timerHz = 1193181          // of the timer that paced half steps
	tickHz  = 1573040. / 86400 // of the clock that paced everything else
)

// axis is one of the two, with the names of its variables.
type axis struct {
	key      string // "z" or "a"
	fullStep string
	reverse  string
	letter   string // in the names of trims
	column   int    // in lines that tell of both
}

var axes = [...]axis{
	{"z", "AzFullStepSizeArcsec", "ReverseZMotor", "Z", 1},
	{"a", "AltFullStepSizeArcsec", "ReverseAMotor", "A", 0},
}

// pulses reports whether step and direction drivers turn the motors.
func (c *converter) pulses() bool { return c.int("MotorControlMethod") == 2 }

// fullStep returns the angle of a full step in arcseconds, false when it is
// not known. With step and direction drivers it is that of a pulse.
func (c *converter) fullStep(a axis) (float64, bool) {
	v := c.num(a.fullStep)
	return v, c.has(a.fullStep) && v > 0
}

// microsteps returns those of a full step. The original makes two of a pulse,
// the line's going up and its going down.
func (c *converter) microsteps() int {
	ms := c.int("Ms")
	switch {
	case c.pulses():
		return 2
	case ms < 2 || ms > 40 || ms%2 != 0:
		return int(known("Ms").def)
	}
	return ms
}

// microstepKeys all say the same. The file has each of them, so that none is
// judged by the default of another one.
var microstepKeys = [...]string{
	"mount.z.microsteps", "mount.a.microsteps", "motors.z.microsteps_per_full_step", "motors.a.microsteps_per_full_step",
}

// gears set the angle of a step.
func (c *converter) gears() {
	for _, a := range axes {
		c.stepSize(a)
	}
	name := "Ms"
	ms := c.microsteps()
	switch {
	case c.pulses():
		for _, key := range microstepKeys {
			c.put(key, 2, "MotorControlMethod")
		}
		c.drop(Obsolete, "step and direction drivers make the microsteps; the original then passes over Ms", name)
	case c.has(name) && c.int(name) != ms:
		c.tell(Error, []string{name}, "Ms is even, from 2 to 40; %d is taken, the original's default", ms)
		fallthrough
	default:
		for _, key := range microstepKeys {
			c.keep(key, ms, name)
		}
	}
	c.worm()
}

func (c *converter) stepSize(a axis) {
	key := "mount." + a.key + ".full_step_arcsec"
	cw, ccw := "AzFullStepSizeArcsecCW", "AzFullStepSizeArcsecCCW"
	_, ok := c.fullStep(a)
	if !ok {
		if c.has(a.fullStep) {
			c.tell(Error, []string{a.fullStep}, "%s must be above 0; the original ended here", a.fullStep)
		}
		c.ask(key, "the angle by which one full step of the motor (one pulse, with step and direction drivers) moves the axis, in arcseconds, is not in the file", a.fullStep)
		return
	}
	if a.key == "z" && c.hasAny(cw, ccw) {
		if c.num(cw) > 0 && c.num(ccw) > 0 {
			c.tell(Doubtful, []string{a.fullStep}, "not taken: %s and %s take its place", cw, ccw)
			c.step(key, cw)
			c.step(key+"_ccw", ccw)
			return
		}
		c.drop(Doubtful, "not taken: the original uses the two only when both are above 0", cw, ccw)
	}
	c.step(key, a.fullStep)
}

// step sets the angle of a full step. A pulse of step and direction drivers is
// a microstep here, and a full step has two of them.
func (c *converter) step(key, name string) {
	if c.pulses() {
		c.change(key, 2*c.num(name), number(c.num(name))+" × 2: a pulse is a microstep here, and a full step has two", name)
	} else {
		c.keep(key, c.num(name), name)
	}
}

// worm sets the period of the gears' errors.
func (c *converter) worm() {
	name := "FullstepsPerPECArray"
	for _, key := range []string{"mount.z.worm_full_steps", "mount.a.worm_full_steps"} {
		if c.pulses() {
			c.change(key, c.num(name)/2, "half of it: a full step is two pulses here", name)
		} else {
			c.keep(key, c.num(name), name)
		}
	}
}

// slewing sets speed and acceleration.
func (c *converter) slewing() {
	ramp, names, how := c.ramp()
	all := append(slices.Clone(names), "HsRampX", "HsRampStyle")
	lift := (ramp.Top() - ramp.Start()) / ramp.Duration().Seconds()
	for _, a := range axes {
		step, ok := c.fullStep(a)
		if !ok {
			c.tell(Operator, names, "mount.%s.max_rate_deg_per_s and accel_deg_per_s2: not known without %s", a.key, a.fullStep)
			continue
		}
		key := "mount." + a.key + "."
		rate := c.clamp(key+"max_rate_deg_per_s", ramp.Top()*step/7200, 0.01, 20, names...)
		accel := c.clamp(key+"accel_deg_per_s2", lift*step/7200, 0.01, 100, names...)
		rate = roundUp(rate) // the ramp's top must be within it
		c.put(key+"max_rate_deg_per_s", rate, names...)
		c.put(key+"accel_deg_per_s2", round(accel), names...)
		c.tell(Converted, all, "%smax_rate_deg_per_s = %s, accel_deg_per_s2 = %s (× %g″/7200)", key, format(rate), format(round(accel)), step)
	}
	c.tell(Converted, all, "%s", how)
	hold := c.num("HoldReps") * math.Max(1, c.num("HsDelayX")) * c.num("MaxDelay") / 1000
	c.drop(Obsolete, fmt.Sprintf("motors hold between slews by themselves; it was %s ms (HoldReps × HsDelayX × MaxDelay port writes of about 1 µs)", number(hold)), "HoldReps")
	if c.has("HsDelayX") && c.int("HsDelayX") < 1 {
		c.tell(Doubtful, []string{"HsDelayX"}, "below 1 it is 1, as in the original")
	}
	c.drop(Obsolete, noLoop, "HsDelayX")
	c.drop(Obsolete, "the timer always paces the motors", "HsTimerFlag")
}

// round keeps six digits: what is computed is not known better.
func round(v float64) float64 { return sixDigits(v, math.Round) }

// roundUp is round to a value that is not below v.
func roundUp(v float64) float64 { return sixDigits(v, math.Ceil) }

func sixDigits(v float64, to func(float64) float64) float64 {
	if v == 0 {
		return 0
	}
	scale := math.Pow(10, 5-math.Floor(math.Log10(math.Abs(v))))
	return to(v*scale) / scale
}

// ramp returns how the original speeds up, the variables that say so, and
// words for it.
func (c *converter) ramp() (r motion.Ramp, names []string, how string) {
	names = []string{"MaxDelay", "MinDelay"}
	x, style := c.int("HsRampX"), motion.SCurve
	if !c.yes("HsRampStyle") {
		style = motion.Simple
	}
	if x < 1 {
		x = 1
		c.tell(Doubtful, []string{"HsRampX"}, "below 1 it is 1, as in the original")
	}
	slow, fast := c.int("MaxDelay"), c.int("MinDelay")
	r, err := motion.LegacyRamp(slow, fast, x, style)
	switch {
	case !c.yes("HsTimerFlag"):
		c.tell(Doubtful, append(slices.Clone(names), "HsTimerFlag"), "counts of a waiting loop (HsTimerFlag 0) tell no speed: 600 to 3000 half steps/s are taken")
	case fast >= slow:
		c.tell(Error, names, "MinDelay must be below MaxDelay, or the original ends: 600 to 3000 half steps/s are taken")
	case err != nil:
		c.tell(Doubtful, names, "%v: 600 to 3000 half steps/s are taken", err)
	default:
		how = fmt.Sprintf("from 1193181/MaxDelay = %.6g to 1193181/MinDelay = %.6g half steps/s in the %.3g s of the original's ramp, at an even acceleration", r.Start(), r.Top(), r.Duration().Seconds())
		if !c.pulses() { // whose half steps are other ones
			c.keepRamp(slow, fast, x, style)
			how += ", which slews replace by that ramp (mount.slew_ramp)"
		}
		return r, names, how
	}
	r, _ = motion.LegacyRamp(usualSlow, usualFast, int(known("HsRampX").def), motion.SCurveMeant) // is in order
	how = fmt.Sprintf("from %.0f to %.0f half steps/s in %.3g s, at an even acceleration", r.Start(), r.Top(), r.Duration().Seconds())
	return r, names, how
}

// keepRamp lets slews speed up as they did.
func (c *converter) keepRamp(maxDelay, minDelay, x, style int) {
	c.put("mount.slew_ramp", [...]string{motion.Simple: "simple", motion.SCurve: "s_curve"}[style], "HsRampStyle")
	c.put("mount.ramp_max_delay", maxDelay, "MaxDelay")
	c.put("mount.ramp_min_delay", minDelay, "MinDelay")
	c.put("mount.ramp_stretch", x, "HsRampX")
}

// Delays of 600 and 3000 half steps per second.
const (
	usualSlow = 1989
	usualFast = 398
)
