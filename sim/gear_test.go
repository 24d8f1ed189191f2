// SPDX-License-Identifier: GPL-3.0-or-later

package sim

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/siderostep/siderostep/model"
)

// Motion is conserved: what the rotor makes and the driven side does not is
// the change in the play taken up.
func TestPlayConserves(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := gear{play: rapid.Float64Range(0, 5).Draw(t, "play")}
		var x, y float64
		for _, move := range rapid.SliceOf(rapid.Float64Range(-4, 4)).Draw(t, "moves") {
			before := y - x
			x += move
			next := g.mesh(y, x)
			if taken := next - x; taken < 0 || taken > g.play+1e-12 {
				t.Fatalf("play of %v is taken up by %v", g.play, taken)
			} else if math.Abs((next-y)-(move+taken-before)) > 1e-12 {
				t.Fatalf("driven side moved by %v for %v", next-y, move)
			}
			if (next-y)*move < 0 {
				t.Fatalf("driven side moved by %v against %v", next-y, move)
			}
			y = next
		}
	})
}

// A reversing motor turns through the backlash before the tube follows:
// stepper-core reference 4, with B = 10″ or 40 microsteps.
func TestBacklash(t *testing.T) {
	c := Faultless()
	c.A.BacklashArcsec = 10
	b := newBench(t, c, testRig())
	p := newPlayer(t, b)
	for _, tt := range []struct {
		move int64   // microsteps
		want float64 // tube, arcseconds
	}{{80, 20}, {-20, 20}, {-20, 20}, {-40, 10}, {28, 10}, {12, 10}, {40, 20}, {-4, 20}, {4, 20}, {4, 21}} {
		p.creep(tt.move, 100)
		// A microstep of 0.25″ overshoots a little, and so may the tube.
		if got := b.Truth(p.at).Axes.A.Arcsec(); math.Abs(got-tt.want) > 0.2 {
			t.Errorf("after %+d microsteps, at %d, the tube is at %.3f″, not %v″", tt.move, p.a, got, tt.want)
		}
	}
}

// One turn of the worm shows its periodic error, both harmonics, and a full
// step that is not what the rig says shows as its share.
func TestWorm(t *testing.T) {
	c := Faultless()
	c.Z.WormErrorArcsec, c.Z.WormPhaseDeg = 6, 70
	c.Z.WormError2Arcsec, c.Z.WormPhase2Deg = 2, -20
	c.Z.StepErrorPpm = 1000
	b := newBench(t, c, testRig())
	p := newPlayer(t, b)
	p.hold()
	for ; p.z <= 2000; p.z += 25 {
		p.hold()
		p.wait(300 * time.Millisecond)
		truth := b.Truth(p.at)
		turn := 2 * math.Pi * truth.Z.RotorFullSteps / 200
		deg := math.Pi / 180
		want := truth.Z.RotorFullSteps*testFullStep*1.001 + 6*math.Sin(turn+70*deg) + 2*math.Sin(2*turn-20*deg)
		if d := truth.Axes.Z.Arcsec() - want; math.Abs(d) > 1e-6 {
			t.Fatalf("microstep %d: axis is %g″ from its worm", p.z, d)
		}
		if d := truth.Motor.Z.Arcsec() - truth.Z.RotorFullSteps*testFullStep; math.Abs(d) > 1e-6 {
			t.Fatalf("motor angle is off by %g″", d)
		}
	}
}

// An eccentric last gear errs once per turn of the axis, and the inverse of
// the whole train finds the motor's place again.
func TestGearInverse(t *testing.T) {
	c := DefaultConfig().Z
	c.EccentricityArcsec, c.StepErrorPpm = 3000, -500
	g := newGear(&c, Drive{FullStep: model.Arcsec(testFullStep)}, 8192)
	g.slip = 0.3
	var most float64
	for y := -600000.0; y < 600000; y += 997 {
		angle := g.axis(y)
		most = max(most, math.Abs(angle-0.3-y*g.step)/arcsec)
		if back := g.driven(angle); math.Abs(back-y) > 1e-7 {
			t.Fatalf("driven(axis(%v)) = %v", y, back)
		}
	}
	if most < 2990 || most > 3010 {
		t.Errorf("the train errs by up to %.1f″, not about 3007″", most)
	}
}
