// SPDX-License-Identifier: GPL-3.0-or-later

package align

import (
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/fit"
	"github.com/siderostep/siderostep/model/pointing"
	"github.com/siderostep/siderostep/model/sky"
)

var (
	latitude = model.Degrees(48)
	setup    = fit.SetupOf(pointing.AltAz, latitude, sky.Refraction{})
)

// leaning is a mount that stands 1.2° off level and 200° off in azimuth, and
// whose axis A reads 2.5° too low.
func leaning(z3 float64) pointing.Chain {
	tilt := pointing.AltAzAttitude(latitude + model.Degrees(1.2))
	m := pointing.New(tilt, pointing.Errors{Z3: model.Degrees(z3)}, model.Axes{Z: model.Degrees(200)})
	return pointing.NewChain(m, latitude, sky.Refraction{})
}

// seen returns the entry of a star at azimuth and altitude, in degrees, as a
// mount reads it.
func seen(t *testing.T, c pointing.Chain, az, alt, lst float64) Entry {
	t.Helper()
	hd := model.Horizontal{Az: model.Degrees(az), Alt: model.Degrees(alt)}.HourDec(latitude)
	axes, ok := c.Axes(hd, pointing.Normal)
	if !ok {
		t.Fatalf("the mount cannot reach %v, %v", az, alt)
	}
	theta := model.Degrees(lst)
	return Entry{
		Observation: fit.Observation{Place: hd.Equatorial(theta), LST: theta, Axes: axes},
		UTC:         time.Date(2026, 3, 20, 20, 0, int(lst), 0, time.UTC), Reason: "test",
	}
}

