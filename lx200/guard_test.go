// SPDX-License-Identifier: GPL-3.0-or-later

package lx200

import (
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/mount"
)

// No key, be it another or the same again, puts off the end of a motion.
func TestNoKeyPutsOffTheEnd(t *testing.T) {
	for _, tt := range []struct {
		name, begin, tap string
		longest          time.Duration
	}{
		{"far, the other axis", ":RS#:Mw#", ":Mn#:Qn#", 10 * time.Second}, // 30° at 3°/s
		{"far, the same key", ":RS#:Mw#", ":Mw#", 10 * time.Second},
		{"long, the other axis", ":RC#:Mw#", ":Mn#:Qn#", time.Minute},
		{"long, the same key", ":RC#:Mw#", ":Mw#", time.Minute},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bubble(t, fixture(), func(r *rig) {
				begun := time.Now()
				r.expect("a", tt.begin, "")
				for r.s.Stats().Stopped == 0 && time.Since(begun) < 2*tt.longest {
					r.expect("a", tt.tap, "")
					time.Sleep(200 * time.Millisecond)
				}
				if d := time.Since(begun); d < tt.longest || d > tt.longest+time.Second {
					t.Errorf("stopped after %v", d)
				}
			})
		})
	}
}

// What a limit of the mount has stopped was not stopped by a deadline.
func TestLimitIsNoDeadline(t *testing.T) {
	bubble(t, fixture(), func(r *rig) {
		r.expect("a", ":Mn#", "")
		if err := r.m.Abort(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Second)
		if n := r.s.Stats().Stopped; n != 0 {
			t.Errorf("%d stopped", n)
		}
		r.expect("a", ":Mn#", "")
		time.Sleep(10 * time.Second)
		if n := r.s.Stats().Stopped; n != 1 || r.m.Snapshot().Activity != mount.Idle {
			t.Errorf("%d stopped, %v", n, r.m.Snapshot().Activity)
		}
	})
}

// Stops without end do not reach a mount at rest, and are never delayed.
func TestStopsOfAMountAtRest(t *testing.T) {
	bubble(t, fixture(), func(r *rig) {
		r.send("a", strings.Repeat(":Q#", 1000))
		if r.m.aborts != 0 {
			t.Errorf("%d reached the mount", r.m.aborts)
		}
		r.expect("a", ":Q#:Mn#:Q#:GVN#", "01.2#")
		if r.m.aborts != 1 || r.m.Snapshot().Activity != mount.Idle {
			t.Errorf("%d aborts, %v", r.m.aborts, r.m.Snapshot().Activity)
		}
		r.m.s.Activity = mount.SlewingToAxes // as another edge asked
		r.expect("b", ":Q#", "")
		r.m.s.Holder = "alpaca"
		r.expect("b", ":Q#", "")
		if r.m.aborts != 3 {
			t.Errorf("%d aborts", r.m.aborts)
		}
	})
}

// Whatever a client floods the server with, it waits; and nobody else does.
func TestFloodsAreDelayed(t *testing.T) {
	for name, flood := range map[string]string{
		"known": ":FF#", "unknown": ":ED#", "ACK": "\x06", "empty": ":#",
		"NUL": strings.Repeat("\x00", maxFrame), "hash": strings.Repeat("#", maxFrame), "noise": strings.Repeat("x", maxFrame),
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, fixture(), func(r *rig) {
				c := r.dial("a/1")
				begun := time.Now()
				go c.conn.Write([]byte(strings.Repeat(flood, 250) + ":GVN#"))
				time.Sleep(500 * time.Millisecond)
				r.expect("a/2", ":GVN#", "01.2#")
				r.expect("a/3", ":Mn#:Q#:GVN#", "01.2#")
				got := ""
				for !strings.HasSuffix(got, "01.2#") && time.Since(begun) < 10*time.Second {
					time.Sleep(100 * time.Millisecond)
					got += c.take()
				}
				if took := time.Since(begun); took < 2*time.Second || took > 3*time.Second {
					t.Errorf("250 in %v", took)
				}
			})
		})
	}
}

// slow is a connection whose end takes its time, as that of a serial line
// with bytes that nobody takes.
type slow struct{ net.Conn }

