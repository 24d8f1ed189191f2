// SPDX-License-Identifier: GPL-3.0-or-later

package fit

import (
	"math"
	"slices"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/pointing"
)

const (
	mostCondition = 1e3
	skewSpan      = 40.0 // degrees of axis A that tell Z1 from Z2
	mostGain      = 3.0  // by which two stars may enlarge an error of their distance in Z3
)

// full fits attitude and terms by least squares.
func (r *run) full() (Result, error) {
	in := r.kept()
	if err := r.direct(in); err != nil {
		return Result{}, err
	}
	start := r.start()
	free := r.Free
	if free == nil || slices.Contains(free, Attitude) {
		attitude, ok := seed(r.pick(in), start.errors())
		if !ok {
			return Result{}, fault.New(fault.Invalid, opFit, "the stars lie too nearly in one direction or its opposite: spread them by more than 10°")
		}
		start.attitude = attitude
		if err := r.mirrored(in, start); err != nil {
			return Result{}, err
		}
	}
	c := chooser{run: r, in: in, start: start, held: map[Term]string{}}
	var ok bool
	if free != nil {
		if err := r.enough(free, len(in)); err != nil {
			return Result{}, err
		}
		ok = c.fit(free)
	} else {
		ok = c.automatic()
	}
	if !ok {
		return Result{}, fault.New(fault.Invalid, opFit,
			"the stars do not determine %v: spread them over the sky, or fit fewer terms", c.terms)
	}
	for _, i := range in {
		if !slices.Contains(c.kept, i) {
			r.why[i] = "it does not fit the others"
		}
	}
	res := c.result()
	if err := r.plausible(&res, in); err != nil {
		return Result{}, err
	}
	if r.Tables && free == nil {
		r.tables(&res, c.kept)
	}
	r.judge(&res)
	return res, nil
}

func (r *run) pick(in []int) []sighting {
	out := make([]sighting, len(in))
	for k, i := range in {
		out[k] = r.stars[i]
	}
	return out
}

// enough refuses more terms than the stars can carry.
func (r *run) enough(free []Term, stars int) error {
	p := problem{terms: free}
	have := 2 * stars
	for _, t := range free {
		if r.prior(t).Sigma > 0 {
			have++
		}
	}
	if need := p.count(); need > have {
		return fault.New(fault.Invalid, opFit, "%d stars give %d measurements, %d terms need %d", stars, 2*stars, len(free), need)
	}
	return nil
}

// chooser finds the terms that the stars can carry.
type chooser struct {
	*run
	in    []int // observations that may take part
	start guess
	held  map[Term]string // candidates that were not taken, and why

	problem  problem
	terms    []Term
	solution solution
	kept     []int
}

// attempt is one fit with a set of terms.
type attempt struct {
	problem  problem
	solution solution
	kept     []int
	ok       bool
}

// pose returns the problem of fitting the terms.
func (c *chooser) pose(terms []Term) problem {
	p := problem{terms: terms, priors: map[Term]Prior{}, zenith: c.Setup.zenith()}
	for _, t := range terms {
		p.priors[t] = c.prior(t)
	}
	return p
}

// try fits the terms, looking for gross errors anew.
func (c *chooser) try(terms []Term) attempt {
	a := attempt{problem: c.pose(terms)}
	limit := int(mostGross * float64(len(c.in)))
	a.solution, a.kept, a.ok = c.settle(&a.problem, c.start, c.in, limit)
	return a
}

// probe is the fit of one more set of terms to the stars of the present one,
// as its derivatives tell it: close enough to see whether they pay.
func (c *chooser) probe(all *problem, misses []miss, terms []Term) attempt {
	a := attempt{problem: c.pose(terms), kept: c.kept}
	a.problem.stars = c.problem.stars
	a.solution, a.ok = a.problem.step(c.start, all.columns(misses, terms))
	return a
}

