// SPDX-License-Identifier: GPL-3.0-or-later

package lx200

import (
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/pointing"
	"github.com/siderostep/siderostep/model/sky"
	"github.com/siderostep/siderostep/mount"
)

// standing returns a tracking mount of a geometry that points at an hour
// angle and declination.
func standing(geometry string, latDeg, haHours, decDeg float64, side pointing.PierSide) *mount.Snapshot {
	cfg := mount.DefaultConfig().ForGeometry(geometry)
	cfg.Site.LatitudeDeg, cfg.Site.Refraction = latDeg, false
	g, _ := pointing.ParseGeometry(geometry)
	n := &mount.Snapshot{Config: &cfg, Tracking: true, Pier: side, LST: model.Hours(3)}
	n.Model = pointing.New(g.Attitude(cfg.Site.Latitude()), pointing.Errors{}, model.Axes{})
	n.Equatorial = model.Equatorial{RA: model.Hours(3 - haHours), Dec: model.Degrees(decDeg)}
	return n
}

const arcsecOfRate = 1e-4

func wantRate(t *testing.T, what string, got model.Rate, arcsec float64) {
	t.Helper()
	if math.Abs(got.ArcsecPerSecond()-arcsec) > arcsecOfRate {
		t.Errorf("%s: %.4f″/s, want %.4f", what, got.ArcsecPerSecond(), arcsec)
	}
}

// TestRatesWithTheTarget compares with the sidereal rate, and on an alt-azimuth with
// the closed formula for the motion of a star.
func TestRatesWithTheTarget(t *testing.T) {
	const star = 15.041067 // arcseconds in a second
	for _, tt := range []struct {
		geometry string
		side     pointing.PierSide
		lat      float64
		z, a     float64 // without, in times of a star's rate
		north    float64 // sense of A
	}{
		{"fork", pointing.PierUnknown, 44, star, 0, 1}, {"fork", pointing.PierUnknown, -30, -star, 0, -1},
		{"german", pointing.Normal, 44, star, 0, 1}, {"german", pointing.Through, 44, star, 0, -1},
	} {
		n := standing(tt.geometry, tt.lat, 1, 20, tt.side)
		r := trackingRates(n)
		wantRate(t, tt.geometry+" Z", r[mount.AxisZ], tt.z)
		wantRate(t, tt.geometry+" A", r[mount.AxisA], 0)
		n.RARate, n.DecRate = model.ArcsecPerSecond(5), model.ArcsecPerSecond(3)
		r = trackingRates(n)
		wantRate(t, tt.geometry+" eastward", r[mount.AxisZ].Abs(), star-5)
		wantRate(t, tt.geometry+" northward", r[mount.AxisA], 3*tt.north)
		if got := sense(n, mount.AxisA); got != tt.north {
			t.Errorf("%s at latitude %v, %v: the north key has sense %v", tt.geometry, tt.lat, tt.side, got)
		}
	}
	n := standing("altaz", 44, 2, 20, pointing.PierUnknown)
	h := n.Equatorial.HourDec(n.LST).Horizontal(n.Config.Site.Latitude())
	m := sky.MotionAt(h, n.Config.Site.Latitude(), model.Sidereal)
	r := trackingRates(n)
	wantRate(t, "azimuth", r[mount.AxisZ], m.Az.ArcsecPerSecond())
	wantRate(t, "altitude", r[mount.AxisA], m.Alt.ArcsecPerSecond())
}

// A direction key at the guide rate moves the tube against the stars, not
// against the ground.
func TestKeysMoveAgainstTheStars(t *testing.T) {
	bubble(t, fixture(), func(r *rig) {
		n := standing("fork", 44, 1, 20, pointing.PierUnknown)
		n.Config.Mount.GuideRARate = 5
		r.m.s.Config, r.m.s.Model, r.m.s.LST, r.m.s.Equatorial = n.Config, n.Model, n.LST, n.Equatorial
		for key, want := range map[string]float64{"e": 15.041067 - 5, "w": 15.041067 + 5} {
			r.expect("a", ":M"+key+"#", "")
			wantRate(t, key, r.m.Snapshot().HeldRates[mount.AxisZ], want)
			r.expect("a", ":Q"+key+"#", "")
		}
		for key, want := range map[string]float64{"n": 5, "s": -5} {
			r.expect("a", ":M"+key+"#", "")
			wantRate(t, key, r.m.Snapshot().HeldRates[mount.AxisA], want)
			r.expect("a", ":Q"+key+"#", "")
		}
		r.expect("a", ":AL#:Me#", "")
		wantRate(t, "east, without tracking", r.m.Snapshot().HeldRates[mount.AxisZ], -5)
		r.expect("a", ":Qe#:AP#:RS#:Mw#", "")
		wantRate(t, "slew", r.m.Snapshot().HeldRates[mount.AxisZ], n.Config.Mount.Z.MaxRate*3600)
	})
}

