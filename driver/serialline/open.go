// SPDX-License-Identifier: GPL-3.0-or-later

// Package serialline is how siderostep uses serial lines. It hides the traps
// of tarm/serial on Linux: an idle time-out reads as io.EOF, a line that is
// gone reads as io.EOF at once and for ever, time-outs come in tenths of a
// second, neither Read nor Write ends because of Close, and two programs may
// open one line.
//
// A Line opens a device, again and again after it was lost. A Conn is the
// line while it is open: it reads with deadlines, asks and awaits replies,
// and tells a silent line from one that is gone. Whatever is an
// io.ReadWriteCloser can stand in for a device.
package serialline

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/tarm/serial"

	"github.com/siderostep/siderostep/fault"
)

const op = "serial line"

// An Opener opens a device. Reads from what it returns may end in io.EOF
// after Tick without a byte; when they do so sooner, again and again, the
// device is gone.
type Opener func() (io.ReadWriteCloser, error)

// Tick is the read time-out of the devices that Device opens. Without one,
// closing a device would wait for its next byte.
const Tick = 100 * time.Millisecond

// Device returns the Opener of a serial device, 8 data bits, no parity, 1
// stop bit, which opens it for this program alone where the system permits:
// programs that lock devices by flock are kept out, all others unless they
// are privileged.
func Device(name string, baud int) Opener {
	return func() (io.ReadWriteCloser, error) {
		guard, err := lock(name)
		if err != nil {
			return nil, fault.New(fault.Hardware, op, "%s cannot be opened: %v", name, err)
		}
		port, err := serial.OpenPort(&serial.Config{Name: name, Baud: baud, ReadTimeout: Tick})
		if err != nil {
			guard.release()
			return nil, fault.New(fault.Hardware, op, "%s cannot be opened at %d baud: %v", name, baud, err)
		}
		guard.exclude()
		return &device{Port: port, guard: guard}, nil
	}
}

// device is a port and what keeps others away from it.
type device struct {
	*serial.Port
	guard guard
}

func (d *device) Close() error {
	d.guard.release()
	return d.Port.Close()
}

// Bauds returns the speeds that CheckBaud accepts.
func Bauds() []int {
	return []int{300, 600, 1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200, 230400}
}

// CheckBaud returns fault.Invalid, naming the key, unless baud is one of
// Bauds.
func CheckBaud(key string, baud int) error {
	if slices.Contains(Bauds(), baud) {
		return nil
	}
	words := strings.Trim(fmt.Sprint(Bauds()), "[]")
	return fault.New(fault.Invalid, "configuration", "%s is %d, but must be one of %s", key, baud, words)
}
