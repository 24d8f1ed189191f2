// SPDX-License-Identifier: GPL-3.0-or-later

package lx200

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

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/driver/serialline"
	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/mount"
)

// A line unplugged in the middle of a move stops it at once, and is opened
// again by a back-off from 1 to 30 s, which begins anew after success.
func TestUnplugAndBackOff(t *testing.T) {
	bubble(t, fixture(), func(r *rig) {
		r.expect("serial", ":RC#:Mn#:F+#", "")
		if r.m.Snapshot().Activity != mount.Held {
			t.Fatal("no motion to stop")
		}
		unplugged := time.Now()
		r.port.unplug()
		synctest.Wait()
		if n := r.m.Snapshot(); n.Activity != mount.Idle {
			t.Errorf("goes on: %v", n.Activity)
		}
		if r.f.Snapshot().Moving {
			t.Error("the focuser goes on")
		}
		if n := r.s.Stats(); n.LinesOpen != 0 || n.LinesLost != 1 || n.Stopped != 1 {
			t.Errorf("%d open, %d lost, %d stopped", n.LinesOpen, n.LinesLost, n.Stopped)
		}
		time.Sleep(2 * time.Minute)
		seconds := []int{1, 3, 7, 15, 31, 61, 91}
		for i, at := range r.port.attempts()[1:] {
			if got := at.Sub(unplugged); i >= len(seconds) || got != time.Duration(seconds[i])*time.Second {
				t.Errorf("attempt %d after %v", i+1, got)
			}
		}
		r.port.plug()
		time.Sleep(30 * time.Second)
		r.expect("serial", ":GVN#", "01.2#")
		if n := r.s.Stats(); n.LinesConfigured != 1 || n.LinesOpen != 1 || n.LinesOpened != 2 || n.Reopened != 1 || n.LinesFailed != 7 {
			t.Errorf("%d of %d open, %d opened, %d again, %d failed", n.LinesOpen, n.LinesConfigured, n.LinesOpened, n.Reopened, n.LinesFailed)
		}
		again := time.Now()
		r.port.unplug()
		r.port.plug()
		time.Sleep(1100 * time.Millisecond)
		all := r.port.attempts()
		if d := all[len(all)-1].Sub(again); d != time.Second {
			t.Errorf("after success it was opened after %v", d)
		}
	})
}

// A slew, and the motion of other clients, go on without the line.
func TestUnplugLeavesOthersAlone(t *testing.T) {
	bubble(t, fixture(), func(r *rig) {
		r.dial("serial")
		r.expect("a", ":Mn#", "")
		r.port.unplug()
		synctest.Wait()
		if r.m.Snapshot().Activity != mount.Held {
			t.Error("the motion of another client was stopped")
		}
	})
	bubble(t, fixture(), func(r *rig) {
		r.expect("serial", ":Sr12:34:56#:Sd+05:00:00#:MS#", "110")
		r.port.unplug()
		synctest.Wait()
		if r.m.Snapshot().Activity != mount.SlewingToSky {
			t.Error("the slew was stopped")
		}
	})
}

// A client that sends more than is executed cannot have one command made of
// the ends of two: its line is lost, and what it moves stops at once.
func TestFloodedLineIsLost(t *testing.T) {
	bubble(t, fixture(), func(r *rig) {
		r.expect("serial", ":Mn#", "")
		flooded := time.Now()
		for r.s.Stats().LinesLost == 0 && time.Since(flooded) < 10*time.Second {
			select {
			case r.port.in <- []byte(strings.Repeat(":FF#", 128)):
				time.Sleep(10 * time.Millisecond)
			case <-time.After(time.Second):
			}
		}
		if n := r.s.Stats(); n.LinesLost != 1 || n.Stopped != 1 || r.m.Snapshot().Activity != mount.Idle {
			t.Errorf("%d lost, %d stopped, %v", n.LinesLost, n.Stopped, r.m.Snapshot().Activity)
		}
		if d := r.m.stopped[mount.AxisA].Sub(flooded); d > 2*time.Second {
			t.Errorf("stopped after %v", d)
		}
		time.Sleep(1100 * time.Millisecond)
		r.expect("serial", ":GVN#", "01.2#")
	})
}

// terminal is a pair of pseudo-terminals, and the line on one of them.
type terminal struct {
	mu     sync.Mutex
	master *os.File
	name   string
}

func (p *terminal) plug(t *testing.T) {
	t.Helper()
	master, slave, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer slave.Close()
	t.Cleanup(func() { master.Close() })
	p.mu.Lock()
	defer p.mu.Unlock()
	p.master, p.name = master, slave.Name()
}

func (p *terminal) open() (io.ReadWriteCloser, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.name == "" {
		return nil, syscall.ENOENT
	}
	return serialline.Device(p.name, 9600)()
}

// ask sends bytes and reads the reply.
func (p *terminal) ask(t *testing.T, text, want string) {
	t.Helper()
	if _, err := p.master.WriteString(text); err != nil {
		t.Fatal(err)
	}
	p.master.SetReadDeadline(time.Now().Add(time.Minute))
	got := make([]byte, len(want))
	if n, err := io.ReadFull(p.master, got); string(got) != want {
		t.Fatalf("%q was answered by %q, %v", text, got[:n], err)
	}
}

// The real thing: a device that is a pseudo-terminal, unplugged in the middle
// of a move, and plugged in again.
func TestSerialOnTerminal(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	var line terminal
	line.plug(t)
	m := newFakeMount(time.Now)
	s := New(fixture(), Parts{Mount: m, Clock: clock.Real{}})
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, nil, Line{Name: "pty", Open: line.open}) }()
	until := func(what string, done func() bool) {
		t.Helper()
		for start := time.Now(); !done(); time.Sleep(time.Millisecond) {
			if time.Since(start) > time.Minute {
				t.Fatal(what)
			}
		}
	}
	until("never opened", func() bool { return s.Stats().LinesOpen == 1 })
	line.ask(t, "#:GD#", "+22\xDF00:52#")
	time.Sleep(10 * serialline.Tick) // idle: no loss
	line.ask(t, ":Mn#:GVN#", "00.1#")
	if m.Snapshot().Activity != mount.Held {
		t.Fatal("does not move")
	}
	line.mu.Lock()
	line.name = ""
	line.mu.Unlock()
	line.master.Close()
	until("moves on", func() bool { return m.Snapshot().Activity == mount.Idle })
	if n := s.Stats(); n.Stopped != 1 {
		t.Errorf("%d stopped", n.Stopped)
	}
	line.plug(t)
	until("never opened again", func() bool { return s.Stats().LinesOpened == 2 })
	line.ask(t, ":GVN#", "00.1#")
	cancel()
	if err := <-served; err != nil {
		t.Error(err)
	}
}

func TestConfiguredLine(t *testing.T) {
	cfg := DefaultConfig()
	if n := len(cfg.Lines()); n != 0 {
		t.Errorf("%d lines by default", n)
	}
	cfg.Serial.Device = "/nowhere/tty"
	lines := cfg.Lines()
	if len(lines) != 1 || lines[0].Name != "/nowhere/tty" {
		t.Fatal(lines)
	}
	if _, err := lines[0].Open(); !errors.Is(err, fault.Hardware) || !strings.Contains(err.Error(), "/nowhere/tty") {
		t.Error(err)
	}
}
