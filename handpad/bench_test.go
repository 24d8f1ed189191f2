// SPDX-License-Identifier: GPL-3.0-or-later

package handpad

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/driver/executor"
	"github.com/siderostep/siderostep/driver/waveform"
	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/mount"
	"github.com/siderostep/siderostep/sim"
	"github.com/siderostep/siderostep/sim/box"
	"github.com/siderostep/siderostep/sim/box/plant"
)

// scope is a mount on the bench, with a paddle whose contacts bounce.
type scope struct {
	t      *testing.T
	bench  *sim.Bench
	mount  *mount.Mount
	paddle *Paddle
	keys   *plant.Paddle
	faults *box.Faults
	unplug context.CancelFunc // ends the paddle's loop
	blind  atomic.Bool        // reading the lines fails
	hangs  atomic.Bool        // reading them waits for free
	free   chan struct{}
}

func (s *scope) Read() (uint32, error) {
	if s.blind.Load() {
		return 0, errors.New("no such device")
	}
	if s.hangs.Load() {
		<-s.free
	}
	return shifted{s.keys}.Read()
}

// onTheBench runs a test on an alt-azimuth that tracks a star, in a bubble.
func onTheBench(t *testing.T, change func(*Config, *mount.Config), test func(s *scope, star model.Equatorial)) {
	synctest.Test(t, func(t *testing.T) {
		s := &scope{t: t, faults: &box.Faults{}, free: make(chan struct{})}
		cfg := mount.DefaultConfig().ForGeometry("altaz")
		cfg.Site.Refraction, cfg.Rotator.Enabled = false, false
		for _, a := range []*mount.Axis{&cfg.Mount.Z, &cfg.Mount.A} {
			a.FullStepArcsec, a.Microsteps, a.MaxRate = 12, 12, 1.5
		}
		pad := DefaultConfig()
		pad.Present = true
		if change != nil {
			change(&pad, &cfg)
		}
		epoch := time.Now()
		motors := s.build(cfg, epoch)
		log := slog.New(slog.NewTextHandler(t.Output(), nil))
		var err error
		s.mount, err = mount.New(cfg, mount.Parts{Clock: clock.Real{}, Epoch: epoch, Motors: motors, Simulated: true, Log: log})
		if err != nil {
			t.Fatal(err)
		}
		s.keys, err = plant.NewPaddle(plant.PaddleConfig{Bounce: 8 * time.Millisecond, Seed: 1, Now: s.mount.Instant, Faults: s.faults})
		if err != nil {
			t.Fatal(err)
		}
		s.paddle, err = New(pad, Parts{Mount: s.mount, Clock: clock.Real{}, Inputs: s, Log: log})
		if err != nil {
			t.Fatal(err)
		}
		s.run()
		star := s.track()
		test(s, star)
	})
}

// run runs mount and paddle until the test ends, the paddle first.
func (s *scope) run() {
	for _, run := range []func(context.Context) error{s.mount.Run, s.paddle.Run} {
		ctx, cancel := context.WithCancel(s.t.Context())
		ended := make(chan error, 1)
		go func() { ended <- run(ctx) }()
		s.t.Cleanup(func() { cancel(); <-ended })
		s.unplug = cancel
	}
}

func (s *scope) build(cfg mount.Config, epoch time.Time) driver.Motors {
	s.t.Helper()
	counts := cfg.StartCounts(nil)
	drive := func(a mount.Axis, n model.Microsteps) sim.Drive {
		return sim.Drive{FullStep: model.Arcsec(a.FullStepArcsec), StartFullSteps: float64(n) / float64(a.Microsteps)}
	}
	var err error
	s.bench, err = sim.New(sim.Faultless(), sim.Rig{
		Site:  sim.Site{Latitude: cfg.Site.Latitude(), Longitude: cfg.Site.Longitude(), HeightM: cfg.Site.ElevationM},
		Epoch: epoch, Z: drive(cfg.Mount.Z, counts[0]), A: drive(cfg.Mount.A, counts[1]),
		Rotator: sim.RotatorDrive{Step: model.Arcsec(cfg.Rotator.StepAngle)}, Focuser: sim.FocuserDrive{StepMicrons: 1}, Seed: 1,
	})
	if err != nil {
		s.t.Fatal(err)
	}
	axis := func(a mount.Axis, high bool, n model.Microsteps) executor.Axis {
		w := waveform.DefaultConfig()
		w.Microsteps = a.Microsteps
		table, err := waveform.New(w)
		if err != nil {
			s.t.Fatal(err)
		}
		q := model.Arcsec(a.FullStepArcsec / float64(a.Microsteps)).Radians()
		return executor.Axis{
			Kind: executor.Windings, Table: table, High: high, Initial: n,
			Brake: 2 * model.Degrees(a.Accel).Radians() / q, MaxRate: 2 * model.Degrees(a.MaxRate).Radians() / q,
			HalfStepAbove: model.Degrees(0.3).Radians() / q,
		}
	}
	motors, err := executor.NewInline(executor.Config{Axes: []executor.Axis{
		axis(cfg.Mount.Z, true, counts[0]), axis(cfg.Mount.A, false, counts[1]),
	}}, executor.Outputs{Windings: []driver.Windings{s.bench.Windings()}})
	if err != nil {
		s.t.Fatal(err)
	}
	return motors
}

