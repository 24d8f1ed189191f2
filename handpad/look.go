// SPDX-License-Identifier: GPL-3.0-or-later

package handpad

import (
	"context"
	"time"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/mount"
)

// step is one look at everything.
func (p *Paddle) step(ctx context.Context, now time.Time) {
	pressed := p.readLines(now)
	p.watchHands(now)
	n := p.parts.Mount.Snapshot()
	p.star.watch(n)
	if pressed != 0 && p.interrupts(ctx, n) {
		p.lines.kill()
		pressed = 0
	}
	switch pressed & modeKeys {
	case Left, Right:
		p.press(ctx, now, n, pressed&Right != 0, func(error) {})
	}
	p.drive(ctx, now, n)
	if p.saving && !p.busy && p.parts.Mount.Snapshot().Guiding.Mode == mount.GuideOff {
		p.perform(ctx, p.endSaving(), func(error) {})
	}
	p.show(now)
}

// endSaving is for guiding that the mount has ended by itself.
func (p *Paddle) endSaving() job {
	p.saving = false
	return job{text: "guiding was ended; what was saved is kept", do: func(ctx context.Context) error { return p.parts.SaveGuiding(ctx, false) }}
}

// show publishes what has changed.
func (p *Paddle) show(now time.Time) {
	if on := p.shows(p.parts.Mount.Snapshot()); on != p.showsOn {
		p.showsOn, p.dirty = on, true
	}
	if p.dirty {
		p.publish(now)
	}
}

// interrupts ends a slew, as any key does that is pressed meanwhile, and
// reports whether there was one.
func (p *Paddle) interrupts(ctx context.Context, n *mount.Snapshot) bool {
	switch n.Activity {
	case mount.SlewingToSky, mount.SlewingToAxes, mount.Homing, mount.Parking:
	default:
		return false
	}
	err := p.parts.Mount.Abort(ctx)
	p.note("a key has ended the motion: "+n.Activity.String(), err)
	return true
}

// press is a press of a mode key.
func (p *Paddle) press(ctx context.Context, now time.Time, n *mount.Snapshot, right bool, answer func(error)) {
	p.counts.Presses++
	p.dirty = true
	var err error
	switch {
	case p.busy:
		err = fault.New(fault.Refused, op, "the work of the mode key before is not done yet")
	case now.Before(p.locked):
		err = fault.New(fault.Refused, op, "mode keys are ignored for %d ms after one", p.config.LockoutMS)
	default:
		p.locked = now.Add(milliseconds(p.config.LockoutMS))
		p.perform(ctx, p.work(now, n, right), func(err error) {
			if err != nil {
				p.counts.Refused++
			}
			answer(err)
		})
		return
	}
	p.counts.Refused++
	answer(err)
}

// perform does work beside the loop, which has keys to watch.
func (p *Paddle) perform(ctx context.Context, j job, answer func(error)) {
	p.busy, p.dirty = true, true
	p.spawn(func() { p.done <- outcome{j, j.do(ctx), answer} })
}

// finish takes note of work that is done.
func (p *Paddle) finish(o outcome) {
	p.busy, p.dirty = false, true
	switch {
	case o.err != nil:
		p.note("refused", o.err)
	default:
		if o.job.then != nil {
			o.job.then()
		}
		p.note(o.job.text, nil)
	}
	o.answer(o.err)
}
