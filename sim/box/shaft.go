// SPDX-License-Identifier: GPL-3.0-or-later

package box

import (
	"math"

	"github.com/siderostep/siderostep/model"
)

// shaft is an incremental encoder on an axis, and the counter in its box.
type shaft struct {
	counts   int         // of the encoder, per turn of the axis
	reversed bool        // counts down as the angle grows
	slip     model.Angle // by which the encoder has turned without the axis
	zero     int64       // where the counter stands at zero
}

// edges returns the counts from the angle zero on.
func (s *shaft) edges(angle model.Angle) int64 {
	turns := (angle + s.slip).Radians() / model.Turn.Radians()
	if s.reversed {
		turns = -turns
	}
	return int64(math.Floor(turns * float64(s.counts)))
}

// count returns the counter, unlimited.
func (s *shaft) count(angle model.Angle) int64 { return s.edges(angle) - s.zero }

// unsigned returns a count as a box keeps it that counts 0 … size−1.
func unsigned(n, size int64) int64 {
	if size <= 0 {
		return 0
	}
	return (n%size + size) % size
}

// signed returns a count as a box keeps it that counts from −size/2 on.
func signed(n, size int64) int64 {
	half := size / 2
	return unsigned(n+half, size) - half
}
