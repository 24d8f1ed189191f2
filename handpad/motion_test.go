// SPDX-License-Identifier: GPL-3.0-or-later

package handpad

import (
	"errors"
	"math"
	"testing"
	"time"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/pointing"
	"github.com/siderostep/siderostep/mount"
)

func at(raHours, decDeg float64) model.Equatorial {
	return model.Equatorial{RA: model.Hours(raHours), Dec: model.Degrees(decDeg)}
}

// micro is the line of the speed switch, high at centring.
const micro = Pin11

func untracked(s *mount.Snapshot) { s.Tracking = false }

// What the keys move while the mount does not track: the axes, at 300″/s or at
// 3°/s.
func TestKeysMoveAxes(t *testing.T) {
	b := newTable(t, nil)
	b.m.set(untracked)
	for _, tt := range []struct {
		level uint32
		want  string
	}{
		{micro | 16, "axes 0 300 0"}, {micro | 32, "axes 0 -300 0"}, {micro | 64, "axes -300 0 0"}, {micro | 48, "axes 300 0 0"},
		{16, "axes 0 10800 0"}, {32, "axes 0 -10800 0"}, {64, "axes -10800 0 0"}, {48, "axes 10800 0 0"},
		{112, ""}, {micro | 112, ""},
	} {
		b.lines(tt.level)
		b.expect("pressed", tt.want)
		b.lines(micro)
		b.expect("let go", "")
	}
	b.lines(micro | 16)
	b.lines(48) // from key to key, with the switch
	b.expect("another key", "axes 10800 0 0")
	b.lines(micro | 48)
	b.expect("slow", "axes 300 0 0")
	if n := b.p.Snapshot(); n.Moves != Telescope || n.Slew || len(n.Held) != 1 || n.Held[0].Key != "cw" || n.Held[0].Source != LinesName {
		t.Errorf("%+v", n)
	}
	b.must(func() error {
		return b.p.Configure(t.Context(), func(c *Config) { c.CentreRate, c.SlewShare = 200, 0.5 })
	})
	b.expect("configured", "")
	b.lines(0)
	b.lines(16)
	b.expect("half the speed", "axes 0 5400 0")
	b.lines(micro | 16)
	b.expect("200″/s", "axes 0 200 0")
}

// While the mount tracks, the keys move the target along the axes: by
// spherical trigonometry on an alt-azimuth, along right ascension and
// declination on equatorial ones.
func TestKeysMoveTarget(t *testing.T) {
	lat, beyond := model.Degrees(44), 0
	for _, p := range [][2]float64{{150, 40}, {10, 20}, {269, 65}, {330, 45}} {
		b := newTable(t, nil)
		z, a := model.Degrees(p[0]), model.Degrees(p[1])
		b.m.point(z, a)
		// Where a step along the axes leads, from sin δ = sin φ sin h + cos φ cos h cos A
		// and tan H = sin A / (cos A sin φ − tan h cos φ) (with A from the north).
		place := func(z, a model.Angle) (ra, dec float64) {
			sl, cl := math.Sincos(float64(lat))
			sa, ca := math.Sincos(float64(a))
			sz, cz := math.Sincos(float64(z))
			return -math.Atan2(-sz*ca, sa*cl-ca*cz*sl), math.Asin(sl*sa + cl*ca*cz)
		}
		step := float64(model.Degrees(1e-4))
		for level, key := range map[uint32][2]float64{16: {0, 1}, 32: {0, -1}, 48: {1, 0}, 64: {-1, 0}} {
			ra0, dec0 := place(z-model.Angle(key[0]*step), a-model.Angle(key[1]*step))
			ra1, dec1 := place(z+model.Angle(key[0]*step), a+model.Angle(key[1]*step))
			wantRA := math.Remainder(ra1-ra0, 2*math.Pi) / (2 * step) * 300
			wantDec := (dec1 - dec0) / (2 * step) * 300
			b.lines(micro | level)
			if math.Abs(wantRA) > 600 { // more than the mount takes: axis by axis, with the sky
				own := trackingAt(lat, z, a)
				if got, want := b.m.s.HeldRates[0].ArcsecPerSecond(), key[0]*300; key[0] != 0 && math.Abs(got-want-own[0]) > 0.1 {
					t.Errorf("at %v, key %d: axis Z at %.2f″/s, want %.2f", p, level, got, want+own[0])
				}
				if got, want := b.m.s.HeldRates[1].ArcsecPerSecond(), key[1]*300; key[1] != 0 && math.Abs(got-want-own[1]) > 0.1 {
					t.Errorf("at %v, key %d: axis A at %.2f″/s, want %.2f", p, level, got, want+own[1])
				}
				beyond++
				b.lines(micro)
				continue
			}
			ra, dec := b.m.nudge[0].ArcsecPerSecond(), b.m.nudge[1].ArcsecPerSecond()
			if math.Abs(ra-wantRA) > 0.5 || math.Abs(dec-wantDec) > 0.5 {
				t.Errorf("at %v, key %d: target at %.2f, %.2f″/s; want %.2f, %.2f", p, level, ra, dec, wantRA, wantDec)
			}
			b.lines(micro)
			b.expect("let go", "")
		}
	}
	b := newTable(t, nil)
	fork := *b.m.s.Config
	fork.Mount.Geometry = "fork"
	b.m.set(func(s *mount.Snapshot) {
		s.Config, s.Model = &fork, pointing.New(pointing.EquatorialAttitude(lat), pointing.Errors{}, model.Axes{})
	})
	b.m.point(model.Degrees(-20), model.Degrees(15))
	for level, want := range map[uint32]string{16: "target 0 300", 32: "target 0 -300", 48: "target -300 0", 64: "target 300 0"} {
		b.lines(micro | level)
		b.expect("fork", want)
		b.lines(micro)
	}
	b.lines(64) // with the sky: 15.04″/s
	b.expect("slewing", "axes -10785 0 0")
	if beyond != 4 {
		t.Errorf("%d keys would move right ascension by more than 600″/s", beyond)
	}
}

