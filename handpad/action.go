// SPDX-License-Identifier: GPL-3.0-or-later

package handpad

import (
	"context"
	"time"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/mount"
)

// job is the work of a mode key.
type job struct {
	text string // what it does, for people
	do   func(context.Context) error
	then func() // after success; nil for nothing
}

func refuse(kind error, format string, args ...any) job {
	err := fault.New(kind, op, format, args...)
	return job{do: func(context.Context) error { return err }}
}

func lacking(what string) job { return refuse(fault.Unsupported, "this telescope has no %s", what) }

// work returns what a mode key does.
//
// Source: operator features reference §4.
func (p *Paddle) work(now time.Time, n *mount.Snapshot, right bool) job {
	switch p.mode {
	case ModeInitAuto:
		return p.initialise(n, 0)
	case ModeInit1:
		return p.initialise(n, 1)
	case ModeInit2:
		return p.initialise(n, 2)
	case ModeInit3:
		return p.initialise(n, 3)
	case ModePolar:
		if right {
			return refuse(fault.Refused, "the right key does nothing in the mode %s", p.mode)
		}
		return job{text: "next stage of the polar alignment", do: p.parts.Mount.PolarNext}
	case ModeAnalyze:
		return p.addPoint(n)
	case ModeGuide, ModeGuideStay, ModeGuideStaySave, ModeGuideRotate, ModeGuideDrag:
		if right {
			return p.endGuiding(n)
		}
		return p.beginGuiding(n)
	case ModeGrandTour:
		return p.tour(right)
	case ModeScroll, ModeScrollAuto:
		return p.scroll(right)
	case ModeRecord:
		return p.record(now, n)
	case ModeToggleTrack:
		text := map[bool]string{false: "tracking on", true: "tracking off"}[right]
		return job{text: text, do: func(ctx context.Context) error { return p.parts.Mount.SetTracking(ctx, !right) }}
	case ModeRotator:
		return p.switchOver(n.Rotator.Present, "rotator", right)
	case ModeFocus:
		return p.switchOver(p.parts.Focuser != nil, "focuser", right)
	case ModeAux:
		return p.switchOver(p.parts.Aux != nil, "auxiliary lines", right)
	}
	return refuse(fault.Refused, "the mode keys are off: choose a mode")
}

// object returns the star that is taken to be in the middle of the field.
func (p *Paddle) object(n *mount.Snapshot) (name string, place model.Equatorial, ok bool) {
	if p.parts.Star != nil {
		if name, place, ok = p.parts.Star(); ok {
			return name, place, true
		}
	}
	place, ok = p.star.now(n)
	return "", place, ok
}

func noObject() job {
	return refuse(fault.Refused, "no star is known to be in the field: slew to it, centre it, and press the key again")
}

func (p *Paddle) initialise(n *mount.Snapshot, init int) job {
	name, place, ok := p.object(n)
	if !ok {
		return noObject()
	}
	return job{text: "init made", do: func(ctx context.Context) error {
		_, err := p.parts.Mount.Initialise(ctx, init, name, place)
		return err
	}}
}

func (p *Paddle) addPoint(n *mount.Snapshot) job {
	name, place, ok := p.object(n)
	if !ok {
		return noObject()
	}
	return job{text: "analysis point added", do: func(ctx context.Context) error {
		return p.parts.Mount.AddPoint(ctx, name, place, 0)
	}}
}

// guideModes are the mount's modes of guiding.
var guideModes = map[Mode]mount.GuideMode{
	ModeGuide: mount.GuideReturn, ModeGuideStay: mount.GuideStay, ModeGuideStaySave: mount.GuideStay,
	ModeGuideRotate: mount.GuideRotate, ModeGuideDrag: mount.GuideDrag,
}

func noSaving() job { return lacking("periodic error correction, for which guiding would be saved") }

