// SPDX-License-Identifier: GPL-3.0-or-later

package mount

import (
	"errors"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/pointing"
)

// Commanded places are met to a hundredth of an arcsecond: the tolerance
// covers the cubic between knots and the sidereal rate's last digits.
var fine = model.Arcsec(0.01)

func TestSlewAndTrack(t *testing.T) {
	t.Parallel()
	everywhere(t, func(r *rig, g pointing.Geometry) {
		t := r.t
		r.do(r.SetTracking(t.Context(), true))
		for _, ha := range []float64{-4, 3.5, -0.2, 0.3, 5} {
			to := r.at(ha, 30)
			r.do(r.SlewEquatorial(t.Context(), to))
			if s := r.Snapshot(); !s.Slewing || s.Activity != SlewingToSky {
				t.Errorf("just after the command: slewing %v, %v", s.Slewing, s.Activity)
			}
			s := r.arrive()
			r.onTarget("on arrival", s.Equatorial, to, fine)
			s = r.after(4 * time.Minute / thinning)
			if !s.Tracking || s.Stopped != nil {
				t.Fatalf("tracking stopped: %v", s.Stopped)
			}
			r.onTarget("4 minutes later", s.Equatorial, to, fine)
		}
	})
}

func TestSlewWhileSlewing(t *testing.T) {
	everywhere(t, func(r *rig, g pointing.Geometry) {
		t := r.t
		r.do(r.SetTracking(t.Context(), true))
		r.do(r.SlewEquatorial(t.Context(), r.at(-3, 20)))
		r.after(7 * time.Second)
		to := r.at(2, 50)
		r.do(r.SlewEquatorial(t.Context(), to))
		r.onTarget("second target", r.arrive().Equatorial, to, fine)
	})
}

func TestGuidePulsesAreExact(t *testing.T) {
	t.Parallel()
	everywhere(t, func(r *rig, g pointing.Geometry) {
		t := r.t
		r.do(r.SetTracking(t.Context(), true))
		to := r.at(-2, 35)
		r.do(r.SlewEquatorial(t.Context(), to))
		r.arrive()
		for _, tt := range []struct {
			dir     Direction
			d       time.Duration
			ra, dec float64 // arcsec
		}{
			{North, 20 * time.Millisecond, 0, 0.15},
			{East, 5 * time.Second, 37.5, 0},
			{South, 333 * time.Millisecond, 0, -2.4975},
			{West, 1777 * time.Millisecond, -13.3275, 0},
		} {
			before := r.Snapshot().Equatorial
			r.do(r.PulseGuide(t.Context(), tt.dir, tt.d))
			if !r.Snapshot().PulseGuiding() {
				t.Errorf("%v: not guiding just after the pulse began", tt.dir)
			}
			s := r.after(tt.d + 150*time.Millisecond)
			if s.PulseGuiding() {
				t.Errorf("%v: still guiding", tt.dir)
			}
			r.near(tt.dir.String()+" RA", s.Equatorial.RA-before.RA, model.Arcsec(tt.ra), fine)
			r.near(tt.dir.String()+" Dec", s.Equatorial.Dec-before.Dec, model.Arcsec(tt.dec), fine)
		}
		// Both coordinates at once, and a second pulse in the same one refused.
		before := r.Snapshot().Equatorial
		r.do(r.PulseGuide(t.Context(), East, time.Second))
		r.do(r.PulseGuide(t.Context(), North, 2*time.Second))
		if err := r.PulseGuide(t.Context(), West, time.Second); !errors.Is(err, fault.Refused) {
			t.Errorf("a second pulse in right ascension: %v", err)
		}
		s := r.after(3 * time.Second)
		r.near("both, RA", s.Equatorial.RA-before.RA, model.Arcsec(7.5), fine)
		r.near("both, Dec", s.Equatorial.Dec-before.Dec, model.Arcsec(15), fine)
	})
}

