// SPDX-License-Identifier: GPL-3.0-or-later

package clock

import (
	"math"
	"testing"
	"time"
)

// Each duration lies in the cell whose bounds are around it; bounds are found
// here by multiplying, not from exponents.
func TestDurationsLieBetweenBounds(t *testing.T) {
	for d := time.Duration(0); d < 400*time.Second; d += d/97 + 1 {
		var c Durations
		c.Add(d)
		got := c.Load()
		s, bound, want := float64(d)*1e-9, 1.0/1048576, 0
		for ; s > bound*(1+1e-12) && want < Cells-1; want++ {
			bound *= math.Sqrt2
		}
		if got.Cells[want] != 1 || got.Count() != 1 || got.Sum != d {
			t.Fatalf("%v is not in cell %d: %v", d, want, got)
		}
	}
}

func TestBounds(t *testing.T) {
	if Bound(0) != Shortest || Bound(40) != 1 || Bound(54) != 128 || !math.IsInf(Bound(55), 1) {
		t.Errorf("bounds %g, %g, %g, %g; want 2^-20, 1, 128, +Inf", Bound(0), Bound(40), Bound(54), Bound(55))
	}
	var c Durations
	c.Add(time.Second) // a bound belongs to its cell
	c.Add(time.Second + time.Microsecond)
	c.Add(-time.Second)
	c.Add(time.Hour)
	if v := c.Load(); v.Cells[40] != 1 || v.Cells[41] != 1 || v.Cells[0] != 1 || v.Cells[55] != 1 || v.Sum != 3602*time.Second+time.Microsecond {
		t.Errorf("got %v", v)
	}
}

func TestAddAllocatesNothing(t *testing.T) {
	var c Durations
	if n := testing.AllocsPerRun(100, func() { c.Add(time.Millisecond) }); n != 0 {
		t.Errorf("%g allocations", n)
	}
}

func BenchmarkAdd(b *testing.B) {
	var c Durations
	b.ReportAllocs()
	for i := time.Duration(1); b.Loop(); i++ {
		c.Add(i)
	}
}
