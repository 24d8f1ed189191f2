// SPDX-License-Identifier: GPL-3.0-or-later

// Package pca9685 puts windings on a PCA9685, a chip with sixteen outputs of
// 12-bit pulse-width modulation on the I²C bus.
//
// The chip repeats the period by itself, so a pattern costs a write only when
// it changes, and how late that is does not alter the current. In exchange
// changes are slow: 140 µs for one channel at 400 kHz (UpdateRate). It suits
// tracking, with as many microsteps as one likes, and slow slews (StepRate).
//
// The chip holds its outputs when this program dies. Its /OE pin, gated by the
// keep-alive line, is what switches off then.
//
// Source: stepper-core §1.7, and the facts of NXP's data sheet given there.
package pca9685

import (
	"sync"
	"time"

	"periph.io/x/conn/v3/i2c"

	"github.com/siderostep/siderostep/fault"
)

// Channels is the number of a chip's outputs.
const Channels = 16

// steps is the resolution of a period.
const steps = 4096

// Registers, and bits in them.
const (
	regMode1     = 0x00
	regMode2     = 0x01
	regLED0      = 0x06 // ON_L, ON_H, OFF_L, OFF_H of channel 0; 4 bytes a channel
	regAllOffH   = 0xFD // OFF_H of all channels
	regPrescale  = 0xFE
	mode1Restart = 0x80
	mode1ExtClk  = 0x40
	mode1AutoInc = 0x20
	mode1Sleep   = 0x10
	mode2Invert  = 0x10
	mode2Totem   = 0x04 // OCH, bit 3, stays 0: outputs change at the STOP of a write
	full         = 0x10 // in ON_H: always on; in OFF_H: always off, which prevails
)

// startUp is what the oscillator needs after sleep.
const startUp = 500 * time.Microsecond

// unknown is in the shadow where nobody knows what the chip does.
const unknown = 0xFFFF

// Chip is one PCA9685. Its methods, and those of its Ports, may be called from
// several goroutines; they take turns on the bus.
type Chip struct {
	bus    i2c.Bus
	config Config
	wait   func(time.Duration)

	mu     sync.Mutex
	ports  []*Port
	taken  uint16           // channels that belong to a port
	shadow [Channels]uint16 // how long each channel is on: 0 to 4096 steps, or unknown
	down   error            // why the chip cannot be used, if so
	buf    [1 + 4*Channels]byte
	reply  [1]byte
}

// New switches all outputs of the chip off and sets it up. wait is to wait,
// asleep or busy. It returns fault.Invalid for a bad config, fault.Hardware
// when the chip does not answer or does not do as told.
func New(bus i2c.Bus, config Config, wait func(time.Duration)) (*Chip, error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	c := &Chip{bus: bus, config: config, wait: wait}
	if err := c.setUp(); err != nil {
		return nil, err
	}
	return c, nil
}

// Hz returns the periods per second that the chip really makes: the nearest
// to the configured that it can.
func (c *Chip) Hz() float64 { return frequency(c.config.clock(), c.config.prescale()) }

// Off switches all outputs off, until a port is driven.
func (c *Chip) Off() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.off()
}

// Verify asks the chip whether it is as it was set up. If it is not, because
// its power was cut or it was reset, it returns fault.Hardware and sets it up
// again, all outputs off; the next Drive of each port then fails as well, so
// that whoever drives learns that the motors have lost their place. If that
// cannot be done, every Drive fails until a later Verify succeeds.
//
// It takes the bus for about 0.3 ms at 400 kHz, so it is for once a second or
// so.
func (c *Chip) Verify() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	lost := c.down
	if lost == nil {
		if lost = c.check(); lost == nil {
			return nil
		}
	}
	for _, p := range c.ports {
		p.lost = true
	}
	c.down = c.setUp()
	return lost
}

// setUp makes the chip ready, outputs off first. Registers that need it are
// written asleep.
func (c *Chip) setUp() error {
	mode1, mode2 := c.mode1(), byte(mode2Totem)
	if c.config.OpenDrain {
		mode2 = 0
	}
	if c.config.Invert {
		mode2 |= mode2Invert
	}
	if err := c.off(); err != nil {
		return err
	}
	for _, w := range [...][2]byte{
		{regMode2, mode2},
		{regMode1, mode1&^mode1ExtClk | mode1Sleep},
		{regMode1, mode1 | mode1Sleep}, // the external clock is only taken asleep
		{regPrescale, byte(c.config.prescale())},
		{regMode1, mode1},
	} {
		if err := c.put(w[0], w[1]); err != nil {
			return err
		}
	}
	c.wait(startUp)
	// Had the chip been sleeping in the middle of work, RESTART would stand;
	// writing 1 clears it.
	if err := c.put(regMode1, mode1|mode1Restart); err != nil {
		return err
	}
	return c.check()
}

// mode1 is what MODE1 reads at work: neither asleep, nor listening to any
// address but its own.
func (c *Chip) mode1() byte {
	if c.config.ClockHz > 0 {
		return mode1AutoInc | mode1ExtClk
	}
	return mode1AutoInc
}

// check reads back what a chip without power would have forgotten.
func (c *Chip) check() error {
	for _, r := range [...]struct {
		name      string
		reg, want byte
	}{
		{"MODE1", regMode1, c.mode1()},
		{"PRE_SCALE", regPrescale, byte(c.config.prescale())},
	} {
		c.buf[0] = r.reg
		if err := c.bus.Tx(uint16(c.config.Address), c.buf[:1], c.reply[:]); err != nil {
			return fault.Wrap(fault.Hardware, "pca9685", err)
		}
		if got := c.reply[0]; got != r.want {
			return fault.New(fault.Hardware, "pca9685", "%s of the chip at %02Xh is %02Xh, not %02Xh; it was reset or lost its power, or another program uses it",
				r.name, c.config.Address, got, r.want)
		}
	}
	return nil
}

// off switches all outputs off with one write.
func (c *Chip) off() error {
	err := c.put(regAllOffH, full)
	for i := range c.shadow {
		c.shadow[i] = 0
		if err != nil {
			c.shadow[i] = unknown
		}
	}
	return err
}

func (c *Chip) put(reg, value byte) error {
	c.buf[0], c.buf[1] = reg, value
	return c.send(2)
}

// send writes the first n bytes of the buffer.
func (c *Chip) send(n int) error {
	if err := c.bus.Tx(uint16(c.config.Address), c.buf[:n], nil); err != nil {
		return fault.Wrap(fault.Hardware, "pca9685", err)
	}
	return nil
}