func TestRateOffsets(t *testing.T) {
	t.Parallel()
	everywhere(t, func(r *rig, g pointing.Geometry) {
		t := r.t
		r.do(r.SetTracking(t.Context(), true))
		to := r.at(-3, 25)
		r.do(r.SlewEquatorial(t.Context(), to))
		r.arrive()
		ra, dec := model.ArcsecPerSecond(40), model.ArcsecPerSecond(-0.05)
		r.do(r.SetRateOffsets(t.Context(), &ra, &dec))
		r.after(2 * time.Second)
		before := r.Snapshot()
		s := r.after(10 * time.Second)
		d := s.At.Sub(before.At)
		r.near("RA", s.Equatorial.RA-before.Equatorial.RA, ra.Over(d), fine)
		r.near("Dec", s.Equatorial.Dec-before.Equatorial.Dec, dec.Over(d), fine)
		r.do(r.SetDriveRate(t.Context(), DriveLunar))
		s = r.after(time.Second)
		if s.RARate != 0 || s.DecRate != 0 {
			t.Errorf("offsets left at the lunar rate: %v, %v", s.RARate, s.DecRate)
		}
		if err := r.SetRateOffsets(t.Context(), &ra, nil); !errors.Is(err, fault.Refused) {
			t.Errorf("an offset at the lunar rate: %v", err)
		}
		before = s
		s = r.after(60 * time.Second)
		// 15.041069 − 14.685 ″/s eastward among the stars.
		r.near("lunar RA", s.Equatorial.RA-before.Equatorial.RA, model.Arcsec(0.356069*s.At.Sub(before.At).Seconds()), fine)
	})
}

func TestMoveAxisAndResume(t *testing.T) {
	t.Parallel()
	everywhere(t, func(r *rig, g pointing.Geometry) {
		t := r.t
		r.do(r.SetTracking(t.Context(), true))
		r.do(r.SlewEquatorial(t.Context(), r.at(-2, 40)))
		r.arrive()
		before := r.Snapshot()
		r.do(r.MoveAxis(t.Context(), "me", AxisZ, model.DegreesPerSecond(0.5)))
		s := r.after(5 * time.Second)
		if !s.Slewing || s.Activity != Held {
			t.Errorf("while held: slewing %v, %v", s.Slewing, s.Activity)
		}
		// 5 s at 0.5°/s less what the ramp up (v/2·(v/a + ramp)) took.
		want := model.Degrees(0.5*5 - 0.5/2*(0.25+0.4))
		r.near("axis Z", s.Axes.Z-before.Axes.Z, want, model.Degrees(0.03))
		r.do(r.MoveAxis(t.Context(), "me", AxisZ, 0))
		s = r.arrive()
		if !s.Tracking {
			t.Error("tracking was on before the axis was moved, and is off after")
		}
		r.after(time.Second)
		place := r.Snapshot().Equatorial
		r.onTarget("tracked after", r.after(5*time.Minute).Equatorial, place, fine)
	})
}

func TestHeldMotionDiesWithItsHolder(t *testing.T) {
	everywhere(t, func(r *rig, g pointing.Geometry) {
		t := r.t
		r.do(r.MoveAxis(t.Context(), "me", AxisZ, model.DegreesPerSecond(-0.1)))
		for range 4 {
			r.after(8 * time.Second)
			r.Heard("me")
			r.Heard("somebody else")
		}
		if s := r.Snapshot(); s.Activity != Held {
			t.Fatalf("stopped although its client spoke: %v", s.Stopped)
		}
		r.after(9 * time.Second)
		r.Heard("somebody else")
		s := r.after(4 * time.Second)
		if s.Slewing || s.Stopped == nil {
			t.Errorf("13 s of silence: slewing %v, reason %v", s.Slewing, s.Stopped)
		}
	})
}

