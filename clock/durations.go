// SPDX-License-Identifier: GPL-3.0-or-later

package clock

import (
	"math"
	"sync/atomic"
	"time"
)

// The cells of a Durations: cell 0 holds what is not above Shortest, and each
// following cell ends √2 times as far as the one before. These are the bounds
// of Prometheus' native histograms of schema 1, so that nothing is lost there.
const (
	Cells    = 56
	firstExp = -20 // cell 0 ends at 2⁻²⁰ s, the last but one at 2⁷ s
)

// Shortest is where cell 0 ends, in seconds: 2⁻²⁰, about a microsecond.
const Shortest = 1.0 / (1 << -firstExp)

// Durations counts durations by their size, with a resolution of √2 from a
// microsecond to two minutes. The zero value is ready for use. It has no
// pointers and no locks: any number of goroutines, or processes that share
// it, may add and read.
type Durations struct {
	cells [Cells]atomic.Uint64
	sum   atomic.Int64 // ns
}

// Add counts d. Negative durations count as none.
func (c *Durations) Add(d time.Duration) {
	d = max(d, 0)
	c.cells[cell(d)].Add(1)
	c.sum.Add(int64(d))
}

// Load returns what was counted so far. While others add, the sum may be that
// of a moment before or after the cells.
func (c *Durations) Load() (t Tally) {
	for i := range c.cells {
		t.Cells[i] = c.cells[i].Load()
	}
	t.Sum = time.Duration(c.sum.Load())
	return t
}

// Tally is what a Durations has counted.
type Tally struct {
	Cells [Cells]uint64
	Sum   time.Duration
}

// Count returns the number of durations.
func (t *Tally) Count() (n uint64) {
	for _, c := range t.Cells {
		n += c
	}
	return n
}

// Bound returns where a cell ends, in seconds; the bound itself belongs to
// the cell. The last cell ends nowhere.
func Bound(cell int) float64 {
	if cell >= Cells-1 {
		return math.Inf(1)
	}
	return math.Exp2(firstExp + float64(cell)/2)
}

// cell returns the cell that d, not negative, belongs to.
func cell(d time.Duration) int {
	const fraction = 1<<52 - 1
	bits := math.Float64bits(float64(d) * 1e-9)
	i := 2 * (int(bits>>52) - 1023 - firstExp) // the exponent, rounded down
	switch m := bits & fraction; {
	case m > math.Float64bits(math.Sqrt2)&fraction:
		i += 2
	case m > 0:
		i++
	}
	return min(max(i, 0), Cells-1)
}
