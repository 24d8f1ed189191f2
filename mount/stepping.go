// SPDX-License-Identifier: GPL-3.0-or-later

package mount

import (
	"context"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
)

// maxSteps is the longest counted move: some turns of an axis.
const maxSteps = 1 << 28

// StepMotor begins to move the motor of AxisZ or AxisA by a number of
// microsteps of either sign, exactly: backlash is not taken up, so that it can
// be measured. What the axis shows stands while its motor goes through the
// configured dead band. It ends as a slew to axes does. It returns
// fault.Refused while tracking or moving, fault.Invalid for more than 2²⁸
// steps, fault.BelowLimit or fault.AboveLimit when the axis would end beyond its
// limits, or the tube below the horizon, beyond the meridian or near the Sun.
func (m *Mount) StepMotor(ctx context.Context, axis, microsteps int) error {
	return m.command(ctx, opSteps, func(s *state, now driver.Instant) error { return s.stepMotor(now, axis, microsteps) })
}

const opSteps = "step motor"

func (s *state) stepMotor(now driver.Instant, axis, microsteps int) error {
	switch {
	case axis != AxisZ && axis != AxisA:
		return fault.New(fault.Invalid, opSteps, "axis %d is none of 0 (Z) and 1 (A)", axis)
	case microsteps > maxSteps || microsteps < -maxSteps:
		return fault.New(fault.Invalid, opSteps, "%d microsteps are more than %d", microsteps, maxSteps)
	}
	if err := s.ready(opSteps); err != nil {
		return err
	}
	if s.activity != Idle || s.tracking || s.course.sky {
		return fault.New(fault.Refused, opSteps, "the mount is %s, or tracks; switch tracking off first", s.activity)
	}
	if microsteps == 0 {
		return nil
	}
	at, before := s.change(now)
	by := s.microstep[axis].Mul(float64(microsteps))
	pos := s.commanded(before, at)
	pos[axis] += by
	if _, err := s.axisLimit(opSteps, axis, pos[axis], model.Rate(by)); err != nil {
		return err
	}
	if _, err := s.freeToGo(opSteps, model.Axes{Z: pos[AxisZ], A: pos[AxisA]}, now); err != nil {
		return err
	}
	s.begin(SlewingToAxes)
	s.counting = true
	c := s.standing(at, before)
	c.line[axis].pos += by
	s.switchTo(c, at, before, [axisCount]way{})
	s.plan(now)
	return nil
}

// TrackByRate holds both axes in motion at rates that themselves change by
// accels every second: the track of a satellite or a rocket, say. It is held
// motion as of MoveAxis, and ends as that does; the accelerations end, with
// the motion, where an axis would be faster than its fastest. Errors are those
// of MoveAxis, and fault.Invalid for accelerations beyond those of slews.
func (m *Mount) TrackByRate(ctx context.Context, client string, rates, accels [2]model.Rate) error {
	m.Heard(client)
	return m.command(ctx, opRates, func(s *state, now driver.Instant) error { return s.trackByRate(now, client, rates, accels) })
}

const opRates = "track by rate"

func (s *state) trackByRate(now driver.Instant, client string, rates, accels [2]model.Rate) error {
	for i := range rates {
		lim := s.limitsOf(i)
		if !rates[i].IsFinite() || float64(rates[i].Abs()) > lim.Rate*(1+1e-9) {
			return fault.New(fault.Invalid, opRates, "rate %v is beyond %v, the fastest of axis %s", rates[i], model.Rate(lim.Rate), axisName(i))
		}
		if !accels[i].IsFinite() || float64(accels[i].Abs()) > lim.Accel {
			return fault.New(fault.Invalid, opRates, "acceleration of %v every second is beyond %v, that of slews of axis %s", accels[i], model.Rate(lim.Accel), axisName(i))
		}
		if _, err := s.axisLimit(opRates, i, s.played(i)+s.stopping(i, rates[i]), rates[i]); err != nil {
			return err
		}
	}
	if s.tracking {
		return fault.New(fault.Refused, opRates, "tracking is on; switch it off first")
	}
	both := model.Axes{Z: s.axes.Z + s.stopping(AxisZ, rates[AxisZ]), A: s.axes.A + s.stopping(AxisA, rates[AxisA])}
	if _, err := s.freeToGo(opRates, both, now); err != nil {
		return err
	}
	for i := range rates {
		rate := rates[i]
		if rate == 0 && accels[i] != 0 {
			rate = accels[i].Mul(1e-9) // held all the same
		}
		if err := s.moveAxis(now, client, i, rate); err != nil {
			return err
		}
		s.gain[i] = accels[i]
	}
	if s.activity == Held {
		s.hold(now)
	}
	return nil
}

// accelerate shows the present rates of held motion that gains speed, and ends
// it where it is too fast.
func (s *state) accelerate(now driver.Instant) {
	if s.activity != Held || s.gain == ([2]model.Rate{}) {
		return
	}
	for i := range s.gain {
		if s.gain[i] == 0 {
			continue
		}
		rate := s.course.line[i].rateAt(now)
		if float64(rate.Abs()) > s.limitsOf(i).Rate {
			s.stopHeld(now, Limited, fault.New(fault.AboveLimit, opRates, "axis %s would be faster than its fastest", axisName(i)))
			return
		}
		s.held[i] = rate
	}
}
