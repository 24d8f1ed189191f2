// SPDX-License-Identifier: GPL-3.0-or-later

package plant

import "math"

// The build of a rotor. Torques are in that of one winding fully on.
const (
	detentTorque   = 0.05
	frictionTorque = 0.02
	mobility       = 10000.0 // radians of the electrical cycle per second, at torque 1
	substep        = 0.1 / mobility
)

// rotor is a stepper's rotor: without inertia, so that its speed goes as the
// torque that is left by friction. n windings, evenly spaced around the
// electrical cycle of n full steps, pull it by the vector of their currents:
//
//	torque = iy·cos φ − ix·sin φ − detent·sin nφ
//
// A field straight against it leaves it where it is, held by friction. It
// follows up to some 6,000 full steps per second with one winding on.
type rotor struct {
	leads    []int // winding behind each line
	cos, sin []float64
	phase    float64 // radians of the electrical cycle, counted through
	travel   float64 // radians
	current  float64
	peak     float64
}

func newRotor(leads []int) rotor {
	r := rotor{leads: leads}
	for w := range leads {
		sin, cos := math.Sincos(2 * math.Pi * float64(w) / float64(len(leads)))
		r.cos, r.sin = append(r.cos, cos), append(r.sin, sin)
	}
	return r
}

// run turns the rotor under constant mean currents of its lines.
func (r *rotor) run(lines []float64, seconds float64) {
	var x, y float64
	r.current = 0
	for line, i := range lines {
		w := r.leads[line]
		x += i * r.cos[w]
		y += i * r.sin[w]
		r.current += i
	}
	r.peak = max(r.peak, r.current)
	for seconds > 0 {
		dt := min(seconds, substep)
		seconds -= dt
		sin, cos := math.Sincos(r.phase)
		torque := y*cos - x*sin - detentTorque*math.Sin(float64(len(r.leads))*r.phase)
		left := math.Abs(torque) - frictionTorque
		if left <= 1e-9 {
			return // at rest until the currents change
		}
		by := math.Copysign(left*mobility*dt, torque)
		r.phase += by
		r.travel += math.Abs(by)
	}
}

// truth returns the motor's figures.
func (r *rotor) truth() MotorTruth {
	perRadian := float64(len(r.leads)) / (2 * math.Pi)
	return MotorTruth{r.phase * perRadian, r.travel * perRadian, r.current, r.peak}
}
