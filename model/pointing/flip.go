// SPDX-License-Identifier: GPL-3.0-or-later

package pointing

import (
	"math"

	"github.com/siderostep/siderostep/model"
)

// AcrossPole returns the other axes of a faultless mount that point the same
// way: A to 180° − A, Z on by 180°. Twice applied it changes nothing but a
// turn of Z. Model.OtherWay does the same for a real mount.
func AcrossPole(axes model.Axes) model.Axes {
	return model.Axes{Z: axes.Z + model.HalfTurn, A: model.HalfTurn - axes.A}
}

// DestinationSide returns the pier side that a German mount should be on at
// hour angle ha, in either hemisphere: Through for ha in (−12 h, 0), east of
// the meridian, and Normal for [0, 12 h].
//
// The side now in force is kept up to past beyond the meridian, the upper or
// the lower: so a tracked star need not flip the mount at once. A slew passes
// past = 0 and lands on the natural side. A negative past counts as 0.
func DestinationSide(ha model.Angle, now PierSide, past model.Angle) PierSide {
	middle := model.Quarter // of the side's half of the sky
	if now == Through {
		middle = -middle
	}
	if past > 0 && now != PierUnknown && (ha-middle).WrapSigned().Abs() <= model.Quarter+past {
		return now
	}
	if ha.WrapSigned() < 0 {
		return Through
	}
	return Normal
}

// Margins say how far a tracked star may take each pier side beyond the
// meridian. Negative margins demand a flip before it; if their sum is
// negative there is a forbidden zone around the meridian, open to neither
// side. The zero Margins flip at the meridian. At the lower meridian, as in the
// original, there is no margin; DestinationSide has one there too.
type Margins struct {
	Through model.Angle // the original's AutoGEMFlipOnFuzzDeg, for the flipped mount
	Normal  model.Angle // AutoGEMFlipOffFuzzDeg, for the one not flipped
}

// Allows reports whether a mount on side may be at hour angle ha.
func (f Margins) Allows(ha model.Angle, side PierSide) bool {
	ha = ha.WrapSigned()
	if side == Through {
		return ha <= f.Through || ha == model.HalfTurn
	}
	return ha >= -f.Normal
}

// Destination returns the pier side for a slew to hour angle ha: the natural
// one of DestinationSide where the margins allow it, else the other. ok is
// false in the forbidden zone.
func (f Margins) Destination(ha model.Angle) (side PierSide, ok bool) {
	side = DestinationSide(ha, PierUnknown, 0)
	if f.Allows(ha, side) {
		return side, true
	}
	return side.Other(), f.Allows(ha, side.Other())
}

// NeedsFlip is the original's rule for a tracking mount: whether one standing
// at axis Z = z on side now must go over to the other. The zero points of the
// mount are to be those of EquatorialAttitude.
func (f Margins) NeedsFlip(z model.Angle, now PierSide, lat model.Angle) bool {
	if now == Through {
		z -= model.HalfTurn
	}
	if lat < 0 {
		z = -z
	}
	return !f.Allows(z, now)
}

// FlipLegs returns the three legs in which an operator watches a flip: A to
// the mount's pole, Z by half a turn, A down on the other side to where the
// tube pointed before. Z turns clockwise seen from the mount's pole when the
// mount leaves the normal side in the north or comes back to it in the south,
// else counter-clockwise: the counterweight passes below. ok is false where
// the other side cannot reach the place.
func (m *Model) FlipLegs(axes model.Axes, lat model.Angle) (legs [3]model.Axes, ok bool) {
	side, _ := m.Side(axes)
	turn := model.HalfTurn
	if (side == Through) != (lat < 0) {
		turn = -turn
	}
	end, ok := m.OtherWay(axes)
	end.Z = end.Z.Near(axes.Z + turn)
	pole := model.Quarter - m.zero.A
	pole += model.Angle(math.Round(float64(axes.A-pole)/(2*math.Pi))) * model.Turn
	end.A = end.A.Near(2*pole - axes.A)
	legs[0] = model.Axes{Z: axes.Z, A: pole}
	legs[1] = model.Axes{Z: end.Z, A: pole}
	legs[2] = end
	return legs, ok
}

// SiderostatAxes returns axes for a siderostat, which has no pier side but
// limits of its axis Z, low to high (about 90° and 270°, at most half a turn
// apart): where Z falls outside them it goes across the pole instead. The
// result's Z is in [0, 2π).
//
// Source: Scope II manual, siderostat; the original's test is on Z in [0, 2π).
func SiderostatAxes(axes model.Axes, low, high model.Angle) model.Axes {
	axes.Z = axes.Z.Wrap()
	if axes.Z < low || axes.Z > high {
		axes = AcrossPole(axes)
		axes.Z = axes.Z.Wrap()
	}
	return axes
}
