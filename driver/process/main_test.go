// SPDX-License-Identifier: GPL-3.0-or-later

package process

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"testing"
	"time"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/driver/executor"
	"github.com/siderostep/siderostep/driver/realtime"
	"github.com/siderostep/siderostep/driver/record"
	"github.com/siderostep/siderostep/driver/waveform"
)

// The test's program is also the executor process, and the daemon that can be
// killed.
func TestMain(m *testing.M) {
	switch os.Getenv(roleKey) {
	case "":
		os.Exit(m.Run())
	case "executor":
		exit(executorMain())
	case "daemon":
		exit(daemonMain())
	case "load":
		loadMain()
	case "bare":
		exit(bareMain())
	}
}

const roleKey = "SIDEROSTEP_TEST_ROLE"

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, os.Getenv(roleKey), err)
		os.Exit(1)
	}
	os.Exit(0)
}

// bareMain does nothing but to wake up, as often as the executor of two axes
// at 100 steps/s does, and prints by how much it was late each time: what the
// computer itself can do. SECONDS says for how long.
func bareMain() error {
	var seconds int
	if _, err := fmt.Sscan(os.Getenv("SECONDS"), &seconds); err != nil {
		return err
	}
	realtime.Setup(realtime.Config{CPU: -1, Priority: 50, LockMemory: true, SpinUS: 100})
	late := make([]float64, 0, 200*seconds)
	for due := realtime.Now().Add(100 * time.Millisecond); len(late) < cap(late); due = due.Add(5 * time.Millisecond) {
		late = append(late, float64(realtime.SleepUntil(due, 100*time.Microsecond).Sub(due)))
	}
	return json.NewEncoder(os.Stdout).Encode(late)
}

// testJob is what the test's executor is to do.
type testJob struct {
	Port     string // path of the recorded port
	RealTime realtime.Config
	Fail     string // not to come up, for this reason
	Patient  bool   // to play everything, however late, and to do nothing of its own accord
}

// The lines of the recorded port.
const (
	windingLines = 0xFF
	aliveLine    = 1 << 31
	auxLines     = 0x0F00
	panicInput   = 1 << 31 // an input that makes the executor panic
)

// keeper is the circuit behind aliveLine.
func keeper() record.Gate { return record.Gate{Line: aliveLine, Hold: 500 * time.Millisecond} }

// Motors of two microsteps to a full step: every count has a control word of
// its own within the eight of an electrical cycle, so that the count can be
// read from the words.
const (
	slewRate  = 5000.0 // half steps/s
	slewAccel = 20000.0
	hardBrake = 40000.0
)

func testConfig() executor.Config {
	table, err := waveform.New(waveform.Config{Windings: 4, Microsteps: 2, Slots: 100})
	if err != nil {
		panic(err)
	}
	a := executor.Axis{
		Table: table, Brake: hardBrake, MaxRate: 1.2 * slewRate, HalfStepAbove: 1000,
		Standing: executor.Standing{Creep: 100},
	}
	z := a
	z.High = true
	return executor.Config{
		Axes:      []executor.Axis{a, z},
		SkipAfter: 20 * time.Millisecond, SkipSteps: 2,
		PlannerTimeout: 500 * time.Millisecond, HoldAfterLoss: 100 * time.Millisecond,
	}
}

// words puts a pattern's first word on the recorded port.
type words struct{ port *record.Port }

func (w words) Drive(_ driver.Instant, p *driver.Pattern) error {
	if levels, _ := w.port.Read(); levels&panicInput != 0 {
		panic("the test wants it")
	}
	return w.port.Write(uint32(p.Slots[0].Word), windingLines)
}

func equipment(port *record.Port) Equipment {
	return Equipment{
		Groups: []Group{{testConfig(), executor.Outputs{Windings: []driver.Windings{words{port}}}}},
		KeepAlive: func(level bool) error {
			if level {
				return port.Write(aliveLine, aliveLine)
			}
			return port.Write(0, aliveLine)
		},
		Inputs: port, Aux: port, AuxMask: auxLines,
		Off:   func() error { return port.Write(0, windingLines) },
		Close: func() error { return nil },
	}
}

