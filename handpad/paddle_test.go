// SPDX-License-Identifier: GPL-3.0-or-later

package handpad

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/mount"
)

// A mode key acts once for each press, and no mode key acts for a second after
// one (18 ticks of the original, 0.99 s).
func TestLockout(t *testing.T) {
	b := newTable(t, func(c *Config, _ *Parts) { c.StartMode = "grand_tour" })
	asked := func(when string, want ...string) {
		t.Helper()
		if strings.Join(b.o.asked, " ") != strings.Join(want, " ") {
			t.Errorf("%s: %v, want %v", when, b.o.asked, want)
		}
		b.o.asked = nil
	}
	b.level = 80
	b.pass(3 * look)
	asked("left", "next")
	b.pass(5 * time.Second)
	asked("held")
	b.lines(0)
	b.lines(80)
	asked("left again", "next")
	b.lines(0)
	b.lines(96)
	asked("right within the lock-out")
	if s := b.p.Snapshot(); s.Counts.Presses != 3 || s.Counts.Refused != 1 {
		t.Errorf("%+v", s.Counts)
	}
	b.pass(2 * time.Second)
	asked("still down")
	b.lines(0)
	if err := b.press(true); err != nil {
		t.Error(err)
	}
	asked("right", "previous")
	if err := b.press(true); !errors.Is(err, fault.Refused) {
		t.Error(err)
	}
	b.pass(980 * time.Millisecond)
	if err := b.press(true); !errors.Is(err, fault.Refused) {
		t.Error("after 0.98 s:", err)
	}
	b.pass(20 * time.Millisecond)
	if err := b.press(true); err != nil {
		t.Error("after 1 s:", err)
	}
	asked("right", "previous")
	// The same key by another source, once while it is held.
	b.pass(time.Second)
	for range 5 {
		b.key("console", "left", true)
		b.pass(time.Second)
	}
	asked("left of the console", "next")
	b.pass(5 * time.Second)
	if n := b.p.Snapshot(); n.Counts.Silent != 0 || len(n.Held) != 0 {
		t.Errorf("%+v", n)
	}
}

// A key that is down before anybody can have pressed it disables the paddle,
// until nothing was down for a second.
func TestKeyAtStart(t *testing.T) {
	for _, level := range []uint32{16, micro | 48, 80, 96} {
		b := newTable(t, func(c *Config, p *Parts) {
			c.StartMode = "grand_tour"
			p.Inputs.(*table).level = level
		})
		b.m.set(untracked)
		b.pass(5 * time.Second)
		s := b.p.Snapshot()
		if s.Lines != LinesIgnored || !errors.Is(s.Trouble, fault.Refused) || !errors.Is(s.Message.Err, fault.Refused) || s.Moves != Nothing || b.moves() != "" || len(b.o.asked) > 0 {
			t.Errorf("%d: %+v", level, s)
		}
		b.lines(0)
		b.pass(900 * time.Millisecond)
		b.lines(16)
		b.lines(0)
		b.pass(990 * time.Millisecond)
		if s := b.p.Snapshot(); s.Lines != LinesIgnored || b.moves() != "" {
			t.Errorf("%d: believed too early", level)
		}
		b.pass(50 * time.Millisecond)
		if s := b.p.Snapshot(); s.Lines != LinesReady || s.Trouble != nil || s.Message.Err != nil {
			t.Errorf("%d: %+v", level, s)
		}
		b.lines(16)
		b.expect("believed", "axes 0 10800 0")
	}
	// The speed switch is no key.
	if b := newTable(t, func(_ *Config, p *Parts) { p.Inputs.(*table).level = micro }); b.p.Snapshot().Lines != LinesReady {
		t.Error("a speed switch disables the paddle")
	}
}

// A key that is held at one go for longer than stuck_s is ignored until it is
// let go.
func TestStuck(t *testing.T) {
	b := newTable(t, func(c *Config, _ *Parts) { c.StuckS = 30 })
	b.m.set(untracked)
	b.lines(16)
	b.pass(29900 * time.Millisecond)
	b.expect("29.9 s", "axes 0 10800 0")
	b.pass(200 * time.Millisecond)
	b.expect("30.1 s", "")
	s := b.p.Snapshot()
	if s.Counts.Stuck != 1 || !errors.Is(s.Message.Err, fault.Hardware) || len(s.Held) != 1 || !s.Held[0].Ignored {
		t.Errorf("%+v", s)
	}
	b.pass(time.Minute)
	b.expect("a minute later", "")
	b.key("console", "cw", true)
	b.expect("another source", "axes 300 0 0")
	b.lines(0)
	b.lines(16)
	b.expect("let go and pressed", "axes 300 300 0") // slow, as the console says
	b.lines(0)
	for range 40 { // renewed, but stuck
		b.pass(time.Second)
		b.key("console", "cw", true)
	}
	b.expect("a stuck key of the console", "")
}

