// SPDX-License-Identifier: GPL-3.0-or-later

package fit

import (
	"math"
	"slices"

	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/pointing"
)

const (
	huber       = 1.345              // misses up to so many standard deviations count in full
	gross       = 3.5                // a miss of so many is a gross error,
	leastGross  = 10 * perArcsec     // if it is at least so large
	mostGross   = 0.2                // share of the stars that may be gross errors
	perArcsec   = math.Pi / 648000   // radians
	maskedShare = 0.85               // of that limit suffices where the median finds a miss gross
	fewStars    = 15                 // up to so many are left out in turn, the rest fitted anew
	fewExact    = 3                  // of more stars, only so many, if derivatives find them gross
	seedPairs   = 300                // pairs of stars tried for a first attitude
	closeStars  = 10 * math.Pi / 180 // pairs closer than this, or to being opposite, are not
)

// seed returns an attitude that at least half of the stars agree with, as well
// as can be: the rotation through that pair of stars which leaves the least
// median miss. It serves as a start that gross errors cannot spoil.
func seed(stars []sighting, errors pointing.Errors) (model.Mat, bool) {
	m := pointing.New(model.Identity(), errors, model.Axes{})
	tube := make([]model.Vec, len(stars))
	for i, s := range stars {
		tube[i] = m.MountVector(s.axes)
	}
	pairs := len(stars) * (len(stars) - 1) / 2
	every := max(1, (pairs+seedPairs-1)/seedPairs)
	best, found := math.Inf(1), false
	var attitude model.Mat
	count := 0
	sizes := make([]float64, len(stars))
	for i := range stars {
		for j := i + 1; j < len(stars); j++ {
			count++
			if count%every != 0 || !apart(stars[i].sky, stars[j].sky) || !apart(tube[i], tube[j]) {
				continue // a star noted twice, or while the tube stood still, turns nothing
			}
			r := triad(tube[i], tube[j]).Transpose().Mul(triad(stars[i].sky, stars[j].sky))
			if worse := agreement(&r, stars, tube, best, sizes); 2*worse <= len(sizes) {
				slices.Sort(sizes)
				if median := sizes[len(sizes)/2]; median < best {
					best, attitude, found = median, r, true
				}
			}
		}
	}
	return attitude, found
}

// apart reports whether two directions fix a rotation.
func apart(a, b model.Vec) bool {
	d := float64(a.Angle(b))
	return d >= closeStars && d <= math.Pi-closeStars
}

// agreement fills sizes with the squares of how far the stars are from the
// tube by the rotation r, and returns how many are best or farther. It stops
// once these are more than half.
func agreement(r *model.Mat, stars []sighting, tube []model.Vec, best float64, sizes []float64) (worse int) {
	for k := range stars {
		s, t := &stars[k].sky, &tube[k]
		x := r[0][0]*s[0] + r[0][1]*s[1] + r[0][2]*s[2] - t[0]
		y := r[1][0]*s[0] + r[1][1]*s[1] + r[1][2]*s[2] - t[1]
		z := r[2][0]*s[0] + r[2][1]*s[1] + r[2][2]*s[2] - t[2]
		sizes[k] = x*x + y*y + z*z
		if sizes[k] >= best {
			if worse++; 2*worse > len(stars) {
				break
			}
		}
	}
	return worse
}

// triad returns three axes: along the middle of a and b, across it towards b,
// and square to both.
func triad(a, b model.Vec) model.Mat {
	middle, normal := a.Add(b).Unit(), a.Cross(b).Unit()
	return model.Mat{middle, normal.Cross(middle), normal}
}

