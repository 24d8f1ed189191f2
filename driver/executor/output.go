// SPDX-License-Identifier: GPL-3.0-or-later

package executor

import (
	"math"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/driver/waveform"
)

// output is where an axis's steps go: a pulser, a relay, or one half of a port.
type output struct {
	pulser driver.Pulser
	relay  driver.Relay
	slow   driver.Relay // the same motor's slow speed; nil for none
	power  switchable   // nil for a pulser that is always on
	port   *port
	half   int
}

// switchable is a pulser whose motor's current can be cut.
type switchable interface {
	On() error
	Off() error
}

// port is a driver.Windings with what its one or two motors show on it.
type port struct {
	out     driver.Windings
	pair    waveform.Pair
	shown   [2]waveform.Phase // low half, high half
	pattern driver.Pattern    // here, so that passing its address allocates nothing
}

// connect returns the output of every axis, and the ports.
func connect(c *Config, out Outputs) ([]output, []port, error) {
	tables := make([][2]*waveform.Table, len(out.Windings))
	for _, a := range c.Axes {
		if a.Kind == Windings {
			tables[a.Port][half(a.High)] = a.Table
		}
	}
	ports := make([]port, len(out.Windings))
	for i := range ports {
		ports[i].out = out.Windings[i]
		if tables[i] == [2]*waveform.Table{} {
			continue
		}
		pair, err := waveform.NewPair(tables[i][0], tables[i][1])
		if err != nil {
			return nil, nil, err
		}
		ports[i].pair = pair
	}
	outputs := make([]output, len(c.Axes))
	for i, a := range c.Axes {
		switch a.Kind {
		case Pulse:
			outputs[i] = output{pulser: out.Pulsers[a.Port]}
			outputs[i].power, _ = out.Pulsers[a.Port].(switchable)
		case Relay:
			outputs[i] = output{relay: out.Relays[a.Port]}
			if a.SlowBelow > 0 {
				outputs[i].slow = out.Relays[a.SlowPort]
			}
		default:
			outputs[i] = output{port: &ports[a.Port], half: half(a.High)}
		}
	}
	return outputs, ports, nil
}

func half(high bool) int {
	if high {
		return 1
	}
	return 0
}

// off switches all windings of the port off.
func (p *port) off(t driver.Instant) error {
	p.shown = [2]waveform.Phase{}
	p.pattern = p.pair.Off()
	return p.out.Drive(t, &p.pattern)
}

// show puts one motor's phase on the port.
func (p *port) show(t driver.Instant, half int, phase waveform.Phase) error {
	p.shown[half] = phase
	p.pattern = p.pair.Combine(p.shown[0], p.shown[1])
	return p.out.Drive(t, &p.pattern)
}

// drive puts the axis's count on its windings.
func (a *axis) drive(t driver.Instant) error {
	phase := a.phase()
	a.meter.change(t, phase.On())
	return a.out.port.show(t, a.out.half, phase)
}

// energise gives the motor current: a Windings axis, at its count.
func (a *axis) energise(t driver.Instant) {
	a.faulty, a.current, a.moved = false, tracking, t
	var err error
	switch {
	case a.Kind == Windings:
		err = a.drive(t)
	case a.out.power != nil:
		err = a.out.power.On()
	}
	if err != nil {
		a.fail(t)
	}
}

// contact is what a motor behind relays was last switched to.
type contact struct {
	direction int // 1, 0, -1, or unknown
	slow      bool
}

// relay switches the motor of a Relay axis, if that is a change. What could not
// be switched is tried again with the next change.
func (a *axis) relay(t driver.Instant, direction int) {
	_, rate := a.sum.At(t)
	want := contact{direction, a.out.slow != nil && direction != 0 && math.Abs(rate) <= a.SlowBelow}
	if want == a.running {
		return
	}
	a.running = want
	to := a.out.relay
	if want.slow {
		to = a.out.slow
	}
	if to.Switch(t, direction) != nil {
		a.running = contact{direction: unknown}
		a.report.Faults++
		a.faulty, a.tripped = true, true
	}
}

// unknown is the direction of a motor whose relay did not answer.
const unknown = 2
