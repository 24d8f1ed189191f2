// SPDX-License-Identifier: GPL-3.0-or-later

package mount

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/ephemeris"
	"github.com/siderostep/siderostep/model/pointing"
	"github.com/siderostep/siderostep/model/sky"
)

// moonUp is an evening on which the Moon, a day before first quarter, is high
// in the south at the default site, and Jupiter near it.
var moonUp = time.Date(2026, 2, 24, 1, 0, 0, 0, time.UTC)

// sees returns where the body stands for the observer when the snapshot was
// taken.
func sees(t *testing.T, s *Snapshot, body ephemeris.Body) model.Equatorial {
	t.Helper()
	site := s.Config.Site
	o := ephemeris.Observer{
		Site:   sky.Site{Latitude: site.Latitude(), Longitude: site.Longitude(), HeightM: site.ElevationM},
		Scales: site.TimeScales(),
	}
	a, err := o.At(body, s.UTC)
	if err != nil {
		t.Fatal(err)
	}
	return a.Place
}

// onMoon is a mount that follows the Moon.
func onMoon(t *testing.T, g pointing.Geometry) *rig {
	time.Sleep(time.Until(moonUp))
	r := start(t, DefaultConfig().ForGeometry(g.String()), nil)
	r.do(r.SetTracking(t.Context(), true))
	r.do(r.Follow(t.Context(), ephemeris.Moon))
	r.arrive()
	return r
}

func (r *rig) onBody(what string, body ephemeris.Body, within model.Angle) {
	r.t.Helper()
	s := r.Snapshot()
	r.onTarget(what, s.Equatorial, sees(r.t, s, body), within)
}

// chord is by how much the Moon may be off the chord of a minute, with the
// rounding of its rates.
var chord = model.Arcsec(0.03)

func TestFollow(t *testing.T) {
	t.Parallel()
	for _, g := range geometries {
		t.Run(g.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := onMoon(t, g)
				for range 3 {
					r.after((7*time.Minute + 17*time.Second) / thinning)
					r.onBody("on the Moon", ephemeris.Moon, chord)
				}
				s := r.Snapshot()
				if s.Following != "Moon" || s.Drive != DriveSidereal || s.Stopped != nil {
					t.Errorf("following %q at the %v rate, stopped: %v", s.Following, s.Drive, s.Stopped)
				}
				// 0.55″/s eastward, less the parallax.
				if rate := s.RARate.ArcsecPerSecond(); rate < 0.2 || rate > 0.7 {
					t.Errorf("rate in right ascension %.3f″/s", rate)
				}
			})
		})
	}
}

// What moves the telescope against the Moon stays, and following goes on.
func TestFollowShifted(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		do      func(r *rig)
		ra, dec model.Angle
		within  model.Angle
	}{
		"guide pulses": {do: func(r *rig) {
			r.do(r.PulseGuide(r.t.Context(), East, 4*time.Second))
			r.do(r.PulseGuide(r.t.Context(), North, 2*time.Second))
			r.after(5 * time.Second)
		}, ra: model.Arcsec(30), dec: model.Arcsec(15), within: chord},
		"direction keys": {do: func(r *rig) {
			r.do(r.Nudge(r.t.Context(), "hand", model.ArcsecPerSecond(100), model.ArcsecPerSecond(-50)))
			r.after(4 * time.Second)
			r.do(r.Nudge(r.t.Context(), "hand", 0, 0))
			r.after(time.Second)
		}, ra: model.Arcsec(400), dec: model.Arcsec(-200), within: chord},
		"flip": {do: func(r *rig) {
			if s := r.Snapshot(); s.Pier != pointing.PierUnknown {
				r.do(r.Flip(r.t.Context(), s.Pier.Other()))
				if s = r.arrive(); s.Counts.Flips != 1 {
					r.t.Error("it did not flip")
				}
			}
		}, within: chord},
		"sync on it": {do: func(r *rig) {
			r.do(r.SyncEquatorial(r.t.Context(), sees(r.t, r.Snapshot(), ephemeris.Moon)))
		}, within: model.Arcsec(0.2)},
		"recovery": {do: func(r *rig) {
			r.do(r.SlewEquatorial(r.t.Context(), r.at(-2, 30)))
			r.after(2 * time.Second)
			r.do(r.Follow(r.t.Context(), ephemeris.Moon))
			r.arrive()
		}, within: chord},
	} {
		t.Run(name, func(t *testing.T) {
			for _, g := range []pointing.Geometry{pointing.AltAz, pointing.German} {
				t.Run(g.String(), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						r := onMoon(t, g)
						tt.do(r)
						s := r.after(5 * time.Minute / thinning)
						if s.Following != "Moon" {
							t.Fatalf("following %q", s.Following)
						}
						want := sees(t, s, ephemeris.Moon)
						want.RA += tt.ra
						want.Dec += tt.dec
						r.onTarget("later", s.Equatorial, want, tt.within)
					})
				})
			}
		})
	}
}

