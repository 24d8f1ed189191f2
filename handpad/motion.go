// SPDX-License-Identifier: GPL-3.0-or-later

package handpad

import (
	"context"
	"time"

	"github.com/siderostep/siderostep/focuser"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/pointing"
	"github.com/siderostep/siderostep/mount"
)

// Moving is what direction keys move.
type Moving uint8

// What they may move.
const (
	Nothing Moving = iota
	Telescope
	Guiding // the telescope too, at the guide rate along its axes
	RotatorMotor
	FocusMotor
	AuxLines
)

func (m Moving) String() string {
	return [...]string{"nothing", "telescope", "guiding", "rotator", "focus", "aux"}[m]
}

// wish is what the keys that are down ask for.
type wish struct {
	do   Moving
	z, a int // ways along the axes, −1, 0 or 1; of rotator and focus: z
	slew bool
	aux  Keys
}

const (
	retryAfter   = 100 * time.Millisecond // motion that was refused is asked for again, while its key is down
	refreshAfter = time.Second            // motion along the sky is worked out anew
)

// holding returns the direction keys that count, and whether they are to slew:
// only if every source of them says so.
func (p *Paddle) holding() (down Keys, slew bool) {
	slew = true
	p.eachHand(func(h *hand) {
		if k := h.live() & directions; k != 0 {
			down |= k
			fast := p.slew
			if h == &p.lines.hand && p.config.Design == Multiplexed {
				fast = h.slew
			}
			slew = slew && fast
		}
	})
	return down, slew
}

// wish returns what the keys ask for.
func (p *Paddle) wish(n *mount.Snapshot) wish {
	down, slew := p.holding()
	if down == 0 {
		if swapped := p.swaps(n); swapped != p.swapped { // not while a key is down
			p.swapped, p.dirty = swapped, true
		}
		return wish{}
	}
	w := wish{z: down.along(CCW, CW), a: down.along(Down, Up), slew: slew}
	switch {
	case p.on && p.mode == ModeAux:
		return wish{do: AuxLines, aux: down}
	case p.on && p.mode == ModeRotator:
		w.do, w.a = RotatorMotor, 0
	case p.on && p.mode == ModeFocus:
		w.do, w.a = FocusMotor, 0
	case p.guides(n):
		w.do, w.slew = Guiding, false
	default:
		w.do = Telescope
	}
	if w.z == 0 && w.a == 0 {
		return wish{}
	}
	if p.swapped && (w.do == Telescope || w.do == Guiding) {
		w.a = -w.a
	}
	return w
}

// guides reports whether the direction keys guide: while guiding is on, and
// always those of a direct paddle in a guide mode, which is an autoguider.
func (p *Paddle) guides(n *mount.Snapshot) bool {
	return n.Guiding.Mode != mount.GuideOff || p.config.Design == Direct && p.mode.guides()
}

// swaps reports whether up and down are to be exchanged. What an autoguider
// was calibrated with must stay, so they are not in the guide modes.
func (p *Paddle) swaps(n *mount.Snapshot) bool {
	if p.config.Design != Multiplexed || p.mode.guides() || n.Guiding.Mode != mount.GuideOff {
		return false
	}
	flipped := p.config.SwapWithFlip && n.Config.Mount.Geometry == pointing.German.String() && n.Pier == pointing.Through
	return p.config.UpDownReversed != flipped
}

// drive brings about what the keys ask for.
func (p *Paddle) drive(ctx context.Context, now time.Time, n *mount.Snapshot) {
	w := p.wish(n)
	if w.do != Nothing && p.force.do != Nothing && w.do != p.force.do {
		// The keys mean something else by now, as when guiding has ended: they
		// are to be pressed for it.
		p.killAll()
		w = wish{}
	}
	if w == p.force && !p.owed {
		if w.do == Nothing {
			p.asked, p.complaint, p.refusal = w, "", nil
		}
		p.refresh(ctx, now, n)
		return
	}
	if p.owed || p.force.do != Nothing && (w.do != p.force.do || w.slew != p.force.slew) {
		if !p.end(ctx) {
			return // and is tried again at the next look
		}
		n = p.parts.Mount.Snapshot()
	}
	if w.do == Nothing {
		return
	}
	if w == p.asked && now.Before(p.retry) {
		return
	}
	if w != p.asked {
		p.counts.Motions++
	}
	p.asked = w
	p.force.do = w.do // what end is to end, should it fail halfway
	if err := p.begin(ctx, n, w); err != nil {
		p.refusal = err
		if n.Activity != mount.Stopping && n.Activity != mount.Settling { // which pass
			p.complain(err)
		}
		p.retry = now.Add(retryAfter)
		p.end(ctx)
		return
	}
	p.force, p.begun, p.dirty = w, now, true
}

