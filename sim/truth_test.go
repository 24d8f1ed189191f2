// SPDX-License-Identifier: GPL-3.0-or-later

package sim

import (
	"math"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/model"
)

func standing(t testing.TB, c Config, r Rig, axes model.Axes, when driver.Instant) Truth {
	t.Helper()
	r.Z.StartFullSteps = float64(axes.Z / r.Z.FullStep)
	r.A.StartFullSteps = float64(axes.A / r.A.FullStep)
	b := newBench(t, c, r)
	// A rotor without current would fall into a detent: look before it does.
	b.train[AxisZ].rotor.rest, b.train[AxisA].rotor.rest = true, true
	return b.Truth(when)
}

func TestAxesForInvertsTruth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		span := func(name string, least, most float64) float64 {
			return rapid.Float64Range(least, most).Draw(t, name)
		}
		c := DefaultConfig()
		c.Mount = rapid.SampledFrom([]string{AltAz, Fork, German}).Draw(t, "mount")
		c.BaseTwistArcmin = span("twist", -300, 300)
		c.ForkFlexureArcsec = 60
		c.Z.StepErrorPpm = span("ppm", -1000, 1000)
		r := testRig()
		r.Site.Latitude = model.Degrees(span("latitude", -70, 70))
		r.Site.Longitude = model.Degrees(span("longitude", -180, 180))
		b, err := New(c, r)
		if err != nil {
			t.Fatal(err)
		}
		at := driver.Instant(span("at", 0, 8*3600e9))
		// A star above the horizon, not within 2° of the zenith.
		e := newEarth(r.Site, r.Epoch, 0)
		az, alt := span("az", 0, 2*math.Pi), span("alt", 0.02, math.Pi/2-0.035)
		sinA, cosA := math.Sincos(az)
		sinH, cosH := math.Sincos(alt)
		hd := e.hourDec(vec{cosH * sinA, cosH * cosA, sinH})
		if math.Abs(float64(hd.Dec)) > math.Pi/2-0.05 {
			t.Skip("too near a celestial pole")
		}
		star := model.Equatorial{RA: model.Angle(e.siderealTime(at) - float64(hd.HA)).Wrap(), Dec: hd.Dec}
		through := rapid.Bool().Draw(t, "through")
		axes, ok := b.AxesFor(star, at, through)
		if !ok {
			t.Fatalf("%v is out of reach", star)
		}
		if beyond := axes.A.Degrees() > 90; beyond != through {
			t.Fatalf("A = %v, through = %v", axes.A, through)
		}
		r.Z.StartFullSteps = float64(axes.Z / r.Z.FullStep)
		r.A.StartFullSteps = float64(axes.A / r.A.FullStep)
		if b, err = New(c, r); err != nil {
			t.Fatal(err)
		}
		b.train[AxisZ].rotor.rest, b.train[AxisA].rotor.rest = true, true
		truth := b.Truth(at)
		if d := truth.Equatorial.Separation(star).Arcsec(); d > 0.001 {
			t.Fatalf("tube at %v is %.4g″ from the star at %v", truth.Equatorial, d, star)
		}
		if ra, dec := b.GuideOffset(star, at); ra.Abs().Arcsec() > 0.001 || dec.Abs().Arcsec() > 0.001 {
			t.Fatalf("guide offset %v, %v", ra, dec)
		}
	})
}

func TestAxesForStaysNear(t *testing.T) {
	for _, turns := range []float64{-2, 0, 1} {
		r := testRig()
		r.Z.StartFullSteps = (turns*360 + 170) * 3600 / testFullStep
		b := newBench(t, Faultless(), r)
		for _, az := range []float64{5, 100, 190, 340} {
			star := standing(t, Faultless(), testRig(), model.Axes{Z: model.Degrees(az), A: model.Degrees(40)}, 0).Equatorial
			axes, ok := b.AxesFor(star, 0, false)
			if !ok || math.Abs(axes.Z.Degrees()-turns*360-170) > 180 {
				t.Errorf("azimuth %v° is sought at %v, from %v°", az, axes.Z, turns*360+170)
			}
		}
	}
}

