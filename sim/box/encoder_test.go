// SPDX-License-Identifier: GPL-3.0-or-later

package box_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/sim/box"
)

// The answers are written out by hand from the table of stepper-core 6.1.
func TestEncoderAnswers(t *testing.T) {
	tests := []struct {
		protocol, command, want string
		az, alt                 float64 // counts from power-up
	}{
		{box.BSeg, "Q", "1234\t0ABC\t0000\r", 0x1234, 0x0ABC},
		{box.BSeg, "Q", "1FFF\t0001\t0000\r", -1, 8193}, // wrapped at 8192
		{box.BSeg, "B", "B\r", 5, 5},
		{box.ResetViaR, "Q", "+01234\t-00056\r", 1234, -56},
		{box.ResetViaR, "Q", "-04096\t+04095\r", 4096, 4095},
		{box.ResetViaR, "R08192\t04096\r", "R", 7, 7},
		{box.ResetViaR, "Z08192 04096\r", "", 7, 7}, // another make's
		{box.ResetViaR, "R8192\t04096\r", "", 7, 7}, // five digits are asked for
		{box.ResetViaR, "R08192\t4096\r", "", 7, 7},
		{box.ResetViaR, "R08192 04096\r", "", 7, 7},
		{box.ResetViaR, "R00000\t04096\r", "", 7, 7},
		{box.ResetViaR, "R65535\t04096\r", "", 7, 7},
		{box.ResetViaZ, "Q", "-00001\t+00002\r", -1, 2},
		{box.ResetViaZ, "Z08192 04096\r", "*", 7, 7},
		{box.ResetViaZ, "Z8192 4096\r", "*", 7, 7},
		{box.ResetViaZ, "Z8192\t4096\r", "", 7, 7},
		{box.NoReset, "Q", "+00003\t-00004\r", 3, -4},
		{box.NoReset, "R08192\t04096\r", "", 7, 7},
		{box.NoReset, "QQ", "+00001\t+00002\r+00001\t+00002\r", 1, 2},
		{box.Ek, "z\x00\x10\x00\x20", "r", 0, 0},
		{box.Ek, "z\x00\x00\x00\x20", "", 0, 0},
		{box.SkyCommander, "e", "\x12\x34\x0A\xBC", 0x1234, 0x0ABC},
		{box.LM629, "P#", "-70000:123456", -70000, 123456},
		{box.LM629, "PP#", "0:0", 0, 0},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprintf("%s %q", tt.protocol, tt.command), func(t *testing.T) {
			m := &mount{}
			m.counts(0, 0)
			e := newEncoder(t, box.EncoderConfig{Protocol: tt.protocol, Axes: m.axes})
			m.counts(tt.az, tt.alt)
			ask(t, e, 0, tt.command, tt.want)
		})
	}
}

func TestEkCountsOnceItKnowsHowFar(t *testing.T) {
	m := &mount{}
	m.counts(0, 0)
	e := newEncoder(t, box.EncoderConfig{Protocol: box.Ek, Axes: m.axes})
	m.counts(100, 200)
	ask(t, e, 0, "y", "\x00\x00\x00\x00")
	ask(t, e, 0, "z\x00\x10\x00\x20", "r") // altitude 4096, azimuth 8192
	if got := e.Resolution(); got != [2]int{8192, 4096} {
		t.Errorf("resolution %v", got)
	}
	m.counts(100+0x1234, 200+0x0ABC)
	ask(t, e, 0, "y", "\xBC\x0A\x34\x12")
	m.counts(100-1, 200+4096)
	ask(t, e, 0, "y", "\x00\x00\xFF\x1F")
}

func TestBSegRotator(t *testing.T) {
	var rotator model.Angle
	e := newEncoder(t, box.EncoderConfig{
		Protocol: box.BSeg, Axes: (&mount{}).axes, Rotator: func() model.Angle { return rotator },
	})
	rotator = model.Degrees(90.01)
	ask(t, e, 0, "Q", "0000\t0000\t0800\r")
}

func TestResetZeroesAndSetsTheWrap(t *testing.T) {
	m := &mount{}
	m.counts(0, 0)
	e := newEncoder(t, box.EncoderConfig{Protocol: box.ResetViaR, Axes: m.axes})
	m.counts(1000, 2000)
	// The writers send a stale 14th byte after the 13 of the command.
	ask(t, e, 0, "R01000\t40000\r\x00", "R")
	ask(t, e, 0, "Q", "+00000\t+00000\r")
	m.counts(1499, 1999)
	ask(t, e, 0, "Q", "+00499\t+39999\r") // above 32,767 it counts without sign
	m.counts(1500, 2001)
	ask(t, e, 0, "Q", "-00500\t+00001\r")
	e.PowerCycle()
	ask(t, e, 0, "Q", "+00000\t+00000\r")
	if got := e.Resolution(); got != [2]int{8192, 8192} {
		t.Errorf("resolution %v after power-up", got)
	}
}

func TestSignedUpTo32767(t *testing.T) {
	for _, tt := range []struct {
		resolution int
		want       string
	}{{32766, "-00001\t-00001\r"}, {32767, "-00001\t-00001\r"}, {32768, "+32767\t+32767\r"}, {65534, "+65533\t+65533\r"}} {
		m := &mount{}
		m.counts(0, 0)
		e := newEncoder(t, box.EncoderConfig{Protocol: box.NoReset, Axes: m.axes, Resolution: [2]int{tt.resolution, tt.resolution}})
		m.counts(-1, -1)
		ask(t, e, 0, "Q", tt.want)
	}
}