// end ends what is in force. What fails is owed.
func (p *Paddle) end(ctx context.Context) bool {
	if err := p.release(ctx); err != nil {
		p.complain(err)
		p.owed = true
		return false
	}
	p.force, p.owed, p.dirty = wish{}, false, true
	return true
}

// complain says why motion was refused, once.
func (p *Paddle) complain(err error) {
	p.refusal = err
	if text := err.Error(); text != p.complaint {
		p.complaint = text
		p.note("a key moves nothing", err)
	}
}

// begin begins what is wished.
func (p *Paddle) begin(ctx context.Context, n *mount.Snapshot, w wish) error {
	p.refusal = nil
	m := p.parts.Mount
	switch w.do {
	case Telescope:
		return p.move(ctx, n, w)
	case Guiding:
		cfg := &n.Config.Mount
		z, a := model.ArcsecPerSecond(cfg.GuideRARate), model.ArcsecPerSecond(cfg.GuideDecRate)
		return m.NudgeAxes(ctx, Client, z.Mul(float64(w.z)), a.Mul(float64(w.a)))
	case RotatorMotor:
		rate := p.config.RotatorFineRate
		if w.slew {
			rate = p.config.SlewShare * n.Config.Rotator.MaxRate
		}
		return m.MoveAxis(ctx, Client, mount.AxisRotator, model.DegreesPerSecond(min(rate, n.Config.Rotator.MaxRate)*float64(w.z)))
	case FocusMotor:
		return p.parts.Focuser.Jog(ctx, focuser.Hold{By: Client, Way: w.z, Fast: w.slew, Within: max(focusPatience, 4*p.interval())})
	case AuxLines:
		return p.raise(w.aux)
	}
	return nil
}

// focusPatience is how soon the focuser has to hear of a key again.
const focusPatience = time.Second

// refresh keeps alive what is in force.
func (p *Paddle) refresh(ctx context.Context, now time.Time, n *mount.Snapshot) {
	m := p.parts.Mount
	switch p.force.do {
	case Telescope:
		m.Heard(Client)
		if !p.nudging || n.Holder != Client || now.Sub(p.begun) < refreshAfter {
			return // what somebody else or a limit has ended stays ended
		}
		p.begun = now
		if ra, dec, ok := p.skyRates(n, p.force); ok {
			if err := m.Nudge(ctx, Client, ra, dec); err != nil {
				p.complain(err)
			}
		}
	case Guiding, RotatorMotor:
		m.Heard(Client)
	case FocusMotor:
		p.parts.Focuser.Heard(Client)
	}
}

// release ends what is in force, as far as it is still the paddle's.
func (p *Paddle) release(ctx context.Context) error {
	m := p.parts.Mount
	switch n := m.Snapshot(); p.force.do {
	case Telescope, Guiding, RotatorMotor:
		if n.Holder != Client {
			return nil
		}
		if n.HeldRates == ([3]model.Rate{}) {
			return m.Nudge(ctx, Client, 0, 0)
		}
		for axis, rate := range n.HeldRates {
			if rate == 0 {
				continue
			}
			if err := m.MoveAxis(ctx, Client, axis, 0); err != nil {
				return err
			}
		}
	case FocusMotor:
		return p.parts.Focuser.Jog(ctx, focuser.Hold{By: Client})
	case AuxLines:
		return p.raise(0)
	}
	return nil
}
