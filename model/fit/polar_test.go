// SPDX-License-Identifier: GPL-3.0-or-later

package fit_test

import (
	"errors"
	"math"
	"testing"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/fit"
)

func TestPolarVectors(t *testing.T) {
	var linear, exact, first model.Angle
	for _, v := range vectors(t, "pointing_polaralign.csv") {
		lat := v.Deg("lat_deg")
		s := fit.PolarStars{
			First:  model.HourDec{HA: v.Deg("ha1_deg"), Dec: v.Deg("dec1_deg")},
			Second: model.HourDec{HA: v.Deg("ha2_deg"), Dec: v.Deg("dec2_deg")},
			RA:     v.Arcsec("dra_arcsec"), Dec: v.Arcsec("ddec_arcsec"),
		}
		if d := s.Determinant() - v.Num("det"); math.Abs(d) > 1e-8 {
			t.Errorf("line %d: determinant off by %g", v.Line, d)
		}
		e, err := s.Linear(lat)
		if err != nil {
			t.Errorf("line %d: %v", v.Line, err)
			continue
		}
		linear = max(linear, (e.Elevation - v.Arcsec("lin_elev_arcsec")).Abs(), (e.Azimuth - v.Arcsec("lin_az_arcsec")).Abs())

		truth := fit.PolarError{Elevation: v.Arcsec("true_elev_arcsec"), Azimuth: v.Arcsec("true_az_arcsec")}
		first = max(first, (e.Elevation - truth.Elevation).Abs(), (e.Azimuth - truth.Azimuth).Abs())
		if e, err = s.Solve(lat); err != nil {
			t.Errorf("line %d: %v", v.Line, err)
			continue
		}
		off := max((e.Elevation - truth.Elevation).Abs(), (e.Azimuth - truth.Azimuth).Abs())
		exact = max(exact, off)
		if off > model.Arcsec(1e-4) { // the file gives indicated places to 1e-9″
			t.Errorf("line %d: exact solution off by %.3g″", v.Line, off.Arcsec())
		}
	}
	t.Logf("first order: %.3g″ from the file's, %.1f″ from the truth; exact: %.3g″ from the truth", linear.Arcsec(), first.Arcsec(), exact.Arcsec())
	if linear > model.Arcsec(1e-3) {
		t.Errorf("the first-order solution is off by %.3g″", linear.Arcsec())
	}
}

// The whole procedure, on a mount built by turning its axis, ends with the
// axis at the pole.
func TestPolarAlignmentConverges(t *testing.T) {
	for _, lat := range []float64{0.8, -0.6} {
		m := upright("fork", lat)
		zenith := vec{0, 0, 1}
		east := vec{1, 0, 0}
		e, a := 1.2*math.Pi/180, -0.9*math.Pi/180
		turn := func(v vec) vec { return v.about(east, e).about(zenith, -a) } // raises the north, then to the east
		m.pole, m.ahead = turn(m.pole), turn(m.ahead)
		sign := math.Copysign(1, lat)

		// Where the circles stand, as an observer reads them.
		read := func(hd model.HourDec) model.HourDec {
			z, alt := m.solve(m.place(float64(hd.HA), float64(hd.Dec)), false)
			return model.HourDec{HA: model.Angle(sign * z).WrapSigned(), Dec: model.Angle(sign * alt)}
		}
		s := fit.PolarStars{
			First:  model.HourDec{HA: model.Degrees(-35), Dec: model.Degrees(sign * 30)},
			Second: model.HourDec{HA: model.Degrees(40), Dec: model.Degrees(sign * 45)},
		}
		one, two := read(s.First), read(s.Second)
		s.RA = -((two.HA - s.Second.HA) - (one.HA - s.First.HA)).WrapSigned()
		s.Dec = (two.Dec - s.Second.Dec) - (one.Dec - s.First.Dec)
		got, err := s.Solve(model.Angle(lat))
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(float64(got.Elevation)-e) > 0.01*arcsec || math.Abs(float64(got.Azimuth)-a) > 0.01*arcsec {
			t.Errorf("latitude %.2f: %+v, is %g, %g", lat, got, e, a)
		}

		// Set right on the second star and sent to the offset place, the mount
		// has the star in the middle once the base is moved back.
		offset := got.Offset(s.Second, model.Angle(lat))
		zeroZ, zeroA := two.HA-s.Second.HA, two.Dec-s.Second.Dec
		z, alt := sign*float64(offset.HA+zeroZ), sign*float64(offset.Dec+zeroA)
		back := upright("fork", lat)
		is, want := back.look(z, alt), back.place(float64(s.Second.HA), float64(s.Second.Dec))
		if d := math.Atan2(is.cross(want).length(), is.dot(want)); d > 0.01*arcsec {
			t.Errorf("latitude %.2f: the star is %.2f″ from the middle", lat, d/arcsec)
		}
	}
}

