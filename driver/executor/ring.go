// SPDX-License-Identifier: GPL-3.0-or-later

package executor

import (
	"sync/atomic"

	"github.com/siderostep/siderostep/driver"
)

// RingSize is the number of segments an executor holds for one axis, being
// played and waiting. It is a power of two.
const RingSize = 256

// reserve is how many of them only a change of plan can use, so that a long
// queue never keeps a guide pulse or a stop from getting through.
const reserve = RingSize / 4

// entry is one slot of a Ring. It holds no pointers.
type entry struct {
	seg   driver.Segment
	epoch uint64 // the resumption it was queued under; see Board
}

// Ring hands segments from one planner to one executor without locks. It
// holds no pointers, so it can lie in memory shared by two processes; the
// zero Ring is empty.
//
// An entry stays the planner's loss until the executor has finished with the
// segment, so that the executor's own copy of the queue always has room for
// all that is in the ring.
type Ring struct {
	pushed  atomic.Uint64 // entries ever written; written by the planner
	_       [56]byte      // keep the two counters on separate cache lines
	retired atomic.Uint64 // segments ever played or discarded; written by the executor
	_       [56]byte
	entries [RingSize]entry
}

// Held returns the number of segments that are not finished with.
func (r *Ring) Held() int { return int(r.pushed.Load() - r.retired.Load()) }

// push appends s. Only the planner calls it, having seen that Held is less
// than RingSize.
func (r *Ring) push(s driver.Segment, epoch uint64) {
	i := r.pushed.Load()
	r.entries[i%RingSize] = entry{s, epoch}
	r.pushed.Store(i + 1)
}

// at returns the entry with index i, or nil when it is yet to be written, or
// when the counter makes no sense. Only the executor calls it, with i from its
// retired count on.
func (r *Ring) at(i uint64) *entry {
	if n := r.pushed.Load() - i; n == 0 || n > RingSize {
		return nil
	}
	return &r.entries[i%RingSize]
}

// sane reports whether the counters are as they can be, taken entries having
// been taken.
func (r *Ring) sane(taken uint64) bool {
	pushed, retired := r.pushed.Load(), r.retired.Load()
	return pushed-taken <= RingSize && taken-retired <= RingSize
}

// retire gives n entries back to the planner.
func (r *Ring) retire(n int) { r.retired.Add(uint64(n)) }
