// SPDX-License-Identifier: GPL-3.0-or-later

package focuser

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model/focus"
)

func bubble(t *testing.T, name string, do func(t *testing.T)) {
	t.Helper()
	t.Run(name, func(t *testing.T) { synctest.Test(t, do) })
}

func check(t *testing.T, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) || want == nil && err != nil {
		t.Errorf("%s: %v, want %v", what, err, want)
	}
}

func TestNudgesAddUp(t *testing.T) {
	bubble(t, "quickly", func(t *testing.T) {
		f, _ := run(t, DefaultConfig(), nil)
		for range 10 {
			check(t, "nudge", f.Nudge(t.Context(), 500), nil)
			pass(f, 100*time.Millisecond)
		}
		if s := wait(t, f); s.Position != 30000 {
			t.Errorf("ten nudges of 500 went to %d", s.Position)
		}
	})
}

func TestHeldKeys(t *testing.T) {
	speed := func(t *testing.T, f *Focuser) int { // steps in a second
		from := pass(f, 500*time.Millisecond).Position
		return pass(f, time.Second).Position - from
	}
	bubble(t, "speeds and directions", func(t *testing.T) {
		f, m := run(t, DefaultConfig(), nil)
		for _, tt := range []struct {
			way  int
			fast bool
			want int
		}{{1, false, 100}, {-1, false, -100}, {1, true, 500}, {-1, true, -500}, {-1, false, -100}} {
			check(t, "jog", f.Jog(t.Context(), Hold{By: "me", Way: tt.way, Fast: tt.fast}), nil)
			if got := speed(t, f); got < tt.want-2 || got > tt.want+2 {
				t.Errorf("direction %d, fast %v: %d steps/s, want %d", tt.way, tt.fast, got, tt.want)
			}
			if s := f.Snapshot(); !s.Moving || s.Holder != "me" {
				t.Errorf("moving %v, held by %q", s.Moving, s.Holder)
			}
		}
		check(t, "configure", f.Configure(t.Context(), func(c *Config) { c.SlowRate, c.FastRate = 300, 40 }), nil)
		check(t, "let go", f.Jog(t.Context(), Hold{By: "me"}), nil)
		if s := wait(t, f); s.Position != m.position || s.Holder != "" || s.Target != s.Position || s.Fault != nil {
			t.Errorf("let go: %+v, motor at %d", s, m.position)
		}
		check(t, "jog", f.Jog(t.Context(), Hold{By: "me", Way: 1}), nil)
		if got := speed(t, f); got < 39 || got > 41 {
			t.Errorf("slow is faster than fast: %d steps/s", got)
		}
	})
	bubble(t, "silence", func(t *testing.T) {
		f, _ := run(t, DefaultConfig(), nil)
		check(t, "jog", f.Jog(t.Context(), Hold{By: "me", Way: 1}), nil)
		for range 5 { // a sign of life by name, and by the key again
			pass(f, 8*time.Second)
			f.Heard("me")
			f.Heard("somebody else")
			pass(f, 8*time.Second)
			check(t, "again", f.Jog(t.Context(), Hold{By: "me", Way: 1}), nil)
		}
		pass(f, 5*time.Second)
		f.Heard("somebody else")
		if s := pass(f, 4900*time.Millisecond); !s.Moving {
			t.Error("stopped before hold_timeout_s")
		}
		if s := pass(f, 400*time.Millisecond); s.Moving || s.Holder != "" {
			t.Errorf("nobody was heard for 10.3 s: moving %v, held by %q", s.Moving, s.Holder)
		}
	})
	bubble(t, "a paddle's own patience", func(t *testing.T) {
		f, _ := run(t, DefaultConfig(), nil)
		check(t, "jog", f.Jog(t.Context(), Hold{By: "paddle", Way: -1, Fast: true, Within: 500 * time.Millisecond}), nil)
		if s := pass(f, 900*time.Millisecond); s.Moving {
			t.Error("the paddle is silent, the motor moves")
		}
	})
	bubble(t, "one holder", func(t *testing.T) {
		f, _ := run(t, DefaultConfig(), nil)
		check(t, "first", f.Jog(t.Context(), Hold{By: "first", Way: 1}), nil)
		check(t, "second", f.Jog(t.Context(), Hold{By: "second", Way: -1}), nil)
		check(t, "first lets go", f.Jog(t.Context(), Hold{By: "first"}), nil)
		if s := f.Snapshot(); s.Holder != "second" || speed(t, f) > -98 {
			t.Errorf("held by %q", s.Holder)
		}
		check(t, "a move takes over", f.Move(t.Context(), 25000), nil)
		check(t, "second lets go", f.Jog(t.Context(), Hold{By: "second"}), nil)
		if s := wait(t, f); s.Position != 25000 || s.Holder != "" {
			t.Errorf("at %d, held by %q", s.Position, s.Holder)
		}
	})
	bubble(t, "the end of travel", func(t *testing.T) {
		cfg := DefaultConfig()
		cfg.StartPosition = 49000
		f, m := run(t, cfg, nil)
		check(t, "jog", f.Jog(t.Context(), Hold{By: "me", Way: 1, Fast: true}), nil)
		if s := pass(f, 4*time.Second); s.Moving || s.Position != 50000 || m.position != 50000 {
			t.Errorf("moving %v at %d, motor at %d", s.Moving, s.Position, m.position)
		}
	})
	bubble(t, "bad ones", func(t *testing.T) {
		f, m := run(t, DefaultConfig(), nil)
		for _, h := range []Hold{{Way: 1}, {By: "me", Way: 2}, {By: "me", Way: -2}, {By: "me", Way: 1, Within: -1}} {
			check(t, fmt.Sprintf("%+v", h), f.Jog(t.Context(), h), fault.Invalid)
		}
		if pass(f, time.Second); m.position != 25000 {
			t.Error("it moved")
		}
	})
}

