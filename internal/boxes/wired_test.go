// SPDX-License-Identifier: GPL-3.0-or-later

package boxes

import (
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/config"
	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/driver/harness"
	"github.com/siderostep/siderostep/driver/realtime"
	"github.com/siderostep/siderostep/driver/record"
	"github.com/siderostep/siderostep/focuser"
	"github.com/siderostep/siderostep/internal/rig"
	"github.com/siderostep/siderostep/mount"
)

const (
	keepAliveLine = 24
	winding       = 0xFFFFF // lines that windings, drivers and relays hang from
)

// wired is a telescope on real motors: those of a recorded port.
type wired struct {
	*scope
	port *record.Port

	mu      sync.Mutex
	samples []sample
}

// sample is what a telescope said of itself at one time.
type sample struct {
	mount *mount.Snapshot
	focus *focuser.Snapshot // nil without a focuser
}

// ofAxis and ofFocuser tell a motor's report from a sample.
func ofAxis(axis int) func(sample) driver.Report {
	return func(s sample) driver.Report { return s.mount.Reports[axis] }
}

func ofFocuser(s sample) driver.Report { return s.focus.Report }

// tmpfs returns a folder in memory: a page of a file on a disk may keep its
// writer waiting while it is saved.
func tmpfs(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "siderostep-test-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// onHardware returns a configuration whose ports are a recording in a folder.
// Its motors are slow, of 100″ a full step: steps are then long enough that a
// busy computer makes them in time.
func onHardware(dir string) config.File {
	f := perfect()
	f.Hardware.Enabled = true
	f.Hardware.DryRun.File = filepath.Join(dir, "port")
	f.Hardware.KeepAlive = harness.Line{Port: harness.DryRun, Line: keepAliveLine}
	f.Hardware.A = output(harness.Windings, 0, 1, 2, 3)
	f.Hardware.Z = output(harness.Windings, 4, 5, 6, 7)
	f.Hardware.Executor.HoldAfterLoss = 0.5
	f.Rotator.Enabled, f.Focuser.Enabled = false, false
	f.Mount.SunAvoidance, f.Mount.SettleS = "off", 0.1
	for _, a := range []*mount.Axis{&f.Mount.Z, &f.Mount.A} {
		a.FullStepArcsec, a.Microsteps, a.MaxRate, a.Accel = 100, 10, 0.5, 0.5
	}
	for _, m := range []*config.Motor{&f.Motors.Z, &f.Motors.A} {
		m.Microsteps, m.HalfStepAbove = 10, 0.3
	}
	return f
}

// output is a motor on lines of the recorded port.
func output(drive string, lines ...int) harness.Output {
	o := harness.DefaultConfig().Z
	o.Drive, o.Port, o.Lines = drive, harness.DryRun, lines
	return o
}

// hardwareParts returns what such a telescope is built from.
func hardwareParts(dir string) rig.Parts {
	return rig.Parts{
		Clock: clock.Real{}, Memory: filepath.Join(dir, "memory"),
		Command: []string{"/usr/bin/env", "GORACE=atexit_sleep_ms=0", os.Args[0], "executor"},
	}
}

// openWired brings a telescope on real motors to life.
func openWired(t *testing.T, f config.File, p rig.Parts) *wired {
	t.Helper()
	w := &wired{scope: open(t, f, p, nil)}
	var err error
	if w.port, err = record.Open(f.Hardware.DryRun.File, 1); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.port.Close() })
	w.watch()
	return w
}

// watch gathers snapshots for as long as the test lasts.
func (w *wired) watch() {
	over, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-over:
				return
			case <-time.After(10 * time.Millisecond):
			}
			now := sample{mount: w.Mount.Snapshot()}
			if w.Focusers[0] != nil {
				now.focus = w.Focusers[0].Snapshot()
			}
			w.mu.Lock()
			w.samples = append(w.samples, now)
			w.mu.Unlock()
		}
	}()
	w.Cleanup(func() { close(over); <-done })
}

// seen returns the snapshots gathered so far.
func (w *wired) seen() []sample {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.samples[:len(w.samples):len(w.samples)]
}

// goes slews by degrees of azimuth and altitude. It reports whether the motors
// could follow; if so, it has arrived.
func (w *wired) goes(az, alt float64) bool {
	w.Helper()
	w.begins(az, alt)
	w.eventually("the slew ends", func() bool { return !w.Mount.Snapshot().Slewing })
	if !w.punctual() {
		return false
	}
	w.arrives()
	return true
}

// begins begins to slew.
func (w *wired) begins(az, alt float64) {
	w.Helper()
	at := w.Mount.Snapshot().Horizontal
	w.alpaca.put("telescope/0/unpark")
	w.alpaca.put("telescope/0/tracking", "Tracking", false)
	w.alpaca.put("telescope/0/slewtoaltazasync", "Azimuth", at.Az.Wrap().Degrees()+az, "Altitude", at.Alt.Degrees()+alt)
}

