// SPDX-License-Identifier: GPL-3.0-or-later

package action

import (
	"context"
	"time"

	"github.com/siderostep/siderostep/mount"
)

func (t telescope) limits() []Action {
	return []Action{
		New("Limits:Status", "Tells how the mount stands with its limits, and when tracking will reach them.", t.limitStatus),
		New("Sun:Override", "Says whether the tube keeps away from the Sun, until the end of the run. DANGEROUS: a telescope without a filter before its objective, pointed at the Sun for an instant, blinds whoever looks through it and burns what is in it. "+
			"Switch it off only for work on the Sun, with the filter in place, and on again after it.", t.overrideSun),
	}
}

type limitMargin struct {
	Limit     string   `json:"limit" doc:"horizon, z_lower, z_upper, a_lower, a_upper, meridian or sun"`
	MarginDeg *float64 `json:"margin_deg,omitempty" doc:"how far inside it the tube is, negative beyond; absent for a limit that the mount does not have"`
	InMin     *float64 `json:"in_min,omitempty" doc:"minutes until tracking reaches it; absent when it does not within 12 hours"`
}

type limitAnswer struct {
	Limits  []limitMargin `json:"limits" doc:"each with its margin (margin_deg) and the minutes until tracking reaches it (in_min)"`
	Next    string        `json:"next,omitempty" doc:"the limit that tracking will reach first"`
	InMin   *float64      `json:"in_min,omitempty" doc:"minutes until then; absent when there is none within 12 hours"`
	Flips   bool          `json:"flips" doc:"whether the mount goes on another way there; else it stops"`
	Warning bool          `json:"warning" doc:"whether it will stop within mount.limit_warning_min"`
	Reached string        `json:"reached,omitempty" doc:"the limit at which motion has ended"`
	ParkIn  *float64      `json:"park_in_min,omitempty" doc:"minutes until the mount parks because of that"`
	Sun     sunStatus     `json:"sun" doc:"where the Sun is (az_deg, alt_deg), how far from the tube (separation_deg), and whether the tube keeps away from it (avoided)"`
}

type sunStatus struct {
	AzDeg   float64 `json:"az_deg" doc:"azimuth"`
	AltDeg  float64 `json:"alt_deg" doc:"altitude"`
	Away    float64 `json:"separation_deg" doc:"from the tube"`
	Avoided bool    `json:"avoided" doc:"whether the tube keeps away from it"`
}

// minutesOf returns a time in minutes, nil for Never.
func minutesOf(d time.Duration) *float64 {
	if d == mount.Never {
		return nil
	}
	m := d.Minutes()
	return &m
}

func (t telescope) limitStatus(context.Context, None) (limitAnswer, error) {
	s := t.mount.Snapshot()
	out := limitAnswer{Flips: s.Limit.Flips, Warning: s.Limit.Warning, InMin: minutesOf(s.Limit.In), ParkIn: minutesOf(s.Limit.ParkIn), Sun: sunOf(s)}
	if out.InMin != nil {
		out.Next = s.Limit.Next.String()
	}
	if s.Limit.Reached {
		out.Reached = s.Limit.Limit.String()
	}
	times := s.LimitTimes(12 * time.Hour)
	for i, m := range s.Margins() {
		l := limitMargin{Limit: mount.Limit(i).String(), InMin: minutesOf(times[i])}
		if m.IsFinite() {
			deg := m.Degrees()
			l.MarginDeg = &deg
		}
		out.Limits = append(out.Limits, l)
	}
	return out, nil
}

func sunOf(s *mount.Snapshot) sunStatus {
	sun := s.Sun()
	return sunStatus{sun.Az.Wrap().Degrees(), sun.Alt.Degrees(), s.Horizontal.Separation(sun).Degrees(), s.Limit.SunAvoided}
}

type sunParams struct {
	Avoid   string `json:"avoid" oneof:"auto,on,off" doc:"as mount.sun_avoidance in the configuration"`
	Confirm bool   `json:"confirm" doc:"true, or off and auto do nothing"`
}

func (t telescope) overrideSun(ctx context.Context, p sunParams) (sunStatus, error) {
	if p.Avoid != "on" {
		if err := (confirm{p.Confirm}).check("Sun:Override"); err != nil {
			return sunStatus{}, err
		}
	}
	if err := t.mount.Configure(ctx, func(c *mount.Config) { c.Mount.SunAvoidance = p.Avoid }); err != nil {
		return sunStatus{}, err
	}
	return sunOf(t.mount.Snapshot()), nil
}