func TestPresets(t *testing.T) {
	bubble(t, "saved and restored", func(t *testing.T) {
		f, _, end := resume(t, DefaultConfig(), Parts{})
		ctx := t.Context()
		check(t, "save", f.SavePreset(ctx, " Nagler 13mm ", 310), nil)
		before := f.Snapshot()
		check(t, "save", f.SavePreset(ctx, "Plössl 32mm", 455), nil)
		both := f.Snapshot()
		check(t, "replace", f.SavePreset(ctx, "NAGLER 13mm", 311), nil)
		for _, old := range []*Snapshot{before, both} {
			if old.Presets[0] != (Preset{"Nagler 13mm", 310}) || len(before.Presets) != 1 {
				t.Errorf("an old snapshot changed: %v", old.Presets)
			}
		}
		for name, bad := range map[string]Preset{"empty": {"  ", 1}, "long": {strings.Repeat("x", 40), 1}, "line end": {"a\nb", 1},
			"below": {"a", -1}, "beyond": {"a", 50001}, "no text": {"\xff", 1}} {
			check(t, name, f.SavePreset(ctx, bad.Name, bad.Position), fault.Invalid)
		}
		check(t, "unknown", f.Preset(ctx, "Radian"), fault.Invalid)
		if err := f.Preset(ctx, "Radian"); !strings.Contains(err.Error(), "NAGLER 13mm, Plössl 32mm") {
			t.Errorf("does not tell what there is: %v", err)
		}
		end()
		text, err := json.Marshal(f.Saved())
		var saved Saved
		if err != nil || json.Unmarshal(text, &saved) != nil {
			t.Fatalf("%s, %v", text, err)
		}
		g, _, _ := resume(t, DefaultConfig(), Parts{Saved: &saved})
		check(t, "preset", g.Preset(ctx, "plössl 32MM"), nil)
		if s := wait(t, g); s.Position != 455 {
			t.Errorf("at %d", s.Position)
		}
		both = g.Snapshot()
		check(t, "remove", g.RemovePreset(ctx, "Nagler 13mm"), nil)
		if both.Presets[0].Position != 311 || both.Presets[1].Position != 455 {
			t.Errorf("an old snapshot changed: %v", both.Presets)
		}
		check(t, "remove again", g.RemovePreset(ctx, "Nagler 13mm"), fault.Invalid)
		check(t, "gone", g.Preset(ctx, "Nagler 13mm"), fault.Invalid)
		for i := range 99 {
			check(t, "one more", g.SavePreset(ctx, fmt.Sprint(i), i), nil)
		}
		check(t, "too many", g.SavePreset(ctx, "101st", 1), fault.Full)
		check(t, "replacing one", g.SavePreset(ctx, "7", 1), nil)
	})
}