// beginGuiding is the left key: guiding begins, and at the next press what it
// does is saved from then on.
func (p *Paddle) beginGuiding(n *mount.Snapshot) job {
	save := p.parts.SaveGuiding
	begins := n.Guiding.Mode == mount.GuideOff
	saves := !begins || p.mode == ModeGuideStaySave
	switch {
	case saves && save == nil:
		return noSaving()
	case p.saving && !begins:
		return refuse(fault.Refused, "guiding is being saved already")
	}
	j := job{text: "guiding, and saving it", then: func() { p.saving = saves }}
	if !saves {
		j.text = "guiding begins"
	}
	j.do = func(ctx context.Context) error {
		if begins {
			if err := p.parts.Mount.BeginGuiding(ctx, guideModes[p.mode]); err != nil {
				return err
			}
		}
		if !saves {
			return nil
		}
		return save(ctx, true)
	}
	return j
}

// endGuiding is the right key: what was saved is kept, and with the next press
// guiding ends; in the mode that always saves at once.
func (p *Paddle) endGuiding(n *mount.Snapshot) job {
	saving, always, update := p.saving, p.mode == ModeGuideStaySave, p.config.UpdateDrift
	if n.Guiding.Mode == mount.GuideOff && !saving {
		return refuse(fault.Refused, "guiding is off")
	}
	j := job{text: "guiding ends", then: func() { p.saving = false }}
	if saving && !always {
		j.text = "guiding was saved, and goes on"
	}
	j.do = func(ctx context.Context) error {
		if saving {
			if err := p.parts.SaveGuiding(ctx, false); err != nil || !always {
				return err
			}
		}
		return p.parts.Mount.EndGuiding(ctx, update)
	}
	return j
}

func (p *Paddle) tour(right bool) job {
	switch t := p.parts.Tour; {
	case t == nil:
		return lacking("tour")
	case right:
		return job{text: "to the object before", do: t.Previous}
	default:
		return job{text: "to the next object", do: t.Next}
	}
}

func (p *Paddle) scroll(right bool) job {
	s, again := p.parts.Scroll, p.mode == ModeScrollAuto
	switch {
	case s == nil:
		return lacking("scroll files")
	case right:
		return job{text: "scroll file stopped", do: s.Stop}
	default:
		return job{text: "scroll file goes on", do: func(ctx context.Context) error { return s.Continue(ctx, again) }}
	}
}

func (p *Paddle) record(now time.Time, n *mount.Snapshot) job {
	write := p.parts.Record
	if write == nil {
		return lacking("file to record places in")
	}
	at := n.Equatorial
	return job{text: "place recorded", do: func(context.Context) error { return write(at, n.UTC) }}
}

// switchOver lends the direction keys to something else, or gives them back.
func (p *Paddle) switchOver(present bool, what string, right bool) job {
	if !present {
		return lacking(what)
	}
	text := "the direction keys move the telescope again"
	if !right {
		text = "the direction keys are for the " + what
	}
	return job{text: text, do: func(context.Context) error { return nil }, then: func() {
		p.killAll()
		p.on = !right
	}}
}

// shows reports whether what the mode keys switch is on.
func (p *Paddle) shows(n *mount.Snapshot) bool {
	switch {
	case p.mode.guides():
		return n.Guiding.Mode != mount.GuideOff
	case p.mode == ModePolar:
		return n.Polar.Stage != mount.PolarOff
	case p.mode == ModeToggleTrack:
		return n.Tracking
	case p.mode.scrolls():
		return p.parts.Scroll != nil && p.parts.Scroll.Running()
	}
	return p.on
}

// leave returns the work of leaving the mode: what it has on ends. Nothing is
// learned from guiding that ends in this way.
func (p *Paddle) leave(n *mount.Snapshot) func(context.Context) error {
	guiding := p.mode.guides() && n.Guiding.Mode != mount.GuideOff
	saving, scrolling := p.saving, p.mode.scrolls() && p.shows(n)
	if !guiding && !saving && !scrolling {
		return nil
	}
	return func(ctx context.Context) error {
		if saving {
			if err := p.parts.SaveGuiding(ctx, false); err != nil {
				return err
			}
		}
		if scrolling {
			if err := p.parts.Scroll.Stop(ctx); err != nil {
				return err
			}
		}
		if guiding {
			return p.parts.Mount.EndGuiding(ctx, false)
		}
		return nil
	}
}