// A hand paddle that moves an axis leaves the telescope beside the Moon, at
// the same distance for as long as one likes.
func TestFollowAfterMoveAxis(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := onMoon(t, pointing.Fork)
		r.do(r.MoveAxis(t.Context(), "hand", AxisZ, model.DegreesPerSecond(0.05)))
		r.after(6 * time.Second)
		r.do(r.MoveAxis(t.Context(), "hand", AxisZ, 0))
		s := r.arrive()
		beside := s.Equatorial.RA - sees(t, s, ephemeris.Moon).RA
		if beside.Abs() < model.Arcmin(10) {
			t.Errorf("moved by %v only", beside)
		}
		s = r.after(6 * time.Minute / thinning)
		r.near("distance in right ascension", s.Equatorial.RA-sees(t, s, ephemeris.Moon).RA, beside, chord)
	})
}

// Everything that ends following leaves the target at rest among the stars.
func TestFollowEnds(t *testing.T) {
	t.Parallel()
	half := model.ArcsecPerSecond(0.5)
	for name, tt := range map[string]struct {
		do      func(r *rig)
		ra, dec model.Rate
	}{
		"slew": {do: func(r *rig) { r.do(r.SlewEquatorial(r.t.Context(), r.at(-1, 30))); r.arrive() }},
		"aborted slew": {do: func(r *rig) {
			r.do(r.SlewEquatorial(r.t.Context(), r.at(-1, 30)))
			r.arrive()
			r.do(r.Follow(r.t.Context(), ephemeris.Moon))
			r.after(2 * time.Second)
			r.do(r.Abort(r.t.Context()))
			r.arrive()
		}},
		"tracking off": {do: func(r *rig) {
			r.do(r.SetTracking(r.t.Context(), false))
			r.do(r.SetTracking(r.t.Context(), true))
		}},
		"parking": {do: func(r *rig) {
			r.do(r.Park(r.t.Context()))
			r.arrive()
			r.do(r.Unpark(r.t.Context()))
			r.do(r.SetTracking(r.t.Context(), true))
		}},
		"halt": {do: func(r *rig) {
			r.Halt()
			r.after(5 * time.Second)
			r.do(r.Resume(r.t.Context()))
			r.do(r.SetTracking(r.t.Context(), true))
		}},
		"drive rate":   {do: func(r *rig) { r.do(r.SetDriveRate(r.t.Context(), DriveSidereal)) }},
		"rate offsets": {do: func(r *rig) { r.do(r.SetRateOffsets(r.t.Context(), &half, &half)) }, ra: half, dec: half},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := onMoon(t, pointing.AltAz)
				tt.do(r)
				before := r.after(time.Second)
				if before.Following != "" || !before.Tracking || before.RARate != tt.ra || before.DecRate != tt.dec {
					t.Errorf("following %q, tracking %v, rates %v and %v", before.Following, before.Tracking, before.RARate, before.DecRate)
				}
				after := r.after(2 * time.Minute / thinning)
				d := after.At.Sub(before.At)
				r.near("right ascension", after.Equatorial.RA-before.Equatorial.RA, tt.ra.Over(d), fine)
				r.near("declination", after.Equatorial.Dec-before.Equatorial.Dec, tt.dec.Over(d), fine)
			})
		})
	}
}

