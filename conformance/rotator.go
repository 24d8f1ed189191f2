// SPDX-License-Identifier: GPL-3.0-or-later

package conformance

import (
	"context"
	"errors"
	"fmt"
	"math"
)

// rotator is the device under test and what the checks learn about it.
type rotator struct {
	*device
	stepSize             float64 // degrees; 0 if unknown
	position, mechanical float64 // when found
	known                bool    // the two before have been read
	moves                int     // judged by R8
}

// rotatorTable lists the rotator checks. R8 is the judgement of the moves that
// R5 to R7 make; its row sums up.
func rotatorTable() []check[*rotator] {
	type r = rotator
	return []check[*r]{
		{id: "R1", title: "CanReverse is readable and the rotator still", always: true, run: (*r).makeReady},
		{id: "R2", title: "angles are in range", run: (*r).angles},
		{id: "R3", title: "Reverse", run: (*r).reverse},
		{id: "R4", title: "Halt", run: (*r).halt},
		{id: "R5", title: "MoveAbsolute", run: (*r).moveAbsolute},
		{id: "R6", title: "Move", run: (*r).moveRelative},
		{id: "R7", title: "MoveMechanical", run: (*r).moveMechanical},
		{id: "R8", title: "moves are asynchronous and accurate", run: (*r).movesJudged},
		{id: "R9", title: "Sync", run: (*r).sync},
		{id: "R10", title: "angle and offset are restored", always: true, run: (*r).putBack},
	}
}

// makeReady is R1.
func (r *rotator) makeReady(ctx context.Context) error {
	_, err := r.getBool(ctx, "canreverse")
	r.mustSucceed("GET canreverse", err)
	r.mustAnswer("Halt before the tests", r.put(ctx, "halt"), 0, notImplemented)
	moving, err := r.getBool(ctx, "ismoving")
	if err != nil {
		return err
	}
	r.must(!moving, "IsMoving is %t after Halt", moving)
	if r.position, err = r.getFloat(ctx, "position"); err != nil {
		return err
	}
	if r.mechanical, err = r.getFloat(ctx, "mechanicalposition"); err != nil {
		return err
	}
	r.known = true
	size, err := r.getFloat(ctx, "stepsize")
	if err == nil {
		r.stepSize = size
	}
	return nil
}

// angles is R2.
func (r *rotator) angles(ctx context.Context) error {
	for _, member := range []string{"position", "targetposition", "mechanicalposition"} {
		v, err := r.getFloat(ctx, member)
		if r.mustSucceed("GET "+member, err) {
			r.must(inCircle(v), "%s %g must be 0 to below 360", member, v)
		}
	}
	r.optionalNumber(ctx, "stepsize", "0 to below 360", inCircle)
	_, err := r.getBool(ctx, "ismoving")
	r.mustSucceed("GET ismoving", err)
	return nil
}

func inCircle(x float64) bool { return x >= 0 && x < 360 }

// reverse is R3.
func (r *rotator) reverse(ctx context.Context) error {
	can, err := r.getBool(ctx, "canreverse")
	if err != nil {
		return err
	}
	r.must(can, "CanReverse is %t, must be true since interface version 3", can)
	now, err := r.getBool(ctx, "reverse")
	if err != nil {
		return err
	}
	set := func(ctx context.Context, on bool) error {
		return r.put(ctx, "reverse", boolean("Reverse", on))
	}
	defer r.restore(ctx, func(ctx context.Context) error { return set(ctx, now) })
	for _, on := range []bool{!now, now} {
		if err := set(ctx, on); err != nil {
			return err
		}
		got, err := r.getBool(ctx, "reverse")
		if err != nil {
			return err
		}
		r.must(got == on, "Reverse is %t after it was set %t", got, on)
	}
	return nil
}

// halt is R4.
func (r *rotator) halt(ctx context.Context) error {
	r.mustAnswer("Halt", r.put(ctx, "halt"), 0, notImplemented)
	return nil
}

// moveAbsolute is R5, in sky angles.
func (r *rotator) moveAbsolute(ctx context.Context) error {
	return r.moveToEach(ctx, "moveabsolute", "position")
}

// moveMechanical is R7, in mechanical angles.
func (r *rotator) moveMechanical(ctx context.Context) error {
	return r.moveToEach(ctx, "movemechanical", "mechanicalposition")
}

// moveToEach moves to one angle in each quadrant and two beyond the circle.
func (r *rotator) moveToEach(ctx context.Context, method, member string) error {
	for _, angle := range []float64{45, 135, 225, 315, -405, 405} {
		if err := r.move(ctx, method, member, angle, angle); err != nil {
			return err
		}
	}
	return nil
}

