// SPDX-License-Identifier: GPL-3.0-or-later

package waveform

import (
	"math"
	"strconv"
)

// RatedCurrent returns the mean current, A, that warms a winding from a supply
// as much as its rated voltage does for ever: rated watts by supply volts. A
// winding of 6 V and 1.2 A takes 7.2 W, so 0.6 A from 12 V.
//
// Source: Scope II manual, worksheet; stepper-core §1.8.
func RatedCurrent(ratedVolts, ratedAmps, supplyVolts float64) float64 {
	return ratedVolts * ratedAmps / supplyVolts
}

// RatedDuty returns the share of time, 0 to 1, for which a resistive winding
// may be on a supply: (rated/supply)², the same limit as RatedCurrent. A 6 V
// winding may be on 12 V for a quarter of the time.
func RatedDuty(ratedVolts, supplyVolts float64) float64 {
	ratio := ratedVolts / supplyVolts
	return min(1, ratio*ratio)
}

// Duty returns the share of time for which a resistive winding must be on a
// supply to draw a mean current; above 1 when the supply cannot give it.
func Duty(amps, ohms, supplyVolts float64) float64 { return amps * ohms / supplyVolts }

func (c *Config) validCurrent() error {
	for _, v := range []struct {
		key        string
		value, max float64
	}{
		{"supply_volts", c.Supply, 100}, {"winding_ohms", c.Resistance, 1000},
		{"rated_volts", c.Rated, 100}, {"current_amps", c.Current, 20},
	} {
		if !(v.value >= 0 && v.value <= v.max) { // NaN too
			return invalid("%s is %v; it must be from 0 to %v", v.key, v.value, v.max)
		}
	}
	switch {
	case c.Rated > 0 && c.Supply == 0:
		return invalid("rated_volts is given without supply_volts, so it limits nothing")
	case c.Current == 0:
		return nil
	case c.Supply == 0 || c.Resistance == 0:
		return invalid("current_amps needs supply_volts and winding_ohms")
	}
	if most := c.mostShare(); c.share(Duty(c.Current, c.Resistance, c.Supply)) > most*(1+1e-9) {
		return invalid("current_amps is %v; %s", c.Current, c.limit(most))
	}
	return nil
}

// limit says what limits the current, and to what.
func (c *Config) limit(most float64) string {
	kept := "supply_volts and winding_ohms allow"
	switch {
	case most < 1:
		kept = "rated_volts at supply_volts allows"
	case c.Pause > 0:
		kept = "pwm_pause_slots leaves"
	}
	duty := most * float64(c.Slots) / float64(c.Slots+c.Pause)
	limit := math.Floor(duty*c.Supply/c.Resistance*1e4+1e-6) / 1e4 // still accepted
	return kept + " at most " + strconv.FormatFloat(limit, 'f', -1, 64) + " A"
}

// share returns a share of the period as one of its Slots.
func (c *Config) share(duty float64) float64 {
	return duty * float64(c.Slots+c.Pause) / float64(c.Slots)
}

// mostShare returns for how much of its Slots a winding may be on, within the
// rated watts.
func (c *Config) mostShare() float64 {
	if c.Rated == 0 {
		return 1
	}
	return min(1, c.share(RatedDuty(c.Rated, c.Supply)))
}

// scale returns by how much all on-times are to be reduced, 0 to 1.
func (c *Config) scale() float64 {
	if c.Current == 0 {
		return c.mostShare()
	}
	return min(1, c.share(Duty(c.Current, c.Resistance, c.Supply)))
}
