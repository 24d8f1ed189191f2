// SPDX-License-Identifier: GPL-3.0-or-later

package tryout

import (
	"context"
	"errors"
	"math"
	"time"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/fault"
)

// FocusOptions are the in and out moves of a focuser.
type FocusOptions struct {
	Steps   int     // of each move, from where the focuser stands
	Rate    float64 // steps per second
	Accel   float64 // steps per second²; not for relays
	Relay   bool    // a DC motor, whose steps are what it is reckoned to make
	Reverse bool    // outward is counter-clockwise
}

// MaxFocusSteps is the longest move that is tried, and LongestFocus how long
// it may take.
const (
	MaxFocusSteps = 5000
	LongestFocus  = 20 * time.Second
)

// CheckFocus returns fault.Invalid for moves that are too long, or none.
func CheckFocus(o FocusOptions) error {
	switch {
	case o.Steps < 1 || o.Steps > MaxFocusSteps:
		return invalid("moves of %d steps: accepted are 1 to %d", o.Steps, MaxFocusSteps)
	case !(o.Rate > 0) || !(o.Relay || o.Accel > 0):
		return invalid("rate %g, acceleration %g: both must be above 0", o.Rate, o.Accel)
	}
	if time := seconds(float64(o.Steps) / o.Rate); time > LongestFocus {
		return invalid("%d steps at %g a second take %v; up to %v are accepted", o.Steps, o.Rate, time, LongestFocus)
	}
	return nil
}

// TellFocus says what to look for.
func TellFocus(c *Console, o FocusOptions) { c.say(focusText, o.Steps, o.Steps, o.Rate) }

const focusText = `A focuser moves %d steps out, back, %d steps in, and back, at %g steps a second.

Before: see that it is so far from both of its ends.

What to look for: outward is away from the telescope. The other way:
focuser.reverse. No motion: its supply, its enable line, the order of its
lines. A stepper that hums or stalls: too fast (focuser.max_rate_steps_per_s,
accel_steps_per_s2) or too little current. It ends where it began; a mark that
is then somewhere else has lost steps, or, with a DC motor, coasts: that is why
its position is only reckoned. Ctrl-C stops it where it is.
`

// leg is one move, outward positive.
type leg struct {
	name string
	by   int
}

func legs(steps int) []leg {
	return []leg{{"out", steps}, {"back", -steps}, {"in", -steps}, {"back", steps}}
}

// restBetween is the pause between two moves.
const restBetween = 500 * time.Millisecond

// Focus moves a focuser that is driven by steps or relays: axis 0 of eq.
func Focus(ctx context.Context, c *Console, eq Equipment, o FocusOptions, clk clock.Clock, tape *Tape) error {
	if err := CheckFocus(o); err != nil {
		return err
	}
	eq.Axes[0].Brake, eq.Axes[0].MaxRate = o.Accel, o.Rate*1.001
	if o.Relay {
		eq.Axes[0].Brake = 100 * o.Rate // it knows no ramps
	}
	p, err := newPlayer(eq, clk)
	if err != nil {
		return err
	}
	err = guarded(func() error { return p.focus(ctx, c, o, tape) })
	if closed := p.close(); closed != nil {
		return closed
	}
	tape.tell(c)
	if err == nil {
		c.say("Back where it began. Everything is off.")
		return nil
	}
	return c.done(ctx, err)
}

func (p *player) focus(ctx context.Context, c *Console, o FocusOptions, tape *Tape) error {
	if err := p.planner.Resume(); err != nil {
		return err
	}
	sense := 1.0
	if o.Reverse {
		sense = -1
	}
	for _, l := range legs(o.Steps) {
		tape.tell(c)
		c.say("%s", l.name)
		from := p.planner.Report(0).Position
		start := p.now().Add(2 * beatInterval)
		if err := p.runTo(ctx, 0, o.segments(start, from, sense*float64(l.by))); err != nil {
			return err
		}
		until := p.now().Add(restBetween)
		if err := p.wait(ctx, func(now driver.Instant) (bool, error) { return now >= until, nil }); err != nil {
			return err
		}
	}
	return nil
}

