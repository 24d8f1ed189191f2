// SPDX-License-Identifier: GPL-3.0-or-later

package encoder

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/driver/serialline"
	"github.com/siderostep/siderostep/fault"
)

// Parts are what a Reader works with.
type Parts struct {
	Clock clock.Clock
	Epoch time.Time         // the clock's reading at driver.Instant 0
	Open  serialline.Opener // nil for that of the Config
	Log   *slog.Logger      // nil for none

	// Reading and Sky are given what the box says, from the goroutine of Run,
	// and return soon. Sky is for boxes that tell places on the sky, Reading
	// for all others; the one for the configured box must be there.
	Reading func(driver.EncoderReading)
	Sky     func(SkyReading)
}

// State says what a Reader has got.
type State uint8

// The states of a Reader.
const (
	Closed  State = iota // the line is not open
	Waiting              // the line is open, but the latest question brought no reading
	Reading              // the latest question brought a reading
)

func (s State) String() string { return [...]string{"closed", "waiting", "reading"}[s] }

// Status is what a Reader has done.
type Status struct {
	State State
	Last  driver.EncoderReading // the latest, if there ever was one
	Sky   SkyReading            // likewise
	Raw   [2]int64              // the counts of Z and A behind Last
	Err   string                // what went wrong last; it may be long past
	Tally
	Line serialline.Counts
}

// Reader reads the encoders again and again, and opens their line again when
// it was lost. Angles go on then: a box that kept its power lost nothing. One
// that did not counts from zero; that shows as a jump.
type Reader struct {
	parts  Parts
	box    *Box
	line   *serialline.Line
	reset  atomic.Bool // the box is to be reset
	status atomic.Pointer[Status]
}

// New returns a Reader, which does nothing before it Runs. It returns
// fault.Invalid for a Config that cannot serve, or names no box, and
// fault.Unsupported when nobody takes what the box tells.
func New(cfg Config, p Parts) (*Reader, error) {
	box, err := NewBox(cfg, nil, p.Clock, p.Epoch)
	if err != nil {
		return nil, err
	}
	if box.wire.sky && p.Sky == nil {
		return nil, fault.New(fault.Unsupported, "configuration", "encoders.protocol %s tells places on the sky, but only angles of axes are of use here", cfg.Protocol)
	}
	if !box.wire.sky && p.Reading == nil {
		return nil, fault.New(fault.Unsupported, "configuration", "encoders.protocol %s tells angles of axes, but only places on the sky are of use here", cfg.Protocol)
	}
	if p.Open == nil {
		p.Open = cfg.Opener()
	}
	if p.Log == nil {
		p.Log = slog.New(slog.DiscardHandler)
	}
	r := &Reader{parts: p, box: box, line: serialline.New(cfg.Device, p.Open, p.Clock, p.Log)}
	r.reset.Store(cfg.ResetAtStart && box.CanReset())
	r.status.Store(&Status{})
	return r, nil
}

// Status returns what was done so far. Any goroutine may ask.
func (r *Reader) Status() Status {
	s := *r.status.Load()
	s.Line = r.line.Counts()
	if !s.Line.Open {
		s.State = Closed
	}
	return s
}

// Reset makes Run reset the box before it is asked again, until the box has
// confirmed. Readings go on from the same angles, so the axes should stand
// still. It returns fault.Unsupported for a box that cannot be reset.
func (r *Reader) Reset() error {
	if !r.box.CanReset() {
		return fault.New(fault.Unsupported, "reset encoders", "a box of protocol %s cannot be reset", r.box.config.Protocol)
	}
	r.reset.Store(true)
	return nil
}

// Run reads until ctx ends.
func (r *Reader) Run(ctx context.Context) error {
	r.line.Run(ctx, r.serve)
	return nil
}

// serve reads from an open line until it is lost.
func (r *Reader) serve(ctx context.Context, c *serialline.Conn) error {
	r.box.conn = c
	tick := r.parts.Clock.NewTicker(time.Duration(r.box.config.PollS * float64(time.Second)))
	defer tick.Stop()
	for {
		err := r.poll(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		r.publish(err)
		if err != nil && !errors.Is(err, ErrReply) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C():
		}
	}
}

// poll resets the box if that is due, asks it, and tells what it says.
func (r *Reader) poll(ctx context.Context) error {
	if r.reset.Load() {
		if err := r.box.Reset(ctx); err != nil {
			return err
		}
		r.reset.Store(false)
	}
	next := *r.status.Load()
	if r.box.wire.sky {
		s, err := r.box.ReadSky(ctx)
		if err != nil {
			return err
		}
		next.Sky = s
		r.status.Store(&next)
		r.parts.Sky(s)
		return nil
	}
	e, err := r.box.Read(ctx)
	if err != nil {
		return err
	}
	next.Last, next.Raw = e, r.box.Raw()
	r.status.Store(&next)
	r.parts.Reading(e)
	return nil
}

// publish shows how a poll ended, and logs when that changed.
func (r *Reader) publish(err error) {
	was := r.status.Load()
	next := *was
	next.Tally = r.box.Tally()
	next.State = Reading
	if err != nil {
		next.State, next.Err = Waiting, err.Error()
	}
	r.status.Store(&next)
	switch {
	case next.State == was.State:
	case err != nil:
		r.parts.Log.Warn("encoders cannot be read", "err", err)
	default:
		r.parts.Log.Info("encoders are read", "reads", next.Reads, "silent", next.Silent, "garbage", next.Garbage)
	}
}
