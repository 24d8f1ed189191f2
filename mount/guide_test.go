// SPDX-License-Identifier: GPL-3.0-or-later

package mount

import (
	"math"
	"testing"
	"time"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/model"
)

// recorder notes when steps are made.
type recorder struct{ at []driver.Instant }

func (r *recorder) Pulse(at driver.Instant, _ bool) error {
	r.at = append(r.at, at)
	return nil
}

// A guide pulse changes the very next steps: from the command to the first
// interval between steps that differs from the sidereal one it takes the
// plan's lead of 10 ms, and the rest of the interval then under way.
func TestGuideLatency(t *testing.T) {
	t.Parallel()
	cfg := DefaultConfig().ForGeometry("fork")
	steps := new(recorder)
	epoch := time.Date(2026, 3, 20, 4, 0, 0, 0, time.UTC)
	m, err := New(cfg, Parts{Clock: clock.NewManual(epoch), Epoch: epoch, Motors: newMotorsOn(t, cfg, nil, steps)})
	if err != nil {
		t.Fatal(err)
	}
	s, now := m.state, driver.Instant(0)
	tick := func(d time.Duration) { now = now.Add(d); s.step(now) }
	if err := s.setTracking(now, true); err != nil {
		t.Fatal(err)
	}
	interval := float64(cfg.Mount.Z.microstep()) / float64(model.Sidereal)
	worst, sum := 0.0, 0.0
	const pulses = 200 / thinning
	for i := range pulses {
		for range 40 {
			tick(Tick)
		}
		tick(time.Duration(i*7919%50) * time.Millisecond) // not in step with the ticks
		if err := s.pulseGuide(now, West, time.Second, false); err != nil {
			t.Fatal(err)
		}
		commanded, before := now, len(steps.at)
		for range 40 {
			tick(Tick)
		}
		first := math.Inf(1)
		for k := before; k < len(steps.at); k++ {
			if between := steps.at[k].Sub(steps.at[k-1]).Seconds(); math.Abs(between-interval) > 0.01*interval {
				first = steps.at[k].Sub(commanded).Seconds()
				break
			}
		}
		worst, sum = math.Max(worst, first), sum+first
	}
	t.Logf("first changed step %.1f ms after the command on average, %.1f ms at worst; a step lasts %.1f ms", 1e3*sum/pulses, 1e3*worst, 1e3*interval)
	if limit := lead.Seconds() + interval + 1e-3; worst > limit {
		t.Errorf("%.1f ms at worst, allowed %.1f ms", 1e3*worst, 1e3*limit)
	}
}
