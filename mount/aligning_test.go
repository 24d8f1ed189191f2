// SPDX-License-Identifier: GPL-3.0-or-later

package mount

import (
	"encoding/json"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/align"
	"github.com/siderostep/siderostep/model/fit"
	"github.com/siderostep/siderostep/model/pointing"
	"github.com/siderostep/siderostep/model/sky"
)

// crooked is how a mount really stands, which its controller does not know:
// its pole 1.5° off, its zero points 8° and 3° off, Z1 and Z2 half a degree.
type crooked struct {
	*rig
	truth pointing.Chain
}

func newCrooked(t *testing.T, kind string, change func(*Config)) crooked {
	cfg := DefaultConfig().ForGeometry(kind)
	cfg.Site.Refraction = false
	cfg.Mount.HorizonDeg = -5
	cfg.Alignment.RefuseBeyondArcmin, cfg.Alignment.MaxDisagreementDeg = 60, 5
	if change != nil {
		change(&cfg)
	}
	g, err := pointing.ParseGeometry(kind)
	if err != nil {
		t.Fatal(err)
	}
	lean := model.Degrees(1.5)
	attitude := g.Attitude(cfg.Site.Latitude() + lean)
	m := pointing.New(attitude, pointing.Errors{Z1: model.Degrees(0.3), Z2: model.Degrees(-0.4), Z3: model.Degrees(0.2)},
		model.Axes{Z: model.Degrees(8), A: model.Degrees(1)})
	return crooked{start(t, cfg, nil), pointing.NewChain(m, cfg.Site.Latitude(), sky.Refraction{})}
}

// sees returns the place on the sky in the middle of the field.
func (c crooked) sees() model.Equatorial {
	s := c.Snapshot()
	return c.truth.HourDec(s.Axes).Equatorial(s.LST)
}

// point brings the tube somewhere, roughly.
func (c crooked) point(ha, dec float64) {
	c.t.Helper()
	c.do(c.SlewEquatorial(c.t.Context(), c.at(ha, dec)))
	c.arrive()
}

// off returns how far a goto lands from where it should.
func (c crooked) off(ha, dec float64) model.Angle {
	c.t.Helper()
	to := c.at(ha, dec)
	c.do(c.SlewEquatorial(c.t.Context(), to))
	c.arrive()
	return c.sees().Separation(to)
}

// stars notes the first n of ten places all over the sky as points.
func (c crooked) stars(n int) {
	c.t.Helper()
	c.do(c.SetTracking(c.t.Context(), true))
	for _, at := range [][2]float64{{-3, 20}, {2, 45}, {-4, 45}, {-2, 5}, {0.5, 25}, {1.5, 70}, {4, 35}, {3, 0}, {-0.5, 50}, {-3, 65}}[:n] {
		c.point(at[0], at[1])
		c.do(c.AddPoint(c.t.Context(), "", c.sees(), model.Arcsec(5)))
	}
}

// again returns a mount that starts from what c would save, with settings
// changed in between.
func (c crooked) again(saved Saved, change func(*Config)) *Mount {
	c.t.Helper()
	cfg := *c.Snapshot().Config
	if change != nil {
		change(&cfg)
	}
	m, err := New(cfg, Parts{Clock: c.clock, Epoch: c.epoch, Motors: newMotors(c.t, cfg, &saved), Saved: &saved})
	if err != nil {
		c.t.Fatal(err)
	}
	return m
}

