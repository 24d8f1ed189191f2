// SPDX-License-Identifier: GPL-3.0-or-later

package executor

import (
	"math"
	"math/bits"
	"testing"
	"time"

	"github.com/siderostep/siderostep/driver"
)

// onTime integrates the bits of the patterns on a port from from to to: the
// share of each period that each winding is on.
func onTime(log *windingLog, from, to driver.Instant) (seconds float64) {
	for i, p := range log.patterns {
		end := to
		if i+1 < len(log.patterns) {
			end = min(log.at[i+1], to)
		}
		slots := 0
		for _, s := range p.Slots[:p.N] {
			slots += bits.OnesCount16(s.Word) * int(s.For)
		}
		seconds += max(0, end.Sub(max(log.at[i], from)).Seconds()) * float64(slots) / float64(p.Period())
	}
	return seconds
}

// What the reports say of the currents is what the port's patterns show.
func TestWindingDuty(t *testing.T) {
	m, log := windingAxes(t, func(c *Config) { c.Axes[0].HalfStepAbove = 2000 })
	both := func() float64 { return (m.Report(0).On + m.Report(1).On).Seconds() }
	m.Beat(1e9)
	if r := m.Report(0); r.Duty != 0 || r.On != 0 {
		t.Errorf("released: duty %g, on for %v", r.Duty, r.On)
	}
	must(t, m.Resume())
	must(t, m.Queue(0, driver.Segment{Start: 1e9, Dur: 2 * time.Second, A: 3000, Splice: true}))
	must(t, m.Queue(0, driver.Segment{Start: 3e9, Dur: 2 * time.Second, P: 6000 * driver.One, V: 6000, A: -3000}))
	must(t, m.Queue(1, driver.Segment{Start: 1e9, Dur: 3 * time.Second, V: -100, Splice: true}))
	for now := driver.Instant(1e9); now <= 6e9; now += 5e7 {
		m.Beat(now)
		if want := onTime(log, 1e9, now); math.Abs(both()-want) > 1e-6 {
			t.Fatalf("at %v on for %.9f s, the port for %.9f", now, both(), want)
		}
	}
	if r := m.Report(0); r.Duty < 0.5 || r.Duty > 1 {
		t.Errorf("at rest on a full step: duty %g, want that of one winding", r.Duty)
	}
	must(t, m.Release())
	before := both()
	m.Beat(7e9)
	if r := m.Report(0); r.Duty != 0 || both() != before {
		t.Errorf("released: duty %g, on for another %g s", r.Duty, both()-before)
	}
}

func TestQueuedSegmentsAreCounted(t *testing.T) {
	m, _ := pulseAxes(t, 1)
	must(t, m.Resume())
	for i := range 3 {
		must(t, m.Queue(0, driver.Segment{
			Start: driver.Instant(i) * 1e9, Dur: time.Second, P: driver.Position(100*i) * driver.One, V: 100, Splice: i == 0,
		}))
	}
	for i, want := range []int{3, 2, 1} {
		m.Beat(driver.Instant(i)*1e9 + 5e8)
		if got := m.Report(0).Queued; got != want {
			t.Errorf("after %d.5 s %d segments are queued, want %d", i, got, want)
		}
	}
	m.Beat(5e9)
	if r := m.Report(0); r.Queued != 0 || r.Steps != uint64(r.Emitted) || r.Steps < 300 {
		t.Errorf("at rest %d segments are queued, %d steps of %d", r.Queued, r.Steps, r.Emitted)
	}
}

// Each beat finds the first event that was due since the one before.
func TestLatenessIsCounted(t *testing.T) {
	m, _ := pulseAxes(t, 1)
	must(t, m.Resume())
	// A step is due at 0.5 s, then one a second.
	must(t, m.Queue(0, driver.Segment{Dur: 10 * time.Second, V: 1, Splice: true}))
	m.Beat(1) // takes the segment over
	before := m.Lateness()
	m.Beat(5e8 + 1e6)
	m.Beat(1e9)
	m.Beat(15e8 + 3e6)
	v := m.Lateness()
	if n, sum := v.Count()-before.Count(), v.Sum-before.Sum; n != 2 || math.Abs(sum.Seconds()-0.004) > 1e-6 {
		t.Errorf("%d events, late by %v together; want 2, 4 ms", n, sum)
	}
}
