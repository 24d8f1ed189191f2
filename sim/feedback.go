// SPDX-License-Identifier: GPL-3.0-or-later

package sim

import (
	"math"

	"github.com/siderostep/siderostep/driver"
)

// Encoders returns the counts of the encoders on the axes, from the axes'
// zeros; both are 0 when the bench has none.
func (b *Bench) Encoders(at driver.Instant) (z, a int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	at = b.look(at)
	return b.encoder(AxisZ, at), b.encoder(AxisA, at)
}

func (b *Bench) encoder(axis Axis, at driver.Instant) int64 {
	g := &b.train[axis].gear
	r := b.later(axis, at)
	return int64(math.Floor(g.axis(r.y) * g.countsPerRev / (2 * math.Pi)))
}

// WormIndex reports whether an axis's worm index pulse stands: during the
// first hundredth of each turn of the worm, counted from the motor's zero.
func (b *Bench) WormIndex(axis Axis, at driver.Instant) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	r := b.later(axis, b.look(at))
	turns := r.x / b.train[axis].gear.worm
	return turns-math.Floor(turns) < 0.01
}

// LimitSwitches reports whether an axis's limit switches are closed.
func (b *Bench) LimitSwitches(axis Axis, at driver.Instant) (low, high bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	g := &b.train[axis].gear
	r := b.later(axis, b.look(at))
	angle := g.axis(r.y)
	return g.hasSwitches && angle < g.low, g.hasSwitches && angle > g.high
}
