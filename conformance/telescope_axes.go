// SPDX-License-Identifier: GPL-3.0-or-later

package conformance

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// axisRate is one range of rates of MoveAxis, in degrees per second.
type axisRate struct{ Minimum, Maximum float64 }

// ratesOf reads the ranges of an axis, sorted by their lower ends.
func (t *telescope) ratesOf(ctx context.Context, axis int) ([]axisRate, error) {
	var rates []axisRate
	if _, err := t.get(ctx, "axisrates", &rates, integer("Axis", axis)); err != nil {
		return nil, err
	}
	slices.SortFunc(rates, func(a, b axisRate) int {
		switch {
		case a.Minimum < b.Minimum:
			return -1
		case a.Minimum > b.Minimum:
			return 1
		}
		return 0
	})
	return rates, nil
}

// axisRates is T20. Ends that touch overlap, as ConformU has it.
func (t *telescope) axisRates(ctx context.Context) error {
	for axis, able := range t.canAxis {
		rates, err := t.ratesOf(ctx, axis)
		if err != nil {
			t.mustSucceed(fmt.Sprintf("GET axisrates Axis=%d", axis), err)
			continue
		}
		t.must(len(rates) > 0 || !able, "AxisRates of axis %d must have an entry, as CanMoveAxis is %t: %v", axis, able, rates)
		for i, r := range rates {
			t.must(r.Minimum >= 0 && r.Maximum >= r.Minimum && r.Maximum > 0,
				"axis %d: range %v to %v must be ordered, not negative and not 0 to 0", axis, r.Minimum, r.Maximum)
			if i > 0 {
				t.must(r.Minimum > rates[i-1].Maximum, "axis %d: ranges %v and %v must neither overlap nor touch", axis, rates[i-1], r)
			}
		}
	}
	_, err := t.ratesOf(ctx, 3)
	t.mustAnswer("GET axisrates Axis=3", err, invalidValue)
	return nil
}

// move calls MoveAxis.
func (t *telescope) move(ctx context.Context, axis int, rate float64) (span, error) {
	return t.putTimed(ctx, "moveaxis", integer("Axis", axis), number("Rate", rate))
}

// moveAxis is T22.
func (t *telescope) moveAxis(ctx context.Context) error {
	defer t.restore(ctx, t.stopAxes)
	for axis, able := range t.canAxis {
		if !able {
			_, err := t.move(ctx, axis, 0)
			t.mustAnswer(fmt.Sprintf("MoveAxis %d as CanMoveAxis is false", axis), err, notImplemented, invalidValue)
			continue
		}
		rates, err := t.ratesOf(ctx, axis)
		if err != nil {
			return err
		}
		if !t.must(len(rates) > 0, "axis %d: there must be rates to move it with: %v", axis, rates) {
			continue
		}
		if err := t.tryAxis(ctx, axis, rates); err != nil {
			return err
		}
	}
	return nil
}

// stopAxes stops what MoveAxis moves.
func (t *telescope) stopAxes(ctx context.Context) error {
	var errs []error
	for axis, able := range t.canAxis {
		if able {
			_, err := t.move(ctx, axis, 0)
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// tryAxis runs T22 on one axis.
func (t *telescope) tryAxis(ctx context.Context, axis int, rates []axisRate) error {
	low, high := rates[0].Minimum, rates[0].Maximum
	for _, r := range rates {
		low, high = min(low, r.Minimum), max(high, r.Maximum)
	}
	if err := t.stopAxis(ctx, axis); err != nil {
		return err
	}
	tooSlow := low / 2
	if low == 0 {
		tooSlow = -high - 1
	}
	for _, rate := range []float64{tooSlow, high + 1} {
		_, err := t.move(ctx, axis, rate)
		t.mustAnswer(fmt.Sprintf("MoveAxis %d at %g°/s, which is out of range,", axis, rate), err, invalidValue)
		if err == nil {
			if err := t.stopAxis(ctx, axis); err != nil {
				return err
			}
		}
	}
	for _, rate := range []float64{low, -low, high, -high} {
		if err := t.moveFor(ctx, axis, rate); err != nil {
			return err
		}
	}
	if !t.can["cansettracking"] {
		return nil
	}
	for _, on := range []bool{false, true} {
		if err := t.moveKeepsTracking(ctx, axis, high, on); err != nil {
			return err
		}
	}
	return nil
}

// stopAxis sets rate 0 and judges that the mount comes to rest.
func (t *telescope) stopAxis(ctx context.Context, axis int) error {
	if _, err := t.move(ctx, axis, 0); err != nil {
		return err
	}
	_, err := t.waitFalse(ctx, "slewing", stopTimeout)
	return err
}

// moveFor moves an axis for 2 s.
func (t *telescope) moveFor(ctx context.Context, axis int, rate float64) error {
	what := fmt.Sprintf("MoveAxis %d at %g°/s", axis, rate)
	s, err := t.move(ctx, axis, rate)
	if !t.mustSucceed(what, err) {
		return nil
	}
	t.prompt(what, s)
	var moving bool
	read, err := t.get(ctx, "slewing", &moving)
	if err != nil {
		return err
	}
	// On a fast clock a late read may find the axis stopped by a limit.
	late := t.clock.elapsedBetween(s, read).most > 2*time.Second
	t.must(moving == (rate != 0) || late, "Slewing is %t just after %s", moving, what)
	if err := t.clock.sleep(ctx, 2*time.Second); err != nil {
		return err
	}
	return t.stopAxis(ctx, axis)
}

// moveKeepsTracking judges that Tracking is the same after a move as before.
// On a fast clock a late answer may let the axis run on to a limit, which
// rightly ends tracking; then it is tried again, the other way.
func (t *telescope) moveKeepsTracking(ctx context.Context, axis int, rate float64, on bool) error {
	for tries := 3; ; tries-- {
		if err := t.track(ctx, on); err != nil {
			return err
		}
		began := time.Now()
		if err := t.moveFor(ctx, axis, rate); err != nil {
			return err
		}
		long := t.clock.between(began, time.Now()) > 5*time.Second
		got, err := t.getBool(ctx, "tracking")
		if err != nil {
			return err
		}
		if got != on && long && tries > 1 {
			rate = -rate
			continue
		}
		t.must(got == on, "Tracking is %t after MoveAxis %d, was %t before", got, axis, on)
		return nil
	}
}
