// SPDX-License-Identifier: GPL-3.0-or-later

package executor

import (
	"errors"
	"testing"
	"time"

	"github.com/siderostep/siderostep/driver"
)

var errUnplugged = errors.New("unplugged")

// balky is a line that at times does not answer; level is what it was last
// told, heard or not.
type balky struct {
	level uint32
	tries int
	err   error
}

func (l *balky) Write(word, mask uint32) error {
	l.tries++
	if l.err == nil {
		l.level = word & mask
	}
	return l.err
}

// A boost line that could not be lowered is tried again until it is low.
func TestBoostIsLoweredInTheEnd(t *testing.T) {
	line := new(balky)
	m, log := windingAxes(t)
	m, err := NewInline(m.exec.config, Outputs{Windings: []driver.Windings{log}, Boost: line, BoostMask: 4, BoostAbove: 600})
	must(t, err)
	must(t, m.Resume())
	must(t, m.Queue(0, driver.Segment{Dur: 10 * time.Second, V: 5000, Splice: true}))
	run(m, 0, 0.1e9)
	if line.level != 4 {
		t.Fatal("no boost")
	}
	line.err = errUnplugged
	m.Halt()
	run(m, 0.1e9, 1e9)
	if r := m.Report(0); r.Faults == 0 || r.State != driver.Halted {
		t.Errorf("%+v", r)
	}
	line.err = nil
	run(m, 1e9, 1.1e9)
	if line.level != 0 {
		t.Error("the line is still high")
	}
}

// What could not be switched off at a release is tried again.
func TestReleaseIsTriedAgain(t *testing.T) {
	m, log := windingAxes(t)
	must(t, m.Resume())
	run(m, 0, 0.1e9)
	log.err = errUnplugged
	must(t, m.Release())
	run(m, 0.1e9, 0.2e9)
	if m.exec.Healthy(0.2e9) {
		t.Error("healthy with windings on that should be off")
	}
	if text(log.last()) == "00×150" {
		t.Fatal("off already")
	}
	log.err = nil
	run(m, 0.2e9, 0.3e9)
	if text(log.last()) != "00×150" || !m.exec.Healthy(0.3e9) {
		t.Errorf("still on: %s", text(log.last()))
	}
}

// A motor that a failure stops in a slew does not stand under full current.
func TestNoFullCurrentAfterAFailure(t *testing.T) {
	m, log := windingAxes(t)
	must(t, m.Resume())
	must(t, m.Queue(0, driver.Segment{Dur: 10 * time.Second, V: 5000, Splice: true}))
	run(m, 0, 0.1e9)
	full := m.Report(0).Duty
	log.err = errUnplugged
	run(m, 0.1e9, 0.11e9)
	log.err = nil
	run(m, 0.11e9, 0.5e9)
	r := m.Report(0)
	if r.State != driver.Halted || r.Faults == 0 || r.Duty >= full || r.Duty == 0 {
		t.Errorf("duty %v after %v; %+v", r.Duty, full, r)
	}
	if m.exec.Healthy(0.5e9) {
		t.Error("a failure is forgotten before anybody has resumed")
	}
}

// real makes an executor one of real outputs.
func real(c *Config) { c.SkipAfter, c.SkipSteps = 20*time.Millisecond, 40 }

// A motor behind relays ran on while the executor slept; its count goes with it.
func TestRelayRunsOnWhileNobodyLooks(t *testing.T) {
	log := new(relayLog)
	c := Config{Axes: []Axis{{Kind: Relay, Brake: 1e5, MaxRate: 1e5}}}
	real(&c)
	m, err := NewInline(c, Outputs{Relays: []driver.Relay{log}})
	must(t, err)
	must(t, m.Resume())
	must(t, m.Queue(0, driver.Segment{Dur: 10 * time.Second, V: 1000, Splice: true}))
	run(m, 0, 1e9)
	m.Beat(1.5e9)
	if r := m.Report(0); r.Emitted != 1500 || r.Skips != 0 {
		t.Errorf("%+v", r)
	}
}

// A motor's own full step says what is too much for it, and a slew that is
// missed is one that its rotor may not have survived, with its own driver too.
func TestOwnSkip(t *testing.T) {
	for _, tt := range []struct {
		name         string
		own, coast   float64
		skips, lost  uint64
		most, atOnce int64 // pulses, made in one Beat
	}{
		{"a burst within a full step of another motor", 0, 0, 0, 0, 30, 30},
		{"its own full step", 4, 0, 1, 0, 0, 0},
		{"at the speed of slews", 4, 900, 1, 1, 0, 0},
	} {
		m, logs := pulseAxes(t, 1, real, func(c *Config) { c.Axes[0].SkipSteps, c.Axes[0].CoastAbove = tt.own, tt.coast })
		must(t, m.Resume())
		must(t, m.Queue(0, driver.Segment{Dur: 10 * time.Second, V: 1000, Splice: true}))
		run(m, 0, 1e9)
		before := logs[0].count
		m.Beat(1.03e9)
		made := logs[0].count - before
		m.Beat(1.031e9)
		if r := m.Report(0); r.Skips != tt.skips || r.Lost != tt.lost || made > tt.most+1 || made < tt.atOnce-1 {
			t.Errorf("%s: %d pulses at once, %d skips, lost %d", tt.name, made, r.Skips, r.Lost)
		}
	}
}

// Chips that forgot, and power that may be gone, are reasons not to trust the
// counts, and to halt.
func TestDistrust(t *testing.T) {
	for _, forgotten := range []bool{false, true} {
		m, _ := windingAxes(t)
		must(t, m.Resume())
		must(t, m.Queue(0, driver.Segment{Dur: 10 * time.Second, V: 1000, Splice: true}))
		run(m, 0, 1e9)
		standing := uint64(0)
		if forgotten {
			m.exec.Forgotten()
			standing = 1
		} else {
			m.exec.Unpowered()
		}
		run(m, 1e9, 2e9)
		if r := m.Report(0); r.Lost != 1 || r.State != driver.Halted || m.Report(1).Lost != standing {
			t.Errorf("forgotten %v: %+v, %+v", forgotten, r, m.Report(1))
		}
	}
}

// A motor whose output fails while it moves may be left behind.
func TestFailureInMotionIsLost(t *testing.T) {
	m, log := windingAxes(t)
	must(t, m.Resume())
	must(t, m.Queue(0, driver.Segment{Dur: 10 * time.Second, V: 1000, Splice: true}))
	run(m, 0, 1e9)
	log.err = errUnplugged
	run(m, 1e9, 2e9)
	if moving, standing := m.Report(0), m.Report(1); moving.Lost != 1 || standing.Lost != 0 {
		t.Errorf("%+v, %+v", moving, standing)
	}
}

// A board that no executor has served knows the counts that it was given.
func TestSeed(t *testing.T) {
	b := new(Board)
	b.Seed(1, -77)
	if count, _ := b.Last(1); count != -77 || b.Served() {
		t.Errorf("%d, served %v", count, b.Served())
	}
}
