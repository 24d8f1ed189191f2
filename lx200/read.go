// SPDX-License-Identifier: GPL-3.0-or-later

package lx200

import (
	"fmt"
	"math"
	"time"

	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/sky"
	"github.com/siderostep/siderostep/mount"
)

// acknowledge is the reply to the ACK byte.
func (s *Server) acknowledge(x *Session) []byte {
	s.heard(x)
	s.counts.command("ACK", Done, "AK")
	n := s.mount.Snapshot()
	switch {
	case s.cfg.bartels() || n.Tracking && !equatorial(n):
		return []byte("A")
	case !n.Tracking:
		return []byte("L")
	}
	return []byte("P")
}

// inits returns the number of alignment stars; where nobody counts them, a
// position that can be trusted stands for two.
func (s *Server) inits() int {
	if s.parts.Inits != nil {
		return max(0, min(3, s.parts.Inits()))
	}
	if s.mount.Snapshot().Trusted {
		return 2
	}
	return 0
}

func letters(c *call) {
	switch {
	case c.s.inits() == 0:
		c.say("L#")
	case equatorial(c.snapshot()):
		c.say("P#")
	default:
		c.say("A#")
	}
}

func product(c *call) {
	if c.bartels() {
		c.say("Scope.exe#")
		return
	}
	c.say(c.s.cfg.Product + "#")
}

func firmware(c *call) {
	text := "BartelsStepper"
	if !c.bartels() {
		text = "Siderostep " + c.s.parts.Version
		text = text[:min(len(text), 19)]
	}
	c.say(text + "#")
}

func builtDate(c *call) {
	if c.bartels() {
		c.say("Sep  6 2009#")
		return
	}
	c.say(c.s.parts.Built.UTC().Format("Jan _2 2006") + "#")
}

func builtTime(c *call) { c.say(c.s.parts.Built.UTC().Format("15:04:05") + "#") }

func version(c *call) {
	var major, minor int
	_, _ = fmt.Sscanf(c.s.parts.Version, "%d.%d", &major, &minor)
	c.say(fmt.Sprintf("%02d.%d#", min(max(major, 0), 99), min(max(minor, 0), 9)))
}

func status(c *call) {
	n := c.snapshot()
	a, t := "A", "N"
	switch n.Config.Mount.Geometry {
	case "fork":
		a = "P"
	case "german":
		a = "G"
	}
	if n.Tracking {
		t = "T"
	}
	c.say(fmt.Sprintf("%s%s%d#", a, t, c.s.inits()))
}

func highPrecision(c *call) {
	c.sess.highPrec = !c.sess.highPrec
	if c.sess.highPrec {
		c.say("HIGH PRECISION")
	} else {
		c.say("LOW  PRECISION")
	}
}

func toggleForm(c *call) {
	f := &c.sess.form
	switch {
	case len(c.arg) == 0 || c.bartels():
		f.long = !f.long
	case string(c.arg) == "0":
		f.long = false
	case string(c.arg) == "1":
		f.long = true
	default:
		c.ignore()
	}
}

// astrometry returns what takes the mount's equinox of date to J2000.
func (s *Server) astrometry() sky.Astrometry {
	return sky.NewAstrometry(s.mount.Snapshot().Config.Site.TimeScales().At(s.mount.UTC()).TT)
}

// toWire returns a place of date in the epoch of the wire.
func (s *Server) toWire(e model.Equatorial) model.Equatorial {
	if s.cfg.Epoch == "date" {
		return e
	}
	a := s.astrometry()
	p := a.ICRS(e)
	return model.Equatorial{RA: p.RA, Dec: p.Dec}
}

// fromWire undoes toWire.
func (s *Server) fromWire(e model.Equatorial) model.Equatorial {
	if s.cfg.Epoch == "date" {
		return e
	}
	a := s.astrometry()
	return a.ApparentOf(sky.ICRS{RA: e.RA, Dec: e.Dec})
}

func (c *call) hash() { c.out = append(c.out, '#') }

func (c *call) sayRA(a model.Angle)     { c.out = c.sess.form.ra(c.out, a); c.hash() }
func (c *call) saySigned(a model.Angle) { c.out = c.sess.form.signed(c.out, a); c.hash() }

func (c *call) here() model.Equatorial { return c.s.toWire(c.snapshot().Equatorial) }

func getRA(c *call)  { c.sayRA(c.here().RA) }
func getDec(c *call) { c.saySigned(c.here().Dec) }
func getAlt(c *call) { c.saySigned(c.snapshot().Horizontal.Alt) }

func getAz(c *call) {
	c.out = c.sess.form.circle(c.out, c.snapshot().Horizontal.Az)
	c.hash()
}

func targetRA(c *call) {
	if c.sess.hasRA && !c.bartels() {
		c.sayRA(c.sess.ra)
		return
	}
	getRA(c)
}

func targetDec(c *call) {
	if c.sess.hasDec && !c.bartels() {
		c.saySigned(c.sess.dec)
		return
	}
	getDec(c)
}

func sidereal(c *call) {
	f := c.sess.form
	f.long = f.long || !c.bartels()
	c.out = f.ra(c.out, c.snapshot().LST)
	c.hash()
}

// local returns the clients' local time.
func (s *Server) local() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mount.UTC().UTC().Add(-time.Duration(s.place.west * float64(time.Hour)))
}

