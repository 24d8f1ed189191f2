// SPDX-License-Identifier: GPL-3.0-or-later

package executor

import (
	"math"

	"github.com/siderostep/siderostep/driver"
)

// never is later than every event.
const never driver.Instant = math.MaxInt64

// motion is a cubic in time that an axis follows until an instant: a segment,
// a braking ramp, rest, or one of these with a catch-up added. (Its Segment's
// Dur is not used; unlike a segment it may last for ever.)
type motion struct {
	driver.Segment
	end driver.Instant
}

// rest returns the motion that stays at p from t on.
func rest(t driver.Instant, p driver.Position) motion {
	return motion{driver.Segment{Start: t, P: p}, never}
}

// still is the rate, microsteps/s, below which an axis counts as at rest:
// what rounding its duration to nanoseconds leaves of a ramp's last rate.
const still = 1e-3

// ramp returns the motion that brakes to rest from position p and rate v at
// t, decelerating at brake.
func ramp(t driver.Instant, p driver.Position, v, brake float64) motion {
	if math.Abs(v) < still {
		return rest(t, p)
	}
	s := driver.Segment{Start: t, P: p, V: v, A: math.Copysign(brake, -v)}
	return motion{s, t + max(1, driver.Instant(math.Abs(v)/brake*1e9))}
}

// after returns the same curve reckoned from instant t, at which the axis is e
// microsteps away from it, moving u microsteps/s faster and accelerating by a
// more.
func (m *motion) after(t driver.Instant, e, u, a float64) motion {
	p, v := m.At(t)
	dt := t.Sub(m.Start).Seconds()
	return motion{driver.Segment{
		Start: t,
		P:     p + driver.PositionOf(e),
		V:     v + u,
		A:     m.A + dt*m.J + a,
		J:     m.J,
	}, m.end}
}

// catchUp takes out a difference between where an axis is and where its plan
// says it should be: as fast as braking acceleration and rate limit allow,
// instead of in a jump that would stall the motor. It is a function of time
// that is added to the plan, starting with the difference and ending at zero:
// it accelerates, runs at a constant rate, and decelerates.
//
// Source: stepper-core §2.6, in the frame of the plan.
type catchUp struct {
	active bool
	start  driver.Instant
	e, u   float64           // difference at start: microsteps, microsteps/s
	accel  [3]float64        // of the three parts, microsteps/s²
	ends   [3]driver.Instant // of the three parts
}

// newCatchUp starts at t with the axis e microsteps beyond the plan and u
// microsteps/s faster, accelerating by at most a and running at most v
// microsteps/s relative to the plan.
func newCatchUp(t driver.Instant, e, u, a, v float64) catchUp {
	sign := 1.0
	if -e-u*math.Abs(u)/(2*a) < 0 {
		sign = -1
	}
	d, w := -e*sign, u*sign // way to go and rate, in the direction of going
	peak := math.Sqrt(max(0, a*d+w*w/2))
	var t1, t2, t3 float64
	first := a
	switch {
	case peak <= v:
		t1, t3 = (peak-w)/a, peak/a
	case w <= v:
		t1, t2, t3 = (v-w)/a, (d-(2*v*v-w*w)/(2*a))/v, v/a
	default:
		first = -a
		t1, t2, t3 = (w-v)/a, (d-w*w/(2*a))/v, v/a
	}
	c := catchUp{active: true, start: t, e: e, u: u, accel: [3]float64{sign * first, 0, -sign * a}}
	sum := 0.0
	for i, part := range [3]float64{t1, t2, t3} {
		sum += max(0, part)
		c.ends[i] = t + driver.Instant(min(sum*1e9+0.5, 4e18)) // far off, but an Instant
	}
	return c
}

// at returns the difference, its rate and its acceleration at t, and how long
// that acceleration lasts. A catch-up that is over is no longer active.
func (c *catchUp) at(t driver.Instant) (e, u, a float64, until driver.Instant) {
	e, u = c.e, c.u
	from := c.start
	for i, end := range c.ends {
		dt := min(t, end).Sub(from).Seconds()
		a = c.accel[i]
		e, u = e+dt*(u+dt*a/2), u+dt*a
		if t < end {
			return e, u, a, end
		}
		from = end
	}
	c.active = false
	return 0, 0, 0, never
}
