// SPDX-License-Identifier: GPL-3.0-or-later

package executor

import (
	"testing"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/driver/waveform"
)

// pulseLog is a Pulser that keeps what it was given.
type pulseLog struct {
	at    []driver.Instant
	up    []bool
	count int64
	err   error // returned instead of stepping
}

func (l *pulseLog) Pulse(at driver.Instant, clockwise bool) error {
	if l.err != nil {
		return l.err
	}
	l.at, l.up = append(l.at, at), append(l.up, clockwise)
	if clockwise {
		l.count++
	} else {
		l.count--
	}
	return nil
}

// windingLog is a Windings that keeps what it was given.
type windingLog struct {
	at       []driver.Instant
	patterns []driver.Pattern
	err      error
}

func (l *windingLog) Drive(at driver.Instant, p *driver.Pattern) error {
	if l.err != nil {
		return l.err
	}
	l.at, l.patterns = append(l.at, at), append(l.patterns, *p)
	return nil
}

// last returns the pattern on the windings.
func (l *windingLog) last() driver.Pattern { return l.patterns[len(l.patterns)-1] }

// pulseAxes returns n pulse axes that brake at 1e5 microsteps/s² and make
// 1e5 microsteps/s, and what they emit.
func pulseAxes(t testing.TB, n int, change ...func(*Config)) (*Inline, []*pulseLog) {
	t.Helper()
	var c Config
	var out Outputs
	logs := make([]*pulseLog, n)
	for i := range n {
		logs[i] = new(pulseLog)
		out.Pulsers = append(out.Pulsers, logs[i])
		c.Axes = append(c.Axes, Axis{Kind: Pulse, Port: i, Brake: 1e5, MaxRate: 1e5})
	}
	for _, f := range change {
		f(&c)
	}
	m, err := NewInline(c, out)
	if err != nil {
		t.Fatal(err)
	}
	return m, logs
}

// windingAxes returns two motors on one port, with 10 microsteps per full
// step, and what they show.
func windingAxes(t testing.TB, change ...func(*Config)) (*Inline, *windingLog) {
	t.Helper()
	wave := waveform.DefaultConfig()
	wave.Pause = 50
	table, err := waveform.New(wave)
	if err != nil {
		t.Fatal(err)
	}
	a := Axis{Kind: Windings, Table: table, Brake: 1e5, MaxRate: 1e5, HalfStepAbove: 2000}
	z := a
	z.High = true
	c := Config{Axes: []Axis{a, z}}
	for _, f := range change {
		f(&c)
	}
	log := new(windingLog)
	m, err := NewInline(c, Outputs{Windings: []driver.Windings{log}, Pulsers: []driver.Pulser{new(pulseLog)}})
	if err != nil {
		t.Fatal(err)
	}
	return m, log
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
