// SPDX-License-Identifier: GPL-3.0-or-later

package process

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/driver/realtime"
	"github.com/siderostep/siderostep/driver/record"
)

// kills is how often an executor is killed; SIDEROSTEP_KILLS asks for more.
func kills(t *testing.T, few int) int {
	if n, err := strconv.Atoi(os.Getenv("SIDEROSTEP_KILLS")); err == nil {
		return n
	}
	if testing.Short() {
		return min(few, 5)
	}
	return few
}

// scene is a supervisor, its executor, a planner that slews, and a reading of
// what comes out.
type scene struct {
	*testing.T
	s       *Supervisor
	port    *record.Port
	read    reading
	plan    planner
	stop    func() error
	violent int // violations
}

const portSize = 1 << 18

func newScene(t *testing.T, tune realtime.Config) *scene {
	dir := tmpfs(t)
	portPath := filepath.Join(dir, "port")
	port, err := record.Open(portPath, portSize)
	if err != nil {
		t.Fatal(err)
	}
	opt := options(filepath.Join(dir, "memory"), portPath, tune)
	ctx, cancel := context.WithCancel(context.Background())
	s, err := Start(ctx, opt)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	sc := &scene{T: t, s: s, port: port, read: reading{port: port}, plan: planner{s: s}}
	sc.stop = func() error { cancel(); return <-done }
	t.Cleanup(func() { s.Close(); port.Close() })
	return sc
}

// live lets the planner work for a while, or until a condition holds; it
// reports whether it does.
func (sc *scene) live(d time.Duration, until func() bool) bool {
	for end := realtime.Now().Add(d); realtime.Now() < end; {
		if until != nil && until() {
			return true
		}
		sc.plan.step(realtime.Now())
		clock.Sleep(sc.Context(), clock.Real{}, 5*time.Millisecond)
	}
	return false
}

// await lets time pass in which the planner lives but plans nothing, until
// a condition holds.
func (sc *scene) await(d time.Duration, until func() bool) bool {
	for end := realtime.Now().Add(d); realtime.Now() < end; {
		sc.s.Motors(0).Beat(realtime.Now())
		if until() {
			return true
		}
		clock.Sleep(sc.Context(), clock.Real{}, 5*time.Millisecond)
	}
	return false
}

func (sc *scene) violation(format string, args ...any) {
	sc.Helper()
	sc.violent++
	sc.Errorf(format, args...)
}

// methods are the ways to harm an executor.
var methods = []struct {
	name    string
	harm    func(sc *scene, pid int, r *rand.Rand)
	dies    bool // another executor must take over
	gently  bool // it brings the motors to rest first
	itsWork bool // it switches off by itself
}{
	{"kill", func(_ *scene, pid int, _ *rand.Rand) { unix.Kill(pid, unix.SIGKILL) }, true, false, false},
	{"stop", func(_ *scene, pid int, _ *rand.Rand) { unix.Kill(pid, unix.SIGSTOP) }, true, false, false},
	{"term", func(_ *scene, pid int, _ *rand.Rand) { unix.Kill(pid, unix.SIGTERM) }, true, true, true},
	{"panic", func(sc *scene, _ int, _ *rand.Rand) { sc.port.SetInputs(panicInput) }, true, false, true},
	{"pause", func(sc *scene, pid int, r *rand.Rand) {
		unix.Kill(pid, unix.SIGSTOP)
		sc.live(time.Duration(r.IntN(400))*time.Millisecond, nil)
		unix.Kill(pid, unix.SIGCONT)
	}, false, false, false},
	{"starve", func(sc *scene, _ int, r *rand.Rand) {
		var done atomic.Bool
		var busy sync.WaitGroup
		for range 4 {
			busy.Go(func() {
				for !done.Load() {
				}
			})
		}
		sc.live(time.Duration(r.IntN(300))*time.Millisecond, nil)
		done.Store(true)
		busy.Wait()
	}, false, false, false},
}

