// SPDX-License-Identifier: GPL-3.0-or-later

package executor

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/siderostep/siderostep/driver"
)

// command is one thing done to the motors, as bytes: what and to which axis,
// then the words of a segment.
func command(op, axis byte, start, dur, p int64, v, a, j float64) []byte {
	b := []byte{op + 8*axis}
	for _, n := range []int64{start, dur, p} {
		b = binary.LittleEndian.AppendUint64(b, uint64(n))
	}
	for _, x := range []float64{v, a, j} {
		b = binary.LittleEndian.AppendUint64(b, math.Float64bits(x))
	}
	return b
}

// What a command does.
const (
	doResume byte = iota
	doBeat
	doSplice
	doAppend
	doSpliceTamed
	doAppendTamed
	doHalt
	doRelease
)

// tame gives s rates that an axis can often make.
func tame(s *driver.Segment) {
	s.Dur = 1 + (s.Dur&math.MaxInt64)%2e9
	s.V, s.A, s.J = math.Mod(s.V, 1e5), math.Mod(s.A, 1e5), math.Mod(s.J, 1e5)
}

// chaos obeys commands made of any bytes, then halts. Whatever they were, the
// axes stayed below their rate, the count is what was made, time did not go
// back, the halt brought rest, and no segment is left.
func chaos(t testing.TB, data []byte) error {
	m, log := windingAxes(t, func(c *Config) {
		c.Axes[0].Limited, c.Axes[0].Min, c.Axes[0].Max = true, -20000, 30000
		c.Axes = append(c.Axes[:2:2], Axis{Kind: Pulse, Brake: 1e5, MaxRate: 1e5})
	})
	pulses := m.exec.axes[2].out.pulser.(*pulseLog)
	var now driver.Instant
	const size = 1 + 6*8
	for len(data) >= size && now < 20e9 {
		bytes := data[:size]
		data = data[size:]
		word := func(i int) uint64 { return binary.LittleEndian.Uint64(bytes[1+8*i:]) }
		op, axis := bytes[0]%8, int(bytes[0]/8)%3
		s := driver.Segment{
			Start: driver.Instant(word(0)), Dur: time.Duration(word(1)), P: driver.Position(word(2)),
			V: math.Float64frombits(word(3)), A: math.Float64frombits(word(4)), J: math.Float64frombits(word(5)),
		}
		switch op {
		case doResume:
			m.Resume()
		case doBeat:
			now += max(0, min(s.Start, 1e9))
			m.Beat(now)
		case doSplice, doAppend:
			s.Splice = op == doSplice
			m.Queue(axis, s)
		case doSpliceTamed: // from near where the axis is
			tame(&s)
			s.Start = now + s.Start%1e9
			s.P, s.Splice = m.Report(axis).Position+s.P%(1000*driver.One), true
			m.Queue(axis, s)
		case doAppendTamed:
			tame(&s)
			last := m.planner.axes[axis].last
			s.Start = last.End()
			s.P, _ = last.At(s.Start)
			m.Queue(axis, s)
		case doHalt:
			m.Halt()
		case doRelease:
			m.Release()
		}
	}
	m.Beat(now)
	m.Halt()
	m.Beat(now + 4e9)

	var errs []error
	wrong := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	for i := range 3 {
		r := m.Report(i)
		if r.State != driver.Halted && r.State != driver.Released || r.Rate != 0 {
			wrong("axis %d after a halt: %+v", i, r)
		}
		if d := math.Abs(float64(r.Emitted) - r.Position.Microsteps()); d > 1.001 {
			wrong("axis %d: emitted %d at %.4f", i, r.Emitted, r.Position.Microsteps())
		}
		if held := m.board.axes[i].ring.Held(); held != 0 {
			wrong("axis %d: %d segments held", i, held)
		}
		if steps := m.Counters(i).Steps; float64(steps) > 1.1e5*(now.Sub(0).Seconds()+5)+10 {
			wrong("axis %d: %d steps in %v", i, steps, now.Sub(0))
		}
	}
	if pulses.count != int64(m.Report(2).Emitted) {
		wrong("%d pulses made, %d reported", pulses.count, m.Report(2).Emitted)
	}
	if !slices.IsSorted(pulses.at) || !slices.IsSorted(log.at) {
		wrong("time goes back")
	}
	return errors.Join(errs...)
}

func FuzzExecutor(f *testing.F) {
	f.Add(slices.Concat(
		command(doResume, 0, 0, 0, 0, 0, 0, 0), command(doSplice, 0, 0, 1e9, 0, 1000, -3000, 5000),
		command(doBeat, 0, 5e8, 0, 0, 0, 0, 0), command(doSplice, 0, 6e8, 1e9, 1<<40, 500, 0, 0),
		command(doBeat, 0, 1e9, 0, 0, 0, 0, 0)))
	f.Add(slices.Concat(
		command(doResume, 0, 0, 0, 0, 0, 0, 0), command(doSpliceTamed, 1, 0, 1e9, 0, 0, 1e4, -2e4),
		command(doAppendTamed, 1, 1e9, 1e9, 0, 0, 0, 0), command(doHalt, 0, 0, 0, 0, 0, 0, 0),
		command(doBeat, 0, 3e9, 0, 0, 0, 0, 0)))
	f.Fuzz(func(t *testing.T, data []byte) {
		if err := chaos(t, data); err != nil {
			t.Error(err)
		}
	})
}

// The fuzz target's checks on commands that mostly make sense.
func TestAnyCommands(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		data := command(doResume, 0, 0, 0, 0, 0, 0, 0)
		for range rapid.IntRange(1, 60).Draw(rt, "commands") {
			op := rapid.SampledFrom([]byte{
				doBeat, doBeat, doBeat, doSpliceTamed, doSpliceTamed, doAppendTamed, doAppendTamed, doAppendTamed,
				doResume, doHalt, doRelease,
			}).Draw(rt, "op")
			axis := byte(rapid.IntRange(0, 2).Draw(rt, "axis"))
			rate := rapid.Float64Range(-99e3, 99e3)
			data = append(data, command(op, axis,
				rapid.Int64Range(-2e8, 8e8).Draw(rt, "start"), rapid.Int64Range(1, 1e9).Draw(rt, "dur"), rapid.Int64().Draw(rt, "p"),
				rate.Draw(rt, "v"), rate.Draw(rt, "a"), rate.Draw(rt, "j"))...)
		}
		if err := chaos(t, data); err != nil {
			rt.Error(err)
		}
	})
}
