// SPDX-License-Identifier: GPL-3.0-or-later

package process

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"log/slog"
	"os"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/driver/executor"
	"github.com/siderostep/siderostep/driver/realtime"
	"github.com/siderostep/siderostep/fault"
)

const maxAxes = executor.MaxAxes

// Options say what a Supervisor runs.
type Options struct {
	Path    string            // of the shared memory's file; see MemoryPath
	Command []string          // that starts the executor process; nil: this program with the argument executor
	Job     []byte            // for the executor process, as it is
	Groups  []executor.Config // of its executors, as it will make them from the job

	// Origins say what the groups' counts are, for a later daemon. nil:
	// always the same, and sure.
	Origins []Origin

	// Clear switches all outputs off from this process. It is called only
	// when no executor lives, so that it may open the ports. nil: left to the
	// next executor.
	Clear func() error

	// BackOff is how long after the end of an executor another is started; it
	// doubles, up to 40 times as long, until one lives for a while. 0: 250 ms.
	BackOff time.Duration

	Clock  clock.Clock // the computer's own
	Log    *slog.Logger
	Stderr io.Writer // of the executor process; nil: this one's
}

// Origin is what the counts of a group are.
type Origin struct {
	Owner   int    // whose motors they are, in the daemon's own numbers
	Meaning string // what a count stands for, in any words that change with it
	Unsure  bool   // the Initial counts are not to be trusted
}

// Times of the supervisor.
const (
	watchInterval = 50 * time.Millisecond
	staleAfter    = time.Second      // silence after which an executor is killed
	startTimeout  = 10 * time.Second // for one that starts
	stopTimeout   = 10 * time.Second // for one that was asked to end
	firstBackOff  = 250 * time.Millisecond
	longestBack   = 40  // first back-offs
	settledAfter  = 240 // first back-offs of life, after which the back-off is short again
)

// Supervisor keeps an executor process alive. All its methods but Run may be
// called by any goroutine.
type Supervisor struct {
	opt      Options
	m        *Memory
	planners []*executor.Planner
	child    *child // of Start, then of Run
	pid      atomic.Int64
	restarts atomic.Uint64
	reason   atomic.Pointer[string] // why the latest executor ended
}

// Start makes the memory afresh, ends an executor that an earlier daemon may
// have left, and starts one; it is at rest, released, and at the Initial
// counts when Start returns. Run must follow. It returns fault.Refused when
// another daemon uses the memory, or the executor's own reason for not
// serving.
func Start(ctx context.Context, o Options) (*Supervisor, error) {
	if err := o.complete(); err != nil {
		return nil, err
	}
	file, err := openFile(o.Path, os.O_CREATE)
	if err != nil {
		return nil, err
	}
	s := &Supervisor{opt: o}
	if s.m, err = create(ctx, file, &o); err != nil {
		file.Close()
		return nil, err
	}
	for g, c := range o.Groups {
		s.planners = append(s.planners, executor.NewPlanner(c, &s.m.boards[g]))
	}
	if s.child, err = s.launch(ctx); err != nil {
		return nil, errors.Join(err, s.clear(), s.m.close())
	}
	return s, nil
}