// With move_frame = sky the keys of an alt-azimuth move the target along right
// ascension and declination, as far as the mount lets it be moved.
func TestKeysAlongTheSky(t *testing.T) {
	cfg := fixture()
	cfg.TCP.MoveFrame, cfg.Serial.MoveFrame = "sky", "sky"
	run := func(name string, test func(r *rig, check func(what, want string))) {
		t.Run(name, func(t *testing.T) {
			bubble(t, cfg, func(r *rig) {
				test(r, func(what, want string) {
					t.Helper()
					if got := r.m.nudge(); got != want {
						t.Errorf("%s: the target moves by %s, want %s", what, got, want)
					}
				})
			})
		})
	}
	const none = "none"
	run("keys", func(r *rig, check func(what, want string)) {
		for _, tt := range [...]struct{ send, want string }{
			{":Me#", `5.000 0.000 "lx200 a"`}, {":Mn#", `5.000 5.000 "lx200 a"`}, {":Qe#", `0.000 5.000 "lx200 a"`},
			{":Mw#", `-5.000 5.000 "lx200 a"`}, {":Qn#", `-5.000 0.000 "lx200 a"`}, {":Qn#", `-5.000 0.000 "lx200 a"`}, {":Qw#", none},
			{":RC#:Ms#", `0.000 -300.000 "lx200 a"`}, {":Q#", none},
			{":XSM600#:Me#", `600.000 0.000 "lx200 a"`}, {":Qe#", none}, {":XSM601#:Me#", none}, {":Q#", none},
			{":AL#:RG#:Mn#", none}, // without tracking
		} {
			r.expect("a", tt.send, "")
			check(tt.send, tt.want)
		}
		wantRate(t, "without tracking", r.m.Snapshot().HeldRates[mount.AxisA], 5)
	})
	run("faster", func(r *rig, check func(what, want string)) {
		r.expect("a", ":Me#:RS#:Mn#", "")
		check("a key at slew rate", none)
		s := r.m.Snapshot()
		if s.HeldRates[mount.AxisZ] == 0 || s.HeldRates[mount.AxisA] < model.DegreesPerSecond(2.9) {
			r.t.Errorf("both keys are to move axes: %v", s.HeldRates)
		}
		r.expect("a", ":RG#:Mw#", "")
		if was, s := s, r.m.Snapshot(); s.HeldRates[mount.AxisZ] <= was.HeldRates[mount.AxisZ] || s.HeldRates[mount.AxisA] < model.DegreesPerSecond(2.9) {
			r.t.Errorf("they are to until both are released: %v", s.HeldRates)
		}
		r.expect("a", ":Qn#:Qw#", "")
		if s := r.m.Snapshot(); s.Activity != mount.Idle {
			r.t.Errorf("%v %v", s.Activity, s.HeldRates)
		}
	})
	run("silence", func(r *rig, check func(what, want string)) {
		r.expect("a", ":Me#", "")
		time.Sleep(4 * time.Second)
		check("soon", `5.000 0.000 "lx200 a"`)
		time.Sleep(time.Second)
		check("after five seconds", none)
		if n := r.s.Stats().Stopped; n != 1 {
			r.t.Errorf("%d stopped", n)
		}
	})
	run("unplugged", func(r *rig, check func(what, want string)) {
		r.expect("serial", ":Me#", "")
		r.port.unplug()
		synctest.Wait()
		check("at once", none)
	})
	run("others", func(r *rig, check func(what, want string)) {
		r.expect("a", ":Me#", "")
		time.Sleep(3 * time.Second)
		r.expect("b", ":Mn#:Mgn100#", "")
		check("another's key", `5.000 0.000 "lx200 a"`)
		r.expect("b", ":Qe#", "")
		check("another's stop", none)
		time.Sleep(2100 * time.Millisecond)
		if err := r.m.Nudge(r.t.Context(), "paddle", 1, 0); err == nil {
			r.t.Error("a radian per second")
		}
		r.m.Nudge(r.t.Context(), "paddle", 0, model.ArcsecPerSecond(2))
		r.expect("b", ":Mn#", "")
		check("a paddle's key", `0.000 2.000 "paddle"`)
		r.expect("b", ":Qs#", "")
		check("the stop of a paddle's key", none)
		if n := r.s.Stats().Refusals; n["in use by another client"] != 3 || len(n) != 1 {
			r.t.Errorf("%v", n)
		}
	})
	run("ended", func(r *rig, check func(what, want string)) {
		r.expect("a", ":Me#:Mn#", "")
		r.m.Abort(r.t.Context())
		r.expect("a", ":Qe#", "")
		check("by the mount", none)
		r.expect("a", ":Mn#", "")
		check("and a key of its own", `0.000 5.000 "lx200 a"`)
		r.expect("a", ":Sr12:34:56#:Sd+05:00:00#:MS#", "110")
		check("by a slew", none)
		time.Sleep(11 * time.Second)
		r.expect("a", ":Me#", "")
		check("and a key after it", `5.000 0.000 "lx200 a"`)
	})
}