// settle solves p for the stars in, leaving out gross errors among them, at
// most limit. It returns the solution and the stars it rests on. Stars may
// come back that the finished model explains.
func (r *run) settle(p *problem, start guess, in []int, limit int) (s solution, kept []int, ok bool) {
	kept = slices.Clone(in)
	all := func(of []int) {
		p.stars = p.stars[:0]
		for _, i := range of {
			p.stars = append(p.stars, r.stars[i])
		}
	}
	all(kept)
	leaveOut := func(solve func(guess, []miss) (solution, bool)) {
		for ok && len(in)-len(kept) < limit {
			worst, found := r.worst(p, &s, kept)
			if !found {
				return
			}
			kept = slices.Delete(kept, worst, worst+1)
			all(kept)
			s, ok = solve(s.guess, slices.Delete(s.misses, worst, worst+1))
		}
	}
	s, ok = solution{guess: start, misses: p.misses(start)}, true
	if len(kept) > fewStars {
		s, ok = p.hubered(s.guess, s.misses)
		leaveOut(p.hubered)
	}
	if !ok {
		return s, kept, false
	}
	plain := func(g guess, misses []miss) (solution, bool) { return p.solveFrom(g, misses, nil) }
	s, ok = plain(s.guess, s.misses)
	leaveOut(plain)
	for range 3 {
		back := r.redeemed(p, &s, in, kept)
		if !ok || len(back) == 0 {
			break
		}
		kept = append(kept, back...)
		slices.Sort(kept)
		all(kept)
		s, ok = p.solve(s.guess, nil)
	}
	return s, kept, ok
}

// hubered solves p from a guess and its misses, those beyond the Huber limit
// weighing less. The weights are found with the derivatives of the solution
// without them, which a few standard deviations do not change.
//
// Source: P. J. Huber, Ann. Math. Statist. 35 (1964).
func (p *problem) hubered(start guess, known []miss) (solution, bool) {
	base, at, _, chi2 := p.descend(start, known, nil)
	n := p.count()
	weight := make([]float64, len(p.stars))
	normal, right, step := newSquare(n), make([]float64, n), make([]float64, n)
	misses := slices.Clone(at)
	before, moved := chi2, false
	for range 10 {
		limit := max(huber*math.Sqrt2*spread(misses, n), 1e-6)
		full := true
		for i, m := range misses {
			weight[i] = 1
			if size := math.Hypot(m.r[0], m.r[1]); size > limit && size > 0 {
				weight[i], full = limit/size, false
			}
		}
		if full {
			break
		}
		p.normal(normal, right, at, weight)
		p.addPriors(base, normal, right)
		f, ok := factored(normal)
		if !ok {
			return solution{guess: base, misses: at}, false
		}
		f.solveTo(step, right)
		chi2 = 0
		for i := range misses {
			m := &misses[i]
			m.follow(&at[i], step)
			chi2 += weight[i] * (m.r[0]*m.r[0] + m.r[1]*m.r[1])
		}
		moved = true
		if math.Abs(chi2-before) < 1e-3*before {
			break
		}
		before = chi2
	}
	if !moved {
		return p.known(base, at, nil, chi2)
	}
	guess := p.moved(base, step)
	return p.solveFrom(guess, p.misses(guess), weight)
}

// nominalTrust is how many degrees of freedom the nominal scatter counts for
// beside dof of the stars' own.
func nominalTrust(dof int) float64 { return 4 * max(0, 1-float64(max(dof, 0))/12) }

// grossLimit returns by how many of its standard deviations, estimated with n
// degrees of freedom, a miss must be off in the plane to be as improbable as
// one of 3.5 known ones: the tail of the F distribution with 2 and n.
func grossLimit(n float64) float64 { return math.Sqrt(n * math.Expm1(gross*gross/n)) }

// scatter returns the standard deviation of a miss in its own nominal ones.
// With few degrees of freedom the nominal value has a say.
func scatter(sum float64, dof int) float64 {
	free := float64(max(dof, 0))
	trust := nominalTrust(dof)
	if free+trust == 0 {
		return 1
	}
	return math.Sqrt((sum + trust) / (free + trust))
}

// fewer is what worst makes of a fit by leaving one star out: by how much the
// sum of squares falls, and how far that star then is from the others' model,
// in its own standard deviations.
type fewer struct{ gain, alone float64 }