func TestAbortAndHaltInEveryState(t *testing.T) {
	t.Parallel()
	acts := map[string]func(r *rig) error{
		"slew":      func(r *rig) error { return r.SlewEquatorial(r.t.Context(), r.at(3, 10)) },
		"park":      func(r *rig) error { return r.Park(r.t.Context()) },
		"home":      func(r *rig) error { return r.FindHome(r.t.Context()) },
		"move axis": func(r *rig) error { return r.MoveAxis(r.t.Context(), "me", AxisA, model.DegreesPerSecond(-1)) },
		"guide":     func(r *rig) error { return r.PulseGuide(r.t.Context(), East, 3*time.Second) },
		"rotate":    func(r *rig) error { return r.RotateBy(r.t.Context(), model.Degrees(170)) },
	}
	for name, act := range acts {
		t.Run(name, func(t *testing.T) {
			everywhere(t, func(r *rig, g pointing.Geometry) {
				t := r.t
				r.do(r.SetTracking(t.Context(), true))
				r.do(r.SlewEquatorial(t.Context(), r.at(-3, 30)))
				r.arrive()
				r.do(act(r))
				r.after(1500 * time.Millisecond)
				r.do(r.Abort(r.t.Context()))
				s := r.after(3 * time.Second)
				if s.Slewing {
					t.Errorf("still %v 3 s after abort", s.Activity)
				}
				if !s.Tracking || s.Parked || s.AtHome {
					t.Errorf("after abort: tracking %v, parked %v, at home %v", s.Tracking, s.Parked, s.AtHome)
				}
				r.do(act(r))
				r.after(1500 * time.Millisecond)
				r.Halt()
				s = r.after(3 * time.Second)
				if s.Slewing || s.Tracking {
					t.Errorf("after halt: slewing %v, tracking %v", s.Slewing, s.Tracking)
				}
				at := s.Axes
				if s = r.after(time.Minute); s.Axes != at {
					t.Error("moved after halt")
				}
				if err := r.SlewEquatorial(t.Context(), r.at(-3, 30)); err == nil {
					t.Error("a halted mount slews")
				}
				r.do(r.Resume(t.Context()))
				r.do(r.SetTracking(t.Context(), true))
				to := r.at(-2, 50)
				r.do(r.SlewEquatorial(t.Context(), to))
				r.onTarget("after resume", r.arrive().Equatorial, to, fine)
			})
		})
	}
}

func TestParkHomeUnpark(t *testing.T) {
	everywhere(t, func(r *rig, g pointing.Geometry) {
		t := r.t
		r.do(r.SetTracking(t.Context(), true))
		r.do(r.SlewEquatorial(t.Context(), r.at(-3, 30)))
		r.arrive()
		r.do(r.Park(t.Context()))
		s := r.arrive()
		if !s.Parked || s.Tracking {
			t.Fatalf("parked %v, tracking %v", s.Parked, s.Tracking)
		}
		cfg := s.Config.Mount
		r.near("park Z", s.Axes.Z, model.Degrees(cfg.Z.ParkDeg), fine)
		r.near("park A", s.Axes.A, model.Degrees(cfg.A.ParkDeg), fine)
		r.do(r.Park(t.Context()))
		for name, err := range map[string]error{
			"slew": r.SlewEquatorial(t.Context(), r.at(1, 1)), "track": r.SetTracking(t.Context(), true),
			"home": r.FindHome(t.Context()), "move": r.MoveAxis(t.Context(), "", 0, 0), "abort": r.Abort(t.Context()),
			"pulse": r.PulseGuide(t.Context(), East, 0), "sync": r.SyncEquatorial(t.Context(), r.at(1, 1)),
		} {
			if !errors.Is(err, fault.Parked) {
				t.Errorf("%s while parked: %v", name, err)
			}
		}
		r.do(r.SetTracking(t.Context(), false))
		r.do(r.Unpark(t.Context()))
		if s := r.arrive(); s.Parked || !s.Tracking {
			t.Errorf("after unpark: parked %v, tracking %v (it tracked before)", s.Parked, s.Tracking)
		}
		r.do(r.FindHome(t.Context()))
		s = r.arrive()
		if !s.AtHome || s.Tracking || s.Parked {
			t.Errorf("home: %v, tracking %v, parked %v", s.AtHome, s.Tracking, s.Parked)
		}
		r.do(r.SetTracking(t.Context(), true))
		if r.Snapshot().AtHome {
			t.Error("still at home while tracking")
		}
	})
}

func TestSyncNamesWithoutMoving(t *testing.T) {
	everywhere(t, func(r *rig, g pointing.Geometry) {
		t := r.t
		r.do(r.SetTracking(t.Context(), true))
		to := r.at(-3, 30)
		r.do(r.SlewEquatorial(t.Context(), to))
		axes := r.arrive().Axes
		as := model.Equatorial{RA: to.RA - model.Degrees(1), Dec: to.Dec - model.Degrees(1)}
		r.do(r.SyncEquatorial(t.Context(), as))
		s := r.after(time.Second)
		r.onTarget("synced", s.Equatorial, as, fine)
		if d := s.Axes.Sub(axes); d.Z.Abs() > model.Arcsec(30) || d.A.Abs() > model.Arcsec(30) {
			t.Errorf("sync moved the tube by %v", d)
		}
		r.do(r.SlewEquatorial(t.Context(), to))
		r.onTarget("slewed after sync", r.arrive().Equatorial, to, fine)
	})
}

