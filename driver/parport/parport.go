// SPDX-License-Identifier: GPL-3.0-or-later

// Package parport drives a computer's parallel port through Linux's ppdev:
// driver.Lines and driver.Inputs whose line numbers are the PIN numbers of the
// 25-pin connector.
//
//	outputs  2 to 9        data, bits 0 to 7
//	         1, 14, 16, 17 control
//	inputs   10 to 13, 15  status
//	         1, 14, 16, 17 read back what was last written: Linux's driver for
//	                       PC ports never looks at the pins
//
// Levels are those at the pins; what the port inverts is put right here. Until
// this program, or after it another, sets the port, its pins are as the
// computer's firmware left them, often high; and taking the port sets pins 1,
// 14 and 16 high for some microseconds. Only a gate outside, opened by the
// keep-alive line, helps against that.
//
// USB adapters for printers have no ppdev.
//
// Source: stepper-core §1.5 and §1.7; Scope II manual, "Parallel Port
// Interface".
package parport

import (
	"math/bits"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/fault"
)

// Config names the port.
type Config struct {
	Device string `toml:"device" restart:"yes" doc:"device of the parallel port; lpt1 is /dev/parport0"`
}

// DefaultConfig is the first port.
func DefaultConfig() Config { return Config{Device: "/dev/parport0"} }

// Validate returns fault.Invalid when c names no device.
func (c Config) Validate() error {
	if c.Device == "" {
		return fault.New(fault.Invalid, "parport", "device is empty; it must be a ppdev device, as /dev/parport0")
	}
	return nil
}

// Sets of pins, pin p as bit p.
const (
	Data    uint32 = 0xFF << 2
	Control uint32 = 1<<1 | 1<<14 | 1<<16 | 1<<17
	Status  uint32 = 1<<10 | 1<<11 | 1<<12 | 1<<13 | 1<<15
)

// CheckOutput returns fault.Invalid when a pin cannot be an output.
func CheckOutput(pin int) error {
	switch {
	case pin < 1 || pin > 25:
		return fault.New(fault.Invalid, "parport", "there is no pin %d; a 25-pin connector has pins 1 to 25", pin)
	case Status>>pin&1 == 1:
		return fault.New(fault.Invalid, "parport", "pin %d is an input; outputs are pins 1 to 9, 14, 16 and 17", pin)
	case (Data|Control)>>pin&1 == 0:
		return fault.New(fault.Invalid, "parport", "pin %d is ground; outputs are pins 1 to 9, 14, 16 and 17", pin)
	}
	return nil
}

// CheckInput returns fault.Invalid when a pin cannot be an input.
func CheckInput(pin int) error {
	switch {
	case pin < 1 || pin > 25:
		return fault.New(fault.Invalid, "parport", "there is no pin %d; a 25-pin connector has pins 1 to 25", pin)
	case Control>>pin&1 == 1:
		return fault.New(fault.Invalid, "parport", "pin %d cannot be sensed: Linux answers with what was last written there; inputs are pins 10 to 13 and 15", pin)
	case Status>>pin&1 == 0:
		return fault.New(fault.Invalid, "parport", "pin %d is no input; inputs are pins 10 to 13 and 15", pin)
	}
	return nil
}

// Use says what the pins are used for, pin p as bit p.
type Use struct {
	Outputs uint32
	OffHigh uint32 // pins whose off level is high; the others' is low. Pins that are no outputs get it once, at Open.
}

// Port is an open parallel port. It has one caller at a time.
type Port struct {
	use    Use
	device device
	buffer [2]byte // for the system calls, here so that none allocates

	data, control byte // as last written
	known         bool // they are what the registers hold
	closed        bool
}

var (
	_ driver.Lines  = (*Port)(nil)
	_ driver.Inputs = (*Port)(nil)
)

// Open takes the port for this program alone and switches everything off. It
// returns fault.Invalid for pins that cannot be outputs, and fault.Hardware
// when there is no such port, no permission, or somebody else has it.
func Open(c Config, u Use) (*Port, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	return open(u, func() (device, error) { return openDevice(c.Device) })
}

func open(u Use, find func() (device, error)) (*Port, error) {
	for pins := u.Outputs; pins != 0; pins &= pins - 1 {
		if err := CheckOutput(bits.TrailingZeros32(pins)); err != nil {
			return nil, err
		}
	}
	d, err := find()
	if err != nil {
		return nil, broken(err, "open the parallel port")
	}
	p := &Port{use: u, device: d}
	if err := p.claim(); err != nil {
		d.Close()
		return nil, err
	}
	if err := p.Off(); err != nil {
		_ = p.Close() // the first error says what was wrong
		return nil, err
	}
	return p, nil
}

// claim takes the port exclusively.
func (p *Port) claim() error {
	for _, request := range []uint{exclude, claim} {
		if err := p.device.ioctl(request, nil); err != nil {
			return broken(err, "claim the parallel port")
		}
	}
	return nil
}

// Write sets the pins in mask to the levels in word. A register that does not
// change is not written; data pins change together, control pins after them.
// It returns fault.Invalid for pins that are not outputs, fault.Hardware when
// the port is gone. It allocates nothing.
func (p *Port) Write(word, mask uint32) error {
	switch {
	case p.closed:
		return errClosed()
	case mask&^p.use.Outputs != 0:
		return fault.New(fault.Invalid, "parport", "pin %d is not an output", bits.TrailingZeros32(mask&^p.use.Outputs))
	}
	levels := spreadData(p.data) | spreadControl(p.control)
	return p.set(levels&^mask | word&mask)
}

// set gives all output pins their levels.
func (p *Port) set(levels uint32) error {
	data, control := gatherData(levels), gatherControl(levels)
	all := !p.known
	p.known = false
	if all || data != p.data {
		if err := p.put(writeData, data); err != nil {
			return err
		}
		p.data = data
	}
	if all || control != p.control {
		if err := p.put(writeControl, control); err != nil {
			return err
		}
		p.control = control
	}
	p.known = true
	return nil
}

func (p *Port) put(request uint, register byte) error {
	p.buffer[0] = register
	if err := p.device.ioctl(request, &p.buffer); err != nil {
		return broken(err, "write to the parallel port")
	}
	return nil
}

// Read returns the levels at the status pins, and at the control pins what
// was last written there. Other bits are 0.
func (p *Port) Read() (uint32, error) {
	if p.closed {
		return 0, errClosed()
	}
	status, err := p.get(readStatus)
	if err != nil {
		return 0, err
	}
	control, err := p.get(readControl)
	if err != nil {
		return 0, err
	}
	return spreadStatus(status) | spreadControl(control), nil
}

func (p *Port) get(request uint) (byte, error) {
	if err := p.device.ioctl(request, &p.buffer); err != nil {
		return 0, broken(err, "read the parallel port")
	}
	return p.buffer[0], nil
}

// Off sets all pins to their off levels, whatever was written before.
func (p *Port) Off() error {
	if p.closed {
		return errClosed()
	}
	p.known = false
	return p.set(p.use.OffHigh)
}

// Close switches everything off and gives the port back. It does what it can
// after an error, and returns the first. It is idempotent.
func (p *Port) Close() error {
	if p.closed {
		return nil
	}
	first := p.Off()
	p.closed = true
	if err := p.device.ioctl(release, nil); err != nil && first == nil {
		first = broken(err, "release the parallel port")
	}
	if err := p.device.Close(); err != nil && first == nil {
		first = broken(err, "close the parallel port")
	}
	return first
}

func errClosed() error { return fault.New(fault.Hardware, "parport", "the port has been given back") }
