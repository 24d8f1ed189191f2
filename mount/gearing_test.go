// SPDX-License-Identifier: GPL-3.0-or-later

package mount

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/siderostep/siderostep/model"
)

// played gives both gears a dead band of some arc minutes, of which the mount
// knows as much as it is told.
func played(t *testing.T, arcmin, told float64, also func(*Config), test func(r *benched)) {
	t.Helper()
	cfg, world := worldly("altaz")
	world.Z.BacklashArcsec, world.A.BacklashArcsec = 60*arcmin, 60*arcmin
	cfg.Mount.Z.BacklashArcmin, cfg.Mount.A.BacklashArcmin = told, told
	if also != nil {
		also(&cfg)
	}
	onBench(t, cfg, world, test)
}

// The altitude of a star turns over at culmination: the motor then goes through
// the dead band while the tube stands. With the correction it is through at
// once.
func TestCulminationWithBacklash(t *testing.T) {
	t.Parallel()
	track := func(told float64) (worst model.Angle) {
		played(t, 3, told, nil, func(r *benched) {
			r.do(r.SetTracking(r.t.Context(), true))
			to := r.at(-0.02, 20)
			r.do(r.SlewEquatorial(r.t.Context(), to))
			r.arrive()
			worst = r.worst(to, 4*time.Minute)
			if s := r.Snapshot(); told != 0 && (s.Backlash[AxisA].Taken != model.Arcmin(told) || s.Backlash[AxisA].TakingUp) {
				t.Errorf("taken up after the reversal: %v of %v", s.Backlash[AxisA].Taken, model.Arcmin(told))
			}
		})
		return worst
	}
	without, with := track(0), track(3)
	t.Logf("up to %.1f″ from the target without correction, %.2f″ with", without.Arcsec(), with.Arcsec())
	if without < model.Arcsec(30) || with > model.Arcsec(2.5) {
		t.Errorf("up to %.1f″ without correction, %.2f″ with", without.Arcsec(), with.Arcsec())
	}
}

// Slews end on target from either side; and where the mount says that the tube
// is, there it is, on the way too.
func TestSlewsWithBacklash(t *testing.T) {
	t.Parallel()
	played(t, 5, 5, nil, func(r *benched) {
		r.do(r.SetTracking(r.t.Context(), true))
		r.do(r.SlewEquatorial(r.t.Context(), r.at(-1, 30)))
		r.arrive()
		for _, way := range [][2]float64{{-1.2, 34}, {-1, 30}, {-0.9, 27}, {-1.3, 28}, {-1.3, 29}} {
			to := r.at(way[0], way[1])
			r.do(r.SlewEquatorial(r.t.Context(), to))
			for range 30 {
				s := r.after(100 * time.Millisecond)
				if said := s.Axes.Sub(r.truth().Axes); said.Z.Abs() > model.Arcsec(8) || said.A.Abs() > model.Arcsec(8) {
					t.Fatalf("under way the mount is wrong by %.1f″, %.1f″", said.Z.Arcsec(), said.A.Arcsec())
				}
			}
			r.arrive()
			if miss := r.miss(to); miss > model.Arcsec(1.5) {
				t.Errorf("slew to %v: %.2f″ off on arrival", way, miss.Arcsec())
			}
			if worst := r.worst(to, 10*time.Second); worst > model.Arcsec(1.5) {
				t.Errorf("slew to %v: %.2f″ off afterwards", way, worst.Arcsec())
			}
		}
	})
}

// Guide pulses that reverse the declination axis go through the dead band, or
// are spent in it where the configuration says so.
func TestGuidingWithBacklash(t *testing.T) {
	t.Parallel()
	guide := func(also bool) (moved [3]model.Angle) {
		cfg, world := worldly("fork")
		world.A.BacklashArcsec = 60
		cfg.Mount.A.BacklashArcmin, cfg.Mount.A.BacklashGuide = 1, also
		onBench(t, cfg, world, func(r *benched) {
			ctx := r.t.Context()
			r.do(r.SetTracking(ctx, true))
			r.do(r.SlewEquatorial(ctx, r.at(-1, 30))) // northward, which is clockwise
			r.arrive()
			before := r.truth().Equatorial.Dec
			for i, dir := range []Direction{North, South, North} {
				r.do(r.PulseGuide(ctx, dir, 4*time.Second))
				r.after(6 * time.Second)
				now := r.truth().Equatorial.Dec
				moved[i], before = now-before, now
			}
		})
		return moved
	}
	for also, want := range map[bool][3]float64{true: {30, -30, 30}, false: {30, 0, 0}} {
		for i, got := range guide(also) {
			if d := got.Arcsec() - want[i]; d > 1.2 || d < -1.2 {
				t.Errorf("take-up while guiding %v: pulse %d of 30″ moved the tube by %.2f″, want %.0f″", also, i, got.Arcsec(), want[i])
			}
		}
	}
}

