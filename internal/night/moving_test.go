// SPDX-License-Identifier: GPL-3.0-or-later

package night

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/siderostep/siderostep/catalog"
	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/ephemeris"
	"github.com/siderostep/siderostep/model/pointing"
)

func number(answer map[string]any, key string) float64 {
	v, _ := answer[key].(float64)
	return v
}

func placeOf(answer map[string]any) model.Equatorial {
	return model.Equatorial{RA: model.Hours(number(answer, "ra_h")), Dec: model.Degrees(number(answer, "dec_deg"))}
}

// avoidSun tries to look at the Sun, in the afternoon in which evenings begin.
func (d *desk) avoidSun() {
	d.t.Helper()
	d.refused("Sun:Override", `{"avoid":"off"}`, fault.Refused, "confirm")
	d.refused("Sun:Override", `{"avoid":"no"}`, fault.Invalid, "one of auto, on, off")
	if a := d.ask("Sun:Override", `{"avoid":"on"}`); a["avoided"] != true || number(a, "alt_deg") < 0 {
		d.t.Errorf("%v", a)
	}
	d.refused("Catalog:Goto", `{"name":"Sun"}`, fault.AboveLimit, "from the Sun")
	if a := d.ask("Sun:Override", `{"avoid":"auto","confirm":true}`); a["avoided"] != false {
		d.t.Errorf("%v", a)
	}
}

// notebook notes places, and comes back to them.
func (d *desk) notebook() {
	d.t.Helper()
	d.refused("Coord:Restore", `{"slot":2}`, fault.Refused, "nothing has been noted as 2")
	d.refused("Coord:Save", `{"slot":3}`, fault.Invalid, "one of 1, 2")
	d.refused("Coord:Offset", `{}`, fault.Invalid, "give either")
	d.refused("Coord:Offset", `{"d_ra_h":1,"d_az_deg":1}`, fault.Invalid, "give either")
	d.refused("Coord:Offset", `{"d_dec_deg":180}`, fault.Invalid, "beyond the pole")
	object := d.ask("Coord:Restore", `{"slot":"last_object"}`)
	start := placeOf(d.ask("Coord:Save", `{"slot":1}`))
	if object["name"] == "" || placeOf(object).Separation(start) > model.Arcmin(1) {
		d.t.Errorf("the last object is %v, and the telescope at %v", object, start)
	}
	seen := d.ask("Coord:EquToAltAz", ``)
	h := d.Mount.Snapshot().Horizontal
	if at := (model.Horizontal{Az: model.Degrees(number(seen, "az_deg")), Alt: model.Degrees(number(seen, "alt_deg"))}); at.Separation(h) > model.Arcsec(20) {
		d.t.Errorf("the target is said to stand at %v; the tube is at %v", at, h)
	}
	if a := d.ask("Coord:EquToAltAz", `{"ra_h":0,"dec_deg":-89}`); number(a, "alt_deg") > 0 || !strings.Contains(a["closed"].(string), "horizon") {
		d.t.Errorf("%v", a)
	}
	was := d.Truth().Horizontal
	d.ask("Coord:Offset", `{"d_alt_deg":-2,"move":true}`)
	d.arrive()
	if up := d.Truth().Horizontal.Alt - was.Alt; (up + model.Degrees(2)).Abs() > model.Degrees(0.5) { // the sky turned meanwhile
		d.t.Errorf("went %v up", up)
	}
	before := d.Truth().Equatorial
	d.ask("Coord:Offset", `{"d_dec_deg":-1,"move":true}`)
	d.arrive()
	if north := d.Truth().Equatorial.Dec - before.Dec; (north + model.Degrees(1)).Abs() > model.Arcmin(1) {
		d.t.Errorf("went %v north", north)
	}
	d.ask("Coord:Restore", `{"slot":"1","move":true}`)
	d.arrive()
	d.within("restored", start, model.Arcmin(1))
}

