// SPDX-License-Identifier: GPL-3.0-or-later

package box

import (
	"time"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/driver"
)

// Box is a device at the end of a serial line. It is safe for use by several
// goroutines.
type Box interface {
	// Take hands the box bytes that have arrived at an instant, in order, and
	// returns what it answers. Instants never decrease.
	Take(at driver.Instant, in []byte) []byte
}

// patience is how long a box waits for the rest of a command. It is not
// documented; writers may pause for tens of milliseconds between two bytes.
const patience = time.Second

// Since returns a function that tells the time by c, in instants from the
// call of Since on.
func Since(c clock.Clock) func() driver.Instant {
	start := c.Now()
	return func() driver.Instant { return driver.Instant(c.Now().Sub(start)) }
}