// When the lines cannot be read, or the paddle is unplugged, what it moves
// stops at once; it works again by itself.
func TestUnplugged(t *testing.T) {
	b := newTable(t, nil)
	b.m.set(untracked)
	broken := errors.New("no such device")
	b.lines(48)
	b.key("console", "up", true)
	b.expect("two sources", "axes 300 300 0")
	b.err = broken
	b.pass(look)
	s := b.p.Snapshot()
	if b.moves() != "axes 0 300 0" || s.Lines != LinesFailed || !errors.Is(s.Trouble, fault.Hardware) || !errors.Is(s.Trouble, broken) || !errors.Is(s.Message.Err, broken) {
		t.Errorf("%q moves; %+v", b.moves(), s)
	}
	b.key("console", "up", false)
	b.pass(time.Hour / 100)
	if n := b.p.Snapshot().Counts.Failures; n != 1 {
		t.Errorf("%d failures", n)
	}
	b.err = nil // with the key still down
	b.pass(time.Second)
	b.expect("can be read, with a key down", "")
	if s := b.p.Snapshot(); s.Lines != LinesIgnored {
		t.Error(s.Lines)
	}
	b.lines(0)
	b.pass(1100 * time.Millisecond)
	b.lines(48)
	b.expect("works again", "axes 10800 0 0")
	for range 20 { // every other reading fails
		b.err = broken
		b.pass(look)
		b.expect("a loose contact", "")
		b.err = nil
		b.pass(look)
		b.expect("a loose contact", "")
	}
	b.lines(0) // let go at the time it is repaired
	b.pass(1100 * time.Millisecond)
	b.lines(64)
	b.expect("works again", "axes -10800 0 0")
	b.lines(0) // unplugged: all lines low
	b.expect("unplugged", "")
}

// Lines that cannot be read at first, since another process reads them, are no
// failure for some seconds.
func TestLateLines(t *testing.T) {
	b := newTable(t, func(_ *Config, p *Parts) { p.Inputs.(*table).err = errors.New("not yet") })
	b.pass(2 * time.Second)
	if s := b.p.Snapshot(); s.Lines != LinesStarting || s.Counts.Failures != 0 {
		t.Errorf("%+v", s)
	}
	b.err, b.level = nil, 16 // a key that is down by then is not believed
	b.pass(time.Second)
	if s := b.p.Snapshot(); s.Lines != LinesIgnored || b.moves() != "" {
		t.Errorf("%+v", s)
	}
	b = newTable(t, func(_ *Config, p *Parts) { p.Inputs.(*table).err = errors.New("never") })
	b.pass(4 * time.Second)
	if s := b.p.Snapshot(); s.Lines != LinesFailed || s.Counts.Failures != 1 {
		t.Errorf("%+v", s)
	}
}

// A key that others hold lives as long as they say so.
func TestOtherSources(t *testing.T) {
	b := newTable(t, nil)
	b.m.set(untracked)
	b.key("console", "up", true)
	for range 10 {
		b.pass(1900 * time.Millisecond)
		b.expect("renewed", "axes 0 300 0")
		b.key("console", "up", true)
	}
	b.pass(2100 * time.Millisecond)
	b.expect("silent", "")
	if s := b.p.Snapshot(); s.Counts.Silent != 1 || !errors.Is(s.Message.Err, fault.Cancelled) || len(s.Held) != 0 || s.Counts.Motions != 1 {
		t.Errorf("%+v", s)
	}
	b.key("console", "up", true)
	b.key("console", "cw", true)
	b.pass(1500 * time.Millisecond)
	b.key("console", "cw", true)
	b.pass(time.Second)
	b.expect("silent of one key", "axes 300 0 0")
	b.key("console", "up", true)
	b.key("console", "cw", false)
	b.key("console", "speed", true)
	b.key("console", "speed", false)
	b.pass(look)
	b.expect("fast", "axes 0 10800 0")
	if s := b.p.Snapshot(); !s.Switch || !s.Slew { // the lines' stands at slewing, being low
		t.Errorf("%+v", s)
	}
	b.lines(micro | 48)
	b.expect("slow by the lines", "axes 300 300 0")
	b.lines(0)
	b.key("lx200", "cw", true)
	b.key("lx200", "speed", true)
	b.expect("two others", "axes 10800 10800 0")
	b.pass(look)
	b.expect("slow", "axes 300 300 0")
	b.key("lx200", "cw", false)
	b.key("lx200", "cw", false)
	b.key("console", "up", false)
	b.expect("let go", "")
	for _, tt := range []struct{ source, key string }{{"", "up"}, {"lines", "up"}, {strings.Repeat("x", 41), "up"}, {"a", "UP"}, {"a", ""}, {"a", "up+down"}} {
		if err := b.key(tt.source, tt.key, true); !errors.Is(err, fault.Invalid) {
			t.Errorf("%q, %q: %v", tt.source, tt.key, err)
		}
	}
	for i := range 17 {
		err := b.key(fmt.Sprint("client ", i), "up", true)
		if (i < 16 && err != nil) || (i == 16 && !errors.Is(err, fault.Full)) {
			t.Errorf("source %d: %v", i+1, err)
		}
	}
	b.pass(3 * time.Second)
	b.expect("all silent", "")
}