// To and fro of a third of an arc second is no reversal.
func TestNoChatter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := DefaultConfig().ForGeometry("fork")
		cfg.Mount.A.BacklashArcmin = 3
		r := start(t, cfg, nil)
		r.do(r.SetTracking(t.Context(), true))
		r.do(r.SlewEquatorial(t.Context(), r.at(-1, 30)))
		from := r.arrive().Reports[AxisA].Position.Microsteps()
		for i := range 20 {
			r.do(r.PulseGuide(t.Context(), Direction(i%2), 45*time.Millisecond))
			s := r.after(200 * time.Millisecond)
			if d := s.microstep(AxisA).Mul(s.Reports[AxisA].Position.Microsteps() - from); d.Abs() > model.Arcsec(0.4) || s.Backlash[AxisA].TakingUp {
				t.Fatalf("after %d pulses the motor is %.2f″ away, taking up %v", i+1, d.Arcsec(), s.Backlash[AxisA].TakingUp)
			}
		}
	})
}

// microstep is the angle of a microstep by the configuration.
func (s *Snapshot) microstep(axis int) model.Angle { return s.Config.axisConfig(axis).microstep() }

// goTo moves axis A of a mount that does not track.
func (r *rig) goTo(altDeg float64) *Snapshot {
	r.t.Helper()
	s := r.Snapshot()
	r.do(r.SlewHorizontal(r.t.Context(), model.Horizontal{Az: s.Horizontal.Az, Alt: model.Degrees(altDeg)}))
	return r.arrive()
}

// The motor goes further than the axis by the dead band when it reverses, and
// less far when the band's directions are exchanged. The next run knows.
func TestTakeUp(t *testing.T) {
	for _, arcmin := range []float64{10, -10} {
		synctest.Test(t, func(t *testing.T) {
			cfg := DefaultConfig()
			cfg.Site.Refraction = false
			cfg.Mount.A.BacklashArcmin = arcmin
			r := start(t, cfg, nil)
			cfg = *r.Snapshot().Config
			// From 30°, never having moved: the first move takes up what the sense wants.
			takenUp, takenDown := 0.0, 10.0
			if arcmin < 0 {
				takenUp, takenDown = 10, 0
			}
			taken := 0.0
			var s *Snapshot
			at := r.Snapshot()
			for _, to := range []float64{35, 40, 33, 32, 36} {
				want := takenUp
				if to < at.Axes.A.Degrees() {
					want = takenDown
				}
				s = r.goTo(to)
				moved := s.microstep(AxisA).Mul(float64(s.Reports[AxisA].Emitted - at.Reports[AxisA].Emitted))
				r.near("axis A", s.Axes.A, model.Degrees(to), model.Arcsec(0.2))
				r.near("motor A moved", moved, s.Axes.A-at.Axes.A-model.Arcmin(want-taken), s.microstep(AxisA).Mul(1.1))
				if got := s.Backlash[AxisA]; (got.Taken-model.Arcmin(want)).Abs() > 1e-12 || got.Width != model.Arcmin(arcmin) {
					t.Errorf("at %g°: taken up %.2f′ of %.1f′, want %g′ of %g′", to, got.Taken.Arcmin(), got.Width.Arcmin(), want, arcmin)
				}
				taken, at = want, s
			}
			saved := s.Saved()
			m, err := New(cfg, Parts{Clock: r.clock, Epoch: r.epoch, Motors: newMotors(t, cfg, &saved), Saved: &saved})
			if err != nil {
				t.Fatal(err)
			}
			next := m.Snapshot()
			if (next.Backlash[AxisA].Taken - model.Arcmin(taken)).Abs() > 1e-12 {
				t.Errorf("the next run has %.2f′ taken up, want %g′", next.Backlash[AxisA].Taken.Arcmin(), taken)
			}
			r.near("the next run's axis A", next.Axes.A, s.Axes.A, s.microstep(AxisA))
		})
	}
}

