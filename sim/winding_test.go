// SPDX-License-Identifier: GPL-3.0-or-later

package sim

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/siderostep/siderostep/driver"
)

func TestHalfStepWords(t *testing.T) {
	words := []uint16{1, 3, 2, 6, 4, 0xC, 8, 9}
	for _, shift := range []int{0, 4} {
		for _, sense := range []int{1, -1} {
			b := newBench(t, Faultless(), testRig())
			var at driver.Instant
			for n := range 81 {
				p := driver.Pattern{N: 1, Slots: [driver.MaxSlots]driver.Slot{{Word: words[(n*sense%8+8)%8] << shift, For: 1}}}
				if err := b.Windings().Drive(at, &p); err != nil {
					t.Fatal(err)
				}
				at = at.Add(20 * time.Millisecond)
			}
			truth := b.Truth(at.Add(time.Second))
			moved, other := truth.A, truth.Z
			if shift == 4 {
				moved, other = other, moved
			}
			if want := float64(sense) * 40; math.Abs(moved.RotorFullSteps-want) > 0.02 {
				t.Errorf("shift %d: rotor at %.3f, not %v", shift, moved.RotorFullSteps, want)
			}
			if other.RotorFullSteps != 0 || other.Energised {
				t.Errorf("shift %d: the other motor moved or has current: %+v", shift, other)
			}
		}
	}
}

func TestReversedWiring(t *testing.T) {
	c := Faultless()
	c.A.Reversed = true
	b := newBench(t, c, testRig())
	p := newPlayer(t, b)
	p.a = 20 // words 4: the rotor, at 0, holds there when reversed
	p.creep(100, 60)
	if got := b.Truth(p.at).A.RotorFullSteps; math.Abs(got+10) > 0.05 {
		t.Errorf("rotor at %.3f after 100 microsteps, not −10", got)
	}
}

func TestMicrosteps(t *testing.T) {
	for _, tt := range []struct {
		name     string
		exponent float64
		table    *[perFull + 1]float64
		within   float64 // microsteps
	}{
		{"manual's table, default currents", 1.5, &manual, 0.15},
		{"manual's table, linear currents", 1, &manual, 0.95},
		{"sine table, linear currents", 1, &sines, 0.25},
		{"sine table, default currents", 1.5, &sines, 1.1},
	} {
		c := lightMotors()
		c.Motor.CurrentExponent = tt.exponent
		b := newBench(t, c, testRig())
		p := newPlayer(t, b)
		p.table = tt.table
		var worst float64
		errors := ""
		for p.a = 0; p.a < 40; p.a++ {
			p.hold()
			p.wait(time.Second)
			e := b.Truth(p.at).A.RotorFullSteps*perFull - float64(p.a)
			worst = max(worst, math.Abs(e))
			if p.a <= perFull {
				errors += fmt.Sprintf(" %+.2f", e)
			}
		}
		t.Logf("%s: places off by%s microsteps", tt.name, errors)
		if worst > tt.within {
			t.Errorf("%s: a place is off by %.2f microsteps; at most %v", tt.name, worst, tt.within)
		}
	}
}

func TestCurrents(t *testing.T) {
	c := Faultless()
	c.Motor.CurrentExponent = 1
	for _, tt := range []struct {
		name     string
		dead     float64
		pause    int
		duty     int
		strength float64
	}{
		{"full", 0, 0, 100, 1},
		{"half the period paused", 0, 100, 100, 0.5},
		{"inside the dead band", 10, 0, 9, 0},
		{"halfway above the dead band", 10, 0, 55, 0.5},
	} {
		c.Motor.PWMDeadBandPercent = tt.dead
		b := newBench(t, c, testRig())
		p := newPlayer(t, b)
		p.drive(patternOf([4]int{tt.duty}, [4]int{}, tt.pause))
		if got := b.Truth(0).A.Current; math.Abs(got-tt.strength) > 1e-12 {
			t.Errorf("%s: current %v, not %v", tt.name, got, tt.strength)
		}
	}
	// All windings on, as a port with its outputs inverted has them: four
	// times the current and no hold.
	b := newBench(t, Faultless(), testRig())
	p := newPlayer(t, b)
	p.drive(driver.Pattern{N: 1, Slots: [driver.MaxSlots]driver.Slot{{Word: 0xff, For: 1}}})
	if got := b.Truth(0).A.Current; math.Abs(got-4) > 1e-12 {
		t.Errorf("all windings on: current %v, not 4", got)
	}
	// A broken lead carries none.
	b.BreakWinding(AxisA, 2, true)
	if got := b.Truth(0).A.Current; math.Abs(got-3) > 1e-12 {
		t.Errorf("one lead broken: current %v, not 3", got)
	}
}

func TestDriveRefuses(t *testing.T) {
	b := newBench(t, Faultless(), testRig())
	w := b.Windings()
	good := patternOf([4]int{100}, [4]int{100}, 0)
	if err := w.Drive(1e9, &good); err != nil {
		t.Fatal(err)
	}
	wide := good
	wide.Slots[0].Word = 0x111
	for name, try := range map[string]func() error{
		"an earlier instant": func() error { return w.Drive(1e9-1, &good) },
		"no slots":           func() error { return w.Drive(2e9, &driver.Pattern{}) },
		"too many slots":     func() error { return w.Drive(2e9, &driver.Pattern{N: driver.MaxSlots + 1}) },
		"no duration":        func() error { return w.Drive(2e9, &driver.Pattern{N: 1}) },
		"a ninth line":       func() error { return w.Drive(2e9, &wide) },
	} {
		if try() == nil {
			t.Errorf("a pattern with %s is accepted", name)
		}
	}
	if got := b.Truth(3e9).A.Current; got != 1 {
		t.Errorf("a refused pattern changed the current to %v", got)
	}
}
