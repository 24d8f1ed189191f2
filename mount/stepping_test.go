// SPDX-License-Identifier: GPL-3.0-or-later

package mount

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
)

// Counted moves are exact, reversals too; while the motor goes through the
// dead band the axis stands, and so does the tube.
func TestStepMotor(t *testing.T) {
	t.Parallel()
	played(t, 5, 5, nil, func(r *benched) { // 5′ are 600 microsteps of 0.5″
		ctx := r.t.Context()
		count := func() model.Microsteps { return r.Snapshot().Reports[AxisA].Emitted }
		for i, tt := range []struct {
			steps int
			moved float64 // the axis, in microsteps
		}{{2000, 2000}, {-400, 0}, {-100, 0}, {-1100, -1000}, {600, 0}, {1, 1}, {-300, 0}} {
			before, from, truly := count(), r.Snapshot().Axes.A, r.truth().Axes.A
			r.do(r.StepMotor(ctx, AxisA, tt.steps))
			if err := r.StepMotor(ctx, AxisA, 5); !errors.Is(err, fault.Refused) {
				r.t.Errorf("%d: another move meanwhile: %v", i, err)
			}
			r.arrive()
			s := r.after(time.Second)
			if got := count() - before; got != model.Microsteps(tt.steps) {
				r.t.Errorf("%d: %d steps, want %d", i, got, tt.steps)
			}
			r.near("axis A", s.Axes.A-from, s.microstep(AxisA).Mul(tt.moved), model.Arcsec(0.01))
			r.near("the tube", r.truth().Axes.A-truly, s.microstep(AxisA).Mul(tt.moved), model.Arcsec(0.6))
		}
		for _, tt := range []struct {
			axis, steps int
			kind        error
		}{{2, 1, fault.Invalid}, {AxisZ, 1 << 30, fault.Invalid}, {AxisA, 1 << 20, fault.AboveLimit}, {AxisA, -1 << 20, fault.BelowLimit}} {
			if err := r.StepMotor(ctx, tt.axis, tt.steps); !errors.Is(err, tt.kind) {
				r.t.Errorf("axis %d, %d steps: %v", tt.axis, tt.steps, err)
			}
		}
		// And what was counted is known: the next slew arrives.
		r.do(r.SetTracking(ctx, true))
		if miss := r.miss(r.after(time.Second).Target); miss > model.Arcsec(1.5) {
			r.t.Errorf("the target is %.1f″ from where the tube points", miss.Arcsec())
		}
		to := r.at(-1, 30)
		r.do(r.SlewEquatorial(ctx, to))
		r.arrive()
		if miss := r.miss(to); miss > model.Arcsec(1.5) {
			r.t.Errorf("a slew afterwards is %.1f″ off", miss.Arcsec())
		}
		if err := r.StepMotor(ctx, AxisA, 5); !errors.Is(err, fault.Refused) {
			r.t.Errorf("while tracking: %v", err)
		}
	})
}

// Rates that grow steadily: place and rate go with time and its square. The
// client's silence, and the fastest rate, end it.
func TestTrackByRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, DefaultConfig(), nil)
		ctx := t.Context()
		from := r.Snapshot().Axes
		rates := [2]model.Rate{model.DegreesPerSecond(0.1), 0}
		accels := [2]model.Rate{model.DegreesPerSecond(-0.01), model.DegreesPerSecond(0.02)}
		r.do(r.TrackByRate(ctx, "me", rates, accels))
		a := r.after(2 * time.Second) // the ramp is over
		b := r.after(4 * time.Second)
		// From rates at 2 s: 0.08 and 0.04 °/s.
		r.near("axis Z in 4 s", b.Axes.Z-a.Axes.Z, model.Degrees(0.08*4-0.01*8), model.Degrees(0.003))
		r.near("axis A in 4 s", b.Axes.A-a.Axes.A, model.Degrees(0.04*4+0.02*8), model.Degrees(0.003))
		if b.Activity != Held || b.Holder != "me" || (b.HeldRates[AxisA]-model.DegreesPerSecond(0.12)).Abs() > model.DegreesPerSecond(0.003) {
			t.Errorf("%v, held by %q at %v", b.Activity, b.Holder, b.HeldRates)
		}
		if s := r.after(11 * time.Second); s.Activity == Held {
			t.Error("held on after the client fell silent")
		}
		r.after(5 * time.Second)
		if r.Snapshot().Axes.Z > from.Z+model.Degrees(2) {
			t.Errorf("axis Z at %v, from %v", r.Snapshot().Axes.Z, from.Z)
		}
		r.do(r.TrackByRate(ctx, "me", [2]model.Rate{model.DegreesPerSecond(2.5), 0}, [2]model.Rate{model.DegreesPerSecond(0.2), 0}))
		s := r.after(6 * time.Second)
		if s.Activity != Idle || !errors.Is(s.Stopped, fault.AboveLimit) {
			t.Errorf("beyond the fastest rate: %v, stopped %v", s.Activity, s.Stopped)
		}
		for _, bad := range [][2]model.Rate{{model.DegreesPerSecond(4), 0}, {0, model.DegreesPerSecond(3)}} {
			if err := r.TrackByRate(ctx, "me", [2]model.Rate{bad[0]}, [2]model.Rate{bad[1]}); !errors.Is(err, fault.Invalid) {
				t.Errorf("rate %v, acceleration %v: %v", bad[0], bad[1], err)
			}
		}
		r.do(r.SetTracking(ctx, true))
		if err := r.TrackByRate(ctx, "me", rates, accels); !errors.Is(err, fault.Refused) {
			t.Errorf("while tracking: %v", err)
		}
	})
}
