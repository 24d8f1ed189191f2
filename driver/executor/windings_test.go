// SPDX-License-Identifier: GPL-3.0-or-later

package executor

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/driver/waveform"
	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
)

// text gives a pattern as "C3×6 81×4 00×5".
func text(p driver.Pattern) string {
	var words []string
	for _, s := range p.Slots[:p.N] {
		words = append(words, fmt.Sprintf("%02X×%d", s.Word, s.For))
	}
	return strings.Join(words, " ")
}

// worked uses the example of stepper-core §1.2: four microsteps to a full
// step.
func worked(t testing.TB) func(*Config) {
	table, err := waveform.New(waveform.Config{
		Windings: 4, Microsteps: 4, Slots: 10, Pause: 5,
		Leaving: []int{10, 10, 10, 6}, Approaching: []int{0, 6, 10, 10},
	})
	must(t, err)
	return func(c *Config) {
		for i := range c.Axes {
			c.Axes[i].Table = table
		}
	}
}

// Windings are off before the first command, on where the count says once
// resumed, and off after a release.
func TestEnergised(t *testing.T) {
	const a1, c3 = 1 + 16*1000, 11 - 16*77
	m, log := windingAxes(t, worked(t), func(c *Config) { c.Axes[0].Initial, c.Axes[1].Initial = a1, c3 })
	m.Beat(1e9)
	if len(log.patterns) != 1 || text(log.last()) != "00×15" || m.Report(0).State != driver.Released {
		t.Fatalf("before the first command: %d patterns, %s, %v", len(log.patterns), text(log.last()), m.Report(0).State)
	}
	if err := m.Queue(0, driver.Segment{Start: 1e9, Dur: 1, Splice: true}); !errors.Is(err, fault.Refused) {
		t.Errorf("queue while released: %v", err)
	}
	must(t, m.Resume())
	if got := text(log.last()); got != "C3×6 81×4 00×5" || m.Report(1).State != driver.Holding {
		t.Errorf("resumed: %s, %v", got, m.Report(1).State)
	}
	if r := m.Report(1); r.Emitted != c3 || r.Position != c3*driver.One {
		t.Errorf("count %d, position %d", r.Emitted, r.Position)
	}
	must(t, m.Release())
	if got := text(log.last()); got != "00×15" || m.Report(1).State != driver.Released {
		t.Errorf("released: %s, %v", got, m.Report(1).State)
	}
	m.Halt()
	m.Beat(2e9)
	if m.Report(0).State != driver.Released {
		t.Errorf("a halt while released: %v", m.Report(0).State)
	}
	must(t, m.Resume())
	if got := text(log.last()); got != "C3×6 81×4 00×5" {
		t.Errorf("resumed again: %s", got)
	}
	must(t, m.Close())
	if got := text(log.last()); got != "00×15" || m.Report(0).State != driver.Released {
		t.Errorf("closed: %s, %v", got, m.Report(0).State)
	}
}

func TestMicrostepsShowTheirPhase(t *testing.T) {
	m, log := windingAxes(t, worked(t))
	must(t, m.Resume())
	log.patterns, log.at = nil, nil
	// Axis 0 goes up by five microsteps, axis 1 down by three, in between.
	must(t, m.Queue(0, driver.Segment{Dur: 5 * time.Second, V: 1, Splice: true}))
	must(t, m.Queue(1, driver.Segment{Start: 5e9, Dur: 3 * time.Second, V: -1, Splice: true}))
	m.Beat(10e9)
	var got []string
	for _, p := range log.patterns {
		got = append(got, text(p))
	}
	want := []string{
		"13×6 11×4 00×5", "13×10 00×5", "13×6 12×4 00×5", "12×10 00×5", "16×6 12×4 00×5",
		// Axis 1 at d3, d2, d1, whose windings d and a have 6:10, 10:10, 10:6.
		"96×6 12×4 00×5", "96×6 92×4 00×5", "96×6 82×4 00×5",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%q, want\n%q", got, want)
	}
	wantAt := []driver.Instant{0.5e9, 1.5e9, 2.5e9, 3.5e9, 4.5e9, 5.5e9 + 1, 6.5e9 + 1, 7.5e9 + 1}
	if !slices.Equal(log.at, wantAt) {
		t.Errorf("at %v, want %v", log.at, wantAt)
	}
}

