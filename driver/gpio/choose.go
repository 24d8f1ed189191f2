// SPDX-License-Identifier: GPL-3.0-or-later

package gpio

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/siderostep/siderostep/fault"
)

// board is the computer as far as its lines go.
type board interface {
	// registers returns those of a Raspberry Pi 0 to 4, or why there are
	// none.
	registers() (registers, error)
	// chip returns the chip of a device, or of the header when path is
	// empty, and what to call it.
	chip(path string) (chip, string, error)
}

// choose returns the back-end that c asks for, and says why it was chosen.
func choose(c Config, b board) (backend, string, error) {
	why := "GPIO through line sets of the kernel on %s, as configured"
	if c.Backend != LineSets && c.Chip == "" {
		r, err := b.registers()
		switch {
		case err == nil && c.Backend == Bank:
			return bank{r}, "GPIO through the registers of the bank, as configured", nil
		case err == nil:
			return bank{r}, "GPIO through the registers of the bank, because this is a Raspberry Pi that has them in reach", nil
		case c.Backend == Bank:
			return nil, "", broken(err, "reach the GPIO registers")
		}
		why = "GPIO through line sets of the kernel on %s, because the registers are not in reach (" + strings.ReplaceAll(err.Error(), "%", "%%") + ")"
	}
	found, name, err := b.chip(c.Chip)
	if err != nil {
		return nil, "", broken(err, "open the GPIO chip")
	}
	return &sets{chip: found}, fmt.Sprintf(why, name), nil
}

// broken wraps an error of the chip, with what can be done about it.
func broken(err error, format string, args ...any) error {
	e := fault.Wrap(fault.Hardware, "gpio", err)
	e.Msg = "cannot " + fmt.Sprintf(format, args...) + advice(err)
	return e
}

// refused is broken for a request of lines.
func refused(err error, lines uint32) error {
	if errors.Is(err, fault.Invalid) {
		return err
	}
	return broken(err, "take GPIO %s", strings.Trim(fmt.Sprint(numbers(lines)), "[]"))
}

// advice tells what to do about an error. The text is asked as well as the
// kind, because periph's errors of system calls are texts only.
func advice(err error) string {
	text := err.Error()
	switch {
	case errors.Is(err, fs.ErrPermission) || strings.Contains(text, "permission denied"):
		return " (is the user in group gpio?)"
	case strings.Contains(text, "resource busy"):
		return " (another program or the kernel has a line; gpioinfo tells who)"
	case errors.Is(err, fs.ErrNotExist) || strings.Contains(text, "no such device"):
		return " (is the chip there? ls /dev/gpiochip*)"
	}
	return ""
}
