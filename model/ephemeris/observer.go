// SPDX-License-Identifier: GPL-3.0-or-later

package ephemeris

import (
	"time"

	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/sky"
)

// Observer is somebody at a site who knows the time.
type Observer struct {
	Site   sky.Site
	Scales sky.TimeScales
}

// At returns how b appears from the site at utc, without air and without
// diurnal aberration (sky.Site.Topocentric adds that, as for a star): shifted
// by its parallax, 57′ for the Moon in the horizon, 9″ for the Sun. Distance
// is still from the Earth's centre. It fails as b.Apparent does.
func (o Observer) At(b Body, utc time.Time) (Apparition, error) {
	return o.at(b, o.Scales.At(utc))
}

func (o Observer) at(b Body, i sky.Instant) (Apparition, error) {
	a := sky.NewAstrometry(i.TT)
	app, err := b.Apparent(&a)
	if err != nil || app.Distance == 0 {
		return app, err
	}
	lst := sky.GAST(i) + o.Site.Longitude
	app.Place = o.Site.Parallax(app.Place.HourDec(lst), app.Distance).Equatorial(lst)
	return app, nil
}

// halfSpan is the half of the span over which Motion takes differences, in
// seconds. Over ±5 min the Moon's parallax bends its path by less than 0.1″
// an hour; a span of ±30 min would make that 3″.
const halfSpan = 300

// Motion returns how b moves in the observer's sky at utc: its topocentric
// apparent place, and the rates by central differences over ten minutes. For
// an hour they are good to some arcseconds for a comet; for the Moon make
// them anew every few minutes. It fails as b.Apparent does.
func (o Observer) Motion(b Body, utc time.Time) (Linear, error) {
	i := o.Scales.At(utc)
	shifted := func(seconds float64) sky.Instant {
		return sky.Instant{TT: i.TT.Add(seconds), UT1: i.UT1.Add(seconds)}
	}
	now, err := o.at(b, i)
	if err != nil {
		return Linear{}, err
	}
	before, err := o.at(b, shifted(-halfSpan))
	if err != nil {
		return Linear{}, err
	}
	after, err := o.at(b, shifted(halfSpan))
	if err != nil {
		return Linear{}, err
	}
	perSecond := func(d model.Angle) model.Rate { return model.Rate(float64(d) / (2 * halfSpan)) }
	return Linear{
		Name:  b.String(),
		Epoch: i.TT,
		Place: now.Place,
		RA:    perSecond((after.Place.RA - before.Place.RA).WrapSigned()),
		Dec:   perSecond(after.Place.Dec - before.Place.Dec),
	}, nil
}
