// SPDX-License-Identifier: GPL-3.0-or-later

package relay_test

import (
	"errors"
	"fmt"
	"math/bits"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/driver/relay"
	"github.com/siderostep/siderostep/fault"
)

// lines records all levels after each write.
type lines struct {
	now    driver.Instant
	level  uint32
	log    []change
	refuse error
	tries  int
}

type change struct {
	at    driver.Instant
	level uint32
}

var errUnplugged = errors.New("unplugged")

func (l *lines) Write(word, mask uint32) error {
	l.tries++
	if l.refuse != nil {
		return l.refuse
	}
	l.level = l.level&^mask | word&mask
	l.log = append(l.log, change{l.now, l.level})
	return nil
}

// text gives the lines that are high, by pin of the parallel port, and when
// that began, ms.
func (l *lines) text() string {
	var all []string
	for _, c := range l.log {
		name := "-"
		if c.level != 0 {
			name = fmt.Sprint(bits.TrailingZeros32(c.level))
		}
		if bits.OnesCount32(c.level) > 1 {
			name = fmt.Sprintf("%x", c.level)
		}
		all = append(all, fmt.Sprintf("%s@%d", name, c.at/1e6))
	}
	l.log = nil
	return strings.Join(all, " ")
}

const ms = driver.Instant(time.Millisecond)

// bench is a motor and its loop.
type bench struct {
	testing.TB
	lines lines
	motor *relay.Motor
}

func newBench(t testing.TB, change ...func(*relay.Config)) *bench {
	t.Helper()
	c := relay.DefaultConfig()
	for _, f := range change {
		f(&c)
	}
	b := &bench{TB: t}
	var err error
	if b.motor, err = relay.New(&b.lines, c); err != nil {
		t.Fatal(err)
	}
	return b
}

// until does what is due before t.
func (b *bench) until(t driver.Instant) {
	b.Helper()
	for b.motor.Next() < t {
		b.lines.now = b.motor.Next()
		if err := b.motor.Advance(b.lines.now); err != nil {
			b.Fatal(err)
		}
	}
	b.lines.now = t
}

func (b *bench) turn(r driver.Relay, at driver.Instant, direction int) {
	b.Helper()
	b.until(at)
	if err := r.Switch(at, direction); err != nil {
		b.Fatal(err)
	}
}

// Focus method 0: pin 16 out, 17 in.
func TestRunAndStop(t *testing.T) {
	b := newBench(t)
	b.turn(b.motor, 1000*ms, 1)
	b.turn(b.motor, 1500*ms, 1) // goes on
	b.turn(b.motor, 2000*ms, 0)
	b.turn(b.motor, 2010*ms, 1) // the same way again: at once
	b.turn(b.motor, 2020*ms, 0)
	b.turn(b.motor, 3000*ms, -1) // long after: at once
	b.turn(b.motor, 3100*ms, 0)
	b.turn(b.motor, 3110*ms, 1) // 40 ms too early
	b.turn(b.motor, 3200*ms, 0)
	b.turn(b.motor, 3210*ms, -1)
	b.turn(b.motor, 3220*ms, 0) // thought better of
	b.until(9000 * ms)
	if got, want := b.lines.text(), "-@0 16@1000 -@2000 16@2010 -@2020 17@3000 -@3100 16@3150 -@3200"; got != want {
		t.Errorf("wrote %s\nwant  %s", got, want)
	}
	if b.motor.Next() != driver.Never {
		t.Errorf("wants to be called at %d", b.motor.Next())
	}
}

// A reversal breaks first, rests, and makes then.
func TestReversal(t *testing.T) {
	b := newBench(t, func(c *relay.Config) { c.Reverse, c.DeadTimeMs = true, 200 })
	b.turn(b.motor, 1000*ms, 1)
	b.turn(b.motor, 2000*ms, -1)
	b.turn(b.motor, 2100*ms, 1) // back to the first while nothing is on
	b.turn(b.motor, 2150*ms, -1)
	if next := b.motor.Next(); next != 2350*ms {
		t.Errorf("next at %d", next/ms)
	}
	if err := b.motor.Advance(2349 * ms); err != nil || b.lines.level != 0 {
		t.Errorf("before its time: %v, lines %x", err, b.lines.level)
	}
	b.until(5000 * ms)
	if got, want := b.lines.text(), "-@0 17@1000 -@2000 17@2100 -@2150 16@2350"; got != want {
		t.Errorf("wrote %s\nwant  %s", got, want)
	}
}

