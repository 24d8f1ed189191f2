// SPDX-License-Identifier: GPL-3.0-or-later

package sim

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/model"
)

// Source: ERFA 2.0.0 (gmst06, gst06a).
func TestSiderealTime(t *testing.T) {
	var mean, apparent extreme
	used := 0
	for _, r := range vectors(t, "astrometry_time.csv") {
		if strings.Contains(r.text("utc"), ":60") {
			continue // inside a leap second, which time.Time does not know
		}
		utc, err := time.Parse(time.RFC3339, r.text("utc"))
		if err != nil {
			t.Fatal(err)
		}
		used++
		e := newEarth(Site{}, utc, r.num("dut1_s"))
		mean.see(r, turns(greenwichMean(e.epochDays), r.rad("gmst06_deg")))
		apparent.see(r, turns(e.siderealTime(0), r.rad("gast06a_deg")))
		// The same instant reached from an epoch an hour and a bit before.
		e = newEarth(Site{}, utc.Add(-4321*time.Second), r.num("dut1_s"))
		apparent.see(r, turns(e.siderealTime(driver.Instant(4321e9)), r.rad("gast06a_deg")))
	}
	if used < 100 {
		t.Fatalf("only %d rows used", used)
	}
	mean.within(t, "mean sidereal time", 0.002, "″")
	apparent.within(t, "apparent sidereal time", 0.02, "″")
}

// Source: ERFA 2.0.0 (gst06a) at sites, longitude west positive in the file.
func TestLocalSiderealTime(t *testing.T) {
	var worst extreme
	for _, r := range vectors(t, "astrometry_lst_civil.csv") {
		// Days from the rounded Julian date (1e-9 day is 0.0013″).
		days := r.num("jd_ut") - 2451545
		site := Site{Longitude: -r.angle("lon_west_deg")}
		utc := j2000.Add(time.Duration(days * 86400 * 1e9))
		e := newEarth(site, utc, 0)
		worst.see(r, turns(e.siderealTime(0), r.num("gast_lst_hours")*math.Pi/12))
	}
	worst.within(t, "local apparent sidereal time", 0.02, "″")
}

// Source: ERFA 2.0.0 (nut00b, nut06a).
func TestNutation(t *testing.T) {
	var worst extreme
	for _, r := range vectors(t, "astrometry_precnut.csv") {
		c := (r.num("tt_jd") - 2451545) / century
		worst.see(r, nutationInLongitude(c)/arcsec-r.num("dpsi06a_arcsec"))
	}
	worst.within(t, "nutation in longitude", 0.02, "″")
}

// Source: ERFA 2.0.0 (hd2ae, hd2pa).
func TestHorizon(t *testing.T) {
	var forth, back, angle extreme
	for _, r := range vectors(t, "astrometry_altaz.csv") {
		e := newEarth(Site{Latitude: r.angle("lat_deg")}, j2000, 0)
		v := e.direction(model.HourDec{HA: r.angle("ha_deg"), Dec: r.angle("dec_deg")})
		h := horizontal(v)
		cosAlt := math.Cos(r.rad("alt_deg"))
		forth.see(r, turns(float64(h.Az), r.rad("az_deg"))*cosAlt)
		forth.see(r, turns(float64(h.Alt), r.rad("alt_deg")))
		hd := e.hourDec(v)
		back.see(r, turns(float64(hd.HA), r.rad("ha_deg"))*math.Cos(r.rad("dec_deg")))
		back.see(r, turns(float64(hd.Dec), r.rad("dec_deg")))
		if math.Abs(cosAlt) > 1e-3 {
			angle.see(r, turns(e.positionAngle(v, up), r.rad("parang_deg"))*cosAlt)
		}
	}
	forth.within(t, "to the horizon", 1e-5, "″")
	back.within(t, "and back", 1e-5, "″")
	angle.within(t, "parallactic angle", 1e-4, "″")
}

// The equation of the equinoxes is drawn straight between whole hours: a
// series computed at every instant must be as good as the same.
func TestSiderealTimeBetweenHours(t *testing.T) {
	e := newEarth(testSite, testEpoch, 0)
	var before float64
	for at := driver.Instant(0); at < 3*3600e9; at += 100e9 {
		days := e.epochDays + float64(at)/86400e9
		got, want := e.siderealTime(at), greenwichMean(days)+equationOfEquinoxes(days)+e.longitude
		if d := turns(got, want); math.Abs(d) > 1e-4 {
			t.Fatalf("at %d: off by %g″", at, d)
		}
		if at > 0 {
			if d := turns(got-before, 100*7.292115855e-5); math.Abs(d) > 1e-4 {
				t.Fatalf("at %d: 100 s moved the sky by %g″ too much", at, d)
			}
		}
		before = got
	}
}
