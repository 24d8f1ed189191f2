// SPDX-License-Identifier: GPL-3.0-or-later

package mount

import (
	"math"
	"time"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/pointing"
)

// A sectored rotator (the manual's SectoredFRDrive) turns through an arc only:
// a tangent arm, or a sector of a wheel. It cannot unwind, and so the position
// angle of the camera is what it happens to be after a slew; what it can do is
// to hold that angle for as long as the arc lasts.

// arc is what a course says of a sectored rotator.
type arc struct {
	renamed bool // hold is a position angle that nobody asked for
	end     int  // where it waits while paused: −1 the lower end, 1 the upper one, 0 neither
}

const (
	// arcSlack, 0.2″, is by how much rounding may put an angle beyond the arc.
	arcSlack = model.Angle(1e-6)
	// idleTurning is the rate, 0.1″/s, below which the field does not turn as
	// far as an arc is concerned: it takes a night for a degree. That of an
	// equatorial mount is rounding, of either sign.
	idleTurning = model.Rate(0.1 * math.Pi / (180 * 3600))
	// leastRoom is the share of the arc that a slew leaves to follow on, and
	// arcPlay the share between the end of the arc and where it goes for it.
	leastRoom, arcPlay = 0.1, 0.05
)

// senseOf returns the end of the arc to which a rate leads, 0 for neither.
func senseOf(rate model.Rate) int {
	switch {
	case rate > idleTurning:
		return 1
	case rate < -idleTurning:
		return -1
	}
	return 0
}

// waitsAt returns the end of the arc at which the rotator waits.
func (c *course) waitsAt() int {
	if !c.paused {
		return 0
	}
	return c.arc.end
}

// onArc returns the turn of a mechanical angle that lies on the arc and, of
// those, nearest to now. ok is false when none does, and m then the nearest to
// now of all.
func (s *state) onArc(mechanical, now model.Angle) (m model.Angle, ok bool) {
	low, high := s.limitsOfTravel(AxisRotator)
	m, ok = pointing.Representative(mechanical, now, low-arcSlack, high+arcSlack)
	if ok {
		m = min(max(m, low), high)
	}
	return m, ok
}

// followOnArc lets a sectored rotator follow on course c from at on, where the
// field has the given angle. It keeps the position angle wanted if a second's
// turn is enough for it; else it stays where it is, or goes where a slew finds
// more of the arc, and keeps the angle that it then has. end is where it has
// waited until now: there it waits on while the field turns as before.
func (s *state) followOnArc(c *course, at driver.Instant, before knot, field model.Angle, end int) {
	low, high := s.limitsOfTravel(AxisRotator)
	now := before.pos[AxisRotator]
	rate := s.turnRate(s.neighbours(c, at, true))
	slewing := s.activity == SlewingToSky
	if end != 0 && !slewing && senseOf(rate) != -end {
		c.pause(at, before)
		c.arc.end = end
		return
	}
	small := model.Rate(s.limitsOf(AxisRotator).Rate).Over(time.Second)
	place, keep := s.onArc(s.rotator.mechanicalFor(c.hold, field), now)
	if keep = keep && (place-now).Abs() <= small; !keep {
		place = min(max(now, low), high)
	}
	if slewing {
		switch sense := senseOf(rate); {
		case sense > 0 && high-place < (high-low).Mul(leastRoom):
			place, keep = low+(high-low).Mul(arcPlay), false
		case sense < 0 && place-low < (high-low).Mul(leastRoom):
			place, keep = high-(high-low).Mul(arcPlay), false
		}
	}
	if !keep {
		c.hold = s.rotator.skyFor(place, field)
	}
	c.turned, c.arc = place, arc{renamed: !keep}
}

// endAhead returns the end of its arc for which a sectored rotator has to
// brake between two knots, 0 for neither. Beside the mount's pole the rate at
// a knot and the motion to it may be far apart: both count.
func (s *state) endAhead(k0, k1 *knot, d time.Duration) int {
	if !s.config.Rotator.Sectored {
		return 0
	}
	low, high := s.limitsOfTravel(AxisRotator)
	from, to := k0.pos[AxisRotator], k1.pos[AxisRotator]
	for _, rate := range [...]model.Rate{k1.before[AxisRotator], model.Rate(float64(to-from) / d.Seconds())} {
		switch rest := to + s.stopping(AxisRotator, rate); {
		case rate > 0 && rest > high+arcSlack:
			return 1
		case rate < 0 && rest < low-arcSlack:
			return -1
		}
	}
	return 0
}

// noteArc takes note of what the course in force has made of the arc.
func (s *state) noteArc() {
	c, r := &s.course, &s.rotator
	if c.arc.renamed {
		c.arc.renamed = false
		r.wanted = c.hold.Wrap()
		r.resets++
		s.log.Info("sectored rotator holds another position angle", "sky_deg", r.wanted.Degrees(), "mechanical_deg", c.turned.Degrees(), "resets", r.resets)
	}
	end := c.waitsAt()
	if end == r.end {
		return
	}
	if r.end, r.fault = end, s.endOfArc(end); r.fault != nil {
		s.log.Warn("rotator stopped", "err", r.fault)
	}
}

// endOfArc returns what there is to say and to do while the rotator waits at
// an end of its arc, nil for neither.
func (s *state) endOfArc(end int) error {
	low, high := s.limitsOfTravel(AxisRotator)
	kind, limit := fault.AboveLimit, high
	switch end {
	case 0:
		return nil
	case -1:
		kind, limit = fault.BelowLimit, low
	}
	return fault.New(kind, "follow", "the rotator is at the end of its arc, %.2f°, and no longer follows the field: begin anew with a slew, or turn it to the middle, mechanical angle %.2f°",
		limit.Degrees(), ((low + high) / 2).Degrees())
}

// reachable returns fault.BelowLimit or fault.AboveLimit when a position angle
// is beyond the arc of a sectored rotator that is at from, where the field has
// the given angle. Others can turn to any.
func (s *state) reachable(sky, field, from model.Angle) error {
	if !s.config.Rotator.Sectored {
		return nil
	}
	low, high := s.limitsOfTravel(AxisRotator)
	mechanical := s.rotator.mechanicalFor(sky, field)
	if _, ok := s.onArc(mechanical, from); ok {
		return nil
	}
	kind, middle := fault.AboveLimit, (low+high)/2
	if mechanical = mechanical.Near(middle); mechanical < middle {
		kind = fault.BelowLimit
	}
	first, last := s.rotator.skyFor(low, field), s.rotator.skyFor(high, field)
	if s.rotator.reversed {
		first, last = last, first
	}
	return fault.New(kind, "rotate", "the rotator would be at %.2f°; its arc is %.2f to %.2f°, now position angles %.2f to %.2f°",
		mechanical.Degrees(), low.Degrees(), high.Degrees(), first.Wrap().Degrees(), last.Wrap().Degrees())
}