// A change of mode ends what is on, and what keys hold.
func TestSetMode(t *testing.T) {
	b := newTable(t, func(c *Config, _ *Parts) { c.LockoutMS = 0 })
	left := func() { b.must(func() error { return b.p.PressMode(t.Context(), false) }) }
	b.mode(ModeGuide)
	left()
	left()
	b.lines(48)
	b.expect("guiding", "guide 6 0")
	b.m.took()
	b.o.asked = nil
	b.mode(ModeFocus)
	if got, others := b.m.took(), strings.Join(b.o.asked, ", "); got != "Nudge 0.0 0.0, EndGuiding false" || others != "save false" {
		t.Errorf("%s; %s", got, others)
	}
	b.pass(time.Second)
	b.expect("the key is still down", "")
	b.mode(ModeScroll)
	left()
	b.o.asked = nil
	b.mode(ModeScroll) // the same again
	b.mode(ModeOff)
	if got := strings.Join(b.o.asked, ", "); got != "stop" {
		t.Error(got)
	}
	for _, word := range []string{"", "Guide", "guide stay"} {
		if err := b.do(func() error { return b.p.SetMode(t.Context(), word) }); !errors.Is(err, fault.Invalid) {
			t.Errorf("%q: %v", word, err)
		}
	}
	for n, want := range []Mode{9: ModeGuideRotate, 18: ModeAux} {
		if want != "" {
			b.must(func() error { return b.p.SetModeNumber(t.Context(), n, false) })
			if got := b.p.Snapshot().Mode; got != want {
				t.Errorf("%d: %s", n, got)
			}
		}
	}
	if err := b.do(func() error { return b.p.SetModeNumber(t.Context(), 19, false) }); !errors.Is(err, fault.Invalid) {
		t.Error(err)
	}
	// An end that is refused keeps the mode.
	b.mode(ModeGuide)
	left()
	b.m.fail["EndGuiding"] = fault.New(fault.Refused, "guiding", "not now")
	if err := b.do(func() error { return b.p.SetMode(t.Context(), "off") }); !errors.Is(err, fault.Refused) || b.p.Snapshot().Mode != ModeGuide {
		t.Errorf("%v, mode %s", err, b.p.Snapshot().Mode)
	}
	// Guiding that something else ends is not saved on.
	delete(b.m.fail, "EndGuiding")
	left()
	b.m.set(func(s *mount.Snapshot) { s.Guiding.Mode = mount.GuideOff })
	b.o.asked = nil
	b.pass(time.Second)
	if got := strings.Join(b.o.asked, ", "); got != "save false" || b.p.Snapshot().On {
		t.Error(got)
	}
}

