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
// them back: for the time after an executor's process has died. It returns
// fault.Invalid and fault.Hardware as Open does.
func SwitchOff(c Config, m Motors) error {
	h, err := Open(c, m)
	if err != nil {
		return err
	}
	return errors.Join(h.Off(), h.Close())
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
