// SPDX-License-Identifier: GPL-3.0-or-later

package chip

import (
	"slices"

	"github.com/siderostep/siderostep/driver"
)

const (
	generalCall   = 0x00
	softwareReset = 0x06 // the byte that resets, at the general call's address
)

// answers reports whether the chip acknowledges an address.
func (c *PCA9685) answers(addr uint16) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if addr == c.addr || addr == generalCall {
		return true
	}
	for bit, reg := range map[byte]byte{mode1AllCall: regAllCall, 8: 2, 4: 3, 2: 4} {
		if c.reg[regMode1]&bit != 0 && addr == uint16(c.reg[reg]>>1) {
			return true
		}
	}
	return false
}

// exists reports whether the chip acknowledges a register.
func exists(reg byte) bool { return reg <= regLEDLast || reg >= regAllLED }

// next returns where the pointer goes after a byte.
func (c *PCA9685) next(reg byte) byte {
	switch {
	case c.reg[regMode1]&mode1AutoIncrement == 0:
		return reg
	case reg == regLEDLast || reg == regPrescale:
		return 0
	}
	return reg + 1
}

// write takes the bytes of a transaction up to its STOP and returns how many
// of them are acknowledged.
func (c *PCA9685) write(at driver.Instant, addr uint16, w []byte) int {
	c.mu.Lock()
	n := c.takeBytes(at, addr, w)
	changed := c.show(at)
	c.mu.Unlock()
	changed()
	return n
}

func (c *PCA9685) takeBytes(at driver.Instant, addr uint16, w []byte) int {
	if len(w) == 0 {
		return 0
	}
	if addr == generalCall {
		if !slices.Equal(w, []byte{softwareReset}) {
			return 0
		}
		c.powerUp()
		return 1
	}
	if !exists(w[0]) {
		return 0
	}
	c.pointer = w[0]
	for _, b := range w[1:] {
		c.set(at, c.pointer, b)
		c.pointer = c.next(c.pointer)
	}
	return len(w)
}

// read gives bytes from the pointer on.
func (c *PCA9685) read(r []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range r {
		r[i] = c.get(c.pointer)
		c.pointer = c.next(c.pointer)
	}
}

// get returns a register as it reads: those for all channels, which hold
// nothing of their own, read zero.
func (c *PCA9685) get(reg byte) byte { return c.reg[reg] }

// set writes a register.
func (c *PCA9685) set(at driver.Instant, reg, b byte) {
	switch {
	case reg == regMode1:
		c.setMode1(at, b)
	case reg == regPrescale:
		if c.reg[regMode1]&mode1Sleep != 0 {
			c.reg[reg] = max(b, 3)
		}
	case reg >= regAllLED && reg < regPrescale:
		for ch := range Channels {
			c.setLED(regLED0+byte(4*ch)+reg-regAllLED, b)
		}
	case reg >= regLED0 && reg <= regLEDLast:
		c.setLED(reg, b)
	case reg == regMode2:
		c.reg[reg] = b & 0x1F
	case reg < regLED0:
		c.reg[reg] = b &^ 1 // addresses: bit 0 is not theirs
	case reg == regTest: // nothing that anybody should rely on
	}
}

// setLED writes one of a channel's registers; it also ends the state in which
// RESTART is awaited.
func (c *PCA9685) setLED(reg, b byte) {
	if (reg-regLED0)%2 == 1 {
		b &= 0x1F
	}
	c.reg[reg] = b
	c.halted = false
	c.reg[regMode1] &^= mode1Restart
}

// setMode1 writes MODE1: sleep, waking up and restart.
func (c *PCA9685) setMode1(at driver.Instant, b byte) {
	was := c.reg[regMode1]
	now := b&^mode1Restart | was&mode1Restart
	switch {
	case was&mode1Sleep == 0 && b&mode1Sleep != 0: // going to sleep
		if c.modulating() {
			now |= mode1Restart
			c.halted = true
		}
		c.awake = driver.Never
	case was&mode1Sleep != 0 && b&mode1Sleep == 0:
		c.awake = at.Add(startUp)
	case b&mode1Restart != 0 && b&mode1Sleep == 0 && at >= c.awake:
		now &^= mode1Restart
		c.halted = false
	}
	c.reg[regMode1] = now
}

// modulating reports whether any channel is not fully off.
func (c *PCA9685) modulating() bool {
	for ch := range Channels {
		if c.channel(ch) != (Output{}) {
			return true
		}
	}
	return false
}
