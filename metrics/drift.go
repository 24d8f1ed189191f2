// SPDX-License-Identifier: GPL-3.0-or-later

package metrics

import "time"

const (
	driftWindow = 10 * time.Minute
	driftLeast  = time.Minute // of guiding, to tell a trend
	driftEvery  = time.Second
)

// corrections holds the guide corrections of the last minutes on one target.
type corrections struct {
	at     [driftWindow / driftEvery]time.Duration
	sums   [driftWindow / driftEvery][2]float64 // right ascension, declination; radians
	pulses [driftWindow / driftEvery]uint64     // ever begun
	n      int                                  // ever added since reset
}

func (c *corrections) reset() { c.n = 0 }

// add takes note of the corrections, once in a while.
func (c *corrections) add(at time.Duration, sum [2]float64, pulses uint64) {
	if c.n > 0 && at-c.at[(c.n-1)%len(c.at)] < driftEvery {
		return
	}
	i := c.n % len(c.at)
	c.at[i], c.sums[i], c.pulses[i] = at, sum, pulses
	c.n++
}

// trend returns the slope of the corrections, in radians per second, over
// span; ok is false when there is too little to tell.
func (c *corrections) trend(now time.Duration) (slope [2]float64, span time.Duration, ok bool) {
	first := max(0, c.n-len(c.at))
	for first < c.n && c.at[first%len(c.at)] <= now-driftWindow {
		first++
	}
	n := float64(c.n - first)
	if n == 0 {
		return slope, 0, false
	}
	begin, end := first%len(c.at), (c.n-1)%len(c.at)
	span = c.at[end] - c.at[begin]
	if span < driftLeast || c.pulses[begin] == c.pulses[end] {
		return slope, span, false
	}
	// Sums about the first sample lose no digits.
	var t, tt float64
	var y, ty [2]float64
	for k := first; k < c.n; k++ {
		i := k % len(c.at)
		dt := (c.at[i] - c.at[begin]).Seconds()
		t += dt
		tt += dt * dt
		for j := range y {
			d := c.sums[i][j] - c.sums[begin][j]
			y[j] += d
			ty[j] += dt * d
		}
	}
	for j := range slope {
		slope[j] = (n*ty[j] - t*y[j]) / (n*tt - t*t)
	}
	return slope, span, true
}
