// SPDX-License-Identifier: GPL-3.0-or-later

package fit

import (
	"math"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
)

// PolarError is how the polar axis of an equatorial mount is misplaced: first
// turned about the east-west line, then about the vertical.
type PolarError struct {
	// Elevation raises the end of the axis that points north, positive; in the
	// south that is the lower end.
	Elevation model.Angle

	// Azimuth displaces the northern end to the east, positive.
	Azimuth model.Angle
}

// turned returns the rotation, in the local equatorial frame, that takes a
// well set axis to where it is.
func (e PolarError) turned(lat model.Angle) model.Mat {
	zenith := model.HourDec{Dec: lat}.Vector()
	return turn(zenith.Scale(-float64(e.Azimuth))).Mul(turn(model.Vec{0, float64(e.Elevation), 0}))
}

// Indicated returns the place that the circles of a mount with this error
// show when the tube points at hd. Exact.
func (e PolarError) Indicated(hd model.HourDec, lat model.Angle) model.HourDec {
	return model.HourDecOf(e.turned(lat).Transpose().Apply(hd.Vector()))
}

// Total returns how far the axis points from the celestial pole.
func (e PolarError) Total(lat model.Angle) model.Angle {
	pole := model.Vec{0, 0, 1}
	return e.turned(lat).Apply(pole).Angle(pole)
}

// PolarStars is what the first two stages of the alignment give: two stars,
// each where it was when it stood in the middle of the field, and by how much
// the mount, set right on the first, then shows the second wrong.
type PolarStars struct {
	First, Second model.HourDec
	RA, Dec       model.Angle // indicated − true place of the second star
}

const opPolar = "polar alignment"

// Determinant returns how well the two stars tell the axis' errors: their
// errors are multiplied by about its inverse.
func (s PolarStars) Determinant() float64 {
	t1, t2 := math.Tan(float64(s.First.Dec)), math.Tan(float64(s.Second.Dec))
	return (t1 + t2) * (1 - math.Cos(float64(s.Second.HA-s.First.HA)))
}

// LeastDeterminant is the least Determinant with which a polar alignment is
// worth while. Stars of one sign of declination, three to six hours apart, have
// more.
const LeastDeterminant = 0.15

// Check reports, as fault.Invalid, stars that cannot serve, and says what
// would.
func (s PolarStars) Check(lat model.Angle) error {
	for i, hd := range []model.HourDec{s.First, s.Second} {
		if alt := hd.Horizontal(lat).Alt; alt < 0 {
			return fault.New(fault.Invalid, opPolar, "star %d is %.1f° below the horizon", i+1, -alt.Degrees())
		}
	}
	return s.usable(lat)
}

// usable is Check without the horizon, which mathematics does not need.
func (s PolarStars) usable(lat model.Angle) error {
	for i, hd := range []model.HourDec{s.First, s.Second} {
		switch {
		case !hd.HA.IsFinite() || !hd.Dec.IsFinite():
			return fault.New(fault.Invalid, opPolar, "star %d stands nowhere: %v", i+1, hd)
		case hd.Dec.Abs() > model.Degrees(85):
			return fault.New(fault.Invalid, opPolar, "star %d is %.1f° from the pole: take one farther than 5°", i+1, 90-hd.Dec.Abs().Degrees())
		}
	}
	if !lat.IsFinite() || lat.Abs() > model.Degrees(85) {
		return fault.New(fault.Invalid, opPolar, "at latitude %.2f° an axis has no azimuth to be adjusted", lat.Degrees())
	}
	if !s.RA.IsFinite() || !s.Dec.IsFinite() {
		return fault.New(fault.Invalid, opPolar, "the indicated place is no place: off by %v, %v", s.RA, s.Dec)
	}
	if d := s.Determinant(); math.Abs(d) < LeastDeterminant {
		return fault.New(fault.Invalid, opPolar,
			"these stars tell too little (%.2f, at least %.2f): take two of the same sign of declination, 3 to 6 hours apart and well away from the equator",
			math.Abs(d), LeastDeterminant)
	}
	return nil
}

// Linear returns the axis' error to first order, good to a few parts in a
// hundred per degree. Source: D. Ware's procedure for Scope II, with the signs
// of its azimuth term set right.
func (s PolarStars) Linear(lat model.Angle) (PolarError, error) {
	if err := s.usable(lat); err != nil {
		return PolarError{}, err
	}
	sin1, cos1 := s.First.HA.SinCos()
	sin2, cos2 := s.Second.HA.SinCos()
	t1, t2 := math.Tan(float64(s.First.Dec)), math.Tan(float64(s.Second.Dec))
	p, q := -t2*sin2+t1*sin1, t2*cos2-t1*cos1
	r, t := cos2-cos1, sin1-sin2
	d := s.Determinant()
	_, cosLat := lat.SinCos()
	return PolarError{
		Elevation: (s.RA.Mul(t) + s.Dec.Mul(q)).Mul(1 / d),
		Azimuth:   (s.Dec.Mul(p) - s.RA.Mul(r)).Mul(1 / (d * cosLat)),
	}, nil
}

