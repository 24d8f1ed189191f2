// SPDX-License-Identifier: GPL-3.0-or-later

package sim

import "math"

// gear is what stands between one motor and its axis. Positions before it are
// in full steps of the motor, angles after it in radians of the axis.
type gear struct {
	step float64 // axis angle of a full step as it really is, radians

	play float64 // backlash, full steps

	worm         float64 // full steps per turn of the worm
	wormError    [2]float64
	wormPhase    [2]float64
	wobble       float64 // eccentricity of the last gear, radians
	wobblePhase  float64
	slip         float64 // by which the clutch has let the axis turn
	low, high    float64 // limit switches; equal: none
	hasSwitches  bool
	countsPerRev float64
}

func newGear(c *Gear, d Drive, encoderCounts int) gear {
	real := float64(d.FullStep) * (1 + c.StepErrorPpm*1e-6)
	deg := math.Pi / 180
	return gear{
		step:         real,
		play:         c.BacklashArcsec * arcsec / math.Abs(real),
		worm:         c.WormFullSteps,
		wormError:    [2]float64{c.WormErrorArcsec * arcsec, c.WormError2Arcsec * arcsec},
		wormPhase:    [2]float64{c.WormPhaseDeg * deg, c.WormPhase2Deg * deg},
		wobble:       c.EccentricityArcsec * arcsec,
		wobblePhase:  c.EccentricityPhaseDeg * deg,
		low:          c.SwitchLowDeg * deg,
		high:         c.SwitchHighDeg * deg,
		hasSwitches:  c.SwitchLowDeg != c.SwitchHighDeg,
		countsPerRev: float64(encoderCounts),
	}
}

// mesh returns where the driven side of the play stands, in full steps, once
// the rotor has come to x, having stood at y before. Driven clockwise the two
// are equal; driven counter-clockwise the driven side stays behind by the play.
func (g *gear) mesh(y, x float64) float64 { return min(max(y, x), x+g.play) }

// axis returns the axis angle, in radians, with the driven side at y.
func (g *gear) axis(y float64) float64 {
	phase := 2 * math.Pi * y / g.worm
	worm := g.wormError[0]*math.Sin(phase+g.wormPhase[0]) + g.wormError[1]*math.Sin(2*phase+g.wormPhase[1])
	angle := y*g.step + worm
	return angle + g.wobble*math.Sin(angle+g.wobblePhase) + g.slip
}

// driven returns the y of which angle is the axis angle.
func (g *gear) driven(angle float64) float64 {
	y := (angle - g.slip) / g.step
	for range 60 {
		miss := (angle - g.axis(y)) / g.step
		y += miss
		if math.Abs(miss) < 1e-9 {
			break
		}
	}
	return y
}
