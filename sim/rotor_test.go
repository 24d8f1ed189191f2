// SPDX-License-Identifier: GPL-3.0-or-later

package sim

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/model"
)

func TestQuarterSinCos(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := rapid.Float64Range(-1e6, 1e6).Draw(t, "x")
		sin, cos := quarterSinCos(x)
		wantSin, wantCos := math.Sincos(math.Mod(x, 4) * math.Pi / 2)
		if math.Abs(sin-wantSin) > 1e-8 || math.Abs(cos-wantCos) > 1e-8 {
			t.Fatalf("(%v, %v), not (%v, %v)", sin, cos, wantSin, wantCos)
		}
	})
}

func TestSettling(t *testing.T) {
	for _, n := range []int64{1, perFull / 2, perFull} {
		b := newBench(t, lightMotors(), testRig())
		p := newPlayer(t, b)
		p.hold()
		p.wait(time.Second)
		p.a += n
		p.hold()
		start, still := p.at, p.at
		end := b.Truth(start.Add(time.Second)).A.RotorFullSteps
		var overshoot float64
		for ; p.at < start.Add(200*time.Millisecond); p.wait(100 * time.Microsecond) {
			r := b.Truth(p.at).A.RotorFullSteps
			overshoot = max(overshoot, r-end)
			if math.Abs(r-end) > 0.1/perFull*2 {
				still = p.at
			}
		}
		settled := still.Sub(start)
		t.Logf("%2d microsteps: overshoot %.1f microsteps, within 0.2 microstep after %.1f ms", n, overshoot*perFull, settled.Seconds()*1e3)
		if overshoot <= 0 || overshoot > 0.9*float64(n)/perFull {
			t.Errorf("overshoot of %.3f full steps", overshoot)
		}
		if settled > 80*time.Millisecond {
			t.Errorf("a step of %d microsteps rings for %v", n, settled)
		}
	}
}

func TestTurningPointIsNotRest(t *testing.T) {
	c := Faultless()
	m, g := newMotor(&c.Motor), gear{}
	m.induced = 0 // or the currents would tell
	const dt = 100e-6
	still := 0
	for v := 0.0; v < 40; v += 0.05 {
		r := rotor{x: 0.3, v: v, i: [2]float64{1, 0}, u: [2]float64{1, 0}}
		share := (1 - math.Exp(-m.damper*dt)) / (1 + m.disc)
		r.disc = -v * share / (1 - share) // the disc comes to a stop too
		rest := r.run(&m, &g, dt, 1)
		if r.v == 0 {
			still++
		}
		if rest {
			t.Fatalf("a rotor %.3f full steps from its place is at rest", r.x)
		}
	}
	if still == 0 {
		t.Fatal("no turning point was met")
	}
}

func TestLagGrowsWithSpeed(t *testing.T) {
	var before float64
	for _, speed := range []float64{1000, 4000, 7000, 10000, 12000} {
		p := newPlayer(t, newBench(t, Faultless(), testRig()))
		p.hold()
		p.wait(time.Second)
		lag := p.cruise(speed, 8000)
		t.Logf("%5.0f half steps/s: lag %.2f full steps", speed, lag)
		if lag <= before || lag > 2 {
			t.Errorf("lag at %v half steps/s is %.3f full steps, not from %.3f to 2", speed, lag, before)
		}
		if lost := p.b.Truth(p.at).A.LostFullSteps; lost != 0 {
			t.Errorf("lost %d full steps at %v half steps/s", lost, speed)
		}
		before = lag
	}
}

func (p *player) cruise(speed, acceleration float64) float64 {
	var sum float64
	var n int
	ramp := speed / acceleration
	start := p.at
	for k := 1; ; k++ {
		d := float64(k) - 0.5
		t := math.Sqrt(2 * d / acceleration)
		if t > ramp {
			t = ramp + (d-ramp*speed/2)/speed
		}
		if t > ramp+1 {
			return sum / float64(n)
		}
		p.at = start.Add(time.Duration(t * 1e9))
		if t > ramp+0.5 {
			// The half step now standing pulls to (k−1)/2 full steps; on the
			// mean over its stay the field is a quarter step behind it.
			sum += float64(k-1)/2 + 0.25 - p.b.Truth(p.at).A.RotorFullSteps
			n++
		}
		p.a += perFull / 2
		p.drive(patternOf(halfStepDuty(p.a), microstepDuty(p.z, p.table), 0))
	}
}

func TestPullOut(t *testing.T) {
	for _, speed := range []float64{2000, 6000, 14000} {
		c := Faultless()
		c.Motor.PullOutHalfStepsPerS = speed
		for _, tt := range []struct {
			factor float64
			stalls bool
		}{{0.5, false}, {0.9, false}, {1.15, true}, {1.6, true}} {
			b := newBench(t, c, testRig())
			p := newPlayer(t, b)
			p.hold()
			p.wait(time.Second)
			n := p.slew(-1, speed*tt.factor, speed, 500*time.Millisecond)
			truth := b.Truth(p.at)
			lost := truth.A.LostFullSteps
			if (lost != 0) != tt.stalls {
				t.Errorf("pull-out %v, %.0f half steps/s: lost %d full steps", speed, speed*tt.factor, lost)
			}
			if lost%4 != 0 || lost < 0 {
				t.Errorf("lost %d full steps counter-clockwise: not whole cycles", lost)
			}
			if d := truth.A.RotorFullSteps - (-float64(n)/2 + float64(lost)); math.Abs(d) > 0.05 {
				t.Errorf("rotor ends %.3f full steps from its field", d)
			}
		}
	}
}

