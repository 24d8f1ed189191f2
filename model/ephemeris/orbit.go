// SPDX-License-Identifier: GPL-3.0-or-later

package ephemeris

import (
	"math"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/sky"
)

// Orbit is a conic about the Sun, of any eccentricity, against ecliptic and
// equinox of J2000.0.
type Orbit struct {
	Perihelion sky.JD      // of a passage through perihelion, TT
	Q          float64     // distance there, au, 0.0001 … 1000
	E          float64     // eccentricity, 0 … 100: 1 is a parabola
	Incl       model.Angle // inclination, 0 … π
	Node       model.Angle // longitude of the ascending node
	ArgPeri    model.Angle // argument of perihelion
}

// sunMu is the Sun's gravitational parameter in au³/day²: the square of
// Gauss's constant.
const sunMu = 0.01720209895 * 0.01720209895

// Check returns fault.Invalid, with the element at fault, if o is no orbit
// of anything in the solar system.
func (o Orbit) Check() error {
	bad := func(format string, args ...any) error {
		return fault.New(fault.Invalid, "orbit", format, args...)
	}
	switch t := o.Perihelion.Float(); {
	case !(t >= 0 && t <= 1e7):
		return bad("the time of perihelion is Julian date %g; accepted: 0 to 10000000", t)
	case !(o.Q >= 1e-4 && o.Q <= 1000):
		return bad("the perihelion distance is %g au; accepted: 0.0001 to 1000", o.Q)
	case !(o.E >= 0 && o.E <= 100):
		return bad("the eccentricity is %g; accepted: 0 to 100", o.E)
	case !(o.Incl >= 0 && o.Incl <= model.HalfTurn+1e-12):
		return bad("the inclination is %v; accepted: 0 to 180°", o.Incl)
	case !(o.Node.Abs() <= model.Turn+1e-12):
		return bad("the longitude of the node is %v; accepted: 0 to 360°", o.Node)
	case !(o.ArgPeri.Abs() <= model.Turn+1e-12):
		return bad("the argument of perihelion is %v; accepted: 0 to 360°", o.ArgPeri)
	}
	return nil
}

// FromMeanAnomaly returns the elliptic orbit of semi-major axis axis in au
// on which the mean anomaly is mean at epoch. The planes are set from incl,
// node and argPeri. It fails as Check does.
func FromMeanAnomaly(epoch sky.JD, mean model.Angle, axis, e float64, incl, node, argPeri model.Angle) (Orbit, error) {
	if !(e >= 0 && e < 1) {
		return Orbit{}, fault.New(fault.Invalid, "orbit", "the eccentricity is %g; with a mean anomaly accepted: 0 up to 1", e)
	}
	if !(axis > 0 && axis <= 1e5) {
		return Orbit{}, fault.New(fault.Invalid, "orbit", "the semi-major axis is %g au; accepted: above 0, up to 100000", axis)
	}
	if !mean.IsFinite() {
		return Orbit{}, fault.New(fault.Invalid, "orbit", "the mean anomaly is %v", mean)
	}
	motion := math.Sqrt(sunMu/axis) / axis // rad/day
	epoch.Frac -= float64(mean.WrapSigned()) / motion
	o := Orbit{Perihelion: epoch, Q: axis * (1 - e), E: e, Incl: incl, Node: node, ArgPeri: argPeri}
	return o, o.Check()
}

// At returns the place at tt on an orbit that passed Check, in au from the
// Sun, and the velocity in au per day, in the axes of the ICRS.
func (o Orbit) At(tt sky.JD) (place, velocity model.Vec) {
	place, velocity = o.inPlane(tt.Sub(o.Perihelion))
	m := eclipticToICRS.Mul(model.RotZ(-o.Node)).Mul(model.RotX(-o.Incl)).Mul(model.RotZ(-o.ArgPeri))
	return m.Apply(place), m.Apply(velocity)
}

// inPlane returns place and velocity dt days after perihelion in the plane
// of the orbit, x towards perihelion. One solution in universal variables
// serves ellipse, parabola and hyperbola and has no seam between them.
// Source: R. H. Battin, An Introduction to the Mathematics and Methods of
// Astrodynamics (1999), §4.5.
func (o Orbit) inPlane(dt float64) (place, velocity model.Vec) {
	alpha := sunMu * (1 - o.E) / o.Q // −2 × energy
	if alpha > 0 {
		if period := 2 * math.Pi * sunMu / (alpha * math.Sqrt(alpha)); period < math.MaxFloat64 {
			dt = math.Remainder(dt, period)
		}
	}
	s := math.Copysign(o.universal(math.Abs(dt), alpha), dt)
	z := alpha * s * s
	c2, c3 := stumpff(z)
	r := o.Q + sunMu*o.E*s*s*c2
	speed := math.Sqrt(sunMu * (1 + o.E) / o.Q) // at perihelion
	place = model.Vec{o.Q - sunMu*s*s*c2, speed * s * (o.Q + sunMu*(o.E-1)*s*s*c3)}
	velocity = model.Vec{-sunMu * s * (1 - z*c3) / r, speed * (1 - sunMu*s*s*c2/r)}
	return place, velocity
}

// universal returns the s ≥ 0 with dt = Q s + μ E s³ c₃(αs²), in which r is
// the derivative. The right side grows without end, so that a bracket with
// Newton's steps inside always closes.
func (o Orbit) universal(dt, alpha float64) float64 {
	if dt == 0 {
		return 0
	}
	lo, hi := 0.0, dt/o.Q
	if alpha > 0 {
		hi = min(hi, math.Pi/math.Sqrt(alpha)*(1+1e-12))
	} else { // c₃ ≥ 1/6
		hi = min(hi, math.Cbrt(6*dt/(sunMu*o.E)))
	}
	if alpha < 0 { // Kepler's e sinh H − H is at least (e−1) sinh H
		root := math.Sqrt(-alpha)
		hi = min(hi, math.Asinh(root*root*root*dt/(sunMu*(o.E-1)))/root*(1+1e-12))
	}
	s := hi
	for range 200 { // halving alone needs about 60
		c2, c3 := stumpff(alpha * s * s)
		f := o.Q*s + sunMu*o.E*s*s*s*c3 - dt
		if f > 0 {
			hi = s
		} else {
			lo = s
		}
		next := s - f/(o.Q+sunMu*o.E*s*s*c2)
		if !(next > lo && next < hi) {
			next = lo + (hi-lo)/2
		}
		if math.Abs(next-s) <= 1e-15*s {
			return next
		}
		s = next
	}
	return s
}

// stumpff returns Stumpff's functions c₂ = (1−cos√z)/z and c₃ =
// (√z−sin√z)/√z³, continued to z ≤ 0; infinite where they pass all numbers.
func stumpff(z float64) (c2, c3 float64) {
	switch {
	case math.Abs(z) < 0.5:
		// The series, to the last bit.
		c2, c3 = 1, 1
		for n := 9.0; n >= 1; n-- {
			c2 = 1 - c2*z/((2*n+1)*(2*n+2))
			c3 = 1 - c3*z/((2*n+2)*(2*n+3))
		}
		return c2 / 2, c3 / 6
	case z > 0:
		y := math.Sqrt(z)
		sin, cos := math.Sincos(y)
		return (1 - cos) / z, (y - sin) / (z * y)
	default:
		y := math.Sqrt(-z)
		return (math.Cosh(y) - 1) / -z, (math.Sinh(y) - y) / (-z * y)
	}
}
