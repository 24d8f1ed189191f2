// SPDX-License-Identifier: GPL-3.0-or-later

package mount

import (
	"context"
	"time"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
)

// GuideMode says what becomes of the motion that an observer, or a guider, adds
// while guiding by hand.
type GuideMode uint8

// The guide modes.
const (
	GuideOff    GuideMode = iota
	GuideReturn           // at the end the tube goes back to where it was
	GuideStay             // at the end where the tube points is the target
	GuideRotate           // as GuideStay, with keys along the axes that turn with the field
	GuideDrag             // the target is dragged at configured rates until the end; then as GuideStay
)

func (g GuideMode) String() string {
	return [...]string{"off", "return", "stay", "rotate", "drag"}[g]
}

// GuideState is guiding by hand, as of a snapshot.
type GuideState struct {
	Mode  GuideMode
	Since driver.Instant
	Sky   model.Equatorial // sum of pulses and Nudge since then, in right ascension and declination
	Axes  model.Axes       // what these and NudgeAxes have turned the axes by
}

// guide is what the loop knows of guiding by hand.
type guide struct {
	mode  GuideMode
	since driver.Instant
	sky   model.Equatorial // as of since
	axes  model.Axes       // keyed along the axes, as of since
	drag  [2]model.Rate    // of the axes
}

const opGuiding = "guiding"

// leastGuiding is the shortest guiding from which drift is learned.
const leastGuiding = 10 * time.Second

// BeginGuiding begins to sum up what guide pulses, Nudge and NudgeAxes do. It
// returns fault.Refused when not tracking or while moving. Slews, tracking
// switched off and Halt end guiding; what it has moved then stays, and no drift
// is learned.
func (m *Mount) BeginGuiding(ctx context.Context, mode GuideMode) error {
	return m.command(ctx, opGuiding, func(s *state, now driver.Instant) error { return s.beginGuiding(now, mode) })
}

// EndGuiding ends it, as its mode says. With updateDrift what guiding has
// turned the axes by, divided by the time, is added to their drift; not in the
// mode GuideDrag, nor when guiding was shorter than 10 s. It returns
// fault.Refused without guiding, and while the tube drives back to a target that
// it has slipped from.
func (m *Mount) EndGuiding(ctx context.Context, updateDrift bool) error {
	return m.command(ctx, opGuiding, func(s *state, now driver.Instant) error { return s.endGuiding(now, updateDrift) })
}

func (s *state) beginGuiding(now driver.Instant, mode GuideMode) error {
	if mode <= GuideOff || mode > GuideDrag {
		return fault.New(fault.Invalid, opGuiding, "%d is none of the modes 1 (return), 2 (stay), 3 (rotate), 4 (drag)", mode)
	}
	if err := s.mayNudge(0, 0); err != nil {
		return err
	}
	if s.guide.mode != GuideOff {
		return fault.New(fault.Refused, opGuiding, "guiding is on already, in the mode %s", s.guide.mode)
	}
	cfg := &s.config.Mount
	perMin := func(arcsec float64) model.Rate { return model.ArcsecPerSecond(arcsec / 60) }
	s.guide = guide{mode: mode, since: now, sky: s.course.target.guidedBy(now), axes: s.course.bias.keyed(now)}
	if mode == GuideDrag {
		s.guide.drag = [2]model.Rate{AxisZ: perMin(cfg.DragZ), AxisA: perMin(cfg.DragA)}
		s.retarget(now, func(g *target) { g.dragRA, g.dragDec = perMin(cfg.DragRA), perMin(cfg.DragDec) })
		s.rebias(now, func(b *bias) { b.drift = s.unbiased(b.since).drift })
	}
	s.log.Info("guiding begins", "mode", mode.String())
	return nil
}

// guideState returns guiding for a snapshot, and for its end.
func (s *state) guideState(now driver.Instant) GuideState {
	g := &s.guide
	if g.mode == GuideOff {
		return GuideState{}
	}
	c := &s.course
	sum := c.target.guidedBy(now)
	sky := model.Equatorial{RA: sum.RA - g.sky.RA, Dec: sum.Dec - g.sky.Dec}
	here := c.target.at(now)
	was := overPole(model.Equatorial{RA: here.RA - sky.RA, Dec: here.Dec - sky.Dec})
	by := s.skyAxes(c, here, now).Sub(s.skyAxes(c, was, now))
	keyed := c.bias.keyed(now).Sub(g.axes)
	return GuideState{Mode: g.mode, Since: g.since, Sky: sky, Axes: model.Axes{Z: by.Z.WrapSigned() + keyed.Z, A: by.A + keyed.A}}
}

func (s *state) endGuiding(now driver.Instant, updateDrift bool) error {
	if s.guide.mode == GuideOff {
		return fault.New(fault.Refused, opGuiding, "guiding is off")
	}
	if s.activity != Idle { // driving back to where encoders have the target
		return fault.New(fault.Refused, opGuiding, "the mount is %s", s.activity)
	}
	s.endNudge(now)
	s.endPulses(now)
	at := now.Add(lead) // where the ends are
	g, sum := s.guide, s.guideState(at)
	keyed := s.course.bias.keyed(at).Sub(g.axes)
	s.guide = guide{}
	if d := at.Sub(g.since); updateDrift && g.mode != GuideDrag && d >= leastGuiding {
		s.drifts[AxisZ] += model.Rate(float64(sum.Axes.Z) / d.Seconds())
		s.drifts[AxisA] += model.Rate(float64(sum.Axes.A) / d.Seconds())
	}
	s.log.Info("guiding ends", "mode", g.mode.String(), "z_arcsec", sum.Axes.Z.Arcsec(), "a_arcsec", sum.Axes.A.Arcsec())
	if g.mode == GuideReturn {
		s.retarget(now, func(t *target) {
			t.place.RA = (t.place.RA - sum.Sky.RA).Wrap()
			t.place.Dec -= sum.Sky.Dec
		})
		s.rebias(now, func(b *bias) {
			b.pos, b.drift = b.pos.Sub(keyed), s.drifts
			b.guided = b.guided.Sub(keyed)
		})
		return nil
	}
	begin, before := s.change(now)
	pos := s.commanded(before, begin)
	s.course.target.dragRA, s.course.target.dragDec = 0, 0
	s.retake(now, begin, before, model.Axes{Z: pos[AxisZ], A: pos[AxisA]})
	if s.encoders.known && !s.encoders.stale(now) {
		s.setEncoders(now)
	}
	return nil
}

// watchGuiding forgets guiding that something else has ended.
func (s *state) watchGuiding() {
	if s.guide.mode != GuideOff && (!s.tracking || !s.course.sky) {
		s.guide = guide{}
	}
}

// endPulses ends guide pulses under way. What they have moved stays moved.
func (s *state) endPulses(now driver.Instant) {
	g := &s.course.target
	if now >= g.guideEnd() || !s.course.sky {
		return
	}
	at, _ := s.change(now)
	s.course.target = s.course.target.cut(at)
	s.planned, s.splice, s.last.known = at, true, false
	s.plan(now)
}

// cut returns the target with all pulses ended at t.
func (g target) cut(t driver.Instant) target {
	for i := range g.pulses {
		p := &g.pulses[i]
		p.end = max(p.start, min(p.end, t))
	}
	return g
}
