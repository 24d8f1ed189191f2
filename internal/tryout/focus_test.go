// SPDX-License-Identifier: GPL-3.0-or-later

package tryout

import (
	"context"
	"errors"
	"math"
	"net"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/driver/celestron"
	"github.com/siderostep/siderostep/driver/executor"
	"github.com/siderostep/siderostep/driver/relay"
	"github.com/siderostep/siderostep/driver/serialline"
	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/sim/box"
	"github.com/siderostep/siderostep/sim/box/plant"
)

// pulsed is a focuser on step pulses: where it is, and how far it was.
type pulsed struct{ at, high, low, pulses int }

func (p *pulsed) Pulse(_ driver.Instant, clockwise bool) error {
	p.pulses++
	p.at--
	if clockwise {
		p.at += 2
	}
	p.high, p.low = max(p.high, p.at), min(p.low, p.at)
	return nil
}

func TestFocusSteps(t *testing.T) {
	for _, reverse := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			motor, off := new(pulsed), 0
			eq := Equipment{
				Axes:    []executor.Axis{{Kind: executor.Pulse}},
				Outputs: executor.Outputs{Pulsers: []driver.Pulser{motor}},
				Off:     func() error { off++; return nil },
			}
			con, out := console(t.Context(), strings.NewReader(""))
			if err := Focus(t.Context(), con, eq, FocusOptions{Steps: 150, Rate: 100, Accel: 200, Reverse: reverse}, clock.Real{}, nil); err != nil {
				t.Fatal(err)
			}
			if *motor != (pulsed{0, 150, -150, 600}) || off == 0 {
				t.Errorf("at %+v; switched off %d times", *motor, off)
			}
			if !strings.HasSuffix(out.String(), "out\nback\nin\nback\nBack where it began. Everything is off.\n") {
				t.Errorf("said\n%s", out)
			}
		})
	}
}

// The way that is called out is outward: clockwise, unless reversed.
func TestFocusOutIsOutward(t *testing.T) {
	for _, reverse := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			motor := new(pulsed)
			eq := Equipment{Axes: []executor.Axis{{Kind: executor.Pulse}}, Outputs: executor.Outputs{Pulsers: []driver.Pulser{motor}}, Off: func() error { return nil }}
			ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
			defer cancel()
			con, _ := console(ctx, strings.NewReader(""))
			if err := Focus(ctx, con, eq, FocusOptions{Steps: 1000, Rate: 100, Accel: 200, Reverse: reverse}, clock.Real{}, nil); err != nil {
				t.Fatal(err)
			}
			if outward := motor.at > 0; outward == reverse || motor.at == 0 || motor.pulses > 180 {
				t.Errorf("reverse %v: stopped at %d after %d pulses", reverse, motor.at, motor.pulses)
			}
		})
	}
}

// A DC motor runs for the time that its steps are reckoned to take, and ends
// with its relays off.
func TestFocusRelays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := since(clock.Real{})
		f, err := plant.NewFocuser(plant.FocuserConfig{Position: 500, Low: 0, High: 1000, Fast: 100, Slow: 10, Now: now})
		if err != nil {
			t.Fatal(err)
		}
		port := &fakePort{use: Use{Outputs: 0xF}, now: now, next: f}
		cfg := relay.DefaultConfig()
		cfg.Out, cfg.In, cfg.SlowOut, cfg.SlowIn = plant.LinePin16, plant.LinePin17, -1, -1
		motor, err := relay.New(port, cfg)
		if err != nil {
			t.Fatal(err)
		}
		eq := Equipment{
			Axes:    []executor.Axis{{Kind: executor.Relay}},
			Outputs: executor.Outputs{Relays: []driver.Relay{motor}, Clocked: []driver.Clocked{motor}},
			Off:     port.Off,
		}
		con, _ := console(t.Context(), strings.NewReader(""))
		if err := Focus(t.Context(), con, eq, FocusOptions{Steps: 200, Rate: 100, Relay: true}, clock.Real{}, nil); err != nil {
			t.Fatal(err)
		}
		truth := f.Truth()
		if math.Abs(truth.Position-500) > 8 || truth.Conflicts != 0 || truth.EndStops != 0 || port.levels != 0 {
			t.Errorf("%+v, levels %X", truth, port.levels)
		}
		var words []uint32
		for _, e := range port.log {
			if len(words) == 0 || words[len(words)-1] != e.levels {
				words = append(words, e.levels)
			}
		}
		if want := []uint32{0, 4, 0, 8, 0, 8, 0, 4, 0}; !slices.Equal(words, want) {
			t.Errorf("words %v, want %v: out, in, in, out, off between", words, want)
		}
	})
}