func (s slow) Close() error { time.Sleep(writeLimit); return s.Conn.Close() }

// To close one line does not hold up the deadlines of others.
func TestStuckLineHoldsNobodyUp(t *testing.T) {
	bubble(t, fixture(), func(r *rig) {
		near, far := net.Pipe()
		r.expect("b", ":Mn#", "")
		begun := time.Now()
		time.Sleep(2 * time.Second)
		r.hall.conns <- from{slow{far}, "deaf"}
		near.Write([]byte(":GR#")) // and never reads: closed from 4 to 6 s on, when the key falls silent
		time.Sleep(6 * time.Second)
		if n := r.s.Stats(); n.Stuck != 1 || n.Connections != 1 {
			t.Errorf("%d stuck, %d open", n.Stuck, n.Connections)
		}
		if d := r.m.stopped[mount.AxisA].Sub(begun); d < 4*time.Second || d > 5200*time.Millisecond {
			t.Errorf("the key's motion ended after %v", d)
		}
		near.Close()
	})
	bubble(t, fixture(), func(r *rig) { // nor that of its own motion
		near, far := net.Pipe()
		r.s.open(slow{far}, "/dev/stuck", r.s.serial)
		c := r.s.open(slow{far}, "/dev/slow", r.s.serial)
		r.m.MoveAxis(t.Context(), clientOf("/dev/slow"), mount.AxisA, 1)
		r.s.motion.Lock()
		r.s.own("/dev/slow")
		r.s.drive.keys[mount.AxisA], r.s.drive.heard, r.s.drive.started[mount.AxisA] = 1, time.Now(), time.Now()
		r.s.motion.Unlock()
		lost := time.Now()
		go r.s.close(t.Context(), c)
		synctest.Wait()
		if !r.m.stopped[mount.AxisA].Equal(lost) {
			t.Errorf("stopped %v after the line was lost", r.m.stopped[mount.AxisA].Sub(lost))
		}
		time.Sleep(writeLimit)
		near.Close()
	})
}

// A client that is back is not taken for one that has left.
func TestBackBeforeLeft(t *testing.T) {
	bubble(t, fixture(), func(r *rig) {
		r.expect("a/1", ":Mn#", "")
		r.dial("a/2")
		r.s.mu.Lock()
		x := r.s.sessions["a"]
		r.s.mu.Unlock()
		r.s.left(t.Context(), x)
		time.Sleep(4 * time.Second)
		if r.m.Snapshot().Activity != mount.Held {
			t.Error("stopped, though its client is here")
		}
	})
}

// meddler is a clock that forgets old sessions whenever it is asked.
type meddler struct {
	*clock.Manual
	now func()
}

func (m *meddler) Now() time.Time {
	if m.now != nil {
		m.now()
	}
	return m.Manual.Now()
}

// A session is not forgotten while its connection opens.
func TestSessionIsKeptFromTheStart(t *testing.T) {
	c := &meddler{Manual: clock.NewManual(time.Unix(1e9, 0))}
	s := New(fixture(), Parts{Mount: newFakeMount(time.Now), Clock: c})
	s.close(t.Context(), s.open(&collector{}, "a", s.tcp))
	c.Advance(2 * memory)
	var all sync.WaitGroup
	c.now = func() {
		now := c.now
		c.now = nil
		if s.mu.TryLock() {
			s.mu.Unlock()
			s.sweep(t.Context(), &all)
		}
		c.now = now
	}
	conn := s.open(&collector{}, "a", s.tcp)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sessions["a"] != conn.sess {
		t.Error("the session of an open connection was forgotten")
	}
}

// A link-local address has a zone, and networks have none.
func TestZonesAreAllowed(t *testing.T) {
	cfg := fixture()
	cfg.TCP.Allow = "fe80::/10"
	s := New(cfg, Parts{Mount: newFakeMount(time.Now), Clock: clock.Real{}})
	for ip, want := range map[string]bool{"fe80::1": true, "2001:db8::1": false} {
		a := &net.TCPAddr{IP: net.ParseIP(ip), Zone: "eth0"}
		if _, ok := s.admit(ip, a, map[string]*arrivals{}); ok != want {
			t.Errorf("%s: %v", ip, ok)
		}
	}
}
