// SPDX-License-Identifier: GPL-3.0-or-later

package pwm_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/driver/pwm"
	"github.com/siderostep/siderostep/driver/waveform"
	"github.com/siderostep/siderostep/fault"
)

const slot = 100 * time.Microsecond

// The bytes of stepper-core §1.2, now with their times: A at a1, Z at c3, in
// periods of ten slots and a pause of five.
func TestWorkedBytesInTime(t *testing.T) {
	const a1, c3 = 1, 11
	tests := []struct {
		name   string
		change func(a, z *waveform.Config)
		want   string
	}{
		{"plain", func(_, _ *waveform.Config) {}, "C3@0 81@6 00@10 C3@15 81@21 00@25 C3@30"},
		{"inverted", func(a, z *waveform.Config) { a.Invert, z.Invert = true, true }, "3C@0 7E@6 FF@10 3C@15 7E@21 FF@25 3C@30"},
		{"A reversed", func(a, _ *waveform.Config) { a.Reverse = true }, "C6@0 84@6 00@10 C6@15 84@21 00@25 C6@30"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a, z := worked(), worked()
			tt.change(&a, &z)
			p, low, high := pair(t, a, z)
			b := newBench(t, bits8, 15*slot)
			b.drive(0, p.Combine(low.Phase(a1), high.Phase(c3)))
			b.until(driver.Instant(30*slot) + 1)
			if got := b.lines.text(slot); got != tt.want {
				t.Errorf("wrote %s\nwant  %s", got, tt.want)
			}
			for _, w := range b.lines.log {
				if w.mask != 0xFF {
					t.Errorf("wrote to lines %x", w.mask)
				}
			}
		})
	}
}

// A period that is no multiple of its slots keeps its frequency: 15 slots in a
// millisecond are 66,666⅔ ns each.
func TestPeriodsAreExact(t *testing.T) {
	p, low, high := pair(t, worked(), worked())
	b := newBench(t, bits8, time.Millisecond)
	b.drive(0, p.Combine(low.Phase(1), high.Phase(11)))
	b.until(driver.Instant(time.Second))
	if n := len(b.lines.log); n != 3000 {
		t.Errorf("%d writes in 1000 periods, want 3000", n)
	}
	b.lines.log = b.lines.log[2997:]
	if got, want := b.lines.text(1), "C3@9.99e+08 81@9.994e+08 00@9.99666666e+08"; got != want {
		t.Errorf("wrote %s, want %s", got, want)
	}
}

// Five-phase motors: bits 0-3 and 5-8 on the eight data lines, the fifth
// phases, bits 4 and 9, on lines of their own (§1.5: pins 16 and 17).
func TestFiveWindings(t *testing.T) {
	c := waveform.Config{Windings: 5, Microsteps: 4, Slots: 10, Pause: 5, Leaving: []int{10, 10, 10, 6}}
	p, low, high := pair(t, c, c)
	b := newBench(t, []int{0, 1, 2, 3, 16, 4, 5, 6, 7, 17}, 15*slot)
	const d1, e0 = 3*4 + 1, 4 * 4
	b.drive(0, p.Combine(low.Phase(d1), high.Phase(e0)))
	b.until(driver.Instant(15 * slot))
	// A: 18 for 6 slots, then 08; Z: 10. Bit 3 is line 3, bit 4 line 16, bit 9 line 17.
	if got, want := b.lines.text(slot), "30008@0 20008@6 00@10"; got != want {
		t.Errorf("wrote %s, want %s", got, want)
	}
	if b.lines.log[0].mask != 0x300FF {
		t.Errorf("mask %x", b.lines.log[0].mask)
	}
}

