// SPDX-License-Identifier: GPL-3.0-or-later

package sim

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/model"
)

const (
	perFull = 10  // microsteps in a full step
	slots   = 100 // time slots in a PWM period
)

// table is the duty of the winding approached at each microstep; the winding
// left has the mirror image. sines is exact for linear currents, manual is the
// manual's generated table, 100·√(k/(Ms−k)) mirrored.
var (
	sines = func() (t [perFull + 1]float64) {
		for k := range t {
			t[k] = slots * math.Sin(float64(k)*math.Pi/2/perFull)
		}
		return t
	}()
	manual = [perFull + 1]float64{0, 33, 50, 65, 82, 100, 100, 100, 100, 100, 100}
)

// microstepDuty returns the slots for windings a, b, a−, b− at microstep n.
func microstepDuty(n int64, table *[perFull + 1]float64) (d [4]int) {
	phase := ((n % (4 * perFull)) + 4*perFull) % (4 * perFull)
	w, k := phase/perFull, phase%perFull
	d[w] = int(math.Round(table[perFull-k]))
	d[(w+1)%4] = int(math.Round(table[k]))
	return d
}

// halfStepDuty returns full current in the half step nearest below microstep n.
func halfStepDuty(n int64) (d [4]int) {
	h := ((n/(perFull/2))%8 + 8) % 8
	d[h/2] = slots
	if h%2 == 1 {
		d[(h/2+1)%4] = slots
	}
	return d
}

// patternOf builds one period from the on-times of both motors' windings, and
// a pause in which all are off.
func patternOf(a, z [4]int, pause int) driver.Pattern {
	on := append(a[:], z[:]...)
	edges := slices.Clone(on)
	slices.Sort(edges)
	edges = slices.Compact(append(edges, slots))
	var p driver.Pattern
	from := 0
	for _, edge := range edges {
		if edge == from {
			continue
		}
		var word uint16
		for line, until := range on {
			if until > from {
				word |= 1 << line
			}
		}
		p.Slots[p.N] = driver.Slot{Word: word, For: uint16(edge - from)}
		p.N++
		from = edge
	}
	if pause > 0 {
		p.Slots[p.N] = driver.Slot{For: uint16(pause)}
		p.N++
	}
	return p
}

// site and epoch of the tests.
var (
	testSite  = Site{Latitude: model.Degrees(45), Longitude: model.Degrees(11), HeightM: 200}
	testEpoch = time.Date(2025, 10, 3, 19, 0, 0, 0, time.UTC)
)

const testFullStep = 2.5 // arcsec

func testRig() Rig {
	return Rig{
		Site: testSite, Epoch: testEpoch,
		Z:       Drive{FullStep: model.Arcsec(testFullStep)},
		A:       Drive{FullStep: model.Arcsec(testFullStep)},
		Rotator: RotatorDrive{Step: model.Arcsec(4.5)},
		Focuser: FocuserDrive{StepMicrons: 2, StartSteps: 1000},
		Seed:    1,
	}
}

func newBench(tb testing.TB, c Config, r Rig) *Bench {
	tb.Helper()
	b, err := New(c, r)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

// lightMotors is Faultless with a friction of its own, for tests that measure
// where a rotor comes to rest: what they claim does not hang on the default.
func lightMotors() Config {
	c := Faultless()
	c.Motor.DetentPercent, c.Motor.FrictionPercent = 3, 0.7
	return c
}

// player drives both motors as a careless executor would.
type player struct {
	tb    testing.TB
	b     *Bench
	table *[perFull + 1]float64
	pause int
	at    driver.Instant
	a, z  int64 // microsteps given
}

func newPlayer(tb testing.TB, b *Bench) *player {
	return &player{tb: tb, b: b, table: &manual}
}

func (p *player) drive(pattern driver.Pattern) {
	p.tb.Helper()
	if err := p.b.Windings().Drive(p.at, &pattern); err != nil {
		p.tb.Fatal(err)
	}
}

// hold puts the present microsteps on the windings.
func (p *player) hold() {
	p.tb.Helper()
	p.drive(patternOf(microstepDuty(p.a, p.table), microstepDuty(p.z, p.table), p.pause))
}

// off cuts all currents.
func (p *player) off() { p.drive(driver.Pattern{N: 1, Slots: [driver.MaxSlots]driver.Slot{{For: 1}}}) }

func (p *player) wait(d time.Duration) { p.at = p.at.Add(d) }

// creep gives microsteps to motor A at a rate, and waits for the last to settle.
func (p *player) creep(n int64, perSecond float64) {
	p.tb.Helper()
	sign := int64(1)
	if n < 0 {
		sign = -1
	}
	p.hold()
	for range n * sign {
		p.wait(time.Duration(1e9 / perSecond))
		p.a += sign
		p.hold()
	}
	p.wait(300 * time.Millisecond)
}

// slew makes half steps with motor A, up to top half steps per second and down
// again, accelerating evenly, and waits for the end to settle. Each half step
// is played; at full speed for cruise.
func (p *player) slew(sign int64, top, acceleration float64, cruise time.Duration) (halfSteps int64) {
	p.tb.Helper()
	ramp := top / acceleration
	total := ramp*top + top*cruise.Seconds()
	halfSteps = int64(total)
	start := p.at
	for n := int64(1); n <= halfSteps; n++ {
		// When a trapezoid has covered n − ½ half steps.
		d := float64(n) - 0.5
		var t float64
		switch {
		case d < ramp*top/2:
			t = math.Sqrt(2 * d / acceleration)
		case d < total-ramp*top/2:
			t = ramp + (d-ramp*top/2)/top
		default:
			t = 2*ramp + cruise.Seconds() - math.Sqrt(2*(total-d)/acceleration)
		}
		p.at = start.Add(time.Duration(t * 1e9))
		p.a += sign * perFull / 2
		p.drive(patternOf(halfStepDuty(p.a), microstepDuty(p.z, p.table), 0))
	}
	p.wait(300 * time.Millisecond)
	return halfSteps
}
