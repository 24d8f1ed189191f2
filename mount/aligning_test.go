// SPDX-License-Identifier: GPL-3.0-or-later

package mount

import (
	"encoding/json"
	"errors"
	"testing"
	"testing/synctest"

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

func TestTwoStarsThenPoints(t *testing.T) {
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
