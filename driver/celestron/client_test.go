// SPDX-License-Identifier: GPL-3.0-or-later

package celestron

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/driver/celestron/celestrontest"
	"github.com/siderostep/siderostep/fault"
)

// try runs a test with a client connected to a calibrated motor at 20000 of
// 1000 to 50000.
func try(t *testing.T, do func(t *testing.T, c *Client, m *celestrontest.Motor)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		m := celestrontest.New(clock.Real{}, 20000, 1000, 50000).Calibrated()
		c := New(func() (Line, error) { return m.Open() }, clock.Real{})
		if err := c.Connect(t.Context()); err != nil {
			t.Fatal(err)
		}
		m.Requests()
		do(t, c, m)
		c.Close()
	})
}

// Every command's bytes, from the reference.
func TestCommands(t *testing.T) {
	try(t, func(t *testing.T, c *Client, m *celestrontest.Motor) {
		ctx := t.Context()
		for _, tt := range []struct {
			name, want string
			do         func() error
		}{
			{"version", "3B 03 20 12 FE CD", func() error {
				v, err := c.Version(ctx)
				if v != "7.15.8201" {
					t.Errorf("version %q", v)
				}
				return err
			}},
			{"position", "3B 03 20 12 01 CA", func() error {
				p, err := c.Position(ctx)
				if p != 20000 {
					t.Errorf("position %d", p)
				}
				return err
			}},
			{"limits", "3B 03 20 12 2C 9F", func() error {
				lo, hi, err := c.Limits(ctx)
				if lo != 1000 || hi != 50000 {
					t.Errorf("limits %d to %d", lo, hi)
				}
				return err
			}},
			{"done?", "3B 03 20 12 13 B8", func() error {
				done, err := c.Done(ctx)
				if !done {
					t.Error("moves already")
				}
				return err
			}},
			{"goto", "3B 06 20 12 02 00 4E 20 58", func() error { return c.Goto(ctx, 20000, true) }},
			{"goto slowly", "3B 06 20 12 17 00 9C 40 D5", func() error { return c.Goto(ctx, 40000, false) }},
			{"done?", "3B 03 20 12 13 B8", func() error {
				done, err := c.Done(ctx)
				if done {
					t.Error("there already")
				}
				return err
			}},
			{"stop", "3B 04 20 12 24 00 A6", func() error { return c.Stop(ctx) }},
			{"outward", "3B 04 20 12 24 09 9D", func() error { return c.Move(ctx, 9) }},
			{"inward", "3B 04 20 12 25 03 A2", func() error { return c.Move(ctx, -3) }},
			{"set position", "3B 06 20 12 04 01 02 03 BE", func() error { return c.SetPosition(ctx, 0x010203) }},
			{"calibrate", "3B 04 20 12 2A 01 9F", func() error { return c.Calibrate(ctx, true) }},
			{"calibration", "3B 03 20 12 2B A0", func() error {
				done, stage, err := c.Calibration(ctx)
				if done || stage != 1 {
					t.Errorf("calibration done %v, stage %d", done, stage)
				}
				return err
			}},
			{"give calibration up", "3B 04 20 12 2A 00 A0", func() error { return c.Calibrate(ctx, false) }},
		} {
			if err := tt.do(); err != nil {
				t.Errorf("%s: %v", tt.name, err)
			}
			if sent := m.Requests(); len(sent) != 1 || !bytes.Equal(sent[0], unhex(t, tt.want)) {
				t.Errorf("%s: sent % X, want %s", tt.name, sent, tt.want)
			}
		}
	})
}

