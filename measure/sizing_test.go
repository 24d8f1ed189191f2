// SPDX-License-Identifier: GPL-3.0-or-later

package measure_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/measure"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/mount"
)

// The bench's step is 0.4 % larger than the configured one. A level finds it,
// up and down.
func TestStepSizeByLevel(t *testing.T) {
	f := faultless()
	f.Simulator.A.StepErrorPpm = 4000
	onBench(t, f, func(b *bench) {
		b.start(measure.Request{Kind: measure.StepSize, Axis: mount.AxisA, Method: measure.ByLevel})
		_, err := b.o.Result()
		b.refused(err, "no motion")
		for _, at := range []float64{0, 90, 90, 0} {
			b.bring(mount.AxisA, model.Degrees(at))
			b.mark(measure.Mark{})
		}
		r := b.result()
		b.near("step", r.Value, step*1.004, r.Accuracy)
		b.near("step", r.Value, step*1.004, step*5e-5)
		if r.Verified || r.Count != 2 || len(r.Lines) != 1 || r.Lines[0].Key != "mount.a.full_step_arcsec" || !r.Lines[0].Restart || !strings.HasPrefix(r.Lines[0].Line(), "mount.a.full_step_arcsec = 20.08") {
			t.Errorf("%+v", r)
		}
		// What needs a restart is only told.
		b.do(func() error { _, err := b.o.Apply(b.t.Context()); return err }())
		if s := b.Mount.Snapshot(); s.Config.Mount.A.FullStepArcsec != step || b.o.State().Kind != "" {
			t.Errorf("%v, %+v", s.Config.Mount.A.FullStepArcsec, b.o.State())
		}
	})
}

// With the step that came out configured, a full turn of the other axis
// verifies it.
func TestStepSizeByTurn(t *testing.T) {
	for _, ppm := range []float64{-8000, 100} {
		f := faultless()
		f.Simulator.Z.StepErrorPpm = ppm
		f.Mount.Z.MaxRate, f.Mount.Z.Accel = 12, 6
		onBench(t, f, func(b *bench) {
			b.start(measure.Request{Kind: measure.StepSize, Axis: mount.AxisZ, Method: measure.ByTurn})
			for _, at := range []float64{300, -60} {
				b.bring(mount.AxisZ, model.Degrees(at))
				b.mark(measure.Mark{})
			}
			r := b.result()
			b.near("step", r.Value, step*(1+ppm*1e-6), r.Accuracy)
			if r.Verified != (ppm == 100) {
				t.Errorf("verified %v", r.Verified)
			}
		})
	}
}

// An encoder of 8192 counts over 50°, one way and the other.
func TestStepSizeByEncoder(t *testing.T) {
	f := faultless()
	f.Simulator.Z.StepErrorPpm = -5000
	onBench(t, f, func(b *bench) {
		_, err := b.o.Start(b.t.Context(), measure.Request{Kind: measure.StepSize, Method: measure.ByEncoder})
		b.refused(err, "not being read")
		b.after(2 * time.Second)
		b.start(measure.Request{Kind: measure.StepSize, Axis: mount.AxisZ, Method: measure.ByEncoder})
		for _, by := range []int{0, 50, 0, 50, 0, -50, 0, -50} {
			if by != 0 {
				b.turn(mount.AxisZ, by*3600)
			}
			b.mark(measure.Mark{})
		}
		r := b.result()
		b.near("step", r.Value, step*0.995, r.Accuracy)
		if r.Accuracy > step*0.0012 {
			t.Errorf("accuracy %g", r.Accuracy)
		}
		_, err = b.o.Start(b.t.Context(), measure.Request{Kind: measure.Backlash})
		b.refused(err, "in progress")
		b.do(b.o.Cancel(b.t.Context()))
		b.do(b.Mount.Configure(b.t.Context(), func(c *mount.Config) { c.Mount.Encoders.Use = true }))
		_, err = b.o.Start(b.t.Context(), measure.Request{Kind: measure.StepSize, Method: measure.ByEncoder})
		b.refused(err, "mount.encoders.use")
	})
}

// Backlash would be between marks that are approached from different sides; a
// position that is set anew spoils the motion.
func TestStepSizeRefusals(t *testing.T) {
	f := faultless()
	f.Simulator.Z.BacklashArcsec = 600
	onBench(t, f, func(b *bench) {
		ctx := b.t.Context()
		hold := func(rate float64, d time.Duration) {
			b.do(b.Mount.MoveAxis(ctx, "hand", 0, model.DegreesPerSecond(rate)))
			b.after(d)
			b.do(b.Mount.MoveAxis(ctx, "hand", 0, 0))
			b.stand()
		}
		req := measure.Request{Kind: measure.StepSize, Axis: mount.AxisZ, Method: measure.ByAngle, AngleDeg: 10}
		b.do(b.Mount.SetTracking(ctx, true))
		_, err := b.o.Start(ctx, req)
		b.refused(err, "tracking is on")
		b.do(b.Mount.SetTracking(ctx, false))
		b.stand()
		b.start(req)
		hold(2, 2*time.Second)
		b.mark(measure.Mark{})
		b.do(b.Mount.MoveAxis(ctx, "hand", 0, model.DegreesPerSecond(-2)))
		_, err = b.o.Mark(ctx, measure.Mark{})
		b.refused(err, "wait until it stands")
		b.after(5 * time.Second)
		b.do(b.Mount.MoveAxis(ctx, "hand", 0, 0))
		b.stand()
		_, err = b.o.Mark(ctx, measure.Mark{})
		b.refused(err, "different sides")
		hold(-2, 2*time.Second)
		hold(2, 2*time.Second)
		if s := b.mark(measure.Mark{}); s.Marks != 2 {
			t.Errorf("%+v", s)
		}
		b.mark(measure.Mark{})
		_, err = b.o.Mark(ctx, measure.Mark{})
		b.refused(err, "go on to the second mark")
		b.do(b.Mount.SyncHorizontal(ctx, b.Mount.Snapshot().Horizontal))
		_, err = b.o.Mark(ctx, measure.Mark{})
		b.refused(err, "set anew")
		b.do(b.o.Cancel(ctx))
		b.do(b.o.Cancel(ctx))
		_, err = b.o.Mark(ctx, measure.Mark{})
		b.refused(err, "no measurement")
		for _, bad := range []measure.Request{
			{Kind: "weight"}, {Kind: measure.StepSize, Axis: 2, Method: measure.ByAngle}, {Kind: measure.StepSize, Method: "eye"},
			{Kind: measure.StepSize, Axis: mount.AxisZ, Method: measure.ByLevel}, {Kind: measure.StepSize, Axis: mount.AxisA, Method: measure.ByTurn},
			{Kind: measure.StepSize, Method: measure.ByMarks, Separation: 8}, {Kind: measure.StepSize, Method: measure.ByAngle},
			{Kind: measure.Spin}, {Kind: measure.Rate}, {Kind: measure.Slew, LowDegPerS: 1, HighDegPerS: 30},
		} {
			if _, err := b.o.Start(ctx, bad); !errors.Is(err, fault.Invalid) {
				t.Errorf("%+v: %v", bad, err)
			}
		}
		if s := b.o.State(); s.Kind != "" {
			t.Errorf("%+v", s)
		}
	})
}
