// SPDX-License-Identifier: GPL-3.0-or-later

package mount

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/driver/executor"
	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/pointing"
	"github.com/siderostep/siderostep/sim"
)

// The camera of these tests turns on the bench, which knows its true position
// angle. A reversed rotator is one whose motor is wired the other way round.

func rotatorAxis(cfg Config, n model.Microsteps) executor.Axis {
	q := float64(cfg.Rotator.step())
	return executor.Axis{Kind: executor.Pulse, Initial: n,
		Brake: model.Degrees(cfg.Rotator.Accel).Radians() / q, MaxRate: headroom * model.Degrees(cfg.Rotator.MaxRate).Radians() / q}
}

// rotatorDrive returns a camera that stands where n counts have brought it.
func rotatorDrive(cfg Config, n model.Microsteps) sim.RotatorDrive {
	step := cfg.Rotator.step()
	start := -step.Mul(float64(n))
	if cfg.Rotator.Reverse {
		start = -start
	}
	return sim.RotatorDrive{Step: step, Start: start}
}

func rotatorPulses(cfg Config, bench *sim.Bench) driver.Pulser {
	if cfg.Rotator.Reverse {
		return crossed{bench.RotatorPulses()}
	}
	return bench.RotatorPulses()
}

// crossed is a motor that is wired the other way round.
type crossed struct{ driver.Pulser }

func (c crossed) Pulse(at driver.Instant, clockwise bool) error {
	return c.Pulser.Pulse(at, !clockwise)
}

// sectored returns an alt-azimuth mount whose rotator turns by ±deg.
func sectored(deg float64) (Config, sim.Config) {
	cfg, world := worldly("altaz")
	for _, a := range []*Axis{&cfg.Mount.Z, &cfg.Mount.A} {
		a.FullStepArcsec, a.Microsteps, a.MaxRate = 24, 4, 5
	}
	r := &cfg.Rotator
	r.Enabled, r.Sectored, r.StepAngle, r.MinDeg, r.MaxDeg = true, true, 18, -deg, deg
	return cfg, world
}

// coarsely is a few steps of the rotator, and what the field turns by through
// the coarse steps of the axes.
var coarsely = model.Degrees(0.03)

// onArcs runs a test on both hemispheres with rotators of both senses. south
// mirrors a declination; sense is that of mechanical angles on the sky.
func onArcs(t *testing.T, deg float64, test func(r *benched, south, sense float64)) {
	t.Helper()
	for _, south := range []float64{1, -1} {
		for _, sense := range []float64{1, -1} {
			if raced && south != sense {
				continue
			}
			t.Run(fmt.Sprintf("latitude %+g, sense %+g", south*44, sense), func(t *testing.T) {
				cfg, world := sectored(deg)
				cfg.Site.LatitudeDeg *= south
				cfg.Rotator.Reverse = sense < 0
				onBench(t, cfg, world, func(r *benched) {
					r.do(r.SetTracking(r.t.Context(), true))
					test(r, south, sense)
				})
			})
		}
	}
}

// slewTo slews, and returns how far the camera turned against the tube.
func (r *benched) slewTo(haHours, decDeg float64) model.Angle {
	r.t.Helper()
	before := r.truth().RotatorAngle
	r.do(r.SlewEquatorial(r.t.Context(), r.at(haHours, decDeg)))
	r.arrive()
	return r.truth().RotatorAngle - before
}

// holds fails the test when the camera, or the mount's idea of it, turns on
// the sky meanwhile.
func (r *benched) holds(d time.Duration) {
	r.t.Helper()
	was := r.truth().Field
	for end := r.Instant().Add(d); r.Instant() < end; {
		s := r.after(20 * time.Second)
		r.near("camera", r.truth().Field, was, coarsely)
		r.near("target", s.Rotator.Target, r.truth().Field, coarsely)
		if !s.Rotator.Following || s.Rotator.Fault != nil {
			r.t.Fatalf("following %v, %v", s.Rotator.Following, s.Rotator.Fault)
		}
	}
}