func TestFaultlessTruth(t *testing.T) {
	truth := standing(t, Faultless(), testRig(), model.Axes{Z: model.Degrees(120), A: model.Degrees(35)}, 0)
	want := model.Horizontal{Az: model.Degrees(120), Alt: model.Degrees(35)}
	if truth.Observed.Separation(want).Arcsec() > 1e-6 || truth.Horizontal.Separation(want).Arcsec() > 1e-6 {
		t.Errorf("tube at %v, star at %v, not %v", truth.Observed, truth.Horizontal, want)
	}
	// In the south-east, the zenith is to the east of north: left of up is
	// where the star came from.
	if q := truth.Field.WrapSigned(); q >= 0 || q < -model.Quarter {
		t.Errorf("position angle of the tube's top is %v in the south-east", q)
	}
	if ha := truth.HourDec.HA; ha >= 0 {
		t.Errorf("hour angle %v in the east", ha)
	}
}

func TestSkyTurns(t *testing.T) {
	b := newBench(t, Faultless(), testRig())
	b.train[AxisZ].rotor.rest, b.train[AxisA].rotor.rest = true, true
	first, second := b.Truth(0), b.Truth(60e9)
	rate := (second.Equatorial.RA - first.Equatorial.RA).WrapSigned().Arcsec() / 60
	if math.Abs(rate-15.041069) > 1e-4 {
		t.Errorf("the tube sweeps the sky at %.6f″/s", rate)
	}
	ra, _ := b.GuideOffset(first.Equatorial, 60e9)
	if ra >= 0 {
		t.Errorf("the star moved %v to the east", ra)
	}
}

func TestTubeSeesRefracted(t *testing.T) {
	c := Faultless()
	c.Refraction = true
	truth := standing(t, c, testRig(), model.Axes{A: model.Degrees(20)}, 0)
	lift := (truth.Observed.Alt - truth.Horizontal.Alt).Arcmin()
	if lift < 2.4 || lift > 2.8 {
		t.Errorf("refraction at 20° is %.2f′, not 2.6′", lift)
	}
}

func TestDefaultResiduals(t *testing.T) {
	c := DefaultConfig()
	s := newStand(&c, testSite.Latitude)
	gears := [2]gear{newGear(&c.Z, testRig().Z, 0), newGear(&c.A, testRig().A, 0)}
	step := model.Arcsec(testFullStep).Radians()
	ideal := Faultless()
	perfect := newStand(&ideal, testSite.Latitude)
	// For a motor's place: where the counts say the tube is, where it is.
	both := func(z, a float64) (counted, real vec) {
		counted, _ = perfect.look(z, a)
		real, _ = s.look(gears[AxisZ].axis(z/step), gears[AxisA].axis(a/step))
		return counted, real
	}
	deg := math.Pi / 180
	var stars [][2]vec
	for i := range 10 {
		counted, real := both(float64(i)*137*deg, float64(15+7*i)*deg)
		stars = append(stars, [2]vec{counted, real})
	}
	turn := fitRotation(stars)
	var sum, most float64
	n := 0
	for z := 0.0; z < 360; z += 7.3 {
		for a := 10.0; a < 86; a += 3.7 {
			counted, real := both(z*deg, a*deg)
			miss := turn(counted).plus(-1, real).length() / arcsec
			sum += miss * miss
			most = max(most, miss)
			n++
		}
	}
	rms := math.Sqrt(sum / float64(n))
	counted, real := both(1, 0.7)
	t.Logf("before alignment %.0f″; after a rotation fitted to ten stars rms %.1f″, at most %.1f″ over the sky",
		counted.plus(-1, real).length()/arcsec, rms, most)
	if rms > 25 || most > 60 {
		t.Errorf("residuals of %.1f″ rms and %.1f″ at most are not those of a good Dobsonian", rms, most)
	}
	if rms < 5 {
		t.Errorf("residuals of %.1f″ rms: the faults are gone", rms)
	}
}