func TestHorizontalSlewStays(t *testing.T) {
	everywhere(t, func(r *rig, g pointing.Geometry) {
		t := r.t
		to := model.Horizontal{Az: model.Degrees(150), Alt: model.Degrees(50)}
		r.do(r.SlewHorizontal(t.Context(), to))
		s := r.arrive()
		if d := s.Horizontal.Separation(to); d > fine {
			t.Errorf("at %v, want %v", s.Horizontal, to)
		}
		if s = r.after(time.Minute); s.Horizontal.Separation(to) > fine {
			t.Errorf("drifted to %v", s.Horizontal)
		}
		r.do(r.SyncHorizontal(t.Context(), model.Horizontal{Az: to.Az + model.Degrees(1), Alt: to.Alt}))
		r.near("azimuth after sync", r.Snapshot().Horizontal.Az, to.Az+model.Degrees(1), fine)
		r.do(r.SetTracking(t.Context(), true))
		if err := r.SlewHorizontal(t.Context(), to); !errors.Is(err, fault.Refused) {
			t.Errorf("slew to altitude and azimuth while tracking: %v", err)
		}
	})
}

func TestLimits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg := DefaultConfig()
		cfg.Mount.HorizonDeg = 15
		r := start(t, cfg, nil)
		r.do(r.SetTracking(t.Context(), true))
		if err := r.SlewEquatorial(t.Context(), r.at(0, -40)); !errors.Is(err, fault.BelowLimit) {
			t.Errorf("below the horizon limit: %v", err)
		}
		r.do(r.SlewEquatorial(t.Context(), r.at(4.4, 0))) // at 17°, sinking
		r.arrive()
		s := r.after(20 * time.Minute)
		if s.Tracking || !errors.Is(s.Stopped, fault.BelowLimit) {
			t.Errorf("at altitude %v: tracking %v, stopped because %v", s.Horizontal.Alt, s.Tracking, s.Stopped)
		}
		r.near("stopped at", s.Horizontal.Alt, model.Degrees(15), model.Arcmin(1))
		// Held motion stops at the limit too, and the way out is open.
		r.do(r.MoveAxis(t.Context(), "me", AxisA, model.DegreesPerSecond(2)))
		r.after(3 * time.Second)
		r.do(r.MoveAxis(t.Context(), "me", AxisA, model.DegreesPerSecond(-3)))
		s = r.after(6 * time.Second)
		if s.Slewing || s.Horizontal.Alt < model.Degrees(14.9) {
			t.Errorf("held motion went down to %v, slewing %v", s.Horizontal.Alt, s.Slewing)
		}
	})
}

func TestGermanPierSides(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := start(t, DefaultConfig().ForGeometry("german"), nil)
		r.do(r.SetTracking(t.Context(), true))
		for _, tt := range []struct {
			ha   float64
			want pointing.PierSide
		}{{-3, pointing.Through}, {3, pointing.Normal}, {-9, pointing.Through}, {9, pointing.Normal}} {
			dec := 20.0
			if math.Abs(tt.ha) > 6 {
				dec = 75
			}
			to := r.at(tt.ha, dec)
			if side, err := r.DestinationPier(to); err != nil || side != tt.want {
				t.Errorf("HA %g: destination %v, %v", tt.ha, side, err)
			}
			r.do(r.SlewEquatorial(t.Context(), to))
			s := r.arrive()
			r.onTarget("place", s.Equatorial, to, fine)
			if s.Pier != tt.want {
				t.Errorf("HA %g: on side %v, want %v", tt.ha, s.Pier, tt.want)
			}
		}
		to := r.at(-0.02, 0)
		r.do(r.SlewEquatorial(t.Context(), to))
		r.arrive()
		r.after(2 * time.Minute)
		r.do(r.Flip(t.Context(), pointing.Normal))
		s := r.arrive()
		r.onTarget("after the flip", s.Equatorial, to, fine)
		if s.Pier != pointing.Normal {
			t.Errorf("after the flip on side %v", s.Pier)
		}
		// Left alone, the other side stops at the margin past the meridian.
		r.do(r.Configure(t.Context(), func(c *Config) { c.Mount.PastMeridianDeg = 0.5 }))
		r.do(r.SlewEquatorial(t.Context(), r.at(-0.05, 0)))
		r.arrive()
		s = r.after(6 * time.Minute)
		if s.Tracking || !errors.Is(s.Stopped, fault.AboveLimit) {
			t.Errorf("past the meridian: tracking %v, %v", s.Tracking, s.Stopped)
		}
	})
}

