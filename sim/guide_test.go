// SPDX-License-Identifier: GPL-3.0-or-later

package sim

import (
	"math"
	"testing"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/model"
)

func TestOffset(t *testing.T) {
	var worst extreme
	for _, r := range vectors(t, "astrometry_separation.csv") {
		separation := r.rad("sep_deg")
		if separation > 1 {
			continue
		}
		star := model.Equatorial{RA: r.angle("ra2_deg"), Dec: r.angle("dec2_deg")}
		centre := model.Equatorial{RA: r.angle("ra1_deg"), Dec: r.angle("dec1_deg")}
		e, n := offset(star, centre)
		sin, cos := math.Sincos(r.rad("pa_deg"))
		worst.see(r, (float64(e)-math.Tan(separation)*sin)/arcsec)
		worst.see(r, (float64(n)-math.Tan(separation)*cos)/arcsec)
	}
	worst.within(t, "offset from the centre", 1e-4, "″")
}

func TestCamera(t *testing.T) {
	r := testRig()
	r.Rotator.Start = model.Degrees(30)
	c := Faultless()
	axes := model.Axes{Z: model.Degrees(200), A: model.Degrees(50)}
	truth := standing(t, c, r, axes, 0)
	r.Z.StartFullSteps, r.A.StartFullSteps = float64(axes.Z/r.Z.FullStep), float64(axes.A/r.A.FullStep)
	b := newBench(t, c, r)
	b.train[AxisZ].rotor.rest, b.train[AxisA].rotor.rest = true, true

	// A star 10″ from the centre along the camera's up.
	star := displaced(truth.Equatorial, truth.Field, 10)
	if x, y := b.CameraOffset(star, 0); x.Abs().Arcsec() > 0.001 || math.Abs(y.Arcsec()-10) > 0.001 {
		t.Errorf("star above the centre appears at (%.3f″, %.3f″)", x.Arcsec(), y.Arcsec())
	}
	// With the camera's up to the north, a star to the west is on the right.
	for n := range 1000000 {
		if _, y := b.CameraOffset(displaced(truth.Equatorial, 0, 10), 0); math.Abs(y.Arcsec()-10) < 1e-4 {
			break
		}
		if err := b.RotatorPulses().Pulse(driver.Instant(n)*1e6, b.Truth(0).Field < model.HalfTurn); err != nil {
			t.Fatal(err)
		}
	}
	west := displaced(truth.Equatorial, model.Degrees(-90), 10)
	if x, y := b.CameraOffset(west, 0); x.Arcsec() < 9.99 || y.Abs().Arcsec() > 0.05 {
		t.Errorf("star in the west appears at (%.3f″, %.3f″) with north up", x.Arcsec(), y.Arcsec())
	}

	c.CentroidArcsec = 0.5
	b = newBench(t, c, r)
	b.train[AxisZ].rotor.rest, b.train[AxisA].rotor.rest = true, true
	var sum, sumX float64
	const n = 4000
	for i := range n {
		at := driver.Instant(i) * 1e6
		x, _ := b.CameraOffset(b.Truth(at).Equatorial, at)
		sum += x.Arcsec() * x.Arcsec()
		sumX += x.Arcsec()
	}
	if rms := math.Sqrt(sum / n); math.Abs(rms-0.5) > 0.03 || math.Abs(sumX/n) > 0.05 {
		t.Errorf("centroid noise of rms %.3f″ about %.3f″", rms, sumX/n)
	}
}

func displaced(e model.Equatorial, angle model.Angle, arcseconds float64) model.Equatorial {
	sin, cos := angle.SinCos()
	return model.Equatorial{
		RA:  e.RA + model.Arcsec(arcseconds*sin/math.Cos(float64(e.Dec))),
		Dec: e.Dec + model.Arcsec(arcseconds*cos),
	}
}
