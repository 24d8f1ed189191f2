// SPDX-License-Identifier: GPL-3.0-or-later

package encoder

import (
	"context"
	"errors"
	"io"
	"math"
	"net"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/creack/pty"
	"go.uber.org/goleak"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/fault"
)

// readings collects what a Reader hands out.
type readings struct {
	mu  sync.Mutex
	all []driver.EncoderReading
}

func (r *readings) take(e driver.EncoderReading) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = append(r.all, e)
}

func (r *readings) last(t *testing.T) driver.EncoderReading {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.all) == 0 {
		t.Fatal("no reading")
	}
	return r.all[len(r.all)-1]
}

func (r *readings) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.all)
}

// withReader runs f beside a Reader of far, in a bubble; open replaces far's.
func withReader(t *testing.T, cfg Config, far *fakeBox, open func() (io.ReadWriteCloser, error), f func(t *testing.T, r *Reader, got *readings)) {
	t.Helper()
	if open == nil {
		open = far.open
	}
	synctest.Test(t, func(t *testing.T) {
		got := &readings{}
		r, err := New(cfg, Parts{Clock: clock.Real{}, Epoch: time.Now(), Open: open, Reading: got.take, Sky: func(SkyReading) {}})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- r.Run(ctx) }()
		f(t, r, got)
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if s := r.Status(); s.State != Closed || s.Line.Open {
			t.Errorf("left %v: %+v", s.State, s)
		}
	})
}

// pass lets d go by, and all that is to happen by then happen.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func TestReader(t *testing.T) {
	cfg := configOf("reset_via_r")
	far := &fakeBox{protocol: cfg.Protocol, perTurn: [2]int{100, 100}}
	withReader(t, cfg, far, nil, func(t *testing.T, r *Reader, got *readings) {
		pass(999 * time.Millisecond)
		if far.resets != 1 || far.perTurn != [2]int{8192, 8192} || got.count() != 1 {
			t.Errorf("%d resets to %v, %d readings", far.resets, far.perTurn, got.count())
		}
		same(t, cfg, got.last(t), 0, 0)
		pass(60 * time.Second)
		if n := got.count(); n != 61 {
			t.Errorf("%d readings in a minute", n)
		}
		for i := 1; i < 60; i++ { // one a second
			if d := got.all[i+1].At.Sub(got.all[i].At); d != time.Second {
				t.Errorf("reading %d after %v", i, d)
			}
		}
		far.turn(100, -200)
		pass(time.Second)
		same(t, cfg, got.last(t), 100, -200)
		s := r.Status()
		if s.State != Reading || s.Reads != 62 || s.Resets != 1 || s.Err != "" || s.Raw != [2]int64{100, -200} || s.Last != got.last(t) || s.Line.Opened != 1 {
			t.Errorf("%+v", s)
		}
		far.set(func() { far.silent = true })
		pass(10 * time.Second)
		if s := r.Status(); s.State != Waiting || s.Silent != 10 || s.Err == "" || s.Line.Lost != 0 || s.Reads != 62 {
			t.Errorf("%+v", s)
		}
		far.set(func() { far.silent = false })
		far.turn(1, 1)
		pass(time.Second)
		same(t, cfg, got.last(t), 101, -199)
		if s := r.Status(); s.State != Reading || far.resets != 1 {
			t.Errorf("%+v", s)
		}
		if err := r.Reset(); err != nil {
			t.Error(err)
		}
		pass(2 * time.Second)
		if far.resets != 2 || r.Status().Raw != [2]int64{0, 0} {
			t.Errorf("%d resets, counts %v", far.resets, r.Status().Raw)
		}
		same(t, cfg, got.last(t), 101, -199)
	})
}

// A box that does not confirm its reset is not read, and told again.
func TestReaderWaitsForReset(t *testing.T) {
	cfg := configOf("ek")
	far := &fakeBox{protocol: cfg.Protocol, perTurn: [2]int{100, 100}, silent: true}
	withReader(t, cfg, far, nil, func(t *testing.T, r *Reader, got *readings) {
		pass(10 * time.Second)
		if s := r.Status(); got.count() > 0 || s.State != Waiting || s.NoResets < 5 {
			t.Errorf("%d readings, %+v", got.count(), s)
		}
		far.set(func() { far.silent = false })
		pass(3 * time.Second)
		if s := r.Status(); got.count() == 0 || s.Resets != 1 {
			t.Errorf("%d readings, %+v", got.count(), s)
		}
	})
}

// Without reset_at_start, and for a box that cannot be reset, nothing but
// questions is sent.
func TestReaderWithoutReset(t *testing.T) {
	kept := configOf("reset_via_z")
	kept.ResetAtStart = false
	for _, cfg := range []Config{kept, configOf("no_reset")} {
		far := &fakeBox{protocol: cfg.Protocol, perTurn: [2]int{8192, 8192}, turned: [2]int{-4000, 3000}}
		withReader(t, cfg, far, nil, func(t *testing.T, r *Reader, got *readings) {
			pass(2500 * time.Millisecond)
			if string(far.heard) != "QQQQ" {
				t.Errorf("sent %q", far.heard)
			}
			same(t, cfg, got.last(t), -4000, 3000)
			if err := r.Reset(); cfg.Protocol == "no_reset" && !errors.Is(err, fault.Unsupported) {
				t.Error(err)
			}
		})
	}
}