// Solve returns the axis' error exactly: that which makes a mount, set right
// on the first star, show the second where it did.
func (s PolarStars) Solve(lat model.Angle) (PolarError, error) {
	e, err := s.Linear(lat)
	if err != nil {
		return e, err
	}
	for range 30 {
		ra, dec := s.shown(e, lat)
		off := PolarStars{s.First, s.Second, (s.RA - ra).WrapSigned(), (s.Dec - dec).WrapSigned()}
		if off.RA.Abs() < 1e-13 && off.Dec.Abs() < 1e-13 {
			return e, nil
		}
		step, err := off.Linear(lat)
		if err != nil {
			return e, err
		}
		e.Elevation += step.Elevation
		e.Azimuth += step.Azimuth
		if e.Elevation.Abs() > model.Degrees(45) || e.Azimuth.Abs() > model.Degrees(45) {
			break
		}
	}
	return PolarError{}, fault.New(fault.Invalid, opPolar,
		"no error of the axis explains %s in right ascension and %s in declination: one of the stars may be the wrong one", size(s.RA), size(s.Dec))
}

// shown returns indicated less true place of the second star for a mount with
// error e, set right on the first.
func (s PolarStars) shown(e PolarError, lat model.Angle) (ra, dec model.Angle) {
	one, two := e.Indicated(s.First, lat), e.Indicated(s.Second, lat)
	ha := (two.HA - s.Second.HA) - (one.HA - s.First.HA)
	return (-ha).WrapSigned(), (two.Dec - s.Second.Dec) - (one.Dec - s.First.Dec)
}

// Offset returns where the mount, set right on star, must point so that star
// comes to the middle of the field once the base has been moved to take the
// error away: the place of the third stage.
func (e PolarError) Offset(star model.HourDec, lat model.Angle) model.HourDec {
	is := e.Indicated(star, lat)
	return model.HourDec{
		HA:  (2*star.HA - is.HA).WrapSigned(),
		Dec: 2*star.Dec - is.Dec,
	}
}

// Drift is how a star wandered in declination while the mount turned about its
// axis only, from hour angle From to To.
type Drift struct {
	From, To model.Angle // hour angle, growing westward
	North    model.Angle // of the star in the field
	Sigma    model.Angle // of North, one standard deviation; 0 means 2″
}

// PolarDrift is the error of an axis from drifts, with standard deviations.
type PolarDrift struct {
	PolarError
	SigmaElevation, SigmaAzimuth model.Angle
	RMS                          model.Angle // of what the drifts differ from those expected
}

const opDrift = "drift method"

// mostRatio is how many times longer than wide the ellipse of errors of the two
// adjustments may be.
const mostRatio = 10

// lengthRatio returns that ratio for a 2×2 matrix of normal equations.
func lengthRatio(n square) float64 {
	middle := (n[0][0] + n[1][1]) / 2
	half := math.Hypot((n[0][0]-n[1][1])/2, n[0][1])
	return math.Sqrt((middle + half) / max(middle-half, 0))
}

// DriftError returns the error of a polar axis from two or more drifts, best
// one near the meridian and one six hours east or west of it, by least squares.
// It is first-order: repeat it as the error shrinks. Its errors are
// fault.Invalid. Source: Taki 5.5.
func DriftError(drifts []Drift, lat model.Angle) (PolarDrift, error) {
	if !lat.IsFinite() || lat.Abs() > model.Degrees(85) {
		return PolarDrift{}, fault.New(fault.Invalid, opDrift, "at latitude %.2f° an axis has no azimuth to be adjusted", lat.Degrees())
	}
	_, cosLat := lat.SinCos()
	normal, right := newSquare(2), make([]float64, 2)
	rows := make([][2]float64, len(drifts))
	for i, d := range drifts {
		sigma := d.Sigma
		if sigma == 0 {
			sigma = model.Arcsec(2)
		}
		if !d.From.IsFinite() || !d.To.IsFinite() || !d.North.IsFinite() || !(sigma > 0) || !sigma.IsFinite() {
			return PolarDrift{}, fault.New(fault.Invalid, opDrift, "drift %d is no measurement: %v to %v, %v ± %v", i+1, d.From, d.To, d.North, sigma)
		}
		sin1, cos1 := d.From.SinCos()
		sin2, cos2 := d.To.SinCos()
		rows[i] = [2]float64{cos2 - cos1, -cosLat * (sin2 - sin1)}
		w := 1 / float64(sigma*sigma)
		for a := range 2 {
			right[a] += w * rows[i][a] * float64(d.North)
			for b := range 2 {
				normal[a][b] += w * rows[i][a] * rows[i][b]
			}
		}
	}
	inverse, ok := invert(normal)
	if !ok || lengthRatio(normal) > mostRatio {
		return PolarDrift{}, fault.New(fault.Invalid, opDrift,
			"%d drifts do not tell both errors: measure one star near the meridian and one far east or west", len(drifts))
	}
	v := apply(inverse, right)
	out := PolarDrift{
		PolarError:     PolarError{Elevation: model.Angle(v[0]), Azimuth: model.Angle(v[1])},
		SigmaElevation: model.Angle(math.Sqrt(inverse[0][0])),
		SigmaAzimuth:   model.Angle(math.Sqrt(inverse[1][1])),
	}
	sum := 0.0
	for i, d := range drifts {
		miss := float64(d.North) - rows[i][0]*v[0] - rows[i][1]*v[1]
		sum += miss * miss
	}
	out.RMS = model.Angle(math.Sqrt(sum / float64(len(drifts))))
	return out, nil
}
