// SPDX-License-Identifier: GPL-3.0-or-later

package alpaca

import (
	"fmt"
	"time"
)

// focus is IFocuserV4 on an absolute focuser.
type focus struct {
	*base
	owner Focuser
	utc   func() time.Time
}

// focuserMembers is the table of IFocuserV4, beside the common members.
func focuserMembers() []member[*focus] {
	type f = *focus
	maxStep := func(f *focus) (int, error) { return f.owner.Snapshot().Config.MaxStep, nil }
	return []member[f]{
		getTruth("absolute", link, func(f) (bool, error) { return true, nil }),
		getTruth("ismoving", link, f.isMoving),
		getWhole("maxincrement", link, maxStep), // any move may be made in one go
		getWhole("maxstep", link, maxStep),
		getWhole("position", link, func(f *focus) (int, error) { return f.owner.Snapshot().Position, nil }),
		getNumber("stepsize", link, f.stepSize),
		getTruth("tempcomp", link, func(f *focus) (bool, error) {
			s := f.owner.Snapshot()
			return s.TempComp && s.HasTemperature, nil
		}),
		setTruth("tempcomp", link, f.setTempComp, "TempComp"),
		getTruth("tempcompavailable", link, func(f *focus) (bool, error) { return f.owner.Snapshot().HasTemperature, nil }),
		getNumber("temperature", link, f.temperature),
		get("devicestate", list, link, f.deviceState),
		put("halt", link, func(f *focus, c *call) error { return f.owner.Halt(c.ctx) }),
		setWhole("move", link, func(f *focus, c *call, to int) error { return f.owner.Move(c.ctx, to) }, "Position"),
	}
}

func (f *focus) parked() bool { return false }

func (f *focus) name() string { return f.owner.Snapshot().Config.Name }

func (f *focus) description() string {
	c := f.owner.Snapshot().Config
	if c.StepUM == 0 {
		return fmt.Sprintf("Absolute focuser of %d steps", c.MaxStep)
	}
	return fmt.Sprintf("Absolute focuser of %d steps of %.3g micrometres", c.MaxStep, c.StepUM)
}

func (f *focus) disconnected() {}

// isMoving reports a move in progress, or the failure of the last one until
// the next.
func (f *focus) isMoving() (bool, error) {
	s := f.owner.Snapshot()
	return s.Moving, s.Fault
}

// stepSize is in micrometres.
func (f *focus) stepSize() (float64, error) {
	um := f.owner.Snapshot().Config.StepUM
	if um <= 0 {
		return 0, missing("the step size is not known")
	}
	return um, nil
}

// temperature is in degrees Celsius.
func (f *focus) temperature() (float64, error) {
	s := f.owner.Snapshot()
	if !s.HasTemperature {
		return 0, missing("there is no thermometer")
	}
	return s.TemperatureC, nil
}

// setTempComp switches temperature compensation. Without a thermometer it is
// off, and switching it off is granted.
func (f *focus) setTempComp(c *call, on bool) error {
	if !f.owner.Snapshot().HasTemperature {
		if on {
			return missing("temperature compensation needs a thermometer")
		}
		return nil
	}
	return f.owner.SetTempComp(c.ctx, on)
}

// deviceState tells everything that clients poll, from one snapshot.
func (f *focus) deviceState(c *call) error {
	s := f.owner.Snapshot()
	l := stateList{out: c.out}
	l.truth("IsMoving", s.Moving)
	l.whole("Position", s.Position)
	if s.HasTemperature {
		l.number("Temperature", s.TemperatureC)
	}
	l.date("TimeStamp", func(b []byte) []byte { return appendDate(b, f.utc()) })
	c.out = l.end()
	return nil
}
