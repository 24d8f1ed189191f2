// SPDX-License-Identifier: GPL-3.0-or-later

package night

import (
	"context"
	"log/slog"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/config"
	"github.com/siderostep/siderostep/internal/rig"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/mount"
	"github.com/siderostep/siderostep/sim"
)

// observer is somebody at the telescope, who trusts nothing but the bench.
type observer struct {
	t testing.TB
	*rig.Rig
}

// evening runs what an observer does with a telescope, inside a synctest
// bubble: hours pass in seconds.
func evening(t *testing.T, f config.File, do func(o *observer)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		o := &observer{t: t}
		var err error
		o.Rig, err = rig.New(f, rig.Parts{Clock: clock.Real{}, Log: slog.New(slog.NewTextHandler(t.Output(), nil)), Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- o.Run(ctx) }()
		defer func() {
			cancel()
			if err := <-done; err != nil {
				t.Error(err)
			}
			if tr := o.Truth(); tr.Z.Energised || tr.A.Energised {
				t.Error("windings are on after the end")
			}
		}()
		do(o)
	})
}

// telescope returns the default configuration for a kind of mount, with the
// bench's default faults or with none.
func telescope(geometry string, faultless bool) config.File {
	f := config.Default()
	f.Config = f.Config.ForGeometry(geometry)
	f.Simulator.Mount = geometry
	if faultless {
		f.Simulator.Config = sim.Faultless()
		f.Simulator.Mount = geometry
		f.Site.Refraction = false
	}
	return f
}

func (o *observer) do(err error) {
	o.t.Helper()
	if err != nil {
		o.t.Fatal(err)
	}
}

func (o *observer) after(d time.Duration) *mount.Snapshot {
	time.Sleep(d)
	synctest.Wait()
	return o.Mount.Snapshot()
}

func (o *observer) arrive() *mount.Snapshot {
	o.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Minute)
	defer cancel()
	s, err := o.Mount.Await(ctx, func(s *mount.Snapshot) bool { return !s.Slewing })
	if err != nil || s.SlewFault != nil {
		o.t.Fatalf("never arrived: %v, %v", err, s.SlewFault)
	}
	return s
}

// at returns the place at an hour angle and declination now, by the bench's
// sidereal time.
func (o *observer) at(haHours, decDeg float64) model.Equatorial {
	lst := o.Bench.Truth(o.Mount.Instant()).LST
	return model.Equatorial{RA: (lst - model.Hours(haHours)).Wrap(), Dec: model.Degrees(decDeg)}
}

func (o *observer) slew(to model.Equatorial) *mount.Snapshot {
	o.t.Helper()
	o.do(o.Mount.SlewEquatorial(context.Background(), to))
	return o.arrive()
}

// truthAt returns where the telescope really points at, and how far that is
// from a place.
func (o *observer) off(from model.Equatorial) model.Angle {
	return o.Truth().Equatorial.Separation(from)
}

func (o *observer) within(what string, from model.Equatorial, limit model.Angle) {
	o.t.Helper()
	d := o.off(from)
	o.t.Logf("%s: %.2f″ off", what, d.Arcsec())
	if !(d <= limit) {
		o.t.Errorf("%s: the tube is %.2f″ from the place, allowed %.2f″", what, d.Arcsec(), limit.Arcsec())
	}
}

// rms gathers errors.
type rms struct {
	n             int
	sum, sum2, pk float64
}

func (r *rms) add(a model.Angle) {
	v := a.Arcsec()
	r.n++
	r.sum += v
	r.sum2 += v * v
	r.pk = math.Max(r.pk, math.Abs(v))
}

func (r *rms) value() float64 { return math.Sqrt(r.sum2 / float64(r.n)) }

func cosDec(e model.Equatorial) float64 { return math.Cos(e.Dec.Radians()) }