func TestZenithPassage(t *testing.T) {
	t.Parallel()
	for _, miss := range []float64{0, 0.5, 3, 30} { // arcminutes from the zenith
		if raced && miss != 0.5 {
			continue
		}
		synctest.Test(t, func(t *testing.T) {
			r := start(t, DefaultConfig(), nil)
			r.do(r.SetTracking(t.Context(), true))
			to := r.at(-0.08, DefaultConfig().Site.LatitudeDeg+miss/60)
			r.do(r.SlewEquatorial(t.Context(), to))
			r.arrive()
			worst := model.Angle(0)
			for range 10 * 60 {
				s := r.after(time.Second)
				if s.Stopped != nil {
					t.Fatal(s.Stopped)
				}
				if d := s.Equatorial.Separation(to); !s.Degraded && d > worst {
					worst = d
				}
			}
			t.Logf("%g′ from the zenith: %.3f″ at worst while not degraded", miss, worst.Arcsec())
			r.onTarget("ten minutes later", r.Snapshot().Equatorial, to, fine)
			if miss >= 3 && worst > fine {
				t.Errorf("%g′ from the zenith tracking was %.3f″ off", miss, worst.Arcsec())
			}
		})
	}
}

func TestRotatorFollowsTheSky(t *testing.T) {
	t.Parallel()
	everywhere(t, func(r *rig, g pointing.Geometry) {
		t := r.t
		r.do(r.SetTracking(t.Context(), true))
		r.do(r.SlewEquatorial(t.Context(), r.at(-1, 30)))
		r.arrive()
		r.do(r.SyncRotator(t.Context(), model.Degrees(10)))
		r.near("synced", r.Snapshot().Rotator.Sky, model.Degrees(10), fine)
		r.do(r.RotateTo(t.Context(), model.Degrees(100)))
		if !r.Snapshot().Rotator.Moving {
			t.Error("not moving just after the command")
		}
		before := r.after(30 * time.Second)
		r.near("turned", before.Rotator.Sky, model.Degrees(100), fine)
		s := r.after(15 * time.Minute / thinning)
		r.near("later", s.Rotator.Sky, model.Degrees(100), fine)
		if turned := (s.Rotator.Turned - before.Rotator.Turned).Abs(); g == pointing.AltAz && turned < model.Degrees(1.0/thinning) {
			t.Errorf("the rotator turned by %v: it does not follow", turned)
		}
		r.do(r.SetTracking(t.Context(), false))
		r.do(r.RotateMechanical(t.Context(), model.Degrees(315)))
		s = r.after(time.Minute)
		r.near("mechanical", s.Rotator.Mechanical, model.Degrees(315), fine)
		if s.Rotator.Moving {
			t.Error("still moving")
		}
	})
}

func TestTimeAndPlaceRenameWithoutMoving(t *testing.T) {
	everywhere(t, func(r *rig, g pointing.Geometry) {
		t := r.t
		r.do(r.SetTracking(t.Context(), true))
		r.do(r.SlewEquatorial(t.Context(), r.at(-3, 30)))
		before := r.arrive()
		r.do(r.SetUTC(t.Context(), r.UTC().Add(time.Hour)))
		s := r.after(time.Second)
		if d := s.Axes.Sub(before.Axes); d.Z.Abs() > model.Arcmin(2) || d.A.Abs() > model.Arcmin(2) {
			t.Errorf("setting the clock moved the tube by %v", d)
		}
		r.near("RA", s.Equatorial.RA-before.Equatorial.RA, model.Sidereal.Over(time.Hour), model.Arcsec(1))
		r.do(r.SetUTC(t.Context(), r.UTC().Add(-time.Hour)))
		r.onTarget("clock back", r.after(time.Second).Equatorial, before.Equatorial, model.Arcsec(0.1))
		r.do(r.Configure(t.Context(), func(c *Config) { c.Site.LatitudeDeg += 10; c.Site.LongitudeDeg -= 30 }))
		s = r.after(time.Second)
		if d := s.Axes.Sub(before.Axes); d.Z.Abs() > model.Arcmin(3) || d.A.Abs() > model.Arcmin(3) {
			t.Errorf("another place moved the tube by %v", d)
		}
		if err := r.Configure(t.Context(), func(c *Config) { c.Mount.Geometry = "fork"; c.Mount.Z.Microsteps = 4 }); err == nil {
			t.Error("the gears changed while running")
		}
	})
}