// trackingAt returns the rates of the axes of an alt-azimuth with a star:
// dh/dt = ω cos φ sin A (what is in the east rises), dA/dt = ω (sin φ −
// tan h cos φ cos A), A from the north through east; in arcseconds per second.
func trackingAt(lat, z, a model.Angle) [2]float64 {
	sl, cl := math.Sincos(float64(lat))
	sz, cz := math.Sincos(float64(z))
	return [2]float64{15.041067 * (sl - math.Tan(float64(a))*cl*cz), 15.041067 * cl * sz}
}

// What motion along the sky is changes as the sky turns; keys of a motion that
// somebody else has ended do not begin it again.
func TestRefresh(t *testing.T) {
	b := newTable(t, nil)
	b.lines(micro | 16)
	was := b.m.nudge
	b.m.point(model.Degrees(100), model.Degrees(40))
	b.pass(900 * time.Millisecond)
	if b.m.nudge != was {
		t.Error("worked out anew too early")
	}
	heard := b.m.heard
	b.pass(200 * time.Millisecond)
	if b.m.nudge == was {
		t.Error("not worked out anew")
	}
	if d := b.m.heard - heard; d < 20 {
		t.Errorf("the mount heard of it %d times in 0.2 s", d)
	}
	b.m.end()
	b.pass(3 * time.Second)
	b.expect("ended by the mount", "")
	b.lines(micro)
	b.m.took()
	b.lines(micro | 16)
	if b.moves() == "" {
		t.Error("does not move again")
	}
	b.m.end()
	b.m.set(func(s *mount.Snapshot) { s.Holder, s.HeldRates[0], s.Activity = "alpaca", 1, mount.Held })
	b.m.took()
	b.lines(micro)
	if got := b.m.took(); got != "" {
		t.Errorf("letting go ended what somebody else holds: %s", got)
	}
	// The paddle takes over, being nearest to the telescope.
	b.lines(micro | 16)
	b.pass(200 * time.Millisecond)
	if b.m.s.Holder != Client || b.m.s.HeldRates[0] != 0 {
		t.Errorf("%s holds the mount", b.m.s.Holder)
	}
}

// Up and down are exchanged as configured, by the pier side of a German mount,
// but never in a guide mode, nor on direct lines, where an autoguider was
// calibrated without.
func TestSwap(t *testing.T) {
	for _, reversed := range []bool{false, true} {
		for _, withFlip := range []bool{false, true} {
			for _, through := range []bool{false, true} {
				for _, geometry := range []string{"german", "fork", "altaz"} {
					for _, design := range []string{Multiplexed, Direct} {
						for _, mode := range []string{"off", "guide", "guide_stay"} { // the second not begun: calibrating
							b := newTable(t, func(c *Config, _ *Parts) {
								c.UpDownReversed, c.SwapWithFlip, c.Design, c.StartMode = reversed, withFlip, design, mode
							})
							cfg := *b.m.s.Config
							cfg.Mount.Geometry = geometry
							b.m.set(func(s *mount.Snapshot) {
								s.Config, s.Pier = &cfg, pointing.Normal
								if through {
									s.Pier = pointing.Through
								}
							})
							if mode == "guide_stay" {
								b.must(func() error { return b.p.PressMode(t.Context(), false) })
							} else if mode == "off" || design == Multiplexed {
								b.m.set(untracked)
							}
							b.pass(look)
							swap := reversed != (withFlip && through && geometry == "german") && design == Multiplexed && mode == "off"
							want := map[bool]string{false: "axes 0 300 0", true: "axes 0 -300 0"}[swap]
							if mode == "guide_stay" || mode == "guide" && design == Direct {
								want = "guide 0 5"
							}
							level := uint32(16)
							if design == Multiplexed {
								level |= micro
							}
							b.lines(level)
							if got := b.moves(); got != want || b.p.Snapshot().Swapped != swap {
								t.Errorf("reversed %v, with flip %v, through %v, %s, %s, mode %s: %q, want %q", reversed, withFlip, through, geometry, design, mode, got, want)
							}
							// A flip under a key that is down reverses nothing.
							b.m.set(func(s *mount.Snapshot) { s.Pier = pointing.Through })
							b.pass(time.Second)
							b.expect("flipped meanwhile", want)
						}
					}
				}
			}
		}
	}
}