// tour goes through the bright stars.
func (d *desk) tour() {
	d.t.Helper()
	d.refused("Tour:Next", ``, fault.Refused, "no tour is loaded")
	d.refused("Tour:Load", `{"file":"bstars","record":100000}`, fault.Invalid, "there is no record")
	d.ask("Tour:Load", `{"file":"bstars"}`)
	d.refused("Tour:Previous", ``, fault.Refused, "first object of bstars.dat")
	first, up := -1, 0
	for page := 0; first < 0; page++ {
		for i, o := range list(d.ask("Catalog:Browse", fmt.Sprintf(`{"file":"bstars","page":%d}`, page)), "objects") {
			if number(o.(map[string]any), "alt_deg") < 25 {
				up = 0
			} else if up++; up == 2 {
				first = 24*page + i - 1
				break
			}
		}
	}
	at := func(a map[string]any, record int) {
		d.t.Helper()
		o := a["object"].(map[string]any)
		if number(o, "record") != float64(record) {
			d.t.Errorf("the tour is at %v, not at record %d", a, record)
		}
		d.arrive()
		d.within(o["name"].(string), placeOf(o), model.Arcmin(1))
	}
	at(d.ask("Tour:Load", fmt.Sprintf(`{"file":"bstars","record":%d,"move":true}`, first)), first)
	at(d.ask("Tour:Next", ``), first+1)
	at(d.ask("Tour:Previous", ``), first)
	at(d.ask("Tour:Closest", ``), first)
}

// ceres is a line of the Minor Planet Center's MPCORB.DAT.
const ceres = "00001    3.4   0.15 K205V 162.68631   73.73161   80.28698   10.58862  0.0775571  0.21406009   2.7676569  0 MPO492748  6751 115 1801-2019 0.60 M-v 30h Williams   0000      (1) Ceres              20190915"

// follow goes to what moves among the stars.
func (d *desk) follow() {
	d.t.Helper()
	d.refused("MinorPlanet:Select", `{}`, fault.Invalid, "either elements or a name")
	d.refused("MinorPlanet:Select", `{"name":"M 31"}`, fault.Invalid, "does not move")
	d.refused("MinorPlanet:Select", `{"name":"Vulcan"}`, fault.Invalid, "no object named")
	d.refused("MinorPlanet:Select", `{"elements":"too short"}`, fault.Invalid, "elements")
	elements, _ := json.Marshal(map[string]string{"elements": ceres})
	a := d.ask("MinorPlanet:Select", string(elements))
	if a["name"] != "(1) Ceres" || number(a, "sun_distance_au") < 2.5 || number(a, "sun_distance_au") > 3 || number(a, "magnitude") < 6 || number(a, "magnitude") > 10 {
		d.t.Errorf("%v", a)
	}
	d.ask("MinorPlanet:Select", `{"name":"Saturn","move":true}`)
	d.arrive()
	if got := d.ask("Drift:Get", ``); got["following"] != "Saturn" || math.Abs(number(got, "ra_deg_h")) > 0.02 || number(got, "ra_deg_h") == 0 {
		d.t.Errorf("%v", got)
	}
	d.ask("Catalog:Goto", `{"name":"Jupiter"}`)
	d.arrive()
	if s := d.Mount.Snapshot(); s.Following != "Jupiter" {
		d.t.Errorf("following %q", s.Following)
	}
	d.refused("Drift:Set", `{}`, fault.Invalid, "give ra_deg_h")
	d.refused("Drift:Set", `{"ra_deg_h":700}`, fault.Invalid, "-600..600")
	if got := d.ask("Drift:Set", `{"ra_deg_h":2,"dec_deg_h":-1}`); got["following"] != nil || math.Abs(number(got, "ra_deg_h")-2) > 1e-9 {
		d.t.Errorf("%v", got)
	}
	d.after(time.Second)
	before := d.Truth()
	d.after(time.Minute)
	after := d.Truth()
	seconds := after.At.Sub(before.At).Seconds()
	ra, dec := (after.Equatorial.RA - before.Equatorial.RA).WrapSigned(), after.Equatorial.Dec-before.Equatorial.Dec
	// 2° an hour are 2″ a second.
	if math.Abs(ra.Arcsec()-2*seconds) > 2 || math.Abs(dec.Arcsec()+seconds) > 2 {
		d.t.Errorf("moved by %v and %v in %v s", ra, dec, seconds)
	}
	if got := d.ask("Drift:Clear", ``); number(got, "ra_deg_h") != 0 || number(got, "dec_deg_h") != 0 {
		d.t.Errorf("%v", got)
	}
}

