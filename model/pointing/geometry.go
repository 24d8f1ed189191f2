// SPDX-License-Identifier: GPL-3.0-or-later

package pointing

import (
	"fmt"
	"strings"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
)

// Geometry says how the mount's axes stand.
type Geometry int

// The geometries. The zero Geometry is AltAz.
const (
	AltAz  Geometry = iota // axis Z vertical, axis A horizontal
	Fork                   // equatorial, reaches the whole sky on one side of the pole
	German                 // equatorial, changes its pier side at the meridian
)

var geometryNames = [...]string{AltAz: "altaz", Fork: "fork", German: "german"}

// String returns "altaz", "fork" or "german".
func (g Geometry) String() string {
	if g < 0 || int(g) >= len(geometryNames) {
		return fmt.Sprintf("Geometry(%d)", int(g))
	}
	return geometryNames[g]
}

// ParseGeometry is the inverse of String, whatever the case of the letters.
// Its error is fault.Invalid.
func ParseGeometry(s string) (Geometry, error) {
	for g, name := range geometryNames {
		if strings.EqualFold(s, name) {
			return Geometry(g), nil
		}
	}
	return AltAz, fault.New(fault.Invalid, "parse geometry", "%q is none of altaz, fork, german", s)
}

// Equatorial reports whether axis Z is parallel to the Earth's axis.
func (g Geometry) Equatorial() bool { return g == Fork || g == German }

// HasPierSide reports whether the mount meets a place of the sky in two ways.
func (g Geometry) HasPierSide() bool { return g == German }

// Attitude returns the attitude of a perfectly set-up mount at latitude lat.
func (g Geometry) Attitude(lat model.Angle) model.Mat {
	if g.Equatorial() {
		return EquatorialAttitude(lat)
	}
	return AltAzAttitude(lat)
}

// PierSide is the pointing state of a German mount: which of the two ways to
// reach a place is in use. It says nothing about where the tube hangs.
type PierSide int

// The pier sides. The zero PierSide is Normal, the only one of an alt-az or
// fork mount. Functions of this package take PierUnknown for Normal.
const (
	PierUnknown PierSide = iota - 1
	Normal               // axis A short of the mount's pole; ASCOM pierEast (0), the original's "not flipped"
	Through              // axis A through the pole; ASCOM pierWest (1), the original's "flipped"
)

// String returns "normal", "through" or "unknown".
func (p PierSide) String() string {
	switch p {
	case Normal:
		return "normal"
	case Through:
		return "through"
	default:
		return "unknown"
	}
}

// Other returns the opposite side; the opposite of PierUnknown is PierUnknown.
func (p PierSide) Other() PierSide {
	switch p {
	case Normal:
		return Through
	case Through:
		return Normal
	default:
		return PierUnknown
	}
}
