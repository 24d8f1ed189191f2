// SPDX-License-Identifier: GPL-3.0-or-later

package gpio

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"periph.io/x/conn/v3/driver/driverreg"
	"periph.io/x/conn/v3/gpio"
	"periph.io/x/host/v3/bcm283x"
	"periph.io/x/host/v3/distro"
	"periph.io/x/host/v3/gpioioctl"

	"github.com/siderostep/siderostep/fault"
)

// periph is the board this runs on.
type periph struct{}

// registers returns those that periph has mapped. Where it could not, its
// functions that store there would crash the program.
func (periph) registers() (registers, error) {
	if !bcm283x.Present() {
		return nil, errors.New("this is no Raspberry Pi")
	}
	if strings.Contains(strings.Join(distro.DTCompatible(), " "), "bcm2712") {
		return nil, errors.New("the lines of a Raspberry Pi 5 are not in the processor's registers")
	}
	state, err := driverreg.Init()
	if err != nil {
		return nil, err
	}
	for _, f := range append(state.Failed, state.Skipped...) {
		if f.D.String() == "bcm283x-gpio" {
			return nil, f.Err
		}
	}
	return bcm{}, nil
}

// bcm are the registers of the bank.
type bcm struct{}

func (bcm) set(lines uint32)   { bcm283x.PinsSet0To31(lines) }
func (bcm) clear(lines uint32) { bcm283x.PinsClear0To31(lines) }
func (bcm) levels() uint32     { return bcm283x.PinsRead0To31() }

func (bcm) output(line int, high bool) error { return bcmPin(line).Out(gpio.Level(high)) }

func (bcm) input(line int, pull gpio.Pull) error { return bcmPin(line).In(pull, gpio.NoEdge) }

func (bcm) user(line int) string {
	if len(gpioioctl.Chips) == 0 {
		return ""
	}
	if known := gpioioctl.Chips[0].ByNumber(line); known != nil {
		return known.Consumer()
	}
	return ""
}

// bcmPin returns the pin of a line from 0 to 27.
func bcmPin(line int) *bcm283x.Pin {
	return [...]*bcm283x.Pin{
		bcm283x.GPIO0, bcm283x.GPIO1, bcm283x.GPIO2, bcm283x.GPIO3, bcm283x.GPIO4, bcm283x.GPIO5, bcm283x.GPIO6,
		bcm283x.GPIO7, bcm283x.GPIO8, bcm283x.GPIO9, bcm283x.GPIO10, bcm283x.GPIO11, bcm283x.GPIO12, bcm283x.GPIO13,
		bcm283x.GPIO14, bcm283x.GPIO15, bcm283x.GPIO16, bcm283x.GPIO17, bcm283x.GPIO18, bcm283x.GPIO19, bcm283x.GPIO20,
		bcm283x.GPIO21, bcm283x.GPIO22, bcm283x.GPIO23, bcm283x.GPIO24, bcm283x.GPIO25, bcm283x.GPIO26, bcm283x.GPIO27,
	}[line]
}

// chip returns the chip of a device. Chips that periph could not open are
// missing from its list, so the reason is found out here.
func (periph) chip(path string) (chip, string, error) {
	_, initErr := driverreg.Init()
	if path == "" {
		if len(gpioioctl.Chips) > 0 { // Raspberry Pi headers come first
			c := gpioioctl.Chips[0]
			return kernelChip{c}, name(c), nil
		}
		path = "/dev/gpiochip0"
	}
	device, err := filepath.EvalSymlinks(path)
	if err != nil {
		return nil, "", err
	}
	for _, c := range gpioioctl.Chips {
		if c.Path() == path || c.Path() == device {
			return kernelChip{c}, name(c), nil
		}
	}
	file, err := os.Open(device)
	if err != nil {
		return nil, "", err
	}
	file.Close()
	if initErr != nil {
		return nil, "", initErr
	}
	return nil, "", fmt.Errorf("%s is not a GPIO chip", path)
}

func name(c *gpioioctl.GPIOChip) string { return fmt.Sprintf("%s (%s)", c.Path(), c.Label()) }

// kernelChip is a chip that periph has opened.
type kernelChip struct{ *gpioioctl.GPIOChip }

// request asks for lines by their names, as periph wants it; a line whose
// name is not its own cannot be had.
func (c kernelChip) request(lines []int, output bool, pull gpio.Pull) (lineSet, error) {
	names := make([]string, len(lines))
	for i, line := range lines {
		if line >= c.LineCount() {
			return nil, fault.New(fault.Invalid, "gpio", "there is no GPIO %d on %s, which has lines 0 to %d", line, c.Path(), c.LineCount()-1)
		}
		known := c.ByNumber(line)
		if c.ByName(known.Name()) != known {
			return nil, fault.New(fault.Invalid, "gpio", "line %d of %s has no name of its own, and lines are asked for by name", line, c.Path())
		}
		names[i] = known.Name()
	}
	direction := gpioioctl.LineInput
	if output {
		direction = gpioioctl.LineOutput
	}
	set, err := c.LineSet(direction, gpio.NoEdge, pull, names...)
	if err != nil {
		return nil, err
	}
	return set, nil
}
