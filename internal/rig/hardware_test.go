// SPDX-License-Identifier: GPL-3.0-or-later

package rig

import (
	"errors"
	"strings"
	"testing"

	"github.com/siderostep/siderostep/config"
	"github.com/siderostep/siderostep/driver/harness"
	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/focuser"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/mount"
)

// A rig on real motors starts with everything off, and ends so.
func TestRealMotors(t *testing.T) {
	dir := folder(t)
	f := wired(dir)
	r, err := New(f, parts(dir))
	if err != nil {
		t.Fatal(err)
	}
	if lines(t, f)&allWindings != 0 {
		t.Error("windings are on before anybody wants motion")
	}
	err = live(t, r, func() {
		if err := r.Mount.SetTracking(t.Context(), true); err != nil {
			t.Error(err)
		}
		until(t, "windings with current", func() bool { return lines(t, f)&allWindings != 0 })
		if r.Executor.Status().PID == 0 {
			t.Error("no executor")
		}
	})
	if err != nil || lines(t, f)&allWindings != 0 {
		t.Errorf("%v, lines %x", err, lines(t, f))
	}
}

// What fails after the executor was started leaves neither it nor current.
func TestStartFailsHalfWay(t *testing.T) {
	dir := folder(t)
	f := wired(dir)
	f.Encoders.Protocol = "no such box"
	r, err := New(f, parts(dir))
	if err == nil {
		t.Fatal("it started")
	}
	if r != nil || lines(t, f)&allWindings != 0 {
		t.Errorf("%v, lines %x", r, lines(t, f))
	}
	f = wired(dir)
	if r, err = New(f, parts(dir)); err != nil { // it would be refused while another lives
		t.Fatal(err)
	}
	if err := live(t, r, func() {}); err != nil {
		t.Error(err)
	}
}

func TestSpeedMustBeOne(t *testing.T) {
	dir := folder(t)
	p := parts(dir)
	p.Clock = fast{p.Clock}
	if _, err := New(wired(dir), p); !errors.Is(err, fault.Invalid) {
		t.Error(err)
	}
}

// A focuser that is enabled needs a motor.
func TestFocuserWithoutMotor(t *testing.T) {
	dir := folder(t)
	f := wired(dir)
	f.Hardware.Focuser.Drive = harness.None
	if _, err := New(f, parts(dir)); !errors.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "hardware.focuser") {
		t.Error(err)
	}
}

// startWith returns what a mount knows that starts with the saved state.
func startWith(t *testing.T, f config.File, p Parts) (counts [2]model.Microsteps, trusted bool, focus *focuser.Snapshot) {
	t.Helper()
	r, err := New(f, p)
	if err != nil {
		t.Fatal(err)
	}
	if err := live(t, r, func() {
		until(t, "a snapshot", func() bool {
			return r.Mount.Snapshot().Reports[0].At > 0 && (r.Focusers[0] == nil || r.Focusers[0].Snapshot().At > 0)
		})
	}); err != nil {
		t.Error(err)
	}
	s := r.Mount.Snapshot()
	if r.Focusers[0] != nil {
		focus = r.Focusers[0].Snapshot()
	}
	return [2]model.Microsteps{s.Reports[0].Emitted, s.Reports[1].Emitted}, s.Trusted, focus
}

func saved(trusted bool) *mount.Saved {
	return &mount.Saved{Counts: [3]model.Microsteps{1500, 720, 0}, Trusted: trusted}
}

// A start that failed leaves counts that are as good as they were.
func TestCountsAfterAFailedStart(t *testing.T) {
	for _, trusted := range []bool{true, false} {
		dir := folder(t)
		f, p := wired(dir), parts(dir)
		p.Mount = saved(trusted)
		p.Focusers[0] = &focuser.Saved{Position: 4321, Unsure: !trusted}
		none := p
		none.Command = []string{"/bin/false"}
		if _, err := New(f, none); err == nil {
			t.Fatal("it started")
		}
		p.Mount, p.Focusers[0] = saved(true), &focuser.Saved{Position: 4321} // an older file
		counts, sure, focus := startWith(t, f, p)
		if counts != [2]model.Microsteps{1500, 720} || sure != trusted || focus.Position != 4321 || focus.Trusted != trusted {
			t.Errorf("counts %v, trusted %v, want %v; focus %d, %v", counts, sure, trusted, focus.Position, focus.Trusted)
		}
	}
}