// outlook looks at the limits.
func (d *desk) outlook() {
	d.t.Helper()
	d.after(2 * time.Second)
	a := d.ask("Limits:Status", ``)
	limits := list(a, "limits")
	if len(limits) != 7 {
		d.t.Fatalf("%v", a)
	}
	horizon := limits[0].(map[string]any)
	if alt := d.Truth().Horizontal.Alt.Degrees(); horizon["limit"] != "horizon" || math.Abs(number(horizon, "margin_deg")-alt) > 0.05 {
		d.t.Errorf("%v; the tube is at %.2f°", horizon, alt)
	}
	if number(a, "in_min") <= 0 || a["next"] == nil {
		d.t.Errorf("%v", a)
	}
}

// history looks back, and brings the stars in again.
func (d *desk) history() {
	d.t.Helper()
	kinds, before := map[string]int{}, ""
	for _, e := range list(d.ask("Align:History", ``), "events") {
		event := e.(map[string]any)
		kind, _, _ := strings.Cut(event["what"].(string), " ")
		kinds[kind]++
		if utc := event["utc"].(string); utc < before {
			d.t.Errorf("%v comes after %s", event, before)
		} else {
			before = utc
		}
		if event["reason"] == "" {
			d.t.Errorf("no reason: %v", event)
		}
	}
	stars := list(d.ask("Analysis:List", ``), "stars")
	if kinds["init"]+kinds["point"] != len(stars) || kinds["model"] < 3 {
		d.t.Errorf("%v; there are %d stars", kinds, len(stars))
	}
	text, _ := json.Marshal(map[string]any{"text": d.ask("Model:Export", `{"file":"analysis"}`)["text"]})
	d.refused("Analysis:Import", `{"text":"1 2 3"}`, fault.Invalid, "5 numbers are needed")
	inits := len(list(d.ask("Align:Status", ``), "inits"))
	d.ask("Analysis:Purge", `{"confirm":true}`)
	if a := d.ask("Analysis:Import", string(text)); len(list(a, "stars")) != inits+len(stars) {
		d.t.Errorf("%d stars after %d were imported beside %d inits", len(list(a, "stars")), len(stars), inits)
	}
}

// wrongClock imports stars of a level mount whose clock was an hour ahead.
func (d *desk) wrongClock() {
	d.t.Helper()
	lat := d.Mount.Snapshot().Config.Site.Latitude()
	var text strings.Builder
	for _, star := range [][3]float64{{2, 50, 5}, {20, 30, 22}, {14, 70, 12}, {6, 10, 3}} {
		e := model.Equatorial{RA: model.Hours(star[0]), Dec: model.Degrees(star[1])}
		lst := model.Hours(star[2])
		at := e.HourDec(lst).Horizontal(lat)
		fmt.Fprintf(&text, "%.8f %.8f %.8f %.8f %.8f\n", e.RA.Degrees(), e.Dec.Degrees(), at.Alt.Degrees(), at.Az.Degrees(), lst.Degrees()+15)
	}
	params, _ := json.Marshal(map[string]string{"text": text.String()})
	d.ask("Align:Start", `{"mode":"altaz"}`)
	d.ask("Analysis:Import", string(params))
	s := d.ask("Align:Status", ``)
	if hint, _ := s["hint"].(string); math.Abs(number(s, "clock_ahead_h")-1) > 0.01 || !strings.Contains(hint, "1.00 h ahead") {
		d.t.Errorf("%v", s)
	}
}

// home declares that the axes are at home.
func (d *desk) home() {
	d.t.Helper()
	d.refused("Mount:ResetHome", ``, fault.Refused, "confirm")
	d.refused("Mount:ResetHome", `{"confirm":true}`, fault.Refused, "tracking")
	d.do(d.Mount.SetTracking(d.t.Context(), false))
	d.after(2 * time.Second)
	m := d.Mount.Snapshot().Config.Mount
	if a := d.ask("Mount:ResetHome", `{"confirm":true}`); math.Abs(number(a, "z_deg")-m.Z.HomeDeg) > 1e-6 || math.Abs(number(a, "a_deg")-m.A.HomeDeg) > 1e-6 {
		d.t.Errorf("%v", a)
	}
}

