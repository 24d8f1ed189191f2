// SPDX-License-Identifier: GPL-3.0-or-later

package alpaca

import (
	"context"
	"math"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/mount"
)

// begin gives a command that moves the mount, or ends its motion, and notes
// which of the mount's motions it is.
func (t *telescope) begin(c *call, command func() error) error {
	t.order.Lock()
	defer t.order.Unlock()
	if err := command(); err != nil {
		return err
	}
	c.motion = t.mount.Snapshot().Motions
	return nil
}

// moving makes a handler of a command of the mount that moves it as a whole.
func moving(command func(Mount, context.Context) error) func(*telescope, *call) error {
	return func(t *telescope, c *call) error {
		return t.begin(c, func() error { return command(t.mount, c.ctx) })
	}
}

// The axes of ASCOM's TelescopeAxes; mount numbers them alike.
const (
	primary   = mount.AxisZ
	secondary = mount.AxisA
	tertiary  = mount.AxisRotator
)

// axisMaxRate returns the highest rate of an axis in degrees per second, 0
// for one that the mount lacks. Its error is fault.Invalid for a number that
// is no axis.
func axisMaxRate(s *mount.Snapshot, axis int) (float64, error) {
	switch axis {
	case primary:
		return s.Config.Mount.Z.MaxRate, nil
	case secondary:
		return s.Config.Mount.A.MaxRate, nil
	case tertiary:
		if s.Config.Rotator.Enabled {
			return s.Config.Rotator.MaxRate, nil
		}
		return 0, nil
	}
	return 0, fault.New(fault.Invalid, "", "the axis is 0 (primary), 1 (secondary) or 2 (rotator), not %d", axis)
}

func (t *telescope) canMoveAxis(c *call) error {
	highest, err := axisMaxRate(t.mount.Snapshot(), c.args[0].whole)
	return c.putTruth(highest > 0, err)
}

// hasAxis refuses MoveAxis of a rotator that is not there.
func (t *telescope) hasAxis(c *call) error {
	highest, err := axisMaxRate(t.mount.Snapshot(), c.args[0].whole)
	if err == nil && highest == 0 {
		return missing("this mount has no rotator")
	}
	return nil // a number that is no axis is out of range, which is judged later
}

// rateRange is a range of rates in degrees per second.
type rateRange struct{ min, max float64 }

// rateSteps are the ranges that clients offer as speeds. None touches the
// next, for ASCOM takes that for an overlap.
var rateSteps = [...]rateRange{{0.001, 0.0099}, {0.01, 0.099}, {0.1, 0.99}, {1, math.Inf(1)}}

// rateRanges returns the ranges of an axis with the given highest rate: at
// least one unless highest is 0, and the last one ends at highest.
func rateRanges(highest float64) []rateRange {
	if highest <= 0 {
		return nil
	}
	var ranges []rateRange
	for i, r := range rateSteps {
		last := i == len(rateSteps)-1 || highest <= rateSteps[i+1].min
		if last {
			return append(ranges, rateRange{min(r.min, highest), highest})
		}
		ranges = append(ranges, r)
	}
	return ranges
}

func (t *telescope) axisRates(c *call) error {
	highest, err := axisMaxRate(t.mount.Snapshot(), c.args[0].whole)
	if err != nil {
		return err
	}
	b := append(c.out, '[')
	for i, r := range rateRanges(highest) {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendNumber(append(b, `{"Maximum":`...), r.max)
		b = append(appendNumber(append(b, `,"Minimum":`...), r.min), '}')
	}
	c.out = append(b, ']')
	return nil
}

// moveAxis holds an axis in motion for this client.
//
// ASCOM does not say which way is positive. N.I.N.A. takes a positive primary
// rate for east and a positive secondary rate for north or up, and so does
// this.
func (t *telescope) moveAxis(c *call) error {
	axis, rate := c.args[0].whole, c.args[1].number
	s := t.mount.Snapshot()
	highest, err := axisMaxRate(s, axis)
	if err != nil {
		return err
	}
	if rate != 0 && !inRanges(math.Abs(rate), rateRanges(highest)) {
		return fault.New(fault.Invalid, "", "the rate %g°/s is in none of the ranges of axis %d; see AxisRates", rate, axis)
	}
	return t.begin(c, func() error {
		return t.mount.MoveAxis(c.ctx, c.clientKey(), axis, model.DegreesPerSecond(rate*sense(s, axis)))
	})
}

func inRanges(v float64, ranges []rateRange) bool {
	for _, r := range ranges {
		if v >= r.min && v <= r.max {
			return true
		}
	}
	return false
}

// sense is −1 where an axis angle grows westward or southward. Axis Z turns
// clockwise seen from the mount's pole and A towards that pole: Z is azimuth,
// or the hour angle in the north and its negative in the south.
func sense(s *mount.Snapshot, axis int) float64 {
	equatorial := alignmentMode(s) != 0
	south := s.Config.Site.LatitudeDeg < 0
	if axis == primary && equatorial && !south || axis == secondary && equatorial && south {
		return -1
	}
	return 1
}