// servo returns a client of a Celestron motor on the bench.
func servo(t *testing.T, cfg box.CelestronConfig) (*celestron.Client, *box.Celestron) {
	t.Helper()
	motor, err := box.NewCelestron(cfg)
	if err != nil {
		t.Fatal(err)
	}
	near, far := net.Pipe()
	line := box.NewLine(motor, clock.Real{}, nil)
	go func() { _ = line.Run(t.Context(), far) }()
	return celestron.New(func() (celestron.Line, error) { return serialline.Attach(near, clock.Real{}), nil }, clock.Real{}), motor
}

func TestFocusServo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := box.DefaultCelestron()
		c, motor := servo(t, cfg)
		con, out := console(t.Context(), strings.NewReader(""))
		now := since(clock.Real{})
		if err := FocusServo(t.Context(), con, c, FocusOptions{Steps: 700, Rate: 1000, Accel: 1}, clock.Real{}); err != nil {
			t.Fatal(err)
		}
		if truth := motor.Truth(now()); math.Abs(truth.Position-float64(cfg.Position)) > 1 || truth.Moving {
			t.Errorf("%+v, began at %d", truth, cfg.Position)
		}
		if s := out.String(); strings.Count(s, "  at ") < 4 || !strings.Contains(s, "Back where it began.") {
			t.Errorf("said\n%s", s)
		}
	})
}

// Interrupted, the motor is told to stop.
func TestFocusServoStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := box.DefaultCelestron()
		cfg.Fast, cfg.Slow = 100, 50
		c, motor := servo(t, cfg)
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		con, out := console(ctx, strings.NewReader(""))
		now := since(clock.Real{})
		if err := FocusServo(ctx, con, c, FocusOptions{Steps: 1000, Rate: 100, Accel: 1}, clock.Real{}); err != nil {
			t.Fatal(err)
		}
		truth := motor.Truth(now())
		if way := truth.Position - float64(cfg.Position); truth.Moving || math.Abs(way) < 100 || math.Abs(way) > 400 {
			t.Errorf("%+v, began at %d", truth, cfg.Position)
		}
		if !strings.Contains(out.String(), "Stopped.") {
			t.Errorf("said\n%s", out)
		}
	})
}

// Without room for the moves, or without known ends, nothing moves.
func TestFocusServoRefuses(t *testing.T) {
	for name, alter := range map[string]func(*box.CelestronConfig){
		"not calibrated": func(c *box.CelestronConfig) { c.Calibrated = false },
		"at the end":     func(c *box.CelestronConfig) { c.Position = c.Max - 100 },
	} {
		synctest.Test(t, func(t *testing.T) {
			cfg := box.DefaultCelestron()
			alter(&cfg)
			c, motor := servo(t, cfg)
			con, _ := console(t.Context(), strings.NewReader(""))
			now := since(clock.Real{})
			if err := FocusServo(t.Context(), con, c, FocusOptions{Steps: 200, Rate: 100, Accel: 1}, clock.Real{}); !errors.Is(err, fault.Refused) {
				t.Errorf("%s: error %v", name, err)
			}
			if truth := motor.Truth(now()); truth.Position != float64(cfg.Position) {
				t.Errorf("%s: moved to %g", name, truth.Position)
			}
		})
	}
}

func TestCheckFocus(t *testing.T) {
	for _, o := range []FocusOptions{
		{Steps: 0, Rate: 10, Accel: 1}, {Steps: 5001, Rate: 1000, Accel: 1}, {Steps: 10, Accel: 1}, {Steps: 10, Rate: 10},
		{Steps: 1000, Rate: 10, Accel: 1}, {Steps: 10, Rate: math.NaN(), Relay: true},
	} {
		if err := CheckFocus(o); !errors.Is(err, fault.Invalid) {
			t.Errorf("%+v: %v", o, err)
		}
	}
	if err := CheckFocus(FocusOptions{Steps: 5000, Rate: 250, Accel: 1}); err != nil {
		t.Error(err)
	}
}
