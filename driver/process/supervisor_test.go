// SPDX-License-Identifier: GPL-3.0-or-later

package process

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/driver/executor"
	"github.com/siderostep/siderostep/driver/realtime"
	"github.com/siderostep/siderostep/driver/record"
	"github.com/siderostep/siderostep/fault"
)

func TestLinesThroughTheProcess(t *testing.T) {
	sc := newScene(t, realtime.Config{CPU: -1})
	in := sc.s.Inputs()
	until(t, "inputs", 10*time.Second, func() bool { _, err := in.Read(); return err == nil })
	begin := realtime.Now()
	for i, levels := range []uint32{5, 7, 0} {
		sc.port.SetInputs(levels)
		until(t, "an input", 10*time.Second, func() bool { got, err := in.Read(); return err == nil && got == levels })
		changes, next := in.Edges(1)
		if next != uint64(i)+2 || len(changes) != i+1 || changes[i].Levels != levels || changes[i].At < begin {
			t.Errorf("edges %v, next %d", changes, next)
		}
	}
	sc.s.SetAux(0x0B00)
	until(t, "aux lines", 10*time.Second, func() bool { return sc.port.Levels()&auxLines == 0x0B00 })
	if err := sc.stop(); err != nil {
		t.Error(err)
	}
	if _, err := in.Read(); !errors.Is(err, fault.Disconnected) {
		t.Errorf("inputs of an executor that has ended: %v", err)
	}
	if _, err := os.Stat(sc.s.opt.Path); err != nil {
		t.Errorf("the counts are gone: %v", err)
	}
}

func TestOldEdgesGo(t *testing.T) {
	in := Inputs{&Memory{shared: new(shared)}}
	for i := range uint32(600) {
		in.m.inputs.note(driver.Instant(i), i)
		in.m.inputs.note(driver.Instant(i), i) // no change
	}
	changes, next := in.Edges(0)
	var levels []uint32
	for _, e := range changes {
		levels = append(levels, e.Levels)
	}
	if next != 600 || len(levels) == 0 || levels[len(levels)-1] != 599 || len(levels) < edges-1 || !slices.IsSorted(levels) {
		t.Errorf("next %d, levels %v", next, levels)
	}
	if changes, _ := in.Edges(598); len(changes) != 2 {
		t.Errorf("the latest two: %v", changes)
	}
	if changes, next := in.Edges(600); len(changes) != 0 || next != 600 {
		t.Errorf("nothing new: %v, %d", changes, next)
	}
}

// The keep-alive line toggles while the planner lives, and no longer.
func TestKeepAliveNeedsAPlanner(t *testing.T) {
	sc := newScene(t, realtime.Config{CPU: -1})
	toggles := func() (n int, last driver.Instant) {
		for rec := range sc.port.Records(0) {
			if rec.Mask&aliveLine != 0 {
				n, last = n+1, rec.At
			}
		}
		return n, last
	}
	clock.Sleep(t.Context(), clock.Real{}, 300*time.Millisecond)
	if n, _ := toggles(); n != 0 || sc.s.Status().Healthy {
		t.Errorf("%d toggles without a planner", n)
	}
	var beat driver.Instant
	for n, _ := toggles(); n < 10; n, _ = toggles() {
		beat = realtime.Now()
		sc.s.Motors(0).Beat(beat)
		clock.Sleep(t.Context(), clock.Real{}, 10*time.Millisecond)
	}
	until(t, "silence", 20*time.Second, func() bool { return !sc.s.Status().Healthy && realtime.Now().Sub(beat) > 1500*time.Millisecond })
	if _, last := toggles(); last.Sub(beat) > time.Second {
		t.Errorf("the latest toggle is %v after the planner's latest beat", last.Sub(beat))
	}
	sc.port.Break(true) // the keep-alive line itself, and then the end
	sc.s.Motors(0).Beat(realtime.Now())
	until(t, "a fault", 10*time.Second, func() bool { return sc.s.Status().KeepAliveFaults > 0 })
	sc.port.Break(false)
	if err := sc.stop(); err != nil {
		t.Error(err)
	}
}

