// SPDX-License-Identifier: GPL-3.0-or-later

package lx200

import (
	"fmt"
	"math"

	"github.com/siderostep/siderostep/model"
)

// The getters with the suffix H, which OnStepX answers in highest precision
// whatever the format chosen (reference §3.10).

// fineHours appends HH:MM:SS.SSSS.
func fineHours(b []byte, hours float64) []byte {
	t := roundIn(hours*3600e4, 86400e4)
	b = append(two(b, t/3600e4), ':')
	b = append(two(b, t/60e4%60), ':')
	b = append(two(b, t/1e4%60), '.')
	return two(two(b, t/100), t)
}

// fineAngle appends n thousandths of an arcsecond as D*MM:SS.SSS.
func (f form) fineAngle(b []byte, n int, degrees func([]byte, int) []byte) []byte {
	b = append(degrees(b, n/3600e3), f.degree)
	b = append(two(b, n/60e3%60), ':')
	b = append(two(b, n/1e3%60), '.')
	return three(b, n)
}

func (c *call) fineHours(hours float64) { c.out = fineHours(c.out, hours); c.hash() }

func (c *call) fineSigned(a model.Angle) {
	n := int(math.Min(math.Floor(math.Abs(a.Degrees())*3600e3+0.5), 90*3600e3))
	sign := byte('+')
	if a < 0 && n > 0 {
		sign = '-'
	}
	c.out = c.sess.form.fineAngle(append(c.out, sign), n, two)
	c.hash()
}

func (c *call) fineCircle(a model.Angle) {
	c.out = c.sess.form.fineAngle(c.out, roundIn(a.Degrees()*3600e3, 360*3600e3), three)
	c.hash()
}

func fineRA(c *call)  { c.fineHours(c.here().RA.Hours()) }
func fineDec(c *call) { c.fineSigned(c.here().Dec) }

func fineTargetRA(c *call) {
	if c.sess.hasRA {
		c.fineHours(c.sess.ra.Hours())
		return
	}
	fineRA(c)
}

func fineTargetDec(c *call) {
	if c.sess.hasDec {
		c.fineSigned(c.sess.dec)
		return
	}
	fineDec(c)
}

func fineAlt(c *call)       { c.fineSigned(c.snapshot().Horizontal.Alt) }
func fineAz(c *call)        { c.fineCircle(c.snapshot().Horizontal.Az) }
func fineSidereal(c *call)  { c.fineHours(c.snapshot().LST.Hours()) }
func fineLatitude(c *call)  { c.fineSigned(model.Degrees(c.snapshot().Config.Site.LatitudeDeg)) }
func fineLongitude(c *call) { c.fineCircle(model.Degrees(-c.snapshot().Config.Site.LongitudeDeg)) }

func fineLocalTime(c *call) {
	t := c.s.local()
	c.fineHours(float64(t.Hour()) + float64(t.Minute())/60 + (float64(t.Second())+float64(t.Nanosecond())/1e9)/3600)
}

func guideTimesSidereal(c *call) {
	c.say(fmt.Sprintf("%.2f#", c.snapshot().Config.Mount.GuideRARate/model.Sidereal.ArcsecPerSecond()))
}
