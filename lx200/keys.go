// SPDX-License-Identifier: GPL-3.0-or-later

package lx200

import (
	"context"
	"time"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/pointing"
	"github.com/siderostep/siderostep/mount"
)

// moveKey makes the method of :Mn# and its kin: motion of an axis, toward
// growing right ascension or declination on an equatorial mount, and
// counter-clockwise or up on others, for sign 1. While the mount tracks, the
// key's rate is one against the stars; with move_frame = sky it then moves the
// target, as long as no key is faster than the mount lets it move.
func moveKey(axis int, sign float64) func(*call) {
	return func(c *call) {
		err := c.begin(func() error {
			n := c.snapshot()
			if going(n) {
				return errSlewing
			}
			speed := min(c.speed(n, axis), fastest(n, axis))
			if speed <= 0 {
				return fault.New(fault.Invalid, "move", "the rate is zero")
			}
			d := &c.s.drive
			owner := d.owner
			now := c.s.clock.Now()
			if !c.s.held(n) {
				d.sky = c.as().MoveFrame == "sky" && n.Tracking
			}
			d.sky = d.sky && model.DegreesPerSecond(speed) <= c.s.mount.MaxOffset()
			c.s.own(c.sess.key)
			if d.keys[axis]*sign <= 0 { // a key pressed again goes on
				d.started[axis], d.end[axis] = now, time.Time{}
			}
			d.keys[axis], d.heard = speed*sign, now
			if c.sess.rate != rateSlew {
				d.end[axis] = time.Time{}
			} else if d.end[axis].IsZero() {
				d.end[axis] = now.Add(seconds(c.s.cfg.SlewTravelDeg / speed))
			}
			err := c.s.apply(c.ctx)
			if err != nil { // one axis may move already
				c.s.release(c.ctx)
				if !d.holding() {
					c.s.own(owner)
				}
			}
			return err
		})
		if err != nil {
			c.fail(err)
		}
	}
}

func fastest(n *mount.Snapshot, axis int) float64 {
	if axis == mount.AxisZ {
		return n.Config.Mount.Z.MaxRate
	}
	return n.Config.Mount.A.MaxRate
}

// speed returns the session's rate in degrees per second.
func (c *call) speed(n *mount.Snapshot, axis int) float64 {
	switch c.sess.rate {
	case rateCentre:
		c.s.mu.Lock()
		defer c.s.mu.Unlock()
		return c.s.centre / 3600
	case rateSlew:
		return fastest(n, axis)
	case rateOwn:
		return c.sess.own[axis]
	}
	return c.keyGuide(n) / 3600
}

// pulseMost is the fastest guide pulse of the mount, in arcseconds per second.
const pulseMost = 60

// keyGuide returns the guide rate of the direction keys, in arcseconds per
// second: that of the mount's pulses, unless a client has asked for more than
// they can do, and nobody for anything else since.
func (c *call) keyGuide(n *mount.Snapshot) float64 {
	rate := n.Config.Mount.GuideRARate
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	if rate == pulseMost && c.s.guide > rate {
		return c.s.guide
	}
	return rate
}

// apply puts the keys held in force; s.motion is held. Keys along the axes hold
// these instead of moving the target beside them: a limit then ends the key's
// motion, not tracking, and the mount shows where the tube is.
func (s *Server) apply(ctx context.Context) error {
	d, client := &s.drive, clientOf(s.drive.owner)
	if d.sky {
		return s.mount.Nudge(ctx, client, model.DegreesPerSecond(d.keys[mount.AxisZ]), model.DegreesPerSecond(d.keys[mount.AxisA]))
	}
	n := s.mount.Snapshot()
	rates := trackingRates(n)
	for axis, key := range d.keys {
		if key == 0 {
			continue // goes on with the sky by itself
		}
		most := model.DegreesPerSecond(fastest(n, axis))
		rate := rates[axis] + model.DegreesPerSecond(key*sense(n, axis))
		if err := s.mount.MoveAxis(ctx, client, axis, max(-most, min(rate, most))); err != nil {
			return err
		}
	}
	return nil
}

