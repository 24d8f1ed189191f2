// SPDX-License-Identifier: GPL-3.0-or-later

package executor

import (
	"errors"
	"math"
	"testing"
	"time"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/driver/waveform"
	"github.com/siderostep/siderostep/fault"
)

func TestQueueRefusesWhatCannotBePlayed(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	const far = driver.Position(math.MaxInt64)
	tests := []struct {
		name string
		seg  driver.Segment
	}{
		{"no duration", driver.Segment{}},
		{"negative duration", driver.Segment{Dur: -1}},
		{"too long", driver.Segment{Dur: Longest + 1}},
		{"rate not a number", driver.Segment{Dur: 1, V: nan}},
		{"infinite acceleration", driver.Segment{Dur: 1, A: inf}},
		{"jerk not a number", driver.Segment{Dur: 1, J: nan}},
		{"too fast", driver.Segment{Dur: time.Second, V: -1.001e5}},
		{"too fast at its end", driver.Segment{Dur: time.Second, V: 5e4, A: 6e4}},
		{"too fast inside", driver.Segment{Dur: 2 * time.Second, V: 9e4, A: 4e4, J: -4e4}},
		{"absurd", driver.Segment{Dur: time.Hour, V: 1e308, A: -1e308, J: 1e308}},
		{"absurd, but flat at its ends", driver.Segment{Dur: time.Second, A: 0.5e308, J: -1e308}},
		{"beyond the count's range", driver.Segment{Dur: 1, P: far}},
		{"below the count's range", driver.Segment{Dur: 1, P: -far}},
		{"before all time", driver.Segment{Start: math.MinInt64, Dur: 1}},
		{"after all time", driver.Segment{Start: math.MaxInt64, Dur: 1}},
		{"not where the axis stands", driver.Segment{Dur: 1, P: 2 * driver.One}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m, logs := pulseAxes(t, 1)
			must(t, m.Resume())
			tt.seg.Splice = true
			if err := m.Queue(0, tt.seg); !errors.Is(err, fault.Invalid) {
				t.Errorf("got %v", err)
			}
			m.Beat(10e9)
			if len(logs[0].at) != 0 || m.Report(0).State != driver.Holding {
				t.Errorf("moved all the same: %+v", m.Report(0))
			}
		})
	}
	m, _ := pulseAxes(t, 1)
	must(t, m.Resume())
	for _, axis := range []int{-1, 1} {
		if err := m.Queue(axis, driver.Segment{Dur: 1, Splice: true}); !errors.Is(err, fault.Invalid) {
			t.Errorf("axis %d: %v", axis, err)
		}
	}
	must(t, m.Queue(0, driver.Segment{Dur: 1, Splice: true}))
	if err := m.Queue(0, driver.Segment{Dur: 1, P: 2e5 * driver.One, Splice: true}); !errors.Is(err, fault.Invalid) {
		t.Errorf("a splice out of reach: %v", err)
	}
}

// A full queue still takes a change of plan, and its first segments.
func TestFullQueueTakesASplice(t *testing.T) {
	m, _ := pulseAxes(t, 1)
	must(t, m.Resume())
	s := driver.Segment{Dur: time.Millisecond, Splice: true}
	fill := func() (n int) {
		for {
			err := m.Queue(0, s)
			if errors.Is(err, fault.Full) {
				return n
			}
			must(t, err)
			n++
			s.Start, s.Splice = s.End(), false
		}
	}
	if n := fill(); n != RingSize-reserve {
		t.Errorf("holds %d", n)
	}
	s.Start, s.Splice = 1e6, true
	if n := fill(); n != reserve {
		t.Errorf("takes %d segments of a new plan", n)
	}
	s.Splice = true
	if err := m.Queue(0, s); !errors.Is(err, fault.Full) {
		t.Errorf("beyond the last: %v", err)
	}
	m.Beat(0)
	// Of the first plan the segment being played is left.
	if held := m.board.axes[0].ring.Held(); held != 1+reserve {
		t.Errorf("%d held", held)
	}
}

func TestConfigIsChecked(t *testing.T) {
	table, err := waveform.New(waveform.DefaultConfig())
	must(t, err)
	five, err := waveform.New(waveform.Config{Windings: 5, Microsteps: 10, Slots: 100})
	must(t, err)
	tests := map[string]func(*Config){
		"no axes":               func(c *Config) { c.Axes = nil },
		"too many axes":         func(c *Config) { c.Axes = make([]Axis, MaxAxes+1) },
		"no table":              func(c *Config) { c.Axes[0].Table = nil },
		"no such port":          func(c *Config) { c.Axes[0].Port = 1 },
		"negative port":         func(c *Config) { c.Axes[2].Port = -1 },
		"shared half":           func(c *Config) { c.Axes[1].High = false },
		"unlike tables":         func(c *Config) { c.Axes[1].Table = five },
		"no brake":              func(c *Config) { c.Axes[2].Brake = 0 },
		"weak brake":            func(c *Config) { c.Axes[2].Brake = 10 },
		"slow brake":            func(c *Config) { c.Axes[2].MaxRate, c.Axes[2].Brake = 1, 1e-3 },
		"no rate":               func(c *Config) { c.Axes[2].MaxRate = 0 },
		"endless rate":          func(c *Config) { c.Axes[2].MaxRate = math.Inf(1) },
		"half steps at no rate": func(c *Config) { c.Axes[0].HalfStepAbove = math.NaN() },
		"limits exchanged":      func(c *Config) { c.Axes[0].Limited, c.Axes[0].Min = true, 5 },
		"count out of range":    func(c *Config) { c.Axes[0].Initial = 1 << 31 },
		"unknown kind":          func(c *Config) { c.Axes[0].Kind = 9 },
	}
	for name, change := range tests {
		axis := Axis{Table: table, Brake: 1e5, MaxRate: 1e5}
		c := Config{Axes: []Axis{axis, axis, {Kind: Pulse, Brake: 1e5, MaxRate: 1e5}}}
		c.Axes[1].High = true
		out := Outputs{Windings: []driver.Windings{new(windingLog)}, Pulsers: []driver.Pulser{new(pulseLog)}}
		if _, err := NewInline(c, out); err != nil {
			t.Fatalf("unchanged: %v", err)
		}
		change(&c)
		if _, err := NewInline(c, out); !errors.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestPortThatCannotBeSwitchedOff(t *testing.T) {
	c := Config{Axes: []Axis{{Kind: Pulse, Brake: 1e5, MaxRate: 1e5}}}
	broken := &windingLog{err: errors.New("no permission")}
	_, err := NewInline(c, Outputs{Pulsers: []driver.Pulser{new(pulseLog)}, Windings: []driver.Windings{broken}})
	if !errors.Is(err, broken.err) {
		t.Errorf("got %v", err)
	}
}
