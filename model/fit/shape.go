// SPDX-License-Identifier: GPL-3.0-or-later

package fit

import "github.com/siderostep/siderostep/model"

// Shape is a set of places that the manual gives for measuring one fault.
type Shape int

// The shapes.
const (
	TwoStar Shape = iota // a portable telescope's set-up, good for Z3
	Column               // one azimuth, from low to high: Z1, Z2, and a wrong step size
	Ring                 // one altitude, all round: ALTAZEC, AZAZEC
	Grid                 // places 30° apart: PMC
)

// Places returns the places of a shape, in its order, above the altitude
// lowest.
func (s Shape) Places(lowest model.Angle) []model.Horizontal {
	var out []model.Horizontal
	add := func(az, alt float64) {
		if a := model.Degrees(alt); a >= lowest {
			out = append(out, model.Horizontal{Az: model.Degrees(az), Alt: a})
		}
	}
	switch s {
	case TwoStar:
		add(200, 30)
		add(320, 30)
	case Column:
		for _, alt := range []float64{25, 40, 55, 70} {
			add(180, alt)
		}
	case Ring:
		for az := 0.0; az < 360; az += 5 {
			add(az, 45)
		}
	case Grid:
		// Back and forth, closer in azimuth the lower they are.
		for i, alt := range []float64{15, 45, 75} {
			n := []float64{12, 8, 3}[i]
			for k := range int(n) {
				az := 360 / n * float64(k)
				if i%2 == 1 {
					az = 360 - 360/n*float64(k+1)
				}
				add(az, alt)
			}
		}
	}
	return out
}
