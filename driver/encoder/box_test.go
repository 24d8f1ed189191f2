// SPDX-License-Identifier: GPL-3.0-or-later

package encoder

import (
	"bytes"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/fault"
)

// check reads and compares with where the encoders are, in counts.
func check(t *testing.T, b *Box, z, a int) {
	t.Helper()
	r, err := b.Read(t.Context())
	if err != nil {
		t.Errorf("%v", err)
		return
	}
	same(t, b.config, r, z, a)
}

// same compares a reading with counts, by degrees.
func same(t *testing.T, c Config, r driver.EncoderReading, z, a int) {
	t.Helper()
	for i, w := range [2]struct {
		n, perTurn int
		gear       float64
		reverse    bool
	}{{z, c.CountsZ, c.GearZ, c.ReverseZ}, {a, c.CountsA, c.GearA, c.ReverseA}} {
		count := 360 / (float64(w.perTurn) * w.gear)
		want := float64(w.n) * count
		if w.reverse {
			want = -want
		}
		if got := r.Angles[i].Degrees(); math.Abs(got-want) > 1e-6*count*(1+math.Abs(float64(w.n))) {
			t.Errorf("axis %d at %.6f°, want %.6f° (%+.2f counts off)", i, got, want, (got-want)/count)
		}
		if got := r.Count[i].Degrees(); math.Abs(got/count-1) > 1e-12 {
			t.Errorf("a count of axis %d is %v°, want %v°", i, got, count)
		}
	}
}

// refuse reads and wants ErrReply with a part of its text.
func refuse(t *testing.T, b *Box, text string) {
	t.Helper()
	if r, err := b.Read(t.Context()); !errors.Is(err, ErrReply) || !errors.Is(err, fault.Hardware) || !strings.Contains(err.Error(), text) {
		t.Errorf("%v, %v; want %q", r, err, text)
	}
}