// A German mount goes to its other side by name, and by itself when told to.
func TestFlipAction(t *testing.T) {
	evening(t, telescope("german", true), func(o *observer) {
		d := o.desk()
		o.do(o.Mount.SetTracking(o.t.Context(), true))
		to := o.at(0.4, 50)
		o.slew(to)
		side := o.Mount.Snapshot().Pier
		if a := d.ask("Mount:Flip", `{"side":"other","auto":true}`); a["auto"] != true {
			o.t.Errorf("%v", a)
		}
		if got := o.arrive().Pier; got != side.Other() || got == pointing.PierUnknown {
			o.t.Errorf("side %v, was %v", got, side)
		}
		o.within("flipped", to, model.Arcsec(2))
		o.slew(o.at(4, 50))
		d.refused("Mount:Flip", `{"side":"through"}`, fault.Refused, "hour angle")
		d.refused("Mount:Flip", `{"side":"left"}`, fault.Invalid, "one of normal, through, other")
		if a := d.ask("Mount:Flip", `{"auto":false}`); a["auto"] != false {
			o.t.Errorf("%v", a)
		}
	})
}

// Two stars that drift tell how the base is to be turned.
func TestDriftMethod(t *testing.T) {
	f := telescope("fork", true)
	off := screws{model.Arcmin(12), model.Arcmin(-18)}
	f.Simulator.BaseTiltNorthArcmin, f.Simulator.BaseTwistArcmin = off.north.Arcmin(), off.clockwise.Arcmin()
	evening(t, f, func(o *observer) {
		t, d := o.t, o.desk()
		o.do(o.Mount.SetTracking(t.Context(), true))
		o.slew(o.at(0.3, 10))
		d.refused("Align:Drift", `{"step":"start"}`, fault.Refused, "begin with an alignment of the start preset")
		d.ask("Align:Start", `{"mode":"preset"}`)
		d.refused("Align:Drift", `{"step":"mark","north_arcsec":1}`, fault.Refused, "no star is being watched")
		d.refused("Align:Drift", `{"step":"solve"}`, fault.Invalid, "drifts do not tell")
		watch := func(ha, dec float64) {
			t.Helper()
			star := o.at(ha, dec)
			o.slew(star)
			o.centred(star)
			o.do(o.Mount.SyncEquatorial(t.Context(), star))
			o.after(2 * time.Second)
			d.ask("Align:Drift", `{"step":"start"}`)
			at := o.Truth().Equatorial.Dec
			d.refused("Align:Drift", `{"step":"mark","north_arcsec":1}`, fault.Refused, "less than")
			o.after(8 * time.Minute)
			d.refused("Align:Drift", `{"step":"mark"}`, fault.Invalid, "north_arcsec")
			// The star wanders north in the field as the tube wanders south.
			d.ask("Align:Drift", fmt.Sprintf(`{"step":"mark","north_arcsec":%.2f}`, (at-o.Truth().Equatorial.Dec).Arcsec()))
		}
		watch(0.3, 10)
		d.refused("Align:Drift", `{"step":"solve"}`, fault.Invalid, "measure one star")
		watch(-4.5, 35)
		a := d.ask("Align:Drift", `{"step":"solve"}`)
		t.Logf("measured %.2f′ and %.2f′, total %.2f′", a["elevation_arcmin"], a["azimuth_arcmin"], a["total_arcmin"])
		// A base that leans north lowers the northern end of the axis; one turned
		// clockwise takes it east.
		north := off.north + model.Arcmin(number(a, "elevation_arcmin"))
		clockwise := off.clockwise - model.Arcmin(number(a, "azimuth_arcmin"))
		if north.Abs() > model.Arcmin(0.5) || clockwise.Abs() > model.Arcmin(0.5) {
			t.Errorf("turned back by that, the base would lean %v and be turned by %v", north, clockwise)
		}
		d.ask("Align:Drift", `{"step":"start"}`)
		o.slew(o.at(-1, 20))
		o.after(time.Minute)
		d.refused("Align:Drift", `{"step":"mark","north_arcsec":1}`, fault.Refused, "was moved")
		if a := d.ask("Align:Drift", `{"step":"clear"}`); len(list(a, "drifts")) != 0 || a["known"] != false {
			t.Errorf("%v", a)
		}
	})
}

