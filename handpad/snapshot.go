// SPDX-License-Identifier: GPL-3.0-or-later

package handpad

import "time"

// Snapshot is the hand paddle at one instant. It is immutable.
type Snapshot struct {
	At     time.Time
	Config *Config

	Mode Mode
	On   bool // what the mode switches on and off: guiding, tracking, the direction keys' other use, a tour, polar alignment
	Busy bool // a mode key's work is not done yet

	Lines   Lines
	Trouble error // why the lines are ignored or failed; nil otherwise
	Slew    bool  // the speed switch of the lines stands at slewing
	Switch  bool  // that of all other sources does, and that of lines without one
	Held    []Held
	Swapped bool   // up and down are exchanged
	Moves   Moving // what the keys move
	Message Message
	Counts  Counts
}

// Held is a key that is down.
type Held struct {
	Source  string // LinesName, or whoever holds it
	Key     string
	Since   time.Time
	Ignored bool // until it is let go: it is stuck, or has ended something
}

// Message is what the paddle last had to say: what a key has done, or why it
// was refused.
type Message struct {
	At   time.Time
	Text string
	Err  error // nil for good news
}

// Counts are what has happened since the start.
type Counts struct {
	Presses  uint64 // of mode keys, obeyed or refused
	Refused  uint64 // of these
	Motions  uint64 // begun by keys
	Stuck    uint64 // keys taken to be stuck
	Failures uint64 // times that the lines could not be read any more
	Silent   uint64 // times that another source fell silent with a key down
}

func (p *Paddle) publish(now time.Time) {
	p.dirty = false
	cfg := p.config
	s := &Snapshot{
		At: now, Config: &cfg, Mode: p.mode, On: p.showsOn, Busy: p.busy,
		Lines: p.lines.state, Trouble: p.lines.trouble, Slew: p.lines.slew, Switch: p.slew,
		Swapped: p.swapped, Moves: p.force.do, Message: p.message, Counts: p.counts,
	}
	p.eachHand(func(h *hand) {
		for i, since := range h.since {
			if key := Keys(1 << i); h.down&key != 0 {
				s.Held = append(s.Held, Held{h.name, key.String(), since, h.dead&key != 0})
			}
		}
	})
	p.snapshot.Store(s)
}

// note remembers and logs what has happened.
func (p *Paddle) note(text string, err error) {
	p.message, p.dirty = Message{p.parts.Clock.Now(), text, err}, true
	if err != nil {
		p.log.Warn("hand paddle: "+text, "err", err)
	} else {
		p.log.Info("hand paddle: " + text)
	}
}
