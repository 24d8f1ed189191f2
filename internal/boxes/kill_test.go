// SPDX-License-Identifier: GPL-3.0-or-later

package boxes

import (
	"errors"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/driver/record"
	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/mount"
	"github.com/siderostep/siderostep/sim/box/plant"
)

// rotors hangs motors of four windings on the lines of a replay.
func (w *wired) rotors(r *replay) *plant.Motors {
	w.Helper()
	m, err := plant.NewMotors(plant.MotorsConfig{Count: 2, Windings: 4, Period: 2 * time.Millisecond, Now: r.now})
	if err != nil {
		w.Fatal(err)
	}
	r.hang(0, m)
	return m
}

// halfway waits until both motors are well on their way.
func (w *wired) halfway() {
	w.Helper()
	from := w.Mount.Snapshot().Reports
	w.eventually("the slew is under way", func() bool {
		now := w.Mount.Snapshot().Reports
		return abs(now[0].Emitted-from[0].Emitted) > 200 && abs(now[1].Emitted-from[1].Emitted) > 200
	})
}

func abs[T model.Microsteps | float64](n T) T {
	if n < 0 {
		return -n
	}
	return n
}

// kills kills the executor, and waits for the next.
func (w *wired) kills() (before *mount.Snapshot, dead uint32) {
	w.Helper()
	was := w.Executor.Status()
	before = w.Mount.Snapshot()
	if err := syscall.Kill(was.PID, syscall.SIGKILL); err != nil {
		w.Fatal(err)
	}
	w.eventually("the mount has noticed", func() bool { return w.Mount.Snapshot().Stopped != nil })
	w.eventually("there is another executor", func() bool {
		now := w.Executor.Status()
		return now.PID != 0 && now.PID != was.PID && now.Restarts > was.Restarts && now.Healthy
	})
	return before, uint32(was.PID)
}

// cleared fails the test unless the daemon has switched all lines off after a
// process's last write, before anybody else switched one on.
func (w *wired) cleared(dead uint32) {
	w.Helper()
	over := false
	for r := range w.port.Records(0) {
		switch {
		case r.PID == dead:
			over = false
		case r.Levels&0xFF == 0 && r.PID == uint32(os.Getpid()):
			over = true
		case r.Levels&0xFF != 0 && !over:
			w.Fatalf("after process %d the lines were %02X by process %d before they were cleared", dead, r.Levels&0xFF, r.PID)
		}
		if r.PID == uint32(os.Getpid()) && r.Levels&0xFF != 0 {
			w.Errorf("the daemon switched windings on: %+v", r)
		}
	}
	if !over {
		w.Errorf("after process %d nobody cleared the lines", dead)
	}
}

// The executor dies during a slew: all is off at once, the telescope stands
// and says that it does not know where, and works again when it is told to.
func TestExecutorDiesInASlew(t *testing.T) {
	t.Parallel()
	dir := tmpfs(t)
	w := openWired(t, onHardware(dir), hardwareParts(dir))
	w.begins(20, 20)
	w.halfway()
	before, dead := w.kills()
	w.cleared(dead)
	w.eventually("the motors are known to be off, and the place not to be sure", func() bool {
		n := w.Mount.Snapshot()
		return !n.Trusted && n.Reports[0].State == driver.Released && n.Reports[1].State == driver.Released
	})
	n := w.Mount.Snapshot()
	if !errors.Is(n.Stopped, fault.Hardware) || n.Trusted || n.Slewing || n.Tracking || n.Counts.Ended[mount.Failed] == 0 {
		t.Errorf("stopped %v, trusted %v, slewing %v, tracking %v, ended %v", n.Stopped, n.Trusted, n.Slewing, n.Tracking, n.Counts.Ended)
	}
	if a := w.alpaca.asks("telescope/0/slewing"); a.ErrorNumber == 0 {
		t.Errorf("Alpaca says of the slew: %+v", a)
	}
	if w.alpaca.is("telescope/0/tracking") {
		t.Error("it tracks by Alpaca")
	}
	for i, r := range n.Reports[:2] {
		if r.Emitted < before.Reports[i].Emitted {
			t.Errorf("axis %d: %+v, before %+v", i, r, before.Reports[i])
		}
	}
	w.unusable()

	w.resume()
	w.eventually("the next slew ends well", func() bool { return w.slews(-2, 1) })
	n = w.Mount.Snapshot()
	if n.Trusted {
		t.Error("the position is trusted, though nobody has looked where the tube is")
	}
	if err := w.stop(); err != nil {
		t.Error(err)
	}
	w.afterwards(0xFF, 0)
	w.agrees(40)
}

