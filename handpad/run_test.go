// SPDX-License-Identifier: GPL-3.0-or-later

package handpad

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/mount"
)

// slowTour takes its time.
type slowTour struct {
	begun int
	free  chan error
}

func (s *slowTour) Next(ctx context.Context) error {
	s.begun++
	select {
	case err := <-s.free:
		return err
	case <-ctx.Done():
		return fault.Wrap(fault.Cancelled, "tour", ctx.Err())
	}
}
func (s *slowTour) Previous(ctx context.Context) error { return s.Next(ctx) }

// running runs a paddle on a manual clock, in a bubble.
func running(t *testing.T, parts func(*Parts), test func(t *testing.T, p *Paddle, m *fakeMount, pass func(time.Duration), level *atomic.Uint32, stop func())) {
	synctest.Test(t, func(t *testing.T) {
		m, c, level := newFakeMount(), clock.NewManual(evening), new(atomic.Uint32)
		m.set(untracked)
		cfg := DefaultConfig()
		cfg.Present, cfg.StartMode = true, "grand_tour"
		pt := Parts{Mount: m, Clock: c, Inputs: levels{level}}
		parts(&pt)
		p, err := New(cfg, pt)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- p.Run(ctx) }()
		stop := func() {
			cancel()
			if err := <-ended; err != nil {
				t.Error(err)
			}
			close(ended)
		}
		pass := func(d time.Duration) {
			for ; d > 0; d -= look {
				synctest.Wait()
				c.Advance(look)
			}
			synctest.Wait()
		}
		pass(50 * time.Millisecond)
		test(t, p, m, pass, level, stop)
		cancel()
		<-ended
	})
}

// levels are lines that a test sets.
type levels struct{ level *atomic.Uint32 }

func (l levels) Read() (uint32, error) { return l.level.Load(), nil }

// Work of a mode key that takes long keeps nobody from the direction keys, nor
// is it begun twice; the loop's end ends it.
func TestSlowWork(t *testing.T) {
	tour := &slowTour{}
	running(t, func(p *Parts) { tour.free = make(chan error); p.Tour = tour }, func(t *testing.T, p *Paddle, m *fakeMount, pass func(time.Duration), level *atomic.Uint32, stop func()) {
		answer := make(chan error, 2)
		next := func() { answer <- p.PressMode(t.Context(), false) }
		go next()
		pass(2 * time.Second)
		if s := p.Snapshot(); tour.begun != 1 || !s.Busy {
			t.Fatalf("%d begun, %+v", tour.begun, s)
		}
		if err := p.PressMode(t.Context(), false); !errors.Is(err, fault.Refused) {
			t.Error(err)
		}
		if err := p.SetMode(t.Context(), "off"); !errors.Is(err, fault.Refused) {
			t.Error(err)
		}
		level.Store(16)
		pass(50 * time.Millisecond)
		if m.Snapshot().HeldRates[1] == 0 {
			t.Error("no key moves while work is done")
		}
		level.Store(0)
		pass(50 * time.Millisecond)
		if m.Snapshot().HeldRates[1] != 0 {
			t.Error("moves on")
		}
		tour.free <- fault.New(fault.Refused, "tour", "this is the last object")
		if err := <-answer; !errors.Is(err, fault.Refused) {
			t.Error(err)
		}
		if s := p.Snapshot(); s.Busy || !errors.Is(s.Message.Err, fault.Refused) {
			t.Errorf("%+v", s)
		}
		pass(time.Second)
		go next()
		pass(time.Second)
		level.Store(48)
		pass(time.Second)
		stop()
		if err := <-answer; !errors.Is(err, fault.Cancelled) {
			t.Error(err)
		}
		if n := m.Snapshot(); n.Holder != "" || n.Activity != mount.Idle || p.Snapshot().Busy {
			t.Errorf("the loop has ended: %s holds, %s", n.Holder, n.Activity)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		for name, err := range map[string]error{"mode": p.SetMode(ctx, "off"), "key": p.Key(ctx, "a", "up", true), "press": p.PressMode(ctx, true)} {
			if !errors.Is(err, fault.Cancelled) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

// A mount that does not answer any more does not keep the paddle from ending.
func TestDeafMount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newFakeMount()
		m.set(untracked)
		var level atomic.Uint32
		cfg := DefaultConfig()
		cfg.Present = true
		p, err := New(cfg, Parts{Mount: deaf{m}, Clock: clock.Real{}, Inputs: levels{&level}})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- p.Run(ctx) }()
		time.Sleep(time.Second)
		synctest.Wait()
		level.Store(16)
		time.Sleep(time.Second)
		begin := time.Now()
		cancel()
		<-ended
		if d := time.Since(begin); d > 2*time.Second {
			t.Errorf("ended after %v", d)
		}
	})
}

// deaf is a mount that takes commands and never answers.
type deaf struct{ *fakeMount }

func (d deaf) MoveAxis(ctx context.Context, client string, _ int, _ model.Rate) error {
	d.set(func(s *mount.Snapshot) { s.Holder, s.HeldRates[1] = client, 1 })
	<-ctx.Done()
	return fault.Wrap(fault.Cancelled, "move axis", ctx.Err())
}

// A look at which nothing changes allocates nothing, whatever is down.
func TestLooksAllocateNothing(t *testing.T) {
	for _, level := range []uint32{0, 48} {
		b := newTable(t, func(_ *Config, p *Parts) { p.Log = nil })
		b.m.set(untracked)
		b.lines(level)
		now := b.clock.Now()
		if n := testing.AllocsPerRun(100, func() { b.p.step(t.Context(), now) }); n != 0 {
			t.Errorf("level %d: %v allocations", level, n)
		}
	}
}

// BenchmarkLook is one look at the lines with a key down; 200 a second are
// made.
func BenchmarkLook(b *testing.B) {
	tb := newTable(b, func(_ *Config, p *Parts) { p.Log = nil })
	tb.m.set(untracked)
	tb.lines(48)
	ctx, now := b.Context(), tb.clock.Now()
	b.ReportAllocs()
	for b.Loop() {
		tb.p.step(ctx, now)
	}
}
