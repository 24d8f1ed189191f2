// SPDX-License-Identifier: GPL-3.0-or-later

package measure

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/tuning"
)

// play measures the backlash of an axis by the count of its motor, so that it
// does not matter what is corrected meanwhile.
type play struct {
	axis      int
	seen      model.Angle // how finely the first motion is seen
	naming    naming
	last      engaged
	begun     bool
	reversals []tuning.Reversal // replaced whole
}

// engaged is where motor and tube were when the gears were engaged.
type engaged struct {
	count model.Microsteps
	shown model.Angle
	ccw   bool // the motor came there counter-clockwise
}

func beginPlay(w world, r Request) (procedure, error) {
	seen := model.Arcsec(r.ResolutionArcsec)
	if seen == 0 {
		seen = model.Arcsec(5) // a laser spot across a room
	}
	p := play{axis: r.Axis, seen: seen, naming: namingOf(w.now), last: engaged{count: w.now.Reports[r.Axis].Emitted, shown: shown(w.now, r.Axis)}}
	return p, p.ready(w)
}

func (p play) ready(w world) error {
	if err := atRest(w.now); err != nil {
		return err
	}
	if err := idleEncoders(w.now); err != nil {
		return err
	}
	return p.naming.check(w.now)
}

func (p play) mark(_ context.Context, w world, m Mark) (procedure, error) {
	again := m.Word == "again"
	if m.Word != "" && !again {
		return nil, fault.New(fault.Invalid, op, "%.20q is no word for a mark of backlash; there is again, or none", m.Word)
	}
	at := engaged{count: w.now.Reports[p.axis].Emitted, shown: shown(w.now, p.axis)}
	by := at.count - p.last.count
	at.ccw = by < 0
	switch {
	case by == 0:
		return nil, fault.New(fault.Refused, op, "the motor has not moved since the last mark; %s", p.next(w))
	case !p.begun, again:
		p.begun, p.last = true, at
		return p, nil
	case at.ccw == p.last.ccw:
		return nil, fault.New(fault.Refused, op, "the motor went on the way it came to the last mark; reverse it, or mark with the word again to begin from here")
	}
	q := microstep(settings(w.now.Config, p.axis), at.ccw)
	p.reversals = append(slices.Clip(p.reversals), tuning.Reversal{Motor: q.Mul(float64(by)), Shown: at.shown - p.last.shown})
	p.last = at
	return p, nil
}

func (p play) marks() int {
	n := len(p.reversals)
	if p.begun {
		n++
	}
	return n
}

func (p play) done() bool { return false }

func (p play) end(context.Context, world) error { return nil }

func (p play) next(world) string {
	axis := axisWord(p.axis)
	if !p.begun {
		return fmt.Sprintf("Move axis %s one way at slow speed until the tube surely follows: watch a laser spot on a wall, or a distant edge on a cross-hair. Stop, and mark.", axis)
	}
	text := fmt.Sprintf("Reverse axis %s at slow speed, stop at the first motion of the spot, and mark. If you went too far, mark with the word again.", axis)
	if n := len(p.reversals); n > 0 {
		text += fmt.Sprintf(" %d measured.", n)
	}
	return text
}

func (p play) result(w world) (Result, error) {
	if len(p.reversals) == 0 {
		return Result{}, fault.New(fault.Refused, op, "there is no reversal yet")
	}
	b, err := tuning.Backlash(p.reversals)
	if err != nil {
		return Result{}, err
	}
	a := settings(w.now.Config, p.axis)
	r := Result{
		Quantity: "dead band", Unit: "arcmin", Value: b.Arcmin.Mean, Spread: b.Arcmin.Spread, Count: b.Arcmin.N,
		Accuracy: math.Hypot(p.seen.Arcmin(), 2*b.Arcmin.Error()), Before: a.BacklashArcmin,
		Lines: []Setting{line(w, "mount."+axisKey(p.axis)+".backlash_arcmin", b.Arcmin.Mean)},
	}
	r.Verified = a.BacklashArcmin > 0 && tuning.Verified(p.reversals)
	switch {
	case r.Verified:
		r.Verification = "the motor goes through the dead band while the display stands: the one in force is right"
	case a.BacklashArcmin == 0:
		r.Verification = "put the dead band in force and measure again: the motor must then go through it while the display stands"
	default:
		r.Verification = "the display moves while the tube stands: the dead band in force is not the right one"
	}
	if !b.Enough {
		r.Notes = append(r.Notes, "reverse some more: the mean is to be known to better than 1′")
	}
	if b.CW.N > 0 && b.CCW.N > 0 {
		r.Notes = append(r.Notes, fmt.Sprintf("clockwise %.4g′, counter-clockwise %.4g′; a load that leans shows play one way only", b.CW.Mean, b.CCW.Mean))
	}
	return r, nil
}