// segments are one move; that of a DC motor begins and ends at once.
func (o *FocusOptions) segments(start driver.Instant, from driver.Position, by float64) []driver.Segment {
	if !o.Relay {
		return move(start, from, by, o.Rate, o.Accel)
	}
	p := course{at: start, place: from}
	p.add(seconds(math.Abs(by)/o.Rate), math.Copysign(o.Rate, by), 0)
	p.add(restBetween, 0, 0)
	return p.segments
}

// Servo is a focus motor that counts by itself, as a Celestron Focus Motor.
type Servo interface {
	Connect(ctx context.Context) error
	Version(ctx context.Context) (string, error)
	Position(ctx context.Context) (int, error)
	Limits(ctx context.Context) (lowest, highest int, err error)
	Goto(ctx context.Context, position int, fast bool) error
	Done(ctx context.Context) (bool, error)
	Stop(ctx context.Context) error
	Close()
}

// FocusServo moves a motor that counts by itself, within its own limits. It
// returns fault.Refused when it knows none, or stands too near to one.
func FocusServo(ctx context.Context, c *Console, s Servo, o FocusOptions, clk clock.Clock) (err error) {
	if err := CheckFocus(o); err != nil {
		return err
	}
	if err := s.Connect(ctx); err != nil {
		return ended(ctx, err)
	}
	defer s.Close()
	begin, err := servoRoom(ctx, c, s, o.Steps)
	if err != nil {
		return c.done(ctx, ended(ctx, err))
	}
	// Whatever ends it early, the motor stops.
	defer func() {
		if err == nil {
			return
		}
		if stop := s.Stop(context.WithoutCancel(ctx)); stop != nil {
			err = stop
			return
		}
		err = c.done(ctx, ended(ctx, err))
	}()
	at := begin
	for _, l := range legs(o.Steps) {
		at += l.by
		c.say("%s, to %d", l.name, at)
		if err := servoMove(ctx, c, s, at, clk); err != nil {
			return err
		}
	}
	c.say("Back where it began.")
	return nil
}

// servoRoom returns where the motor stands, if there is room for the moves.
func servoRoom(ctx context.Context, c *Console, s Servo, steps int) (int, error) {
	version, err := s.Version(ctx)
	if err != nil {
		return 0, err
	}
	low, high, err := s.Limits(ctx)
	if err != nil {
		return 0, err
	}
	at, err := s.Position(ctx)
	if err != nil {
		return 0, err
	}
	c.say("a focus motor answers, firmware %s; at %d, its ends are %d and %d", version, at, low, high)
	switch {
	case high <= low:
		return 0, fault.New(fault.Refused, op, "the motor does not know the ends of its travel; let it find them first (action Focuser:Calibrate)")
	case at-steps < low || at+steps > high:
		return 0, fault.New(fault.Refused, op, "the motor stands at %d: no room for %d steps both ways within %d to %d", at, steps, low, high)
	}
	return at, nil
}

// servoMove moves to a place and waits until the motor is there.
func servoMove(ctx context.Context, c *Console, s Servo, to int, clk clock.Clock) error {
	const poll, patience = 500 * time.Millisecond, 2 * time.Minute
	if err := s.Goto(ctx, to, true); err != nil {
		return err
	}
	for range patience / poll {
		if err := clock.Sleep(ctx, clk, poll); err != nil {
			return err
		}
		at, err := s.Position(ctx)
		if err != nil {
			return err
		}
		c.say("  at %d", at)
		if done, err := s.Done(ctx); done || err != nil {
			return errors.Join(err, arrived(at, to))
		}
	}
	return fault.New(fault.Hardware, op, "the motor did not say that it is at %d within %v", to, patience)
}

// arrived returns an error when a motor that is done is not where it should be.
func arrived(at, to int) error {
	if d := at - to; d < -10 || d > 10 {
		return fault.New(fault.Hardware, op, "the motor stopped at %d, not at %d", at, to)
	}
	return nil
}
