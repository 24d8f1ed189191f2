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
	"github.com/siderostep/siderostep/model/align"
	"github.com/siderostep/siderostep/model/pointing"
)

// tilted is a fork whose polar axis is 1.5° off both ways, and nothing else.
func tilted(t *testing.T) crooked {
	c := newCrooked(t, "fork", nil)
	sin, cos := math.Sincos(math.Pi / 180 * 1.5)
	r := model.Mat{{1, 0, 0}, {0, cos, -sin}, {0, sin, cos}}.Mul(model.Mat{{cos, 0, -sin}, {0, 1, 0}, {sin, 0, cos}})
	c.truth = c.truth.WithModel(pointing.New(r, pointing.Errors{}, model.Axes{Z: model.Degrees(3), A: model.Degrees(1)}))
	return c
}

// centre brings a star to the middle of the field.
func (c crooked) centre(star model.Equatorial) {
	c.t.Helper()
	for range 60 {
		s, sees := c.Snapshot(), c.sees()
		c.do(c.SlewEquatorial(c.t.Context(), model.Equatorial{RA: s.Equatorial.RA + (star.RA - sees.RA).WrapSigned(), Dec: s.Equatorial.Dec + star.Dec - sees.Dec}))
		if c.arrive(); c.sees().Separation(star) < model.Arcsec(3) {
			return
		}
	}
	c.t.Fatal("the star cannot be centred")
}

// atSecond brings a polar alignment to where the second star is centred.
func (c crooked) atSecond() {
	c.t.Helper()
	ctx := c.t.Context()
	c.do(c.SetTracking(ctx, true))
	first, second := c.at(-2, 40), c.at(2, 40)
	c.do(c.PolarStart(ctx, first, second))
	c.arrive()
	c.centre(first)
	c.do(c.PolarNext(ctx))
	c.arrive()
	c.centre(second)
}

// total is by how much the axis was last measured to be off.
func (s *Snapshot) total() model.Angle { return s.Polar.Error.Total(s.Config.Site.Latitude()) }

// A polar alignment that cannot begin leaves everything as it was.
func TestPolarStartRefused(t *testing.T) {
	for name, obstruct := range map[string]func(c crooked){
		"parked": func(c crooked) { c.do(c.Park(c.t.Context())); c.arrive() },
		"horizon": func(c crooked) {
			c.do(c.Configure(c.t.Context(), func(cfg *Config) { cfg.Mount.HorizonDeg = 50 }))
			c.do(c.SetTracking(c.t.Context(), false))
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCrooked(t, "fork", nil)
				c.stars(3)
				obstruct(c)
				before := c.after(time.Second)
				if err := c.PolarStart(t.Context(), c.at(-4, 40), c.at(2, 40)); err == nil {
					t.Fatal("accepted")
				}
				s := c.after(time.Second)
				if s.Alignment != before.Alignment || s.Tracking != before.Tracking || s.Polar != before.Polar || s.Counts.Syncs != before.Counts.Syncs {
					t.Errorf("%d points became %d, tracking %v became %v", len(before.Alignment.Book.Points), len(s.Alignment.Book.Points), before.Tracking, s.Tracking)
				}
				if s.Axes != before.Axes {
					t.Errorf("the axes moved to %v from %v", s.Axes, before.Axes)
				}
				if s.Model != before.Model {
					t.Error("another pointing model is in force")
				}
			})
		})
	}
}

// The preset that a polar alignment begins with knows where the telescope
// points: the first star is not missed by all that a preset is wrong by.
func TestPolarStartKeepsThePlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrooked(t, "fork", nil)
		c.stars(8)
		c.point(-2, 40)
		to := c.at(-2, 40)
		c.do(c.PolarStart(t.Context(), to, c.at(2, 40)))
		c.arrive()
		if d := c.sees().Separation(to); d > model.Arcmin(5) {
			t.Errorf("the first star, in the field at the start, is missed by %v", d)
		}
	})
}

// A step that is refused changes nothing, and can be taken again.
func TestPolarNextRefused(t *testing.T) {
	t.Run("slewing", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c := tilted(t)
			c.atSecond()
			c.do(c.SlewEquatorial(t.Context(), c.at(0, 10)))
			c.after(2 * time.Second)
			before := c.Snapshot().Polar
			if err := c.PolarNext(t.Context()); !errors.Is(err, fault.Refused) {
				t.Errorf("while slewing: %v", err)
			}
			if c.Snapshot().Polar != before {
				t.Error("a star was measured from a telescope on its way")
			}
		})
	})
	t.Run("limit", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c := tilted(t)
			c.atSecond()
			ctx := t.Context()
			limits := func(high, low float64) {
				c.do(c.Configure(ctx, func(cfg *Config) {
					cfg.Mount.A.MaxDeg, cfg.Mount.Z.MinDeg = high, low
					cfg.Mount.Z.HomeDeg, cfg.Mount.Z.ParkDeg = max(low, -90), max(low, -90)
				}))
			}
			before := c.Snapshot()
			limits(before.Axes.A.Degrees()+0.2, before.Axes.Z.Degrees()-0.2)
			if err := c.PolarNext(ctx); !errors.Is(err, fault.AboveLimit) && !errors.Is(err, fault.BelowLimit) {
				t.Fatalf("to a place out of reach: %v", err)
			}
			if s := c.Snapshot(); s.Polar != before.Polar || s.Alignment != before.Alignment || s.Counts.Syncs != before.Counts.Syncs {
				t.Error("a refused step changed the alignment")
			}
			limits(95, -190)
			c.do(c.PolarNext(ctx))
			s := c.Snapshot()
			want := model.Degrees(math.Hypot(1.5, 1.5))
			if s.Polar.Stage != MoveBase || (s.total()-want).Abs() > model.Arcmin(3) {
				t.Errorf("stage %q, the axis is off by %v, want %v", s.Polar.Stage, s.total(), want)
			}
		})
	})
}

// What somebody else does to the pointing, or a halt, ends a polar alignment,
// which could only measure wrong from there on.
func TestPolarAlignmentEnds(t *testing.T) {
	for name, end := range map[string]func(c crooked){
		"sync":  func(c crooked) { c.do(c.SyncEquatorial(c.t.Context(), c.sees())) },
		"align": func(c crooked) { c.do(c.BeginAlignment(c.t.Context(), align.Preset)) },
		"park":  func(c crooked) { c.do(c.Park(c.t.Context())) },
		"halt":  func(c crooked) { c.Halt(); c.after(time.Second) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := tilted(t)
				ctx := t.Context()
				c.do(c.SetTracking(ctx, true))
				c.do(c.PolarStart(ctx, c.at(-2, 40), c.at(2, 40)))
				c.arrive()
				end(c)
				if s := c.Snapshot(); s.Polar.Stage != PolarOff {
					t.Errorf("stage %q", s.Polar.Stage)
				}
			})
		})
	}
}
