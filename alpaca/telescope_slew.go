// SPDX-License-Identifier: GPL-3.0-or-later

package alpaca

import (
	"context"
	"errors"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/mount"
)

// target is ASCOM's TargetRightAscension and TargetDeclination.
type target struct {
	ra, dec       float64 // hours and degrees, as the client gave them
	hasRA, hasDec bool
	moving        bool // the last slew was onto a target that moves against the stars
}

// equatorial returns the place of a right ascension in hours and a
// declination in degrees. 24 h counts as 0 h.
func equatorial(ra, dec float64) (model.Equatorial, error) {
	if ra < 0 || ra > 24 {
		return model.Equatorial{}, fault.New(fault.Invalid, "", "the right ascension %g h is outside 0 to 24", ra)
	}
	if dec < -90 || dec > 90 {
		return model.Equatorial{}, fault.New(fault.Invalid, "", "the declination %g° is outside -90 to 90", dec)
	}
	return model.Equatorial{RA: model.Hours(below(ra, 24)), Dec: model.Degrees(dec)}, nil
}

// horizontal returns the place of an azimuth and an altitude in degrees.
func horizontal(az, alt float64) (model.Horizontal, error) {
	if az < 0 || az > 360 {
		return model.Horizontal{}, fault.New(fault.Invalid, "", "the azimuth %g° is outside 0 to 360", az)
	}
	if alt < -90 || alt > 90 {
		return model.Horizontal{}, fault.New(fault.Invalid, "", "the altitude %g° is outside -90 to 90", alt)
	}
	return model.Horizontal{Az: model.Degrees(below(az, 360)), Alt: model.Degrees(alt)}, nil
}

// aim returns the target as clients see it. That of a slew onto a moving
// target moves on with it.
func (t *telescope) aim() target {
	t.mu.Lock()
	defer t.mu.Unlock()
	if s := t.mount.Snapshot(); t.target.moving && s.HasTarget {
		t.target.ra, t.target.dec = hours(s.Target.RA), s.Target.Dec.Degrees()
	}
	return t.target
}

// setTarget remembers the coordinates of a slew or sync.
func (t *telescope) setTarget(ra, dec float64, moving bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.target = target{ra: below(ra, 24), dec: dec, hasRA: true, hasDec: true, moving: moving}
}

func (t *telescope) targetRightAscension() (float64, error) {
	if a := t.aim(); a.hasRA {
		return a.ra, nil
	}
	return 0, fault.New(fault.Unset, "", "no target right ascension has been set")
}

func (t *telescope) targetDeclination() (float64, error) {
	if a := t.aim(); a.hasDec {
		return a.dec, nil
	}
	return 0, fault.New(fault.Unset, "", "no target declination has been set")
}

func (t *telescope) setTargetRightAscension(_ *call, ra float64) error {
	if _, err := equatorial(ra, 0); err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.target.ra, t.target.hasRA, t.target.moving = below(ra, 24), true, false
	return nil
}

func (t *telescope) setTargetDeclination(_ *call, dec float64) error {
	if _, err := equatorial(0, dec); err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.target.dec, t.target.hasDec, t.target.moving = dec, true, false
	return nil
}

// wholeTarget returns the target, or fault.Unset when a coordinate lacks.
func (t *telescope) wholeTarget() (ra, dec float64, err error) {
	if ra, err = t.targetRightAscension(); err != nil {
		return 0, 0, err
	}
	dec, err = t.targetDeclination()
	return ra, dec, err
}

func (t *telescope) slewToCoordinates(c *call) error {
	return t.slewTo(c, c.args[0].number, c.args[1].number)
}

func (t *telescope) slewToTarget(c *call) error {
	ra, dec, err := t.wholeTarget()
	if err != nil {
		return err
	}
	return t.slewTo(c, ra, dec)
}

// slewTo begins a slew and, once it is accepted, makes its goal the target.
func (t *telescope) slewTo(c *call, ra, dec float64) error {
	to, err := equatorial(ra, dec)
	if err != nil {
		return err
	}
	return t.begin(c, func() error {
		if err := t.mount.SlewEquatorial(c.ctx, to); err != nil {
			return err
		}
		s := t.mount.Snapshot()
		t.setTarget(ra, dec, s.RARate != 0 || s.DecRate != 0)
		return nil
	})
}

// slewToAltAz begins a slew in the observer's sky. It does not touch the
// target.
func (t *telescope) slewToAltAz(c *call) error {
	to, err := horizontal(c.args[0].number, c.args[1].number)
	if err != nil {
		return err
	}
	return t.begin(c, func() error { return t.mount.SlewHorizontal(c.ctx, to) })
}

func (t *telescope) syncToCoordinates(c *call) error {
	return t.syncTo(c, c.args[0].number, c.args[1].number)
}

func (t *telescope) syncToTarget(c *call) error {
	ra, dec, err := t.wholeTarget()
	if err != nil {
		return err
	}
	return t.syncTo(c, ra, dec)
}

func (t *telescope) syncTo(c *call, ra, dec float64) error {
	at, err := equatorial(ra, dec)
	if err != nil {
		return err
	}
	if err := t.mount.SyncEquatorial(c.ctx, at); err != nil {
		return err
	}
	t.setTarget(ra, dec, false)
	return nil
}

func (t *telescope) syncToAltAz(c *call) error {
	at, err := horizontal(c.args[0].number, c.args[1].number)
	if err != nil {
		return err
	}
	return t.mount.SyncHorizontal(c.ctx, at)
}

func (t *telescope) blocks() error {
	if !t.blocking {
		return missing("slews that return on arrival are switched off (alpaca.blocking_slews); use the asynchronous ones")
	}
	return nil
}

// arriving makes a blocking slew of one that returns at once.
func arriving(begin func(*telescope, *call) error) func(*telescope, *call) error {
	return func(t *telescope, c *call) error {
		patience := c.ctx
		ctx, cancel := context.WithTimeout(patience, commandLimit)
		defer cancel()
		c.ctx = ctx
		if err := begin(t, c); err != nil {
			return err
		}
		return t.arrive(patience, c.motion)
	}
}

// arrive waits for the end of the slew that is the mount's latest motion at
// the count given. It returns
// fault.Cancelled when something else ended it, fault.Refused when it takes
// longer than clients wait; it then goes on.
func (t *telescope) arrive(ctx context.Context, motion uint64) error {
	s, err := t.mount.Await(ctx, func(s *mount.Snapshot) bool { return !s.Slewing || s.Motions != motion })
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return fault.New(fault.Refused, "slew", "not there after %v; it goes on, see Slewing", slewLimit)
	case err != nil:
		return fault.Wrap(fault.Cancelled, "slew", err)
	case s.SlewFault != nil:
		return s.SlewFault
	case s.Motions != motion:
		return fault.New(fault.Cancelled, "slew", "ended by another command")
	}
	return s.Stopped
}