// An hour from the meridian, in declination 30°, the field of latitude 44°
// turns by more than 30° an hour.
func TestArcHoldsTheSky(t *testing.T) {
	t.Parallel()
	onArcs(t, 20, func(r *benched, south, sense float64) {
		r.slewTo(-1, south*30)
		r.do(r.SyncRotator(r.t.Context(), r.truth().Field))
		resets, before := r.Snapshot().Rotator.Resets, r.truth().RotatorAngle
		r.holds(5 * time.Minute)
		if turned := (r.truth().RotatorAngle - before).Abs(); turned < model.Degrees(2) {
			t.Errorf("the rotator has turned by %.2f° only", turned.Degrees())
		}
		// A little way on, the old position angle is near enough to be held.
		sky := r.truth().Field
		r.slewTo(-0.9, south*30)
		r.near("after a small slew", r.truth().Field, sky, coarsely)
		// Beyond the meridian it would be some 60° away.
		before = r.truth().RotatorAngle
		r.do(r.SlewEquatorial(r.t.Context(), r.at(1.2, south*30)))
		if got := r.Snapshot().Rotator.Resets - resets; got != 1 {
			t.Errorf("%d resets as the slew begins, want 1", got)
		}
		r.arrive()
		if turned := r.truth().RotatorAngle - before; turned.Abs() > model.Degrees(1) {
			t.Errorf("the slew turned the camera by %.2f°", turned.Degrees())
		}
		if d := (r.truth().Field - sky).WrapSigned(); d.Abs() < model.Degrees(30) {
			t.Errorf("the camera is %.2f° from its old angle: nothing is tested", d.Degrees())
		}
		s := r.Snapshot()
		if got := s.Rotator.Resets - resets; got != 1 {
			t.Errorf("%d resets, want 1", got)
		}
		r.near("new target", s.Rotator.Target, r.truth().Field, coarsely)
		r.holds(time.Minute)
	})
}

// At the end of its arc the rotator stops, and tells; the mount tracks on.
func TestEndOfArc(t *testing.T) {
	t.Parallel()
	onArcs(t, 1, func(r *benched, south, sense float64) {
		ctx, arc := r.t.Context(), model.Degrees(1)
		to := r.at(-1, south*30)
		r.do(r.SlewEquatorial(ctx, to))
		r.arrive()
		r.do(r.SyncRotator(ctx, r.truth().Field))
		r.holds(20 * time.Second)
		ahead := float64(1) // of the rotator's own angle
		if r.Snapshot().Rotator.Turned < 0 {
			ahead = -1
		}
		kind := fault.AboveLimit
		if ahead < 0 {
			kind = fault.BelowLimit
		}
		waiting := func() {
			t.Helper()
			for range 5 {
				s := r.after(30 * time.Second)
				if angle := r.truth().RotatorAngle.Abs(); angle > arc+s.Config.Rotator.step() {
					t.Fatalf("the rotator is at %.3f°", angle.Degrees())
				}
			}
			s := r.Snapshot()
			r.near("end of the arc", r.truth().RotatorAngle, arc.Mul(ahead*sense), model.Degrees(0.02))
			if s.Rotator.Following || s.Rotator.Moving || !errors.Is(s.Rotator.Fault, kind) || !strings.Contains(fmt.Sprint(s.Rotator.Fault), "mechanical angle 0.00°") {
				t.Fatalf("following %v, moving %v, %v", s.Rotator.Following, s.Rotator.Moving, s.Rotator.Fault)
			}
			if miss := r.miss(to); !s.Tracking || miss > model.Arcsec(15) {
				t.Errorf("tracking %v, %.1f″ off", s.Tracking, miss.Arcsec())
			}
		}
		waiting()
		resets, angle := r.Snapshot().Rotator.Resets, r.truth().RotatorAngle
		r.after(time.Minute)
		if r.truth().RotatorAngle != angle || r.Snapshot().Rotator.Resets != resets {
			t.Error("the rotator does not rest at the end of its arc")
		}

		// It follows again when the field turns the other way: when the target goes
		// eastward faster than the sky goes west.
		east, none := model.ArcsecPerSecond(45), model.Rate(0)
		r.do(r.SetRateOffsets(ctx, &east, nil))
		s := r.after(3 * time.Second)
		if !s.Rotator.Following || s.Rotator.Fault != nil || s.Rotator.Resets != resets+1 {
			t.Errorf("following %v, %d resets, %v", s.Rotator.Following, s.Rotator.Resets-resets, s.Rotator.Fault)
		}
		r.holds(time.Minute)
		r.do(r.SetRateOffsets(ctx, &none, nil))
		to = r.Snapshot().Target
		waiting()

		// It follows again when turned back, by hand too.
		r.do(r.RotateMechanical(ctx, 0))
		if s := r.Snapshot(); s.Rotator.Fault != nil {
			t.Errorf("turning back: %v", s.Rotator.Fault)
		}
		r.after(5 * time.Second)
		r.near("turned back", r.truth().RotatorAngle, 0, model.Degrees(0.1))
		r.holds(time.Minute)
		waiting()
		r.do(r.MoveAxis(ctx, "hand", AxisRotator, model.DegreesPerSecond(-0.5*ahead)))
		r.after(2 * time.Second)
		r.do(r.MoveAxis(ctx, "hand", AxisRotator, 0))
		r.after(3 * time.Second)
		r.holds(20 * time.Second)
		waiting()

		// A slew that finds no room begins at the other end, which leaves the most room.
		turned := r.slewTo(1.2, south*30)
		r.near("a slew begins anew", r.truth().RotatorAngle, arc.Mul(-0.9*ahead*sense), model.Degrees(0.3))
		if turned.Mul(-ahead*sense) < model.Degrees(1.5) {
			t.Errorf("turned by %.2f°", turned.Degrees())
		}
		r.holds(time.Minute)
	})
}

