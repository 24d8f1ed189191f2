// SPDX-License-Identifier: GPL-3.0-or-later

package handpad

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/siderostep/siderostep/fault"
)

// request has the loop do something and returns its answer, or fault.Cancelled
// when ctx ends first.
func (p *Paddle) request(ctx context.Context, do func(ctx context.Context, now time.Time, answer func(error))) error {
	r := request{do, make(chan error, 1)}
	select {
	case p.requests <- r:
	case <-ctx.Done():
		return fault.Wrap(fault.Cancelled, op, ctx.Err())
	}
	select {
	case err := <-r.reply:
		return err
	case <-ctx.Done():
		return fault.Wrap(fault.Cancelled, op, ctx.Err())
	}
}

// SetMode chooses what the mode keys do, by one of the words of Modes. What
// the mode before has on ends: guiding too, from which nothing is then
// learned. Keys that are down are ignored until they are let go. It returns
// fault.Invalid for any other word, fault.Refused while the work of a mode key
// is being done, and what the mount says to the end of guiding; the mode is
// then as before.
func (p *Paddle) SetMode(ctx context.Context, word string) error {
	mode, err := ParseMode(word)
	if err != nil {
		return err
	}
	return p.request(ctx, func(ctx context.Context, now time.Time, answer func(error)) {
		switch {
		case p.busy:
			answer(fault.New(fault.Refused, op, "the work of a mode key is not done yet"))
			return
		case mode == p.mode:
			answer(nil)
			return
		}
		p.killAll()
		n := p.parts.Mount.Snapshot()
		p.drive(ctx, now, n)
		change := func() { p.mode, p.on, p.saving = mode, false, false }
		end := p.leave(n)
		if end == nil {
			change()
			p.note("mode "+mode.Title(), nil)
			answer(nil)
			return
		}
		p.perform(ctx, job{text: "mode " + mode.Title(), do: end, then: change}, answer)
	})
}

// SetModeNumber is SetMode by a number, as of ModeOfNumber.
func (p *Paddle) SetModeNumber(ctx context.Context, n int, manual bool) error {
	mode, err := ModeOfNumber(n, manual)
	if err != nil {
		return err
	}
	return p.SetMode(ctx, string(mode))
}

// PressMode presses and lets go a mode key: the right one if right is true,
// else the left one. It returns when the work of the key is done, with its
// error: fault.Unsupported for what the telescope lacks, fault.Refused for
// what cannot be done now, as within lockout_ms of the press before, and the
// errors of the mount.
func (p *Paddle) PressMode(ctx context.Context, right bool) error {
	return p.request(ctx, func(ctx context.Context, now time.Time, answer func(error)) {
		p.press(ctx, now, p.parts.Mount.Snapshot(), right, answer)
	})
}

// most are limits to what other sources may hold.
const (
	mostSources = 16
	mostName    = 40
)

// Key presses or lets go a key for a source: the name of whoever does it, as
// "console". A direction key moves as long as it is down; the source has to
// say so again within key_timeout_s, of every key, or it is let go. "speed" changes the
// speed switch of all sources but the lines over, when it goes down.
//
// The answer to a direction key says whether it moves something; one that is
// refused is tried again while it is down. A mode key answers as PressMode. It
// returns fault.Invalid for an unknown key or a name that cannot be, and
// fault.Full with too many sources.
func (p *Paddle) Key(ctx context.Context, source, key string, down bool) error {
	if source == "" || len(source) > mostName || source == LinesName {
		return fault.New(fault.Invalid, op, "%.60q cannot hold a key: its name is to have 1 to %d letters, and not to be %q", source, mostName, LinesName)
	}
	if key == Speed {
		return p.request(ctx, func(_ context.Context, _ time.Time, answer func(error)) {
			if down {
				p.slew, p.dirty = !p.slew, true
			}
			answer(nil)
		})
	}
	k, err := ParseKey(key)
	if err != nil {
		return err
	}
	source = strings.Clone(source)
	return p.request(ctx, func(ctx context.Context, now time.Time, answer func(error)) {
		p.touch(ctx, now, source, k, down, answer)
	})
}

