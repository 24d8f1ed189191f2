// SPDX-License-Identifier: GPL-3.0-or-later

package action

import (
	"context"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/pointing"
	"github.com/siderostep/siderostep/mount"
)

func (t telescope) motion() []Action {
	return []Action{
		New("Drift:Set", "Lets the target move among the stars at rates, as a comet of known rates does, or leads the axes on beside it, for a base that sinks or turns. What is left out stays. A rate among the stars ends the following of a body; a slew or a sync ends the drift of the axes.", t.setDrift),
		New("Drift:Get", "Tells how the target moves among the stars, and the axes beside it.", t.getDrift),
		New("Drift:Clear", "Lets the target rest among the stars, whether it moved at rates or followed a body, and the axes follow it only.", t.clearDrift),
		New("Mount:Flip", "Brings a German mount to the other pier side at the same place on the sky, or says what it is to do at the meridian.", t.flip),
		New("Mount:ResetHome", "Declares that the axes stand at home: after they were brought to their stops or marks by hand, say. The pointing model stays. With tracking on it is refused. "+
			"The limits of the axes go by what is declared here: a wrong declaration makes them wrong.", t.resetHome),
	}
}

type driftRates struct {
	RA  *float64 `json:"ra_deg_h" range:"-600..600" doc:"degrees of right ascension an hour, eastward"`
	Dec *float64 `json:"dec_deg_h" range:"-600..600" doc:"degrees of declination an hour, northward"`
	Az  *float64 `json:"az_arcsec_min" range:"-3600..3600" doc:"arcseconds of axis Z a minute"`
	Alt *float64 `json:"alt_arcsec_min" range:"-3600..3600" doc:"arcseconds of axis A a minute"`
}

type driftAnswer struct {
	RA        float64 `json:"ra_deg_h" doc:"degrees of right ascension an hour, eastward"`
	Dec       float64 `json:"dec_deg_h" doc:"degrees of declination an hour, northward"`
	Az        float64 `json:"az_arcsec_min" doc:"arcseconds of axis Z a minute, beside the target"`
	Alt       float64 `json:"alt_arcsec_min" doc:"arcseconds of axis A a minute, beside the target"`
	Following string  `json:"following,omitempty" doc:"the body that is followed, whose rates they are as of now"`
}

// perHour returns a rate in degrees an hour, which is the same in arcseconds a
// second.
func perHour(r model.Rate) float64 { return r.ArcsecPerSecond() }

func (t telescope) setDrift(ctx context.Context, p driftRates) (driftAnswer, error) {
	if p == (driftRates{}) {
		return driftAnswer{}, fault.New(fault.Invalid, "Drift:Set", "give ra_deg_h, dec_deg_h, az_arcsec_min, alt_arcsec_min or some of them")
	}
	if p.RA != nil || p.Dec != nil {
		if err := t.setRates(ctx, p); err != nil {
			return driftAnswer{}, err
		}
	}
	if p.Az != nil || p.Alt != nil {
		if err := t.setAxisDrift(ctx, p); err != nil {
			return driftAnswer{}, err
		}
	}
	return t.getDrift(ctx, None{})
}

// setRates lets the target move among the stars.
func (t telescope) setRates(ctx context.Context, p driftRates) error {
	rate := func(v *float64) *model.Rate {
		if v == nil {
			return nil
		}
		r := model.ArcsecPerSecond(*v)
		return &r
	}
	return t.mount.SetRateOffsets(ctx, rate(p.RA), rate(p.Dec))
}

// setAxisDrift leads the axes on beside the target.
func (t telescope) setAxisDrift(ctx context.Context, p driftRates) error {
	now := t.mount.Snapshot().AxisDrift
	if p.Az != nil {
		now[mount.AxisZ] = model.ArcsecPerSecond(*p.Az / 60)
	}
	if p.Alt != nil {
		now[mount.AxisA] = model.ArcsecPerSecond(*p.Alt / 60)
	}
	return t.mount.SetDrift(ctx, now[mount.AxisZ], now[mount.AxisA])
}

func (t telescope) getDrift(context.Context, None) (driftAnswer, error) {
	s := t.mount.Snapshot()
	return driftAnswer{
		RA: perHour(s.RARate), Dec: perHour(s.DecRate), Following: s.Following,
		Az: 60 * s.AxisDrift[mount.AxisZ].ArcsecPerSecond(), Alt: 60 * s.AxisDrift[mount.AxisA].ArcsecPerSecond(),
	}, nil
}

type clearParams struct {
	What *string `json:"what" oneof:"all,comet,accumulated" doc:"comet: the motion among the stars; accumulated: the drift of the axes beside the target, as learned from guiding; all, or nothing: both"`
}

func (t telescope) clearDrift(ctx context.Context, p clearParams) (driftAnswer, error) {
	var rest float64
	what, clear := "all", driftRates{&rest, &rest, &rest, &rest}
	if p.What != nil {
		what = *p.What
	}
	switch what {
	case "comet":
		clear.Az, clear.Alt = nil, nil
	case "accumulated":
		clear.RA, clear.Dec = nil, nil
	}
	return t.setDrift(ctx, clear)
}

type flipParams struct {
	Side *string `json:"side" oneof:"normal,through,other" doc:"where the tube is to be: normal (west of the meridian, looking there), through the pole, or the side it is not on"`
	Auto *bool   `json:"auto" doc:"whether tracking flips by itself at the meridian, instead of stopping; until the end of the run"`
}

type flipAnswer struct {
	Side string `json:"side" doc:"where the tube is, or is going: normal, through or unknown"`
	Auto bool   `json:"auto" doc:"whether tracking flips by itself at the meridian"`
}

func (t telescope) flip(ctx context.Context, p flipParams) (flipAnswer, error) {
	if p.Auto != nil {
		at := map[bool]string{true: "flip", false: "stop"}[*p.Auto]
		if err := t.mount.Configure(ctx, func(c *mount.Config) { c.Mount.AtLimit = at }); err != nil {
			return flipAnswer{}, err
		}
	}
	if p.Side != nil {
		to := map[string]pointing.PierSide{"normal": pointing.Normal, "through": pointing.Through, "other": t.mount.Snapshot().Pier.Other()}[*p.Side]
		if err := t.mount.Flip(ctx, to); err != nil {
			return flipAnswer{}, err
		}
	}
	s := t.mount.Snapshot()
	return flipAnswer{s.Pier.String(), s.Config.Mount.AtLimit == "flip"}, nil
}

type homeAnswer struct {
	Z float64 `json:"z_deg" doc:"what axis Z reads"`
	A float64 `json:"a_deg" doc:"what axis A reads"`
}

func (t telescope) resetHome(ctx context.Context, p confirm) (homeAnswer, error) {
	if err := p.check("Mount:ResetHome"); err != nil {
		return homeAnswer{}, err
	}
	if err := t.mount.ResetHome(ctx); err != nil {
		return homeAnswer{}, err
	}
	s := t.mount.Snapshot()
	return homeAnswer{s.Axes.Z.Degrees(), s.Axes.A.Degrees()}, nil
}
