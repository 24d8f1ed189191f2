// SPDX-License-Identifier: GPL-3.0-or-later

package tryout

import (
	"context"
	"fmt"
	"time"

	"github.com/siderostep/siderostep/driver/harness"
)

// Plan is a test of the outputs: what to look for, and what is done.
type Plan struct {
	Look  string
	Steps []Step
}

// LightOptions say which lines are lit, and how.
type LightOptions struct {
	Motor string        // only the lines of this motor; "" for all
	Line  string        // only this line; "" for all
	Duty  float64       // share of time in which windings are on, 0 to 1
	Each  time.Duration // for which a line is lit
}

// The ranges of LightOptions.
const (
	MinDuty, MaxDuty = 0.01, 0.5
	MinEach, MaxEach = 100 * time.Millisecond, 30 * time.Second
)

func (o *LightOptions) validate() error {
	switch {
	case !(o.Duty >= MinDuty && o.Duty <= MaxDuty): // NaN too
		return invalid("duty %g %%: accepted are %g to %g; a test needs no full current", 100*o.Duty, 100*MinDuty, 100*MaxDuty)
	case o.Each < MinEach || o.Each > MaxEach:
		return invalid("%v for each line: accepted are %v to %v", o.Each, MinEach, MaxEach)
	}
	return nil
}

// Lights is the test with lights, or a meter, in place of the motors: all
// off, each line by itself, then the order in which windings take turns. It
// returns fault.Invalid for options that name nothing.
//
// Source: Scope II manual, "LED tester"; stepper-core §1.1.
func Lights(wires []Wire, o LightOptions) (Plan, error) {
	if err := o.validate(); err != nil {
		return Plan{}, err
	}
	wires, err := OfMotor(wires, o.Motor)
	if err != nil {
		return Plan{}, err
	}
	p := Plan{Look: lightsText, Steps: []Step{{Say: "everything is off", For: max(o.Each, 3*time.Second)}}}
	if o.Line != "" {
		w, err := Find(wires, o.Line)
		p.Steps = append(p.Steps, single(w, o))
		return p, err
	}
	for _, w := range wires {
		if !w.always {
			p.Steps = append(p.Steps, single(w, o))
		}
	}
	for _, motor := range motors() {
		own, err := OfMotor(wires, motor.String())
		if err != nil {
			continue // it has no lines here
		}
		switch own[0].Drive {
		case harness.Windings:
			p.Steps = append(p.Steps, HalfSteps(own, 2*2*len(own), o.Duty, o.Each/2)...)
		case harness.StepDirection:
			p.Steps = append(p.Steps, pulses(own, o.Each/2)...)
		}
	}
	return p, nil
}

const lightsText = `Lines of the harness, one at a time, then the order in which windings take turns.

Before: take the motors off their connectors and put the LED tester there, or
have a meter at hand. Then switch the supply on.

What to look for
  1. "everything is off": all lights dark. If all are lit, switch the supply
     off at once: motors.*.invert_output has the wrong value.
  2. Each line: its own light and no other. Another light: the numbers in
     hardware.*.lines are in another order than the wires. Two lights: a short.
     None: no wire, no ground, or no supply.
  3. The order: lights go on and off in sequence from one side to the other,
     and never more than two are lit for one motor. Otherwise see above.
Windings are on for a part of the time only, so their lights are dimmer.`

func single(w Wire, o LightOptions) Step {
	return Step{Say: w.String(), On: []Wire{w}, Duty: dutyOf(w, o.Duty), For: o.Each}
}

func dutyOf(w Wire, duty float64) float64 {
	if w.Drive == harness.Windings {
		return duty
	}
	return 1
}

// HalfSteps turns a motor by count half steps clockwise, beginning with
// winding a alone; windings are in the order in which they take turns.
//
// Source: stepper-core §1.1.
func HalfSteps(windings []Wire, count int, duty float64, each time.Duration) (steps []Step) {
	for h := range count {
		n := len(windings)
		on := []Wire{windings[h/2%n]}
		say := on[0].Name
		if h%2 == 1 {
			on = append(on, windings[(h/2+1)%n])
			say += " and " + on[1].Name[len(on[1].Name)-1:]
		}
		steps = append(steps, Step{Say: say, On: on, Duty: duty, For: each})
	}
	return steps
}

// pulses makes a few slow steps with a driver chip, and takes them back.
func pulses(wires []Wire, each time.Duration) (steps []Step) {
	const count = 4
	var base, direction []Wire
	for _, w := range wires {
		if w.enable {
			base = append(base, w)
		}
		if w.direction {
			direction = []Wire{w}
		}
	}
	step := wires[0]
	for _, way := range []struct {
		name string
		on   []Wire
	}{{"clockwise", direction}, {"counter-clockwise", nil}} {
		with := append(append([]Wire{}, base...), way.on...)
		for i := range count {
			steps = append(steps,
				Step{Say: fmt.Sprintf("%s, %s, pulse %d", step.Motor, way.name, i+1), On: append(with[:len(with):len(with)], step), Duty: 1, For: each / 2},
				Step{On: with, Duty: 1, For: each / 2})
		}
	}
	return steps
}

// HoldOptions say which line is held.
type HoldOptions struct {
	Line string
	Low  bool // at low level; otherwise high
	For  time.Duration
}

// LongestHold is the longest time for which a line is held.
const LongestHold = 60 * time.Second

// Hold is the test with a meter: one line at a level, all others off.
func Hold(wires []Wire, o HoldOptions) (Plan, error) {
	if o.For <= 0 || o.For > LongestHold {
		return Plan{}, invalid("a line held for %v: accepted are times above 0, to %v", o.For, LongestHold)
	}
	w, err := Find(wires, o.Line)
	if err != nil {
		return Plan{}, err
	}
	s := Step{Say: w.String() + " is held high", High: &w, For: o.For}
	level := "high"
	if o.Low {
		s.Say, s.High, s.Low, level = w.String()+" is held low", nil, &w, "low"
	}
	look := fmt.Sprintf(holdText, w, level, o.For)
	if (level == "high") != w.OffHigh {
		look += "\n\n" + fmt.Sprintf("At that level %s is ON, all the time: %s", w.Name, map[bool]string{
			true:  "take the motor off, or leave its supply off: full current flows in the winding.",
			false: "what hangs on it runs.",
		}[w.Drive == harness.Windings])
	}
	return Plan{Look: look, Steps: []Step{s}}, nil
}

const holdText = `%s is held %s for %v, all other lines off.

What to look for: follow the level with a meter, from the port to the first
chip, through it, and on to the transistor. Behind an inverter it is the
opposite. A line that does not fall when it should wants a resistor of 10 kΩ
to ground.`

// Run does what the plan says, on open ports, and says which step it is at.
func (p *Plan) Run(ctx context.Context, c *Console, b *Board, tape *Tape) error {
	err := c.done(ctx, b.Play(ctx, c, p.Steps, tape))
	if err == nil {
		c.say("Everything is off.")
	}
	return err
}

// Tell says what to look for, and what will be on for how long.
func (p *Plan) Tell(c *Console) {
	c.say("%s\n", p.Look)
	total := time.Duration(0)
	for _, s := range p.Steps {
		total += s.For
	}
	c.say("%s, %v in all, then everything off. Ctrl-C ends it sooner.", plural(len(p.Steps), "step"), total.Round(time.Second))
}
