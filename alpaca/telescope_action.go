// SPDX-License-Identifier: GPL-3.0-or-later

package alpaca

import (
	"context"
	"encoding/json"

	"github.com/siderostep/siderostep/mount"
)

// ownActions are what the telescope can do beyond ITelescopeV4.
func (t *telescope) ownActions() []Action {
	return []Action{{
		Name: "Halt",
		Doc:  "emergency: brakes every axis at its hard limit and switches tracking off, in every state; Resume ends it",
		Do: func(context.Context, string) (string, error) {
			t.mount.Halt()
			return "halted", nil
		},
	}, {
		Name: "Resume",
		Doc:  "makes the mount ready again after Halt",
		Do: func(ctx context.Context, _ string) (string, error) {
			return "ready", t.mount.Resume(ctx)
		},
	}, {
		Name: "Status",
		Doc:  "a JSON object with what the mount is about, beyond what ASCOM can say",
		Do: func(context.Context, string) (string, error) {
			return statusOf(t.mount.Snapshot())
		},
	}}
}

// status is the mount in the words of the action Status. Angles are degrees.
type status struct {
	Activity     string  `json:"activity"`
	Parked       bool    `json:"parked"`
	Tracking     bool    `json:"tracking"`
	DriveRate    string  `json:"drive_rate"`
	Trusted      bool    `json:"position_trusted"`
	Degraded     bool    `json:"behind_the_sky"`
	SlewFault    string  `json:"slew_fault"`
	Stopped      string  `json:"stopped_because"`
	Holder       string  `json:"motion_held_by"`
	AxisZ        float64 `json:"axis_z_deg"`
	AxisA        float64 `json:"axis_a_deg"`
	FieldAngle   float64 `json:"field_angle_deg"`
	GuidedRA     float64 `json:"guided_ra_arcsec"`
	GuidedDec    float64 `json:"guided_dec_arcsec"`
	Rotator      bool    `json:"rotator"`
	RotatorTurn  float64 `json:"rotator_turned_deg"`
	FollowsSky   bool    `json:"rotator_follows_sky"`
	RotatorFault string  `json:"rotator_fault"`
}

func statusOf(s *mount.Snapshot) (string, error) {
	text, err := json.Marshal(status{
		Activity: s.Activity.String(), Parked: s.Parked, Tracking: s.Tracking, DriveRate: s.Drive.String(),
		Trusted: s.Trusted, Degraded: s.Degraded, SlewFault: errorText(s.SlewFault), Stopped: errorText(s.Stopped),
		Holder: s.Holder, AxisZ: s.Axes.Z.Degrees(), AxisA: s.Axes.A.Degrees(), FieldAngle: s.FieldAngle.Degrees(),
		GuidedRA: s.Guided.RA.Arcsec(), GuidedDec: s.Guided.Dec.Arcsec(),
		Rotator: s.Rotator.Present, RotatorTurn: s.Rotator.Turned.Degrees(), FollowsSky: s.Rotator.Following,
		RotatorFault: errorText(s.Rotator.Fault),
	})
	return string(text), err
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
