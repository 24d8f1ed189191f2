// SPDX-License-Identifier: GPL-3.0-or-later

package alpaca

import (
	"errors"
	"strconv"
	"time"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/mount"
)

func (t *telescope) setTracking(c *call, on bool) error {
	if on && t.parked() {
		return fault.New(fault.Parked, "", "tracking is not possible while the mount is parked")
	}
	return t.mount.SetTracking(c.ctx, on)
}

// driveRates are the rates of ASCOM's DriveRates, in its order.
var driveRates = [...]mount.DriveRate{mount.DriveSidereal, mount.DriveLunar, mount.DriveSolar, mount.DriveKing}

func driveNumber(d mount.DriveRate) int {
	for n, rate := range driveRates {
		if d == rate {
			return n
		}
	}
	return 0
}

func (t *telescope) setTrackingRate(c *call, n int) error {
	if n < 0 || n >= len(driveRates) {
		return fault.New(fault.Invalid, "", "the tracking rate is 0 (sidereal), 1 (lunar), 2 (solar) or 3 (King), not %d", n)
	}
	return t.mount.SetDriveRate(c.ctx, driveRates[n])
}

func (t *telescope) trackingRates(c *call) error {
	b := append(c.out, '[')
	for n := range driveRates {
		if n > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, int64(n), 10)
	}
	c.out = append(b, ']')
	return nil
}

// raRateUnit is ASCOM's unit of RightAscensionRate: one second of right
// ascension per sidereal second, as an angle per SI second.
const raRateUnit = 15 * model.SiderealPerSolar // arcsec per SI second

func rightAscensionRate(s *mount.Snapshot) float64 { return s.RARate.ArcsecPerSecond() / raRateUnit }

func (t *telescope) setRightAscensionRate(c *call, rate float64) error {
	r := model.ArcsecPerSecond(rate * raRateUnit)
	return offsetVerdict(t.mount.SetRateOffsets(c.ctx, &r, nil))
}

// setDeclinationRate takes arcsec per SI second.
func (t *telescope) setDeclinationRate(c *call, rate float64) error {
	r := model.ArcsecPerSecond(rate)
	return offsetVerdict(t.mount.SetRateOffsets(c.ctx, nil, &r))
}

// offsetVerdict makes an offset out of range an invalid operation: the one
// number that ConformU takes for it.
func offsetVerdict(err error) error {
	if errors.Is(err, fault.Invalid) {
		return fault.Wrap(fault.Refused, "", err)
	}
	return err
}

// The guide rates are in degrees per second here and arcsec per second there.

func (t *telescope) setGuideRateRA(c *call, rate float64) error {
	return t.change(c, func(cfg *mount.Config) { cfg.Mount.GuideRARate = rate * 3600 })
}

func (t *telescope) setGuideRateDec(c *call, rate float64) error {
	return t.change(c, func(cfg *mount.Config) { cfg.Mount.GuideDecRate = rate * 3600 })
}

// guideDirections are the directions of ASCOM's GuideDirections, in its order.
var guideDirections = [...]mount.Direction{mount.North, mount.South, mount.East, mount.West}

func (t *telescope) pulseGuide(c *call) error {
	direction, duration := c.args[0].whole, c.args[1].whole
	if direction < 0 || direction >= len(guideDirections) {
		return fault.New(fault.Invalid, "", "the direction is 0 (north), 1 (south), 2 (east) or 3 (west), not %d", direction)
	}
	if duration < 0 {
		return fault.New(fault.Invalid, "", "the duration %d ms is negative", duration)
	}
	return t.mount.PulseGuide(c.ctx, guideDirections[direction], time.Duration(duration)*time.Millisecond)
}

// Writes to the mount's settings.

func (t *telescope) setRefraction(c *call, on bool) error {
	return t.change(c, func(cfg *mount.Config) { cfg.Site.Refraction = on })
}

func (t *telescope) setElevation(c *call, v float64) error {
	return t.change(c, func(cfg *mount.Config) { cfg.Site.ElevationM = v })
}

func (t *telescope) setLatitude(c *call, v float64) error {
	return t.change(c, func(cfg *mount.Config) { cfg.Site.LatitudeDeg = v })
}

func (t *telescope) setLongitude(c *call, v float64) error {
	return t.change(c, func(cfg *mount.Config) { cfg.Site.LongitudeDeg = v })
}

// setSettleTime leaves a fraction of a second that is set, and reads as the
// same whole seconds, as it is.
func (t *telescope) setSettleTime(c *call, seconds int) error {
	if seconds == settleTime(t.mount.Snapshot()) {
		return nil
	}
	return t.change(c, func(cfg *mount.Config) { cfg.Mount.SettleS = float64(seconds) })
}

// change puts a setting in force, or returns fault.Invalid when it is outside
// the range that the setting declares.
func (t *telescope) change(c *call, change func(*mount.Config)) error {
	wanted := *t.mount.Snapshot().Config
	change(&wanted)
	if err := checkRanges(&wanted); err != nil {
		return err
	}
	return t.mount.Configure(c.ctx, change)
}