// unusable sees that a telescope without motors refuses to move.
func (w *wired) unusable() {
	w.Helper()
	if a := w.alpaca.tries("telescope/0/slewtoaltazasync", "Azimuth", 190, "Altitude", 40); a.ErrorNumber == 0 {
		w.Error("it slews before it was resumed")
	}
}

// resume makes the telescope ready again.
func (w *wired) resume() {
	w.Helper()
	w.alpaca.put("telescope/0/unpark")
	if w.Mount.Snapshot().Stopped != nil {
		w.eventually("it can be resumed", func() bool { return w.Mount.Resume(w.Context()) == nil }) // not while it brakes
	}
}

// agrees sees that the rotors have come to where the last report says, within
// some microsteps.
func (w *wired) agrees(within float64) {
	w.Helper()
	r := w.replay()
	rotors := w.rotors(r)
	samples := w.seen()
	first, last := samples[0].mount.Reports, samples[len(samples)-1].mount.Reports
	r.end()
	for i, motor := range []int{mount.AxisZ: 1, mount.AxisA: 0} {
		want := float64(last[i].Emitted - first[i].Emitted)
		if d := math.Abs(10*rotors.Truth(motor).FullSteps - want); d > within {
			w.Errorf("%s: %.1f microsteps beside the %.0f that were reported", axes[i], d, want)
		} else {
			w.Logf("%s: %.1f microsteps beside the %.0f that were reported", axes[i], d, want)
		}
	}
}

// slews slews by degrees of azimuth and altitude, and reports whether it has
// arrived; where the motors were left behind it is made ready for another try.
func (w *wired) slews(az, alt float64) bool {
	w.Helper()
	w.begins(az, alt)
	w.eventually("the slew ends", func() bool { return !w.Mount.Snapshot().Slewing })
	if n := w.Mount.Snapshot(); n.SlewFault == nil && n.Stopped == nil {
		return true
	} else if lost := w.leftBehind(); lost == 0 {
		w.Fatalf("a slew failed: %v, %v", n.SlewFault, n.Stopped)
	}
	w.resume()
	return false
}

// leftBehind returns how often motors may have been left behind.
func (w *wired) leftBehind() (n uint64) {
	for _, r := range w.Mount.Snapshot().Reports {
		n += r.Lost
	}
	return n
}

// The executor dies while everything stands: all is off at once, but the tube
// is where it was.
func TestExecutorDiesStanding(t *testing.T) {
	t.Parallel()
	inTime(t, func() bool { return diesStanding(t) })
}

func diesStanding(t *testing.T) bool {
	t.Helper()
	dir := tmpfs(t)
	w := openWired(t, onHardware(dir), hardwareParts(dir))
	if !w.goes(1, 1) {
		return false
	}
	w.still()
	w.eventually("the motors hold", func() bool {
		n := w.Mount.Snapshot()
		return n.Reports[0].State == driver.Holding && n.Reports[1].State == driver.Holding
	})
	before, dead := w.kills()
	w.cleared(dead)
	n := w.Mount.Snapshot()
	if !n.Trusted || n.Axes != before.Axes {
		t.Errorf("trusted %v, axes %v, before %v", n.Trusted, n.Axes, before.Axes)
	}
	w.unusable()
	w.resume()
	if !w.goes(1, -1) {
		return false
	}
	if n := w.Mount.Snapshot(); !n.Trusted || n.Stopped != nil {
		t.Errorf("the next slew: trusted %v, stopped %v", n.Trusted, n.Stopped)
	}
	if err := w.stop(); err != nil {
		t.Error(err)
	}
	w.afterwards(0xFF, 0)
	w.agrees(12) // half a full step from microstep to detent, half a half step
	return true
}

