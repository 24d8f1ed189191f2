// SPDX-License-Identifier: GPL-3.0-or-later

package sim

import (
	"math"

	"github.com/siderostep/siderostep/driver"
)

// motor is the build of a stepper: constants of its equation of motion.
//
// A hybrid stepper is a synchronous machine with four full steps to the
// electrical cycle. Two phases, a against a− and b against b−, pull the rotor
// towards the direction of their currents:
//
//	torque = stiff·(iβ·cos φ − iα·sin φ) − detent·sin 4φ − load ∓ friction
//
// with φ = x·90°, x in full steps. The currents follow the voltages with the
// winding's time constant, less what the turning rotor induces, and the iron
// loses more the faster it turns; so torque falls with speed, and above the
// pull-out speed the rotor slips by whole cycles. An inertia damper (a disc that viscously follows the rotor) takes
// out what rings.
//
// All torques are divided by the rotor's inertia: full steps per second².
type motor struct {
	stiff    float64 // at the current of one winding fully on
	detent   float64
	friction float64 // standing and sliding alike
	load     float64 // a constant pull counter-clockwise (imbalance)
	induced  float64 // voltage (1 = supply) per full step per second
	iron     float64 // losses that grow with speed, per full step per second
	tau      float64 // seconds: inductance over resistance
	damper   float64 // per second: rate at which disc and rotor agree
	disc     float64 // inertia of the disc over that of the rotor

	coarse, fine float64 // substeps, seconds
}

func newMotor(c *Motor) motor {
	omega := 2 * math.Pi * c.NaturalFrequencyHz
	stiff := omega * omega * 2 / math.Pi
	tau := c.WindingTimeConstantMs * 1e-3
	// At the unloaded pull-out speed no torque is left. What the lagging
	// current would give there is eaten half by the voltage that the rotor
	// induces, half by losses in the iron, which grow with speed.
	const harmonic = 1.1765 // 4/π·cos 22.5°: first harmonic of a half-step sequence
	fastest := c.PullOutHalfStepsPerS / 2
	lag := math.Hypot(1, fastest*math.Pi/2*tau) // of the current at that speed
	induced := harmonic * lag / fastest / 2
	iron := harmonic / lag / fastest / 2
	// Coarse substeps resolve the ringing 20-fold and what drags on the rotor;
	// fine ones follow half steps at 10,000 per second.
	coarse := min(500e-6, 0.3/omega, 0.3/(stiff*(induced+iron)))
	return motor{
		stiff:    stiff,
		detent:   stiff * c.DetentPercent / 100,
		friction: stiff * c.FrictionPercent / 100,
		load:     stiff * c.LoadPercent / 100,
		induced:  induced,
		iron:     stiff * iron,
		tau:      tau,
		damper:   0.58 * omega * 2, // the best a disc of equal inertia can do (Lanchester)
		disc:     1,
		coarse:   coarse,
		fine:     min(40e-6, coarse),
	}
}

// rotor is the moving state of one motor.
type rotor struct {
	x    float64        // full steps, clockwise positive; windings a, b, a−, b− pull to 0, 1, 2, 3
	v    float64        // full steps per second
	disc float64        // speed of the damper's disc, full steps per second
	y    float64        // driven side of the gear's play, full steps
	i    [2]float64     // phase currents; 1 is one winding fully on
	u    [2]float64     // phase currents that the pattern asks for
	on   [2]float64     // share of time in which a phase is connected
	at   driver.Instant // instant of this state
	rest bool           // nothing will change before the pattern does

	field float64 // full steps: where the pattern pulls, counted through
	known bool    // field has been set since power-on
	power float64 // sum of the winding currents
}

// slow is the speed, in full steps per second, up to which a coarse substep is
// enough: a tenth of a full step.
const slow = 200.0

