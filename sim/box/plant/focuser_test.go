// SPDX-License-Identifier: GPL-3.0-or-later

package plant_test

import (
	"errors"
	"math"
	"testing"
	"time"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/sim/box"
	"github.com/siderostep/siderostep/sim/box/plant"
)

func newFocuser(t *testing.T, c clock.Clock, method int, change func(*plant.FocuserConfig)) *plant.Focuser {
	t.Helper()
	cfg := plant.FocuserConfig{Method: method, Low: -1000, High: 1000, Fast: 100, Slow: 10, Now: box.Since(c)}
	if change != nil {
		change(&cfg)
	}
	f, err := plant.NewFocuser(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

const (
	pin1  = 1 << plant.LinePin1
	pin14 = 1 << plant.LinePin14
	pin16 = 1 << plant.LinePin16
	pin17 = 1 << plant.LinePin17
)

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if math.Abs(got-want) > 1e-6 {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

func TestRelaysMoveWhileOn(t *testing.T) {
	c := newClock()
	f := newFocuser(t, c, 1, nil)
	hold := func(word uint32, d time.Duration) float64 {
		_ = f.Write(word, 0x0F)
		c.Advance(d)
		return f.Truth().Position
	}
	near(t, "fast out", hold(pin16, 2*time.Second), 200)
	near(t, "fast in", hold(pin17, time.Second), 100)
	near(t, "slow out", hold(pin1, time.Second), 110)
	near(t, "slow in", hold(pin14, 2*time.Second), 90)
	near(t, "off", hold(0, time.Second), 90)
	near(t, "both ways", hold(pin16|pin17, time.Second), 90)
	if got := f.Truth().Conflicts; got != 1 {
		t.Errorf("%d conflicts", got)
	}
	near(t, "against the end", hold(pin16, time.Minute), 1000)
	if got := f.Truth().EndStops; got != 1 {
		t.Errorf("%d times at an end", got)
	}
	f = newFocuser(t, c, 0, nil)
	near(t, "method 0 has no slow lines", hold(pin1, time.Second), 0)
	near(t, "method 0", hold(pin17, time.Second), -100)
}

func TestRelayMotorCoasts(t *testing.T) {
	c := newClock()
	f := newFocuser(t, c, 0, func(cfg *plant.FocuserConfig) { cfg.Coast = 50 * time.Millisecond })
	_ = f.Write(pin16, pin16|pin17)
	c.Advance(10 * time.Second) // up to speed 0.05 s late: 100·(10 − 0.05)
	at := f.Truth().Position
	near(t, "at speed", at, 995)
	f = newFocuser(t, c, 0, func(cfg *plant.FocuserConfig) { cfg.Coast = 50 * time.Millisecond })
	_ = f.Write(pin17, pin17)
	c.Advance(5 * time.Second)
	_ = f.Write(0, pin17)
	start := f.Truth().Position
	c.Advance(50 * time.Millisecond)
	near(t, "after one Coast", f.Truth().Position-start, -5*(1-1/math.E))
	c.Advance(10 * time.Second)
	near(t, "at rest", f.Truth().Position-start, -5)
}

func TestStepAndDirection(t *testing.T) {
	for method, lines := range map[int][2]uint32{2: {pin1, pin14}, 3: {pin16, pin17}} {
		c := newClock()
		f := newFocuser(t, c, method, func(cfg *plant.FocuserConfig) { cfg.MinPulse = 2 * time.Microsecond })
		pulse, dir := lines[0], lines[1]
		write := func(word uint32, d time.Duration) {
			_ = f.Write(word, pulse|dir)
			c.Advance(d)
		}
		write(dir, 10*time.Microsecond)
		for range 5 {
			write(dir|pulse, 3*time.Microsecond)
			write(dir|pulse, time.Millisecond) // no edge
			write(dir, time.Millisecond)
		}
		write(0, 10*time.Microsecond)
		for range 2 {
			write(pulse, time.Millisecond)
			write(0, time.Millisecond)
		}
		if got, want := f.Truth(), (plant.FocuserTruth{Position: 3, Pulses: 7}); got != want {
			t.Errorf("method %d: %+v, want %+v", method, got, want)
		}
		write(dir|pulse, time.Millisecond) // direction and pulse at once
		write(dir, time.Millisecond)
		write(dir|pulse, time.Microsecond) // too short
		write(dir, time.Millisecond)
		if got, want := f.Truth(), (plant.FocuserTruth{Position: 4, Pulses: 8, Ignored: 1, Hurried: 1}); got != want {
			t.Errorf("method %d: %+v, want %+v", method, got, want)
		}
	}
}

func TestActiveLow(t *testing.T) {
	c := newClock()
	f := newFocuser(t, c, 0, func(cfg *plant.FocuserConfig) { cfg.ActiveLow = true })
	c.Advance(time.Second)
	near(t, "before any write", f.Truth().Position, 0)
	_ = f.Write(pin17, pin16|pin17)
	c.Advance(time.Second)
	near(t, "out line low", f.Truth().Position, 100)
}

func TestFocuserConfigIsChecked(t *testing.T) {
	now := box.Since(newClock())
	ok := plant.FocuserConfig{Method: 1, High: 1, Fast: 1, Slow: 1, Now: now}
	for name, spoil := range map[string]func(*plant.FocuserConfig){
		"method":   func(c *plant.FocuserConfig) { c.Method = 4 },
		"now":      func(c *plant.FocuserConfig) { c.Now = nil },
		"ends":     func(c *plant.FocuserConfig) { c.High = 0 },
		"position": func(c *plant.FocuserConfig) { c.Position = 2 },
		"slow":     func(c *plant.FocuserConfig) { c.Slow = 0 },
		"coast":    func(c *plant.FocuserConfig) { c.Coast = -1 },
	} {
		c := ok
		spoil(&c)
		if _, err := plant.NewFocuser(c); !errors.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
