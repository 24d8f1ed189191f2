// SPDX-License-Identifier: GPL-3.0-or-later

package sim

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/siderostep/siderostep/model"
)

// bare is a mount whose base is the frame of the vectors in the files: ahead
// along x, left along y, pole along z.
func bare(z1, z2, z3 float64) stand {
	return stand{
		ahead: vec{1, 0, 0}, left: vec{0, 1, 0}, pole: vec{0, 0, 1},
		skew: z1, askance: z2, altitudeZero: z3,
	}
}

// skyVector returns a star in the local equatorial frame of the files: x to
// hour angle 0, y east, z to the pole.
func skyVector(ra, dec, lst float64) vec {
	sinB, cosB := math.Sincos(ra - lst)
	sinD, cosD := math.Sincos(dec)
	return vec{cosD * cosB, cosD * sinB, sinD}
}

// frame returns an orthonormal triad along a, in the plane of a and b.
func frame(a, b vec) [3]vec {
	c := a.cross(b).unit()
	return [3]vec{a, c.cross(a), c}
}

// carried returns v with its components in triad from put on triad to.
func carried(v vec, from, to [3]vec) vec {
	var r vec
	for i := range from {
		r = r.plus(v.dot(from[i]), to[i])
	}
	return r
}

// Two stars fix the attitude of a mount with known Z1, Z2, Z3; then the tube
// must look at every other star where the reference says. Only sets whose
// stars are consistent; the others are a matter of the raw matrix.
// Source: reference implementation of the 2004-2007 stepper software.
func TestMountErrors(t *testing.T) {
	var worst extreme
	for _, r := range vectors(t, "pointing_twostar.csv") {
		if r.text("consistent") != "1" {
			continue
		}
		s := bare(r.rad("z1_deg"), r.rad("z2_deg"), r.rad("z3_deg"))
		star := func(n string) (sky, mount vec) {
			mount, _ = s.look(r.rad(n+"_az"), r.rad(n+"_alt"))
			return skyVector(r.rad(n+"_ra"), r.rad(n+"_dec"), r.rad(n+"_lst")), mount
		}
		sky1, mount1 := star("s1")
		sky2, mount2 := star("s2")
		sky, mount := star("q")
		want := carried(sky, frame(sky1, sky2), frame(mount1, mount2))
		worst.see(r, mount.plus(-1, want).length()/arcsec)
	}
	worst.within(t, "tube against reference", 1e-4, "″")
}

// Source: closed-form mount geometry, both sides of the pole, both hemispheres.
func TestGermanMount(t *testing.T) {
	var worst extreme
	flips := 0
	for _, r := range vectors(t, "pointing_gem.csv") {
		s := bare(r.rad("z1_deg"), r.rad("z2_deg"), r.rad("z3_deg"))
		mount1, _ := s.look(r.rad("s1_az"), r.rad("s1_alt"))
		mount2, _ := s.look(r.rad("s2_az"), r.rad("s2_alt"))
		sky := frame(skyVector(r.rad("s1_ra"), r.rad("s1_dec"), r.rad("s1_lst")),
			skyVector(r.rad("s2_ra"), r.rad("s2_dec"), r.rad("s2_lst")))
		want := carried(skyVector(r.rad("ra_deg"), r.rad("dec_deg"), r.rad("lst_deg")), sky, frame(mount1, mount2))
		mount, _ := s.look(r.rad("geo_az"), r.rad("geo_alt"))
		worst.see(r, mount.plus(-1, want).length()/arcsec)

		through := r.text("flip") == "1"
		if through {
			flips++
		}
		z, a, ok := s.solve(want, through)
		if !ok {
			t.Fatalf("line %d: out of reach", r.line)
		}
		worst.see(r, turns(z, r.rad("geo_az"))*math.Cos(a))
		worst.see(r, turns(a, r.rad("geo_alt")))
	}
	if flips == 0 {
		t.Fatal("no star through the pole")
	}
	worst.within(t, "tube against closed form", 0.001, "″")
}

