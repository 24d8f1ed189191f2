// SPDX-License-Identifier: GPL-3.0-or-later

package harness

import (
	"errors"
	"fmt"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/driver/gpio"
	"github.com/siderostep/siderostep/driver/parport"
	"github.com/siderostep/siderostep/driver/record"
)

// port is an open port of lines.
type port interface {
	driver.Lines
	driver.Inputs
	Off() error
	Close() error
}

// lineUse says what a port's lines are used for, line i as bit i.
type lineUse struct{ outputs, offHigh, inputs uint32 }

// linesOf gathers what a port's lines are used for.
func linesOf(name string, uses []use) (u lineUse, used bool) {
	for _, one := range uses {
		if one.port != name || one.reserved {
			continue
		}
		used = true
		bit := uint32(1) << one.line
		switch {
		case one.input:
			u.inputs |= bit
		default:
			u.outputs |= bit
			if one.offHigh {
				u.offHigh |= bit
			}
		}
	}
	return u, used
}

// opener opens ports: those there are, or a test's.
type opener interface {
	// open returns a port with its outputs off, and how it is reached.
	open(c *Config, name string, u lineUse) (port, string, error)
	// openChip returns the PCA9685 with its channels off, and how it is
	// reached.
	openChip(c *Config, m Motors) (pwmChip, string, error)
}

// computer opens the ports of the computer that this runs on.
type computer struct{}

func (computer) open(c *Config, name string, u lineUse) (port, string, error) {
	switch name {
	case GPIO:
		p, err := gpio.Open(c.GPIO, gpio.Use{Outputs: u.outputs, OffHigh: u.offHigh, Inputs: u.inputs})
		if err != nil {
			return nil, "", err
		}
		return p, p.Report(), nil
	case Parport:
		if u.offHigh&parport.Data != 0 {
			// A second motor that is wired but not configured must be off too.
			u.offHigh |= parport.Data &^ u.outputs
		}
		p, err := parport.Open(c.Parport, parport.Use{Outputs: u.outputs, OffHigh: u.offHigh})
		if err != nil {
			return nil, "", err
		}
		return p, "parallel port " + c.Parport.Device, nil
	default:
		p, err := openDryRun(c.DryRun, u)
		if err != nil {
			return nil, "", err
		}
		return p, "dry run into " + c.DryRun.File, nil
	}
}

// dryRun is a recorded port that is switched off at both ends.
type dryRun struct {
	*record.Port
	use lineUse
}

// kept is how many of the latest writes a recording holds.
const kept = 1 << 20

func openDryRun(c DryRunConfig, u lineUse) (dryRun, error) {
	p, err := record.Open(c.File, kept)
	if err != nil {
		return dryRun{}, err
	}
	d := dryRun{p, u}
	if err := d.Off(); err != nil {
		_ = p.Close() // the first error says what was wrong
		return dryRun{}, err
	}
	return d, nil
}

func (d dryRun) Off() error { return d.Write(d.use.offHigh, d.use.outputs) }

func (d dryRun) Close() error { return errors.Join(d.Off(), d.Port.Close()) }

// line is one output line.
type line struct {
	lines driver.Lines
	mask  uint32
}

func (l line) set(high bool) error {
	word := uint32(0)
	if high {
		word = l.mask
	}
	return l.lines.Write(word, l.mask)
}

// renumbered are some lines of a port: line i is the i-th of the list, and one
// of -1 is none.
type renumbered struct {
	port  port
	lines []int
}

func (r renumbered) Write(word, mask uint32) error {
	return r.port.Write(r.move(word), r.move(mask))
}

func (r renumbered) move(bits uint32) (moved uint32) {
	for i, l := range r.lines {
		if l >= 0 {
			moved |= bits >> i & 1 << l
		}
	}
	return moved
}

func (r renumbered) Read() (levels uint32, err error) {
	word, err := r.port.Read()
	if err != nil {
		return 0, err
	}
	for i, l := range r.lines {
		if l >= 0 {
			levels |= word >> l & 1 << i
		}
	}
	return levels, nil
}

// failed says which port could not be opened.
func failed(name string, err error) error { return fmt.Errorf("hardware: port %s: %w", name, err) }