func TestReversedAndSlip(t *testing.T) {
	m := &mount{}
	e := newEncoder(t, box.EncoderConfig{Protocol: box.NoReset, Axes: m.axes, Reversed: [2]bool{true, false}})
	m.az, m.alt = model.Degrees(89.99), model.Degrees(45.01)
	ask(t, e, 0, "Q", "-02048\t+01024\r")
	e.Slip(1, model.Degrees(-1))
	ask(t, e, 0, "Q", "-02048\t+01001\r") // 44.01° of 8192 counts are 1001.47
}

func TestNoiseIsOfOneCountAndRepeatable(t *testing.T) {
	run := func(seed uint64) (all string) {
		e := newEncoder(t, box.EncoderConfig{Protocol: box.LM629, Axes: (&mount{}).axes, Noise: true, Seed: seed})
		seen := map[int]int{}
		for range 300 {
			answer := string(e.Take(0, []byte("P#")))
			var az, alt int
			if _, err := fmt.Sscanf(answer, "%d:%d", &az, &alt); err != nil {
				t.Fatal(err)
			}
			seen[az]++
			seen[alt]++
			all += answer
		}
		if len(seen) != 3 || seen[-1] < 100 || seen[0] < 100 || seen[1] < 100 {
			t.Errorf("noise %v, want some 200 each of −1, 0 and 1", seen)
		}
		return all
	}
	if a, b := run(1), run(1); a != b {
		t.Error("the same seed gives other noise")
	}
	if run(1) == run(2) {
		t.Error("another seed gives the same noise")
	}
}

func TestSpaceForTab(t *testing.T) {
	e := newEncoder(t, box.EncoderConfig{Protocol: box.ResetViaZ, Axes: (&mount{}).axes, Space: true})
	ask(t, e, 0, "Q", "+00000 +00000\r")
}

func TestSkyCommanderR(t *testing.T) {
	var at model.Equatorial
	e := newEncoder(t, box.EncoderConfig{Protocol: box.SkyCommanderR, Axes: (&mount{}).axes, Sky: func() model.Equatorial { return at }})
	for _, tt := range []struct {
		ra, dec float64
		want    string
	}{
		{5.1234, 12.3456, " 05.123 +12.346\x00"},
		{23.9999, -0.0321, " 00.000 -00.032\x00"},
		{0, -89.9999, " 00.000 -90.000\x00"},
	} {
		at = model.Equatorial{RA: model.Hours(tt.ra), Dec: model.Degrees(tt.dec)}
		ask(t, e, 0, "\r", tt.want)
	}
}

func TestLM629WrapsAtThirtyOneBits(t *testing.T) {
	m := &mount{}
	e := newEncoder(t, box.EncoderConfig{Protocol: box.LM629, Axes: m.axes, Counts: [2]int{1 << 30, 1 << 30}})
	m.az, m.alt = model.Degrees(360), model.Degrees(-360)
	ask(t, e, 0, "P#", "-1073741824:-1073741824")
}

func TestCommandsByteByByteAndAbandoned(t *testing.T) {
	e := newEncoder(t, box.EncoderConfig{Protocol: box.Ek, Axes: (&mount{}).axes})
	var out []byte
	for i, b := range []byte("z\x00\x10\x00\x20") { // as slow as SerialWriteDelayMs 50
		out = append(out, e.Take(driver.Instant(i)*driver.Instant(50*time.Millisecond), []byte{b})...)
	}
	if string(out) != "r" {
		t.Errorf("byte by byte: %q", out)
	}
	ask(t, e, seconds(10), "z\x00", "")
	ask(t, e, seconds(12), "y", "\x00\x00\x00\x00") // the rest never came
	r := newEncoder(t, box.EncoderConfig{Protocol: box.ResetViaR, Axes: (&mount{}).axes})
	ask(t, r, 0, "R081Q", "+00000\t+00000\r") // a query is no digit
	ask(t, r, 0, "R0819200000000Q", "+00000\t+00000\r")
}

func TestEncoderConfigIsChecked(t *testing.T) {
	ok := box.EncoderConfig{Protocol: box.BSeg, Axes: (&mount{}).axes, Counts: [2]int{8192, 8192}}
	for name, spoil := range map[string]func(*box.EncoderConfig){
		"protocol":   func(c *box.EncoderConfig) { c.Protocol = "ngc" },
		"axes":       func(c *box.EncoderConfig) { c.Axes = nil },
		"sky":        func(c *box.EncoderConfig) { c.Protocol = box.SkyCommanderR },
		"counts":     func(c *box.EncoderConfig) { c.Counts[1] = 0 },
		"resolution": func(c *box.EncoderConfig) { c.Resolution[0] = 65535 },
	} {
		c := ok
		spoil(&c)
		if _, err := box.NewEncoder(c); !errors.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := box.NewEncoder(ok); err != nil {
		t.Error(err)
	}
}

func FuzzEncoder(f *testing.F) {
	f.Add("Q")
	f.Add("R08192\t04096\r\x00Q")
	f.Add("Z8192 4096\rQ")
	f.Add("z\x00\x10\x00\x20yyeP#\r")
	f.Fuzz(func(t *testing.T, in string) {
		for _, k := range box.Kinds() {
			b, err := box.New(k, box.Options{})
			if err != nil {
				t.Fatal(err)
			}
			whole := string(b.Take(0, []byte(in)))
			pieces := ""
			b, _ = box.New(k, box.Options{})
			for i := range len(in) {
				pieces += string(b.Take(0, []byte{in[i]}))
			}
			if whole != pieces {
				t.Errorf("%s: %q at once gives %q, byte by byte %q", k, in, whole, pieces)
			}
			if len(whole) > 20*len(in) {
				t.Errorf("%s: %d bytes give %d", k, len(in), len(whole))
			}
		}
	})
}
