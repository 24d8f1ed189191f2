// SPDX-License-Identifier: GPL-3.0-or-later

package process

import (
	"context"
	"errors"
	"io"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/fault"
)

// The bytes of the file that stand for the two processes. Their locks are
// those of processes, not of open files: they end with their holder, however
// it ends, and tell who that is.
const (
	executorByte = 0
	daemonByte   = 1
)

func lockOf(at int64) unix.Flock_t {
	return unix.Flock_t{Type: unix.F_WRLCK, Whence: io.SeekStart, Start: at, Len: 1}
}

// lock takes a byte's lock, or returns fault.Refused.
func lock(file *os.File, at int64) error {
	l := lockOf(at)
	if err := unix.FcntlFlock(file.Fd(), unix.F_SETLK, &l); err != nil {
		return fault.New(fault.Refused, "lock executor memory", "another process uses %s", file.Name())
	}
	return nil
}

// holder returns the pid of the other process that holds a byte's lock, or 0.
func holder(file *os.File, at int64) int {
	l := lockOf(at)
	if unix.FcntlFlock(file.Fd(), unix.F_GETLK, &l) != nil || l.Type == unix.F_UNLCK {
		return 0
	}
	return int(l.Pid)
}

// evict sees to it that no executor of an earlier daemon lives. One that does
// is asked to end, which takes it as long as braking does, and killed if it
// does not. It returns fault.Refused when its daemon lives.
func evict(ctx context.Context, file *os.File, c clock.Clock) error {
	if pid := holder(file, daemonByte); pid != 0 {
		return fault.New(fault.Refused, "end earlier executor", "its daemon runs, with process id %d", pid)
	}
	for _, step := range []struct {
		signal unix.Signal
		wait   time.Duration
	}{{unix.SIGTERM, stopTimeout}, {unix.SIGKILL, stopTimeout}} {
		pid := holder(file, executorByte)
		if pid <= 0 {
			return nil
		}
		if err := unix.Kill(pid, step.signal); err != nil && !errors.Is(err, unix.ESRCH) {
			return fault.Wrap(fault.Hardware, "end earlier executor", err)
		}
		const look = 10 * time.Millisecond
		for range step.wait / look {
			if holder(file, executorByte) == 0 {
				return nil
			}
			if err := clock.Sleep(ctx, c, look); err != nil {
				return fault.Wrap(fault.Cancelled, "end earlier executor", err)
			}
		}
	}
	return fault.New(fault.Hardware, "end earlier executor", "it cannot be killed")
}
