// SPDX-License-Identifier: GPL-3.0-or-later

package mount

import (
	"context"
	"time"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/ephemeris"
	"github.com/siderostep/siderostep/model/sky"
)

// Follow begins a slew to a body that moves among the stars and stays on it
// for as long as the mount tracks: its place and rates in the observer's sky,
// parallax included, are worked out anew every minute. The drive goes at the
// sidereal rate, and the snapshot's RARate and DecRate are the body's.
//
// What moves the telescope against the body stays: guide pulses, Nudge and
// MoveAxis, as do a sync and a change of the pointing model, which name the
// place of the tube anew. A flip goes on following. A slew, an aborted slew,
// parking, tracking switched off, a limit, a choice of drive rate and a restart
// end it: the target is then at rest among the stars. SetRateOffsets ends it
// too; a rate that it leaves as it is remains the body's.
//
// It returns the errors of SlewEquatorial, fault.Invalid for a body without a
// possible orbit, and fault.Refused for one that is too fast to follow.
func (m *Mount) Follow(ctx context.Context, body ephemeris.Body) error {
	return m.command(ctx, "follow", func(s *state, now driver.Instant) error { return s.follow(now, body) })
}

// pathSpan is how long a path is used. The Moon strays from it by 0.01″ at
// most.
const pathSpan = time.Minute

// path is the way of a body over a minute, along the chord between the places
// of its ends. It is immutable.
type path struct {
	body  ephemeris.Body
	place model.Equatorial // at the instant since
	since driver.Instant
	ra    model.Rate
	dec   model.Rate

	start time.Time // UTC at instant 0, and the site, for which it was worked out
	site  Site
}

// pathOf works out the way of a body from an instant on. It takes some tens of
// microseconds.
func (s *state) pathOf(body ephemeris.Body, from driver.Instant) (*path, error) {
	site := s.config.Site
	o := ephemeris.Observer{
		Site:   sky.Site{Latitude: site.Latitude(), Longitude: site.Longitude(), HeightM: site.ElevationM},
		Scales: site.TimeScales(),
	}
	begin, err := o.At(body, s.heaven.utc(from))
	if err != nil {
		return nil, err
	}
	end, err := o.At(body, s.heaven.utc(from.Add(pathSpan)))
	if err != nil {
		return nil, err
	}
	per := func(d model.Angle) model.Rate { return model.Rate(float64(d) / pathSpan.Seconds()) }
	p := &path{
		body: body, place: begin.Place, since: from, start: s.heaven.start, site: site,
		ra: per((end.Place.RA - begin.Place.RA).WrapSigned()), dec: per(end.Place.Dec - begin.Place.Dec),
	}
	for _, r := range [...]model.Rate{p.ra, p.dec} {
		if !r.IsFinite() || r.Abs() > maxOffset {
			return nil, fault.New(fault.Refused, "follow", "%s moves at %.0f″/s; the mount follows up to %.0f″/s", body, r.ArcsecPerSecond(), maxOffset.ArcsecPerSecond())
		}
	}
	return p, nil
}

// at returns the place at t, wherever right ascension is counted from.
func (p *path) at(t driver.Instant) model.Equatorial {
	d := t.Sub(p.since)
	return model.Equatorial{RA: p.place.RA + p.ra.Over(d), Dec: p.place.Dec + p.dec.Over(d)}
}

// follow begins a slew to a body.
func (s *state) follow(now driver.Instant, body ephemeris.Body) error {
	p, err := s.pathOf(body, now.Add(lead))
	if err != nil {
		return err
	}
	if err := s.readyForSky(p.place); err != nil {
		return err
	}
	return s.slewToSky(now, p.place, s.destination(now, p.place), target{}.on(p))
}

// on returns the target with the rates of a path.
func (g target) on(p *path) target {
	g.path, g.raRate, g.decRate = p, p.ra, p.dec
	return g
}

// alone returns the target without the body that it follows, if it does.
func (g target) alone() target {
	if g.path != nil {
		g.path, g.raRate, g.decRate = nil, 0, 0
	}
	return g
}

// unfollow lets the target rest among the stars, if it follows a body.
func (s *state) unfollow(now driver.Instant) {
	if s.course.target.path != nil {
		s.retarget(now, func(g *target) { *g = g.alone() })
	}
}

// pursue takes the next piece of the way of a body that is followed. How far
// the target is from the body, because of guide pulses say, stays.
func (s *state) pursue(now driver.Instant) {
	old := s.course.target.path
	if old == nil || now < old.since.Add(pathSpan) || s.course.detour {
		return
	}
	p, err := s.pathOf(old.body, now)
	if err != nil {
		s.log.Error("the body is followed no longer", "body", old.body.String(), "err", err)
		s.unfollow(now)
		return
	}
	var shift model.Equatorial
	if p.start.Equal(old.start) && p.site == old.site { // else the tube stays where it was on the body
		was, is := old.at(now), p.place
		shift = model.Equatorial{RA: (is.RA - was.RA).WrapSigned(), Dec: is.Dec - was.Dec}
	}
	s.retarget(now, func(g *target) {
		g.place.RA += shift.RA
		g.place.Dec += shift.Dec
		*g = g.on(p)
	})
}

// following returns the name of the body that is followed; "" for none.
func (s *state) following() string {
	if p := s.course.target.path; p != nil && s.tracking {
		return p.body.String()
	}
	return ""
}
