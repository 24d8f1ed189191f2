// SPDX-License-Identifier: GPL-3.0-or-later

package gpio

import (
	"periph.io/x/conn/v3/gpio"

	"github.com/siderostep/siderostep/fault"
)

// registers are GPIO0 to GPIO31 of a Raspberry Pi 0 to 4.
type registers interface {
	set(lines uint32)   // raises lines, by one store
	clear(lines uint32) // lowers lines, by one store
	levels() uint32
	output(line int, high bool) error // sets the level before the direction
	input(line int, pull gpio.Pull) error
	user(line int) string // who has the line, as far as the kernel knows
}

// bank is the backend that stores to registers. Nothing keeps others from
// storing there too; only users the kernel knows of are seen.
type bank struct{ registers }

func (b bank) output(lines, word uint32) error {
	if err := each(lines, b.free); err != nil {
		return err
	}
	return each(lines, func(line int) error {
		if err := b.registers.output(line, word>>line&1 == 1); err != nil {
			return broken(err, "make GPIO %d an output", line)
		}
		return nil
	})
}

func (b bank) input(lines uint32, pull gpio.Pull) error {
	if err := each(lines, b.free); err != nil {
		return err
	}
	return each(lines, func(line int) error {
		if err := b.registers.input(line, pull); err != nil {
			return broken(err, "make GPIO %d an input", line)
		}
		return nil
	})
}

func (b bank) free(line int) error {
	if line > 27 {
		return fault.New(fault.Invalid, "gpio", "GPIO %d is not on the header of a Raspberry Pi, which has GPIO 0 to 27", line)
	}
	if user := b.user(line); user != "" {
		return fault.New(fault.Hardware, "gpio", "GPIO %d is in use by %q", line, user)
	}
	return nil
}

func (b bank) put(word, mask, off uint32) error {
	b.store(word&off, off)
	b.store(word&^off, mask&^off)
	return nil
}

func (b bank) store(word, mask uint32) {
	if low := mask &^ word; low != 0 {
		b.clear(low)
	}
	if word != 0 {
		b.set(word)
	}
}

func (b bank) read() (uint32, error) { return b.levels(), nil }

func (b bank) release(lines uint32, pull gpio.Pull) error {
	return each(lines, func(line int) error { return b.registers.input(line, pull) })
}

func (b bank) close() error { return nil }
