// SPDX-License-Identifier: GPL-3.0-or-later

package lx200

import (
	"math"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/align"
	"github.com/siderostep/siderostep/mount"
)

func setTracking(on bool) func(*call) error {
	return func(c *call) error { return c.s.mount.SetTracking(c.ctx, on) }
}

// answerTracking makes the methods of :Te# and :Td#, which a parked mount
// refuses, and one that is not aligned where it has to be.
func answerTracking(on bool) func(*call) {
	return answering(func(c *call) error {
		switch {
		case c.snapshot().Parked:
			return fault.New(fault.Parked, "tracking", "the mount is parked")
		case c.s.unaligned():
			return errUnaligned
		}
		return c.s.mount.SetTracking(c.ctx, on)
	})
}

// trackingOn makes the method of :AA# and :AP#. An alignment stays as it is,
// since INDI and INDIGO send these to unpark; scope.exe replaced it.
func trackingOn(start align.Start) func(*call) {
	return silent(func(c *call) error {
		c.s.motion.Lock()
		defer c.s.motion.Unlock()
		if err := c.mayMove(); err != nil {
			return err
		}
		if c.snapshot().Parked { // its alignment stays as it is
			return fault.New(fault.Parked, "tracking", "the mount is parked")
		}
		var missed error
		if c.as().grants >= full && (c.bartels() || c.s.inits() == 0) {
			missed = c.s.mount.BeginAlignment(c.ctx, start)
		}
		if err := c.s.mount.SetTracking(c.ctx, true); err != nil {
			return err
		}
		return missed
	})
}

var trackingOff = silent(setTracking(false))

func siderealRate(c *call) error {
	if err := c.s.mount.SetDriveRate(c.ctx, mount.DriveSidereal); err != nil {
		return err
	}
	ra, dec := model.Rate(0), model.Rate(0)
	return c.s.mount.SetRateOffsets(c.ctx, &ra, &dec)
}

func driveRate(d mount.DriveRate) func(*call) error {
	return func(c *call) error { return c.s.mount.SetDriveRate(c.ctx, d) }
}

// siderealHertz is the sidereal rate on Meade's scale, that of a synchronous
// motor: 60 Hz is one turn in a solar day.
const siderealHertz = 60.164

// customRate is :TM#, :T+# and :T-#.
func customRate(step float64) func(*call) error {
	return func(c *call) error {
		c.s.mu.Lock()
		hz := c.s.hertz + step
		c.s.mu.Unlock()
		return c.drive(hz)
	}
}

// drive tracks at a rate of Meade's scale, 50 to 70 Hz.
func (c *call) drive(hz float64) error {
	if hz < 50 || hz > 70 {
		return fault.New(fault.Invalid, "tracking rate", "%.3f Hz is not within 50..70", hz)
	}
	if err := c.s.mount.SetDriveRate(c.ctx, mount.DriveSidereal); err != nil {
		return err
	}
	ra := model.Sidereal.Mul(1 - hz/siderealHertz)
	if err := c.s.mount.SetRateOffsets(c.ctx, &ra, nil); err != nil {
		return err
	}
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	c.s.hertz = hz
	return nil
}

// rateHertz is :TDDD.DDD# and :STTT.T#. The numbers that :GT# gives for the
// sidereal, solar and lunar rates choose these.
func rateHertz(c *call) error {
	v, ok := decimal(c.arg)
	if !ok {
		return c.invalid()
	}
	const near = 0.0001
	switch {
	case math.Abs(v-60.1) < near:
		return siderealRate(c)
	case math.Abs(v-60) < near:
		return c.s.mount.SetDriveRate(c.ctx, mount.DriveSolar)
	case math.Abs(v-57.9) < near:
		return c.s.mount.SetDriveRate(c.ctx, mount.DriveLunar)
	}
	return c.drive(v)
}

// hertzOf returns the rate at which the mount tracks, for :GT#.
func hertzOf(n *mount.Snapshot) float64 {
	switch {
	case !n.Tracking:
		return 0
	case n.Drive == mount.DriveSolar:
		return 60
	case n.Drive == mount.DriveLunar:
		return 57.9
	case n.RARate == 0:
		return 60.1
	}
	return max(0, min(siderealHertz*(1-float64(n.RARate)/float64(model.Sidereal)), 99.9))
}

var park = silent(func(c *call) error {
	return c.begin(func() error {
		err := c.s.mount.Park(c.ctx)
		if err == nil {
			c.s.drive.keys = [2]float64{}
		}
		return err
	})
})

func unpark(c *call) error { return c.s.mount.Unpark(c.ctx) }

func togglePEC(c *call) error { return c.s.mount.TogglePEC(c.ctx) }

// switchPEC makes the methods of :$QA+# and its kin, of which scope.exe read
// no more than :$Q.
func switchPEC(axis int, on bool) func(*call) error {
	return func(c *call) error {
		if c.bartels() {
			return togglePEC(c)
		}
		return c.s.mount.SwitchPEC(c.ctx, axis, on)
	}
}

// anyPEC is :$Q with something that means nothing, except to scope.exe.
func anyPEC(c *call) {
	if !c.bartels() {
		c.result = Unknown2
		return
	}
	if err := togglePEC(c); err != nil {
		c.fail(err)
	}
}
