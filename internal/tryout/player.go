// SPDX-License-Identifier: GPL-3.0-or-later

package tryout

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/driver/executor"
	"github.com/siderostep/siderostep/fault"
)

// Equipment is what an executor in this process drives, opened.
type Equipment struct {
	Axes    []executor.Axis // complete
	Outputs executor.Outputs

	PlannerTimeout time.Duration // without a sign of life, after which the axes brake
	HoldAfterLoss  time.Duration // after which their current is then cut

	KeepAlive func(high bool) error // nil: there is no such line
	Off       func() error          // everything, after the executor
}

// player plays motion in a goroutine of its own, which waits for nobody: who
// plans gives signs of life, and when these stop the motors brake and are
// switched off.
type player struct {
	exec    *executor.Executor
	planner *executor.Planner
	eq      Equipment
	clock   clock.Clock
	epoch   time.Time

	leave chan struct{}
	once  sync.Once
	ended chan struct{}
	err   error // after ended
}

const (
	// playerRest is the longest sleep between two looks at the plan.
	playerRest = 5 * time.Millisecond
	// leaveHold is for how long motors hold at the end, after braking.
	leaveHold = 300 * time.Millisecond
)

func newPlayer(eq Equipment, clk clock.Clock) (*player, error) {
	p := &player{eq: eq, clock: clk, epoch: clk.Now(), leave: make(chan struct{}), ended: make(chan struct{})}
	cfg := executor.Config{
		Axes: eq.Axes, SkipAfter: 20 * time.Millisecond, SkipSteps: 2,
		PlannerTimeout: eq.PlannerTimeout, HoldAfterLoss: eq.HoldAfterLoss,
	}
	for _, a := range eq.Axes {
		if a.Kind == executor.Windings {
			cfg.SkipSteps = max(cfg.SkipSteps, float64(a.Table.Microsteps()))
		}
	}
	board := new(executor.Board)
	exec, err := executor.New(cfg, eq.Outputs, board, 0)
	if err != nil {
		return nil, errors.Join(err, eq.Off())
	}
	p.exec, p.planner = exec, executor.NewPlanner(cfg, board)
	p.planner.Beat(0)
	go p.run()
	return p, nil
}

func (p *player) now() driver.Instant { return driver.Instant(p.clock.Now().Sub(p.epoch)) }

func (p *player) run() {
	defer close(p.ended)
	err := guarded(p.play)
	off := guarded(func() error { return errors.Join(p.exec.Close(), p.eq.Off()) })
	if off != nil {
		off = fmt.Errorf("%w; not everything is off: switch the motors' supply off", off)
	}
	p.err = errors.Join(err, off)
}

func (p *player) play() error {
	leave := p.leave
	var toggled driver.Instant
	alive := false
	for !p.exec.Abandoned() {
		now := p.now()
		p.exec.Advance(now)
		if p.eq.KeepAlive != nil && p.exec.Healthy(now) && now.Sub(toggled) >= keepAliveInterval {
			toggled, alive = now, !alive
			if err := p.eq.KeepAlive(alive); err != nil {
				return err
			}
		}
		wake := min(p.exec.Next(), now.Add(playerRest))
		timer := p.clock.NewTimer(max(wake.Sub(now), 10*time.Microsecond))
		select {
		case <-timer.C():
		case <-leave:
			p.exec.Leave(leaveHold)
			leave = nil
		}
		timer.Stop()
	}
	return nil
}

// close makes the motors brake, hold a moment and be switched off, and
// returns what went wrong in the player's life.
func (p *player) close() error {
	p.once.Do(func() { close(p.leave) })
	p.beatUntilEnded()
	return p.err
}

// beatUntilEnded gives signs of life while the motors brake in good order.
func (p *player) beatUntilEnded() {
	ticker := p.clock.NewTicker(beatInterval)
	defer ticker.Stop()
	for {
		p.planner.Beat(p.now())
		select {
		case <-ticker.C():
		case <-p.ended:
			return
		}
	}
}

// beatInterval is the time between two signs of life.
const beatInterval = 50 * time.Millisecond

// wait gives signs of life until do, called in every beat, says that it is
// over or returns an error, ctx ends, or the player does.
func (p *player) wait(ctx context.Context, do func(now driver.Instant) (over bool, err error)) error {
	ticker := p.clock.NewTicker(beatInterval)
	defer ticker.Stop()
	for {
		now := p.now()
		p.planner.Beat(now)
		over, err := do(now)
		select {
		case <-p.ended: // and so err is no wonder
			return errors.Join(fault.New(fault.Hardware, op, "no sign of life from here for too long, so that the motors braked and were switched off"), p.err)
		default:
		}
		if over || err != nil {
			return err
		}
		select {
		case <-ticker.C():
		case <-ctx.Done():
			return ctx.Err()
		case <-p.ended:
		}
	}
}

// runTo plays segments of one axis to their end.
func (p *player) runTo(ctx context.Context, axis int, segments []driver.Segment) error {
	for _, s := range segments {
		if err := p.planner.Queue(axis, s); err != nil {
			return err
		}
	}
	if len(segments) == 0 {
		return nil
	}
	end := segments[len(segments)-1].End()
	return p.wait(ctx, func(now driver.Instant) (bool, error) {
		r := p.planner.Report(axis)
		if r.Faults > 0 {
			return true, fault.New(fault.Hardware, op, "an output failed, and the motor was stopped")
		}
		return now >= end && r.State == driver.Holding, nil
	})
}