func (o *Options) complete() error {
	const op = "start executor process"
	if len(o.Groups) == 0 || len(o.Groups) > MaxGroups {
		return fault.New(fault.Invalid, op, "%d groups; there must be 1 to %d", len(o.Groups), MaxGroups)
	}
	for g, c := range o.Groups {
		if n := len(c.Axes); n == 0 || n > maxAxes {
			return fault.New(fault.Invalid, op, "group %d has %d axes; there must be 1 to %d", g, n, maxAxes)
		}
	}
	if o.Command == nil {
		program, err := os.Executable()
		if err != nil {
			return fault.Wrap(fault.Hardware, op, err)
		}
		o.Command = []string{program, "executor"}
	}
	if o.BackOff <= 0 {
		o.BackOff = firstBackOff
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Stderr == nil {
		o.Stderr = os.Stderr
	}
	return nil
}

// create takes the file for this daemon and makes the memory afresh.
func create(ctx context.Context, file *os.File, o *Options) (*Memory, error) {
	if err := evict(ctx, file, o.Clock); err != nil {
		return nil, err
	}
	if err := lock(file, daemonByte); err != nil {
		return nil, err
	}
	for _, size := range []int64{0, int64(unsafe.Sizeof(shared{}))} { // all zero
		if err := file.Truncate(size); err != nil {
			return nil, fault.Wrap(fault.Hardware, "make executor memory", err)
		}
	}
	m, err := attach(file)
	if err != nil {
		return nil, err
	}
	m.size, m.checksum = uint64(unsafe.Sizeof(shared{})), sha256.Sum256(o.Job)
	m.daemon.Store(int32(os.Getpid()))
	for g, c := range o.Groups {
		m.begin(g, c, o.origin(g))
	}
	m.layout = layout // last: what was begun only is not valid
	return m, nil
}

func (o *Options) origin(g int) Origin {
	if g < len(o.Origins) {
		return o.Origins[g]
	}
	return Origin{}
}

// begin describes a group. The counts are there from now on, in case no
// executor ever serves it.
func (m *Memory) begin(g int, c executor.Config, from Origin) {
	m.axes[g] = uint32(len(c.Axes))
	m.origins[g].meaning = sha256.Sum256([]byte(from.Meaning))
	m.origins[g].owner = uint32(from.Owner)
	if from.Unsure {
		m.origins[g].unsure = 1
	}
	for i, a := range c.Axes {
		m.boards[g].Seed(i, a.Initial)
	}
}

// Run watches the executor until ctx ends; then it lets it bring the motors to
// rest and end. It returns what went wrong in that.
func (s *Supervisor) Run(ctx context.Context) error {
	tick := s.opt.Clock.NewTicker(watchInterval)
	defer tick.Stop()
	backOff := s.opt.BackOff
	for {
		select {
		case <-ctx.Done():
			return s.stop()
		case <-s.child.done:
			if s.child.age() > settledAfter*s.opt.BackOff {
				backOff = s.opt.BackOff
			}
			s.mourn()
			for s.revive(ctx, backOff) != nil {
				if ctx.Err() != nil {
					return s.stop()
				}
				backOff = min(2*backOff, longestBack*s.opt.BackOff)
			}
			backOff = min(2*backOff, longestBack*s.opt.BackOff)
		case <-tick.C():
			if s.child.hangs(realtime.Now()) {
				s.opt.Log.Error("the executor hangs; killing it", "pid", s.child.pid())
				s.child.kill()
			}
		}
	}
}

// mourn makes all safe after the death of an executor.
func (s *Supervisor) mourn() {
	s.m.halt()
	why := s.child.why()
	s.reason.Store(&why)
	s.pid.Store(0)
	if err := s.clear(); err != nil {
		s.opt.Log.Error("outputs could not be switched off after the executor's end", "error", err)
	}
	s.opt.Log.Error("the executor ended; starting another", "reason", why)
}

// clear switches the outputs off. No executor lives.
func (s *Supervisor) clear() error {
	s.m.healthy.Store(0)
	if s.opt.Clear == nil {
		return nil
	}
	return s.opt.Clear()
}

// revive starts another executor after a while.
func (s *Supervisor) revive(ctx context.Context, after time.Duration) error {
	if err := clock.Sleep(ctx, s.opt.Clock, after); err != nil {
		return err
	}
	s.restarts.Add(1)
	next, err := s.launch(ctx)
	if err != nil {
		why := err.Error()
		s.reason.Store(&why)
		s.opt.Log.Error("the executor did not start", "error", err)
		return errors.Join(err, s.clear())
	}
	s.child = next
	return nil
}

// stop ends the executor, if there is one, and clears the outputs.
func (s *Supervisor) stop() error {
	s.child.end(s.opt.Clock)
	s.pid.Store(0)
	err := s.clear()
	if text := s.m.failureText(); s.m.stage.Load() == failed {
		err = errors.Join(err, fault.New(fault.Hardware, "executor", "%s", text))
	}
	return err
}

// Close lets go of the memory; its file stays, for LastCounts. No planner or
// Inputs may be used afterwards, and Run must have returned.
func (s *Supervisor) Close() error { return s.m.close() }

// Motors returns the planner's side of a group.
func (s *Supervisor) Motors(group int) *executor.Planner { return s.planners[group] }

// Inputs returns the input lines.
func (s *Supervisor) Inputs() Inputs { return Inputs{s.m} }

// SetAux sets the auxiliary lines, within the executor's longest sleep.
// Another executor sets them again.
func (s *Supervisor) SetAux(levels uint32) { s.m.aux.Store(levels) }

// Status says how the executor process is.
type Status struct {
	PID      int    // 0: there is none at the moment
	Restarts uint64 // executors started in the place of one that ended
	Reason   string // why the latest one that ended did
	Healthy  bool   // the keep-alive line may toggle
	Silent   time.Duration
	RealTime realtime.Report

	KeepAliveFaults, InputFaults, AuxFaults uint64 // writes and reads that failed
	VerifyFaults                            uint64 // chips found to have forgotten what they were told
}

// Status returns the present status.
func (s *Supervisor) Status() Status {
	st := Status{
		PID: int(s.pid.Load()), Restarts: s.restarts.Load(),
		Healthy: s.m.healthy.Load() != 0, Silent: s.m.silent(realtime.Now()), RealTime: realtime.Survey(),
		KeepAliveFaults: s.m.keepAliveFaults.Load(), InputFaults: s.m.inputFaults.Load(),
		AuxFaults: s.m.auxFaults.Load(), VerifyFaults: s.m.verifyFaults.Load(),
	}
	st.Healthy = st.Healthy && st.Silent < staleAfter
	if why := s.reason.Load(); why != nil {
		st.Reason = *why
	}
	for i, g := range []*realtime.Grant{&st.RealTime.FIFO, &st.RealTime.Locked, &st.RealTime.Pinned} {
		*g = decode(s.m.grants[i].Load())
	}
	return st
}

var _ driver.Motors = (*executor.Planner)(nil)