func TestSetPosition(t *testing.T) {
	bubble(t, "counter", func(t *testing.T) {
		f, m := run(t, DefaultConfig(), nil)
		ctx := t.Context()
		for _, bad := range []int{-1, 50001} {
			check(t, "outside", f.SetPosition(ctx, bad), fault.Invalid)
		}
		check(t, "move", f.Move(ctx, 25500), nil)
		check(t, "while moving", f.SetPosition(ctx, 0), fault.Refused)
		wait(t, f)
		check(t, "reset", f.SetPosition(ctx, 0), nil)
		if s := f.Snapshot(); s.Position != 0 || s.Target != 0 || m.position != 25500 {
			t.Errorf("at %d, target %d, motor at %d", s.Position, s.Target, m.position)
		}
		check(t, "move", f.Move(ctx, 1000), nil)
		if s := wait(t, f); s.Position != 1000 || m.position != 26500 {
			t.Errorf("at %d, motor at %d", s.Position, m.position)
		}
		check(t, "inward", f.Move(ctx, -5000), nil)
		if s := wait(t, f); s.Position != 0 || m.position != 25500 {
			t.Errorf("at %d, motor at %d", s.Position, m.position)
		}
	})
}

// Whether the counter is right after the run before.
func TestTrust(t *testing.T) {
	bubble(t, "a run that ends while moving", func(t *testing.T) {
		f, m, end := resume(t, DefaultConfig(), Parts{})
		check(t, "move", f.Move(t.Context(), 50000), nil)
		pass(f, 2*time.Second)
		if s := f.Saved(); !s.Moving { // what a crash now would leave
			t.Errorf("saved while moving: %+v", s)
		}
		end()
		if s := f.Saved(); s.Moving || s.Unsure || s.Position != m.position || s.Position < 27000 {
			t.Errorf("brought to rest at %d: %+v", m.position, s)
		}
	})
	for name, tt := range map[string]struct {
		saved *Saved
		at    int
		sure  bool
	}{
		"first start":          {nil, 25000, true},
		"after a quiet end":    {&Saved{Position: 1234}, 1234, true},
		"after a crash":        {&Saved{Position: 1234, Moving: true}, 1234, false},
		"after two":            {&Saved{Position: 1234, Unsure: true}, 1234, false},
		"beyond max_step":      {&Saved{Position: 60000}, 25000, false},
		"damaged, and in vain": {&Saved{Position: -5}, 25000, false},
	} {
		bubble(t, name, func(t *testing.T) {
			f, _, _ := resume(t, DefaultConfig(), Parts{Saved: tt.saved})
			s := f.Snapshot()
			if s.Position != tt.at || s.Trusted != tt.sure || f.Saved().Unsure == tt.sure {
				t.Errorf("at %d, sure %v", s.Position, s.Trusted)
			}
			check(t, "set", f.SetPosition(t.Context(), 700), nil)
			if s := f.Snapshot(); !s.Trusted || f.Saved().Unsure || f.Saved().Position != 700 {
				t.Errorf("set: %+v", f.Saved())
			}
		})
	}
}

// A pulser that fails leaves the motor nobody knows where.
func TestOutputFails(t *testing.T) {
	bubble(t, "output", func(t *testing.T) {
		var log strings.Builder
		f, m, end := resume(t, DefaultConfig(), Parts{Log: slog.New(slog.NewTextHandler(&log, nil))})
		defer func() {
			end()
			if n := strings.Count(log.String(), "level=ERROR"); n > 1 {
				t.Errorf("%d errors were logged for one failure", n)
			}
		}()
		m.failAt = 25500
		check(t, "move", f.Move(t.Context(), 30000), nil)
		s := wait(t, f)
		if !errors.Is(s.Fault, fault.Hardware) || s.Trusted || !f.Saved().Unsure {
			t.Errorf("fault %v, sure %v", s.Fault, s.Trusted)
		}
		pass(f, time.Second)
		m.failAt = 0
		check(t, "again", f.Move(t.Context(), 30000), nil)
		if s := wait(t, f); s.Position != 30000 || s.Fault != nil || s.Trusted {
			t.Errorf("again: at %d, %v, sure %v", s.Position, s.Fault, s.Trusted)
		}
	})
}

