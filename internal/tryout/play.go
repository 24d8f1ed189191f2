// SPDX-License-Identifier: GPL-3.0-or-later

package tryout

import (
	"context"
	"fmt"
	"time"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/driver/pwm"
)

// Step is what is on, and for how long; all else is off.
type Step struct {
	Say string
	On  []Wire
	// Duty is the share of time, 0 to 1, in which windings among On are on.
	Duty float64
	For  time.Duration
	// High and Low, if set, put one line at a level, on or not.
	High, Low *Wire
}

// keepAliveInterval is that of the daemon's executor.
const keepAliveInterval = 50 * time.Millisecond

// begun is a step that has begun, and how many writes were recorded before.
type begun struct {
	Step
	written uint64
}

// Play shows steps one after the other, then switches everything off; so it
// does when ctx ends, whose error it returns, or a port fails. What each step
// is to say is said when it has begun, or later, with what the tape has of the
// one before: steps wait for nobody.
func (b *Board) Play(ctx context.Context, c *Console, steps []Step, tape *Tape) error {
	ctx, stop := context.WithCancel(ctx)
	told := make(chan begun, len(steps))
	result := make(chan error, 1)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		result <- guarded(func() error { return b.perform(ctx, steps, tape, told) })
	}()
	defer func() { // whatever becomes of the saying
		stop()
		<-ended
	}()
	for s := range told {
		if s.Say == "" {
			continue
		}
		tape.tellTo(c, s.written)
		c.say("%s", s.Say)
	}
	tape.tell(c)
	return <-result
}

func (b *Board) perform(ctx context.Context, steps []Step, tape *Tape, told chan<- begun) (err error) {
	defer close(told)
	defer func() {
		if off := b.Off(); off != nil { // worse than what was before
			err = fmt.Errorf("%w; not everything is off: switch the motors' supply off", off)
		}
	}()
	for _, s := range steps {
		written := tape.written()
		modulated, err := b.show(b.now(), s)
		if err != nil {
			return err
		}
		told <- begun{s, written} // has room for all
		if err := b.stand(ctx, s, modulated); err != nil {
			return err
		}
	}
	return nil
}

// stand keeps up a step for its time.
func (b *Board) stand(ctx context.Context, s Step, modulated []driver.Clocked) error {
	begin := b.now()
	end := begin.Add(s.For)
	for now := begin; now < end; now = b.now() {
		due := end
		for _, m := range modulated {
			if err := m.Advance(now); err != nil {
				return err
			}
			due = min(due, m.Next())
		}
		if err := b.signal(now, s); err != nil {
			return err
		}
		due = min(due, b.toggled.Add(keepAliveInterval))
		// Without this a due instant that is not ahead would spin.
		if err := clock.Sleep(ctx, b.clock, max(due.Sub(now), 10*time.Microsecond)); err != nil {
			return err
		}
	}
	return nil
}

// show puts what is on onto its lines, all else off first. What it returns
// wants to be called while the step lasts.
func (b *Board) show(at driver.Instant, s Step) (modulated []driver.Clocked, err error) {
	on := map[string]uint32{}
	for _, w := range s.On {
		on[w.Port] |= w.mask()
	}
	for name, p := range b.ports {
		word, mask := b.levels(name, func(w Wire) bool { return w.always })
		if err := p.Write(word, mask); err != nil {
			return nil, err
		}
		if on[name] == 0 {
			continue
		}
		word, _ = b.levels(name, func(w Wire) bool { return on[name]&w.mask() != 0 })
		m, err := b.light(at, p, s, word, on[name])
		if err != nil {
			return nil, err
		}
		if m != nil {
			modulated = append(modulated, m)
		}
	}
	return modulated, b.measure(s)
}

// levels returns the levels of a port's lines, those on that are lit, but for
// the keep-alive line's, which has its own time.
func (b *Board) levels(port string, lit func(Wire) bool) (word, mask uint32) {
	for _, w := range b.Wires {
		if w.Port == port && !w.keepAlive {
			word, mask = word|w.level(lit(w)), mask|w.mask()
		}
	}
	return word, mask
}

// light switches lines of one port on, windings for a share of the time.
func (b *Board) light(at driver.Instant, p Port, s Step, word, mask uint32) (driver.Clocked, error) {
	if s.Duty <= 0 || s.Duty >= 1 {
		return nil, p.Write(word, mask)
	}
	if m, ok := p.(interface {
		Share(lines uint32, share float64) error
	}); ok {
		return nil, m.Share(mask, s.Duty)
	}
	var lines []int
	var bright uint16
	for line := range 32 {
		if mask>>line&1 == 1 {
			bright |= uint16(word>>line&1) << len(lines)
			lines = append(lines, line)
		}
	}
	all := uint16(1)<<len(lines) - 1
	m, err := pwm.New(p, lines, b.period)
	if err != nil {
		return nil, err
	}
	pattern := twoSlots(bright, bright^all, s.Duty)
	return m, m.Drive(at, &pattern)
}

// measure puts a line at a level for a meter.
func (b *Board) measure(s Step) error {
	switch {
	case s.High != nil:
		return b.ports[s.High.Port].Write(s.High.mask(), s.High.mask())
	case s.Low != nil:
		return b.ports[s.Low.Port].Write(0, s.Low.mask())
	}
	return nil
}

// signal toggles the keep-alive line, without which motors have no power,
// unless it is what is tried.
func (b *Board) signal(now driver.Instant, s Step) error {
	if now.Sub(b.toggled) < keepAliveInterval {
		return nil
	}
	b.toggled = now
	for _, w := range b.Wires {
		if !w.keepAlive || s.shows(w) {
			continue
		}
		b.alive = !b.alive
		word := uint32(0)
		if b.alive {
			word = w.mask()
		}
		if err := b.ports[w.Port].Write(word, w.mask()); err != nil {
			return err
		}
	}
	return nil
}

// shows reports whether w is on, or measured.
func (s *Step) shows(w Wire) bool {
	for _, o := range s.On {
		if o.Key == w.Key {
			return true
		}
	}
	return s.High != nil && s.High.Key == w.Key || s.Low != nil && s.Low.Key == w.Key
}
