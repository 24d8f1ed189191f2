// SPDX-License-Identifier: GPL-3.0-or-later

package stepdir_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/siderostep/siderostep/driver/stepdir"
	"github.com/siderostep/siderostep/fault"
)

// lines records the levels of all lines after each write, and when that was
// by the waiting that was done.
type lines struct {
	now   time.Duration
	level uint32
	log   []level
	fail  map[int]error
	tries int
}

type level struct {
	at   time.Duration
	word uint32
}

func (l *lines) Write(word, mask uint32) error {
	try := l.tries
	l.tries++
	if err := l.fail[try]; err != nil {
		return err
	}
	l.level = l.level&^mask | word&mask
	l.log = append(l.log, level{l.now, l.level})
	return nil
}

func (l *lines) wait(d time.Duration) { l.now += d }

// words gives what was on the lines since the latest call.
func (l *lines) words() string {
	var all []string
	for _, w := range l.log {
		all = append(all, fmt.Sprintf("%02X", w.word))
	}
	l.log = nil
	return strings.Join(all, " ")
}

var errUnplugged = errors.New("unplugged")

func newMotor(t testing.TB, l *lines, c stepdir.Config) *stepdir.Motor {
	t.Helper()
	m, err := stepdir.New(l, c, l.wait)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// The original's control words (stepper-core §1.4): bits 0-5 are A pulse, A
// direction, Z pulse, Z direction, A power on, Z power on; direction 1 is
// clockwise, exchanged by Reverse; InvertOutput complements the byte. One
// microstep raises the pulse, the next lowers it.
func TestOriginalControlWords(t *testing.T) {
	tests := []struct {
		name    string
		change  func(a, z *stepdir.Config)
		level   uint32 // before
		off, on string // both made; then A cw, A cw, Z ccw, A ccw, Z cw
		free    string
	}{{
		name: "plain", change: func(_, _ *stepdir.Config) {},
		off: "00 00", on: "12 13 12 13 12 32 36 32 30 31 30 38 3C 38", free: "28 08",
	}, {
		name: "A reversed", change: func(a, _ *stepdir.Config) { a.Reverse = true },
		off: "02 02", on: "10 11 10 11 10 30 34 30 32 33 32 3A 3E 3A", free: "2A 0A",
	}, {
		name: "inverted",
		change: func(a, z *stepdir.Config) {
			a.Invert, z.Invert, a.EnableHigh, z.EnableHigh = true, true, false, false
		},
		level: 0x3F, off: "3F 3F", on: "2D 2C 2D 2C 2D 0D 09 0D 0F 0E 0F 07 03 07", free: "17 37",
	}}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := stepdir.DefaultConfig()
			z := a
			z.Step, z.Direction, z.Enable = 2, 3, 5
			tt.change(&a, &z)
			l := &lines{level: tt.level}
			altitude, azimuth := newMotor(t, l, a), newMotor(t, l, z)
			if got := l.words(); got != tt.off {
				t.Errorf("at first %s, want %s", got, tt.off)
			}
			must(t, altitude.Pulse(0, true))
			must(t, altitude.Pulse(0, true))
			must(t, azimuth.Pulse(0, false))
			must(t, altitude.Pulse(0, false))
			must(t, azimuth.Pulse(0, true))
			// Two microsteps of the original are one step here; and it wrote
			// all motors' lines at once.
			if got := l.words(); got != tt.on {
				t.Errorf("wrote %s\nwant  %s", got, tt.on)
			}
			must(t, altitude.Off())
			must(t, azimuth.Close())
			if got := l.words(); got != tt.free {
				t.Errorf("finally %s, want %s", got, tt.free)
			}
		})
	}
}

