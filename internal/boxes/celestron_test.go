// SPDX-License-Identifier: GPL-3.0-or-later

package boxes

import (
	"context"
	"math"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/config"
	"github.com/siderostep/siderostep/conformance"
	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/focuser"
	"github.com/siderostep/siderostep/internal/rig"
	"github.com/siderostep/siderostep/sim/box"
)

// ends is where the travel of the focus motors here ends; position 0 is there
// in the motor's own count.
const ends = 40000

// focusing is a telescope with a Celestron Focus Motor on a pseudo-terminal.
type focusing struct {
	*scope
	device string // its Alpaca device
	box    *box.Celestron
	line   *box.Line
	faults *box.Faults
}

// celestron returns a telescope whose n-th focuser is a Celestron Focus Motor.
func celestron(t *testing.T, n int, motor box.CelestronConfig, faults *box.Faults, also func(*config.File, *focuser.Config)) *focusing {
	t.Helper()
	f := perfect()
	section := []*focuser.Config{&f.Focuser, &f.Focuser2}[n]
	section.Enabled, section.Motor, section.Port = true, focuser.Celestron, filepath.Join(t.TempDir(), "focuser")
	if also != nil {
		also(&f, section)
	}
	s := &focusing{device: "focuser/" + strconv.Itoa(n), faults: faults}
	open(t, f, rig.Parts{Clock: clock.NewScaled(hasty)}, func(sc *scope) {
		s.scope = sc
		var err error
		if s.box, err = box.NewCelestron(motor); err != nil {
			t.Fatal(err)
		}
		s.line = box.NewLine(s.box, sc.clock, faults)
		ctx, cancel := context.WithCancel(context.Background())
		_, done, err := s.line.Serve(ctx, section.Port)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			cancel()
			if err := <-done; err != nil {
				t.Error(err)
			}
		})
	})
	s.eventually("the motor answers", func() bool { return s.Focusers[n].Snapshot().Connected() })
	s.connect(s.device)
	return s
}

// brisk returns a calibrated motor at position 25,000 of 40,000.
func brisk() box.CelestronConfig {
	c := box.DefaultCelestron()
	c.Position, c.Max, c.Fast, c.Slow = ends-25000, ends, 2000, 400
	return c
}

// truth returns where the motor really is, as a position, and whether it moves.
func (s *focusing) truth() (float64, bool) {
	t := s.box.Truth(s.line.Now())
	return ends - t.Position, t.Moving
}

// moves begins a move, and waits until the motor is on its way.
func (s *focusing) moves(to int) {
	s.Helper()
	s.alpaca.put(s.device+"/move", "Position", to)
	if !s.alpaca.is(s.device + "/ismoving") {
		s.Errorf("a move to %d was begun, and nothing moves", to)
	}
	s.eventually("the motor turns", func() bool { at, moving := s.truth(); return moving || at == float64(to) })
}

// rests waits until the motor is said to stand, and sees that it does, where
// it says.
func (s *focusing) rests() int {
	s.Helper()
	s.eventually("the focuser rests", func() bool { return !s.alpaca.is(s.device + "/ismoving") })
	at := s.alpaca.number(s.device + "/position")
	really, moving := s.truth()
	if moving {
		s.Errorf("the motor is said to stand, and moves")
	}
	s.close("position", at, really, 1)
	return int(at)
}

func (s *focusing) arrivesAt(want int) {
	s.Helper()
	if at := s.rests(); at != want {
		s.Errorf("arrived at %d, want %d", at, want)
	}
}

func TestCelestron(t *testing.T) {
	t.Parallel()
	s := celestron(t, 0, brisk(), nil, nil)
	s.arrivesAt(25000)
	s.close("highest position", s.alpaca.number("focuser/0/maxstep"), ends, 0)
	for _, to := range []int{27000, 24000, 24001, 0, 3000} {
		s.moves(to)
		s.arrivesAt(to)
	}
	// Beyond its ends it goes to them, and never against its stops.
	s.alpaca.put("focuser/0/move", "Position", ends+5000)
	s.arrivesAt(ends)
	if n := s.box.Truth(s.line.Now()).EndStops; n != 0 {
		s.Errorf("it ran against its stops %d times", n)
	}

	s.moves(1000)
	s.eventually("it is well on its way", func() bool { at, _ := s.truth(); return at < ends-2000 })
	s.alpaca.put("focuser/0/halt")
	at := s.rests()
	if at < 2000 || at > ends-2000 {
		s.Errorf("halted at %d", at)
	}
	s.passes(5 * time.Second)
	s.arrivesAt(at)

	// While it moves another move takes over.
	s.moves(ends)
	s.moves(at - 3000)
	s.arrivesAt(at - 3000)
}

