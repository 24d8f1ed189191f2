// SPDX-License-Identifier: GPL-3.0-or-later

package legacy

import (
	"fmt"
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/siderostep/siderostep/model"
)

var evening = time.Date(2026, 3, 14, 21, 5, 0, 0, time.UTC)

// altAz is where a level mount at 44° north sees a star, by the spherical
// triangle of pole, zenith and star. Degrees.
func altAz(ra, dec, sidereal float64) (alt, az float64) {
	sin := func(d float64) float64 { return math.Sin(d * math.Pi / 180) }
	cos := func(d float64) float64 { return math.Cos(d * math.Pi / 180) }
	h, lat := sidereal-ra, 44.
	alt = math.Asin(sin(lat)*sin(dec)+cos(lat)*cos(dec)*cos(h)) * 180 / math.Pi
	az = math.Atan2(-cos(dec)*sin(h), sin(dec)*cos(lat)-cos(dec)*sin(lat)*cos(h)) * 180 / math.Pi
	return alt, math.Mod(az+360, 360)
}

// A mount whose inits agree is aligned as it was: a third star is where the
// triangle has it.
func TestInitsAlign(t *testing.T) {
	text := "LatitudeDeg 44\nLongitudeDeg 123\nRefractFlag 0\nStartInitState 4\n"
	for i, star := range [][3]float64{{152, 12, 150}, {201, -11, 165}, {60, 45, 151}} {
		alt, az := altAz(star[0], star[1], star[2])
		text += fmt.Sprintf("Init%s %.6f %.6f %.6f %.6f %.6f\n", []string{"One", "Two", "Three"}[i], star[0], star[1], alt, az, star[2])
	}
	r := read(t, text, Options{Geometry: "altaz"})
	f := sound(t, text, r)
	a, err := r.State.Alignment(f.Config, evening)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Check(); err != nil || a.Book.Count() != 3 {
		t.Fatalf("%d inits, %v", a.Book.Count(), err)
	}
	m, err := a.Parts().Build()
	if err != nil {
		t.Fatal(err)
	}
	alt, az := altAz(100, 30, 155)
	star := model.HourDec{HA: model.Degrees(155 - 100), Dec: model.Degrees(30)}
	want := model.Axes{Z: model.Degrees(az), A: model.Degrees(alt)}
	if got := m.MountVector(want).Angle(m.Attitude.Apply(star.Vector())); got.Arcsec() > 5 {
		t.Errorf("a star is %.1f″ from where it should be", got.Arcsec())
	}
}

// The inits of the reference's first file are made up: the axes turned by 31°
// between stars 42° apart. That is said, and is no alignment.
func TestInitsThatDisagree(t *testing.T) {
	text, err := os.ReadFile("testdata/dobsonian.dat")
	if err != nil {
		t.Fatal(err)
	}
	r := read(t, string(text), Options{})
	a, err := r.State.Alignment(sound(t, string(text), r).Config, evening)
	if err == nil || a != nil || !strings.Contains(err.Error(), "apart") {
		t.Errorf("alignment %v, error %v", a, err)
	}
}

func TestInitsAreInOrder(t *testing.T) {
	text := "InitTwo 1 2 3 4 5\nInitOne 1 95 3 4 5"
	r := read(t, text, Options{})
	sound(t, text, r)
	if len(r.State.Inits) != 0 || r.on(1).Kind != Error || r.on(2).Kind != Error {
		t.Errorf("inits %v; %v; %v", r.State.Inits, r.on(1), r.on(2))
	}
	if a, err := r.State.Alignment(sound(t, text, r).Config, evening); a != nil || err != nil {
		t.Errorf("an alignment of nothing: %v, %v", a, err)
	}
}

// A start that is not the geometry's own is an alignment by itself.
func TestStartIsAnAlignment(t *testing.T) {
	text := "StartInitState 3\nInitOne 10 20 30 40 50"
	r := read(t, text, Options{})
	a, err := r.State.Alignment(sound(t, text, r).Config, evening)
	if err != nil || a == nil || a.Book.Start != "none" || a.Book.Count() != 0 {
		t.Errorf("%+v, %v", a, err)
	}
}

func TestFocuserState(t *testing.T) {
	text := "FocusPosition 42\nEPFocusPosition[3].Position 7\nEPFocusPosition[3].Name Far\nEyepieces 4\nEPFocusPosition[0].Position 9"
	r := read(t, text, Options{})
	sound(t, text, r)
	f := r.State.Focuser()
	if f == nil || f.Position != 42 || !f.Unsure || len(f.Presets) != 1 || f.Presets[0].Name != "Far" || f.Presets[0].Position != 7 {
		t.Errorf("%+v", f)
	}
	if r.on(5).Kind != Doubtful {
		t.Errorf("%v", r.on(5))
	}
	if f := read(t, "Height 1", Options{}).State.Focuser(); f != nil {
		t.Errorf("%+v from nothing", f)
	}
}
