// SPDX-License-Identifier: GPL-3.0-or-later

package mount

import (
	"errors"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/pointing"
)

// onAltAz runs a test on the bench's perfect alt-azimuth, tracking a star.
func onAltAz(t *testing.T, also func(*Config), test func(r *benched, star model.Equatorial)) {
	t.Helper()
	cfg, world := worldly("altaz")
	if also != nil {
		also(&cfg)
	}
	onBench(t, cfg, world, func(r *benched) {
		r.do(r.SetTracking(r.t.Context(), true))
		star := r.at(-1.5, 35)
		r.do(r.SlewEquatorial(r.t.Context(), star))
		r.arrive()
		test(r, star)
	})
}

// beside returns how far the axes really are from where a star is.
func (r *benched) beside(star model.Equatorial) model.Axes {
	r.t.Helper()
	at := r.Snapshot().At
	axes, ok := r.bench.AxesFor(star, at, false)
	if !ok {
		r.t.Fatal("the star cannot be reached")
	}
	return r.bench.Truth(at).Axes.Sub(axes)
}

func (r *benched) nearAxes(what string, got model.Axes, zArcsec, aArcsec float64) {
	r.t.Helper()
	r.near(what+", axis Z", got.Z, model.Arcsec(zArcsec), model.Arcsec(1.2))
	r.near(what+", axis A", got.A, model.Arcsec(aArcsec), model.Arcsec(1.2))
}

// Drift leads the axes on, and not the place that the mount shows. A slew
// begins anew.
func TestDrift(t *testing.T) {
	t.Parallel()
	onAltAz(t, nil, func(r *benched, star model.Equatorial) {
		ctx := r.t.Context()
		perMin := func(arcsec float64) model.Rate { return model.ArcsecPerSecond(arcsec / 60) }
		r.do(r.SetDrift(ctx, perMin(-12), perMin(20)))
		s := r.after(3 * time.Minute)
		r.nearAxes("after 3 minutes", r.beside(star), -36, 60)
		r.onTarget("shown", s.Equatorial, star, fine)
		r.do(r.SetDrift(ctx, 0, perMin(20)))
		r.after(time.Minute)
		r.nearAxes("a minute later", r.beside(star), -36, 80)
		if s := r.Snapshot(); s.AxisDrift != [2]model.Rate{0, perMin(20)} {
			r.t.Errorf("drift %v", s.AxisDrift)
		}
		r.do(r.SlewEquatorial(ctx, star))
		r.arrive()
		r.nearAxes("slewed anew", r.beside(star), 0, 0)
		r.after(time.Minute)
		r.do(r.SyncEquatorial(ctx, star)) // it stands there, drift and all
		s = r.after(time.Second)
		r.onTarget("after a sync", s.Equatorial, star, fine)
		r.nearAxes("a sync moves nothing", r.beside(star), 0, 20)
		r.after(time.Minute)
		_, err := r.Initialise(ctx, 1, "star", star)
		r.do(err)
		s = r.after(time.Second)
		r.onTarget("after an init", s.Equatorial, star, model.Arcsec(1.5))
		r.onTarget("its target", s.Target, star, model.Arcsec(1.5))
		for _, bad := range []model.Rate{model.ArcsecPerSecond(61), model.Rate(math.NaN())} {
			if err := r.SetDrift(ctx, bad, 0); !errors.Is(err, fault.Invalid) {
				r.t.Errorf("drift %v: %v", bad, err)
			}
		}
	})
}

