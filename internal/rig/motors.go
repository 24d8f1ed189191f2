// SPDX-License-Identifier: GPL-3.0-or-later

package rig

import (
	"time"

	"github.com/siderostep/siderostep/config"
	"github.com/siderostep/siderostep/driver/executor"
	"github.com/siderostep/siderostep/driver/harness"
	"github.com/siderostep/siderostep/focuser"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/mount"
)

const (
	// hardBrake is how much harder than a slew motors brake when halted.
	hardBrake = 2
	// headroom is how much faster than a slew the executor lets motors go:
	// where tracking is fast, near the mount's pole, a slew comes on top.
	headroom = 2
	// relayBrake is in how many of a second's steps' worth a motor behind
	// relays is taken to stop. It knows no ramps.
	relayBrake = 100
)

// Pace is what the executor is told of an axis by those who know the mount:
// how fast it may go, where from and how far. Counts and rates are those of
// executor.Axis.
type Pace struct {
	Initial       model.Microsteps `json:"initial"`
	Brake         float64          `json:"brake"`
	MaxRate       float64          `json:"max_rate"`
	HalfStepAbove float64          `json:"half_step_above"`
	Creep         float64          `json:"creep"` // to the nearest full step, before the windings are cut
	Limited       bool             `json:"limited"`
	Min           model.Microsteps `json:"min"`
	Max           model.Microsteps `json:"max"`
	SlowBelow     float64          `json:"slow_below"` // of a motor behind relays
	SkipSteps     float64          `json:"skip_steps"` // a full step
	CoastAbove    float64          `json:"coast_above"`
}

// on returns axis a at the pace.
func (p Pace) on(a executor.Axis) executor.Axis {
	a.Initial, a.Brake, a.MaxRate = p.Initial, p.Brake, p.MaxRate
	a.Limited, a.Min, a.Max = p.Limited, p.Min, p.Max
	a.SkipSteps, a.CoastAbove = p.SkipSteps, p.CoastAbove
	if a.Kind == executor.Windings {
		a.HalfStepAbove, a.Standing.Creep = p.HalfStepAbove, p.Creep
	}
	if a.Kind == executor.Relay {
		a.SlowBelow = p.SlowBelow
	}
	return a
}

// mountPaces returns the paces of the mount's axes.
func mountPaces(f config.File, saved *mount.Saved) [3]Pace {
	counts := f.StartCounts(saved)
	wound := func(a mount.Axis, m config.Motor, n model.Microsteps) Pace {
		perDegree := 3600 / a.FullStepArcsec * float64(a.Microsteps)
		return Pace{
			Initial: n, Brake: hardBrake * a.Accel * perDegree, MaxRate: headroom * a.MaxRate * perDegree,
			HalfStepAbove: m.HalfStepAbove * perDegree, Creep: 10 * float64(a.Microsteps),
		}.withFullStep(a.Microsteps)
	}
	perDegree := 3600 / f.Rotator.StepAngle
	paces := [3]Pace{
		mount.AxisZ: wound(f.Mount.Z, f.Motors.Z, counts[mount.AxisZ]),
		mount.AxisA: wound(f.Mount.A, f.Motors.A, counts[mount.AxisA]),
		mount.AxisRotator: Pace{
			Initial: counts[mount.AxisRotator],
			Brake:   hardBrake * f.Rotator.Accel * perDegree, MaxRate: headroom * f.Rotator.MaxRate * perDegree,
		}.withFullStep(f.Hardware.Rotator.ChipMicrosteps),
	}
	for i := range paces {
		p := &paces[i]
		p.Min, p.Max, p.Limited = f.CountLimits(saved, i)
	}
	return paces
}

// coasting is the rate, full steps per second, above which a motor is taken
// not to stop at once. A mount's motor is where it begins to make half steps,
// if that is earlier.
const coasting = 200

// withFullStep adds what follows from the microsteps in a full step.
func (p Pace) withFullStep(microsteps int) Pace {
	p.SkipSteps, p.CoastAbove = float64(microsteps), coasting*float64(microsteps)
	if p.HalfStepAbove > 0 {
		p.CoastAbove = min(p.CoastAbove, p.HalfStepAbove)
	}
	return p
}

// focusPace returns the pace of a focuser's motor.
func focusPace(c focuser.Config, o harness.Output, saved *focuser.Saved) Pace {
	p := Pace{
		Initial: model.Microsteps(c.StartCount(saved)), Brake: hardBrake * c.Accel, MaxRate: headroom * c.TopRate(),
	}.withFullStep(o.ChipMicrosteps)
	if c.Motor == focuser.Relays {
		p.Brake = relayBrake * c.TopRate()
		if c.RelaySlowRate > 0 {
			p.SlowBelow = (c.RelaySlowRate + c.RelayRate) / 2
		}
	}
	return p
}

// onHardware completes the configuration of a group's executor.
func onHardware(g harness.Group, paces []Pace, e harness.Executor) executor.Config {
	c := executor.Config{
		Axes:           make([]executor.Axis, len(g.Axes)),
		SkipAfter:      skipAfter,
		PlannerTimeout: time.Duration(e.PlannerTimeout * float64(time.Second)),
		HoldAfterLoss:  time.Duration(e.HoldAfterLoss * float64(time.Second)),
	}
	for i, a := range g.Axes {
		c.Axes[i] = paces[i].on(a)
	}
	return c
}

// skipAfter is how late real motors' steps may come: motion that was due
// longer ago, and goes further than a full step, is not made in a burst. Two
// full steps made at once are the most that a rotor can follow to the right
// place; in a slew of 4000 half steps a second they are a millisecond.
const skipAfter = time.Millisecond
