// SPDX-License-Identifier: GPL-3.0-or-later

// Package stepdir drives chips that take step pulses and a direction, and
// make the windings' currents themselves; also the pulse and direction
// focusers of the Scope II manual (focus methods 2 and 3), which are such
// chips on other lines.
//
// Every count of the motor is one whole pulse. The original, which works with
// control words that stand until the next step, raises the line for one
// microstep and lowers it for the next, so that its motor gets one pulse for
// two counts; the words on the lines are the same, but the count here is the
// motor's.
//
// A pulse is over when Pulse returns, so nothing is left to be done at an
// instant of its own, and a Motor is not driver.Clocked: an end put off until
// some instant after the start would come too early whenever the start was
// late.
//
// Source: stepper-core §1.4, §1.7; Scope II manual, "MotorControlMethod" and
// "FocusMethod".
package stepdir

import (
	"time"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/fault"
)

// setUp is how long direction, enable and mode lines stand before a pulse.
const setUp = time.Microsecond

// Motor is a driver.Pulser on output lines. It belongs to one goroutine.
type Motor struct {
	lines     driver.Lines
	config    Config
	chip      chip
	wait      func(time.Duration)
	pulse     time.Duration
	mask      uint32 // all its lines
	step      uint32 // the lines' bits; enable is 0 if there is none
	direction uint32
	enable    uint32
	modes     uint32 // levels of the mode lines

	on        bool
	clockwise bool
	known     bool // the lines are as on and clockwise say

	// How far the chip has stepped since New, in finest steps, 256 to the full
	// step, within one full step.
	place uint8
	size  uint16 // of one pulse, finest steps
}

var _ driver.Pulser = (*Motor)(nil)

// New returns a motor whose windings it has switched off. wait busy-waits for
// the durations of pulses, a few microseconds at most; it may wait for longer,
// not for less. New returns fault.Invalid for a bad config, fault.Hardware when
// the lines cannot be set.
func New(lines driver.Lines, c Config, wait func(time.Duration)) (*Motor, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	kind, _ := chips(c.Chip)
	m := &Motor{lines: lines, config: c, chip: kind, wait: wait, pulse: kind.pulse, step: 1 << c.Step, direction: 1 << c.Direction}
	if c.MinPulseNs > 0 {
		m.pulse = time.Duration(c.MinPulseNs)
	}
	if c.Enable >= 0 {
		m.enable = 1 << c.Enable
	}
	m.mask = m.step | m.direction | m.enable
	for _, line := range c.Modes {
		m.mask |= 1 << line
	}
	m.setMode(c.Microsteps)
	if err := m.Off(); err != nil {
		return nil, err
	}
	return m, nil
}

// Pulse makes one step now, whatever instant at is, clockwise or not, and
// returns when the pulse is over: after two pulse durations, and a microsecond
// if the direction changes. It switches the windings on first if they are off.
//
// It returns fault.Hardware when the lines do not take it. Whether the motor
// has made the step is then not known.
func (m *Motor) Pulse(_ driver.Instant, clockwise bool) error {
	pause := m.pulse // the line has been low for no longer than since the latest pulse
	if !m.known || !m.on || m.clockwise != clockwise {
		m.on, m.clockwise = true, clockwise
		if err := m.show(0); err != nil {
			return err
		}
		pause = max(pause, setUp)
	}
	m.wait(pause)
	if err := m.show(m.step); err != nil {
		return err
	}
	if clockwise {
		m.place += uint8(m.size)
	} else {
		m.place -= uint8(m.size)
	}
	m.wait(m.pulse)
	return m.show(0)
}

// On switches the windings on, so that the motor holds, with fault.Hardware
// when the lines do not take it.
func (m *Motor) On() error {
	m.on = true
	return m.show(0)
}

// Off switches the windings off, as far as there is an enable line, with
// fault.Hardware when the lines do not take it. The next Pulse switches them on
// again.
func (m *Motor) Off() error {
	m.on = false
	return m.show(0)
}

// Close switches the windings off.
func (m *Motor) Close() error { return m.Off() }

// SetMicrosteps makes every further pulse one of so many to the full step. The
// caller counts accordingly. It returns fault.Unsupported when the chip cannot
// make them or its mode lines are not wired, and fault.Refused unless the motor
// stands on a step of both modes, for else the chip would leave its place: in
// 32 microsteps, only every fourth count is one of 8. In each case nothing
// changes.
//
// Places count from New, where the motor is taken to stand on a full step, as
// it does after the chip was switched on.
func (m *Motor) SetMicrosteps(n int) error {
	if _, can := m.chip.modes[n]; !can || len(m.config.Modes) == 0 {
		return fault.New(fault.Unsupported, "stepdir", "%d microsteps per full step on %d mode lines of a %s", n, len(m.config.Modes), m.config.Chip)
	}
	if uint16(m.place)%(finest/uint16(n)) != 0 {
		return fault.New(fault.Refused, "stepdir", "the motor stands %d/256 of a full step beyond one, which is no multiple of 1/%d", m.place, n)
	}
	before, size := m.modes, m.size
	m.setMode(n)
	if err := m.show(0); err != nil {
		m.modes, m.size = before, size
		return err
	}
	m.wait(setUp)
	return nil
}

// finest is the number of finest steps in a full step.
const finest = 256

func (m *Motor) setMode(n int) {
	m.size = uint16(finest / n)
	m.modes = 0
	for i, line := range m.config.Modes {
		m.modes |= uint32(m.chip.modes[n]>>i&1) << line
	}
}

// show writes all the motor's lines, with the step line as told.
func (m *Motor) show(step uint32) error {
	word := step
	if m.clockwise != m.config.Reverse {
		word |= m.direction
	}
	if m.config.Invert {
		word ^= m.step | m.direction
	}
	if m.on == m.config.EnableHigh {
		word |= m.enable
	}
	err := m.lines.Write(word|m.modes, m.mask)
	m.known = err == nil
	if err != nil {
		return fault.Wrap(fault.Hardware, "step and direction", err)
	}
	return nil
}
