// SPDX-License-Identifier: GPL-3.0-or-later

package serialline

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/fault"
)

// bubble runs f with a Conn on a fake port, in a bubble of its own time.
func bubble(t *testing.T, f func(t *testing.T, c *Conn, p *fakePort)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		p := newFakePort()
		c := Attach(p, clock.Real{})
		defer c.Close()
		f(t, c, p)
	})
}

// elapsed returns how long f takes.
func elapsed(f func()) time.Duration {
	begun := time.Now()
	f()
	return time.Since(begun)
}

func line(got []byte) bool { return bytes.HasSuffix(got, []byte("\r")) }

func TestIdleIsNotLoss(t *testing.T) {
	bubble(t, func(t *testing.T, c *Conn, p *fakePort) {
		d := elapsed(func() {
			for range 100 {
				if n, err := c.Read(make([]byte, 9)); n != 0 || err != nil {
					t.Fatal(n, err)
				}
			}
		})
		if d != 20*time.Second {
			t.Errorf("100 reads of a silent line took %v", d)
		}
		p.in <- []byte("late")
		b := make([]byte, 9)
		if n, err := c.Read(b); string(b[:n]) != "late" || err != nil {
			t.Errorf("%q, %v", b[:n], err)
		}
	})
}

func TestUnpluggedIsLoss(t *testing.T) {
	bubble(t, func(t *testing.T, c *Conn, p *fakePort) {
		p.in <- []byte("last words")
		synctest.Wait()
		p.unplug()
		synctest.Wait()
		b := make([]byte, 4)
		var got []byte
		var err error
		d := elapsed(func() {
			for err == nil && len(got) < 100 {
				var n int
				n, err = c.ReadFor(b, time.Minute)
				got = append(got, b[:n]...)
			}
		})
		if string(got) != "last words" || !errors.Is(err, ErrLost) || !errors.Is(err, fault.Hardware) || d != 0 {
			t.Errorf("%q, %v after %v", got, err, d)
		}
		if _, err := c.Ask(t.Context(), []byte("Q"), time.Second, line); !errors.Is(err, ErrLost) {
			t.Errorf("asking a line that is gone: %v", err)
		}
	})
}

// Four early ends of file are not yet a loss, five are; one in time between
// them begins the count anew.
func TestEarlyEndsAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &ends{early: []int{4, 4, 5}}
		c := Attach(e, clock.Real{})
		defer c.Close()
		if n, err := c.ReadFor(make([]byte, 1), time.Hour); n != 0 || !errors.Is(err, ErrLost) {
			t.Error(n, err)
		}
		if e.reads != 4+1+4+1+5 {
			t.Errorf("lost after %d reads", e.reads)
		}
	})
}

// ends is a port of early and timely ends of file.
type ends struct {
	early []int // ends at once, before each one in time
	reads int
}

func (e *ends) Read([]byte) (int, error) {
	e.reads++
	if e.early[0] == 0 {
		e.early = e.early[1:]
		time.Sleep(Tick)
	} else {
		e.early[0]--
	}
	return 0, io.EOF
}
func (e *ends) Write(b []byte) (int, error) { return len(b), nil }
func (e *ends) Close() error                { return nil }

func TestAskDropsStaleInput(t *testing.T) {
	bubble(t, func(t *testing.T, c *Conn, p *fakePort) {
		p.in <- []byte("of yesterday\r")
		synctest.Wait()
		go func() {
			time.Sleep(10 * time.Millisecond)
			p.in <- []byte("of ")
			time.Sleep(10 * time.Millisecond)
			p.in <- []byte("today\r")
		}()
		var got []byte
		var err error
		d := elapsed(func() { got, err = c.Ask(t.Context(), []byte("Q"), 50*time.Millisecond, line) })
		if string(got) != "of today\r" || err != nil || d != 20*time.Millisecond {
			t.Errorf("%q, %v after %v", got, err, d)
		}
		n := c.Counts()
		if string(p.sent) != "Q" || n.Stale != 13 || n.BytesIn != 22 || n.BytesOut != 1 || n.Timeouts != 0 {
			t.Errorf("sent %q, %+v", p.sent, n)
		}
	})
}

// The time-out is that of the whole reply, however its bytes are spread.
func TestAskTimesOut(t *testing.T) {
	bubble(t, func(t *testing.T, c *Conn, p *fakePort) {
		go func() {
			for range 6 {
				time.Sleep(15 * time.Millisecond)
				p.in <- []byte("x")
			}
		}()
		var got []byte
		var err error
		d := elapsed(func() { got, err = c.Ask(t.Context(), []byte("Q"), 50*time.Millisecond, line) })
		if string(got) != "xxx" || !errors.Is(err, ErrTimeout) || d != 50*time.Millisecond || c.Counts().Timeouts != 1 {
			t.Errorf("%q, %v after %v, %+v", got, err, d, c.Counts())
		}
		time.Sleep(time.Second)
		c.Drop()
		d = elapsed(func() { got, err = c.Ask(t.Context(), nil, 50*time.Millisecond, line) })
		if len(got) != 0 || !errors.Is(err, ErrTimeout) || d != 50*time.Millisecond {
			t.Errorf("silence: %q, %v after %v", got, err, d)
		}
	})
}

