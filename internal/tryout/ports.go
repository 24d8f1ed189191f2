// SPDX-License-Identifier: GPL-3.0-or-later

package tryout

import (
	"context"
	"errors"
	"io"
	"math/bits"
	"slices"
	"time"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/driver/gpio"
	"github.com/siderostep/siderostep/driver/harness"
	"github.com/siderostep/siderostep/driver/parport"
	"github.com/siderostep/siderostep/driver/pca9685"
	"github.com/siderostep/siderostep/driver/record"
)

// Computer returns the Opener of the ports of the computer that this runs on.
func Computer(c harness.Config, clk clock.Clock) Opener {
	return func(name string, u Use) (Port, error) {
		switch name {
		case harness.GPIO:
			return openGPIO(c, u)
		case harness.Parport:
			return openParport(c, u)
		case harness.PCA9685:
			return openChip(c, u, clk)
		default:
			return openDryRun(c, u)
		}
	}
}

func openGPIO(c harness.Config, u Use) (Port, error) {
	p, err := gpio.Open(c.GPIO, gpio.Use{Outputs: u.Outputs, OffHigh: u.OffHigh, Inputs: u.Inputs})
	if err != nil {
		return nil, err // not a nil *gpio.Port
	}
	return p, nil
}

func openParport(c harness.Config, u Use) (Port, error) {
	if u.OffHigh&parport.Data != 0 {
		u.OffHigh |= parport.Data &^ u.Outputs // a motor that is wired but not configured
	}
	p, err := parport.Open(c.Parport, parport.Use{Outputs: u.Outputs, OffHigh: u.OffHigh})
	if err != nil {
		return nil, err
	}
	return p, nil
}

// dryRun is a recorded port that is switched off at both ends.
type dryRun struct {
	*record.Port
	use Use
}

// kept is how many of the latest writes a recording holds.
const kept = 1 << 20

func openDryRun(c harness.Config, u Use) (Port, error) {
	p, err := record.Open(c.DryRun.File, kept)
	if err != nil {
		return nil, err
	}
	d := dryRun{p, u}
	if err := d.Off(); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return d, nil
}

func (d dryRun) Off() error { return d.Write(d.use.OffHigh, d.use.Outputs) }

func (d dryRun) Close() error { return errors.Join(d.Off(), d.Port.Close()) }

// chipPort is a PCA9685, which modulates by itself.
type chipPort struct {
	chip     *pca9685.Chip
	port     *pca9685.Port
	bus      io.Closer
	channels []int
	onLow    uint32 // channels whose winding is on while they are low
	full     uint32 // channels that are on all the time
	part     uint32 // channels that are on for a share of it
	share    float64
}

func openChip(c harness.Config, u Use, clk clock.Clock) (Port, error) {
	bus, err := gpio.OpenI2C(c.PCA9685.Bus)
	if err != nil {
		return nil, err
	}
	chip, err := pca9685.New(bus, pca9685.Config{
		Address: c.PCA9685.Address, PWMHz: c.PCA9685.PWMHz, ClockHz: c.PCA9685.ClockHz,
		Invert: u.OffHigh != 0, OpenDrain: c.PCA9685.OpenDrain,
	}, func(d time.Duration) { _ = clock.Sleep(context.Background(), clk, d) }) // ends early only with its context
	if err != nil {
		return nil, errors.Join(err, bus.Close())
	}
	p := &chipPort{chip: chip, bus: bus, onLow: u.OffHigh}
	for rest := u.Outputs; rest != 0; rest &= rest - 1 {
		p.channels = append(p.channels, bits.TrailingZeros32(rest))
	}
	if p.port, err = chip.Port(p.channels); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return p, nil
}

// Write sets levels at the chip's pins.
func (p *chipPort) Write(word, mask uint32) error {
	on := word ^ p.onLow
	p.full, p.part = p.full&^mask|on&mask, p.part&^mask
	return p.drive()
}

// Share switches channels on for a share of the time.
func (p *chipPort) Share(channels uint32, share float64) error {
	p.full, p.part, p.share = p.full&^channels, channels, share
	return p.drive()
}

func (p *chipPort) drive() error {
	word := func(channels uint32) (w uint16) {
		for rest := channels; rest != 0; rest &= rest - 1 {
			w |= 1 << slices.Index(p.channels, bits.TrailingZeros32(rest))
		}
		return w
	}
	pattern := twoSlots(word(p.full|p.part), word(p.full), p.share)
	if p.part == 0 {
		pattern = driver.Pattern{N: 1, Slots: [driver.MaxSlots]driver.Slot{{Word: word(p.full), For: 1}}}
	}
	return p.port.Drive(0, &pattern)
}

func (p *chipPort) Read() (uint32, error) { return 0, nil }

func (p *chipPort) Off() error {
	p.full, p.part = 0, 0
	return errors.Join(p.drive(), p.chip.Off())
}

func (p *chipPort) Close() error { return errors.Join(p.chip.Off(), p.bus.Close()) }

// slots is how finely a share of time is told.
const slots = 1000

// twoSlots is a period that shows one word for a share of it, then another.
func twoSlots(on, off uint16, share float64) driver.Pattern {
	n := uint16(min(max(share*slots+0.5, 1), slots-1))
	return driver.Pattern{N: 2, Slots: [driver.MaxSlots]driver.Slot{{Word: on, For: n}, {Word: off, For: slots - n}}}
}
