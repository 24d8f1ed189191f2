// SPDX-License-Identifier: GPL-3.0-or-later

package rig

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/config"
	"github.com/siderostep/siderostep/driver/harness"
	"github.com/siderostep/siderostep/driver/process"
	"github.com/siderostep/siderostep/driver/record"
	"github.com/siderostep/siderostep/mount"
)

// The test's program is also the executor process.
func TestMain(m *testing.M) {
	if os.Getenv(roleKey) == "" {
		os.Exit(m.Run())
	}
	if err := serve(); err != nil {
		fmt.Fprintln(os.Stderr, "executor:", err)
		os.Exit(1)
	}
}

const roleKey = "SIDEROSTEP_TEST_ROLE"

func serve() error {
	ctx, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer cancel()
	memory, job, err := process.Inherit()
	if err != nil {
		return err
	}
	equipment, tuning, err := Equip(job)
	if err != nil {
		memory.Fail(err)
		return err
	}
	return process.Serve(ctx, memory, equipment, tuning)
}

// folder returns one in memory.
func folder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "siderostep-test-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

const allWindings = 0xFF

// wired returns a telescope of slow motors on a recorded port in dir: Z and A
// by their windings, a relay focuser.
func wired(dir string) config.File {
	f := config.Default()
	f.Hardware.Enabled = true
	f.Mount.SunAvoidance = "off" // real motors stand under the real Sun, at any time of day
	f.Hardware.DryRun.File = filepath.Join(dir, "port")
	f.Hardware.A = output(harness.Windings, 0, 1, 2, 3)
	f.Hardware.Z = output(harness.Windings, 4, 5, 6, 7)
	f.Hardware.Focuser = output(harness.Relay, 9, 10)
	f.Focuser.Motor = "relay"
	f.Rotator.Enabled = false
	for _, a := range []*mount.Axis{&f.Mount.Z, &f.Mount.A} {
		a.FullStepArcsec, a.Microsteps, a.MaxRate, a.Accel = 100, 10, 0.5, 0.5
	}
	f.Motors.Z.Microsteps, f.Motors.A.Microsteps = 10, 10
	return f
}

// output is a motor on lines of the recorded port.
func output(drive string, lines ...int) harness.Output {
	o := harness.DefaultConfig().Z
	o.Drive, o.Port, o.Lines = drive, harness.DryRun, lines
	return o
}

func parts(dir string) Parts {
	return Parts{
		Clock: clock.Real{}, Memory: filepath.Join(dir, "memory"),
		Command: []string{"/usr/bin/env", roleKey + "=executor", "GORACE=atexit_sleep_ms=0", os.Args[0]},
	}
}

// live runs a rig until f returns, and returns how it ended.
func live(t *testing.T, r *Rig, f func()) error {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	f()
	cancel()
	return <-ended
}

// until waits for something to come true.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for range 1000 {
		if ok() {
			return
		}
		if clock.Sleep(t.Context(), clock.Real{}, 10*time.Millisecond) != nil {
			break
		}
	}
	t.Fatalf("waited in vain for %s", what)
}

// lines returns the levels of the recorded port.
func lines(t *testing.T, f config.File) uint32 {
	t.Helper()
	p, err := record.Open(f.Hardware.DryRun.File, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	return p.Levels()
}

// fast is a clock that is in a hurry.
type fast struct{ clock.Clock }

func (fast) Speed() float64 { return 2 }
