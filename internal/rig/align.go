// SPDX-License-Identifier: GPL-3.0-or-later

package rig

import (
	"time"

	"github.com/siderostep/siderostep/config"
	"github.com/siderostep/siderostep/model"
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

// align does what an observer does on the first evening: brings stars to the
// middle of the field and notes where the motors then stand. The bench says
// where that is; the controller's own mathematics make the alignment.
func align(f config.File, saved *mount.Saved, counts [3]model.Microsteps, b *sim.Bench, epoch time.Time) (*mount.Saved, error) {
	geometry, err := pointing.ParseGeometry(f.Mount.Geometry)
	if err != nil {
		return nil, err
	}
	lat := f.Site.Latitude()
	preset := pointing.New(geometry.Attitude(lat), f.Mount.Errors(), model.Axes{})
	chain := pointing.NewChain(preset, lat, f.Site.Air())
	lst := sky.NewRotation(epoch.UTC().Round(0), f.Site.Longitude(), f.Site.TimeScales()).LST(epoch.UTC().Round(0))
	var stars []pointing.Star
	for _, place := range alignmentStars {
		hd := model.Horizontal{Az: model.Degrees(place[0]), Alt: model.Degrees(place[1])}.HourDec(lat)
		through := geometry.HasPierSide() && hd.HA < 0
		axes, ok := b.AxesFor(hd.Equatorial(lst), 0, through)
		if ok {
			stars = append(stars, pointing.Star{Sky: chain.Observed(hd), Axes: axes})
		}
	}
	fit, err := preset.Align(stars, pointing.Criteria{})
	if err != nil {
		return nil, err
	}
	if saved == nil {
		saved = &mount.Saved{Counts: counts, Trusted: true}
	}
	aligned := *saved
	aligned.Alignment = &mount.Alignment{Attitude: fit.Model.Attitude, Errors: fit.Model.Errors}
	return &aligned, nil
}
