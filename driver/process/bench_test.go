// SPDX-License-Identifier: GPL-3.0-or-later

//go:build bench

package process

import (
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/driver/executor"
	"github.com/siderostep/siderostep/driver/realtime"
	"github.com/siderostep/siderostep/driver/record"
	"github.com/siderostep/siderostep/fault"
)

var seconds = flag.Int("seconds", 15, "how long each real-time run lasts")

// TestBenchExecutor prints a table of how punctual an executor is in
// a process of its own, beside one that makes garbage, and how fast it is.
func TestBenchExecutor(t *testing.T) {
	fmt.Printf("executor on a recorded port, two axes, a garbage-making process beside it; %s/%s, %d processors.\n",
		runtime.GOOS, runtime.GOARCH, runtime.NumCPU())
	fmt.Println("On a machine that others use too, lateness is theirs as well: compare runs, not machines.")
	load := exec.Command(os.Args[0])
	load.Env = append(os.Environ(), roleKey+"=load")
	if err := load.Start(); err != nil {
		t.Fatal(err)
	}
	fmt.Printf("\n%-34s %9s %9s %9s %9s %6s %6s %7s %8s\n", "lateness of steps, µs", "p50", "p99", "p99.9", "max", ">20ms", "lost", "CPU", "rms µst")
	bareRun(t)
	var granted []string
	for _, priority := range []int{0, 50} {
		for _, rate := range []float64{100, slewRate} {
			granted = benchRun(t, priority, rate)
		}
	}
	load.Process.Kill()
	load.Wait()
	for _, line := range granted {
		fmt.Println("  " + line)
	}
	fmt.Printf("\nsteps planned and played in one second of one core, limits and jerk on: %.3g (wanted: 5e7)\n", throughput(t))
	fmt.Printf("control error of an hour of tracking, simulated clock: rms %.4f microsteps (limit 0.29)\n", trackedHour(t))
}

// benchRun plays one rate on both axes in real time and prints a line.
func benchRun(t *testing.T, priority int, rate float64) (granted []string) {
	dir := tmpfs(t)
	port, err := record.Open(filepath.Join(dir, "port"), int(2.5*rate*float64(*seconds+3))+100000)
	if err != nil {
		t.Fatal(err)
	}
	defer port.Close()
	tune := realtime.Config{CPU: -1, Priority: priority, LockMemory: priority > 0, SpinUS: 100}
	o := options(filepath.Join(dir, "memory"), filepath.Join(dir, "port"), tune)
	o.Job, _ = json.Marshal(testJob{Port: filepath.Join(dir, "port"), RealTime: tune, Patient: true})
	s, err := Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	m := s.Motors(0)
	until(t, "resume", 5*time.Second, func() bool { m.Beat(realtime.Now()); return m.Resume() == nil })
	start := realtime.Now().Add(200 * time.Millisecond)
	end := start.Add(time.Duration(*seconds) * time.Second)
	var plans [2]driver.Segment
	for i := range plans {
		v := rate * (1 + 0.0137*float64(i)) // so that the axes do not step together
		plans[i] = driver.Segment{Start: start, Dur: end.Sub(start), V: v, Splice: true}
		until(t, "queue", 5*time.Second, func() bool { m.Beat(realtime.Now()); return m.Queue(i, plans[i]) == nil })
	}
	before := cpuTime(s.Status().PID)
	var after time.Duration
	for now := realtime.Now(); now < end.Add(2*time.Second); now = realtime.Now() {
		m.Beat(now)
		if now < end {
			after = cpuTime(s.Status().PID)
		}
		clock.Sleep(t.Context(), clock.Real{}, 50*time.Millisecond)
	}
	name := fmt.Sprintf("%s, %.0f steps/s", map[bool]string{true: "SCHED_FIFO", false: "ordinary"}[priority > 0], rate)
	if g := s.Status().RealTime.FIFO; priority > 0 && g.Err != nil {
		name += " (" + g.String() + ")"
	}
	granted = s.Status().RealTime.Lines()
	late, lost, rms := compare(port, plans, end, [2]driver.Report{m.Report(0), m.Report(1)})
	if err := s.stop(); err != nil {
		t.Error(err)
	}
	printLate(name, late)
	fmt.Printf(" %6d %6.1f%% %8.4f\n", lost, 100*float64(after-before)/float64(end.Sub(start)), rms)
	if lost != 0 {
		t.Errorf("%s: %d steps lost", name, lost)
	}
	return granted
}

// bareRun prints what a loop that only wakes up can do.
func bareRun(t *testing.T) {
	bare := exec.Command(os.Args[0])
	bare.Env = append(os.Environ(), roleKey+"=bare", fmt.Sprintf("SECONDS=%d", *seconds))
	text, err := bare.Output()
	if err != nil {
		t.Fatal(err)
	}
	var late []float64
	if err := json.Unmarshal(text, &late); err != nil {
		t.Fatal(err)
	}
	printLate("SCHED_FIFO, a loop that only wakes", late)
	fmt.Println()
}

