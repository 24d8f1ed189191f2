// SPDX-License-Identifier: GPL-3.0-or-later

package mount

import (
	"math"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/pointing"
)

// goal is where a slew ends: on a target on the sky, or with the axes at
// rest.
type goal struct {
	sky    bool
	target target     // on the sky
	axes   model.Axes // turns counted: at the start of the slew, or for good
	side   pointing.PierSide
}

// route is the way to a goal: straight, or by way of places at which the axes
// rest for a moment, where the straight way leads below the horizon or past
// the Sun.
type route struct {
	goal   goal
	via    [2]model.Axes
	n      int  // places on the way
	next   int  // of them, or n for the goal
	travel bool // the goal is not yet aimed at
}

// courseTo returns the course to a goal from instant at on.
func (s *state) courseTo(g *goal, at driver.Instant, before knot) course {
	if !g.sky {
		c := s.standing(at, before)
		c.side = g.side
		c.line[AxisZ] = line{since: at, pos: g.axes.Z}
		c.line[AxisA] = line{since: at, pos: g.axes.A}
		return c
	}
	c := s.course
	c.sky, c.side, c.near, c.detour, c.pass, c.bias = true, g.side, g.axes.Z, false, passage{}, s.unbiased(at)
	c.target = g.target
	s.startFollowing(&c, at, before)
	return c
}

// waysTo says how the axes get onto the course to a goal.
func (g *goal) waysTo() [axisCount]way {
	ways := bySlew
	if !g.sky {
		ways[AxisRotator] = match
	}
	return ways
}

// wayTo finds a way to a goal on which the tube stays above the horizon and
// away from the Sun: the straight one if it can be, else one axis at a time.
// It returns the error of the limit in the straight way when there is none.
// Nothing moves. A way out of a limit is open: no way needs to be better than
// both its ends.
func (s *state) wayTo(op string, g goal, at driver.Instant, before knot) (route, error) {
	r := route{goal: g}
	if s.config.Mount.SlewPaths == "free" {
		return r, nil
	}
	c := s.courseTo(&g, at, before)
	start := s.commanded(before, at)
	w := walk{b: s.bounds(), lst: s.heaven.lst(at)}
	from := model.Axes{Z: start[AxisZ], A: start[AxisA]}
	w.allow(from, s.course.side)
	w.allow(g.axes, g.side)
	limit, where, clear := s.straight(&w, c, at, before, g.waysTo())
	if clear {
		return r, nil
	}
	for _, r.via = range s.detours(from, g.axes) {
		r.n = 2
		if r.via[1] == r.via[0] {
			r.n = 1
		}
		if s.clearBy(&w, &r, from, at, before) {
			return r, nil
		}
	}
	err := w.b.beyond(limit, "", where, g.side, w.lst)
	return route{}, fault.New(fault.KindOf(err), op, "the way there is closed: %v", err)
}

// detours returns the ways to try, each of two places: one axis after the
// other, then by way of other angles of one axis, those that go a short way
// first.
func (s *state) detours(from, to model.Axes) [][2]model.Axes {
	corner := func(z, a model.Angle) model.Axes { return model.Axes{Z: z, A: a} }
	ways := [][2]model.Axes{
		{corner(from.Z, to.A), corner(from.Z, to.A)},
		{corner(to.Z, from.A), corner(to.Z, from.A)},
	}
	const steps = 12
	for _, share := range [...]float64{6, 7, 5, 8, 4, 9, 3, 10, 2, 11, 1, 12, 0} {
		between := func(axis int) model.Angle {
			low, high := s.limitsOfTravel(axis)
			return low + (high - low).Mul(share/steps)
		}
		a, z := between(AxisA), between(AxisZ)
		ways = append(ways,
			[2]model.Axes{corner(from.Z, a), corner(to.Z, a)},
			[2]model.Axes{corner(z, from.A), corner(z, to.A)})
	}
	return ways
}