func TestTwoStarsThenPoints(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"altaz", "fork"} {
		t.Run(kind, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCrooked(t, kind, nil)
				ctx := t.Context()
				c.do(c.SetTracking(ctx, true))
				if d := c.off(-2, 30); d < model.Degrees(2) {
					t.Fatalf("a crooked mount is only %v off", d)
				}
				for i, at := range [][2]float64{{-3, 20}, {2, 45}} {
					c.point(at[0], at[1])
					seen := c.sees()
					n, err := c.Initialise(ctx, 0, "", seen)
					if err != nil || n != i+1 {
						t.Fatalf("init %d: %v", n, err)
					}
					if s := c.Snapshot(); s.Equatorial.Separation(seen) > model.Arcsec(1) && i == 0 {
						t.Errorf("the first star is %v from itself", s.Equatorial.Separation(seen))
					}
				}
				two := max(c.off(-1, 60), c.off(3, 10))
				if two > model.Degrees(0.8) {
					t.Errorf("after two stars gotos are %v off", two)
				}
				for _, at := range [][2]float64{{-4, 45}, {-2, 5}, {0.5, 25}, {1.5, 70}, {4, 35}, {3, 0}, {-0.5, 50}, {-3, 65}} {
					c.point(at[0], at[1])
					c.do(c.AddPoint(ctx, "", c.sees(), model.Arcsec(5)))
				}
				many := max(c.off(-1, 60), c.off(3, 10))
				t.Logf("2 stars: %.1f′, 10 stars: %.1f″", two.Arcmin(), many.Arcsec())
				if many > model.Arcsec(10) {
					t.Errorf("after ten stars gotos are %v off", many)
				}
				// A star mistaken for another is refused and named; nothing changes.
				before := c.Snapshot().Alignment
				wrong := c.sees()
				wrong.Dec += model.Degrees(2)
				if err := c.AddPoint(ctx, "Mizar", wrong, 0); !errors.Is(err, fault.Refused) {
					t.Errorf("a star 2° off: %v", err)
				}
				if c.Snapshot().Alignment != before {
					t.Error("a refused star changed the alignment")
				}
				// The model before can be had again.
				c.do(c.RestoreModel(ctx, 0))
				if got := c.Snapshot().Alignment; got.Models.Current.Revision <= before.Models.Current.Revision {
					t.Errorf("revision %d after %d", got.Models.Current.Revision, before.Models.Current.Revision)
				}
			})
		})
	}
}

// The alignment survives as saved text, and a mount restored from it points as
// before.
func TestAlignmentIsSaved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrooked(t, "altaz", nil)
		c.do(c.SetTracking(t.Context(), true))
		for _, at := range [][2]float64{{-3, 20}, {2, 45}} {
			c.point(at[0], at[1])
			if _, err := c.Initialise(t.Context(), 0, "", c.sees()); err != nil {
				t.Fatal(err)
			}
		}
		s := c.Snapshot()
		text, err := json.Marshal(s.Saved())
		if err != nil {
			t.Fatal(err)
		}
		var saved Saved
		if err := json.Unmarshal(text, &saved); err != nil {
			t.Fatal(err)
		}
		again, err := New(*s.Config, Parts{Clock: c.clock, Epoch: c.epoch, Motors: newMotors(t, *s.Config, &saved), Saved: &saved})
		if err != nil {
			t.Fatal(err)
		}
		for _, axes := range []model.Axes{{Z: 1, A: 0.5}, {Z: 4, A: 1}} {
			one, two := s.Model.ToSky(axes), again.Snapshot().Model.ToSky(axes)
			if d := one.Angle(two); d > model.Arcsec(1e-6) {
				t.Errorf("the restored mount points %v elsewhere", d)
			}
		}
		saved.Alignment.Book.Inits[0].Place.Dec = 7
		if _, err := New(*s.Config, Parts{Clock: c.clock, Epoch: c.epoch, Motors: newMotors(t, *s.Config, &saved), Saved: &saved}); !errors.Is(err, fault.Invalid) {
			t.Errorf("a damaged alignment: %v", err)
		}
	})
}