// A key of LX200 turns it as long as it is held.
func TestCelestronByLX200(t *testing.T) {
	t.Parallel()
	s := celestron(t, 0, brisk(), nil, nil)
	for _, key := range []struct {
		speed, command string
		way            float64
	}{{":FF#", ":F+#", 1}, {":FS#", ":F-#", -1}, {":FS#", ":F+#", 1}, {":FF#", ":F-#", -1}} {
		from := s.rests()
		s.lx200.say(key.speed + key.command)
		s.eventually(key.command+" moves it", func() bool { at, _ := s.truth(); return (at-float64(from))*key.way > 300 })
		s.lx200.say(":FQ#")
		at := s.rests()
		s.passes(3 * time.Second)
		s.arrivesAt(at)
		if got := s.lx200.ask(":XGP#"); got != "+"+strconv.Itoa(at) {
			s.Errorf(":XGP# says %q at %d", got, at)
		}
	}
}

// The plug is pulled while it moves: Alpaca says so, and everything works
// again with the plug back. The motor has a supply of its own, and goes on.
func TestCelestronUnplugged(t *testing.T) {
	t.Parallel()
	faults := &box.Faults{}
	s := celestron(t, 0, brisk(), faults, nil)
	for _, to := range []int{5000, 35000} {
		s.moves(to)
		out := s.line.Now()
		s.faults.Unplug(out, out.Add(20*time.Second))
		const notConnected = 0x407
		s.eventually("it is not connected", func() bool { return !s.alpaca.is("focuser/0/connected") })
		for _, member := range []string{"ismoving", "position", "devicestate", "maxstep"} {
			if a := s.alpaca.asks("focuser/0/" + member); a.ErrorNumber != notConnected {
				s.Errorf("%s of a motor that is gone: %+v", member, a)
			}
		}
		for _, command := range []string{"move", "halt"} {
			if a := s.alpaca.tries("focuser/0/"+command, "Position", 100); a.ErrorNumber != notConnected {
				s.Errorf("%s of a motor that is gone: %+v", command, a)
			}
		}
		s.lx200.say(":FF#:F+#:FQ#") // to nobody
		if got := s.lx200.ask(":XGP#"); got != "+000" {
			s.Errorf(":XGP# of a motor that is gone: %q", got)
		}
		s.eventually("the motor answers again", func() bool { return s.Focusers[0].Snapshot().Connected() })
		s.eventually("the motor stands", func() bool { _, moving := s.truth(); return !moving })
		s.connect("focuser/0")
		if a := s.alpaca.asks("focuser/0/ismoving"); a.ErrorNumber == 0 {
			s.Errorf("of the move that failed nothing is said: %+v", a)
		}
		s.eventually("its position is seen", func() bool {
			at, _ := s.truth()
			return math.Abs(s.alpaca.number("focuser/0/position")-at) <= 1
		})
		s.moves(20000)
		s.arrivesAt(20000)
	}
}

// Without the ends of its travel it does not move; calibration finds them.
func TestCelestronCalibration(t *testing.T) {
	t.Parallel()
	c := brisk()
	c.Calibrated, c.Fast = false, 8000
	s := celestron(t, 0, c, nil, nil)
	refused := func(when string) {
		t.Helper()
		if a := s.alpaca.tries("focuser/0/move", "Position", 1000); a.ErrorNumber != 0x40B {
			s.Errorf("move %s: %+v", when, a)
		}
		if a := s.alpaca.asks("focuser/0/position"); a.ErrorNumber != 0x40B {
			s.Errorf("position %s: %+v", when, a)
		}
	}
	calibrate := func() {
		t.Helper()
		s.eventually("calibration is begun", func() bool { return s.Focusers[0].Calibrate(t.Context(), true) == nil })
		s.eventually("it calibrates", func() bool {
			return s.alpaca.is("focuser/0/ismoving") && s.Focusers[0].Snapshot().Calibration.Stage > 1
		})
		refused("during calibration")
	}
	refused("before calibration")
	calibrate()
	s.alpaca.put("focuser/0/halt") // gives it up
	s.eventually("it stands", func() bool { _, moving := s.truth(); return !moving && !s.alpaca.is("focuser/0/ismoving") })
	if n := s.Focusers[0].Snapshot(); n.Calibration.Fault == nil || !n.Calibration.Needed || n.Calibration.Running {
		s.Errorf("given up: %+v", n.Calibration)
	}
	refused("after a calibration that was given up")
	calibrate()
	s.eventually("it has calibrated", func() bool {
		n := s.Focusers[0].Snapshot()
		return !n.Calibration.Running && !n.Calibration.Needed && !n.Moving
	})
	s.arrivesAt(ends / 2)
	s.close("highest position", s.alpaca.number("focuser/0/maxstep"), ends, 0)
	s.moves(1234)
	s.arrivesAt(1234)
}

