// SPDX-License-Identifier: GPL-3.0-or-later

package action

import (
	"context"

	"github.com/siderostep/siderostep/mount"
)

func (t telescope) guiding() []Action {
	return []Action{
		New("Guide:Start", "Begins guiding by hand: what keys and guide pulses do is summed up until Guide:Stop.", t.startGuiding),
		New("Guide:Stop", "Ends guiding by hand, as its mode says, and tells what it has done.", t.stopGuiding),
		New("Guide:Angle", "Sets or tells the rotation of the field at which the keys of the guide mode rotate move the axes that they are named after.", t.guideAngle),
	}
}

// guideModes are the guide modes by their words.
var guideModes = map[string]mount.GuideMode{
	"return": mount.GuideReturn, "stay": mount.GuideStay, "rotate": mount.GuideRotate, "drag": mount.GuideDrag,
}

type guideParams struct {
	Mode string `json:"mode" oneof:"return,stay,rotate,drag" doc:"return: at the end the tube goes back; stay: where it points then is the target; rotate: as stay, with keys that turn with the field; drag: as stay, with the target dragged at the rates of mount.guide_drag"`
}

type guideAnswer struct {
	Mode    string  `json:"mode" doc:"off, return, stay, rotate or drag"`
	Minutes float64 `json:"minutes" doc:"since guiding began"`
	RA      float64 `json:"ra_arcsec" doc:"moved since then in right ascension, as an angle"`
	Dec     float64 `json:"dec_arcsec" doc:"moved since then in declination"`
	Z       float64 `json:"z_arcsec" doc:"by which axis Z was turned for that"`
	A       float64 `json:"a_arcsec" doc:"by which axis A was turned for that"`
	AzDrift float64 `json:"az_arcsec_min" doc:"drift of axis Z in force"`
	Drift   float64 `json:"alt_arcsec_min" doc:"drift of axis A in force"`
}

func guideOf(s, drift *mount.Snapshot) guideAnswer {
	g := s.Guiding
	out := guideAnswer{
		Mode: g.Mode.String(), RA: g.Sky.RA.Arcsec(), Dec: g.Sky.Dec.Arcsec(), Z: g.Axes.Z.Arcsec(), A: g.Axes.A.Arcsec(),
		AzDrift: 60 * drift.AxisDrift[mount.AxisZ].ArcsecPerSecond(), Drift: 60 * drift.AxisDrift[mount.AxisA].ArcsecPerSecond(),
	}
	if g.Mode != mount.GuideOff {
		out.Minutes = s.At.Sub(g.Since).Minutes()
	}
	return out
}

func (t telescope) startGuiding(ctx context.Context, p guideParams) (guideAnswer, error) {
	if err := t.mount.BeginGuiding(ctx, guideModes[p.Mode]); err != nil {
		return guideAnswer{}, err
	}
	s := t.mount.Snapshot()
	return guideOf(s, s), nil
}

type guideEnd struct {
	Drift bool `json:"update_drift" doc:"whether what guiding has turned the axes by becomes their drift"`
}

func (t telescope) stopGuiding(ctx context.Context, p guideEnd) (guideAnswer, error) {
	before := t.mount.Snapshot()
	if err := t.mount.EndGuiding(ctx, p.Drift); err != nil {
		return guideAnswer{}, err
	}
	out := guideOf(before, t.mount.Snapshot())
	out.Mode = mount.GuideOff.String()
	return out, nil
}

type angleParams struct {
	Deg *float64 `json:"deg" range:"-360..360" doc:"the angle, until the end of the run; without it nothing changes"`
}

type angleAnswer struct {
	Deg   float64 `json:"deg" doc:"the angle in force, mount.guide_angle_deg in the configuration"`
	Field float64 `json:"field_deg" doc:"position angle of the tube's up on the sky now"`
}

func (t telescope) guideAngle(ctx context.Context, p angleParams) (angleAnswer, error) {
	if p.Deg != nil {
		if err := t.mount.Configure(ctx, func(c *mount.Config) { c.Mount.GuideAngleDeg = *p.Deg }); err != nil {
			return angleAnswer{}, err
		}
	}
	s := t.mount.Snapshot()
	return angleAnswer{s.Config.Mount.GuideAngleDeg, s.FieldAngle.Degrees()}, nil
}