// What is beyond the arc is refused, says what is not, and moves nothing.
func TestBeyondTheArc(t *testing.T) {
	t.Parallel()
	onArcs(t, 20, func(r *benched, south, sense float64) {
		ctx := r.t.Context()
		r.slewTo(-1, south*30)
		r.do(r.SetTracking(ctx, false))
		r.do(r.RotateMechanical(ctx, 0))
		r.after(5 * time.Second)
		r.do(r.SyncRotator(ctx, model.Degrees(350)))
		up, down := fault.AboveLimit, fault.BelowLimit
		if sense < 0 {
			up, down = down, up
		}
		before := r.truth().RotatorAngle
		refused := func(what string, err, kind error, ranges ...string) {
			t.Helper()
			if !errors.Is(err, kind) {
				t.Errorf("%s: %v, want %v", what, err, kind)
			}
			for _, part := range ranges {
				if !strings.Contains(fmt.Sprint(err), part) {
					t.Errorf("%s: %v does not say %q", what, err, part)
				}
			}
		}
		refused("position angle", r.RotateTo(ctx, model.Degrees(11)), up, "-20.00 to 20.00°", "position angles 330.00 to 10.00°")
		refused("position angle", r.RotateTo(ctx, model.Degrees(329)), down)
		refused("turn", r.RotateBy(ctx, model.Degrees(50)), up)
		refused("turn", r.RotateBy(ctx, model.Degrees(-21)), down)
		refused("mechanical angle", r.RotateMechanical(ctx, model.Degrees(21)), fault.AboveLimit)
		refused("mechanical angle", r.RotateMechanical(ctx, model.Degrees(339)), fault.BelowLimit)
		if s := r.after(2 * time.Second); r.truth().RotatorAngle != before || s.Rotator.Fault != nil {
			t.Errorf("the rotator moved, or says %v", s.Rotator.Fault)
		}
		for _, deg := range []float64{20, 340, 19} {
			r.do(r.RotateMechanical(ctx, model.Degrees(deg)))
			r.after(9 * time.Second)
			r.near("own angle", r.truth().RotatorAngle, model.Degrees(sense*deg), coarsely)
		}
		r.do(r.RotateTo(ctx, model.Degrees(330.0)))
		r.after(9 * time.Second)
		r.near("angle on the sky", r.truth().RotatorAngle, model.Degrees(-20), coarsely)

		// Held motion ends there too.
		out := model.DegreesPerSecond(-4 * sense)
		refused("held motion", r.MoveAxis(ctx, "hand", AxisRotator, out), map[bool]error{true: fault.BelowLimit, false: fault.AboveLimit}[sense > 0])
		r.do(r.MoveAxis(ctx, "hand", AxisRotator, -out))
		for range 15 {
			r.Heard("hand")
			r.after(time.Second)
		}
		if angle := r.truth().RotatorAngle; angle < model.Degrees(18) || angle > model.Degrees(20.01) {
			t.Errorf("held motion ended at %.2f°", angle.Degrees())
		}
	})
}

