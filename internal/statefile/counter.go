// SPDX-License-Identifier: GPL-3.0-or-later

package statefile

import (
	"sync/atomic"
	"time"

	"github.com/siderostep/siderostep/clock"
)

// Counter counts how often a file was written. The zero value is ready for
// use, and any goroutine may read it.
type Counter struct {
	done, failed atomic.Uint64
	last         atomic.Int64 // ns since 1970; 0 for never
	took         clock.Durations
}

// Count is what a Counter has counted.
type Count struct {
	Done   uint64
	Failed uint64
	Last   time.Time   // when the file was last written; zero for never
	Took   clock.Tally // of those done: until the file was safe on the disk
}

// Load returns what was counted so far.
func (c *Counter) Load() Count {
	v := Count{Done: c.done.Load(), Failed: c.failed.Load(), Took: c.took.Load()}
	if ns := c.last.Load(); ns != 0 {
		v.Last = time.Unix(0, ns)
	}
	return v
}

// Count counts a write, which it lets do, and returns its error.
func (c *Counter) Count(by clock.Clock, do func() error) error {
	began := by.Now()
	err := do()
	now := by.Now()
	if err != nil {
		c.failed.Add(1)
		return err
	}
	c.done.Add(1)
	c.last.Store(now.UnixNano())
	c.took.Add(now.Sub(began))
	return nil
}
