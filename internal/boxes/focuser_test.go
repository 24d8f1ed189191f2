// SPDX-License-Identifier: GPL-3.0-or-later

package boxes

import (
	"testing"
	"time"

	"github.com/siderostep/siderostep/driver/harness"
	"github.com/siderostep/siderostep/driver/record"
	"github.com/siderostep/siderostep/focuser"
	"github.com/siderostep/siderostep/sim/box/plant"
)

// focusLine is the recorded port's line that is the parallel port's pin 1;
// pins 14, 16 and 17 follow.
const focusLine = 12

// method is one of the manual's ways to drive a focuser.
type method struct {
	number int
	drive  string
	lines  []int // as plant.LinePin1 and so on
	low    bool  // on while low
	within float64
}

func methods() []method {
	return []method{
		{number: 0, drive: harness.Relay, lines: []int{plant.LinePin16, plant.LinePin17}, within: 20},
		{number: 1, drive: harness.Relay, lines: []int{plant.LinePin16, plant.LinePin17, plant.LinePin1, plant.LinePin14}, low: true, within: 20},
		{number: 2, drive: harness.StepDirection, lines: []int{plant.LinePin1, plant.LinePin14}, within: 2.5},
		{number: 3, drive: harness.StepDirection, lines: []int{plant.LinePin16, plant.LinePin17}, low: true, within: 2.5},
	}
}

const (
	inOut   = 1600 // travel of the focuser
	atFirst = 1000
	fast    = 200.0 // steps per second of the DC motor
	slowly  = 50.0
	coast   = 20 * time.Millisecond
	dead    = 100 * time.Millisecond // between two relays
)

// wiredFocuser opens a telescope whose focuser is driven by a method.
func (m method) open(t *testing.T) *wired {
	t.Helper()
	dir := tmpfs(t)
	f := onHardware(dir)
	lines := make([]int, len(m.lines))
	for i, l := range m.lines {
		lines[i] = focusLine + l
	}
	f.Hardware.Focuser = output(m.drive, lines...)
	f.Hardware.Focuser.ActiveLow = m.low
	f.Focuser.Enabled, f.Focuser.MaxStep, f.Focuser.StartPosition = true, inOut, atFirst
	f.Focuser.MaxRate, f.Focuser.FastRate, f.Focuser.SlowRate, f.Focuser.Accel = 400, 200, 50, 1000
	if m.drive == harness.Relay {
		f.Hardware.Focuser.RelayDeadTimeMs = int(dead.Milliseconds())
		f.Focuser.Motor, f.Focuser.RelayRate = focuser.Relays, fast
		if len(lines) == 4 {
			f.Focuser.RelaySlowRate = slowly
		}
	}
	w := openWired(t, f, hardwareParts(dir))
	w.connect("focuser/0")
	return w
}

// plant returns what hangs from the lines.
func (m method) plant(w *wired, r *replay) *plant.Focuser {
	w.Helper()
	p, err := plant.NewFocuser(plant.FocuserConfig{
		Method: m.number, Position: atFirst, Low: -100, High: inOut + 100, Fast: fast, Slow: slowly, Coast: coast,
		MinPulse: time.Microsecond, ActiveLow: m.low, Now: r.now,
	})
	if err != nil {
		w.Fatal(err)
	}
	r.hang(focusLine, p)
	return p
}

// focused waits until the focuser rests, and returns its position.
func (w *wired) focused() float64 {
	w.Helper()
	w.eventually("the focuser rests", func() bool { return !w.alpaca.is("focuser/0/ismoving") })
	return w.alpaca.number("focuser/0/position")
}

// passing waits until the focuser has come by a position on its way out, or in.
func (w *wired) passing(to float64, way float64) {
	w.Helper()
	w.eventually("the focuser is on its way", func() bool { return (w.alpaca.number("focuser/0/position")-to)*way > 0 })
}

