// SPDX-License-Identifier: GPL-3.0-or-later

package harness

import (
	"slices"
	"time"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/driver/executor"
	"github.com/siderostep/siderostep/driver/pwm"
	"github.com/siderostep/siderostep/driver/waveform"
)

// connect puts the drivers of the motors on their lines.
func (h *Harness) connect() error {
	if err := h.connectWindings(); err != nil {
		return err
	}
	for motor := range motors {
		if err := h.connectMotor(&h.groups[groupOf(motor)], motor); err != nil {
			return err
		}
	}
	return h.connectExtras()
}

// connectMotor adds a motor to its group, if there is one.
func (h *Harness) connectMotor(g *Group, m Motor) error {
	switch h.config.output(m).Drive {
	case Windings:
		axis, err := h.wound(m)
		g.add(axis)
		return err
	case StepDirection:
		return h.connectPulser(g, m)
	case Relay:
		return h.connectRelay(g, m)
	}
	if m == MotorRotator { // an axis of the mount even where it has no motor
		g.add(executor.Axis{Kind: executor.Pulse, Port: len(g.Outputs.Pulsers)})
		g.Outputs.Pulsers = append(g.Outputs.Pulsers, nowhere{})
	}
	return nil
}

// connectExtras sees to what is no motor.
func (h *Harness) connectExtras() error {
	c := &h.config
	if c.KeepAlive.Line >= 0 {
		h.keepAlive = h.line(c.KeepAlive)
	}
	if c.OverVoltage.Line.Line >= 0 {
		boost, out := h.line(c.OverVoltage.Line), &h.groups[mountGroup].Outputs
		out.Boost, out.BoostMask = boost.lines, boost.mask
		out.BoostAbove = c.OverVoltage.Above
	}
	if h.chip == nil || c.PCA9685.OutputEnableLine < 0 {
		return nil
	}
	// Its channels are off by now.
	return h.line(Line{GPIO, c.PCA9685.OutputEnableLine}).set(false)
}

func (g *Group) add(a executor.Axis) { g.Axes = append(g.Axes, a) }

func (h *Harness) line(l Line) line { return line{h.ports[l.Port], 1 << l.Line} }

// connectWindings opens one modulated port for each port with windings. Where
// it has both motors, A has the low half of its words.
func (h *Harness) connectWindings() error {
	out := &h.groups[mountGroup].Outputs
	for _, m := range h.config.wound() { // A first
		name := h.config.output(m).Port
		if _, done := h.modulated[name]; done {
			continue
		}
		wiring := h.config.output(m).Lines
		if h.config.shared() {
			wiring = slices.Concat(h.config.A.Lines, h.config.Z.Lines)
		}
		windings, err := h.modulate(name, wiring)
		if err != nil {
			return err
		}
		h.modulated[name] = len(out.Windings)
		out.Windings = append(out.Windings, windings)
		if clocked, ok := windings.(driver.Clocked); ok {
			out.Clocked = append(out.Clocked, clocked)
		}
	}
	return nil
}

// modulate returns the windings on some lines of a port.
func (h *Harness) modulate(name string, wiring []int) (driver.Windings, error) {
	if name == PCA9685 {
		return h.chip.windings(wiring)
	}
	period := time.Duration(float64(time.Second) / h.config.PWMHz)
	return pwm.New(h.ports[name], wiring, period)
}

// wound returns the executor's view of a motor that is driven by its windings.
func (h *Harness) wound(m Motor) (executor.Axis, error) {
	c, w := &h.config, h.motors.of(m)
	if c.output(m).Port == PCA9685 {
		w.Invert = false // the chip does it, even when it switches off by itself
	}
	table, err := waveform.New(w)
	axis := executor.Axis{
		Kind: executor.Windings, Table: table,
		Port: h.modulated[c.output(m).Port], High: m == MotorZ && c.shared(),
		Standing: executor.Standing{PowerDownAfter: seconds(c.PowerDownAfter)},
	}
	if c.HoldPercent < 100 {
		axis.Standing.HoldAfter, axis.Standing.HoldShare = seconds(c.HoldAfter), c.HoldPercent/100
	}
	return axis, err
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// nowhere is a motor that is not there.
type nowhere struct{}

func (nowhere) Pulse(driver.Instant, bool) error { return nil }
