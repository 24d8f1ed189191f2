// SPDX-License-Identifier: GPL-3.0-or-later

package plant

import (
	"math"
	"sync"
	"time"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/fault"
)

// The lines of a focuser: the control pins of the parallel port.
const (
	LinePin1 = iota
	LinePin14
	LinePin16
	LinePin17
)

// setUp is how long the direction has to stand before a pulse.
const setUp = time.Microsecond

// FocuserConfig is a focuser behind the manual's focus methods.
type FocuserConfig struct {
	// Method is 0 (DC motor, relays out and in on pins 16 and 17), 1 (also
	// slow out and in on pins 1 and 14), 2 (pulse and direction on pins 1 and
	// 14) or 3 (on pins 16 and 17).
	Method int

	Position   float64 // where it stands at first, steps
	Low, High  float64 // its ends, steps, Low < High
	Fast, Slow float64 // speeds of the DC motor, steps per second, > 0 for methods 0 and 1

	// Coast is the time in which the DC motor comes to speed, or to rest, but
	// for 37 %: it runs on by Coast × speed. ≥ 0.
	Coast time.Duration

	MinPulse  time.Duration // shortest pulse that the step chip counts, ≥ 0
	ActiveLow bool          // a line is on when it is low

	Now func() driver.Instant
}

// Focuser is a focuser that lines move. It is a driver.Lines of four lines,
// LinePin1 to LinePin17; those that its method does not use do nothing. All
// are off at first. Outward is positive.
type Focuser struct {
	cfg              FocuserConfig
	pulse, direction int // lines

	mu    sync.Mutex
	at    driver.Instant
	lines uint32 // on, whatever the level
	truth FocuserTruth

	rose   driver.Instant // the pulse that stands
	before float64        // position before it
	turned driver.Instant // the direction's last change
}

// FocuserTruth is what a focuser has really done.
type FocuserTruth struct {
	Position  float64 // steps
	Speed     float64 // steps per second; 0 for step and direction
	Pulses    int     // counted
	Ignored   int     // pulses that were too short to be counted
	Hurried   int     // pulses whose direction had changed less than 1 µs before
	Conflicts int     // times that both directions were on
	EndStops  int     // times that it ran against an end
}

// NewFocuser returns a focuser at rest, or fault.Invalid.
func NewFocuser(cfg FocuserConfig) (*Focuser, error) {
	const op = "new focuser"
	switch dc := cfg.Method <= 1; {
	case cfg.Method < 0 || cfg.Method > 3:
		return nil, fault.New(fault.Invalid, op, "method %d: 0 to 3 are accepted", cfg.Method)
	case cfg.Now == nil:
		return nil, fault.New(fault.Invalid, op, "Now is needed")
	case !(cfg.Low < cfg.High && cfg.Low <= cfg.Position && cfg.Position <= cfg.High):
		return nil, fault.New(fault.Invalid, op, "position %v between ends %v and %v: they must ascend", cfg.Position, cfg.Low, cfg.High)
	case dc && !(cfg.Fast > 0) || cfg.Method == 1 && !(cfg.Slow > 0) || cfg.Coast < 0 || cfg.MinPulse < 0:
		return nil, fault.New(fault.Invalid, op, "speeds must be above 0, Coast and MinPulse 0 or more")
	}
	f := &Focuser{cfg: cfg, at: cfg.Now(), pulse: LinePin1, direction: LinePin14}
	if cfg.Method == 3 {
		f.pulse, f.direction = LinePin16, LinePin17
	}
	f.turned = f.at.Add(-time.Hour)
	f.truth.Position = cfg.Position
	return f, nil
}

// Write implements driver.Lines. It never fails.
func (f *Focuser) Write(word, mask uint32) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.cfg.ActiveLow {
		word = ^word
	}
	was := f.lines
	f.advance()
	f.lines = (was&^mask | word&mask) & 0x0F
	if f.cfg.Method <= 1 {
		f.switchRelays(was)
	} else {
		f.step(was)
	}
	return nil
}

// Truth returns what the focuser has done up to now.
func (f *Focuser) Truth() FocuserTruth {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.advance()
	return f.truth
}

func (f *Focuser) is(line int) bool { return f.lines>>line&1 == 1 }

// directions returns which relays are on, and whether a fast one is.
func (f *Focuser) directions() (out, in, fast bool) {
	fast = f.is(LinePin16) || f.is(LinePin17)
	out, in = f.is(LinePin16), f.is(LinePin17)
	if f.cfg.Method == 1 {
		out, in = out || f.is(LinePin1), in || f.is(LinePin14)
	}
	return out, in, fast
}

// asked returns the speed that the lines ask for. With both directions on,
// both of the motor's leads are at the same voltage.
func (f *Focuser) asked() float64 {
	out, in, fast := f.directions()
	if out == in {
		return 0
	}
	speed := f.cfg.Slow
	if fast {
		speed = f.cfg.Fast
	}
	if in {
		return -speed
	}
	return speed
}

// switchRelays counts conflicts as they begin.
func (f *Focuser) switchRelays(was uint32) {
	out, in, _ := f.directions()
	if out && in && was != f.lines {
		f.truth.Conflicts++
	}
}

// advance moves the DC motor on to now: its speed nears what is asked
// exponentially.
func (f *Focuser) advance() {
	now := f.cfg.Now()
	dt := now.Sub(f.at).Seconds()
	f.at = max(f.at, now)
	if dt <= 0 || f.cfg.Method > 1 {
		return
	}
	t, asked := &f.truth, f.asked()
	if tau := f.cfg.Coast.Seconds(); tau > 0 {
		decay := math.Exp(-dt / tau)
		t.Position += asked*dt + (t.Speed-asked)*tau*(1-decay)
		t.Speed = asked + (t.Speed-asked)*decay
	} else {
		t.Position += asked * dt
		t.Speed = asked
	}
	f.stop()
}

// stop keeps the focuser between its ends.
func (f *Focuser) stop() {
	t := &f.truth
	if t.Position >= f.cfg.Low && t.Position <= f.cfg.High {
		return
	}
	t.Position = min(max(t.Position, f.cfg.Low), f.cfg.High)
	t.Speed = 0
	t.EndStops++
}

// step does what a change of the lines means to a step chip: it moves when the
// pulse rises, and takes the step back when the pulse turns out too short to
// have been seen.
func (f *Focuser) step(was uint32) {
	if (was^f.lines)>>f.direction&1 == 1 {
		f.turned = f.at
	}
	before := was>>f.pulse&1 == 1
	by := -1.0
	if f.is(f.direction) {
		by = 1
	}
	switch now := f.is(f.pulse); {
	case now && !before:
		if f.at.Sub(f.turned) < setUp {
			f.truth.Hurried++
		}
		f.rose, f.before = f.at, f.truth.Position
		f.truth.Pulses++
		f.truth.Position += by
		f.stop()
	case before && !now && f.at.Sub(f.rose) < f.cfg.MinPulse:
		f.truth.Pulses--
		f.truth.Ignored++
		f.truth.Position = f.before
	}
}
