// SPDX-License-Identifier: GPL-3.0-or-later

package serialline

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/creack/pty"
	"go.uber.org/goleak"
	"golang.org/x/sys/unix"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/fault"
)

// socket is where a fake port may be plugged in.
type socket struct {
	mu       sync.Mutex
	port     *fakePort
	attempts []time.Duration
	epoch    time.Time
}

func (s *socket) open() (io.ReadWriteCloser, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.attempts = append(s.attempts, time.Since(s.epoch))
	if s.port == nil {
		return nil, syscall.ENOENT
	}
	return s.port, nil
}

// plug connects a port, or none.
func (s *socket) plug(p *fakePort) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.port = p
}

// echo answers each byte by itself, and ends when the line does.
func echo(_ context.Context, c *Conn) error {
	b := make([]byte, 1)
	for {
		n, err := c.Read(b)
		if err != nil {
			return err
		}
		if n > 0 {
			if _, err := c.Write(b); err != nil {
				return err
			}
		}
	}
}

// A line that was lost, or is not there, is opened again after 1, 2, 4 … 30 s;
// once it has carried a byte, that begins anew.
func TestReopen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &socket{epoch: time.Now()}
		l := New("fake", s.open, clock.Real{}, nil)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { l.Run(ctx, echo); close(done) }()
		time.Sleep(95 * time.Second)
		synctest.Wait()
		want := []float64{0, 1, 3, 7, 15, 31, 61, 91}
		if len(s.attempts) != len(want) {
			t.Fatalf("attempts at %v", s.attempts)
		}
		for i := range want {
			if s.attempts[i].Seconds() != want[i] {
				t.Errorf("attempt %d after %v", i, s.attempts[i])
			}
		}
		p := newFakePort()
		s.plug(p)
		time.Sleep(30 * time.Second)
		synctest.Wait()
		if n := l.Counts(); !n.Open || n.Opened != 1 || n.Failed != 8 || n.Lost != 0 {
			t.Errorf("%+v", n)
		}
		p.in <- []byte("hello")
		synctest.Wait()
		if string(p.sent) != "hello" {
			t.Errorf("%q", p.sent)
		}
		lost := time.Since(s.epoch)
		s.plug(nil)
		p.unplug()
		synctest.Wait()
		if n := l.Counts(); n.Open || n.Lost != 1 {
			t.Errorf("%+v", n)
		}
		s.plug(newFakePort())
		time.Sleep(time.Second)
		synctest.Wait()
		if last := s.attempts[len(s.attempts)-1]; last-lost != time.Second {
			t.Errorf("opened again %v after the loss", last-lost)
		}
		if n := l.Counts(); !n.Open || n.Opened != 2 || n.BytesIn != 5 || n.BytesOut != 5 {
			t.Errorf("%+v", n)
		}
		begun := time.Now()
		cancel()
		<-done
		if d := time.Since(begun); d > Tick || l.Counts().Lost != 1 {
			t.Errorf("ended after %v: %+v", d, l.Counts())
		}
	})
}

// A device that opens and fails at once is not opened once a second for ever.
func TestFlapping(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &socket{epoch: time.Now()}
		dead := newFakePort()
		dead.unplug()
		s.plug(dead)
		l := New("fake", s.open, clock.Real{}, nil)
		ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
		defer cancel()
		l.Run(ctx, echo)
		if n := len(s.attempts); n != 7 {
			t.Errorf("%d attempts: %v", n, s.attempts)
		}
	})
}

func TestCheckBaud(t *testing.T) {
	if err := CheckBaud("encoders.baud", 9600); err != nil {
		t.Error(err)
	}
	err := CheckBaud("encoders.baud", 9601)
	if !errors.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "encoders.baud is 9601") || !strings.Contains(err.Error(), "4800 9600") {
		t.Error(err)
	}
}

// terminal opens a pair of pseudo-terminals and returns one end and the name
// of the other.
func terminal(t *testing.T) (*os.File, string) {
	t.Helper()
	master, slave, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { master.Close() })
	defer slave.Close()
	return master, slave.Name()
}

// A true terminal: all bytes pass unchanged, a second opening is refused, an
// unplugged one is lost, and nothing is left behind.
func TestDevice(t *testing.T) {
	defer goleak.VerifyNone(t)
	master, name := terminal(t)
	open := Device(name, 9600)
	rw, err := open()
	if err != nil {
		t.Fatal(err)
	}
	c := Attach(rw, clock.Real{})
	defer c.Close()
	if _, err := open(); !errors.Is(err, fault.Hardware) || !strings.Contains(err.Error(), "another program uses it") {
		t.Errorf("opened twice: %v", err)
	}
	var all [256]byte
	for i := range all {
		all[i] = byte(i)
	}
	whole := func(got []byte) bool { return len(got) >= 256 }
	for range 2 {
		if _, err := master.Write(all[:]); err != nil {
			t.Fatal(err)
		}
		if got, err := c.Await(t.Context(), time.Minute, whole); string(got) != string(all[:]) || err != nil {
			t.Errorf("%d bytes, %v", len(got), err)
		}
	}
	if n, err := c.ReadFor(make([]byte, 1), 3*Tick); n != 0 || err != nil {
		t.Errorf("idle: %d, %v", n, err)
	}
	if _, err := c.Write(all[:]); err != nil {
		t.Error(err)
	}
	back := make([]byte, 256)
	if _, err := io.ReadFull(master, back); err != nil || string(back) != string(all[:]) {
		t.Errorf("%q, %v", back, err)
	}
	master.Close()
	if _, err := c.ReadFor(make([]byte, 1), time.Minute); !errors.Is(err, ErrLost) {
		t.Errorf("unplugged: %v", err)
	}
}

// The mark of exclusive use is set while the device is open, and taken away.
func TestExclusive(t *testing.T) {
	_, name := terminal(t)
	watch, err := os.OpenFile(name, os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer watch.Close()
	exclusive := func() int {
		v, err := unix.IoctlGetInt(int(watch.Fd()), unix.TIOCGEXCL)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	rw, err := Device(name, 9600)()
	if err != nil {
		t.Fatal(err)
	}
	if exclusive() == 0 {
		t.Error("others may open the device")
	}
	rw.Close()
	if exclusive() != 0 {
		t.Error("the device stays locked")
	}
	if rw, err = Device(name, 9600)(); err != nil {
		t.Fatalf("cannot be opened again: %v", err)
	}
	rw.Close()
}

func TestDeviceErrors(t *testing.T) {
	_, name := terminal(t)
	for _, d := range []struct {
		name string
		baud int
	}{{"/nonexistent/tty", 9600}, {os.DevNull, 9600}, {name, 12345}} {
		if _, err := Device(d.name, d.baud)(); !errors.Is(err, fault.Hardware) || !strings.Contains(err.Error(), d.name) {
			t.Errorf("%s: %v", d.name, err)
		}
	}
	rw, err := Device(name, 9600)() // nothing was left locked
	if err != nil {
		t.Fatal(err)
	}
	rw.Close()
}
