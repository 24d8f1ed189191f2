// SPDX-License-Identifier: GPL-3.0-or-later

package indi

import (
	"context"
	"log/slog"
	"math"
	"net"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/config"
	"github.com/siderostep/siderostep/internal/rig"
	"github.com/siderostep/siderostep/lx200"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/mount"
	"github.com/siderostep/siderostep/sim"
)

// pace is how fast the telescope lives: a hair faster than the computer, so
// that its loops catch up ticks which a busy computer has missed, yet as slow
// as life for drivers that poll and hold keys in real time.
const pace = 1.0001

// patience is how long a test waits for something to happen before it fails.
const patience = 60 * time.Second

// house is a telescope on the bench with its LX200 server.
type house struct {
	t *testing.T
	*rig.Rig
	wire   *wire
	where  string // how a driver reaches it: host:port, or the path of a serial line
	serial bool
}

// perfect returns a configuration for a kind of mount without faults, so that
// what is left over is the protocol's and the drivers'.
func perfect(geometry string) config.File {
	f := config.Default()
	f.Config = f.Config.ForGeometry(geometry)
	f.Simulator.Config = sim.Faultless()
	f.Simulator.Mount = geometry
	f.Site.Refraction = false
	for _, d := range []*lx200.Dialect{&f.LX200.TCP.Dialect, &f.LX200.Serial.Dialect} {
		d.FocusPlus = "in" // as INDI means it
	}
	return f
}

// open brings a telescope to life for the length of the test.
func open(t *testing.T, f config.File, serial bool) *house {
	t.Helper()
	h := &house{t: t, wire: &wire{}, serial: serial}
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	var l net.Listener
	if serial {
		line := newLine(t, h.wire)
		h.where, f.LX200.Serial.Device = line.driver, line.ours
	} else {
		tcp, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		h.where, l = tcp.Addr().String(), tapped{tcp, h.wire}
	}
	var err error
	if h.Rig, err = rig.New(f, rig.Parts{Clock: clock.NewScaled(pace), Log: log, Seed: 1}); err != nil {
		t.Fatal(err)
	}
	server := lx200.New(f.LX200, lx200.Parts{Mount: h.Mount, Focuser: h.Focusers[0], Clock: clock.Real{}, Log: log})
	ctx, cancel := context.WithCancel(context.Background())
	var living errgroup.Group
	living.Go(func() error { return h.Run(ctx) })
	living.Go(func() error { return server.Serve(ctx, l, f.LX200.Lines()...) })
	t.Cleanup(func() {
		cancel()
		if err := living.Wait(); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Logf("the latest on the wire:\n%s", h.wire)
		}
	})
	return h
}

// eventually waits until ok, and fails the test when that takes too long.
func (h *house) eventually(what string, ok func() bool) {
	h.t.Helper()
	for end := time.Now().Add(patience); !ok(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			s := h.Mount.Snapshot()
			h.t.Fatalf("never: %s. The mount is %s, parked %v, tracking %v, and reports %v; the tube points to %v",
				what, s.Activity, s.Parked, s.Tracking, s.Equatorial, h.Truth().Equatorial)
		}
	}
}

// after returns the truth once the mount has lived for d.
func (h *house) after(d time.Duration) sim.Truth {
	h.t.Helper()
	end := h.Mount.Instant().Add(d)
	h.eventually(d.String()+" have passed", func() bool { return h.Mount.Snapshot().At > end })
	return h.Truth()
}

// rests waits until the tube stands or tracks, and sees that it stays on its
// place among the stars.
func (h *house) rests(what string) sim.Truth {
	h.t.Helper()
	h.eventually(what+": the motion ends", func() bool {
		s := h.Mount.Snapshot()
		return s.Activity == mount.Idle && s.Holder == ""
	})
	before := h.after(300 * time.Millisecond) // the rotors have swung out
	after := h.after(time.Second)
	if d := before.Equatorial.Separation(after.Equatorial); d > model.Arcsec(1) {
		h.t.Errorf("%s: the tube moves on, by %.2f″ in a second", what, d.Arcsec())
	}
	return after
}

// whole returns the nearest place on whole seconds of right ascension and of
// arc, since the protocol knows no fractions.
func whole(e model.Equatorial) model.Equatorial {
	return model.Equatorial{
		RA:  model.Hours(math.Round(e.RA.Wrap().Hours()*3600) / 3600).Wrap(),
		Dec: model.Arcsec(math.Round(e.Dec.Arcsec())),
	}
}
