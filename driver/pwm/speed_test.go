// SPDX-License-Identifier: GPL-3.0-or-later

package pwm_test

import (
	"testing"
	"time"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/driver/pwm"
	"github.com/siderostep/siderostep/driver/waveform"
	"github.com/siderostep/siderostep/model"
)

// null are lines that take everything.
type null struct{ writes int }

func (n *null) Write(_, _ uint32) error { n.writes++; return nil }

func count(n int) model.Microsteps { return model.Microsteps(n) }

// moving returns a function that makes the n-th step of two motors, and a port
// with a period of a millisecond.
func moving(t testing.TB) (*pwm.Port, *null, func(n int) driver.Pattern) {
	p, low, high := pair(t, waveform.DefaultConfig(), waveform.DefaultConfig())
	out := new(null)
	port, err := pwm.New(out, bits8, time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	return port, out, func(n int) driver.Pattern { return p.Combine(low.Phase(count(n)), high.Phase(count(-3*n))) }
}

func TestNothingIsAllocated(t *testing.T) {
	port, out, step := moving(t)
	var now driver.Instant
	var pattern driver.Pattern // the executor's lies in its port
	n := 0
	runs := testing.AllocsPerRun(100, func() {
		n++
		pattern = step(n)
		if port.Drive(now, &pattern) != nil {
			t.Fatal("drive")
		}
		for now += 5e6; port.Next() < now; {
			if port.Advance(port.Next()) != nil {
				t.Fatal("advance")
			}
		}
	})
	if runs != 0 || out.writes < 1000 {
		t.Errorf("%v allocations a run, %d writes", runs, out.writes)
	}
}

func BenchmarkDrive(b *testing.B) {
	port, _, step := moving(b)
	var all [40]driver.Pattern
	for i := range all {
		all[i] = step(i)
	}
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		n++
		if port.Drive(driver.Instant(n)*1e5, &all[n%len(all)]) != nil {
			b.Fatal("drive")
		}
	}
}

func BenchmarkAdvance(b *testing.B) {
	port, _, step := moving(b)
	pattern := step(3)
	if port.Drive(0, &pattern) != nil {
		b.Fatal("drive")
	}
	b.ReportAllocs()
	for b.Loop() {
		if port.Advance(port.Next()) != nil {
			b.Fatal("advance")
		}
	}
}
