// SPDX-License-Identifier: GPL-3.0-or-later

package parport

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/siderostep/siderostep/fault"
)

// Requests to ppdev. Source: linux/ppdev.h; stepper-core §1.7.
const (
	exclude      uint = 0x708F     // PPEXCL
	claim        uint = 0x708B     // PPCLAIM
	release      uint = 0x708C     // PPRELEASE
	writeData    uint = 0x40017086 // PPWDATA
	writeControl uint = 0x40017084 // PPWCONTROL
	readControl  uint = 0x80017083 // PPRCONTROL
	readStatus   uint = 0x80017081 // PPRSTATUS
)

// device is an open ppdev. A request's byte goes in, or comes back, at the
// beginning of data.
type device interface {
	ioctl(request uint, data *[2]byte) error
	Close() error
}

type ppdev struct {
	*os.File
	fd uintptr // asked for once: File.Fd makes a system call each time
}

func openDevice(path string) (device, error) {
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	return ppdev{file, file.Fd()}, nil
}

func (d ppdev) ioctl(request uint, data *[2]byte) error {
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, d.fd, uintptr(request), uintptr(unsafe.Pointer(data)))
	if errno != 0 {
		return errno
	}
	return nil
}

// broken wraps an error of the port, with what can be done about it.
func broken(err error, format string, args ...any) error {
	e := fault.Wrap(fault.Hardware, "parport", err)
	e.Msg = "cannot " + fmt.Sprintf(format, args...)
	switch {
	case errors.Is(err, fs.ErrPermission):
		e.Msg += " (is the user in group lp?)"
	case errors.Is(err, fs.ErrNotExist):
		e.Msg += " (modprobe parport_pc ppdev; USB adapters for printers do not do)"
	case errors.Is(err, syscall.EBUSY), errors.Is(err, syscall.ENXIO):
		e.Msg += " (another driver has it: rmmod lp; or it is gone)"
	case errors.Is(err, syscall.ENOTTY), errors.Is(err, syscall.EINVAL):
		e.Msg += " (this is no ppdev device)"
	}
	return e
}
