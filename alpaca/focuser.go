// SPDX-License-Identifier: GPL-3.0-or-later

package alpaca

import (
	"fmt"
	"time"

	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/focuser"
)

// focus is IFocuserV4 on an absolute focuser. While its motor cannot be
// reached it is not connected: nothing is said of it, and nothing done.
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
		getTruth("absolute", reach, func(f) (bool, error) { return true, nil }),
		getTruth("ismoving", reach, f.isMoving),
		getWhole("maxincrement", reach, maxStep), // any move may be made in one go
		getWhole("maxstep", reach, maxStep),
		getWhole("position", reach, f.position),
		getNumber("stepsize", reach, f.stepSize),
		getTruth("tempcomp", reach, func(f *focus) (bool, error) {
			s := f.owner.Snapshot()
			return s.TempComp && s.HasTemperature, nil
		}),
		setTruth("tempcomp", reach, f.setTempComp, "TempComp"),
		getTruth("tempcompavailable", reach, func(f *focus) (bool, error) { return f.owner.Snapshot().HasTemperature, nil }),
		getNumber("temperature", reach, f.temperature),
		get("devicestate", list, reach, f.deviceState),
		put("halt", link, f.halt),
		setWhole("move", reach, func(f *focus, c *call, to int) error { return f.owner.Move(c.ctx, to) }, "Position"),
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

func (f *focus) offline() error { return f.owner.Snapshot().Offline }

// remark tells people why the focuser is not as it should be.
func (f *focus) remark() string {
	s := f.owner.Snapshot()
	switch {
	case s.Offline != nil:
		return "The motor cannot be reached: " + s.Offline.Error()
	case s.Calibration.Running:
		return fmt.Sprintf("The motor looks for the ends of its travel, stage %d.", s.Calibration.Stage)
	case s.Calibration.Needed:
		return "The motor does not know the ends of its travel. It does not move before it was calibrated."
	case !s.Trusted:
		return "The position is not sure: the last run ended while the motor moved. Set it, or bring the focuser to a known place."
	}
	return ""
}

// isMoving reports a move or a calibration in progress, or the failure of the
// last move until the next.
func (f *focus) isMoving() (bool, error) {
	s := f.owner.Snapshot()
	return moves(s), s.Fault
}

func moves(s *focuser.Snapshot) bool { return s.Moving || s.Calibration.Running }

// position is not known to a motor that does not know its ends.
func (f *focus) position() (int, error) {
	s := f.owner.Snapshot()
	if s.Calibration.Needed {
		return 0, fault.New(fault.Refused, "", "the focus motor does not know the ends of its travel; calibrate it")
	}
	return s.Position, nil
}

// halt is tried on a motor that cannot be reached too: once it answers again,
// it shall not go on.
func (f *focus) halt(c *call) error {
	err := f.owner.Halt(c.ctx)
	if why := f.offline(); why != nil {
		return f.unreachable(fault.Disconnected, why)
	}
	return err
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
	l.truth("IsMoving", moves(s))
	if !s.Calibration.Needed {
		l.whole("Position", s.Position)
	}
	if s.HasTemperature {
		l.number("Temperature", s.TemperatureC)
	}
	l.date("TimeStamp", func(b []byte) []byte { return appendDate(b, f.utc()) })
	c.out = l.end()
	return nil
}