// An autoguider's relays, wired in parallel with the paddle: both add up, and
// opposite ones at once cancel where the lines can tell.
func TestAutoguider(t *testing.T) {
	b := newTable(t, func(c *Config, _ *Parts) { c.Design, c.StartMode = Direct, "guide_stay" })
	b.expect("at rest", "")
	for _, when := range []string{"calibrating", "guiding"} {
		for _, tt := range []struct {
			level uint32
			want  string
		}{
			{16, "guide 0 5"}, {16 | 128, "guide 6 5"}, {16 | 64, "guide -6 5"}, {32 | 64, "guide -6 -5"}, {32 | 128, "guide 6 -5"}, {128, "guide 6 0"},
			{16 | 32, ""}, {64 | 128, ""}, {16 | 32 | 64, "guide -6 0"}, {64 | 128 | 32, "guide 0 -5"}, {240, ""}, {0, ""},
		} {
			b.lines(tt.level)
			b.expect(when, tt.want)
		}
		if when == "calibrating" {
			b.must(func() error { return b.p.PressMode(t.Context(), false) })
		}
	}
	// Beside the keys of a console.
	b.lines(16)
	if err := b.key("console", "down", true); err != nil {
		t.Error(err)
	}
	b.expect("opposite keys of two sources", "")
	b.key("console", "down", false)
	b.expect("one let go", "guide 0 5")
	// Guiding ends (by a slew, say): the relay's press is over.
	c := newTable(t, func(c *Config, _ *Parts) { c.StartMode = "guide_stay" })
	c.must(func() error { return c.p.PressMode(t.Context(), false) })
	c.lines(48) // with the speed switch at slewing: guiding all the same
	c.expect("guiding", "guide 6 0")
	c.m.took()
	c.lines(micro | 48)
	c.expect("guiding", "guide 6 0")
	if got := c.m.took(); got != "" {
		t.Errorf("the speed switch, while guiding: %s", got)
	}
	c.lines(48)
	c.m.set(func(s *mount.Snapshot) { s.Guiding.Mode = mount.GuideOff })
	c.pass(time.Second)
	c.expect("guiding has ended", "")
	c.lines(0)
	c.lines(micro | 48)
	if c.moves() == "" {
		t.Error("a new press moves nothing")
	}
}

// Keys of rotator, focus and auxiliary lines.
func TestKeysLent(t *testing.T) {
	b := newTable(t, func(c *Config, _ *Parts) { c.LockoutMS = 0 })
	left := func() { b.must(func() error { return b.p.PressMode(t.Context(), false) }) }
	b.lines(micro)
	b.mode(ModeRotator)
	b.lines(micro | 48)
	if b.m.nudge == ([2]model.Rate{}) {
		t.Error("the key moves no telescope while the mode is not on")
	}
	left()
	b.pass(look)
	b.expect("switched on with a key down", "")
	b.lines(micro)
	for level, want := range map[uint32]string{
		micro | 48: "axes 0 0 1800", micro | 64: "axes 0 0 -1800", 48: "axes 0 0 28800", 64: "axes 0 0 -28800", micro | 16: "", 32: "",
	} {
		b.lines(level)
		b.expect("rotator", want)
		if moves := b.p.Snapshot().Moves; (moves == RotatorMotor) != (want != "") {
			t.Errorf("%d moves %s", level, moves)
		}
		b.lines(micro)
		b.expect("let go", "")
	}
	b.mode(ModeFocus)
	left()
	for level, want := range map[uint32]string{
		micro | 48: "focus 1 false", micro | 64: "focus -1 false", 48: "focus 1 true", 64: "focus -1 true", micro | 16: "", 32: "",
	} {
		b.lines(level)
		b.expect("focus", want)
		if want != "" && (b.f.held.By != Client || b.f.held.Within > 2*time.Second || b.f.held.Within < 100*time.Millisecond) {
			t.Errorf("%+v", b.f.held)
		}
		b.lines(micro)
		b.expect("let go", "")
	}
	heard := b.f.heard
	b.lines(48)
	b.pass(time.Second)
	if b.f.heard-heard < 100 {
		t.Error("the focuser hears nothing of a key that is down")
	}
	b.mode(ModeAux)
	b.expect("another mode", "")
	b.lines(micro)
	left()
	for level, want := range map[uint32]string{16: "lines [1]", 32: "lines [14]", 48: "lines [16]", 64: "lines [17]"} {
		b.lines(level)
		b.expect("aux", want)
		b.lines(micro)
		b.expect("let go", "")
	}
	b.lines(16)
	b.key("console", "cw", true)
	b.expect("two lines", "lines [1 16]")
	b.lines(0)
	b.expect("one", "lines [16]")
	b.must(func() error { return b.p.PressMode(t.Context(), true) })
	b.pass(look)
	b.expect("off", "")
}