// steps = round(coefficient·(T − T0)/dead band)·dead band, from where focus
// was last set.
func TestDeadBand(t *testing.T) {
	bubble(t, "band", func(t *testing.T) {
		cfg := DefaultConfig()
		cfg.DeadBand, cfg.StepsPerC = 30, -20
		a := &air{celsius: 10}
		f, m := run(t, cfg, a)
		pass(f, time.Second)
		check(t, "on", f.SetTempComp(t.Context(), true), nil)
		for _, tt := range []struct {
			celsius float64
			want    int
		}{
			{9.3, 0},    // −0.7° are 14 steps: less than half a band
			{9.2, 30},   // 16 steps: more
			{8.0, 30},   // 40 steps
			{7.7, 60},   // 46 steps
			{7.8, 60},   // 44 steps: no way back for so little
			{7.85, 60},  // 43
			{8.2, 30},   // 36 steps: 24 off, which is more than 3/4 of a band
			{10.0, 0},   // as it was
			{12.0, -30}, // −40 steps
		} {
			a.set(tt.celsius, nil)
			s := pass(f, 12*time.Second)
			if m.position != 25000+tt.want || s.Compensation != tt.want || s.Moving {
				t.Errorf("%v°: motor at %+d, compensation %+d, want %+d", tt.celsius, m.position-25000, s.Compensation, tt.want)
			}
		}
	})
	bubble(t, "to and fro", func(t *testing.T) { // exactly half a step off
		cfg := DefaultConfig()
		cfg.StepsPerC = -8
		a := &air{celsius: 10}
		f, m := run(t, cfg, a)
		pass(f, time.Second)
		check(t, "on", f.SetTempComp(t.Context(), true), nil)
		a.set(10-1.0/16, nil)
		pass(f, time.Minute)
		if len(m.directions) > 1 {
			t.Errorf("%d reversals at one temperature", len(m.directions)-1)
		}
	})
	bubble(t, "with backlash", func(t *testing.T) {
		cfg := DefaultConfig()
		cfg.DeadBand, cfg.StepsPerC, cfg.BacklashSteps = 10, 20, 200
		a := &air{celsius: 10}
		f, m := run(t, cfg, a)
		d := &drive{band: 200, low: m.position - 200}
		m.moved = d.turn
		pass(f, time.Second)
		check(t, "on", f.SetTempComp(t.Context(), true), nil)
		for celsius := 9.0; celsius > 5; celsius-- {
			a.set(celsius, nil)
			s := pass(f, 12*time.Second)
			if want := 25000 + int(20*(celsius-10)); s.Position != want || d.focus != want-200 {
				t.Errorf("%v°: at %d, focus at %d; want %d", celsius, s.Position, d.focus+200, want)
			}
		}
	})
	bubble(t, "the end of travel", func(t *testing.T) {
		cfg := DefaultConfig()
		cfg.StartPosition, cfg.StepsPerC = 20, 20
		a := &air{celsius: 10}
		f, m := run(t, cfg, a)
		pass(f, time.Second)
		check(t, "on", f.SetTempComp(t.Context(), true), nil)
		for _, tt := range []struct {
			celsius float64
			want    int
		}{{5, 0}, {9.5, 10}, {10, 20}} { // what could not be moved is not lost
			a.set(tt.celsius, nil)
			if pass(f, 12*time.Second); m.position != tt.want {
				t.Errorf("%v°: at %d, want %d", tt.celsius, m.position, tt.want)
			}
		}
	})
	bubble(t, "silence", func(t *testing.T) { // focus is still that of 10°
		a := &air{celsius: 10}
		f, m := run(t, DefaultConfig(), a)
		pass(f, time.Second)
		check(t, "on", f.SetTempComp(t.Context(), true), nil)
		a.set(0, fault.New(fault.Hardware, "thermometer", "unplugged"))
		pass(f, 30*time.Second)
		a.set(8, nil)
		if pass(f, 30*time.Second); m.position != 25040 {
			t.Errorf("2° colder after a silence: at %d", m.position)
		}
		a.set(0, fault.New(fault.Hardware, "thermometer", "unplugged"))
		pass(f, 30*time.Second)
		check(t, "focus", f.Move(t.Context(), 26000), nil)
		pass(f, 30*time.Second)
		a.set(3, nil)
		if pass(f, 30*time.Second); m.position != 26000 {
			t.Errorf("focus set during a silence was moved to %d", m.position)
		}
		a.set(2, nil)
		if pass(f, 30*time.Second); m.position != 26020 {
			t.Errorf("1° colder: at %d", m.position)
		}
	})
	bubble(t, "a key sets focus", func(t *testing.T) {
		a := &air{celsius: 10}
		f, m := run(t, DefaultConfig(), a)
		pass(f, time.Second)
		check(t, "on", f.SetTempComp(t.Context(), true), nil)
		check(t, "jog", f.Jog(t.Context(), Hold{By: "me", Way: 1}), nil)
		a.set(0, nil) // while the key is held
		pass(f, 8*time.Second)
		check(t, "let go", f.Jog(t.Context(), Hold{By: "me"}), nil)
		at := wait(t, f).Position
		if pass(f, 30*time.Second); m.position != at {
			t.Errorf("left at %d, moved to %d", at, m.position)
		}
	})
}

