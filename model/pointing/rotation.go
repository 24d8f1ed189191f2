// SPDX-License-Identifier: GPL-3.0-or-later

package pointing

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
)

// Alignment is a fitted model and how well it fits.
type Alignment struct {
	Model     *Model
	Residuals []Residual  // star by star
	RMS       model.Angle // weighted, of the distances on the sky
	Max       model.Angle // largest distance

	// Spread is the second singular value of the weighted stars: ½ when they
	// fix the orientation as well as two can, 0 when they do not.
	Spread float64

	// Warning says, for a person, why the alignment is doubtful; else empty.
	Warning string
}

// Align returns m with the rotation that best carries two or more stars to
// where the axes were, least squares of their distances by weight. Unlike the
// matrices of TakiTwo and TakiThree it cannot be sheared; the stars'
// disagreement shows in the residuals instead.
//
// Its errors are fault.Invalid, in words for the observer; m stays as it was.
// Source: F. L. Markley, "Attitude Determination Using Vector Observations and
// the Singular Value Decomposition", J. Astronaut. Sci. 36 (1988).
func (m *Model) Align(stars []Star, c Criteria) (Alignment, error) {
	c = c.orDefault()
	if len(stars) < 2 {
		return Alignment{}, fault.New(fault.Invalid, opAlign, "%d star given, at least two are needed", len(stars))
	}
	if err := m.checkPairs(stars, c, len(stars) == 2); err != nil {
		return Alignment{}, err
	}
	attitude, spread, ok := m.rotation(stars)
	if !ok || spread < spreadOf(c.Separation) {
		return Alignment{}, fault.New(fault.Invalid, opAlign,
			"the stars lie too nearly in one direction or its opposite: spread them by more than %g°", c.Separation.Degrees())
	}
	a := Alignment{Model: m.WithAttitude(attitude), Spread: spread}
	if spread < spreadOf(wide) {
		a.Warning = fmt.Sprintf("the stars are spread by less than %g°: far from them pointing will suffer",
			model.Angle(wide).Degrees())
	}
	var sum, weights float64
	for _, s := range stars {
		r := a.Model.Residual(s)
		a.Residuals = append(a.Residuals, r)
		a.Max = max(a.Max, r.Distance)
		sum += s.weight() * float64(r.Distance) * float64(r.Distance)
		weights += s.weight()
	}
	a.RMS = model.Angle(math.Sqrt(sum / weights))
	return a, nil
}

// spreadOf returns the Spread of two stars of equal weight sep apart.
func spreadOf(sep model.Angle) float64 {
	_, cos := sep.SinCos()
	return (1 - math.Abs(cos)) / 2
}

// rotation returns the rotation R that minimises Σ w |y − R x|², and the
// second singular value of Σ w y xᵀ / Σ w.
func (m *Model) rotation(stars []Star) (r model.Mat, spread float64, ok bool) {
	var weights float64
	for _, s := range stars {
		weights += s.weight()
	}
	b := mat.NewDense(3, 3, nil)
	for _, s := range stars {
		x, y := s.Sky.Unit(), m.MountVector(s.Axes)
		for i := range 3 {
			for j := range 3 {
				b.Set(i, j, b.At(i, j)+s.weight()/weights*y[i]*x[j])
			}
		}
	}
	var svd mat.SVD
	if !svd.Factorize(b, mat.SVDFull) {
		return r, 0, false
	}
	u, v := new(mat.Dense), new(mat.Dense)
	svd.UTo(u)
	svd.VTo(v)
	hand := mat.Det(u) * mat.Det(v) // ±1: keeps R from being a mirror
	for i := range r {
		for j := range r[i] {
			r[i][j] = u.At(i, 0)*v.At(j, 0) + u.At(i, 1)*v.At(j, 1) + math.Copysign(1, hand)*u.At(i, 2)*v.At(j, 2)
		}
	}
	return r, svd.Values(nil)[1], true
}
