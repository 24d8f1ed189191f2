// SPDX-License-Identifier: GPL-3.0-or-later

package chip

import (
	"sync"
	"syscall"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/sim/box"
)

// Requests of ppdev's ioctl.
const (
	PPRSTATUS  = 0x80017081 // read the status register
	PPRCONTROL = 0x80017083 // read the control register
	PPWCONTROL = 0x40017084 // write it
	PPRDATA    = 0x80017085 // read the data register
	PPWDATA    = 0x40017086 // write it
	PPCLAIM    = 0x708B
	PPRELEASE  = 0x708C
	PPFCONTROL = 0x4002708E // write some bits of control: mask, value
	PPEXCL     = 0x708F
)

// Inverted bits of the registers: control (pins 1, 14 and 17) and status
// (pin 11).
const (
	controlInverted = 0x0B
	statusInverted  = 0x80
)

// ParallelPort is a parallel port, register by register, as ppdev offers it.
// The port stays as it was last written when it is released.
type ParallelPort struct {
	// Data gets the levels of pins 2 to 9 in bits 0 to 7.
	Data driver.Lines

	// Control gets the levels of pins 1, 14, 16 and 17 in bits 0 to 3.
	Control driver.Lines

	// Inputs gives the levels of pins 15, 13, 12, 10 and 11 in bits 3 to 7;
	// nil for all low. A plant.Paddle gives those of its own four.
	Inputs func() byte

	now    func() driver.Instant
	faults *box.Faults

	mu            sync.Mutex
	data, control byte // registers as they are written
	exclusive     bool
	claimed       bool
}

// NewParallelPort returns a port with its data pins low and control register
// 0Ch, as Linux leaves it: pins 1, 14 and 16 high, 17 low. faults may be nil.
func NewParallelPort(now func() driver.Instant, faults *box.Faults) *ParallelPort {
	return &ParallelPort{now: now, faults: faults, control: 0x0C}
}

// Ioctl is ppdev's. It returns ENODEV while the port is unplugged, ENXIO for a
// claim while another program has the port (Silence), EPERM for the use of a
// port that is not claimed, EINVAL for a second claim, a PPEXCL after the
// claim or data of a wrong length, ENOTTY for other requests.
func (p *ParallelPort) Ioctl(request uint32, arg []byte) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.faults.Unplugged(p.now()) {
		return syscall.ENODEV
	}
	switch request {
	case PPEXCL, PPCLAIM, PPRELEASE:
		return p.own(request)
	case PPRSTATUS, PPRCONTROL, PPWCONTROL, PPRDATA, PPWDATA, PPFCONTROL:
	default:
		return syscall.ENOTTY
	}
	size := 1
	if request == PPFCONTROL {
		size = 2
	}
	switch {
	case !p.claimed:
		return syscall.EPERM
	case len(arg) != size:
		return syscall.EINVAL
	}
	return p.register(request, arg)
}

// own claims and releases.
func (p *ParallelPort) own(request uint32) error {
	switch {
	case request == PPRELEASE && !p.claimed:
		return syscall.EINVAL
	case request == PPRELEASE:
		p.claimed = false
	case p.claimed:
		return syscall.EINVAL
	case request == PPEXCL:
		p.exclusive = true
	case p.faults.Silent(p.now()):
		return syscall.ENXIO
	default:
		p.claimed = true
	}
	return nil
}

// register reads or writes one of the registers.
func (p *ParallelPort) register(request uint32, arg []byte) error {
	switch request {
	case PPWDATA:
		p.data = arg[0]
		return write(p.Data, uint32(p.data), 0xFF)
	case PPWCONTROL:
		return p.setControl(arg[0])
	case PPFCONTROL:
		return p.setControl(p.control&^arg[0] | arg[1]&arg[0])
	case PPRDATA:
		arg[0] = p.data
	case PPRCONTROL:
		arg[0] = p.control
	case PPRSTATUS:
		var pins byte
		if p.Inputs != nil {
			pins = p.Inputs()
		}
		arg[0] = pins&0xF8 ^ statusInverted
	}
	return nil
}

// setControl writes the control register; its upper half is not wired to pins.
func (p *ParallelPort) setControl(b byte) error {
	p.control = b & 0x0F
	return write(p.Control, uint32(p.control^controlInverted), 0x0F)
}

// Pins returns the levels of the data pins, and of pins 1, 14, 16 and 17 in
// bits 0 to 3.
func (p *ParallelPort) Pins() (data, control byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.data, p.control ^ controlInverted
}

// Claimed reports whether a program has the port, and whether for itself alone.
func (p *ParallelPort) Claimed() (claimed, exclusive bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.claimed, p.exclusive
}

func write(l driver.Lines, word, mask uint32) error {
	if l == nil {
		return nil
	}
	return l.Write(word, mask)
}
