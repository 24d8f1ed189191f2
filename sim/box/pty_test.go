// SPDX-License-Identifier: GPL-3.0-or-later

package box_test

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/sim/box"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// talk opens a terminal, sends and reads an answer of a known length.
func talk(t *testing.T, path, send string, length int) (*os.File, string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(send); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, length)
	if _, err := io.ReadFull(f, buf); err != nil {
		t.Fatal(err)
	}
	return f, string(buf)
}

func TestServeIsRaw(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	m := &mount{}
	e := newEncoder(t, box.EncoderConfig{Protocol: box.SkyCommander, Axes: m.axes, Counts: [2]int{65534, 65534}})
	path, done, err := box.NewLine(e, clock.Real{}, nil).Serve(ctx, "")
	if err != nil {
		t.Fatal(err)
	}
	// Bytes that a cooked terminal would change or swallow: CR, LF, ^C, ^D,
	// XON, XOFF, DEL and those above 127.
	for i, want := range []string{"\x0D\x0A\x03\x04", "\x11\x13\x7F\xFF"} {
		m.az = model.Degrees((float64(int(want[0])<<8|int(want[1])) + 0.5) * 360 / 65534)
		m.alt = model.Degrees((float64(int(want[2])<<8|int(want[3])) + 0.5) * 360 / 65534)
		f, got := talk(t, path, "e", 4)
		_ = f.Close()
		if got != want {
			t.Errorf("%d: %q, want %q", i, got, want)
		}
	}
	cancel()
	if err := <-done; err != nil {
		t.Errorf("served until %v", err)
	}
	if _, err := os.Lstat(filepath.Dir(path)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%s is left: %v", filepath.Dir(path), err)
	}
}

func TestServeEachByteInItsTime(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	e := newEncoder(t, box.EncoderConfig{Protocol: box.NoReset, Axes: (&mount{}).axes})
	c := newClock()
	path, done, err := box.NewLine(e, c, &box.Faults{PerByte: time.Second}).Serve(ctx, filepath.Join(t.TempDir(), "tty"))
	if err != nil {
		t.Fatal(err)
	}
	running, stop := context.WithCancel(ctx)
	stopped := make(chan struct{})
	go func() { // the clock goes on while the answer is awaited
		defer close(stopped)
		for running.Err() == nil {
			c.Advance(100 * time.Millisecond)
			_ = clock.Sleep(running, clock.Real{}, 100*time.Microsecond)
		}
	}()
	start := c.Now()
	f, got := talk(t, path, "Q", 14)
	stop()
	<-stopped
	_ = f.Close()
	if took := c.Now().Sub(start); got != "+00000\t+00000\r" || took < 14*time.Second {
		t.Errorf("%q after %v of the box's time", got, took)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// until waits for a condition; the clock c goes on meanwhile, up to an instant.
func until(t *testing.T, l *box.Line, c *clock.Manual, end driver.Instant, what string, is func() bool) {
	t.Helper()
	for !is() {
		if l.Now() < end {
			c.Advance(10 * time.Millisecond)
		}
		if err := clock.Sleep(t.Context(), clock.Real{}, time.Millisecond); err != nil {
			t.Fatalf("never %s", what)
		}
	}
}

func TestServeUnplugged(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	c, faults := newClock(), &box.Faults{}
	faults.Unplug(seconds(1), seconds(2))
	e := newEncoder(t, box.EncoderConfig{Protocol: box.BSeg, Axes: (&mount{}).axes})
	l := box.NewLine(e, c, faults)
	path, done, err := l.Serve(ctx, filepath.Join(t.TempDir(), "tty"))
	if err != nil {
		t.Fatal(err)
	}
	f, got := talk(t, path, "B", 2)
	if got != "B\r" {
		t.Errorf("before: %q", got)
	}
	there := func() bool { _, err := os.Stat(path); return err == nil }
	until(t, l, c, seconds(1.5), "unplugged", func() bool { return !there() })
	if n, err := f.Read(make([]byte, 1)); err == nil {
		t.Errorf("an unplugged terminal gave %d bytes", n)
	}
	_ = f.Close()
	until(t, l, c, seconds(3), "plugged in again", there)
	f, got = talk(t, path, "B", 2)
	_ = f.Close()
	if got != "B\r" {
		t.Errorf("after: %q", got)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if there() {
		t.Error("the link is left")
	}
}

func TestServeReplacesNothingButLinks(t *testing.T) {
	path := filepath.Join(t.TempDir(), "precious")
	if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	e := newEncoder(t, box.EncoderConfig{Protocol: box.BSeg, Axes: (&mount{}).axes})
	if _, _, err := box.NewLine(e, clock.Real{}, nil).Serve(t.Context(), path); !errors.Is(err, fault.Hardware) {
		t.Errorf("over a file: %v", err)
	}
	if b, err := os.ReadFile(path); err != nil || string(b) != "x" {
		t.Errorf("the file is now %q, %v", b, err)
	}
}

func TestRunOverAnyConnection(t *testing.T) {
	near, far := net.Pipe()
	e := newEncoder(t, box.EncoderConfig{Protocol: box.BSeg, Axes: (&mount{}).axes})
	done := make(chan error, 1)
	ctx, cancel := context.WithCancel(t.Context())
	go func() { done <- box.NewLine(e, clock.Real{}, nil).Run(ctx, far) }()
	if _, err := near.Write([]byte("Q")); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 15)
	if _, err := io.ReadFull(near, buf); err != nil || string(buf) != "0000\t0000\t0000\r" {
		t.Errorf("%q, %v", buf, err)
	}
	cancel()
	if err := <-done; err != nil {
		t.Errorf("ended with %v", err)
	}
	_ = near.Close()
}
