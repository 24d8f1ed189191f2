// SPDX-License-Identifier: GPL-3.0-or-later

package mount

import (
	"bufio"
	"errors"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/horizon"
	"github.com/siderostep/siderostep/model/pointing"
)

// within runs a test in a bubble, on the default mount of a geometry as
// changed.
func within(t *testing.T, geometry string, change func(*Config), also func(*Parts), test func(r *rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		cfg := DefaultConfig().ForGeometry(geometry)
		if change != nil {
			change(&cfg)
		}
		if also == nil {
			also = func(*Parts) {}
		}
		test(start(t, cfg, nil, also))
	})
}

// refused checks that a command is refused for the right reason, in words.
func (r *rig) refused(what string, err, kind error, words string) {
	r.t.Helper()
	if !errors.Is(err, kind) || !strings.Contains(err.Error(), words) {
		r.t.Errorf("%s: %v; want %v with %q", what, err, kind, words)
	}
}

// horizontally returns the place at azimuth and altitude, now.
func (r *rig) horizontally(az, alt float64) model.Equatorial {
	s := r.Snapshot()
	hd := model.Horizontal{Az: model.Degrees(az), Alt: model.Degrees(alt)}.HourDec(s.Config.Site.Latitude())
	return hd.Equatorial(s.LST + model.Sidereal.Over(r.Instant().Sub(s.At)))
}

// watched waits for the end of a slew, and tells every snapshot.
func (r *rig) watched(see func(s *Snapshot)) *Snapshot {
	r.t.Helper()
	for range 20000 {
		s := r.after(Tick)
		if see(s); !s.Slewing {
			return s
		}
	}
	r.t.Fatal("never arrived")
	return nil
}

