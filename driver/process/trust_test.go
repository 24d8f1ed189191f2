// SPDX-License-Identifier: GPL-3.0-or-later

package process

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/driver/executor"
	"github.com/siderostep/siderostep/driver/realtime"
	"github.com/siderostep/siderostep/driver/record"
	"github.com/siderostep/siderostep/fault"
)

// A daemon whose executor never came up leaves the counts that it began with,
// and says whether they were sure, not zeros that look like a place.
func TestFailedStartKeepsTheCounts(t *testing.T) {
	dir := tmpfs(t)
	for _, unsure := range []bool{false, true} {
		o := options(filepath.Join(dir, "memory"), filepath.Join(dir, "port"), realtime.Config{CPU: -1})
		o.Job = []byte(`{"Fail": "no such chip"}`)
		o.Clear = nil
		o.Groups[0].Axes[0].Initial, o.Groups[0].Axes[1].Initial = 51234, -77
		o.Origins = []Origin{{Owner: 2, Meaning: "steps of 2.5 arcsec", Unsure: unsure}}
		if _, err := Start(t.Context(), o); err == nil {
			t.Fatal("it started")
		}
		last, err := LastCounts(t.Context(), o.Path, clock.Real{})
		if err != nil || len(last) != 1 || len(last[0]) != 2 {
			t.Fatalf("%v, %v", last, err)
		}
		if err := Distrust(o.Path); err != nil {
			t.Fatal(err)
		}
		if again, err := LastCounts(t.Context(), o.Path, clock.Real{}); err != nil || again[0][0].Trusted || again[0][0].Count != 51234 {
			t.Errorf("distrusted: %+v, %v", again, err)
		}
		for i, want := range []int64{51234, -77} {
			if c := last[0][i]; int64(c.Count) != want || c.Trusted == unsure || c.Owner != 2 || !c.Means("steps of 2.5 arcsec") || c.Means("steps of 5 arcsec") {
				t.Errorf("unsure %v, axis %d: %+v, want %d", unsure, i, c, want)
			}
		}
	}
}

// There is nothing to distrust where no daemon has been.
func TestDistrustNothing(t *testing.T) {
	if err := Distrust(filepath.Join(t.TempDir(), "memory")); err != nil {
		t.Error(err)
	}
}

// What is half made counts for nothing.
func TestHalfMadeMemory(t *testing.T) {
	m := &Memory{shared: new(shared)}
	m.size = 1
	m.begin(0, testConfig(), Origin{})
	if m.valid() {
		t.Error("valid without its version")
	}
}

// Lines that can no longer be read are not taken to be as they were last: a
// key would be held for ever.
func TestBrokenInputsAreNotBelieved(t *testing.T) {
	in := Inputs{&Memory{shared: new(shared)}}
	in.m.stage.Store(serving)
	now := realtime.Now()
	in.m.beat.Store(int64(now) + 3600e9) // the executor lives
	in.m.inputs.note(now, 5)
	if levels, err := in.Read(); err != nil && realtime.Now().Sub(now) < inputsStale || err == nil && levels != 5 {
		t.Errorf("%d, %v", levels, err)
	}
	in.m.inputs.note(now.Add(-time.Second), 5)
	if _, err := in.Read(); !errors.Is(err, fault.Disconnected) {
		t.Errorf("a second old: %v", err)
	}
}

// serverOf returns a server on a recorded port, not running, and its planner.
func serverOf(t *testing.T, change func(*Equipment)) (*server, *executor.Planner) {
	t.Helper()
	port, err := record.Open(filepath.Join(tmpfs(t), "port"), 1000)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { port.Close() })
	m := &Memory{shared: new(shared)}
	m.axes[0] = 2
	m.daemon.Store(int32(os.Getppid()))
	s := &server{m: m, eq: equipment(port), tune: DefaultTuning()}
	change(&s.eq)
	group := s.eq.Groups[0]
	group.Config.PlannerTimeout = 0
	e, err := executor.New(group.Config, group.Outputs, &m.boards[0], 0)
	if err != nil {
		t.Fatal(err)
	}
	s.execs = append(s.execs, e)
	p := executor.NewPlanner(group.Config, &m.boards[0])
	p.Beat(1)
	s.turn(1)
	if err := p.Resume(); err != nil {
		t.Fatal(err)
	}
	s.turn(2)
	return s, p
}

// Motors that only stood while their chip forgot them may be anywhere.
func TestForgetfulChipIsNotTrusted(t *testing.T) {
	var forgot error
	s, p := serverOf(t, func(eq *Equipment) { eq.Verify = func() error { return forgot } })
	for now := driver.Instant(0); now < 10e9; now += 10e6 {
		p.Beat(now)
		if now == 5e9 {
			forgot = errors.New("it was reset")
		}
		s.turn(now)
		if lost := p.Report(1).Lost; now < 5e9 && lost != 0 || now >= 6.1e9 && lost != 1 {
			t.Fatalf("at %v lost %d", now, lost)
		}
	}
	if r := p.Report(0); r.State != driver.Halted || s.m.verifyFaults.Load() < 3 {
		t.Errorf("%+v", r)
	}
}

// The gate closes when the line no longer toggles: a motor that still brakes
// then does so without power.
func TestGateClosesOnMotion(t *testing.T) {
	for _, gated := range []bool{true, false} {
		s, p := serverOf(t, func(eq *Equipment) {
			if !gated {
				eq.KeepAlive = nil
			}
		})
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		p.Beat(10e6)
		must(p.Queue(0, driver.Segment{Start: 10e6, P: p.Report(0).Position, Dur: time.Minute, V: 500, Splice: true}))
		for now := driver.Instant(10e6); now < 3e9; now += 10e6 {
			s.turn(now)
		}
		moving, standing := p.Report(0).Lost, p.Report(1).Lost
		if gated && moving != 1 || !gated && moving != 0 || standing != 0 {
			t.Errorf("gated %v: lost %d moving, %d standing", gated, moving, standing)
		}
	}
}
