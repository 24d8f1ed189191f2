// SPDX-License-Identifier: GPL-3.0-or-later

package lx200

import (
	"context"
	"errors"
	"time"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/pointing"
	"github.com/siderostep/siderostep/mount"
)

const (
	ownAfter  = 2 * time.Second // ownership outlasts motion by this
	awayLimit = 2 * time.Second // held motion outlasts the last connection by this
)

// drive is the motion that this edge has begun. One session owns it; every
// session may stop it. Guarded by Server.motion.
type drive struct {
	owner   string // key of a session; "" for none
	busy    time.Time
	keys    [2]float64 // of the axes Z and A: degrees per second eastward and northward; 0 for none
	sky     bool       // the keys move the target along right ascension and declination
	heard   time.Time
	started [2]time.Time
	end     [2]time.Time // of motion at slew rate; zero for none
	pulses  [2]time.Time // until when guide pulses in right ascension and declination run
}

func (d *drive) holding() bool { return d.keys != [2]float64{} }

// going reports whether the mount is on its way to a place.
func going(n *mount.Snapshot) bool {
	switch n.Activity {
	case mount.SlewingToSky, mount.SlewingToAxes, mount.Homing, mount.Parking, mount.Settling:
		return true
	}
	return false
}

// own makes a session the owner of motion, or nobody; s.motion is held.
func (s *Server) own(key string) {
	s.drive.owner = key
	s.owned.Store(key != "")
}

// owner returns the owner of the motion under way or just ended, "" for none.
func (s *Server) owner(n *mount.Snapshot) string {
	now := s.clock.Now()
	if n.Activity != mount.Idle || n.Holder != "" || n.PulseGuiding() {
		s.drive.busy = now
	}
	if now.Sub(s.drive.busy) >= ownAfter {
		s.own("")
	}
	return s.drive.owner
}

// mayMove says whether this client may begin motion; s.motion is held.
func (c *call) mayMove() error {
	n := c.s.mount.Snapshot()
	owner := c.s.owner(n)
	c.s.mu.Lock()
	ending := c.s.ending
	c.s.mu.Unlock()
	switch {
	case ending:
		return fault.New(fault.Cancelled, "lx200", "the program is about to end")
	case owner != "" && owner != c.sess.key:
		return errInUse
	case n.Parked:
		return nil // for the mount to refuse
	case n.Holder != "" && n.Holder != c.sess.client():
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
		c.s.own(c.sess.key)
		c.s.drive.busy = c.s.clock.Now()
	} else if fault.KindOf(err) == fault.Refused && going(c.s.mount.Snapshot()) {
		err = errSlewing
	}
	return err
}

