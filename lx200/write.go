// SPDX-License-Identifier: GPL-3.0-or-later

package lx200

import (
	"bytes"
	"context"
	"math"
	"strings"
	"time"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/focuser"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/mount"
)

// missing is a command whose feature does not exist (yet).
func missing(c *call) error {
	return fault.New(fault.Unsupported, "lx200", "this command has no effect here")
}

func setTracking(on bool) func(*call) error {
	return func(c *call) error { return c.s.mount.SetTracking(c.ctx, on) }
}

// trackingOn is :AA# and :AP#. The alignment stays as it is: INDI and INDIGO
// send these to unpark.
var trackingOn = silent(func(c *call) error {
	c.s.motion.Lock()
	defer c.s.motion.Unlock()
	if err := c.mayMove(); err != nil {
		return err
	}
	return c.s.mount.SetTracking(c.ctx, true)
})

var trackingOff = silent(setTracking(false))

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
	return c.s.fromWire(model.Equatorial{RA: c.sess.ra, Dec: c.sess.dec}), nil
}

func gotoTarget(c *call) {
	to, err := c.target()
	if err == nil {
		err = c.slew(true, func() error { return c.s.mount.SlewEquatorial(c.ctx, to) })
	}
	c.say(slewReply(err))
	if err != nil {
		c.fail(err)
		c.hash()
	}
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

func (c *call) sync() error {
	at, err := c.target()
	if err != nil {
		return err
	}
	if c.s.cfg.NeedAlignment && c.s.parts.Inits != nil && c.s.parts.Inits() < 2 {
		return errUnaligned
	}
	if n := c.snapshot(); !n.Parked && going(n) {
		return errSlewing
	}
	return c.s.mount.SyncEquatorial(c.ctx, at)
}

func syncTarget(c *call) {
	switch err := c.sync(); {
	case err != nil:
		c.fail(err)
		if c.s.cfg.SyncReply == "zero" {
			c.say("2" + reason(err) + "#")
			return
		}
		c.say("Match fail: " + reason(err) + "#")
	case c.bartels():
		getRA(c)
		getDec(c)
	case c.s.cfg.SyncReply == "zero":
		c.say("0")
	default:
		c.say("Coordinates     matched.        #")
	}
}

var syncSilently = silent((*call).sync)

func chooseRate(r rate) func(*call) { return func(c *call) { c.sess.rate = r } }

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

// maxRate is :SwN#, checked and not applied: the slew speed is configured.
func maxRate(c *call) error {
	if v, ok := decimal(c.arg); !c.bartels() && (!ok || v < 2 || v > 8) {
		return c.invalid()
	}
	c.ignore()
	return nil
}

func (c *call) configureGuide(arcsec float64) error {
	return c.s.mount.Configure(c.ctx, func(m *mount.Config) { m.Mount.GuideRARate, m.Mount.GuideDecRate = arcsec, arcsec })
}

func setGuideRate(c *call) error {
	v, ok := decimal(c.arg)
	if !ok || v <= 0 || v > 15.04108 {
		return c.invalid()
	}
	return c.configureGuide(v)
}

// setGuideWhole is :XSGn#, held within the 1 to 60 that the mount accepts.
func setGuideWhole(c *call) error {
	v, ok := natural(c.arg, 9)
	if !ok {
		return c.invalid()
	}
	return c.configureGuide(float64(max(1, min(60, v))))
}

func setCenter(c *call) error {
	v, ok := natural(c.arg, 9)
	if !ok {
		return c.invalid()
	}
	fastest := int(c.snapshot().Config.Mount.Z.MaxRate * 3600)
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	c.s.centre = float64(max(1, min(v, fastest, 9999)))
	return nil
}

func setFast(c *call) error {
	v, ok := natural(c.arg, 9)
	if !ok {
		return c.invalid()
	}
	if c.s.parts.Focuser == nil {
		return missing(c)
	}
	v = max(1, min(500, v))
	err := c.s.parts.Focuser.Configure(c.ctx, func(f *focuser.Config) { f.MaxRate = float64(v) })
	if err == nil {
		c.s.mu.Lock()
		defer c.s.mu.Unlock()
		c.s.slow = min(c.s.slow, float64(v))
	}
	return err
}

func setSlow(c *call) error {
	v, ok := natural(c.arg, 9)
	if !ok {
		return c.invalid()
	}
	fastest := 500.0
	if f := c.s.parts.Focuser; f != nil {
		fastest = min(fastest, f.Snapshot().Config.MaxRate)
	}
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	c.s.slow = max(1, min(float64(v), fastest))
	return nil
}

func focusSpeed(slow bool) func(*call) { return func(c *call) { c.sess.slowFocus = slow } }

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

// rateHz is :TDDD.DDD# and :STTT.T#: the three drive rates by their
// frequency; others are refused.
func rateHz(c *call) error {
	v, ok := decimal(c.arg)
	if !ok {
		return c.invalid()
	}
	for _, r := range [...]struct {
		hz float64
		d  mount.DriveRate
	}{{60.15, mount.DriveSidereal}, {60, mount.DriveSolar}, {57.9, mount.DriveLunar}} {
		if math.Abs(v-r.hz) < 0.06 {
			return c.s.mount.SetDriveRate(c.ctx, r.d)
		}
	}
	return c.invalid()
}

func derotate(on bool) func(*call) error {
	return func(c *call) error {
		if !c.snapshot().Rotator.Present {
			return missing(c)
		}
		err := c.s.mount.Configure(c.ctx, func(m *mount.Config) { m.Rotator.Follow = on })
		if err == nil && !on {
			err = c.s.mount.HaltRotator(c.ctx)
		}
		return err
	}
}

var park = silent(func(c *call) error { return c.begin(func() error { return c.s.mount.Park(c.ctx) }) })

func unpark(c *call) error { return c.s.mount.Unpark(c.ctx) }

// handpad is :XHx#: there is no hand paddle on this edge.
func handpad(c *call) {
	const modes = "abcdefghijklmnopqrstLR"
	c.ignore()
	if len(c.arg) != 1 || strings.IndexByte(modes, c.arg[0]) < 0 {
		c.result = Unknown2
	}
}

// initialise is :XI1# to :XI3#, which the mount cannot do yet.
func initialise(c *call) {
	c.ignore()
	if len(c.arg) != 1 || c.arg[0] < '1' || c.arg[0] > '3' {
		c.result = Unknown2
	}
}

func setHigh(c *call) error { return c.setLimit(&c.s.high) }
func setLow(c *call) error  { return c.setLimit(&c.s.low) }

func (c *call) setLimit(limit *int) error {
	v, rest, ok := digits(bytes.TrimPrefix(c.arg, []byte("+")), 1, 2)
	if ok && len(rest) > 0 {
		rest, ok = degreeMark(rest)
	}
	if !ok || len(rest) > 0 || v > 90 {
		return c.invalid()
	}
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	*limit = v
	c.ignore()
	return nil
}

func setName(i int) command {
	return command{needs: steer, denied: "0", do: answering(func(c *call) error {
		name := string(c.arg)
		if len(name) > 15 || strings.Contains(name, "<") {
			return c.invalid()
		}
		c.s.mu.Lock()
		defer c.s.mu.Unlock()
		c.s.names[i] = name
		return nil
	})}
}

// clockSetting is what clients have said of their clock. Clients send offset,
// time and date in any order, so the mount's is set once, when time and date
// are there or five seconds after the last. Guarded by Server.mu.
type clockSetting struct {
	west    float64 // hours to add to local time to get UTC
	time    time.Duration
	hasTime bool
	date    time.Time
	hasDate bool
	at      time.Time // when time and date came
}

const clockWait = 5 * time.Second

// applies reports whether place and time of clients are applied.
func (c *call) applies() bool {
	counted := c.s.parts.Inits != nil && c.s.parts.Inits() >= 2
	if c.s.cfg.SiteTime != "apply" || c.s.granted() < full || counted {
		c.ignore()
		return false
	}
	return true
}

func setLatitude(c *call) error {
	a, err := c.angle(-90, 90)
	if err != nil || !c.applies() {
		return err
	}
	return c.s.mount.Configure(c.ctx, func(m *mount.Config) { m.Site.LatitudeDeg = a.Degrees() })
}

func setLongitude(c *call) error {
	a, err := c.angle(-180, 360)
	if err != nil || !c.applies() {
		return err
	}
	east := -a.WrapSigned().Degrees()
	return c.s.mount.Configure(c.ctx, func(m *mount.Config) { m.Site.LongitudeDeg = east })
}

func setOffset(c *call) error {
	h, ok := offset(c.arg)
	if !ok {
		return c.invalid()
	}
	if c.applies() {
		c.s.mu.Lock()
		defer c.s.mu.Unlock()
		c.s.place.west = h
	}
	return nil
}

// timeOfDay reads HH:MM:SS.
func timeOfDay(s []byte) (time.Duration, bool) {
	h, ok := sexagesimal(s)
	if !ok || h < 0 || h >= 24 {
		return 0, false
	}
	return time.Duration(math.Round(h*3600)) * time.Second, true
}

func setTime(c *call) error {
	d, ok := timeOfDay(c.arg)
	if !ok {
		return c.invalid()
	}
	if c.applies() {
		c.s.mu.Lock()
		p := &c.s.place
		p.time, p.hasTime, p.at = d, true, c.s.clock.Now()
		c.s.mu.Unlock()
		c.s.settleClock(c.ctx)
	}
	return nil
}

func setSidereal(c *call) error {
	if _, ok := timeOfDay(c.arg); !ok {
		return c.invalid()
	}
	c.ignore()
	return nil
}

// date reads MM/DD/YY, MM/DD/YYYY or YYYY-MM-DD.
func date(s []byte, pivot int) (time.Time, bool) {
	text := string(s)
	for _, layout := range [...]string{"2006-01-02", "01/02/2006"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, t.Year() >= 1900
		}
	}
	t, err := time.Parse("01/02/06", text)
	if err != nil {
		return t, false
	}
	yy := t.Year() % 100
	century := 2000
	if yy >= pivot {
		century = 1900
	}
	checked := time.Date(century+yy, t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
	return checked, checked.Day() == t.Day()
}

// updating is both parts of the reply to a date: INDI and SkySafari stall
// without the second.
var updating = "1Updating        planetary data. #" + strings.Repeat(" ", 32) + "#"

func setDate(c *call) {
	pivot := 92
	if c.bartels() {
		pivot = 81
	}
	d, ok := date(c.arg, pivot)
	if !ok || !c.bartels() && d.Year() < 2000 {
		c.fail(c.invalid())
		c.say("0")
		return
	}
	if c.bartels() {
		c.say("1")
	} else {
		c.say(updating)
	}
	if c.applies() {
		c.s.mu.Lock()
		p := &c.s.place
		p.date, p.hasDate, p.at = d, true, c.s.clock.Now()
		c.s.mu.Unlock()
		c.s.settleClock(c.ctx)
	}
}

// settleClock sets the mount's time when the clients have said enough.
func (s *Server) settleClock(ctx context.Context) {
	s.mu.Lock()
	p := &s.place
	due := p.hasTime && p.hasDate || (p.hasTime || p.hasDate) && s.clock.Now().Sub(p.at) >= clockWait
	if !due {
		s.mu.Unlock()
		return
	}
	west := time.Duration(p.west * float64(time.Hour))
	now := s.mount.UTC().UTC().Add(-west)
	day, clock := now.Truncate(24*time.Hour), now.Sub(now.Truncate(24*time.Hour))
	if p.hasDate {
		day = p.date
	}
	if p.hasTime {
		clock = p.time + s.clock.Now().Sub(p.at)
	}
	p.hasDate, p.hasTime = false, false
	s.mu.Unlock()
	utc := day.Add(clock).Add(west)
	if err := s.mount.SetUTC(ctx, utc); err != nil {
		s.counts.refusal(reason(err))
		return
	}
	s.log.Info("time set by an LX200 client", "utc", utc)
}
