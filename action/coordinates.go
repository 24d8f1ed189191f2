// SPDX-License-Identifier: GPL-3.0-or-later

package action

import (
	"context"
	"strings"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/ephemeris"
	"github.com/siderostep/siderostep/mount"
)

func (c *catalogs) coordinates() []Action {
	return []Action{
		New("Coord:Offset", "Tells the place so far from where the telescope points, and slews there if told to.", c.offset),
		New("Coord:EquToAltAz", "Tells where a place on the sky stands in the observer's sky now, and whether the mount can go there.", c.toAltAz),
		New("Coord:Save", "Notes where the telescope points, until the end of the run.", c.save),
		New("Coord:Restore", "Tells a place that was noted, and slews there if told to. An object that moves is followed.", c.restore),
	}
}

type placeAnswer struct {
	Name   string  `json:"name,omitempty" doc:"of the object that was there"`
	RA     float64 `json:"ra_h" doc:"right ascension of date, hours"`
	Dec    float64 `json:"dec_deg" doc:"declination of date"`
	AzDeg  float64 `json:"az_deg" doc:"azimuth now"`
	AltDeg float64 `json:"alt_deg" doc:"altitude now, without refraction"`
	Closed string  `json:"closed,omitempty" doc:"why the mount cannot go there; absent when it can"`
}

func placed(s *mount.Snapshot, name string, e model.Equatorial) placeAnswer {
	h := e.HourDec(s.LST).Horizontal(s.Config.Site.Latitude())
	out := placeAnswer{Name: name, RA: e.RA.Wrap().Hours(), Dec: e.Dec.Degrees(), AzDeg: h.Az.Wrap().Degrees(), AltDeg: h.Alt.Degrees()}
	if err := s.Reachable(e); err != nil {
		out.Closed = err.Error()
	}
	return out
}

type placeOffset struct {
	RA   *float64 `json:"d_ra_h" range:"-12..12" doc:"hours eastward"`
	Dec  *float64 `json:"d_dec_deg" range:"-180..180" doc:"degrees northward"`
	Az   *float64 `json:"d_az_deg" range:"-180..180" doc:"degrees of azimuth, clockwise"`
	Alt  *float64 `json:"d_alt_deg" range:"-90..90" doc:"degrees upward"`
	Move bool     `json:"move" doc:"whether to slew there"`
}

func (c *catalogs) offset(ctx context.Context, p placeOffset) (placeAnswer, error) {
	const op = "Coord:Offset"
	equatorial, horizontal := p.RA != nil || p.Dec != nil, p.Az != nil || p.Alt != nil
	if equatorial == horizontal {
		return placeAnswer{}, fault.New(fault.Invalid, op, "give either d_ra_h and d_dec_deg or d_az_deg and d_alt_deg, or one of a pair")
	}
	s := c.mount.Snapshot()
	lat := s.Config.Site.Latitude()
	h := s.Horizontal
	e := s.Equatorial
	if equatorial {
		e.RA += model.Hours(orZero(p.RA))
		e.Dec += model.Degrees(orZero(p.Dec))
		h.Alt = 0 // not asked for
	} else {
		h.Az = (h.Az + model.Degrees(orZero(p.Az))).Wrap()
		h.Alt += model.Degrees(orZero(p.Alt))
	}
	if e.Dec.Abs() > model.Quarter || h.Alt.Abs() > model.Quarter {
		return placeAnswer{}, fault.New(fault.Invalid, op, "that leads beyond the pole or the zenith")
	}
	if horizontal {
		e = h.HourDec(lat).Equatorial(s.LST)
	}
	out := placed(s, "", e)
	switch {
	case !p.Move:
		return out, nil
	case horizontal && !s.Tracking:
		return out, c.mount.SlewHorizontal(ctx, h)
	default:
		return out, c.mount.SlewEquatorial(ctx, e)
	}
}

type skyParams struct {
	RA  *float64 `json:"ra_h" range:"0..24" doc:"right ascension of date in hours; without it the target's"`
	Dec *float64 `json:"dec_deg" range:"-90..90" doc:"declination of date in degrees; without it the target's"`
}

func (c *catalogs) toAltAz(_ context.Context, p skyParams) (placeAnswer, error) {
	e, err := telescope{c.mount}.place("Coord:EquToAltAz", p.RA, p.Dec)
	if err != nil {
		return placeAnswer{}, err
	}
	return placed(c.mount.Snapshot(), "", e), nil
}

// spot is a place in the notebook.
type spot struct {
	name  string
	place model.Equatorial
	body  ephemeris.Body // of what moves among the stars
}

// spotName is a slot of the notebook: a number or a word, in JSON either.
type spotName string

const lastObject spotName = "last_object"

// UnmarshalJSON implements json.Unmarshaler.
func (n *spotName) UnmarshalJSON(text []byte) error {
	*n = spotName(strings.Trim(string(text), `"`))
	return nil
}

type saveParams struct {
	Slot spotName `json:"slot" oneof:"1,2" doc:"which"`
}

func (c *catalogs) save(_ context.Context, p saveParams) (placeAnswer, error) {
	s := c.mount.Snapshot()
	c.mu.Lock()
	c.noted[p.Slot] = spot{place: s.Equatorial}
	c.mu.Unlock()
	return placed(s, "", s.Equatorial), nil
}

type recallParams struct {
	Slot spotName `json:"slot" oneof:"1,2,last_object" doc:"which; last_object is what the latest goto to an object led to"`
	Move bool     `json:"move" doc:"whether to slew there"`
}

func (c *catalogs) restore(ctx context.Context, p recallParams) (placeAnswer, error) {
	c.mu.Lock()
	n, ok := c.noted[p.Slot]
	c.mu.Unlock()
	if !ok {
		return placeAnswer{}, fault.New(fault.Refused, "Coord:Restore", "nothing has been noted as %s", p.Slot)
	}
	s := c.mount.Snapshot()
	to := sighted{object: object{Name: n.name}, place: n.place, body: n.body}
	if n.body != nil {
		now, err := observer(s).At(n.body, s.UTC)
		if err != nil {
			return placeAnswer{}, err
		}
		to.place = now.Place
	}
	out := placed(s, n.name, to.place)
	if !p.Move {
		return out, nil
	}
	return out, c.slew(ctx, to)
}
