// SPDX-License-Identifier: GPL-3.0-or-later

package legacy

import (
	"fmt"
	"strings"

	"github.com/siderostep/siderostep/driver/harness"
	"github.com/siderostep/siderostep/focuser"
)

// guiding sets rates of guiding.
func (c *converter) guiding() {
	name := "GuideArcsecSec"
	rate := c.clamp("mount.guide_ra_arcsec_per_s", c.num(name), 0, 60, name)
	c.keep("mount.guide_ra_arcsec_per_s", rate, name)
	c.keep("mount.guide_dec_arcsec_per_s", rate, name)
	c.keep("handpad.update_drift", c.yes("HPUpdateDriftFlag"), "HPUpdateDriftFlag")
	for _, d := range []struct{ key, name string }{{"z", "Az"}, {"a", "Alt"}, {"ra", "Ra"}, {"dec", "Dec"}} {
		name := "GuideDrag" + d.name + "ArcsecPerMin"
		c.keep("mount.guide_drag_"+d.key+"_arcsec_per_min", c.num(name), name)
	}
	c.drop(Kept, "the original of 2009 made it 3600 times too small", "GuideDragAltArcsecPerMin", "GuideDragAzArcsecPerMin")
}

// focuser sets the focuser. One of which the file says nothing is left alone.
func (c *converter) focuser() {
	const method, fast, slow = "FocusMethod", "FocusFastStepsSec", "FocusSlowStepsSec"
	all := []string{method, "ReverseFocusMotor", fast, slow}
	if !c.hasAny(all...) {
		return
	}
	n := c.int(method)
	if n < 0 || n > 3 {
		c.tell(Error, []string{method}, "FocusMethod is 0 to 3; it is taken to be 0")
		n = 0
	}
	drive, pins := harness.StepDirection, [][]int{{16, 17}, {16, 17, 1, 14}, {1, 14}, {16, 17}}[n]
	motor := focuser.Steps
	if n < 2 {
		drive, motor = harness.Relay, focuser.Relays
	}
	c.put("focuser.motor", motor, method)
	c.tell(Converted, []string{method}, "focuser.motor = %q, hardware.focuser.drive = %q on pins %v", motor, drive, pins)
	c.wire("hardware.focuser.", drive, pins, method)
	c.keep("focuser.reverse", c.yes("ReverseFocusMotor"), "ReverseFocusMotor")
	quick := c.clamp("focuser.fast_steps_per_s", c.num(fast), 1, 500, fast)
	fine := c.clamp("focuser.slow_steps_per_s", c.num(slow), 1, 500, slow)
	if motor == focuser.Relays {
		c.keep("focuser.relay_steps_per_s", quick, fast)
		if n == 1 {
			c.keep("focuser.relay_slow_steps_per_s", fine, slow)
		}
	} else {
		c.keep("focuser.max_rate_steps_per_s", quick, fast)
	}
	c.keep("focuser.fast_steps_per_s", quick, fast)
	c.keep("focuser.slow_steps_per_s", fine, slow)
}

// wire puts a motor on pins of the parallel port, unless they are in use.
func (c *converter) wire(key, drive string, pins []int, name string) {
	if conflict := c.claim(strings.Trim(key, "."), pins...); conflict != "" {
		c.tell(Error, []string{name}, "%sdrive is not set: %s", key, conflict)
		return
	}
	c.put(key+"drive", drive, name)
	c.put(key+"port", harness.Parport, name)
	c.put(key+"lines", pins, name)
}

// rotator sets the field rotator, under the same condition.
func (c *converter) rotator() {
	const size, speed, reverse, sectored = "FRStepSizeArcsec", "FRStepSpeedMilliSec", "ReverseFRMotor", "SectoredFRDrive"
	n := c.int("FocusMethod")
	shared := c.has("FocusMethod") && (n == 1 || n == 2)
	step := c.num(size)
	switch {
	case shared:
		c.put("rotator.enabled", false, "FocusMethod")
		c.tell(Converted, []string{"FocusMethod"}, "rotator.enabled = false (the focuser has its pins)")
		c.drop(Obsolete, "the focuser has the rotator's pins", size, speed, reverse, sectored)
		return
	case !c.hasAny(size, speed, reverse, sectored):
		return
	case step == 0:
		c.put("rotator.enabled", false, size)
		c.tell(Converted, []string{size}, "rotator.enabled = false (0 is none)")
		c.drop(Obsolete, "there is no rotator", speed, reverse, sectored)
		return
	case step < 0:
		c.tell(Error, []string{size}, "a step is above 0, or 0 for no rotator; %g is taken", -step)
		step = -step
	}
	c.keep("rotator.step_arcsec", step, size)
	c.wire("hardware.rotator.", harness.StepDirection, []int{1, 14}, size)
	ms := c.num(speed)
	if ms < 1 {
		c.tell(Error, []string{speed}, "a step takes 1 ms or more; 20 is taken")
		ms = 20
	}
	rate := round(c.clamp("rotator.max_rate_deg_per_s", 1000/ms*step/3600, 0.01, 90, speed))
	c.change("rotator.max_rate_deg_per_s", rate, fmt.Sprintf("1000/%g = %s steps/s × %g″/3600", ms, number(1000/ms), step), speed)
	c.keep("hardware.rotator.reverse", c.yes(reverse), reverse)
	c.keep("rotator.sectored", c.yes(sectored), sectored)
	if c.yes(sectored) {
		c.tell(Operator, []string{sectored}, "rotator.min_deg, rotator.max_deg: the original does not know where the arc of a sectored drive ends; they are those of a whole turn and more")
	}
}

