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
	Relay                // a motor that runs or stands; its steps are reckoned, not made
)

// Axis describes one axis to the executor. It is made by the wiring code from
// the mount's and the driver's configuration.
type Axis struct {
	Kind Kind

	Table *waveform.Table // Windings: the motor's windings
	Port  int             // index into Outputs.Windings, .Pulsers or .Relays

	// SlowBelow is the rate, microsteps/s, up to which a Relay axis runs on
	// another of Outputs.Relays, SlowPort: the same motor's slow speed. 0:
	// never.
	SlowBelow float64
	SlowPort  int

	High bool // Windings: the motor has the high half of the port's word

	// Initial is the count to go on from. Saved at the end of the last run,
	// it makes the windings come on where the rotor was left.
	Initial model.Microsteps

	Brake   float64 // deceleration without a plan, microsteps/s², > 0
	MaxRate float64 // no segment may be faster, microsteps/s, > 0

	// HalfStepAbove is the rate, microsteps/s, above which windings are driven
	// in half steps only. 0: never.
	HalfStepAbove float64

	// CoastAbove is the rate, microsteps/s, above which the motor does not
	// stop at once: motion missed there, see SkipAfter, has left the rotor
	// behind. 0: HalfStepAbove.
	CoastAbove float64

	// SkipSteps, if not 0, is this motor's own Config.SkipSteps.
	SkipSteps float64

	Standing Standing

	// Limits of the count, a second line of defence behind the mount's own.
	Limited  bool
	Min, Max model.Microsteps
}

// Standing says what the windings of a motor do while it stands. The zero
// Standing keeps the tracking current on, and cuts it wherever the rotor is.
type Standing struct {
	// FullFor is how long after a slew in half steps the windings hold with
	// the full current, where a half step is.
	FullFor time.Duration

	// HoldAfter is the time without a step after which the windings hold with
	// HoldShare, 0 to 1, of the tracking current. 0: never.
	HoldAfter time.Duration
	HoldShare float64

	// PowerDownAfter is the time without a plan after which the windings are
	// cut until there is one, on a full step only, where the rotor's own
	// magnet holds it. 0: never.
	PowerDownAfter time.Duration

	// Creep is the rate, microsteps/s, at which the motor goes on to the
	// nearest full step before its windings are cut, by PowerDownAfter or by a
	// release. 0: a release cuts them where the rotor is.
	Creep float64
}

// Outputs are the ports that the axes drive.
type Outputs struct {
	Windings []driver.Windings
	Pulsers  []driver.Pulser
	Relays   []driver.Relay

	// Clocked are those of the above that have something to do between steps.
	Clocked []driver.Clocked

	// Boost, if not nil, has lines, those of BoostMask, that are high while
	// an axis makes BoostAbove half steps/s or more: a higher
	// voltage for the windings.
	Boost      driver.Lines
	BoostMask  uint32
	BoostAbove float64
}

// Config describes an executor.
type Config struct {
	Axes []Axis

	// SkipAfter is the lateness beyond which missed motion is not played in a
	// burst that no motor could follow: an axis that would have to jump
	// further than SkipSteps instead starts again from where it stands and
	// catches up. A motor behind relays is not asked: it runs on meanwhile. 0 is
	// for outputs that take instants of the past (the bench).
	SkipAfter time.Duration
	SkipSteps float64 // microsteps; a full step is a good value

	// PlannerTimeout is the age of the planner's latest Beat at which the axes
	// brake by themselves; HoldAfterLoss later the windings are cut, and the
	// executor is Abandoned. It should be well below the second after which
	// the executor is no longer Healthy, so that the motors still have power
	// to brake. 0: never.
	PlannerTimeout time.Duration
	HoldAfterLoss  time.Duration
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
		ports := out.ports(a.Kind)
		here := place{a.Kind, a.Port, a.High && a.Kind == Windings}
		switch {
		case a.Kind > Relay:
			return invalid(i, "unknown kind %d", a.Kind)
		case a.Port < 0 || a.Port >= ports:
			return invalid(i, "port %d; there are %d of its kind", a.Port, ports)
		case a.SlowBelow > 0 && (a.Kind != Relay || a.SlowPort < 0 || a.SlowPort >= ports):
			return invalid(i, "slow port %d; there are %d relays, for a motor behind relays only", a.SlowPort, len(out.Relays))
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
		case !(a.CoastAbove >= 0):
			return invalid(i, "coasting rate is %v microsteps/s; it must be 0 or more", a.CoastAbove)
		case !(a.SkipSteps >= 0):
			return invalid(i, "%v microsteps may be made in a burst; it must be 0 or more", a.SkipSteps)
		case !a.Standing.valid():
			return invalid(i, "standing: share %v must be 0 to 1, creep %v microsteps/s 0 or more, and no time negative", a.Standing.HoldShare, a.Standing.Creep)
		case a.Limited && a.Min >= a.Max:
			return invalid(i, "limits %d to %d leave no room", a.Min, a.Max)
		case a.Initial <= -countRange || a.Initial >= countRange:
			return invalid(i, "initial count %d; it must be within ±%d", a.Initial, countRange)
		}
		taken[here] = true
	}
	return nil
}

// ports returns the number of ports for axes of a kind.
func (o *Outputs) ports(k Kind) int {
	switch k {
	case Pulse:
		return len(o.Pulsers)
	case Relay:
		return len(o.Relays)
	default:
		return len(o.Windings)
	}
}

func (s *Standing) valid() bool {
	return s.HoldShare >= 0 && s.HoldShare <= 1 && s.Creep >= 0 && s.Creep <= fastest &&
		s.FullFor >= 0 && s.HoldAfter >= 0 && s.PowerDownAfter >= 0
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
