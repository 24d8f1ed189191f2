// SPDX-License-Identifier: GPL-3.0-or-later

package action

import (
	"context"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/mount"
)

func (t telescope) motors() []Action {
	return []Action{
		New("Mount:Step", "Moves the motor of one axis by steps, exactly: backlash is not taken up. Tracking must be off. It answers when the motion begins.", t.step),
		New("Mount:TrackByRate", "Moves both axes at rates that may grow, as a satellite or rocket does. Tracking must be off. It goes on for mount.hold_timeout_s after the last call; a call without rates is a sign of life.", t.trackByRate),
		New("Mount:MotorEnable", "Switches the windings of the mount's motors off, so that the tube can be pushed, or on again. Tracking must be off. To hear whether the drives shake the tube, switch them off and on while looking at a star.", t.motorEnable),
	}
}

// commander is the name under which actions hold motion.
const commander = "action"

type stepParams struct {
	Kind     string `json:"kind" oneof:"micro,half" doc:"microsteps or half steps"`
	Azimuth  *int   `json:"azimuth" range:"-100000000..100000000" doc:"steps of axis Z (azimuth or right ascension)"`
	Altitude *int   `json:"altitude" range:"-100000000..100000000" doc:"steps of axis A (altitude or declination)"`
}

type stepAnswer struct {
	Azimuth  int `json:"azimuth" doc:"count of motor Z now, microsteps"`
	Altitude int `json:"altitude" doc:"count of motor A now, microsteps"`
}

func (t telescope) step(ctx context.Context, p stepParams) (stepAnswer, error) {
	steps, axis := p.Azimuth, mount.AxisZ
	if p.Altitude != nil {
		steps, axis = p.Altitude, mount.AxisA
	}
	if (p.Azimuth == nil) == (p.Altitude == nil) {
		return stepAnswer{}, fault.New(fault.Invalid, "Mount:Step", "give either azimuth or altitude: one motor steps at a time")
	}
	n, s := *steps, t.mount.Snapshot()
	if p.Kind == "half" {
		n *= axisOf(s.Config, axis).Microsteps / 2
	}
	if err := t.mount.StepMotor(ctx, axis, n); err != nil {
		return stepAnswer{}, err
	}
	s = t.mount.Snapshot()
	return stepAnswer{int(s.Reports[mount.AxisZ].Emitted), int(s.Reports[mount.AxisA].Emitted)}, nil
}

// axisOf returns the settings of axis Z or A.
func axisOf(c *mount.Config, axis int) *mount.Axis {
	return [...]*mount.Axis{&c.Mount.Z, &c.Mount.A}[axis]
}

type rateParams struct {
	Azimuth       *float64 `json:"azimuth_usteps_s" range:"-1000000..1000000" doc:"microsteps a second of axis Z"`
	Altitude      *float64 `json:"altitude_usteps_s" range:"-1000000..1000000" doc:"microsteps a second of axis A"`
	AccelAzimuth  *float64 `json:"accel_z" range:"-1000000..1000000" doc:"by how much the first grows each second"`
	AccelAltitude *float64 `json:"accel_a" range:"-1000000..1000000" doc:"by how much the second grows each second"`
	On            *bool    `json:"on" doc:"false stops"`
}

type rateAnswer struct {
	Held     bool    `json:"held" doc:"whether the axes are held in motion by this action"`
	Azimuth  float64 `json:"azimuth_usteps_s" doc:"microsteps a second of axis Z now"`
	Altitude float64 `json:"altitude_usteps_s" doc:"microsteps a second of axis A now"`
}

func (t telescope) trackByRate(ctx context.Context, p rateParams) (rateAnswer, error) {
	s := t.mount.Snapshot()
	rate := func(axis int, v *float64) model.Rate {
		a := axisOf(s.Config, axis)
		return model.ArcsecPerSecond(orZero(v) * a.FullStepArcsec / float64(a.Microsteps))
	}
	var err error
	switch {
	case p.On != nil && !*p.On:
		if s.Holder == commander {
			for axis := range 2 {
				if err == nil {
					err = t.mount.MoveAxis(ctx, commander, axis, 0)
				}
			}
		}
	case p.Azimuth == nil && p.Altitude == nil && p.AccelAzimuth == nil && p.AccelAltitude == nil:
		t.mount.Heard(commander)
	default:
		err = t.mount.TrackByRate(ctx, commander, [2]model.Rate{rate(mount.AxisZ, p.Azimuth), rate(mount.AxisA, p.Altitude)},
			[2]model.Rate{rate(mount.AxisZ, p.AccelAzimuth), rate(mount.AxisA, p.AccelAltitude)})
	}
	if err != nil {
		return rateAnswer{}, err
	}
	s = t.mount.Snapshot()
	steps := func(axis int) float64 { return s.Reports[axis].Rate }
	return rateAnswer{s.Holder == commander, steps(mount.AxisZ), steps(mount.AxisA)}, nil
}

type enableParams struct {
	On *bool `json:"on" doc:"whether the windings carry current; without it nothing changes"`
}

type enableAnswer struct {
	On      bool `json:"on" doc:"whether the windings carry current, or may"`
	Trusted bool `json:"position_trusted" doc:"whether the mount still knows where it points: without encoders in use it does not after its motors were off"`
}

func (t telescope) motorEnable(ctx context.Context, p enableParams) (enableAnswer, error) {
	off := func() bool { return t.mount.Snapshot().Reports[mount.AxisZ].State.String() == "released" }
	var err error
	switch {
	case p.On != nil && *p.On && off():
		err = t.mount.Resume(ctx)
	case p.On != nil && !*p.On && !off():
		err = t.mount.ReleaseMotors(ctx)
	}
	if err != nil {
		return enableAnswer{}, err
	}
	on := !off()
	if p.On != nil {
		on = *p.On // the report of it comes with the next tick
	}
	return enableAnswer{on, t.mount.Snapshot().Trusted}, nil
}
