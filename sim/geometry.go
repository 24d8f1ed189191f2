// SPDX-License-Identifier: GPL-3.0-or-later

package sim

import (
	"math"

	"github.com/siderostep/siderostep/model"
)

// stand is the mount: two axes and a tube, standing on a base. It is built
// from its parts, each turned about the part that carries it; no formula for
// the whole appears.
//
// The primary axis turns clockwise, seen from its pole, with growing Z; the
// tube rises from the mount's equator to its pole with growing A, and beyond
// 90° goes through the pole.
type stand struct {
	// The three directions of the base at Z = 0: the mount's pole, the tube's
	// direction on the mount's equator, and left of the tube as seen by
	// somebody riding on it with the head to the pole.
	pole, ahead, left vec

	mirror *mirror // of a siderostat; nil for a tube that is carried

	zero         float64 // Z index: added to Z, radians
	skew         float64 // Z1: the secondary axis is not square to the primary
	askance      float64 // Z2: the light path is not square to the secondary
	altitudeZero float64 // Z3: added to A
	droop        float64 // of a level tube
	forkSag      float64 // of a fork whose tines are bent by their full weight
}

// newStand returns the mount of the configuration, on its base, at a latitude.
func newStand(c *Config, latitude model.Angle) stand {
	sin, cos := math.Sincos(float64(latitude))
	s := stand{pole: up, ahead: vec{0, 1, 0}} // alt-azimuth: Z from north
	switch c.Mount {
	case Fork, German:
		s.pole, s.ahead = vec{0, cos, sin}, vec{0, -sin, cos}
		if latitude < 0 {
			s.pole = vec{0, -cos, -sin} // the pole that is up
		}
	case AltAlt:
		s.pole, s.ahead = vec{0, 1, 0}, up // level, to below the pole that is up
		if latitude < 0 {
			s.pole = vec{0, -1, 0}
		}
	}
	s.left = s.pole.cross(s.ahead)

	// The base leans towards north and east, and is turned clockwise.
	lean := vec{c.BaseTiltNorthArcmin, 0, 0}.times(-60*arcsec).plus(60*arcsec*c.BaseTiltEastArcmin, vec{0, 1, 0})
	if a := lean.length(); a > 0 {
		s.turnBase(lean.times(1/a), a)
	}
	s.turnBase(up, -60*arcsec*c.BaseTwistArcmin)

	s.zero = c.ZZeroDeg * 3600 * arcsec
	s.skew = c.Z1Arcsec * arcsec
	s.askance = c.Z2Arcsec * arcsec
	s.altitudeZero = c.Z3Arcsec * arcsec
	switch c.Mount {
	case Siderostat: // its telescope stands still, and does not bend
		s.mirror = &mirror{line: s.pole.times(-1), camera: s.ahead}
		return s
	case Fork:
		s.forkSag = c.ForkFlexureArcsec * arcsec
	}
	s.droop = c.TubeFlexureArcsec * arcsec
	return s
}

func (s *stand) turnBase(axis vec, angle float64) {
	s.pole = s.pole.about(axis, angle)
	s.ahead = s.ahead.about(axis, angle)
	s.left = s.left.about(axis, angle)
}

// look returns the direction in which the tube looks, before any refraction,
// and the direction of the top of the tube, with the axes at z and a radians.
// For a siderostat the latter is what the camera sees at its top.
func (s *stand) look(z, a float64) (sight, top vec) {
	turn := -(z + s.zero) // clockwise about the pole
	ahead := s.ahead.about(s.pole, turn)
	left := s.left.about(s.pole, turn)

	// The secondary axis points left; skewed, it leans towards the pole's
	// foot or head, and the tube's own pole with it.
	left = left.about(ahead, s.skew)
	head := ahead.cross(left)
	if s.mirror != nil {
		return s.mirror.look(ahead, head, a+s.altitudeZero, s.askance)
	}

	// A fork's tines bend in the plane of pole and tube by the weight across
	// them, and the tube nods with them.
	rise := a + s.altitudeZero + s.forkSag*ahead.dot(up)
	sin, cos := math.Sincos(rise)
	sight = ahead.times(cos).plus(sin, head)
	top = head.times(cos).plus(-sin, ahead)

	sight = sight.about(top, s.askance)

	// A tube droops by the weight across it, towards the ground.
	if s.droop != 0 {
		sight, top = lifted(sight, top, -s.droop*math.Hypot(sight[0], sight[1]))
	}
	return sight, top
}

// solve returns the axis angles at which the tube looks in direction target;
// through chooses the solution with the tube through the pole. Z is in
// (−π, π], A in (−π/2, π/2) or, through, in (π/2, 3π/2). It reports false for
// a direction that no axis angles reach: the small circle about the mount's
// pole that skew and collimation leave.
func (s *stand) solve(target vec, through bool) (z, a float64, ok bool) {
	// First guess: a perfect mount.
	forward, leftward, poleward := target.dot(s.ahead), target.dot(s.left), target.dot(s.pole)
	z = -math.Atan2(leftward, forward) - s.zero
	a = math.Atan2(poleward, math.Hypot(forward, leftward))
	if through {
		z, a = z+math.Pi, math.Pi-a
	}
	const h = 1e-6
	for range 40 {
		sight, top := s.look(z, a)
		side := top.cross(sight) // left of the tube
		errA, errZ := target.dot(top), target.dot(side)
		if math.Hypot(errA, errZ) < 1e-12 && target.dot(sight) > 0 {
			break
		}
		// How the sight moves when one axis turns a little, on the tube's own
		// cross-hair.
		zz, _ := s.look(z+h, a)
		aa, _ := s.look(z, a+h)
		zTop, zSide := zz.dot(top)/h, zz.dot(side)/h
		aTop, aSide := aa.dot(top)/h, aa.dot(side)/h
		det := zTop*aSide - zSide*aTop
		if math.Abs(det) < 1e-9 {
			return z, a, false
		}
		dz := (errA*aSide - errZ*aTop) / det
		da := (zTop*errZ - zSide*errA) / det
		// Near the pole Newton's step may overshoot: never by more than half
		// a radian in Z nor past the pole's neighbourhood in A.
		z += min(max(dz, -0.5), 0.5)
		a += min(max(da, -0.1), 0.1)
	}
	sight, _ := s.look(z, a)
	ok = sight.plus(-1, target).length() < 1e-9
	if through {
		ok = ok && a > math.Pi/2-0.2
		a = math.Pi + math.Remainder(a-math.Pi, 2*math.Pi)
	} else {
		ok = ok && a < math.Pi/2+0.2
		a = math.Remainder(a, 2*math.Pi)
	}
	return math.Remainder(z, 2*math.Pi), a, ok
}
