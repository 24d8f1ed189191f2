// SPDX-License-Identifier: GPL-3.0-or-later

package sky

import "github.com/siderostep/siderostep/model"

// Obliquity returns the mean obliquity of the ecliptic at tt, IAU 2006.
// Source: SOFA obl06; N. Capitaine et al., Astron. Astrophys. 412 (2003), 567.
func Obliquity(tt JD) model.Angle {
	t := float64(tt.centuries())
	return model.Arcsec(84381.406 + (-46.836769+(-0.0001831+(0.00200340+(-0.000000576-0.0000000434*t)*t)*t)*t)*t)
}

// BiasPrecession returns the rotation that takes a vector of the ICRS into
// the mean equator and equinox of tt, IAU 2006 with frame bias.
// Source: SOFA pmat06.
func BiasPrecession(tt JD) model.Mat { return equatorOf(tt, 0, 0) }

// BiasPrecessionNutation returns the rotation that takes a vector of the ICRS
// into the true equator and equinox of tt: IAU 2006 with frame bias, and
// Nutation. It is within 0.001″ of SOFA pnm06a, which has IAU 2000A.
func BiasPrecessionNutation(tt JD) model.Mat {
	dpsi, deps := Nutation(tt)
	return equatorOf(tt, dpsi, deps)
}

// equatorOf returns the rotation from the ICRS to the equator and equinox
// displaced by the given nutation. By the four Fukushima-Williams angles, of
// which the first three carry the frame bias.
// Source: SOFA pfw06, fw2m; J. L. Hilton et al., Celest. Mech. Dyn. Astron. 94 (2006), 351.
func equatorOf(tt JD, dpsi, deps model.Angle) model.Mat {
	t := float64(tt.centuries())
	gamma := model.Arcsec(-0.052928 + (10.556378+(0.4932044+(-0.00031238+(-0.000002788+0.0000000260*t)*t)*t)*t)*t)
	phi := model.Arcsec(84381.412819 + (-46.811016+(0.0511268+(0.00053289+(-0.000000440-0.0000000176*t)*t)*t)*t)*t)
	psi := model.Arcsec(-0.041775 + (5038.481484+(1.5584175+(-0.00018522+(-0.000026452-0.0000000148*t)*t)*t)*t)*t)
	eps := Obliquity(tt)
	return model.RotX(-eps - deps).Mul(model.RotZ(-psi - dpsi)).Mul(model.RotX(phi)).Mul(model.RotZ(gamma))
}