func TestPolarRefusals(t *testing.T) {
	lat := model.Degrees(45)
	hd := func(ha, dec float64) model.HourDec {
		return model.HourDec{HA: model.Degrees(ha), Dec: model.Degrees(dec)}
	}
	for name, s := range map[string]fit.PolarStars{
		"the same hour angle":  {First: hd(10, 30), Second: hd(11, 50)},
		"opposite declination": {First: hd(-20, 20), Second: hd(30, -20)},
		"at the pole":          {First: hd(0, 89), Second: hd(60, 40)},
		"below the horizon":    {First: hd(170, 10), Second: hd(60, 40)},
		"not a number":         {First: hd(math.NaN(), 10), Second: hd(60, 40)},
		"absurd":               {First: hd(-40, 40), Second: hd(30, 40), RA: 3, Dec: -2},
	} {
		if err := s.Check(lat); name != "absurd" && !errors.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
		if e, err := s.Solve(lat); name != "below the horizon" && !errors.Is(err, fault.Invalid) {
			t.Errorf("%s: %v, %v", name, e, err)
		}
	}
	good := fit.PolarStars{First: hd(-20, 40), Second: hd(40, 50)}
	if _, err := good.Solve(model.Degrees(90)); !errors.Is(err, fault.Invalid) {
		t.Errorf("at the pole of the Earth: %v", err)
	}
	if e, err := good.Solve(lat); err != nil || e.Total(lat) != 0 {
		t.Errorf("no error gives %v, %v", e, err)
	}
}

// A star wanders as the mount, turned about its axis only, leaves it behind.
func TestDriftMethod(t *testing.T) {
	for _, lat := range []float64{0.75, -0.5} {
		m := upright("fork", lat)
		const e, a = 300 * arcsec, -450 * arcsec
		for _, v := range []*vec{&m.pole, &m.ahead} {
			*v = v.about(vec{1, 0, 0}, e).about(vec{0, 0, 1}, -a)
		}
		sign := math.Copysign(1, lat)
		drift := func(from, to, dec float64) fit.Drift {
			deg := math.Pi / 180
			_, at := m.solve(m.place(from*deg, dec*deg), false)
			_, end := m.solve(m.place(to*deg, dec*deg), false)
			return fit.Drift{From: model.Degrees(from), To: model.Degrees(to), North: model.Angle(sign * (end - at))}
		}
		got, err := fit.DriftError([]fit.Drift{drift(-3, 2, 0), drift(-80, -74, sign*20), drift(-2, 4, sign*10)}, model.Angle(lat))
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(float64(got.Elevation)-e) > 0.02*e || math.Abs(float64(got.Azimuth)-a) > -0.02*a {
			t.Errorf("latitude %.2f: %.1f″ %.1f″, is %.1f″ %.1f″", lat, got.Elevation.Arcsec(), got.Azimuth.Arcsec(), e/arcsec, a/arcsec)
		}
		if got.SigmaElevation <= 0 || got.SigmaAzimuth <= 0 || got.RMS > model.Arcsec(1) {
			t.Errorf("σ %v %v, rms %v", got.SigmaElevation, got.SigmaAzimuth, got.RMS)
		}
		if _, err := fit.DriftError([]fit.Drift{drift(-3, 2, 0), drift(-2, 4, 10)}, model.Angle(lat)); !errors.Is(err, fault.Invalid) {
			t.Errorf("two drifts at the meridian: %v", err)
		}
	}
	if _, err := fit.DriftError(nil, 0.5); !errors.Is(err, fault.Invalid) {
		t.Errorf("no drift: %v", err)
	}
	// The rate that observers know by heart: 0.2625″ per minute and minute of arc.
	d := fit.Drift{From: model.Degrees(-90 - 0.125), To: model.Degrees(-90 + 0.125), North: model.Arcsec(0.2625)} // one minute of time
	other := fit.Drift{From: model.Degrees(-0.125), To: model.Degrees(0.125)}
	got, err := fit.DriftError([]fit.Drift{d, other}, 0.7)
	if err != nil || math.Abs(got.Elevation.Arcmin()-1) > 0.01 {
		t.Errorf("0.2625″ in a minute at six hours east is %v of elevation, %v", got.Elevation, err)
	}
}
