// SPDX-License-Identifier: GPL-3.0-or-later

package mount

import (
	"time"

	"github.com/siderostep/siderostep/driver"
)

// LimitState is how the mount stands with its limits.
type LimitState struct {
	Next    Limit         // what tracking will reach first, when In is not Never
	In      time.Duration // until then; Never when it is more than 12 hours, or without tracking
	Flips   bool          // there the mount flips, or turns back a whole turn, and tracks on; else it stops
	Warning bool          // In has fallen below limit_warning_min, and the mount will stop

	Reached bool          // tracking or held motion has ended at Limit, or the Sun has come to a tube that stands
	Limit   Limit         // which it was
	ParkIn  time.Duration // until the mount parks because of that; Never when it will not

	SunAvoided bool // the tube keeps away from the Sun; false by configuration, or under a simulated sky
}

// outlook is what the loop knows of limits to come and limits reached.
type outlook struct {
	due     driver.Instant // when to look again
	known   bool           // there is a limit to come
	next    Limit
	at      driver.Instant // when it comes
	warned  bool
	reached bool
	limit   Limit
	since   driver.Instant // when it was reached
}

const (
	// outlookSpan is how far the loop looks ahead.
	outlookSpan = 12 * time.Hour
	// outlookAge is how long what it has seen holds.
	outlookAge = time.Minute
)

// foresee looks ahead on the target's way, warns of a limit, and parks a
// mount that has long been at one.
func (s *state) foresee(now driver.Instant) {
	if s.activity != Idle && s.activity != Settling {
		s.outlook.known, s.outlook.due = false, now
		return
	}
	o := &s.outlook
	if now >= o.due {
		o.due = now.Add(outlookAge)
		o.known = false
		s.findNext(now)
		s.watchSun(now)
	}
	warning := s.warning(now)
	if warning && !o.warned {
		s.log.Warn("tracking will end soon", "limit", o.next.String(), "in_min", o.at.Sub(now).Minutes())
	}
	o.warned = warning
	if s.parksIn(now) <= 0 {
		o.reached = false // one attempt
		s.log.Warn("parking: the mount has long been at a limit", "limit", o.limit.String())
		if err := s.park(now); err != nil {
			s.stopped = err
			s.log.Error("the mount at a limit cannot park", "err", err)
		}
	}
}

// findNext finds the first limit on the target's way.
func (s *state) findNext(now driver.Instant) {
	if !s.course.sky {
		return
	}
	f := s.forecast(&s.course, now)
	var times [Limits]time.Duration
	for i := range times {
		times[i] = Never
	}
	f.find(outlookSpan, &times)
	first := Never
	for i, t := range times {
		if t < first {
			first, s.outlook.next = t, Limit(i)
		}
	}
	if first != Never {
		s.outlook.known, s.outlook.at = true, now.Add(first)
	}
}

// forecast returns the future of a course on the sky.
func (s *state) forecast(c *course, now driver.Instant) forecast {
	g := c.target.from(now)
	g.place.RA += c.target.correction(now).RA // pulses are over
	g.place.Dec += c.target.correction(now).Dec
	g.pulses, g.guided.RA, g.guided.Dec = [2]pulse{}, 0, 0
	f := forecast{bounds: s.bounds(), side: c.side, target: g, from: now, lst: s.heaven.lst(now), axes: s.axes}
	f.axes.Z = c.near
	return f
}

// watchSun notes when the Sun has come to a tube that stands.
func (s *state) watchSun(now driver.Instant) {
	b := s.bounds()
	near := b.fromSun(b.chain.Horizontal(s.axes), s.heaven.lst(now)) < 0
	switch at := s.outlook.reached && s.outlook.limit == SunLimit; {
	case near && !at && !s.parked && !s.course.sky:
		s.log.Warn("the Sun has come near to where the tube points", "zone_deg", b.zone.Degrees())
		s.reached(now, SunLimit)
	case !near && at:
		s.outlook.reached = false
	}
}

// reached notes that motion has ended at a limit.
func (s *state) reached(now driver.Instant, l Limit) {
	s.outlook.reached, s.outlook.limit, s.outlook.since = true, l, now
}

func (s *state) warning(now driver.Instant) bool {
	o := &s.outlook
	return o.known && !s.willFlip() && o.at.Sub(now) < minutes(s.config.Mount.LimitWarningMin)
}

// willFlip reports whether the mount goes on another way at the limit to
// come.
func (s *state) willFlip() bool {
	o := &s.outlook
	side, ok := s.otherWay(o.next)
	if !o.known || !ok {
		return false
	}
	b := s.bounds()
	return b.fits(s.course.target.at(o.at).HourDec(s.heaven.lst(o.at)), side)
}

// parksIn returns how long it is until the mount parks because it has reached
// a limit.
func (s *state) parksIn(now driver.Instant) time.Duration {
	o, after := &s.outlook, minutes(s.config.Mount.ParkAtLimitMin)
	if !o.reached || after == 0 || s.tracking || s.parked || s.activity != Idle {
		return Never
	}
	return max(0, o.since.Add(after).Sub(now))
}

// limitState returns the limits for a snapshot.
func (s *state) limitState(now driver.Instant) LimitState {
	o := &s.outlook
	l := LimitState{In: Never, Reached: o.reached, Limit: o.limit, ParkIn: s.parksIn(now), SunAvoided: s.sunZone() > 0}
	if o.known {
		l.Next, l.In, l.Flips, l.Warning = o.next, max(0, o.at.Sub(now)), s.willFlip(), o.warned
	}
	return l
}

func minutes(v float64) time.Duration { return time.Duration(v * float64(time.Minute)) }
