// SPDX-License-Identifier: GPL-3.0-or-later

package ephemeris

import (
	"math"

	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/model/sky"
)

// term is amplitude·cos(phase + frequency·t), t in Julian millennia of TDB
// from J2000.0; amplitudes are in 1e-8 rad or 1e-8 au.
type term struct{ amplitude, phase, frequency float64 }

// series is a sum of terms; row n is multiplied by tⁿ.
type series [][]term

// sum returns the series at t, in radians or au.
func (s series) sum(t float64) float64 {
	var total float64
	for n := len(s) - 1; n >= 0; n-- {
		total *= t
		row := s[n]
		for i := len(row) - 1; i >= 0; i-- { // smallest first
			total += row[i].amplitude * math.Cos(row[i].phase+row[i].frequency*t)
		}
	}
	return total * 1e-8
}

// theory is the motion of a planet about the Sun in spherical coordinates,
// in the dynamical ecliptic and equinox of J2000 (VSOP87B).
type theory struct{ longitude, latitude, radius series }

// at returns the planet from the Sun at tt, in au, in the axes of the ICRS.
func (th *theory) at(tt sky.JD) model.Vec {
	t := tt.Sub(sky.J2000()) / 365250
	lon, lat := model.Angle(th.longitude.sum(t)), model.Angle(th.latitude.sum(t))
	return vsopToICRS.Apply(model.Polar(lon, lat).Scale(th.radius.sum(t)))
}

// vsopToICRS rotates from VSOP87's ecliptic of J2000 to the equator of FK5,
// which is within 0.03″ of the ICRS. Source: Bretagnon & Francou 1988.
var vsopToICRS = model.Mat{
	{1, 0.000000440360, -0.000000190919},
	{-0.000000479966, 0.917482137087, -0.397776982902},
	{0, 0.397776982902, 0.917482137087},
}
