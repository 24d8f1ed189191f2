// SPDX-License-Identifier: GPL-3.0-or-later

package focuser

import (
	"math"
	"time"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/model/motion"
)

// path is where a motor is to be at any time, in its counts.
type path interface {
	place(count float64)                               // at rest there
	steer(at driver.Instant, to float64, rate float64) // from at on go there, and rest
	stop(at driver.Instant) (to float64)               // from at on come to rest, on a whole count
	done(at driver.Instant) bool                       // at rest for good
	end() float64                                      // where it comes to rest

	// piece returns the motion from an instant on, for as long as it is one
	// cubic, and not beyond until.
	piece(from, until driver.Instant) driver.Segment
}

// ramp is the time in which a stepper motor's acceleration builds up.
const ramp = 20 * time.Millisecond

// ramped is the path of a stepper motor.
type ramped struct {
	course  float64 // where it comes to rest
	profile motion.Profile
	limits  motion.Limits
	config  func() *Config
}

func newRamped(config func() *Config) *ramped {
	return &ramped{profile: motion.NewProfile(ramp), config: config}
}

func (r *ramped) place(count float64) { r.course, r.profile = count, motion.NewProfile(ramp) }
func (r *ramped) end() float64        { return r.course }

func (r *ramped) done(at driver.Instant) bool { return r.profile.Done(seconds(at)) }

func (r *ramped) steer(at driver.Instant, to, rate float64) {
	r.limits = motion.Limits{Rate: rate, Accel: r.config().Accel, Ramp: ramp}
	r.profile.Shift(seconds(at), r.course-to, 0)
	r.profile.Seek(seconds(at), r.limits)
	r.course = to
}

func (r *ramped) stop(at driver.Instant) (to float64) {
	r.profile.Shift(seconds(at), 0, 0)
	rest := r.course + r.profile.Match(seconds(at), r.limits)
	to = math.Round(rest)
	r.profile.Shift(seconds(at), rest-to, 0)
	r.profile.Seek(seconds(at), r.limits)
	r.course = to
	return to
}

func (r *ramped) piece(from, to driver.Instant) driver.Segment {
	if b := r.profile.NextBreak(seconds(from) + 1e-6); b < seconds(to) {
		to = driver.Instant(b * 1e9)
	}
	d0, v0 := r.profile.At(seconds(from))
	d1, v1 := r.profile.At(seconds(to))
	t := to.Sub(from).Seconds()
	mean := (d1 - d0) / t
	return driver.Segment{
		Start: from, Dur: to.Sub(from),
		P: driver.PositionOf(r.course + d0), V: v0,
		A: (6*mean - 4*v0 - 2*v1) / t,
		J: (6*(v0+v1) - 12*mean) / (t * t),
	}
}

// relayRest is how long a DC motor rests before it turns the other way, and
// how long its rest is planned at the end.
const relayRest = 200 * time.Millisecond

// switched is the path of a motor that runs at a constant rate or stands.
type switched struct {
	from, to float64
	rate     float64        // counts per second, signed
	on, off  driver.Instant // it runs from on to off
}

func (s *switched) place(count float64) { *s = switched{from: count, to: count} }
func (s *switched) end() float64        { return s.to }

func (s *switched) done(at driver.Instant) bool { return at >= s.off.Add(relayRest) || s.rate == 0 }

// at returns where the motor is, and how fast.
func (s *switched) at(t driver.Instant) (count, rate float64) {
	switch {
	case t >= s.off:
		return s.to, 0
	case t < s.on:
		return s.from, 0
	}
	return s.from + s.rate*t.Sub(s.on).Seconds(), s.rate
}

func (s *switched) steer(at driver.Instant, to, rate float64) {
	here, was := s.at(at)
	rate = math.Copysign(rate, to-here)
	on := at
	if was*rate < 0 || was == 0 && at < s.off.Add(relayRest) && s.rate*rate < 0 {
		on = at.Add(relayRest)
	}
	*s = switched{from: here, to: to, rate: rate, on: on, off: on.Add(time.Duration(math.Abs(to-here) / math.Abs(rate) * 1e9))}
}

func (s *switched) stop(at driver.Instant) (to float64) {
	here, rate := s.at(at)
	if rate > 0 {
		to = math.Ceil(here)
	} else {
		to = math.Floor(here)
	}
	s.steer(at, to, math.Abs(s.rate))
	return to
}

func (s *switched) piece(from, until driver.Instant) driver.Segment {
	here, rate := s.at(from)
	switch {
	case from < s.on:
		until = min(until, s.on)
	case from < s.off:
		until = min(until, s.off)
	}
	return driver.Segment{Start: from, Dur: until.Sub(from), P: driver.PositionOf(here), V: rate}
}

func seconds(t driver.Instant) float64 { return float64(t) * 1e-9 }
