// SPDX-License-Identifier: GPL-3.0-or-later

package lx200

import (
	"bytes"
	"context"
	"math"
	"strings"
	"time"

	"github.com/siderostep/siderostep/mount"
)

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
	timeAt  time.Time // when time came
	hasTime bool
	date    time.Time
	hasDate bool
	at      time.Time // when time and date came
}

const clockWait = 5 * time.Second

// applies reports whether place and time of clients are applied. A telephone's
// wrong ones would shift sidereal time under a finished alignment.
func (c *call) applies() bool {
	if c.as().SiteTime == "apply" && c.as().grants >= full && c.s.stars() < 2 {
		return true
	}
	c.ignore()
	if !c.sess.told {
		c.sess.told = true
		c.s.log.Info("place or time of an LX200 client was answered, but not applied", "client", c.sess.key)
	}
	return false
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
		p.time, p.hasTime, p.timeAt = d, true, c.s.clock.Now()
		p.at = p.timeAt
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
		clock = p.time + s.clock.Now().Sub(p.timeAt)
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