// Fast motion is made in half steps at full current, slow motion and rest in
// microsteps; the count is exact at both ends.
func TestHalfSteps(t *testing.T) {
	m, log := windingAxes(t)
	table := m.exec.axes[0].Table
	must(t, m.Resume())
	const accel = 5000.0
	way := 7003.25
	segs := slew(0, 0, way, 3000, accel, 20000)
	for _, s := range segs {
		must(t, m.Queue(0, s))
	}
	counts := map[bool]int{}
	entered, left := -1.0, -1.0
	seen, half := len(log.patterns), false
	for now := driver.Instant(0); now < segs[6].End(); now += 20e3 {
		m.Beat(now)
		r := m.Report(0)
		if seen == len(log.patterns) {
			continue
		}
		seen = len(log.patterns)
		shown := log.last()
		isHalf := shown.Slots[shown.N-1].Word != 0 // on in the pause too
		if isHalf != half {
			if isHalf {
				entered = r.Rate
			} else {
				left = r.Rate
			}
			half = isHalf
		}
		counts[half]++
		if off := math.Abs(float64(r.Emitted) - r.Position.Microsteps()); half && (r.Emitted%5 != 0 || off > 2.6) || off > 3.2 {
			t.Fatalf("emitted %d at %.3f, half steps: %v", r.Emitted, r.Position.Microsteps(), half)
		}
	}
	if math.Abs(entered-2000) > 20 || math.Abs(left-1600) > 40 {
		t.Errorf("half steps from %.0f to %.0f microsteps/s, want 2000 and 1600", entered, left)
	}
	if sum := 5*counts[true] + counts[false]; math.Abs(float64(sum)-way) > 10 || counts[false] < 500 {
		t.Errorf("%d half steps, %d microsteps", counts[true], counts[false])
	}
	m.Beat(segs[6].End() + 1e9)
	r := m.Report(0)
	if r.Emitted != model.Microsteps(math.Round(way)) {
		t.Errorf("rests at %d, want %.0f", r.Emitted, way)
	}
	pair, err := waveform.NewPair(table, table)
	must(t, err)
	if want := pair.Combine(table.Phase(r.Emitted), table.Phase(0)); log.last() != want {
		t.Errorf("shows %s, want %s", text(log.last()), text(want))
	}
}

// With two microsteps to a full step a half step is one of them; only the
// current differs.
func TestHalfStepsOfOneMicrostep(t *testing.T) {
	table, err := waveform.New(waveform.Config{Windings: 4, Microsteps: 2, Slots: 10, Pause: 5})
	must(t, err)
	m, log := windingAxes(t, func(c *Config) {
		for i := range c.Axes {
			c.Axes[i].Table, c.Axes[i].HalfStepAbove = table, 100
		}
	})
	must(t, m.Resume())
	must(t, m.Queue(0, driver.Segment{Dur: time.Second, V: 90, A: 60, Splice: true}))
	before := len(log.patterns)
	m.Beat(0.1e9)
	if got := text(log.last()); log.last().Slots[log.last().N-1].Word != 0 {
		t.Errorf("slow: %s", got)
	}
	m.Beat(1e9)
	if got := text(log.last()); log.last().Slots[log.last().N-1].Word == 0 {
		t.Errorf("fast: %s", got)
	}
	if got := len(log.patterns) - before; got != 120+1 { // and the change
		t.Errorf("%d patterns", got)
	}
}

// Half steps that are cut off by a halt or an empty queue end on the count
// nearest to where the axis comes to rest.
func TestHalfStepsEndExactly(t *testing.T) {
	for i, stop := range []func(*Inline){
		func(m *Inline) { m.Halt() },
		func(*Inline) {},
	} {
		for _, v := range []float64{30000, -30000, 2100, -1999} {
			m, log := windingAxes(t)
			must(t, m.Resume())
			must(t, m.Queue(1, driver.Segment{Dur: 123456789, V: v, Splice: true}))
			m.Beat(123456789)
			stop(m)
			m.Beat(3e9)
			r := m.Report(1)
			if r.Emitted != r.Position.Round() {
				t.Errorf("case %d, rate %v: emitted %d at %.4f", i, v, r.Emitted, r.Position.Microsteps())
			}
			table := m.exec.axes[1].Table
			pair, err := waveform.NewPair(table, table)
			must(t, err)
			if want := pair.Combine(table.Phase(0), table.Phase(r.Emitted)); log.last() != want {
				t.Errorf("case %d, rate %v: shows %s, want %s", i, v, text(log.last()), text(want))
			}
		}
	}
}

func TestPortThatFailsToComeOn(t *testing.T) {
	m, log := windingAxes(t)
	log.err = errors.New("no permission")
	must(t, m.Resume())
	m.Beat(1)
	if r := m.Report(0); r.State == driver.Holding {
		t.Errorf("%v with windings that cannot be switched on", r.State)
	}
	log.err = nil
	must(t, m.Resume())
	if r := m.Report(0); r.State != driver.Holding || text(log.last()) == "00×150" {
		t.Errorf("%v, %s", r.State, text(log.last()))
	}
}
