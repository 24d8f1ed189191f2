// SPDX-License-Identifier: GPL-3.0-or-later

package drivertest

import (
	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/model"
)

// Counter is a driver.Pulser that counts.
type Counter struct {
	Count model.Microsteps
	Last  driver.Instant // of the latest pulse
	Back  int            // pulses before the one preceding them
}

// Pulse counts one step.
func (c *Counter) Pulse(at driver.Instant, clockwise bool) error {
	if at < c.Last {
		c.Back++
	}
	c.Last = at
	if clockwise {
		c.Count++
	} else {
		c.Count--
	}
	return nil
}
