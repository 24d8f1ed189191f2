// SPDX-License-Identifier: GPL-3.0-or-later

package boxes

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"net"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/siderostep/siderostep/alpaca"
	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/config"
	"github.com/siderostep/siderostep/internal/rig"
	"github.com/siderostep/siderostep/lx200"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/mount"
	"github.com/siderostep/siderostep/sim"
)

// patience is how long a test waits, of the computer's time, for something to
// happen before it fails.
const patience = 60 * time.Second

// hasty is how fast a telescope without real motors lives: boxes answer in
// real time, and may answer late on a busy computer.
const hasty = 5.0

// scope is a telescope with its edges.
type scope struct {
	*testing.T
	*rig.Rig
	clock  clock.Clock
	alpaca *client
	lx200  *terminal
	stop   func() error // ends it, once
}

// perfect returns a configuration without faults, so that what is left over
// is that of boxes.
func perfect() config.File {
	f := config.Default()
	f.Simulator.Config = sim.Faultless()
	f.Site.Refraction = false
	return f
}

// open brings a telescope to life for the length of the test. attach, if not
// nil, is called before anything runs, to put boxes on it.
func open(t *testing.T, f config.File, p rig.Parts, attach func(*scope)) *scope {
	t.Helper()
	s := &scope{T: t, clock: p.Clock}
	p.Log = slog.New(slog.NewTextHandler(t.Output(), nil))
	p.Seed = 1
	if err := f.Validate(); err != nil {
		t.Fatal(err)
	}
	var err error
	if s.Rig, err = rig.New(f, p); err != nil {
		t.Fatal(err)
	}
	if attach != nil {
		attach(s)
	}
	s.serve(f)
	return s
}

// serve starts all that has to run.
func (s *scope) serve(f config.File) {
	s.Helper()
	parts := alpaca.Parts{
		Mount: s.Mount, Version: "0.0.0", Clock: clock.Real{},
		UniqueID: func(kind string, n int) string { return fmt.Sprintf("boxes-%s-%d", kind, n) },
	}
	hand := lx200.Parts{Mount: s.Mount, Clock: clock.Real{}}
	for i, one := range s.Focusers {
		if one == nil {
			parts.Focusers = append(parts.Focusers, nil)
			continue
		}
		parts.Focusers = append(parts.Focusers, one)
		if i == 0 {
			hand.Focuser = one
		}
	}
	web, err := alpaca.New(f.Alpaca, parts)
	if err != nil {
		s.Fatal(err)
	}
	s.alpaca = &client{T: s.T, http: web.Handler()}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		s.Fatal(err)
	}
	server := lx200.New(f.LX200, hand)
	ctx, cancel := context.WithCancel(context.Background())
	var living errgroup.Group
	living.Go(func() error { return s.Rig.Run(ctx) })
	living.Go(func() error { return server.Serve(ctx, listener) })
	s.stop = sync.OnceValue(func() error { cancel(); return living.Wait() })
	s.Cleanup(func() {
		if err := s.stop(); err != nil {
			s.Error(err)
		}
	})
	s.lx200 = dial(s.T, listener.Addr().String())
	s.connect("telescope/0")
}

// connect connects an Alpaca device.
func (s *scope) connect(device string) {
	s.Helper()
	s.alpaca.put(device + "/connect")
	s.eventually(device+" is connected", func() bool { return !s.alpaca.is(device+"/connecting") && s.alpaca.is(device+"/connected") })
}

// eventually waits until ok, and fails the test when that takes too long.
func (s *scope) eventually(what string, ok func() bool) {
	s.Helper()
	for end := time.Now().Add(patience); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			n := s.Mount.Snapshot()
			s.Fatalf("never: %s. The mount is %v, parked %v, tracking %v, trusted %v, stopped %v, axes %v; encoders %+v",
				what, n.Activity, n.Parked, n.Tracking, n.Trusted, n.Stopped, n.Axes, n.Encoders)
		}
	}
}

// passes waits until the telescope has lived for d.
func (s *scope) passes(d time.Duration) {
	s.Helper()
	end := s.Mount.Instant().Add(d)
	s.eventually(d.String()+" have passed", func() bool { return s.Mount.Snapshot().Ticked > end })
}

// slew goes to a place in hours of hour angle and degrees of declination, by
// Alpaca, and tracks it.
func (s *scope) slew(ha, dec float64) model.Equatorial {
	s.Helper()
	s.alpaca.put("telescope/0/unpark")
	s.alpaca.put("telescope/0/tracking", "Tracking", true)
	to := model.Equatorial{RA: (s.Mount.Snapshot().LST - model.Hours(ha)).Wrap(), Dec: model.Degrees(dec)}
	s.alpaca.put("telescope/0/slewtocoordinatesasync", "RightAscension", to.RA.Hours(), "Declination", to.Dec.Degrees())
	s.arrives()
	return to
}

// arrives waits for the end of a slew.
func (s *scope) arrives() {
	s.Helper()
	s.eventually("the slew ends", func() bool { return !s.alpaca.is("telescope/0/slewing") })
	if n := s.Mount.Snapshot(); n.SlewFault != nil {
		s.Fatalf("the slew failed: %v", n.SlewFault)
	}
}

// still waits until the mount stands.
func (s *scope) still() *mount.Snapshot {
	s.Helper()
	s.eventually("the mount stands", func() bool { return s.atRest(s.Mount.Snapshot()) })
	return s.Mount.Snapshot()
}

func (s *scope) atRest(n *mount.Snapshot) bool {
	return n.Activity == mount.Idle && !n.Slewing && n.Reports[0].Rate == 0 && n.Reports[1].Rate == 0
}

// near fails the test when an angle is not what it should be.
func (s *scope) near(what string, got, want, within model.Angle) {
	s.Helper()
	if d := (got - want).WrapSigned().Abs(); !(d <= within) {
		s.Errorf("%s: %.4f°, want %.4f° ± %.4f°", what, got.Degrees(), want.Degrees(), within.Degrees())
	}
}

// close fails the test when a number is not what it should be.
func (s *scope) close(what string, got, want, within float64) {
	s.Helper()
	if d := math.Abs(got - want); !(d <= within) {
		s.Errorf("%s: %.3f, want %.3f ± %.3f", what, got, want, within)
	}
}