// Focus method 1: 16 out, 17 in, 1 slowly out, 14 slowly in.
func TestSlowSpeed(t *testing.T) {
	b := newBench(t, func(c *relay.Config) { c.SlowOut, c.SlowIn = 1, 14 })
	slow := b.motor.Slow()
	b.turn(slow, 1000*ms, 1)
	b.turn(b.motor, 2000*ms, 1) // faster: another relay
	b.turn(slow, 3000*ms, -1)
	b.turn(b.motor, 4000*ms, 0) // stops either
	b.until(5000 * ms)
	if got, want := b.lines.text(), "-@0 1@1000 -@2000 16@2050 -@3000 14@3050 -@4000"; got != want {
		t.Errorf("wrote %s\nwant  %s", got, want)
	}
	b = newBench(t, func(c *relay.Config) { c.SlowOut, c.SlowIn, c.Reverse = 1, 14, true })
	b.turn(b.motor.Slow(), 1000*ms, 1)
	if got, want := b.lines.text(), "-@0 14@1000"; got != want {
		t.Errorf("reversed: wrote %s, want %s", got, want)
	}
	b = newBench(t)
	b.turn(b.motor.Slow(), 1000*ms, -1)
	if got, want := b.lines.text(), "-@0 17@1000"; got != want {
		t.Errorf("with one speed: wrote %s, want %s", got, want)
	}
}

func TestActiveLow(t *testing.T) {
	b := newBench(t, func(c *relay.Config) { c.ActiveLow, c.Out, c.In = true, 0, 1 })
	b.turn(b.motor, 1000*ms, 1)
	b.turn(b.motor, 2000*ms, -1)
	b.until(3000 * ms)
	if err := b.motor.Close(); err != nil {
		t.Error(err)
	}
	if got, want := b.lines.text(), "3@0 1@1000 3@2000 0@2050 3@3000"; got != want {
		t.Errorf("wrote %s\nwant  %s", got, want)
	}
}

func TestLongestRun(t *testing.T) {
	b := newBench(t)
	b.turn(b.motor, 1000*ms, 1)
	b.turn(b.motor, 60999*ms, 1) // asking again gives no more time
	b.lines.now = b.motor.Next()
	if b.lines.now != 61000*ms {
		t.Errorf("next at %d", b.lines.now/ms)
	}
	if err := b.motor.Advance(b.lines.now); !errors.Is(err, fault.Hardware) || b.lines.level != 0 {
		t.Errorf("after the longest run: %v, lines %x", err, b.lines.level)
	}
	if b.motor.Next() != driver.Never {
		t.Errorf("wants to be called at %d", b.motor.Next())
	}
	if err := b.motor.Advance(70000 * ms); err != nil {
		t.Errorf("told twice: %v", err)
	}
	if err := b.motor.Switch(70000*ms, -1); !errors.Is(err, fault.Hardware) || b.lines.level != 0 {
		t.Errorf("run on: %v", err)
	}
	b.turn(b.motor, 71000*ms, 0)
	b.turn(b.motor, 72000*ms, -1)
	if b.lines.level != 1<<17 {
		t.Errorf("after a stop: lines %x", b.lines.level)
	}
}

// When nobody knows whether a relay is on, it is switched off again and again.
func TestFailure(t *testing.T) {
	if m, err := relay.New(&lines{refuse: errUnplugged}, relay.DefaultConfig()); m != nil || !errors.Is(err, fault.Hardware) || !errors.Is(err, errUnplugged) {
		t.Errorf("new: %v", err)
	}
	b := newBench(t)
	b.turn(b.motor, 1000*ms, 1)
	b.lines.refuse = errUnplugged
	if err := b.motor.Switch(2000*ms, 0); !errors.Is(err, fault.Hardware) || !errors.Is(err, errUnplugged) {
		t.Errorf("stop: %v", err)
	}
	tries := b.lines.tries
	if err := b.motor.Advance(2049 * ms); err != nil || b.lines.tries != tries {
		t.Errorf("tried too early: %v", err)
	}
	for _, at := range []driver.Instant{2050, 2100} {
		if b.motor.Next() != at*ms {
			t.Errorf("next at %d", b.motor.Next()/ms)
		}
		if err := b.motor.Advance(at * ms); !errors.Is(err, fault.Hardware) {
			t.Errorf("advance: %v", err)
		}
	}
	b.lines.refuse = nil
	b.turn(b.motor, 2110*ms, 1) // has to wait until it was seen off for a dead time
	b.until(3000 * ms)
	if got, want := b.lines.text(), "-@0 16@1000 -@2150 16@2200"; got != want {
		t.Errorf("wrote %s\nwant  %s", got, want)
	}
	b.turn(b.motor, 3000*ms, 0)
	b.lines.refuse = errUnplugged
	if err := b.motor.Switch(4000*ms, 1); !errors.Is(err, fault.Hardware) {
		t.Errorf("start: %v", err)
	}
	b.lines.refuse = nil
	b.until(9000 * ms) // a start that failed is not made later
	if got, want := b.lines.text(), "-@3000 -@4050"; got != want {
		t.Errorf("wrote %s\nwant  %s", got, want)
	}
	// It may have been made, though, so that the other relay has to wait.
	b.turn(b.motor, 10000*ms, 1)
	b.turn(b.motor, 10100*ms, 0)
	b.until(11000 * ms)
	b.lines.refuse = errUnplugged
	if err := b.motor.Switch(11000*ms, -1); !errors.Is(err, fault.Hardware) {
		t.Errorf("start: %v", err)
	}
	b.lines.refuse = nil
	b.turn(b.motor, 11010*ms, 1)
	b.turn(b.motor, 11060*ms, 1)
	b.until(12000 * ms)
	if got, want := b.lines.text(), "16@10000 -@10100 -@11050 16@11100"; got != want {
		t.Errorf("wrote %s\nwant  %s", got, want)
	}
}

