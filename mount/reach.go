// SPDX-License-Identifier: GPL-3.0-or-later

package mount

import (
	"math"
	"time"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/pointing"
	"github.com/siderostep/siderostep/model/sky"
)

// destination returns the side on which a mount that meets a place in two
// ways goes there; Normal for other mounts.
//
// A German mount goes to the side that can follow the place for longer, west
// of the meridian the normal one, east of it the one through the pole, unless
// its margins or axes do not let it; then to the other if they let it be
// there. A siderostat goes to the side whose axis Z has the longer way before
// it.
func (b *bounds) destination(hd model.HourDec) pointing.PierSide {
	if !b.geometry.TwoWays() {
		return pointing.Normal
	}
	side := pointing.DestinationSide(hd.HA, pointing.PierUnknown, 0)
	if b.geometry == pointing.Siderostat {
		side = b.longer(hd)
	}
	if !b.fits(hd, side) && b.fits(hd, side.Other()) {
		return side.Other()
	}
	return side
}

// Reachable returns nil, or why a slew to a place that began now would be
// refused because of where it leads: fault.BelowLimit or fault.AboveLimit.
// The way there is not looked at, nor whether the mount is free to go.
func (s *Snapshot) Reachable(to model.Equatorial) error {
	hd := to.HourDec(s.LST)
	_, err := s.bounds.reach("slew", hd, s.bounds.destination(hd), s.Axes.Z, s.LST)
	return err
}

// Ground returns the lowest altitude, without refraction, at which the tube
// may point at an azimuth: the horizon limit or the skyline.
func (s *Snapshot) Ground(az model.Angle) model.Angle { return s.bounds.ground(az) }

// Sun returns where the Sun is in the observer's sky.
func (s *Snapshot) Sun() model.Horizontal {
	return s.bounds.sun.HourDec(s.LST).Horizontal(s.bounds.chain.Latitude)
}

// AirMass returns the relative air mass where the tube points; ok is false
// below the horizon, where there is none.
func (s *Snapshot) AirMass() (mass float64, ok bool) {
	return sky.KastenYoung(s.bounds.chain.ObservedHorizontal(s.Axes).Alt)
}

// longer returns the side on which axis Z of a siderostat has the longer way
// before it, as the sky turns.
func (b *bounds) longer(hd model.HourDec) pointing.PierSide {
	best, most := pointing.Normal, model.Angle(math.Inf(-1))
	soon := hd
	soon.HA += model.Arcmin(1)
	for _, side := range [...]pointing.PierSide{pointing.Normal, pointing.Through} {
		axes, _ := b.chain.Axes(hd, side)
		later, _ := b.chain.Axes(soon, side)
		low, high := model.Degrees(b.config.Mount.Z.MinDeg), model.Degrees(b.config.Mount.Z.MaxDeg)
		z := axes.Z.Near((low + high) / 2)
		left := high - z
		if later.Z.Near(z) < z {
			left = z - low
		}
		if b.fits(hd, side) && left > most {
			best, most = side, left
		}
	}
	return best
}

// fits reports whether axes and margins let the mount be at a place on a
// side.
func (b *bounds) fits(hd model.HourDec, side pointing.PierSide) bool {
	axes, ok := b.chain.Axes(hd, side)
	if !ok || b.geometry.HasPierSide() && b.config.pastMeridian(axes.Z, side) > 0 {
		return false
	}
	_, err := b.withinLimits("", axes, model.Degrees(b.config.Mount.Z.MinDeg+b.config.Mount.Z.MaxDeg).Mul(0.5))
	return err == nil
}

// reach returns the axes, turns of Z counted and nearest to z, at which the
// mount can point to a place on a side. It returns fault.BelowLimit or
// fault.AboveLimit, saying which limit is in the way.
func (b *bounds) reach(op string, hd model.HourDec, side pointing.PierSide, z model.Angle, lst model.Angle) (model.Axes, error) {
	axes, ok := b.chain.Axes(hd, side)
	if !ok {
		return axes, fault.New(fault.AboveLimit, op, "the mount's own faults put this place, at its pole, out of reach")
	}
	m := b.margins(axes, side, lst)
	for _, l := range [...]Limit{HorizonLimit, SunLimit} {
		if m[l] < 0 {
			return axes, b.beyond(l, op, axes, side, lst)
		}
	}
	if m[MeridianLimit] < 0 && b.config.Mount.forbidden() {
		return axes, b.beyondMeridian(op, hd.HA, side)
	}
	return b.withinLimits(op, axes, z)
}

// withinLimits returns axes with the turn of axis Z, nearest to z, at which
// they are inside the limits of both axes.
func (b *bounds) withinLimits(op string, axes model.Axes, z model.Angle) (model.Axes, error) {
	zl, al := &b.config.Mount.Z, &b.config.Mount.A
	axes.A = axes.A.Near(model.Degrees((al.MinDeg + al.MaxDeg) / 2))
	switch deg := axes.A.Degrees(); {
	case deg < al.MinDeg:
		return axes, beyondAxis(fault.BelowLimit, op, AxisA, axes.A, al.MinDeg)
	case deg > al.MaxDeg:
		return axes, beyondAxis(fault.AboveLimit, op, AxisA, axes.A, al.MaxDeg)
	}
	turn, ok := pointing.Representative(axes.Z, z, model.Degrees(zl.MinDeg), model.Degrees(zl.MaxDeg))
	if !ok {
		return axes, fault.New(fault.AboveLimit, op, "axis Z at %.2f° is outside its limits %.2f°..%.2f°", turn.Degrees(), zl.MinDeg, zl.MaxDeg)
	}
	axes.Z = turn
	return axes, nil
}

// lasting returns the turn of axis Z on which a target can be tracked for as
// long as one looks ahead, the one nearest to z first; when there is none,
// the one on which it can be tracked longest. The target is followed from
// the instant at, with the axes at first at axes.
func (f *forecast) lasting(z model.Angle, within time.Duration) model.Angle {
	zl := &f.bounds.config.Mount.Z
	low, high := model.Degrees(zl.MinDeg), model.Degrees(zl.MaxDeg)
	best, longest := z, time.Duration(-1)
	for _, turn := range [...]model.Angle{0, -model.Turn, model.Turn} {
		from := z + turn
		if from < low || from > high {
			continue
		}
		if d := f.tracked(from, low, high, within); d > longest {
			best, longest = from, d
		}
	}
	return best
}

// tracked returns how long axis Z, now at z, stays within its limits.
func (f *forecast) tracked(z, low, high model.Angle, within time.Duration) time.Duration {
	f.axes.Z = z
	for t := forecastStep; t <= within; t += forecastStep {
		if m := f.margins(t); f.axes.Z < low || f.axes.Z > high || m[HorizonLimit] < 0 {
			return t - forecastStep
		}
	}
	return within
}
