// SPDX-License-Identifier: GPL-3.0-or-later

package sim

import (
	"math"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/fault"
)

// turner is a small motor with step and direction lines, and what it turns.
type turner struct {
	unit  float64 // what a pulse moves
	play  float64 // backlash, in the same unit
	steps int64   // made by the motor, clockwise positive
	moved float64 // what has come through the play
	gap   driver.Instant
	last  driver.Instant
	lost  int64
	begun bool
}

// pulse makes one step, or loses it when it comes too soon after the one before.
func (t *turner) pulse(at driver.Instant, clockwise bool) {
	if t.begun && at-t.last < t.gap {
		t.lost++
		return
	}
	t.begun, t.last = true, at
	if clockwise {
		t.steps++
	} else {
		t.steps--
	}
	shaft := float64(t.steps) * t.unit
	t.moved = min(max(t.moved, shaft-t.play/2), shaft+t.play/2)
}

type pulser struct {
	b *Bench
	t *turner
}

// RotatorPulses returns the camera rotator's step and direction lines. A
// clockwise pulse turns the camera clockwise, looking at the sky: its sky
// position angle falls by one step.
func (b *Bench) RotatorPulses() driver.Pulser { return pulser{b, &b.rotator} }

// FocuserPulses returns the focuser's step and direction lines. A clockwise
// pulse moves the focuser outward.
func (b *Bench) FocuserPulses() driver.Pulser { return pulser{b, &b.focuser} }

// Pulse makes one step. It returns fault.Invalid, and makes none, for an
// instant before the one before.
func (p pulser) Pulse(at driver.Instant, clockwise bool) error {
	p.b.mu.Lock()
	defer p.b.mu.Unlock()
	if p.t.begun && at < p.t.last {
		return fault.New(fault.Invalid, "pulse", "instant %d comes before %d", at, p.t.last)
	}
	p.t.pulse(at, clockwise)
	p.b.seen = max(p.b.seen, at)
	return nil
}

type thermometer struct{ b *Bench }

// Thermometer returns the thermometer beside the tube. It reads the
// temperature at the latest instant that the bench knows of.
func (b *Bench) Thermometer() driver.Thermometer { return thermometer{b} }

func (t thermometer) Celsius() (float64, error) {
	t.b.mu.Lock()
	defer t.b.mu.Unlock()
	if t.b.thermometerDead {
		return 0, fault.New(fault.Hardware, "read thermometer", "no answer")
	}
	return t.b.celsius(max(t.b.now, t.b.seen)), nil
}

// celsius returns the air temperature at an instant.
func (b *Bench) celsius(at driver.Instant) float64 {
	fall := b.cfg.CoolingCPerH * float64(at) / 3600e9
	return b.cfg.TemperatureC - math.Copysign(min(math.Abs(fall), 15), fall)
}

// bestFocus returns where the focuser should stand at a temperature, in µm. It
// starts in focus.
func (b *Bench) bestFocus(celsius float64) float64 {
	start := float64(b.rig.Focuser.StartSteps) * b.rig.Focuser.StepMicrons
	return start + b.cfg.FocusMicronsPerC*(celsius-b.cfg.TemperatureC)
}