func TestEveryProtocol(t *testing.T) {
	for _, protocol := range everyCounter {
		t.Run(protocol, func(t *testing.T) {
			withBox(t, configOf(protocol), func(t *testing.T, far *fakeBox, b *Box) {
				far.turn(100, -7)
				begun := time.Now()
				time.Sleep(time.Second)
				r, err := b.Read(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				same(t, b.config, r, 100, -7)
				if len(far.asked) != 2 || time.Duration(r.At) != far.asked[1].Sub(begun) {
					t.Errorf("at %v, asked at %v", time.Duration(r.At), far.asked)
				}
				time.Sleep(time.Second)
				far.turn(300, -300)
				check(t, b, 400, -307)
				if len(far.asked) != 3 {
					t.Errorf("asked %d times", len(far.asked))
				}
				if b.Raw() != [2]int64{400, -307} {
					t.Errorf("raw counts %v", b.Raw())
				}
			})
		})
	}
}

// Whatever comes beside, instead of, or within a reply: the encoders are
// read rightly, or not at all, and rightly again with the next reply.
func TestNoise(t *testing.T) {
	cut := func(n int) func([]byte) []byte {
		return func(r []byte) []byte { return bytes.Clone(r[:len(r)-n]) }
	}
	noises := []struct {
		name  string
		noise func([]byte) []byte
		text  bool // a reply that can be found among others is found
	}{
		{"garbage before", before("\x00\xff!\r\n"), true},
		{"a late part before", before("03\t+00004\r"), true},
		{"garbage behind", behind("\r\nOK\r\n"), true},
		{"doubled", func(r []byte) []byte { return append(bytes.Clone(r), r...) }, true},
		{"echo", before("Q"), true},
		{"the end missing", cut(1), false},
		{"half missing", cut(3), false},
		{"the beginning missing", func(r []byte) []byte { return bytes.Clone(r[1:]) }, false},
		{"a byte too many", func(r []byte) []byte { return append(append(bytes.Clone(r[:2]), '?'), r[2:]...) }, false},
		{"nothing but garbage", func([]byte) []byte { return []byte("\xf0\x9f?\r\x7f") }, false},
	}
	for _, protocol := range everyCounter {
		for _, n := range noises {
			t.Run(protocol+"/"+n.name, func(t *testing.T) {
				withBox(t, configOf(protocol), func(t *testing.T, far *fakeBox, b *Box) {
					far.turn(1234, -2345)
					check(t, b, 1234, -2345)
					time.Sleep(time.Second)
					far.set(func() { far.noise = n.noise })
					far.turn(10, -10)
					r, err := b.Read(t.Context())
					switch size := b.wire.size; {
					case err == nil && size == 0 && protocol == "lm629_serial" && (n.name == "half missing" || n.name == "the end missing"):
						t.Log("cannot be noticed: this reply has neither a length nor an end")
					case err == nil:
						same(t, b.config, r, 1244, -2355)
					case !errors.Is(err, ErrReply):
						t.Error(err)
					case n.text && size > 0:
						t.Errorf("not found: %v", err)
					}
					if size := b.wire.size; size > 0 && n.text != (err == nil) {
						t.Errorf("%v", err)
					}
					time.Sleep(time.Second)
					far.set(func() { far.noise = nil })
					far.turn(10, -10)
					if protocol == "lm629_serial" && n.name == "half missing" {
						return
					}
					check(t, b, 1254, -2365)
				})
			})
		}
	}
}

// A reply that goes on coming after its time is not cut to a good one.
func TestSlowBytes(t *testing.T) {
	for _, protocol := range everyCounter {
		t.Run(protocol, func(t *testing.T) {
			withBox(t, configOf(protocol), func(t *testing.T, far *fakeBox, b *Box) {
				far.turn(1234, -2345)
				far.set(func() { far.byByte = 3 * time.Millisecond }) // 45 ms in all
				check(t, b, 1234, -2345)
				time.Sleep(time.Second)
				far.set(func() { far.byByte = 13 * time.Millisecond }) // 52 ms for the four of them
				refuse(t, b, "is no reply")
				time.Sleep(time.Second)
				far.set(func() { far.byByte = 3 * time.Millisecond })
				check(t, b, 1234, -2345)
				if n := b.Tally(); n.Garbage != 1 || n.Reads != 2 || n.Resyncs != 0 {
					t.Errorf("%+v", n)
				}
			})
		})
	}
}

func TestSilence(t *testing.T) {
	withBox(t, configOf("reset_via_r"), func(t *testing.T, far *fakeBox, b *Box) {
		far.set(func() { far.silent = true })
		begun := time.Now()
		refuse(t, b, "no reply in 50 ms")
		if d := time.Since(begun); d != 50*time.Millisecond {
			t.Errorf("waited %v", d)
		}
		far.set(func() { far.silent = false })
		check(t, b, 0, 0)
		if n := b.Tally(); n != (Tally{Reads: 1, Silent: 1}) {
			t.Errorf("%+v", n)
		}
	})
}

// Counters pass their ends, up and down, with and without a sign, and
// several times; one axis does not disturb the other.
func TestEndsOfCounters(t *testing.T) {
	for _, protocol := range everyCounter {
		for _, perTurn := range [][2]int{{8192, 8192}, {32767, 32768}, {65534, 4000}, {8191, 40001}, {32766, 65533}} {
			cfg := configOf(protocol)
			cfg.CountsZ, cfg.CountsA = perTurn[0], perTurn[1]
			cfg.ReverseA = true
			withBox(t, cfg, func(t *testing.T, far *fakeBox, b *Box) {
				at := [2]int{}
				step := func(z, a int) {
					time.Sleep(5 * time.Second) // 100° at most
					far.turn(z, a)
					at[0], at[1] = at[0]+z, at[1]+a
					check(t, b, at[0], at[1])
				}
				check(t, b, 0, 0)
				for _, sign := range []int{1, -1, -1, 1} {
					for range 11 { // two and a half turns of 81°
						step(sign*(perTurn[0]*9/40), -sign*(perTurn[1]*9/40))
					}
					step(1, 1)
					step(-1, -1)
				}
				for range 7 { // only one axis
					step(0, perTurn[1]*9/40)
				}
				if n := b.Tally(); n != (Tally{Reads: 1 + 4*13 + 7}) {
					t.Errorf("%+v", n)
				}
			})
		}
	}
}

// The original reversed azimuth by the counts of altitude; each axis has its
// own here, and its own gear.
func TestReverseAndGear(t *testing.T) {
	cfg := configOf("reset_via_z")
	cfg.CountsZ, cfg.CountsA = 8192, 40000
	cfg.ReverseZ, cfg.GearZ, cfg.GearA = true, 4, 0.5
	withBox(t, cfg, func(t *testing.T, far *fakeBox, b *Box) {
		far.turn(2048, 1000)
		r, err := b.Read(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if z, a := r.Angles[0].Degrees(), r.Angles[1].Degrees(); math.Abs(z+22.5) > 1e-9 || math.Abs(a-18) > 1e-9 {
			t.Errorf("Z %v°, A %v°", z, a)
		}
	})
}

// A reading that needs too fast an axis is not believed, but its repetition
// is; a single one does no harm.
func TestTooFast(t *testing.T) {
	withBox(t, configOf("reset_via_r"), func(t *testing.T, far *fakeBox, b *Box) {
		check(t, b, 0, 0)
		time.Sleep(time.Second)
		far.turn(456, -456) // 20° in a second are 455.1 counts, and two more are allowed
		check(t, b, 456, -456)
		time.Sleep(time.Second)
		far.set(func() { far.noise = func([]byte) []byte { return []byte("+00456\t-01456\r") } })
		refuse(t, b, "to be confirmed")
		far.set(func() { far.noise = nil })
		time.Sleep(time.Second)
		check(t, b, 456, -456)
		if n := b.Tally(); n.Refused != 1 || n.Jumps != 0 {
			t.Errorf("%+v", n)
		}
		time.Sleep(time.Second)
		far.turn(-2000, 0)
		refuse(t, b, "to be confirmed")
		time.Sleep(time.Second)
		far.turn(100, 0)
		check(t, b, -1444, -456)
		if n := b.Tally(); n.Refused != 2 || n.Jumps != 1 || n.Gaps != 0 {
			t.Errorf("%+v", n)
		}
		// Two that do not agree with each other are not believed either.
		time.Sleep(time.Second)
		far.turn(2000, 0)
		refuse(t, b, "to be confirmed")
		time.Sleep(time.Second)
		far.turn(1500, 0)
		refuse(t, b, "to be confirmed")
		time.Sleep(time.Second)
		check(t, b, 2056, -456)
	})
}

// The first reading, and one after so long a silence that nothing is known
// of whole turns, are asked for twice.
func TestFirstIsConfirmed(t *testing.T) {
	withBox(t, configOf("reset_via_r"), func(t *testing.T, far *fakeBox, b *Box) {
		far.set(func() {
			far.noise = func(r []byte) []byte {
				far.noise = nil
				return []byte("+03000\t+00000\r")
			}
		})
		far.turn(5, 6)
		refuse(t, b, "to be confirmed")
		check(t, b, 5, 6)
		time.Sleep(time.Hour)
		far.turn(4000, -4000)
		check(t, b, 4005, -3994)
		time.Sleep(time.Hour)
		far.turn(8000, 0) // shorter the other way round: all that can be said
		check(t, b, 4005+8000-8192, -3994)
		if n := b.Tally(); n.Gaps != 2 || n.Jumps != 0 || len(far.asked) != 7 {
			t.Errorf("%+v, asked %d times", n, len(far.asked))
		}
	})
}

// A box that is set to more counts than the Config says is found out.
func TestOtherResolution(t *testing.T) {
	for _, protocol := range []string{"bseg", "no_reset", "ek", "sky_commander"} {
		cfg := configOf(protocol)
		cfg.CountsA = 4000
		withBox(t, cfg, func(t *testing.T, far *fakeBox, b *Box) {
			far.set(func() { far.perTurn = [2]int{8192, 16384} })
			far.turn(0, 4000)
			check(t, b, 0, 0) // not to be noticed here: a whole turn
			far.turn(0, 1)
			refuse(t, b, "the box counts 4001")
			far.turn(0, -8001)
			time.Sleep(time.Second)
			check(t, b, 0, 0)
			far.turn(0, -1)
			refuse(t, b, "the box counts -4001")
			if n := b.Tally(); n.Garbage != 2 || n.Reads != 2 {
				t.Errorf("%s: %+v", protocol, n)
			}
		})
	}
}

func TestReset(t *testing.T) {
	for protocol, command := range map[string]string{
		"bseg": "B", "reset_via_r": "R08192\t04000\r", "reset_via_z": "Z08192 04000\r", "ek": "z\xa0\x0f\x00\x20",
	} {
		cfg := configOf(protocol)
		cfg.CountsA = 4000
		withBox(t, cfg, func(t *testing.T, far *fakeBox, b *Box) {
			far.turn(70, 80)
			check(t, b, 70, 80)
			far.set(func() { far.heard = nil; far.perTurn = [2]int{1000, 1000} })
			if protocol == "bseg" {
				far.set(func() { far.perTurn = [2]int{8192, 4000} }) // by its jumpers
			}
			begun := time.Now()
			if err := b.Reset(t.Context()); err != nil {
				t.Error(protocol, err)
			}
			if d := time.Since(begun); string(far.heard) != command || d != time.Duration(len(command))*20*time.Millisecond {
				t.Errorf("%s: sent %q in %v", protocol, far.heard, d)
			}
			if far.resets != 1 || far.perTurn != [2]int{8192, 4000} {
				t.Errorf("%s: %d resets to %v", protocol, far.resets, far.perTurn)
			}
			far.turn(3, 4)
			check(t, b, 70, 80) // the angle goes on: what it was at the reset is where it begins
			time.Sleep(time.Second)
			far.turn(-5, 5)
			check(t, b, 65, 85)
			far.set(func() { far.silent = true })
			if err := b.Reset(t.Context()); !errors.Is(err, ErrReply) || !strings.Contains(err.Error(), "should answer") {
				t.Errorf("%s: a silent box was reset: %v", protocol, err)
			}
			if n := b.Tally(); n.Resets != 1 || n.NoResets != 1 {
				t.Errorf("%s: %+v", protocol, n)
			}
		})
	}
	for _, protocol := range []string{"no_reset", "sky_commander", "lm629_serial"} {
		withBox(t, configOf(protocol), func(t *testing.T, far *fakeBox, b *Box) {
			if err := b.Reset(t.Context()); !errors.Is(err, fault.Unsupported) || b.CanReset() || len(far.heard) > 0 {
				t.Errorf("%s: %v after %q", protocol, err, far.heard)
			}
		})
	}
}

func TestSkyPlaces(t *testing.T) {
	withBox(t, configOf("sky_commander_r"), func(t *testing.T, far *fakeBox, b *Box) {
		s, err := b.ReadSky(t.Context())
		if err != nil || math.Abs(s.RA.Hours()-5.588) > 1e-12 || math.Abs(s.Dec.Degrees()+5.391) > 1e-12 {
			t.Errorf("%v h, %v°, %v", s.RA.Hours(), s.Dec.Degrees(), err)
		}
		if string(far.heard) != "\r" {
			t.Errorf("asked %q", far.heard)
		}
		if _, err := b.Read(t.Context()); !errors.Is(err, fault.Unsupported) {
			t.Error(err)
		}
	})
	withBox(t, configOf("ek"), func(t *testing.T, _ *fakeBox, b *Box) {
		if _, err := b.ReadSky(t.Context()); !errors.Is(err, fault.Unsupported) {
			t.Error(err)
		}
	})
}

func TestConfig(t *testing.T) {
	if err := DefaultConfig().Validate(); err != nil {
		t.Error(err)
	}
	for _, protocol := range strings.Split(protocols, ", ") {
		if err := configOf(protocol).Validate(); err != nil {
			t.Error(err)
		}
	}
	big := configOf("lm629_serial")
	big.CountsZ, big.GearZ = 1<<30, 1000
	if err := big.Validate(); err != nil {
		t.Error(err)
	}
	for key, spoil := range map[string]func(c *Config){
		"protocol":              func(c *Config) { c.Protocol = "BBox" },
		"device":                func(c *Config) { c.Device = "" },
		"baud":                  func(c *Config) { c.Baud = 9601 },
		"counts_per_turn_z":     func(c *Config) { c.CountsZ = 65535 },
		"counts_per_turn_a":     func(c *Config) { c.CountsA = 0 },
		"turns_per_axis_turn_z": func(c *Config) { c.GearZ = math.NaN() },
		"turns_per_axis_turn_a": func(c *Config) { c.GearA = -1 },
		"poll_s is 0,":          func(c *Config) { c.PollS = 0 },
		"reply_timeout_ms":      func(c *Config) { c.ReplyMS = 9 },
		"write_delay_ms":        func(c *Config) { c.WriteDelayMS = -1 },
		"max_rate_deg_per_s":    func(c *Config) { c.MaxRate = 0 },
		"reply may take":        func(c *Config) { c.PollS, c.ReplyMS = 0.5, 500 },
		"less than 180":         func(c *Config) { c.GearA = 9 },
	} {
		c := configOf("reset_via_r")
		spoil(&c)
		if err := c.Validate(); !errors.Is(err, fault.Invalid) || !strings.Contains(err.Error(), key) {
			t.Errorf("%s: %v", key, err)
		}
	}
	c := DefaultConfig()
	if _, err := NewBox(c, nil, nil, time.Time{}); !errors.Is(err, fault.Invalid) {
		t.Errorf("no box: %v", err)
	}
}

// A reply without an end of its own is not believed while bytes go on coming.
func TestCutReply(t *testing.T) {
	for protocol, pause := range map[string]time.Duration{"lm629_serial": 6 * time.Millisecond, "ek": 12 * time.Millisecond, "sky_commander": 12 * time.Millisecond} {
		withBox(t, configOf(protocol), func(t *testing.T, far *fakeBox, b *Box) {
			far.turn(1234, -2345)
			far.set(func() { far.byByte, far.noise = pause, behind("0") }) // "1234:-23" in time, and four bytes
			refuse(t, b, "is no reply")
			time.Sleep(time.Second)
			far.set(func() { far.byByte, far.noise = 0, nil })
			check(t, b, 1234, -2345)
		})
	}
}
