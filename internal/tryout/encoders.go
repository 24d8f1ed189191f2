// SPDX-License-Identifier: GPL-3.0-or-later

package tryout

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/driver/encoder"
	"github.com/siderostep/siderostep/driver/serialline"
	"github.com/siderostep/siderostep/fault"
)

// EncoderOptions say which box is asked, and for how long.
type EncoderOptions struct {
	Config encoder.Config
	For    time.Duration // 0: until ctx ends
}

const encodersText = `The encoder box, asked every %v. No motor moves.

Type, and press Enter:  Q  ask now    T  count one turn of the tube
                        R  reset the box's counters (it asks first)
Ctrl-C ends it.

What to look for: turn the tube by hand. The counts must change, and the angles
grow when azimuth moves to the right and when altitude grows; otherwise
encoders.reverse_z or reverse_a.
  "no reply": the device, the speed (9600 for nearly all boxes), the cable: it
    may want receive and transmit exchanged; or the box has no power.
  "garbage": encoders.protocol or encoders.baud is another, or counts_per_turn
    is too low.
  "refused": counts jumped further than the tube can turn. Now and then:
    interference, or an encoder wheel that slips. Always: counts_per_turn.
  counts that stay 0: the encoder is not plugged in, or one of its channels
    is dead. Counts that go to and fro by one: that is usual.
`

// Encoders shows what an encoder box says. It returns fault.Invalid for a
// Config that names no box, and serialline's errors when the line is lost.
//
// Source: Scope II manual, "EncoderString"; stepper-core §6.
func Encoders(ctx context.Context, c *Console, open serialline.Opener, o EncoderOptions, clk clock.Clock) error {
	if err := o.Config.Validate(); err != nil {
		return err
	}
	if o.Config.Protocol == "none" {
		return invalid("encoders.protocol is none: name a box there, or with --protocol")
	}
	rw, err := open()
	if err != nil {
		return err
	}
	conn := serialline.Attach(rw, clk)
	defer func() { _ = conn.Close() }()
	begin := clk.Now()
	box, err := encoder.NewBox(o.Config, conn, clk, begin)
	if err != nil {
		return err
	}
	v := &boxView{c: c, box: box, cfg: o.Config, begin: begin, clock: clk}
	poll := seconds(o.Config.PollS)
	c.say(encodersText, poll)
	err = c.done(ctx, v.run(ctx, poll, o.For))
	v.summary()
	return err
}

type boxView struct {
	c     *Console
	box   *encoder.Box
	cfg   encoder.Config
	begin time.Time
	clock clock.Clock

	last    driver.EncoderReading
	known   bool
	from    *driver.EncoderReading // the beginning of a turn by hand
	resting bool                   // a reset waits for its yes
}