// made returns v, and fails the test if there is an error in its place.
func made[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func TestTwoInitsFindTheMount(t *testing.T) {
	truth := leaning(0)
	var b Book
	for i, at := range [][2]float64{{200, 35}, {310, 40}} {
		e := seen(t, truth, at[0], at[1], float64(i))
		b = made(b.Init(b.Slot(e), e))(t)
	}
	for _, mode := range []fit.Mode{fit.Taki, fit.Rotation, fit.Auto} {
		r := made(b.Solve(fit.Options{Setup: setup, Mode: mode}))(t)
		found := pointing.NewChain(r.Model, latitude, sky.Refraction{})
		for _, at := range [][2]float64{{10, 70}, {120, 20}, {260, 55}} {
			hd := model.Horizontal{Az: model.Degrees(at[0]), Alt: model.Degrees(at[1])}.HourDec(latitude)
			axes, _ := found.Axes(hd, pointing.Normal)
			if d := truth.HourDec(axes).Vector().Angle(hd.Vector()); d > model.Arcsec(0.01) {
				t.Errorf("%v: at azimuth %g the model is off by %v", mode, at[0], d)
			}
		}
	}
}

func TestWithoutStars(t *testing.T) {
	for _, tt := range []struct {
		start Start
		want  model.Mat
	}{
		{Preset, pointing.AltAzAttitude(latitude)},
		{"", pointing.AltAzAttitude(latitude)},
		{Equatorial, pointing.EquatorialAttitude(latitude)},
		{AltAlt, pointing.AltAltAttitude(latitude, 0)},
	} {
		known := fit.Parts{Attitude: model.Identity(), Errors: pointing.Errors{Z1: model.Degrees(0.3)}, Zenith: model.Vec{0, 0, 1}}
		r := made(Book{Start: tt.start}.Solve(fit.Options{Setup: setup, Known: &known}))(t)
		if r.Parts.Attitude != tt.want || r.Parts.Errors != known.Errors {
			t.Errorf("%q: %+v", tt.start, r.Parts)
		}
	}
}

func TestOneStarMovesTheZeroPoints(t *testing.T) {
	truth := leaning(0)
	e := seen(t, truth, 150, 45, 0)
	b := made(Book{}.Init(1, e))(t)
	r := made(b.Solve(fit.Options{Setup: setup}))(t)
	c := pointing.NewChain(r.Model, latitude, sky.Refraction{})
	if d := c.HourDec(e.Axes).Vector().Angle(e.HourDec().Vector()); d > model.Arcsec(0.001) {
		t.Errorf("the star itself is off by %v", d)
	}
	if r.Parts.Attitude != setup.Nominal {
		t.Error("one star has turned the mount")
	}
}

func TestSlotsAndOrder(t *testing.T) {
	c := leaning(0)
	star := func(az, alt float64) Entry { return seen(t, c, az, alt, az/10) }
	var b Book
	if _, err := b.Init(2, star(100, 40)); !errors.Is(err, fault.Refused) {
		t.Errorf("init 2 without init 1: %v", err)
	}
	for _, n := range []int{0, 4, -1} {
		if _, err := b.Init(n, star(100, 40)); !errors.Is(err, fault.Invalid) {
			t.Errorf("init %d: %v", n, err)
		}
	}
	for i, az := range []float64{90, 180, 270} {
		e := star(az, 40)
		if got := b.Slot(e); got != i+1 {
			t.Errorf("star %d becomes init %d", i+1, got)
		}
		b = made(b.Init(i+1, e))(t)
	}
	if got := b.Slot(star(185, 50)); got != 2 {
		t.Errorf("a star near init 2 replaces init %d", got)
	}
	before := b
	after := made(b.Init(3, star(300, 60)))(t)
	if !reflect.DeepEqual(b, before) || after.Inits[2].Place == b.Inits[2].Place {
		t.Error("a Book was changed in place")
	}
	if k := after.Kill(); k.Count() != 0 {
		t.Error("inits survive Kill")
	}
	bad := star(10, 50)
	bad.Place.Dec = model.Angle(math.NaN())
	if _, err := b.Init(1, bad); !errors.Is(err, fault.Invalid) {
		t.Errorf("a star that is nowhere: %v", err)
	}
}

func TestPointsAndUndo(t *testing.T) {
	c := leaning(0)
	b := made(Book{}.Init(1, seen(t, c, 90, 40, 1)))(t)
	b = made(b.Add(seen(t, c, 120, 40, 5)))(t)
	first := b
	b = made(b.Add(seen(t, c, 150, 40, 6)))(t)
	b = made(b.Init(2, seen(t, c, 220, 40, 9)))(t)
	for _, want := range [][2]int{{1, 2}, {1, 1}, {1, 0}, {0, 0}} {
		b = made(b.Undo())(t)
		if got := [2]int{b.Count(), len(b.Points)}; got != want {
			t.Fatalf("inits and points %v, want %v", got, want)
		}
	}
	if _, err := b.Undo(); !errors.Is(err, fault.Refused) {
		t.Errorf("nothing to take back: %v", err)
	}
	if len(first.Points) != 1 {
		t.Error("an older Book was changed")
	}
	full := Book{}
	for i := range MaxPoints {
		full = made(full.Add(seen(t, c, 100, 45, float64(i%60))))(t)
	}
	if _, err := full.Add(seen(t, c, 100, 45, 0)); !errors.Is(err, fault.Refused) {
		t.Errorf("one point too many: %v", err)
	}
}

// What is taken back is the latest star by time, in whatever place it is.
func TestUndoGoesByTime(t *testing.T) {
	c := leaning(0)
	star := func(az, alt, second float64, name string) Entry {
		e := seen(t, c, az, alt, second)
		e.Name = name
		return e
	}
	b := made(Book{}.Init(1, star(90, 40, 1, "one")))(t)
	b = made(b.Init(2, star(180, 50, 2, "two")))(t)
	b = made(b.Add(star(200, 30, 5, "latest point")))(t)
	b = made(b.Add(star(220, 30, 3, "early point")))(t)
	b = made(b.Init(1, star(95, 45, 9, "latest")))(t) // over the first one
	before := b
	for _, want := range [][]string{{"two", "latest point", "early point"}, {"two", "early point"}, {"two"}, {}} {
		b = made(b.Undo())(t)
		names := []string{}
		for _, e := range b.Entries() {
			names = append(names, e.Name)
		}
		if !slices.Equal(names, want) {
			t.Fatalf("%q are left, want %q", names, want)
		}
		if err := b.Check(); err != nil {
			t.Error(err)
		}
	}
	if before.Count() != 2 || len(before.Points) != 2 || before.Points[0].Name != "latest point" {
		t.Error("an older Book was changed")
	}
}

func TestClosest(t *testing.T) {
	c := leaning(0)
	b := made(Book{}.Init(1, seen(t, c, 90, 40, 1)))(t)
	b = made(b.Init(2, seen(t, c, 300, 40, 2)))(t)
	for i, at := range [][2]float64{{180, 50}, {181, 51}, {200, 30}, {10, 20}} {
		b = made(b.Add(seen(t, c, at[0], at[1], float64(3+i))))(t)
	}
	here := model.Horizontal{Az: model.Degrees(182), Alt: model.Degrees(47)}.HourDec(latitude)
	got := made(b.Closest(here, model.Arcmin(1), pointing.Criteria{}))(t)
	// 181/51 is nearest of all; 180/50 is too near to it, so 200/30 is second.
	if got.Inits[0].Place != b.Points[1].Place && got.Inits[0].Place != b.Points[0].Place || got.Inits[1].Place != b.Points[2].Place {
		t.Errorf("chose %v and %v", got.Inits[0].Place, got.Inits[1].Place)
	}
	if got, want := stars(got), stars(b); !reflect.DeepEqual(got, want) {
		t.Errorf("the book has %v, had %v", got, want)
	}
	if got.Count() != 2 {
		t.Errorf("%d inits", got.Count())
	}
	if _, err := (Book{Points: b.Points[:2]}).Closest(here, 0, pointing.Criteria{}); !errors.Is(err, fault.Refused) {
		t.Errorf("two stars within 2°: %v", err)
	}
}

// stars counts how often each star is in a book.
func stars(b Book) map[fit.Observation]int {
	n := map[fit.Observation]int{}
	for _, e := range b.Entries() {
		n[e.Observation]++
	}
	return n
}

// A full book stays one that can be read again, and old duplicates go.
func TestClosestOfAFullBook(t *testing.T) {
	c := leaning(0)
	here := model.Horizontal{Az: model.Degrees(182), Alt: model.Degrees(47)}.HourDec(latitude)
	b := made(Book{}.Init(1, seen(t, c, 90, 40, 1)))(t)
	b = made(b.Init(2, seen(t, c, 300, 40, 2)))(t)
	b = made(b.Init(3, seen(t, c, 300.5, 40, 3)))(t)
	for i := range MaxPoints { // all within a degree: no third star is far enough away
		b = made(b.Add(seen(t, c, 90+float64(i)*0.001, 40, float64(i)*0.01)))(t)
	}
	for name, before := range map[string]Book{"different": b, "twice": {Inits: b.Inits, Points: slices.Concat(b.Points[:250], []Entry{*b.Inits[0]}, b.Points[251:])}} {
		after := made(before.Closest(here, 0, pointing.Criteria{}))(t)
		if err := after.Check(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for star, n := range stars(after) {
			if n > 1 {
				t.Fatalf("%s: a star is in the book %d times: %v", name, n, star)
			}
		}
		if after.Count() != 2 || len(after.Points) != MaxPoints {
			t.Errorf("%s: %d inits, %d points", name, after.Count(), len(after.Points))
		}
	}
}

func TestAltitudeOffset(t *testing.T) {
	truth := leaning(2.5)
	b := Book{}
	if _, _, err := b.AltitudeOffset(setup); !errors.Is(err, fault.Refused) {
		t.Errorf("without inits: %v", err)
	}
	b = made(b.Init(1, seen(t, truth, 200, 40, 1)))(t)
	b = made(b.Init(2, seen(t, truth, 310, 42, 2)))(t)
	z3, gain, err := b.AltitudeOffset(setup)
	if err != nil || (z3-model.Degrees(2.5)).Abs() > model.Arcsec(0.01) || gain > 3 {
		t.Errorf("Z3 is %v (gain %.2f), %v; want 2.5°", z3, gain, err)
	}
}

func TestCheckAndJSON(t *testing.T) {
	c := leaning(0)
	b := made(Book{Start: Equatorial}.Init(1, seen(t, c, 90, 40, 1)))(t)
	b = made(b.Add(seen(t, c, 120, 40, 5)))(t)
	text := made(json.Marshal(b))(t)
	var again Book
	if err := json.Unmarshal(text, &again); err != nil || !reflect.DeepEqual(b, again) {
		t.Errorf("%v: %s", err, text)
	}
	if err := again.Check(); err != nil {
		t.Error(err)
	}
	for name, bad := range map[string]Book{
		"start": {Start: "sideways"},
		"order": {Inits: [3]*Entry{nil, b.Inits[0]}},
		"place": {Points: []Entry{{Observation: fit.Observation{Place: model.Equatorial{Dec: 2}}}}},
	} {
		if err := bad.Check(); !errors.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
