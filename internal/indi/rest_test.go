// SPDX-License-Identifier: GPL-3.0-or-later

package indi

import (
	"testing"
	"time"

	"github.com/siderostep/siderostep/model"
)

// tellsPlaceAndTime sends a wrong place and a wrong time, as a computer does
// whose clock was never set. They are taken, and neither the telescope nor
// what it knows of the sky changes.
func (e *evening) tellsPlaceAndTime() {
	before, site := e.h.Mount.Snapshot(), e.h.Mount.Snapshot().Config.Site
	tube := e.h.rests("before place and time").Equatorial
	e.set("TIME_UTC.UTC;OFFSET=2024-05-06T07:08:09;2")
	e.becomes("TIME_UTC._STATE", "Ok")
	e.set("GEOGRAPHIC_COORD.LAT;LONG;ELEV=10;20;30")
	e.becomes("GEOGRAPHIC_COORD._STATE", "Ok")
	e.h.eventually("place and time are sent", func() bool { return e.h.wire.sent(":SC05/06/24#") > 0 && e.h.wire.sent(":St+10*00") > 0 })
	after := e.h.after(time.Second)
	now := e.h.Mount.Snapshot()
	if passed := now.At.Sub(before.At); now.UTC.Sub(before.UTC) != passed || now.Config.Site != site {
		e.t.Errorf("after %v the mount's time went from %v to %v, its site from %+v to %+v", passed, before.UTC, now.UTC, site, now.Config.Site)
	}
	if d := after.Equatorial.Separation(tube); d > model.Arcsec(1) {
		e.t.Errorf("place and time moved the tube by %.2f″", d.Arcsec())
	}
	e.shows("after place and time", e.truth, 2*digits)
	e.set("GEOGRAPHIC_COORD.LAT;LONG;ELEV=%.6f;%.6f;%.0f", site.LatitudeDeg, site.LongitudeDeg, site.ElevationM)
	e.becomes("GEOGRAPHIC_COORD._STATE", "Ok")
}

// parksByCoordinates is how Classic parks: it slews to where altitude and
// azimuth are by the computer's own clock, and then stops the tracking.
func (e *evening) parksByCoordinates() {
	at := e.h.Truth().Horizontal
	park := model.Horizontal{Az: at.Az + model.Degrees(5), Alt: at.Alt - model.Degrees(5)}
	e.set("TELESCOPE_PARK_POSITION.PARK_AZ;PARK_ALT=%.6f;%.6f", park.Az.Wrap().Degrees(), park.Alt.Degrees())
	e.set("TELESCOPE_PARK.PARK=On")
	e.becomes("TELESCOPE_PARK._STATE", "Ok")
	e.h.eventually("tracking ends", func() bool { return !e.h.Mount.Snapshot().Tracking })
	tube := e.h.after(time.Second).Horizontal // where it stays, parked
	e.t.Logf("park: %.1f′ off", tube.Separation(park).Arcmin())
	// The driver takes the sidereal time from the computer's clock, to which it
	// adds polls; the sky turns by 15″ in a second.
	if d := tube.Separation(park); d > model.Arcmin(10) {
		e.t.Errorf("parked %.1f′ from the park position", d.Arcmin())
	}
	syncs := e.h.wire.sent(":CM#")
	e.set("TELESCOPE_PARK.UNPARK=On")
	e.becomes("TELESCOPE_PARK.UNPARK", "On")
	// INDI 1.9.9 then syncs on 0h, 0°, wherever the telescope points. Whatever becomes of that, the tube must not go there,
	// and an observer must be able to put it right.
	e.h.eventually("the driver has unparked", func() bool { return e.h.wire.sent(":CM#") > syncs })
	stays := e.h.after(time.Second).Horizontal
	if d := stays.Separation(tube); d > model.Arcmin(5) {
		e.t.Errorf("unparking moved the tube by %.1f′", d.Arcmin())
	}
	e.set("ON_COORD_SET.SYNC=On")
	e.send(whole(e.truth()))
	e.shows("after unparking and a sync", e.truth, model.Arcmin(1))
	to := e.near(4, 2)
	e.slew(to)
	d := e.h.rests("slew after unparking").Equatorial.Separation(to)
	e.t.Logf("slew after unparking: %.2f″ off", d.Arcsec())
	if d > model.Arcmin(1) {
		e.t.Errorf("a slew after unparking ended %.2f″ off", d.Arcsec())
	}
}

