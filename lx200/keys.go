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
// key's rate is one against the stars.
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
			if n.Activity != mount.Held {
				d.keys = [2]float64{} // of motion that something else has ended
			}
			if !d.holding() {
				d.sky = c.as().MoveFrame == "sky" && c.sess.rate != rateSlew && n.Tracking
			}
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

// apply puts the keys held in force; s.motion is held.
func (s *Server) apply(ctx context.Context) error {
	d := &s.drive
	n := s.mount.Snapshot()
	var rates [2]model.Rate
	if n.Tracking {
		own := model.Sidereal - n.Drive.Rate() + n.RARate // of the target among the stars
		dec := n.DecRate
		if d.sky {
			own += model.DegreesPerSecond(d.keys[mount.AxisZ])
			dec += model.DegreesPerSecond(d.keys[mount.AxisA])
		}
		rates = axisRates(n, own, dec)
	}
	for axis := range rates {
		if !d.sky {
			if d.keys[axis] == 0 {
				continue // goes on with the sky by itself
			}
			rates[axis] += model.DegreesPerSecond(d.keys[axis] * sense(n, axis))
		}
		most := model.DegreesPerSecond(fastest(n, axis))
		if err := s.mount.MoveAxis(ctx, clientOf(d.owner), axis, max(-most, min(rates[axis], most))); err != nil {
			return err
		}
	}
	d.applied = s.clock.Now()
	return nil
}

// followEvery is how often motion along the sky is worked out anew.
const followEvery = time.Second

// follow keeps motion along the sky on its way, as long as its client is
// heard; s.motion is held.
func (s *Server) follow(ctx context.Context) {
	d := &s.drive
	if !d.sky || !d.holding() || s.clock.Now().Sub(d.applied) < followEvery {
		return
	}
	if n := s.mount.Snapshot(); n.Activity != mount.Held || n.Holder != clientOf(d.owner) {
		return // something else has ended it
	}
	_ = s.apply(ctx) // a limit, say: the axes go on as they did, or the mount stops them
}

// axisRates returns how fast the axes have to turn so that the tube's place
// on the sky moves at these rates against the stars. Where no axes reach, at
// the mount's pole, they are zero.
func axisRates(n *mount.Snapshot, ra, dec model.Rate) (rates [2]model.Rate) {
	chain := pointing.NewChain(n.Model, n.Config.Site.Latitude(), n.Config.Site.Air())
	const half = time.Second / 2
	at := func(d time.Duration) (model.Axes, bool) {
		e := model.Equatorial{RA: n.Equatorial.RA + ra.Over(d), Dec: n.Equatorial.Dec + dec.Over(d)}
		return chain.Axes(e.HourDec(n.LST+model.Sidereal.Over(d)), n.Pier)
	}
	before, ok := at(-half)
	after, reached := at(half)
	if !ok || !reached {
		return rates
	}
	return [2]model.Rate{
		mount.AxisZ: model.Rate((after.Z - before.Z).WrapSigned()),
		mount.AxisA: model.Rate((after.A - before.A).WrapSigned()),
	}
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
