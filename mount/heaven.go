// SPDX-License-Identifier: GPL-3.0-or-later

package mount

import (
	"time"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/pointing"
	"github.com/siderostep/siderostep/model/sky"
)

// heaven is what the mount knows of time and sky: where a place on the sky
// is at an instant, seen from the axes.
type heaven struct {
	start    time.Time // UTC at instant 0
	rotation sky.Rotation
	chain    pointing.Chain
	sun      model.Equatorial // its place as of the rotation's start
}

// renewal is how long a rotation of the sky is used before it is worked out
// anew; far inside its validity.
const renewal = 10 * time.Minute

func newHeaven(start time.Time, now driver.Instant, site Site, m *pointing.Model) heaven {
	h := heaven{start: start.Round(0).UTC()} // without a monotonic reading: SetUTC may move it
	h.rotation = sky.NewRotation(h.utc(now), site.Longitude(), site.TimeScales())
	h.chain = pointing.NewChain(m, site.Latitude(), site.Air())
	h.sun = sunAt(h.utc(now), site.TimeScales())
	return h
}

func (h *heaven) utc(t driver.Instant) time.Time { return h.start.Add(time.Duration(t)) }

// lst returns local apparent sidereal time at t.
func (h *heaven) lst(t driver.Instant) model.Angle { return h.rotation.LST(h.utc(t)) }

// stale reports whether the rotation of the sky should be worked out anew.
func (h *heaven) stale(now driver.Instant) bool {
	return h.utc(now).Sub(h.rotation.Start()).Abs() > renewal
}

// renew works out the rotation of the sky anew. That moves the sky by some
// milliarcseconds, and by more axis Z near the mount's pole; the course goes
// over to it like to any other.
func (s *state) renew(now driver.Instant) {
	if !s.heaven.stale(now) {
		return
	}
	at, before := s.change(now)
	s.heaven.rotation = s.heaven.rotation.Renewed(s.heaven.utc(now))
	s.heaven.sun = sunAt(s.heaven.utc(now), s.config.Site.TimeScales())
	if s.course.sky {
		s.switchTo(s.course, at, before, [axisCount]way{})
	}
}

// axes returns where the axes point at a place on the sky; ok is false when
// no axes do.
func (h *heaven) axes(e model.Equatorial, t driver.Instant, side pointing.PierSide) (axes model.Axes, ok bool) {
	return h.chain.Axes(e.HourDec(h.lst(t)), side)
}

// equatorial returns the place on the sky at which axes point.
func (h *heaven) equatorial(axes model.Axes, t driver.Instant) model.Equatorial {
	return h.chain.HourDec(axes).Equatorial(h.lst(t))
}
