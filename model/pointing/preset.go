// SPDX-License-Identifier: GPL-3.0-or-later

package pointing

import "github.com/siderostep/siderostep/model"

// EquatorialAttitude returns the attitude of an equatorial mount polar
// aligned at latitude lat: north of the equator Z = hour angle and
// A = declination, south of it Z = −hour angle and A = −declination, for its
// pole is the elevated one.
func EquatorialAttitude(lat model.Angle) model.Mat {
	if lat < 0 {
		return model.Mat{{1, 0, 0}, {0, -1, 0}, {0, 0, -1}}
	}
	return model.Identity()
}

// AltAzAttitude returns the attitude of a level alt-azimuth mount at latitude
// lat: Z = azimuth from north through east, A = altitude.
func AltAzAttitude(lat model.Angle) model.Mat {
	sin, cos := lat.SinCos()
	return model.Mat{
		{-sin, 0, cos},
		{0, -1, 0},
		{cos, 0, sin},
	}
}

// AltAltAttitude returns the attitude of an altitude-altitude mount at
// latitude lat whose primary axis points to the horizon at azimuth axis.
// Z and A are 0 at the zenith; Z grows clockwise seen from that horizon point.
func AltAltAttitude(lat, axis model.Angle) model.Mat {
	pole := model.Horizontal{Az: axis}.Vector()
	zenith := model.Vec{0, 0, 1}
	return model.Mat{zenith, pole.Cross(zenith), pole}.Mul(model.EquatorialToENU(lat))
}