// Source: reference implementation: presets of equatorial and alt-azimuth
// mounts, in both hemispheres, flipped and not.
func TestPresets(t *testing.T) {
	var worst extreme
	south := 0
	for _, r := range vectors(t, "pointing_presets.csv") {
		c := Faultless()
		if r.text("preset") == "equatorial" {
			c.Mount = German
		}
		lat := r.angle("lat_deg")
		if lat < 0 {
			south++
		}
		s, e := newStand(&c, lat), newEarth(Site{Latitude: lat}, j2000, 0)
		want := e.direction(model.HourDec{HA: r.angle("lst_deg") - r.angle("ra_deg"), Dec: r.angle("dec_deg")})
		got, _ := s.look(r.rad("az_deg"), r.rad("alt_deg"))
		worst.see(r, got.plus(-1, want).length()/arcsec)

		z, a, ok := s.solve(want, r.text("flip") == "1")
		if !ok {
			t.Fatalf("line %d: out of reach", r.line)
		}
		worst.see(r, turns(z, r.rad("az_deg"))*math.Cos(a))
		worst.see(r, turns(a, r.rad("alt_deg")))
	}
	if south == 0 {
		t.Fatal("no star from the south")
	}
	worst.within(t, "tube against preset", 0.001, "″")
}

// Source: exact spherical geometry: position angle of the mount's pole, level
// and tilted.
func TestFieldRotation(t *testing.T) {
	var worst extreme
	for _, r := range vectors(t, "pointing_fieldrot.csv") {
		e := newEarth(Site{Latitude: r.angle("lat_deg")}, j2000, 0)
		s := stand{pole: e.direction(model.HourDec{HA: r.angle("mount_pole_ha_deg"), Dec: r.angle("mount_pole_dec_deg")})}
		s.ahead = s.pole.cross(east).unit()
		s.left = s.pole.cross(s.ahead)
		target := e.direction(model.HourDec{HA: r.angle("ha_deg"), Dec: r.angle("dec_deg")})
		for _, through := range []bool{false, true} {
			z, a, ok := s.solve(target, through)
			if !ok {
				t.Fatalf("line %d: out of reach", r.line)
			}
			sight, top := s.look(z, a)
			q := e.positionAngle(sight, top)
			if through {
				q += math.Pi // the camera stands on its head
			}
			worst.see(r, turns(q, r.rad("q_deg"))/3600)
		}
	}
	worst.within(t, "position angle", 1e-6, "°")
}

// A base that leans and is twisted makes the errors of a polar axis: star 2
// against star 1, as an observer with setting circles sees it. Source:
// closed-form mount geometry (exact rotations).
func TestPolarAxisError(t *testing.T) {
	var worst extreme
	for _, r := range vectors(t, "pointing_polaralign.csv") {
		c := Faultless()
		c.Mount = Fork
		// The file raises the north pole: the base's top leans south.
		c.BaseTiltNorthArcmin = -r.num("true_elev_arcsec") / 60
		c.BaseTwistArcmin = r.num("true_az_arcsec") / 60
		lat := r.angle("lat_deg")
		s, e := newStand(&c, lat), newEarth(Site{Latitude: lat}, j2000, 0)
		sign := 1.0
		if lat < 0 {
			sign = -1 // a1 = −H, a2 = −δ in the south
		}
		indicated := func(n string) (h, d float64) {
			z, a, ok := s.solve(e.direction(model.HourDec{HA: r.angle("ha" + n + "_deg"), Dec: r.angle("dec" + n + "_deg")}), false)
			if !ok {
				t.Fatalf("line %d: out of reach", r.line)
			}
			return sign*z - r.rad("ha"+n+"_deg"), sign*a - r.rad("dec"+n+"_deg")
		}
		h1, d1 := indicated("1")
		h2, d2 := indicated("2")
		worst.see(r, turns(h1, h2)-r.num("dra_arcsec")) // α = θ − H
		worst.see(r, turns(d2, d1)-r.num("ddec_arcsec"))
	}
	worst.within(t, "indicated place of star 2", 0.001, "″")
}