func TestStartFails(t *testing.T) {
	dir := tmpfs(t)
	fresh := func() Options {
		return options(filepath.Join(dir, "memory"), filepath.Join(dir, "port"), realtime.Config{CPU: -1})
	}
	for name, tt := range map[string]struct {
		change func(*Options)
		kind   error
		text   string
	}{
		"reason":        {func(o *Options) { o.Job = []byte(`{"Fail": "no such chip"}`) }, fault.Hardware, "no such chip"},
		"other axes":    {func(o *Options) { o.Groups = []executor.Config{{Axes: make([]executor.Axis, 1)}} }, fault.Hardware, "2 axes"},
		"more groups":   {func(o *Options) { o.Groups = append(o.Groups, testConfig()) }, fault.Hardware, "1 groups"},
		"no groups":     {func(o *Options) { o.Groups = nil }, fault.Invalid, "1 to 4"},
		"no program":    {func(o *Options) { o.Command = []string{"/nowhere"} }, fault.Hardware, "nowhere"},
		"other program": {func(o *Options) { o.Command = []string{"/bin/true"} }, fault.Hardware, "ended"},
		"no folder":     {func(o *Options) { o.Path = "/nowhere/at/all" }, fault.Hardware, "nowhere"},
	} {
		t.Run(name, func(t *testing.T) {
			if port, err := record.Open(filepath.Join(dir, "port"), 1000); err == nil {
				defer port.Close()
			}
			o := fresh()
			tt.change(&o)
			s, err := Start(t.Context(), o)
			if s != nil || !errors.Is(err, tt.kind) || !strings.Contains(err.Error(), tt.text) {
				t.Errorf("%v, %v; want %v with %q", s, err, tt.kind, tt.text)
			}
		})
	}
}

func TestInheritByHand(t *testing.T) {
	if _, _, err := Inherit(); !errors.Is(err, fault.Refused) {
		t.Errorf("%v", err)
	}
}

func TestForeignMemoryIsRefused(t *testing.T) {
	dir := tmpfs(t)
	real, link := filepath.Join(dir, "real"), filepath.Join(dir, "link")
	os.WriteFile(real, []byte("of an older version"), 0o600)
	os.Symlink(real, link)
	if _, err := LastCounts(t.Context(), link, clock.Real{}); !errors.Is(err, unix.ELOOP) {
		t.Errorf("a link: %v", err)
	}
	if last, err := LastCounts(t.Context(), real, clock.Real{}); last != nil || err != nil {
		t.Errorf("another version's: %v, %v", last, err)
	}
	if a, b := MemoryPath("/var/lib/a"), MemoryPath("/var/lib/b"); a == b || a != MemoryPath("/var/lib/x/../a") {
		t.Errorf("%s, %s", a, b)
	}
}

// The loop allocates nothing.
func TestTurnAllocatesNothing(t *testing.T) {
	port, err := record.Open(filepath.Join(tmpfs(t), "port"), 1000)
	if err != nil {
		t.Fatal(err)
	}
	defer port.Close()
	m := &Memory{shared: new(shared)}
	m.axes[0] = 2
	m.daemon.Store(int32(os.Getppid()))
	s := &server{m: m, eq: equipment(port), tune: DefaultTuning()}
	s.tune.RealTime = realtime.Config{CPU: -1}
	group := s.eq.Groups[0]
	e, err := executor.New(group.Config, group.Outputs, &m.boards[0], 0)
	if err != nil {
		t.Fatal(err)
	}
	s.execs = append(s.execs, e)
	p := executor.NewPlanner(group.Config, &m.boards[0])
	e.Advance(1)
	if err := p.Resume(); err != nil {
		t.Fatal(err)
	}
	now := driver.Instant(1e9)
	levels := uint32(0)
	n := testing.AllocsPerRun(20, func() {
		levels ^= 1
		port.SetInputs(levels)
		m.aux.Store(levels << 8)
		for i := range 2 {
			if err := p.Queue(i, driver.Segment{Start: now, P: p.Report(i).Position, Dur: time.Second, V: 3000, Splice: true}); err != nil {
				t.Fatal(err)
			}
		}
		for range 1000 {
			now += 1e6
			p.Beat(now)
			s.turn(now)
		}
	})
	if n != 0 || m.healthy.Load() == 0 || p.Report(0).Steps == 0 {
		t.Errorf("%v allocations, healthy %d, %d steps", n, m.healthy.Load(), p.Report(0).Steps)
	}
}
