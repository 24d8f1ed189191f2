// SPDX-License-Identifier: GPL-3.0-or-later

package ephemeris

import (
	"math"

	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/sky"
)

// Linear is a target that stood at a place at an instant and moves evenly in
// right ascension and declination: a comet of a .cdf file, which gives its
// rates per hour, or any body over a short time.
type Linear struct {
	Name  string
	Epoch sky.JD           // TT
	Place model.Equatorial // apparent, true equator and equinox of date
	RA    model.Rate       // of right ascension, as angle, not times cos Dec
	Dec   model.Rate       // of declination
}

func (l Linear) String() string { return l.Name }

// Apparent implements Body. Distance and magnitude are unknown.
func (l Linear) Apparent(a *sky.Astrometry) (Apparition, error) {
	return Apparition{Place: l.At(a.TT())}, nil
}

// At returns the place at tt. Past a pole it goes on down the other side.
func (l Linear) At(tt sky.JD) model.Equatorial {
	seconds := tt.Sub(l.Epoch) * 86400
	ra := l.Place.RA + model.Angle(float64(l.RA)*seconds)
	dec := (l.Place.Dec + model.Angle(float64(l.Dec)*seconds)).WrapSigned()
	if math.Abs(float64(dec)) > math.Pi/2 {
		dec = model.Angle(math.Copysign(math.Pi, float64(dec))) - dec
		ra += model.HalfTurn
	}
	return model.Equatorial{RA: ra.Wrap(), Dec: dec}
}
