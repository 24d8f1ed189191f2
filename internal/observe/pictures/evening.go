// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net"
	"time"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/internal/observe"
)

// observer is somebody at the telescope, who has lost the first error.
type observer struct {
	*observe.Daemon
	ctx context.Context
	err error
}

// evening is eleven minutes at an alt-azimuth: a pass close to the zenith, a
// slew that is thought better of, and a star in the west, first without
// guiding and then with it.
func evening(ctx context.Context, d *observe.Daemon) error {
	o := &observer{Daemon: d, ctx: ctx}
	planetarium, err := new(net.Dialer).DialContext(ctx, "tcp", d.LX200)
	if err != nil {
		return err
	}
	defer planetarium.Close()
	go follow(ctx, planetarium)

	var latitude float64
	o.put("connected", "Connected", true)
	o.put("focuser/0/connected", "Connected", true)
	o.put("tracking", "Tracking", true)
	o.get("sitelatitude", &latitude)

	fmt.Println("zenith pass")
	o.slew(-1.0/60, latitude+0.35)
	o.wait(120 * time.Second)

	fmt.Println("a slew, aborted and begun again")
	ra := o.ra(3)
	o.put("slewtocoordinatesasync", "RightAscension", ra, "Declination", 12)
	o.wait(6 * time.Second)
	o.put("abortslew")
	o.wait(10 * time.Second)
	o.put("tracking", "Tracking", true)
	o.slew(3, 12)
	o.wait(60 * time.Second)

	fmt.Println("guiding")
	g := guider{observer: o, chance: rand.New(rand.NewPCG(1, 2))}
	g.guide(225 * time.Second)
	var focus float64
	o.get("focuser/0/position", &focus)
	o.put("focuser/0/move", "Position", focus+150)
	g.guide(225 * time.Second)
	return o.err
}

// follow asks over LX200 where the telescope points, as a planetarium does,
// until the line is closed.
func follow(ctx context.Context, line io.ReadWriter) {
	go func() { _, _ = io.Copy(io.Discard, line) }()
	for {
		if _, err := io.WriteString(line, ":GR#:GD#"); err != nil {
			return
		}
		if clock.Sleep(ctx, clock.Real{}, time.Second) != nil {
			return
		}
	}
}

func (o *observer) put(member string, pairs ...any) {
	if o.err == nil {
		o.err = o.Put(o.ctx, member, pairs...)
	}
}

func (o *observer) get(member string, value any) {
	if o.err == nil {
		o.err = o.Get(o.ctx, member, value)
	}
}

func (o *observer) wait(d time.Duration) {
	if o.err == nil {
		o.err = clock.Sleep(o.ctx, clock.Real{}, d)
	}
}

// ra returns the right ascension at an hour angle, in hours.
func (o *observer) ra(hourAngle float64) float64 {
	var lst float64
	o.get("siderealtime", &lst)
	return math.Mod(lst-hourAngle+24, 24)
}

// slew goes to an hour angle and a declination (degrees), and arrives.
func (o *observer) slew(hourAngle, dec float64) {
	o.put("slewtocoordinatesasync", "RightAscension", o.ra(hourAngle), "Declination", dec)
	if o.err == nil {
		o.err = o.Arrive(o.ctx)
	}
}

// guider is a guide camera and the program behind it: it sees where the star
// stands, through some air, and pulses most of that away.
type guider struct {
	*observer
	chance *rand.Rand
	lock   *offset // where the star is to stay
}

// offset is the tube minus the star in arcseconds, along great circles.
type offset struct{ ra, dec, cosDec float64 }

const (
	exposure   = 1500 * time.Millisecond
	seeing     = 0.35 // arcseconds rms of a star's place, each axis
	aggression = 0.65
	leastMove  = 0.2 // arcseconds
	guideRate  = 7.5 // arcseconds per second
	east, west = 2, 3
	north      = 0
	south      = 1
)

func (g *guider) guide(d time.Duration) {
	until := clock.Real{}.Now().Add(d)
	for now := (clock.Real{}).Now; g.err == nil && now().Before(until); {
		s := g.star()
		if g.lock == nil {
			g.lock = &s
		}
		g.pulse((g.lock.ra-s.ra)/s.cosDec, east, west)
		g.pulse(g.lock.dec-s.dec, north, south)
		g.wait(exposure)
	}
}

// pulse moves the tube by most of an angle, positive in the first direction.
func (g *guider) pulse(arcsec float64, positive, negative int) {
	if math.Abs(arcsec) < leastMove {
		return
	}
	way := positive
	if arcsec < 0 {
		way = negative
	}
	ms := math.Round(aggression * math.Abs(arcsec) / guideRate * 1000)
	g.put("pulseguide", "Direction", way, "Duration", int(min(ms, 1500)))
}

// star looks at the metrics page as a camera looks at the sky.
func (g *guider) star() (s offset) {
	if g.err != nil {
		return s
	}
	page, err := g.Metrics(g.ctx)
	g.err = err
	value := func(name, coordinate string) float64 {
		return page[`siderostep_`+name+`{coordinate="`+coordinate+`"}`] * 180 / math.Pi * 3600
	}
	s.cosDec = math.Cos(page["siderostep_mount_target_declination_radians"])
	s.ra = value("truth_target_offset_radians", "ra") + value("guide_correction_radians", "ra")*s.cosDec + seeing*g.chance.NormFloat64()
	s.dec = value("truth_target_offset_radians", "dec") + value("guide_correction_radians", "dec") + seeing*g.chance.NormFloat64()
	return s
}
