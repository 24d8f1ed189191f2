// SPDX-License-Identifier: GPL-3.0-or-later

package process

import (
	"sync/atomic"
	"time"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/driver/realtime"
	"github.com/siderostep/siderostep/fault"
)

// edges is how many changes of the input lines are kept.
const edges = 256

// inputBox passes the input lines' levels, and their latest changes, from the
// executor process to the daemon.
type inputBox struct {
	read    atomic.Int64  // instant of the latest reading that succeeded
	changes atomic.Uint64 // ever seen; the first is that the lines were read at all
	ring    [edges]struct {
		at     atomic.Int64
		levels atomic.Uint32
	}
}

// note takes over levels read at now, if they are new.
func (b *inputBox) note(now driver.Instant, levels uint32) {
	b.read.Store(int64(now))
	n := b.changes.Load()
	if n > 0 && b.ring[(n-1)%edges].levels.Load() == levels {
		return
	}
	e := &b.ring[n%edges]
	e.at.Store(int64(now))
	e.levels.Store(levels)
	b.changes.Store(n + 1)
}

// Edge is a change of the input lines.
type Edge struct {
	At     driver.Instant // seen within the poll interval after it happened
	Levels uint32         // of all lines since
}

// Inputs are the executor process's input lines, seen from the daemon. Any
// number of goroutines may use them.
type Inputs struct{ m *Memory }

var _ driver.Inputs = Inputs{}

// Read returns the present levels, or fault.Disconnected while no executor
// reads the lines, or cannot: a key that was down then would stay so.
func (i Inputs) Read() (uint32, error) {
	n := i.m.inputs.changes.Load()
	age := realtime.Now().Sub(driver.Instant(i.m.inputs.read.Load()))
	if n == 0 || i.m.stage.Load() != serving || age > inputsStale {
		return 0, fault.New(fault.Disconnected, "read inputs", "no executor reads them")
	}
	return i.m.inputs.ring[(n-1)%edges].levels.Load(), nil
}

// inputsStale is for how long levels may be believed.
const inputsStale = 200 * time.Millisecond

// Edges returns the changes from number from on, the first being 0, and the
// number of the next one to come. Of more than 256 the oldest are lost.
func (i Inputs) Edges(from uint64) (changes []Edge, next uint64) {
	b := &i.m.inputs
	next = b.changes.Load()
	if from > next || next-from > edges {
		from = next - min(next, edges)
	}
	first := from
	for n := from; n < next; n++ {
		e := &b.ring[n%edges]
		changes = append(changes, Edge{driver.Instant(e.at.Load()), e.levels.Load()})
	}
	// What was overwritten meanwhile is not what it was.
	if now := b.changes.Load(); now >= edges && first <= now-edges {
		lost := min(now-edges+1-first, uint64(len(changes)))
		changes = changes[lost:]
	}
	return changes, next
}
