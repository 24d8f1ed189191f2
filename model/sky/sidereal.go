// SPDX-License-Identifier: GPL-3.0-or-later

package sky

import (
	"math"

	"github.com/siderostep/siderostep/model"
)

// EarthRotationAngle returns the angle of the Earth at ut1, in [0, 2π).
// Source: SOFA era00.
func EarthRotationAngle(ut1 JD) model.Angle {
	// Whole days of ut1 are whole turns of the factor 1.
	turns := math.Mod(ut1.Day, 1) + math.Mod(ut1.Frac, 1)
	turns += 0.7790572732640 + 0.00273781191135448*ut1.days()
	return model.Turn.Mul(turns).Wrap()
}

// GMST returns Greenwich mean sidereal time at i, IAU 2006, in [0, 2π).
// Source: SOFA gmst06.
func GMST(i Instant) model.Angle {
	return (EarthRotationAngle(i.UT1) + precessionInRA(i.TT)).Wrap()
}

// precessionInRA returns GMST − ERA at tt. Source: SOFA gmst06.
func precessionInRA(tt JD) model.Angle {
	t := float64(tt.centuries())
	return model.Arcsec(0.014506 + (4612.156534+(1.3915817+(-0.00000044+(-0.000029956-0.0000000368*t)*t)*t)*t)*t)
}

// GMST1982 returns Greenwich mean sidereal time at ut1 by the formula of
// 1982, which many programs still use, in [0, 2π). It is within 0.02 s of
// GMST until 2060. Source: SOFA gmst82.
func GMST1982(ut1 JD) model.Angle {
	t := ut1.days() / 36525
	// Seconds of time; 86400 s a day come from the fraction of the day since noon.
	seconds := 24110.54841 - secondsPerDay/2 + (8640184.812866+(0.093104-6.2e-6*t)*t)*t
	day := math.Mod(ut1.Day, 1) + math.Mod(ut1.Frac, 1)
	return model.Turn.Mul(math.Mod(seconds, secondsPerDay)/secondsPerDay + day).Wrap()
}

// GAST returns Greenwich apparent sidereal time at i, in [0, 2π), within
// 0.001″ of SOFA gst06a.
func GAST(i Instant) model.Angle {
	return (GMST(i) + EquationOfEquinoxes(i.TT)).Wrap()
}

// EquationOfEquinoxes returns apparent minus mean sidereal time at tt, up to
// ±18″. Source: SOFA ee06a, but with Nutation of 2000B.
func EquationOfEquinoxes(tt JD) model.Angle {
	dpsi, _ := Nutation(tt)
	return equationOfEquinoxes(tt, dpsi)
}

// equationOfEquinoxes is EquationOfEquinoxes where Δψ is at hand already.
// The terms beyond Δψ cos ε, up to 0.003″, are those of IERS Conventions
// (2003) above 1 µas. Source: SOFA eect00.
func equationOfEquinoxes(tt JD, dpsi model.Angle) model.Angle {
	c := tt.centuries()
	_, _, f, d, om := c.delaunay()
	fd := 2 * (f - d)
	complementary := 2640.96*math.Sin(om) + 63.52*math.Sin(2*om) +
		11.75*math.Sin(fd+3*om) + 11.21*math.Sin(fd+om) - 4.55*math.Sin(fd+2*om) +
		2.02*math.Sin(2*f+3*om) + 1.98*math.Sin(2*f+om) - 1.72*math.Sin(3*om) -
		0.87*float64(c)*math.Sin(om) // µas
	return dpsi.Mul(math.Cos(float64(Obliquity(tt)))) + model.Arcsec(complementary*1e-6)
}

// EquationOfOrigins returns the Earth rotation angle minus Greenwich apparent
// sidereal time at tt: −46″ for every year since 2000. A right ascension
// counted from the equinox is one counted from the celestial intermediate
// origin minus this. Source: SOFA eo06a.
func EquationOfOrigins(tt JD) model.Angle {
	dpsi, _ := Nutation(tt)
	return equationOfOrigins(tt, dpsi)
}

func equationOfOrigins(tt JD, dpsi model.Angle) model.Angle {
	return -precessionInRA(tt) - equationOfEquinoxes(tt, dpsi)
}
