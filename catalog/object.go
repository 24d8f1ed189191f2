// SPDX-License-Identifier: GPL-3.0-or-later

package catalog

import (
	"fmt"
	"strings"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/ephemeris"
	"github.com/siderostep/siderostep/model/sky"
)

// Object is an entry of a catalogue.
type Object struct {
	Name   string
	Others []string // further designations
	Place  Place

	Type          string // in lower case, "globular cluster"; empty: unknown
	Magnitude     float64
	HasMagnitude  bool
	SizeArcmin    float64 // largest diameter; 0: unknown or a point
	Constellation string  // abbreviation of the IAU; empty: unknown
	Notes         string

	Drift Drift // of a comet in a .cdf file; zero for all else
	Line  int   // in its file
}

// Drift is an even motion in right ascension (as angle, not times cos Dec)
// and declination.
type Drift struct{ RA, Dec model.Rate }

// Words of Object.Type that the program itself writes.
const (
	TypeStar     = "star"
	TypePlanet   = "planet" // Sun and Moon too
	TypeComet    = "comet"
	TypeAsteroid = "asteroid"
)

// Place is where an object stands. Its type says what the coordinates mean.
type Place interface {
	// Apparent returns the geocentric apparent place at a's instant, true
	// equator and equinox of date. It fails only for a Moving body.
	Apparent(a *sky.Astrometry) (model.Equatorial, error)

	// Epoch says in words what the coordinates refer to.
	Epoch() string
}

// J2000 is a place of the epoch and equinox J2000.0, with proper motion
// where it is known.
type J2000 struct{ sky.Star }

// Apparent implements Place.
func (p J2000) Apparent(a *sky.Astrometry) (model.Equatorial, error) { return a.Apparent(&p.Star), nil }

// Epoch implements Place.
func (p J2000) Epoch() string { return "J2000.0" }

// Mean is a place in the mean equator and equinox of a Julian year, without
// proper motion.
type Mean struct {
	RA, Dec model.Angle
	Year    float64
}

// Apparent implements Place.
func (p Mean) Apparent(a *sky.Astrometry) (model.Equatorial, error) {
	return a.ApparentOf(sky.FromMean(p.RA, p.Dec, sky.JulianEpoch(p.Year))), nil
}

// Epoch implements Place.
func (p Mean) Epoch() string { return fmt.Sprintf("J%.1f", p.Year) }

// OfDate is an apparent place that was recorded at the telescope and is
// taken to hold now.
type OfDate struct{ model.Equatorial }

// Apparent implements Place.
func (p OfDate) Apparent(*sky.Astrometry) (model.Equatorial, error) { return p.Equatorial, nil }

// Epoch implements Place.
func (p OfDate) Epoch() string { return "of date" }

// Moving is a place that must be computed.
type Moving struct{ ephemeris.Body }

// Apparent implements Place, seen from the Earth's centre: ask an
// ephemeris.Observer for the parallax of the Moon.
func (p Moving) Apparent(a *sky.Astrometry) (model.Equatorial, error) {
	app, err := p.Body.Apparent(a)
	return app.Place, err
}

// Epoch implements Place.
func (p Moving) Epoch() string { return "computed" }

// Body returns o as a body that moves, from a's instant on: a comet of a .cdf
// file, which counts from the moment it is chosen, or one that is computed.
// ok is false for what stands still.
func (o *Object) Body(a *sky.Astrometry) (body ephemeris.Body, ok bool) {
	if m, is := o.Place.(Moving); is {
		return m.Body, true
	}
	if o.Drift == (Drift{}) {
		return nil, false
	}
	place, err := o.Place.Apparent(a)
	if err != nil {
		return nil, false
	}
	return ephemeris.Linear{Name: o.Name, Epoch: a.TT(), Place: place, RA: o.Drift.RA, Dec: o.Drift.Dec}, true
}

// text returns all of o that a search looks at.
func (o *Object) text() string {
	return strings.Join([]string{o.Name, strings.Join(o.Others, " "), o.Type, o.Constellation, o.Notes}, " ")
}

// Equinox is the Julian year to whose equinox a file's coordinates refer.
type Equinox float64

// Date as an Equinox stands for the true equinox of the date.
const Date Equinox = 0

// Check returns fault.Invalid if e is no equinox that a file can have.
func (e Equinox) Check() error {
	if e == Date || e >= 1700 && e <= 2300 {
		return nil
	}
	return fault.New(fault.Invalid, "catalogue", "the equinox is %g; accepted: 1700 to 2300, or 0 for that of the date", float64(e))
}

// place returns the Place of coordinates that refer to e.
func (e Equinox) place(ra, dec model.Angle) Place {
	switch e {
	case Date:
		return OfDate{model.Equatorial{RA: ra, Dec: dec}}
	case 2000:
		return J2000{sky.Star{ICRS: sky.ICRS{RA: ra, Dec: dec}}}
	default:
		return Mean{RA: ra, Dec: dec, Year: float64(e)}
	}
}

// Catalog is a list of objects in the order of its file.
type Catalog struct {
	Name    string // the file's path in its folder, with slashes
	Objects []Object
}