// touch is a key of another source.
func (p *Paddle) touch(ctx context.Context, now time.Time, source string, k Keys, down bool, answer func(error)) {
	i := slices.IndexFunc(p.others, func(h *hand) bool { return h.name == source })
	if i < 0 {
		if !down {
			answer(nil)
			return
		}
		if len(p.others) == mostSources {
			answer(fault.New(fault.Full, op, "%d others hold keys", mostSources))
			return
		}
		i = len(p.others)
		p.others = append(p.others, &hand{name: source})
	}
	h := p.others[i]
	keys := h.down &^ k
	if down {
		keys |= k
		h.hear(now, k)
	}
	pressed := h.set(now, keys)
	p.dirty = p.dirty || pressed != 0 || !down
	if h.down == 0 {
		p.others = slices.Delete(p.others, i, i+1)
	}
	n := p.parts.Mount.Snapshot()
	switch {
	case pressed&modeKeys != 0:
		p.press(ctx, now, n, pressed&Right != 0, answer)
		return
	case pressed != 0 && p.interrupts(ctx, n):
		h.kill()
		answer(nil)
		return
	}
	p.drive(ctx, now, n)
	if down && (p.force.do == Nothing || p.owed) {
		answer(p.refusal)
		return
	}
	answer(nil)
}

// Configure changes settings. It returns fault.Invalid, naming the key, or
// fault.Refused for whether there is a paddle, which needs a restart; the
// settings are then as before. Keys that are down are ignored until they are
// let go.
func (p *Paddle) Configure(ctx context.Context, change func(*Config)) error {
	return p.request(ctx, func(ctx context.Context, now time.Time, answer func(error)) {
		c := p.config
		change(&c)
		if err := c.Validate(); err != nil {
			answer(err)
			return
		}
		if c.Present != p.config.Present {
			answer(fault.New(fault.Refused, "configuration", "handpad.present takes effect at the next start"))
			return
		}
		p.killAll()
		p.drive(ctx, now, p.parts.Mount.Snapshot())
		if c.Design != p.config.Design && p.lines.state != NoLines {
			p.lines.restart(now)
		}
		p.config, p.dirty = c, true
		answer(nil)
	})
}

// SetDesign says how the paddle is wired, Multiplexed or Direct, as Configure
// does.
func (p *Paddle) SetDesign(ctx context.Context, design string) error {
	return p.Configure(ctx, func(c *Config) { c.Design = design })
}

// eachHand calls do with every source of keys.
func (p *Paddle) eachHand(do func(*hand)) {
	do(&p.lines.hand)
	for _, h := range p.others {
		do(h)
	}
}

// killAll has the keys that are down ignored until they are let go.
func (p *Paddle) killAll() { p.eachHand(func(h *hand) { h.kill() }); p.dirty = true }

// watchHands lets go the keys of sources that have fallen silent, and ignores
// those that have been down for too long.
func (p *Paddle) watchHands(now time.Time) {
	p.others = slices.DeleteFunc(p.others, func(h *hand) bool {
		if k := h.silent(now, seconds(p.config.KeyTimeoutS)); k != 0 {
			h.set(now, h.down&^k)
			p.dirty = true
			if k &= directions; k == 0 {
				return h.down == 0 // a mode key has done its work when it went down
			}
			p.counts.Silent++
			p.note("a key is let go", fault.New(fault.Cancelled, op, "%s, who held %s, has not said so for %g s", h.name, k, p.config.KeyTimeoutS))
		}
		return h.down == 0
	})
	p.eachHand(func(h *hand) {
		if k := h.stuck(now, seconds(p.config.StuckS)); k != 0 {
			p.counts.Stuck++
			p.note("a key is taken to be stuck and ignored until it is let go", fault.New(fault.Hardware, op, "%s of %s was down for more than %g s", k, h.name, p.config.StuckS))
		}
	})
}
