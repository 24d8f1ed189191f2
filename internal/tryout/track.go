// SPDX-License-Identifier: GPL-3.0-or-later

package tryout

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/driver"
)

// TrackAxis is one motor that turns at a constant rate.
type TrackAxis struct {
	Name      string
	Rate      float64 // microsteps per second; negative: counter-clockwise
	Accel     float64 // of the ramps, microsteps per second², > 0
	MaxRate   float64 // that the configuration allows, microsteps per second
	PerDegree float64 // microsteps per degree of the axis
	Cycle     int     // microsteps of a whole turn of the windings' currents; 0 for step pulses
}

// TrackOptions are the rate test: axes 0 and 1 are Z and A.
type TrackOptions struct {
	Axes [2]TrackAxis
	For  time.Duration // 0: until ctx ends
}

func (o *TrackOptions) validate() error {
	still := true
	for _, a := range o.Axes {
		switch {
		case math.IsNaN(a.Rate) || math.IsInf(a.Rate, 0):
			return invalid("rate of %s: %g is no rate", a.Name, a.Rate)
		case !(a.Accel > 0) || math.IsInf(a.Accel, 0):
			return invalid("acceleration %g microsteps/s²: accepted are numbers above 0", a.Accel)
		case math.Abs(a.Rate) > a.MaxRate:
			return invalid("rate of %s: %g microsteps/s; mount.%s.max_rate_deg_per_s allows ±%.0f", a.Name, a.Rate, a.Name, a.MaxRate)
		}
		still = still && a.Rate == 0
	}
	if still {
		return invalid("both rates are 0: give --z or --a, in microsteps per second, negative for counter-clockwise")
	}
	return nil
}

// CheckTrack returns fault.Invalid for rates that cannot be.
func CheckTrack(o TrackOptions) error { return o.validate() }

// TellTrack says what to look for.
func TellTrack(c *Console, o TrackOptions) {
	c.say("%s\n", trackText)
	for _, a := range o.Axes {
		if a.Rate != 0 {
			c.say("motor %s: %g microsteps/s, %.5g° of the axis a second, ramps of %.2g s", a.Name, a.Rate, math.Abs(a.Rate)/a.PerDegree, math.Abs(a.Rate)/a.Accel)
		}
	}
	if o.For > 0 {
		c.say("It stops after %v; Ctrl-C stops it sooner. Both with a ramp, then everything is off.", o.For)
		return
	}
	c.say("Ctrl-C stops it with a ramp, then everything is off.")
}

const trackText = `Motors turn at a constant rate. Nothing else is watched: no limits of the mount,
no horizon, no cables. Stay beside it.

What to look for
  slowly, 1 microstep a second, with a pointer or a laser on the shaft: steps of
  the same size. Steps too large or too small beside a full step: motors.*.pwm.
  10 to 100 a second: smooth turning. Buzzing or jumping: the order of the
  leads, siderostep test outputs --windings.
  the sense: a positive rate is clockwise; altitude grows, azimuth moves to the
  right. Otherwise motors.*.reverse, or hardware.*.reverse for a driver chip.
  fast: the rate at which it stalls; max_rate_deg_per_s wants a third less.
  "late", "skips" and "lost" stay 0. Otherwise the computer is too busy; the
  program itself, with a process of its own for this, is more punctual.`

// ahead is how much constant motion is queued; without more of it the motors
// brake.
const (
	ahead = 2 * time.Second
	piece = time.Second
)

// Track turns the motors, then stops them with a ramp and switches everything
// off; so it does when ctx ends. Axes 0 and 1 of eq are Z and A.
func Track(ctx context.Context, c *Console, eq Equipment, o TrackOptions, clk clock.Clock, tape *Tape) error {
	if err := o.validate(); err != nil {
		return err
	}
	for i := range eq.Axes {
		eq.Axes[i].Brake, eq.Axes[i].MaxRate = 1, 1 // of an axis that stands
	}
	for i, a := range o.Axes {
		eq.Axes[i].Brake, eq.Axes[i].MaxRate = a.Accel, max(math.Abs(a.Rate), 1)*1.001
	}
	p, err := newPlayer(eq, clk)
	if err != nil {
		return err
	}
	t := tracker{player: p, o: o, c: c, tape: tape}
	err = guarded(func() error { return t.run(ctx) })
	closed := p.close()
	t.report(p.now())
	if closed != nil {
		return closed
	}
	if err = c.done(ctx, err); err == nil {
		c.say("Everything is off.")
	}
	return err
}

type tracker struct {
	*player
	o     TrackOptions
	c     *Console
	tape  *Tape
	plans [2]course
	said  driver.Instant
}

func (t *tracker) run(ctx context.Context) error {
	if err := t.planner.Resume(); err != nil {
		return err
	}
	begin := t.now()
	lead := begin.Add(2 * beatInterval)
	for i, a := range t.o.Axes {
		if a.Rate == 0 {
			continue
		}
		t.plans[i] = course{at: lead, place: t.planner.Report(i).Position}
		t.plans[i].add(seconds(math.Abs(a.Rate)/a.Accel), 0, math.Copysign(a.Accel, a.Rate))
		if err := t.queue(i); err != nil {
			return err
		}
	}
	t.said = begin
	return t.wait(ctx, func(now driver.Instant) (bool, error) {
		for i, a := range t.o.Axes {
			for a.Rate != 0 && t.plans[i].at.Sub(now) < ahead {
				t.plans[i].add(piece, a.Rate, 0)
				if err := t.queue(i); err != nil {
					return true, err
				}
			}
		}
		if now.Sub(t.said) >= time.Second {
			t.said = t.said.Add(time.Second)
			t.report(now)
		}
		return t.o.For > 0 && now.Sub(begin) >= t.o.For, nil
	})
}

// queue hands over what was last added to an axis's plan.
func (t *tracker) queue(axis int) error {
	s := t.plans[axis].segments
	return t.planner.Queue(axis, s[len(s)-1])
}

// report prints a line for each motor that turns.
func (t *tracker) report(now driver.Instant) {
	for i, a := range t.o.Axes {
		if a.Rate == 0 {
			continue
		}
		r := t.planner.Report(i)
		count := int64(r.Emitted)
		line := fmt.Sprintf("%8.1f s  %s  count %d", now.Sub(0).Seconds(), a.Name, count)
		if a.Cycle > 0 {
			within := (count%int64(a.Cycle) + int64(a.Cycle)) % int64(a.Cycle)
			line += fmt.Sprintf(", microstep %d of %d", within, a.Cycle)
		}
		t.c.say("%s, rate %.6g/s, %.5g°; steps %d, late %d, skips %d, lost %d", line, r.Rate, r.Position.Microsteps()/a.PerDegree, r.Steps, r.Late, r.Skips, r.Lost)
	}
	t.tape.tell(t.c)
}