func (s *scope) do(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// track goes to a star in the south.
func (s *scope) track() model.Equatorial {
	s.t.Helper()
	ctx := s.t.Context()
	s.do(s.mount.SetTracking(ctx, true))
	star := model.HourDec{HA: model.Hours(-0.7), Dec: model.Degrees(-12)}.Equatorial(s.mount.Snapshot().LST)
	s.do(s.mount.SlewEquatorial(ctx, star))
	_, err := s.mount.Await(ctx, func(n *mount.Snapshot) bool { return !n.Slewing })
	s.do(err)
	s.beside("arrived", star, 0, 0, 2)
	return star
}

func (s *scope) wait(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// hold presses a key for some time.
func (s *scope) hold(k plant.Key, d time.Duration) {
	s.keys.Press(k)
	s.wait(d)
	s.keys.Release(k)
	s.wait(2 * time.Second)
}

// beside checks by how much the axes truly stand beside where the star is, in
// arcseconds.
func (s *scope) beside(when string, star model.Equatorial, z, a, within float64) {
	s.t.Helper()
	at := s.mount.Snapshot().At
	there, ok := s.bench.AxesFor(star, at, false)
	is := s.bench.Truth(at).Axes
	dz, da := (is.Z - there.Z).WrapSigned().Arcsec(), (is.A - there.A).Arcsec()
	if !ok || !(math.Abs(dz-z) <= within && math.Abs(da-a) <= within) {
		s.t.Errorf("%s: the axes stand %.1f″ and %.1f″ beside the star; want %.1f″ and %.1f″ within %.1f″", when, dz, da, z, a, within)
	}
}

// still checks that the tube truly goes with the sky.
func (s *scope) still(when string) {
	s.t.Helper()
	before := s.bench.Truth(s.mount.Snapshot().At).Equatorial
	s.wait(20 * time.Second)
	after := s.bench.Truth(s.mount.Snapshot().At).Equatorial
	if d := before.Separation(after); !(d < model.Arcsec(3)) {
		s.t.Errorf("%s: in 20 s the tube moves %.1f″ among the stars", when, d.Arcsec())
	}
}

// The keys truly move the tube, at the rates configured, for as long as they
// are down, and the telescope tracks on.
func TestTheTubeFollowsTheKeys(t *testing.T) {
	onTheBench(t, nil, func(s *scope, star model.Equatorial) {
		s.keys.Press(plant.Microstep)
		s.wait(time.Second)
		s.hold(plant.Up, 10*time.Second)
		s.beside("up for 10 s at 300″/s", star, 0, 3000, 40) // the field turns a little meanwhile
		s.still("up")
		s.hold(plant.Down, 10*time.Second)
		s.beside("and back", star, 0, 0, 40)
		s.hold(plant.Clockwise, 10*time.Second)
		s.beside("clockwise", star, 3000, 0, 40)
		s.hold(plant.Counterclockwise, 10*time.Second)
		s.beside("and back", star, 0, 0, 60)
		s.keys.Release(plant.Microstep)
		s.wait(time.Second)
		s.hold(plant.Counterclockwise, 10*time.Second)
		n := s.mount.Snapshot()
		there, _ := s.bench.AxesFor(star, n.At, false)
		// 1.5°/s, less the ramps of 2°/s² and 0.4 s: 15° with as much ramp
		// after the key as before.
		if d := (s.bench.Truth(n.At).Axes.Z - there.Z).WrapSigned().Degrees(); math.Abs(d+15) > 0.2 {
			t.Errorf("slewed by %.2f°", d)
		}
		s.still("slewed")
		if !n.Tracking || n.Activity != mount.Idle {
			t.Errorf("%s, tracking %v", n.Activity, n.Tracking)
		}
	})
}

// Whatever becomes of the paddle, the tube stops.
func TestTheTubeStops(t *testing.T) {
	moving := func(s *scope) {
		s.t.Helper()
		s.keys.Press(plant.Clockwise)
		s.wait(2 * time.Second)
		if n := s.mount.Snapshot(); n.HeldRates[0] == 0 {
			s.t.Error("does not move")
		}
	}
	t.Run("by its lines", func(t *testing.T) {
		onTheBench(t, nil, func(s *scope, star model.Equatorial) {
			moving(s)
			now := s.mount.Instant()
			s.faults.Unplug(now, now.Add(22*time.Second))
			s.wait(2 * time.Second)
			s.still("unplugged")
			s.keys.Release(plant.Clockwise)
			s.wait(time.Second)
			moving(s)
			s.blind.Store(true)
			s.wait(2 * time.Second)
			s.still("unreadable")
			s.blind.Store(false)
			s.wait(time.Second)
			s.still("readable, with the key down")
			s.keys.Release(plant.Clockwise)
			s.wait(2 * time.Second)
			moving(s)
			s.keys.Release(plant.Clockwise)
			s.wait(2 * time.Second)
			s.do(s.mount.SlewEquatorial(s.t.Context(), star))
			s.wait(2 * time.Second)
			s.keys.Press(plant.Up)
			s.wait(3 * time.Second)
			s.still("a slew aborted, the key still down")
			if n := s.mount.Snapshot(); !n.Tracking || n.Slewing {
				t.Errorf("%s", n.Activity)
			}
		})
	})
	t.Run("by its loop", func(t *testing.T) {
		onTheBench(t, nil, func(s *scope, _ model.Equatorial) {
			s.do(s.paddle.Key(s.t.Context(), "console", Speed, true))
			s.do(s.paddle.Key(s.t.Context(), "console", "cw", true))
			s.wait(4 * time.Second)
			s.still("nobody renews")
			moving(s)
			s.hangs.Store(true)
			s.wait(13 * time.Second) // hold_timeout_s is 10
			s.still("its loop hangs")
			s.hangs.Store(false)
			close(s.free)
			s.keys.Release(plant.Clockwise)
			s.wait(time.Second)
			moving(s)
			s.unplug()
			s.wait(2 * time.Second)
			s.still("its loop has ended")
		})
	})
}

// Guiding by the keys of the paddle, as of an autoguider's relays beside it:
// at the guide rate; the drift is learned.
func TestGuidingByKeys(t *testing.T) {
	change := func(c *Config, m *mount.Config) {
		c.StartMode = string(ModeGuideStay)
		m.Mount.GuideRARate, m.Mount.GuideDecRate = 10, 10
	}
	onTheBench(t, change, func(s *scope, star model.Equatorial) {
		s.keys.Press(plant.LeftMode)
		s.wait(time.Second)
		s.keys.Release(plant.LeftMode)
		s.wait(time.Second)
		if n := s.paddle.Snapshot(); !n.On || n.Message.Err != nil {
			t.Fatalf("%+v", n)
		}
		for range 5 { // relays: 1 s each, of azimuth
			s.keys.Press(plant.Clockwise)
			s.wait(time.Second)
			s.keys.Release(plant.Clockwise)
			s.wait(time.Second)
		}
		s.hold(plant.Up, 6*time.Second)
		s.beside("5 s clockwise and 6 s up at 10″/s", star, 50, 60, 3)
		if g := s.mount.Snapshot().Guiding; math.Abs(g.Axes.Z.Arcsec()-50) > 2 || math.Abs(g.Axes.A.Arcsec()-60) > 2 {
			t.Errorf("accumulated %v″, %v″", g.Axes.Z.Arcsec(), g.Axes.A.Arcsec())
		}
		s.do(s.paddle.PressMode(s.t.Context(), true))
		s.wait(time.Second)
		n := s.mount.Snapshot()
		if n.AxisDrift[0] <= 0 || n.AxisDrift[1] <= 0 || s.paddle.Snapshot().On {
			t.Errorf("drift %v, on %v", n.AxisDrift, s.paddle.Snapshot().On)
		}
	})
	change = func(c *Config, m *mount.Config) { c.StartMode, c.UpdateDrift = string(ModeGuide), false }
	onTheBench(t, change, func(s *scope, star model.Equatorial) {
		s.do(s.paddle.PressMode(s.t.Context(), false))
		s.hold(plant.Down, 8*time.Second)
		s.beside("8 s down at 7.5″/s", star, 0, -60, 3)
		s.do(s.paddle.PressMode(s.t.Context(), true))
		s.wait(20 * time.Second)
		s.beside("returned", star, 0, 0, 3)
		if err := s.paddle.PressMode(s.t.Context(), true); !errors.Is(err, fault.Refused) {
			t.Error(err)
		}
	})
}

// An init by the paddle, after a star was centred with its keys, brings what
// is in the field and what the mount believes together.
func TestInitByKeys(t *testing.T) {
	change := func(c *Config, _ *mount.Config) { c.StartMode = string(ModeInitAuto) }
	onTheBench(t, change, func(s *scope, star model.Equatorial) {
		s.keys.Press(plant.Microstep)
		s.hold(plant.Up, 2*time.Second) // where the star "is", by a tube that has slipped
		s.keys.Press(plant.RightMode)
		s.wait(time.Second)
		s.keys.Release(plant.RightMode)
		s.wait(time.Second)
		n := s.mount.Snapshot()
		if n.Alignment.Book.Count() != 1 || s.paddle.Snapshot().Message.Err != nil {
			t.Fatalf("%d inits; %+v", n.Alignment.Book.Count(), s.paddle.Snapshot().Message)
		}
		if d := n.Equatorial.Separation(star); d > model.Arcsec(5) {
			t.Errorf("the mount believes to be %.0f″ from the star in the field", d.Arcsec())
		}
	})
}
