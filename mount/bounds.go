// SPDX-License-Identifier: GPL-3.0-or-later

package mount

import (
	"math"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/horizon"
	"github.com/siderostep/siderostep/model/pointing"
)

// Limit is one of the things that end motion.
type Limit uint8

// The limits.
const (
	HorizonLimit  Limit = iota // the constant one, or the skyline where that is higher
	ZLowerLimit                // of axis Z, turns counted
	ZUpperLimit                //
	ALowerLimit                // of axis A
	AUpperLimit                //
	MeridianLimit              // of the pier side; German mounts only
	SunLimit                   // the zone about the Sun, while it is up
	Limits                     // their number
)

func (l Limit) String() string {
	return [...]string{"horizon", "z_lower", "z_upper", "a_lower", "a_upper", "meridian", "sun"}[l]
}

// free is the margin of a limit that a mount does not have.
var free = model.Angle(math.Inf(1))

// sunrise is the altitude of the Sun's centre from which on it is a danger:
// refraction and its radius bring its edge over the horizon.
const sunrise = -1 * math.Pi / 180

// bounds is everything that limits where the tube may point. It is a value.
type bounds struct {
	config   *Config
	geometry pointing.Geometry
	chain    pointing.Chain
	skyline  *horizon.Profile
	sun      model.Equatorial
	zone     model.Angle // about the Sun; 0 when it is not avoided
}

func (s *state) bounds() bounds {
	return bounds{
		config: s.config, geometry: s.geometry, chain: s.heaven.chain,
		skyline: s.skyline, sun: s.heaven.sun, zone: s.sunZone(),
	}
}

// sunZone returns how near to the Sun the tube must not come, 0 when the Sun
// is no danger.
func (s *state) sunZone() model.Angle {
	if on := s.config.Mount.SunAvoidance; on == "off" || on == "auto" && s.simulated {
		return 0
	}
	return model.Degrees(s.config.Mount.SunZoneDeg)
}

// margins returns how far inside each limit the tube is with the axes at
// axes, on a pier side, at local sidereal time lst: negative beyond.
func (b *bounds) margins(axes model.Axes, side pointing.PierSide, lst model.Angle) [Limits]model.Angle {
	z, a := &b.config.Mount.Z, &b.config.Mount.A
	place := b.chain.Horizontal(axes)
	m := [Limits]model.Angle{
		HorizonLimit: place.Alt - b.ground(place.Az),
		ZLowerLimit:  axes.Z - model.Degrees(z.MinDeg), ZUpperLimit: model.Degrees(z.MaxDeg) - axes.Z,
		ALowerLimit: axes.A - model.Degrees(a.MinDeg), AUpperLimit: model.Degrees(a.MaxDeg) - axes.A,
		MeridianLimit: free,
		SunLimit:      b.fromSun(place, lst),
	}
	if b.geometry.HasPierSide() {
		m[MeridianLimit] = -b.config.pastMeridian(axes.Z, side)
	}
	return m
}

// ground returns the lowest altitude allowed at an azimuth.
func (b *bounds) ground(az model.Angle) model.Angle {
	return max(model.Degrees(b.config.Mount.HorizonDeg), b.skyline.At(az))
}

// fromSun returns how far a place is from the zone about the Sun.
func (b *bounds) fromSun(place model.Horizontal, lst model.Angle) model.Angle {
	if b.zone == 0 {
		return free
	}
	sun := b.sun.HourDec(lst).Horizontal(b.chain.Latitude)
	if sun.Alt < sunrise {
		return free
	}
	return place.Separation(sun) - b.zone
}