// slew begins a slew, after what has to be stopped or switched first.
func (c *call) slew(tracking bool, start func() error) error {
	if tracking && c.s.unaligned() {
		return errUnaligned
	}
	return c.begin(func() error {
		m := c.s.mount
		n := m.Snapshot()
		if n.Activity == mount.Held {
			if err := m.Abort(c.ctx); err != nil {
				return err
			}
			c.s.drive.keys = [2]float64{}
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
	if !s.owned.Load() {
		return
	}
	s.motion.Lock()
	defer s.motion.Unlock()
	if s.drive.owner != x.key {
		return
	}
	s.drive.heard = s.clock.Now()
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

// held reports whether motion of this edge's is held. It forgets keys whose
// motion something else has ended, such as a limit of the mount; s.motion is
// held.
func (s *Server) held(n *mount.Snapshot) bool {
	if n.Holder != clientOf(s.drive.owner) {
		s.drive.keys = [2]float64{}
	}
	return s.drive.holding()
}

// left shortens the deadline of motion whose client has no connection any
// more. It does not stop at once, since SkySafari closes its connection after
// every command; a lost serial line does stop it.
func (s *Server) left(ctx context.Context, x *Session) {
	s.motion.Lock()
	defer s.motion.Unlock()
	if x.as.serial {
		s.dropFocusKey(ctx, x.client())
	}
	s.mu.Lock()
	back := x.conns > 0 // has connected again meanwhile
	s.mu.Unlock()
	if back || s.drive.owner != x.key || !s.held(s.mount.Snapshot()) {
		return
	}
	soon := s.clock.Now().Add(awayLimit - seconds(s.cfg.MotionTimeout))
	if x.as.serial {
		soon = time.Time{} // whatever the release below leaves, the next guard tries again
	}
	if soon.Before(s.drive.heard) {
		s.drive.heard = soon
	}
	if x.as.serial {
		s.stopped(ctx, "its serial line was lost")
	}
}

// guard stops held motion past a deadline.
func (s *Server) guard(ctx context.Context) {
	s.motion.Lock()
	defer s.motion.Unlock()
	n := s.mount.Snapshot()
	s.owner(n)
	if !s.held(n) {
		return
	}
	now := s.clock.Now()
	if now.Sub(s.drive.heard) >= seconds(s.cfg.MotionTimeout) {
		s.stopped(ctx, "its client has fallen silent")
		return
	}
	for axis, key := range s.drive.keys {
		switch end := s.drive.end[axis]; {
		case key == 0:
		case now.Sub(s.drive.started[axis]) >= seconds(s.cfg.MotionMax):
			s.stopped(ctx, "it lasted too long")
			return
		case !end.IsZero() && !now.Before(end):
			s.stopped(ctx, "it went too far")
			return
		}
	}
}

// stopped ends held motion for a reason that nobody asked for.
func (s *Server) stopped(ctx context.Context, why string) {
	s.log.Warn("direction key motion stopped: "+why, "client", s.drive.owner)
	s.counts.stopped.Add(1)
	s.release(ctx)
}

// release ends held motion; s.motion is held. What fails is tried again by
// the next guard.
func (s *Server) release(ctx context.Context) {
	ours := s.mount.Snapshot().Holder == clientOf(s.drive.owner)
	for axis := range s.drive.keys {
		if !ours || s.stopAxis(ctx, axis) == nil {
			s.drive.keys[axis] = 0
		}
	}
}

// stopAxis ends the held motion of one axis or of the target, whoever began
// it.
func (s *Server) stopAxis(ctx context.Context, axis int) error {
	switch n := s.mount.Snapshot(); {
	case n.Parked || n.Holder == "":
		return nil
	case n.HeldRates == [3]model.Rate{}:
		return s.mount.Nudge(ctx, n.Holder, 0, 0)
	case n.HeldRates[axis] == 0:
		return nil
	default:
		return s.mount.MoveAxis(ctx, n.Holder, axis, 0)
	}
}

// atRest reports whether there is nothing that a stop would end; s.motion is
// held.
func (s *Server) atRest(n *mount.Snapshot) bool {
	now := s.clock.Now()
	return n.Activity == mount.Idle && n.Holder == "" && !n.PulseGuiding() &&
		!s.drive.holding() && !now.Before(s.drive.pulses[0]) && !now.Before(s.drive.pulses[1])
}

// stopAll is :Q#, obeyed from anyone. As it is never delayed, it does not
// reach the mount where nothing moves.
func stopAll(c *call) {
	c.s.motion.Lock()
	defer c.s.motion.Unlock()
	if c.s.atRest(c.s.mount.Snapshot()) {
		return
	}
	if err := c.s.mount.Abort(c.ctx); err != nil && !errors.Is(err, fault.Parked) {
		c.fail(err) // the deadline of held motion stays in force
		return
	}
	c.s.drive.keys = [2]float64{}
	c.s.endPulses(c.ctx)
}

// stopKey makes the method of :Qn# and its kin: the axis, and any goto.
func stopKey(axis int) func(*call) {
	return func(c *call) {
		c.s.motion.Lock()
		defer c.s.motion.Unlock()
		n := c.s.mount.Snapshot()
		if going(n) {
			if err := c.s.mount.Abort(c.ctx); err != nil && !errors.Is(err, fault.Parked) {
				c.fail(err)
			}
			return
		}
		d := &c.s.drive
		was := d.keys
		d.keys[axis] = 0
		var err error
		if c.s.held(n) && d.sky {
			err = c.s.apply(c.ctx) // of the other key
		} else {
			err = c.s.stopAxis(c.ctx, axis)
		}
		if err != nil {
			d.keys = was
			c.fail(err)
		}
	}
}

// shortestPulse takes the place of a pulse that is to end: too short to move
// a microstep, since a pulse can only be replaced.
const shortestPulse = time.Millisecond

// endPulses ends the guide pulses that this edge has begun.
func (s *Server) endPulses(ctx context.Context) {
	now := s.clock.Now()
	for i, dir := range [2]mount.Direction{mount.East, mount.North} {
		if now.Before(s.drive.pulses[i]) {
			_ = s.mount.ReplacePulse(ctx, dir, shortestPulse) // refused where there is none any more
			s.drive.pulses[i] = time.Time{}
		}
	}
}

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
	coordinate := mount.AxisZ
	if to == mount.North || to == mount.South {
		coordinate = mount.AxisA
	}
	if c.s.unaligned() {
		return errUnaligned
	}
	longest := min(10*time.Second, seconds(c.snapshot().Config.Mount.MaxPulseS))
	d := min(time.Duration(ms)*time.Millisecond, longest)
	return c.begin(func() error {
		if c.snapshot().PulseGuiding() && c.s.drive.owner == "" {
			return errInUse // the pulses of another edge
		}
		err := c.s.mount.ReplacePulse(c.ctx, to, d)
		if err == nil {
			c.s.drive.pulses[coordinate] = c.s.clock.Now().Add(d)
		}
		return err
	})
}

// unaligned reports whether motion has to wait for an alignment.
func (s *Server) unaligned() bool { return s.cfg.NeedAlignment && s.inits() < 2 }

// sense is −1 where an axis angle grows against east (axis Z) or north
// (axis A). Z is azimuth, clockwise from above, or the hour angle in the
// north and its negative in the south; A grows towards the mount's pole, and
// through it on the other side of the pier.
func sense(n *mount.Snapshot, axis int) float64 {
	south := equatorial(n) && n.Config.Site.LatitudeDeg < 0
	against := south
	if axis == mount.AxisZ {
		against = !south
	} else if n.Pier == pointing.Through {
		against = !south
	}
	if against {
		return -1
	}
	return 1
}

func equatorial(n *mount.Snapshot) bool {
	g, _ := pointing.ParseGeometry(n.Config.Mount.Geometry) // the mount has read it already
	return g.Equatorial()
}