// trackingRates returns how fast the axes turn with the target; 0 where no
// axes reach, at the mount's pole.
func trackingRates(n *mount.Snapshot) (rates [2]model.Rate) {
	if !n.Tracking {
		return rates
	}
	chain := pointing.NewChain(n.Model, n.Config.Site.Latitude(), n.Config.Site.Air())
	ra := model.Sidereal - n.Drive.Rate() + n.RARate // of the target among the stars
	at := func(d time.Duration) (model.Axes, bool) {
		e := model.Equatorial{RA: n.Equatorial.RA + ra.Over(d), Dec: n.Equatorial.Dec + n.DecRate.Over(d)}
		return chain.Axes(e.HourDec(n.LST+model.Sidereal.Over(d)), n.Pier)
	}
	const half = time.Second / 2
	before, ok := at(-half)
	after, reached := at(half)
	if ok && reached {
		rates[mount.AxisZ] = model.Rate((after.Z - before.Z).WrapSigned())
		rates[mount.AxisA] = model.Rate((after.A - before.A).WrapSigned())
	}
	return rates
}

func chooseRate(r rate) func(*call) { return func(c *call) { c.sess.rate = r } }

// presetRate is :R0# to :R9#, in times sidereal; the axes hold it within their
// fastest. Source: OnStepX.
func presetRate(times float64) command {
	return command{needs: steer, later: true, do: func(c *call) {
		v := times * model.Sidereal.DegreesPerSecond()
		c.sess.rate, c.sess.own = rateOwn, [2]float64{v, v}
	}}
}

// ownRate is :RA# and :RE#, degrees per second.
func ownRate(axis int) func(*call) error {
	return func(c *call) error {
		v, ok := decimal(c.arg)
		if !ok || v <= 0 {
			return c.invalid()
		}
		if c.sess.rate != rateOwn {
			c.sess.rate, c.sess.own = rateOwn, [2]float64{v, v}
		}
		c.sess.own[axis] = v
		return nil
	}
}

// maxRate is :SwN#. The slew speed is what the motors can do, which the
// configuration knows better than a client: any other is refused. scope.exe
// accepted and ignored it.
func maxRate(c *call) error {
	v, ok := decimal(c.arg)
	switch n := c.snapshot(); {
	case c.bartels():
	case !ok || v < 2 || v > 8:
		return c.invalid()
	case v != fastest(n, mount.AxisZ) || v != fastest(n, mount.AxisA):
		return errNotAllowed
	}
	c.ignore()
	return nil
}

// configureGuide sets the guide rate of pulses as far as they can do it, and
// that of direction keys.
func (c *call) configureGuide(arcsec float64) error {
	pulses := min(arcsec, pulseMost)
	err := c.s.mount.Configure(c.ctx, func(m *mount.Config) { m.Mount.GuideRARate, m.Mount.GuideDecRate = pulses, pulses })
	if err == nil {
		c.s.mu.Lock()
		defer c.s.mu.Unlock()
		c.s.guide = arcsec
	}
	return err
}

func setGuideRate(c *call) error {
	v, ok := decimal(c.arg)
	if !ok || v <= 0 || v > 15.04108 {
		return c.invalid()
	}
	return c.configureGuide(v)
}

// setGuideWhole is :XSGn#, held within 1 to 9999.
func setGuideWhole(c *call) error {
	v, ok := natural(c.arg, 9)
	if !ok {
		return c.invalid()
	}
	return c.configureGuide(float64(max(1, min(9999, v))))
}

func setCentre(c *call) error {
	v, ok := natural(c.arg, 9)
	if !ok {
		return c.invalid()
	}
	most := int(fastest(c.snapshot(), mount.AxisZ) * 3600)
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	c.s.centre = float64(max(1, min(v, most, 9999)))
	return nil
}
