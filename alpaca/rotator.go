// SPDX-License-Identifier: GPL-3.0-or-later

package alpaca

import (
	"context"
	"fmt"
	"math"
	"strconv"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
	"github.com/siderostep/siderostep/mount"
)

// rotator is IRotatorV4 on the third axis of a mount.
type rotator struct {
	*base
	mount Mount
}

// rotatorMembers is the table of IRotatorV4, beside the common members.
func rotatorMembers() []member[*rotator] {
	type r = *rotator
	return []member[r]{
		getTruth("canreverse", link, func(r) (bool, error) { return true, nil }),
		getTruth("ismoving", link, r.isMoving),
		getNumber("mechanicalposition", link, func(r *rotator) (float64, error) { return turned(r.state().Mechanical), nil }),
		getNumber("position", link, func(r *rotator) (float64, error) { return turned(r.state().Sky), nil }),
		getNumber("targetposition", link, func(r *rotator) (float64, error) { return turned(r.state().Target), nil }),
		getNumber("stepsize", link, func(r *rotator) (float64, error) {
			return r.mount.Snapshot().Config.Rotator.StepAngle / 3600, nil
		}),
		getTruth("reverse", link, func(r *rotator) (bool, error) { return r.state().Reverse, nil }),
		setTruth("reverse", link, r.setReverse, "Reverse"),
		get("devicestate", list, link, r.deviceState),
		put("halt", link, func(r *rotator, c *call) error { return r.mount.HaltRotator(c.ctx) }),
		setNumber("move", link, r.move, "Position"),
		setNumber("moveabsolute", link, r.moveAbsolute, "Position"),
		setNumber("movemechanical", link, r.moveMechanical, "Position"),
		setNumber("sync", link, r.sync, "Position"),
	}
}

// turned returns an angle in degrees, in [0, 360) in single precision too,
// which is what clients compute in. It is rounded to a millionth, so that an
// angle a hair below a whole turn reads as 0, as it was set.
func turned(a model.Angle) float64 {
	v := math.Round(degrees(a)*1e6) / 1e6
	if float32(v) >= 360 {
		return 0
	}
	return v
}

func (r *rotator) state() *mount.RotatorState { return &r.mount.Snapshot().Rotator }

func (r *rotator) parked() bool { return false }

func (r *rotator) name() string { return r.mount.Snapshot().Config.Rotator.Name }

func (r *rotator) description() string { return "Stepper driven field rotator" }

func (r *rotator) disconnected() {}

// isMoving reports a move or MoveAxis in progress; following the sky is none.
// It reports the failure of the last move until the next. That following
// waits at the end of a sector is none: no move has failed.
func (r *rotator) isMoving() (bool, error) {
	s := r.mount.Snapshot()
	if s.Rotator.Waits {
		return rotates(s), nil
	}
	return rotates(s), s.Rotator.Fault
}

func rotates(s *mount.Snapshot) bool { return s.Rotator.Moving || s.HeldRates[tertiary] != 0 }

func (r *rotator) setReverse(c *call, on bool) error {
	return r.mount.Configure(c.ctx, func(cfg *mount.Config) { cfg.Rotator.Reverse = on })
}

// move turns by degrees of either sign; whole turns are left out.
func (r *rotator) move(c *call, by float64) error {
	return r.mount.RotateBy(c.ctx, model.Degrees(math.Mod(by, 360)))
}

func (r *rotator) moveAbsolute(c *call, to float64) error {
	return r.mount.RotateTo(c.ctx, model.Degrees(math.Mod(to, 360)).Wrap())
}

func (r *rotator) moveMechanical(c *call, to float64) error {
	return r.mount.RotateMechanical(c.ctx, model.Degrees(math.Mod(to, 360)).Wrap())
}

func (r *rotator) sync(c *call, at float64) error {
	if at < 0 || at >= 360 {
		return fault.New(fault.Invalid, "", "the position angle %g° is outside 0 to below 360", at)
	}
	return r.mount.SyncRotator(c.ctx, model.Degrees(at))
}

// deviceState tells everything that clients poll, from one snapshot.
func (r *rotator) deviceState(c *call) error {
	s := r.mount.Snapshot()
	l := stateList{out: c.out}
	l.truth("IsMoving", rotates(s))
	l.number("MechanicalPosition", turned(s.Rotator.Mechanical))
	l.number("Position", turned(s.Rotator.Sky))
	l.date("TimeStamp", func(b []byte) []byte { return appendDate(b, r.mount.UTC()) })
	c.out = l.end()
	return nil
}

// ownActions are what the rotator can do beyond IRotatorV4.
func (r *rotator) ownActions() []Action {
	return []Action{{
		Name: "FollowSky",
		Doc:  "true or false: whether the rotator follows the turning of the field while the mount tracks; without parameters only tells",
		Do:   r.followSky,
	}}
}

func (r *rotator) followSky(ctx context.Context, parameters string) (string, error) {
	if parameters != "" {
		on, err := parseTruth(parameters)
		if err != nil {
			return "", fault.New(fault.Invalid, "FollowSky", "%v", err)
		}
		if err := r.mount.Configure(ctx, func(cfg *mount.Config) { cfg.Rotator.Follow = on }); err != nil {
			return "", fmt.Errorf("FollowSky: %w", err)
		}
	}
	return strconv.FormatBool(r.mount.Snapshot().Config.Rotator.Follow), nil
}
