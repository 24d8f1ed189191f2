// SPDX-License-Identifier: GPL-3.0-or-later

package mount

import (
	"context"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
)

// bias is by how much the axes Z and A are led beside where the pointing model
// has the target: by drift, and by direction keys along the axes. The target
// and what the mount says of its place stay the same. It is a value.
type bias struct {
	since  driver.Instant
	pos    model.Axes // at since
	guided model.Axes // what direction keys have made of it
	drift  [2]model.Rate
	keys   [2]model.Rate
}

// at returns the bias at t.
func (b *bias) at(t driver.Instant) model.Axes {
	d := t.Sub(b.since)
	return model.Axes{
		Z: b.pos.Z + (b.drift[AxisZ] + b.keys[AxisZ]).Over(d),
		A: b.pos.A + (b.drift[AxisA] + b.keys[AxisA]).Over(d),
	}
}

// keyed returns what direction keys have made of it by t.
func (b *bias) keyed(t driver.Instant) model.Axes {
	d := t.Sub(b.since)
	return model.Axes{Z: b.guided.Z + b.keys[AxisZ].Over(d), A: b.guided.A + b.keys[AxisA].Over(d)}
}

// from returns the same bias counted from t on, so that rates can change there.
func (b bias) from(t driver.Instant) bias {
	b.pos, b.guided, b.since = b.at(t), b.keyed(t), t
	return b
}

// unbiased returns a bias that begins at t: only the drift leads on.
func (s *state) unbiased(t driver.Instant) bias {
	b := bias{since: t, drift: s.drifts}
	if s.guide.mode == GuideDrag {
		b.drift[AxisZ] += s.guide.drag[AxisZ]
		b.drift[AxisA] += s.guide.drag[AxisA]
	}
	return b
}

// unbias makes the place at which the axes point the target, after the model
// has learned where that is.
func (s *state) unbias(now driver.Instant) {
	if !s.course.sky || s.course.bias.at(now) == (model.Axes{}) {
		return
	}
	at, before := s.change(now)
	pos := s.commanded(before, at)
	s.retake(now, at, before, model.Axes{Z: pos[AxisZ], A: pos[AxisA]})
}

// pointed returns the axes as the pointing model is to see them at t: without
// the bias.
func (s *state) pointed(axes model.Axes, t driver.Instant) model.Axes {
	if !s.course.sky {
		return axes
	}
	return axes.Sub(s.course.bias.at(t))
}

// rebias changes how the axes are led beside the target, from now on.
func (s *state) rebias(now driver.Instant, change func(*bias)) {
	if !s.course.sky {
		return
	}
	at, before := s.change(now)
	c := s.course
	c.bias = c.bias.from(at)
	change(&c.bias)
	c.pass, c.detour = passage{}, false
	s.switchTo(c, at, before, [axisCount]way{})
	s.plan(now)
}

// maxDrift bounds drift of the axes: more is no drift.
var maxDrift = model.ArcsecPerSecond(60)

// SetDrift sets the drift of the axes: how fast the axes Z and A are led on
// beside the target while the mount tracks, as angles of the axis per SI
// second, to make up for a base that sinks or turns. A slew and a sync begin
// anew from 0. The place that the mount shows is the target's. It returns
// fault.Invalid beyond 60″/s.
func (m *Mount) SetDrift(ctx context.Context, z, a model.Rate) error {
	return m.command(ctx, opAxisDrift, func(s *state, now driver.Instant) error { return s.setDrift(now, [2]model.Rate{z, a}) })
}

const opAxisDrift = "drift"

func (s *state) setDrift(now driver.Instant, rates [2]model.Rate) error {
	for _, r := range rates {
		if !r.IsFinite() || r.Abs() > maxDrift {
			return fault.New(fault.Invalid, opAxisDrift, "%.2f″/s is beyond ±%.0f″/s", r.ArcsecPerSecond(), maxDrift.ArcsecPerSecond())
		}
	}
	s.drifts = rates
	s.rebias(now, func(b *bias) { b.drift = s.unbiased(b.since).drift })
	return nil
}

// NudgeAxes is Nudge along the axes instead of right ascension and
// declination: rates of the axes Z and A, positive as their angles grow, beside
// the target's own motion. The target stays, and so does the place that the
// mount shows; see BeginGuiding. In the mode GuideRotate the keys are turned
// by as much as the field is.
func (m *Mount) NudgeAxes(ctx context.Context, client string, z, a model.Rate) error {
	m.Heard(client)
	return m.command(ctx, "nudge", func(s *state, now driver.Instant) error { return s.nudgeAxes(now, client, z, a) })
}

func (s *state) nudgeAxes(now driver.Instant, client string, z, a model.Rate) error {
	if z == 0 && a == 0 {
		s.endNudge(now)
		return nil
	}
	if err := s.mayNudge(z, a); err != nil {
		return err
	}
	s.takeOver(now, client)
	s.nudger, s.holderHeard, s.stopped = client, now, nil
	if s.guide.mode == GuideRotate {
		z, a = s.rotated(z, a)
	}
	s.retarget(now, func(g *target) { g.nudgeRA, g.nudgeDec = 0, 0 })
	s.rebias(now, func(b *bias) { b.keys = [2]model.Rate{AxisZ: z, AxisA: a} })
	return nil
}

// rotated turns rates of keys by the field's rotation less the guide angle.
//
// Source: stepper core reference §5.1.
func (s *state) rotated(z, a model.Rate) (model.Rate, model.Rate) {
	sin, cos := (s.fieldAngle(s.axes) - model.Degrees(s.config.Mount.GuideAngleDeg)).SinCos()
	return z.Mul(cos) + a.Mul(sin), a.Mul(cos) - z.Mul(sin)
}
