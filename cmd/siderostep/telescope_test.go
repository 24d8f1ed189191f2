// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"context"
	"log/slog"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/config"
	"github.com/siderostep/siderostep/internal/statefile"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/align"
	"github.com/siderostep/siderostep/mount"
)

// At the next start everything stands where it was left, but for the
// backlash, which nobody remembers; and the mount still knows the sky.
func TestNextStartGoesOnWhereTheLastEnded(t *testing.T) {
	for _, geometry := range []string{"altaz", "fork", "german"} {
		t.Run(geometry, func(t *testing.T) {
			dir := t.TempDir()
			synctest.Test(t, func(t *testing.T) { restart(t, geometry, dir) })
		})
	}
}

func restart(t *testing.T, geometry, dir string) {
	cfg, err := config.Parse("test", "[mount]\ngeometry = '"+geometry+"'\n")
	if err != nil {
		t.Fatal(err)
	}
	m := telescopeOnly(t, cfg, dir)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- m.rig.Run(ctx) }()
	if err := m.mount.SetTracking(ctx, true); err != nil {
		t.Fatal(err)
	}
	place := model.Horizontal{Az: model.Degrees(150), Alt: model.Degrees(50)}.HourDec(cfg.Site.Latitude())
	if err := m.mount.SlewEquatorial(ctx, place.Equatorial(m.mount.Snapshot().LST)); err != nil {
		t.Fatal(err)
	}
	if _, err := m.mount.Await(ctx, func(s *mount.Snapshot) bool { return !s.Slewing }); err != nil {
		t.Fatal(err)
	}
	time.Sleep(time.Minute)
	cancel()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	before := m.rig.Truth()
	if err := statefile.Save(m.state.file(mountName), m.savedMount()); err != nil {
		t.Fatal(err)
	}
	if err := statefile.Save(m.state.file(alignmentName), m.savedAlignment()); err != nil {
		t.Fatal(err)
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}

	again := telescopeOnly(t, cfg, dir)
	defer again.Close()
	after := again.rig.Truth()
	play := model.Arcsec(2 * cfg.Simulator.Z.BacklashArcsec)
	if d := after.Axes.Sub(before.Axes); d.Z.Abs() > play || d.A.Abs() > play {
		t.Errorf("the axes stand at %v, stood at %v", after.Axes, before.Axes)
	}
	if d := after.RotatorAngle - before.RotatorAngle; d.Abs() > model.Arcsec(cfg.Rotator.StepAngle) {
		t.Errorf("the rotator stands at %v, stood at %v", after.RotatorAngle, before.RotatorAngle)
	}
	s := again.mount.Snapshot()
	if off := s.Equatorial.Separation(after.Equatorial); off > model.Arcmin(2) {
		t.Errorf("the mount says %v, the tube points at %v, %.0f″ away", s.Equatorial, after.Equatorial, off.Arcsec())
	}
	if !s.Trusted {
		t.Error("the position is not trusted")
	}
}

// telescopeOnly returns a program without servers.
func telescopeOnly(t *testing.T, cfg config.File, dir string) *Main {
	t.Helper()
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	m := &Main{options: defaultOptions(), cfg: cfg, log: log, clock: clock.Real{}}
	var err error
	if m.state, err = openState(dir, log); err != nil {
		t.Fatal(err)
	}
	if err := m.buildTelescope(); err != nil {
		t.Fatal(err)
	}
	return m
}

// star begins an alignment and gives the program a first star.
func (p *program) star(name string) {
	p.t.Helper()
	m := p.main.mount
	if err := m.BeginAlignment(p.t.Context(), align.Preset); err != nil {
		p.t.Fatal(err)
	}
	if _, err := m.Initialise(p.t.Context(), 1, name, m.Snapshot().Equatorial); err != nil {
		p.t.Fatal(err)
	}
}

// knows fails the test unless the program has a star of that name.
func (p *program) knows(name string) {
	p.t.Helper()
	if b := p.main.mount.Snapshot().Alignment.Book; b.Count() != 1 || b.Inits[0].Name != name {
		p.t.Errorf("the alignment of %q was forgotten: %d inits; log:\n%s", name, b.Count(), p.log)
	}
}

// An alignment made at the site that a client has set is known at the next
// start, also where another client has meanwhile cut that site to minutes.
func TestAlignmentOfTheSiteInForce(t *testing.T) {
	dir := t.TempDir()
	p := launch(t, testOptions(dir))
	p.put(telescope+"connected", "Connected", "True")
	p.put(telescope+"sitelatitude", "SiteLatitude", "-30")
	p.star("made at the new site")
	if err := p.stop(); err != nil {
		t.Fatal(err)
	}
	p = launch(t, testOptions(dir))
	p.knows("made at the new site")
	p.put(telescope+"connected", "Connected", "True")
	p.put(telescope+"sitelatitude", "SiteLatitude", "-30.01")
	if err := p.stop(); err != nil {
		t.Fatal(err)
	}
	p = launch(t, testOptions(dir))
	p.knows("made at the new site")
	p.put(telescope+"connected", "Connected", "True")
	p.put(telescope+"sitelatitude", "SiteLatitude", "-31")
	if err := p.stop(); err != nil {
		t.Fatal(err)
	}
	p = launch(t, testOptions(dir))
	if n := p.main.mount.Snapshot().Alignment.Book.Count(); n != 0 {
		t.Errorf("a degree away %d inits are still known", n)
	}
}

// A damaged mount.json costs the position, and not the alignment.
func TestDamagedMountKeepsTheAlignment(t *testing.T) {
	dir := t.TempDir()
	p := launch(t, testOptions(dir))
	p.star("precious")
	path := p.main.state.file(mountName)
	if err := p.stop(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(`{"drive":`), 0o644); err != nil {
		t.Fatal(err)
	}
	p = launch(t, testOptions(dir))
	p.knows("precious")
	if s := p.main.mount.Snapshot(); s.Trusted || s.Parked {
		t.Errorf("trusted %v, parked %v, with a damaged state", s.Trusted, s.Parked)
	}
}
