// SPDX-License-Identifier: GPL-3.0-or-later

package catalog

import (
	"slices"

	"github.com/siderostep/siderostep/model"
)

// Filter says whether a search may find an entry.
type Filter func(*Entry) bool

// same is how near two places are that count as one: far more than a place
// moves during a night or suffers from rounding, and far less than any two
// targets differ by.
var same = model.Arcsec(5)

// NotAt keeps what does not stand at the place: "closest, but not the
// target".
func NotAt(target model.Equatorial) Filter {
	return func(e *Entry) bool { return e.Place.Separation(target) > same }
}

// NotVisited keeps what is not in the set, as it is while the search runs.
func NotVisited(set *Visited) Filter {
	return func(e *Entry) bool { return !set.Has(e.Place) }
}

// OfType keeps what is of one of the types.
func OfType(types ...string) Filter {
	return func(e *Entry) bool { return slices.Contains(types, e.Object.Type) }
}

// Magnitudes keeps what has a magnitude from brightest to faintest.
func Magnitudes(brightest, faintest float64) Filter {
	return func(e *Entry) bool {
		return e.HasMagnitude && e.Magnitude >= brightest && e.Magnitude <= faintest
	}
}

// Visited is the set of places that a session has been at, apparent and of
// the session's night. The zero value is empty. It is not for use by several
// goroutines at once: its owner hands out what it found.
type Visited struct{ places []model.Equatorial }

// Add puts a place into the set.
func (v *Visited) Add(place model.Equatorial) {
	if !v.Has(place) {
		v.places = append(v.places, place)
	}
}

// Has reports whether the place is in the set.
func (v *Visited) Has(place model.Equatorial) bool {
	for _, p := range v.places {
		// The declination is cheap and rules out nearly all.
		if (p.Dec-place.Dec).Abs() <= same && p.Separation(place) <= same {
			return true
		}
	}
	return false
}

// Len returns the number of places in the set.
func (v *Visited) Len() int { return len(v.places) }
