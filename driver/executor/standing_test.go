// SPDX-License-Identifier: GPL-3.0-or-later

package executor

import (
	"testing"
	"time"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/model"
)

// run lets time pass from one instant to another, as a process would.
func run(m *Inline, from, to driver.Instant) {
	for now := from; now <= to; now += 10e6 {
		m.Beat(now)
	}
}

// The worked example at a1 and c3 (stepper-core §1.2): tracking current, then
// half of it, and the full tracking current again with the next step.
func TestReducedHold(t *testing.T) {
	m, log := windingAxes(t, worked(t), func(c *Config) {
		c.Axes[0].Initial, c.Axes[1].Initial = 1, 11
		for i := range c.Axes {
			c.Axes[i].Standing = Standing{HoldAfter: time.Second, HoldShare: 0.5}
		}
	})
	must(t, m.Resume())
	run(m, 0, 0.99e9)
	if got := text(log.last()); got != "C3×6 81×4 00×5" {
		t.Errorf("before: %s", got)
	}
	run(m, 1e9, 1.01e9)
	if got := text(log.last()); got != "C3×3 81×2 00×10" {
		t.Errorf("after a second: %s", got)
	}
	if r := m.Report(0); r.State != driver.Holding || r.Emitted != 1 {
		t.Errorf("%+v", r)
	}
	must(t, m.Queue(0, driver.Segment{Start: 1.5e9, P: driver.One, Dur: time.Second, V: 1, Splice: true}))
	run(m, 1.02e9, 2.2e9) // a step at 2 s, by axis 0 alone: to a2
	if got := text(log.last()); got != "43×3 03×2 83×5 00×5" && got != "C3×3 83×2 03×5 00×5" {
		t.Errorf("after a step: %s", got)
	}
}

// Power-down goes to a full step first, and comes on again where it left.
func TestPowerDown(t *testing.T) {
	m, log := windingAxes(t, worked(t), func(c *Config) {
		c.Axes[0].Initial = 5 // one beyond a full step
		for i := range c.Axes {
			c.Axes[i].Standing = Standing{PowerDownAfter: time.Second, Creep: 10}
		}
	})
	must(t, m.Resume())
	run(m, 0, 0.99e9)
	if text(log.last()) == "00×15" {
		t.Error("off too early")
	}
	run(m, 1e9, 1.09e9) // axis 1 is on a full step, axis 0 creeps there
	if r := m.Report(0); r.State != driver.Braking || text(log.last()) == "00×15" {
		t.Errorf("%+v, %s", r, text(log.last()))
	}
	run(m, 1.1e9, 2.3e9)
	r := m.Report(0)
	if text(log.last()) != "00×15" || r.State != driver.Holding || r.Emitted != 4 || r.Position.Round() != 4 || r.Duty != 0 {
		t.Errorf("down: %s, %+v", text(log.last()), r)
	}
	must(t, m.Queue(0, driver.Segment{Start: 3e9, P: r.Position, Dur: time.Second, V: 4, Splice: true}))
	run(m, 2.31e9, 2.5e9)
	if got := text(log.last()); got != "02×10 00×5" {
		t.Errorf("awake before the motion begins: %s", got)
	}
	run(m, 2.51e9, 4e9)
	if r := m.Report(0); r.Emitted != 8 {
		t.Errorf("then: %+v", r)
	}
}

// Without a rate to creep at, power-down waits for a full step.
func TestPowerDownOnFullStepsOnly(t *testing.T) {
	m, log := windingAxes(t, worked(t), func(c *Config) {
		c.Axes[0].Initial = 5
		c.Axes[0].Standing.PowerDownAfter = time.Second
	})
	must(t, m.Resume())
	run(m, 0, 20e9)
	if r := m.Report(0); r.Emitted != 5 || r.Duty == 0 {
		t.Errorf("%+v, %s", r, text(log.last()))
	}
}

// A release goes to full steps, exactly, within the limits.
func TestReleaseOnAFullStep(t *testing.T) {
	for from, want := range map[int64]int64{0: 0, 1: 0, 2: 4, 3: 4, -1: 0, -3: -4, 1002: 1000, 1003: 1000} {
		m, log := windingAxes(t, worked(t), func(c *Config) {
			c.Axes[0].Initial, c.Axes[0].Standing.Creep = model.Microsteps(from), 10
			c.Axes[0].Limited, c.Axes[0].Min, c.Axes[0].Max = true, -1003, 1003
		})
		must(t, m.Resume())
		m.Beat(1e9)
		must(t, m.Release())
		run(m, 1e9, 2e9)
		r := m.Report(0)
		if r.State != driver.Released || int64(r.Emitted) != want || int64(r.Position.Round()) != want || text(log.last()) != "00×15" {
			t.Errorf("from %d: %+v, %s", from, r, text(log.last()))
		}
	}
}

// After a slew in half steps the windings hold with the full current.
func TestFullHold(t *testing.T) {
	m, log := windingAxes(t, func(c *Config) { c.Axes[0].Standing.FullFor = 50 * time.Millisecond })
	must(t, m.Resume())
	must(t, m.Queue(0, driver.Segment{Dur: time.Second, V: 10000, A: -10000, Splice: true}))
	run(m, 0, 1.01e9)
	if r, got := m.Report(0), text(log.last()); r.Emitted != 5000 || r.State != driver.Holding || log.last().Slots[log.last().N-1].Word == 0 {
		t.Errorf("at rest: %+v, %s", r, got)
	}
	run(m, 1.02e9, 1.5e9)
	if got := text(log.last()); log.last().Slots[log.last().N-1].Word != 0 {
		t.Errorf("later: %s", got)
	}
}