// An init takes the star that the mount was sent to or synchronised on, not
// the target that keys have moved; a body that moves has moved on.
func TestStar(t *testing.T) {
	b := newTable(t, func(c *Config, _ *Parts) { c.StartMode, c.LockoutMS = "init_2", 0 })
	init := func(when, want string) {
		t.Helper()
		b.m.took()
		err := b.press(false)
		if got := b.m.took(); got != want {
			t.Errorf("%s: %q, %v; want %q", when, got, err, want)
		}
	}
	target := func(a mount.Activity, ra, dec float64, syncs uint64) {
		b.m.set(func(s *mount.Snapshot) { s.Activity, s.Target, s.Counts.Syncs = a, at(ra, dec), syncs })
		b.pass(50 * time.Millisecond)
	}
	target(mount.Idle, 3, 4, 0)
	init("tracking since before", "Initialise 2  3.000 4.00")
	target(mount.SlewingToSky, 5, 6, 0)
	target(mount.Settling, 5, 6, 0)
	target(mount.Idle, 5.1, 7, 0) // centred
	init("sent to", "Initialise 2  5.000 6.00")
	target(mount.Idle, 8, 9, 1)
	target(mount.Idle, 8.2, 9, 1)
	init("synchronised on", "Initialise 2  8.000 9.00")
	b.m.set(func(s *mount.Snapshot) {
		s.RARate, s.DecRate, s.UTC = model.ArcsecPerSecond(15), model.ArcsecPerSecond(-10), evening
	})
	target(mount.SlewingToSky, 5, 6, 1)
	b.m.set(func(s *mount.Snapshot) { s.Activity, s.UTC = mount.Idle, evening.Add(time.Hour) })
	init("an hour later", "Initialise 2  6.000 -4.00")
	b.p.parts.Star = func() (string, model.Equatorial, bool) { return "Vega", at(18.6, 38.8), true }
	init("chosen", "Initialise 2 Vega 18.600 38.80")
	b.p.parts.Star = func() (string, model.Equatorial, bool) { return "", model.Equatorial{}, false }
	b.p.star.known = false
	b.m.set(func(s *mount.Snapshot) { s.HasTarget = false })
	init("none", "")
}

func TestConfigure(t *testing.T) {
	b := newTable(t, nil)
	b.m.set(untracked)
	configure := func(change func(*Config)) error {
		return b.do(func() error { return b.p.Configure(t.Context(), change) })
	}
	b.lines(16)
	b.must(func() error { return b.p.SetDesign(t.Context(), Direct) })
	b.expect("another design", "")
	b.pass(time.Second)
	b.expect("the key is still down", "")
	b.lines(0)
	b.pass(1100 * time.Millisecond)
	b.lines(16 | 128)
	b.expect("two keys", "axes 300 300 0")
	if err := configure(func(c *Config) { c.Present = false }); !errors.Is(err, fault.Refused) {
		t.Error(err)
	}
	if err := configure(func(c *Config) { c.CentreRate = 0 }); !errors.Is(err, fault.Invalid) || b.p.Snapshot().Config.CentreRate != 300 {
		t.Error(err)
	}
	// What is absent is not read.
	b = newTable(t, func(c *Config, p *Parts) { c.Present = false; p.Inputs.(*table).level = 16 })
	b.pass(time.Second)
	if s := b.p.Snapshot(); s.Lines != NoLines || b.moves() != "" {
		t.Errorf("%+v", s)
	}
	b.m.set(untracked)
	b.key("console", "up", true)
	b.expect("the console's keys", "axes 0 300 0")
}

// Every setting has a tag that config can read, a default within its range,
// and is refused beyond it.
func TestValidate(t *testing.T) {
	if err := DefaultConfig().Validate(); err != nil {
		t.Error(err)
	}
	typ := reflect.TypeFor[Config]()
	for i := range typ.NumField() {
		f := typ.Field(i)
		if f.Tag.Get("toml") == "" || f.Tag.Get("doc") == "" {
			t.Errorf("%s has no name or no text", f.Name)
		}
		for _, bad := range map[bool][]float64{true: nil, false: {-1, 1e6}}[f.Tag.Get("range") == ""] {
			c := DefaultConfig()
			if v := reflect.ValueOf(&c).Elem().Field(i); v.CanInt() {
				v.SetInt(int64(bad))
			} else {
				v.SetFloat(bad)
			}
			if err := c.Validate(); !errors.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "handpad."+f.Tag.Get("toml")) {
				t.Errorf("%s = %g: %v", f.Name, bad, err)
			}
		}
	}
	if f, _ := typ.FieldByName("StartMode"); f.Tag.Get("oneof") != strings.Join(modeWords(), ",") {
		t.Errorf("start_mode has %s", f.Tag.Get("oneof"))
	}
	for _, change := range []func(*Config){func(c *Config) { c.Design = "0" }, func(c *Config) { c.StartMode = "8" }} {
		c := DefaultConfig()
		change(&c)
		if _, err := New(c, Parts{}); !errors.Is(err, fault.Invalid) {
			t.Error(err)
		}
	}
}
