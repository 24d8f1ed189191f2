// SPDX-License-Identifier: GPL-3.0-or-later

package handpad

import (
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/mount"
)

// FuzzPaddle plays sequences of levels, keys of others, modes and faults. At no
// time may anything move for which no key was down of late; and in the end,
// with everything let go, nothing moves.
func FuzzPaddle(f *testing.F) {
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 1))
		script := make([]byte, 300)
		for i := range script {
			script[i] = byte(r.Uint32())
		}
		f.Add(script)
	}
	f.Fuzz(func(t *testing.T, script []byte) {
		g := newGame(t)
		for i := 0; i+1 < len(script) && i < 2000; i += 2 {
			g.play(script[i], script[i+1])
		}
		g.level, g.err, g.o.fail, g.o.jammed = 0, nil, nil, nil
		clear(g.m.fail)
		g.m.set(func(s *mount.Snapshot) { s.Activity = mount.Idle })
		g.pass(4 * time.Second)
		g.expect("in the end", "")
		if n := g.p.Snapshot(); n.Moves != Nothing || len(n.Held) != 0 {
			t.Errorf("in the end: %+v", n)
		}
	})
}

// game is a table with a witness who knows when a key was last down.
type game struct {
	*table
	source string
	lineAt time.Time // the latest look at which the lines had a direction's level, and could be read
	keyAt  time.Time // the latest word of a source that some key is down
	faulty bool      // motion cannot be ended
}

func newGame(t *testing.T) *game {
	return &game{table: newTable(t, func(c *Config, p *Parts) { c.LockoutMS, p.Log = 100, nil }), source: "console"}
}

// play makes one move of the game.
func (g *game) play(what, arg byte) {
	ctx := g.t.Context()
	switch what % 16 {
	case 0, 1, 2, 3:
		g.level = uint32(arg)
	case 4:
		g.err = nil
		if arg%4 == 0 {
			g.err = errors.New("unplugged")
		}
	case 5, 6:
		name := []string{"up", "down", "ccw", "cw", "left", "right", Speed}[int(arg)%7]
		down := arg&128 != 0
		g.source = []string{"console", "lx200", "action"}[int(arg)/7%3]
		g.key(g.source, name, down)
		if down {
			g.keyAt = g.clock.Now()
		}
	case 7:
		g.do(func() error { return g.p.SetMode(ctx, string(Modes()[int(arg)%len(modes)])) })
	case 8:
		g.press(arg&1 != 0)
	case 9:
		g.do(func() error {
			return g.p.Configure(ctx, func(c *Config) { c.Design = []string{Multiplexed, Direct}[arg&1] })
		})
	case 10:
		if arg&3 != 0 {
			g.m.end()
		}
		g.m.set(func(s *mount.Snapshot) {
			s.Activity = []mount.Activity{mount.Idle, mount.Idle, mount.SlewingToSky, mount.Settling}[arg&3]
			s.Tracking = arg&4 != 0
			if arg&24 == 24 {
				s.Guiding.Mode = mount.GuideOff
			}
		})
	case 11:
		name := []string{"MoveAxis", "Nudge", "NudgeAxes", "MoveAxis 1", "Abort", "EndGuiding"}[int(arg)%6]
		if arg&128 != 0 {
			g.m.fail[name] = fault.New(fault.Refused, "fake", "no")
			g.o.jammed = fault.New(fault.Hardware, "fake", "jammed")
		} else {
			clear(g.m.fail)
			g.o.jammed = nil
		}
	default:
		g.wait(time.Duration(arg) * look)
	}
	g.wait(look)
}

// wait lets time pass and looks for motion that nobody asks for.
func (g *game) wait(d time.Duration) {
	for ; d > 0; d -= look {
		if g.err == nil && g.level != 0 && g.level&^Pin11 != 0 || g.level == Pin11 && g.err == nil && g.p.config.Design == Direct {
			g.lineAt = g.clock.Now().Add(look)
		}
		g.pass(look)
		if len(g.m.fail) > 0 || g.o.jammed != nil {
			g.faulty = true
		}
		if g.faulty {
			g.faulty = len(g.m.fail) > 0 || g.o.jammed != nil
			continue
		}
		now := g.clock.Now()
		if now.Sub(g.lineAt) > 5*look && now.Sub(g.keyAt) > 2*time.Second+2*look && g.moves() != "" {
			g.t.Fatalf("%s moves; no line was high for %v, nothing heard of others for %v", g.moves(), now.Sub(g.lineAt), now.Sub(g.keyAt))
		}
	}
}
