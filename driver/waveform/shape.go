// SPDX-License-Identifier: GPL-3.0-or-later

package waveform

import "math"

// Shapes of computed tables.
const (
	// Manual gives the lesser winding √(k/(ms−k)) of the greater at microstep
	// k of the first half step: the rotor's place goes with the square of the
	// ratio, a start for windings on a voltage.
	// Source: Scope II manual, "PWM values"; stepper-core §1.2.
	Manual = "manual"

	// Tangent gives the two windings the ratio of an ideal motor, whose rotor
	// points along the sum of their fields, the greater at full current.
	Tangent = "tangent"

	// Sine gives them that ratio with a sum of constant length, so the same
	// torque at all microsteps: cos and sin for 4 windings.
	Sine = "sine"
)

// Columns returns the counts for the winding being left and the one being
// approached, microstep by microstep: c's own, or computed ones where c has
// none. c must be valid.
func (c Config) Columns() (leaving, approaching []int) {
	leaving, approaching = c.Leaving, c.Approaching
	if len(leaving) == 0 {
		leaving = c.computed()
	}
	if len(approaching) == 0 {
		approaching = mirrored(leaving)
	}
	return leaving, approaching
}

// computed returns the first column of a table for a motor nobody has
// measured yet.
func (c *Config) computed() []int {
	current := c.current()
	counts := make([]int, c.Microsteps)
	for k := range counts {
		above := float64(c.Slots-c.Dead) * current(float64(c.Microsteps-k)/float64(c.Microsteps))
		counts[k] = c.Dead + int(math.Round(above))
	}
	return counts
}

// current returns the function that gives the current of a winding, 0 to 1, at
// a distance of 1−f full steps from the rotor, f above 0, to 1.
func (c *Config) current() func(f float64) float64 {
	between := 2 * math.Pi / float64(c.Windings) // electrical angle of two windings
	switch c.Shape {
	case Tangent:
		return func(f float64) float64 {
			return min(1, math.Sin(f*between)/math.Sin((1-f)*between))
		}
	case Sine:
		return func(f float64) float64 { return math.Sin(f*between) / math.Sin(between) }
	}
	return func(f float64) float64 { return min(1, math.Sqrt(f/(1-f))) }
}

// mirrored returns the second column of a one-column table.
func mirrored(leaving []int) []int {
	approaching := make([]int, len(leaving))
	for k := 1; k < len(leaving); k++ {
		approaching[k] = leaving[len(leaving)-k]
	}
	return approaching
}
