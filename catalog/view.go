// SPDX-License-Identifier: GPL-3.0-or-later

package catalog

import (
	"math"

	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/sky"
)

// View is a catalogue as the sky shows it at one instant, indexed by place.
// It is good for a day: precession and aberration move a star by less than
// 0.5″ meanwhile, and what moves by itself is not meant to be found by place
// hours later.
type View struct {
	entries []Entry
	vectors []model.Vec // of the entries' places
	tree    []int32     // the entries, as the k-d tree of view's search
}

// Entry is an object and how it appears at the view's instant.
type Entry struct {
	Object *Object
	Record int              // in Catalog.Objects
	Place  model.Equatorial // geocentric apparent

	Magnitude    float64 // of what moves at the view's instant
	HasMagnitude bool
}

// Found is an entry and how far from the place asked for it is.
type Found struct {
	Entry
	Separation model.Angle
}

// At brings the places of c to a's instant. Bodies whose place cannot be
// computed are left out. It takes about a microsecond for each object.
func (c *Catalog) At(a *sky.Astrometry) *View {
	v := &View{
		entries: make([]Entry, 0, len(c.Objects)),
		vectors: make([]model.Vec, 0, len(c.Objects)),
	}
	for i := range c.Objects {
		o := &c.Objects[i]
		e := Entry{Object: o, Record: i, Magnitude: o.Magnitude, HasMagnitude: o.HasMagnitude}
		if m, ok := o.Place.(Moving); ok {
			app, err := m.Body.Apparent(a)
			if err != nil {
				continue
			}
			e.Place, e.Magnitude, e.HasMagnitude = app.Place, app.Magnitude, app.HasMagnitude
		} else {
			place, err := o.Place.Apparent(a)
			if err != nil {
				continue
			}
			e.Place = place
		}
		v.entries = append(v.entries, e)
		v.vectors = append(v.vectors, model.Polar(e.Place.RA, e.Place.Dec))
	}
	v.tree = make([]int32, len(v.entries))
	for i := range v.tree {
		v.tree[i] = int32(i)
	}
	v.build(v.tree, 0)
	return v
}

// Entries returns all entries, in the order of the catalogue.
func (v *View) Entries() []Entry { return v.entries }

// Closest returns the entry nearest to a place, among those that every
// filter keeps; of two equally near the earlier in the catalogue. ok is false
// if there is none.
func (v *View) Closest(to model.Equatorial, filters ...Filter) (f Found, ok bool) {
	s := search{view: v, at: model.Polar(to.RA, to.Dec), filters: filters, best: math.Inf(1), found: -1}
	s.descend(v.tree, 0)
	if s.found < 0 {
		return Found{}, false
	}
	e := v.entries[s.found]
	return Found{Entry: e, Separation: e.Place.Separation(to)}, true
}

// build arranges a part of the tree: its middle is the median along the
// axis, smaller ones before it and larger ones behind it, and each half is
// arranged likewise along the next axis.
func (v *View) build(part []int32, axis int) {
	for len(part) > 1 {
		middle := len(part) / 2
		v.nth(part, middle, axis)
		next := (axis + 1) % 3
		v.build(part[:middle], next)
		part, axis = part[middle+1:], next
	}
}

// nth puts the element of rank n along the axis in its place, with none
// larger before and none smaller behind it. Source: C. A. R. Hoare, FIND.
func (v *View) nth(part []int32, n, axis int) {
	lo, hi := 0, len(part)-1
	for lo < hi {
		pivot := v.vectors[part[lo+(hi-lo)/2]][axis]
		i, j := lo, hi
		for i <= j {
			for v.vectors[part[i]][axis] < pivot {
				i++
			}
			for pivot < v.vectors[part[j]][axis] {
				j--
			}
			if i <= j {
				part[i], part[j] = part[j], part[i]
				i++
				j--
			}
		}
		if n <= j {
			hi = j
		} else if n >= i {
			lo = i
		} else {
			return
		}
	}
}

// search is one search through the tree.
type search struct {
	view    *View
	at      model.Vec
	filters []Filter
	best    float64 // square of the chord to the nearest found
	found   int     // the entry; −1: none
}

// descend looks for something nearer in a part of the tree.
func (s *search) descend(part []int32, axis int) {
	if len(part) == 0 {
		return
	}
	middle := len(part) / 2
	i := int(part[middle])
	p := s.view.vectors[i]
	if d := p.Sub(s.at); s.nearer(d.Dot(d), i) && s.kept(i) {
		s.best, s.found = d.Dot(d), i
	}
	next := (axis + 1) % 3
	across := s.at[axis] - p[axis]
	near, far := part[:middle], part[middle+1:]
	if across > 0 {
		near, far = far, near
	}
	s.descend(near, next)
	if across*across <= s.best {
		s.descend(far, next)
	}
}

func (s *search) nearer(square float64, i int) bool {
	return square < s.best || square == s.best && i < s.found
}

func (s *search) kept(i int) bool {
	for _, keep := range s.filters {
		if !keep(&s.view.entries[i]) {
			return false
		}
	}
	return true
}