// The next run goes on where the last one left the camera on its arc.
func TestArcOverRestart(t *testing.T) {
	t.Parallel()
	for _, reverse := range []bool{false, true} {
		cfg, world := sectored(20)
		cfg.Rotator.Reverse = reverse
		var written []byte
		var angle, sky model.Angle
		onBench(t, cfg, world, func(r *benched) {
			ctx := r.t.Context()
			r.do(r.SetTracking(ctx, true))
			r.slewTo(-1, 30)
			r.do(r.SyncRotator(ctx, model.Degrees(42)))
			r.do(r.RotateBy(ctx, model.Degrees(12)))
			r.after(5 * time.Second)
			r.do(r.SetTracking(ctx, false))
			s := r.after(2 * time.Second)
			angle, sky = r.truth().RotatorAngle, s.Rotator.Sky
			written, _ = json.Marshal(s.Saved())
		})
		var saved Saved
		if err := json.Unmarshal(written, &saved); err != nil {
			t.Fatal(err)
		}
		synctest.Test(t, func(t *testing.T) {
			r := startOnBench(t, cfg, world, &saved)
			ctx := t.Context()
			r.near("camera", r.truth().RotatorAngle, angle, coarsely)
			r.near("its name", r.Snapshot().Rotator.Sky, sky, coarsely)
			r.do(r.SetTracking(ctx, true))
			r.after(2 * time.Second)
			r.near("camera when tracking", r.truth().RotatorAngle, angle, coarsely)
			if turned := r.slewTo(1.5, 30); turned.Abs() > model.Degrees(1) {
				t.Errorf("the first slew turned the camera by %.2f°", turned.Degrees())
			}
			r.do(r.SetTracking(ctx, false))
			r.do(r.RotateMechanical(ctx, model.Degrees(19.9)))
			if err := r.RotateMechanical(ctx, model.Degrees(20.1)); !errors.Is(err, fault.AboveLimit) {
				t.Errorf("beyond the arc: %v", err)
			}
		})
	}
}

// The field of an equatorial mount does not turn, and so no slew looks for
// room on the arc.
func TestArcOfAFork(t *testing.T) {
	t.Parallel()
	cfg, world := sectored(20)
	cfg = cfg.ForGeometry("fork")
	world.Mount = "fork"
	onBench(t, cfg, world, func(r *benched) {
		for _, deg := range []float64{20, -20} {
			r.do(r.RotateMechanical(r.t.Context(), model.Degrees(deg)))
			r.after(6 * time.Second)
			r.do(r.SetTracking(r.t.Context(), true))
			if turned := r.slewTo(-1, 30); turned.Abs() > coarsely {
				t.Errorf("turned by %.2f°", turned.Degrees())
			}
			r.holds(30 * time.Second)
		}
	})
}

