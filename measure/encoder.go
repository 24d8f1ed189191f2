// SPDX-License-Identifier: GPL-3.0-or-later

package measure

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model/tuning"
)

// encoderCheck compares the encoder of an axis with what the axis displays.
type encoderCheck struct {
	axis   int
	naming naming
	latest driver.Instant // of the readings that were used
	pairs  []tuning.Pair  // replaced whole
}

func beginEncoder(w world, r Request) (procedure, error) {
	p := encoderCheck{axis: r.Axis, naming: namingOf(w.now)}
	return p, p.ready(w)
}

func (p encoderCheck) ready(w world) error {
	if err := atRest(w.now); err != nil {
		return err
	}
	if err := idleEncoders(w.now); err != nil {
		return err
	}
	if err := haveEncoders(w.now); err != nil {
		return err
	}
	return p.naming.check(w.now)
}

func (p encoderCheck) mark(_ context.Context, w world, _ Mark) (procedure, error) {
	e := w.now.Encoders
	if len(p.pairs) > 0 && e.At == p.latest {
		return nil, fault.New(fault.Refused, op, "the encoders have not been read since the last mark; wait a second")
	}
	at := one(e.Angles, p.axis)
	p.latest = e.At
	p.pairs = append(slices.Clip(p.pairs), tuning.Pair{Displayed: at - one(e.Difference, p.axis), Encoder: at})
	return p, nil
}

func (p encoderCheck) marks() int { return len(p.pairs) }

func (p encoderCheck) done() bool { return false }

func (p encoderCheck) end(context.Context, world) error { return nil }

func (p encoderCheck) next(world) string {
	if len(p.pairs) == 0 {
		return fmt.Sprintf("See that the motor of axis %s turns the right way and that its step size is right. Then mark here.", axisWord(p.axis))
	}
	return fmt.Sprintf("Move axis %s on, 45° in all for an accuracy of 0.1 %%; stop, wait for the encoders and mark. %d places so far.", axisWord(p.axis), len(p.pairs))
}

func (p encoderCheck) result(w world) (Result, error) {
	count := w.now.Encoders.Count[p.axis]
	c, err := tuning.CheckEncoder(p.pairs, count)
	if err != nil {
		return Result{}, fault.New(fault.Refused, op, "%v", err)
	}
	suffix := axisKey(p.axis)
	counts := int(math.Round(2 * math.Pi / count.Radians())) // per turn of the axis
	for _, s := range w.fixed {
		if n, err := strconv.Atoi(s.Value); err == nil && s.Key == "encoders.counts_per_turn_"+suffix {
			counts = n
		}
	}
	r := Result{
		Quantity: "counts per turn", Unit: "counts", Value: c.Counts(counts), Count: len(p.pairs),
		Accuracy: 2 * c.Error * float64(counts), Before: float64(counts), Verified: c.Follows,
	}
	switch {
	case c.Follows:
		r.Verification = "the encoder goes with the axis, to two counts"
	case c.Reverse:
		r.Verification = "the encoder counts against the axis; put the lines into the file, restart and measure again"
		r.Lines = append(r.Lines, text(w, "encoders.reverse_"+suffix, reversed(w, suffix)))
	default:
		r.Verification = "the encoder does not go with the axis; put the lines into the file, restart and measure again"
	}
	if math.Abs(r.Value-r.Before) > r.Accuracy {
		r.Lines = append(r.Lines, text(w, "encoders.counts_per_turn_"+suffix, strconv.Itoa(int(math.Round(r.Value)))))
		r.Notes = append(r.Notes, "counts per turn are mostly round numbers: look at the encoder's label before you take this one")
	}
	if c.Off > count.Mul(2) {
		r.Notes = append(r.Notes, fmt.Sprintf("one place is off by %.1f counts: the encoder slips, or the motor has lost steps", float64(c.Off/count)))
	}
	return r, nil
}

// reversed returns the other value of reverse_z or reverse_a.
func reversed(w world, suffix string) string {
	for _, s := range w.fixed {
		if s.Key == "encoders.reverse_"+suffix && s.Value == "true" {
			return "false"
		}
	}
	return "true"
}