// Moves against the backlash's sign go beyond, so that each ends in its
// direction.
func TestCelestronBacklash(t *testing.T) {
	t.Parallel()
	for name, backlash := range map[string]int{"outward": 500, "inward": -500} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := celestron(t, 0, brisk(), nil, func(_ *config.File, c *focuser.Config) { c.BacklashSteps = backlash })
			s.rests()
			for i, to := range []int{22000, 26000, 21000} {
				way := math.Copysign(1, float64(backlash))
				from, _ := s.truth()
				s.alpaca.put("focuser/0/move", "Position", to)
				lowest, highest := from, from
				s.eventually("the focuser rests", func() bool {
					at, _ := s.truth()
					lowest, highest = min(lowest, at), max(highest, at)
					return !s.alpaca.is("focuser/0/ismoving")
				})
				s.arrivesAt(to)
				beyond := float64(to) // the furthest against the sign
				if against := (float64(to) - from) * way; against < 0 || i == 0 && against < 500 {
					beyond = float64(to) - float64(backlash)
				}
				got := lowest
				if float64(to) > from {
					got = highest
				}
				if i > 0 || (float64(to)-from)*way < 0 {
					s.close("the turning point of a move to "+strconv.Itoa(to), got, beyond, 1)
				}
			}
		})
	}
}

// On a slow line a motor arrives between the question where it is and the
// question whether it has arrived: that is no failure.
func TestCelestronOnASlowLine(t *testing.T) {
	t.Parallel()
	s := celestron(t, 0, brisk(), &box.Faults{PerByte: 20 * time.Millisecond}, nil)
	for i := range 8 { // moves that last as long as the first look at them
		to := 26500 - 1500*(i%2) + 10*i
		s.moves(to)
		s.arrivesAt(to)
	}
}

// A line that loses, adds and garbles bytes makes moves slower, not wrong.
func TestCelestronOnABadLine(t *testing.T) {
	t.Parallel()
	c := brisk()
	c.Echo, c.Short = true, true
	s := celestron(t, 0, c, &box.Faults{Seed: 3, Garbage: 0.01, Extra: 0.01, Lost: 0.01}, nil)
	for _, to := range []int{23000, 30000, 1000} {
		s.eventually("a move ends where it should", func() bool {
			if a := s.alpaca.tries("focuser/0/move", "Position", to); a.ErrorNumber != 0 {
				return false
			}
			var a answer
			s.eventually("the move ends", func() bool {
				a = s.alpaca.asks("focuser/0/ismoving")
				return a.ErrorNumber != 0 || a.Value == false
			})
			at := s.alpaca.asks("focuser/0/position")
			return a.ErrorNumber == 0 && at.ErrorNumber == 0 && at.Value == float64(to)
		})
		if at, moving := s.truth(); at != float64(to) || moving {
			s.Errorf("at %v, moving %v, want %d", at, moving, to)
		}
	}
}

// Beside a stepper each is itself.
func TestCelestronBesideAStepper(t *testing.T) {
	t.Parallel()
	faults := &box.Faults{}
	s := celestron(t, 1, brisk(), faults, nil)
	s.connect("focuser/0")
	stepper := func(to int) {
		s.Helper()
		s.eventually("the stepper rests", func() bool { return !s.alpaca.is("focuser/0/ismoving") })
		s.close("the stepper's position", s.alpaca.number("focuser/0/position"), float64(to), 0)
		s.eventually("the drawtube is there", func() bool { return s.Truth().FocusSteps == int64(to) })
	}
	s.alpaca.put("focuser/0/move", "Position", 20000)
	s.moves(28000)
	stepper(20000)
	s.arrivesAt(28000)
	s.lx200.say(":FF#:F+#") // reaches the first focuser only
	s.eventually("the stepper moves", func() bool { return s.Truth().FocusSteps > 20300 })
	s.lx200.say(":FQ#")
	s.eventually("the stepper rests", func() bool { return !s.alpaca.is("focuser/0/ismoving") })
	s.arrivesAt(28000)

	out := s.line.Now()
	faults.Unplug(out, driver.Never)
	s.eventually("the motor is not connected", func() bool { return !s.alpaca.is("focuser/1/connected") })
	if !s.alpaca.is("focuser/0/connected") {
		s.Error("the stepper's connection went with that of the other")
	}
	s.alpaca.put("focuser/0/move", "Position", 23456)
	stepper(23456)
}

// All that is asked of a focuser.
func TestCelestronConforms(t *testing.T) {
	t.Parallel()
	for n := range 2 {
		t.Run("focuser "+strconv.Itoa(n), func(t *testing.T) {
			t.Parallel()
			c := brisk()
			c.Fast = 8000
			s := celestron(t, n, c, nil, nil)
			s.alpaca.put(s.device + "/disconnect")
			server := httptest.NewServer(s.alpaca.http)
			defer server.Close()
			report, err := conformance.Run(t.Context(), conformance.Options{
				BaseURL: server.URL, Strict: true, Speed: hasty, Devices: []conformance.DeviceRef{{Type: "focuser", Number: n}},
			})
			if err != nil {
				t.Fatal(err)
			}
			for _, found := range report.With(conformance.Info, conformance.Issue, conformance.Error) {
				t.Error(found)
			}
			t.Logf("%d checks passed", report.Count(conformance.OK))
		})
	}
}