// At the end of guiding the tube goes back, or stays; what was guided becomes
// drift.
func TestGuideModes(t *testing.T) {
	t.Parallel()
	for mode, tt := range map[GuideMode]struct {
		z, a float64 // of the axes from the star at the end, arcseconds
		at   func(r *benched, star model.Equatorial) model.Equatorial
	}{
		GuideReturn: {0, 0, func(_ *benched, star model.Equatorial) model.Equatorial { return star }},
		GuideStay:   {20, -40, func(r *benched, _ model.Equatorial) model.Equatorial { return r.truth().Equatorial }},
	} {
		t.Run(mode.String(), func(t *testing.T) {
			onAltAz(t, nil, func(r *benched, star model.Equatorial) {
				ctx := r.t.Context()
				if err := r.EndGuiding(ctx, true); !errors.Is(err, fault.Refused) {
					r.t.Errorf("end, not begun: %v", err)
				}
				r.do(r.BeginGuiding(ctx, mode))
				if err := r.BeginGuiding(ctx, mode); !errors.Is(err, fault.Refused) {
					r.t.Errorf("begun twice: %v", err)
				}
				r.do(r.NudgeAxes(ctx, "hand", model.ArcsecPerSecond(5), model.ArcsecPerSecond(-10)))
				r.after(4 * time.Second)
				r.do(r.NudgeAxes(ctx, "hand", 0, 0))
				s := r.after(26 * time.Second)
				r.nearAxes("keyed", r.beside(star), 20, -40)
				r.nearAxes("summed up", s.Guiding.Axes, 20, -40)
				r.onTarget("shown", s.Equatorial, star, fine)
				if s.Guiding.Mode != mode || s.Guiding.Sky != (model.Equatorial{}) || s.Holder != "" {
					r.t.Errorf("%+v, holder %q", s.Guiding, s.Holder)
				}
				r.do(r.EndGuiding(ctx, true)) // 30 s, and the lead
				s = r.after(time.Second)
				// Drift of 40″ and −80″ a minute is in force from then on.
				r.nearAxes("a second after the end", r.beside(star), tt.z+0.7, tt.a-1.3)
				r.onTarget("shown at the end", s.Equatorial, tt.at(r, star), model.Arcsec(2.5))
				r.near("drift Z", model.Angle(s.AxisDrift[AxisZ]), model.Arcsec(40./60), model.Arcsec(0.01))
				r.near("drift A", model.Angle(s.AxisDrift[AxisA]), model.Arcsec(-80./60), model.Arcsec(0.01))
				if s.Guiding.Mode != GuideOff {
					r.t.Errorf("still guiding: %v", s.Guiding.Mode)
				}
			})
		})
	}
}

// Pulses and keys on the sky are summed up, too, on the sky and of the axes.
func TestGuidingOnTheSky(t *testing.T) {
	t.Parallel()
	onAltAz(t, nil, func(r *benched, star model.Equatorial) {
		ctx := r.t.Context()
		r.do(r.PulseGuide(ctx, North, 4*time.Second)) // before it begins
		r.after(5 * time.Second)
		from := r.Snapshot().Target
		r.do(r.BeginGuiding(ctx, GuideReturn))
		r.do(r.PulseGuide(ctx, North, 4*time.Second)) // 30″
		r.after(5 * time.Second)
		r.do(r.Nudge(ctx, "hand", model.ArcsecPerSecond(10), model.ArcsecPerSecond(-5)))
		r.after(2 * time.Second)
		r.do(r.Nudge(ctx, "hand", 0, 0))
		s := r.after(time.Second)
		r.near("right ascension", s.Guiding.Sky.RA, model.Arcsec(20), fine)
		r.near("declination", s.Guiding.Sky.Dec, model.Arcsec(20), fine)
		truly := r.beside(from)
		r.nearAxes("axes", s.Guiding.Axes, truly.Z.Arcsec(), truly.A.Arcsec())
		r.do(r.EndGuiding(ctx, false))
		s = r.after(2 * time.Second)
		r.nearAxes("returned", r.beside(from), 0, 0)
		r.onTarget("target", s.Target, from, fine)
		if s.AxisDrift != ([2]model.Rate{}) {
			r.t.Errorf("drift %v, not asked for", s.AxisDrift)
		}
		// A slew ends guiding.
		r.do(r.BeginGuiding(ctx, GuideStay))
		r.do(r.SlewEquatorial(ctx, star))
		if m := r.arrive().Guiding.Mode; m != GuideOff {
			r.t.Errorf("after a slew: %v", m)
		}
	})
}

// Drag leads the axes and the target as configured, until the end; then where
// the tube points is the target.
func TestGuideDrag(t *testing.T) {
	t.Parallel()
	onAltAz(t, func(c *Config) {
		c.Mount.DragZ, c.Mount.DragA, c.Mount.DragRA, c.Mount.DragDec = 30, -15, 0, 12
	}, func(r *benched, star model.Equatorial) {
		ctx := r.t.Context()
		r.do(r.BeginGuiding(ctx, GuideDrag))
		s := r.after(time.Minute)
		want := star
		want.Dec += model.Arcsec(12)
		r.onTarget("target", s.Target, want, fine)
		r.nearAxes("beside it", r.beside(want), 30, -15)
		r.do(r.EndGuiding(ctx, true))
		s = r.after(time.Second)
		there := s.Target
		r.onTarget("the tube's place is the target", there, r.truth().Equatorial, model.Arcsec(1.5))
		s = r.after(time.Minute)
		r.onTarget("no drag any more", s.Target, there, fine)
		r.nearAxes("nor of the axes", r.beside(there), 0, 0)
		if s.AxisDrift != ([2]model.Rate{}) {
			r.t.Errorf("drift %v", s.AxisDrift)
		}
	})
}