func TestFindings(t *testing.T) {
	bubble(t, "kept", func(t *testing.T) {
		f, _ := run(t, DefaultConfig(), nil)
		ctx := t.Context()
		add := func(m focus.Spacer) error {
			return f.Measure(ctx, func(found focus.Findings) (focus.Findings, error) { return found.WithSpacer(m) })
		}
		check(t, "one", add(focus.Spacer{P1: 12000, P2: 14500, SpacerMM: 10}), nil)
		check(t, "none", add(focus.Spacer{P1: 1, P2: 1, SpacerMM: 10}), fault.Invalid)
		if e, err := f.Snapshot().Findings.StepSize(); err != nil || e.Mean != 4 || len(f.Saved().Findings.Spacers) != 1 {
			t.Errorf("%+v, %v", e, err)
		}
		check(t, "in force", f.Configure(ctx, func(c *Config) { c.StepUM = 4 }), nil)
		if s := f.Snapshot(); s.Config.StepUM != 4 {
			t.Errorf("%v µm", s.Config.StepUM)
		}
	})
}

func TestConfigure(t *testing.T) {
	bubble(t, "frozen", func(t *testing.T) {
		f, _ := run(t, DefaultConfig(), nil)
		for name, change := range map[string]func(*Config){
			"enabled": func(c *Config) { c.Enabled = false },
			"motor":   func(c *Config) { c.Motor = Relays },
			"port":    func(c *Config) { c.Port = "/dev/ttyACM0" },
		} {
			if err := f.Configure(t.Context(), change); !errors.Is(err, fault.Refused) || !strings.Contains(err.Error(), "focuser."+name) {
				t.Errorf("%s: %v", name, err)
			}
		}
		check(t, "smaller", f.Configure(t.Context(), func(c *Config) { c.MaxStep = 25010 }), nil)
		check(t, "calibrate", f.Calibrate(t.Context(), true), fault.Unsupported)
	})
	for name, change := range map[string]func(*Config){
		"motor":          func(c *Config) { c.Motor = "piezo" },
		"start_position": func(c *Config) { c.StartPosition = 50001 },
		"backlash_steps": func(c *Config) { c.BacklashSteps = -50000 },
		"port":           func(c *Config) { c.Motor = Celestron },
		"reverse":        func(c *Config) { c.Motor, c.Port, c.Reverse = Celestron, "x", true },
	} {
		cfg := DefaultConfig()
		change(&cfg)
		if err := cfg.Validate(); !errors.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "focuser."+name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	cfg := DefaultConfig()
	if _, err := New(cfg, Parts{}); !errors.Is(err, fault.Invalid) {
		t.Errorf("without a motor: %v", err)
	}
}

// Commands after the end are refused, not waited for.
func TestAfterTheEnd(t *testing.T) {
	bubble(t, "ended", func(t *testing.T) {
		f, _, end := resume(t, DefaultConfig(), Parts{})
		end()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		check(t, "move", f.Move(ctx, 1), fault.Cancelled)
		if f.Snapshot().Report.State == driver.Playing {
			t.Error("still plays")
		}
	})
}
