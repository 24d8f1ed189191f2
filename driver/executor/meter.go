// SPDX-License-Identifier: GPL-3.0-or-later

package executor

import (
	"time"

	"github.com/siderostep/siderostep/driver"
)

// meter measures for how long a motor's windings are on: what warms it.
type meter struct {
	on    int            // slots of a period that windings are on now, both together
	since driver.Instant // of on
	sum   float64        // slots times nanoseconds, up to since
}

// change notes that windings are on for so many slots from t on.
func (m *meter) change(t driver.Instant, on int) {
	m.sum += float64(m.on) * float64(t-m.since)
	m.on, m.since = on, t
}

// read returns the share of time that windings are on now, their sum, and the
// same summed over time up to t.
func (m *meter) read(t driver.Instant, period int) (duty float64, on time.Duration) {
	sum := m.sum + float64(m.on)*float64(t-m.since)
	return float64(m.on) / float64(period), time.Duration(sum / float64(period))
}
