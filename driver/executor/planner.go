// SPDX-License-Identifier: GPL-3.0-or-later

package executor

import (
	"fmt"
	"math"
	"time"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/fault"
)

// Planner is the control loop's side of a Board: it checks segments and hands
// them over. With an executor in another process it is all of driver.Motors;
// Inline adds the executor to it. Its methods have one caller at a time,
// except for Halt.
type Planner struct {
	board   *Board
	axes    []plannedAxis
	resumed uint64 // what Resume last wrote to the board
}

// plannedAxis is what the planner's side remembers about one axis.
type plannedAxis struct {
	Axis
	last   driver.Segment // the latest one queued
	fresh  bool           // none was queued since Resume
	splice uint64         // ring index of the latest change of plan
}

var _ driver.Motors = (*Planner)(nil)

// NewPlanner returns the planner's side of b, for axes described as to the
// executor.
func NewPlanner(c Config, b *Board) *Planner {
	p := &Planner{board: b, resumed: b.resumed.Load()}
	for _, a := range c.Axes {
		p.axes = append(p.axes, plannedAxis{Axis: a, fresh: true})
	}
	return p
}

// Beat tells the executor that the planner lives.
func (p *Planner) Beat(now driver.Instant) { p.board.heartbeat.Store(int64(now)) }

// Report returns what the executor last published about an axis. It panics
// for an axis that does not exist.
func (p *Planner) Report(axis int) driver.Report {
	if axis < 0 || axis >= len(p.axes) {
		panic(fmt.Sprintf("executor: report of axis %d of %d", axis, len(p.axes)))
	}
	r, _ := p.board.axes[axis].report.get()
	return r
}

// Lateness returns by how much the executor came after the events that it
// woke for. Any goroutine may call it.
func (p *Planner) Lateness() clock.Tally { return p.board.lateness.Load() }

// Queue hands s to the executor, as driver.Motors describes. It returns
// fault.BelowLimit or fault.AboveLimit for a segment that would leave the
// axis's limits, and fault.Invalid for one that is faster than the axis can
// go or further away than it could be by then.
func (p *Planner) Queue(axis int, s driver.Segment) error {
	if axis < 0 || axis >= len(p.axes) {
		return fault.New(fault.Invalid, "queue segment", "there is no axis %d", axis)
	}
	if p.resumed == 0 || p.board.halts.Load()+1 != p.resumed {
		return fault.New(fault.Refused, "queue segment", "motion is halted or released until resumed")
	}
	a, ring := &p.axes[axis], &p.board.axes[axis].ring
	if err := a.check(&s); err != nil {
		return err
	}
	report, _ := p.board.axes[axis].report.get()
	if err := a.joins(&s, &report); err != nil {
		return err
	}

	room := RingSize - reserve
	pushed := ring.pushed.Load()
	if s.Splice || !a.fresh && pushed-a.splice < reserve {
		room = RingSize
	}
	if ring.Held() >= room {
		return fault.New(fault.Full, "queue segment", "%s holds %d segments", axisName(axis), ring.Held())
	}
	ring.push(s, p.resumed)
	if s.Splice {
		a.splice = pushed
	}
	a.last, a.fresh = s, false
	return nil
}

// Halt asks the executor to brake. Any goroutine may call it at any time.
func (p *Planner) Halt() { p.board.Halt() }

// Resume ends a halt or a release. It returns fault.Refused while an axis
// moves, and until the executor has taken note of the halt.
func (p *Planner) Resume() error {
	halt := p.board.halts.Load()
	if p.resumed == halt+1 {
		return nil
	}
	if err := p.atRest("resume", halt); err != nil {
		return err
	}
	p.resumed = halt + 1
	p.board.resumed.Store(p.resumed)
	for i := range p.axes {
		p.axes[i].fresh = true
	}
	return nil
}

// Release cuts the winding currents of axes at rest. Segments that wait in
// the queue, their start still to come, are discarded.
func (p *Planner) Release() error {
	if err := p.atRest("release", p.board.halts.Load()); err != nil {
		return err
	}
	p.board.released.Store(p.board.halts.Add(1))
	return nil
}

