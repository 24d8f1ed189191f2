// SPDX-License-Identifier: GPL-3.0-or-later

package handpad

import (
	"time"

	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/pointing"
	"github.com/siderostep/siderostep/mount"
)

// halfStep is half the time over which rates are taken as differences.
const halfStep = time.Second / 2

func chainOf(n *mount.Snapshot) pointing.Chain {
	return pointing.NewChain(n.Model, n.Config.Site.Latitude(), n.Config.Site.Air())
}

// skyRates returns how the place to which the tube points moves among the
// stars, in right ascension (eastward, angle) and declination, while the axes
// turn at these rates beside tracking.
func skyRates(n *mount.Snapshot, z, a model.Rate) (ra, dec model.Rate) {
	chain := chainOf(n)
	at := func(d time.Duration) model.Equatorial {
		axes := n.Axes
		axes.Z += z.Over(d)
		axes.A += a.Over(d)
		return chain.HourDec(axes).Equatorial(n.LST)
	}
	before, after := at(-halfStep), at(halfStep)
	return model.Rate((after.RA - before.RA).WrapSigned()), model.Rate(after.Dec - before.Dec)
}

// trackingRates returns how fast the axes turn with the target; 0 where no
// axes reach, at the mount's pole.
func trackingRates(n *mount.Snapshot) (rates [2]model.Rate) {
	if !n.Tracking {
		return rates
	}
	chain := chainOf(n)
	ra, dec := targetRates(n)
	at := func(d time.Duration) (model.Axes, bool) {
		e := model.Equatorial{RA: n.Equatorial.RA + ra.Over(d), Dec: n.Equatorial.Dec + dec.Over(d)}
		return chain.Axes(e.HourDec(n.LST+model.Sidereal.Over(d)), n.Pier)
	}
	before, ok := at(-halfStep)
	after, reached := at(halfStep)
	if !ok || !reached {
		return rates
	}
	rates[mount.AxisZ] = model.Rate((after.Z - before.Z).WrapSigned())
	rates[mount.AxisA] = model.Rate((after.A - before.A).WrapSigned())
	return rates
}

// targetRates returns how the target moves among the stars.
func targetRates(n *mount.Snapshot) (ra, dec model.Rate) {
	return model.Sidereal - n.Drive.Rate() + n.RARate, n.DecRate
}

// star is the place that the telescope was last sent to, or synchronised on:
// what is in the middle of the field once somebody has centred it. The
// mount's own target moves along when keys move the telescope.
type star struct {
	known   bool
	place   model.Equatorial
	ra, dec model.Rate // at which it moves among the stars
	at      time.Time
	syncs   uint64
}

// watch learns of slews and syncs.
func (s *star) watch(n *mount.Snapshot) {
	arriving := n.Activity == mount.SlewingToSky || n.Activity == mount.Settling
	if n.HasTarget && (arriving || n.Counts.Syncs != s.syncs) {
		s.known, s.place, s.at = true, n.Target, n.UTC
		s.ra, s.dec = targetRates(n)
	}
	s.syncs = n.Counts.Syncs
}

// now returns where it is, at the time of n; without one, the target.
func (s *star) now(n *mount.Snapshot) (place model.Equatorial, ok bool) {
	if !s.known {
		return n.Target, n.HasTarget
	}
	d := n.UTC.Sub(s.at)
	return model.Equatorial{RA: (s.place.RA + s.ra.Over(d)).Wrap(), Dec: s.place.Dec + s.dec.Over(d)}, true
}
