// SPDX-License-Identifier: GPL-3.0-or-later

package tryout

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/siderostep/siderostep/driver/harness"
)

// FinderOptions say which motor's windings are put in order, and how.
type FinderOptions struct {
	Motor   string  // z or a
	Duty    float64 // share of time in which windings are on
	Rate    float64 // half steps per second
	Cycles  int     // electrical cycles, of four full steps, for each try
	Reverse bool    // motors.*.reverse as it is configured
}

// DefaultFinder turns by twelve cycles, a quarter of a turn of a usual motor,
// in five seconds.
func DefaultFinder(motor string) FinderOptions {
	return FinderOptions{Motor: motor, Duty: 0.2, Rate: 20, Cycles: 12}
}

// tries are the orders of the leads that are tried: of the 24, those with
// lead 1 first and, of each two that differ in sense only, one.
func tries() [][]int { return [][]int{{0, 1, 2, 3}, {0, 2, 1, 3}, {0, 1, 3, 2}} }

// Finder finds the order of a motor's four windings.
type Finder struct {
	o     FinderOptions
	leads []Wire
}

// NewFinder returns fault.Invalid for a motor that is not driven by four
// windings, and for options out of range.
func NewFinder(wires []Wire, o FinderOptions) (*Finder, error) {
	if o.Motor == "" {
		return nil, invalid("say which motor's windings are to be put in order: --motor z or --motor a")
	}
	leads, err := OfMotor(wires, o.Motor)
	switch {
	case err != nil:
		return nil, err
	case leads[0].Drive != harness.Windings:
		return nil, invalid("hardware.%s.drive is %s; only windings have an order to be found", o.Motor, leads[0].Drive)
	case len(leads) != 4:
		return nil, invalid("motor %s has %d windings; the order can be found of 4", o.Motor, len(leads))
	case !(o.Duty >= MinDuty && o.Duty <= MaxDuty):
		return nil, invalid("duty %g %%: accepted are %g to %g", 100*o.Duty, 100*MinDuty, 100*MaxDuty)
	case !(o.Rate >= 1 && o.Rate <= 100):
		return nil, invalid("%g half steps per second: accepted are 1 to 100", o.Rate)
	case o.Cycles < 2 || o.Cycles > 100:
		return nil, invalid("%d cycles: accepted are 2 to 100", o.Cycles)
	}
	return &Finder{o, leads}, nil
}

// Tell says what to look for.
func (f *Finder) Tell(c *Console) {
	growing := map[string]string{"z": "azimuth, or right ascension on an equatorial mount, moves to the right", "a": "altitude, or declination, grows"}[f.o.Motor]
	c.say(finderText, f.o.Motor, growing, plural(f.o.Cycles, "cycle"), 100*f.o.Duty)
}

const finderText = `The order of the four leads of motor %s. Three orders are tried; one of them turns
the motor, whichever way the leads are connected.

Before: connect the motor, free of the gears if that is easy, with a piece of
tape on its shaft. Know which way the shaft must turn so that
%s.

What to look for: after a short start each try makes %s at %.0f %% of the
current. Then say what the shaft did in that time:
  turned    smoothly, the way it must
  reversed  smoothly, the other way
  buzzed    it shook or jumped to and fro, or stood
A wrong order harms nothing. The windings are off while you answer.
When all three buzz, see what is said then. Ctrl-C ends it.
`

// Find tries the orders, and prints what to write into the configuration
// file. It returns fault.Hardware when no order turns the motor.
func (f *Finder) Find(ctx context.Context, c *Console, b *Board, tape *Tape) error {
	err := f.find(ctx, c, b, tape)
	if errors.Is(err, io.EOF) {
		return invalid("no answer: type turned, reversed or buzzed")
	}
	return c.done(ctx, err)
}

func (f *Finder) find(ctx context.Context, c *Console, b *Board, tape *Tape) error {
	for i, order := range tries() {
		answer, err := f.try(ctx, c, b, tape, i+1, order)
		if err != nil {
			return err
		}
		if answer != "buzzed" {
			f.result(c, order, answer == "reversed")
			return nil
		}
	}
	c.say(noOrderText)
	return invalid("no order of the leads turns motor %s", f.o.Motor)
}

const noOrderText = `
No order turns this motor. In this order:
  the supply: is it on, and does the keep-alive gate let it through?
  siderostep test outputs --motor: does each lead's own light go on?
  each lead against the common: half the ohms of two leads of one winding pair;
    two leads with no ohms between them belong to different pairs; a lead that
    is open to all is broken;
  motors with eight leads: one winding of a pair may be connected backwards;
    exchange its two ends and try again;
  the load: take the motor off the gears, or try --duty 40.`

// try makes one try and returns what the motor did.
func (f *Finder) try(ctx context.Context, c *Console, b *Board, tape *Tape, number int, order []int) (string, error) {
	c.say("Try %d: order %s", number, orderText(order))
	err := b.Play(ctx, c, f.steps(order), tape)
	for err == nil {
		var answer string
		answer, err = c.ask(ctx, "It turned, reversed or buzzed? (again to see it again)")
		for _, known := range []string{"turned", "reversed", "buzzed"} {
			if err == nil && answer != "" && strings.HasPrefix(known, answer) {
				return known, nil
			}
		}
		if err == nil && strings.HasPrefix("again", answer) && answer != "" {
			return f.try(ctx, c, b, tape, number, order)
		}
	}
	return "", err
}

// steps is one cycle, in which the rotor jumps to where the field takes it,
// and those to be watched.
func (f *Finder) steps(order []int) []Step {
	each := time.Duration(float64(time.Second) / f.o.Rate)
	const cycle = 8
	steps := HalfSteps(pick(f.leads, order), cycle*(1+f.o.Cycles), f.o.Duty, each)
	for i := range steps {
		steps[i].Say = ""
	}
	steps[0].Say, steps[cycle].Say = "  start", "  watch now"
	return steps
}

func pick(leads []Wire, order []int) (list []Wire) {
	for _, i := range order {
		list = append(list, leads[i])
	}
	return list
}

func orderText(order []int) (text string) {
	for _, i := range order {
		text += fmt.Sprint(i + 1)
	}
	return text
}

// result prints the lines for the configuration file.
func (f *Finder) result(c *Console, order []int, reversed bool) {
	c.say("\nThe order is %s. Write into the configuration file:\n", orderText(order))
	var lines []string
	for _, w := range pick(f.leads, order) {
		lines = append(lines, fmt.Sprint(w.Line))
	}
	c.say("[hardware.%s]\nlines = [%s]\n\n[motors.%s]\nreverse = %v", f.o.Motor, strings.Join(lines, ", "), f.o.Motor, reversed)
	if slices.IsSorted(order) && reversed == f.o.Reverse {
		c.say("\nThat is what it says already.")
	}
}
