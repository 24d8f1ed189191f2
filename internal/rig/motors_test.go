// SPDX-License-Identifier: GPL-3.0-or-later

package rig

import (
	"math"
	"testing"

	"github.com/siderostep/siderostep/config"
	"github.com/siderostep/siderostep/driver/executor"
	"github.com/siderostep/siderostep/driver/harness"
	"github.com/siderostep/siderostep/focuser"
	"github.com/siderostep/siderostep/mount"
)

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if math.Abs(got-want) > 1e-9*math.Abs(want) {
		t.Errorf("%s is %v, want %v", what, got, want)
	}
}

// One degree is 3600″: with 2.5″ a full step and 20 microsteps it is 28,800
// microsteps; with 5″ and 10 it is 7,200.
func TestPaces(t *testing.T) {
	f := config.Default()
	f.Mount.Z.FullStepArcsec, f.Mount.Z.Microsteps, f.Mount.Z.MaxRate, f.Mount.Z.Accel = 2.5, 20, 3, 2
	f.Mount.A.FullStepArcsec, f.Mount.A.Microsteps, f.Mount.A.MaxRate, f.Mount.A.Accel = 5, 10, 1, 0.5
	f.Motors.Z.HalfStepAbove, f.Motors.A.HalfStepAbove = 0.1, 0
	f.Rotator.StepAngle, f.Rotator.MaxRate, f.Rotator.Accel = 9, 8, 16 // 400 steps a degree
	f.Hardware.Rotator.ChipMicrosteps = 8
	p := mountPaces(f, nil)
	z, a, r := p[mount.AxisZ], p[mount.AxisA], p[mount.AxisRotator]
	near(t, "Z brake", z.Brake, 2*2*28800)
	near(t, "Z rate", z.MaxRate, 2*3*28800)
	near(t, "Z half steps", z.HalfStepAbove, 2880)
	near(t, "Z creep", z.Creep, 200) // 10 full steps/s
	near(t, "Z burst", z.SkipSteps, 20)
	near(t, "Z coasts", z.CoastAbove, 2880) // below 200 full steps/s
	near(t, "A brake", a.Brake, 2*0.5*7200)
	near(t, "A rate", a.MaxRate, 2*7200)
	near(t, "A half steps", a.HalfStepAbove+1, 1)
	near(t, "A burst", a.SkipSteps, 10)
	near(t, "A coasts", a.CoastAbove, 2000)
	near(t, "rotator brake", r.Brake, 2*16*400)
	near(t, "rotator rate", r.MaxRate, 2*8*400)
	near(t, "rotator burst", r.SkipSteps, 8)
	near(t, "rotator coasts", r.CoastAbove, 1600)
	// 10° beyond the limits of the axis.
	near(t, "A limit", float64(a.Max), (f.Mount.A.MaxDeg+10)*7200)

	for _, kind := range []executor.Kind{executor.Windings, executor.Pulse} {
		axis := z.on(executor.Axis{Kind: kind})
		if axis.CoastAbove != z.CoastAbove || axis.SkipSteps != 20 || (axis.HalfStepAbove > 0) != (kind == executor.Windings) {
			t.Errorf("kind %v: %+v", kind, axis)
		}
	}
}

func TestFocusPace(t *testing.T) {
	c := focuser.DefaultConfig()
	c.MaxRate, c.Accel = 1000, 4000
	p := focusPace(c, harness.Output{ChipMicrosteps: 4}, nil)
	near(t, "brake", p.Brake, 8000)
	near(t, "rate", p.MaxRate, 2000)
	near(t, "burst", p.SkipSteps, 4)
	near(t, "coasts", p.CoastAbove, 800)
	c.Motor, c.RelayRate, c.RelaySlowRate = focuser.Relays, 100, 20
	p = focusPace(c, harness.Output{ChipMicrosteps: 4}, nil)
	near(t, "relay: slow below", p.SlowBelow, 60)
	near(t, "relay: stops in 10 ms", 100/p.Brake, 0.01)
}
