// SPDX-License-Identifier: GPL-3.0-or-later

package measure

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/tuning"
	"github.com/siderostep/siderostep/mount"
)

// slew looks for the fastest speed of an axis: it turns to and fro, each time
// at a speed to be tried, and is told, or sees by the encoders, whether the
// motor stalled.
type slew struct {
	axis   int
	search tuning.Speed
	angle  model.Angle // of a try; 0 for enough to reach the speed
	before float64     // the speed in force at the start, degrees per second
	sense  float64     // of the next try
	tries  int
	stalls int
	ends   driver.Instant // of the try, at the latest
	slip   model.Angle    // encoder minus display before the try
}

// Speeds at which the search begins and ends, as shares of the present one.
// Executors let an axis go twice as fast as it was configured at the start.
const (
	fromShare = 0.5
	toShare   = 1.9
)

// resolution of the search and margin of what is proposed, as shares.
const (
	speedResolution = 0.03
	speedMargin     = 0.2
)

func beginSlew(ctx context.Context, w world, r Request) (procedure, error) {
	if err := atRest(w.now); err != nil {
		return nil, err
	}
	if err := idleEncoders(w.now); err != nil {
		return nil, err
	}
	now := settings(w.now.Config, r.Axis).MaxRate
	low, high := r.LowDegPerS, r.HighDegPerS
	if low == 0 {
		low = now * fromShare
	}
	if high == 0 {
		high = min(now*toShare, 20)
	}
	if high > 2*now || high > 20 {
		return nil, fault.New(fault.Invalid, op, "%g°/s is more than twice the present %g°/s, or than 20°/s; configure a faster one first, and restart", high, now)
	}
	search, err := tuning.FindSpeed(low, high, high*speedResolution)
	if err != nil {
		return nil, err
	}
	if !(r.AngleDeg >= 0 && r.AngleDeg <= 90) {
		return nil, fault.New(fault.Invalid, op, "tries by %g°; 0 to 90 is accepted", r.AngleDeg)
	}
	p := slew{axis: r.Axis, search: search, angle: model.Degrees(r.AngleDeg), before: now, sense: 1}
	return p.turn(ctx, w)
}

// turn begins the next try.
func (p slew) turn(ctx context.Context, w world) (procedure, error) {
	v := p.search.Try()
	if err := p.setSpeed(ctx, w, v); err != nil {
		return nil, err
	}
	a := settings(w.now.Config, p.axis)
	angle := p.angle
	if angle == 0 {
		angle = model.Degrees(v*v/a.Accel + v*a.RampS + v) // a second at full speed
	}
	p.slip = one(w.now.Encoders.Difference, p.axis)
	long := angle.Degrees()/v + v/a.Accel + a.RampS + w.now.Config.Mount.SettleS + 0.5
	p.ends = w.mount.Instant().Add(time.Duration(long * float64(time.Second)))
	n := int(math.Round(float64(angle / microstep(a, p.sense < 0))))
	err := w.mount.StepMotor(ctx, p.axis, n*int(p.sense))
	if isLimit(err) {
		p.sense = -p.sense
		err = w.mount.StepMotor(ctx, p.axis, n*int(p.sense))
	}
	if err != nil {
		_ = p.setSpeed(ctx, w, p.before)
		return nil, err
	}
	p.sense, p.tries = -p.sense, p.tries+1
	return p, nil
}

func isLimit(err error) bool {
	kind := fault.KindOf(err)
	return kind == fault.BelowLimit || kind == fault.AboveLimit
}

func (p slew) setSpeed(ctx context.Context, w world, v float64) error {
	return w.mount.Configure(ctx, func(c *mount.Config) { settings(c, p.axis).MaxRate = v })
}

func (p slew) ready(w world) error { return atRest(w.now) }

func (p slew) mark(ctx context.Context, w world, m Mark) (procedure, error) {
	followed, err := p.followed(w.now, m.Word)
	if err != nil {
		return nil, err
	}
	if !followed {
		p.stalls++
	}
	p.search = p.search.Answer(followed)
	if p.search.Done() {
		return p, p.setSpeed(ctx, w, p.before)
	}
	return p.turn(ctx, w)
}

// followed returns whether the motor made the steps of a try, by a word or,
// without, by the encoders.
func (p slew) followed(s *mount.Snapshot, word string) (bool, error) {
	e, a := s.Encoders, settings(s.Config, p.axis)
	switch {
	case word == "ok" || word == "stalled":
		return word == "ok", nil
	case word != "":
		return false, fault.New(fault.Invalid, op, "%.20q is none of ok and stalled", word)
	case !e.Known || e.Stale:
		return false, fault.New(fault.Refused, op, "there are no encoders that tell: mark with the word ok or stalled")
	case e.At < p.ends:
		return false, fault.New(fault.Refused, op, "the encoders have not been read since the motor stands; wait a second")
	}
	// A motor that slips loses four full steps or a multiple.
	lost := (one(e.Difference, p.axis) - p.slip).Abs()
	return lost < 2*e.Count[p.axis]+model.Arcsec(2*a.FullStepArcsec)+model.Arcmin(math.Abs(a.BacklashArcmin)), nil
}

func (p slew) marks() int { return p.tries - 1 }

func (p slew) done() bool { return p.search.Done() }

func (p slew) end(ctx context.Context, w world) error {
	if err := p.setSpeed(ctx, w, p.before); err != nil {
		return err
	}
	if w.now.Slewing && !w.now.Parked {
		return w.mount.Abort(ctx)
	}
	return nil
}

func (p slew) next(w world) string {
	if p.search.Done() {
		return "The search is over. Ask for the result."
	}
	return fmt.Sprintf("Axis %s turns at %.3g°/s. Listen; when it stands, mark with the word ok, or stalled if it buzzed or stood still. With encoders mark without a word.", axisWord(p.axis), p.search.Try())
}

func (p slew) result(w world) (Result, error) {
	if !p.search.Done() {
		return Result{}, fault.New(fault.Refused, op, "the search goes on: %s", p.next(w))
	}
	fast := p.search.Fastest()
	if fast == 0 {
		return Result{}, fault.New(fault.Refused, op, "the motor stalls at the lowest speed, too: begin lower, or lower mount.%s.accel_deg_per_s2", axisKey(p.axis))
	}
	safe := p.search.Safe(speedMargin)
	r := Result{
		Quantity: "fastest speed that was followed", Unit: "deg/s", Value: fast, Count: p.tries, Before: p.before,
		Verified: p.stalls > 0, Verification: "the next faster speed stalled",
		Notes: []string{fmt.Sprintf("the line leaves a margin of %.0f %% for cold grease, a low battery and wind", 100*speedMargin)},
		Lines: []Setting{line(w, "mount."+axisKey(p.axis)+".max_rate_deg_per_s", safe)},
	}
	if p.stalls > 0 {
		r.Notes = append(r.Notes, "the motor has stalled, so the position is wrong: sync before you track")
	} else {
		r.Verification = "it stalled at none of the speeds: it may be faster still"
	}
	return r, nil
}