// moveRelative is R6.
func (r *rotator) moveRelative(ctx context.Context) error {
	position, err := r.getFloat(ctx, "position")
	if err != nil {
		return err
	}
	sign := 1.0
	if position >= 180 {
		sign = -1
	}
	for _, by := range []float64{10 * sign, -10 * sign, 40 * sign, -40 * sign, 130 * sign, -130 * sign, -375, 375} {
		position, err := r.getFloat(ctx, "position")
		if err != nil {
			return err
		}
		if err := r.move(ctx, "move", "position", by, position+by); err != nil {
			return err
		}
	}
	return nil
}

// move makes one move and judges it as R8 has it. Angles beyond the circle
// may be refused with E401.
func (r *rotator) move(ctx context.Context, method, member string, by, want float64) error {
	what := fmt.Sprintf("%s %g", method, by)
	s, err := r.putTimed(ctx, method, number("Position", by))
	if by < -360 || by > 360 {
		if r.mustAnswer(what, err, 0, invalidValue); err != nil {
			return nil
		}
	} else if !r.mustSucceed(what, err) {
		return nil
	}
	moving, err := r.getBool(ctx, "ismoving")
	if err != nil {
		return err
	}
	if s.duration() > initiatorLimit {
		v := Issue // it returned when all was over
		if moving {
			v = Info
		}
		r.fileAs("R8", v, "%s returned after %s, must return within %s", what, round(s.duration()), initiatorLimit)
	}
	if err := r.stopped(ctx); err != nil {
		return err
	}
	return r.judgeMove(ctx, what, member, wrap(want, 360))
}

// judgeMove compares the angle reached with the one wanted.
func (r *rotator) judgeMove(ctx context.Context, what, member string, want float64) error {
	got, err := r.getFloat(ctx, member)
	if err != nil {
		return err
	}
	r.moves++
	tolerance := 1.1 * r.stepSize
	if r.stepSize == 0 {
		tolerance = 1
	}
	off := math.Abs(wrapHalf(got-want, 360))
	v := Issue
	switch {
	case !inCircle(got):
	case off <= tolerance:
		v = OK
	case off <= 2:
		v = Info
	}
	r.fileAs("R8", v, "%s: %s is %.4f, must be in 0 to below 360 and within %.4f° of %.4f", what, member, got, tolerance, want)
	return nil
}

// movesJudged is R8.
func (r *rotator) movesJudged(context.Context) error {
	r.ok("%d moves judged", r.moves)
	return nil
}

// sync is R9. Position must be exact to 0.001° without wrapping: after Sync 0
// a Position of 359.9999 is wrong.
func (r *rotator) sync(ctx context.Context) error {
	for _, x := range [][2]float64{{90, 90}, {120, 90}, {60, 90}, {0, 0}, {30, 0}, {330, 0}} {
		sky, mechanical := x[0], x[1]
		if err := r.put(ctx, "movemechanical", number("Position", mechanical)); err != nil {
			return err
		}
		if err := r.stopped(ctx); err != nil {
			return err
		}
		if err := r.put(ctx, "sync", number("Position", sky)); err != nil {
			return err
		}
		got, err := r.getFloat(ctx, "position")
		if err != nil {
			return err
		}
		r.must(within(got-sky, 0.001), "Position %.5f after Sync %g at mechanical angle %g must be exact to 0.001°", got, sky, mechanical)
		if err := r.mechanicalKept(ctx, mechanical); err != nil {
			return err
		}
	}
	return nil
}

// mechanicalKept judges that a sync left the mechanical angle alone.
func (r *rotator) mechanicalKept(ctx context.Context, want float64) error {
	got, err := r.getFloat(ctx, "mechanicalposition")
	if err != nil {
		return err
	}
	off := wrapHalf(got-want, 360)
	r.must(within(off, max(1.1*r.stepSize, 1)), "MechanicalPosition %.4f must not follow Sync from %g", got, want)
	return nil
}

// putBackLate does what R10 does after ctx has ended.
func (r *rotator) putBackLate(ctx context.Context) {
	if !r.known {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), r.clock.patience(moveTimeout))
	defer cancel()
	r.begin("R10")
	if err := r.putBack(ctx); err != nil {
		r.file(Error, "offset and angle could not be restored: %v", err)
	}
}

// putBack is R10. ConformU calls a failure an Error.
func (r *rotator) putBack(ctx context.Context) error {
	if !r.known {
		return nil
	}
	err := errors.Join(
		r.put(ctx, "movemechanical", number("Position", r.mechanical)),
		r.stopped(ctx),
		r.put(ctx, "sync", number("Position", r.position)),
	)
	if err != nil {
		r.file(Error, "offset and angle could not be restored: %v", err)
		return nil
	}
	got, err := r.getFloat(ctx, "position")
	if err != nil {
		return err
	}
	v := OK
	if off := math.Abs(wrapHalf(got-r.position, 360)); off > max(1.1*r.stepSize, 0.001) {
		v = Error
	}
	r.file(v, "Position %.4f must be restored to %.4f", got, r.position)
	return nil
}