// Steps that count more counter-clockwise: fewer of them make the same way, and
// the axis does not jump where it reverses.
func TestStepsBySense(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := DefaultConfig()
		cfg.Site.Refraction = false
		cfg.Mount.A.FullStepArcsecCCW = stepsFor(cfg).Mount.A.FullStepArcsec * 1.05
		r := start(t, cfg, nil)
		cfg = *r.Snapshot().Config
		q := cfg.Mount.A.microstep()
		s := r.Snapshot()
		for _, to := range []float64{40, 30, 20, 40} {
			before := s
			s = r.goTo(to)
			way, want := s.Axes.A-before.Axes.A, q
			if way < 0 {
				want = q.Mul(1.05)
			}
			r.near("axis A", s.Axes.A, model.Degrees(to), model.Arcsec(1))
			// The first half second of arc is counted in the old sense.
			r.near("counted way", want.Mul(float64(s.Reports[AxisA].Emitted-before.Reports[AxisA].Emitted)), way, model.Arcsec(3)+q)
		}
		r.goTo(30)
		s = r.goTo(25)
		saved := s.Saved()
		if !saved.CCW[AxisA] {
			t.Error("the sense is not remembered")
		}
		m, err := New(cfg, Parts{Clock: r.clock, Epoch: r.epoch, Motors: newMotors(t, cfg, &saved), Saved: &saved})
		if err != nil {
			t.Fatal(err)
		}
		r.near("the next run's axis A", m.Snapshot().Axes.A, s.Axes.A, q.Mul(2))
		if err := r.Configure(t.Context(), func(c *Config) { c.Mount.A.FullStepArcsecCCW = 1 }); err == nil {
			t.Error("full_step_arcsec_ccw was changed while running")
		}
	})
}

// Another width while running moves neither motor nor axis.
func TestBacklashReconfigured(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, DefaultConfig(), nil)
		r.do(r.SetTracking(t.Context(), true))
		to := r.at(2, 30) // setting: the altitude falls
		r.do(r.SlewEquatorial(t.Context(), to))
		r.arrive()
		before := r.after(10 * time.Second)
		r.do(r.Configure(t.Context(), func(c *Config) { c.Mount.A.BacklashArcmin = 7 }))
		s := r.Snapshot()
		r.near("axis A", s.Axes.A, before.Axes.A, model.Arcsec(0.1))
		if s.Backlash[AxisA].Taken != model.Arcmin(7) {
			t.Errorf("taken up %v; the axis goes counter-clockwise", s.Backlash[AxisA].Taken)
		}
		s = r.after(20 * time.Second)
		r.onTarget("later", s.Equatorial, to, fine)
	})
}

// The take-up has a speed of its own; a slew has not arrived before it is over.
func TestTakeUpRate(t *testing.T) {
	for rate, want := range map[float64]time.Duration{0.02: 8333 * time.Millisecond, 0: 500 * time.Millisecond} { // of 10′
		synctest.Test(t, func(t *testing.T) {
			cfg := DefaultConfig()
			cfg.Site.Refraction, cfg.Mount.A.BacklashArcmin, cfg.Mount.A.BacklashRate = false, 10, rate
			r := start(t, cfg, nil)
			r.goTo(40)
			s, begun := r.Snapshot(), r.Instant()
			r.do(r.SlewHorizontal(t.Context(), model.Horizontal{Az: s.Horizontal.Az, Alt: model.Degrees(39.9)}))
			if s = r.after(300 * time.Millisecond); !s.Backlash[AxisA].TakingUp {
				t.Errorf("at %g°/s: not taking up", rate)
			}
			r.arrive()
			if took := r.Instant().Sub(begun); took < want || took > want+4*time.Second {
				t.Errorf("at %g°/s: the slew took %v, the take-up alone takes %v", rate, took, want)
			}
		})
	}
}
