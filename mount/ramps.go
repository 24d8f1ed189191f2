// SPDX-License-Identifier: GPL-3.0-or-later

package mount

import (
	"math"
	"slices"
	"time"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/motion"
)

// profile is how an axis's difference from its course dies away: smoothly, and
// in slews by the ramps of the original where the settings ask for them. Both
// may be under way, and the difference is their sum: what little a course
// changes during a slew does not disturb its ramps.
type profile struct {
	smooth motion.Profile
	climb  climb
}

// climb is a slew by the original's ramps. It waits at a difference until
// start, and then goes to 0. At both ends it changes its rate at once. The
// zero climb is none. It is a value.
type climb struct {
	start, end driver.Instant
	wait       float64        // the difference until start, radians
	unit       float64        // one half step, radians
	pieces     []motion.Piece // of half steps; shared, and never changed
}

func newProfile(ramp time.Duration) profile { return profile{smooth: motion.NewProfile(ramp)} }

// at returns the difference at t, and its rate just after t, or just before.
func (p *profile) at(t driver.Instant, after bool) (pos, rate float64) {
	pos, rate = p.smooth.At(seconds(t))
	if p.climb.pieces != nil {
		d, v := p.climb.at(t, after)
		pos, rate = pos+d, rate+v
	}
	return pos, rate
}

// end returns when the difference is gone for good; −Inf when there is none.
func (p *profile) end() float64 {
	end := p.smooth.End()
	if p.climb.pieces != nil {
		end = max(end, seconds(p.climb.end.Add(halt)))
	}
	return end
}

// halt is how long an axis stands before a climb counts as over: its motor has
// to be told that the rate jumps to nothing.
const halt = time.Millisecond

// done reports whether no difference is left at t.
func (p *profile) done(t driver.Instant) bool { return seconds(t) >= p.end() }

// nextBreak returns the first instant after t at which the difference ceases
// to be the same cubic, or limit when that comes first.
func (p *profile) nextBreak(t, limit driver.Instant) driver.Instant {
	limit = p.climb.nextBreak(t, limit)
	return smoothBreak(&p.smooth, t, limit)
}

// smoothBreak is nextBreak of a motion without jumps of its rate: breaks
// closer than a microsecond are one.
func smoothBreak(p *motion.Profile, t, limit driver.Instant) driver.Instant {
	if b := p.NextBreak(seconds(t) + 1e-6); b < seconds(limit) {
		return driver.Instant(b * 1e9)
	}
	return limit
}

// shift says that from t on the course is another one, as motion.Profile.Shift.
// A climb goes on.
func (p *profile) shift(t driver.Instant, pos, rate float64) {
	if t >= p.climb.end {
		p.climb = climb{}
	}
	p.smooth.Shift(seconds(t), pos, rate)
}

// smoothe is shift, and ends a climb: what it had still to do is left to the
// smooth part.
func (p *profile) smoothe(t driver.Instant, pos, rate float64) {
	if t < p.climb.end {
		d, v := p.climb.at(t, false)
		pos, rate = pos+d, rate+v
	}
	p.climb = climb{}
	p.smooth.Shift(seconds(t), pos, rate)
}

// slew plans, after smoothe, to remove the difference by a ramp of half steps
// in either sense. An axis that is too fast to take the ramp's first rate at
// once, in either sense, brakes before.
func (p *profile) slew(t driver.Instant, lim motion.Limits, r *motion.Ramp, half [2]float64) {
	braked, c := p.smooth, climb{start: t}
	pos, rate := braked.At(seconds(t))
	if math.Abs(rate) <= r.Start()*half[0]/2 {
		braked = motion.NewProfile(lim.Ramp)
	} else {
		pos = braked.Match(seconds(t), lim)
		c.start = driver.Instant(braked.End() * 1e9).Add(2 * time.Microsecond)
	}
	c.wait, c.unit = pos, half[0]
	if pos > 0 { // to be removed by falling angles
		c.unit = half[1]
	}
	if c.pieces = r.Plan(-pos / c.unit); c.pieces == nil {
		p.smooth.Seek(seconds(t), lim)
		return
	}
	span := 0.0
	for _, piece := range c.pieces {
		span += piece.Dur
	}
	c.end = c.start.Add(time.Duration(math.Ceil(span * 1e9)))
	p.smooth, p.climb = braked, c
}

// at returns the difference at t, and its rate just after t, or just before.
func (c *climb) at(t driver.Instant, after bool) (pos, rate float64) {
	switch {
	case t < c.start, t == c.start && !after:
		return c.wait, 0
	case t > c.end, t == c.end && after:
		return 0, 0
	}
	d, last := t.Sub(c.start).Seconds(), len(c.pieces)-1
	for i := range c.pieces[:last] {
		if d < c.pieces[i].Dur {
			last = i
			break
		}
		d -= c.pieces[i].Dur
	}
	p, v := c.pieces[last].At(min(d, c.pieces[last].Dur))
	return c.wait + p*c.unit, v * c.unit
}

// nextBreak returns the start or the end, where the rate jumps, when it is
// after t and before limit; else limit. Between its pieces a climb is smooth
// enough for the plan's own.
func (c *climb) nextBreak(t, limit driver.Instant) driver.Instant {
	for _, edge := range [2]driver.Instant{c.start, c.end} {
		if edge > t && edge < limit {
			limit = edge
		}
	}
	return limit
}

// The values of slew_ramp after the first, as styles of motion.LegacyRamp.
var rampStyles = [...]string{motion.Simple: "simple", motion.SCurve: "s_curve", motion.SCurveMeant: "s_curve_meant"}

// ramp returns the original's ramp that the settings ask for; one that plans
// nothing when they ask for none. It returns fault.Invalid, naming the keys.
func (m *Mechanics) ramp() (motion.Ramp, error) {
	style := slices.Index(rampStyles[:], m.SlewRamp)
	if style < 0 {
		return motion.Ramp{}, nil
	}
	r, err := motion.LegacyRamp(m.RampMaxDelay, m.RampMinDelay, m.RampStretch, style)
	if err != nil {
		return r, fault.New(fault.Invalid, "configuration", "mount.slew_ramp %q needs other values of mount.ramp_max_delay (MaxDelay), mount.ramp_min_delay (MinDelay) or mount.ramp_stretch (HsRampX): %v", m.SlewRamp, err)
	}
	for i, ax := range [...]Axis{m.Z, m.A} {
		if top := r.Top() * max(ax.halfSteps()[0], ax.halfSteps()[1]); top > ax.limits().Rate*(1+1e-9) {
			return r, fault.New(fault.Invalid, "configuration", "mount.ramp_min_delay %d makes %.0f half steps per second, which is %.4g°/s, more than mount.%s.max_rate_deg_per_s (%g)",
				m.RampMinDelay, r.Top(), model.Angle(top).Degrees(), [...]string{"z", "a"}[i], ax.MaxRate)
		}
	}
	return r, nil
}

// halfSteps returns the motion of the axis by a half step, clockwise and
// counter-clockwise, in radians.
func (a Axis) halfSteps() [2]float64 {
	n := float64(a.Microsteps) / 2
	return [2]float64{a.microstepOf(false).Mul(n).Radians(), a.microstepOf(true).Mul(n).Radians()}
}

// vigour returns the acceleration that slews of an axis are to be judged by,
// radians/s².
func (s *state) vigour(axis int) float64 {
	if d := s.ramp.Duration().Seconds(); d > 0 && axis != AxisRotator {
		return (s.ramp.Top() - s.ramp.Start()) * s.config.axisConfig(axis).halfSteps()[0] / d
	}
	return s.limitsOf(axis).Accel
}