// extended returns the present terms and those of all groups, as a problem.
func (c *chooser) extended(groups []group) problem {
	terms := slices.Clone(c.terms)
	for _, group := range groups {
		if !slices.Contains(c.terms, group.terms[0]) {
			terms = append(terms, group.terms...)
		}
	}
	p := c.pose(terms)
	p.stars = c.problem.stars
	return p
}

// adopt takes an attempt; the next ones start from it.
func (c *chooser) adopt(a attempt) {
	c.problem, c.solution, c.kept, c.terms = a.problem, a.solution, a.kept, a.problem.terms
	c.start = a.solution.guess
}

func (c *chooser) fit(terms []Term) bool {
	c.terms = terms
	a := c.try(terms)
	if a.ok {
		c.adopt(a)
	}
	return a.ok
}

// automatic chooses the terms by redundancy. What the geometry of the mount
// makes of every star comes first; what bends and runs out of true is added
// while it makes the model better at stars that it has not seen.
func (c *chooser) automatic() bool {
	if !c.fit(c.first()) {
		return false
	}
	for c.drop() {
	}
	for {
		var best attempt
		now := c.leaveOut(&c.solution)
		least := now
		groups := c.more()
		all := c.extended(groups)
		misses := all.misses(c.start)
		for _, group := range groups {
			if slices.Contains(c.terms, group.terms[0]) {
				continue
			}
			a := c.probe(&all, misses, append(slices.Clone(c.terms), group.terms...))
			why := c.unfit(&a, group.terms)
			if why == "" {
				if then := c.leaveOut(&a.solution); !(then < now*(1-group.gain)) {
					why = "it would not improve the model"
				} else if then < least {
					best, least = a, then
				}
			}
			for _, t := range group.terms {
				c.held[t] = why
			}
		}
		if !best.ok {
			return true
		}
		c.start = best.solution.guess
		if !c.fit(best.problem.terms) {
			return true
		}
		for c.drop() {
		}
	}
}

// first returns the terms to begin with.
func (c *chooser) first() []Term {
	terms := []Term{Attitude, Z3}
	if len(c.in) < 3 {
		c.held[Z1], c.held[Z2] = "two stars cannot show it", "two stars cannot show it"
		a, b := c.star(c.in[0]), c.star(c.in[1])
		if !(pointing.AltitudeOffsetGain(a, b, model.Angle(c.start.z[2])) < mostGain) {
			c.held[Z3] = "these two stars do not show it: take them at middle altitude and far apart in azimuth"
			return terms[:1]
		}
		return terms
	}
	low, high := math.Inf(1), math.Inf(-1)
	for _, i := range c.in {
		a := c.stars[i].axes.A
		if through(c.stars[i].axes) {
			a = model.HalfTurn - a
		}
		low, high = min(low, a.Degrees()), max(high, a.Degrees())
	}
	if len(c.in) >= 6 && high-low < skewSpan {
		c.held[Z1] = wordsf("Z1 and Z2 look alike over only %.0f° of axis A: take stars over %.0f°", high-low, skewSpan)
		return append(terms, Z2)
	}
	return append(terms, Z1, Z2)
}

// group is a set of terms that is taken or left as a whole, if the miss at
// stars left out falls by the share gain.
type group struct {
	terms []Term
	gain  float64
}