// protocols are the encoder boxes, by their names in small letters.
var protocols = map[string]string{
	"noencoders": "none", "bseg": "bseg", "resetviar": "reset_via_r", "resetviaz": "reset_via_z", "noreset": "no_reset", "ek": "ek",
	"skycommander": "sky_commander", "skycommanderr": "sky_commander_r", "lm629serial": "lm629_serial", "mouse": "mouse",
}

// encoders set the box that reads encoders, and what is made of its readings.
func (c *converter) encoders() {
	const name, com, baud, delay = "EncoderString", "EncoderComPort", "EncoderBaudRate", "SerialWriteDelayMs"
	word := c.dat.values[name].word
	protocol, known := protocols[strings.ToLower(word)]
	switch {
	case word == "":
		protocol = "none"
	case !known:
		protocol = "none"
		c.tell(Error, []string{name}, "there is no encoder box %q, or the original ends; encoders.protocol is none", word)
	case protocol == "mouse":
		protocol = "none"
		c.tell(Operator, []string{name}, "encoders.protocol is none: with mouse, encoders.device has to name the mouse, as /dev/input/mouse0")
	case protocol == "lm629_serial":
		c.tell(Doubtful, []string{name}, "the manual's; the source of 2009 ended here")
	}
	port, ok := c.serial(com)
	if protocol != "none" && (!ok || port == 0) {
		c.tell(Doubtful, []string{name}, "without a port (EncoderComPort) there are no encoders: encoders.protocol is none")
		protocol = "none"
	}
	if protocol != "none" && port == c.int("LX200ComPort") {
		c.tell(Error, []string{com, "LX200ComPort"}, "encoders and LX200 are on one port, COM%d, or the original ends; encoders.protocol is none", port)
		protocol = "none"
	}
	c.change("encoders.protocol", protocol, printable(word, 40), name)
	if protocol == "none" {
		c.drop(Obsolete, "no encoders are in use", com)
	} else {
		c.device("encoders.device", port, com)
	}
	c.keep("encoders.baud", c.int(baud), baud)
	ms := c.clamp("encoders.reply_timeout_ms", c.num(delay), 10, 500, delay)
	c.keep("encoders.reply_timeout_ms", int(ms), delay)
	c.counting(protocol != "none")
	c.thresholds(protocol != "none")
}

// serial returns the number of a COM port, 0 for none.
func (c *converter) serial(name string) (n int, ok bool) {
	n = c.int(name)
	if n < 0 || n > 4 {
		c.tell(Error, []string{name}, "ports are 1 to 4, and 0 for none, or the original ends")
		return 0, false
	}
	return n, true
}

// device sets a serial device from the number of a COM port.
func (c *converter) device(key string, com int, name string) {
	path := fmt.Sprintf("/dev/ttyS%d", com-1)
	c.put(key, path, name)
	c.tell(Operator, []string{name}, "%s = %q is what Linux mostly calls COM%d; a USB adapter has another name, best one of /dev/serial/by-id", key, path, com)
}

func (c *converter) counting(inUse bool) {
	for _, a := range []struct{ key, name string }{{"z", "Az"}, {"a", "Alt"}} {
		counts, dir := a.name+"EncoderCountsPerRev", a.name+"EncoderDir"
		switch n := c.int(counts); {
		case n > 3:
			c.keep("encoders.counts_per_turn_"+a.key, n, counts)
		case inUse:
			c.tell(Error, []string{counts}, "counts per turn are above 0, or the original ends; 8192 is taken")
		default:
			c.drop(Obsolete, "no encoders are in use", counts)
		}
		c.change("encoders.reverse_"+a.key, !c.yes(dir), "0 reversed", dir)
	}
}

