// SPDX-License-Identifier: GPL-3.0-or-later

package executor

import (
	"sync"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/driver"
)

// Inline is an executor inside the planner's process, driven by its Beat:
// driver.Motors for the bench. All motion up to a Beat is played before the
// Beat returns.
type Inline struct {
	mu      sync.Mutex
	planner *Planner
	exec    *Executor
	board   *Board
}

var _ driver.Motors = (*Inline)(nil)

// NewInline returns axes described by c, at rest and released, with all
// windings off. It returns fault.Invalid when c does not fit out, or the
// port's error when the windings cannot be switched off.
func NewInline(c Config, out Outputs) (*Inline, error) {
	board := new(Board)
	exec, err := New(c, out, board, 0)
	if err != nil {
		return nil, err
	}
	return &Inline{planner: NewPlanner(c, board), exec: exec, board: board}, nil
}

// Beat plays everything up to now.
func (m *Inline) Beat(now driver.Instant) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.planner.Beat(now)
	m.exec.Advance(now)
}

// Queue appends s to the motion of an axis; see Planner.Queue.
func (m *Inline) Queue(axis int, s driver.Segment) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.planner.Queue(axis, s)
}

// Report returns what was played as of the latest Beat, Resume or Release.
func (m *Inline) Report(axis int) driver.Report {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.planner.Report(axis)
}

// Lateness returns by how much the executor came after the events that it was
// called for. Beat plays at exact instants what was due since the one before,
// so up to a beat is as it should be.
func (m *Inline) Lateness() clock.Tally { return m.planner.Lateness() }

// Counters returns the axis's counters.
func (m *Inline) Counters(axis int) driver.Counters {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.exec.Counters(axis)
}

// Halt makes the axes brake from the latest Beat on, at the next one. It
// waits for nobody.
func (m *Inline) Halt() { m.board.Halt() }

// Resume ends a halt or a release, effective at once.
func (m *Inline) Resume() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.request(m.planner.Resume)
}

// Release cuts the winding currents at once.
func (m *Inline) Release() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.request(m.planner.Release)
}

// request lets the executor note what happened since the latest Beat, so that
// the planner decides on fresh reports, and then act on the decision.
func (m *Inline) request(decide func() error) error {
	m.exec.Advance(m.exec.played)
	if err := decide(); err != nil {
		return err
	}
	m.exec.Advance(m.exec.played)
	return nil
}

// Close switches all windings off, moving or not. Nothing moves afterwards.
func (m *Inline) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.exec.Close()
}
