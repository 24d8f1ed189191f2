// SPDX-License-Identifier: GPL-3.0-or-later

package lx200

import (
	"errors"
	"time"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/sky"
)

// epoch is the astrometry of a moment, kept as long as it is good.
type epoch struct {
	sky.Astrometry
	of   time.Time // the mount's UTC
	dut1 float64
}

// epochKept is how long an epoch is good: aberration changes by 0.01″ in it.
const epochKept = 10 * time.Minute

// astrometry returns what takes the mount's equinox of date to J2000.
func (s *Server) astrometry() sky.Astrometry {
	utc, site := s.mount.UTC(), s.mount.Snapshot().Config.Site
	s.mu.Lock()
	defer s.mu.Unlock()
	if e := &s.epoch; e.of.IsZero() || utc.Sub(e.of).Abs() > epochKept || e.dut1 != site.DUT1S {
		*e = epoch{sky.NewAstrometry(site.TimeScales().At(utc).TT), utc, site.DUT1S}
	}
	return s.epoch.Astrometry
}

// toWire returns a place of date in the epoch of the wire.
func (c *call) toWire(e model.Equatorial) model.Equatorial {
	if c.as().Epoch == "date" {
		return e
	}
	a := c.s.astrometry()
	p := a.ICRS(e)
	return model.Equatorial{RA: p.RA, Dec: p.Dec}
}

// fromWire undoes toWire.
func (c *call) fromWire(e model.Equatorial) model.Equatorial {
	if c.as().Epoch == "date" {
		return e
	}
	a := c.s.astrometry()
	return a.ApparentOf(sky.ICRS{RA: e.RA, Dec: e.Dec})
}

func setRA(c *call) error {
	h, ok := sexagesimal(c.arg)
	if !ok || h < 0 || h >= 24 || c.arg[0] == '-' {
		return c.invalid()
	}
	c.sess.ra, c.sess.hasRA = model.Hours(h), true
	return nil
}

// angle reads the parameter, in degrees from least to most.
func (c *call) angle(least, most float64) (model.Angle, error) {
	d, ok := sexagesimal(c.arg)
	if !ok || d < least || d > most {
		return 0, c.invalid()
	}
	return model.Degrees(d), nil
}

func setDec(c *call) error {
	a, err := c.angle(-90, 90)
	if err == nil {
		c.sess.dec, c.sess.hasDec = a, true
	}
	return err
}

func setAlt(c *call) error {
	a, err := c.angle(-90, 90)
	if err == nil {
		c.sess.alt, c.sess.hasAlt = a, true
	}
	return err
}

func setAz(c *call) error {
	a, err := c.angle(0, 360)
	if err == nil {
		c.sess.az, c.sess.hasAz = a.Wrap(), true
	}
	return err
}

// target returns the session's target, equinox of date.
func (c *call) target() (model.Equatorial, error) {
	if !c.sess.hasRA || !c.sess.hasDec {
		return model.Equatorial{}, fault.New(fault.Unset, "slew", "no target has been set")
	}
	return c.fromWire(model.Equatorial{RA: c.sess.ra, Dec: c.sess.dec}), nil
}

func gotoTarget(c *call) {
	to, err := c.target()
	if err == nil {
		err = c.slew(true, func() error { return c.s.mount.SlewEquatorial(c.ctx, to) })
		err = c.why(err, to)
	}
	c.say(slewReply(err))
	if err != nil {
		c.fail(err)
		c.hash()
	}
}

// why tells a target below the horizon, or above the altitude that the mount
// reaches, from one that another limit closes: an axis, the meridian, the Sun.
func (c *call) why(err error, to model.Equatorial) error {
	if kind := fault.KindOf(err); kind != fault.BelowLimit && kind != fault.AboveLimit {
		return err
	}
	n := c.snapshot()
	switch at := to.HourDec(n.LST).Horizontal(n.Config.Site.Latitude()); {
	case at.Alt < c.s.ground(n, at.Az):
		return errors.Join(errLow, err)
	case n.Config.Mount.Geometry == "altaz" && at.Alt > model.Degrees(n.Config.Mount.A.MaxDeg):
		return errors.Join(errHigh, err)
	}
	return err
}

func gotoHorizontal(c *call) {
	err := error(fault.New(fault.Unset, "slew", "no target has been set"))
	if c.sess.hasAz && c.sess.hasAlt {
		to := model.Horizontal{Az: c.sess.az, Alt: c.sess.alt}
		err = c.slew(false, func() error { return c.s.mount.SlewHorizontal(c.ctx, to) })
	}
	if err != nil {
		c.fail(err)
		c.say("1")
		return
	}
	c.say("0")
}

// sync declares the target to be where the tube points. A mount that stands
// still points at where the target is just now.
func (c *call) sync() error {
	at, err := c.target()
	if err != nil {
		return err
	}
	if c.s.unaligned() {
		return errUnaligned
	}
	n := c.snapshot()
	switch {
	case !n.Parked && going(n):
		return errSlewing
	case !n.Parked && !n.Tracking:
		return c.s.mount.SyncHorizontal(c.ctx, at.HourDec(n.LST).Horizontal(n.Config.Site.Latitude()))
	}
	err = c.s.mount.SyncEquatorial(c.ctx, at)
	if fault.KindOf(err) == fault.BelowLimit {
		return errors.Join(errLow, err)
	}
	return err
}

func syncTarget(c *call) {
	switch err := c.sync(); {
	case err != nil:
		c.fail(err)
		if c.as().SyncReply == "zero" {
			c.say("2" + reason(err) + "#")
			return
		}
		c.say("Match fail: " + reason(err) + "#")
	case c.bartels():
		getRA(c)
		getDec(c)
	case c.as().SyncReply == "zero":
		c.say("0")
	default:
		c.say("Coordinates     matched.        #")
	}
}

var syncSilently = silent((*call).sync)