// Counts of other motors, or of the same wired otherwise, say nothing; nor is
// anything trusted after somebody has used the state for a simulation.
func TestCountsOfOtherMotors(t *testing.T) {
	for name, change := range map[string]func(*config.File){
		"nothing":            func(*config.File) {},
		"another gear":       func(f *config.File) { f.Mount.Z.FullStepArcsec = 50 },
		"the other way":      func(f *config.File) { f.Motors.A.Reverse = true },
		"other lines":        func(f *config.File) { f.Hardware.A.Lines = []int{1, 0, 2, 3} },
		"no focuser":         func(f *config.File) { f.Focuser.Enabled = false },
		"a simulation first": func(*config.File) {},
	} {
		t.Run(name, func(t *testing.T) {
			dir := folder(t)
			f, p := wired(dir), parts(dir)
			p.Mount = saved(true)
			if counts, trusted, _ := startWith(t, f, p); !trusted || counts != [2]model.Microsteps{1500, 720} {
				t.Fatalf("at first: %v, trusted %v", counts, trusted)
			}
			if name == "a simulation first" {
				bench := f
				bench.Hardware.Enabled = false
				q := p
				r, err := New(bench, q)
				if err != nil {
					t.Fatal(err)
				}
				if err := live(t, r, func() {}); err != nil {
					t.Fatal(err)
				}
			}
			change(&f)
			p.Mount = saved(true)
			p.Mount.Counts[0] = 1400 // of a file that was not written at the end
			counts, trusted, _ := startWith(t, f, p)
			same := name == "nothing" || name == "no focuser"
			if trusted != same || (name == "nothing" || name == "no focuser" || name == "a simulation first") != (counts[0] == 1500) {
				t.Errorf("counts %v, trusted %v", counts, trusted)
			}
		})
	}
}

// Each focuser goes on from its own count, whichever are there.
func TestFocusersAreNotMixedUp(t *testing.T) {
	dir := folder(t)
	f, p := wired(dir), parts(dir)
	p.Focusers[0] = &focuser.Saved{Position: 1111}
	startWith(t, f, p)
	f.Focuser.Enabled, f.Hardware.Focuser.Drive = false, harness.None
	f.Focuser2 = f.Focuser
	f.Focuser2.Enabled, f.Hardware.Focuser2 = true, output(harness.Relay, 11, 12)
	p.Focusers[1] = &focuser.Saved{Position: 2222}
	r, err := New(f, p)
	if err != nil {
		t.Fatal(err)
	}
	if err := live(t, r, func() {}); err != nil {
		t.Error(err)
	}
	if at := r.Focusers[1].Snapshot().Position; at != 2222 {
		t.Errorf("the second focuser is at %d", at)
	}
}

// TestNoMemory: after the computer's restart only the saved state counts.
func TestNoMemory(t *testing.T) {
	dir := folder(t)
	f, p := wired(dir), parts(dir)
	p.Mount = saved(true)
	if counts, trusted, _ := startWith(t, f, p); !trusted || counts[0] != 1500 {
		t.Errorf("%v, %v", counts, trusted)
	}
}

// Motors of different kinds and ports go together.
func TestMixedDrives(t *testing.T) {
	dir := folder(t)
	f := wired(dir)
	f.Hardware.Z = output(harness.StepDirection, 4, 5)
	f.Hardware.Z.EnableLine, f.Hardware.Z.ChipMicrosteps = 6, 10
	r, err := New(f, parts(dir))
	if err != nil {
		t.Fatal(err)
	}
	const off = 1 << 6 // the chip is on while its line is low
	if lines(t, f)&allWindings != off {
		t.Errorf("at first %x", lines(t, f))
	}
	if err := live(t, r, func() {
		if err := r.Mount.SetTracking(t.Context(), true); err != nil {
			t.Error(err)
		}
		until(t, "current", func() bool { return lines(t, f)&off == 0 && lines(t, f)&0xF != 0 })
	}); err != nil || lines(t, f)&allWindings != off {
		t.Errorf("%v, at last %x", err, lines(t, f))
	}
}
