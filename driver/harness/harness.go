// SPDX-License-Identifier: GPL-3.0-or-later

package harness

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/driver/executor"
)

// Harness is the wiring, with its ports open. All that writes or reads belongs
// to one goroutine: that of the executors.
type Harness struct {
	config Config
	motors Motors
	ports  map[string]port
	chip   pwmChip // nil: none
	report []string

	groups    [groups]Group
	modulated map[string]int // index of a port among the windings
	keepAlive line
	closed    bool
}

// Group is a set of motors that one executor plays.
type Group struct {
	// Axes are those of the executor, in the order of their motors. Kind,
	// Table, Port, High and Standing are filled in; the rest is for those who
	// know the mount.
	Axes    []executor.Axis
	Outputs executor.Outputs
}

// The groups.
const (
	mountGroup = iota
	focuserGroup
	focuser2Group
	groups
)

// groupOf says which group a motor belongs to.
func groupOf(m Motor) int {
	switch m {
	case MotorFocuser:
		return focuserGroup
	case MotorFocuser2:
		return focuser2Group
	default:
		return mountGroup
	}
}

// Open takes the ports that c uses, everything off, and connects the motors.
// It returns fault.Invalid for what Validate and ValidateMotors refuse or when
// hardware is not enabled, fault.Hardware when a port is not to be had; then
// nothing is taken.
func Open(c Config, m Motors) (*Harness, error) { return open(c, m, computer{}) }

func open(c Config, m Motors, o opener) (*Harness, error) {
	if err := c.check(m); err != nil {
		return nil, err
	}
	h := &Harness{config: c, motors: m, ports: map[string]port{}, modulated: map[string]int{}}
	if err := h.take(o); err != nil {
		_ = h.Close() // the first error says what was wrong
		return nil, err
	}
	if err := h.connect(); err != nil {
		_ = h.Close() // likewise
		return nil, err
	}
	return h, nil
}

// check returns what keeps c from being wired.
func (c Config) check(m Motors) error {
	if !c.Enabled {
		return invalid("hardware.enabled is false")
	}
	if err := c.Validate(); err != nil {
		return err
	}
	return c.ValidateMotors(m)
}

// portNames are the ports of lines, in the order in which they are opened.
var portNames = [...]string{GPIO, Parport, DryRun}

// take opens the ports.
func (h *Harness) take(o opener) error {
	uses := h.config.uses(h.motors)
	for _, name := range portNames {
		u, used := linesOf(name, uses)
		if !used {
			continue
		}
		p, how, err := o.open(&h.config, name, u)
		if err != nil {
			return failed(name, err)
		}
		h.ports[name] = p
		h.report = append(h.report, how)
	}
	if !h.config.usesPWMChip() {
		return nil
	}
	chip, how, err := o.openChip(&h.config, h.motors)
	if err != nil {
		return failed(PCA9685, err)
	}
	h.chip = chip
	h.report = append(h.report, how)
	return nil
}

// Mount returns the motors of the axes and of the field rotator: Z, A and
// rotator, which is an axis without a motor when there is none.
func (h *Harness) Mount() Group { return h.groups[mountGroup] }

// Focuser returns the motor of the focuser, and whether there is one.
func (h *Harness) Focuser() (Group, bool) {
	return h.groups[focuserGroup], len(h.groups[focuserGroup].Axes) > 0
}

// Focuser2 returns the motor of the second focuser, and whether there is one.
func (h *Harness) Focuser2() (Group, bool) {
	return h.groups[focuser2Group], len(h.groups[focuser2Group].Axes) > 0
}

// KeepAlive sets the keep-alive line; without one it does nothing. It returns
// fault.Hardware when the port does not take it.
func (h *Harness) KeepAlive(high bool) error {
	if h.keepAlive.lines == nil {
		return nil
	}
	return h.keepAlive.set(high)
}

