// SPDX-License-Identifier: GPL-3.0-or-later

package conformance

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestGreenwichSidereal(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		utc    time.Time
		want   float64 // hours
		source string
	}{
		{time.Date(1987, 4, 10, 0, 0, 0, 0, time.UTC), 13 + 10.0/60 + 46.3668/3600, "Meeus, Astronomical Algorithms, example 12.a"},
		{time.Date(1987, 4, 10, 19, 21, 0, 0, time.UTC), 8 + 34.0/60 + 57.0896/3600, "Meeus, example 12.b"},
	} {
		if got := greenwichSidereal(tt.utc); math.Abs(wrapHalf(got-tt.want, 24))*3600 > 0.1 {
			t.Errorf("%s: got %.6f h, want %.6f h (%s)", tt.utc, got, tt.want, tt.source)
		}
	}
}

func TestAltitude(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name         string
		ha, dec, lat float64
		want         float64
	}{
		{"Venus over Washington, Meeus example 13.b", 64.352133 / 15, -6.719892, 38.921389, 15.1249},
		{"pole", 7, 90, 50, 50},
		{"zenith", 0, -33, -33, 90},
		{"rising due east", -6, 0, -33, 0},
		{"nadir", 12, -50, 50, -90},
	} {
		if got := altitude(tt.ha, tt.dec, tt.lat); math.Abs(got-tt.want) > 1e-4 {
			t.Errorf("%s: got %.5f°, want %.5f°", tt.name, got, tt.want)
		}
	}
}

func TestHalfwayDeclination(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		ha, lat, want float64
		visible       bool
	}{
		{9, 50, 62.5, true}, // 35° is the lowest above the horizon
		{9, -50, -62.5, true},
		{-3, 50, 32.5, true},
		{3, 0, 2.5, true}, // all that is up at six hours or less
		{9, 0, 0, false},  // nothing is, below the pole at the equator
	} {
		got, visible := halfwayDeclination(tt.ha, tt.lat)
		if got != tt.want || visible != tt.visible {
			t.Errorf("hour angle %g h, latitude %g°: got %g° %t, want %g° %t", tt.ha, tt.lat, got, visible, tt.want, tt.visible)
		}
	}
}

// TestTargetsAreUp checks that what the telescope is asked to slew to is above
// the horizon wherever it stands.
func TestTargetsAreUp(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		lat := rapid.Float64Range(-89, 89).Draw(t, "latitude")
		for _, ha := range []float64{-9, -3, 3, 9} {
			if dec, visible := halfwayDeclination(ha, lat); visible && altitude(ha, dec, lat) < 0 {
				t.Errorf("hour angle %g h: declination %g° is at altitude %g°", ha, dec, altitude(ha, dec, lat))
			}
		}
		dec := highestBelow(-3, lat, 65)
		if alt := altitude(-3, dec, lat); alt < 0 || alt > 65 {
			t.Errorf("starting declination %g° is at altitude %g°", dec, alt)
		}
	})
}

func TestWrap(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		x := rapid.Float64Range(-1e6, 1e6).Draw(t, "x")
		full := rapid.SampledFrom([]float64{24, 360}).Draw(t, "full")
		if w := wrap(x, full); w < 0 || w >= full {
			t.Errorf("wrap is %g, outside the circle", w)
		}
		if h := wrapHalf(x, full); h < -full/2 || h >= full/2 {
			t.Errorf("wrapHalf is %g, outside the half circle", h)
		}
	})
	if w := wrap(-1e-20, 24); w != 0 {
		t.Errorf("a trace below 0 wraps to %g, want 0", w)
	}
	if d := arcsecHours(0.001 - 23.999); math.Abs(d-108) > 1e-6 {
		t.Errorf("across 24 h: %g″, want 108″", d)
	}
}
