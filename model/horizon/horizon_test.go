// SPDX-License-Identifier: GPL-3.0-or-later

package horizon

import (
	"errors"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
)

func parse(t *testing.T, text string) *Profile {
	t.Helper()
	p, err := Parse("f.hrz", text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// The same skyline, as the programs write it.
func TestForms(t *testing.T) {
	want := "0 10\n90 20\n180 5.5\n270 -1\n"
	for name, text := range map[string]string{
		"hrz":              "# made with Theodolite\n\n0 10\n90\t20\n  180   5.5\n270 -1",
		"stellarium":       "; polygon\n0 10\r\n90 20 # the oak\r\n180 5.50\r\n270 -1.0\r\n",
		"csv":              "azimuth,altitude\n0,10\n90,20\n180,5.5\n270,-1\n",
		"csv, no heading":  "0, 10\n90, 20\n180, 5.5\n270, -1\n",
		"csv, other order": "\uFEFF\"Elevation (deg)\";Azimuth;what\n10;0;\n20;90;oak\n5.5;180;\n-1;270;\n",
		"unsorted":         "180 5.5\n270 -1\n0 10\n90 20\n",
	} {
		if got := parse(t, text).String(); got != want {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestRefusals(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"0 10\n90 x\n", `f.hrz:2: altitude "x" is no number`},
		{"0 10\n\n# c\n361 5\n", "f.hrz:4: azimuth 361 is not within 0 to 360"},
		{"0 10\n90 91\n", "f.hrz:2: altitude 91 is not within -10 to 90"},
		{"0 10\n90 NaN\n", "f.hrz:2: altitude not a number"},
		{"0 10\n90\n", "f.hrz:2: a line needs an azimuth and an altitude"},
		{"0 10 3\n", "f.hrz:1: a line needs"},
		{"0,10,oak\n", "f.hrz:1: a line needs"},
		{"0 10,5\n90 20\n", "f.hrz:1: azimuth \"0 10\" is no number"}, // a decimal comma
		{"direction,height\n0,1\n", "f.hrz:1: the heading"},
		{"0 1\n", "f.hrz: a skyline needs at least two points, not 1"},
		{"", "f.hrz: a skyline needs"},
		{"5 1\n5 2\n5 3\n", "f.hrz: three points at azimuth 5"},
		{strings.Repeat("1 2\n", MaxText), "f.hrz: 4194304 bytes are too many"},
		{strings.Repeat("1 2\n", MaxPoints+1), "f.hrz:20001: a skyline may have 20000 points"},
	} {
		_, err := Parse("f.hrz", tt.text)
		if !errors.Is(err, fault.Invalid) || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%.20q: %v, want %s", tt.text, err, tt.want)
		}
	}
}

func TestAt(t *testing.T) {
	p := parse(t, "10 10\n100 20\n200 5\n200 40\n300 40\n300 0\n350 0\n")
	for _, tt := range []struct{ az, want float64 }{
		{10, 10}, {55, 15}, {100, 20}, {150, 12.5}, {250, 40}, {325, 0},
		{200, 40}, {300, 40}, {199.999, 5.00015}, {200.001, 40}, {300.001, 0}, // walls
		{0, 5}, {355, 2.5}, {5, 7.5}, {360, 5}, {-5, 2.5}, {370, 10}, {730, 10}, // through north
	} {
		if got := p.At(model.Degrees(tt.az)).Degrees(); math.Abs(got-tt.want) > 1e-9 {
			t.Errorf("azimuth %g: %g, want %g", tt.az, got, tt.want)
		}
	}
	closed := parse(t, "0 10\n180 0\n360 30\n") // a wall due north
	for az, want := range map[float64]float64{0: 30, 360: 30, 359.999: 29.999833, 0.001: 9.999944, 90: 5} {
		if got := closed.At(model.Degrees(az)).Degrees(); math.Abs(got-want) > 1e-5 {
			t.Errorf("azimuth %g: %g, want %g", az, got, want)
		}
	}
	var free *Profile
	if got := free.At(1).Degrees(); got != -90 {
		t.Errorf("a free horizon is at %g", got)
	}
}

// A skyline is never outside the corners on both sides, has no jump but at
// walls, and does not depend on the order or the turn.
func TestSkyline(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var points []Point
		for range rapid.IntRange(2, 12).Draw(t, "points") {
			points = append(points, Point{
				Az: rapid.Float64Range(0, 360).Draw(t, "azimuth"), Alt: rapid.Float64Range(Lowest, Highest).Draw(t, "altitude"),
			})
		}
		p, err := New(points)
		if err != nil {
			return
		}
		low, high := Highest+0.0, Lowest+0.0
		for _, c := range points {
			low, high = min(low, c.Alt), max(high, c.Alt)
		}
		az := rapid.Float64Range(0, 360).Draw(t, "at")
		got := p.At(model.Degrees(az))
		if d := got.Degrees(); d < low-1e-9 || d > high+1e-9 {
			t.Fatalf("%g is outside %g to %g", d, low, high)
		}
		again, err := New(p.Points())
		if err != nil || again.At(model.Degrees(az)) != got {
			t.Fatalf("in order: %v, %v", again.At(model.Degrees(az)), err)
		}
		for _, c := range p.Points() {
			if d := p.At(model.Degrees(c.Az)).Degrees(); d < c.Alt-1e-6 && math.Abs(math.Mod(c.Az, 360)) > 1e-9 {
				t.Fatalf("below its corner at %g: %g, %g", c.Az, d, c.Alt)
			}
		}
	})
}

func FuzzParse(f *testing.F) {
	f.Add("0 10\n90 20\n")
	f.Add("az;alt\n0;10\n0;20\n360;-10\n")
	f.Add("# x\n1,2\n3,4 # y\n")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := Parse("f", text)
		if err != nil {
			if !errors.Is(err, fault.Invalid) {
				t.Fatal(err)
			}
			return
		}
		for _, c := range p.Points() {
			if c.check() != nil {
				t.Fatalf("%v", c)
			}
		}
		if a := p.At(1.2345).Degrees(); !(a >= Lowest-1e-9 && a <= Highest+1e-9) {
			t.Fatalf("at %g", a)
		}
		again, err := Parse("f", p.String())
		if err != nil || again.String() != p.String() {
			t.Fatalf("printed and read again: %v\n%s\n%s", err, p, again)
		}
	})
}