// energise puts new phase currents on the rotor from its present instant on.
func (r *rotor) energise(f force) {
	r.power = f.power
	if r.u == f.u && r.on == f.on {
		return
	}
	r.u, r.on, r.rest = f.u, f.on, false
	if math.Abs(f.u[0])+math.Abs(f.u[1]) < 1e-9 {
		return // no direction: the count of cycles is kept
	}
	if !r.known {
		r.field, r.known = r.x, true
	}
	r.field += math.Remainder(math.Atan2(f.u[1], f.u[0])*2/math.Pi-r.field, 4)
}

// lost returns by how many full steps the rotor has slipped from the field
// that drives it: whole cycles of four.
func (r *rotor) lost() int64 {
	if !r.known {
		return 0
	}
	return 4 * int64(math.Round((r.x-r.field)/4))
}

// advance moves the rotor on to instant t.
func (r *rotor) advance(m *motor, g *gear, t driver.Instant) {
	if t <= r.at {
		return
	}
	left := float64(t-r.at) * 1e-9
	r.at = t
	if r.rest {
		return
	}
	for left > 0 {
		largest := m.coarse
		if math.Abs(r.v) > slow || r.known && math.Abs(r.x-r.field) > 0.7 {
			largest = m.fine
		}
		n := max(1, int(math.Ceil(left/largest)))
		dt := left / float64(n)
		n = min(n, 8)
		if r.run(m, g, dt, n) {
			return
		}
		left -= dt * float64(n)
		if left < 1e-12 {
			return
		}
	}
}

// run makes n substeps of dt seconds; it reports true when the rotor has come
// to rest.
//
// Half a drift, a kick, half a drift: the leapfrog keeps the energy of a
// ringing rotor. Currents and damper relax exactly within the substep, and
// friction takes at most the speed there is, so nothing here can blow up.
func (r *rotor) run(m *motor, g *gear, dt float64, n int) bool {
	keep := math.Exp(-dt / m.tau)
	mean := (1 - keep) * m.tau / dt // weight of the old current in its mean over dt
	share := (1 - math.Exp(-m.damper*dt)) / (1 + m.disc)
	brake := m.friction * dt
	for range n {
		r.x += r.v * dt / 2
		sin, cos := quarterSinCos(r.x)
		t0 := r.u[0] + r.on[0]*m.induced*r.v*sin
		t1 := r.u[1] - r.on[1]*m.induced*r.v*cos
		d0, d1 := r.i[0]-t0, r.i[1]-t1
		r.i[0], r.i[1] = t0+d0*keep, t1+d1*keep
		sin2, cos2 := 2*sin*cos, cos*cos-sin*sin
		pull := m.stiff*((t1+d1*mean)*cos-(t0+d0*mean)*sin) - m.detent*2*sin2*cos2 - m.iron*r.v - m.load
		slip := r.v - r.disc
		r.disc += slip * share
		v := r.v - slip*share*m.disc + pull*dt
		switch {
		case v > brake:
			v -= brake
		case v < -brake:
			v += brake
		default:
			v = 0
		}
		r.v = v
		r.x += v * dt / 2
		r.y = g.mesh(r.y, r.x)
		if v == 0 && math.Abs(pull) <= m.friction && math.Abs(d0)+math.Abs(d1) < 1e-4 && math.Abs(r.disc) < 0.05 {
			r.rest, r.disc, r.i = true, 0, r.u
			return true
		}
	}
	return false
}

// quarterSinCos returns sine and cosine of x·90°, good to 2e-10: a quarter of
// the cost of the general function, which is most of a substep.
func quarterSinCos(x float64) (sin, cos float64) {
	n := math.Floor(x + 0.5)
	p := (x - n) * (math.Pi / 2) // ±π/4
	q := p * p
	s := p * (1 + q*(-1.0/6+q*(1.0/120+q*(-1.0/5040+q*(1.0/362880-q/39916800)))))
	c := 1 + q*(-0.5+q*(1.0/24+q*(-1.0/720+q*(1.0/40320-q/3628800))))
	switch int64(n) & 3 {
	case 1:
		return c, -s
	case 2:
		return -s, -c
	case 3:
		return -c, s
	}
	return s, c
}