// In the mode rotate a key goes as much further round as the field is turned.
func TestGuideRotate(t *testing.T) {
	t.Parallel()
	onAltAz(t, nil, func(r *benched, star model.Equatorial) {
		ctx := r.t.Context()
		field := r.Snapshot().FieldAngle
		r.do(r.Configure(ctx, func(c *Config) { c.Mount.GuideAngleDeg = field.Degrees() - 30 })) // 30° of rotation
		r.do(r.BeginGuiding(ctx, GuideRotate))
		r.do(r.NudgeAxes(ctx, "hand", 0, model.ArcsecPerSecond(10)))
		r.after(4 * time.Second)
		r.do(r.NudgeAxes(ctx, "hand", 0, 0))
		r.after(time.Second)
		r.nearAxes("up", r.beside(star), 20, 40*math.Sqrt(0.75))
		r.do(r.NudgeAxes(ctx, "hand", model.ArcsecPerSecond(10), 0))
		r.after(4 * time.Second)
		r.do(r.NudgeAxes(ctx, "hand", 0, 0))
		r.after(time.Second)
		r.nearAxes("up and clockwise", r.beside(star), 20+40*math.Sqrt(0.75), 40*math.Sqrt(0.75)-20)
	})
}

// Keys along the axes die with their holder, end by Abort, and move a star by
// the same angle on every mount.
func TestNudgeAxes(t *testing.T) {
	everywhere(t, func(r *rig, _ pointing.Geometry) {
		ctx := r.t.Context()
		rate := model.ArcsecPerSecond(20)
		if err := r.NudgeAxes(ctx, "hand", rate, 0); !errors.Is(err, fault.Refused) {
			r.t.Errorf("without tracking: %v", err)
		}
		r.do(r.SetTracking(ctx, true))
		r.do(r.SlewEquatorial(ctx, r.at(-2, 35)))
		target := r.arrive().Target
		sum := func() model.Axes {
			s := r.Snapshot()
			return s.Axes.Sub(r.state.skyAxes(&course{side: s.side, near: s.Axes.Z}, s.Target, s.At))
		}
		for name, end := range map[string]func(){
			"silence": func() { r.after(10 * time.Second) },
			"abort":   func() { r.after(8 * time.Second); r.do(r.Abort(ctx)) },
			"keys":    func() { r.after(8 * time.Second); r.do(r.Nudge(ctx, "hand", 0, 0)) },
		} {
			before := sum()
			r.do(r.NudgeAxes(ctx, "hand", rate, rate.Mul(-2)))
			r.after(2 * time.Second)
			end()
			s := r.after(time.Second)
			moved := sum().Sub(before)
			if s.Holder != "" || moved.Z < model.Arcsec(195) || moved.Z > model.Arcsec(206) || math.Abs(float64(moved.A/moved.Z)+2) > 0.01 {
				r.t.Errorf("%s: holder %q, moved by %.1f″, %.1f″", name, s.Holder, moved.Z.Arcsec(), moved.A.Arcsec())
			}
			r.onTarget(name+": target", s.Target, target, fine)
		}
	})
}

// Abort ends guide pulses; what they have moved stays.
func TestAbortEndsPulses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, DefaultConfig().ForGeometry("fork"), nil)
		r.do(r.SetTracking(t.Context(), true))
		r.do(r.SlewEquatorial(t.Context(), r.at(-2, 35)))
		dec := r.arrive().Equatorial.Dec
		r.do(r.PulseGuide(t.Context(), North, 10*time.Second))
		r.after(2 * time.Second)
		r.do(r.Abort(t.Context()))
		s := r.after(time.Second)
		if s.PulseGuiding() || !s.Tracking {
			t.Errorf("guiding %v, tracking %v", s.PulseGuiding(), s.Tracking)
		}
		r.near("declination", r.after(9*time.Second).Equatorial.Dec-dec, model.Arcsec(15), model.Arcsec(0.1))
	})
}
