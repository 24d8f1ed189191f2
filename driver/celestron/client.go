// SPDX-License-Identifier: GPL-3.0-or-later

package celestron

import (
	"context"
	"io"
	"sync/atomic"
	"time"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/fault"
)

// Baud is the nominal speed of the line.
const Baud = 9600

const (
	// Timeout is how long an answer is waited for; Tries how often it is
	// asked for.
	Timeout = 2 * time.Second
	Tries   = 3

	// patience is the longest wait in one piece, so that a caller who gives
	// up is heard soon, and the longest pause within a frame, whose bytes
	// follow each other in a millisecond.
	patience = 50 * time.Millisecond
	// drainMost bounds what is thrown away before a request, in pieces of 64
	// bytes: a line that never falls silent must not keep it from going out.
	drainMost = 64
)

const op = "focus motor"

// Line is an open serial line. Close may be called by another goroutine.
type Line interface {
	io.WriteCloser
	// ReadFor waits up to d for bytes and returns how many came in; 0 and no
	// error when none did. An error means that the line is gone.
	ReadFor(b []byte, d time.Duration) (int, error)
}

// Client asks one focus motor. One goroutine at a time may use it, but for
// Counts.
type Client struct {
	open    func() (Line, error)
	clock   clock.Clock
	line    Line // nil while not connected
	decoder Decoder

	requests, timeouts, foreign, garbage atomic.Uint64
}

// Counts is what happened since the client was made.
type Counts struct {
	Requests uint64 // asked for, retries not counted
	Timeouts uint64 // requests that had no answer in time; each try counts
	Foreign  uint64 // frames that answered nothing we asked
	Garbage  uint64 // bytes that were no frame
}

// New returns a client that is not connected. open opens the line anew; it
// should not wait for long.
func New(open func() (Line, error), c clock.Clock) *Client { return &Client{open: open, clock: c} }

// Counts returns the counters, as of the latest answer. Any goroutine may ask.
func (c *Client) Counts() Counts {
	return Counts{Requests: c.requests.Load(), Timeouts: c.timeouts.Load(), Foreign: c.foreign.Load(), Garbage: c.garbage.Load()}
}

// Connect opens the line and sees that a focus motor answers on it. On
// failure, always fault.Hardware, the line is closed.
func (c *Client) Connect(ctx context.Context) error {
	c.Close()
	line, err := c.open()
	if err != nil {
		return fault.Wrap(fault.Hardware, op, err)
	}
	c.line = line
	if _, err := c.Version(ctx); err != nil {
		c.Close()
		return err
	}
	return nil
}

// Close closes the line. It is idempotent.
func (c *Client) Close() {
	if c.line != nil {
		_ = c.line.Close() // nothing is left to be written
		c.line = nil
	}
	c.decoder.Reset()
}

// ask sends a command and returns the data of its answer, which must be at
// least of a length. It returns fault.Disconnected before Connect and after
// Close, fault.Hardware when there is no answer in Tries or the line is gone,
// and fault.Cancelled when ctx ends.
func (c *Client) ask(ctx context.Context, command byte, least int, data ...byte) ([]byte, error) {
	if c.line == nil {
		return nil, fault.New(fault.Disconnected, op, "the line is not open")
	}
	c.requests.Add(1)
	defer func() { c.garbage.Store(c.decoder.Skipped) }()
	request := Frame{Source: application, Destination: focuser, Command: command, Data: data}
	bytes := request.Append(nil)
	for range Tries {
		if err := c.flush(); err != nil {
			return nil, err
		}
		if _, err := c.line.Write(bytes); err != nil {
			return nil, fault.Wrap(fault.Hardware, op, err)
		}
		answer, err := c.await(ctx, command, least)
		if err != nil || answer != nil {
			return answer, err
		}
		c.timeouts.Add(1)
	}
	return nil, fault.New(fault.Hardware, op, "no answer to command %02X in %d tries of %v; is the motor powered, and is this its line?", command, Tries, Timeout)
}

// flush throws away what came in since the last answer: it answers nothing
// that is still to be asked.
func (c *Client) flush() error {
	c.decoder.Reset()
	var b [64]byte
	for range drainMost {
		n, err := c.line.ReadFor(b[:], 0)
		switch {
		case err != nil:
			return fault.Wrap(fault.Hardware, op, err)
		case n == 0:
			return nil
		}
		c.decoder.Skipped += uint64(n)
	}
	return nil
}

// await returns the data of the answer to a command, not nil, or nil when
// there is none in time.
func (c *Client) await(ctx context.Context, command byte, least int) ([]byte, error) {
	until := c.clock.Now().Add(Timeout)
	var b [64]byte
	for {
		for f, ok := c.decoder.Next(); ok; f, ok = c.decoder.Next() {
			if f.Source == focuser && f.Destination == application && f.Command == command && len(f.Data) >= least {
				return append([]byte{}, f.Data...), nil
			}
			c.foreign.Add(1) // our own echo, another device's, or an answer come late
		}
		if err := ctx.Err(); err != nil {
			return nil, fault.Wrap(fault.Cancelled, op, err)
		}
		left := until.Sub(c.clock.Now())
		if left <= 0 {
			return nil, nil
		}
		n, err := c.line.ReadFor(b[:], min(left, patience))
		if err != nil {
			return nil, fault.Wrap(fault.Hardware, op, err)
		}
		if n == 0 {
			c.decoder.Expire()
		}
		c.decoder.Feed(b[:n])
	}
}
