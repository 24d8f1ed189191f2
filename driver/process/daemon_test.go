// SPDX-License-Identifier: GPL-3.0-or-later

package process

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/driver/realtime"
	"github.com/siderostep/siderostep/driver/record"
	"github.com/siderostep/siderostep/fault"
)

// startDaemon starts a daemon that slews for ever.
func startDaemon(t *testing.T, memory, port string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), roleKey+"=daemon", "GORACE=atexit_sleep_ms=0", "MEMORY="+memory, "PORT="+port)
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd
}

// until waits for a condition, and fails the test when it does not come.
func until(t *testing.T, what string, limit time.Duration, ok func() bool) {
	t.Helper()
	for end := realtime.Now().Add(limit); !ok(); {
		if realtime.Now() > end {
			t.Fatalf("waited in vain for %s", what)
		}
		clock.Sleep(t.Context(), clock.Real{}, 5*time.Millisecond)
	}
}

// A daemon that dies amid slews: its executor brakes, holds, cuts the windings
// and ends; the counts it leaves are those made, and are trusted. The next
// daemon goes on from there.
func TestDaemonIsKilled(t *testing.T) {
	// Executors that lose their daemon become this process's children, so that
	// their ends can be seen and nothing is left.
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		t.Fatal(err)
	}
	defer unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)
	dir := tmpfs(t)
	memory, portPath := filepath.Join(dir, "memory"), filepath.Join(dir, "port")
	r := rand.New(rand.NewPCG(2, 3))
	n, violations := kills(t, 3), 0
	var slowest time.Duration
	for i := range n {
		os.Remove(portPath)
		port, err := record.Open(portPath, portSize)
		if err != nil {
			t.Fatal(err)
		}
		read := reading{port: port}
		daemon := startDaemon(t, memory, portPath)
		until(t, "motion", 20*time.Second, func() bool { read.update(nil); return read.count[0] > 50 || read.count[0] < -50 })
		clock.Sleep(t.Context(), clock.Real{}, time.Duration(r.IntN(600))*time.Millisecond)
		begin := realtime.Now()
		if i%3 == 2 { // hung, for the executor to find out, and then dead
			daemon.Process.Signal(unix.SIGSTOP)
			until(t, "rest", 20*time.Second, func() bool { read.update(nil); return read.off })
			if took := read.last.At.Sub(begin); took > 5*time.Second {
				t.Errorf("a hung daemon kept the windings on for %v", took)
			}
		}
		daemon.Process.Kill()
		daemon.Wait()
		until(t, "the executor's end", 20*time.Second, func() bool { return reap() })
		read.update(nil)
		last, err := LastCounts(t.Context(), memory, clock.Real{})
		if err != nil || len(last) != 1 || len(last[0]) != 2 {
			t.Fatalf("%v, %v", last, err)
		}
		rep := peek(t, memory)
		took := read.last.At.Sub(begin)
		slowest = max(slowest, took)
		for axis, c := range last[0] {
			// Motion that a busy computer missed is a reason not to trust.
			if int64(c.Count) != read.count[axis] || !c.Trusted && rep[axis].Skips == 0 || !read.off {
				violations++
				t.Errorf("%d: axis %d is left at %+v; the words say %d, off: %v; %+v", i, axis, c, read.count[axis], read.off, rep[axis])
			}
		}
		for _, span := range keeper().Powered(port.Records(0), windingLines, windingLines, realtime.Now()) {
			if span.To.Sub(begin) > 5*time.Second {
				violations++
				t.Errorf("%d: power for %v after the daemon's end", i, span.To.Sub(begin))
			}
		}
		port.Close()
	}
	fmt.Printf("kills %d violations %d (daemon; slowest switch-off %v, braking and holding included)\n", n, violations, slowest)
}

