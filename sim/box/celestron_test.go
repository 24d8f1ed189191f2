// SPDX-License-Identifier: GPL-3.0-or-later

package box_test

import (
	"encoding/hex"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/sim/box"
)

// motor drives a Celestron box by frames in hexadecimal.
type motor struct {
	*testing.T
	*box.Celestron
	at driver.Instant
}

func newMotor(t *testing.T, change func(*box.CelestronConfig)) *motor {
	t.Helper()
	cfg := box.DefaultCelestron()
	if change != nil {
		change(&cfg)
	}
	c, err := box.NewCelestron(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return &motor{T: t, Celestron: c}
}

// ask sends bytes and checks the answer.
func (m *motor) ask(send, want string) {
	m.Helper()
	in, err := hex.DecodeString(strings.ReplaceAll(send, " ", ""))
	if err != nil {
		m.Fatal(err)
	}
	got := strings.ToUpper(hex.EncodeToString(m.Take(m.at, in)))
	if got != strings.ReplaceAll(want, " ", "") {
		m.Errorf("at %v, to %s: %s, want %s", m.at, send, got, want)
	}
}

func (m *motor) wait(s float64) { m.at += seconds(s) }

// The frames are those of stepper-core 7.2, and others summed up by hand.
const (
	askVersion  = "3B 03 20 12 FE CD"
	askPosition = "3B 03 20 12 01 CA"
	askDone     = "3B 03 20 12 13 B8"
	isDone      = "3B 04 12 20 13 FF B8"
	isMoving    = "3B 04 12 20 13 00 B7"
	stop        = "3B 04 20 12 24 00 A6"
	stopped     = "3B 03 12 20 24 A7"
	at20000     = "3B 06 12 20 01 00 4E 20 59"
	askState    = "3B 03 20 12 2B A0"
	calibrate   = "3B 04 20 12 2A 01 9F"
	calibrating = "3B 03 12 20 2A A1"
	askLimits   = "3B 03 20 12 2C 9F"
)

func TestCelestronAnswers(t *testing.T) {
	m := newMotor(t, nil)
	m.ask(askVersion, "3B 07 12 20 FE 07 10 1F 90 03")
	m.ask(askPosition, at20000)
	m.ask(askDone, isDone)
	m.ask(askLimits, "3B 0B 12 20 2C 00 00 00 00 00 00 9C 40 BB") // 0 and 40000
	m.ask(askState, "3B 05 12 20 2B 01 0C 91")
	m.ask("3B 03 04 12 01 E6", "3B 06 12 04 01 00 4E 20 75") // the hand controller asks
	m.ask(askVersion+askPosition, "3B 07 12 20 FE 07 10 1F 90 03"+at20000)
	newMotor(t, func(c *box.CelestronConfig) { c.Short = true }).ask(askVersion, "3B 05 12 20 FE 07 10 B4")
}

func TestCelestronIgnores(t *testing.T) {
	m := newMotor(t, nil)
	m.ask("3B 03 20 12 01 CB", "")        // checksum
	m.ask("3B 03 20 10 01 CC", "")        // for the azimuth motor
	m.ask("3B 03 20 12 77 54", "")        // unknown command
	m.ask("3B 05 20 12 02 00 4E 79", "")  // goto of two bytes
	m.ask("3B 04 20 12 24 0A 9C", "")     // rate 10
	m.ask("00 FF 3B 02 "+askDone, isDone) // rubbish before a frame
	m.ask("3B 03 20 "+askDone, isDone)    // a frame cut short before it
	if got := m.Truth(m.at); got.Ignored != 3 || got.Position != 20000 {
		t.Errorf("truth %+v", got)
	}
	m.wait(2)
	m.ask("3B FF 20", "") // the rest never comes
	m.wait(2)
	m.ask(askDone, isDone)
}

func TestCelestronEcho(t *testing.T) {
	m := newMotor(t, func(c *box.CelestronConfig) { c.Echo = true })
	m.ask(askPosition, askPosition+at20000)
}

func TestCelestronGotos(t *testing.T) {
	m := newMotor(t, func(c *box.CelestronConfig) { c.Position = 19000 })
	m.ask("3B 06 20 12 02 00 4E 20 58", "3B 03 12 20 02 C9") // to 20000 at 500 steps/s
	m.wait(1)
	m.ask(askDone, isMoving)
	m.ask(askPosition, "3B 06 12 20 01 00 4C 2C 4F") // 19500
	m.wait(1.01)
	m.ask(askDone, isDone)
	m.ask(askPosition, at20000)
	m.ask("3B 06 20 12 17 00 4F 4C 16", "3B 03 12 20 17 B4") // to 20300, slowly
	m.wait(2)
	if got := m.Truth(m.at); got.Position != 20100 || !got.Moving {
		t.Errorf("after 2 s at 50 steps/s: %+v", got)
	}
	m.ask(stop, stopped)
	m.wait(5)
	m.ask(askDone, isDone)
	if got := m.Truth(m.at); got.Position != 20100 || got.EndStops != 0 {
		t.Errorf("after the stop: %+v", got)
	}
}

func TestCelestronMoves(t *testing.T) {
	m := newMotor(t, nil)
	m.ask("3B 04 20 12 24 09 9D", stopped) // out, full speed
	m.wait(2)
	m.ask("3B 04 20 12 25 03 A2", "3B 03 12 20 25 A6") // back at a third
	m.wait(3)
	if got := m.Truth(m.at).Position; math.Abs(got-20500) > 1e-6 {
		t.Errorf("at %v, want 20000 + 2·500 − 3·500/3", got)
	}
	m.ask("3B 04 20 12 25 09 9C", "3B 03 12 20 25 A6")
	m.wait(1000)
	// 500 steps below 0, as a two's complement.
	m.ask(askPosition, "3B 06 12 20 01 FF FE 0C BE")
	m.ask(askDone, isDone)
	if got := m.Truth(m.at).EndStops; got != 1 {
		t.Errorf("%d times at the stop", got)
	}
}

func TestCelestronRunsPastItsLimit(t *testing.T) {
	m := newMotor(t, nil)
	m.ask("3B 06 20 12 02 00 C3 50 B3", "3B 03 12 20 02 C9") // to 50000, limit 40000
	m.wait(100)
	if got := m.Truth(m.at); got.Position != 40500 || got.Moving || got.EndStops != 1 {
		t.Errorf("truth %+v", got)
	}
}

func TestCelestronSetPosition(t *testing.T) {
	m := newMotor(t, func(c *box.CelestronConfig) { c.Position = 1234 })
	m.ask("3B 06 20 12 04 00 4E 20 56", "3B 03 12 20 04 C7")
	m.ask(askPosition, at20000)
	m.ask("3B 06 20 12 02 00 4F 4C 2B", "3B 03 12 20 02 C9") // 300 further
	m.wait(10)
	if got := m.Truth(m.at).Position; got != 1534 {
		t.Errorf("shaft at %v, want 1534", got)
	}
}

func TestCelestronCalibration(t *testing.T) {
	m := newMotor(t, func(c *box.CelestronConfig) { c.Calibrated = false })
	none := "3B 0B 12 20 2C 00 00 00 00 00 00 00 00 97"
	m.ask(askLimits, none)
	m.ask(askState, "3B 05 12 20 2B 00 00 9E")
	m.ask(calibrate, calibrating)
	m.ask(askState, "3B 05 12 20 2B 00 01 9D")
	m.ask(askDone, isMoving)
	m.wait(82) // 20500 down, then 20500 of 41000 up: half of the way of 82000
	m.ask(askState, "3B 05 12 20 2B 00 07 97")
	m.ask(askLimits, none)
	m.wait(81.9)
	m.ask(askState, "3B 05 12 20 2B 00 0C 92")
	m.wait(0.2)
	m.ask(askState, "3B 05 12 20 2B 01 0C 91")
	m.ask(askDone, isDone)
	m.ask(askLimits, "3B 0B 12 20 2C 00 00 00 00 00 00 9C 40 BB")
	if got := m.Truth(m.at); got.Position != 20000 || got.EndStops != 0 {
		t.Errorf("truth %+v, want the middle", got)
	}
}

func TestCelestronCalibrationAborted(t *testing.T) {
	m := newMotor(t, func(c *box.CelestronConfig) { c.Position = -500 }) // on the stop already
	m.ask(calibrate, calibrating)
	m.wait(10)
	m.ask("3B 04 20 12 2A 00 A0", calibrating)
	m.ask(askState, "3B 05 12 20 2B 00 00 9E")
	m.ask(askDone, isDone)
	if got := m.Truth(m.at).Position; got != 4500 {
		t.Errorf("at %v, want 10 s above the stop", got)
	}
}

func TestCelestronConfigIsChecked(t *testing.T) {
	for name, spoil := range map[string]func(*box.CelestronConfig){
		"limits":   func(c *box.CelestronConfig) { c.Min = c.Max },
		"overrun":  func(c *box.CelestronConfig) { c.Overrun = -1 },
		"24 bits":  func(c *box.CelestronConfig) { c.Max = 1 << 23 },
		"position": func(c *box.CelestronConfig) { c.Position = 40501 },
		"speed":    func(c *box.CelestronConfig) { c.Slow = math.NaN() },
	} {
		cfg := box.DefaultCelestron()
		spoil(&cfg)
		if _, err := box.NewCelestron(cfg); !errors.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