// Whatever happens to an executor during slews of both axes: no winding has
// current for longer than the keep-alive circuit grants without a living
// executor, the count goes on exactly, and is trusted only when it may.
func TestExecutorIsKilled(t *testing.T) {
	sc := newScene(t, realtime.Config{CPU: -1})
	r := rand.New(rand.NewPCG(1, uint64(time.Second)))
	n := kills(t, 12)
	slowest := map[string]time.Duration{}
	halfway := 0
	for i := range n {
		how := methods[i%len(methods)]
		if !sc.live(15*time.Second, func() bool { return sc.moving() }) {
			t.Fatalf("%d: the motors never moved: %+v, %+v", i, sc.s.Status(), sc.s.Motors(0).Report(0))
		}
		sc.live(time.Duration(r.IntN(700))*time.Millisecond, nil)
		st := sc.s.Status()
		was, skipped := sc.lost(), sc.skips()
		how.harm(sc, st.PID, r)
		begin := realtime.Now()
		if !how.dies {
			continue
		}
		back := func() bool {
			now := sc.s.Status()
			return now.PID != 0 && now.PID != st.PID && now.Restarts > st.Restarts
		}
		if how.name == "panic" { // once is enough
			sc.live(10*time.Second, func() bool { return sc.s.Status().PID != st.PID })
			sc.port.SetInputs(0)
		}
		if !sc.await(20*time.Second, back) {
			t.Fatalf("%d: no other executor after %s: %+v", i, how.name, sc.s.Status())
		}
		took, unsure := sc.judge(how.name, st.PID, how.itsWork, begin, was)
		slowest[how.name] = max(slowest[how.name], took).Round(time.Microsecond)
		halfway += unsure
		if how.gently && sc.lost() != was && sc.skips() == skipped {
			sc.violation("%d: %s: not trusted after an end at rest", i, how.name)
		}
	}
	if err := sc.stop(); err != nil {
		t.Error(err)
	}
	sc.read.update(nil)
	if !sc.read.off {
		sc.violation("windings are on at the end: %+v", sc.read.last)
	}
	fmt.Printf("kills %d violations %d (executor; killed amid a step %d; slowest switch-off after death %v)\n", n, sc.violent, halfway, slowest)
}

func (sc *scene) moving() bool {
	r := sc.s.Motors(0).Report(0)
	return r.State == driver.Playing && r.Rate != 0
}

func (sc *scene) skips() uint64 {
	return sc.s.Motors(0).Report(0).Skips + sc.s.Motors(0).Report(1).Skips
}

func (sc *scene) lost() (n [2]uint64) {
	for i := range n {
		n[i] = sc.s.Motors(0).Report(i).Lost
	}
	return n
}

// judge compares the words with the count after a death that began by begin.
// It returns how long the windings then were on, and whether the executor
// died amid a step.
func (sc *scene) judge(name string, dead int, itsWork bool, begin driver.Instant, was [2]uint64) (took time.Duration, unsure int) {
	sc.Helper()
	// Up to the moment when all is off, by whoever's hand, before the other
	// executor energises anything.
	from := sc.read.next
	var off driver.Instant
	var hand uint32 // that switched off
	var counts [2]int64
	var moved [2]driver.Instant
	var last driver.Instant
	sc.read.update(func(rec record.Record) {
		if rec.PID == uint32(dead) && rec.Levels&windingLines != 0 {
			off, last = 0, rec.At
			counts, moved = sc.read.count, sc.read.moved
		} else if off == 0 && rec.Levels&windingLines == 0 {
			off, hand = rec.At, rec.PID
		}
	})
	switch {
	case sc.read.lost:
		sc.Fatalf("%s: the recording is too short", name)
	case off == 0:
		sc.violation("%s: the windings were never switched off", name)
	case itsWork != (hand == uint32(dead)), !itsWork && hand != uint32(os.Getpid()):
		sc.violation("%s: switched off by process %d; the dead executor was %d, the supervisor is %d", name, hand, dead, os.Getpid())
	default:
		took = max(0, off.Sub(max(begin, last)))
	}
	for i := range counts {
		r := sc.s.Motors(0).Report(i)
		lost := r.Lost != was[i]
		count := int64(r.Emitted) // the executor that took over is released yet
		switch d := count - counts[i]; {
		case d == 0:
		case lost && (d == 1 || d == -1):
			unsure = 1
		default:
			sc.violation("%s: axis %d goes on at %d; the words say %d (lost: %v)", name, i, count, counts[i], lost)
		}
		if ago := begin.Sub(moved[i]); ago < time.Millisecond && !lost && name != "term" {
			sc.violation("%s: axis %d is trusted although it moved %v before the end", name, i, ago)
		}
	}
	// Power ends with the executor, or with the keep-alive circuit's patience.
	limit := max(begin, last).Add(keeper().Hold)
	for _, span := range keeper().Powered(sc.port.Records(from), windingLines, windingLines, realtime.Now()) {
		if span.To > limit {
			sc.violation("%s: power until %v after the end", name, span.To.Sub(max(begin, last)))
		}
	}
	return took, unsure
}
