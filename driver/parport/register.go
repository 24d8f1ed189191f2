// SPDX-License-Identifier: GPL-3.0-or-later

package parport

// The registers, and which of their bits the port inverts on the way to or
// from the pins. Source: stepper-core §1.5.
const (
	controlInverts byte = 0x0B // pins 1, 14 and 17
	statusInverts  byte = 0x80 // pin 11
)

// controlPins are the pins of the control register's bits 0 to 3.
var controlPins = [4]uint{1, 14, 16, 17}

// statusPins are the pins of the status register's bits 3 to 7.
var statusPins = [5]uint{15, 13, 12, 10, 11}

func gatherData(levels uint32) byte { return byte(levels >> 2) }

func spreadData(register byte) uint32 { return uint32(register) << 2 }

func gatherControl(levels uint32) (register byte) {
	for bit, pin := range controlPins {
		register |= byte(levels>>pin&1) << bit
	}
	return register ^ controlInverts
}

func spreadControl(register byte) (levels uint32) {
	for bit, pin := range controlPins {
		levels |= uint32((register^controlInverts)>>bit&1) << pin
	}
	return levels
}

func spreadStatus(register byte) (levels uint32) {
	for i, pin := range statusPins {
		levels |= uint32((register^statusInverts)>>(3+i)&1) << pin
	}
	return levels
}
