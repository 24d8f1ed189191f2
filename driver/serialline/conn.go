// SPDX-License-Identifier: GPL-3.0-or-later

package serialline

import (
	"bytes"
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/fault"
)

// How a Conn fails. All are fault.Hardware.
var (
	ErrLost    = fault.New(fault.Hardware, op, "the line is gone")
	ErrStuck   = fault.New(fault.Hardware, op, "the line takes no more bytes")
	ErrTimeout = fault.New(fault.Hardware, op, "no reply in time")
	ErrOverrun = fault.New(fault.Hardware, op, "more bytes came in than anybody read; the oldest were dropped")
)

const (
	earlyMax  = 5               // ends of file in a row, too early for a time-out, that mean a loss
	writeMax  = 2 * time.Second // how long a line may take to accept a write, or to close
	bufferMax = 16384           // bytes held for a reader
	replyMax  = 1024            // bytes of a reply
)

// Conn is an open line. One goroutine may read or ask, another write; Close
// may be called by any, at any time.
//
// A goroutine of its own reads what comes in, so that a deadline can be
// finer than the device's, and a loss is noticed while nobody reads.
type Conn struct {
	rw     io.ReadWriteCloser
	clock  clock.Clock
	counts *counters
	close  func() error
	more   chan struct{} // something changed below
	ended  chan struct{} // nobody reads from rw any more

	mu      sync.Mutex
	in      []byte // come in, not yet read
	overrun bool   // and in is not all of it
	err     error  // why there will be no more
}

// Attach returns a Conn on what is open already.
func Attach(rw io.ReadWriteCloser, c clock.Clock) *Conn { return attach(rw, c, new(counters)) }

func attach(rw io.ReadWriteCloser, c clock.Clock, n *counters) *Conn {
	l := &Conn{rw: rw, clock: c, counts: n, more: make(chan struct{}, 1), ended: make(chan struct{})}
	l.close = sync.OnceValue(func() error {
		return l.within(func() error {
			err := rw.Close()
			<-l.ended
			return err
		})
	})
	go l.pump()
	return l
}

// Close waits for the device's own time-out, but not for a write that is
// stuck. It is idempotent; what has come in can still be read.
func (c *Conn) Close() error { return c.close() }

// pump reads until the line is gone or closed.
func (c *Conn) pump() {
	defer close(c.ended)
	b := make([]byte, 512)
	for early := 0; early < earlyMax; {
		begun := c.clock.Now()
		n, err := c.rw.Read(b)
		c.deliver(b[:n])
		switch {
		case err != nil && !errors.Is(err, io.EOF):
			c.end(&fault.Error{Kind: ErrLost, Op: ErrLost.Op, Msg: ErrLost.Msg, Err: err})
			return
		case n > 0 || c.clock.Now().Sub(begun) >= Tick/2:
			early = 0
		default:
			early++
		}
	}
	c.end(ErrLost)
}

// deliver holds b for a reader, at the cost of the oldest bytes.
func (c *Conn) deliver(b []byte) {
	if len(b) == 0 {
		return
	}
	c.counts.in.Add(uint64(len(b)))
	c.mu.Lock()
	c.in = append(c.in, b...)
	if over := len(c.in) - bufferMax; over > 0 {
		c.in = append(c.in[:0], c.in[over:]...)
		if !c.overrun {
			c.counts.overruns.Add(1)
		}
		c.overrun = true
	}
	c.mu.Unlock()
	c.notify()
}

func (c *Conn) end(err error) {
	c.mu.Lock()
	c.err = err
	c.mu.Unlock()
	c.notify()
}

func (c *Conn) notify() {
	select {
	case c.more <- struct{}{}:
	default:
	}
}

// take moves what has come in to b, and returns an error when there is
// nothing and will be nothing.
func (c *Conn) take(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.overrun {
		c.overrun = false
		return 0, ErrOverrun
	}
	n := copy(b, c.in)
	c.in = append(c.in[:0], c.in[n:]...)
	if n == 0 {
		return 0, c.err
	}
	return n, nil
}