func TestStartNone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrooked(t, "altaz", nil)
		ctx := t.Context()
		c.do(c.BeginAlignment(ctx, align.None))
		if err := c.SetTracking(ctx, true); !errors.Is(err, fault.Refused) {
			t.Errorf("tracking without any alignment: %v", err)
		}
		if _, err := c.Initialise(ctx, 2, "", c.sees()); !errors.Is(err, fault.Refused) {
			t.Errorf("init 2 before init 1: %v", err)
		}
		if _, err := c.Initialise(ctx, 1, "", c.sees()); err != nil {
			t.Fatal(err)
		}
		c.do(c.SetTracking(ctx, true))
		c.do(c.KillInits(ctx))
		if err := c.SlewEquatorial(ctx, c.at(-1, 40)); !errors.Is(err, fault.Refused) {
			t.Errorf("slew without any alignment: %v", err)
		}
	})
}

func TestSyncAddsPoints(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrooked(t, "fork", func(cfg *Config) { cfg.Alignment.Sync = "point" })
		ctx := t.Context()
		c.do(c.SetTracking(ctx, true))
		for _, at := range [][2]float64{{-3, 20}, {2, 45}, {0, 0}} {
			c.point(at[0], at[1])
			seen := c.sees()
			c.do(c.SyncEquatorial(ctx, seen))
			if d := c.Snapshot().Equatorial.Separation(seen); d > model.Arcsec(1) {
				t.Errorf("after the sync the mount is %v from what was said", d)
			}
		}
		if n := len(c.Snapshot().Alignment.Book.Points); n != 3 {
			t.Errorf("%d points", n)
		}
		below := c.at(11.9, -60)
		if err := c.SyncEquatorial(ctx, below); !errors.Is(err, fault.Refused) && !errors.Is(err, fault.BelowLimit) {
			t.Errorf("a sync below the horizon: %v", err)
		}
		// The same star again makes no model of two; the sync works all the same.
		c.do(c.SyncEquatorial(ctx, c.sees()))
	})
}

func TestAltitudeOffsetAndFit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newCrooked(t, "altaz", func(cfg *Config) { cfg.Alignment.Mode = "rotation" })
		c.truth = c.truth.WithModel(c.truth.Model.WithErrors(pointing.Errors{}).WithIndex(model.Axes{Z: 1, A: model.Degrees(2)}))
		ctx := t.Context()
		c.do(c.SetTracking(ctx, true))
		for _, at := range [][2]float64{{-3.5, 30}, {3, 32}} {
			c.point(at[0], at[1])
			if _, err := c.Initialise(ctx, 0, "", c.sees()); err != nil {
				t.Fatal(err)
			}
		}
		z3, gain, err := c.AltitudeOffset(ctx, false)
		if err != nil || (z3-model.Degrees(2)).Abs() > model.Arcsec(10) {
			t.Errorf("altitude offset %v (gain %.1f), %v; want 2°", z3, gain, err)
		}
		before := c.Snapshot().Alignment
		if _, err := c.FitModel(ctx, fit.Rotation, false); err != nil || c.Snapshot().Alignment != before {
			t.Errorf("a fit that is not applied: %v", err)
		}
		if _, _, err := c.AltitudeOffset(ctx, true); err != nil {
			t.Fatal(err)
		}
		if got := c.Snapshot().Alignment.Parts().Errors.Z3; (got - model.Degrees(2)).Abs() > model.Arcsec(10) {
			t.Errorf("Z3 in force is %v", got)
		}
		if d := max(c.off(-1, 60), c.off(1, 10)); d > model.Arcsec(20) {
			t.Errorf("gotos are %v off", d)
		}
	})
}

