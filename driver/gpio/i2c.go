// SPDX-License-Identifier: GPL-3.0-or-later

package gpio

import (
	"periph.io/x/conn/v3/driver/driverreg"
	"periph.io/x/conn/v3/i2c"
	"periph.io/x/conn/v3/i2c/i2creg"
	"periph.io/x/host/v3/sysfs"

	"github.com/siderostep/siderostep/fault"
)

// OpenI2C returns a bus by its name, as I2C1 or /dev/i2c-1; the first one for
// "". It returns fault.Hardware when there is none of that name, or no
// permission.
func OpenI2C(name string) (i2c.BusCloser, error) {
	_, err := driverreg.Init()
	if err == nil {
		var bus i2c.BusCloser
		if bus, err = i2creg.Open(name); err == nil {
			return bus, nil
		}
	}
	e := fault.Wrap(fault.Hardware, "i2c", err)
	e.Msg = "cannot open bus " + name
	if name == "" {
		e.Msg = "cannot open any bus"
	}
	e.Msg += " (is I²C switched on, and the user in group i2c? ls /dev/i2c-*)"
	return nil, e
}

// The buses are those of the kernel, which this import registers.
var _ i2c.Bus = (*sysfs.I2C)(nil)
