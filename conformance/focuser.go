// SPDX-License-Identifier: GPL-3.0-or-later

package conformance

import (
	"context"
	"fmt"
)

// focuser is the device under test and what the checks learn about it.
type focuser struct {
	*device
	absolute              bool
	maxStep, maxIncrement int
	canCompensate         bool // TempCompAvailable
}

// positionTolerance is how many steps a move may end from its target.
const positionTolerance = 2

// focuserTable lists the focuser checks.
func focuserTable() []check[*focuser] {
	type f = focuser
	return []check[*f]{
		{id: "F1", title: "properties are readable and in range", always: true, run: (*f).properties},
		{id: "F2", title: "Halt", run: (*f).halt},
		{id: "F3", title: "Move", run: (*f).moves},
		{id: "F4", title: "Move with temperature compensation on", run: (*f).movesCompensated},
		{id: "F5", title: "Move to and beyond the limits", run: (*f).limits},
	}
}

// properties is F1.
func (f *focuser) properties(ctx context.Context) error {
	var err error
	if f.absolute, err = f.getBool(ctx, "absolute"); err != nil {
		return err
	}
	moving, err := f.getBool(ctx, "ismoving")
	if err != nil {
		return err
	}
	f.must(!moving, "IsMoving is %t while nothing was asked to move", moving)
	if f.maxStep, err = f.getInt(ctx, "maxstep"); err != nil {
		return err
	}
	if f.maxIncrement, err = f.getInt(ctx, "maxincrement"); err != nil {
		return err
	}
	f.must(f.maxIncrement >= 1 && f.maxIncrement <= f.maxStep, "MaxIncrement %d must be 1 to MaxStep %d", f.maxIncrement, f.maxStep)
	position, err := f.getInt(ctx, "position")
	if !f.absolute {
		f.mustAnswer("GET position of a relative focuser", err, notImplemented)
	} else if f.mustSucceed("GET position", err) {
		f.must(position >= 0 && position <= f.maxStep, "Position %d must be 0 to MaxStep %d", position, f.maxStep)
	}
	f.optionalNumber(ctx, "stepsize", "above 0", func(x float64) bool { return x > 0 })
	f.optionalNumber(ctx, "temperature", "above −50 and below 50", func(x float64) bool { return x > -50 && x < 50 })
	return f.compensation(ctx)
}

// optionalNumber judges a number that need not be implemented.
func (d *device) optionalNumber(ctx context.Context, member, want string, right func(float64) bool) {
	v, err := d.getFloat(ctx, member)
	if err != nil {
		d.mustAnswer("GET "+member, err, 0, notImplemented)
		return
	}
	d.must(right(v), "%s %g must be %s", member, v, want)
}

// compensation is the end of F1: temperature compensation.
func (f *focuser) compensation(ctx context.Context) error {
	var err error
	if f.canCompensate, err = f.getBool(ctx, "tempcompavailable"); err != nil {
		return err
	}
	now, err := f.getBool(ctx, "tempcomp")
	if err != nil {
		return err
	}
	f.must(f.canCompensate || !now, "TempComp is %t though TempCompAvailable is %t", now, f.canCompensate)
	if !f.canCompensate {
		f.mustAnswer("PUT TempComp True as it is not available", f.compensate(ctx, true), notImplemented)
		return nil
	}
	defer f.restore(ctx, func(ctx context.Context) error { return f.compensate(ctx, now) })
	for _, on := range []bool{true, false} {
		if !f.mustSucceed(fmt.Sprintf("PUT TempComp %t", on), f.compensate(ctx, on)) {
			continue
		}
		got, err := f.getBool(ctx, "tempcomp")
		if err != nil {
			return err
		}
		f.must(got == on, "TempComp is %t after it was set %t", got, on)
	}
	return nil
}

func (f *focuser) compensate(ctx context.Context, on bool) error {
	return f.put(ctx, "tempcomp", boolean("TempComp", on))
}

// halt is F2.
func (f *focuser) halt(ctx context.Context) error {
	f.mustAnswer("Halt", f.put(ctx, "halt"), 0, notImplemented)
	return nil
}

// moves is F3.
func (f *focuser) moves(ctx context.Context) error { return f.thereAndBack(ctx, true) }

// movesCompensated is F4. Compensation may move the focuser too, so where it
// ends is not judged.
func (f *focuser) movesCompensated(ctx context.Context) error {
	if !f.canCompensate {
		f.ok("not tested: there is no temperature compensation")
		return nil
	}
	defer f.restore(ctx, func(ctx context.Context) error { return f.compensate(ctx, false) })
	if err := f.compensate(ctx, true); err != nil {
		return err
	}
	return f.thereAndBack(ctx, false)
}

// thereAndBack moves a tenth of the range and back.
func (f *focuser) thereAndBack(ctx context.Context, accurate bool) error {
	if !f.absolute {
		step := f.maxIncrement / 10
		if err := f.move(ctx, step); err != nil {
			return err
		}
		return f.move(ctx, -step)
	}
	start, err := f.getInt(ctx, "position")
	if err != nil {
		return err
	}
	way := f.maxStep / 10
	if start+way >= f.maxStep {
		way = -way
	}
	if max(way, -way) > f.maxIncrement {
		way = f.maxIncrement
	}
	if err := f.move(ctx, start+way); err != nil {
		return err
	}
	if accurate {
		if err := f.isAt(ctx, start+way); err != nil {
			return err
		}
	}
	return f.move(ctx, start)
}

// move makes one move and judges that it is asynchronous and ends.
func (f *focuser) move(ctx context.Context, position int) error {
	moving, err := f.getBool(ctx, "ismoving")
	if err != nil {
		return err
	}
	f.must(!moving, "IsMoving is %t before Move", moving)
	s, err := f.putTimed(ctx, "move", integer("Position", position))
	what := fmt.Sprintf("Move %d", position)
	if !f.mustSucceed(what, err) {
		return nil
	}
	f.prompt(what, s)
	return f.stopped(ctx)
}

// stopped waits for the end of a move.
func (d *device) stopped(ctx context.Context) error {
	_, err := d.waitFalse(ctx, "ismoving", moveTimeout)
	return err
}

// isAt judges the position of an absolute focuser.
func (f *focuser) isAt(ctx context.Context, want int) error {
	want = min(max(want, 0), f.maxStep)
	got, err := f.getInt(ctx, "position")
	if err != nil {
		return err
	}
	f.must(max(got-want, want-got) <= positionTolerance, "Position %d must be within %d steps of %d", got, positionTolerance, want)
	return nil
}

// limits is F5. ConformU runs it only if TempComp can be set; here it always
// runs. Beyond the limits a focuser moves to the limit and finds no fault.
func (f *focuser) limits(ctx context.Context) error {
	if !f.absolute {
		f.ok("not tested: the focuser is relative")
		return nil
	}
	start, err := f.getInt(ctx, "position")
	if err != nil {
		return err
	}
	defer f.restore(ctx, func(ctx context.Context) error {
		if err := f.put(ctx, "move", integer("Position", start)); err != nil {
			return err
		}
		return f.stopped(ctx)
	})
	for _, position := range []int{0, -10, f.maxStep / 2, f.maxStep, f.maxStep + 10} {
		if err := f.move(ctx, position); err != nil {
			return err
		}
		if err := f.isAt(ctx, position); err != nil {
			return err
		}
	}
	return nil
}
