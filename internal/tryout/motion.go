// SPDX-License-Identifier: GPL-3.0-or-later

package tryout

import (
	"math"
	"time"

	"github.com/siderostep/siderostep/driver"
)

// move is a motion between two rests: it speeds up, runs, and slows down.
// It returns nothing for no distance.
func move(start driver.Instant, from driver.Position, by, rate, accel float64) []driver.Segment {
	if by == 0 {
		return nil
	}
	way := math.Copysign(1, by)
	top := min(rate, math.Sqrt(math.Abs(by)*accel))
	ramp := seconds(top / accel)
	run := seconds((math.Abs(by) - top*top/accel) / top)
	p := course{at: start, place: from}
	p.add(ramp, 0, way*accel)
	p.add(run, way*top, 0)
	p.add(ramp, way*top, -way*accel)
	return p.segments
}

// course is motion that is being put together.
type course struct {
	at       driver.Instant
	place    driver.Position
	segments []driver.Segment
}

// add appends a segment that begins where the one before ends; one without
// duration is left out.
func (p *course) add(d time.Duration, rate, accel float64) {
	if d <= 0 {
		return
	}
	s := driver.Segment{Start: p.at, Dur: d, P: p.place, V: rate, A: accel, Splice: len(p.segments) == 0}
	p.segments = append(p.segments, s)
	p.at = s.End()
	p.place, _ = s.At(p.at)
}

func seconds(s float64) time.Duration { return time.Duration(math.Round(s * float64(time.Second))) }
