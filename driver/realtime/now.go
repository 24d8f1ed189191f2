// SPDX-License-Identifier: GPL-3.0-or-later

package realtime

import (
	"time"

	"golang.org/x/sys/unix"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/driver"
)

// Now returns the present instant: CLOCK_MONOTONIC, which all processes of
// a computer share.
func Now() driver.Instant {
	var t unix.Timespec
	if unix.ClockGettime(unix.CLOCK_MONOTONIC, &t) != nil {
		return 0 // no Linux is without this clock
	}
	return driver.Instant(t.Nano())
}

// Epoch returns what c, which must be the computer's clock, read at Instant 0.
func Epoch(c clock.Clock) time.Time { return c.Now().Add(-time.Duration(Now())) }

// SleepUntil sleeps until t, but for the last spin of the time (and never
// more than half of it), which it waits awake: a sleeper wakes up late by
// some tens of microseconds, but one that only ever waits awake is stopped by
// the kernel (sched_rt_runtime_us). It returns the present instant, which is
// before t when a signal came.
func SleepUntil(t driver.Instant, spin time.Duration) driver.Instant {
	now := Now()
	left := t.Sub(now)
	if left <= 0 {
		return now
	}
	target := unix.NsecToTimespec(int64(t.Add(-min(spin, left/2))))
	if unix.ClockNanosleep(unix.CLOCK_MONOTONIC, unix.TIMER_ABSTIME, &target, nil) != nil {
		return Now()
	}
	for now = Now(); now < t && spin > 0; now = Now() {
	}
	return now
}
