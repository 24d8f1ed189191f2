// SPDX-License-Identifier: GPL-3.0-or-later

package action

import (
	"context"

	"github.com/siderostep/siderostep/mount"
)

func (t telescope) encoders() []Action {
	return []Action{
		New("Encoder:Get", "Tells what the encoders on the axes say.", t.getEncoders),
		New("Encoder:Init", "Takes the encoders to agree with the position.", t.initEncoders),
		New("Mount:ResetToEncoders", "Takes the position from the encoders. Nothing moves; while tracking, the place where the tube then points is the target.", t.resetToEncoders),
	}
}

type encoderAnswer struct {
	Use    bool    `json:"use" doc:"whether they correct the position"`
	Known  bool    `json:"known" doc:"whether they have been read, and have a zero"`
	Stale  bool    `json:"stale" doc:"whether the latest reading is too old to be believed"`
	Z      float64 `json:"z_deg" doc:"axis Z as they have it"`
	A      float64 `json:"a_deg" doc:"axis A as they have it"`
	DZ     float64 `json:"dz_deg" doc:"the same minus the position"`
	DA     float64 `json:"da_deg" doc:"the same minus the position"`
	CountZ float64 `json:"count_z_arcsec" doc:"one count of the encoder of axis Z"`
	CountA float64 `json:"count_a_arcsec" doc:"one count of the encoder of axis A"`
	Resets int     `json:"resets" doc:"corrections of the position since the start"`
}

func (t telescope) getEncoders(context.Context, None) (encoderAnswer, error) {
	s := t.mount.Snapshot()
	e := s.Encoders
	out := encoderAnswer{
		Use: e.Use, Known: e.Known, Stale: e.Stale,
		Z: e.Angles.Z.Degrees(), A: e.Angles.A.Degrees(), DZ: e.Difference.Z.Degrees(), DA: e.Difference.A.Degrees(),
		CountZ: e.Count[mount.AxisZ].Arcsec(), CountA: e.Count[mount.AxisA].Arcsec(),
	}
	for _, n := range s.Counts.EncoderResets {
		out.Resets += int(n)
	}
	return out, nil
}

func (t telescope) initEncoders(ctx context.Context, _ None) (encoderAnswer, error) {
	if err := t.mount.InitEncoders(ctx); err != nil {
		return encoderAnswer{}, err
	}
	return t.getEncoders(ctx, None{})
}

func (t telescope) resetToEncoders(ctx context.Context, _ None) (homeAnswer, error) {
	if err := t.mount.ResetToEncoders(ctx); err != nil {
		return homeAnswer{}, err
	}
	s := t.mount.Snapshot()
	return homeAnswer{s.Axes.Z.Degrees(), s.Axes.A.Degrees()}, nil
}