func TestBadOrders(t *testing.T) {
	try(t, func(t *testing.T, c *Client, m *celestrontest.Motor) {
		ctx := t.Context()
		for name, err := range map[string]error{
			"negative":         c.Goto(ctx, -1, true),
			"four bytes":       c.Goto(ctx, 1<<24, true),
			"too fast":         c.Move(ctx, 10),
			"too fast inward":  c.Move(ctx, -10),
			"position":         c.SetPosition(ctx, -1),
			"smallest integer": c.Move(ctx, -1<<31),
		} {
			if !errors.Is(err, fault.Invalid) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if sent := m.Requests(); len(sent) != 0 {
			t.Errorf("sent % X", sent)
		}
	})
}

// What a line may do to an answer, and how long the answer then takes.
func TestTroubles(t *testing.T) {
	for name, tt := range map[string]struct {
		trouble func(*celestrontest.Troubles)
		tries   int
		took    time.Duration
		fails   bool
	}{
		"none":            {func(*celestrontest.Troubles) {}, 1, 0, false},
		"noise":           {func(u *celestrontest.Troubles) { u.Noise = []byte{0, 0x3b, 0x10, 0x3b, 4, 0x12} }, 1, 0, false},
		"echo":            {func(u *celestrontest.Troubles) { u.Echo = true }, 1, 0, false},
		"others":          {func(u *celestrontest.Troubles) { u.Chatter = true }, 1, 0, false},
		"one lost":        {func(u *celestrontest.Troubles) { u.Silent = 1 }, 2, 2 * time.Second, false},
		"two lost":        {func(u *celestrontest.Troubles) { u.Silent = 2 }, 3, 4 * time.Second, false},
		"silence":         {func(u *celestrontest.Troubles) { u.Silent = 99 }, 3, 6 * time.Second, true},
		"corrupt":         {func(u *celestrontest.Troubles) { u.Corrupt = 1 }, 2, 2 * time.Second, false},
		"always corrupt":  {func(u *celestrontest.Troubles) { u.Corrupt = 99 }, 3, 6 * time.Second, true},
		"slow":            {func(u *celestrontest.Troubles) { u.Delay = 1900 * time.Millisecond }, 1, 1900 * time.Millisecond, false},
		"everything else": {func(u *celestrontest.Troubles) { u.Echo, u.Chatter, u.Noise, u.Silent = true, true, []byte{0x3b}, 1 }, 2, 2 * time.Second, false},
	} {
		t.Run(name, func(t *testing.T) {
			try(t, func(t *testing.T, c *Client, m *celestrontest.Motor) {
				m.Change(tt.trouble)
				begun := time.Now()
				p, err := c.Position(t.Context())
				took := time.Since(begun)
				switch {
				case tt.fails && !errors.Is(err, fault.Hardware):
					t.Errorf("position %d, %v", p, err)
				case !tt.fails && (p != 20000 || err != nil):
					t.Errorf("position %d, %v", p, err)
				}
				if n := len(m.Requests()); n != tt.tries || took < tt.took || took > tt.took+200*time.Millisecond {
					t.Errorf("%d tries in %v; want %d in %v", n, took, tt.tries, tt.took)
				}
			})
		})
	}
}

// An answer that comes after its time is not taken for that of the next
// request.
func TestLateAnswer(t *testing.T) {
	try(t, func(t *testing.T, c *Client, m *celestrontest.Motor) {
		m.Change(func(u *celestrontest.Troubles) { u.Delay = 3 * Timeout })
		if _, err := c.Position(t.Context()); !errors.Is(err, fault.Hardware) {
			t.Fatal(err)
		}
		m.Change(func(u *celestrontest.Troubles) { u.Delay = 0 })
		m.Push(500)
		time.Sleep(10 * time.Second)
		if p, err := c.Position(t.Context()); p != 20500 || err != nil {
			t.Errorf("position %d, %v", p, err)
		}
	})
}

func TestUnplugged(t *testing.T) {
	try(t, func(t *testing.T, c *Client, m *celestrontest.Motor) {
		go func() {
			time.Sleep(time.Second)
			m.Change(func(u *celestrontest.Troubles) { u.Unplugged = true })
		}()
		m.Change(func(u *celestrontest.Troubles) { u.Silent = 99 })
		begun := time.Now()
		_, err := c.Position(t.Context())
		if took := time.Since(begun); !errors.Is(err, fault.Hardware) || took > 1100*time.Millisecond {
			t.Errorf("unplugged while waiting: %v after %v", err, took)
		}
		if _, err := c.Position(t.Context()); !errors.Is(err, fault.Hardware) {
			t.Errorf("unplugged: %v", err)
		}
		if err := c.Connect(t.Context()); !errors.Is(err, fault.Hardware) {
			t.Errorf("connected to what is unplugged: %v", err)
		}
		if _, err := c.Position(t.Context()); !errors.Is(err, fault.Disconnected) {
			t.Errorf("without a line: %v", err)
		}
		m.Change(func(u *celestrontest.Troubles) { *u = celestrontest.Troubles{} })
		if err := c.Connect(t.Context()); err != nil {
			t.Fatal(err)
		}
		if p, err := c.Position(t.Context()); p != 20000 || err != nil {
			t.Errorf("plugged in again: %d, %v", p, err)
		}
	})
}

func TestCounts(t *testing.T) {
	try(t, func(t *testing.T, c *Client, m *celestrontest.Motor) {
		before := c.Counts()
		m.Change(func(u *celestrontest.Troubles) { u.Echo, u.Chatter, u.Noise, u.Silent = true, true, []byte{1, 2, 3}, 1 })
		_, _ = c.Position(t.Context())
		after := c.Counts()
		// Of the answer: three bytes of noise, our echo, and three frames of others.
		want := Counts{Requests: before.Requests + 1, Timeouts: before.Timeouts + 1, Foreign: before.Foreign + 4, Garbage: before.Garbage + 3}
		if after != want {
			t.Errorf("%+v, want %+v", after, want)
		}
	})
}

// A line on which nobody answers is closed again.
func TestConnectToNobody(t *testing.T) {
	try(t, func(t *testing.T, c *Client, m *celestrontest.Motor) {
		m.Change(func(u *celestrontest.Troubles) { u.Silent = 99 })
		if err := c.Connect(t.Context()); !errors.Is(err, fault.Hardware) {
			t.Error(err)
		}
		if _, err := c.Position(t.Context()); !errors.Is(err, fault.Disconnected) {
			t.Error(err)
		}
		if n := c.Counts(); n.Timeouts != 3 || n.Requests != 2 {
			t.Errorf("%+v", n)
		}
	})
}

func TestGivenUp(t *testing.T) {
	try(t, func(t *testing.T, c *Client, m *celestrontest.Motor) {
		m.Change(func(u *celestrontest.Troubles) { u.Silent = 99 })
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		begun := time.Now()
		_, err := c.Position(ctx)
		if took := time.Since(begun); !errors.Is(err, fault.Cancelled) || took > 400*time.Millisecond {
			t.Errorf("%v after %v", err, took)
		}
	})
}

// A babbler keeps no request from going out.
type babbler struct{ written int }

func (b *babbler) Write(p []byte) (int, error) { b.written++; return len(p), nil }
func (b *babbler) Close() error                { return nil }
func (b *babbler) ReadFor(p []byte, d time.Duration) (int, error) {
	time.Sleep(min(d, time.Millisecond))
	for i := range p {
		p[i] = preamble
	}
	return len(p), nil
}

func TestBabbler(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &babbler{}
		c := New(func() (Line, error) { return b, nil }, clock.Real{})
		if err := c.Connect(t.Context()); !errors.Is(err, fault.Hardware) || b.written != 3 {
			t.Errorf("%v after %d tries", err, b.written)
		}
	})
}

// Positions end at three bytes, whatever the motor says.
func TestSenselessLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := celestrontest.New(clock.Real{}, 0, 0, 1<<31-1).Calibrated()
		c := New(func() (Line, error) { return m.Open() }, clock.Real{})
		if err := c.Connect(t.Context()); err != nil {
			t.Fatal(err)
		}
		if lo, hi, err := c.Limits(t.Context()); !errors.Is(err, fault.Hardware) {
			t.Errorf("%d to %d, %v", lo, hi, err)
		}
	})
}