// Without a done, the reply is what comes within the time.
func TestAskForWhateverComes(t *testing.T) {
	bubble(t, func(t *testing.T, c *Conn, p *fakePort) {
		p.in <- []byte("ab")
		go func() {
			time.Sleep(49 * time.Millisecond)
			p.in <- []byte("cd")
			time.Sleep(2 * time.Millisecond)
			p.in <- []byte("ef")
		}()
		got, err := c.Await(t.Context(), 50*time.Millisecond, nil)
		if string(got) != "abcd" || err != nil {
			t.Errorf("%q, %v", got, err)
		}
		if got, err = c.Ask(t.Context(), nil, 0, nil); len(got) > 0 || !errors.Is(err, ErrTimeout) {
			t.Errorf("%q, %v", got, err)
		}
	})
}

func TestAskIsCancelled(t *testing.T) {
	bubble(t, func(t *testing.T, c *Conn, p *fakePort) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		d := elapsed(func() {
			if _, err := c.Ask(ctx, nil, time.Minute, line); !errors.Is(err, fault.Cancelled) {
				t.Error(err)
			}
		})
		if d != time.Second {
			t.Errorf("after %v", d)
		}
	})
}

// A babbling line ends a reply before its time; what nobody reads is bounded,
// and the newest bytes are kept.
func TestBabble(t *testing.T) {
	bubble(t, func(t *testing.T, c *Conn, p *fakePort) {
		for range 4 {
			p.in <- bytes.Repeat([]byte("x"), 512)
		}
		got, err := c.Await(t.Context(), time.Hour, line)
		if len(got) < replyMax || len(got) > 2*replyMax || !errors.Is(err, ErrTimeout) {
			t.Errorf("%d bytes, %v", len(got), err)
		}
		for range 100 {
			p.in <- bytes.Repeat([]byte("y"), 512)
		}
		p.in <- []byte("z")
		synctest.Wait()
		b := make([]byte, 1e6)
		if n, err := c.Read(b); n != 0 || !errors.Is(err, ErrOverrun) {
			t.Errorf("%d bytes, %v", n, err)
		}
		n, err := c.Read(b)
		if n != bufferMax || b[n-1] != 'z' || err != nil || c.Counts().Overruns != 1 {
			t.Errorf("%d bytes to %q, %v, %+v", n, b[n-1], err, c.Counts())
		}
	})
}

func TestWriteSlowly(t *testing.T) {
	bubble(t, func(t *testing.T, c *Conn, p *fakePort) {
		if err := c.WriteSlowly(t.Context(), []byte("R08192"), 20*time.Millisecond); err != nil {
			t.Fatal(err)
		}
		if string(p.sent) != "R08192" || len(p.when) != 6 {
			t.Fatalf("%q in %d writes", p.sent, len(p.when))
		}
		for i := range p.when[1:] {
			if d := p.when[i+1].Sub(p.when[i]); d != 20*time.Millisecond {
				t.Errorf("byte %d after %v", i+1, d)
			}
		}
	})
}

// Neither Write nor Close waits for a device that takes no more bytes.
func TestStuckWrite(t *testing.T) {
	bubble(t, func(t *testing.T, c *Conn, p *fakePort) {
		p.stuck = make(chan struct{})
		d := elapsed(func() {
			if n, err := c.Write([]byte("x")); n != 0 || !errors.Is(err, ErrStuck) {
				t.Error(n, err)
			}
		})
		if d != writeMax {
			t.Errorf("gave up after %v", d)
		}
		if d := elapsed(func() { c.Close() }); d > Tick {
			t.Errorf("closed after %v", d)
		}
		close(p.stuck)
	})
}

// Close waits two seconds at most, even for a device whose Close hangs.
func TestCloseDoesNotHang(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := hanging{make(chan struct{})}
		c := Attach(h, clock.Real{})
		d := elapsed(func() {
			if err := c.Close(); !errors.Is(err, ErrStuck) {
				t.Error(err)
			}
		})
		if d != writeMax {
			t.Errorf("%v", d)
		}
		close(h.c)
	})
}

// hanging is a device that does nothing until its channel is closed.
type hanging struct{ c chan struct{} }

func (h hanging) Read([]byte) (int, error)  { <-h.c; return 0, errors.New("closed") }
func (h hanging) Write([]byte) (int, error) { <-h.c; return 0, errors.New("closed") }
func (h hanging) Close() error              { <-h.c; return nil }

// A net.Pipe, which never ends a read by itself, is a line as well.
func TestPipe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		c := Attach(near, clock.Real{})
		go func() {
			b := make([]byte, 1)
			_, _ = far.Read(b)
			_, _ = far.Write([]byte("answer\r"))
		}()
		if got, err := c.Ask(t.Context(), []byte("Q"), time.Second, line); string(got) != "answer\r" || err != nil {
			t.Errorf("%q, %v", got, err)
		}
		time.Sleep(time.Hour)
		far.Close()
		if _, err := c.ReadFor(make([]byte, 1), time.Second); !errors.Is(err, ErrLost) {
			t.Error(err)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
}
