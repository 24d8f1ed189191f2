// SPDX-License-Identifier: GPL-3.0-or-later

package sky

import (
	"math"
	"testing"

	"github.com/siderostep/siderostep/model"
	"pgregory.net/rapid"
)

func TestHorizonVectors(t *testing.T) {
	within := model.Arcsec(1e-4)
	w := newWorst(t)
	for _, r := range vectors(t, "astrometry_altaz.csv") {
		h := model.HourDec{HA: r.Deg("ha_deg"), Dec: r.Deg("dec_deg")}
		lat := r.Deg("lat_deg")
		got := h.Horizontal(lat)
		want := model.Horizontal{Az: r.Deg("az_deg"), Alt: r.Deg("alt_deg")}
		w.angle(r, "az/alt", got.Separation(want), 0, within)
		w.angle(r, "ha/dec", want.HourDec(lat).Separation(h), 0, within)
		// The angle itself is ill-determined near pole and zenith; its arc is not.
		d := (ParallacticAngle(h, lat) - r.Deg("parang_deg")).WrapSigned()
		w.angle(r, "parallactic angle", d.Mul(math.Cos(float64(h.Dec))*math.Cos(float64(want.Alt))), 0, within)
	}
}

func TestSeparationVectors(t *testing.T) {
	w := newWorst(t)
	for _, r := range vectors(t, "astrometry_separation.csv") {
		a := model.Equatorial{RA: r.Deg("ra1_deg"), Dec: r.Deg("dec1_deg")}
		b := model.Equatorial{RA: r.Deg("ra2_deg"), Dec: r.Deg("dec2_deg")}
		w.angle(r, "separation", a.Separation(b), r.Deg("sep_deg"), model.Arcsec(1e-4))
		d := (a.PositionAngle(b) - r.Deg("pa_deg")).WrapSigned()
		w.angle(r, "position angle (as arc)", d.Mul(math.Sin(float64(r.Deg("sep_deg")))), 0, model.Arcsec(1e-4))
	}
}

// TestMotionIsTheDerivative compares with central differences, whose own error
// grows towards the zenith.
func TestMotionIsTheDerivative(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lat := model.Degrees(rapid.Float64Range(-90, 90).Draw(t, "lat"))
		h := model.HourDec{
			HA:  model.Degrees(rapid.Float64Range(-180, 180).Draw(t, "ha")),
			Dec: model.Degrees(rapid.Float64Range(-89, 89).Draw(t, "dec")),
		}
		hor := h.Horizontal(lat)
		if math.Abs(hor.Alt.Degrees()) > 85 {
			t.Skip("near the zenith differences say nothing")
		}
		const dt = 1.0 // seconds
		at := func(s float64) (model.Horizontal, model.Angle, Motion) {
			g := model.HourDec{HA: h.HA + model.Angle(float64(model.Sidereal)*s), Dec: h.Dec}
			x := g.Horizontal(lat)
			return x, ParallacticAngle(g, lat), MotionAt(x, lat, model.Sidereal)
		}
		before, qBefore, mBefore := at(-dt)
		after, qAfter, mAfter := at(dt)
		m := MotionAt(hor, lat, model.Sidereal)
		steep := math.Pow(math.Cos(float64(hor.Alt)), -3)
		same := func(name string, got, diff, scale float64) {
			if math.Abs(got-diff) > 1e-6*scale*steep {
				t.Fatalf("%s: %g, by differences %g", name, got, diff)
			}
		}
		w := float64(model.Sidereal)
		per := func(d model.Angle) float64 { return float64(d.WrapSigned()) / (2 * dt) }
		same("azimuth rate", float64(m.Az), per(after.Az-before.Az), w)
		same("altitude rate", float64(m.Alt), per(after.Alt-before.Alt), w)
		same("parallactic rate", float64(m.Parallactic), per(qAfter-qBefore), w)
		same("azimuth acceleration", m.AzAccel, float64(mAfter.Az-mBefore.Az)/(2*dt), w*w)
		same("altitude acceleration", m.AltAccel, float64(mAfter.Alt-mBefore.Alt)/(2*dt), w*w)
		same("parallactic acceleration", m.ParallacticAccel, float64(mAfter.Parallactic-mBefore.Parallactic)/(2*dt), w*w)
	})
}

func TestMotionInTheZenithIsFinite(t *testing.T) {
	lat := model.Degrees(40)
	m := MotionAt(model.Horizontal{Az: 1, Alt: model.Quarter}, lat, model.Sidereal)
	w := float64(model.Sidereal)
	for _, v := range []float64{float64(m.Az) / w, float64(m.Alt) / w, float64(m.Parallactic) / w, m.AzAccel / w, m.AltAccel / w, m.ParallacticAccel / w} {
		if !(math.Abs(v) < 1e13) {
			t.Fatalf("%+v", m)
		}
	}
}

func TestTrackingRates(t *testing.T) {
	for _, tt := range []struct {
		name   string
		got    model.Rate
		arcsec float64
	}{{"lunar", LunarRate, 14.685}, {"solar", SolarRate, 15}, {"King", KingRate, 15.0369}} {
		if d := tt.got.ArcsecPerSecond() - tt.arcsec; math.Abs(d) > 1e-12 {
			t.Errorf("%s: %g″/s", tt.name, tt.got.ArcsecPerSecond())
		}
	}
}
