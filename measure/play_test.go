// SPDX-License-Identifier: GPL-3.0-or-later

package measure_test

import (
	"math"
	"testing"

	"github.com/siderostep/siderostep/measure"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/mount"
)

// firstMotion turns a motor in small steps until the tube moves.
func (b *bench) firstMotion(axis, sense int) {
	b.t.Helper()
	from := b.truth(axis)
	for range 400 {
		b.turn(axis, 4*sense) // 4″
		if (b.truth(axis) - from).Abs() > model.Arcsec(0.5) {
			return
		}
	}
	b.t.Fatal("the tube never moves")
}

// The bench's gears have 4′ of play. Reversals find it; put in force, it is
// verified.
func TestBacklash(t *testing.T) {
	f := faultless()
	f.Simulator.A.BacklashArcsec = 240
	f.Mount.SettleS = 0
	f.Simulator.EncoderCounts = 0
	onBench(t, f, func(b *bench) {
		measured := func(verified bool) measure.Result {
			b.start(measure.Request{Kind: measure.Backlash, Axis: mount.AxisA})
			_, err := b.o.Mark(b.t.Context(), measure.Mark{})
			b.refused(err, "has not moved")
			b.turn(mount.AxisA, 20*200)
			b.mark(measure.Mark{})
			b.turn(mount.AxisA, 20)
			_, err = b.o.Mark(b.t.Context(), measure.Mark{})
			b.refused(err, "reverse it")
			b.mark(measure.Mark{Word: "again"})
			for _, sense := range []int{-1, 1, -1} {
				b.firstMotion(mount.AxisA, sense)
				b.mark(measure.Mark{})
			}
			r := b.result()
			b.near("backlash", r.Value, 4, r.Accuracy)
			b.near("backlash", r.Value, 4, 0.07) // each first motion is seen within 4″
			if r.Verified != verified || r.Count != 3 {
				t.Errorf("%+v", r)
			}
			return r
		}
		measured(false)
		_, err := b.o.Apply(b.t.Context())
		b.do(err)
		if got := b.Mount.Snapshot().Config.Mount.A.BacklashArcmin; math.Abs(got-4) > 0.07 {
			t.Errorf("%g′ are in force", got)
		}
		measured(true)
		b.do(b.o.Cancel(b.t.Context()))
		b.do(b.Mount.Configure(b.t.Context(), func(c *mount.Config) { c.Mount.A.BacklashArcmin = 2 }))
		measured(false)
		if log := b.o.Saved().Log; len(log) != 1 || log[0].What != "backlash" || log[0].Changes[0].Key != "mount.a.backlash_arcmin" || log[0].Changes[0].From != "0" {
			t.Errorf("%+v", log)
		}
	})
}
