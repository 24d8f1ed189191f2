// SPDX-License-Identifier: GPL-3.0-or-later

// Package pwm shares current between windings by switching output lines: the
// pulse-width modulation of driver.Pattern, in software.
//
// The original writes every slot of a period, a hundred or more. Here a period
// has one write that switches on all windings of the pattern, and one more for
// every instant at which some of them go off: at most five, so that 1 kHz costs
// 5,000 writes a second and a pattern that does not change within its period
// (a half step, all off) costs none.
//
// Periods follow each other on a fixed grid, whatever is written when: a late
// write shortens or lengthens one share by its lateness, 5 % of the current
// for 50 µs at 1 kHz, and the next edge is on time again.
//
// Source: stepper-core §1.2, §1.7.
package pwm

import (
	"time"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/fault"
)

// The periods that New takes. Usual ones are 0.6 to 2.8 ms.
const (
	Shortest = 10 * time.Microsecond
	Longest  = time.Second
)

// maxBits is the number of bits in a pattern's word.
const maxBits = 16

// Port is a driver.Windings on output lines, and a driver.Clocked that has to
// be called when a winding is to be switched. It belongs to one goroutine,
// except for Lateness.
type Port struct {
	lines  driver.Lines
	mask   uint32
	levels [2][256]uint32 // lines that a word's low and high byte set
	period int64          // ns

	edges [driver.MaxSlots]edge // of the present pattern
	n     int                   // edges used; 0 before the first Drive
	i     int                   // the one that stands
	start driver.Instant        // of the present period
	last  driver.Instant        // latest instant that was heard of
	next  driver.Instant

	shown   uint32
	known   bool // whether shown is on the lines
	err     error
	late    clock.Durations
	skipped uint64
}

// edge is a word on the lines and when it ends, ns from the period's start.
type edge struct {
	word uint32
	end  int64
}

var (
	_ driver.Windings = (*Port)(nil)
	_ driver.Clocked  = (*Port)(nil)
)

// New returns a port whose pattern bit b is on line wiring[b] of lines; bits
// beyond the wiring go nowhere. Words are levels: whether a winding is on while
// its line is high or low was settled when they were made (waveform's
// invert_output). New writes nothing, for it does not know which level is off;
// the executor's first Drive switches off.
//
// It returns fault.Invalid for a wiring that is empty, longer than 16 or not
// of distinct lines 0 to 31, and for a period out of range.
func New(lines driver.Lines, wiring []int, period time.Duration) (*Port, error) {
	if period < Shortest || period > Longest {
		return nil, fault.New(fault.Invalid, "pwm", "the period is %v; it must be from %v to %v", period, Shortest, Longest)
	}
	if len(wiring) == 0 || len(wiring) > maxBits {
		return nil, fault.New(fault.Invalid, "pwm", "%d lines; there must be 1 to %d, one for each winding", len(wiring), maxBits)
	}
	p := &Port{lines: lines, period: int64(period), next: driver.Never}
	for bit, line := range wiring {
		if line < 0 || line > 31 {
			return nil, fault.New(fault.Invalid, "pwm", "winding %d is on line %d; lines are 0 to 31", bit, line)
		}
		if p.mask>>line&1 == 1 {
			return nil, fault.New(fault.Invalid, "pwm", "winding %d is on line %d, as another one is", bit, line)
		}
		p.mask |= 1 << line
		for b := range 256 {
			p.levels[bit/8][b] |= uint32(b) >> (bit % 8) & 1 << line
		}
	}
	return p, nil
}

// Drive puts the pattern on the windings from instant at on. The period's
// phase is kept: what is due at this point of it goes out at once, so that
// shares are right on the average even when patterns change faster than they
// are played.
//
// It returns fault.Hardware when the lines do not take it; they may then be at
// either level, and nothing is written before the next edge or Drive. It
// returns fault.Invalid, and does nothing, for a pattern without duration.
func (p *Port) Drive(at driver.Instant, pattern *driver.Pattern) error {
	slots := int64(pattern.Period())
	if slots <= 0 {
		return fault.New(fault.Invalid, "pwm", "a pattern of %d entries lasts %d slots; it must last at least one", pattern.N, slots)
	}
	at = max(at, p.last)
	p.last = at
	switch {
	case p.n == 0:
		p.start = at
	case at >= p.next:
		p.missed(at)
	}
	p.plan(pattern, slots)
	p.seek(at)
	return p.show()
}

// plan takes over a pattern, in lines and nanoseconds. Neighbours that are the
// same on these lines become one.
func (p *Port) plan(pattern *driver.Pattern, slots int64) {
	p.n = 0
	until := int64(0)
	for _, s := range pattern.Slots[:pattern.N] {
		if s.For == 0 {
			continue
		}
		until += int64(s.For)
		e := edge{
			word: p.levels[0][s.Word&0xFF] | p.levels[1][s.Word>>8],
			end:  p.period * until / slots, // not a sum of rounded slots
		}
		if p.n > 0 && p.edges[p.n-1].word == e.word {
			p.n--
		}
		p.edges[p.n] = e
		p.n++
	}
}

// seek finds the period and the edge that instant at lies in, and when the
// next one comes.
func (p *Port) seek(at driver.Instant) {
	p.start += driver.Instant((int64(at-p.start) / p.period) * p.period)
	phase := int64(at - p.start)
	p.i = 0
	for p.i < p.n-1 && phase >= p.edges[p.i].end {
		p.i++
	}
	p.next = driver.Never
	if p.n > 1 {
		p.next = p.start + driver.Instant(p.edges[p.i].end)
	}
}

// show writes what stands, if it is not on the lines already.
func (p *Port) show() error {
	word := p.edges[p.i].word
	if p.known && word == p.shown {
		return nil
	}
	if err := p.lines.Write(word, p.mask); err != nil {
		p.known = false
		p.err = fault.Wrap(fault.Hardware, "pwm", err)
		return p.err
	}
	p.shown, p.known = word, true
	return nil
}

// Next returns when the next winding is to be switched; Never when the
// pattern stands still.
func (p *Port) Next() driver.Instant { return p.next }

// Advance switches what is due at now. Edges that were missed are left out,
// not played in a burst: the lines go to what is right at now. It returns
// fault.Hardware as Drive does.
func (p *Port) Advance(now driver.Instant) error {
	if now < p.next {
		return nil
	}
	now = max(now, p.last)
	p.last = now
	p.missed(now)
	p.seek(now)
	return p.show()
}

// missed counts how late the edge is that was due, and those after it that
// are over too.
func (p *Port) missed(now driver.Instant) {
	p.late.Add(now.Sub(p.next))
	before, from := p.start, p.i
	p.seek(now)
	periods := uint64(int64(p.start-before) / p.period)
	p.skipped += periods*uint64(p.n) + uint64(p.i) - uint64(from) - 1
}

// Lateness returns by how much Advance came after the edges that it was called
// for. Any goroutine may call it.
func (p *Port) Lateness() clock.Tally { return p.late.Load() }

// Skipped returns how many edges were never written because the next one was
// due already.
func (p *Port) Skipped() uint64 { return p.skipped }

// Err returns the latest failure of the lines, fault.Hardware, or nil when
// they never failed.
func (p *Port) Err() error { return p.err }
