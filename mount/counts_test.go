// SPDX-License-Identifier: GPL-3.0-or-later

package mount

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/pointing"
)

// Every motion begun is counted once as ended, by its cause.
func TestCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, DefaultConfig().ForGeometry("fork"), nil)
		ctx := t.Context()
		var last uint64
		step := func(what string, begun Activity, how Ending, do func()) {
			t.Helper()
			before := r.Snapshot().Counts
			do()
			s := r.Snapshot()
			before.Begun[begun]++
			before.Ended[how]++
			if s.Counts.Begun != before.Begun || s.Counts.Ended != before.Ended {
				t.Errorf("%s: begun %v, ended %v; want %v, %v", what, s.Counts.Begun, s.Counts.Ended, before.Begun, before.Ended)
			}
			if s.Motions == last {
				t.Errorf("%s: the motions still count %d", what, last)
			}
			last = s.Motions
		}
		r.do(r.SetTracking(ctx, true))
		slew := func(ha float64) func() { return func() { r.do(r.SlewEquatorial(ctx, r.at(ha, 30))) } }
		step("slew", SlewingToSky, Arrived, func() { slew(-1)(); r.arrive() })
		r.do(r.SlewEquatorial(ctx, r.at(2, 30)))
		step("slew over slew", SlewingToSky, Superseded, func() { r.after(2 * time.Second); slew(1)() })
		step("parking over slew", Parking, Superseded, func() { r.do(r.Park(ctx)) })
		before := r.Snapshot().Counts
		r.do(r.Abort(ctx))
		r.arrive()
		if got := r.Snapshot().Counts.Ended[Aborted]; got != before.Ended[Aborted]+1 {
			t.Errorf("%d aborted", got)
		}
		step("released", Held, Arrived, func() {
			r.do(r.MoveAxis(ctx, "hand", AxisA, model.DegreesPerSecond(1)))
			r.after(time.Second)
			r.do(r.MoveAxis(ctx, "hand", AxisA, 0))
			r.arrive()
		})
		step("silent", Held, Silent, func() {
			r.do(r.MoveAxis(ctx, "hand", AxisA, model.DegreesPerSecond(-0.1)))
			r.after(time.Minute)
		})
		step("halt", Homing, Halted, func() { r.do(r.FindHome(ctx)); r.after(time.Second); r.Halt(); r.after(time.Second) })
	})
}

// A pulse that replaces another keeps what that one has done.
func TestReplacePulse(t *testing.T) {
	everywhere(t, func(r *rig, _ pointing.Geometry) {
		t := r.t
		ctx := t.Context()
		r.do(r.SetTracking(ctx, true))
		r.do(r.SlewEquatorial(ctx, r.at(-2, 35)))
		before := r.arrive().Equatorial
		r.do(r.ReplacePulse(ctx, North, 10*time.Second))
		r.after(2 * time.Second)
		if err := r.PulseGuide(ctx, South, time.Second); err == nil {
			t.Error("a pulse was accepted beside another in the same coordinate")
		}
		r.do(r.ReplacePulse(ctx, South, 4*time.Second))
		s := r.after(4*time.Second + 150*time.Millisecond)
		if s.PulseGuiding() {
			t.Error("still guiding")
		}
		// 2 s north, 4 s south at 7.5″/s.
		r.near("declination", s.Equatorial.Dec-before.Dec, model.Arcsec(-15), fine)
		if c := s.Counts; c.Pulses != [4]uint64{1, 1, 0, 0} || c.Guiding[South] != 4*time.Second {
			t.Errorf("counted %v lasting %v", c.Pulses, c.Guiding)
		}
	})
}
