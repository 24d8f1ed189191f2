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
	AltAz      Geometry = iota // axis Z vertical, axis A horizontal
	Fork                       // equatorial, reaches the whole sky on one side of the pole
	German                     // equatorial, changes its pier side at the meridian
	Siderostat                 // a flat mirror on vertical axis Z feeds a telescope that stands still; its axis A goes beyond the zenith
	AltAlt                     // axis Z level, to the horizon below the celestial pole; no trouble at the zenith
)

var geometryNames = [...]string{AltAz: "altaz", Fork: "fork", German: "german", Siderostat: "siderostat", AltAlt: "altalt"}

// Geometries returns all of them.
func Geometries() []Geometry { return []Geometry{AltAz, Fork, German, Siderostat, AltAlt} }

// String returns "altaz", "fork", "german", "siderostat" or "altalt".
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
	return AltAz, fault.New(fault.Invalid, "parse geometry", "%q is none of %s", s, strings.Join(geometryNames[:], ", "))
}

// Equatorial reports whether axis Z is parallel to the Earth's axis.
func (g Geometry) Equatorial() bool { return g == Fork || g == German }

// HasPierSide reports whether the mount has pier sides to tell of.
func (g Geometry) HasPierSide() bool { return g == German }

// TwoWays reports whether the mount meets places of the sky in two ways, so
// that one must be chosen.
func (g Geometry) TwoWays() bool { return g == German || g == Siderostat }

// Attitude returns the attitude of a perfectly set-up mount at latitude lat.
func (g Geometry) Attitude(lat model.Angle) model.Mat {
	switch {
	case g.Equatorial():
		return EquatorialAttitude(lat)
	case g == AltAlt && lat < 0:
		return AltAltAttitude(lat, model.HalfTurn)
	case g == AltAlt:
		return AltAltAttitude(lat, 0)
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
