// SPDX-License-Identifier: GPL-3.0-or-later

package workshop_test

import (
	"errors"
	"math"
	"testing"
	"time"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/internal/vectorfile"
	"github.com/siderostep/siderostep/model"
	. "github.com/siderostep/siderostep/model/workshop"
)

// byers is the drive that the manual's Shaw built: 359:1 worms, 12:1 rollers.
var byers = Drive{StepsPerTurn: 200, Reduction: 359 * 12, Microsteps: 10}

// TestManual holds the results that the manual and stepper-core §8.1 print,
// each to the digits printed.
func TestManual(t *testing.T) {
	for _, tt := range []struct {
		name             string
		got, want, digit float64
	}{
		{"full step of 4308:1", byers.FullStep().Arcsec(), 1.504, 0.0005},
		{"reduction for 1/4 arcsec", Reduction(200, 10, model.Arcsec(0.25)), 2592, 0.5},
		{"reduction for 1/2 arcsec", Reduction(200, 10, model.Arcsec(0.5)), 1296, 0.5},
		{"half steps for 1°/s", byers.HalfSteps(model.DegreesPerSecond(1)), 4787, 0.5},
		{"slew of 2.5 arcsec steps", Drive{200, 2592, 1}.Slew(5000).DegreesPerSecond(), 1.7, 0.05},
		{"slew of 5 arcsec steps", Drive{200, 1296, 1}.Slew(5000).DegreesPerSecond(), 3.5, 0.05},
		{"microstepping, 22 periods a tick, 5 at a time, 0.275 arcsec",
			Drive{200, 1296000 / (200 * 2.75), 10}.Microstepping(22*18.2065, 5).DegreesPerSecond(), 0.15, 0.005},
		{"1' through 30:1", AtSky(model.Arcmin(1), 30).Arcsec(), 2, 1e-9},
		{"40\" through 12:1", AtSky(model.Arcsec(40), 12).Arcsec(), 3.5, 0.5},
		{"reducer for bearing 5:1", Reducer(2592, 5, 1), 518, 0.5},
		{"worm of 359 teeth, s", WormPeriod(359).Seconds(), 240, 0.05},
		{"teeth of 21 in cast on 18 threads", CastTeeth(21, 18), 1187, 1},
	} {
		if math.Abs(tt.got-tt.want) > tt.digit {
			t.Errorf("%s: %v, want %v ± %v", tt.name, tt.got, tt.want, tt.digit)
		}
	}
}

func TestRollerTaper(t *testing.T) {
	a, err := RollerTaper(1, 11.47)
	if err != nil || math.Abs(a.Degrees()-5) > 0.01 {
		t.Errorf("the manual's 5° roller: %v, %v", a, err)
	}
	for _, bad := range [][2]float64{{0, 1}, {1, 1}, {2, 1}, {-1, 2}, {math.NaN(), 1}, {1, math.Inf(1)}} {
		if _, err := RollerTaper(bad[0], bad[1]); !errors.Is(err, fault.Invalid) {
			t.Errorf("a roller of %v is accepted: %v", bad, err)
		}
	}
}

func TestDriveIsChecked(t *testing.T) {
	if err := byers.Validate(); err != nil {
		t.Error(err)
	}
	for _, bad := range []Drive{{}, {200, 0, 10}, {200, 10, 0}, {math.NaN(), 10, 10}, {200, math.Inf(1), 10}, {-200, 10, 10}} {
		if err := bad.Validate(); !errors.Is(err, fault.Invalid) {
			t.Errorf("%+v is accepted: %v", bad, err)
		}
	}
}

// TestFieldRotation compares with exact geometry: the rates of a level mount.
func TestFieldRotation(t *testing.T) {
	rows := 0
	for _, row := range vectorfile.Read(t, "pointing_fieldrot.csv", 100) {
		if row.Text("case") != "level" {
			continue
		}
		lat := row.Deg("lat_deg")
		at := model.HourDec{HA: row.Deg("ha_deg"), Dec: row.Deg("dec_deg")}.Horizontal(lat)
		got, err := FieldRotation(at, lat)
		if err != nil {
			t.Fatal(err)
		}
		want := row.Num("q_rate_deg_per_min")
		if perMin := got.DegreesPerSecond() * 60; math.Abs(perMin-want) > 1e-6*math.Max(1, math.Abs(want)) {
			t.Errorf("line %d: %v°/min, want %v", row.Line, perMin, want)
		}
		rows++
	}
	if rows < 30 {
		t.Errorf("only %d rows of level mounts", rows)
	}
	if _, err := FieldRotation(model.Horizontal{Alt: model.Degrees(90)}, 0); !errors.Is(err, fault.Invalid) {
		t.Errorf("at the zenith: %v", err)
	}
}

func TestLongestExposure(t *testing.T) {
	// 1 pixel at 1000 pixels, 0.001 rad, at 15″/s.
	got := LongestExposure(model.ArcsecPerSecond(15), 1000, 1)
	if want := 13.751 * float64(time.Second); math.Abs(float64(got)-want) > 1e6 {
		t.Errorf("%v, want 13.751 s", got)
	}
	if got := LongestExposure(0, 1000, 1); got != math.MaxInt64 {
		t.Errorf("without rotation %v", got)
	}
}