// punctual reports whether the executor came in time for all steps. One that a
// busy computer has kept for too long leaves the motor behind, and says so.
func (w *wired) punctual() bool {
	for _, r := range w.Mount.Snapshot().Reports {
		if r.Lost > 0 {
			return false
		}
	}
	return true
}

// inTime plays a scene until the computer was not too busy for it, three times
// at most: play reports whether it was.
func inTime(t *testing.T, play func() bool) {
	t.Helper()
	for range 3 {
		if play() {
			return
		}
		t.Log("the computer was too busy for the motors' pace; they were left behind, and said so: again")
	}
	t.Error("the computer was three times too busy for the motors' pace")
}

// replay feeds a recording to lines up to an instant each time that it is
// called, and keeps their clock.
type replay struct {
	records []record.Record
	lines   []driver.Lines // what hangs from the port's lines, each from its first line on
	first   []int
	at      driver.Instant
}

func (w *wired) replay() *replay {
	r := &replay{}
	for one := range w.port.Records(0) {
		if len(r.records) == 0 {
			r.at = one.At
		}
		r.records = append(r.records, one)
	}
	if len(r.records) == 0 || r.records[0].Index != 0 {
		w.Fatalf("the recording of %d writes is not whole", w.port.Written())
	}
	return r
}

// now is the clock of what hangs from the lines.
func (r *replay) now() driver.Instant { return r.at }

// hang puts something on the port's lines from the first on.
func (r *replay) hang(first int, l driver.Lines) {
	r.lines, r.first = append(r.lines, l), append(r.first, first)
}

// to goes on to an instant.
func (r *replay) to(t driver.Instant) {
	for len(r.records) > 0 && r.records[0].At <= t {
		one := r.records[0]
		r.records = r.records[1:]
		r.at = max(r.at, one.At) // two processes may write at about one time
		for i, l := range r.lines {
			_ = l.Write(one.Word>>r.first[i], one.Mask>>r.first[i])
		}
	}
	r.at = max(r.at, t)
}

// end goes on to the end of the recording, and a second beyond.
func (r *replay) end() {
	if n := len(r.records); n > 0 {
		r.to(r.records[n-1].At)
	}
	r.to(r.at.Add(time.Second))
}

// afterwards checks what was put on the lines at the end, and how the
// keep-alive line went: off is the level of windings that are off.
func (w *wired) afterwards(used, off uint32) {
	w.Helper()
	ended := realtime.Now()
	daemon := uint32(os.Getpid())
	toggles, last := 0, driver.Instant(0)
	var levels, before uint32
	for r := range w.port.Records(0) {
		if r.Mask&(1<<keepAliveLine) != 0 && (r.Levels^before)&(1<<keepAliveLine) != 0 {
			toggles++
			if r.PID == daemon && r.Levels&used != off&used {
				w.Errorf("the daemon toggled the keep-alive line while the lines were %08X", r.Levels)
			}
		}
		before, levels, last = r.Levels, r.Levels, r.At
	}
	if toggles < 10 {
		w.Errorf("the keep-alive line toggled %d times", toggles)
	}
	if levels&used != off&used {
		w.Errorf("at the end the lines are %08X", levels)
	}
	written := w.port.Written()
	time.Sleep(200 * time.Millisecond) // nobody is left to write
	if w.port.Written() != written || last > ended {
		w.Errorf("after the end %d more writes", w.port.Written()-written)
	}
}

// grid is how finely a replay is looked at, and lateness by how much the
// executor may write later than it says, when a busy computer has kept it.
const (
	grid     = time.Millisecond
	lateness = 100 * time.Millisecond
)

// follows replays all, and sees that what hangs from the lines was, at the time
// of each report of a motor or soon after, where the mount or the focuser said
// that it is: position tells by how many microsteps it has moved.
func (w *wired) follows(r *replay, what string, report func(sample) driver.Report, within float64, position func() float64) {
	w.Helper()
	begin := r.at
	path := []float64{position()}
	for end := r.records[len(r.records)-1].At.Add(lateness); r.at < end; {
		r.to(r.at.Add(grid))
		path = append(path, position())
	}
	samples := w.seen()
	start, worst, highest, lowest := report(samples[0]).Emitted, 0.0, 0.0, 0.0
	for _, s := range samples {
		now := report(s)
		at := int(now.At.Sub(begin) / grid)
		if at < 0 || at >= len(path) {
			continue
		}
		soon := path[at:min(at+int(lateness/grid), len(path))]
		want := float64(now.Emitted - start)
		highest, lowest = max(highest, want), min(lowest, want)
		if d := max(slices.Min(soon)-want, want-slices.Max(soon)); d > worst {
			if worst = d; d > within {
				w.Logf("%s: %.2f microsteps, the motor at %.2f; %+v", what, want, path[at], now)
			}
		}
	}
	w.Logf("%s went from %.0f to %.0f microsteps, the motor was up to %.2f beside", what, lowest, highest, worst)
	if worst > within {
		w.Errorf("%s: the motor was %.2f microsteps from where it was said to be, allowed %.2f", what, worst, within)
	}
	if highest-lowest < 100 {
		w.Errorf("%s hardly moved", what)
	}
}