// Half steps and off stand still: one write, and nothing to be called for.
func TestStandingPatterns(t *testing.T) {
	p, low, high := pair(t, worked(), worked())
	b := newBench(t, bits8, 15*slot)
	if b.port.Next() != driver.Never || len(b.lines.log) != 0 {
		t.Error("has something to do before the first Drive")
	}
	b.drive(0, p.Off())
	b.drive(1000, p.Combine(low.HalfStep(0), high.HalfStep(2)))
	if b.port.Next() != driver.Never {
		t.Errorf("wants to be called at %d", b.port.Next())
	}
	b.drive(2000, p.Combine(low.HalfStep(0), high.HalfStep(2)))
	b.until(driver.Instant(time.Hour))
	b.drive(driver.Instant(time.Hour), p.Off())
	if got, want := b.lines.text(1), "00@0 31@1000 00@3.6e+12"; got != want {
		t.Errorf("wrote %s, want %s", got, want)
	}
	if err := b.port.Advance(driver.Instant(2 * time.Hour)); err != nil || len(b.lines.log) != 3 {
		t.Errorf("advance: %v, %d writes", err, len(b.lines.log))
	}
}

// What the other half of the word does costs nothing where it is not wired.
func TestUnwiredChangesAreNone(t *testing.T) {
	p, low, high := pair(t, worked(), worked())
	b := newBench(t, bits8[:4], 15*slot)
	b.drive(0, p.Combine(low.HalfStep(1), high.Phase(11)))
	if b.port.Next() != driver.Never || b.lines.text(1) != "03@0" {
		t.Errorf("wrote %s, next is due at %d", b.lines.text(1), b.port.Next())
	}
}

// A change within a period shows what is due at its point of the period.
func TestChangeKeepsThePhase(t *testing.T) {
	p, low, high := pair(t, worked(), worked())
	b := newBench(t, bits8, 15*slot)
	at := func(slots float64) driver.Instant { return driver.Instant(slots * float64(slot)) }
	b.drive(0, p.Combine(low.Phase(1), waveform.Phase{}))       // 03×6 01×4
	b.drive(at(7.5), p.Combine(low.Phase(2), waveform.Phase{})) // 03×10: one slot and a half too few are made up now
	b.drive(at(12), p.Combine(low.Phase(3), waveform.Phase{}))  // in the pause: nothing yet
	b.until(at(15) + 1)
	b.drive(at(15*1e4+8), p.Combine(low.Phase(3), high.Phase(0))) // same phase after a long time
	tail := b.lines.log[len(b.lines.log)-1]
	b.lines.log = b.lines.log[:5]
	if got, want := b.lines.text(slot), "03@0 01@6 03@7.5 00@10 03@15"; got != want {
		t.Errorf("wrote %s, want %s", got, want)
	}
	if tail.word != 0x12 {
		t.Errorf("8 slots into the period: %x, want 12", tail.word)
	}
	if n := b.port.Skipped(); n != 0 {
		t.Errorf("%d edges skipped", n)
	}
}

// A call that comes late finds the word for its own time, and no burst.
func TestLateCalls(t *testing.T) {
	p, low, high := pair(t, worked(), worked())
	b := newBench(t, bits8, 15*slot)
	at := func(slots int) driver.Instant { return driver.Instant(slots) * driver.Instant(slot) }
	b.drive(0, p.Combine(low.Phase(1), high.Phase(11)))
	late := func(now driver.Instant) {
		b.lines.now = now
		if err := b.port.Advance(now); err != nil {
			t.Fatal(err)
		}
	}
	late(at(7))         // 81, a slot late
	late(at(15*4 + 8))  // 81 again, four periods on: nothing to write; edges at 10, 15, … 66, missed but the last
	late(at(15*5 + 12)) // 00; 70, 75, 81 missed, 85 two slots late
	late(at(15 * 6))    // on time
	if got, want := b.lines.text(slot), "C3@0 81@7 00@87 C3@90"; got != want {
		t.Errorf("wrote %s, want %s", got, want)
	}
	// Due at 6 and 10 (58 slots late), then 70 and 90.
	tally := b.port.Lateness()
	if tally.Count() != 4 || tally.Sum != (1+58+17)*slot {
		t.Errorf("%d late by %v together", tally.Count(), tally.Sum)
	}
	if n := b.port.Skipped(); n != 11+3 {
		t.Errorf("%d edges skipped, want 14", n)
	}
	// A step in place of an edge that is over counts it, too.
	b.lines.now = at(98)
	off := p.Off()
	if err := b.port.Drive(at(98), &off); err != nil {
		t.Fatal(err)
	}
	if tally := b.port.Lateness(); tally.Count() != 5 || tally.Sum != (1+58+17+2)*slot {
		t.Errorf("%d late by %v together", tally.Count(), tally.Sum)
	}
	if b.lines.level != 0 {
		t.Errorf("lines %x, want off", b.lines.level)
	}
}

