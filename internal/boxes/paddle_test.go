// SPDX-License-Identifier: GPL-3.0-or-later

package boxes

import (
	"context"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/config"
	"github.com/siderostep/siderostep/driver/harness"
	"github.com/siderostep/siderostep/driver/record"
	"github.com/siderostep/siderostep/handpad"
	"github.com/siderostep/siderostep/internal/rig"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/mount"
	"github.com/siderostep/siderostep/sim/box"
	"github.com/siderostep/siderostep/sim/box/plant"
)

// bounce is how long the paddle's contacts bounce.
const bounce = 8 * time.Millisecond

// designs are the hand paddles, by the simulated one's number.
var designs = [...]string{handpad.Multiplexed, handpad.Direct}

// pins are the lines of a parallel port, as the paddle wants them.
type pins struct{ read func() (uint32, error) }

func (p pins) Read() (uint32, error) {
	levels, err := p.read()
	return levels & 15 << 4, err
}

// held is a telescope on the bench with a hand paddle, in a bubble in which
// time passes at once.
type held struct {
	*testing.T
	*rig.Rig
	keys   *plant.Paddle
	faults *box.Faults
	paddle *handpad.Paddle
	star   model.Equatorial
}

// inHand runs a test with a hand paddle of a design, while tracking a star.
func inHand(t *testing.T, design int, change func(*handpad.Config), test func(*held)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		h := &held{T: t, faults: &box.Faults{}}
		var err error
		if h.Rig, err = rig.New(perfect(), rig.Parts{Clock: clock.Real{}, Seed: 1}); err != nil {
			t.Fatal(err)
		}
		h.keys, err = plant.NewPaddle(plant.PaddleConfig{Design: design, Bounce: bounce, Seed: 2, Now: h.Mount.Instant, Faults: h.faults})
		if err != nil {
			t.Fatal(err)
		}
		cfg := handpad.DefaultConfig()
		cfg.Present, cfg.Design, cfg.StuckS = true, designs[design], 30
		if change != nil {
			change(&cfg)
		}
		h.paddle, err = handpad.New(cfg, handpad.Parts{
			Mount: h.Mount, Clock: clock.Real{}, Focuser: h.Focusers[0], Inputs: pins{h.keys.Read},
		})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		var living sync.WaitGroup
		for _, run := range []func(context.Context) error{h.Rig.Run, h.paddle.Run} {
			living.Go(func() {
				if err := run(ctx); err != nil {
					t.Error(err)
				}
			})
		}
		defer living.Wait()
		defer cancel()
		h.tracks()
		test(h)
	})
}

