// SPDX-License-Identifier: GPL-3.0-or-later

package sim

import "github.com/siderostep/siderostep/model"

// Push turns the tube by hand about an axis, by an angle: the clutch slips,
// the motor does not notice. It acts from the latest event on.
func (b *Bench) Push(axis Axis, by model.Angle) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.train[axis].gear.slip += float64(by)
}

// TurnRotor turns a motor's shaft by hand, by full steps of either sign, and
// lets go. With windings on it springs back to the nearest place where they
// hold it, whole cycles of four full steps from where it was; with windings
// off it falls into the nearest detent.
func (b *Bench) TurnRotor(axis Axis, fullSteps float64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	t := b.settle(axis)
	r := &t.rotor
	r.x += fullSteps
	r.v, r.disc = 0, 0
	r.y = t.gear.mesh(r.y, r.x)
}

// Load sets the torque that pulls a motor counter-clockwise and the friction
// in its way, both in percent of the holding torque: a cable that catches, a
// tube out of balance, ice.
func (b *Bench) Load(axis Axis, torquePercent, frictionPercent float64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	t := b.settle(axis)
	t.motor.load = t.motor.stiff * torquePercent / 100
	t.motor.friction = t.motor.stiff * max(frictionPercent, 0.1) / 100
}

// BreakWinding opens one of a motor's windings (0 to 3: a, b, a−, b−), or
// mends it.
func (b *Bench) BreakWinding(axis Axis, winding int, broken bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	t := b.settle(axis)
	t.winding.open[winding&3] = broken
	t.rotor.energise(t.winding.force(t.duty))
}

// BreakThermometer makes the thermometer fail, or mends it.
func (b *Bench) BreakThermometer(broken bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.thermometerDead = broken
}

// settle brings a motor to the latest event and wakes it, so that a change
// acts from there on.
func (b *Bench) settle(axis Axis) *train {
	t := &b.train[axis]
	t.rotor.advance(&t.motor, &t.gear, b.now)
	t.rotor.at = max(t.rotor.at, b.now)
	t.rotor.rest = false
	return t
}

// MoveBase moves the base under the mount, as its screws do: the top of the
// base further to the north and to the east, and the whole turned further
// clockwise, seen from above. It acts from the latest event on.
func (b *Bench) MoveBase(north, east, clockwise model.Angle) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.cfg.BaseTiltNorthArcmin += north.Arcmin()
	b.cfg.BaseTiltEastArcmin += east.Arcmin()
	b.cfg.BaseTwistArcmin += clockwise.Arcmin()
	b.stand = newStand(&b.cfg, b.rig.Site.Latitude)
}
