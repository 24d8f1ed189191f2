// SPDX-License-Identifier: GPL-3.0-or-later

package executor

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/siderostep/siderostep/driver"
)

// relayLog keeps what a relay was told.
type relayLog struct {
	at   []driver.Instant
	dirs []int
	err  error
}

func (l *relayLog) Switch(at driver.Instant, direction int) error {
	if l.err != nil {
		return l.err
	}
	l.at, l.dirs = append(l.at, at), append(l.dirs, direction)
	return nil
}

func relayAxis(t *testing.T) (*Inline, *relayLog) {
	t.Helper()
	log := new(relayLog)
	m, err := NewInline(Config{Axes: []Axis{{Kind: Relay, Brake: 1e5, MaxRate: 1e5}}}, Outputs{Relays: []driver.Relay{log}})
	must(t, err)
	return m, log
}

// A relay is switched at the instants at which motion begins, turns and ends,
// and its steps are reckoned at the plan's rate.
func TestRelay(t *testing.T) {
	m, log := relayAxis(t)
	if len(log.dirs) == 0 || slices.ContainsFunc(log.dirs, func(d int) bool { return d != 0 }) {
		t.Fatalf("at first: %v", log.dirs)
	}
	*log = relayLog{}
	must(t, m.Resume())
	for _, s := range []driver.Segment{
		{Start: 1e9, Dur: time.Second, V: 100, Splice: true},
		{Start: 2e9, Dur: time.Second, P: 100 * driver.One, V: -50},
		{Start: 3e9, Dur: time.Second, P: 50 * driver.One},
	} {
		must(t, m.Queue(0, s))
	}
	m.Beat(1.5e9)
	if r := m.Report(0); r.Emitted != 50 {
		t.Errorf("half-way: %+v", r)
	}
	m.Beat(5e9)
	if want := []int{1, -1, 0}; !slices.Equal(log.dirs, want) || !slices.Equal(log.at, []driver.Instant{1e9, 2e9, 3e9}) {
		t.Errorf("switched to %v at %v", log.dirs, log.at)
	}
	if r := m.Report(0); r.Emitted != 50 || r.Steps != 150 || r.State != driver.Holding {
		t.Errorf("%+v", r)
	}
}

func TestRelayFails(t *testing.T) {
	m, log := relayAxis(t)
	must(t, m.Resume())
	must(t, m.Queue(0, driver.Segment{Start: 1e9, Dur: 10 * time.Second, V: 100, Splice: true}))
	log.err = errors.New("unplugged")
	m.Beat(1.5e9)
	m.Beat(2e9)
	if r := m.Report(0); r.State != driver.Halted || r.Faults == 0 || m.exec.Healthy(2e9) {
		t.Errorf("%+v", r)
	}
	log.err = nil
	must(t, m.Resume())
	must(t, m.Queue(0, driver.Segment{Start: 3e9, P: m.Report(0).Position, Dur: time.Second, V: -100, Splice: true}))
	m.Beat(3.5e9)
	if log.dirs[len(log.dirs)-1] != -1 || !m.exec.Healthy(3.5e9) {
		t.Errorf("after the repair: %v", log.dirs)
	}
	must(t, m.Close())
	if log.dirs[len(log.dirs)-1] != 0 {
		t.Errorf("closed: %v", log.dirs)
	}
}

// longPulse is a Pulser whose pulses have to end, 2 ms after they began.
type longPulse struct {
	pulseLog
	ends  driver.Instant
	order []driver.Instant // of all that happened
}

func (l *longPulse) Pulse(at driver.Instant, clockwise bool) error {
	l.order = append(l.order, at)
	l.ends = at.Add(2 * time.Millisecond)
	return l.pulseLog.Pulse(at, clockwise)
}

func (l *longPulse) Next() driver.Instant {
	if l.ends == 0 {
		return driver.Never
	}
	return l.ends
}

func (l *longPulse) Advance(now driver.Instant) error {
	if l.err != nil {
		return l.err
	}
	l.order = append(l.order, l.ends)
	l.ends = 0
	return nil
}

// What outputs do by themselves comes in its turn between the steps, even
// when all is late.
func TestClockedOutputs(t *testing.T) {
	log := new(longPulse)
	m, err := NewInline(Config{Axes: []Axis{{Kind: Pulse, Brake: 1e5, MaxRate: 1e5}}},
		Outputs{Pulsers: []driver.Pulser{log}, Clocked: []driver.Clocked{log}})
	must(t, err)
	must(t, m.Resume())
	must(t, m.Queue(0, driver.Segment{Dur: 10 * time.Second, V: 100, Splice: true}))
	m.Beat(1e6)
	if next := m.exec.Next(); next != 5e6 {
		t.Errorf("the first step is due at %v", next)
	}
	m.Beat(6e6)
	if next := m.exec.Next(); next != 7e6 {
		t.Errorf("the first pulse ends at %v", next)
	}
	m.Beat(1e9)
	if len(log.order) != 200 || !slices.IsSorted(log.order) || log.count != 100 {
		t.Errorf("%d events, %d steps", len(log.order), log.count)
	}
	log.err = errors.New("unplugged")
	m.Beat(1.1e9)
	m.Beat(1.2e9)
	if r := m.Report(0); r.State != driver.Halted || r.Faults == 0 || m.exec.Healthy(1.2e9) {
		t.Errorf("after a failure: %+v", r)
	}
}