// more returns the groups that the number of stars allows beyond the first.
func (c *chooser) more() []group {
	n := len(c.kept)
	if n < 6 {
		return nil
	}
	if n < 10 { // a tube's droop is the one fault of so few stars that is worth it, if it is clear
		return []group{{[]Term{TF}, 0.1}}
	}
	groups := []group{{[]Term{TF}, 0.02}}
	if c.Setup.Fork {
		groups = append(groups, group{[]Term{FO}, 0.02})
	}
	if c.Setup.Equatorial && !c.Setup.Fork {
		groups = append(groups, group{[]Term{DAF}, 0.03})
	}
	if n < 12 {
		return groups
	}
	gearZ, gearA := []Term{ACES, ACEC}, []Term{ECES, ECEC}
	if c.Setup.Equatorial {
		gearZ, gearA = []Term{HCES, HCEC}, []Term{DCES, DCEC}
	}
	groups = append(groups, group{gearZ, 0.05}, group{gearA, 0.05})
	if n < 15 {
		return groups
	}
	groups = append(groups, group{[]Term{HDSH2, HDCH2}, 0.05}, group{[]Term{HHSH2, HHCH2}, 0.05}, group{[]Term{HDSD2, HDCD2}, 0.05})
	if c.bothSides() {
		groups = append(groups, group{[]Term{PA}, 0.05}, group{[]Term{PZ}, 0.05})
	}
	return groups
}

func (c *chooser) bothSides() bool {
	var count [2]int
	for _, i := range c.kept {
		if through(c.stars[i].axes) {
			count[1]++
		} else {
			count[0]++
		}
	}
	return min(count[0], count[1]) >= 4
}

// unfit says why the stars cannot carry the terms of an attempt; else "".
func (c *chooser) unfit(a *attempt, terms []Term) string {
	if !a.ok {
		return "the stars do not determine it"
	}
	if worseThan(mostCondition, a.solution.data) {
		return "with it the terms cannot be told apart"
	}
	for k, name := range a.problem.names() {
		t := Term(name)
		if prior := a.problem.priors[t]; slices.Contains(terms, t) && prior.Sigma > 0 &&
			a.solution.inverse[k][k] > 0.5*float64(prior.Sigma*prior.Sigma) {
			return "the stars say less of it than was known before"
		}
	}
	return ""
}

// drop fixes the least significant term, if the stars cannot carry all. It
// reports whether it did.
func (c *chooser) drop() bool {
	if len(c.in) < 6 {
		return false // the priors hold what so few stars do not
	}
	why := c.unfit(&attempt{problem: c.problem, solution: c.solution, kept: c.kept, ok: true}, c.terms)
	if why == "" {
		return false
	}
	least, weakest := math.Inf(1), Term("")
	for k, name := range c.problem.names() {
		t := Term(name)
		prior, ok := c.priorOf(t)
		if !ok || prior.Sigma == 0 {
			continue
		}
		if s := math.Abs(c.solution.guess.value(t)-float64(prior.Mean)) / math.Sqrt(c.solution.inverse[k][k]); s < least {
			least, weakest = s, t
		}
	}
	return weakest != "" && c.without(weakest, why)
}

func (c *chooser) priorOf(t Term) (Prior, bool) {
	p, ok := c.problem.priors[t]
	return p, ok && t != Attitude
}

// without fits again with t held at what is known of it.
func (c *chooser) without(t Term, why string) bool {
	terms := slices.DeleteFunc(slices.Clone(c.terms), func(x Term) bool { return x == t })
	c.start.add(t, float64(c.prior(t).Mean)-c.start.value(t))
	a := c.try(terms)
	if !a.ok {
		return false
	}
	c.held[t] = why
	c.adopt(a)
	return true
}

// leaveOut returns the root mean square of what the stars of the present fit
// would miss by if they had no part in the solution s, radians.
func (c *chooser) leaveOut(s *solution) float64 {
	sum := 0.0
	for k := range s.misses {
		alone, _ := s.deleted(&s.misses[k])
		d := math.Hypot(alone[0], alone[1]) * c.problem.stars[k].sigma
		sum += d * d
	}
	return math.Sqrt(sum / float64(len(s.misses)))
}

// names returns the names of the parameters.
func (p *problem) names() []string {
	var names []string
	for _, t := range p.terms {
		if t == Attitude {
			names = append(names, "attitude x", "attitude y", "attitude z")
			continue
		}
		names = append(names, string(t))
	}
	return names
}
