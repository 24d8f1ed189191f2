// SPDX-License-Identifier: GPL-3.0-or-later

package executor

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/siderostep/siderostep/driver"
)

// A plan that goes out and comes back passes the planner's check. If it turns
// too late it is stopped at the limit, not beyond; if it does not it is left
// alone.
func TestWall(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		m, logs := pulseAxes(t, 1, limited)
		must(t, m.Resume())
		v := rapid.Float64Range(100, 14000).Draw(rt, "rate") // from which 1e5 microsteps/s² stop it in time
		a := rapid.Float64Range(1000, 99000).Draw(rt, "acceleration")
		sign := rapid.SampledFrom([]float64{1, -1}).Draw(rt, "sense")
		s := driver.Segment{Dur: time.Duration(2 * v / a * 1e9), V: sign * v, A: -sign * a, Splice: true}
		must(t, m.Queue(0, s))
		m.Beat(s.End() + 3e9)
		most, count := int64(0), int64(0)
		for _, up := range logs[0].up {
			if up {
				count++
			} else {
				count--
			}
			most = max(most, count, -count)
		}
		// Braking harder than the plan does is always a way out, so the plan
		// comes nearest to the limit where it turns.
		turns := v * v / (2 * a)
		hits := m.Counters(0).LimitHits
		switch {
		case most > 1000:
			rt.Errorf("went to %d", most)
		case turns < 999 && hits != 0:
			rt.Errorf("was stopped, though it turns at %.1f", turns)
		case turns > 1001 && (hits != 1 || most < 999 || math.Abs(m.Report(0).Position.Microsteps()) < 999):
			rt.Errorf("turns at %.1f: %d hits, went to %d", turns, hits, most)
		}
	})
}