// The daemon dies during a slew: the executor brakes, switches the motors off
// and ends, and the next daemon goes on from the count that was really made.
func TestDaemonDies(t *testing.T) {
	t.Parallel()
	dir := tmpfs(t)
	daemon := exec.Command(os.Args[0], "daemon", dir)
	daemon.Stdout, daemon.Stderr = t.Output(), t.Output()
	daemon.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := daemon.Start(); err != nil {
		t.Fatal(err)
	}
	reaped := make(chan struct{})
	go func() { defer close(reaped); _ = daemon.Wait() }() // it is killed
	defer func() { _ = daemon.Process.Kill(); <-reaped }()
	port, err := record.Open(filepath.Join(dir, "port"), 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	defer port.Close()
	var first, last record.Record // that had windings on
	wait(t, "the windings have been driven for three seconds", func() bool {
		for r := range port.Records(last.Index) {
			switch {
			case r.Levels&0xFF == 0:
			case first.At == 0:
				first = r
			default:
				last = r
			}
		}
		return last.At.Sub(first.At) > 3*time.Second
	})
	executor := int(last.PID)
	if executor == daemon.Process.Pid {
		t.Fatal("the daemon itself drives windings")
	}
	if err := daemon.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-reaped
	wait(t, "the executor ends", func() bool { return errors.Is(syscall.Kill(executor, 0), syscall.ESRCH) || zombie(executor) })
	if port.Levels()&0xFF != 0 {
		t.Errorf("windings are on after the end: %02X", port.Levels())
	}
	written := port.Written()

	w := openWired(t, onHardware(dir), hardwareParts(dir))
	if n := w.Mount.Snapshot(); n.Reports[0].State != driver.Released || port.Levels()&0xFF != 0 {
		t.Errorf("the next telescope: %v, lines %02X", n.Reports[0].State, port.Levels())
	}
	r := w.replay()
	rotors := w.rotors(r)
	r.records = r.records[:written]
	r.end()
	home := onHardware(dir).Mount
	for _, one := range []struct {
		axis, motor int
		home        float64
	}{{mount.AxisZ, 1, home.Z.HomeDeg}, {mount.AxisA, 0, home.A.HomeDeg}} {
		emitted := float64(w.Mount.Snapshot().Reports[one.axis].Emitted)
		moved := 10 * rotors.Truth(one.motor).FullSteps
		start := one.home * 3600 / 100 * 10
		t.Logf("%s: from %.0f to %.0f, the rotor by %.1f", axes[one.axis], start, emitted, moved)
		if d := abs(start + moved - emitted); d > 12 {
			t.Errorf("%s: the next telescope starts %.1f microsteps beside its rotor", axes[one.axis], d)
		}
		if abs(moved) < 100 {
			t.Errorf("%s had hardly moved", axes[one.axis])
		}
		angle := []model.Angle{w.Mount.Snapshot().Axes.Z, w.Mount.Snapshot().Axes.A}[one.axis]
		w.near("the place of "+axes[one.axis], angle, model.Arcsec(10*emitted), model.Arcsec(10))
	}
	t.Logf("trusted: %v", w.Mount.Snapshot().Trusted)
	w.eventually("the next slew ends well", func() bool { return w.slews(1, 1) })
	if err := w.stop(); err != nil {
		t.Error(err)
	}
}

// wait is scope's eventually without a telescope.
func wait(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
	}
}

// zombie reports whether a process has ended and nobody has asked how: in a
// container there may be nobody who asks.
func zombie(pid int) bool {
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return errors.Is(err, os.ErrNotExist)
	}
	return strings.Contains(string(text), ") Z ")
}
