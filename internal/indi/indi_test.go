// SPDX-License-Identifier: GPL-3.0-or-later

package indi

import (
	"flag"
	"math"
	"os"
	"testing"

	"github.com/siderostep/siderostep/config"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/mount"
)

// These tests wait for drivers nearly all the time, so that many can wait at
// once, however few processors there are.
func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", "16"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// driver is one of INDI's drivers, and what it can do.
type driver struct {
	program, device string
	geometry        string // of the mount that it is tried on
	// Basic knows coordinates only; the others have keys, guiding, a focuser
	// and a way to park.
	keys bool
	park func(*evening)
}

var drivers = []driver{
	{program: "indi_lx200basic", device: "LX200 Basic", geometry: "german"},
	{program: "indi_lx200classic", device: "LX200 Classic", geometry: "altaz", keys: true, park: (*evening).parksByCoordinates},
	{program: "indi_lx200autostar", device: "LX200 Autostar", geometry: "fork", keys: true, park: (*evening).parksByCommand},
}

// lines are the ways from a driver to the telescope.
var lines = []struct {
	name   string
	serial bool
}{{"tcp", false}, {"serial", true}}

// evening is what an observer does with a driver.
type evening struct {
	*client
	driver
}

// telescope returns a mount on which an evening's slews are short.
func telescope(geometry string) config.File {
	f := perfect(geometry)
	// So that nothing but its client's silence ends what a key began.
	f.LX200.MotionMax, f.Mount.HoldTimeoutS = 3600, 0
	switch geometry {
	case "german": // counterweight nearly level, far from the pole
		f.Mount.Z.HomeDeg, f.Mount.A.HomeDeg = 30, 40
	case "fork":
		f.Mount.A.HomeDeg, f.Mount.Z.ParkDeg, f.Mount.A.ParkDeg = 20, -5, 25
	}
	return f
}

func TestDrivers(t *testing.T) {
	t.Parallel()
	for _, d := range drivers {
		for _, l := range lines {
			t.Run(d.program+"/"+l.name, func(t *testing.T) {
				t.Parallel()
				e := begin(t, telescope(d.geometry), d, l.serial)
				e.slews()
				e.syncs()
				e.aborts()
				if !d.keys {
					return
				}
				e.guides()
				e.guidesByKeys()
				e.presses()
				e.focuses()
				e.dies()
				e.returns()
				e.tellsPlaceAndTime()
				d.park(e)
			})
		}
	}
}

// begin connects a driver to a telescope that nobody has steered yet.
func begin(t *testing.T, f config.File, d driver, serial bool) *evening {
	t.Helper()
	need(t, d.program)
	e := &evening{driver: d}
	e.client = run(open(t, f, serial), d.program, d.device)
	e.connect()
	// Nothing tracks, and what the driver shows is as old as its last poll.
	e.shows("at rest", e.truth, model.Arcmin(1))
	return e
}

// shows waits until the driver shows a place, as nearly as whole seconds of
// right ascension and of arc can tell it, or as within says if that is more.
func (e *evening) shows(what string, place func() model.Equatorial, within model.Angle) {
	e.t.Helper()
	e.h.eventually(what+": the driver shows where the telescope points", func() bool {
		shown := model.Equatorial{
			RA:  model.Hours(e.number("EQUATORIAL_EOD_COORD.RA")),
			Dec: model.Degrees(e.number("EQUATORIAL_EOD_COORD.DEC")),
		}
		return shown.Separation(place()) <= within
	})
}

// digits is how far a place is off that is told in whole seconds of right
// ascension and of arc: 7.5″ and 0.5″, and an arcsecond for the mount. After a
// sync it counts twice, since the place synced on was told so too.
const digits = 9 * math.Pi / 180 / 3600

// truth returns the place on the sky to which the tube really points.
func (e *evening) truth() model.Equatorial { return e.h.Truth().Equatorial }

