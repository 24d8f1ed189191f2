// SPDX-License-Identifier: GPL-3.0-or-later

package catalog

import (
	"math"
	"strings"
	"testing"

	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/sky"
)

// Meeus's θ Persei: the apparent place of 2028 November 13.19 TD, from its
// place of J2000 with proper motion and from its mean place of that date.
func TestPlacesAreBroughtToDate(t *testing.T) {
	want := model.Equatorial{RA: model.Hours(2 + 46/60.0 + 14.390/3600), Dec: model.Degrees(49 + 21/60.0 + 7.45/3600)}
	a := sky.NewAstrometry(sky.JDOf(2462088.69))

	// +0.03425 s a year in right ascension is 335.5 mas times cos Dec.
	c, problems, err := ReadTable("per.csv", strings.NewReader(
		"name,ra,dec,pm_ra_mas,pm_dec_mas\ntheta Per,2 44 11.986,+49 13 42.48,335.5,-89.5\n"), 2000)
	if err != nil || len(problems) > 0 {
		t.Fatal(problems, err)
	}
	got, err := c.Objects[0].Place.Apparent(&a)
	if err != nil {
		t.Fatal(err)
	}
	// Meeus neglects what the newer models differ by.
	if d := got.Separation(want); d > model.Arcsec(0.2) {
		t.Errorf("%v is %.2f″ off (Meeus, example 23.a)", got, d.Arcsec())
	}

	c, problems, err = ReadTable("per.csv", strings.NewReader("name,ra_deg,dec_deg\ntheta Per,41.547214,49.348483\n"), 2028.867)
	if err != nil || len(problems) > 0 {
		t.Fatal(problems, err)
	}
	if got, err = c.Objects[0].Place.Apparent(&a); err != nil {
		t.Fatal(err)
	}
	if d := got.Separation(want); d > model.Arcsec(0.2) {
		t.Errorf("%v is %.2f″ off (Meeus, examples 21.b and 23.a)", got, d.Arcsec())
	}

	// A place of date is what it is.
	c, _, err = ReadDat("input.dat", strings.NewReader(" 02 46 14 +49 21 07 theta Per\n"), Date)
	if err != nil {
		t.Fatal(err)
	}
	if got, err = c.Objects[0].Place.Apparent(&a); err != nil {
		t.Fatal(err)
	}
	if math.Abs(got.RA.Hours()-(2+46/60.0+14/3600.0)) > 1e-12 || math.Abs(got.Dec.Degrees()-(49+21/60.0+7/3600.0)) > 1e-12 {
		t.Errorf("%v", got)
	}
}

func TestEpochsAreSaid(t *testing.T) {
	for e, want := range map[Equinox]string{2000: "J2000.0", 1950: "J1950.0", Date: "of date"} {
		if got := e.place(1, 1).Epoch(); got != want {
			t.Errorf("equinox %v says %q, want %q", e, got, want)
		}
	}
	if got := builtin(t, PlanetList).Objects[0].Place.Epoch(); got != "computed" {
		t.Errorf("a planet says %q", got)
	}
}

// A comet of a .cdf file moves from the moment it is chosen.
func TestCometsDrift(t *testing.T) {
	c, problems, err := ReadComets("comets.cdf", strings.NewReader(
		"07 14 31 +23 +12 +11 +00 00 +2 -00 -00 -1 31P Schwassmann-Wach\n"), 2000)
	if err != nil || len(problems) > 0 {
		t.Fatal(problems, err)
	}
	o := &c.Objects[0]
	if o.Name != "31P Schwassmann-Wach" || o.Type != TypeComet {
		t.Errorf("%+v", o)
	}
	p := icrs(t, o)
	if math.Abs(p.RA.Hours()-(7+14/60.0+31/3600.0)) > 1e-12 || math.Abs(p.Dec.Degrees()-(23+12/60.0+11/3600.0)) > 1e-12 {
		t.Errorf("at %v", p)
	}
	a := sky.NewAstrometry(sky.JDOf(2460000))
	b, ok := o.Body(&a)
	if !ok {
		t.Fatal("the comet stands still")
	}
	start, _ := o.Place.Apparent(&a)
	later := sky.NewAstrometry(sky.JDOf(2460000).Add(3 * 3600))
	app, err := b.Apparent(&later)
	if err != nil {
		t.Fatal(err)
	}
	// Three hours: +6 s of right ascension, −3″ of declination.
	if d := (app.Place.RA - start.RA).Hours() * 3600; math.Abs(d-6) > 1e-6 {
		t.Errorf("moved by %g s, want 6", d)
	}
	if d := (app.Place.Dec - start.Dec).Arcsec(); math.Abs(d+3) > 1e-6 {
		t.Errorf("moved by %g″, want −3", d)
	}
	if _, ok := builtin(t, Messier).Objects[0].Body(&a); ok {
		t.Error("M 1 moves")
	}
}
