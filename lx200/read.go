// SPDX-License-Identifier: GPL-3.0-or-later

package lx200

import (
	"fmt"
	"strings"
	"time"

	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/mount"
)

// acknowledge appends the reply to the ACK byte.
func (s *Server) acknowledge(x *Session, out []byte) []byte {
	begun := s.elapsed()
	s.heard(x)
	n := s.mount.Snapshot()
	reply := byte('P')
	switch {
	case x.as.bartels() || n.Tracking && !equatorial(n):
		reply = 'A'
	case !n.Tracking:
		reply = 'L'
	}
	s.counts.command(table.ack, Done, s.elapsed()-begun, "AK")
	return append(out, reply)
}

// stars returns the number of stars on which the mount has been initialised,
// 0 to 3.
func (s *Server) stars() int {
	if a := s.mount.Snapshot().Alignment; a != nil {
		return a.Book.Count()
	}
	return 0
}

// inits is stars, but where there are none a position that can be trusted
// stands for two.
func (s *Server) inits() int {
	n := s.stars()
	if n == 0 && s.mount.Snapshot().Trusted {
		return 2
	}
	return n
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
	c.say(c.as().Product + "#")
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
	_, _ = fmt.Sscanf(strings.TrimPrefix(c.s.parts.Version, "v"), "%d.%d", &major, &minor) // zeros where it is none
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

func (c *call) sayRA(a model.Angle)     { c.out = c.sess.form.ra(c.out, a); c.hash() }
func (c *call) saySigned(a model.Angle) { c.out = c.sess.form.signed(c.out, a); c.hash() }

func (c *call) here() model.Equatorial { return c.toWire(c.snapshot().Equatorial) }

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
func trackingRate(c *call) { c.say(fmt.Sprintf("%04.1f#", hertzOf(c.snapshot()))) }

func distance(c *call) {
	if going(c.snapshot()) {
		c.say("\x7f")
	}
	c.hash()
}

// homeState is :h?#. Where the mount parks at its home place, to park it is to
// send it home.
func homeState(c *call) {
	n := c.snapshot()
	z, a := n.Config.Mount.Z, n.Config.Mount.A
	near := func(at model.Angle, deg float64) bool {
		return (at - model.Degrees(deg)).WrapSigned().Abs() < model.Arcmin(1)
	}
	switch {
	case n.Activity == mount.Homing, n.Activity == mount.Parking && z.ParkDeg == z.HomeDeg && a.ParkDeg == a.HomeDeg:
		c.say("2")
	case n.AtHome, n.Parked && near(n.Axes.Z, z.HomeDeg) && near(n.Axes.A, a.HomeDeg):
		c.say("1")
	default:
		c.say("0")
	}
}