// When one axis cannot be moved, none is left moving that nobody watches.
func TestHalfAMoveIsNone(t *testing.T) {
	bubble(t, fixture(), func(r *rig) {
		r.m.fail = fault.New(fault.AboveLimit, "move", "limit")
		r.expect("a", ":Mn#", "")
		r.expect("b", ":Mw#:Mn#", "")
		if s := r.m.Snapshot(); s.Activity != mount.Idle {
			t.Errorf("%v %v", s.Activity, s.HeldRates)
		}
		if n := r.s.Stats().Refusals; n["outside limits"] != 2 || len(n) != 1 {
			t.Errorf("%v", n)
		}
	})
}

func TestDeadlinesOfMotion(t *testing.T) {
	run := func(name string, test func(*rig)) {
		t.Run(name, func(t *testing.T) { bubble(t, fixture(), test) })
	}
	idle := func(r *rig, what string) {
		r.t.Helper()
		if r.m.Snapshot().Activity != mount.Idle {
			r.t.Error(what)
		}
	}
	run("disconnect", func(r *rig) {
		r.expect("a", ":Mn#", "")
		r.clients["a"].conn.Close()
		time.Sleep(1500 * time.Millisecond)
		if r.m.Snapshot().Activity != mount.Held {
			r.t.Error("stopped at once, as SkySafari's arrows would be")
		}
		time.Sleep(time.Second)
		idle(r, "moves on two seconds after the connection ended")
	})
	run("return", func(r *rig) {
		r.expect("a/1", ":Mn#", "")
		r.clients["a/1"].conn.Close()
		time.Sleep(time.Second)
		r.dial("a/2")
		time.Sleep(3 * time.Second)
		if r.m.Snapshot().Activity != mount.Held {
			r.t.Error("stopped although its client has returned")
		}
	})
	run("longest", func(r *rig) {
		r.expect("a", ":Mn#", "")
		for range 65 {
			r.send("a", ":GR#")
			time.Sleep(700 * time.Millisecond)
		}
		idle(r, "moves for more than a minute")
	})
	run("farthest", func(r *rig) {
		r.expect("a", ":RS#:Mw#", "")
		for range 10 { // 30° at 3°/s
			r.send("a", ":GR#")
			time.Sleep(700 * time.Millisecond)
		}
		idle(r, "went further than it may")
	})
	run("shutdown", func(r *rig) {
		r.expect("a", ":Mn#", "")
		r.cancel()
		if err := <-r.served; err != nil {
			r.t.Error(err)
		}
		r.served <- nil
		idle(r, "moves after the server's end")
		if !r.clients["a"].closed() {
			r.t.Error("the connection is open after the server's end")
		}
	})
	run("others", func(r *rig) {
		r.expect("a", ":Mn#", "")
		r.expect("b", ":Me#:Mge100#:Sr12:00:00#:Sd10*00#:MS#:hP#", "112In use by another client.#")
		if n := r.s.Stats().Refusals["in use by another client"]; n != 4 {
			r.t.Errorf("%d refused", n)
		}
		r.expect("b", ":Qn#", "")
		idle(r, "another client could not stop it")
		time.Sleep(2100 * time.Millisecond)
		r.expect("b", ":MS#", "0")
	})
}

func TestPulses(t *testing.T) {
	bubble(t, fixture(), func(r *rig) {
		r.expect("a", ":Mgn2000#:Mge99999#:Mgn300#", "")
		want := []pulseAsked{{mount.North, 2 * time.Second}, {mount.East, 10 * time.Second}, {mount.North, 300 * time.Millisecond}}
		for i, p := range r.m.pulses {
			if p != want[i] {
				t.Errorf("%v, want %v", p, want[i])
			}
		}
		time.Sleep(time.Second)
		r.m.pulses = nil
		r.expect("b", ":Q#", "")
		if len(r.m.pulses) != 1 || r.m.pulses[0] != (pulseAsked{mount.East, time.Millisecond}) {
			t.Errorf("to end the pulse that runs: %v", r.m.pulses)
		}
	})
	bubble(t, fixture(), func(r *rig) {
		r.m.s.At, r.m.s.GuideEnd = 1, 2 // another edge guides
		r.expect("a", ":MGn200#", "0")
		if len(r.m.pulses) != 0 {
			t.Errorf("replaced a pulse of another edge: %v", r.m.pulses)
		}
	})
}