func (c *converter) thresholds(inUse bool) {
	const idle, tracking = "EncoderErrorThresholdDeg", "TrackEncoderErrorThresholdDeg"
	const key = "mount.encoders."
	if !inUse {
		c.drop(Obsolete, "no encoders are in use", idle, tracking)
		return
	}
	use := c.num(idle) > 0
	c.put(key+"use", use, idle)
	c.tell(Converted, []string{idle}, "%suse = %v", key, use)
	if !use {
		c.drop(Obsolete, "EncoderErrorThresholdDeg 0 switches it off, too", tracking)
		return
	}
	c.keep(key+"threshold_idle_deg", c.num(idle), idle)
	c.keep(key+"threshold_tracking_deg", c.num(tracking), tracking)
}

// lx200 sets the LX200 server on a serial line.
func (c *converter) lx200() {
	const com, baud, timeout, travel, long = "LX200ComPort", "LX200BaudRate", "LX200MotionTimeoutSec", "LX200SlewHs", "LX200_LongFormat"
	if port, ok := c.serial(com); ok && port > 0 {
		c.device("lx200.serial.device", port, com)
	} else {
		c.drop(Kept, "lx200.serial.device: none", com)
	}
	c.keep("lx200.serial.baud", c.int(baud), baud)
	c.keep("lx200.motion_timeout_s", c.clamp("lx200.motion_timeout_s", c.num(timeout), 1, 60, timeout), timeout)
	z, okZ := c.fullStep(axes[0])
	a, okA := c.fullStep(axes[1])
	if okZ && okA {
		deg := round(c.clamp("lx200.slew_travel_deg", c.num(travel)*max(z, a)/7200, 0.1, 360, travel))
		c.put("lx200.slew_travel_deg", deg, travel)
		c.tell(Converted, []string{travel}, "lx200.slew_travel_deg = %s (%g half steps × %g″/7200)", format(deg), c.num(travel), max(z, a))
	} else {
		c.tell(Operator, []string{travel}, "lx200.slew_travel_deg: not known without the angle of a full step")
	}
	precision := map[bool]string{true: "long", false: "short"}[c.yes(long)]
	if c.has(long) {
		c.change("lx200.serial.precision", precision, "1 is long", long)
	}
}

// modes are those of the hand paddle in the order of the manual's numbers.
var modes = [...]string{
	"off", "init_auto", "init_1", "init_2", "init_3", "polar",
	"analyze", //nolint:misspell // the original's word
	"guide", "guide_stay", "guide_stay_save", "guide_rotate", "guide_drag",
	"grand_tour", "scroll", "scroll_auto", "record", "toggle_track", "rotator", "focus", "aux",
}

// saveMode is the number of the mode that the source does not have.
const saveMode = 9

// handpad sets the hand paddle.
func (c *converter) handpad() {
	const present, mode, design = "HandpadPresentFlag", "StartingHandpadMode", "HandpadDesign"
	c.keep("handpad.present", c.yes(present), present)
	n := c.int(mode)
	at, other := n, n // by the numbering chosen, and by the other one
	if n >= saveMode {
		if c.options.Numbering == Source {
			at++
		} else {
			other++
		}
	}
	if n < 0 || at >= len(modes) {
		c.tell(Error, []string{mode}, "modes are 0 to %d by the numbers of the source, to %d by those of the manual; handpad.start_mode is off", len(modes)-2, len(modes)-1)
	} else {
		c.change("handpad.start_mode", modes[at], "by the numbers of the "+c.options.Numbering, mode)
		if at != other && other < len(modes) {
			c.tell(Doubtful, []string{mode}, "manual and source number the modes differently from 9 on: by the other's numbers it is %s (--numbering)", modes[other])
		}
	}
	switch c.int(design) {
	case 0:
		c.change("handpad.design", "multiplexed", "0", design)
	case 1:
		c.change("handpad.design", "direct", "1", design)
	default:
		c.tell(Error, []string{design}, "HandpadDesign is 0 or 1; handpad.design is multiplexed")
	}
	c.keep("handpad.up_down_reversed", c.yes("UpDownButtonsReversedFlag"), "UpDownButtonsReversedFlag")
	c.keep("handpad.swap_with_flip", c.yes("HandpadFlipUpDownWithGEMFlip"), "HandpadFlipUpDownWithGEMFlip")
}

// others deals with variables that have no place here, and with what none of
// the steps before knew.
func (c *converter) others() {
	for _, v := range variables {
		if v.why != "" {
			c.drop(Obsolete, v.why, v.name)
		}
	}
	const test = "TestString"
	if word := c.dat.values[test].word; word != "" && !strings.EqualFold(word, "NoTest") {
		c.tell(Doubtful, []string{test}, "it becomes NoTest: tests are commands, siderostep test and siderostep pec")
	} else {
		c.drop(Obsolete, "nothing is tested at the start", test)
	}
	for name, v := range c.dat.values {
		if c.ledger.lines[v.line].Text == "" {
			c.ledger.tell(v.line, Doubtful, "%s is not taken", name)
		}
	}
}