// What was learned of the mount's faults serves the next alignment: two stars
// then do what ten did.
func TestTwoStarsOfAKnownMount(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newCrooked(t, "altaz", nil)
		ctx := t.Context()
		c.do(c.SetTracking(ctx, true))
		for _, at := range [][2]float64{{-4, 45}, {-2, 5}, {0.5, 25}, {1.5, 70}, {4, 35}, {3, 0}, {-0.5, 50}, {-3, 65}, {2, 20}} {
			c.point(at[0], at[1])
			c.do(c.AddPoint(ctx, "", c.sees(), model.Arcsec(5)))
		}
		if _, err := c.FitModel(ctx, fit.Full, true); err != nil {
			t.Fatal(err)
		}
		// The telescope is carried out again: level and north are others, its faults the same.
		errs := c.truth.Model.Errors
		carried := pointing.New(pointing.AltAzAttitude(c.Snapshot().Config.Site.Latitude()-model.Degrees(2)), errs, model.Axes{Z: model.Degrees(-20), A: model.Degrees(1)})
		c.truth = c.truth.WithModel(carried)
		c.do(c.BeginAlignment(ctx, align.Preset))
		for _, at := range [][2]float64{{-3, 20}, {2, 45}} {
			c.point(at[0], at[1])
			if _, err := c.Initialise(ctx, 0, "", c.sees()); err != nil {
				t.Fatal(err)
			}
		}
		if d := max(c.off(-1, 60), c.off(3, 10)); d > model.Arcmin(1) {
			t.Errorf("gotos are %v off", d)
		}
	})
}

// Settings that an alignment was not made of do not touch it, nor do starts:
// neither the model in force nor those before it.
func TestAlignmentStaysAsItIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrooked(t, "altaz", nil)
		ctx := t.Context()
		c.stars(3)
		c.do(c.BeginAlignment(ctx, align.Preset)) // the stars are put away
		begun := c.Snapshot().Alignment
		saved := c.Snapshot().Saved()
		for i := range 12 {
			c.do(c.Configure(ctx, func(cfg *Config) { cfg.Mount.GuideRARate = 5 + float64(i) }))
			saved = c.again(saved, nil).Snapshot().Saved()
		}
		if got := c.Snapshot().Alignment; got != begun {
			t.Errorf("a guide rate made revision %d of revision %d", got.Models.Current.Revision, begun.Models.Current.Revision)
		}
		if got := saved.Alignment; got.Models.Current.Revision != begun.Models.Current.Revision || len(got.Models.Previous) != len(begun.Models.Previous) {
			t.Errorf("starts made revision %d of revision %d", got.Models.Current.Revision, begun.Models.Current.Revision)
		}
		c.do(c.RestoreModel(ctx, 0)) // the model of the stars is wanted again
		before := c.Snapshot()
		c.do(c.Configure(ctx, func(cfg *Config) { cfg.Mount.GuideDecRate = 5 }))
		if s := c.Snapshot(); s.Alignment != before.Alignment || s.Model != before.Model {
			t.Errorf("a guide rate changed the model to %q from %q", s.Alignment.Models.Current.Note, before.Alignment.Models.Current.Note)
		}
	})
}

// What is in force and what the snapshot says of it is the same after settings
// have changed, and what stars have found outlives a setting.
func TestSettingsOfAFittedMount(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newCrooked(t, "altaz", nil)
		ctx := t.Context()
		c.stars(10)
		if _, err := c.FitModel(ctx, fit.Full, true); err != nil {
			t.Fatal(err)
		}
		c.do(c.Configure(ctx, func(cfg *Config) { cfg.Mount.Z1Arcmin, cfg.Mount.Z2Arcmin, cfg.Mount.Z3Arcmin = 0.01, 0.01, 0.01 }))
		s := c.Snapshot()
		m, err := s.Alignment.Parts().Build()
		if err != nil {
			t.Fatal(err)
		}
		for _, axes := range []model.Axes{{Z: 1, A: 0.5}, {Z: 4, A: 1}} {
			if d := m.ToSky(axes).Angle(s.Model.ToSky(axes)); d > model.Arcsec(1e-6) {
				t.Errorf("the model in force is %v from that of the alignment", d)
			}
		}
		if d := max(c.off(1, 40), c.off(-2, 20)); d > model.Arcsec(10) {
			t.Errorf("gotos are %v off", d)
		}
		// A preset has not found anything: it does as the settings say.
		fresh := newCrooked(t, "altaz", nil)
		fresh.do(fresh.Configure(ctx, func(cfg *Config) { cfg.Mount.Z3Arcmin = 30 }))
		if got := fresh.Snapshot().Alignment.Parts().Errors.Z3; got != model.Arcmin(30) {
			t.Errorf("Z3 of a preset is %v, set to 30′", got)
		}
	})
}