// At the very pole of the mount the field turns over: tracking there, and
// leaving, must not ask the impossible of any axis.
func TestTrackingAtThePole(t *testing.T) {
	t.Parallel()
	everywhere(t, func(r *rig, g pointing.Geometry) {
		t := r.t
		for _, a := range []float64{90, 90.01, 89.999, 90} {
			cfg := r.Snapshot().Config.Mount
			r.do(r.Configure(t.Context(), func(c *Config) {
				c.Mount.A.HomeDeg = a
				c.Mount.Z.HomeDeg = min(cfg.Z.MaxDeg, 200)
				c.Mount.HorizonDeg = -5
			}))
			r.do(r.FindHome(t.Context()))
			r.arrive()
			r.do(r.SetTracking(t.Context(), true))
			for range 4 {
				if s := r.after(30 * time.Second); s.SlewFault != nil {
					t.Fatalf("home at %g°: %v", a, s.SlewFault)
				}
				r.do(r.SetTracking(t.Context(), false))
				r.do(r.SetTracking(t.Context(), true))
			}
		}
	})
}

// A planner that is held up, by a suspended process or a slow disk, finds the
// axes braked to rest with their counts exact, and goes on from there.
func TestPlannerHeldUp(t *testing.T) {
	t.Parallel()
	for _, g := range geometries {
		t.Run(g.String(), func(t *testing.T) {
			s, now := tracking(t, stepsFor(DefaultConfig().ForGeometry(g.String())))
			at := func(ha, dec float64) model.Equatorial {
				return model.HourDec{HA: model.Hours(ha), Dec: model.Degrees(dec)}.Equatorial(s.heaven.lst(now))
			}
			stall := func() {
				now = now.Add(7 * time.Second)
				s.step(now)
				for range 100 {
					now = now.Add(Tick)
					s.step(now)
				}
			}
			on := s.course.target.at(now)
			stall()
			if d := s.heaven.equatorial(s.axes, now).Separation(on); !s.tracking || d > fine {
				t.Errorf("5 s after a stall while tracking: tracking %v, %.3f″ off", s.tracking, d.Arcsec())
			}
			to := at(-2, 50)
			if err := s.slewEquatorial(now, to); err != nil {
				t.Fatal(err)
			}
			for range 60 {
				now = now.Add(Tick)
				s.step(now)
			}
			stall()
			for s.activity != Idle {
				now = now.Add(Tick)
				s.step(now)
			}
			if d := s.heaven.equatorial(s.axes, now).Separation(to); d > fine || s.slewFault != nil {
				t.Errorf("a slew with a stall ended %.3f″ off: %v", d.Arcsec(), s.slewFault)
			}
			if err := s.moveAxis(now, "me", AxisA, model.DegreesPerSecond(1)); err != nil {
				t.Fatal(err)
			}
			for range 20 {
				now = now.Add(Tick)
				s.step(now)
			}
			stall()
			if s.activity != Idle || s.holder != "" {
				t.Errorf("held motion goes on after a stall: %v", s.activity)
			}
			if err := s.park(now); err != nil {
				t.Fatal(err)
			}
			for range 40 {
				now = now.Add(Tick)
				s.step(now)
			}
			stall()
			for s.activity != Idle {
				now = now.Add(Tick)
				s.step(now)
			}
			if !s.parked {
				t.Errorf("parking with a stall: %v", s.slewFault)
			}
			for i, r := range s.reports {
				if d := r.Position.Microsteps() - float64(r.Emitted); math.Abs(d) > 0.51 {
					t.Errorf("axis %d: emitted %d at position %.2f", i, r.Emitted, r.Position.Microsteps())
				}
			}
		})
	}
}

// failing are motors whose board stops answering.
type failing struct {
	driver.Motors
	broken bool
}

func (f *failing) Queue(i int, s driver.Segment) error {
	if f.broken {
		return errors.New("the board does not answer")
	}
	return f.Motors.Queue(i, s)
}

