// SPDX-License-Identifier: GPL-3.0-or-later

package catalog

import (
	"strings"
	"testing"

	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/sky"
)

// possible fails if an object that was read cannot be.
func possible(t *testing.T, c *Catalog, problems []Problem, file string) {
	a := sky.NewAstrometry(sky.JDOf(2460000))
	for i := range c.Objects {
		o := &c.Objects[i]
		e, err := o.Place.Apparent(&a)
		if err != nil || !e.RA.IsFinite() || !e.Dec.IsFinite() || e.RA < 0 || e.RA >= model.Turn || e.Dec.Abs() > model.Quarter {
			t.Fatalf("%+v appears at %v, %v", o, e, err)
		}
		if o.Line < 1 || o.Line > strings.Count(file, "\n")+strings.Count(file, "\r")+1 {
			t.Fatalf("%+v is beyond the file", o)
		}
	}
	for _, p := range problems {
		if p.File == "" || p.Text == "" {
			t.Fatalf("a problem says nothing: %+v", p)
		}
	}
	if len(problems) > maxProblems+1 {
		t.Fatalf("%d problems", len(problems))
	}
}

func FuzzDat(f *testing.F) {
	f.Add(" 12 23 14 33 53 09 test position\n", 2000.0)
	f.Add("02 42 41 +00 -49 00 x\r\n\r\n99", 0.0)
	f.Add("23 59 60 -90 0 0", 1950.0)
	f.Fuzz(func(t *testing.T, file string, year float64) {
		e := Equinox(year)
		if !(year >= 1800 && year <= 2200) {
			e = Date
		}
		c, problems, err := ReadDat("x.dat", strings.NewReader(file), e)
		if err != nil {
			t.Fatal(err)
		}
		possible(t, c, problems, file)
		if e != Date {
			return
		}
		// Print, then parse: the same objects.
		for i := range c.Objects {
			o := &c.Objects[i]
			place := o.Place.(OfDate).Equatorial
			line := DatLine(place, o.Name)
			again, problems, err := ReadDat("x.dat", strings.NewReader(line), Date)
			if err != nil || len(problems) > 0 || len(again.Objects) != 1 {
				t.Fatalf("%q came back as %v, %v, %v", line, again, problems, err)
			}
			b := again.Objects[0]
			if d := b.Place.(OfDate).Separation(place); d > model.Arcsec(1e-3) || b.Name != o.Name {
				t.Fatalf("%q came back as %+v, %g″ away", line, b, d.Arcsec())
			}
		}
	})
}

func FuzzComets(f *testing.F) {
	f.Add("07 14 31 +23 +12 +11 +00 00 +2 -00 -00 -1 31P Schwassmann-Wach\n")
	f.Fuzz(func(t *testing.T, file string) {
		c, problems, err := ReadComets("x.cdf", strings.NewReader(file), 2000)
		if err != nil {
			t.Fatal(err)
		}
		possible(t, c, problems, file)
		for i := range c.Objects {
			if d := c.Objects[i].Drift; !d.RA.IsFinite() || !d.Dec.IsFinite() || d.RA.Abs() > model.DegreesPerSecond(0.1) {
				t.Fatalf("%+v", c.Objects[i])
			}
		}
	})
}

func FuzzTable(f *testing.F) {
	f.Add("name,ra,dec,magnitude,type\nM 1,05 34 31.9,+22 00 52,8.4,supernova remnant\n")
	f.Add("# c\nname,other,ra_deg,dec_deg,pm_ra_mas,pm_dec_mas,size_arcmin,notes\n\"a,b\",x;y,1,2,3,4,5,\"two\nlines\"\n")
	f.Fuzz(func(t *testing.T, file string) {
		c, problems, err := ReadTable("x.csv", strings.NewReader(file), 2000)
		if err != nil {
			t.Fatal(err)
		}
		possible(t, c, problems, file)
	})
}

func FuzzElementFile(f *testing.F) {
	f.Add("    CJ95O010  1997 03 29.6333  0.916241  0.994928  130.6448  283.3593   88.9908  20200224  -2.0  4.0  C/1995 O1 (Hale-Bopp)                                    MPC106342\n")
	f.Add("----------\n00001    3.4   0.15 K205V 162.68631   73.73161   80.28698   10.58862  0.0775571  0.21406009   2.7676569  0 MPO492748\n")
	f.Fuzz(func(t *testing.T, file string) {
		c, problems, err := ReadElements("x.edf", strings.NewReader(file))
		if err != nil {
			t.Fatal(err)
		}
		possible(t, c, problems, file)
	})
}
