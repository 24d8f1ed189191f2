// SPDX-License-Identifier: GPL-3.0-or-later

package handpad

import (
	"time"

	"github.com/siderostep/siderostep/fault"
)

// Inputs are the lines of a hand paddle: Pin13, Pin12, Pin10 and Pin11 in the
// word returned, 1 while high. Other bits are ignored. It is read by one
// goroutine, and must not wait.
type Inputs interface {
	Read() (uint32, error)
}

// Lines is how the paddle stands with its lines.
type Lines string

// The states of the lines.
const (
	NoLines       Lines = "none"     // there is no paddle
	LinesStarting Lines = "starting" // not known yet
	LinesReady    Lines = "ready"
	LinesIgnored  Lines = "ignored" // a key was down at the start, and has not been let go for long enough
	LinesFailed   Lines = "failed"  // cannot be read
)

const (
	quietTime = time.Second     // for how long a key that was down at the start must be let go
	startTime = 3 * time.Second // within which lines may begin to be readable, as those of another process
)

// wires is the paddle's own lines.
type wires struct {
	hand
	level   debouncer
	state   Lines
	trouble error // why the state is ignored or failed
	quiet   time.Time
	began   time.Time // when it was started
}

// LinesName is the name of the paddle's own lines among the sources of keys.
const LinesName = "lines"

// restart has the lines proven anew, as at the start.
func (l *wires) restart(now time.Time) {
	l.level, l.state, l.trouble, l.began = debouncer{}, LinesStarting, nil, now
	l.set(now, 0)
}

// readLines looks at the lines and returns the keys newly pressed. A paddle
// that shows a key at the start, or as soon as it can be read again, is not
// believed until it has been quiet.
func (p *Paddle) readLines(now time.Time) (pressed Keys) {
	l := &p.lines
	if l.state == NoLines {
		return 0
	}
	level, err := p.parts.Inputs.Read()
	if err != nil {
		starts := l.state == LinesStarting && now.Sub(l.began) < startTime
		if l.state != LinesFailed && !starts {
			l.restart(now)
			l.state, l.trouble = LinesFailed, fault.Wrap(fault.Hardware, op, err)
			p.counts.Failures++
			p.note("the lines of the hand paddle cannot be read; what it moved stops", err)
		}
		l.level = debouncer{}
		return 0
	}
	l.level.sample(now, level, milliseconds(p.config.DebounceMS))
	if !l.level.settled {
		return 0
	}
	down, slew := Decode(p.config.Design, l.level.level)
	if l.state != LinesReady && !p.prove(now, down) {
		return 0
	}
	if slew != l.slew {
		l.slew, p.dirty = slew, true
	}
	if down != l.down {
		p.dirty = true
	}
	return l.set(now, down)
}

// prove reports whether lines that were not believed are from now on.
func (p *Paddle) prove(now time.Time, down Keys) bool {
	l := &p.lines
	switch {
	case down != 0 && l.state != LinesIgnored:
		l.state, l.quiet = LinesIgnored, time.Time{}
		l.trouble = fault.New(fault.Refused, op, "the key %s reads pressed before anybody can have pressed it: the lines are ignored until no key was down for a second", down)
		p.note("the hand paddle is ignored", l.trouble)
		return false
	case down != 0:
		l.quiet = time.Time{}
		return false
	case l.state == LinesIgnored && l.quiet.IsZero():
		l.quiet = now
		return false
	case l.state == LinesIgnored && now.Sub(l.quiet) < quietTime:
		return false
	}
	if l.state != LinesStarting {
		p.note("the hand paddle can be used again", nil)
	}
	l.state, l.trouble, p.dirty = LinesReady, nil, true
	return true
}
