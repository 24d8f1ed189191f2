// SPDX-License-Identifier: GPL-3.0-or-later

package chip

import (
	"sync"
	"time"

	"github.com/siderostep/siderostep/driver"
)

// Channels is how many outputs a PCA9685 has.
const Channels = 16

// Registers of the PCA9685.
const (
	regMode1    = 0x00
	regMode2    = 0x01
	regAllCall  = 0x05
	regLED0     = 0x06 // four each: on low, on high, off low, off high
	regLEDLast  = 0x45
	regAllLED   = 0xFA
	regPrescale = 0xFE
	regTest     = 0xFF

	mode1Restart       = 0x80
	mode1AutoIncrement = 0x20
	mode1Sleep         = 0x10
	mode1AllCall       = 0x01
	mode2Invert        = 0x10
	full               = 0x10 // full on, full off: bit 4 of the high registers
)

// startUp is what the oscillator takes after sleep.
const startUp = 500 * time.Microsecond

// Oscillator is the frequency of the chip's own oscillator in hertz; a real
// one may be off by some percent.
const Oscillator = 25e6

// Output is one output of the chip.
type Output struct {
	Duty  float64 // share of time in which it is high, 0 to 1
	Phase float64 // when in the period it goes high, 0 to 1; 0 when it never changes
}

// PCA9685 is a chip of 16 channels of 12-bit pulse-width modulation.
//
// Assumed where the data sheet is silent: outputs are low in sleep and until
// the oscillator has started; a channel whose on and off counts are equal is
// off; RESTART written before the oscillator has started does nothing. Outputs
// change at STOP; the bit that makes them change at each ACK is not built.
type PCA9685 struct {
	// Changed, if set before use, is called at every STOP at which the
	// outputs change, and when they change because the chip lost its power.
	Changed func(at driver.Instant, outputs [Channels]Output)

	now  func() driver.Instant
	addr uint16

	mu      sync.Mutex
	reg     [256]byte
	pointer byte
	awake   driver.Instant // when the oscillator runs; Never in sleep
	halted  bool           // woken, and RESTART not yet given
	enabled bool           // the /OE pin is low
	shown   [Channels]Output
}

// NewPCA9685 returns a chip at an address (0x40 to 0x7F by its pins) that has
// just got its power: asleep, all off. /OE is low.
func NewPCA9685(now func() driver.Instant, addr uint16) *PCA9685 {
	c := &PCA9685{now: now, addr: addr, enabled: true}
	c.powerUp()
	return c
}

// powerUp sets the registers' defaults.
func (c *PCA9685) powerUp() {
	c.reg = [256]byte{regMode1: mode1Sleep | mode1AllCall, regMode2: 0x04, 2: 0xE2, 3: 0xE4, 4: 0xE8, regAllCall: 0xE0, regPrescale: 0x1E}
	for ch := range Channels {
		c.reg[regLED0+4*ch+3] = full
	}
	c.pointer, c.awake, c.halted = 0, driver.Never, false
}

// PowerGlitch takes the power away for a moment: everything is as at power-up.
func (c *PCA9685) PowerGlitch() {
	c.mu.Lock()
	c.powerUp()
	changed := c.show(c.now())
	c.mu.Unlock()
	changed()
}

// OutputEnable sets the /OE pin: on is low. While it is off, outputs are as
// MODE2's OUTNE says; of its values only low is built.
func (c *PCA9685) OutputEnable(on bool) {
	c.mu.Lock()
	c.enabled = on
	changed := c.show(c.now())
	c.mu.Unlock()
	changed()
}

// Outputs returns what the outputs do now.
func (c *PCA9685) Outputs() (out [Channels]Output) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.outputs(c.now())
}

// Frequency returns the frequency of the modulation in hertz.
func (c *PCA9685) Frequency() float64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return Oscillator / 4096 / float64(int(c.reg[regPrescale])+1)
}

// Register returns a register, as a reader on the bus would see it.
func (c *PCA9685) Register(n byte) byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.get(n)
}

// outputs returns what the outputs do at an instant.
func (c *PCA9685) outputs(at driver.Instant) (out [Channels]Output) {
	if !c.enabled {
		return out
	}
	runs := at >= c.awake && !c.halted
	for ch := range out {
		if runs {
			out[ch] = c.channel(ch)
		}
		if c.reg[regMode2]&mode2Invert != 0 {
			out[ch].Duty = 1 - out[ch].Duty
		}
	}
	return out
}

// channel returns what the registers of a channel ask for.
func (c *PCA9685) channel(ch int) Output {
	r := c.reg[regLED0+4*ch:]
	on, off := int(r[0])|int(r[1]&0x0F)<<8, int(r[2])|int(r[3]&0x0F)<<8
	switch {
	case r[3]&full != 0:
		return Output{}
	case r[1]&full != 0:
		return Output{Duty: 1}
	case on == off:
		return Output{}
	}
	return Output{Duty: float64((off-on)&0xFFF) / 4096, Phase: float64(on) / 4096}
}

// show works out what the outputs do from now on, and returns what tells
// Changed about it, to be called without the lock.
func (c *PCA9685) show(at driver.Instant) func() {
	when := at
	if c.awake != driver.Never {
		when = max(at, c.awake)
	}
	out := c.outputs(when)
	if out == c.shown {
		return func() {}
	}
	c.shown = out
	return func() {
		if c.Changed != nil {
			c.Changed(when, out)
		}
	}
}
