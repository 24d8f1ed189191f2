// SPDX-License-Identifier: GPL-3.0-or-later

package sim

import "math"

// mirror is the flat of a siderostat. The primary axis turns its cradle, the
// secondary tilts it; a gear of two to one lets the secondary count the
// motion of the sight and not of the mirror. The telescope looks down at it
// along the primary axis, and never moves.
type mirror struct {
	line   vec // along which the telescope looks
	camera vec // the top of its field, without the mirror
}

// look returns the direction in which the telescope looks by way of the
// mirror, and what its camera sees at the top of the field. The cradle turns
// the mirror from ahead to head; askance is by how much the sight would miss
// the plane of the cradle if the mirror faced the telescope squarely.
func (m *mirror) look(ahead, head vec, a, askance float64) (sight, top vec) {
	// Halfway between the sight and the way back to the telescope.
	sin, cos := math.Sincos((a + math.Pi/2) / 2)
	normal := ahead.times(cos).plus(sin, head)
	edge := head.times(cos).plus(-sin, ahead)
	normal = normal.about(edge, askance/2)
	return reflected(m.line, normal), reflected(m.camera, normal)
}

// reflected returns v as a mirror sends it back.
func reflected(v, normal vec) vec { return v.plus(-2*v.dot(normal), normal) }