// HasKeepAlive reports whether there is a keep-alive line.
func (h *Harness) HasKeepAlive() bool { return h.keepAlive.lines != nil }

// Aux returns the lines that the main program sets: line i is the i-th of
// hardware.aux.lines, line AuxBalance the counterweight's. mask is the set of
// those there are; lines is nil when there are none.
func (h *Harness) Aux() (lines driver.Lines, mask uint32) {
	var a auxLines
	if c := &h.config.Aux; len(c.Lines) > 0 {
		a.keys, mask = renumbered{h.ports[c.Port], c.Lines}, 1<<len(c.Lines)-1
	}
	if c := h.config.Balance; c.Line >= 0 {
		a.balance = h.line(c)
		mask |= 1 << AuxBalance
	}
	if mask == 0 {
		return nil, 0
	}
	a.mask = mask
	return a, mask
}

// AuxBalance is the counterweight's among the auxiliary lines.
const AuxBalance = 4

// auxLines are those of the hand paddle and that of the counterweight, which
// may be on different ports.
type auxLines struct {
	keys    renumbered
	balance line
	mask    uint32
}

func (a auxLines) Write(word, mask uint32) error {
	mask &= a.mask
	var err error
	if keys := mask &^ (1 << AuxBalance); keys != 0 {
		err = a.keys.Write(word, keys)
	}
	if mask&(1<<AuxBalance) != 0 {
		err = errors.Join(err, a.balance.set(word&(1<<AuxBalance) != 0))
	}
	return err
}

// Bits of what Inputs reads.
const (
	PaddleUp uint32 = 1 << iota
	PaddleDown
	PaddleCCW
	PaddleFourth // speed, or clockwise
	IndexZ
	IndexA
)

// Inputs returns the lines of the hand paddle and of the index switches, as
// the bits above; nil when there are none.
func (h *Harness) Inputs() driver.Inputs {
	in := &h.config.Inputs
	lines := []int{-1, -1, -1, -1, -1, -1}
	copy(lines, in.Paddle)
	copy(lines[4:], in.PECIndex)
	if slices.Max(lines) < 0 {
		return nil
	}
	return renumbered{h.ports[in.Port], lines}
}

// Verify asks chips that can forget what they were told, because their supply
// failed for a moment, whether they did. It returns fault.Hardware if so, and
// the motors' places are then lost. It takes about 0.3 ms; once a second is
// often enough.
func (h *Harness) Verify() error {
	if h.chip == nil {
		return nil
	}
	return h.chip.Verify()
}

// Off switches everything off. It is for the time after the executors, which
// would not know. It tries all ports, and returns their errors.
func (h *Harness) Off() error {
	var errs []error
	if h.chip != nil {
		errs = append(errs, h.chip.Off())
	}
	for _, p := range h.ports {
		errs = append(errs, p.Off())
	}
	return errors.Join(errs...)
}

// Close switches everything off and gives the ports back. It is idempotent.
func (h *Harness) Close() error {
	if h.closed {
		return nil
	}
	h.closed = true
	var errs []error
	if h.chip != nil {
		errs = append(errs, h.chip.Close())
	}
	for _, p := range h.ports {
		errs = append(errs, p.Close())
	}
	return errors.Join(errs...)
}

// Report says, in one line each, which ports were taken, and which motor is
// where.
func (h *Harness) Report() []string {
	lines := slices.Clone(h.report)
	if !h.HasKeepAlive() {
		lines = append(lines, "no keep-alive line: if the program dies, motors keep the current they have")
	}
	for m := range motors {
		o := h.config.output(m)
		if o.Drive == None {
			continue
		}
		var places []string
		for _, l := range o.Lines {
			places = append(places, place{o.Port, l}.String())
		}
		lines = append(lines, fmt.Sprintf("%v: %s on %s", m, strings.ReplaceAll(o.Drive, "_", " and "), strings.Join(places, ", ")))
	}
	return lines
}