// Whatever is asked for, and however late the loop is: never two relays, never
// another one without a rest, and in the end what was asked for last.
func TestBreakBeforeMake(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var l lines
		c := relay.Config{Out: 3, In: 7, SlowOut: 0, SlowIn: 31, DeadTimeMs: 50, MaxOnS: 2}
		m, err := relay.New(&l, c)
		if err != nil {
			t.Fatal(err)
		}
		speeds := []driver.Relay{m, m.Slow()}
		want := [2][3]uint32{{1 << 7, 0, 1 << 3}, {1 << 31, 0, 1}}
		var asked uint32
		for range rapid.IntRange(1, 60).Draw(t, "calls") {
			l.now += driver.Instant(rapid.SampledFrom([]int{0, 1, 10, 49, 50, 51, 500, 1999, 2000, 5000}).Draw(t, "ms")) * ms
			if rapid.Bool().Draw(t, "advance") {
				if m.Advance(l.now) != nil {
					asked = 0 // ran too long
				}
				continue
			}
			speed, direction := rapid.IntRange(0, 1).Draw(t, "speed"), rapid.IntRange(-1, 1).Draw(t, "direction")
			if speeds[speed].Switch(l.now, direction) == nil {
				asked = want[speed][direction+1]
			}
		}
		if l.now += 50 * ms; m.Advance(l.now) != nil {
			asked = 0
		}
		if l.level != asked {
			t.Fatalf("lines %x, want %x", l.level, asked)
		}
		var before uint32
		var since driver.Instant
		for i := 1; i < len(l.log); i++ {
			was, is := l.log[i-1], l.log[i]
			if bits.OnesCount32(is.level) > 1 || is.level != 0 && was.level != 0 {
				t.Fatalf("%x after %x", is.level, was.level)
			}
			if is.level == 0 {
				before, since = was.level, is.at
			} else if before != 0 && before != is.level && is.at-since < 50*ms {
				t.Fatalf("%x on %d ms after %x", is.level, (is.at-since)/ms, before)
			}
		}
	})
}

func TestBadInput(t *testing.T) {
	for says, change := range map[string]func(*relay.Config){
		"out_line 32":                   func(c *relay.Config) { c.Out = 32 },
		"in_line -1":                    func(c *relay.Config) { c.In = -1 },
		"slow_in_line -1; they must be": func(c *relay.Config) { c.SlowOut = 3 },
		"two uses":                      func(c *relay.Config) { c.In = c.Out },
		"slow_in_line 16":               func(c *relay.Config) { c.SlowOut, c.SlowIn = 1, 16 },
		"dead_time_ms is 4":             func(c *relay.Config) { c.DeadTimeMs = 4 },
		"max_on_s is 0":                 func(c *relay.Config) { c.MaxOnS = 0 },
	} {
		c := relay.DefaultConfig()
		change(&c)
		l := new(lines)
		if _, err := relay.New(l, c); !errors.Is(err, fault.Invalid) || !strings.Contains(err.Error(), says) || l.tries != 0 {
			t.Errorf("got %v, want fault.Invalid saying %q", err, says)
		}
	}
	b := newBench(t)
	if err := b.motor.Switch(0, 2); !errors.Is(err, fault.Invalid) || b.lines.tries != 1 {
		t.Errorf("direction 2: %v", err)
	}
}

// null takes everything.
type null struct{ writes int }

func (n *null) Write(_, _ uint32) error { n.writes++; return nil }

// toggling returns a function that reverses the motor.
func toggling(t testing.TB) (*null, func()) {
	out := new(null)
	m, err := relay.New(out, relay.DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	var now driver.Instant
	direction := 1
	return out, func() {
		direction = -direction
		now += 100 * ms
		if m.Switch(now, direction) != nil || m.Advance(now+50*ms) != nil {
			t.Fatal("switch")
		}
	}
}

func TestNothingIsAllocated(t *testing.T) {
	out, toggle := toggling(t)
	if runs := testing.AllocsPerRun(1000, toggle); runs != 0 || out.writes < 2000 {
		t.Errorf("%v allocations a run, %d writes", runs, out.writes)
	}
}

func BenchmarkReversal(b *testing.B) {
	_, toggle := toggling(b)
	b.ReportAllocs()
	for b.Loop() {
		toggle()
	}
}
