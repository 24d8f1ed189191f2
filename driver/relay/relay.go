// SPDX-License-Identifier: GPL-3.0-or-later

// Package relay runs a DC motor behind relays, as the Scope II manual's focus
// methods 0 and 1 do: one line for each direction, and two more where there is
// a slow speed.
//
// Two relays drawn at once short the supply, and a motor thrown into reverse
// burns their contacts, so that at most one line is on, and all are off for a
// dead time between one and another. A motor that nobody stops (its owner has
// died, a key is stuck) is stopped.
//
// Source: stepper-core §7.1; Scope II manual, "FocusMethod".
package relay

import (
	"time"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/fault"
)

// Motor is a driver.Relay on output lines, and a driver.Clocked that has to be
// called when a dead time or the longest run is over. It belongs to one
// goroutine.
type Motor struct {
	lines driver.Lines
	all   uint32    // its lines
	fast  [2]uint32 // the line for in, out
	slow  [2]uint32
	idle  uint32 // levels of all lines with all relays off
	dead  time.Duration
	limit time.Duration

	now    driver.Instant // latest that was heard of
	want   uint32         // the line that is to be on, 0: none
	on     uint32         // the line that is on
	before uint32         // the one that was on before on became 0
	since  driver.Instant // when on became what it is
	unsure bool           // the latest write failed
	ran    bool           // ran one way for too long, and was not stopped since
}

var (
	_ driver.Relay   = (*Motor)(nil)
	_ driver.Clocked = (*Motor)(nil)
	_ driver.Relay   = slowly{}
)

// New returns a motor that it has switched off. It returns fault.Invalid for a
// bad config, fault.Hardware when the lines cannot be set.
func New(lines driver.Lines, c Config) (*Motor, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	m := &Motor{
		lines: lines,
		fast:  [2]uint32{1 << c.In, 1 << c.Out},
		dead:  time.Duration(c.DeadTimeMs) * time.Millisecond,
		limit: time.Duration(c.MaxOnS) * time.Second,
	}
	if c.SlowOut >= 0 {
		m.slow = [2]uint32{1 << c.SlowIn, 1 << c.SlowOut}
	}
	if c.Reverse {
		m.fast[0], m.fast[1] = m.fast[1], m.fast[0]
		m.slow[0], m.slow[1] = m.slow[1], m.slow[0]
	}
	m.all = m.fast[0] | m.fast[1] | m.slow[0] | m.slow[1]
	if c.ActiveLow {
		m.idle = m.all
	}
	if err := m.write(0); err != nil {
		return nil, err
	}
	return m, nil
}

// Switch makes the motor run at its only, or fast, speed: 1 outward, −1
// inward, 0 stop. A start or reversal within the dead time happens when that is
// over.
//
// It returns fault.Invalid for another direction. It returns fault.Hardware,
// with the relays off as far as that can be done, when the lines do not take
// it, and for a motor that was stopped because it ran too long, until the next
// stop.
func (m *Motor) Switch(at driver.Instant, direction int) error { return m.turn(at, direction, m.fast) }

// Slow returns the motor's slow speed, which is the fast one if there is no
// other. The two are one motor: whichever was switched last counts.
func (m *Motor) Slow() driver.Relay { return slowly{m} }

type slowly struct{ m *Motor }

// Switch is Motor.Switch at the slow speed.
func (s slowly) Switch(at driver.Instant, direction int) error {
	if s.m.slow == [2]uint32{} {
		return s.m.Switch(at, direction)
	}
	return s.m.turn(at, direction, s.m.slow)
}

// turn makes the motor run on one of a pair of lines.
func (m *Motor) turn(at driver.Instant, direction int, pair [2]uint32) error {
	m.now = max(m.now, at)
	switch direction {
	case 0:
		m.want, m.ran = 0, false
	case 1, -1:
		if m.ran {
			return fault.New(fault.Hardware, "relay", "the motor ran one way for %v and was switched off; stop it first", m.limit)
		}
		m.want = pair[(direction+1)/2]
	default:
		return fault.New(fault.Invalid, "relay", "direction %d; it must be 1 (out), -1 (in) or 0 (stop)", direction)
	}
	return m.act()
}

// Next returns when the dead time or the longest run is over, or when lines
// that failed are to be tried again; Never when the motor stands.
func (m *Motor) Next() driver.Instant {
	switch {
	case m.unsure, m.on != m.want:
		return m.since.Add(m.dead)
	case m.on != 0:
		return m.since.Add(m.limit)
	}
	return driver.Never
}

// Advance does what is due at now. It returns fault.Hardware when the motor
// has run too long, once, and when the lines do not take it, in which case it
// tries to switch off again after another dead time.
func (m *Motor) Advance(now driver.Instant) error {
	m.now = max(m.now, now)
	if m.now < m.Next() {
		return nil
	}
	if m.on != 0 && m.on == m.want {
		m.want, m.ran = 0, true
		if err := m.act(); err != nil {
			return err
		}
		return fault.New(fault.Hardware, "relay", "the motor ran one way for %v and was switched off", m.limit)
	}
	return m.act()
}

// act brings the relays nearer to what is wanted, as far as it is time.
func (m *Motor) act() error {
	rested := m.now >= m.since.Add(m.dead)
	switch {
	case m.unsure:
		if rested || m.want == 0 {
			return m.write(0)
		}
	case m.on != 0 && m.on != m.want:
		m.before = m.on
		return m.write(0)
	case m.on != m.want && (rested || m.want == m.before || m.before == 0):
		return m.write(m.want)
	}
	return nil
}

// write switches one line on, or none. When that fails, nobody knows which
// relays are on: the motor is to stop, and any start has to wait.
func (m *Motor) write(line uint32) error {
	m.on, m.since = line, m.now
	err := m.lines.Write(line^m.idle, m.all)
	m.unsure = err != nil
	if err != nil {
		m.before |= m.all // no line was the only one
		m.on, m.want = 0, 0
		return fault.Wrap(fault.Hardware, "relay", err)
	}
	return nil
}

// Close switches the motor off.
func (m *Motor) Close() error {
	m.want = 0
	return m.write(0)
}
