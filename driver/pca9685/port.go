// SPDX-License-Identifier: GPL-3.0-or-later

package pca9685

import (
	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/fault"
)

// Port is a driver.Windings on some of a chip's channels.
type Port struct {
	chip *Chip
	mask uint16           // its channels
	bit  [Channels]int8   // the pattern bit that each of them shows
	lost bool             // the chip was reset since the latest Drive
	on   [Channels]uint16 // steps that each of them is to be on
}

var _ driver.Windings = (*Port)(nil)

// Port returns a port whose pattern bit b is on channel wiring[b]; bits beyond
// the wiring go nowhere. A set bit means on: the patterns must not be inverted
// (waveform's invert_output), since the chip inverts by itself (active_low),
// also when it switches everything off.
//
// It returns fault.Invalid for an empty wiring, one of channels that are not 0
// to 15, or of one that is in use already.
func (c *Chip) Port(wiring []int) (*Port, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(wiring) == 0 {
		return nil, fault.New(fault.Invalid, "pca9685", "a port needs at least one channel")
	}
	p := &Port{chip: c}
	for bit, channel := range wiring {
		switch {
		case channel < 0 || channel >= Channels:
			return nil, fault.New(fault.Invalid, "pca9685", "winding %d is on channel %d; channels are 0 to 15", bit, channel)
		case (c.taken|p.mask)>>channel&1 == 1:
			return nil, fault.New(fault.Invalid, "pca9685", "winding %d is on channel %d, which is in use already", bit, channel)
		}
		p.mask |= 1 << channel
		p.bit[channel] = int8(bit)
	}
	c.taken |= p.mask
	c.ports = append(c.ports, p)
	return p, nil
}

// Drive puts the pattern on the windings, as soon as the bus allows: it returns
// when that is done, 0.1 to 0.8 ms later at 400 kHz, or at once when nothing
// changes. Channels that change and are neighbours change together.
//
// It returns fault.Hardware when the chip does not answer, or once after it
// was found reset (Verify), and then writes nothing. It returns fault.Invalid,
// and does nothing, for a pattern without duration.
func (p *Port) Drive(_ driver.Instant, pattern *driver.Pattern) error {
	period := uint32(pattern.Period())
	if pattern.N < 1 || period == 0 {
		return fault.New(fault.Invalid, "pca9685", "a pattern of %d entries lasts %d slots; it must last at least one", pattern.N, period)
	}
	c := p.chip
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.down != nil {
		return c.down
	}
	if p.lost {
		p.lost = false
		return fault.New(fault.Hardware, "pca9685", "the chip at %02Xh was reset or lost its power; it has been set up again", c.config.Address)
	}
	p.plan(pattern, period)
	return p.update()
}

// plan finds how long each channel is to be on.
func (p *Port) plan(pattern *driver.Pattern, period uint32) {
	for channel := range Channels {
		if p.mask>>channel&1 == 0 {
			continue
		}
		slots := uint32(0)
		for _, s := range pattern.Slots[:pattern.N] {
			slots += uint32(s.Word>>p.bit[channel]&1) * uint32(s.For)
		}
		p.on[channel] = uint16((slots*steps + period/2) / period)
	}
}

// update writes the channels that are not as planned, neighbours in one go.
func (p *Port) update() error {
	c := p.chip
	for channel := 0; channel < Channels; channel++ {
		first, n := channel, 1
		for channel < Channels && p.differs(channel) {
			on := p.on[channel]
			c.shadow[channel] = on
			encode(c.buf[n:n+4], channel, on)
			n += 4
			channel++
		}
		if n == 1 {
			continue
		}
		c.buf[0] = byte(regLED0 + 4*first)
		if err := c.send(n); err != nil {
			for i := first; i < channel; i++ {
				c.shadow[i] = unknown
			}
			return err
		}
	}
	return nil
}

func (p *Port) differs(channel int) bool {
	return p.mask>>channel&1 == 1 && p.on[channel] != p.chip.shadow[channel]
}

// encode gives the four registers of a channel that is on for so many steps.
// Channels go on one after the other, a sixteenth of a period apart, so that
// the supply does not have to start all windings at once; a channel that goes
// on late goes off in the period that follows.
func encode(b []byte, channel int, on uint16) {
	switch on {
	case 0:
		b[0], b[1], b[2], b[3] = 0, 0, 0, full
	case steps:
		b[0], b[1], b[2], b[3] = 0, full, 0, 0
	default:
		start := uint16(channel) * (steps / Channels)
		end := (start + on) % steps
		b[0], b[1], b[2], b[3] = byte(start), byte(start>>8), byte(end), byte(end>>8)
	}
}
