// SPDX-License-Identifier: GPL-3.0-or-later

package measure

import (
	"context"
	"fmt"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/tuning"
)

// rate is slow motion at a constant rate, for watching a pointer on the motor's
// shaft: each mark tells the microstep that is commanded.
type rate struct {
	axis   int
	wanted float64 // microsteps per second
	begun  model.Microsteps
	since  driver.Instant
	times  int
}

func beginRate(ctx context.Context, w world, r Request) (procedure, error) {
	if !(r.MicrostepsPerS != 0) {
		return nil, fault.New(fault.Invalid, op, "a rate of %g microsteps per second; give one of either sign", r.MicrostepsPerS)
	}
	if err := atRest(w.now); err != nil {
		return nil, err
	}
	q := microstep(settings(w.now.Config, r.Axis), r.MicrostepsPerS < 0)
	var rates [2]model.Rate
	rates[r.Axis] = model.Rate(q.Mul(r.MicrostepsPerS))
	if err := w.mount.TrackByRate(ctx, client, rates, [2]model.Rate{}); err != nil {
		return nil, err
	}
	return rate{axis: r.Axis, wanted: r.MicrostepsPerS, begun: w.now.Reports[r.Axis].Emitted, since: w.now.At}, nil
}

// ready keeps the motion going: who marks is there.
func (p rate) ready(w world) error {
	w.mount.Heard(client)
	if w.now.Holder != client {
		return fault.New(fault.Refused, op, "the motion has ended (a limit, a key, or nobody was heard of for mount.hold_timeout_s); cancel and begin again")
	}
	return nil
}

func (p rate) mark(context.Context, world, Mark) (procedure, error) {
	p.times++
	return p, nil
}

func (p rate) marks() int { return p.times }

func (p rate) done() bool { return false }

func (p rate) end(ctx context.Context, w world) error {
	if w.now.Holder != client {
		return nil
	}
	return w.mount.MoveAxis(ctx, client, p.axis, 0)
}

func (p rate) next(w world) string {
	if w.now.Holder != client {
		return "The motion has ended. Cancel."
	}
	count := w.now.Reports[p.axis].Emitted
	name := tuning.Commanded(count, settings(w.now.Config, p.axis).Microsteps, windings(w.fixed, p.axis))
	return fmt.Sprintf("Commanded: microstep %s (%+d since the start). Watch the motor, and mark to go on within %.0f s.",
		name, count-p.begun, w.now.Config.Mount.HoldTimeoutS)
}

func (p rate) result(w world) (Result, error) {
	s := w.now.At.Sub(p.since).Seconds()
	n := w.now.Reports[p.axis].Emitted - p.begun
	if s < 1 || n == 0 {
		return Result{}, fault.New(fault.Refused, op, "the motor has hardly begun; wait")
	}
	got := float64(n) / s
	return Result{
		Quantity: "rate", Unit: "microsteps per second", Value: got, Count: int(max(n, -n)), Accuracy: 2 / s, Before: p.wanted,
		Verified:     got-p.wanted < 2/s+0.02*max(p.wanted, -p.wanted) && p.wanted-got < 2/s+0.02*max(p.wanted, -p.wanted),
		Verification: "the motor was given as many microsteps as the rate makes, whatever it has made of them",
	}, nil
}

// windings returns how many windings a motor has.
func windings(fixed []Setting, axis int) int {
	for _, s := range fixed {
		if s.Key == "motors."+axisKey(axis)+".windings" && s.Value == "5" {
			return 5
		}
	}
	return 4
}