// worst returns the star, by its place in kept, whose miss is the most
// improbable, if it is a gross error.
func (r *run) worst(p *problem, s *solution, kept []int) (at int, found bool) {
	n := p.count()
	free := 2*len(kept) - 2 - n
	if free < 0 {
		return 0, false // without it nothing would be left over
	}
	limit := grossLimit(float64(free) + nominalTrust(free))
	robust := math.Inf(1) // several gross errors hide each other, but not from the median
	if len(kept) > fewStars {
		robust = max(spread(s.misses, n), 1e-9)
	}
	var total float64
	for _, m := range s.misses {
		total += m.r[0]*m.r[0] + m.r[1]*m.r[1]
	}
	misses := p.deletions(s)
	anew := farthest(misses)
	most := 1.0
	for k, f := range misses {
		excess := func(f fewer) float64 {
			size := math.Sqrt(max(f.gain, 0)) / limit
			others := size / scatter(max(total-f.gain, 0), free)
			return max(others, min(size/robust, others/maskedShare))
		}
		sigma := p.stars[k].sigma
		if math.IsInf(f.alone, 0) {
			continue // without the star there is no model
		}
		if f.alone >= anew && f.alone*sigma > leastGross/2 && (len(kept) <= fewStars || excess(f) > most) {
			var ok bool
			if f, ok = p.anew(s, k); !ok {
				continue
			}
		}
		if t := excess(f); f.alone*sigma > leastGross && t > most {
			at, found, most = k, true, t
		}
	}
	return at, found
}

// deletions tells of every star what leaving it out would do, by derivatives.
func (p *problem) deletions(s *solution) []fewer {
	out := make([]fewer, len(s.misses))
	for k := range s.misses {
		alone, gain := s.deleted(&s.misses[k])
		out[k] = fewer{gain: gain, alone: math.Hypot(alone[0], alone[1])}
	}
	return out
}

// farthest returns how far alone a star must be to be worth leaving out
// exactly: any of a few, of many those few that are farthest.
func farthest(misses []fewer) float64 {
	if len(misses) <= fewStars {
		return 0
	}
	alone := make([]float64, len(misses))
	for k, f := range misses {
		alone[k] = f.alone
	}
	slices.Sort(alone)
	return alone[len(alone)-fewExact]
}

// anew leaves star k out and fits the others: few stars bend to a gross error
// among them beyond what derivatives tell.
func (p *problem) anew(s *solution, k int) (f fewer, ok bool) {
	others := *p
	others.stars = slices.Delete(slices.Clone(p.stars), k, k+1)
	refit, ok := others.solveFrom(s.guess, slices.Delete(slices.Clone(s.misses), k, k+1), nil)
	if !ok {
		return f, false
	}
	others.stars = p.stars[k : k+1]
	m := others.misses(refit.guess)[0]
	return fewer{gain: s.chi2 - refit.chi2, alone: math.Hypot(m.r[0], m.r[1])}, true
}

// redeemed returns those stars, left out, that the solution explains after all.
func (r *run) redeemed(p *problem, s *solution, in, kept []int) (back []int) {
	if len(in) == len(kept) {
		return nil
	}
	var sum float64
	for _, m := range s.misses {
		sum += m.r[0]*m.r[0] + m.r[1]*m.r[1]
	}
	dof := 2*len(kept) - p.count()
	sigma := scatter(sum, dof)
	out := *p
	for _, i := range in {
		if slices.Contains(kept, i) {
			continue
		}
		out.stars = []sighting{r.stars[i]}
		m := out.misses(s.guess)[0]
		h := s.leverage(&m)
		size := math.Hypot(m.r[0], m.r[1])
		if size*r.stars[i].sigma < leastGross || size < grossLimit(float64(dof)+nominalTrust(dof))*sigma*math.Sqrt(1+max(h[0][0], h[1][1])) {
			back = append(back, i)
		}
	}
	return back
}
