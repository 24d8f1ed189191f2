// SPDX-License-Identifier: GPL-3.0-or-later

package pointing

import "github.com/siderostep/siderostep/model"

// Correction is a further layer between the ideal axes of Z1, Z2 and what the
// axes read: linear terms (flexure, centring, …), axis tables, a map of
// residuals.
type Correction interface {
	// At returns true minus raw at the given axes, those of the layer's sky
	// side. It must be a pure function, smooth, small (a few degrees at
	// most) and have the period of a turn in both axes.
	At(axes model.Axes) model.Axes
}

const (
	correctionPasses = 12    // of the fixed point; two or three serve for terms below 1°
	correctionClosed = 1e-14 // radians, well below the 1e-6″ to which a round trip closes
)

// removeCorrection returns the sky-side axes that c turns into raw, by fixed
// point.
func removeCorrection(c Correction, raw model.Axes) model.Axes {
	axes := raw.Add(c.At(raw))
	for range correctionPasses {
		next := raw.Add(c.At(axes))
		d := next.Sub(axes)
		axes = next
		if d.Z.Abs() < correctionClosed && d.A.Abs() < correctionClosed {
			break
		}
	}
	return axes
}