func skylineOf(t *testing.T, text string) *horizon.Profile {
	p, err := horizon.Parse("test", text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// The margins of a pier side decide as the original's automatic flip does,
// but below the pole, where the original has none and a pier side may here go
// as far as above. Source: pointing_gemflip_rule.csv, as its first line says.
func TestMeridianMarginsAgainstVectors(t *testing.T) {
	f, err := os.Open("testdata/pointing_gemflip_rule.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	checked := 0
	for scanner := bufio.NewScanner(f); scanner.Scan(); {
		cells := strings.Split(scanner.Text(), ",")
		var v [6]float64 // lat, flipped, on_fuzz, off_fuzz, az, needs_flip
		if len(cells) != len(v) || strings.HasPrefix(cells[0], "#") || cells[0] == "lat_deg" {
			continue
		}
		for i, cell := range cells {
			if v[i], err = strconv.ParseFloat(cell, 64); err != nil {
				t.Fatal(err)
			}
		}
		cfg := DefaultConfig().ForGeometry("german")
		cfg.Site.LatitudeDeg, cfg.Mount.PastMeridianDeg, cfg.Mount.BeforeMeridianDeg = v[0], v[2], v[3]
		side, own := pointing.Normal, v[3]
		z := v[4] // westward from the upper meridian on the normal side
		if v[0] < 0 {
			z = 360 - z
		}
		if v[1] != 0 {
			side, own, z = pointing.Through, v[2], z-180
		}
		below := math.Abs(math.Abs(math.Remainder(z, 360))-180) <= math.Max(0, own)
		if got := cfg.pastMeridian(model.Degrees(v[4]), side) > 0; got != (v[5] != 0) && !below {
			t.Errorf("%s: beyond %v", scanner.Text(), got)
		}
		checked++
	}
	if checked < 100 {
		t.Errorf("only %d vectors", checked)
	}
}

func TestSkyline(t *testing.T) {
	t.Parallel()
	skyline := skylineOf(t, "0 5\n200 5\n200 40\n300 40\n300 5\n")
	within(t, "altaz", func(c *Config) { c.Mount.HorizonDeg = 15 }, func(p *Parts) { p.Skyline = skyline }, func(r *rig) {
		t, ctx := r.t, r.t.Context()
		r.do(r.SetTracking(ctx, true))
		r.refused("behind the wall", r.SlewEquatorial(ctx, r.horizontally(230, 39)), fault.BelowLimit, "below the skyline, 40.00° at azimuth 230")
		r.refused("below the floor", r.SlewEquatorial(ctx, r.horizontally(100, 14)), fault.BelowLimit, "horizon limit of 15.00°")
		// Westward into the wall, which begins at azimuth 200.
		r.do(r.SlewEquatorial(ctx, r.horizontally(198.5, 30)))
		s := r.arrive()
		if s.Limit.Next != HorizonLimit || s.Limit.In > time.Hour {
			t.Errorf("foretold: %v in %v", s.Limit.Next, s.Limit.In)
		}
		s = r.after(s.Limit.In - 10*time.Second)
		if !s.Tracking {
			t.Fatalf("stopped before the wall: %v", s.Stopped)
		}
		s = r.after(20 * time.Second)
		if s.Tracking || !errors.Is(s.Stopped, fault.BelowLimit) || !s.Limit.Reached || s.Limit.Limit != HorizonLimit {
			t.Errorf("at the wall: tracking %v, %v, %+v", s.Tracking, s.Stopped, s.Limit)
		}
		r.near("stopped at azimuth", s.Horizontal.Az, model.Degrees(200), model.Arcmin(1))
		// Held motion: not into it, but over it.
		r.refused("held into the wall", r.MoveAxis(ctx, "me", AxisZ, model.DegreesPerSecond(1)), fault.BelowLimit, "skyline")
		r.do(r.MoveAxis(ctx, "me", AxisA, model.DegreesPerSecond(3)))
		if s = r.after(5 * time.Second); s.Horizontal.Alt < model.Degrees(40) {
			t.Errorf("the way up is closed: %v, %v", s.Horizontal, s.Stopped)
		}
	})
}

// A slew whose straight way leads below the horizon takes another one.
func TestWayStaysAboveHorizon(t *testing.T) {
	t.Parallel()
	for _, paths := range []string{"checked", "free"} {
		within(t, "fork", func(c *Config) { c.Mount.HorizonDeg, c.Mount.SlewPaths = 24, paths }, nil, func(r *rig) {
			t, ctx := r.t, r.t.Context()
			r.do(r.SetTracking(ctx, true))
			r.do(r.SlewEquatorial(ctx, r.at(-9.5, 70)))
			r.arrive()
			to := r.at(-2, -10)
			r.do(r.SlewEquatorial(ctx, to))
			lowest, n := model.Quarter, r.Snapshot().Motions
			s := r.watched(func(s *Snapshot) {
				lowest = min(lowest, s.Horizontal.Alt)
				if !s.HasTarget || s.Target.Separation(to) > fine || s.Motions != n {
					t.Fatalf("on the way: target %v %v, motions %d", s.HasTarget, s.Target, s.Motions)
				}
			})
			r.onTarget("arrived", s.Equatorial, to, fine)
			// By the formula of spherical astronomy the straight way, on which
			// both axes move at once, goes down to about 20°.
			if checked := lowest > model.Degrees(23.8); checked != (paths == "checked") {
				t.Errorf("%s: down to %v on the way", paths, lowest)
			}
		})
	}
}

// Where no way leads, nothing moves; and abort ends every leg of one.
func TestClosedWay(t *testing.T) {
	wall := skylineOf(t, "0 0\n90 0\n90 80\n110 80\n110 0\n360 0\n")
	within(t, "altaz", func(c *Config) {
		c.Mount.Z.MinDeg, c.Mount.Z.MaxDeg, c.Mount.Z.HomeDeg, c.Mount.Z.ParkDeg = 0, 200, 50, 150
		c.Mount.A.MaxDeg = 70
	}, func(p *Parts) { p.Skyline = wall }, func(r *rig) {
		t, ctx := r.t, r.t.Context()
		before := r.Snapshot()
		r.refused("through the wall", r.SlewHorizontal(ctx, model.Horizontal{Az: model.Degrees(150), Alt: model.Degrees(30)}), fault.BelowLimit, "the way there is closed")
		r.refused("parking through the wall", r.Park(ctx), fault.BelowLimit, "the way there is closed")
		if s := r.after(time.Second); s.Axes != before.Axes || s.Slewing {
			t.Errorf("moved by %v", s.Axes.Sub(before.Axes))
		}
		r.do(r.Configure(ctx, func(c *Config) { c.Mount.A.MaxDeg = 95 }))
		r.do(r.Park(ctx)) // over it, in three legs
		r.after(3 * time.Second)
		r.do(r.Abort(ctx))
		at := r.arrive().Axes
		if s := r.after(time.Minute); s.Axes != at || s.Parked {
			t.Errorf("after an abort it went on by %v, parked %v", s.Axes.Sub(at), s.Parked)
		}
		r.do(r.Park(ctx))
		lowest := free
		s := r.watched(func(s *Snapshot) {
			if az := s.Horizontal.Az.Degrees(); az > 90.5 && az < 109.5 {
				lowest = min(lowest, s.Horizontal.Alt)
			}
		})
		if !s.Parked || lowest < model.Degrees(79.8) || lowest == free {
			t.Errorf("parked %v, above the wall at %v", s.Parked, lowest)
		}
	})
}

// noon is a place where the bubble's time, 2000 January 1, 0:00 UTC, is noon:
// the Sun, at right ascension 280.7° and declination −23.1° by the almanac
// (281.29° and −23.03° twelve hours later), is high and near the meridian.
func noon(c *Config) {
	c.Site.LatitudeDeg, c.Site.LongitudeDeg = 20, 180
	c.Mount.Z.HomeDeg, c.Mount.A.HomeDeg = 300, 40
}

func hot(p *Parts) { p.Simulated = false }

var sun2000 = model.Equatorial{RA: model.Degrees(280.74), Dec: model.Degrees(-23.07)}

func beside(dRA, dDec float64) model.Equatorial {
	return model.Equatorial{RA: sun2000.RA + model.Degrees(dRA/math.Cos(23.07*math.Pi/180)), Dec: sun2000.Dec + model.Degrees(dDec)}
}

func TestSunAvoidance(t *testing.T) {
	within(t, "altaz", noon, hot, func(r *rig) {
		t, ctx := r.t, r.t.Context()
		if !r.Snapshot().Limit.SunAvoided {
			t.Fatal("the Sun is not avoided by default")
		}
		r.do(r.SetTracking(ctx, true))
		for _, to := range []model.Equatorial{sun2000, beside(0, 14.8), beside(-14.8, 0), beside(10, 10)} {
			r.refused("beside the Sun", r.SlewEquatorial(ctx, to), fault.AboveLimit, "from the Sun, nearer than the 15.0° allowed")
		}
		r.do(r.SlewEquatorial(ctx, beside(15.6, 0)))
		r.arrive()
		// To the other side: around it.
		nearest := model.HalfTurn
		r.do(r.SlewEquatorial(ctx, beside(-15.6, 0)))
		s := r.watched(func(s *Snapshot) { nearest = min(nearest, s.Equatorial.Separation(sun2000)) })
		r.onTarget("around the Sun", s.Equatorial, beside(-15.6, 0), fine)
		if nearest < model.Degrees(14.8) {
			t.Errorf("came within %v of the Sun", nearest)
		}
		// Held motion towards it stops, away from it is free.
		toSun := model.DegreesPerSecond(1)
		b := r.state.bounds()
		sun := sun2000.HourDec(s.LST).Horizontal(b.chain.Latitude)
		if (sun.Az - s.Horizontal.Az).WrapSigned() < 0 {
			toSun = -toSun
		}
		if err := r.MoveAxis(ctx, "me", AxisZ, toSun); err == nil {
			s = r.after(20 * time.Second)
		}
		if d := s.Equatorial.Separation(sun2000); s.Slewing || d < model.Degrees(14.8) {
			t.Errorf("held motion came within %v of the Sun, slewing %v", d, s.Slewing)
		}
		r.do(r.MoveAxis(ctx, "me", AxisZ, -toSun))
		r.after(3 * time.Second)
		r.do(r.MoveAxis(ctx, "me", AxisZ, 0))
		r.arrive()
		// For solar work.
		r.do(r.Configure(ctx, func(c *Config) { c.Mount.SunAvoidance = "off" }))
		r.do(r.SlewEquatorial(ctx, sun2000))
		r.arrive()
		r.do(r.SlewEquatorial(ctx, beside(-5, 0)))
		if s = r.arrive(); s.Limit.SunAvoided || s.Equatorial.Separation(beside(-5, 0)) > fine {
			t.Errorf("with the override: at %v, avoided %v", s.Equatorial, s.Limit.SunAvoided)
		}
		// On again beside the Sun: tracking ends, and the way out is open.
		r.do(r.Configure(ctx, func(c *Config) { c.Mount.SunAvoidance = "on" }))
		s = r.after(time.Second)
		if s.Tracking || !s.Limit.Reached || s.Limit.Limit != SunLimit {
			t.Errorf("on the Sun: tracking %v, %+v", s.Tracking, s.Limit)
		}
		r.do(r.FindHome(ctx))
		if s = r.arrive(); !s.AtHome {
			t.Errorf("no way out from the Sun: %v", s.Stopped)
		}
	})
	within(t, "altaz", noon, nil, func(r *rig) {
		r.do(r.SetTracking(r.t.Context(), true))
		r.do(r.SlewEquatorial(r.t.Context(), sun2000)) // of a simulated sky
	})
	within(t, "altaz", func(c *Config) { c.Site.LongitudeDeg = 0 }, hot, func(r *rig) { // by night
		r.do(r.SlewHorizontal(r.t.Context(), model.Horizontal{Az: 0, Alt: model.Degrees(1)}))
	})
}

// The Sun comes to a tube that stands: it is noticed, and the mount parks
// when it is to. Parking beside the Sun is refused.
func TestSunComes(t *testing.T) {
	t.Parallel()
	within(t, "altaz", func(c *Config) { noon(c); c.Mount.ParkAtLimitMin = 1 }, hot, func(r *rig) {
		t, ctx := r.t, r.t.Context()
		s := r.Snapshot()
		ahead := model.Equatorial{RA: sun2000.RA - model.Degrees(17.1), Dec: sun2000.Dec} // west of the Sun
		r.do(r.SlewHorizontal(ctx, ahead.HourDec(s.LST).Horizontal(s.Config.Site.Latitude())))
		s = r.arrive()
		r.do(r.SetPark(ctx))
		r.do(r.FindHome(ctx))
		r.arrive()
		r.do(r.SlewHorizontal(ctx, s.Horizontal))
		r.arrive()
		for range 20 {
			if s = r.after(time.Minute); s.Limit.Reached {
				break
			}
		}
		if d := s.Equatorial.Separation(sun2000); !s.Limit.Reached || s.Limit.Limit != SunLimit || d > model.Degrees(15.05) || d < model.Degrees(14.5) {
			t.Fatalf("the Sun at %v: %+v", d, s.Limit)
		}
		// The park position is where the tube stands: no nearer than now.
		if s = r.after(2 * time.Minute); !s.Parked {
			t.Errorf("not parked: %v", s.Stopped)
		}
		r.do(r.Unpark(ctx))
		r.do(r.FindHome(ctx))
		r.arrive()
		r.refused("parking beside the Sun", r.Park(ctx), fault.AboveLimit, "from the Sun")
	})
}

func TestForbiddenZone(t *testing.T) {
	t.Parallel()
	within(t, "german", func(c *Config) { c.Mount.PastMeridianDeg, c.Mount.BeforeMeridianDeg = -5, -7.5 }, nil, func(r *rig) {
		t, ctx := r.t, r.t.Context()
		r.do(r.SetTracking(ctx, true))
		for _, ha := range []float64{-0.3, 0, 0.4} {
			r.refused("slew", r.SlewEquatorial(ctx, r.at(ha, 20)), fault.AboveLimit, "forbidden zone about the meridian, from 5° before to 7.5° after")
		}
		r.do(r.SlewEquatorial(ctx, r.at(0.55, 20)))
		if s := r.arrive(); s.Pier != pointing.Normal {
			t.Errorf("west of the zone on side %v", s.Pier)
		}
		r.refused("flip", r.Flip(ctx, pointing.Through), fault.Refused, "is not 5° before the meridian")
		r.do(r.SlewEquatorial(ctx, r.at(-0.4, 20))) // 1° before the zone
		s := r.arrive()
		if s.Pier != pointing.Through || s.Limit.Next != MeridianLimit || s.Limit.In > 5*time.Minute {
			t.Errorf("east of the zone: %v, %+v", s.Pier, s.Limit)
		}
		s = r.after(6 * time.Minute)
		if s.Tracking || !errors.Is(s.Stopped, fault.AboveLimit) || !strings.Contains(s.Stopped.Error(), "forbidden zone") {
			t.Errorf("in the zone: tracking %v, %v", s.Tracking, s.Stopped)
		}
	})
}

// A German mount that is to flip does so at its margin, and tracks on.
func TestAutomaticFlip(t *testing.T) {
	t.Parallel()
	for _, lat := range []float64{44, -35} {
		within(t, "german", func(c *Config) {
			c.Site.LatitudeDeg = lat
			*c = c.ForGeometry("german")
			c.Mount.PastMeridianDeg, c.Mount.AtLimit = 0.5, "flip"
		}, nil, func(r *rig) {
			t, ctx := r.t, r.t.Context()
			r.do(r.SetTracking(ctx, true))
			to := r.at(-0.03, lat/2)
			r.do(r.SlewEquatorial(ctx, to))
			s := r.arrive()
			if s.Pier != pointing.Through || !s.Limit.Flips || s.Limit.Next != MeridianLimit || s.Limit.Warning {
				t.Fatalf("latitude %g: side %v, %+v", lat, s.Pier, s.Limit)
			}
			s = r.after(s.Limit.In - 5*time.Second)
			if s.Pier != pointing.Through || s.Slewing {
				t.Errorf("latitude %g: flipped too early", lat)
			}
			if s = r.after(10 * time.Second); !s.Slewing {
				t.Errorf("latitude %g: does not flip", lat)
			}
			s = r.arrive()
			if s.Pier != pointing.Normal || !s.Tracking || s.Counts.Flips != 1 {
				t.Errorf("latitude %g: side %v, tracking %v, %d flips", lat, s.Pier, s.Tracking, s.Counts.Flips)
			}
			r.onTarget("after the flip", s.Equatorial, to, fine)
			if s = r.after(2 * time.Minute); s.Counts.Flips != 1 || !s.Tracking {
				t.Errorf("latitude %g: 2 minutes later %d flips, tracking %v", lat, s.Counts.Flips, s.Tracking)
			}
		})
	}
}

// Warning, stop, park.
func TestLadder(t *testing.T) {
	t.Parallel()
	within(t, "altaz", func(c *Config) { c.Mount.HorizonDeg, c.Mount.LimitWarningMin, c.Mount.ParkAtLimitMin = 15, 2, 1 }, nil, func(r *rig) {
		t, ctx := r.t, r.t.Context()
		r.do(r.SetTracking(ctx, true))
		r.do(r.SlewEquatorial(ctx, r.at(4.52, 0)))
		s := r.arrive()
		if s.Limit.Next != HorizonLimit || s.Limit.In < 3*time.Minute || s.Limit.In > 10*time.Minute || s.Limit.Warning {
			t.Fatalf("far from the limit: %+v", s.Limit)
		}
		s = r.after(s.Limit.In - 2*time.Minute - 2*time.Second)
		if s.Limit.Warning {
			t.Errorf("warns too early: %+v", s.Limit)
		}
		s = r.after(3 * time.Second)
		if !s.Limit.Warning || !s.Tracking {
			t.Errorf("2 minutes before: %+v", s.Limit)
		}
		s = r.after(s.Limit.In + 2*time.Second)
		if s.Tracking || !s.Limit.Reached || s.Limit.Warning || s.Limit.ParkIn > time.Minute {
			t.Errorf("at the limit: tracking %v, %+v", s.Tracking, s.Limit)
		}
		if s = r.after(50 * time.Second); s.Slewing || s.Parked {
			t.Errorf("parks too early")
		}
		if s = r.after(70 * time.Second); !s.Parked || s.Limit.Reached {
			t.Errorf("does not park: %v, %+v", s.Activity, s.Limit)
		}
	})
}

// The cables let axis Z go the short way for little more than half an hour:
// a slew that looks an hour ahead goes the long way.
func TestLooksAhead(t *testing.T) {
	for minutes, want := range map[float64]float64{0: 444, 30: 444, 60: 84} {
		within(t, "altaz", func(c *Config) { c.Mount.Z.HomeDeg, c.Mount.TrackAheadMin = 440, minutes }, nil, func(r *rig) {
			r.do(r.SetTracking(r.t.Context(), true))
			r.do(r.SlewEquatorial(r.t.Context(), r.horizontally(84, 40)))
			r.near("axis Z", r.arrive().Axes.Z-model.Degrees(want), 0, model.Degrees(1))
			if z := r.Snapshot().Axes.Z.Degrees(); math.Abs(z-want) > 1 {
				r.t.Errorf("looking %g minutes ahead: axis Z at %.1f°", minutes, z)
			}
		})
	}
}

// A siderostat reaches the half of the sky behind it over the zenith, and
// goes over there when axis Z has come to its end.
func TestSiderostatSides(t *testing.T) {
	t.Parallel()
	within(t, "siderostat", func(c *Config) { c.Mount.AtLimit, c.Mount.Z.MaxDeg = "flip", 268 }, nil, func(r *rig) {
		t, ctx := r.t, r.t.Context()
		r.do(r.SetTracking(ctx, true))
		for _, az := range []float64{350, 10, 60, 100, 180, 260, 266, 300} {
			to := r.horizontally(az, 50)
			r.do(r.SlewEquatorial(ctx, to))
			s := r.arrive()
			r.onTarget("place", s.Equatorial, to, fine)
			through := az < 85 || az > 265 // at 266° both ways lead there; over the zenith axis Z has the longer way before it
			if z, a := s.Axes.Z.Degrees(), s.Axes.A.Degrees(); (a > 90) != through || z < 85 || z > 268 {
				t.Errorf("azimuth %g: axes at %.1f°, %.1f°", az, z, a)
			}
			if s.Pier != pointing.PierUnknown {
				t.Errorf("a siderostat on pier side %v", s.Pier)
			}
		}
		r.do(r.Configure(ctx, func(c *Config) { c.Mount.Z.MaxDeg = 265.5 }))
		to := r.horizontally(264.5, 40)
		r.do(r.SlewEquatorial(ctx, to))
		s := r.arrive()
		if s.Axes.A > model.Quarter || s.Limit.Next != ZUpperLimit || !s.Limit.Flips || s.Limit.In > time.Hour {
			t.Fatalf("before the end of axis Z: %v, %+v", s.Axes, s.Limit)
		}
		r.after(s.Limit.In + time.Second)
		s = r.arrive()
		if s.Axes.A < model.Quarter || !s.Tracking {
			t.Errorf("beyond the end of axis Z: %v, tracking %v", s.Axes, s.Tracking)
		}
		r.onTarget("over the zenith", s.Equatorial, to, fine)
	})
}

// The rate of field rotation, of a mount that leans, on both sides of its
// pole, against the closed form for a faultless mount with that pole.
func TestFieldRate(t *testing.T) {
	t.Parallel()
	for _, g := range []pointing.Geometry{pointing.AltAz, pointing.German} {
		cfg := stepsFor(DefaultConfig().ForGeometry(g.String()))
		cfg.Site.Refraction = false
		s, now := tracking(t, cfg)
		lean := model.RotX(model.Degrees(3)).Mul(model.RotY(model.Degrees(-2)))
		attitude := lean.Mul(g.Attitude(cfg.Site.Latitude()))
		s.heaven.chain = s.heaven.chain.WithModel(pointing.New(attitude, pointing.Errors{}, model.Axes{}))
		pole := model.HourDecOf(attitude.Transpose().Apply(model.Vec{0, 0, 1}))
		for _, p := range [][2]float64{{-3, 30}, {2, 55}, {1, -10}} {
			to := model.HourDec{HA: model.Hours(p[0]), Dec: model.Degrees(p[1])}.Equatorial(s.heaven.lst(now))
			if err := s.slewEquatorial(now, to); err != nil {
				t.Fatal(err)
			}
			for s.activity != Idle {
				if snap := s.snapshot(now); snap.FieldRate != 0 && s.activity != Settling {
					t.Fatalf("the field turns during a slew: %v", snap.FieldRate)
				}
				now = now.Add(Tick)
				s.step(now)
			}
			want := pointing.FieldRate(pole, to.HourDec(s.heaven.lst(now)))
			if got := s.snapshot(now).FieldRate; (got-want).Abs() > want.Abs().Mul(1e-4) || got == 0 {
				t.Errorf("%v at %v: field turns at %v, want %v", g, p, got, want)
			}
		}
		if err := s.setTracking(now, false); err != nil {
			t.Fatal(err)
		}
		if got := s.snapshot(now).FieldRate; got != 0 {
			t.Errorf("the field turns although the tube stands: %v", got)
		}
	}
}

// An altitude-altitude mount goes through the zenith as if it were any place;
// it is blind, and says so, where its axis meets the horizon.
func TestAltAltBlindSpot(t *testing.T) {
	t.Parallel()
	within(t, "altalt", func(c *Config) { c.Mount.HorizonDeg, c.Site.Refraction = -5, false }, nil, func(r *rig) {
		lat := r.Snapshot().Config.Site.LatitudeDeg
		for _, tt := range []struct {
			ha, dec float64
			blind   bool
		}{{-0.05, lat + 0.01, false}, {11.95, 90 - lat + 0.01, true}} {
			r.do(r.SetTracking(r.t.Context(), true))
			to := r.at(tt.ha, tt.dec)
			r.do(r.SlewEquatorial(r.t.Context(), to))
			r.arrive()
			blind := false
			for range 6 * 60 {
				s := r.after(time.Second)
				if s.Stopped != nil {
					r.t.Fatal(s.Stopped)
				}
				if d := s.Equatorial.Separation(to); !s.Degraded && d > fine {
					r.t.Fatalf("%.3f″ off, and not said to be degraded", d.Arcsec())
				}
				blind = blind || s.Degraded
			}
			if blind != tt.blind {
				r.t.Errorf("hour angle %g h, declination %g°: degraded %v", tt.ha, tt.dec, blind)
			}
			r.onTarget("afterwards", r.Snapshot().Equatorial, to, fine)
		}
	})
}

// By hand through the pole the pier side changes, and hand motion ends at the
// margin of the meridian as tracking does.
func TestGermanByHand(t *testing.T) {
	within(t, "german", func(c *Config) { c.Mount.PastMeridianDeg = 5 }, nil, func(r *rig) {
		t, ctx := r.t, r.t.Context()
		if s := r.Snapshot(); s.Pier != pointing.Normal {
			t.Fatalf("at home on side %v", s.Pier)
		}
		r.do(r.MoveAxis(ctx, "me", AxisA, model.DegreesPerSecond(3)))
		r.after(9 * time.Second)
		r.do(r.MoveAxis(ctx, "me", AxisA, 0))
		s := r.arrive()
		if s.Pier != pointing.Through || s.Axes.A < model.Degrees(95) {
			t.Errorf("through the pole: side %v at %v", s.Pier, s.Axes)
		}
		r.do(r.MoveAxis(ctx, "me", AxisZ, model.DegreesPerSecond(3)))
		for range 5 {
			s = r.after(9 * time.Second)
			r.Heard("me")
		}
		if z := s.Axes.Z.Degrees(); z < 184 || z > 185.1 || !s.Limit.Reached || s.Limit.Limit != MeridianLimit {
			t.Errorf("past the meridian by hand: %v, %+v", s.Axes, s.Limit)
		}
		r.refused("further", r.MoveAxis(ctx, "me", AxisZ, model.DegreesPerSecond(3)), fault.AboveLimit, "beyond the meridian")
		r.do(r.MoveAxis(ctx, "me", AxisZ, model.DegreesPerSecond(-1)))
	})
}

// At the end of its cables an alt-azimuth turns back a whole turn.
func TestTurnsBack(t *testing.T) {
	t.Parallel()
	for _, at := range []string{"flip", "stop"} {
		within(t, "altaz", func(c *Config) {
			c.Mount.Z.HomeDeg, c.Mount.TrackAheadMin, c.Mount.AtLimit = 440, 0, at
		}, nil, func(r *rig) {
			r.do(r.SetTracking(r.t.Context(), true))
			to := r.horizontally(89.5, 40)
			r.do(r.SlewEquatorial(r.t.Context(), to))
			s := r.arrive()
			if s.Limit.Next != ZUpperLimit || s.Limit.Flips != (at == "flip") || s.Limit.In > 10*time.Minute {
				r.t.Fatalf("%s: %+v", at, s.Limit)
			}
			r.after(s.Limit.In + time.Second)
			if s = r.arrive(); s.Tracking != (at == "flip") || s.Tracking && (s.Axes.Z-model.Degrees(90)).Abs() > model.Degrees(1) {
				r.t.Errorf("%s: tracking %v at %v", at, s.Tracking, s.Axes)
			}
			if s.Tracking {
				r.onTarget("a turn back", s.Equatorial, to, fine)
			}
		})
	}
}

// What a console asks of a snapshot.
func TestSnapshotOfLimits(t *testing.T) {
	within(t, "german", func(c *Config) { noon(c); *c = c.ForGeometry("german"); c.Site.Refraction = false }, func(p *Parts) {
		hot(p)
		p.Skyline = skylineOf(t, "0 10\n180 20\n")
	}, func(r *rig) {
		t := r.t
		s := r.Snapshot()
		r.refused("the Sun", s.Reachable(sun2000), fault.AboveLimit, "from the Sun")
		r.refused("the skyline", s.Reachable(r.horizontally(90, 14)), fault.BelowLimit, "skyline")
		if err := s.Reachable(r.horizontally(20, 60)); err != nil {
			t.Error(err)
		}
		r.near("ground", s.Ground(model.Degrees(270)), model.Degrees(15), fine)
		r.near("the Sun's azimuth", s.Sun().Az, sun2000.HourDec(s.LST).Horizontal(model.Degrees(20)).Az, model.Degrees(0.2))
		r.do(r.SetTracking(t.Context(), true))
		r.do(r.SlewEquatorial(t.Context(), r.horizontally(20, 30.3)))
		s = r.arrive()
		// Kasten and Young: 1.99 at 30°, 1.9730 at 30.3°.
		if m, ok := s.AirMass(); !ok || math.Abs(m-1.976) > 0.006 {
			t.Errorf("air mass %.4f, %v", m, ok)
		}
	})
}
