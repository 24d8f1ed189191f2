// SPDX-License-Identifier: GPL-3.0-or-later

package alpaca

import (
	"math"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/pointing"
	"github.com/siderostep/siderostep/mount"
)

// topocentric is ASCOM's EquatorialCoordinateType of the equinox of date.
const topocentric = 1

// hours returns an angle in [0, 24).
func hours(a model.Angle) float64 { return below(a.Wrap().Hours(), 24) }

// degrees returns an angle in [0, 360).
func degrees(a model.Angle) float64 { return below(a.Wrap().Degrees(), 360) }

// below takes a value that rounding has brought up to a whole turn to 0.
func below(v, turn float64) float64 {
	if v >= turn {
		return 0
	}
	return v
}

func rightAscension(s *mount.Snapshot) float64 { return hours(s.Equatorial.RA) }

// alignmentMode returns ASCOM's AlignmentMode.
func alignmentMode(s *mount.Snapshot) int {
	switch s.Config.Mount.Geometry {
	case pointing.German.String():
		return 2
	case pointing.Fork.String():
		return 1
	}
	return 0
}

// apertureArea returns the light-gathering area in m².
func apertureArea(s *mount.Snapshot) float64 {
	outer, inner := s.Config.Mount.ApertureMM/1000, s.Config.Mount.ObstructionMM/1000
	return math.Pi / 4 * (outer*outer - inner*inner)
}

// pierNumber returns ASCOM's PointingState: −1 unknown, 0 pierEast (normal),
// 1 pierWest (through the pole).
func pierNumber(p pointing.PierSide) int {
	switch p {
	case pointing.Normal:
		return 0
	case pointing.Through:
		return 1
	}
	return -1
}

// pierOf is the inverse of pierNumber for the two settable states.
func pierOf(number int) (pointing.PierSide, error) {
	switch number {
	case 0:
		return pointing.Normal, nil
	case 1:
		return pointing.Through, nil
	}
	return pointing.PierUnknown, fault.New(fault.Invalid, "", "the side of pier is 0 (east) or 1 (west), not %d", number)
}

func (t *telescope) hasPierSides() error {
	if !isGerman(t.mount.Snapshot()) {
		return missing("only a German mount has pier sides")
	}
	return nil
}

func (t *telescope) setSideOfPier(c *call, number int) error {
	side, err := pierOf(number)
	if err != nil {
		return err
	}
	return t.begin(c, func() error { return t.mount.Flip(c.ctx, side) })
}

// destinationSideOfPier tells the pier side after a slew begun now.
func (t *telescope) destinationSideOfPier(c *call) error {
	to, err := equatorial(c.args[0].number, c.args[1].number)
	if err != nil {
		return err
	}
	side, err := t.mount.DestinationPier(to)
	return c.putWhole(pierNumber(side), err)
}

// siderealTime returns the local apparent sidereal time now, in hours.
func (t *telescope) siderealTime() (float64, error) {
	s, age := t.present()
	return hours(s.LST + model.Sidereal.Over(age)), nil
}

func (t *telescope) utcDate(c *call) error {
	c.out = append(appendDate(append(c.out, '"'), t.mount.UTC()), '"')
	return nil
}

// setUTCDate sets the mount's own time. A year that no observer means is out
// of range: it comes from a client without a clock.
func (t *telescope) setUTCDate(c *call) error {
	utc := c.args[0].date
	if y := utc.Year(); y < 1950 || y > 2150 {
		return fault.New(fault.Invalid, "", "the year %d is outside 1950 to 2150", y)
	}
	return t.mount.SetUTC(c.ctx, utc)
}

// slewing reports motion, or the failure of the last one until the next.
func (t *telescope) slewing() (bool, error) {
	s := t.mount.Snapshot()
	return s.Slewing, s.SlewFault
}

func (t *telescope) isPulseGuiding() (bool, error) {
	return t.mount.Snapshot().PulseGuiding(), nil
}

// deviceState tells everything that clients poll, from one snapshot. Its
// names are always the same: a client may take them from the first answer.
func (t *telescope) deviceState(c *call) error {
	s, age := t.present()
	utc := s.UTC.Add(age)
	now := func(b []byte) []byte { return appendDate(b, utc) }
	l := stateList{out: c.out}
	l.number("Altitude", s.Horizontal.Alt.Degrees())
	l.truth("AtHome", s.AtHome)
	l.truth("AtPark", s.Parked)
	l.number("Azimuth", degrees(s.Horizontal.Az))
	l.number("Declination", s.Equatorial.Dec.Degrees())
	l.truth("IsPulseGuiding", s.PulseGuiding())
	l.number("RightAscension", rightAscension(s))
	if isGerman(s) {
		l.whole("SideOfPier", pierNumber(s.Pier))
	}
	l.number("SiderealTime", hours(s.LST+model.Sidereal.Over(age)))
	l.truth("Slewing", s.Slewing)
	l.truth("Tracking", s.Tracking)
	l.date("UTCDate", now)
	l.date("TimeStamp", now)
	c.out = l.end()
	return nil
}

// settleTime is in whole seconds; a fraction counts as a second, so that a
// client that waits by itself never waits too short.
func settleTime(s *mount.Snapshot) int { return int(math.Ceil(s.Config.Mount.SettleS)) }