func (v *boxView) run(ctx context.Context, poll, length time.Duration) error {
	ticker := v.clock.NewTicker(poll)
	defer ticker.Stop()
	lines := v.c.lines
	for {
		if err := v.ask(ctx); err != nil {
			return err
		}
		if length > 0 && v.clock.Now().Sub(v.begin) >= length {
			return nil
		}
		for waiting := true; waiting; {
			select {
			case <-ticker.C():
				waiting = false
			case line, ok := <-lines:
				if !ok {
					lines = nil // nobody types
					continue
				}
				if err := v.obey(ctx, strings.TrimSpace(line)); err != nil {
					return err
				}
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	}
}

// ask asks the box once and prints what it says. Only a lost line is an
// error.
func (v *boxView) ask(ctx context.Context) error {
	before := v.box.Tally()
	r, err := v.box.Read(ctx)
	at := v.clock.Now().Sub(v.begin).Seconds()
	switch {
	case errors.Is(err, fault.Unsupported):
		return v.askSky(ctx, at)
	case err == nil:
		v.last, v.known = r, true
		raw := v.box.Raw()
		v.c.say("%9.3f s  z %s   a %s", at, axisText(raw[0], r, 0), axisText(raw[1], r, 1))
		return nil
	case errors.Is(err, encoder.ErrReply):
		v.c.say("%9.3f s  %s", at, failure(before, v.box.Tally()))
		return nil
	}
	return ended(ctx, err)
}

func (v *boxView) askSky(ctx context.Context, at float64) error {
	s, err := v.box.ReadSky(ctx)
	switch {
	case err == nil:
		v.c.say("%9.3f s  right ascension %.3f h, declination %.3f°", at, s.RA.Hours(), s.Dec.Degrees())
		return nil
	case errors.Is(err, encoder.ErrReply):
		v.c.say("%9.3f s  no believable reply", at)
		return nil
	}
	return ended(ctx, err)
}

// ended returns ctx's own error instead of one that came of it.
func ended(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

func axisText(raw int64, r driver.EncoderReading, axis int) string {
	counts := math.Round(float64(r.Angles[axis]) / float64(r.Count[axis]))
	return fmt.Sprintf("raw %6d, counts %+7.0f, angle %+9.4f°", raw, counts, r.Angles[axis].Degrees())
}

// failure says what the latest question met with.
func failure(before, after encoder.Tally) string {
	switch {
	case after.Silent > before.Silent:
		return fmt.Sprintf("no reply (%d so far)", after.Silent)
	case after.Refused > before.Refused:
		return fmt.Sprintf("refused: no axis turns so fast (%d so far)", after.Refused)
	}
	return fmt.Sprintf("garbage (%d so far)", after.Garbage)
}

func (v *boxView) obey(ctx context.Context, line string) error {
	if v.resting {
		v.resting = false
		if line != "yes" {
			v.c.say("not reset")
			return nil
		}
		return v.reset(ctx)
	}
	switch line {
	case "Q":
		return v.ask(ctx)
	case "R":
		if !v.box.CanReset() {
			v.c.say("a box of protocol %s cannot be reset", v.cfg.Protocol)
			return nil
		}
		v.resting = true
		v.c.say("Reset the counters, and give the box %d and %d counts per turn? Type yes.", v.cfg.CountsZ, v.cfg.CountsA)
	case "T", "t":
		v.turn()
	case "":
	default:
		v.c.say("%q is none of Q, T, R (Q and R in capitals)", line)
	}
	return nil
}

func (v *boxView) reset(ctx context.Context) error {
	switch err := v.box.Reset(ctx); {
	case err == nil:
		v.c.say("the box confirms: its counters are 0")
	case errors.Is(err, encoder.ErrReply):
		v.c.say("the box did not confirm the reset")
	default:
		return ended(ctx, err)
	}
	return nil
}

// turn begins, or ends, a turn of the tube by hand.
func (v *boxView) turn() {
	switch {
	case !v.known:
		v.c.say("the box has not said anything yet")
	case v.from == nil:
		from := v.last
		v.from = &from
		v.c.say("Note where the tube points. Turn ONE axis by hand one whole turn, azimuth to the\nright or altitude up, back to the same mark; then type T again.")
	default:
		v.turned()
		v.from = nil
	}
}

// turned prints the counts of one turn of the axis that has turned more.
func (v *boxView) turned() {
	var counts [2]float64
	for i := range counts {
		counts[i] = math.Round(float64(v.last.Angles[i]-v.from.Angles[i]) / float64(v.last.Count[i]))
	}
	axis, name, gear, reverse := 0, "z", v.cfg.GearZ, v.cfg.ReverseZ
	if math.Abs(counts[1]) > math.Abs(counts[0]) {
		axis, name, gear, reverse = 1, "a", v.cfg.GearA, v.cfg.ReverseA
	}
	n := counts[axis]
	if n == 0 {
		v.c.say("no axis has turned")
		return
	}
	v.c.say("axis %s: %+.0f counts, %+.4f° as it is configured. After one whole turn:\n\n[encoders]\ncounts_per_turn_%s = %.0f\nreverse_%s = %v",
		name, n, (v.last.Angles[axis] - v.from.Angles[axis]).Degrees(), name, math.Round(math.Abs(n)/gear), name, reverse != (n < 0))
	if gear != 1 {
		v.c.say("(with turns_per_axis_turn_%s = %g)", name, gear)
	}
	v.c.say("")
}

func (v *boxView) summary() {
	t := v.box.Tally()
	v.c.say("readings %d, no reply %d, garbage %d, refused %d, jumps %d, out of step %d, resets %d", t.Reads, t.Silent, t.Garbage, t.Refused, t.Jumps, t.Resyncs, t.Resets)
}