func printLate(name string, late []float64) {
	slices.Sort(late)
	at := func(q float64) float64 { return late[min(int(q*float64(len(late))), len(late)-1)] / 1e3 }
	over, _ := slices.BinarySearch(late, 20e6)
	fmt.Printf("%-34s %9.1f %9.1f %9.1f %9.1f %6d", name, at(0.5), at(0.99), at(0.999), at(1), len(late)-over)
}

// compare looks at each step's instant beside its plan's. It returns the
// lateness of all of them, ns, the steps that are missing, and the root mean
// square of plan minus count over the time of the plan.
func compare(port *record.Port, plans [2]driver.Segment, end driver.Instant, r [2]driver.Report) (late []float64, lost int64, rms float64) {
	read := reading{port: port}
	var made [2]int64
	var square, span float64
	var since [2]driver.Instant
	read.update(func(rec record.Record) {
		for i, s := range plans {
			if read.count[i] == made[i] || rec.At >= end {
				continue
			}
			due := float64(s.Start) + (float64(read.count[i])-0.5)/s.V*1e9
			late = append(late, float64(rec.At)-due)
			if since[i] != 0 { // the error runs in a straight line between two steps
				a := s.V*since[i].Sub(s.Start).Seconds() - float64(made[i])
				b := s.V*rec.At.Sub(s.Start).Seconds() - float64(made[i])
				dt := rec.At.Sub(since[i]).Seconds()
				square += dt * (a*a + a*b + b*b) / 3
				span += dt
			}
			made[i], since[i] = read.count[i], rec.At
		}
	})
	if read.lost || read.jumps > 0 {
		lost++
	}
	for i, s := range plans {
		planned, v := s.At(s.End())
		rest := planned.Microsteps() + v*v/(2*hardBrake) // the plan ends in motion
		lost += int64(math.Abs(math.Round(rest)-float64(read.count[i]))) + int64(math.Abs(float64(r[i].Emitted)-float64(read.count[i])))
	}
	return late, lost, math.Sqrt(square / span)
}

// cpuTime returns the processor time that a process has used.
func cpuTime(pid int) time.Duration {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * 10 * time.Millisecond // 100 ticks a second everywhere
}

// counter is a Pulser that counts.
type counter struct{ count, steps int64 }

func (c *counter) Pulse(_ driver.Instant, clockwise bool) error {
	c.steps++
	if clockwise {
		c.count++
	} else {
		c.count--
	}
	return nil
}

func pulseAxis(t *testing.T, c *counter) *executor.Inline {
	m, err := executor.NewInline(executor.Config{Axes: []executor.Axis{{
		Kind: executor.Pulse, Brake: 86400, MaxRate: 86400, Limited: true, Min: -1e9, Max: 1e9,
	}}}, executor.Outputs{Pulsers: []driver.Pulser{c}})
	if err == nil {
		err = m.Resume()
	}
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// throughput plays slews of 30° at 3°/s, with limited jerk, and returns the
// steps per second.
func throughput(t *testing.T) float64 {
	const v, a, j = 43200.0, 43200.0, 86400.0
	c := new(counter)
	m := pulseAxis(t, c)
	now, sign := driver.Instant(0), 1.0
	begin := realtime.Now()
	for realtime.Now().Sub(begin) < 3*time.Second {
		s := driver.Segment{Start: now, P: m.Report(0).Position, Splice: true}
		for _, part := range [7][2]float64{{a / j, j}, {v/a - a/j, 0}, {a / j, -j}, {8, 0}, {a / j, -j}, {v/a - a/j, 0}, {a / j, j}} {
			s.Dur, s.J = time.Duration(part[0]*1e9), sign*part[1]
			if err := m.Queue(0, s); err != nil {
				t.Fatal(err)
			}
			at, rate := s.At(s.End())
			s = driver.Segment{Start: s.End(), P: at, V: rate, A: s.A + s.J*s.Dur.Seconds()}
		}
		m.Beat(s.Start + 1e9)
		now, sign = s.Start+1e9, -sign
	}
	return float64(c.steps) / realtime.Now().Sub(begin).Seconds()
}

// trackedHour tracks for an hour at 15″/s in quarters of an arcsecond, the
// rate rising and falling, and returns the root mean square of plan minus
// count at random instants.
func trackedHour(t *testing.T) float64 {
	c := new(counter)
	m := pulseAxis(t, c)
	r := rand.New(rand.NewPCG(5, 6))
	var square, n float64
	s := driver.Segment{V: 60, Splice: true}
	for range 3600 {
		s.Dur, s.A, s.J = time.Second, s.A+s.J, 0.2*(r.Float64()-0.5)-0.1*s.A-0.01*(s.V-60)
		if err := m.Queue(0, s); err != nil && fault.KindOf(err) != fault.Full {
			t.Fatal(err)
		}
		for at := s.Start; ; {
			at = at.Add(time.Duration(r.Int64N(20e6)))
			if at >= s.End() {
				break
			}
			m.Beat(at)
			p, _ := s.At(at)
			e := p.Microsteps() - float64(c.count)
			square, n = square+e*e, n+1
		}
		at, rate := s.At(s.End())
		s = driver.Segment{Start: s.End(), P: at, V: rate, A: s.A, J: s.J}
	}
	return math.Sqrt(square / n)
}