func (p *Planner) atRest(op string, halt uint64) error {
	for i := range p.axes {
		r, seen := p.board.axes[i].report.get()
		switch {
		case r.State == driver.Playing || r.State == driver.Braking:
			return fault.New(fault.Refused, op, "%s is %v", axisName(i), r.State)
		case seen != halt:
			return fault.New(fault.Refused, op, "%s has yet to see the halt", axisName(i))
		}
	}
	return nil
}

// Longest is the longest Segment that an executor plays.
const Longest = time.Hour

// joinSlack is how far, in microsteps, a segment may start from the end of
// the one before it: planners round.
const joinSlack = 0.25

// check tells whether s is within what the axis can do at all.
func (a *plannedAxis) check(s *driver.Segment) error {
	const farthest = driver.Instant(1) << 62
	invalid := func(format string, args ...any) error {
		return fault.New(fault.Invalid, "queue segment", format, args...)
	}
	switch {
	case !finite(s.V) || !finite(s.A) || !finite(s.J):
		return invalid("rate %v, acceleration %v, jerk %v: not all finite", s.V, s.A, s.J)
	case s.Dur <= 0 || s.Dur > Longest:
		return invalid("duration %v; it must be above 0, to %v", s.Dur, Longest)
	case s.Start < -farthest || s.Start > farthest:
		return invalid("start at %d is out of range", s.Start)
	}
	rate := fastestIn(s)
	if !(rate <= a.MaxRate*(1+1e-9)) { // NaN too
		return invalid("rate %.6g microsteps/s; the axis makes %.6g at most", rate, a.MaxRate)
	}
	if !(math.Abs(s.P.Microsteps())+rate*s.Dur.Seconds() < countRange) {
		return invalid("position %.0f microsteps, moving by up to %.0f, is out of range", s.P.Microsteps(), rate*s.Dur.Seconds())
	}
	end, _ := s.At(s.End())
	if a.Limited { // coming back from outside is allowed
		from, to := s.P.Round(), end.Round()
		if to < a.Min && to < from {
			return fault.New(fault.BelowLimit, "queue segment", "ends at %d microsteps; the limit is %d", to, a.Min)
		}
		if to > a.Max && to > from {
			return fault.New(fault.AboveLimit, "queue segment", "ends at %d microsteps; the limit is %d", to, a.Max)
		}
	}
	return nil
}

// joins tells whether s follows from the motion before it.
func (a *plannedAxis) joins(s *driver.Segment, r *driver.Report) error {
	invalid := func(format string, args ...any) error {
		return fault.New(fault.Invalid, "queue segment", format, args...)
	}
	switch {
	case a.fresh && !s.Splice:
		return invalid("the first segment after resuming must be a splice")
	case a.fresh:
		if gap := (s.P - r.Position).Microsteps(); math.Abs(gap) > 1 {
			return invalid("starts %.3f microsteps from where the axis stands", gap)
		}
	case s.Splice:
		// A plan that the axis cannot be anywhere near is a mistake. One
		// second's motion is left for lateness.
		ahead := max(0, s.Start.Sub(r.At).Seconds()) + 1
		if gap := s.P.Microsteps() - r.Position.Microsteps(); math.Abs(gap) > min(a.MaxRate*ahead, countRange/2) {
			return invalid("starts %.0f microsteps from where the axis is", gap)
		}
	default:
		end, _ := a.last.At(a.last.End())
		if s.Start != a.last.End() {
			return invalid("starts %v after the end of the segment before it", s.Start.Sub(a.last.End()))
		}
		if gap := (s.P - end).Microsteps(); math.Abs(gap) > joinSlack {
			return invalid("starts %.3f microsteps from the end of the segment before it", gap)
		}
	}
	return nil
}

// fastestIn returns the greatest |rate| within s, microsteps/s.
func fastestIn(s *driver.Segment) float64 {
	dur := s.Dur.Seconds()
	rate := func(t float64) float64 { return math.Abs(s.V + t*(s.A+t*s.J/2)) }
	fastest := max(rate(0), rate(dur))
	if t := -s.A / s.J; t > 0 && t < dur { // false when J is 0
		fastest = max(fastest, rate(t))
	}
	return fastest
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

func axisName(i int) string { return fmt.Sprintf("axis %d", i) }
