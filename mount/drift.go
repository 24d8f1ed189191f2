// SPDX-License-Identifier: GPL-3.0-or-later

package mount

import (
	"context"
	"slices"
	"time"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/fit"
)

// DriftAlignment is an alignment of a polar axis by the drift method: how far
// stars wander north in the field while the mount turns about its axis only
// tells where the axis points. fit.DriftError reckons it.
type DriftAlignment struct {
	Watching bool             // a star is being watched
	Star     model.Equatorial // which
	Since    time.Time        // from when on
	Drifts   []fit.Drift      // of stars watched before

	from model.Angle // its hour angle then
}

const opDrift = "drift method"

// trueAxis is by how much the pole of a pointing model may be beside that of
// the sky: about a pole of its own the mount would follow the star, and
// nothing would be seen to drift.
var trueAxis = model.Arcmin(0.5)

// DriftStart begins to watch the star that the mount tracks. It returns
// fault.Unsupported for mounts without a polar axis, fault.Refused in motion,
// while the target moves among the stars, or with a pointing model whose pole
// is not the sky's.
func (m *Mount) DriftStart(ctx context.Context) error {
	return m.command(ctx, opDrift, func(s *state, now driver.Instant) error { return s.driftStart(now) })
}

// DriftMark ends watching: north is by how much the star has wandered north in
// the field, known to sigma (0 for 2″). It returns fault.Refused when no star is
// watched, within a minute of its start, or when the telescope was moved
// meanwhile; the star is then watched no longer.
func (m *Mount) DriftMark(ctx context.Context, north, sigma model.Angle) error {
	return m.command(ctx, opDrift, func(s *state, now driver.Instant) error { return s.driftMark(now, north, sigma) })
}

// DriftEnd forgets all drifts.
func (m *Mount) DriftEnd(ctx context.Context) error {
	return m.command(ctx, opDrift, func(s *state, _ driver.Instant) error {
		s.drift = DriftAlignment{}
		return nil
	})
}

func (s *state) driftStart(now driver.Instant) error {
	g := &s.course.target
	switch tilt := s.heaven.chain.Model.PolarTilt(s.config.Site.Latitude()).Total; {
	case !s.geometry.Equatorial():
		return fault.New(fault.Unsupported, opDrift, "a mount of the kind %v has no polar axis", s.geometry)
	case s.activity != Idle:
		return fault.New(fault.Refused, opDrift, "the mount is %s", s.activity)
	case !s.tracking || !s.course.sky:
		return fault.New(fault.Refused, opDrift, "tracking is off")
	case g.drive != DriveSidereal || g.raRate != 0 || g.decRate != 0:
		return fault.New(fault.Refused, opDrift, "the target moves among the stars; slew to a star")
	case tilt > trueAxis:
		return fault.New(fault.Refused, opDrift, "the pointing model has its pole %.1f′ from the sky's, so that no star would drift: begin with an alignment of the start preset", tilt.Arcmin())
	}
	star := g.at(now)
	s.drift.Watching, s.drift.Star, s.drift.Since = true, star, s.heaven.utc(now)
	s.drift.from = star.HourDec(s.heaven.lst(now)).HA
	return nil
}

// leastDrift is how long a star is watched at least.
const leastDrift = time.Minute

func (s *state) driftMark(now driver.Instant, north, sigma model.Angle) error {
	d := s.drift
	if !d.Watching {
		return fault.New(fault.Refused, opDrift, "no star is being watched")
	}
	if s.heaven.utc(now).Sub(d.Since) < leastDrift {
		return fault.New(fault.Refused, opDrift, "the star has been watched for less than %v; wait", leastDrift)
	}
	s.drift.Watching = false
	if at := s.course.target.at(now); !s.tracking || !s.course.sky || at.Separation(d.Star) > model.Arcsec(1) {
		return fault.New(fault.Refused, opDrift, "the telescope was moved, or tracking switched off, while the star was watched: begin with it again")
	}
	to := d.Star.HourDec(s.heaven.lst(now)).HA
	s.drift.Drifts = append(slices.Clip(d.Drifts), fit.Drift{From: d.from, To: to, North: north, Sigma: sigma})
	return nil
}
