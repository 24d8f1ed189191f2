// SPDX-License-Identifier: GPL-3.0-or-later

package motion

import (
	"math"
	"sort"
	"time"

	"github.com/siderostep/siderostep/fault"
)

// timerHz is the clock of the timer that paced the original's half steps.
const timerHz = 1193181

// fastestHalfSteps is the greatest top rate of a ramp, half steps per second.
// Steppers on a telescope have been run up to 8000; sample files of the
// original hold test values of its author that are far beyond any motor.
const fastestHalfSteps = 20000

// longestRamp is the longest way up, seconds.
const longestRamp = 600

// Styles of ramps.
const (
	// Simple (HsRampStyle 0) spends the same time at each delay.
	Simple = 0
	// SCurve (HsRampStyle 1) starts slowly, gains most speed in the middle
	// and goes on slowly: as the original does it, which is not as it was
	// meant.
	SCurve = 1
	// SCurveMeant is SCurve with 6·(x − 3/4) where the original's integer 3/4
	// is 0: its ramps are 1.6 to 2.5 times shorter.
	SCurveMeant = 2
)

// Ramp accelerates as the original's slews do, for those who bring its
// MaxDelay, MinDelay, HsRampX and HsRampStyle along: a ladder of rates, each
// kept for a number of half steps. A motor starts at the lowest rate at once.
// It is immutable. The zero Ramp plans nothing.
//
// Lengths are half steps, times seconds.
//
// Source: Scope II source and manual, "MaxDelay, MinDelay, HsRampX";
// stepper-core §2.3.
type Ramp struct {
	start, top float64
	rungs      []rung  // where the rates of the ladder change; the first at 0, the last at the top rate
	up         []Piece // the way up, as a smooth curve
}

// rung is a point of the ladder: a rate ends and the next begins.
type rung struct{ t, p float64 }

// LegacyRamp returns the original's ramp from timerHz/maxDelay to
// timerHz/minDelay half steps per second, stretched by hsRampX, in one of the
// styles above. It returns fault.Invalid when an argument is out of range;
// what the original takes without a word, such as 10 and 5 for 239 000 half
// steps per second, is refused.
func LegacyRamp(maxDelay, minDelay, hsRampX, style int) (Ramp, error) {
	refuse := func(format string, args ...any) (Ramp, error) {
		return Ramp{}, fault.New(fault.Invalid, "ramp", format, args...)
	}
	const least = timerHz/fastestHalfSteps + 1
	switch {
	case minDelay < least:
		return refuse("MinDelay is %d, which asks for %.0f half steps per second; no motor follows that, and %d (%d per second) is the least accepted", minDelay, timerHz/math.Max(1, float64(minDelay)), least, timerHz/least)
	case maxDelay <= minDelay || maxDelay > math.MaxInt16:
		return refuse("MaxDelay is %d; it must be above MinDelay, which is %d, up to %d", maxDelay, minDelay, math.MaxInt16)
	case hsRampX < 1 || hsRampX > 1000:
		return refuse("HsRampX is %d; it must be from 1 to 1000", hsRampX)
	case style < Simple || style > SCurveMeant:
		return refuse("ramp style is %d; it must be %d (simple), %d (S curve) or %d (S curve as it was meant)", style, Simple, SCurve, SCurveMeant)
	}
	r := Ramp{
		start: timerHz / float64(maxDelay), top: timerHz / float64(minDelay),
		rungs: make([]rung, 1, maxDelay-minDelay+1),
	}
	end := rung{}
	for delay := maxDelay; delay > minDelay; delay-- {
		run := stay(maxDelay, minDelay, hsRampX, style, delay)
		end.p += run
		end.t += run * float64(delay) / timerHz
		r.rungs = append(r.rungs, end)
	}
	if end.t > longestRamp {
		return refuse("MaxDelay %d, MinDelay %d and HsRampX %d make a ramp of %.0f s; it may take %d", maxDelay, minDelay, hsRampX, end.t, longestRamp)
	}
	r.up = r.smooth()
	return r, nil
}

// stay returns for how many half steps a delay is kept.
func stay(maxDelay, minDelay, hsRampX, style, delay int) float64 {
	if style == Simple {
		return float64(hsRampX * maxDelay / delay)
	}
	quarters := 0.0
	if style == SCurveMeant {
		quarters = 0.75
	}
	x := float64(maxDelay-delay) / float64(maxDelay-minDelay)
	bow := math.Abs(math.Sin((x-0.5)*math.Pi)) * x * math.Max(1, 1+6*(x-quarters))
	return math.Floor(float64(hsRampX) * (1.5 + float64(maxDelay/minDelay-1)*bow))
}

// Start returns the rate at which a slew begins and ends, half steps per
// second.
func (r Ramp) Start() float64 { return r.start }

// Top returns the highest rate, half steps per second.
func (r Ramp) Top() float64 { return r.top }

// Distance returns the half steps of the whole way up, or down.
func (r Ramp) Distance() float64 { return r.end().p }

// Duration returns how long the whole way up takes.
func (r Ramp) Duration() time.Duration {
	return time.Duration(math.Round(r.end().t * 1e9))
}

func (r Ramp) end() rung {
	if len(r.rungs) == 0 {
		return rung{}
	}
	return r.rungs[len(r.rungs)-1]
}

// reach returns the point of the ladder, or of the cruise after it, at
// distance p from the start.
func (r Ramp) reach(p float64) rung {
	end := r.end()
	if p >= end.p {
		return rung{t: end.t + (p-end.p)/r.top, p: p}
	}
	i := sort.Search(len(r.rungs), func(i int) bool { return r.rungs[i].p > p })
	a, b := r.rungs[i-1], r.rungs[i] // the first is at 0
	return rung{t: a.t + (p-a.p)/(b.p-a.p)*(b.t-a.t), p: p}
}
