// SPDX-License-Identifier: GPL-3.0-or-later

package focus

import (
	"fmt"
	"math"

	"github.com/siderostep/siderostep/fault"
)

// BlindIncrement is the number of steps to begin with when nothing was
// measured; NextIncrement then doubles or halves it.
const BlindIncrement = 200

// P2 is well chosen where the image is this many times as large as at best
// focus.
const (
	LeastSpan = 3.0
	MostSpan  = 5.0
)

// Increment returns by how many steps an autofocus program should move between
// exposures, so that its points reach from P2 through best focus P1 to as far
// on the other side: |P2 − P1|/((points − 1)/2), at least 1. It returns
// fault.Invalid for equal positions, and for a number of points that is not
// odd and 3 or more: an even number has no middle.
func Increment(p1, p2, points int) (int, error) {
	switch {
	case points < 3 || points%2 == 0:
		return 0, fault.New(fault.Invalid, opIncrement, "%d data points; an odd number is accepted, 3 or more", points)
	case p1 == p2:
		return 0, fault.New(fault.Invalid, opIncrement, "both positions are %d; P2 must be out of focus", p1)
	}
	steps := math.Abs(float64(p2)-float64(p1)) / float64((points-1)/2)
	return max(1, int(math.Round(steps))), nil
}

// SpanAdvice returns what is wrong with P2 when the image there is hfr2, and
// hfr1 at best focus; "" when it is 3 to 5 times as large, as it should be. It
// returns fault.Invalid for sizes that are not above 0.
func SpanAdvice(hfr1, hfr2 float64) (string, error) {
	if !(hfr1 > 0) || !(hfr2 > 0) || math.IsInf(hfr1, 0) || math.IsInf(hfr2, 0) {
		return "", fault.New(fault.Invalid, opIncrement, "half flux radii %v and %v; both must be above 0", hfr1, hfr2)
	}
	switch k := hfr2 / hfr1; {
	case k < LeastSpan:
		return fmt.Sprintf("at P2 the image is %.1f times as large as in focus: move further out, to %.0f to %.0f times", k, LeastSpan, MostSpan), nil
	case k > MostSpan:
		return fmt.Sprintf("at P2 the image is %.1f times as large as in focus: move back, to %.0f to %.0f times", k, LeastSpan, MostSpan), nil
	}
	return "", nil
}

// NextIncrement returns what to try after an autofocus run with an increment
// whose outermost image was k times as large as the best: twice as much where
// the image hardly changed, half as much where it changed too much, and the
// same where k is 3 to 5. It returns fault.Invalid unless increment is 1 or
// more and k is 1 or more.
func NextIncrement(increment int, k float64) (int, error) {
	if increment < 1 || !(k >= 1) || math.IsInf(k, 0) {
		return 0, fault.New(fault.Invalid, opIncrement, "increment %d, image %v times as large; both must be 1 or more", increment, k)
	}
	switch {
	case k < LeastSpan:
		return increment * 2, nil
	case k > MostSpan:
		return max(1, increment/2), nil
	}
	return increment, nil
}
