// SPDX-License-Identifier: GPL-3.0-or-later

package rig

import (
	"time"

	"github.com/siderostep/siderostep/config"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/align"
	"github.com/siderostep/siderostep/model/fit"
	"github.com/siderostep/siderostep/model/pointing"
	"github.com/siderostep/siderostep/model/sky"
	"github.com/siderostep/siderostep/mount"
	"github.com/siderostep/siderostep/sim"
)

// alignmentStars is where the observer who aligned the simulated mount found
// stars: azimuth and altitude in degrees, all over the sky.
var alignmentStars = [...][2]float64{
	{20, 35}, {65, 60}, {110, 25}, {160, 50}, {200, 70}, {250, 30}, {300, 55}, {340, 25},
}

// beyondZenith reports whether a siderostat reaches an azimuth only by tilting
// its mirror over the zenith.
func beyondZenith(z mount.Axis, az float64) bool {
	at := model.Degrees(az).Near(model.Degrees((z.MinDeg + z.MaxDeg) / 2)).Degrees()
	return at < z.MinDeg || at > z.MaxDeg
}

// alignOnStars does what an observer does on the first evening: brings stars to the
// middle of the field and notes where the motors then stand. The bench says
// where that is; the controller's own mathematics make the alignment.
func alignOnStars(f config.File, saved *mount.Saved, counts [3]model.Microsteps, b *sim.Bench, epoch time.Time) (*mount.Saved, error) {
	geometry, err := pointing.ParseGeometry(f.Mount.Geometry)
	if err != nil {
		return nil, err
	}
	lat := f.Site.Latitude()
	utc := epoch.UTC().Round(0)
	lst := sky.NewRotation(utc, f.Site.Longitude(), f.Site.TimeScales()).LST(utc)
	var book align.Book
	for _, place := range alignmentStars {
		hd := model.Horizontal{Az: model.Degrees(place[0]), Alt: model.Degrees(place[1])}.HourDec(lat)
		through := geometry.HasPierSide() && hd.HA < 0 ||
			geometry == pointing.Siderostat && beyondZenith(f.Mount.Z, place[0])
		star := fit.Observation{Place: hd.Equatorial(lst), LST: lst}
		var ok bool
		if star.Axes, ok = b.AxesFor(star.Place, 0, through); !ok {
			continue
		}
		if book, err = book.Add(align.Entry{Observation: star, UTC: utc, Reason: "first evening"}); err != nil {
			return nil, err
		}
	}
	alignment, err := mount.Preset(f.Config, utc)
	if err != nil {
		return nil, err
	}
	if alignment, err = alignment.Solved(f.Config, book, fit.Auto, utc, "first evening"); err != nil {
		return nil, err
	}
	if saved == nil {
		saved = &mount.Saved{Counts: counts, Trusted: true}
	}
	aligned := *saved
	aligned.Alignment = alignment
	return &aligned, nil
}