func (h *held) passes(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// tracks goes to a star in the south.
func (h *held) tracks() {
	h.Helper()
	ctx := h.Context()
	if err := h.Mount.SetTracking(ctx, true); err != nil {
		h.Fatal(err)
	}
	h.star = model.Equatorial{RA: (h.Mount.Snapshot().LST + model.Hours(0.7)).Wrap(), Dec: model.Degrees(-12)}
	if err := h.Mount.SlewEquatorial(ctx, h.star); err != nil {
		h.Fatal(err)
	}
	if _, err := h.Mount.Await(ctx, func(n *mount.Snapshot) bool { return !n.Slewing }); err != nil {
		h.Fatal(err)
	}
	h.passes(time.Second)
}

// beside returns by how many arcseconds the axes stand beside the star.
func (h *held) beside() (z, a float64) {
	h.Helper()
	at := h.Mount.Snapshot().At
	there, ok := h.Bench.AxesFor(h.star, at, false)
	if !ok {
		h.Fatal("the star cannot be reached")
	}
	is := h.Bench.Truth(at).Axes
	return (is.Z - there.Z).WrapSigned().Arcsec(), (is.A - there.A).Arcsec()
}

// turns checks by how many arcseconds the axes have turned beside the sky.
func (h *held) turns(what string, z, a, within float64, do func()) {
	h.Helper()
	z0, a0 := h.beside()
	do()
	h.passes(3 * time.Second)
	z1, a1 := h.beside()
	if !(abs(z1-z0-z) <= within && abs(a1-a0-a) <= within) {
		h.Errorf("%s: the tube turned by %.0f″ and %.0f″, want %.0f″ and %.0f″ within %.0f″", what, z1-z0, a1-a0, z, a, within)
	}
}

// rests sees that the tube stays on its place among the stars.
func (h *held) rests(what string) {
	h.Helper()
	before := h.Truth().Equatorial
	h.passes(20 * time.Second)
	if d := h.Truth().Equatorial.Separation(before); d > model.Arcsec(1) {
		h.Errorf("%s: the tube moved by %.1f″ among the stars", what, d.Arcsec())
	}
}

// holds presses keys for a time, one a moment after the other as hands do.
func (h *held) holds(d time.Duration, keys ...plant.Key) {
	for i, k := range keys {
		if i > 0 {
			h.passes(3 * time.Millisecond)
		}
		h.keys.Press(k)
	}
	h.passes(d)
	for _, k := range keys {
		h.keys.Release(k)
	}
}

// The four direction keys, on both designs, at the centring rate.
func TestPaddleMovesTheTube(t *testing.T) {
	for design, name := range designs {
		t.Run(name, func(t *testing.T) {
			inHand(t, design, nil, func(h *held) {
				h.keys.Press(plant.Microstep) // a direct paddle has none
				h.passes(time.Second)
				const way = 3000.0 // 10 s at 300″/s
				for _, key := range []struct {
					name string
					key  plant.Key
					z, a float64
				}{{"up", plant.Up, 0, way}, {"clockwise", plant.Clockwise, way, 0}, {"down", plant.Down, 0, -way}, {"counter-clockwise", plant.Counterclockwise, -way, 0}} {
					h.turns(key.name, key.z, key.a, 60, func() { h.holds(10*time.Second, key.key) })
				}
				if name == handpad.Direct {
					h.turns("two keys at once", -way, way, 60, func() { h.holds(10*time.Second, plant.Counterclockwise, plant.Up) })
				}
				h.rests("no key")
				if n := h.Mount.Snapshot(); !n.Tracking || n.Slewing || n.Stopped != nil {
					t.Errorf("tracking %v, slewing %v, stopped %v", n.Tracking, n.Slewing, n.Stopped)
				}
			})
		})
	}
}

// With the speed switch at slew a key moves an axis at its fastest, 3°/s: as
// much ramp is behind the key as in front.
func TestPaddleSlews(t *testing.T) {
	inHand(t, 0, nil, func(h *held) {
		h.turns("5 s clockwise", 15*3600, 0, 600, func() { h.holds(5*time.Second, plant.Clockwise) })
		h.turns("4 s down", 0, -12*3600, 600, func() { h.holds(4*time.Second, plant.Down) })
		h.rests("no key")
	})
}

// A key that sticks moves nothing for long, and works again when mended. A plug
// that is pulled lets go of all keys; put back, they work again.
func TestPaddleFails(t *testing.T) {
	for design, name := range designs {
		t.Run(name, func(t *testing.T) {
			inHand(t, design, nil, func(h *held) {
				h.keys.Press(plant.Microstep)
				h.passes(time.Second)
				h.turns("a key that sticks for a minute", 0, 9000, 200, func() {
					h.keys.Stick(plant.Up, true)
					h.passes(time.Minute) // of which 30 s count
				})
				if n := h.paddle.Snapshot(); n.Counts.Stuck != 1 {
					t.Errorf("%d keys taken to be stuck", n.Counts.Stuck)
				}
				h.keys.Mend(plant.Up)
				h.passes(2 * time.Second)
				h.turns("mended", 0, 1500, 60, func() { h.holds(5*time.Second, plant.Up) })

				h.turns("unplugged after 5 s of 15", 1500, 0, 60, func() {
					h.keys.Press(plant.Clockwise)
					h.passes(5 * time.Second)
					now := h.Mount.Instant()
					h.faults.Unplug(now, now.Add(20*time.Second))
					h.passes(10 * time.Second)
					h.keys.Release(plant.Clockwise)
					h.passes(15 * time.Second)
				})
				h.turns("plugged in again", -1500, 0, 60, func() { h.holds(5*time.Second, plant.Counterclockwise) })
			})
		})
	}
}

// Mode keys: guiding on and off, at the guide rate and back; focusing.
func TestPaddleModes(t *testing.T) {
	inHand(t, 0, func(c *handpad.Config) {
		c.StartMode, c.UpdateDrift = string(handpad.ModeGuide), false
	}, func(h *held) {
		h.keys.Press(plant.Microstep)
		mode := func(k plant.Key) {
			h.holds(300*time.Millisecond, k)
			h.passes(2 * time.Second)
			if n := h.paddle.Snapshot(); n.Message.Err != nil {
				t.Errorf("a mode key was refused: %v", n.Message.Err)
			}
		}
		mode(plant.LeftMode)
		if got := h.Mount.Snapshot().Guiding.Mode; got != mount.GuideReturn {
			t.Errorf("guide mode %v", got)
		}
		h.turns("10 s clockwise and up at 7.5″/s", 75, 75, 5, func() {
			h.holds(10*time.Second, plant.Clockwise)
			h.passes(time.Second)
			h.holds(10*time.Second, plant.Up)
		})
		h.turns("the end of guiding", -75, -75, 8, func() { mode(plant.RightMode); h.passes(20 * time.Second) })

		if err := h.paddle.SetMode(h.Context(), string(handpad.ModeFocus)); err != nil {
			t.Fatal(err)
		}
		mode(plant.LeftMode)
		from := h.Truth().FocusSteps
		h.turns("focusing", 0, 0, 3, func() { h.holds(5*time.Second, plant.Clockwise) })
		out := h.Truth().FocusSteps - from
		h.turns("focusing", 0, 0, 3, func() { h.holds(5*time.Second, plant.Counterclockwise) })
		if back := h.Truth().FocusSteps - from - out; abs(float64(out)) < 400 || abs(float64(out+back)) > 20 {
			t.Errorf("keys of 5 s moved the focuser by %d and %d steps, by 100 each second", out, back)
		}
		mode(plant.RightMode)
		h.turns("up after focusing", 0, 1500, 60, func() { h.holds(5*time.Second, plant.Up) })
	})
}

// paddleLine is the recorded port's first input line of the paddle.
const paddleLine = 26

// wiredPaddle is a hand paddle on the lines that the executor reads.
type wiredPaddle struct {
	*wired
	keys   *plant.Paddle
	faults *box.Faults
	paddle *handpad.Paddle
}

// openPaddle brings a telescope on real motors to life, with a paddle of a
// design on its lines.
func openPaddle(t *testing.T, design int) *wiredPaddle {
	t.Helper()
	dir := tmpfs(t)
	f := onHardware(dir)
	f.Hardware.Inputs = harness.Inputs{Port: harness.DryRun, Paddle: []int{paddleLine, paddleLine + 1, paddleLine + 2, paddleLine + 3}}
	p := &wiredPaddle{faults: &box.Faults{}}
	p.start(t, f, dir, design)
	return p
}

func (p *wiredPaddle) start(t *testing.T, f config.File, dir string, design int) {
	t.Helper()
	port, err := record.Open(f.Hardware.DryRun.File, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var living sync.WaitGroup
	t.Cleanup(func() { cancel(); living.Wait(); port.Close() })
	p.wired = openWired(t, f, hardwareParts(dir))
	p.keys, err = plant.NewPaddle(plant.PaddleConfig{Design: design, Bounce: bounce, Seed: 3, Now: p.Mount.Instant, Faults: p.faults})
	if err != nil {
		t.Fatal(err)
	}
	cfg := handpad.DefaultConfig()
	cfg.Present, cfg.Design, cfg.CentreRate, cfg.SlewShare = true, designs[design], 600, 0.8
	p.paddle, err = handpad.New(cfg, handpad.Parts{Mount: p.Mount, Clock: clock.Real{}, Inputs: pins{p.Executor.Inputs().Read}})
	if err != nil {
		t.Fatal(err)
	}
	living.Go(func() {
		for ctx.Err() == nil {
			levels, _ := p.keys.Read()
			port.SetInputs(levels << paddleLine)
			_ = clock.Sleep(ctx, clock.Real{}, time.Millisecond)
		}
	})
	watching, leave := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- p.paddle.Run(watching) }()
	stop := p.stop
	p.stop = func() error { // the paddle before what it reads from
		leave()
		if done != nil {
			if err := <-done; err != nil {
				t.Error(err)
			}
			done = nil
		}
		return stop()
	}
	t.Cleanup(func() { _ = p.stop() })
	p.eventually("the paddle is read", func() bool { return p.paddle.Snapshot().Lines == handpad.LinesReady })
}

// moves waits until a motor has gone some microsteps in a direction.
func (p *wiredPaddle) moves(what string, axis int, way model.Microsteps) {
	p.Helper()
	from := p.Mount.Snapshot().Reports[axis].Emitted
	p.eventually(what, func() bool { return (p.Mount.Snapshot().Reports[axis].Emitted-from)*way > 40 })
}

// rests waits until both motors stand.
func (p *wiredPaddle) rests(what string) {
	p.Helper()
	p.eventually(what, func() bool { return p.atRest(p.Mount.Snapshot()) && p.Mount.Snapshot().Holder == "" })
	before := p.Mount.Snapshot().Reports
	p.passes(500 * time.Millisecond)
	for i, r := range p.Mount.Snapshot().Reports[:2] {
		if r.Emitted != before[i].Emitted {
			p.Errorf("%s: %s goes on, from %d to %d", what, axes[i], before[i].Emitted, r.Emitted)
		}
	}
}

// From contact to rotor: the executor's process reads the lines, the program
// decides, the executor drives the windings.
func TestPaddleOnRealLines(t *testing.T) {
	t.Parallel()
	for design, name := range designs {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inTime(t, func() bool { return realLines(t, design) })
		})
	}
}

