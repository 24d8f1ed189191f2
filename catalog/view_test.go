// SPDX-License-Identifier: GPL-3.0-or-later

package catalog

import (
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/sky"
)

// scattered returns n objects of date, evenly over the sky, some of them in
// the same place.
func scattered(n int, seed uint64) *Catalog {
	r := rand.New(rand.NewPCG(seed, 1))
	c := &Catalog{Name: "scattered"}
	for i := range n {
		o := Object{
			Place: OfDate{model.Equatorial{
				RA:  model.Turn.Mul(r.Float64()),
				Dec: model.Angle(math.Asin(2*r.Float64() - 1)),
			}},
			Magnitude: 20 * r.Float64(), HasMagnitude: r.IntN(4) > 0,
			Type: []string{"galaxy", TypeStar}[r.IntN(2)],
		}
		if i > 0 && r.IntN(10) == 0 {
			o.Place = c.Objects[r.IntN(i)].Place
		}
		c.Objects = append(c.Objects, o)
	}
	return c
}

// The tree finds what looking at everything finds.
func TestClosestIsTheClosest(t *testing.T) {
	a := sky.NewAstrometry(sky.J2000())
	rapid.Check(t, func(t *rapid.T) {
		c := scattered(rapid.IntRange(0, 300).Draw(t, "n"), rapid.Uint64().Draw(t, "seed"))
		v := c.At(&a)
		to := model.Equatorial{
			RA:  model.Angle(rapid.Float64Range(0, 6.28).Draw(t, "ra")),
			Dec: model.Angle(rapid.Float64Range(-math.Pi/2, math.Pi/2).Draw(t, "dec")),
		}
		if len(c.Objects) > 0 && rapid.Bool().Draw(t, "on an object") {
			to = c.Objects[rapid.IntRange(0, len(c.Objects)-1).Draw(t, "which")].Place.(OfDate).Equatorial
		}
		var visited Visited
		for range rapid.IntRange(0, 5).Draw(t, "visits") {
			if f, ok := v.Closest(to, NotVisited(&visited)); ok {
				visited.Add(f.Place)
			}
		}
		var filters []Filter
		for _, f := range []Filter{NotAt(to), NotVisited(&visited), OfType(TypeStar), Magnitudes(3, 12)} {
			if rapid.Bool().Draw(t, "filter") {
				filters = append(filters, f)
			}
		}
		got, ok := v.Closest(to, filters...)
		best, found := math.Inf(1), -1
		for i := range c.Objects {
			e := &v.Entries()[i]
			keep := true
			for _, f := range filters {
				keep = keep && f(e)
			}
			// Chords as the tree compares them; equal ones do occur.
			d := model.Polar(e.Place.RA, e.Place.Dec).Sub(model.Polar(to.RA, to.Dec))
			if keep && d.Dot(d) < best {
				best, found = d.Dot(d), i
			}
		}
		if ok != (found >= 0) || ok && got.Record != found {
			t.Fatalf("found %d at %v, want %d at chord %g", got.Record, got.Separation, found, math.Sqrt(best))
		}
		if ok && math.Abs(2*math.Sin(float64(got.Separation)/2)-math.Sqrt(best)) > 1e-9 {
			t.Fatalf("separation %v, chord %g", got.Separation, math.Sqrt(best))
		}
	})
}