// From one end of a wide arc to the other it goes the long way, not the short
// one over the gap. A slew does not turn it far, though the arc may allow it.
func TestWideArc(t *testing.T) {
	t.Parallel()
	cfg, world := sectored(170)
	onBench(t, cfg, world, func(r *benched) {
		for _, deg := range []float64{-170, 170} {
			r.do(r.RotateMechanical(r.t.Context(), model.Degrees(deg)))
			r.after(time.Minute)
			if d := r.truth().RotatorAngle - model.Degrees(deg); d.Abs() > coarsely { // turns counted
				t.Errorf("at %.2f°, want %g°", r.truth().RotatorAngle.Degrees(), deg)
			}
		}
		r.do(r.RotateMechanical(r.t.Context(), 0))
		r.after(time.Minute)
		r.do(r.SetTracking(r.t.Context(), true))
		r.slewTo(-1, 30)
		if turned := r.slewTo(1.2, 30); turned.Abs() > model.Degrees(1) {
			t.Errorf("the slew turned the camera by %.2f°", turned.Degrees())
		}
	})
}

// Where the arc is made narrower, a rotator beyond it follows back onto it, and
// a slew brings it there.
func TestArcMadeNarrower(t *testing.T) {
	t.Parallel()
	onArcs(t, 20, func(r *benched, south, sense float64) {
		ctx := r.t.Context()
		r.slewTo(-1, south*30)
		r.do(r.SyncRotator(ctx, r.truth().Field))
		back := -10.0
		if was := r.Snapshot().Rotator.Turned; r.after(time.Minute).Rotator.Turned < was {
			back = 10
		}
		r.do(r.RotateMechanical(ctx, model.Degrees(back)))
		r.after(5 * time.Second)
		r.do(r.Configure(ctx, func(c *Config) { c.Rotator.MinDeg, c.Rotator.MaxDeg = -5, 5 }))
		r.holds(time.Minute)
		r.slewTo(1.2, south*30)
		if angle := r.truth().RotatorAngle; angle.Abs() > model.Degrees(5.01) {
			t.Errorf("after the slew the rotator is at %.2f°", angle.Degrees())
		}
		r.holds(time.Minute)
	})
}

// Whatever the commands, the rotator stays on its arc. The last seed once led
// it beyond, beside the pole.
func TestHastyCommandsOnAnArc(t *testing.T) {
	t.Parallel()
	for _, seed := range []uint64{0, 1, 2, 14} {
		synctest.Test(t, func(t *testing.T) {
			rnd := rand.New(rand.NewPCG(seed, 7))
			all := pointing.Geometries()
			cfg := DefaultConfig().ForGeometry(all[seed%uint64(len(all))].String())
			cfg.Rotator.Sectored, cfg.Rotator.MinDeg, cfg.Rotator.MaxDeg = true, -1, 3
			r := start(t, cfg, nil)
			for n := range 120 {
				name, err := hasty(r, rnd)
				if errors.Is(err, fault.Hardware) || errors.Is(err, fault.Cancelled) {
					t.Fatalf("seed %d, command %d, %s: %v", seed, n, name, err)
				}
				check(t, r, r.after(time.Duration(rnd.ExpFloat64()*float64(4*time.Second))), seed, n, name)
			}
		})
	}
}

func TestTravelOfRotator(t *testing.T) {
	tests := []struct {
		sectored bool
		low      float64
		high     float64
		ok       bool
	}{
		{false, -180, 180, true}, {false, -180, 179, false}, {false, -20, 20, false},
		{true, -20, 20, true}, {true, 0, 1, true}, {true, -1, 0, true}, {true, -0.4, 0.4, false},
		{true, 1, 20, false}, {true, -20, -1, false}, {true, 20, -20, false}, {true, -270, 450, true},
	}
	for _, tt := range tests {
		c := DefaultConfig()
		c.Rotator.Sectored, c.Rotator.MinDeg, c.Rotator.MaxDeg = tt.sectored, tt.low, tt.high
		err := c.Validate()
		if (err == nil) != tt.ok || err != nil && (!errors.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "rotator.")) {
			t.Errorf("sectored %v, %g to %g: %v", tt.sectored, tt.low, tt.high, err)
		}
	}
}
