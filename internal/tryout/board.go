// SPDX-License-Identifier: GPL-3.0-or-later

package tryout

import (
	"errors"
	"fmt"
	"time"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/driver/harness"
)

// Port is an open port of lines, numbered as the configuration does.
type Port interface {
	driver.Lines
	driver.Inputs
	Off() error   // everything
	Close() error // after that
}

// Use says what a port's lines are used for, line i as bit i.
type Use struct{ Outputs, OffHigh, Inputs uint32 }

// Opener opens a port with its outputs off.
type Opener func(name string, u Use) (Port, error)

// Board is the harness's lines, one by one, without their motors' drivers.
// One goroutine at a time writes to it.
type Board struct {
	Wires []Wire

	config harness.Config
	ports  map[string]Port
	clock  clock.Clock
	epoch  time.Time
	period time.Duration // of the pulse-width modulation
	closed bool

	toggled driver.Instant
	alive   bool // level of the keep-alive line
}

// OpenBoard takes the ports that c uses, everything off. It returns
// fault.Invalid for what c's own checks refuse, and a port's error; then
// nothing is taken.
func OpenBoard(c harness.Config, m harness.Motors, open Opener, clk clock.Clock) (*Board, error) {
	if err := errors.Join(c.Validate(), c.ValidateMotors(m)); err != nil {
		return nil, err
	}
	b := &Board{
		Wires: Wires(c, m), config: c, ports: map[string]Port{}, clock: clk, epoch: clk.Now(),
		period: time.Duration(float64(time.Second) / c.PWMHz),
	}
	for name, u := range b.uses() {
		p, err := open(name, u)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("hardware: port %s: %w", name, err), b.Close())
		}
		b.ports[name] = p
	}
	return b, nil
}

func (b *Board) uses() map[string]Use {
	list := map[string]Use{}
	for _, w := range b.Wires {
		u := list[w.Port]
		u.Outputs |= w.mask()
		u.OffHigh |= w.level(false)
		list[w.Port] = u
	}
	for _, in := range inputsOf(&b.config) {
		u := list[b.config.Inputs.Port]
		u.Inputs |= 1 << in.line
		list[b.config.Inputs.Port] = u
	}
	return list
}

func (b *Board) now() driver.Instant { return driver.Instant(b.clock.Now().Sub(b.epoch)) }

// Off switches everything off. It tries all ports.
func (b *Board) Off() error {
	var errs []error
	for _, p := range b.ports {
		errs = append(errs, p.Off())
	}
	return errors.Join(errs...)
}

// Close switches everything off and gives the ports back. It is idempotent.
func (b *Board) Close() error {
	if b.closed {
		return nil
	}
	b.closed = true
	errs := []error{b.Off()}
	for _, p := range b.ports {
		errs = append(errs, p.Close())
	}
	return errors.Join(errs...)
}

// input is a line that is read.
type input struct {
	name string
	line int
}

func inputsOf(c *harness.Config) (list []input) {
	for i, line := range c.Inputs.Paddle {
		list = append(list, input{[...]string{"paddle up", "paddle down", "paddle counter-clockwise", "paddle speed or clockwise"}[i], line})
	}
	for i, line := range c.Inputs.PECIndex {
		if line >= 0 {
			list = append(list, input{[...]string{"PEC index z", "PEC index a"}[i], line})
		}
	}
	return list
}

// read returns the levels of the inputs, the i-th as bit i.
func (b *Board) read(inputs []input) (levels uint32, err error) {
	word, err := b.ports[b.config.Inputs.Port].Read()
	for i, in := range inputs {
		levels |= word >> in.line & 1 << i
	}
	return levels, err
}
