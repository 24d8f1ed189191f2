// SPDX-License-Identifier: GPL-3.0-or-later

package clock

import (
	"sync"
	"time"
)

// Manual is a clock that a test moves by hand. It is safe for use by several
// goroutines.
type Manual struct {
	mu      sync.Mutex
	now     time.Time
	waiters map[*waiter]struct{}
}

// NewManual returns a Manual that reads start.
func NewManual(start time.Time) *Manual {
	return &Manual{now: start, waiters: map[*waiter]struct{}{}}
}

// Now returns the instant to which the clock was last moved.
func (m *Manual) Now() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.now
}

// Speed returns 0: the clock does not run by itself.
func (m *Manual) Speed() float64 { return 0 }

// Advance moves the clock by d, firing in order the timers and tickers that
// fall due. A ticker whose last tick nobody has received drops ticks, as
// time.Ticker does.
func (m *Manual) Advance(d time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	end := m.now.Add(d)
	for {
		var next *waiter
		for w := range m.waiters {
			if !w.due.After(end) && (next == nil || w.due.Before(next.due)) {
				next = w
			}
		}
		if next == nil {
			break
		}
		m.now = next.due
		select {
		case next.c <- m.now:
		default:
		}
		if next.every > 0 {
			next.due = next.due.Add(next.every)
		} else {
			delete(m.waiters, next)
		}
	}
	m.now = end
}

// NewTicker returns a ticker that fires as the clock is moved.
func (m *Manual) NewTicker(d time.Duration) Ticker { return manualTicker{m.add(d, d)} }

// NewTimer returns a timer that fires once as the clock is moved.
func (m *Manual) NewTimer(d time.Duration) Timer { return m.add(d, 0) }

func (m *Manual) add(d, every time.Duration) *waiter {
	m.mu.Lock()
	defer m.mu.Unlock()
	w := &waiter{clock: m, due: m.now.Add(d), every: every, c: make(chan time.Time, 1)}
	if d <= 0 && every == 0 {
		w.c <- m.now
		return w
	}
	m.waiters[w] = struct{}{}
	return w
}

type waiter struct {
	clock *Manual
	due   time.Time
	every time.Duration // 0 for a timer
	c     chan time.Time
}

func (w *waiter) C() <-chan time.Time { return w.c }

func (w *waiter) Stop() bool {
	w.clock.mu.Lock()
	defer w.clock.mu.Unlock()
	_, waiting := w.clock.waiters[w]
	delete(w.clock.waiters, w)
	return waiting
}

type manualTicker struct{ w *waiter }

func (t manualTicker) C() <-chan time.Time { return t.w.c }
func (t manualTicker) Stop()               { t.w.Stop() }