// One rate set by a client leaves the other as it was.
func TestOneRateOfTwo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := onMoon(t, pointing.AltAz)
		own, zero := r.Snapshot().DecRate, model.Rate(0)
		r.do(r.SetRateOffsets(t.Context(), &zero, nil))
		if s := r.Snapshot(); s.Following != "" || s.RARate != 0 || s.DecRate != own || own == 0 {
			t.Errorf("following %q, rates %v and %v, was %v", s.Following, s.RARate, s.DecRate, own)
		}
	})
}

// The clock or the site set right does not move the tube off what it is on.
func TestFollowThroughSetTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := onMoon(t, pointing.Fork)
		s := r.Snapshot()
		r.do(r.SetUTC(t.Context(), s.UTC.Add(20*time.Minute)))
		set := r.after(50 * time.Millisecond)
		r.near("axis Z", set.Axes.Z, s.Axes.Z, model.Arcsec(20))
		before := r.after(2 * time.Minute)
		after := r.after(5 * time.Minute)
		was, is := sees(t, before, ephemeris.Moon), sees(t, after, ephemeris.Moon)
		r.near("distance in declination", after.Equatorial.Dec-is.Dec, before.Equatorial.Dec-was.Dec, chord)
		r.near("distance in right ascension", after.Equatorial.RA-is.RA, before.Equatorial.RA-was.RA, chord)
		// The Moon moves by 10′ in 20 minutes, and the tube has not.
		r.near("step in declination", before.Equatorial.Dec-set.Equatorial.Dec, before.DecRate.Over(before.At.Sub(set.At)), model.Arcsec(3))
		if after.Following != "Moon" {
			t.Errorf("following %q", after.Following)
		}
	})
}

func TestFollowRefuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(moonUp.Add(-2 * time.Hour)))
		cfg := DefaultConfig()
		cfg.Mount.SunAvoidance = "on"
		r := start(t, cfg, nil)
		if err := r.Follow(t.Context(), ephemeris.Moon); !errors.Is(err, fault.Refused) && !errors.Is(err, fault.BelowLimit) {
			t.Errorf("without tracking: %v", err)
		}
		r.do(r.SetTracking(t.Context(), true))
		if err := r.Follow(t.Context(), ephemeris.Planet(99)); !errors.Is(err, fault.Invalid) {
			t.Errorf("no body: %v", err)
		}
		fast := ephemeris.Linear{Name: "satellite", Place: r.at(-1, 30), RA: model.DegreesPerSecond(0.5)}
		if err := r.Follow(t.Context(), fast); !errors.Is(err, fault.Refused) {
			t.Errorf("too fast: %v", err)
		}
		if err := r.Follow(t.Context(), ephemeris.Sun); !errors.Is(err, fault.AboveLimit) {
			t.Errorf("the Sun: %v", err)
		}
		if s := r.Snapshot(); s.Following != "" || s.Slewing {
			t.Errorf("following %q, slewing %v", s.Following, s.Slewing)
		}
	})
}

// A minute of following costs one reckoning, and no tick in between allocates.
func BenchmarkPursue(b *testing.B) {
	s, now := tracking(b, DefaultConfig())
	p, err := s.pathOf(ephemeris.Moon, now)
	if err != nil {
		b.Fatal(err)
	}
	s.course.target = s.course.target.on(p)
	b.ReportAllocs()
	for b.Loop() {
		s.course.target.path.since = now.Add(-pathSpan)
		s.pursue(now)
	}
}
