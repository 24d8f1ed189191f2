// SPDX-License-Identifier: GPL-3.0-or-later

// Package focuser is the one owner of a focus motor: absolute positions in
// steps, growing outward, whatever the motor is; backlash, temperature
// compensation, held keys and named positions are the same for all of them.
package focuser

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/internal/loop"
	"github.com/siderostep/siderostep/model/focus"
)

// Parts are what a focuser is built from.
type Parts struct {
	Clock       clock.Clock
	Epoch       time.Time          // the clock's reading at driver.Instant 0
	Motors      driver.Motors      // of a stepper motor, or a motor behind relays
	Servo       Servo              // of a motor that counts by itself
	Thermometer driver.Thermometer // nil for none
	Log         *slog.Logger
	Saved       *Saved // the state of the last run; nil for a first start
}

// Focuser is the control loop of one focus motor.
type Focuser struct {
	loop     *loop.Loop
	heard    atomic.Int64 // instant at which the holder of held motion was last heard of
	snapshot atomic.Pointer[Snapshot]
	state    *state
}

// Tick is the interval of the control loop.
const Tick = loop.Tick

// New returns a focuser at rest.
func New(cfg Config, p Parts) (*Focuser, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if cfg.Motor == Celestron && p.Servo == nil || cfg.Motor != Celestron && p.Motors == nil {
		return nil, fault.New(fault.Invalid, "focuser", "there is no driver for motor %q", cfg.Motor)
	}
	if p.Log == nil {
		p.Log = slog.New(slog.DiscardHandler)
	}
	f := &Focuser{loop: loop.New(p.Clock, p.Epoch), state: newState(cfg, p)}
	(*life)(f).Publish(f.loop.Now())
	return f, nil
}

// Run controls the focuser until ctx ends; then it brings the motor to rest.
func (f *Focuser) Run(ctx context.Context) error {
	// The engine outlives the loop, which brings it to rest.
	alive, end := context.WithCancel(context.WithoutCancel(ctx))
	var engine sync.WaitGroup
	defer engine.Wait()
	defer end()
	engine.Go(func() { f.state.engine.run(alive) })
	return f.loop.Run(ctx, (*life)(f))
}

// life is the focuser as its loop sees it.
type life Focuser

func (l *life) Observe(now driver.Instant) {
	l.state.holderHeard = max(l.state.holderHeard, driver.Instant(l.heard.Load()))
	l.state.observe(now)
}

func (l *life) Step(now driver.Instant) {
	l.Observe(now)
	l.state.step(now)
}

func (l *life) Plan(now driver.Instant)    { l.state.engine.plan(now) }
func (l *life) Publish(now driver.Instant) { l.snapshot.Store(l.state.snapshot(now)) }
func (l *life) Halt()                      { l.state.engine.halt((*Focuser)(l).loop.Now()) }
func (l *life) Still() bool                { return l.state.engine.still() }

// Snapshot returns the focuser as of its latest tick or command. It never
// waits.
func (f *Focuser) Snapshot() *Snapshot { return f.snapshot.Load() }

// Saved returns what is to be remembered.
func (f *Focuser) Saved() Saved { return f.Snapshot().saved }

func (f *Focuser) command(ctx context.Context, op string, do func(s *state, now driver.Instant) error) error {
	return f.loop.Do(ctx, op, func(now driver.Instant) error { return do(f.state, now) })
}

// Move begins to move to a position; one outside 0 to MaxStep becomes the
// nearest that is inside. Backlash is taken up within the move. It returns
// fault.Hardware while the motor cannot be reached, and fault.Refused while
// it cannot move, as before it was calibrated.
func (f *Focuser) Move(ctx context.Context, position int) error {
	return f.command(ctx, "move", func(s *state, now driver.Instant) error { return s.move(now, position) })
}

// Nudge begins to move by some steps from where the focuser is, or is going
// to; otherwise it is Move.
func (f *Focuser) Nudge(ctx context.Context, by int) error {
	return f.command(ctx, "nudge", func(s *state, now driver.Instant) error { return s.nudge(now, by) })
}

// Jog moves the motor while somebody holds a key, to the end of its travel at
// most. See Hold.
func (f *Focuser) Jog(ctx context.Context, h Hold) error {
	return f.command(ctx, "jog", func(s *state, now driver.Instant) error { return s.jog(now, h) })
}

// Heard tells the focuser that the holder of a key gave a sign of life. It
// never waits.
func (f *Focuser) Heard(by string) {
	if s := f.Snapshot(); s.Holder == by && by != "" {
		f.heard.Store(int64(f.loop.Now()))
	}
}

// Halt stops the motor with a ramp, whatever moves it; calibration too.
func (f *Focuser) Halt(ctx context.Context) error {
	return f.command(ctx, "halt", func(s *state, now driver.Instant) error { return s.halt(now) })
}

// SetPosition says where the focuser stands; nothing moves. It returns
// fault.Invalid outside 0 to MaxStep, fault.Refused while the motor moves, and
// fault.Unsupported for a motor that keeps its own count.
func (f *Focuser) SetPosition(ctx context.Context, position int) error {
	return f.command(ctx, "set position", func(s *state, now driver.Instant) error { return s.setPosition(position) })
}

// SavePreset gives a position a name, such as an eyepiece's, in place of the
// one that had it. Capitals make no difference. It returns fault.Invalid for
// a position outside 0 to MaxStep and for a name that is empty or longer than
// 39 characters, fault.Full for one too many.
func (f *Focuser) SavePreset(ctx context.Context, name string, position int) error {
	return f.command(ctx, "save preset", func(s *state, now driver.Instant) error { return s.savePreset(name, position) })
}

// RemovePreset forgets a name. It returns fault.Invalid when there is none
// such.
func (f *Focuser) RemovePreset(ctx context.Context, name string) error {
	return f.command(ctx, "remove preset", func(s *state, now driver.Instant) error { return s.removePreset(name) })
}

// Preset begins to move to the position of a name. It returns fault.Invalid
// when there is none such, and the errors of Move.
func (f *Focuser) Preset(ctx context.Context, name string) error {
	return f.command(ctx, "preset", func(s *state, now driver.Instant) error { return s.preset(now, name) })
}

// SetTempComp switches temperature compensation. It returns
// fault.Unsupported when there is no thermometer.
func (f *Focuser) SetTempComp(ctx context.Context, on bool) error {
	return f.command(ctx, "temperature compensation", func(s *state, now driver.Instant) error { return s.setTempComp(on) })
}

// Calibrate makes a motor that counts by itself find the ends of its travel,
// by driving to both, or gives that up. How far it is, Snapshot.Calibration
// tells. It returns fault.Unsupported for other motors, fault.Hardware while
// the motor cannot be reached, and fault.Refused while it moves.
func (f *Focuser) Calibrate(ctx context.Context, begin bool) error {
	return f.command(ctx, "calibrate", func(s *state, now driver.Instant) error { return s.calibrate(now, begin) })
}

// Measure changes the measurements that are kept of the focuser, as
// focus.Findings' methods do, or clears them. It returns what change returns;
// with an error nothing has changed.
func (f *Focuser) Measure(ctx context.Context, change func(focus.Findings) (focus.Findings, error)) error {
	return f.command(ctx, "measure", func(s *state, now driver.Instant) (err error) {
		found, err := change(s.findings)
		if err == nil {
			s.findings = found
		}
		return err
	})
}

// Configure changes settings, as Mount.Configure does.
func (f *Focuser) Configure(ctx context.Context, change func(*Config)) error {
	return f.command(ctx, "configure", func(s *state, now driver.Instant) error { return s.configure(change) })
}