// An altitude offset is a model of its own; the one before stays what it was.
func TestAltitudeOffsetKeepsHistory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrooked(t, "altaz", func(cfg *Config) { cfg.Alignment.Mode = "rotation" })
		c.truth = c.truth.WithModel(c.truth.Model.WithErrors(pointing.Errors{}).WithIndex(model.Axes{Z: 1, A: model.Degrees(2)}))
		ctx := t.Context()
		c.do(c.SetTracking(ctx, true))
		for _, at := range [][2]float64{{-3.5, 30}, {3, 32}} {
			c.point(at[0], at[1])
			if _, err := c.Initialise(ctx, 0, "", c.sees()); err != nil {
				t.Fatal(err)
			}
		}
		before := c.Snapshot().Alignment.Parts().Errors.Z3
		if _, _, err := c.AltitudeOffset(ctx, true); err != nil {
			t.Fatal(err)
		}
		c.do(c.RestoreModel(ctx, 0))
		if got := c.Snapshot().Alignment.Parts().Errors.Z3; got != before {
			t.Errorf("the model before has Z3 %v, had %v", got, before)
		}
	})
}

// A sync that is refused adds no point either.
func TestRefusedSyncAddsNoPoint(t *testing.T) {
	for name, tt := range map[string]struct {
		bring func(c crooked)
		at    [2]float64
		want  error
	}{
		"below":    {func(crooked) {}, [2]float64{11.9, -60}, fault.BelowLimit},
		"parked":   {func(c crooked) { c.do(c.Park(c.t.Context())); c.arrive() }, [2]float64{0, 40}, fault.Parked},
		"standing": {func(c crooked) { c.do(c.SetTracking(c.t.Context(), false)) }, [2]float64{0, 40}, fault.Refused},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCrooked(t, "fork", func(cfg *Config) { cfg.Alignment.Sync = "point" })
				c.do(c.SetTracking(t.Context(), true))
				tt.bring(c)
				before := c.Snapshot()
				err := c.SyncEquatorial(t.Context(), c.at(tt.at[0], tt.at[1]))
				if s := c.Snapshot(); !errors.Is(err, tt.want) || s.Alignment != before.Alignment {
					t.Errorf("%v; %d points, had %d", err, len(s.Alignment.Book.Points), len(before.Alignment.Book.Points))
				}
			})
		})
	}
}

// A sync works with a book that is full, too.
func TestSyncOntoAFullBook(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newCrooked(t, "fork", func(cfg *Config) { cfg.Alignment.Sync = "point" })
		ctx := t.Context()
		c.stars(3)
		full := *c.Snapshot().Alignment
		for len(full.Book.Points) < align.MaxPoints {
			full.Book.Points = append(full.Book.Points, full.Book.Points[0])
		}
		c.do(c.command(ctx, "fill", func(s *state, now driver.Instant) error { return s.align(now, &full) }))
		seen := c.sees()
		seen.Dec += model.Degrees(1)
		c.do(c.SyncEquatorial(ctx, seen))
		if d := c.Snapshot().Equatorial.Separation(seen); d > model.Arcsec(1) {
			t.Errorf("after the sync the mount is %v from what was said", d)
		}
	})
}

// A mount that is told to know nothing of the sky cannot follow it.
func TestStartNoneEndsTracking(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrooked(t, "altaz", nil)
		ctx := t.Context()
		c.do(c.SetTracking(ctx, true))
		c.do(c.BeginAlignment(ctx, align.None))
		if s := c.after(time.Second); s.Tracking || !errors.Is(s.Stopped, fault.Refused) {
			t.Errorf("tracking %v without any knowledge of the sky, stopped because: %v", s.Tracking, s.Stopped)
		}
		axes := c.Snapshot().Axes
		if s := c.after(10 * time.Second); s.Axes != axes {
			t.Errorf("the axes moved from %v to %v", axes, s.Axes)
		}
	})
}