func executorMain() error {
	m, text, err := Inherit()
	if err != nil {
		return err
	}
	var job testJob
	if err := json.Unmarshal(text, &job); err != nil {
		return err
	}
	if job.Fail != "" {
		err := fmt.Errorf("%s", job.Fail)
		m.Fail(err)
		return err
	}
	port, err := record.Open(job.Port, 0)
	if err != nil {
		return err
	}
	ctx, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer cancel()
	eq := equipment(port)
	if job.Patient {
		c := &eq.Groups[0].Config
		c.SkipAfter, c.PlannerTimeout = 0, 0
		for i := range c.Axes {
			c.Axes[i].Standing.Creep = 0
		}
	}
	return Serve(ctx, m, eq, Tuning{RealTime: job.RealTime, LeaveHold: 100 * time.Millisecond})
}

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

// options returns those of a supervisor of the test's executor.
func options(memory, port string, tune realtime.Config) Options {
	job, err := json.Marshal(testJob{Port: port, RealTime: tune})
	if err != nil {
		panic(err)
	}
	return Options{
		Path: memory, Command: []string{"/usr/bin/env", roleKey + "=executor", "GORACE=atexit_sleep_ms=0", os.Args[0]},
		Job: job, Groups: []executor.Config{testConfig()},
		Clear: func() error {
			p, err := record.Open(port, 0)
			if err != nil {
				return err
			}
			defer p.Close()
			return p.Write(0, windingLines)
		},
		BackOff: 5 * time.Millisecond,
		Clock:   clock.Real{},
	}
}

// daemonMain is a daemon that slews to and fro until it is killed.
func daemonMain() error {
	ctx, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer cancel()
	s, err := Start(ctx, options(os.Getenv("MEMORY"), os.Getenv("PORT"), realtime.Config{CPU: -1}))
	if err != nil {
		return err
	}
	running := make(chan error)
	go func() { running <- s.Run(ctx) }()
	p := planner{s: s}
	for ctx.Err() == nil {
		p.step(realtime.Now())
		clock.Sleep(ctx, clock.Real{}, 20*time.Millisecond)
	}
	return <-running
}

// planner slews the axes to and fro for ever.
type planner struct {
	s    *Supervisor
	sign [2]float64
	ends [2]driver.Instant
}

// step is one look at the motors.
func (p *planner) step(now driver.Instant) {
	m := p.s.Motors(0)
	m.Beat(now)
	for i := range p.ends {
		switch r := m.Report(i); r.State {
		case driver.Released, driver.Halted:
			m.Resume() // refused while the other axis brakes
			p.ends[i] = 0
		case driver.Holding:
			if now > p.ends[i] {
				p.slew(i, r.Position, now.Add(30*time.Millisecond))
			}
		}
	}
}

// slew plans a slew there or back, different for each axis.
func (p *planner) slew(i int, from driver.Position, start driver.Instant) {
	if p.sign[i] = -p.sign[i]; p.sign[i] == 0 {
		p.sign[i] = 1
	}
	s := driver.Segment{Start: start, Dur: time.Duration(slewRate / slewAccel * 1e9), P: from, A: p.sign[i] * slewAccel, Splice: true}
	for _, next := range []struct {
		dur   time.Duration
		accel float64
	}{{time.Duration(300+100*i) * time.Millisecond, 0}, {s.Dur, -p.sign[i] * slewAccel}, {}} {
		if p.s.Motors(0).Queue(i, s) != nil {
			return // halted meanwhile
		}
		at, rate := s.At(s.End())
		s = driver.Segment{Start: s.End(), Dur: next.dur, P: at, V: rate, A: next.accel}
	}
	p.ends[i] = s.Start
}

// loadMain makes garbage until it is killed.
func loadMain() {
	var keep [256][]byte
	for i := 0; ; i++ {
		keep[i%len(keep)] = make([]byte, 1<<16)
	}
}
