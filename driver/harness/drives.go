// SPDX-License-Identifier: GPL-3.0-or-later

package harness

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/siderostep/siderostep/clock"
	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/driver/executor"
	"github.com/siderostep/siderostep/driver/gpio"
	"github.com/siderostep/siderostep/driver/pca9685"
	"github.com/siderostep/siderostep/driver/realtime"
	"github.com/siderostep/siderostep/driver/relay"
	"github.com/siderostep/siderostep/driver/stepdir"
)

// pwmChip is a PCA9685.
type pwmChip interface {
	windings(channels []int) (driver.Windings, error)
	Verify() error
	Off() error
	Close() error
}

// chipOnBus is a PCA9685 on a bus of its own.
type chipOnBus struct {
	*pca9685.Chip
	bus io.Closer
}

// openChip returns the chip. Its outputs are off, and low while off unless
// the motors' windings are on while their line is low.
func (computer) openChip(c *Config, m Motors) (pwmChip, string, error) {
	bus, err := gpio.OpenI2C(c.PCA9685.Bus)
	if err != nil {
		return nil, "", err
	}
	wait := func(d time.Duration) { _ = clock.Sleep(context.Background(), clock.Real{}, d) } // ends early only with its context
	chip, err := pca9685.New(bus, c.chip(m), wait)
	if err != nil {
		bus.Close()
		return nil, "", err
	}
	return chipOnBus{chip, bus}, fmt.Sprintf("PCA9685 at %02Xh on %v, %.0f periods a second", c.PCA9685.Address, bus, chip.Hz()), nil
}

// chip returns the chip's own configuration.
func (c *Config) chip(m Motors) pca9685.Config {
	invert := c.A.Port == PCA9685 && m.A.Invert || c.Z.Port == PCA9685 && m.Z.Invert
	return pca9685.Config{
		Address: c.PCA9685.Address, PWMHz: c.PCA9685.PWMHz, ClockHz: c.PCA9685.ClockHz,
		Invert: invert, OpenDrain: c.PCA9685.OpenDrain,
	}
}

func (c chipOnBus) windings(channels []int) (driver.Windings, error) { return c.Port(channels) }

func (c chipOnBus) Close() error { return errors.Join(c.Off(), c.bus.Close()) }

// connectPulser adds a motor behind a driver chip, which is off until its
// first pulse.
func (h *Harness) connectPulser(g *Group, m Motor) error {
	o := h.config.output(m)
	motor, err := stepdir.New(h.ports[o.Port], o.stepdir(), busyWait)
	if err != nil {
		return fmt.Errorf("hardware.%v: %w", m, err)
	}
	g.add(executor.Axis{Kind: executor.Pulse, Port: len(g.Outputs.Pulsers)})
	g.Outputs.Pulsers = append(g.Outputs.Pulsers, motor)
	return nil
}

// busyWait waits without sleep, for microseconds.
func busyWait(d time.Duration) {
	for end := realtime.Now().Add(d); realtime.Now() < end; {
	}
}

// stepdir returns the driver's own configuration.
func (o *Output) stepdir() stepdir.Config {
	return stepdir.Config{
		Chip: o.Chip, Step: o.Lines[0], Direction: o.Lines[1], Enable: o.EnableLine, EnableHigh: o.EnableActiveHigh,
		Modes: o.ModeLines, Microsteps: o.ChipMicrosteps, Reverse: o.Reverse, Invert: o.ActiveLow,
	}
}

// connectRelay adds a motor behind relays.
func (h *Harness) connectRelay(g *Group, m Motor) error {
	o := h.config.output(m)
	motor, err := relay.New(h.ports[o.Port], o.relay())
	if err != nil {
		return fmt.Errorf("hardware.%v: %w", m, err)
	}
	fast := len(g.Outputs.Relays)
	g.add(executor.Axis{Kind: executor.Relay, Port: fast, SlowPort: fast + 1})
	g.Outputs.Relays = append(g.Outputs.Relays, motor, motor.Slow())
	g.Outputs.Clocked = append(g.Outputs.Clocked, motor)
	return nil
}

// relay returns the driver's own configuration.
func (o *Output) relay() relay.Config {
	c := relay.Config{
		Out: o.Lines[0], In: o.Lines[1], SlowOut: -1, SlowIn: -1,
		ActiveLow: o.ActiveLow, Reverse: o.Reverse, DeadTimeMs: o.RelayDeadTimeMs, MaxOnS: o.RelayMaxOnS,
	}
	if len(o.Lines) == 4 {
		c.SlowOut, c.SlowIn = o.Lines[2], o.Lines[3]
	}
	return c
}