// clearBy reports whether a way by its places is clear. The first leg begins
// with the motion that the axes have.
func (s *state) clearBy(w *walk, r *route, from model.Axes, at driver.Instant, before knot) bool {
	for i := range r.n {
		end := r.goal.axes
		if i+1 < r.n {
			end = r.via[i+1]
		}
		if !w.line(r.via[i], end, r.goal.side) {
			return false
		}
	}
	first := goal{axes: r.via[0], side: r.goal.side}
	if !w.line(from, first.axes, r.goal.side) {
		return false
	}
	_, _, clear := s.straight(w, s.courseTo(&first, at, before), at, before, first.waysTo())
	return clear
}

// straight reports whether the way onto course c is clear, and where it is
// not, and because of which limit. It plans the way, and forgets the plan.
func (s *state) straight(w *walk, c course, at driver.Instant, before knot, ways [axisCount]way) (Limit, model.Axes, bool) {
	oldCourse, oldProfiles, oldLast, due := s.course, s.profiles, s.last, s.outlook.due
	s.adopt(c, at, before, ways)
	defer func() { s.course, s.profiles, s.last, s.outlook.due = oldCourse, oldProfiles, oldLast, due }()

	const step, most = 0.25, 600 // seconds, at first
	span := seconds(s.arrives()) - seconds(at)
	n := int(min(math.Ceil(span/step), most))
	for i := range n {
		t := at.Add(durationOf(span * float64(i+1) / float64(n+1)))
		k := s.knotAt(&s.course, t)
		pos := s.commanded(k, t)
		axes := model.Axes{Z: pos[AxisZ], A: pos[AxisA]}
		if l, ok := w.at(axes, c.side); !ok {
			return l, axes, false
		}
	}
	return 0, model.Axes{}, true
}

// walk follows a tube on its way.
type walk struct {
	b     bounds
	lst   model.Angle
	least [Limits]model.Angle // margins that the way must have; 0 for inside
}

// pathPlay is by how much a way may be worse than its ends: a slew between
// two places at the horizon may sag.
const pathPlay = model.Angle(0.1 * math.Pi / 180)

// pathLimits are those that the ends of a way do not keep in between.
var pathLimits = [...]Limit{HorizonLimit, SunLimit}

// allow lets the way be as bad as one of its ends is.
func (w *walk) allow(end model.Axes, side pointing.PierSide) {
	m := w.b.margins(end, side, w.lst)
	for _, l := range pathLimits {
		w.least[l] = min(w.least[l], m[l], 0)
	}
}

// at returns the limit that the tube is beyond.
func (w *walk) at(axes model.Axes, side pointing.PierSide) (Limit, bool) {
	m := w.b.margins(axes, side, w.lst)
	for _, l := range pathLimits {
		if m[l] < w.least[l]-pathPlay {
			return l, false
		}
	}
	return 0, true
}

// line reports whether straight motion from one place of the axes to another
// is clear.
func (w *walk) line(from, to model.Axes, side pointing.PierSide) bool {
	const step = math.Pi / 180
	n := int(math.Ceil(float64(max((to.Z-from.Z).Abs(), (to.A-from.A).Abs())) / step))
	for i := range n + 1 {
		f := float64(i) / float64(max(n, 1))
		axes := model.Axes{Z: from.Z + (to.Z - from.Z).Mul(f), A: from.A + (to.A - from.A).Mul(f)}
		if _, ok := w.at(axes, side); !ok {
			return false
		}
	}
	return true
}

// setOut begins the way to a goal.
func (s *state) setOut(now, at driver.Instant, before knot, r route) {
	s.route = r
	s.route.travel = true
	s.leg(now, at, before)
}

// leg begins the next leg of the way.
func (s *state) leg(now, at driver.Instant, before knot) {
	r := &s.route
	g := r.goal
	if r.next < r.n {
		g = goal{axes: r.via[r.next], side: s.course.side}
		r.next++
	} else {
		r.travel = false
	}
	c := s.courseTo(&g, at, before)
	if r.goal.sky {
		c.target = r.goal.target
	}
	s.switchTo(c, at, before, g.waysTo())
	s.plan(now)
}

// onward begins the next leg, where the axes have come to the end of one. It
// reports whether there was one to begin.
func (s *state) onward(now driver.Instant) bool {
	if !s.route.travel {
		return false
	}
	at, before := s.change(now)
	if s.route.goal.sky { // its rates may have changed meanwhile
		s.route.goal.target = s.course.target.from(at)
	}
	s.leg(now, at, before)
	return true
}