// A chip counts a step when its line goes high, if it was low and stays high
// for long enough, and looks at the direction then: after any pulses the
// motor stands where the calls say.
func TestStepsArrive(t *testing.T) {
	pulses := map[string]time.Duration{ // stepper-core §1.7
		"generic": 2000, "a4988": 1000, "drv8825": 2000, "lv8729": 500,
		"tmc2130": 103, "tmc2208": 103, "tmc2209": 103, "tmc5160": 103,
	}
	rapid.Check(t, func(t *rapid.T) {
		c := stepdir.DefaultConfig()
		c.Chip = rapid.SampledFrom([]string{"generic", "a4988", "drv8825", "lv8729", "tmc2130", "tmc2208", "tmc2209", "tmc5160"}).Draw(t, "chip")
		c.Reverse, c.Invert = rapid.Bool().Draw(t, "reverse"), rapid.Bool().Draw(t, "invert")
		c.EnableHigh = rapid.Bool().Draw(t, "enable high")
		least := pulses[c.Chip]
		if own := rapid.SampledFrom([]int{0, 0, 5000}).Draw(t, "ns"); own > 0 {
			c.MinPulseNs, least = own, time.Duration(own)
		}
		l := &lines{level: rapid.Uint32().Draw(t, "before")}
		foreign := l.level &^ 0x13
		m, err := stepdir.New(l, c, l.wait)
		if err != nil {
			t.Fatal(err)
		}
		want := 0
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			clockwise := rapid.Bool().Draw(t, "clockwise")
			if clockwise {
				want++
			} else {
				want--
			}
			if err := m.Pulse(0, clockwise); err != nil {
				t.Fatal(err)
			}
			if rapid.IntRange(0, 9).Draw(t, "off") == 0 {
				if err := m.Off(); err != nil {
					t.Fatal(err)
				}
			}
		}
		got := 0
		step := func(w level) bool { return w.word&1 == 1 != c.Invert }
		direction := func(w level) bool { return w.word&2 == 2 != (c.Invert != c.Reverse) }
		on := func(w level) bool { return w.word&0x10 == 0x10 == c.EnableHigh }
		if on(l.log[0]) || step(l.log[0]) {
			t.Fatalf("lines %x at first", l.log[0].word)
		}
		var turned, edge time.Duration
		for i := 1; i < len(l.log); i++ {
			was, is := l.log[i-1], l.log[i]
			if is.word&^0x13 != foreign {
				t.Fatalf("wrote to other lines: %x", is.word)
			}
			if direction(is) != direction(was) || on(is) != on(was) {
				if step(is) || step(was) {
					t.Fatal("changed direction or enable in a pulse")
				}
				turned = is.at
			}
			if step(is) == step(was) {
				continue
			}
			if is.at-edge < least && (got != 0 || !step(is)) {
				t.Fatalf("pulse or pause of %v, least is %v", is.at-edge, least)
			}
			edge = is.at
			if !step(is) {
				continue
			}
			if !on(is) || is.at-turned < 1000 {
				t.Fatalf("stepped %v after a turn; on: %t", is.at-turned, on(is))
			}
			if direction(is) {
				got++
			} else {
				got--
			}
		}
		if got != want || step(l.log[len(l.log)-1]) {
			t.Fatalf("%d steps arrived, want %d", got, want)
		}
	})
}

// A mode is changed only where the motor stands on a step of both.
func TestSetMicrosteps(t *testing.T) {
	c := stepdir.DefaultConfig()
	c.Chip, c.Microsteps, c.Modes = "drv8825", 32, []int{8, 9, 10}
	l := new(lines)
	m := newMotor(t, l, c)
	if l.level>>8 != 5 {
		t.Fatalf("modes %x", l.level>>8)
	}
	pulses := func(n int) {
		t.Helper()
		for range max(n, -n) {
			must(t, m.Pulse(0, n > 0))
		}
	}
	refused := func(n int, kind error) {
		t.Helper()
		before := l.level
		if err := m.SetMicrosteps(n); !errors.Is(err, kind) || l.level != before {
			t.Errorf("to %d: %v", n, err)
		}
	}
	for range 3 {
		pulses(1)
		refused(8, fault.Refused)
	}
	pulses(1) // 4/32 = 1/8
	refused(4, fault.Refused)
	must(t, m.SetMicrosteps(8))
	if l.level>>8 != 3 {
		t.Errorf("modes %x", l.level>>8)
	}
	pulses(-3) // at -2/8
	must(t, m.SetMicrosteps(4))
	refused(2, fault.Refused)
	pulses(1) // 0
	must(t, m.SetMicrosteps(1))
	pulses(5)
	must(t, m.SetMicrosteps(32)) // always possible
	pulses(-1)
	refused(16, fault.Refused)
	refused(64, fault.Unsupported)
	refused(0, fault.Unsupported)
	pulses(-1)
	l.fail = map[int]error{l.tries: errUnplugged}
	refused(16, fault.Hardware)
	pulses(1) // still 32 to the full step
	refused(16, fault.Refused)
	unwired := newMotor(t, new(lines), stepdir.DefaultConfig())
	if err := unwired.SetMicrosteps(1); !errors.Is(err, fault.Unsupported) {
		t.Errorf("without mode lines: %v", err)
	}
}

// Whichever write fails is told, and the next pulse is a whole one.
func TestFailure(t *testing.T) {
	l := &lines{fail: map[int]error{0: errUnplugged}}
	if m, err := stepdir.New(l, stepdir.DefaultConfig(), l.wait); m != nil || !errors.Is(err, fault.Hardware) || !errors.Is(err, errUnplugged) {
		t.Errorf("new: %v", err)
	}
	for write := range 3 {
		l := new(lines)
		m := newMotor(t, l, stepdir.DefaultConfig())
		l.fail = map[int]error{1 + write: errUnplugged}
		if err := m.Pulse(0, true); !errors.Is(err, fault.Hardware) || !errors.Is(err, errUnplugged) {
			t.Errorf("write %d of a pulse: %v", write, err)
		}
		l.words()
		must(t, m.Pulse(0, true))
		if got := l.words(); got != "12 13 12" {
			t.Errorf("after a failure of write %d: %s", write, got)
		}
	}
}

func TestHolding(t *testing.T) {
	l := new(lines)
	m := newMotor(t, l, stepdir.DefaultConfig())
	must(t, m.On())
	must(t, m.Off())
	if got := l.words(); got != "00 10 00" {
		t.Errorf("wrote %s", got)
	}
	c := stepdir.DefaultConfig()
	c.Enable = -1 // focus method 2: pulse on pin 1, direction on 14
	must(t, newMotor(t, l, c).Pulse(0, true))
	if got := l.words(); got != "00 02 03 02" {
		t.Errorf("without an enable line: wrote %s", got)
	}
}
