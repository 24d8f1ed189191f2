// SPDX-License-Identifier: GPL-3.0-or-later

package sim

import (
	"math"
	"testing"

	"github.com/siderostep/siderostep/model"
)

// A siderostat's axes read azimuth and altitude, and beyond the zenith the
// altitude goes on to the opposite horizon. Source: Scope II manual,
// "Siderostat"; testdata/pointing_siderostat.csv says the same.
func TestSiderostat(t *testing.T) {
	c := Faultless()
	c.Mount = Siderostat
	for _, lat := range []float64{52, -20} {
		s := newStand(&c, model.Degrees(lat))
		for _, z := range []float64{90, 140, 180, 269} {
			for _, a := range []float64{-4, 20, 45, 88, 100, 170} {
				sight, top := s.look(z*math.Pi/180, a*math.Pi/180)
				az, alt := z, a
				if a > 90 {
					az, alt = z+180, 180-a
				}
				want := vec{math.Sin(az*math.Pi/180) * math.Cos(alt*math.Pi/180), math.Cos(az*math.Pi/180) * math.Cos(alt*math.Pi/180), math.Sin(alt * math.Pi / 180)}
				if d := sight.plus(-1, want).length(); d > 1e-12 {
					t.Errorf("axes %g°, %g°: off by %.3g rad", z, a, d)
				}
				if d := math.Abs(sight.dot(top)); d > 1e-12 {
					t.Errorf("axes %g°, %g°: the camera's top is not square to the sight: %g", z, a, d)
				}
			}
		}
	}
}

// The law of reflection, with every fault: the mirror's normal stands halfway
// between the sight and the way back to the telescope, and the camera sees
// the sky the wrong way round.
func TestMirrorReflects(t *testing.T) {
	c := Faultless()
	c.Mount = Siderostat
	c.Z1Arcsec, c.Z2Arcsec, c.Z3Arcsec, c.BaseTiltNorthArcmin = 900, -1200, 500, 40
	s := newStand(&c, model.Degrees(40))
	for _, axes := range [][2]float64{{1.8, 0.3}, {3, 1.2}, {4.5, 2.4}} {
		sight, top := s.look(axes[0], axes[1])
		normal := sight.plus(-1, s.mirror.line).unit()
		back := s.mirror.line.times(-1)
		if d := math.Abs(normal.dot(sight) - normal.dot(back)); d > 1e-12 {
			t.Errorf("%v: the angles of light and mirror differ by %g", axes, d)
		}
		// A point beside the centre, on the camera's right, by way of the mirror.
		right := s.mirror.line.cross(s.mirror.camera)
		seen := right.plus(-2*right.dot(normal), normal)
		if d := seen.plus(1, sight.cross(top)).length(); d > 1e-12 {
			t.Errorf("%v: the camera's right is not on the sky's left: %g", axes, d)
		}
	}
}

// An altitude-altitude mount points to the zenith with both axes at zero;
// its primary axis tilts it sideways, its secondary along the meridian.
// Source: pointing-model reference, presets: the axis points to the horizon
// under the pole that is up, and turns clockwise seen from there.
func TestAltAlt(t *testing.T) {
	c := Faultless()
	c.Mount = AltAlt
	for _, tt := range []struct{ lat, z, a, az, alt float64 }{
		{44, 0, 30, 0, 60}, {44, 0, -30, 180, 60}, {44, 30, 0, 270, 60}, {44, -50, 0, 90, 40},
		{-44, 0, 30, 180, 60}, {-44, 0, -30, 0, 60}, {-44, 30, 0, 90, 60},
	} {
		s := newStand(&c, model.Degrees(tt.lat))
		sight, _ := s.look(tt.z*math.Pi/180, tt.a*math.Pi/180)
		want := model.Horizontal{Az: model.Degrees(tt.az), Alt: model.Degrees(tt.alt)}
		if d := horizontal(sight).Separation(want); d > 1e-12 {
			t.Errorf("%+v: it looks to %v", tt, horizontal(sight))
		}
	}
}
