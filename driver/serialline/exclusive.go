// SPDX-License-Identifier: GPL-3.0-or-later

package serialline

import (
	"errors"

	"golang.org/x/sys/unix"
)

// guard is a second descriptor of a device, which keeps others away: tarm's
// own cannot be reached.
type guard int

// lock claims a device before anything about it is changed. It returns an
// error when it is not there, or in use.
func lock(name string) (guard, error) {
	fd, err := unix.Open(name, unix.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1, err
	}
	// A system without such locks is no reason not to use the device.
	if err := unix.Flock(fd, unix.LOCK_EX|unix.LOCK_NB); errors.Is(err, unix.EWOULDBLOCK) {
		_ = unix.Close(fd)
		return -1, errors.New("another program uses it")
	}
	return guard(fd), nil
}

// exclude lets nobody else open the device, but privileged programs.
func (g guard) exclude() { _ = unix.IoctlSetInt(int(g), unix.TIOCEXCL, 0) }

// release gives the device free. It is called once.
func (g guard) release() {
	_ = unix.IoctlSetInt(int(g), unix.TIOCNXCL, 0)
	_ = unix.Close(int(g))
}
