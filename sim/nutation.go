// SPDX-License-Identifier: GPL-3.0-or-later

package sim

import "math"

// wobble is one term of the nutation in longitude: multiples of the Moon's
// anomaly l, the Sun's anomaly l′, F = L − Ω, the elongation D and the node Ω,
// and the coefficients of the sine (with its change per century) and cosine,
// in units of 0.1 microarcsecond.
type wobble struct {
	l, lp, f, d, om float64
	sin, sinT, cos  float64
}

// The terms above 1.5 mas of the IAU 2000B series (McCarthy and Luzum 2003).
// The rest adds up to some 10 mas at the very most.
var wobbles = [...]wobble{
	{0, 0, 0, 0, 1, -172064161, -174666, 33386},
	{0, 0, 2, -2, 2, -13170906, -1675, -13696},
	{0, 0, 2, 0, 2, -2276413, -234, 2796},
	{0, 0, 0, 0, 2, 2074554, 207, -698},
	{0, 1, 0, 0, 0, 1475877, -3633, 11817},
	{0, 1, 2, -2, 2, -516821, 1226, -524},
	{1, 0, 0, 0, 0, 711159, 73, -872},
	{0, 0, 2, 0, 1, -387298, -367, 380},
	{1, 0, 2, 0, 2, -301461, -36, 816},
	{0, -1, 2, -2, 2, 215829, -494, 111},
	{0, 0, 2, -2, 1, 128227, 137, 181},
	{-1, 0, 2, 0, 2, 123457, 11, 19},
	{-1, 0, 0, 2, 0, 156994, 10, -168},
	{1, 0, 0, 0, 1, 63110, 63, 27},
	{-1, 0, 0, 0, 1, -57976, -63, -189},
	{-1, 0, 2, 2, 2, -59641, -11, 149},
	{1, 0, 2, 0, 1, -51613, -42, 129},
	{-2, 0, 2, 0, 1, 45893, 50, 31},
	{0, 0, 0, 2, 0, 63384, 11, -150},
	{0, 0, 2, 2, 2, -38571, -1, 158},
	{0, -2, 2, -2, 2, 32481, 0, 0},
	{-2, 0, 0, 2, 0, -47722, 0, -18},
	{2, 0, 2, 0, 2, -31046, -1, 131},
	{1, 0, 2, -2, 2, 28593, 0, -1},
	{-1, 0, 2, 0, 1, 20441, 21, 10},
	{2, 0, 0, 0, 0, 29243, 0, -74},
	{0, 0, 2, 0, 0, 25887, 0, -66},
	{0, 1, 0, 0, 1, -14053, -25, 79},
	{-1, 0, 0, 2, 1, 15164, 10, 11},
	{0, 2, 2, -2, 2, -15794, 72, -16},
	{0, 0, -2, 2, 0, 21783, 0, 13},
}

// nutationInLongitude returns Δψ in radians at t Julian centuries of TT from
// J2000.0.
func nutationInLongitude(t float64) float64 {
	l := (485868.249036 + 1717915923.2178*t) * arcsec
	lp := (1287104.79305 + 129596581.0481*t) * arcsec
	f := (335779.526232 + 1739527262.8478*t) * arcsec
	d := (1072260.70369 + 1602961601.2090*t) * arcsec
	om := (450160.398036 - 6962890.5431*t) * arcsec
	var sum float64
	for i := range wobbles {
		w := &wobbles[i]
		sin, cos := math.Sincos(math.Remainder(w.l*l+w.lp*lp+w.f*f+w.d*d+w.om*om, 2*math.Pi))
		sum += (w.sin+w.sinT*t)*sin + w.cos*cos
	}
	return (sum*1e-7 - 0.000135) * arcsec
}

// equationOfEquinoxes returns apparent minus mean sidereal time, in radians,
// at a number of days from 2000 January 1.5. Besides the nutation along the
// equator it holds the two larger of its complementary terms.
func equationOfEquinoxes(days float64) float64 {
	t := (days + ttMinusUTC/86400) / century
	obliquity := (84381.406 - 46.836769*t) * arcsec
	om := (450160.398036 - 6962890.5431*t) * arcsec
	return nutationInLongitude(t)*math.Cos(obliquity) +
		(0.00264096*math.Sin(om)+0.00006352*math.Sin(2*om))*arcsec
}
