// SPDX-License-Identifier: GPL-3.0-or-later

package catalog

import (
	"fmt"
	"math"
	"testing"

	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/sky"
)

// icrs returns the place of an object of J2000.
func icrs(t testing.TB, o *Object) sky.ICRS {
	t.Helper()
	p, ok := o.Place.(J2000)
	if !ok {
		t.Fatalf("%s is not of J2000 but %s", o.Name, o.Place.Epoch())
	}
	return p.ICRS
}

func builtin(t testing.TB, name string) *Catalog {
	t.Helper()
	c, err := NewLibrary().Catalog(name)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// constellations of the IAU.
const constellations = " And Ant Aps Aqr Aql Ara Ari Aur Boo Cae Cam Cnc CVn CMa CMi Cap Car Cas Cen Cep Cet Cha Cir Col Com CrA CrB " +
	"Crv Crt Cru Cyg Del Dor Dra Equ Eri For Gem Gru Her Hor Hya Hyi Ind Lac Leo LMi Lep Lib Lup Lyn Lyr Men Mic Mon Mus Nor Oct Oph " +
	"Ori Pav Peg Per Phe Pic Psc PsA Pup Pyx Ret Sge Sgr Sco Scl Sct Ser Sex Tau Tel Tri TrA Tuc UMa UMi Vel Vir Vol Vul "

func TestBuiltInTablesAreSound(t *testing.T) {
	for _, name := range []string{BrightStars, Messier} {
		c := builtin(t, name)
		names := map[string]bool{}
		for i := range c.Objects {
			o := &c.Objects[i]
			for _, n := range append([]string{o.Name}, o.Others...) {
				if names[squeezed(n)] {
					t.Errorf("%s: %s is there twice", name, n)
				}
				names[squeezed(n)] = true
			}
			p := icrs(t, o)
			if p.RA < 0 || p.RA >= model.Turn || p.Dec.Abs() > model.Quarter {
				t.Errorf("%s stands at %v", o.Name, p)
			}
			if !o.HasMagnitude || o.Magnitude < -1.5 || o.Magnitude > 10.5 || o.Type == "" {
				t.Errorf("%+v", o)
			}
			if len(o.Constellation) != 3 || !containsWord(constellations, o.Constellation) {
				t.Errorf("%s is in %q", o.Name, o.Constellation)
			}
			for j := range i {
				if d := icrs(t, &c.Objects[j]).Separation(p); d < model.Arcmin(2) {
					t.Errorf("%s and %s are %.1f′ apart", o.Name, c.Objects[j].Name, d.Arcmin())
				}
			}
		}
	}
}

func containsWord(list, word string) bool {
	for i := 0; i+len(word)+2 <= len(list); i++ {
		if list[i:i+len(word)+2] == " "+word+" " {
			return true
		}
	}
	return false
}

// Stars of one constellation stand together, and no two constellations are
// mixed up as a slip of a digit in a place would do it.
func TestConstellationsStandTogether(t *testing.T) {
	for _, name := range []string{BrightStars, Messier} {
		c := builtin(t, name)
		sums := map[string]model.Vec{}
		for i := range c.Objects {
			con := c.Objects[i].Constellation
			sums[con] = sums[con].Add(icrs(t, &c.Objects[i]).Vector())
		}
		for i := range c.Objects {
			o := &c.Objects[i]
			limit := 22.0
			switch o.Constellation { // the long ones, and Serpens in two parts
			case "Cet", "Ser", "Dra", "UMa":
				limit = 30
			case "Eri", "Hya":
				limit = 52
			}
			if d := icrs(t, o).Vector().Angle(sums[o.Constellation]); d > model.Degrees(limit) {
				t.Errorf("%s is %v from the middle of %s", o.Name, d, o.Constellation)
			}
		}
	}
}

// Whatever part of the sky is free, a bright star is near.
func TestBrightStarsCoverTheSky(t *testing.T) {
	c := builtin(t, BrightStars)
	if n := len(c.Objects); n < 150 || n > 250 {
		t.Errorf("%d stars", n)
	}
	a := sky.NewAstrometry(sky.J2000())
	v := c.At(&a)
	var worst model.Angle
	var where model.Equatorial
	for dec := -90.0; dec <= 90; dec += 3 {
		for ra := 0.0; ra < 24; ra += 0.25 {
			e := model.Equatorial{RA: model.Hours(ra), Dec: model.Degrees(dec)}
			f, ok := v.Closest(e, Magnitudes(-2, 4.2))
			if !ok {
				t.Fatal("nothing found")
			}
			if f.Separation > worst {
				worst, where = f.Separation, e
			}
		}
	}
	if worst > model.Degrees(20.5) { // Camelopardalis has nothing bright
		t.Errorf("the emptiest place, %v, is %v from a star", where, worst)
	}
}

func TestMessierIsComplete(t *testing.T) {
	c := builtin(t, Messier)
	if len(c.Objects) != 110 {
		t.Fatalf("%d objects", len(c.Objects))
	}
	types := map[string]int{}
	for i, o := range c.Objects {
		if want := fmt.Sprintf("M %d", i+1); o.Name != want {
			t.Errorf("%s stands where %s should", o.Name, want)
		}
		types[o.Type]++
	}
	// The usual count; M 16 counts by its nebula, M 102 as NGC 5866.
	for kind, want := range map[string]int{
		"galaxy": 40, "globular cluster": 29, "open cluster": 26, "nebula": 7, "planetary nebula": 4,
		"supernova remnant": 1, "double star": 1, "asterism": 1, "star cloud": 1,
	} {
		if types[kind] != want {
			t.Errorf("%d of %s, want %d", types[kind], kind, want)
		}
	}
}

// How far things are from each other, as books for observers tell it.
func TestKnownSeparations(t *testing.T) {
	const (
		burnham = "Burnham's Celestial Handbook"
		seds    = "SEDS, Messier database"
		commons = "common knowledge of the constellations"
	)
	l := NewLibrary()
	find := func(name string) sky.ICRS {
		for _, c := range l.Catalogs[:2] {
			if o, ok := c.Named(name); ok {
				return icrs(t, o)
			}
		}
		t.Fatalf("no %s", name)
		return sky.ICRS{}
	}
	for _, tt := range []struct {
		a, b            string
		degrees, within float64
		source          string
	}{
		{"Dubhe", "Merak", 5.37, 0.03, burnham},
		{"Castor", "Pollux", 4.5, 0.05, burnham},
		{"Sirius", "Betelgeuse", 27.1, 0.2, commons},
		{"Sirius", "Procyon", 25.7, 0.2, commons},
		{"Betelgeuse", "Procyon", 26.0, 0.2, commons},
		{"Vega", "Deneb", 23.8, 0.2, commons},
		{"Vega", "Altair", 34.2, 0.2, commons},
		{"Deneb", "Altair", 38.0, 0.2, commons},
		{"Rigil Kentaurus", "Hadar", 4.4, 0.1, burnham},
		{"Acrux", "Gacrux", 6.0, 0.05, burnham},
		{"Alnitak", "Mintaka", 2.73, 0.05, burnham},
		{"Antares", "Aldebaran", 170, 1, commons},
		{"Arcturus", "Spica", 32.8, 0.3, commons},
		{"M 31", "M 32", 0.40, 0.03, seds},
		{"M 31", "M 110", 0.61, 0.03, seds},
		{"M 81", "M 82", 0.62, 0.02, seds},
		{"M 65", "M 66", 0.34, 0.02, seds},
		{"M 84", "M 86", 0.28, 0.02, seds},
		{"M 42", "M 43", 0.13, 0.03, seds},
		{"M 95", "M 96", 0.70, 0.03, seds},
		{"M 8", "M 20", 1.4, 0.1, seds},
		{"M 46", "M 47", 1.3, 0.1, seds},
		{"M 1", "Tianguan", 1.1, 0.1, seds},
		{"M 4", "Antares", 1.3, 0.1, seds},
		{"M 97", "Merak", 2.3, 0.1, seds},
		{"M 109", "Phecda", 0.65, 0.05, seds},
		{"M 28", "Kaus Borealis", 0.9, 0.1, seds},
		{"M 54", "Ascella", 1.7, 0.1, seds},
		{"M 45", "Alcyone", 0.1, 0.05, commons},
	} {
		if d := find(tt.a).Separation(find(tt.b)).Degrees(); math.Abs(d-tt.degrees) > tt.within {
			t.Errorf("%s and %s are %.2f° apart, want %.2f (%s)", tt.a, tt.b, d, tt.degrees, tt.source)
		}
	}
	if d := (model.Quarter - find("Polaris").Dec).Arcmin(); math.Abs(d-44.2) > 0.2 {
		t.Errorf("Polaris is %.1f′ from the pole, want 44.2 in 2000", d)
	}
	// The Ring between two stars of the Lyre, about half-way.
	ring := find("M 57")
	if d := ring.Separation(find("Sheliak")) + ring.Separation(find("Sulafat")) - find("Sheliak").Separation(find("Sulafat")); d > model.Arcmin(3) {
		t.Errorf("M 57 is off the line from Sheliak to Sulafat by %.1f′ in sum", d.Arcmin())
	}
}

func TestPlanetList(t *testing.T) {
	c := builtin(t, "planet")
	a := sky.NewAstrometry(sky.JDOf(2448976.5)) // 1992 December 20, 0h TD
	venus, ok := c.Named("venus")
	if !ok {
		t.Fatal("no Venus")
	}
	e, err := venus.Place.Apparent(&a)
	if err != nil {
		t.Fatal(err)
	}
	want := model.Equatorial{RA: model.Hours(21 + 4/60.0 + 41.454/3600), Dec: model.Degrees(-(18 + 53/60.0 + 16.84/3600))}
	if d := e.Separation(want); d > model.Arcsec(1) {
		t.Errorf("Venus is %.1f″ off (Meeus, example 33.a)", d.Arcsec())
	}
	b, ok := venus.Body(&a)
	if !ok || b.String() != "Venus" {
		t.Errorf("Venus does not move: %v", b)
	}
	f, ok := c.At(&a).Closest(want, Magnitudes(-5, -3))
	if !ok || f.Object.Name != "Venus" || math.Abs(f.Magnitude+4.2) > 0.2 {
		t.Errorf("closest: %+v", f)
	}
}
