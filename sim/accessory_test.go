// SPDX-License-Identifier: GPL-3.0-or-later

package sim

import (
	"errors"
	"math"
	"testing"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/fault"
)

func TestPulses(t *testing.T) {
	c := Faultless()
	c.FocusPlayMicrons = 10
	b := newBench(t, c, testRig())
	before := b.Truth(0)
	for n := range 100 {
		if err := b.RotatorPulses().Pulse(driver.Instant(n)*1e6, true); err != nil {
			t.Fatal(err)
		}
		if err := b.FocuserPulses().Pulse(driver.Instant(n)*1e6, true); err != nil {
			t.Fatal(err)
		}
	}
	after := b.Truth(1e9)
	if d := (after.Field - before.Field).WrapSigned().Arcsec(); math.Abs(d+450) > 20 { // tube top falls into a detent
		t.Errorf("the field turned by %.1f″ for 100 clockwise pulses of 4.5″", d)
	}
	if d := (after.RotatorAngle - before.RotatorAngle).Arcsec(); math.Abs(d+450) > 1e-6 {
		t.Errorf("the rotator turned by %.3f″", d)
	}
	if after.FocusSteps != 1100 || after.FocusMicrons != 2195 {
		t.Errorf("focuser at step %d, %v µm", after.FocusSteps, after.FocusMicrons)
	}
	if err := b.FocuserPulses().Pulse(99e6+1, false); err != nil {
		t.Fatal(err)
	}
	if got := b.Truth(1e9); got.FocusLost != 1 || got.FocusSteps != 1100 {
		t.Errorf("a pulse after 1 ns: lost %d, at step %d", got.FocusLost, got.FocusSteps)
	}
	if b.FocuserPulses().Pulse(5, false) == nil {
		t.Error("a pulse before the one before is accepted")
	}
}

func TestThermometer(t *testing.T) {
	c := Faultless()
	c.CoolingCPerH, c.FocusMicronsPerC = 2, -20
	b := newBench(t, c, testRig())
	truth := b.Truth(3600e9)
	if truth.TemperatureC != 8 || math.Abs(truth.FocusError+40) > 1e-9 {
		t.Errorf("after an hour %v °C, focus off by %v µm", truth.TemperatureC, truth.FocusError)
	}
	if got, err := b.Thermometer().Celsius(); err != nil || got != 8 {
		t.Errorf("thermometer reads %v, %v", got, err)
	}
	b.BreakThermometer(true)
	if _, err := b.Thermometer().Celsius(); !errors.Is(err, fault.Hardware) {
		t.Errorf("broken thermometer: %v", err)
	}
}