func realLines(t *testing.T, design int) bool {
	t.Helper()
	p := openPaddle(t, design)
	for _, switched := range []bool{true, false} {
		if switched {
			p.keys.Press(plant.Microstep)
		} else {
			p.keys.Release(plant.Microstep)
		}
		for _, key := range []struct {
			what string
			key  plant.Key
			axis int
			way  model.Microsteps
		}{
			{"up moves", plant.Up, mount.AxisA, 1}, {"clockwise moves", plant.Clockwise, mount.AxisZ, 1},
			{"down moves", plant.Down, mount.AxisA, -1}, {"counter-clockwise moves", plant.Counterclockwise, mount.AxisZ, -1},
		} {
			p.keys.Press(key.key)
			p.moves(key.what, key.axis, key.way)
			p.keys.Release(key.key)
			p.rests("after " + key.what)
		}
	}
	// The plug is pulled with a key down.
	p.keys.Press(plant.Up)
	p.moves("up moves", mount.AxisA, 1)
	now := p.Mount.Instant()
	p.faults.Unplug(now, now.Add(3*time.Second))
	p.rests("unplugged")
	p.keys.Release(plant.Up)
	p.eventually("the plug is back", func() bool { return !p.faults.Unplugged(p.Mount.Instant()) })
	p.keys.Press(plant.Down)
	p.moves("down moves", mount.AxisA, -1)
	p.keys.Release(plant.Down)
	p.rests("after down")
	if !p.punctual() {
		_ = p.stop()
		return false
	}
	p.diesInHand()
	if err := p.stop(); err != nil {
		t.Error(err)
	}
	p.afterwards(0xFF, 0)
	p.agrees(40)
	return true
}

// diesInHand kills the executor, and with it the reading of lines, while a key
// is down: everything stops, and stays at rest though the key is still down
// when there is another executor.
func (p *wiredPaddle) diesInHand() {
	p.Helper()
	p.keys.Press(plant.Clockwise)
	p.moves("clockwise moves", mount.AxisZ, 1)
	was := p.Executor.Status()
	if err := syscall.Kill(was.PID, syscall.SIGKILL); err != nil {
		p.Fatal(err)
	}
	p.eventually("there is another executor", func() bool {
		now := p.Executor.Status()
		return now.PID != 0 && now.PID != was.PID && now.Healthy
	})
	p.eventually("the mount has noticed", func() bool { return p.Mount.Snapshot().Stopped != nil })
	p.rests("after the executor's death, the key down")
	p.keys.Release(plant.Clockwise)
	p.eventually("the lines are read again", func() bool {
		return p.paddle.Snapshot().Lines == handpad.LinesReady && len(p.paddle.Snapshot().Held) == 0
	})
	p.resume()
	p.keys.Press(plant.Counterclockwise)
	p.moves("counter-clockwise moves", mount.AxisZ, -1)
	p.keys.Release(plant.Counterclockwise)
	p.rests("after counter-clockwise")
}
