// SPDX-License-Identifier: GPL-3.0-or-later

package harness

import (
	"errors"

	"github.com/siderostep/siderostep/driver"
)

// OnPaper returns the wiring without any port: what is written goes nowhere,
// inputs are low. It has the groups of the real one, for the process that
// plans motion while another has the ports, and for checking a configuration
// down to the drivers of the motors. It returns fault.Invalid as Open does.
func OnPaper(c Config, m Motors) (*Harness, error) { return open(c, m, paper{}) }

// SwitchOff takes the ports that c uses, switches everything off, and gives
// them back: for the time after an executor's process has died. A port that is
// not to be had does not keep it from the others. It returns fault.Invalid and
// fault.Hardware as Open does.
func SwitchOff(c Config, m Motors) error { return switchOff(c, m, computer{}) }

func switchOff(c Config, m Motors, o opener) error {
	if err := c.check(m); err != nil {
		return err
	}
	var errs []error
	// The chip first: its outputs stay as they are without anybody's doing.
	if c.usesPWMChip() {
		if chip, _, err := o.openChip(&c, m); err != nil {
			errs = append(errs, failed(PCA9685, err))
		} else {
			errs = append(errs, chip.Off(), chip.Close())
		}
	}
	uses := c.uses(m)
	for _, name := range portNames {
		u, used := linesOf(name, uses)
		if !used {
			continue
		}
		if p, _, err := o.open(&c, name, u); err != nil {
			errs = append(errs, failed(name, err))
		} else {
			errs = append(errs, p.Off(), p.Close())
		}
	}
	return errors.Join(errs...)
}

// paper is every port, drawn.
type paper struct{}

func (paper) open(*Config, string, lineUse) (port, string, error) { return paper{}, "on paper", nil }

func (paper) openChip(*Config, Motors) (pwmChip, string, error) { return paper{}, "on paper", nil }

func (paper) Write(_, _ uint32) error                     { return nil }
func (paper) Read() (uint32, error)                       { return 0, nil }
func (paper) Off() error                                  { return nil }
func (paper) Close() error                                { return nil }
func (paper) Verify() error                               { return nil }
func (paper) Drive(driver.Instant, *driver.Pattern) error { return nil }

func (p paper) windings([]int) (driver.Windings, error) { return p, nil }
