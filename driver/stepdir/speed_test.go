// SPDX-License-Identifier: GPL-3.0-or-later

package stepdir_test

import (
	"testing"
	"time"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/driver/stepdir"
)

// null takes everything.
type null struct{ writes int }

func (n *null) Write(_, _ uint32) error { n.writes++; return nil }

func TestNothingIsAllocated(t *testing.T) {
	out := new(null)
	m, err := stepdir.New(out, stepdir.DefaultConfig(), func(time.Duration) {})
	must(t, err)
	n := 0
	if runs := testing.AllocsPerRun(1000, func() { n++; must(t, m.Pulse(driver.Instant(n), n%3 == 0)) }); runs != 0 || out.writes < 2000 {
		t.Errorf("%v allocations a run, %d writes", runs, out.writes)
	}
}

func BenchmarkPulse(b *testing.B) {
	m, err := stepdir.New(new(null), stepdir.DefaultConfig(), func(time.Duration) {})
	must(b, err)
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		n++
		if m.Pulse(0, n%8 < 4) != nil {
			b.Fatal("pulse")
		}
	}
}