// The commands of scripts: f1, f2 and f3 from the Lagoon Nebula.
func TestClosestOfTheManual(t *testing.T) {
	c := builtin(t, Messier)
	a := sky.NewAstrometry(sky.JDOf(2460800))
	v := c.At(&a)
	m8, _ := c.Named("M8")
	here, err := m8.Place.Apparent(&a)
	if err != nil {
		t.Fatal(err)
	}
	name := func(filters ...Filter) string {
		f, ok := v.Closest(here, filters...)
		if !ok {
			return ""
		}
		return f.Object.Name
	}
	if got := name(); got != "M 8" {
		t.Errorf("closest: %s", got)
	}
	if got := name(NotAt(here)); got != "M 20" {
		t.Errorf("closest that is not the target: %s", got)
	}
	var visited Visited
	visited.Add(here)
	visited.Add(here)
	m20, _ := c.Named("M20")
	p, _ := m20.Place.Apparent(&a)
	visited.Add(p)
	if visited.Len() != 2 {
		t.Errorf("%d places visited", visited.Len())
	}
	if got := name(NotVisited(&visited)); got != "M 21" {
		t.Errorf("closest that was not visited: %s", got)
	}
	// Next year's places, 50″ further on, are another night's.
	next := sky.NewAstrometry(sky.JDOf(2461165))
	p, _ = m20.Place.Apparent(&next)
	if visited.Has(p) {
		t.Error("a place of next year counts as visited")
	}
	if got := name(OfType("globular cluster"), Magnitudes(5, 6)); got != "M 22" {
		t.Errorf("closest bright globular cluster: %s", got)
	}
	if got := name(Magnitudes(-9, -8)); got != "" {
		t.Errorf("found %s", got)
	}
}

func TestFilters(t *testing.T) {
	place := model.Equatorial{RA: model.Hours(12), Dec: model.Degrees(60)}
	e := Entry{Object: &Object{Type: "galaxy"}, Place: place, Magnitude: 0}
	if Magnitudes(-5, 5)(&e) {
		t.Error("what has no magnitude is kept")
	}
	e.HasMagnitude = true
	for _, tt := range []struct {
		magnitude float64
		keep      bool
	}{{4.99, false}, {5, true}, {7, true}, {7.01, false}} {
		e.Magnitude = tt.magnitude
		if Magnitudes(5, 7)(&e) != tt.keep {
			t.Errorf("magnitude %g", tt.magnitude)
		}
	}
	if !OfType("x", "galaxy")(&e) || OfType()(&e) || OfType("gal")(&e) {
		t.Error("types")
	}
	// A target that came back with a second's rounding is still the target;
	// 15″ of right ascension is 7.5″ here.
	for _, tt := range []struct {
		arcsec float64
		same   bool
	}{{0, true}, {4, true}, {-4, true}, {6, false}, {-60, false}} {
		near := model.Equatorial{RA: place.RA + model.Arcsec(2*tt.arcsec), Dec: place.Dec}
		var visited Visited
		visited.Add(near)
		if NotAt(near)(&e) == tt.same || NotVisited(&visited)(&e) == tt.same {
			t.Errorf("%g″ away", tt.arcsec)
		}
	}
}

func TestNamed(t *testing.T) {
	c := builtin(t, Messier)
	for _, name := range []string{"m31", "M 31", " m  31", "ngc224", "NGC 224"} {
		if o, ok := c.Named(name); !ok || o.Name != "M 31" {
			t.Errorf("%q is %+v", name, o)
		}
	}
	for _, name := range []string{"", " ", "M 311", "3"} {
		if o, ok := c.Named(name); ok {
			t.Errorf("%q is %+v", name, o)
		}
	}
}

func BenchmarkClosest100k(b *testing.B) {
	c := scattered(100000, 7)
	a := sky.NewAstrometry(sky.J2000())
	v := c.At(&a)
	r := rand.New(rand.NewPCG(1, 2))
	var places []model.Equatorial
	for range 1024 {
		places = append(places, model.Equatorial{RA: model.Turn.Mul(r.Float64()), Dec: model.Angle(math.Asin(2*r.Float64() - 1))})
	}
	i := 0
	b.ReportAllocs()
	for b.Loop() {
		v.Closest(places[i%len(places)], Magnitudes(-2, 8), OfType(TypeStar))
		i++
	}
}

func BenchmarkView100k(b *testing.B) {
	c := scattered(100000, 7)
	for i := range c.Objects {
		p := c.Objects[i].Place.(OfDate)
		c.Objects[i].Place = J2000{sky.Star{ICRS: sky.ICRS{RA: p.RA, Dec: p.Dec}}}
	}
	a := sky.NewAstrometry(sky.JDOf(2460800))
	b.ReportAllocs()
	for b.Loop() {
		c.At(&a)
	}
}