func TestLoadLowersPullOut(t *testing.T) {
	b := newBench(t, Faultless(), testRig())
	b.Load(AxisA, 60, 0)
	p := newPlayer(t, b)
	p.hold()
	p.wait(time.Second)
	p.slew(1, 8000, 8000, 200*time.Millisecond)
	if lost := b.Truth(p.at).A.LostFullSteps; lost >= 0 || lost%4 != 0 {
		t.Errorf("lost %d full steps at 8000 half steps/s under 60 %% load", lost)
	}
	b = newBench(t, Faultless(), testRig())
	b.Load(AxisA, 60, 0)
	p = newPlayer(t, b)
	p.hold()
	p.wait(time.Second)
	p.slew(1, 1500, 8000, 200*time.Millisecond)
	if lost := b.Truth(p.at).A.LostFullSteps; lost != 0 {
		t.Errorf("lost %d full steps at 1500 half steps/s under 60 %% load", lost)
	}
}

func TestPowerOffRelaxes(t *testing.T) {
	for _, tt := range []struct {
		microstep int64
		want      float64
	}{{3, 0}, {7, 1}, {12, 1}, {-3, 0}, {-18, -2}} {
		b := newBench(t, lightMotors(), testRig())
		p := newPlayer(t, b)
		p.creep(tt.microstep, 60)
		p.off()
		p.wait(time.Second)
		truth := b.Truth(p.at)
		if d := math.Abs(truth.A.RotorFullSteps - tt.want); d > 0.05 {
			t.Errorf("from microstep %d the rotor falls to %.3f, not %v", tt.microstep, truth.A.RotorFullSteps, tt.want)
		}
		if truth.A.Energised || truth.A.Current != 0 {
			t.Errorf("current without power: %+v", truth.A)
		}
		// Power back on: to where it was.
		p.hold()
		p.wait(time.Second)
		truth = b.Truth(p.at)
		if d := math.Abs(truth.A.RotorFullSteps*perFull - float64(tt.microstep)); d > 0.2 || truth.A.LostFullSteps != 0 {
			t.Errorf("power restored: rotor at %.3f, lost %d", truth.A.RotorFullSteps, truth.A.LostFullSteps)
		}
	}
}

func TestTruthChangesNothing(t *testing.T) {
	run := func(look bool) Truth {
		b := newBench(t, DefaultConfig(), testRig())
		p := newPlayer(t, b)
		p.hold()
		for n := range 500 {
			p.wait(3 * time.Millisecond)
			p.a += int64(n%3) - 1 + 2
			p.z--
			if look {
				b.Truth(p.at.Add(-time.Second))
				b.Truth(p.at.Add(time.Duration(n) * time.Millisecond))
				b.Encoders(p.at.Add(time.Duration(n%7) * time.Second))
				b.CameraOffset(model.Equatorial{RA: 1, Dec: 1}, p.at)
			}
			p.hold()
		}
		return b.Truth(p.at)
	}
	if quiet, watched := run(false), run(true); quiet != watched {
		t.Errorf("watched, the world is\n%+v, not\n%+v", watched, quiet)
	}
}

func TestNothingBlowsUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		span := func(name string, least, most float64) float64 { return rapid.Float64Range(least, most).Draw(t, name) }
		c := Faultless()
		c.Motor = Motor{
			NaturalFrequencyHz:    span("frequency", 10, 300),
			PullOutHalfStepsPerS:  span("pull-out", 200, 25000),
			WindingTimeConstantMs: span("tau", 0.02, 5),
			DetentPercent:         span("detent", 0, 50),
			FrictionPercent:       span("friction", 0.1, 80),
			CurrentExponent:       span("exponent", 1, 2),
		}
		b, err := New(c, testRig())
		if err != nil {
			t.Fatal(err)
		}
		var at driver.Instant
		for range 200 {
			at = at.Add(time.Duration(span("ns", 0, 3e6)))
			p := driver.Pattern{N: 2, Slots: [driver.MaxSlots]driver.Slot{
				{Word: rapid.Uint16Max(255).Draw(t, "word"), For: 50},
				{Word: rapid.Uint16Max(255).Draw(t, "word"), For: 50},
			}}
			if err := b.Windings().Drive(at, &p); err != nil {
				t.Fatal(err)
			}
		}
		// No rotor goes faster than a field that turns by a cycle each
		// millisecond for long.
		truth := b.Truth(at)
		if m := truth.A; !(math.Abs(m.RotorRate) < 2e4 && math.Abs(m.RotorFullSteps) < 2000) {
			t.Fatalf("rotor at %v, %v full steps/s", m.RotorFullSteps, m.RotorRate)
		}
	})
}