// send tells the driver a place: it slews or syncs, as was chosen before.
func (e *evening) send(to model.Equatorial) {
	e.t.Helper()
	e.set("EQUATORIAL_EOD_COORD.RA;DEC=%.8f;%.8f", to.RA.Hours(), to.Dec.Degrees())
}

// slew sends the telescope to a place, and waits until driver and mount say
// that it is there.
func (e *evening) slew(to model.Equatorial) {
	e.t.Helper()
	begun := e.h.Mount.Snapshot().Motions
	e.set("ON_COORD_SET.TRACK=On")
	e.send(to)
	e.h.eventually("the slew begins", func() bool { return e.h.Mount.Snapshot().Motions > begun })
	e.h.eventually("the slew ends", func() bool { return e.h.Mount.Snapshot().Activity == mount.Idle })
	e.becomes("EQUATORIAL_EOD_COORD._STATE", "Ok")
}

// near returns a place not far from where the tube points.
func (e *evening) near(raMinutes, decDegrees float64) model.Equatorial {
	at := e.truth()
	return whole(model.Equatorial{RA: at.RA + model.Hours(raMinutes/60), Dec: at.Dec + model.Degrees(decDegrees)})
}

func (e *evening) slews() {
	to := e.near(20, 4)
	e.slew(to)
	at := e.h.rests("slew").Equatorial
	e.t.Logf("slew: %.2f″ off", at.Separation(to).Arcsec())
	// The mount is perfect, and the place told without a rest.
	if d := at.Separation(to); d > model.Arcsec(2) {
		e.t.Errorf("after the slew the tube is %.2f″ from %v", d.Arcsec(), to)
	}
	e.shows("after the slew", e.truth, digits)
}

func (e *evening) syncs() {
	before := e.truth()
	named := whole(model.Equatorial{RA: before.RA + model.Hours(1./60), Dec: before.Dec - model.Arcmin(10)})
	e.set("ON_COORD_SET.SYNC=On")
	e.send(named)
	e.shows("after the sync", func() model.Equatorial { return named }, digits)
	if d := e.h.rests("sync").Equatorial.Separation(before); d > model.Arcsec(1) {
		e.t.Errorf("the sync moved the tube by %.2f″", d.Arcsec())
	}
	// What was named anew is where slews start from: one by a degree is that.
	e.slew(whole(model.Equatorial{RA: named.RA, Dec: named.Dec + model.Degrees(1)}))
	want := model.Equatorial{RA: before.RA, Dec: before.Dec + model.Degrees(1)}
	d := e.h.rests("slew after the sync").Equatorial.Separation(want)
	e.t.Logf("slew after the sync: %.2f″ off", d.Arcsec())
	if d > model.Arcmin(1) {
		e.t.Errorf("a slew of one degree after the sync ended %.2f″ off", d.Arcsec())
	}
	e.set("ON_COORD_SET.SYNC=On")
	e.send(whole(e.truth())) // as it was
	e.shows("after the second sync", e.truth, 2*digits)
}

func (e *evening) aborts() {
	from := e.truth()
	to := e.near(60, 30)
	e.set("ON_COORD_SET.TRACK=On")
	e.send(to)
	e.h.eventually("the slew to be aborted begins", func() bool { return e.truth().Separation(from) > model.Degrees(1) })
	e.set("TELESCOPE_ABORT_MOTION.ABORT=On")
	at := e.h.rests("abort")
	e.t.Logf("abort: %.1f° before the end of a slew of %.1f°", at.Equatorial.Separation(to).Degrees(), from.Separation(to).Degrees())
	if d := at.Equatorial.Separation(to); d < model.Degrees(1) {
		e.t.Errorf("the slew was not aborted: the tube is %.2f° from its end", d.Degrees())
	}
	e.h.eventually("the driver knows that the slew has ended", func() bool { return e.state("EQUATORIAL_EOD_COORD") != "Busy" })
	e.shows("after the abort", e.truth, 2*digits)
}
