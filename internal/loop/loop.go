// SPDX-License-Identifier: GPL-3.0-or-later

// Package loop is how an owner of motion lives: one goroutine that takes
// commands, looks at its motors and plans at every tick, publishes what it
// knows, and brings everything to rest before it ends.
package loop

import (
	"context"
	"time"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/fault"
)

// Tick is the interval between two looks at the motors.
const Tick = 50 * time.Millisecond

// Owner is what a loop keeps alive. The loop's goroutine is the only caller.
type Owner interface {
	Observe(now driver.Instant) // learn what the motors have done
	Step(now driver.Instant)    // do the work of one tick, Observe included
	Plan(now driver.Instant)    // see to it that motion is queued, after a command
	Publish(now driver.Instant) // show readers the present state
	Halt()                      // begin to bring all motion to rest
	Still() bool                // nothing moves
}

// Loop is the goroutine of one Owner. Its methods but Run may be called from
// any goroutine.
type Loop struct {
	clock    clock.Clock
	epoch    time.Time
	commands chan command
	stepped  driver.Instant // of the latest tick
}

type command struct {
	do    func(now driver.Instant) error
	reply chan error
}

// New returns a loop on a clock that read epoch at driver.Instant 0.
func New(c clock.Clock, epoch time.Time) *Loop {
	return &Loop{clock: c, epoch: epoch, commands: make(chan command)}
}

// Now returns the present instant.
func (l *Loop) Now() driver.Instant { return driver.Instant(l.clock.Now().Sub(l.epoch)) }

// Do lets the owner's goroutine run do and returns its verdict; readers have
// been shown the outcome by then. It returns fault.Cancelled when ctx ends
// first; a command already taken is then carried out all the same.
func (l *Loop) Do(ctx context.Context, op string, do func(now driver.Instant) error) error {
	c := command{do: do, reply: make(chan error, 1)}
	select {
	case l.commands <- c:
	case <-ctx.Done():
		return fault.Wrap(fault.Cancelled, op, ctx.Err())
	}
	select {
	case err := <-c.reply:
		return err
	case <-ctx.Done():
		return fault.Wrap(fault.Cancelled, op, ctx.Err())
	}
}

// Run lives until ctx ends, and returns when everything is at rest.
func (l *Loop) Run(ctx context.Context, o Owner) error {
	tick := l.clock.NewTicker(Tick)
	defer tick.Stop()
	l.step(o, l.Now())
	for {
		select {
		case <-ctx.Done():
			o.Halt()
			l.settle(o, tick)
			return nil
		case c := <-l.commands:
			now := l.catchUp(o)
			o.Observe(now)
			err := c.do(now)
			o.Plan(now)
			o.Publish(now)
			c.reply <- err
		case <-tick.C():
			l.step(o, l.catchUp(o))
		}
	}
}

func (l *Loop) step(o Owner, now driver.Instant) {
	l.stepped = now
	o.Step(now)
	o.Publish(now)
}

// catchUp returns the present. A clock faster than life may have passed
// several ticks since the loop last looked; they are lived through first, so
// that nothing is planned too late only because the simulation is fast.
func (l *Loop) catchUp(o Owner) driver.Instant {
	now := l.Now()
	if l.clock.Speed() > 1 {
		for t := l.stepped.Add(Tick); t < now; t = t.Add(Tick) {
			l.step(o, t)
		}
	}
	return now
}

// settle lets braking motors come to rest, for at most some seconds.
func (l *Loop) settle(o Owner, tick clock.Ticker) {
	for range 200 {
		now := l.Now()
		o.Observe(now)
		o.Publish(now)
		if o.Still() {
			return
		}
		<-tick.C()
	}
}
