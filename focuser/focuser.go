// SPDX-License-Identifier: GPL-3.0-or-later

// Package focuser is the one owner of a focus motor: absolute positions in
// steps, backlash, and temperature compensation.
package focuser

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/internal/loop"
)

// Config is a focuser's section of the configuration.
type Config struct {
	Enabled       bool    `toml:"enabled" restart:"yes" doc:"whether there is a focuser"`
	Name          string  `toml:"name" doc:"name of the focuser, shown to clients"`
	MaxStep       int     `toml:"max_step" range:"10..10000000" doc:"highest position; the lowest is 0"`
	StepUM        float64 `toml:"step_um" range:"0..1000" doc:"motion of the focal plane by one step, in micrometres; 0 when unknown"`
	MaxRate       float64 `toml:"max_rate_steps_per_s" range:"1..100000" doc:"highest speed"`
	Accel         float64 `toml:"accel_steps_per_s2" range:"1..1000000" doc:"acceleration"`
	BacklashSteps int     `toml:"backlash_steps" range:"-100000..100000" doc:"moves against the sign of this number first go this many steps too far, so that every move ends in the sign's direction; 0 for none"`
	TempComp      bool    `toml:"temperature_compensation" doc:"whether focus follows the temperature"`
	StepsPerC     float64 `toml:"steps_per_celsius" range:"-10000..10000" doc:"steps by which focus moves per degree of warming"`
	StartPosition int     `toml:"start_position" range:"0..10000000" doc:"position at the very first start"`
}

// DefaultConfig returns a focuser of 50,000 steps of one micrometre.
func DefaultConfig() Config {
	return Config{Enabled: true, Name: "siderostep focuser", MaxStep: 50000, StepUM: 1, MaxRate: 2000, Accel: 8000,
		StepsPerC: -20, StartPosition: 25000}
}

// Validate returns fault.Invalid when settings contradict each other.
func (c Config) Validate() error {
	if c.StartPosition > c.MaxStep {
		return fault.New(fault.Invalid, "configuration", "focuser.start_position (%d) is beyond focuser.max_step (%d)", c.StartPosition, c.MaxStep)
	}
	if abs(c.BacklashSteps) >= c.MaxStep {
		return fault.New(fault.Invalid, "configuration", "focuser.backlash_steps (%d) must be smaller than focuser.max_step (%d)", c.BacklashSteps, c.MaxStep)
	}
	return nil
}

// Parts are what a focuser is built from.
type Parts struct {
	Clock       clock.Clock
	Epoch       time.Time // the clock's reading at driver.Instant 0
	Motors      driver.Motors
	Thermometer driver.Thermometer // nil for none
	Log         *slog.Logger
	Saved       *Saved // the state of the last run; nil for a first start
}

// Saved is what a focuser remembers from run to run.
type Saved struct {
	Position int  `json:"position"`
	TempComp bool `json:"temperature_compensation"`
}

// Snapshot is the focuser at one instant. It is immutable.
type Snapshot struct {
	At             driver.Instant
	Config         *Config
	Position       int // steps, 0 to MaxStep
	Target         int
	Moving         bool
	TempComp       bool
	HasTemperature bool
	TemperatureC   float64
	Fault          error // why the last move failed, until the next
	Report         driver.Report
}

// Focuser is the control loop of one focus motor.
type Focuser struct {
	loop     *loop.Loop
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
	if p.Log == nil {
		p.Log = slog.New(slog.DiscardHandler)
	}
	f := &Focuser{loop: loop.New(p.Clock, p.Epoch), state: newState(cfg, p)}
	(*life)(f).Publish(f.loop.Now())
	return f, nil
}

// Run controls the focuser until ctx ends; then it brings the motor to rest.
func (f *Focuser) Run(ctx context.Context) error { return f.loop.Run(ctx, (*life)(f)) }

// life is the focuser as its loop sees it.
type life Focuser

func (l *life) Observe(now driver.Instant) { l.state.observe(now) }
func (l *life) Step(now driver.Instant)    { l.state.step(now) }
func (l *life) Plan(now driver.Instant)    { l.state.plan(now) }
func (l *life) Publish(now driver.Instant) { l.snapshot.Store(l.state.snapshot(now)) }
func (l *life) Halt()                      { l.state.motors.Halt() }
func (l *life) Still() bool                { return l.state.still() }

// Snapshot returns the focuser as of its latest tick or command. It never
// waits.
func (f *Focuser) Snapshot() *Snapshot { return f.snapshot.Load() }

func (f *Focuser) command(ctx context.Context, op string, do func(s *state, now driver.Instant) error) error {
	return f.loop.Do(ctx, op, func(now driver.Instant) error { return do(f.state, now) })
}

// Move begins to move to a position; one outside 0 to MaxStep becomes the
// nearest that is inside. Backlash is taken up within the move.
func (f *Focuser) Move(ctx context.Context, position int) error {
	return f.command(ctx, "move", func(s *state, now driver.Instant) error { return s.move(now, position) })
}

// Halt stops the motor with a ramp.
func (f *Focuser) Halt(ctx context.Context) error {
	return f.command(ctx, "halt", func(s *state, now driver.Instant) error { return s.halt(now) })
}

// SetTempComp switches temperature compensation. It returns
// fault.Unsupported when there is no thermometer.
func (f *Focuser) SetTempComp(ctx context.Context, on bool) error {
	return f.command(ctx, "temperature compensation", func(s *state, now driver.Instant) error { return s.setTempComp(on) })
}

// Configure changes settings, as Mount.Configure does.
func (f *Focuser) Configure(ctx context.Context, change func(*Config)) error {
	return f.command(ctx, "configure", func(s *state, now driver.Instant) error { return s.configure(change) })
}

// Saved returns what is to be remembered.
func (f *Focuser) Saved() Saved {
	s := f.Snapshot()
	return Saved{Position: s.Position, TempComp: s.TempComp}
}

func abs(n int) int {
	if n < 0 {
		return -n
	}
	return n
}
