// SPDX-License-Identifier: GPL-3.0-or-later

// Package measure owns measurements in progress at the telescope: of step
// sizes, backlash, encoders, the motors' fastest speed and quarter steps, and
// the tube's place on its axes; and the named copies of the tuning that comes
// of them.
//
// A measurement is a dialogue: it says in plain words what to do next, the
// observer does it with keys, paddle or commands and marks it, and after some
// marks it tells the value, its spread and the lines for the configuration
// file. It refuses, saying why, what cannot be measured as things are. What
// can change while running is put in force when that is asked for; the rest is
// only told.
//
// Source: Scope II manual; stepper-core §1.6, §4, §6.4, §8.1.
package measure

import (
	"context"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/mount"
)

// Mount is what is asked of the mount. See mount.Mount for what each method
// does and which errors it returns.
type Mount interface {
	Snapshot() *mount.Snapshot
	Instant() driver.Instant
	Heard(client string)
	StepMotor(ctx context.Context, axis, microsteps int) error
	TrackByRate(ctx context.Context, client string, rates, accels [2]model.Rate) error
	MoveAxis(ctx context.Context, client string, axis int, rate model.Rate) error
	Abort(ctx context.Context) error
	Configure(ctx context.Context, change func(*mount.Config)) error
}

var _ Mount = (*mount.Mount)(nil)

// client is the name under which measurements hold motion.
const client = "measurement"

// axisKey returns the part of the configuration's keys that names an axis.
func axisKey(axis int) string { return [...]string{"z", "a"}[axis] }

// axisWord returns an axis's name in sentences.
func axisWord(axis int) string { return [...]string{"Z", "A"}[axis] }

// settings returns an axis's settings.
func settings(c *mount.Config, axis int) *mount.Axis {
	return [...]*mount.Axis{&c.Mount.Z, &c.Mount.A}[axis]
}

// shown returns the angle that an axis displays.
func shown(s *mount.Snapshot, axis int) model.Angle {
	return [...]model.Angle{s.Axes.Z, s.Axes.A}[axis]
}

// one returns the angle of one axis.
func one(a model.Axes, axis int) model.Angle { return [...]model.Angle{a.Z, a.A}[axis] }

// microstep returns the angle of one microstep in a sense of motion.
func microstep(a *mount.Axis, ccw bool) model.Angle {
	step := a.FullStepArcsec
	if ccw && a.FullStepArcsecCCW > 0 {
		step = a.FullStepArcsecCCW
	}
	return model.Arcsec(step / float64(a.Microsteps))
}