func fitRotation(pairs [][2]vec) func(vec) vec {
	var steps []vec
	apply := func(v vec) vec {
		for _, s := range steps {
			if a := s.length(); a > 0 {
				v = v.about(s.times(1/a), a)
			}
		}
		return v
	}
	for range 20 {
		// Normal equations of v + w×v = target: Σ(1 − v vᵀ) w = Σ v×target.
		var m [3]vec
		var rhs vec
		for _, p := range pairs {
			v := apply(p[0])
			rhs = rhs.plus(1, v.cross(p[1]))
			for i := range m {
				for j := range m {
					if i == j {
						m[i][j]++
					}
					m[i][j] -= v[i] * v[j]
				}
			}
		}
		det := m[0].dot(m[1].cross(m[2]))
		steps = append(steps, vec{
			rhs.dot(m[1].cross(m[2])) / det,
			rhs.dot(m[2].cross(m[0])) / det,
			rhs.dot(m[0].cross(m[1])) / det,
		})
	}
	return apply
}

func TestConcurrentUse(t *testing.T) {
	b := newBench(t, DefaultConfig(), testRig())
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for n := range 300 {
				at := driver.Instant(n) * 1e6
				b.Truth(at)
				b.AxesFor(model.Equatorial{RA: 1, Dec: 0.5}, at, false)
				b.Encoders(at)
				b.Thermometer().Celsius()
			}
		})
	}
	p := newPlayer(t, b)
	p.creep(200, 500)
	wg.Wait()
}

// Motors that are given the microsteps nearest to where AxesFor says a rising
// star will be hold it in the centre through every fault of the default bench:
// what is left is half a microstep and the rotors' own unrest.
func TestFollowsStar(t *testing.T) {
	const q = testFullStep / perFull // arcseconds per microstep
	r := testRig()
	star := standing(t, DefaultConfig(), r, model.Axes{Z: model.Degrees(100), A: model.Degrees(35)}, 0).Equatorial
	begin, ok := newBench(t, DefaultConfig(), r).AxesFor(star, 0, false)
	if !ok {
		t.Fatal("out of reach")
	}
	// A little counter-clockwise of the star, on winding a.
	r.Z.StartFullSteps = 4 * math.Floor(begin.Z.Arcsec()/testFullStep/4-2)
	r.A.StartFullSteps = 4 * math.Floor(begin.A.Arcsec()/testFullStep/4-2)
	b := newBench(t, DefaultConfig(), r)
	p := newPlayer(t, b)
	p.z, p.a = int64(r.Z.StartFullSteps)*perFull, int64(r.A.StartFullSteps)*perFull
	var sum, most float64
	n := 0
	for p.at < 600e9 {
		axes, ok := b.AxesFor(star, p.at, false)
		if !ok {
			t.Fatal("out of reach")
		}
		z, a := int64(math.Round(axes.Z.Arcsec()/q)), int64(math.Round(axes.A.Arcsec()/q))
		if p.at == 0 || z != p.z || a != p.a {
			p.z += min(max(z-p.z, -1), 1)
			p.a += min(max(a-p.a, -1), 1)
			p.hold()
		}
		p.wait(2 * time.Millisecond)
		if p.at > 5e9 {
			e, d := b.GuideOffset(star, p.at)
			miss := math.Hypot(e.Arcsec(), d.Arcsec())
			sum += miss * miss
			most = max(most, miss)
			n++
		}
	}
	rms := math.Sqrt(sum / float64(n))
	t.Logf("ten minutes on a star: rms %.3f″, at most %.3f″ (microstep %v″)", rms, most, q)
	if rms > 0.8*q || most > 2.5*q {
		t.Errorf("off the star by %.3f″ rms, %.3f″ at most", rms, most)
	}
}