// The tube stays on the Moon for hours, parallax included: for three through
// the meridian on a long night.
func TestFollowTheMoon(t *testing.T) {
	f := telescope("altaz", true)
	f.Site.LongitudeDeg = 75 // where the Moon is up when evenings begin
	evening(t, f, func(o *observer) {
		t, d := o.t, o.desk()
		moon := ephemeris.Observer{Scales: f.Site.TimeScales()}
		moon.Site.Latitude, moon.Site.Longitude, moon.Site.HeightM = f.Site.Latitude(), f.Site.Longitude(), f.Site.ElevationM
		o.do(o.Mount.SetTracking(t.Context(), true))
		d.ask("Catalog:Goto", `{"name":"Moon"}`)
		o.arrive()
		o.after(2 * time.Second)
		var off rms
		first := o.Truth().Equatorial
		for range max(3*trackingTime, time.Hour) / (5 * time.Minute) {
			o.after(5*time.Minute - 7*time.Second)
			truth := o.Truth()
			is, err := moon.At(ephemeris.Moon, truth.UTC)
			o.do(err)
			off.add(truth.Equatorial.Separation(is.Place))
		}
		t.Logf("%.2f″ rms, %.2f″ at most, while the Moon went %v", off.value(), off.pk, first.Separation(o.Truth().Equatorial))
		if off.pk > 3 {
			t.Errorf("up to %.2f″ off the Moon", off.pk)
		}
		if s := o.Mount.Snapshot(); s.Following != "Moon" || s.Stopped != nil {
			t.Errorf("following %q, stopped: %v", s.Following, s.Stopped)
		}
	})
}

// A comet of a .cdf file moves as the file says, one with elements as Kepler
// says.
func TestComets(t *testing.T) {
	f := telescope("fork", true)
	f.Site.LongitudeDeg = 75 // where Ceres is up when evenings begin
	evening(t, f, func(o *observer) {
		t := o.t
		start := o.at(-1, 40)
		// 20 s and −5′ an hour.
		line := catalog.DatLine(start, "") + " 0 0 20 0 -5 0 Comet\n"
		l := catalog.NewLibrary()
		o.do(l.Add(fstest.MapFS{"comets.cdf": {Data: []byte(line)}}, catalog.Date))
		d := o.deskWith(l)
		o.do(o.Mount.SetTracking(t.Context(), true))
		d.ask("Catalog:Goto", `{"name":"Comet"}`)
		chosen := o.Truth().UTC
		o.arrive()
		o.after(15 * time.Minute)
		truth := o.Truth()
		hours := truth.UTC.Sub(chosen).Hours()
		seconds := func(v model.Angle, unit float64) model.Angle { return model.Arcsec(math.Round(v.Arcsec()/unit) * unit) }
		want := model.Equatorial{
			RA:  seconds(start.RA, 15) + model.Arcsec(20*15*hours), // the file has whole seconds
			Dec: seconds(start.Dec, 1) - model.Arcmin(5*hours),
		}
		o.within("comet", want, model.Arcsec(1))

		elements, _ := json.Marshal(map[string]any{"elements": ceres, "move": true})
		d.ask("MinorPlanet:Select", string(elements))
		o.arrive()
		o.after(20 * time.Minute)
		body, err := ephemeris.ParseElements(ceres)
		o.do(err)
		here := ephemeris.Observer{Scales: f.Site.TimeScales()}
		here.Site.Latitude, here.Site.Longitude, here.Site.HeightM = f.Site.Latitude(), f.Site.Longitude(), f.Site.ElevationM
		is, err := here.At(body, o.Truth().UTC)
		o.do(err)
		o.within("Ceres", is.Place, model.Arcsec(1))
	})
}