// With both gone at once nobody switches anything off but the keep-alive
// circuit; what was moving is not trusted, and the next daemon begins by
// switching off.
func TestBothAreKilled(t *testing.T) {
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		t.Fatal(err)
	}
	defer unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)
	dir := tmpfs(t)
	memory, portPath := filepath.Join(dir, "memory"), filepath.Join(dir, "port")
	port, err := record.Open(portPath, portSize)
	if err != nil {
		t.Fatal(err)
	}
	defer port.Close()
	read := reading{port: port}
	daemon := startDaemon(t, memory, portPath)
	until(t, "motion", 20*time.Second, func() bool { read.update(nil); return read.count[0] > 50 })
	daemon.Process.Signal(unix.SIGSTOP) // so that it does not see the other's end
	unix.Kill(int(read.last.PID), unix.SIGKILL)
	end := realtime.Now()
	daemon.Process.Kill()
	daemon.Wait()
	until(t, "both ends", 10*time.Second, reap)
	read.update(nil)
	if read.off {
		t.Error("who switched off?")
	}
	for _, span := range keeper().Powered(port.Records(0), windingLines, windingLines, end+60e9) {
		if after := span.To.Sub(end); after > keeper().Hold+100*time.Millisecond {
			t.Errorf("power for %v", after)
		}
	}
	last, err := LastCounts(t.Context(), memory, clock.Real{})
	if err != nil || len(last) != 1 || len(last[0]) != 2 {
		t.Fatalf("%v, %v", last, err)
	}
	for axis, c := range last[0] {
		if d := int64(c.Count) - read.count[axis]; c.Trusted || d < -1 || d > 1 {
			t.Errorf("axis %d is left at %+v; the words say %d", axis, c, read.count[axis])
		}
	}
	s, err := Start(t.Context(), options(memory, portPath, realtime.Config{CPU: -1}))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if port.Levels()&windingLines != 0 {
		t.Error("windings are still on")
	}
	if err := s.stop(); err != nil {
		t.Error(err)
	}
}

// peek returns the last reports in a memory.
func peek(t *testing.T, path string) (r [2]driver.Report) {
	t.Helper()
	file, err := openFile(path, 0)
	if err != nil {
		t.Fatal(err)
	}
	m, err := attach(file)
	if err != nil {
		t.Fatal(err)
	}
	defer m.close()
	for i := range r {
		r[i] = m.boards[0].Report(i)
	}
	return r
}

// reap takes note of the ends of adopted children, and reports whether none is
// left.
func reap() bool {
	for {
		pid, err := unix.Wait4(-1, nil, unix.WNOHANG, nil)
		if errors.Is(err, unix.ECHILD) {
			return true
		}
		if pid <= 0 {
			return false
		}
	}
}

// A new daemon ends the executor that an old one left, at once, and learns
// where it stood; a daemon that lives is left alone.
func TestOldExecutorIsEnded(t *testing.T) {
	dir := tmpfs(t)
	memory, portPath := filepath.Join(dir, "memory"), filepath.Join(dir, "port")
	if last, err := LastCounts(t.Context(), memory, clock.Real{}); last != nil || err != nil {
		t.Errorf("without a file: %v, %v", last, err)
	}
	port, err := record.Open(portPath, portSize)
	if err != nil {
		t.Fatal(err)
	}
	defer port.Close()
	daemon := startDaemon(t, memory, portPath)
	defer daemon.Wait()
	defer daemon.Process.Kill()
	read := reading{port: port}
	until(t, "motion", 20*time.Second, func() bool { read.update(nil); return read.count[0] > 50 })
	if _, err := LastCounts(t.Context(), memory, clock.Real{}); !errors.Is(err, fault.Refused) {
		t.Errorf("counts of a living daemon: %v", err)
	}
	if _, err := Start(t.Context(), options(memory, portPath, realtime.Config{CPU: -1})); !errors.Is(err, fault.Refused) {
		t.Errorf("a second daemon: %v", err)
	}
	daemon.Process.Kill()
	daemon.Wait()
	s, err := Start(t.Context(), options(memory, portPath, realtime.Config{CPU: -1}))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var writers []uint32
	for rec := range port.Records(0) {
		if n := len(writers); rec.Mask&windingLines != 0 && (n == 0 || writers[n-1] != rec.PID) {
			writers = append(writers, rec.PID)
		}
	}
	if len(writers) != 2 {
		t.Errorf("the ports were written to by %v; want the old executor, then the new one", writers)
	}
	if err := s.stop(); err != nil {
		t.Error(err)
	}
	read.update(nil)
	if !read.off {
		t.Error("windings are on")
	}
}
