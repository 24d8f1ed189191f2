// SPDX-License-Identifier: GPL-3.0-or-later

package pointing

import (
	"math"

	"github.com/siderostep/siderostep/model"
)

// Correction is a further layer between the ideal axes of Z1, Z2 and what the
// axes read: linear terms (flexure, centring, …), axis tables, a map of
// residuals.
type Correction interface {
	// At returns true minus raw at the given axes, those of the layer's sky
	// side. It must be a pure function, smooth, small (a few degrees at
	// most) and have the period of a turn in both axes.
	At(axes model.Axes) model.Axes
}

// Reader is a Correction that goes by what the axes read, so that its inverse
// is direct.
type Reader interface {
	Correction

	// Wrong returns raw minus true when the axes read raw: At at raw less
	// Wrong is minus Wrong.
	Wrong(raw model.Axes) model.Axes
}

// layer is a correction with its direct inverse, if it has one.
type layer struct {
	Correction
	reader Reader // or nil
}

const (
	correctionPasses = 12    // of the fixed point; two or three serve for terms below 1°
	correctionClosed = 1e-13 // radians, 2e-8″: a fiftieth of what a round trip may be off
)

// remove returns the sky-side axes that l turns into raw: directly, or by
// fixed point.
func (l *layer) remove(raw model.Axes) model.Axes {
	if l.reader != nil {
		return raw.Sub(l.reader.Wrong(raw))
	}
	d := l.At(raw)
	axes := raw.Add(d)
	before, slowest := length(d), 0.0
	for range correctionPasses {
		next := raw.Add(l.At(axes))
		size := length(next.Sub(axes))
		axes = next
		// The steps shrink geometrically: what is left is the sum of the rest.
		slowest = max(slowest, size/before)
		if size < correctionClosed || slowest < 0.5 && size*slowest < correctionClosed/2 {
			break
		}
		before = size
	}
	return axes
}

func length(d model.Axes) float64 { return math.Abs(float64(d.Z)) + math.Abs(float64(d.A)) }
