// SPDX-License-Identifier: GPL-3.0-or-later

package tryout

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/handpad"
)

// InputOptions say for how long inputs are shown.
type InputOptions struct {
	For time.Duration // 0: until ctx ends

	// Settle is for how long levels must stay before they count, and all
	// changes before are bounces.
	Settle time.Duration
}

// inputPoll is how often the lines are looked at.
const inputPoll = 2 * time.Millisecond

const inputsText = `The levels of all input lines, and again whenever one changes. No motor moves.

What to look for: each line changes when its key is pressed or its switch
closes, and no other does. A line that never changes: no wire, or the wrong
number in hardware.inputs. One that changes by itself: it is open; it wants
hardware.gpio.input_pull, or a resistor (220 Ω on the original's board).
"bounces" are changes within %v of each other; handpad.debounce_ms must be
longer than they last. Ctrl-C ends it.
`

// Inputs shows the levels of all input lines as they change. It returns
// fault.Invalid when there are none.
func Inputs(ctx context.Context, c *Console, b *Board, o InputOptions) error {
	inputs := inputsOf(&b.config)
	if len(inputs) == 0 {
		return invalid("no input lines: hardware.inputs.paddle and hardware.inputs.pec_index are empty")
	}
	c.say(inputsText, o.Settle)
	return c.done(ctx, b.watch(ctx, inputs, o, func(at time.Duration, levels uint32, bounces int) {
		var names []string
		for i, in := range inputs {
			names = append(names, fmt.Sprintf("%s (%d) %s", in.name, in.line, level(levels>>i&1)))
		}
		c.say("%9.3f s  %s%s", at.Seconds(), strings.Join(names, ", "), bounced(bounces))
	}))
}

const paddleText = `The hand paddle's lines and what they mean, whenever they change. No motor moves.

Press one key after the other: up, down, counter-clockwise, clockwise, the
left and the right mode key, then the speed switch.

What to look for
  multiplexed: each key by its own name; the speed switch changes "microstep"
  and "slew" and nothing else. Then handpad.design is multiplexed.
  direct: each of the four directions by its own name, two at once as well.
  Then handpad.design is direct. It has no mode keys, nor a speed switch.
  Wrong names: the numbers in hardware.inputs.paddle are in another order than
  the wires; it takes up, down, counter-clockwise, speed or clockwise (pins 13,
  12, 10, 11 of the original).
  Nothing changes: no +5 V at the keys, or no wire. A key "down" that nobody
  presses: the line is open, and wants a resistor to ground.
"bounces" are changes within %v of each other; handpad.debounce_ms must be
longer than they last. Ctrl-C ends it.
`

// Paddle shows the hand paddle's lines, decoded by both designs.
//
// Source: Scope II manual, "The Handpaddle"; stepper-core §5.3.
func Paddle(ctx context.Context, c *Console, b *Board, o InputOptions) error {
	inputs := inputsOf(&b.config)
	if len(b.config.Inputs.Paddle) == 0 {
		return invalid("no hand paddle: hardware.inputs.paddle is empty")
	}
	inputs = inputs[:len(b.config.Inputs.Paddle)]
	c.say(paddleText, o.Settle)
	return c.done(ctx, b.watch(ctx, inputs, o, func(at time.Duration, levels uint32, bounces int) {
		c.say("%9.3f s  %s%s", at.Seconds(), paddleLine(levels), bounced(bounces))
	}))
}

// paddleLine is what one state of the paddle's lines, up, down,
// counter-clockwise and the fourth as bits 0 to 3, means in both designs.
func paddleLine(levels uint32) string {
	pins := levels << 4 // handpad.Pin13, Pin12, Pin10, Pin11
	keys := func(design string) string {
		down, _ := handpad.Decode(design, pins)
		if down == 0 {
			return "no key"
		}
		return down.String()
	}
	_, slew := handpad.Decode(handpad.Multiplexed, pins)
	speed := "microstep"
	if slew {
		speed = "slew"
	}
	word := ""
	for i := range 4 {
		word += fmt.Sprint(levels >> i & 1)
	}
	return fmt.Sprintf("levels %s (%3d)  multiplexed: %-10s %-9s  direct: %s", word, pins, keys(handpad.Multiplexed), speed, keys(handpad.Direct))
}

func level(bit uint32) string {
	if bit == 1 {
		return "HIGH"
	}
	return "low"
}

func bounced(n int) string {
	if n == 0 {
		return ""
	}
	return "  " + plural(n, "bounce")
}

// watch tells of the levels at first, and whenever others have settled, with
// how often they changed back and forth before.
func (b *Board) watch(ctx context.Context, inputs []input, o InputOptions, tell func(at time.Duration, levels uint32, bounces int)) error {
	ticker := b.clock.NewTicker(inputPoll)
	defer ticker.Stop()
	begin := b.clock.Now()
	var settled, last uint32
	var changes int
	first, changed := true, begin
	for {
		now := b.clock.Now()
		levels, err := b.read(inputs)
		if err != nil {
			return err
		}
		if levels != last || first && now == begin {
			if levels != last {
				changes++
			}
			last, changed = levels, now
		}
		if now.Sub(changed) >= o.Settle && (first || changes > 0) {
			useful := 1
			if settled == last || first {
				useful = 0
			}
			tell(changed.Sub(begin), last, changes-useful)
			settled, changes, first = last, 0, false
		}
		if o.For > 0 && now.Sub(begin) >= o.For {
			return nil
		}
		if err := b.beat(ctx, ticker); err != nil {
			return err
		}
	}
}

// beat waits for a tick.
func (b *Board) beat(ctx context.Context, t clock.Ticker) error {
	select {
	case <-t.C():
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