func localTime(c *call) { c.say(c.s.local().Format("15:04:05") + "#") }
func localDate(c *call) { c.say(c.s.local().Format("01/02/06") + "#") }
func latitude(c *call)  { c.saySite(model.Degrees(c.snapshot().Config.Site.LatitudeDeg), true) }
func longitude(c *call) { c.saySite(model.Degrees(-c.snapshot().Config.Site.LongitudeDeg), false) }
func quality(c *call)   { c.s.mu.Lock(); defer c.s.mu.Unlock(); c.say(qualities[c.s.quality] + "#") }
func highLimit(c *call) { c.s.mu.Lock(); defer c.s.mu.Unlock(); c.sayLimit("%+03d", c.s.high) }
func lowLimit(c *call)  { c.s.mu.Lock(); defer c.s.mu.Unlock(); c.sayLimit("%02d", c.s.low) }
func guideRate(c *call) { c.say(fmt.Sprintf("%04.0f#", c.snapshot().Config.Mount.GuideRARate)) }
func centerRate(c *call) {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	c.say(fmt.Sprintf("%04.0f#", c.s.centre))
}

var qualities = [...]string{"SU", "EX", "VG", "GD", "FR", "PR", "VP"}

func nextQuality(c *call) {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	c.s.quality = (c.s.quality + 1) % len(qualities)
}

func (c *call) sayLimit(format string, deg int) {
	c.say(fmt.Sprintf(format, deg))
	c.out = append(c.out, c.sess.form.degree, '#')
}

// saySite appends a latitude or a west-positive longitude.
func (c *call) saySite(a model.Angle, latitude bool) {
	f := c.sess.form
	f.long = f.long && c.bartels()
	if latitude {
		c.out = f.signed(c.out, a)
	} else {
		c.out = f.circle(c.out, a)
	}
	c.hash()
}

func clockFormat(c *call) {
	if c.bartels() {
		c.say("(24)#")
		return
	}
	c.say("24#")
}

func utcOffset(c *call) {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	c.out = westOffset(c.out, c.s.place.west, c.bartels())
	c.hash()
}

func siteName(i int) func(*call) {
	return func(c *call) {
		c.s.mu.Lock()
		defer c.s.mu.Unlock()
		c.say(c.s.names[i] + "#")
	}
}

// trackingRate gives the drive on a scale where 60.1 Hz is sidereal.
func trackingRate(c *call) {
	n := c.snapshot()
	hz := map[mount.DriveRate]string{mount.DriveSolar: "60.0#", mount.DriveLunar: "57.9#"}[n.Drive]
	switch {
	case !n.Tracking:
		hz = "00.0#"
	case hz == "":
		hz = "60.1#"
	}
	c.say(hz)
}

func distance(c *call) {
	if going(c.snapshot()) {
		c.say("\x7f")
	}
	c.hash()
}

func homeState(c *call) {
	switch n := c.snapshot(); {
	case n.Activity == mount.Homing:
		c.say("2")
	case n.AtHome:
		c.say("1")
	default:
		c.say("0")
	}
}

func fieldAngle(c *call) {
	deg := c.snapshot().FieldAngle.Degrees()
	if !c.bartels() {
		deg = float64(roundIn(deg*100, 36000)) / 100
	} else {
		deg = math.Round(deg*100) / 100
	}
	c.say(fmt.Sprintf("%06.2f#", deg))
}

func focusPosition(c *call) {
	at := 0
	if f := c.s.parts.Focuser; f != nil {
		at = f.Snapshot().Position
	}
	c.say(fmt.Sprintf("%+04d#", at))
}

func fastFocus(c *call) {
	v := 0.0
	if f := c.s.parts.Focuser; f != nil {
		v = min(f.Snapshot().Config.MaxRate, 999)
	}
	c.say(fmt.Sprintf("%03.0f#", v))
}

func slowFocus(c *call) {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	c.say(fmt.Sprintf("%03.0f#", c.s.slow))
}

func focusPresent(c *call) {
	if c.s.parts.Focuser == nil {
		c.say("0")
		return
	}
	c.say("1")
}

// focusNumber answers a number of the focuser's, nothing without one.
func focusNumber(c *call, of func(Focuser) string) {
	f := c.s.parts.Focuser
	if f == nil {
		c.ignore()
		return
	}
	c.say(of(f) + "#")
}

func focusSteps(c *call) {
	focusNumber(c, func(f Focuser) string { return fmt.Sprintf("%+d", f.Snapshot().Position) })
}

func focusMicrons(c *call) {
	focusNumber(c, func(f Focuser) string {
		n := f.Snapshot()
		return fmt.Sprintf("%+.0f", float64(n.Position)*n.Config.StepUM)
	})
}

func focusMost(c *call) {
	focusNumber(c, func(f Focuser) string { return fmt.Sprint(f.Snapshot().Config.MaxStep) })
}

func focusLeast(c *call) { focusNumber(c, func(Focuser) string { return "0" }) }

func focusState(c *call) {
	focusNumber(c, func(f Focuser) string {
		speed := "3"
		if c.sess.slowFocus {
			speed = "1"
		}
		if f.Snapshot().Moving {
			return "M" + speed
		}
		return "S" + speed
	})
}
