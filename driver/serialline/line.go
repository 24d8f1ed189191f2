// SPDX-License-Identifier: GPL-3.0-or-later

package serialline

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/siderostep/siderostep/clock"
)

// The pause before a device is opened again. It doubles from the first to
// the last, and begins anew once a byte came in or the line held that long.
const (
	reopenFirst = time.Second
	reopenLast  = 30 * time.Second
)

// Line is a serial line that is opened again whenever it was lost.
type Line struct {
	name  string
	open  Opener
	clock clock.Clock
	log   *slog.Logger
	counters
}

// New returns a closed Line. The name is for the log; log may be nil.
func New(name string, open Opener, c clock.Clock, log *slog.Logger) *Line {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Line{name: name, open: open, clock: c, log: log.With("device", name)}
}

// Run opens the line and lets serve use it until serve returns, again and
// again, until ctx ends; then the line is closed under serve's hands. The
// pause between is 1 s and doubles up to 30 s. Only one Run at a time.
func (l *Line) Run(ctx context.Context, serve func(ctx context.Context, c *Conn) error) {
	pause := reopenFirst
	for failing := false; ctx.Err() == nil; {
		rw, err := l.open()
		switch {
		case err == nil:
			failing = false
			before, begun := l.in.Load(), l.clock.Now()
			err = l.use(ctx, attach(rw, l.clock, &l.counters), serve)
			if ctx.Err() != nil {
				return
			}
			l.lost.Add(1)
			l.log.Warn("serial line was lost", "err", err)
			if l.in.Load() > before || l.clock.Now().Sub(begun) >= reopenLast {
				pause = reopenFirst
			}
		case !failing:
			failing = true
			l.log.Warn("serial line cannot be opened; trying again", "err", err)
			fallthrough
		default:
			l.failed.Add(1)
		}
		if clock.Sleep(ctx, l.clock, pause) != nil {
			return
		}
		pause = min(2*pause, reopenLast)
	}
}

// use lets serve use an open line, and closes it.
func (l *Line) use(ctx context.Context, c *Conn, serve func(context.Context, *Conn) error) error {
	l.opened.Add(1)
	l.isOpen.Store(true)
	l.log.Info("serial line is open")
	defer l.isOpen.Store(false)
	defer c.Close()
	defer context.AfterFunc(ctx, func() { c.Close() })()
	return serve(ctx, c)
}

// counters are shared by a Line and its Conns.
type counters struct {
	isOpen                                                   atomic.Bool
	opened, lost, failed, timeouts, stale, overruns, in, out atomic.Uint64
}

// Counts is what happened on a line since it was made.
type Counts struct {
	Open     bool   // the line is open now
	Opened   uint64 // times that it was opened
	Lost     uint64 // times that it was given up after it had been open
	Failed   uint64 // times that it could not be opened
	Timeouts uint64 // replies that did not come, or not wholly
	Stale    uint64 // bytes dropped before a request
	Overruns uint64 // times that bytes were dropped because nobody read
	BytesIn  uint64
	BytesOut uint64
}

// Counts returns the counters. Any goroutine may ask.
func (l *Line) Counts() Counts { return l.load() }

// Counts returns the counters of c, which are those of its Line if it has
// one.
func (c *Conn) Counts() Counts { return c.counts.load() }

func (n *counters) load() Counts {
	return Counts{
		Open: n.isOpen.Load(), Opened: n.opened.Load(), Lost: n.lost.Load(), Failed: n.failed.Load(),
		Timeouts: n.timeouts.Load(), Stale: n.stale.Load(), Overruns: n.overruns.Load(),
		BytesIn: n.in.Load(), BytesOut: n.out.Load(),
	}
}
