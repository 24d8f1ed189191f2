// SPDX-License-Identifier: GPL-3.0-or-later

package process

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/driver/executor"
	"github.com/siderostep/siderostep/driver/realtime"
	"github.com/siderostep/siderostep/fault"
)

// Group is one executor: the motors of one owner, and their ports.
type Group struct {
	Config  executor.Config
	Outputs executor.Outputs
}

// Equipment is what an executor process works with, opened.
type Equipment struct {
	Groups []Group

	KeepAlive func(level bool) error // sets the keep-alive line; nil: there is none
	Inputs    driver.Inputs          // nil: none
	Aux       driver.Lines           // lines for the daemon to set; nil: none
	AuxMask   uint32

	// Verify asks chips that can forget what they were told whether they did;
	// those then refuse the next step, and the motors halt. nil: none can.
	Verify func() error

	Off   func() error // switches everything off, whatever state it is in
	Close func() error // lets go of the ports, after Off
}

// Tuning says how an executor process spends its time. The zero value of any
// of its times means that of DefaultTuning.
type Tuning struct {
	RealTime  realtime.Config
	Rest      time.Duration // the longest sleep
	InputPoll time.Duration // between two looks at the inputs
	KeepAlive time.Duration // between two toggles of the line
	LeaveHold time.Duration // for which the motors are held at the end, after braking
}

// DefaultTuning looks at halts and plans every 10 ms at least, at inputs every
// 2 ms, and toggles the keep-alive line ten times as often as a gate of half
// a second needs.
func DefaultTuning() Tuning {
	return Tuning{
		RealTime: realtime.DefaultConfig(),
		Rest:     10 * time.Millisecond, InputPoll: 2 * time.Millisecond,
		KeepAlive: 50 * time.Millisecond, LeaveHold: 300 * time.Millisecond,
	}
}

func (t *Tuning) complete() {
	d := DefaultTuning()
	for _, v := range []struct{ own, def *time.Duration }{
		{&t.Rest, &d.Rest}, {&t.InputPoll, &d.InputPoll}, {&t.KeepAlive, &d.KeepAlive}, {&t.LeaveHold, &d.LeaveHold},
	} {
		if *v.own <= 0 {
			*v.own = *v.def
		}
	}
}

// verifyEvery is the time between two looks at chips, each of which takes
// about 0.3 ms.
const verifyEvery = time.Second

// longestFarewell is how long an executor may take to brake, hold, creep to
// full steps and let go.
const longestFarewell = 8 * time.Second

// server is the executor process's loop.
type server struct {
	m     *Memory
	eq    Equipment
	tune  Tuning
	execs []*executor.Executor
	spin  time.Duration

	leave    atomic.Bool    // the process is asked to end
	leaving  driver.Instant // since when it does; 0: it does not
	toggled  driver.Instant
	level    bool
	polled   driver.Instant
	looked   driver.Instant // for the daemon
	verified driver.Instant
	forgot   bool // the latest look at the chips found them so
	powered  bool // the keep-alive line toggled in the latest turn, or could have
	aux      uint32
	auxKnown bool
}

// Serve plays the motion that comes through m on eq, until ctx ends or the
// daemon is gone: then the motors brake, are held a moment, and released.
// Whatever happens, a panic included, everything is switched off before Serve
// returns. Only the goroutine that called it works; its thread is made as
// punctual as possible and is not to be used for anything else afterwards.
//
// It returns fault.Invalid when eq does not fit itself or m, or what the ports
// said.
func Serve(ctx context.Context, m *Memory, eq Equipment, t Tuning) (err error) {
	t.complete()
	s := &server{m: m, eq: eq, tune: t}
	defer func() {
		reason := recover()
		off := s.off()
		if reason != nil {
			off = fault.New(fault.Hardware, "executor", "panic: %v", reason)
		}
		if err = errors.Join(err, off); err != nil {
			m.Fail(err)
		} else {
			m.stage.Store(ended)
		}
	}()
	if err := s.begin(); err != nil {
		return err
	}
	defer context.AfterFunc(ctx, func() { s.leave.Store(true) })()
	m.beat.Store(int64(realtime.Now()))
	m.stage.Store(serving)
	for {
		now := realtime.Now()
		wake, spin := s.turn(now)
		if s.gone(now) {
			return nil
		}
		realtime.SleepUntil(wake, spin)
	}
}

// begin makes the executors, with everything off, and the thread punctual.
func (s *server) begin() error {
	now := realtime.Now()
	for g, group := range s.eq.Groups {
		if g >= MaxGroups || int(s.m.axes[g]) != len(group.Config.Axes) {
			return fault.New(fault.Invalid, "executor", "group %d has %d axes; the daemon thinks otherwise", g, len(group.Config.Axes))
		}
		e, err := executor.New(group.Config, group.Outputs, &s.m.boards[g], now)
		if err != nil {
			return fmt.Errorf("group %d: %w", g, err)
		}
		s.execs = append(s.execs, e)
	}
	if n := len(s.execs); n < MaxGroups && s.m.axes[n] != 0 {
		return fault.New(fault.Invalid, "executor", "there are %d groups; the daemon knows of more", n)
	}
	report := realtime.Setup(s.tune.RealTime)
	for i, g := range [...]realtime.Grant{report.FIFO, report.Locked, report.Pinned} {
		s.m.grants[i].Store(encode(g))
	}
	if report.FIFO.Asked && report.FIFO.Err == nil {
		s.spin = time.Duration(s.tune.RealTime.SpinUS) * time.Microsecond
	}
	return nil
}