// Time that goes back stands still: steps bear the instant they were due at,
// which may lie before the latest edge.
func TestDriveDatedBack(t *testing.T) {
	p, low, high := pair(t, worked(), worked())
	b := newBench(t, bits8, 15*slot)
	b.drive(0, p.Combine(low.Phase(1), high.Phase(11)))
	b.until(driver.Instant(6*slot) + 1) // 81
	pattern := p.Combine(low.Phase(1), high.Phase(0))
	if err := b.port.Drive(driver.Instant(2*slot), &pattern); err != nil {
		t.Fatal(err)
	}
	if b.lines.level != 0x11 {
		t.Errorf("lines %x, want 11, as is due after six slots", b.lines.level)
	}
}

func TestFailure(t *testing.T) {
	p, low, high := pair(t, worked(), worked())
	b := newBench(t, bits8, 15*slot)
	pattern := p.Combine(low.Phase(1), high.Phase(11))
	b.lines.refuse = errUnplugged
	check := func(what string, err error) {
		t.Helper()
		if !errors.Is(err, fault.Hardware) || !errors.Is(err, errUnplugged) || !errors.Is(b.port.Err(), errUnplugged) {
			t.Errorf("%s: %v, remembered %v", what, err, b.port.Err())
		}
	}
	check("drive", b.port.Drive(0, &pattern))
	tries := b.lines.tries
	if err := b.port.Advance(100); err != nil || b.lines.tries != tries {
		t.Errorf("tries again at once: %v", err)
	}
	check("advance", b.port.Advance(driver.Instant(6*slot)))
	b.lines.refuse = nil
	// Nobody knows what the lines show, so even the same word is written.
	if err := b.port.Drive(driver.Instant(7*slot), &pattern); err != nil || b.lines.level != 0x81 {
		t.Errorf("when it works again: %v, lines %x", err, b.lines.level)
	}
	if b.port.Err() == nil {
		t.Error("the failure is forgotten")
	}
	// Also when it is the word that stood before the failure.
	b.lines.refuse = errUnplugged
	off := p.Off()
	check("off", b.port.Drive(driver.Instant(8*slot), &off))
	b.lines.refuse, b.lines.level = nil, 0 // the lines took it after all
	if err := b.port.Drive(driver.Instant(9*slot), &pattern); err != nil || b.lines.level != 0x81 {
		t.Errorf("after a failure that took effect: %v, lines %x", err, b.lines.level)
	}
}

func TestBadInput(t *testing.T) {
	for _, tt := range []struct {
		name   string
		wiring []int
		period time.Duration
		says   string
	}{
		{"no lines", nil, time.Millisecond, "0 lines"},
		{"17 lines", make([]int, 17), time.Millisecond, "17 lines"},
		{"line 32", []int{0, 32}, time.Millisecond, "winding 1 is on line 32"},
		{"line -1", []int{-1}, time.Millisecond, "line -1"},
		{"a line twice", []int{3, 4, 3}, time.Millisecond, "winding 2 is on line 3"},
		{"no period", []int{0}, 0, "period is 0s"},
		{"long period", []int{0}, time.Second + 1, "period is 1.000000001s"},
	} {
		port, err := pwm.New(new(lines), tt.wiring, tt.period)
		if port != nil || !errors.Is(err, fault.Invalid) || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: %v, want fault.Invalid saying %q", tt.name, err, tt.says)
		}
	}
	b := newBench(t, bits8, time.Millisecond)
	if err := b.port.Drive(0, new(driver.Pattern)); !errors.Is(err, fault.Invalid) || b.lines.tries != 0 {
		t.Errorf("empty pattern: %v", err)
	}
}
