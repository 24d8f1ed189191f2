// SPDX-License-Identifier: GPL-3.0-or-later

package config

import (
	"math"

	"github.com/siderostep/siderostep/driver/harness"
	"github.com/siderostep/siderostep/driver/pca9685"
	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/focuser"
	"github.com/siderostep/siderostep/mount"
)

// unwired leaves out devices that a file with real motors neither wires nor
// mentions. Without a file there are a rotator and a focuser: simulated ones.
func (f *File) unwired(tree map[string]any) {
	h := &f.Hardware
	if !h.Enabled {
		return
	}
	if at(tree, "rotator.enabled") == nil && h.Rotator.Drive == harness.None {
		f.Rotator.Enabled = false
	}
	if at(tree, "focuser.enabled") == nil && h.Focuser.Drive == harness.None && f.Focuser.Motor != focuser.Celestron {
		f.Focuser.Enabled = false
	}
}

// wiring returns fault.Invalid for each thing that the sections of motors say
// otherwise than their wiring.
func (f File) wiring() (errs []error) {
	add := func(err error) {
		if err != nil {
			errs = append(errs, err)
		}
	}
	add(f.pulses("z", f.Mount.Z, f.Hardware.Z))
	add(f.pulses("a", f.Mount.A, f.Hardware.A))
	add(f.slewOnChip("z", f.Mount.Z, f.Motors.Z, f.Hardware.Z))
	add(f.slewOnChip("a", f.Mount.A, f.Motors.A, f.Hardware.A))
	if f.Rotator.Enabled && f.Hardware.Rotator.Drive == harness.None {
		add(miswired("rotator.enabled is true, but hardware.rotator.drive is none: nothing would turn; set rotator.enabled = false, or wire its motor"))
	}
	add(focuserWired("focuser", f.Focuser, f.Hardware.Focuser))
	add(focuserWired("focuser2", f.Focuser2, f.Hardware.Focuser2))
	return errs
}

func miswired(format string, args ...any) error {
	return fault.New(fault.Invalid, "configuration", format, args...)
}

// pulses wants a count of the mount to be a pulse of the motor's chip: else
// the axis would turn by another angle, and at another speed.
func (f File) pulses(name string, a mount.Axis, o harness.Output) error {
	if o.Drive != harness.StepDirection || o.ChipMicrosteps == a.Microsteps {
		return nil
	}
	return miswired("mount.%s.microsteps is %d, but hardware.%s.chip_microsteps is %d; a step_direction motor makes one microstep for each pulse, so they must be the same",
		name, a.Microsteps, name, o.ChipMicrosteps)
}

// fastestBus is the highest clock of an I²C bus that the chip takes, Hz.
const fastestBus = 1e6

// slewOnChip wants slews to be within what a PCA9685 can show on the fastest
// bus: beyond it, the motor is left behind.
func (f File) slewOnChip(name string, a mount.Axis, m Motor, o harness.Output) error {
	if o.Drive != harness.Windings || o.Port != harness.PCA9685 {
		return nil
	}
	stepsPerFull := float64(a.Microsteps)
	if m.HalfStepAbove > 0 && m.HalfStepAbove < a.MaxRate {
		stepsPerFull = 2
	}
	most := pca9685.StepRate(m.Windings, fastestBus, f.Hardware.PCA9685.PWMHz)
	degrees := most / stepsPerFull * a.FullStepArcsec / 3600
	if a.MaxRate <= degrees {
		return nil
	}
	return miswired("mount.%s.max_rate_deg_per_s is %v; a PCA9685 (hardware.%s.port) that makes hardware.pca9685.pwm_hz (%v) periods a second can be sent %.0f steps a second, which are %v degrees a second at most",
		name, a.MaxRate, name, f.Hardware.PCA9685.PWMHz, most, math.Floor(degrees*1000)/1000)
}

// focuserWired wants a focuser's motor to be of the kind that is wired.
func focuserWired(name string, c focuser.Config, o harness.Output) error {
	if !c.Enabled || c.Motor == focuser.Celestron {
		return nil
	}
	drive := map[string]string{focuser.Steps: harness.StepDirection, focuser.Relays: harness.Relay}[c.Motor]
	switch {
	case o.Drive == harness.None:
		return miswired("%s.enabled is true, but hardware.%s.drive is none: nothing would move; set %s.enabled = false, or wire its motor", name, name, name)
	case o.Drive != drive:
		return miswired("%s.motor is %q, but hardware.%s.drive is %q; it must be %q", name, c.Motor, name, o.Drive, drive)
	case c.Motor == focuser.Relays && c.RelaySlowRate > 0 && len(o.Lines) != 4:
		return miswired("%s.relay_slow_steps_per_s is %v, but hardware.%s.lines has %d lines; a slow speed needs 4, else it must be 0", name, c.RelaySlowRate, name, len(o.Lines))
	}
	return nil
}