// An error of the hardware stays the reason why the mount stopped, though it
// was halted because of it.
func TestHardwareErrorIsTheReason(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var f failing
		r := start(t, DefaultConfig(), nil, func(p *Parts) {
			f.Motors = p.Motors
			p.Motors = &f
		})
		r.do(r.SetTracking(t.Context(), true))
		r.after(time.Second)
		r.do(r.command(t.Context(), "break", func(*state, driver.Instant) error { f.broken = true; return nil }))
		if s := r.after(5 * time.Second); !errors.Is(s.Stopped, fault.Hardware) {
			t.Errorf("stopped because: %v", s.Stopped)
		}
	})
}

// A halt forgets neither the drive rate nor the offsets.
func TestRatesOutliveAHalt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, DefaultConfig(), nil)
		ctx := t.Context()
		again := func() *Snapshot {
			r.do(r.SetTracking(ctx, true))
			r.Halt()
			r.after(3 * time.Second)
			r.do(r.Resume(ctx))
			r.do(r.SetTracking(ctx, true))
			return r.Snapshot()
		}
		r.do(r.SetDriveRate(ctx, DriveLunar))
		if s := again(); s.Drive != DriveLunar {
			t.Errorf("the drive rate is %v", s.Drive)
		}
		r.do(r.SetDriveRate(ctx, DriveSidereal))
		ra, dec := model.ArcsecPerSecond(0.2), model.ArcsecPerSecond(-0.1)
		r.do(r.SetRateOffsets(ctx, &ra, &dec))
		if s := again(); s.RARate != ra || s.DecRate != dec {
			t.Errorf("the offsets are %v and %v", s.RARate, s.DecRate)
		}
	})
}

// Tracking does not begin where it leads an axis further beyond its limit.
func TestNoTrackingFurtherBeyondALimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, DefaultConfig().ForGeometry("fork"), nil)
		ctx := t.Context()
		r.do(r.SetTracking(ctx, true))
		r.do(r.SlewEquatorial(ctx, r.at(2, 40)))
		r.arrive()
		r.do(r.SetTracking(ctx, false))
		z := r.after(time.Second).Axes.Z.Degrees()
		limit := func(low, high float64) {
			r.do(r.Configure(ctx, func(c *Config) {
				m := &c.Mount.Z
				m.MinDeg, m.MaxDeg = low, high
				m.HomeDeg, m.ParkDeg = (low+high)/2, (low+high)/2
			}))
		}
		limit(z-200, z-5) // the star moves on beyond it
		if err := r.SetTracking(ctx, true); !errors.Is(err, fault.AboveLimit) && !errors.Is(err, fault.BelowLimit) {
			t.Errorf("out of the limits: %v", err)
		}
		limit(z+5, z+200) // and back into it
		r.do(r.SetTracking(ctx, true))
		if s := r.after(time.Second); !s.Tracking {
			t.Errorf("into the limits: %v", s.Stopped)
		}
	})
}

// A flip asked for on the way flips where the way leads to, and there are two
// sides only.
func TestFlipOnTheWay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg := DefaultConfig().ForGeometry("german")
		cfg.Mount.PastMeridianDeg, cfg.Mount.BeforeMeridianDeg = 30, 30
		r := start(t, cfg, nil)
		ctx := t.Context()
		if err := r.Flip(ctx, pointing.PierUnknown); !errors.Is(err, fault.Invalid) {
			t.Errorf("to no side: %v", err)
		}
		r.do(r.SetTracking(ctx, true))
		for _, straight := range []bool{true, false} {
			r.do(r.SlewEquatorial(ctx, r.at(-4, 30)))
			r.arrive()
			to := r.at(0.3, 30)
			r.do(r.SlewEquatorial(ctx, to))
			if !straight { // as if the straight way had been closed
				r.do(r.command(ctx, "detour", func(s *state, now driver.Instant) error {
					at, before := s.change(now)
					way := s.route
					way.via[0], way.n, way.next = model.Axes{Z: before.pos[AxisZ], A: way.goal.axes.A}, 1, 0
					s.setOut(now, at, before, way)
					return nil
				}))
			}
			side, err := r.DestinationPier(to)
			if err != nil {
				t.Fatal(err)
			}
			r.after(500 * time.Millisecond)
			r.do(r.Flip(ctx, side)) // it goes there anyway
			r.do(r.Flip(ctx, side.Other()))
			s := r.arrive()
			if s.Pier != side.Other() {
				t.Errorf("straight %v: side %v, want %v", straight, s.Pier, side.Other())
			}
			r.onTarget("after the flip", s.Equatorial, to, fine)
		}
	})
}
