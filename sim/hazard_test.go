// SPDX-License-Identifier: GPL-3.0-or-later

package sim

import (
	"math"
	"testing"
	"time"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/model"
)

func TestPush(t *testing.T) {
	b := newBench(t, Faultless(), testRig())
	p := newPlayer(t, b)
	p.hold()
	p.wait(time.Second)
	before := b.Truth(p.at)
	b.Push(AxisA, model.Degrees(3))
	after := b.Truth(p.at)
	if d := (after.Axes.A - before.Axes.A).Degrees(); math.Abs(d-3) > 1e-9 || after.Motor != before.Motor {
		t.Errorf("pushed by 3°, the tube moved by %v°, the motor by %v", d, after.Motor.Sub(before.Motor))
	}
	axes, ok := b.AxesFor(after.Equatorial, p.at, false)
	if !ok || math.Abs((axes.A-after.Motor.A).Arcsec()) > 0.01 {
		t.Errorf("after the push the star in the centre is sought at %v, motor at %v", axes, after.Motor)
	}
}

func TestTurnRotor(t *testing.T) {
	for _, tt := range []struct {
		turn  float64
		power bool
		rests float64
		lost  int64
	}{{1.5, true, 0, 0}, {2.7, true, 4, 4}, {-9, true, -8, -8}, {9.2, false, 9, 8}, {-3.1, false, -3, -4}} {
		b := newBench(t, lightMotors(), testRig())
		p := newPlayer(t, b)
		p.hold()
		p.wait(time.Second)
		if !tt.power {
			p.off()
			p.wait(time.Second)
		}
		b.TurnRotor(AxisA, tt.turn)
		p.wait(time.Second)
		if got := b.Truth(p.at).A.RotorFullSteps; math.Abs(got-tt.rests) > 0.05 {
			t.Errorf("turned by %v, power %v: rests at %.3f, not %v", tt.turn, tt.power, got, tt.rests)
		}
		p.a += 0
		p.hold()
		p.wait(time.Second)
		truth := b.Truth(p.at)
		if truth.A.LostFullSteps != tt.lost {
			t.Errorf("turned by %v, power %v: lost %d, not %d", tt.turn, tt.power, truth.A.LostFullSteps, tt.lost)
		}
		// The controller's count has not changed: stars are sought elsewhere.
		axes, ok := b.AxesFor(truth.Equatorial, p.at, false)
		if !ok || math.Abs(axes.A.Arcsec()) > 0.2 {
			t.Errorf("lost %d: the star in the centre is sought at count %v, not 0", tt.lost, axes.A)
		}
	}
}

func TestFeedback(t *testing.T) {
	c := Faultless()
	c.EncoderCounts = 360
	c.A.SwitchLowDeg, c.A.SwitchHighDeg = -5, 89
	for _, tt := range []struct {
		alt       float64
		count     int64
		low, high bool
	}{{-6, -6, true, false}, {-3.5, -4, false, false}, {45.5, 45, false, false}, {89.5, 89, false, true}} {
		r := testRig()
		r.A.StartFullSteps = tt.alt * 3600 / testFullStep
		b := newBench(t, c, r)
		if _, a := b.Encoders(0); a != tt.count {
			t.Errorf("at %v° the encoder counts %d, not %d", tt.alt, a, tt.count)
		}
		if low, high := b.LimitSwitches(AxisA, 0); low != tt.low || high != tt.high {
			t.Errorf("at %v° the switches are %v, %v", tt.alt, low, high)
		}
		if low, high := b.LimitSwitches(AxisZ, 0); low || high {
			t.Error("switches that are not there are closed")
		}
	}
	for _, tt := range []struct {
		steps float64
		index bool
	}{{0.5, true}, {3, false}, {-1, false}, {201, true}, {-199, true}} {
		r := testRig()
		r.Z.StartFullSteps = tt.steps
		if got := newBench(t, c, r).WormIndex(AxisZ, 0); got != tt.index {
			t.Errorf("at full step %v the index is %v", tt.steps, got)
		}
	}
}

func TestWind(t *testing.T) {
	c := Faultless()
	c.WindArcsec = 5
	shake := func(seed uint64) (list []model.Angle, rms float64) {
		r := testRig()
		r.Seed = seed
		r.A.StartFullSteps = 45 * 3600 / testFullStep
		b := newBench(t, c, r)
		b.train[AxisA].rotor.rest = true
		for i := range 6000 {
			d := b.Truth(driver.Instant(i)*50e6).Observed.Alt - model.Degrees(45)
			list = append(list, d)
			rms += d.Arcsec() * d.Arcsec()
		}
		return list, math.Sqrt(rms / float64(len(list)))
	}
	first, rms := shake(1)
	again, _ := shake(1)
	other, _ := shake(2)
	if math.Abs(rms-5) > 0.7 {
		t.Errorf("wind shakes by %.2f″ rms, not 5″", rms)
	}
	if first[99] != again[99] || first[99] == other[99] {
		t.Errorf("seeds 1, 1, 2 give %v, %v, %v", first[99], again[99], other[99])
	}
}
