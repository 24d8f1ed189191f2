// SPDX-License-Identifier: GPL-3.0-or-later

package focuser

import (
	"fmt"
	"testing"
	"time"

	"github.com/siderostep/siderostep/fault"
)

// A motor that turns the other way round changes nothing that an observer
// sees: moves, presets, nudges and keys count outward as positive, and
// backlash ends in its sign's direction.
func TestReverse(t *testing.T) {
	bubble(t, "all ways of moving", func(t *testing.T) {
		cfg := DefaultConfig()
		cfg.Reverse, cfg.BacklashSteps = true, 300
		f, m := run(t, cfg, nil)
		ctx := t.Context()
		check(t, "save", f.SavePreset(ctx, "Nagler 13mm", 26000), nil)
		for _, tt := range []struct {
			name string
			do   func() error
			want int
		}{
			{"move out", func() error { return f.Move(ctx, 30000) }, 30000},
			{"move in", func() error { return f.Move(ctx, 24000) }, 24000},
			{"preset", func() error { return f.Preset(ctx, "nagler 13MM") }, 26000},
			{"nudge in", func() error { return f.Nudge(ctx, -7) }, 25993},
			{"nudge out", func() error { return f.Nudge(ctx, 12) }, 26005},
			{"to the inner end", func() error { return f.Nudge(ctx, -1<<31) }, 0},
			{"to the outer end", func() error { return f.Move(ctx, 99999999) }, 50000},
		} {
			check(t, tt.name, tt.do(), nil)
			s := wait(t, f)
			if out := 25000 - m.position; s.Position != tt.want || 25000+out != tt.want {
				t.Errorf("%s: at %d, the motor %d steps out; want %d", tt.name, s.Position, out, tt.want)
			}
			if last := m.directions[len(m.directions)-1]; last && tt.want != 0 { // outward is counter-clockwise now
				t.Errorf("%s: the motor came inward", tt.name)
			}
		}
	})
	bubble(t, "at run time", func(t *testing.T) {
		f, m := run(t, DefaultConfig(), nil)
		check(t, "move", f.Move(t.Context(), 25500), nil)
		if !pass(f, 100*time.Millisecond).Moving {
			t.Fatal("does not move")
		}
		check(t, "while moving", f.Configure(t.Context(), func(c *Config) { c.Reverse = true }), fault.Refused)
		wait(t, f)
		check(t, "at rest", f.Configure(t.Context(), func(c *Config) { c.Reverse = true }), nil)
		if p := f.Snapshot().Position; p != 25500 {
			t.Errorf("turning the sense round moved the position to %d", p)
		}
		check(t, "move", f.Move(t.Context(), 25600), nil)
		if s := wait(t, f); s.Position != 25600 || m.position != 25400 {
			t.Errorf("at %d, motor at %d", s.Position, m.position)
		}
	})
}

// The teeth of a drive with a dead band: turning one way pushes, turning back
// moves nothing at first.
type drive struct {
	band, low, focus int
}

func (d *drive) turn(to int) {
	d.low = min(max(d.low, to-d.band), to)
	d.focus = d.low
}

// Wherever it comes from, by whatever motion, a move ends with the focus at
// the same place: that of the teeth pressed together in the sign's direction.
func TestBacklashIsTakenUp(t *testing.T) {
	for _, b := range []int{250, -250} {
		bubble(t, fmt.Sprint(b), func(t *testing.T) {
			cfg := DefaultConfig()
			cfg.BacklashSteps = b
			f, m := run(t, cfg, nil)
			d := &drive{band: 250, low: m.position - 100}
			m.moved = d.turn
			right := func(s *Snapshot) int { // in units of the motor, outward or inward flank
				if b > 0 {
					return s.Position - 250
				}
				return s.Position
			}
			ctx := t.Context()
			for i, do := range []func() error{
				func() error { return f.Move(ctx, 25010) }, // how the drive was left, nobody knows
				func() error { return f.Move(ctx, 25020) },
				func() error { return f.Move(ctx, 24990) },
				func() error { return f.Nudge(ctx, 3) },
				func() error { return f.Nudge(ctx, -3) },
				func() error { return f.Move(ctx, 30000) },
				func() error { return f.Move(ctx, 29000) },
			} {
				check(t, "move", do(), nil)
				if s := wait(t, f); d.focus != right(s) || s.Slack != 0 {
					t.Errorf("move %d to %d: focus at %d, want %d; slack %d", i, s.Position, d.focus, right(s), s.Slack)
				}
			}
			// A key leaves slack behind; the next move takes it up, however short.
			for _, way := range []int{1, -1} {
				check(t, "jog", f.Jog(ctx, Hold{By: "me", Way: way}), nil)
				pass(f, 2*time.Second)
				check(t, "let go", f.Jog(ctx, Hold{By: "me"}), nil)
				s := wait(t, f)
				check(t, "nudge", f.Nudge(ctx, 2*way), nil)
				at := s.Position
				if s = wait(t, f); s.Position != at+2*way || d.focus != right(s) {
					t.Errorf("2 steps behind a key's motion of direction %d: at %d, want %d; focus at %d, want %d", way, s.Position, at+2*way, d.focus, right(s))
				}
			}
		})
	}
}

// A short move in the sign's direction goes straight there once the slack is
// taken up, after a restart too.
func TestSlackIsRemembered(t *testing.T) {
	cfg := DefaultConfig()
	cfg.BacklashSteps = 250
	bubble(t, "taken up", func(t *testing.T) {
		f, m, _ := resume(t, cfg, Parts{Saved: &Saved{Position: 20000}})
		check(t, "nudge", f.Nudge(t.Context(), 5), nil)
		if wait(t, f); len(m.directions) != 1 {
			t.Errorf("5 steps took %d reversals", len(m.directions)-1)
		}
	})
	for name, saved := range map[string]*Saved{"first start": nil, "slack": {Position: 20000, Slack: 100}, "crash": {Position: 20000, Moving: true}} {
		bubble(t, name, func(t *testing.T) {
			f, m, _ := resume(t, cfg, Parts{Saved: saved})
			check(t, "nudge", f.Nudge(t.Context(), 5), nil)
			if wait(t, f); len(m.directions) != 2 {
				t.Errorf("5 steps took %d reversals", len(m.directions)-1)
			}
			if s := f.Saved(); s.Slack != 0 {
				t.Errorf("slack %d", s.Slack)
			}
		})
	}
}

// Another width of the backlash is not taken up before it was turned through.
func TestSlackOfAnotherWidth(t *testing.T) {
	bubble(t, "configured", func(t *testing.T) {
		f, m := run(t, DefaultConfig(), nil)
		check(t, "move", f.Move(t.Context(), 26000), nil)
		wait(t, f)
		check(t, "configure", f.Configure(t.Context(), func(c *Config) { c.BacklashSteps = 100 }), nil)
		check(t, "nudge", f.Nudge(t.Context(), 5), nil)
		if s := wait(t, f); s.Position != 26005 || len(m.directions) != 3 {
			t.Errorf("at %d after %d reversals", s.Position, len(m.directions)-1)
		}
	})
}
