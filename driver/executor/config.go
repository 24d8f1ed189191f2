// SPDX-License-Identifier: GPL-3.0-or-later

package executor

import (
	"math"
	"time"

	"github.com/siderostep/siderostep/driver"
	"github.com/siderostep/siderostep/driver/waveform"
	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/model"
)

// Kind says how an axis's steps leave the executor.
type Kind uint8

// The kinds of axis.
const (
	Windings Kind = iota // control words for the windings of a motor
	Pulse                // step pulses and direction for a motor's own driver
)

// Axis describes one axis to the executor. It is made by the wiring code from
// the mount's and the driver's configuration.
type Axis struct {
	Kind Kind

	Table *waveform.Table // Windings: the motor's windings
	Port  int             // Windings: index into Outputs.Windings; Pulse: into Outputs.Pulsers
	High  bool            // Windings: the motor has the high half of the port's word

	// Initial is the count to go on from. Saved at the end of the last run,
	// it makes the windings come on where the rotor was left.
	Initial model.Microsteps

	Brake         float64 // deceleration without a plan, microsteps/s², > 0
	MaxRate       float64 // no segment may be faster, microsteps/s, > 0
	HalfStepAbove float64 // Windings: rate above which only half steps are made, microsteps/s; 0: never

	// Limits of the count, a second line of defence behind the mount's own.
	Limited  bool
	Min, Max model.Microsteps
}

// Outputs are the ports that the axes drive.
type Outputs struct {
	Windings []driver.Windings
	Pulsers  []driver.Pulser
}

// Config describes an executor.
type Config struct {
	Axes []Axis

	// SkipAfter is the lateness beyond which missed motion is not played in a
	// burst that no motor could follow: an axis that would have to jump
	// further than SkipSteps instead starts again from where it stands and
	// catches up. 0 is for outputs that take instants of the past (the bench).
	SkipAfter time.Duration
	SkipSteps float64 // microsteps; a full step is a good value
}

// Validate returns fault.Invalid when c does not fit out.
func (c *Config) Validate(out Outputs) error {
	invalid := func(axis int, format string, args ...any) error {
		e := fault.New(fault.Invalid, "executor", format, args...)
		e.Msg = axisName(axis) + ": " + e.Msg
		return e
	}
	if len(c.Axes) == 0 || len(c.Axes) > MaxAxes {
		return fault.New(fault.Invalid, "executor", "%d axes; there must be 1 to %d", len(c.Axes), MaxAxes)
	}
	type place struct {
		kind Kind
		port int
		high bool
	}
	taken := map[place]bool{}
	for i, a := range c.Axes {
		ports := len(out.Windings)
		if a.Kind == Pulse {
			ports = len(out.Pulsers)
		}
		here := place{a.Kind, a.Port, a.High && a.Kind == Windings}
		switch {
		case a.Kind > Pulse:
			return invalid(i, "unknown kind %d", a.Kind)
		case a.Port < 0 || a.Port >= ports:
			return invalid(i, "port %d; there are %d of its kind", a.Port, ports)
		case taken[here]:
			return invalid(i, "another axis has the same place on port %d", a.Port)
		case a.Kind == Windings && a.Table == nil:
			return invalid(i, "no waveform table")
		case !(a.Brake > 0) || math.IsInf(a.Brake, 0):
			return invalid(i, "brake is %v microsteps/s²; it must be above 0", a.Brake)
		case !(a.MaxRate > 0 && a.MaxRate <= fastest):
			return invalid(i, "maximum rate is %v microsteps/s; it must be above 0, to %.0e", a.MaxRate, fastest)
		case a.MaxRate*a.MaxRate/(2*a.Brake) > farthestStop || a.MaxRate/a.Brake > longestStop:
			return invalid(i, "brake %v microsteps/s² is too weak to stop from %v microsteps/s within %.0e microsteps and %v s",
				a.Brake, a.MaxRate, farthestStop, longestStop)
		case !(a.HalfStepAbove >= 0):
			return invalid(i, "half-step rate is %v microsteps/s; it must be 0 or more", a.HalfStepAbove)
		case a.Limited && a.Min >= a.Max:
			return invalid(i, "limits %d to %d leave no room", a.Min, a.Max)
		case a.Initial <= -countRange || a.Initial >= countRange:
			return invalid(i, "initial count %d; it must be within ±%d", a.Initial, countRange)
		}
		taken[here] = true
	}
	return nil
}

// fastest is the greatest rate that can be configured, microsteps/s: steps
// 10 ns apart.
const fastest = 1e8

// Braking from the maximum rate may take this way, microsteps, and time, s.
const (
	farthestStop = 1e7
	longestStop  = 600.0
)

// countRange is how far from zero counts and positions may be. It leaves
// more than farthestStop to the end of Position's own range.
const countRange = 1<<31 - 1<<24
