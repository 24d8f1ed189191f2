// SPDX-License-Identifier: GPL-3.0-or-later

package lx200

import (
	"context"
	"errors"
	"time"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/mount"
)

const (
	ownAfter   = 2 * time.Second  // ownership outlasts motion by this
	awayLimit  = 2 * time.Second  // held motion outlasts the last connection by this
	focusLimit = 10 * time.Second // longest motion by one focus key
)

// drive is the motion that this edge has begun. One session owns it; every
// session may stop it. Guarded by Server.motion.
type drive struct {
	owner   string // key of a session; "" for none
	busy    time.Time
	held    [2]bool // keys held, axes Z and A
	heard   time.Time
	started time.Time
	end     time.Time // of motion at slew rate; zero for none
}

func (d *drive) holding() bool { return d.held[0] || d.held[1] }

// going reports whether the mount is on its way to a place.
func going(n *mount.Snapshot) bool {
	switch n.Activity {
	case mount.SlewingToSky, mount.SlewingToAxes, mount.Homing, mount.Parking, mount.Settling:
		return true
	}
	return false
}

// owned returns the owner of the motion under way or just ended, "" for none.
func (s *Server) owned(n *mount.Snapshot) string {
	now := s.clock.Now()
	if n.Activity != mount.Idle || n.PulseGuiding() {
		s.drive.busy = now
	}
	if now.Sub(s.drive.busy) >= ownAfter {
		s.drive.owner = ""
	}
	return s.drive.owner
}

// mayMove says whether this client may begin motion; s.motion is held.
func (c *call) mayMove() error {
	n := c.s.mount.Snapshot()
	owner := c.s.owned(n)
	switch {
	case owner != "" && owner != c.sess.key:
		return errInUse
	case n.Parked:
		return nil // for the mount to refuse
	case n.Activity == mount.Held && n.Holder != "" && n.Holder != c.sess.client():
		return errInUse
	case n.Activity == mount.Parking, n.Activity == mount.Homing, going(n) && owner == "":
		return errSlewing
	}
	return nil
}

// begin begins motion and, once the mount has accepted it, owns it.
func (c *call) begin(start func() error) error {
	c.s.motion.Lock()
	defer c.s.motion.Unlock()
	err := c.mayMove()
	if err == nil {
		err = start()
	}
	if err == nil {
		c.s.drive.owner, c.s.drive.busy = c.sess.key, c.s.clock.Now()
	} else if fault.KindOf(err) == fault.Refused && going(c.s.mount.Snapshot()) {
		err = errSlewing
	}
	return err
}

// slew begins a slew, after what has to be stopped or switched first.
func (c *call) slew(tracking bool, start func() error) error {
	if c.s.cfg.NeedAlignment && tracking && c.s.parts.Inits != nil && c.s.parts.Inits() < 2 {
		return errUnaligned
	}
	return c.begin(func() error {
		m := c.s.mount
		n := m.Snapshot()
		if n.Activity == mount.Held {
			if err := m.Abort(c.ctx); err != nil {
				return err
			}
			c.s.drive.held = [2]bool{}
		}
		if n.Parked || n.Tracking == tracking {
			return start()
		}
		if err := m.SetTracking(c.ctx, tracking); err != nil {
			return err
		}
		err := start()
		if err != nil {
			_ = m.SetTracking(c.ctx, n.Tracking) // the refusal is what the client hears of
		}
		return err
	})
}

// heard keeps held motion alive: the owner gave a valid command.
func (s *Server) heard(x *Session) {
	s.motion.Lock()
	defer s.motion.Unlock()
	if s.drive.owner == x.key {
		s.drive.heard = s.clock.Now()
	}
	s.mount.Heard(x.client())
}

// returned undoes left: a new connection of the owner.
func (s *Server) returned(key string) {
	s.motion.Lock()
	defer s.motion.Unlock()
	if s.drive.owner == key && s.drive.holding() {
		s.drive.heard = s.clock.Now()
	}
}