// The axes found for a direction must make the tube look there, on both sides
// of the pole, with every fault the mount can have.
func TestSolve(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := Faultless()
		c.Mount = rapid.SampledFrom([]string{AltAz, Fork, German, Siderostat, AltAlt}).Draw(t, "mount")
		span := func(name string, most float64) float64 { return rapid.Float64Range(-most, most).Draw(t, name) }
		c.BaseTiltNorthArcmin, c.BaseTiltEastArcmin, c.BaseTwistArcmin = span("north", 600), span("east", 600), span("twist", 10800)
		c.ZZeroDeg = span("zero", 360)
		c.Z1Arcsec, c.Z2Arcsec, c.Z3Arcsec = span("z1", 5000), span("z2", 5000), span("z3", 18000)
		c.TubeFlexureArcsec, c.ForkFlexureArcsec = span("droop", 600), span("fork", 600)
		s := newStand(&c, model.Degrees(span("latitude", 89)))
		wantZ, wantA := span("z", math.Pi), span("a", math.Pi/2-0.12)
		through := rapid.Bool().Draw(t, "through")
		if through {
			wantA = math.Pi - wantA
		}
		sight, top := s.look(wantZ, wantA)
		if d := math.Abs(sight.dot(top)) + math.Abs(sight.length()-1) + math.Abs(top.length()-1); d > 1e-12 {
			t.Fatalf("sight and top are not square to each other: %g", d)
		}
		z, a, ok := s.solve(sight, through)
		if !ok || math.Abs(turns(z, wantZ)) > 1e-4 || math.Abs(turns(a, wantA)) > 1e-4 {
			t.Fatalf("axes (%v, %v) for (%v, %v), ok %v", z, a, wantZ, wantA, ok)
		}
	})
}

// Skew and collimation leave a hole about the mount's pole, as wide as their
// difference.
func TestSolveOutOfReach(t *testing.T) {
	s := bare(1*60*arcsec, 40*60*arcsec, 0)
	inside := vec{math.Sin(0.3 * math.Pi / 180), 0, math.Cos(0.3 * math.Pi / 180)}
	if _, _, ok := s.solve(inside, false); ok {
		t.Error("a direction 18′ from the pole is reached by a tube askance by 39′")
	}
	outside := vec{math.Sin(1.5 * math.Pi / 180), 0, math.Cos(1.5 * math.Pi / 180)}
	if _, _, ok := s.solve(outside, false); !ok {
		t.Error("a direction 90′ from the pole is not reached")
	}
}

// A tube droops towards the ground by the cosine of its altitude, whatever it
// stands on.
func TestDroop(t *testing.T) {
	for _, mount := range []string{AltAz, German} {
		c := Faultless()
		c.Mount = mount
		stiff := newStand(&c, model.Degrees(40))
		c.TubeFlexureArcsec = 100
		soft := newStand(&c, model.Degrees(40))
		for _, z := range []float64{-1, 0.3, 2} {
			for _, a := range []float64{0.2, 0.9, 1.4} {
				before, _ := stiff.look(z, a)
				after, _ := soft.look(z, a)
				was, is := horizontal(before), horizontal(after)
				want := -100 * math.Cos(float64(was.Alt))
				if d := (is.Alt - was.Alt).Arcsec() - want; math.Abs(d) > 0.01 {
					t.Errorf("%s: altitude falls by %.3f″ too much at %v", mount, -d, was)
				}
				if d := turns(float64(is.Az), float64(was.Az)) * math.Cos(float64(was.Alt)); math.Abs(d) > 1e-6 {
					t.Errorf("%s: azimuth moves by %g″ at %v", mount, d, was)
				}
			}
		}
	}
}

// A fork nods by the weight across its tines: fully on the meridian at the
// equator seen from the Earth's equator, not at all six hours from it.
func TestForkFlexure(t *testing.T) {
	c := Faultless()
	c.Mount = Fork
	c.ForkFlexureArcsec = 100
	s, e := newStand(&c, model.Degrees(35)), newEarth(Site{Latitude: model.Degrees(35)}, j2000, 0)
	for _, hours := range []float64{-6, -2, 0, 3, 6} {
		ha := hours * math.Pi / 12
		sight, _ := s.look(ha, 0.4)
		got := (float64(e.hourDec(sight).Dec) - 0.4) / arcsec
		want := 100 * math.Cos(35*math.Pi/180) * math.Cos(ha) // FO cos a1
		if math.Abs(got-want) > 0.01 {
			t.Errorf("at %v h declination is %.3f″ off, not %.3f″", hours, got, want)
		}
	}
}
