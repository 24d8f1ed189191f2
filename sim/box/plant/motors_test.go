// SPDX-License-Identifier: GPL-3.0-or-later

package plant_test

import (
	"errors"
	"math"
	"testing"
	"time"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/sim/box"
	"github.com/siderostep/siderostep/sim/box/chip"
	"github.com/siderostep/siderostep/sim/box/plant"
)

var (
	_ driver.Lines  = (*plant.Motors)(nil)
	_ driver.Lines  = (*plant.Focuser)(nil)
	_ driver.Inputs = (*plant.Paddle)(nil)
)

func newClock() *clock.Manual {
	return clock.NewManual(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))
}

// The half-step sequences of stepper-core 1.1, clockwise.
var (
	four = []uint32{0x01, 0x03, 0x02, 0x06, 0x04, 0x0C, 0x08, 0x09}
	five = []uint32{0x01, 0x03, 0x02, 0x06, 0x04, 0x0C, 0x08, 0x18, 0x10, 0x11}
)

func newMotors(t *testing.T, c clock.Clock, cfg plant.MotorsConfig) *plant.Motors {
	t.Helper()
	cfg.Period, cfg.Now = plant.DefaultPeriod, box.Since(c)
	m, err := plant.NewMotors(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// halfSteps drives n half steps of 4 ms each from index 0 on.
func halfSteps(m *plant.Motors, c *clock.Manual, n int, word func(i int) uint32) {
	for i := range n {
		_ = m.Write(word(i), 0xFFFFFFFF)
		c.Advance(4 * time.Millisecond)
	}
}

func TestMotorsFollowHalfSteps(t *testing.T) {
	c := newClock()
	m := newMotors(t, c, plant.MotorsConfig{Count: 2, Windings: 4})
	// Motor A clockwise, motor Z the other way, as bytes of the port.
	halfSteps(m, c, 81, func(i int) uint32 { return four[i%8] | four[(80-i)%8]<<4 })
	if a, z := m.Truth(0).FullSteps, m.Truth(1).FullSteps; math.Abs(a-40) > 0.05 || math.Abs(z+40) > 0.05 {
		t.Errorf("A %v, Z %v full steps, want ±40", a, z)
	}
	if got := m.Truth(0); got.Peak != 2 || got.Current != 1 {
		t.Errorf("%+v: a half step has two windings on, a full step one", got)
	}
	c = newClock()
	m = newMotors(t, c, plant.MotorsConfig{Count: 2, Windings: 5})
	halfSteps(m, c, 101, func(i int) uint32 { return five[i%10] | five[(100-i)%10]<<5 })
	if a, z := m.Truth(0).FullSteps, m.Truth(1).FullSteps; math.Abs(a-50) > 0.05 || math.Abs(z+50) > 0.05 {
		t.Errorf("five windings: A %v, Z %v full steps, want ±50", a, z)
	}
}

func TestDetentsOfFiveWindings(t *testing.T) {
	c := newClock()
	m := newMotors(t, c, plant.MotorsConfig{Count: 1, Windings: 5})
	halfSteps(m, c, 8, func(i int) uint32 { return five[min(i, 6)] })
	_ = m.Write(0, 0x1F)
	c.Advance(50 * time.Millisecond)
	if got := m.Truth(0).FullSteps; math.Abs(got-3) > 0.07 {
		t.Errorf("let go on full step 3, and at %v", got) // friction holds within asin(0.4)/5
	}
}

func TestInvertedLines(t *testing.T) {
	c := newClock()
	m := newMotors(t, c, plant.MotorsConfig{Count: 1, Windings: 4, Invert: true})
	halfSteps(m, c, 17, func(i int) uint32 { return 0x0F - four[i%8] })
	if got := m.Truth(0); math.Abs(got.FullSteps-8) > 0.05 || got.Peak != 2 {
		t.Errorf("%+v", got)
	}
	// A port that does not know of the inversion holds three windings on.
	_ = m.Write(0x01, 0x0F)
	c.Advance(2 * time.Millisecond)
	if got := m.Truth(0).Peak; got != 3 {
		t.Errorf("peak current %v, want 3", got)
	}
}

func TestModulationTurnsByParts(t *testing.T) {
	c := newClock()
	m := newMotors(t, c, plant.MotorsConfig{Count: 1, Windings: 4})
	// a for 0.8 ms and b for 0.6 ms of each millisecond.
	for range 50 {
		_ = m.Write(3, 3)
		c.Advance(600 * time.Microsecond)
		_ = m.Write(1, 3)
		c.Advance(200 * time.Microsecond)
		_ = m.Write(0, 3)
		c.Advance(200 * time.Microsecond)
	}
	want := math.Atan2(0.6, 0.8) / (math.Pi / 2)
	got := m.Truth(0)
	// The detent's pull is 5 % of one winding, friction 2 %: together at most
	// 0.07 of a torque 1·sin, 0.045 full steps.
	if math.Abs(got.FullSteps-want) > 0.05 || math.Abs(got.Current-1.4) > 1e-9 {
		t.Errorf("%+v, want %.3f full steps at a current of 1.4", got, want)
	}
	_ = m.Write(0, 3)
	c.Advance(50 * time.Millisecond)
	// The detent at 0 is the nearer; friction holds where 0.05·sin 4φ is 0.02.
	held := math.Asin(0.02/0.05) / 4 / (math.Pi / 2)
	if got := m.Truth(0); math.Abs(got.FullSteps-held) > 0.001 || got.Current != 0 {
		t.Errorf("let go: %+v, want %.4f", got, held)
	}
}

// Of the 24 orders of four leads 8 turn, 4 each way, and 16 buzz.
func TestWindingOrders(t *testing.T) {
	for _, how := range []string{"half steps", "full steps"} {
		counts := map[string]int{}
		for _, leads := range orders([]int{0, 1, 2, 3}) {
			c := newClock()
			m := newMotors(t, c, plant.MotorsConfig{Count: 1, Windings: 4, Leads: [][]int{leads}})
			by := 1
			if how == "full steps" {
				by = 2
			}
			word := func(i int) uint32 { return four[by*i%8] }
			halfSteps(m, c, 8, word) // the first field may stand straight against the rotor
			halfSteps(m, c, 1, word)
			start := m.Truth(0)
			halfSteps(m, c, 80/by+1, word)
			end := m.Truth(0)
			turned, travelled := end.FullSteps-start.FullSteps, end.Travel-start.Travel
			switch {
			case math.Abs(turned-40) < 0.1:
				counts["turns"]++
			case math.Abs(turned+40) < 0.1:
				counts["reverse"]++
			case math.Abs(turned) < 3 && travelled > 15:
				counts["buzzes"]++
			default:
				t.Errorf("%s, leads %v: turned %.2f, travelled %.2f", how, leads, turned, travelled)
			}
		}
		if counts["turns"] != 4 || counts["reverse"] != 4 || counts["buzzes"] != 16 {
			t.Errorf("%s: %v, want 4, 4 and 16", how, counts)
		}
	}
}

// orders returns all orders of s.
func orders(s []int) (all [][]int) {
	if len(s) == 0 {
		return [][]int{nil}
	}
	for i := range s {
		var rest []int
		rest = append(append(rest, s[:i]...), s[i+1:]...)
		for _, o := range orders(rest) {
			all = append(all, append([]int{s[i]}, o...))
		}
	}
	return all
}

func TestHowOftenOneLooksChangesNothing(t *testing.T) {
	run := func(look bool) float64 {
		c := newClock()
		m := newMotors(t, c, plant.MotorsConfig{Count: 1, Windings: 4})
		for i := range 200 {
			_ = m.Write(four[i/7%8], 0xF)
			for range 3 {
				c.Advance(137 * time.Microsecond)
				if look {
					m.Truth(0)
				}
			}
		}
		return m.Truth(0).FullSteps
	}
	// 28 half steps, of which the last may be on its way.
	if a, b := run(false), run(true); math.Abs(a-b) > 1e-6 || math.Abs(a-14) > 0.6 {
		t.Errorf("%v full steps unseen, %v seen, want 14", a, b)
	}
}

func TestPCA9685TurnsAMotor(t *testing.T) {
	c := newClock()
	now := box.Since(c)
	m := newMotors(t, c, plant.MotorsConfig{Count: 1, Windings: 4})
	p := chip.NewPCA9685(now, 0x40)
	p.Changed = func(at driver.Instant, out [chip.Channels]chip.Output) {
		duty := make([]float64, len(out))
		for i, o := range out {
			duty[i] = o.Duty
		}
		m.SetDuty(at, duty)
	}
	bus := chip.NewBus(now, nil, p)
	tx := func(w ...byte) {
		t.Helper()
		if err := bus.Tx(0x40, w, nil); err != nil {
			t.Fatal(err)
		}
	}
	tx(0x00, 0x20)
	c.Advance(time.Millisecond)
	for i := range 41 {
		w := []byte{0x06}
		for line := range 4 {
			w = append(w, 0, 0, 0, byte(four[i%8]>>line&1)*8) // half duty
		}
		tx(w...)
		c.Advance(5 * time.Millisecond)
	}
	if got := m.Truth(0); math.Abs(got.FullSteps-20) > 0.05 || got.Peak != 1 {
		t.Errorf("%+v, want 20 full steps at half current", got)
	}
	p.PowerGlitch()
	c.Advance(5 * time.Millisecond)
	if got := m.Truth(0); got.Current != 0 {
		t.Errorf("after a power glitch: %+v", got)
	}
}

func TestMotorsConfigIsChecked(t *testing.T) {
	now := box.Since(newClock())
	for _, cfg := range []plant.MotorsConfig{
		{Count: 1, Windings: 3, Period: 1, Now: now},
		{Count: 0, Windings: 4, Period: 1, Now: now},
		{Count: 9, Windings: 4, Period: 1, Now: now},
		{Count: 1, Windings: 4, Now: now},
		{Count: 1, Windings: 4, Period: 1},
		{Count: 1, Windings: 4, Period: 1, Now: now, Leads: [][]int{{0, 1, 2, 2}}},
		{Count: 1, Windings: 4, Period: 1, Now: now, Leads: [][]int{nil, nil}},
	} {
		if _, err := plant.NewMotors(cfg); !errors.Is(err, fault.Invalid) {
			t.Errorf("%+v: %v", cfg, err)
		}
	}
}
