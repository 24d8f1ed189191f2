// SPDX-License-Identifier: GPL-3.0-or-later

package sim

import (
	"testing"
	"time"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/model"
)

// track plays a stretch of tracking with both axes at about 55 microsteps a
// second, which is 13.75″/s at a quarter of an arcsecond.
func track(p *player, d time.Duration) {
	const a, z = 17_800_000, 18_600_000 // ns per microstep
	end := p.at.Add(d)
	nextA, nextZ := p.at.Add(a), p.at.Add(z)
	for p.at = min(nextA, nextZ); p.at < end; p.at = min(nextA, nextZ) {
		if p.at == nextA {
			p.a++
			nextA += a
		} else {
			p.z++
			nextZ += z
		}
		pattern := cached[(p.a%40)*40+p.z%40]
		if err := p.b.Windings().Drive(p.at, &pattern); err != nil {
			p.tb.Fatal(err)
		}
	}
	p.at = end
}

// cached holds the patterns of all pairs of phases, so that a benchmark
// measures the bench and not the player.
var cached = func() (c [1600]driver.Pattern) {
	for a := range int64(40) {
		for z := range int64(40) {
			c[a*40+z] = patternOf(microstepDuty(a, &manual), microstepDuty(z, &manual), 0)
		}
	}
	return c
}()

// BenchmarkTrackingHour is one simulated hour of tracking with both axes.
func BenchmarkTrackingHour(b *testing.B) {
	b.ReportAllocs()
	bench := newBench(b, DefaultConfig(), testRig())
	p := newPlayer(b, bench)
	start := p.at
	for b.Loop() {
		track(p, time.Hour)
	}
	b.ReportMetric(p.at.Sub(start).Seconds()/b.Elapsed().Seconds(), "sim-s/s")
}

// BenchmarkSlewSecond is one simulated second of slewing with both axes at
// 7,000 half steps per second.
func BenchmarkSlewSecond(b *testing.B) {
	b.ReportAllocs()
	bench := newBench(b, DefaultConfig(), testRig())
	w := bench.Windings()
	var at driver.Instant
	rate, n := 500.0, 0
	run := func(until driver.Instant) {
		for at < until {
			rate = min(7000, rate+7000/rate) // 7,000 half steps/s²
			at = at.Add(time.Duration(1e9 / rate))
			n++
			if err := w.Drive(at, &patternsHalf[n%8]); err != nil {
				b.Fatal(err)
			}
		}
	}
	run(2e9)
	start := at
	for b.Loop() {
		run(at.Add(time.Second))
	}
	b.ReportMetric(at.Sub(start).Seconds()/b.Elapsed().Seconds(), "sim-s/s")
	if truth := bench.Truth(at); truth.A.LostFullSteps != 0 || truth.Z.LostFullSteps != 0 || truth.A.RotorFullSteps < 3000 {
		b.Errorf("the slew stalled: %+v", truth.A)
	}
}

var patternsHalf = func() (c [8]driver.Pattern) {
	for h := range int64(8) {
		c[h] = patternOf(halfStepDuty(h*5), halfStepDuty(h*5), 0)
	}
	return c
}()

func BenchmarkTruth(b *testing.B) {
	b.ReportAllocs()
	bench := newBench(b, DefaultConfig(), testRig())
	var at driver.Instant
	for b.Loop() {
		at += 1e6
		bench.Truth(at)
	}
}

func BenchmarkAxesFor(b *testing.B) {
	b.ReportAllocs()
	bench := newBench(b, DefaultConfig(), testRig())
	star := bench.Truth(0).Equatorial
	star.Dec += model.Degrees(20)
	var at driver.Instant
	for b.Loop() {
		at += 1e6
		if _, ok := bench.AxesFor(star, at, false); !ok {
			b.Fatal("out of reach")
		}
	}
}

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		newBench(b, DefaultConfig(), testRig())
	}
}

// TestNoAllocation holds the calls that run thousands of times a second to
// that.
func TestNoAllocation(t *testing.T) {
	b := newBench(t, DefaultConfig(), testRig())
	w, focus := b.Windings(), b.FocuserPulses()
	var at driver.Instant
	calls := map[string]func(){
		"Drive": func() { _ = w.Drive(at, &cached[int(at/20e6)%1600]) },
		"Pulse": func() { _ = focus.Pulse(at, true) },
		"Truth": func() { b.Truth(at) },
		"Camera": func() {
			b.CameraOffset(model.Equatorial{}, at)
		},
	}
	for name, call := range calls {
		if n := testing.AllocsPerRun(200, func() { at += 20e6; call() }); n > 0 {
			t.Errorf("%s allocates %v times", name, n)
		}
	}
}