// Read is ReadFor of twice Tick. So it returns 0 and no error when there was
// no byte for a while.
func (c *Conn) Read(b []byte) (int, error) { return c.ReadFor(b, 2*Tick) }

// ReadFor waits up to d for a byte and returns what has come in, or 0 and no
// error when nothing has. It returns ErrOverrun, once, when bytes were
// dropped, and ErrLost when the line is gone or closed and all that came has
// been read.
func (c *Conn) ReadFor(b []byte, d time.Duration) (int, error) {
	return c.read(context.Background(), b, d)
}

func (c *Conn) read(ctx context.Context, b []byte, d time.Duration) (int, error) {
	timer := c.clock.NewTimer(d)
	defer timer.Stop()
	for {
		if n, err := c.take(b); n > 0 || err != nil {
			return n, err
		}
		select {
		case <-c.more:
		case <-timer.C():
			return c.take(b)
		case <-ctx.Done():
			return 0, fault.Wrap(fault.Cancelled, op, ctx.Err())
		}
	}
}

// Drop forgets what has come in and was not read, and returns how many bytes
// that were.
func (c *Conn) Drop() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := len(c.in)
	c.in, c.overrun = c.in[:0], false
	c.counts.stale.Add(uint64(n))
	return n
}

// Ask drops what came in before, writes request, and collects what comes in
// within wait, until done says that it is enough. It returns ErrTimeout, and
// what came, when done never did, ErrLost or ErrStuck when the line failed,
// and fault.Cancelled when ctx ended. Without a done, all that comes within
// wait is the reply, and only silence is ErrTimeout. A line that babbles is cut
// short at 1024 bytes.
func (c *Conn) Ask(ctx context.Context, request []byte, wait time.Duration, done func(got []byte) bool) ([]byte, error) {
	c.Drop()
	if _, err := c.Write(request); err != nil {
		return nil, err
	}
	return c.Await(ctx, wait, done)
}

// Await is Ask without a request, and drops nothing.
func (c *Conn) Await(ctx context.Context, wait time.Duration, done func(got []byte) bool) ([]byte, error) {
	var got []byte
	b := make([]byte, 256)
	for end := c.clock.Now().Add(wait); len(got) < replyMax; {
		n, err := c.read(ctx, b, end.Sub(c.clock.Now()))
		if err != nil {
			return got, err
		}
		if n == 0 {
			break
		}
		got = append(got, b[:n]...)
		if done != nil && done(got) {
			return got, nil
		}
	}
	if done == nil && len(got) > 0 {
		return got, nil
	}
	c.counts.timeouts.Add(1)
	return got, ErrTimeout
}

// Write returns ErrStuck when the line has not taken b in two seconds. The
// system then still holds on to b, until the line takes it or is unplugged.
func (c *Conn) Write(b []byte) (int, error) {
	b = bytes.Clone(b)
	err := c.within(func() error {
		_, err := c.rw.Write(b)
		return err
	})
	if err != nil {
		return 0, err
	}
	c.counts.out.Add(uint64(len(b)))
	return len(b), nil
}

// WriteSlowly writes b with a pause after each byte, for devices that take
// in characters one by one. It fails as Write does, or with fault.Cancelled.
func (c *Conn) WriteSlowly(ctx context.Context, b []byte, pause time.Duration) error {
	for i := range b {
		if _, err := c.Write(b[i : i+1]); err != nil {
			return err
		}
		if err := clock.Sleep(ctx, c.clock, pause); err != nil {
			return fault.Wrap(fault.Cancelled, op, err)
		}
	}
	return nil
}

// within does what may wait for ever, and waits for it two seconds.
func (c *Conn) within(do func() error) error {
	done := make(chan error, 1)
	go func() { done <- do() }()
	timer := c.clock.NewTimer(writeMax)
	defer timer.Stop()
	select {
	case err := <-done:
		if err != nil {
			return fault.Wrap(fault.Hardware, op, err)
		}
		return nil
	case <-timer.C():
		return ErrStuck
	}
}
