// SPDX-License-Identifier: GPL-3.0-or-later

package focus

import (
	"slices"

	"github.com/siderostep/siderostep/fault"
)

// Findings are the measurements made so far. They are a value: what adds to
// them returns new ones, so that others may go on to read the old.
type Findings struct {
	Spacers []Spacer `json:"spacers,omitempty"`
	Points  []Point  `json:"points,omitempty"`
}

// MostFindings is how many measurements of a kind are kept.
const MostFindings = 200

// WithSpacer adds a measurement of the step size. It returns fault.Invalid for
// one that tells nothing, and fault.Full when there are MostFindings.
func (f Findings) WithSpacer(m Spacer) (Findings, error) {
	if _, err := m.StepUM(); err != nil {
		return f, err
	}
	if len(f.Spacers) >= MostFindings {
		return f, full(opStep)
	}
	f.Spacers = append(slices.Clip(f.Spacers), m)
	return f, nil
}

// WithPoint adds the size of an image, with the errors of WithSpacer.
func (f Findings) WithPoint(p Point) (Findings, error) {
	if err := p.check(); err != nil {
		return f, err
	}
	if len(f.Points) >= MostFindings {
		return f, full(opCurve)
	}
	f.Points = append(slices.Clip(f.Points), p)
	return f, nil
}

func full(op string) error {
	return fault.New(fault.Full, op, "%d measurements are kept already; clear them to begin anew", MostFindings)
}

// StepSize returns the step size of all measurements; see StepSize.
func (f Findings) StepSize() (Estimate, error) { return StepSize(f.Spacers) }

// Curve returns the focus curve of all points; see Fit.
func (f Findings) Curve() (Curve, error) { return Fit(f.Points) }

// Increment returns the increment of an autofocus run of so many points that
// reaches to where the image is k times as large as in focus, by the curve of
// all points. It returns the errors of Fit and Increment, and fault.Invalid
// for k outside 3 to 5.
func (f Findings) Increment(k float64, points int) (int, error) {
	if !(k >= LeastSpan && k <= MostSpan) {
		return 0, fault.New(fault.Invalid, opIncrement, "to %v times the size in focus; %.0f to %.0f is accepted", k, LeastSpan, MostSpan)
	}
	c, err := f.Curve()
	if err != nil {
		return 0, err
	}
	return Increment(0, max(1, int(c.Span(k)+0.5)), points)
}