// What is refused is said once and tried again while the key is down; one axis
// goes on where the other may not; what cannot be ended is owed.
func TestRefusals(t *testing.T) {
	b := newTable(t, nil)
	b.m.set(untracked)
	limit := fault.New(fault.AboveLimit, "move axis", "the end of axis A")
	b.m.fail["MoveAxis 1"] = limit
	err := b.key("console", "up", true)
	if !errors.Is(err, fault.AboveLimit) || !errors.Is(b.p.Snapshot().Message.Err, fault.AboveLimit) {
		t.Errorf("%v, %v", err, b.p.Snapshot().Message)
	}
	said := b.p.Snapshot().Message.At
	b.pass(time.Second)
	if m := b.p.Snapshot().Message; !m.At.Equal(said) {
		t.Errorf("said again: %v", m)
	}
	b.expect("refused", "")
	if err := b.key("console", "cw", true); err != nil {
		t.Error(err)
	}
	b.expect("the other axis", "axes 300 0 0")
	delete(b.m.fail, "MoveAxis 1")
	b.key("console", "cw", false)
	b.expect("free again", "axes 0 300 0")

	b.m.fail["MoveAxis"] = fault.New(fault.Hardware, "move axis", "no answer")
	b.key("console", "up", false)
	b.expect("cannot be ended", "axes 0 300 0")
	heard := b.m.heard
	b.pass(time.Second)
	if b.m.heard != heard {
		t.Error("motion whose key was let go is kept alive")
	}
	delete(b.m.fail, "MoveAxis")
	b.pass(look)
	b.expect("ended later", "")

	// Settling passes: nothing is said, and the key then moves.
	b.p.message = Message{}
	b.m.set(func(s *mount.Snapshot) { s.Activity = mount.Settling })
	b.lines(micro | 16)
	b.m.set(func(s *mount.Snapshot) { s.Activity = mount.Idle })
	b.pass(150 * time.Millisecond)
	b.expect("settled", "axes 0 300 0")
	if b.p.message.Err != nil {
		t.Error(b.p.message)
	}
	b.lines(0)
	b.o.jammed = fault.New(fault.Hardware, "aux", "the port is gone")
	b.mode(ModeAux)
	b.must(func() error { return b.p.PressMode(t.Context(), false) })
	if err := b.key("console", "up", true); !errors.Is(err, fault.Hardware) {
		t.Error(err)
	}
}

// A key that is pressed during a slew ends it, and does nothing else until it
// was let go.
func TestAbort(t *testing.T) {
	for _, doing := range []mount.Activity{mount.SlewingToSky, mount.SlewingToAxes, mount.Homing, mount.Parking} {
		for _, level := range []uint32{micro | 16, 48, 80, micro | 96} {
			b := newTable(t, func(c *Config, _ *Parts) { c.StartMode = "grand_tour" })
			b.m.set(func(s *mount.Snapshot) { s.Activity = doing })
			b.lines(level)
			b.pass(time.Second)
			if got := b.m.took(); got != "Abort" || len(b.o.asked) > 0 || b.moves() != "" {
				t.Errorf("%s, %d: %s, %v; %q moves", doing, level, got, b.o.asked, b.moves())
			}
			b.lines(0)
			b.lines(level)
			if b.moves() == "" && len(b.o.asked) == 0 {
				t.Errorf("%s, %d: pressed again, nothing", doing, level)
			}
		}
		b := newTable(t, nil)
		b.m.set(func(s *mount.Snapshot) { s.Activity = doing })
		b.key("console", "up", true)
		b.pass(time.Second)
		if got := b.m.took(); got != "Abort" || b.moves() != "" {
			t.Errorf("console, %s: %s; %q moves", doing, got, b.moves())
		}
	}
}