// beyond returns the error for a tube that is, or would be, beyond a limit
// with the axes at axes.
func (b *bounds) beyond(l Limit, op string, axes model.Axes, side pointing.PierSide, lst model.Angle) error {
	place, z, a := b.chain.Horizontal(axes), b.config.Mount.Z, b.config.Mount.A
	switch l {
	case ZLowerLimit:
		return beyondAxis(fault.BelowLimit, op, AxisZ, axes.Z, z.MinDeg)
	case ZUpperLimit:
		return beyondAxis(fault.AboveLimit, op, AxisZ, axes.Z, z.MaxDeg)
	case ALowerLimit:
		return beyondAxis(fault.BelowLimit, op, AxisA, axes.A, a.MinDeg)
	case AUpperLimit:
		return beyondAxis(fault.AboveLimit, op, AxisA, axes.A, a.MaxDeg)
	case MeridianLimit:
		return b.beyondMeridian(op, b.chain.HourDec(axes).HA, side)
	case SunLimit:
		d := b.fromSun(place, lst) + b.zone
		return fault.New(fault.AboveLimit, op, "the tube would be %.1f° from the Sun, nearer than the %.1f° allowed; for work on the Sun set mount.sun_avoidance to off",
			d.Degrees(), b.zone.Degrees())
	}
	ground := b.ground(place.Az)
	if ground > model.Degrees(b.config.Mount.HorizonDeg) {
		return fault.New(fault.BelowLimit, op, "altitude %.2f° is below the skyline, %.2f° at azimuth %.1f°", place.Alt.Degrees(), ground.Degrees(), place.Az.Degrees())
	}
	return fault.New(fault.BelowLimit, op, "altitude %.2f° is below the horizon limit of %.2f°", place.Alt.Degrees(), ground.Degrees())
}

// beyondAxis returns the error for an axis that is beyond one of its limits,
// of the kind fault.BelowLimit or fault.AboveLimit.
func beyondAxis(kind error, op string, axis int, at model.Angle, limitDeg float64) error {
	return fault.New(kind, op, "axis %s at %.2f° is beyond its limit of %.2f°", axisName(axis), at.Degrees(), limitDeg)
}

func (b *bounds) beyondMeridian(op string, ha model.Angle, side pointing.PierSide) error {
	m := &b.config.Mount
	if m.forbidden() && !m.margins().Allows(ha, side.Other()) {
		return fault.New(fault.AboveLimit, op, "hour angle %.3f h is in the forbidden zone about the meridian, from %g° before to %g° after it",
			ha.Hours(), -m.PastMeridianDeg, -m.BeforeMeridianDeg)
	}
	margin, way := m.BeforeMeridianDeg, [...]string{"before", "after"}
	if side == pointing.Through {
		margin, way = m.PastMeridianDeg, [...]string{"beyond", "before"}
	}
	if margin < 0 {
		return fault.New(fault.AboveLimit, op, "hour angle %.3f h is not %g° %s the meridian, as this pier side must be; slew again to flip", ha.Hours(), -margin, way[1])
	}
	return fault.New(fault.AboveLimit, op, "hour angle %.3f h is more than %g° %s the meridian, as far as this pier side may go; slew again to flip", ha.Hours(), margin, way[0])
}

// margins returns how far beyond the meridian each pier side may be.
func (m *Mechanics) margins() pointing.Margins {
	return pointing.Margins{Through: model.Degrees(m.PastMeridianDeg), Normal: model.Degrees(m.BeforeMeridianDeg)}
}

// forbidden reports whether there is a zone about the meridian that is open
// to neither pier side.
func (m *Mechanics) forbidden() bool { return m.PastMeridianDeg+m.BeforeMeridianDeg < 0 }

// pastMeridian returns by how much axis Z of a German mount, at z on a pier
// side, is beyond the meridian further than it may go; negative inside. On
// either side the axis stands at 0 to 180° for places on that side's half of
// the sky, in the south at −180° to 0: normal at 0 on the upper meridian,
// through at 180°. Below the pole a side may go as far beyond as above,
// if that is beyond at all.
func (c *Config) pastMeridian(z model.Angle, side pointing.PierSide) model.Angle {
	if c.Site.LatitudeDeg < 0 {
		z = -z
	}
	d := (z - model.Quarter).WrapSigned() // from the middle, westward
	upper := model.Degrees(c.Mount.BeforeMeridianDeg)
	if side == pointing.Through {
		d, upper = -d, model.Degrees(c.Mount.PastMeridianDeg)
	}
	return max(-d-upper, d-max(0, upper)) - model.Quarter
}
