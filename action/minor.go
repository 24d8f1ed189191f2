// SPDX-License-Identifier: GPL-3.0-or-later

package action

import (
	"context"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model/ephemeris"
	"github.com/siderostep/siderostep/mount"
)

type minorParams struct {
	Elements *string `json:"elements" doc:"a line of orbital elements: of the Minor Planet Center's lists of comets or asteroids (MPCORB), or of an .edf file"`
	Name     *string `json:"name" doc:"of an object that moves, in a catalogue; instead of elements"`
	Move     bool    `json:"move" doc:"whether to slew there and follow"`
}

type minorAnswer struct {
	Name        string   `json:"name" doc:"name"`
	RA          float64  `json:"ra_h" doc:"right ascension of date as seen from here, hours"`
	Dec         float64  `json:"dec_deg" doc:"declination of date as seen from here"`
	AzDeg       float64  `json:"az_deg" doc:"azimuth now"`
	AltDeg      float64  `json:"alt_deg" doc:"altitude now, without refraction"`
	Closed      string   `json:"closed,omitempty" doc:"why the mount cannot go there; absent when it can"`
	RADegH      float64  `json:"ra_deg_h" doc:"motion in right ascension, degrees an hour"`
	DecDegH     float64  `json:"dec_deg_h" doc:"motion in declination, degrees an hour"`
	Magnitude   *float64 `json:"magnitude,omitempty" doc:"visual; absent if unknown"`
	DistanceAU  float64  `json:"distance_au" doc:"from the Earth; 0 if unknown"`
	SunDistance float64  `json:"sun_distance_au" doc:"from the Sun; 0 if unknown"`
}

func (c *catalogs) selectMinor(ctx context.Context, p minorParams) (minorAnswer, error) {
	s := c.mount.Snapshot()
	body, err := c.body(s, p)
	if err != nil {
		return minorAnswer{}, err
	}
	motion, err := observer(s).Motion(body, s.UTC)
	if err != nil {
		return minorAnswer{}, err
	}
	app, err := observer(s).At(body, s.UTC)
	if err != nil {
		return minorAnswer{}, err
	}
	at := placed(s, body.String(), motion.Place)
	out := minorAnswer{
		Name: at.Name, RA: at.RA, Dec: at.Dec, AzDeg: at.AzDeg, AltDeg: at.AltDeg, Closed: at.Closed,
		RADegH: perHour(motion.RA), DecDegH: perHour(motion.Dec), DistanceAU: app.Distance, SunDistance: app.SunDistance,
	}
	if app.HasMagnitude {
		out.Magnitude = &app.Magnitude
	}
	if !p.Move {
		return out, nil
	}
	return out, c.go_(ctx, sighted{object: object{Name: body.String()}, place: motion.Place, ra: motion.RA, dec: motion.Dec, body: body})
}

// body returns the body that is meant.
func (c *catalogs) body(s *mount.Snapshot, p minorParams) (ephemeris.Body, error) {
	const op = "MinorPlanet:Select"
	switch {
	case (p.Elements == nil) == (p.Name == nil):
		return nil, fault.New(fault.Invalid, op, "give either elements or a name")
	case p.Elements != nil:
		return ephemeris.ParseElements(*p.Elements)
	}
	_, o, ok := c.library.Named(*p.Name)
	if !ok {
		return nil, fault.New(fault.Invalid, op, "there is no object named %.60q", *p.Name)
	}
	a := astrometry(s)
	body, moves := o.Body(&a)
	if !moves {
		return nil, fault.New(fault.Invalid, op, "%s does not move among the stars: use Catalog:Goto", o.Name)
	}
	return body, nil
}
