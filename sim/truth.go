// SPDX-License-Identifier: GPL-3.0-or-later

package sim

import (
	"time"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/model"
)

// MotorTruth is what one motor really does.
type MotorTruth struct {
	RotorFullSteps float64 // where the rotor stands
	RotorRate      float64 // full steps per second
	FieldFullSteps float64 // where the windings pull it, turns counted through
	LostFullSteps  int64   // slipped since power-on: a multiple of 4; positive: too far clockwise
	Energised      bool    // any current flows
	Current        float64 // sum of the winding currents; 1 is one winding fully on
	TakenUp        float64 // of the backlash, 0 (clockwise) to 1 (counter-clockwise)
}

// Truth is the state of the world at one instant. The controller never sees
// it; tests, benchmarks and the simulator's panel do.
type Truth struct {
	At  driver.Instant
	UTC time.Time
	LST model.Angle // local apparent sidereal time, [0, 2π)

	Z, A  MotorTruth
	Motor model.Axes // the rotors, in nominal steps from the zeros of the axes
	Axes  model.Axes // where the axes stand, behind step error, backlash, worm and eccentricity

	Observed   model.Horizontal // direction of the tube
	Horizontal model.Horizontal // unrefracted place of the star in its centre
	HourDec    model.HourDec    // the same on the turning sky, unrefracted
	Equatorial model.Equatorial // the same, true equator and equinox of date, topocentric

	Field        model.Angle // sky position angle (north through east) of the camera's up, [0, 2π)
	RotatorAngle model.Angle // camera up from tube up, counter-clockwise looking at the sky
	RotatorLost  int64       // pulses that came too fast

	FocusSteps   int64   // pulses outward from the inner stop, made by the motor
	FocusMicrons float64 // where the drawtube really stands
	FocusError   float64 // µm from best focus at this temperature, outward positive
	FocusLost    int64   // pulses that came too fast
	TemperatureC float64
}

// Truth returns the state of the world at an instant, or at the latest event
// if that is later (see Truth.At). It supposes that the windings stay as they
// are; a pattern played later may still come before the instant.
func (b *Bench) Truth(at driver.Instant) Truth {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.truth(at)
}

func (b *Bench) truth(at driver.Instant) Truth {
	at = b.look(at)
	z, a := b.later(AxisZ, at), b.later(AxisA, at)
	t := Truth{
		At:  at,
		UTC: b.rig.Epoch.Add(time.Duration(at)),
		Z:   b.motorTruth(AxisZ, &z),
		A:   b.motorTruth(AxisA, &a),
		Motor: model.Axes{
			Z: model.Angle(z.x * b.train[AxisZ].step),
			A: model.Angle(a.x * b.train[AxisA].step),
		},
		Axes: model.Axes{
			Z: model.Angle(b.train[AxisZ].gear.axis(z.y)),
			A: model.Angle(b.train[AxisA].gear.axis(a.y)),
		},
		RotatorAngle: b.rig.Rotator.Start - model.Angle(b.rotator.moved),
		RotatorLost:  b.rotator.lost,
		FocusSteps:   b.focuser.steps,
		FocusMicrons: b.focuser.moved,
		FocusLost:    b.focuser.lost,
		TemperatureC: b.celsius(at),
	}
	t.FocusError = t.FocusMicrons - b.bestFocus(t.TemperatureC)

	sight, top := b.stand.look(float64(t.Axes.Z), float64(t.Axes.A))
	sight, top = b.shake(sight, top, at)
	t.Observed = horizontal(sight)
	// Light from a star comes in steeper than its direction: the star is lower.
	sight, top = lifted(sight, top, -b.lens.of(altitude(sight)))
	t.Horizontal = horizontal(sight)
	t.HourDec = b.earth.hourDec(sight)
	lst := b.earth.siderealTime(at)
	t.LST = model.Angle(lst).Wrap()
	t.Equatorial = model.Equatorial{RA: model.Angle(lst - float64(t.HourDec.HA)).Wrap(), Dec: t.HourDec.Dec}
	turned := t.RotatorAngle
	if b.stand.mirror != nil { // one mirror: the camera sees the sky the wrong way round
		turned = -turned
	}
	t.Field = (model.Angle(b.earth.positionAngle(sight, top)) + turned).Wrap()
	return t
}

func (b *Bench) motorTruth(axis Axis, r *rotor) MotorTruth {
	m := MotorTruth{
		RotorFullSteps: r.x,
		RotorRate:      r.v,
		FieldFullSteps: r.field,
		LostFullSteps:  r.lost(),
		Energised:      r.power > 0,
		Current:        r.power,
	}
	if !r.known {
		m.FieldFullSteps = r.x
	}
	if play := b.train[axis].gear.play; play > 0 {
		m.TakenUp = (r.y - r.x) / play
	}
	return m
}

// shake turns the tube by the wind.
func (b *Bench) shake(sight, top vec, at driver.Instant) (vec, vec) {
	if b.cfg.WindArcsec == 0 {
		return sight, top
	}
	rms := b.cfg.WindArcsec * arcsec
	sight = sight.about(top, rms*b.wind[AxisZ].at(at))
	side := top.cross(sight)
	angle := -rms * b.wind[AxisA].at(at)
	return sight.about(side, angle), top.about(side, angle)
}

// AxesFor returns the motor angles (count × nominal microstep, from the zeros
// of the axes) at which a star stands in the centre of the field at an
// instant: what a careful observer would find who approaches clockwise, and
// who counts steps that the motors have lost as made. star is an apparent
// place of date, unrefracted. through asks for the tube through the pole. Z is
// the turn nearest to where the motor stands.
//
// It reports false for a place that the axes cannot reach. It takes no
// account of wind.
func (b *Bench) AxesFor(star model.Equatorial, at driver.Instant, through bool) (model.Axes, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	target := b.observed(star, at)
	z, a, ok := b.stand.solve(target, through)
	present := b.train[AxisZ].gear.axis(b.train[AxisZ].rotor.y)
	z = float64(model.Angle(z).Near(model.Angle(present)))
	return model.Axes{Z: b.train[AxisZ].count(z), A: b.train[AxisA].count(a)}, ok
}

// observed returns the direction from which a star's light comes.
func (b *Bench) observed(star model.Equatorial, at driver.Instant) vec {
	v := b.earth.direction(model.HourDec{HA: model.Angle(b.earth.siderealTime(at)) - star.RA, Dec: star.Dec})
	true := altitude(v)
	v, _ = lifted(v, v, b.lens.raise(true)-true)
	return v
}

// count returns the motor angle that the controller counts with the axis at
// angle, approached clockwise.
func (t *train) count(angle float64) model.Angle {
	return model.Angle((t.gear.driven(angle) - float64(t.rotor.lost())) * t.step)
}