// Unplugged and plugged in again, the angles go on, and the box is not
// reset: it may have counted all the while.
func TestReaderUnplugged(t *testing.T) {
	cfg := configOf("reset_via_r")
	far := &fakeBox{protocol: cfg.Protocol, perTurn: [2]int{8192, 8192}}
	var plugged = true
	open := func() (io.ReadWriteCloser, error) {
		far.mu.Lock()
		ok := plugged
		far.mu.Unlock()
		if !ok {
			return nil, syscall.ENOENT
		}
		return far.open()
	}
	withReader(t, cfg, far, open, func(t *testing.T, r *Reader, got *readings) {
		pass(time.Second)
		far.turn(4090, -4090)
		pass(5 * time.Second) // a jump, and its confirmation
		same(t, cfg, got.last(t), 4090, -4090)
		far.set(func() { plugged = false; far.far.Close() })
		pass(2 * time.Second)
		if s := r.Status(); s.State != Closed || s.Line.Lost != 1 || s.Err == "" {
			t.Errorf("%+v", s)
		}
		n := got.count()
		pass(time.Second)
		if got.count() != n {
			t.Error("readings from nowhere")
		}
		far.turn(10, -10) // past the ends of both counters
		far.set(func() { plugged = true })
		pass(5 * time.Second)
		same(t, cfg, got.last(t), 4100, -4100)
		if s := r.Status(); s.State != Reading || s.Line.Opened != 2 || far.resets != 1 {
			t.Errorf("%d resets, %+v", far.resets, s)
		}
		pass(time.Hour)
		far.set(func() { far.far.Close() })
		pass(2 * time.Second)
		if s := r.Status(); s.State != Reading || s.Line.Opened != 3 {
			t.Errorf("%+v", s)
		}
	})
}

func TestReaderOfSky(t *testing.T) {
	cfg := configOf("sky_commander_r")
	if _, err := New(cfg, Parts{Reading: func(driver.EncoderReading) {}}); !errors.Is(err, fault.Unsupported) {
		t.Error(err)
	}
	if _, err := New(configOf("ek"), Parts{Sky: func(SkyReading) {}}); !errors.Is(err, fault.Unsupported) {
		t.Error(err)
	}
	withReader(t, cfg, &fakeBox{protocol: cfg.Protocol, perTurn: [2]int{8192, 8192}}, nil, func(t *testing.T, r *Reader, _ *readings) {
		pass(time.Second)
		if s := r.Status(); s.State != Reading || math.Abs(s.Sky.RA.Hours()-5.588) > 1e-12 || s.Reads < 1 {
			t.Errorf("%+v", s)
		}
	})
}

// A mouse speaks by itself, and slow polls lose none of it.
func TestReaderOfMouse(t *testing.T) {
	cfg := configOf("mouse")
	var far net.Conn
	open := func() (near io.ReadWriteCloser, err error) {
		near, far = net.Pipe()
		return near, nil
	}
	withReader(t, cfg, nil, open, func(t *testing.T, r *Reader, got *readings) {
		pass(time.Millisecond)
		for range 1000 {
			_, _ = far.Write([]byte("\x08\x02\x01"))
		}
		for range 3000 {
			_, _ = far.Write([]byte("\x28\x01\xff"))
		}
		pass(3 * time.Second)
		same(t, cfg, got.last(t), 5000, -2000)
		if s := r.Status(); s.Resets != 1 || s.Raw != [2]int64{5000, -2000} || s.Gaps != 0 {
			t.Errorf("%+v", s)
		}
		_, _ = far.Write([]byte("\x48\x02\x01"))
		pass(time.Second)
		if s := r.Status(); s.State != Waiting || s.Gaps != 1 {
			t.Errorf("too fast: %+v", s)
		}
		far.Close()
		pass(5 * time.Second)
		_, _ = far.Write([]byte("\x09\x01\x01"))
		pass(time.Second)
		same(t, cfg, got.last(t), 5003, -1998)
	})
}

// A mouse's device is opened for reading only.
func TestMouseDevice(t *testing.T) {
	cfg := configOf("mouse")
	cfg.Device = filepath.Join(t.TempDir(), "mouse0")
	if err := os.WriteFile(cfg.Device, []byte("\x08\x02\x01"), 0o400); err != nil {
		t.Fatal(err)
	}
	f, err := cfg.Opener()()
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.Write([]byte("x")); err == nil {
		t.Error("written to")
	}
}

// The whole way, through a true terminal.
func TestReaderOnTerminal(t *testing.T) {
	defer goleak.VerifyNone(t)
	master, slave, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	cfg := configOf("reset_via_r")
	cfg.Device, cfg.ReplyMS, cfg.PollS, cfg.WriteDelayMS = slave.Name(), 2000, 3, 0
	far := &fakeBox{protocol: cfg.Protocol, perTurn: [2]int{100, 100}, turned: [2]int{1, 2}, zero: [2]int{0, 0}}
	first := make(chan driver.EncoderReading, 1)
	r, err := New(cfg, Parts{Clock: clock.Real{}, Reading: func(e driver.EncoderReading) {
		select {
		case first <- e:
		default:
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- r.Run(ctx) }()
	served := make(chan struct{})
	go func() { far.serve(master); close(served) }()
	same(t, cfg, <-first, 0, 0)
	far.set(func() {
		if far.perTurn != [2]int{8192, 8192} {
			t.Errorf("set to %v", far.perTurn)
		}
	})
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	slave.Close()
	<-served
}