// left shortens the deadline of motion whose client has no connection any
// more. It does not stop at once, since SkySafari closes its connection after
// every command; a lost serial port does stop it.
func (s *Server) left(key string, serial bool) {
	s.motion.Lock()
	defer s.motion.Unlock()
	if s.drive.owner != key || !s.drive.holding() {
		return
	}
	soon := s.clock.Now().Add(awayLimit - seconds(s.cfg.MotionTimeout))
	if serial {
		soon = time.Time{}
	}
	if soon.Before(s.drive.heard) {
		s.drive.heard = soon
	}
}

// guard stops held motion past a deadline.
func (s *Server) guard(ctx context.Context) {
	s.motion.Lock()
	defer s.motion.Unlock()
	n := s.mount.Snapshot()
	s.owned(n)
	if !s.drive.holding() {
		return
	}
	now := s.clock.Now()
	var why string
	switch {
	case now.Sub(s.drive.heard) >= seconds(s.cfg.MotionTimeout):
		why = "its client has fallen silent"
	case now.Sub(s.drive.started) >= seconds(s.cfg.MotionMax):
		why = "it lasted too long"
	case !s.drive.end.IsZero() && !now.Before(s.drive.end):
		why = "it went too far"
	default:
		return
	}
	s.log.Warn("direction key motion stopped: "+why, "client", s.drive.owner)
	s.counts.refusal("stopped: " + why)
	s.release(ctx)
}

// release ends held motion; s.motion is held. What fails is tried again by
// the next guard.
func (s *Server) release(ctx context.Context) {
	ours := s.mount.Snapshot().Holder == (&Session{key: s.drive.owner}).client()
	for axis, held := range s.drive.held {
		if held && (!ours || s.stopAxis(ctx, axis) == nil) {
			s.drive.held[axis] = false
		}
	}
}

// stopAxis ends the held motion of one axis, whoever began it.
func (s *Server) stopAxis(ctx context.Context, axis int) error {
	n := s.mount.Snapshot()
	if n.Parked || n.HeldRates[axis] == 0 {
		return nil
	}
	return s.mount.MoveAxis(ctx, n.Holder, axis, 0)
}

// stopAll is :Q#, obeyed from anyone.
func stopAll(c *call) {
	c.s.motion.Lock()
	defer c.s.motion.Unlock()
	if err := c.s.mount.Abort(c.ctx); err != nil && !errors.Is(err, fault.Parked) {
		c.fail(err) // the deadline of held motion stays in force
		return
	}
	c.s.drive.held = [2]bool{}
}

// stopKey makes the method of :Qn# and its kin: the axis, and any goto.
func stopKey(axis int) func(*call) {
	return func(c *call) {
		c.s.motion.Lock()
		defer c.s.motion.Unlock()
		if going(c.s.mount.Snapshot()) {
			if err := c.s.mount.Abort(c.ctx); err != nil && !errors.Is(err, fault.Parked) {
				c.fail(err)
			}
			return
		}
		if err := c.s.stopAxis(c.ctx, axis); err != nil {
			c.fail(err)
			return
		}
		c.s.drive.held[axis] = false
	}
}

// moveKey makes the method of :Mn# and its kin: motion of an axis, toward
// growing right ascension or declination on an equatorial mount, and
// counter-clockwise or up on others, for sign 1.
func moveKey(axis int, sign float64) func(*call) {
	return func(c *call) {
		err := c.begin(func() error {
			n := c.s.mount.Snapshot()
			if going(n) {
				return errSlewing
			}
			fastest := n.Config.Mount.Z.MaxRate
			if axis == mount.AxisA {
				fastest = n.Config.Mount.A.MaxRate
			}
			speed := min(c.speed(n, axis), fastest)
			if speed <= 0 {
				return fault.New(fault.Invalid, "move", "the rate is zero")
			}
			if err := c.s.mount.MoveAxis(c.ctx, c.sess.client(), axis, model.DegreesPerSecond(speed*sign*sense(n, axis))); err != nil {
				return err
			}
			d := &c.s.drive
			now := c.s.clock.Now()
			if !d.holding() {
				d.end = time.Time{}
			}
			d.held[axis], d.heard, d.started = true, now, now
			if c.sess.rate == rateSlew {
				d.end = now.Add(seconds(c.s.cfg.SlewTravelDeg / speed))
			}
			return nil
		})
		if err != nil {
			c.fail(err)
		}
	}
}