// lineLog keeps the level of a line.
type lineLog struct{ levels []uint32 }

func (l *lineLog) Write(word, mask uint32) error {
	l.levels = append(l.levels, word&mask)
	return nil
}

// The over-voltage line is high during half steps above a rate, and low
// before, after, and on the way out.
func TestBoost(t *testing.T) {
	line := new(lineLog)
	m, log := windingAxes(t)
	config := m.exec.config
	m, err := NewInline(config, Outputs{Windings: []driver.Windings{log}, Boost: line, BoostMask: 4, BoostAbove: 1000})
	must(t, err)
	must(t, m.Resume())
	if !slices.Equal(line.levels, []uint32{0}) {
		t.Errorf("at first: %v", line.levels)
	}
	must(t, m.Queue(0, driver.Segment{Dur: time.Second, A: 10000, Splice: true}))
	run(m, 0, 0.49e9)
	if !slices.Equal(line.levels, []uint32{0}) {
		t.Errorf("below: %v", line.levels)
	}
	run(m, 0.5e9, 0.9e9)
	if !slices.Equal(line.levels, []uint32{0, 4}) {
		t.Errorf("above: %v", line.levels)
	}
	must(t, m.Close())
	if !slices.Equal(line.levels, []uint32{0, 4, 0}) {
		t.Errorf("closed: %v", line.levels)
	}
}

// chipDriver is a pulser that can be switched on and off.
type chipDriver struct {
	on    bool
	fails bool
}

func (c *chipDriver) Pulse(driver.Instant, bool) error { return nil }
func (c *chipDriver) On() error {
	c.on = true
	if c.fails {
		return errors.New("no answer")
	}
	return nil
}
func (c *chipDriver) Off() error { c.on = false; return nil }

// The current of a step/direction motor comes and goes with that of windings.
func TestDriverChipIsSwitched(t *testing.T) {
	chip := &chipDriver{on: true}
	m, err := NewInline(Config{Axes: []Axis{{Kind: Pulse, Brake: 1e5, MaxRate: 1e5}}}, Outputs{Pulsers: []driver.Pulser{chip}})
	if err != nil {
		t.Fatal(err)
	}
	if chip.on {
		t.Error("on before anybody wants motion")
	}
	if err := m.Resume(); err != nil || !chip.on {
		t.Errorf("resumed: on is %v, %v", chip.on, err)
	}
	m.Beat(1e6)
	if err := m.Release(); err != nil || chip.on {
		t.Errorf("released: on is %v, %v", chip.on, err)
	}
	chip.fails = true
	_ = m.Resume()
	if m.Beat(2e6); m.Report(0).Faults == 0 {
		t.Error("a chip that does not answer is no fault")
	}
	if err := m.Close(); err != nil || chip.on {
		t.Errorf("closed: on is %v, %v", chip.on, err)
	}
}

// A motor with a slow pair of relays runs on it up to a rate.
func TestSlowRelay(t *testing.T) {
	var fast, slow relayLog
	m, err := NewInline(Config{Axes: []Axis{{Kind: Relay, SlowBelow: 50, SlowPort: 1, Brake: 1e5, MaxRate: 1e5}}},
		Outputs{Relays: []driver.Relay{&fast, &slow}})
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Resume(); err != nil {
		t.Fatal(err)
	}
	fast, slow = relayLog{}, relayLog{}
	run := func(at driver.Instant, p driver.Position, v float64, splice bool) {
		t.Helper()
		if err := m.Queue(0, driver.Segment{Start: at, Dur: time.Second, P: p, V: v, Splice: splice}); err != nil {
			t.Fatal(err)
		}
	}
	run(0, 0, 20, true)
	run(1e9, driver.PositionOf(20), 100, false)
	m.Beat(5e9)
	if len(slow.dirs) == 0 || slow.dirs[0] != 1 || slow.at[0] != 0 {
		t.Errorf("slow relay: %v at %v; want it on at 0", slow.dirs, slow.at)
	}
	if !slices.Equal(fast.dirs, []int{1, 0}) || fast.at[0] != 1e9 {
		t.Errorf("fast relay: %v at %v; want it on at 1 s, and off at the end", fast.dirs, fast.at)
	}
}
