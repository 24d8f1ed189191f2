// SPDX-License-Identifier: GPL-3.0-or-later

package sim

import (
	"math"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/model"
)

// GuideOffset returns where a star stands from the centre of the field: to the
// east (right ascension × cos δ) and to the north. star is an apparent place
// of date, unrefracted. It is the exact offset on the plane that touches the
// sky at the centre.
func (b *Bench) GuideOffset(star model.Equatorial, at driver.Instant) (raCosDec, dec model.Angle) {
	b.mu.Lock()
	defer b.mu.Unlock()
	t := b.truth(at)
	return offset(star, t.Equatorial)
}

func offset(star, centre model.Equatorial) (raCosDec, dec model.Angle) {
	sinS, cosS := math.Sincos(float64(star.Dec))
	sinC, cosC := math.Sincos(float64(centre.Dec))
	sinD, cosD := math.Sincos(float64(star.RA - centre.RA))
	depth := sinS*sinC + cosS*cosC*cosD
	return model.Angle(cosS * sinD / depth), model.Angle((sinS*cosC - cosS*sinC*cosD) / depth)
}

// CameraOffset returns where a star appears on the guide camera: x to the
// right and y up as the camera sees the sky (with north up, east is left, but
// right by way of a siderostat's mirror), in angle on the sky, with the noise
// of its centroid.
func (b *Bench) CameraOffset(star model.Equatorial, at driver.Instant) (x, y model.Angle) {
	b.mu.Lock()
	defer b.mu.Unlock()
	t := b.truth(at)
	e, n := offset(star, t.Equatorial)
	sin, cos := t.Field.SinCos()
	noiseX, noiseY := normal(b.rig.Seed, t.At)
	rms := b.cfg.CentroidArcsec * arcsec
	x = n.Mul(sin) - e.Mul(cos) + model.Angle(rms*noiseX)
	if b.stand.mirror != nil {
		x = -x
	}
	y = n.Mul(cos) + e.Mul(sin) + model.Angle(rms*noiseY)
	return x, y
}
