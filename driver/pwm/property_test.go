// SPDX-License-Identifier: GPL-3.0-or-later

package pwm_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/driver/pwm"
	"github.com/siderostep/siderostep/driver/waveform"
)

// naive returns the word that a player of single slots shows at phase of a
// period.
func naive(p driver.Pattern, phase, slot time.Duration) uint16 {
	var words []uint16
	for _, s := range p.Slots[:p.N] {
		words = append(words, slices.Repeat([]uint16{s.Word}, int(s.For))...)
	}
	return words[phase/slot]
}

// rewired moves bits to lines one by one.
func rewired(word uint16, wiring []int) (level uint32) {
	for bit, line := range wiring {
		if word>>bit&1 == 1 {
			level |= 1 << line
		}
	}
	return level
}

// change is a pattern and when it was driven.
type change struct {
	at driver.Instant
	p  driver.Pattern
}

func patterns(slots int) *rapid.Generator[driver.Pattern] {
	return rapid.Custom(func(t *rapid.T) (p driver.Pattern) {
		for left := slots; left > 0 && p.N < driver.MaxSlots; p.N++ {
			n := rapid.IntRange(1, left).Draw(t, "for")
			if p.N == driver.MaxSlots-1 {
				n = left
			}
			p.Slots[p.N] = driver.Slot{Word: rapid.Uint16().Draw(t, "word"), For: uint16(n)}
			left -= n
		}
		return p
	})
}

// However patterns follow each other, and however late the calls are, the
// lines show after every call what a player of slots shows at that time; and
// on time, they do so always.
func TestLikeANaivePlayer(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		slots := rapid.IntRange(1, 40).Draw(t, "slots")
		slot := time.Duration(rapid.IntRange(1, 5000).Draw(t, "slot ns"))
		if time.Duration(slots)*slot < pwm.Shortest {
			slot = pwm.Shortest/time.Duration(slots) + 1
		}
		period := time.Duration(slots) * slot
		wiring := rapid.Permutation([]int{0, 1, 2, 3, 16, 4, 5, 6, 7, 17, 31}).Draw(t, "lines")[:rapid.IntRange(1, 11).Draw(t, "wired")]
		onTime := rapid.Bool().Draw(t, "on time")
		var out lines
		port, err := pwm.New(&out, wiring, period)
		if err != nil {
			t.Fatal(err)
		}
		begin := driver.Instant(rapid.Int64Range(0, 1e15).Draw(t, "begin"))
		var now change
		check := func(what string) {
			due := rewired(naive(now.p, out.now.Sub(begin)%period, slot), wiring)
			if out.level != due {
				t.Fatalf("%s at %d: lines %x, want %x", what, out.now-begin, out.level, due)
			}
			for i := 1; i < len(out.log); i++ {
				if out.log[i].word == out.log[i-1].word {
					t.Fatalf("wrote %x twice", out.log[i].word)
				}
			}
			out.log = out.log[:0]
		}
		out.now = begin
		for range rapid.IntRange(1, 30).Draw(t, "changes") {
			now = change{out.now, patterns(slots).Draw(t, "pattern")}
			if err := port.Drive(now.at, &now.p); err != nil {
				t.Fatal(err)
			}
			check("drive")
			end := out.now + driver.Instant(rapid.Int64Range(0, 3*int64(period)).Draw(t, "stands for"))
			for port.Next() < end {
				out.now = port.Next()
				if !onTime {
					out.now += driver.Instant(rapid.Int64Range(0, 2*int64(period)).Draw(t, "late"))
				}
				if err := port.Advance(out.now); err != nil {
					t.Fatal(err)
				}
				check("advance")
				if port.Next() <= out.now {
					t.Fatalf("next is due at %d, at %d", port.Next(), out.now)
				}
				end = max(end, out.now)
			}
			if onTime {
				// Nothing was due since the latest edge, so it is still right.
				out.now = max(out.now, end-1)
				check("before the next")
			}
			out.now = end
		}
	})
}

// A motor that steps at random, often faster than the period, has in each
// winding the time that its patterns give it, within a slot for every change.
func TestDutyOverRandomSteps(t *testing.T) {
	const period = 100 * slot
	random := rand.New(rand.NewPCG(3, 14))
	c := waveform.DefaultConfig()
	p, low, high := pair(t, c, c)
	b := newBench(t, bits8, period)
	var wanted [8]float64 // ns
	var at driver.Instant
	a, z, changes := 0, 0, 0
	const end = driver.Instant(100 * time.Second)
	for at < end {
		pattern := p.Combine(low.Phase(count(a)), high.Phase(count(z)))
		b.drive(at, pattern)
		changes++
		stands := driver.Instant(random.ExpFloat64() * float64(period) * 0.8)
		stands = min(stands, end-at)
		for bit := range wanted {
			on := 0
			for _, s := range pattern.Slots[:pattern.N] {
				if s.Word>>bit&1 == 1 {
					on += int(s.For)
				}
			}
			// Independent of phase: expected over a period that starts anywhere.
			wanted[bit] += float64(stands) * float64(on) / float64(pattern.Period())
		}
		at += max(stands, 1)
		a += random.IntN(3) - 1
		z += random.IntN(5) - 2
	}
	b.until(end)
	var got [8]float64
	for i, w := range b.lines.log {
		until := end
		if i+1 < len(b.lines.log) {
			until = b.lines.log[i+1].at
		}
		for bit := range got {
			if w.word>>bit&1 == 1 {
				got[bit] += float64(until - w.at)
			}
		}
	}
	var worst time.Duration
	for bit := range got {
		difference := time.Duration(got[bit] - wanted[bit])
		worst = max(worst, difference.Abs())
		// A slot a change is what one may be off; at random they cancel.
		if bound := time.Duration(changes) * slot / 20; difference.Abs() > bound {
			t.Errorf("winding %d: on for %v, want %v", bit, time.Duration(got[bit]), time.Duration(wanted[bit]))
		}
		if got[bit] < 0.1*float64(end) {
			t.Errorf("winding %d is hardly ever on", bit)
		}
	}
	t.Logf("%d steps in %d periods, %d writes; %v off at worst, %.2f slots a step",
		changes, end/driver.Instant(period), len(b.lines.log), worst, float64(worst/slot)/float64(changes))
}