// speed returns the session's rate in degrees per second.
func (c *call) speed(n *mount.Snapshot, axis int) float64 {
	switch c.sess.rate {
	case rateCenter:
		c.s.mu.Lock()
		defer c.s.mu.Unlock()
		return c.s.centre / 3600
	case rateSlew:
		if axis == mount.AxisZ {
			return n.Config.Mount.Z.MaxRate
		}
		return n.Config.Mount.A.MaxRate
	case rateOwn:
		return c.sess.own[axis]
	}
	return n.Config.Mount.GuideRARate / 3600
}

// sense is −1 where an axis angle grows against east (axis Z) or north
// (axis A). Z is azimuth, clockwise from above, or the hour angle in the
// north and its negative in the south; A grows towards the mount's pole.
func sense(n *mount.Snapshot, axis int) float64 {
	south := equatorial(n) && n.Config.Site.LatitudeDeg < 0
	if (axis == mount.AxisZ) != south {
		return -1
	}
	return 1
}

func equatorial(n *mount.Snapshot) bool { return n.Config.Mount.Geometry != "altaz" }

// pulse is :Mg<direction><milliseconds>#.
func pulse(c *call) error {
	if len(c.arg) < 2 {
		return fault.New(fault.Invalid, "pulse guide", "no duration")
	}
	dir := map[byte]mount.Direction{'n': mount.North, 's': mount.South, 'e': mount.East, 'w': mount.West}
	to, known := dir[c.arg[0]]
	ms, ok := natural(c.arg[1:], 5)
	if !known || !ok {
		return fault.New(fault.Invalid, "pulse guide", "%q is no direction and duration", c.arg)
	}
	longest := min(10*time.Second, seconds(c.s.mount.Snapshot().Config.Mount.MaxPulseS))
	d := min(time.Duration(ms)*time.Millisecond, longest)
	return c.begin(func() error { return c.s.mount.PulseGuide(c.ctx, to, d) })
}

// jog is the motion of the focus keys. Guarded by Server.motion.
type jog struct {
	way     int // +1 out, −1 in, 0 none
	from    int
	slow    bool
	started time.Time
}

// focusKey makes the method of :F+# and :F-#.
func focusKey(way int) func(*call) {
	return func(c *call) {
		f := c.s.parts.Focuser
		if f == nil {
			c.ignore()
			return
		}
		way := way
		if c.s.cfg.FocusPlus == "in" {
			way = -way
		}
		c.s.motion.Lock()
		defer c.s.motion.Unlock()
		n := f.Snapshot()
		c.s.jog = jog{way: way, from: n.Position, slow: c.sess.slowFocus, started: c.s.clock.Now()}
		if c.sess.slowFocus {
			return // stepFocus moves it
		}
		to := 0
		if way > 0 {
			to = n.Config.MaxStep
		}
		if err := f.Move(c.ctx, to); err != nil {
			c.s.jog.way = 0
			c.fail(err)
		}
	}
}

// stepFocus moves a slow focus key on and ends one held too long.
func (s *Server) stepFocus(ctx context.Context) {
	s.motion.Lock()
	defer s.motion.Unlock()
	if s.jog.way == 0 {
		return
	}
	elapsed := s.clock.Now().Sub(s.jog.started)
	if elapsed >= focusLimit {
		s.haltJog(ctx)
		return
	}
	if s.jog.slow {
		s.mu.Lock()
		steps := int(s.slow * elapsed.Seconds())
		s.mu.Unlock()
		if err := s.parts.Focuser.Move(ctx, s.jog.from+s.jog.way*steps); err != nil {
			s.jog.way = 0
		}
	}
}

// haltJog ends the motion of a focus key; s.motion is held.
func (s *Server) haltJog(ctx context.Context) {
	if s.jog.way != 0 && s.parts.Focuser.Halt(ctx) == nil {
		s.jog.way = 0
	}
}

func focusStop(c *call) {
	f := c.s.parts.Focuser
	if f == nil {
		c.ignore()
		return
	}
	c.s.motion.Lock()
	defer c.s.motion.Unlock()
	c.s.jog.way = 0
	if err := f.Halt(c.ctx); err != nil {
		c.fail(err)
	}
}