func TestFocusMethods(t *testing.T) {
	t.Parallel()
	for _, m := range methods() {
		t.Run(string(rune('0'+m.number)), func(t *testing.T) {
			t.Parallel()
			w := m.open(t)
			for _, to := range []int{1300, 1250, 900} {
				w.alpaca.put("focuser/0/move", "Position", to)
				w.close("position", w.focused(), float64(to), 0)
			}
			// Halted, it stays, and knows where.
			w.alpaca.put("focuser/0/move", "Position", inOut)
			w.passing(1100, 1)
			w.alpaca.put("focuser/0/halt")
			if at := w.focused(); at <= 1100 || at > inOut-50 {
				t.Errorf("halted at %v", at)
			}
			// Turned about while it moves.
			w.alpaca.put("focuser/0/move", "Position", inOut)
			w.passing(w.alpaca.number("focuser/0/position")+50, 1)
			w.alpaca.put("focuser/0/move", "Position", 1000)
			w.close("position after turning about", w.focused(), 1000, 0)
			w.keys()
			// Not beyond its ends.
			w.alpaca.put("focuser/0/move", "Position", inOut+1000)
			w.close("the outer end", w.focused(), inOut, 0)
			w.lx200.say(":FF#:F+#")
			w.passes(500 * time.Millisecond)
			w.close("beyond the outer end", w.focused(), inOut, 0)
			w.lx200.say(":FQ#")

			if err := w.stop(); err != nil {
				t.Error(err)
			}
			m.check(w)
		})
	}
}

// presses holds a key of LX200 down until the focuser has passed a position.
// Should the executor not have heard of a busy program for half a second, it
// stops, and the key is pressed again, as people do.
func (w *wired) presses(keys string, to, way float64) {
	w.Helper()
	w.lx200.say(keys)
	w.eventually(keys+" moves the focuser", func() bool {
		if n := w.Focusers[0].Snapshot(); n.Fault != nil && n.Holder == "" {
			w.Logf("%s: %v; again", keys, n.Fault)
			w.lx200.say(keys)
			time.Sleep(200 * time.Millisecond)
		}
		a := w.alpaca.asks("focuser/0/position")
		at, ok := a.Value.(float64)
		return ok && (at-to)*way > 0
	})
}

// keys holds LX200's keys down.
func (w *wired) keys() {
	w.Helper()
	at := w.focused()
	w.presses(":FF#:F+#", at+80, 1)
	w.presses(":F-#", at+20, -1) // at once the other way
	w.lx200.say(":FQ#")
	at = w.focused()
	w.presses(":FS#:F+#", at+20, 1)
	w.presses(":F-#", at, -1)
	w.lx200.say(":FQ#")
	w.focused()
}

// check replays all of that.
func (m method) check(w *wired) {
	w.Helper()
	off := uint32(0)
	used := uint32(0xF) << focusLine
	if m.low {
		off = used
	}
	for i := range 4 { // lines that this method leaves alone stay low
		if !contains(m.lines, i) {
			used &^= 1 << (focusLine + i)
		}
	}
	if m.drive == harness.Relay { // a direction line may stay as it is
		w.afterwards(used, off)
		m.pauses(w)
	}
	r := w.replay()
	p := m.plant(w, r)
	w.follows(r, "the focuser", ofFocuser, m.within, func() float64 { return p.Truth().Position - atFirst })
	r.end()
	truth := p.Truth()
	w.close("where the focuser really is", truth.Position, inOut, m.within)
	if m.drive == harness.StepDirection && truth.Position != inOut {
		w.Errorf("pulses were lost: %+v", truth)
	}
	if truth.Speed > 0.01 || truth.Conflicts+truth.EndStops+truth.Ignored+truth.Hurried != 0 {
		w.Errorf("%+v", truth)
	}
}

func contains(list []int, n int) bool {
	for _, one := range list {
		if one == n {
			return true
		}
	}
	return false
}

// pauses sees that between two relays all are off for the dead time, and
// that each of them was used.
func (m method) pauses(w *wired) {
	w.Helper()
	used := uint32(0)
	var on uint32
	var last record.Record // that switched a relay off
	for r := range w.port.Records(0) {
		if r.Mask>>focusLine&0xF == 0 {
			continue
		}
		levels := r.Levels
		if m.low {
			levels = ^levels
		}
		var now uint32
		for _, l := range m.lines {
			now |= levels & (1 << (focusLine + l))
		}
		switch {
		case now == on:
			continue
		case now != 0 && on != 0:
			w.Errorf("from relays %X to %X without a pause", on, now)
		case now == 0:
			last = r
			last.Levels = on
		case last.Levels != 0 && now != last.Levels && r.At.Sub(last.At) < dead-5*time.Millisecond: // the first may be written late
			w.Errorf("from relays %X to %X within %v", last.Levels, now, r.At.Sub(last.At))
		}
		used |= now
		on = now
	}
	for _, l := range m.lines {
		if used>>(focusLine+l)&1 == 0 {
			w.Errorf("the relay at line %d was never used", l)
		}
	}
}
