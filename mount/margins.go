// SPDX-License-Identifier: GPL-3.0-or-later

package mount

import (
	"math"
	"time"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/pointing"
	"github.com/siderostep/siderostep/model/sky"
)

// Never is the time to a limit that is not reached.
const Never = time.Duration(math.MaxInt64)

// Margins returns how far inside each limit the tube is, negative beyond it:
// angles of the axes for their limits and the meridian, of altitude for the
// horizon, on the sky for the zone about the Sun; +Inf for limits that the
// mount does not have.
func (s *Snapshot) Margins() [Limits]model.Angle { return s.bounds.margins(s.Axes, s.side, s.LST) }

// LimitTimes returns when the target, moving as it does now, brings the mount
// to each limit: Never for those not reached within the time given, and for
// all without a target. The way through a pole of the mount is taken to be
// short.
func (s *Snapshot) LimitTimes(within time.Duration) (times [Limits]time.Duration) {
	for i := range times {
		times[i] = Never
	}
	if !s.HasTarget {
		return times
	}
	f := forecast{
		bounds: s.bounds, side: s.side, axes: s.Axes, from: s.At, lst: s.LST,
		target: target{place: s.Target, since: s.At, drive: s.Drive, raRate: s.RARate, decRate: s.DecRate},
	}
	f.find(within, &times)
	return times
}

// forecast follows a target into the future.
type forecast struct {
	bounds bounds
	side   pointing.PierSide
	target target
	from   driver.Instant
	lst    model.Angle // of from
	axes   model.Axes  // as of the latest margins, so that turns are counted
}

// forecastStep is the interval at which the future is looked at: a degree of
// the sky.
const forecastStep = 4 * time.Minute

// find notes in times when the target crosses each limit outward for the
// first time.
func (f *forecast) find(within time.Duration, times *[Limits]time.Duration) {
	before, found := f.margins(0), 0
	for t := forecastStep; t <= within && found < int(Limits); t += forecastStep {
		start := f.axes
		after := f.margins(t)
		end := f.axes
		for i := range times {
			if times[i] != Never || after[i] >= 0 || after[i] >= before[i] {
				continue
			}
			found++
			times[i] = t - forecastStep
			if before[i] >= 0 {
				times[i] = f.crossing(Limit(i), start, t-forecastStep, t)
			}
		}
		f.axes, before = end, after
	}
}

// margins returns how far inside each limit the mount is t from the start.
func (f *forecast) margins(t time.Duration) [Limits]model.Angle {
	lst := f.lst + model.Sidereal.Over(t)
	hd := f.target.at(f.from.Add(t)).HourDec(lst)
	if axes, ok := f.bounds.chain.Axes(hd, f.side); ok {
		f.axes = model.Axes{Z: axes.Z.Near(f.axes.Z), A: axes.A.Near(f.axes.A)}
	}
	return f.bounds.margins(f.axes, f.side, lst)
}

// crossing returns when the margin of a limit becomes negative between two
// times, to a tenth of a second. The axes are at start at the first.
func (f *forecast) crossing(l Limit, start model.Axes, inside, outside time.Duration) time.Duration {
	for outside-inside > time.Second/10 {
		middle := (inside + outside) / 2
		f.axes = start
		if f.margins(middle)[l] < 0 {
			outside = middle
		} else {
			inside = middle
		}
	}
	return outside
}

// sunAt returns the Sun's apparent place.
func sunAt(utc time.Time, scales sky.TimeScales) model.Equatorial {
	a := sky.NewAstrometry(scales.At(utc).TT)
	place, _ := a.Sun()
	return place
}
