// SPDX-License-Identifier: GPL-3.0-or-later

package tryout

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/driver/harness"
	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/sim/box/plant"
)

// pins spreads lines 0 to 3, the paddle's, to pins 13, 12, 10 and 11.
func pins(word uint32) (levels uint32) {
	for i, pin := range []int{13, 12, 10, 11} {
		levels |= word >> i & 1 << pin
	}
	return levels
}

// press runs the display on a paddle whose keys somebody presses.
func press(t *testing.T, cfg plant.PaddleConfig, show func(context.Context, *Console, *Board, InputOptions) error, hand func(p *plant.Paddle, wait func(time.Duration))) string {
	t.Helper()
	c, m := preset(t, "bartels-pcb")
	cfg.Now = since(clock.Real{})
	p, err := plant.NewPaddle(cfg)
	if err != nil {
		t.Fatal(err)
	}
	b, ports := openFakes(t, c, m, func(port *fakePort) {
		port.inputs = func() uint32 {
			word, _ := p.Read()
			return pins(word)
		}
	})
	ctx, cancel := context.WithCancel(t.Context())
	con, out := console(ctx, strings.NewReader(""))
	done := make(chan error)
	go func() { done <- show(ctx, con, b, InputOptions{Settle: 20 * time.Millisecond}) }()
	wait := func(d time.Duration) { _ = clock.Sleep(t.Context(), clock.Real{}, d) }
	wait(time.Second)
	hand(p, wait)
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if l := ports[harness.Parport].levels; l != 0 {
		t.Errorf("levels %X: a test of inputs switches nothing on", l)
	}
	_, after, _ := strings.Cut(out.String(), "Ctrl-C ends it.\n\n")
	return strings.TrimSuffix(after, "Stopped.\n")
}

// The keys of stepper-core §5.3, by both designs.
func TestPaddleKeys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		got := press(t, plant.PaddleConfig{}, Paddle, func(p *plant.Paddle, wait func(time.Duration)) {
			for _, k := range []plant.Key{plant.Up, plant.Clockwise, plant.LeftMode, plant.RightMode} {
				p.Press(k)
				wait(500 * time.Millisecond)
				p.Release(k)
				wait(500 * time.Millisecond)
			}
			p.Press(plant.Microstep)
			wait(500 * time.Millisecond)
		})
		want := []string{
			"0.000 s  levels 0000 (  0)  multiplexed: no key     slew       direct: no key",
			"1.000 s  levels 1000 ( 16)  multiplexed: up         slew       direct: up",
			"1.500 s  levels 0000 (  0)",
			"2.000 s  levels 1100 ( 48)  multiplexed: cw         slew       direct: up+down",
			"2.500 s  levels 0000 (  0)",
			"3.000 s  levels 1010 ( 80)  multiplexed: left       slew       direct: up+ccw",
			"3.500 s  levels 0000 (  0)",
			"4.000 s  levels 0110 ( 96)  multiplexed: right      slew       direct: down+ccw",
			"4.500 s  levels 0000 (  0)",
			"5.000 s  levels 0001 (128)  multiplexed: no key     microstep  direct: cw",
		}
		lines := strings.Split(strings.TrimSpace(got), "\n")
		if len(lines) != len(want) {
			t.Fatalf("%d lines, want %d:\n%s", len(lines), len(want), got)
		}
		for i, l := range lines {
			// A level is seen within the poll interval after it changed.
			at, rest, _ := strings.Cut(strings.TrimSpace(l), " s ")
			wantAt, wantRest, _ := strings.Cut(want[i], " s ")
			if a, w := parseSeconds(t, at), parseSeconds(t, wantAt); a < w || a > w+2*inputPoll {
				t.Errorf("line %d at %v, want %v", i, a, w)
			}
			if !strings.HasPrefix(rest, wantRest) {
				t.Errorf("line %d: %q, want %q", i, rest, wantRest)
			}
		}
	})
}

func parseSeconds(t *testing.T, s string) time.Duration {
	t.Helper()
	d, err := time.ParseDuration(s + "s")
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// Contacts that bounce are one change, with the bounces counted.
func TestPaddleBounces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		got := press(t, plant.PaddleConfig{Bounce: 15 * time.Millisecond, Seed: 3}, Paddle, func(p *plant.Paddle, wait func(time.Duration)) {
			p.Press(plant.Down)
			wait(500 * time.Millisecond)
		})
		lines := strings.Split(strings.TrimSpace(got), "\n")
		if len(lines) != 2 || !strings.Contains(lines[1], "multiplexed: down") || !strings.Contains(lines[1], "bounce") || strings.Contains(lines[0], "bounce") {
			t.Errorf("said\n%s", got)
		}
	})
}

// All input lines, with their pins.
func TestInputs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		got := press(t, plant.PaddleConfig{}, Inputs, func(p *plant.Paddle, wait func(time.Duration)) {
			p.Press(plant.Counterclockwise)
			wait(500 * time.Millisecond)
		})
		const want = "paddle up (13) low, paddle down (12) low, paddle counter-clockwise (10) HIGH, paddle speed or clockwise (11) low"
		if lines := strings.Split(strings.TrimSpace(got), "\n"); len(lines) != 2 || !strings.HasSuffix(lines[1], want) {
			t.Errorf("said\n%s", got)
		}
	})
}

func TestInputsEndAndRefuse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, m := preset(t, "pi-transistors")
		b, _ := openFakes(t, c, m, func(p *fakePort) { p.inputs = func() uint32 { return 0 } })
		con, _ := console(t.Context(), strings.NewReader(""))
		now := since(clock.Real{})
		if err := Inputs(t.Context(), con, b, InputOptions{For: time.Second}); err != nil || now().Sub(0) > 1100*time.Millisecond {
			t.Errorf("%v after %v", err, now().Sub(0))
		}
		c.Inputs.Paddle = nil
		b, _ = openFakes(t, c, m, nil)
		for _, show := range []func(context.Context, *Console, *Board, InputOptions) error{Inputs, Paddle} {
			if err := show(t.Context(), con, b, InputOptions{}); !errors.Is(err, fault.Invalid) {
				t.Errorf("error %v", err)
			}
		}
	})
}