// A fit that began before the site changed is not put in force after it.
func TestFitOfAnotherSite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrooked(t, "altaz", nil)
		c.stars(2)
		before := c.Snapshot().Alignment
		err := c.realign(t.Context(), "fit", nil, "", func(d desk) (*Alignment, error) {
			c.do(c.Configure(t.Context(), func(cfg *Config) { cfg.Site.LatitudeDeg -= 10 }))
			return d.alignment.Solved(d.config, d.alignment.Book, fit.Rotation, d.utc, "fit")
		})
		if !errors.Is(err, fault.Refused) || c.Snapshot().Alignment != before {
			t.Errorf("%v; the model in force is %q", err, c.Snapshot().Alignment.Models.Current.Note)
		}
	})
}

// Where the alignment was made goes with it.
func TestAlignmentKnowsItsPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrooked(t, "altaz", nil)
		ctx := t.Context()
		c.stars(2)
		was := c.Snapshot().Config.Site.Place()
		c.do(c.Configure(ctx, func(cfg *Config) { cfg.Site.LatitudeDeg, cfg.Mount.Z1Arcmin = cfg.Site.LatitudeDeg+5, 1 }))
		if got := c.Snapshot().Alignment.Place; got != was {
			t.Errorf("stars of %v are now of %v", was, got)
		}
		c.do(c.BeginAlignment(ctx, align.Preset))
		if got := c.Snapshot().Alignment.Place; got != c.Snapshot().Config.Site.Place() {
			t.Errorf("an alignment begun at the new site is of %v", got)
		}
	})
	here := Place{44, 179.995}
	for there, want := range map[Place]bool{here: true, {44.015, -179.99}: true, {44.03, 179.995}: false, {44, 179.9}: false} {
		if here.Near(there) != want {
			t.Errorf("%v near %v: %v", here, there, !want)
		}
	}
}

// A sync or a new model gives the camera's position angle another name, and
// does not turn the camera, whether or not the rotator follows.
func TestCameraStaysAtASync(t *testing.T) {
	for name, change := range map[string]func(c crooked){
		"sync": func(c crooked) { c.do(c.SyncEquatorial(c.t.Context(), c.sees())) },
		"model": func(c crooked) {
			if _, err := c.Initialise(c.t.Context(), 0, "", c.sees()); err != nil {
				c.t.Fatal(err)
			}
		},
		"standing": func(c crooked) {
			c.do(c.SetTracking(c.t.Context(), false))
			s := c.after(time.Second)
			c.do(c.SyncHorizontal(c.t.Context(), c.sees().HourDec(s.LST).Horizontal(s.Config.Site.Latitude())))
			c.do(c.SetTracking(c.t.Context(), true))
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCrooked(t, "altaz", nil)
				ctx := t.Context()
				c.do(c.SetTracking(ctx, true))
				c.point(2, 45)
				c.do(c.RotateTo(ctx, model.Degrees(30)))
				c.arrive()
				before := c.after(20 * time.Second)
				change(c)
				after := c.after(5 * time.Second)
				turned := after.Rotator.Turned - before.Rotator.Turned
				if follow := before.FieldRate.Over(after.At.Sub(before.At)); (turned + follow).Abs() > model.Degrees(0.1) {
					t.Errorf("the camera turned by %v, following the field takes %v", turned, -follow)
				}
				if d := (after.Rotator.Target - after.Rotator.Sky).WrapSigned(); d.Abs() > model.Degrees(0.1) {
					t.Errorf("the camera is at %v, wanted is %v", after.Rotator.Sky, after.Rotator.Target)
				}
			})
		})
	}
}
