// SPDX-License-Identifier: GPL-3.0-or-later

package executor

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/driver/waveform"
	"github.com/siderostep/siderostep/fault"
)

// Playing allocates nothing, whatever happens: segments, reversals, splices,
// catch-ups, half steps, underruns, halts.
func TestAdvanceAllocatesNothing(t *testing.T) {
	table, err := waveform.New(waveform.DefaultConfig())
	must(t, err)
	c := Config{Axes: []Axis{
		{Kind: Windings, Table: table, Brake: 1e5, MaxRate: 1e5, HalfStepAbove: 2000},
		{Kind: Pulse, Brake: 1e5, MaxRate: 1e5},
	}}
	m, err := NewInline(c, Outputs{Windings: []driver.Windings{new(nullWindings)}, Pulsers: []driver.Pulser{new(nullPulser)}})
	must(t, err)
	var now driver.Instant
	night := func() {
		if err := m.Resume(); err != nil {
			t.Fatal(err)
		}
		for i := range c.Axes {
			p := m.Report(i).Position
			for _, s := range []driver.Segment{
				{Start: now, P: p, Dur: time.Second, V: 5000, A: -10000, Splice: true},
				{Start: now + 1e9, P: p, Dur: time.Second, V: -5000},
				{Start: now + 15e8, P: p, Dur: time.Second, V: 100, Splice: true}, // elsewhere
			} {
				if err := m.Queue(i, s); err != nil {
					t.Fatal(err)
				}
			}
		}
		for range 500 {
			now += 10e6
			m.Beat(now)
		}
		m.Halt()
		m.Beat(now)
	}
	if n := testing.AllocsPerRun(20, night); n != 0 {
		t.Errorf("%v allocations a run", n)
	}
	if c := m.Counters(1); c.CatchUps == 0 || m.Report(1).Underruns == 0 {
		t.Errorf("the run did not exercise everything: %+v, %+v", c, m.Report(1))
	}
}

// Halt from other goroutines, while the loop queues, plays and resumes. The
// race detector watches; the count stays exact.
func TestHaltFromAnywhere(t *testing.T) {
	m, logs := pulseAxes(t, 2)
	var halters sync.WaitGroup
	stop := make(chan struct{})
	for range 3 {
		halters.Go(func() {
			tick := clock.Real{}.NewTicker(50 * time.Microsecond)
			defer tick.Stop()
			for {
				select {
				case <-stop:
					return
				case <-tick.C():
					m.Halt()
					m.Report(0)
				}
			}
		})
	}
	var now driver.Instant
	refused, resumed := 0, 0
	for range 20000 {
		if err := m.Resume(); err == nil {
			resumed++
		} else if !errors.Is(err, fault.Refused) {
			t.Fatal(err)
		}
		for i := range logs {
			s := driver.Segment{Start: now, P: m.Report(i).Position, Dur: time.Second, V: 1000, Splice: true}
			if err := m.Queue(i, s); errors.Is(err, fault.Refused) {
				refused++
			} else if err != nil && !errors.Is(err, fault.Full) {
				t.Fatal(err)
			}
		}
		now += 1e6
		m.Beat(now)
	}
	close(stop)
	halters.Wait()
	m.Halt()
	m.Beat(now + 1e9)
	for i, log := range logs {
		r := m.Report(i)
		if r.State != driver.Halted || int64(r.Emitted) != log.count || r.Emitted != r.Position.Round() {
			t.Errorf("axis %d: %d steps made, %+v", i, log.count, r)
		}
		if held := m.board.axes[i].ring.Held(); held != 0 {
			t.Errorf("axis %d: %d segments held", i, held)
		}
	}
	if resumed == 0 {
		t.Error("never resumed")
	}
	t.Logf("resumed %d times, %d segments refused, %d steps", resumed, refused, len(logs[0].at))
}

// Planner and executor on goroutines of their own, as they will be in two
// processes.
func TestPlannerAndExecutorApart(t *testing.T) {
	log := new(pulseLog)
	c := Config{Axes: []Axis{{Kind: Pulse, Brake: 1e5, MaxRate: 1e5}}}
	board := new(Board)
	exec, err := New(c, Outputs{Pulsers: []driver.Pulser{log}}, board, 0)
	must(t, err)
	planner := NewPlanner(c, board)
	var real clock.Real
	begin := real.Now()
	present := func() driver.Instant { return driver.Instant(real.Now().Sub(begin)) }
	done := make(chan struct{})
	var playing sync.WaitGroup
	playing.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
				exec.Advance(present())
			}
		}
	})
	await := func(what string, ok func() bool) {
		t.Helper()
		for limit := present() + 10e9; !ok(); {
			if present() > limit {
				t.Fatalf("waited in vain for: %s", what)
			}
			clock.Sleep(t.Context(), real, 100*time.Microsecond)
		}
	}
	const segments = 2000
	await("resume", func() bool { return planner.Resume() == nil })
	s := driver.Segment{Start: present().Add(50 * time.Millisecond), Dur: 100 * time.Microsecond, V: 5e4, Splice: true}
	for i := range segments {
		if i == segments-1 {
			s.V = 0
		}
		await("room in the queue", func() bool {
			err := planner.Queue(0, s)
			if err != nil && !errors.Is(err, fault.Full) {
				t.Fatal(err)
			}
			return err == nil
		})
		end, _ := s.At(s.End())
		s.Start, s.P, s.Splice = s.End(), end, false
	}
	await("rest", func() bool { return planner.Report(0).State == driver.Holding })
	planner.Halt()
	await("the halt", func() bool { return planner.Report(0).State == driver.Halted })
	must(t, planner.Release())
	await("the release", func() bool { return planner.Report(0).State == driver.Released })
	close(done)
	playing.Wait()
	r := planner.Report(0)
	if want := s.P.Round(); r.Emitted != want || log.count != int64(want) {
		t.Errorf("%d steps made, %d reported, want %d: %+v", log.count, r.Emitted, want, r)
	}
}

// A report is never half one and half another.
func TestReportsAreWhole(t *testing.T) {
	var box reportBox
	done := make(chan struct{})
	var writing sync.WaitGroup
	writing.Go(func() {
		for n := int64(0); ; n++ {
			select {
			case <-done:
				return
			default:
				r := driver.Report{At: driver.Instant(n), Position: driver.Position(n), WorstLate: time.Duration(n)}
				box.put(&r, uint64(n))
			}
		}
	})
	for range 200000 {
		r, seen := box.get()
		if n := int64(r.At); int64(r.Position) != n || int64(r.WorstLate) != n || int64(seen) != n {
			t.Fatalf("%+v, %d", r, seen)
		}
	}
	close(done)
	writing.Wait()
}

func TestLatenessIsTold(t *testing.T) {
	m, _ := pulseAxes(t, 1)
	var told []time.Duration
	m.exec.Lateness = func(d time.Duration) { told = append(told, d) }
	must(t, m.Resume())
	must(t, m.Queue(0, driver.Segment{Start: 1e9, Dur: time.Second, V: 100, Splice: true}))
	m.Beat(0.5e9)
	if next := m.exec.Next(); next != 1e9 {
		t.Errorf("next is due at %d", next)
	}
	m.Beat(1e9 + 7)
	if next := m.exec.Next(); next != 1.005e9 {
		t.Errorf("the first step is due at %d", next)
	}
	m.Beat(1.005e9)
	if len(told) != 2 || told[0] != 7 || told[1] != 0 {
		t.Errorf("told %v", told)
	}
}