// turn does what is due at now, and returns when it wants to be called again
// and how much of the time until then to wait awake.
func (s *server) turn(now driver.Instant) (wake driver.Instant, spin time.Duration) {
	s.m.beat.Store(int64(now))
	s.lines(now)
	rest := now.Add(s.tune.Rest)
	if s.eq.Inputs != nil {
		rest = min(rest, s.polled.Add(s.tune.InputPoll))
	}
	wake = driver.Never
	healthy := true
	for _, e := range s.execs {
		e.Advance(now)
		healthy = healthy && e.Healthy(now)
		wake = min(wake, e.Next())
	}
	s.keepAlive(now, healthy)
	if s.eq.Verify != nil && now.Sub(s.verified) >= verifyEvery {
		s.verified = now
		s.verify()
	}
	if s.leaving == 0 && (s.leave.Load() || s.orphaned(now)) {
		s.leaving = now
		for _, e := range s.execs {
			e.Leave(s.tune.LeaveHold)
		}
	}
	if wake < rest {
		return wake, s.spin
	}
	return rest, 0
}

// verify looks at the chips. Where the motors stand is not known once one has
// forgotten what it was told, even if it was to hold them only.
func (s *server) verify() {
	failed := s.eq.Verify() != nil
	if failed {
		s.m.verifyFaults.Add(1)
	}
	if failed && !s.forgot {
		for _, e := range s.execs {
			e.Forgotten()
		}
	}
	s.forgot = failed
}

// lines passes on what comes in and what the daemon wants to go out. Its
// failures are counted, and harm no motion.
func (s *server) lines(now driver.Instant) {
	if s.eq.Inputs != nil && now.Sub(s.polled) >= s.tune.InputPoll {
		s.polled = now
		if levels, err := s.eq.Inputs.Read(); err == nil {
			s.m.inputs.note(now, levels)
		} else {
			s.m.inputFaults.Add(1)
		}
	}
	if want := s.m.aux.Load(); s.eq.Aux != nil && (want != s.aux || !s.auxKnown) {
		if s.eq.Aux.Write(want, s.eq.AuxMask) == nil {
			s.aux, s.auxKnown = want, true
		} else {
			s.m.auxFaults.Add(1)
		}
	}
}

// keepAlive toggles the line, but only while all is well.
func (s *server) keepAlive(now driver.Instant, healthy bool) {
	flag := uint32(0)
	if healthy {
		flag = 1
	}
	s.m.healthy.Store(flag)
	if s.eq.KeepAlive != nil && s.powered && !healthy {
		for _, e := range s.execs { // the gate is about to close
			e.Unpowered()
		}
	}
	s.powered = healthy
	if s.eq.KeepAlive == nil || !healthy || now.Sub(s.toggled) < s.tune.KeepAlive {
		return
	}
	s.toggled, s.level = now, !s.level
	if s.eq.KeepAlive(s.level) != nil {
		s.m.keepAliveFaults.Add(1)
	}
}

// orphaned reports whether the daemon has died. It looks now and then.
func (s *server) orphaned(now driver.Instant) bool {
	if now.Sub(s.looked) < s.tune.KeepAlive {
		return false
	}
	s.looked = now
	return int32(os.Getppid()) != s.m.daemon.Load()
}

// gone reports whether the farewell is over.
func (s *server) gone(now driver.Instant) bool {
	if s.leaving == 0 {
		return false
	}
	for _, e := range s.execs {
		if !e.Abandoned() {
			return now.Sub(s.leaving) > longestFarewell
		}
	}
	return true
}

// off switches everything off and lets go of it. A panic on the way, perhaps
// the one that led here, keeps nothing on.
func (s *server) off() error {
	guarded := func(do func() error) (err error) {
		defer func() {
			if reason := recover(); reason != nil {
				err = fault.New(fault.Hardware, "switch off", "panic: %v", reason)
			}
		}()
		if do == nil {
			return nil
		}
		return do()
	}
	errs := []error{guarded(s.eq.Off)}
	for _, e := range s.execs {
		errs = append(errs, guarded(e.Close))
	}
	errs = append(errs, guarded(s.eq.Close))
	return errors.Join(errs...)
}

// encode turns a grant into a number for the shared memory.
func encode(g realtime.Grant) int32 {
	var number syscall.Errno
	switch {
	case !g.Asked:
		return 0
	case g.Err == nil:
		return -1
	case errors.As(g.Err, &number) && number != 0:
		return int32(number)
	default:
		return int32(syscall.EIO)
	}
}

// decode is the inverse of encode.
func decode(v int32) realtime.Grant {
	switch {
	case v == 0:
		return realtime.Grant{}
	case v < 0:
		return realtime.Grant{Asked: true}
	default:
		return realtime.Grant{Asked: true, Err: syscall.Errno(v)}
	}
}