// parksByCommand is how the others park: the mount knows where.
func (e *evening) parksByCommand() {
	e.set("TELESCOPE_PARK.PARK=On")
	e.h.eventually("the mount is parked", func() bool { return e.h.Mount.Snapshot().Parked })
	e.becomes("TELESCOPE_PARK._STATE", "Ok")
	c := e.h.Mount.Snapshot().Config.Mount
	before, after := e.h.after(time.Second).Axes, e.h.after(time.Second).Axes
	if dz, da := after.Z-model.Degrees(c.Z.ParkDeg), after.A-model.Degrees(c.A.ParkDeg); max(dz.Abs(), da.Abs()) > model.Arcsec(1) {
		e.t.Errorf("parked %.2f″ and %.2f″ from the park position", dz.Arcsec(), da.Arcsec())
	}
	if d := after.Sub(before); max(d.Z.Abs(), d.A.Abs()) > model.Arcsec(0.5) {
		e.t.Error("the parked mount moves")
	}
}

// dies ends the driver, kill -9, while a key is held: the telescope stops by
// itself, although nobody tells it to.
func (e *evening) dies() {
	rate := "2x" // one line at the centring rate, the other at the finding rate
	if e.h.serial {
		rate = "3x"
	}
	e.set("TELESCOPE_SLEW_RATE.%s=On", rate)
	before := e.h.Truth()
	e.set("TELESCOPE_MOTION_NS.MOTION_SOUTH=On")
	e.h.eventually("the key moves the tube", func() bool { return e.truth().Separation(before.Equatorial) > model.Arcmin(4) })
	e.kill()
	killed := e.h.Mount.Instant()
	after := e.h.rests("after the driver's end")
	e.t.Logf("the driver's end: stopped within %v", after.At.Sub(killed).Round(time.Second/10))
}

// returns starts the driver again, which finds the telescope as it was left.
func (e *evening) returns() {
	at := e.truth()
	e.client = run(e.h, e.program, e.driver.device)
	e.connect()
	e.shows("after the driver's return", e.truth, 2*digits)
	if d := e.h.rests("the driver's return").Equatorial.Separation(at); d > model.Arcsec(1) {
		e.t.Errorf("the driver's return moved the tube by %.2f″", d.Arcsec())
	}
}

// A key that is held for ever by a driver that goes on polling, since the
// program that steered it has gone, is let go in the end too.
func TestKeyHeldForEver(t *testing.T) {
	t.Parallel()
	d := drivers[1]
	f := telescope(d.geometry)
	f.LX200.MotionTimeout, f.LX200.MotionMax = 10, 25 // a poll may come late by seconds on a busy computer
	e := begin(t, f, d, false)
	e.slews()
	e.set("TELESCOPE_SLEW_RATE.3x=On")
	begun := e.h.Mount.Instant()
	e.set("TELESCOPE_MOTION_NS.MOTION_SOUTH=On")
	e.h.eventually("the key moves the tube", func() bool { return e.h.Mount.Snapshot().Holder != "" })
	e.h.eventually("the key is let go", func() bool { return e.h.Mount.Snapshot().Holder == "" })
	held := e.h.Mount.Snapshot().At.Sub(begun)
	e.h.rests("key held for ever")
	// Polling kept it alive beyond the ten seconds of a silent client.
	e.t.Logf("held for %v", held)
	if held < 15*time.Second {
		e.t.Errorf("a key whose driver polls on was let go after %v", held)
	}
}
