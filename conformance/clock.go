// SPDX-License-Identifier: GPL-3.0-or-later

package conformance

import (
	"context"
	"math"
	"time"
)

// Limits on real time that keep a fast clock fair and polite.
const (
	shortestPoll = 2 * time.Millisecond // between two requests of a wait
	grace        = 2 * time.Second      // least real time before a wait is given up
)

// simClock is the server's clock as the checker knows it: an instant of UTC at
// an instant of real time, and a rate. Unless said otherwise a time.Time is
// real time and a time.Duration is simulated time.
type simClock struct {
	speed float64
	utc   time.Time // simulated
	at    time.Time // real time of utc
}

// newSimClock returns a clock that starts at the computer's time.
func newSimClock(speed float64) *simClock {
	now := time.Now()
	return &simClock{speed: speed, utc: now.UTC(), at: now}
}

// set makes the clock show utc at the real instant at.
func (c *simClock) set(utc, at time.Time) { c.utc, c.at = utc.UTC(), at }

// now returns simulated UTC.
func (c *simClock) now() time.Time { return c.utcAt(time.Now()) }

// utcAt returns simulated UTC at a real instant.
func (c *simClock) utcAt(t time.Time) time.Time { return c.utc.Add(c.between(c.at, t)) }

// between returns the simulated time from one real instant to another.
func (c *simClock) between(from, to time.Time) time.Duration {
	return scale(to.Sub(from), c.speed)
}

// real returns how long a simulated duration takes.
func (c *simClock) real(d time.Duration) time.Duration { return scale(d, 1/c.speed) }

// scale multiplies, and saturates instead of overflowing.
func scale(d time.Duration, by float64) time.Duration {
	x := float64(d) * by
	if math.Abs(x) >= math.MaxInt64 {
		return time.Duration(math.Copysign(math.MaxInt64/2, x))
	}
	return time.Duration(x)
}

// sleep waits for a simulated duration.
func (c *simClock) sleep(ctx context.Context, d time.Duration) error {
	return sleepReal(ctx, c.real(d))
}

// sleepAtLeast waits for a simulated duration, but for no less than least of
// real time: enough for the duration of requests to be small beside it.
func (c *simClock) sleepAtLeast(ctx context.Context, d, least time.Duration) error {
	return sleepReal(ctx, max(c.real(d), least))
}

// pollPause is the real time between two polls: 500 ms simulated.
func (c *simClock) pollPause() time.Duration {
	return max(c.real(500*time.Millisecond), shortestPoll)
}

// patience is the real time after which a wait of limit is given up.
func (c *simClock) patience(limit time.Duration) time.Duration {
	return max(c.real(limit), grace)
}

// elapsed is a simulated duration known only to lie between two bounds.
type elapsed struct{ least, most time.Duration }

// elapsedBetween bounds the time between the effects of two requests.
func (c *simClock) elapsedBetween(first, second span) elapsed {
	return elapsed{
		least: max(0, c.between(first.answered, second.sent)),
		most:  c.between(first.sent, second.answered),
	}
}

// sleepReal waits for a real duration or until ctx ends.
func sleepReal(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
