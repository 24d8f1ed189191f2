// SPDX-License-Identifier: GPL-3.0-or-later

// Package clock is the only place where siderostep looks at or waits for
// time.
//
// Everything else is handed a Clock, so that a night can be lived in seconds:
// Real is the computer's clock (and, inside a testing/synctest bubble, the
// bubble's); Scaled runs a whole program faster than life; Manual stands
// still until a test moves it.
package clock

import (
	"context"
	"time"
)

// Clock tells and awaits time. Its readings carry a monotonic part, so that
// differences between two of them do not jump when the civil time is set.
type Clock interface {
	// Now returns the present instant.
	Now() time.Time
	// NewTicker returns a ticker that fires every d of this clock's time,
	// d > 0, dropping ticks that nobody receives.
	NewTicker(d time.Duration) Ticker
	// NewTimer returns a timer that fires once, after d of this clock's time.
	NewTimer(d time.Duration) Timer
	// Speed returns the seconds of this clock per real second: 1 for Real,
	// 0 for a clock that does not run by itself.
	Speed() float64
}

// Ticker fires again and again until stopped.
type Ticker interface {
	C() <-chan time.Time
	Stop()
}

// Timer fires once unless stopped.
type Timer interface {
	C() <-chan time.Time
	Stop() bool
}

// Sleep waits for d of c's time. It returns early, with ctx's error, when ctx
// ends.
func Sleep(ctx context.Context, c Clock, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := c.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C():
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Real is the computer's own clock.
type Real struct{}

// Now returns time.Now.
func (Real) Now() time.Time { return time.Now() }

// NewTicker returns a time.Ticker.
func (Real) NewTicker(d time.Duration) Ticker { return realTicker{time.NewTicker(d)} }

// NewTimer returns a time.Timer.
func (Real) NewTimer(d time.Duration) Timer { return realTimer{time.NewTimer(d)} }

// Speed returns 1.
func (Real) Speed() float64 { return 1 }

type realTicker struct{ t *time.Ticker }

func (t realTicker) C() <-chan time.Time { return t.t.C }
func (t realTicker) Stop()               { t.t.Stop() }

type realTimer struct{ t *time.Timer }

func (t realTimer) C() <-chan time.Time { return t.t.C }
func (t realTimer) Stop() bool          { return t.t.Stop() }

// Scaled runs a constant factor faster (or slower) than the computer's clock,
// from the instant at which it was made.
type Scaled struct {
	start time.Time
	speed float64
}

// NewScaled returns a clock that reads the computer's time now and runs at
// speed from here on, speed > 0.
func NewScaled(speed float64) *Scaled {
	return &Scaled{start: time.Now(), speed: speed}
}

// Now returns the scaled instant.
func (s *Scaled) Now() time.Time {
	return s.start.Add(time.Duration(float64(time.Since(s.start)) * s.speed))
}

// NewTicker returns a ticker with the interval shortened by the speed. The
// value it delivers is the computer's time; ask Now for the scaled instant.
func (s *Scaled) NewTicker(d time.Duration) Ticker {
	return realTicker{time.NewTicker(max(s.real(d), time.Microsecond))}
}

// NewTimer returns a timer shortened by the speed. The value it delivers is
// the computer's time; ask Now for the scaled instant.
func (s *Scaled) NewTimer(d time.Duration) Timer {
	return realTimer{time.NewTimer(s.real(d))}
}

// Speed returns the factor.
func (s *Scaled) Speed() float64 { return s.speed }

func (s *Scaled) real(d time.Duration) time.Duration {
	return time.Duration(float64(d) / s.speed)
}
