// SPDX-License-Identifier: GPL-3.0-or-later

package focuser

import "github.com/siderostep/siderostep/fault"

// The kinds of motor.
const (
	Steps     = "steps"     // a stepper motor on the executor
	Relays    = "relay"     // a DC motor behind relays, on the executor
	Celestron = "celestron" // a Celestron Focus Motor, which counts by itself
)

// Config is a focuser's section of the configuration.
type Config struct {
	Enabled       bool    `toml:"enabled" restart:"yes" doc:"whether there is a focuser"`
	Name          string  `toml:"name" doc:"name of the focuser, shown to clients"`
	Motor         string  `toml:"motor" restart:"yes" oneof:"steps,relay,celestron" doc:"what moves it: a stepper motor, a DC motor behind relays, or a Celestron Focus Motor on a serial line"`
	Port          string  `toml:"port" restart:"yes" doc:"serial device of a Celestron Focus Motor, such as /dev/ttyACM0; best one of /dev/serial/by-id"`
	Reverse       bool    `toml:"reverse" doc:"whether the motor turns the other way round; not for a Celestron Focus Motor"`
	MaxStep       int     `toml:"max_step" range:"10..10000000" doc:"highest (outermost) position; the lowest is 0. A Celestron Focus Motor tells its own"`
	StepUM        float64 `toml:"step_um" range:"0..1000" doc:"motion of the focal plane by one step, in micrometres; 0 when unknown"`
	MaxRate       float64 `toml:"max_rate_steps_per_s" range:"1..100000" doc:"highest speed, that of moves to a position"`
	FastRate      float64 `toml:"fast_steps_per_s" range:"1..100000" doc:"speed of fast motion while a key is held, within max_rate_steps_per_s"`
	SlowRate      float64 `toml:"slow_steps_per_s" range:"1..100000" doc:"speed of slow motion while a key is held, within fast_steps_per_s"`
	Accel         float64 `toml:"accel_steps_per_s2" range:"1..1000000" doc:"acceleration"`
	RelayRate     float64 `toml:"relay_steps_per_s" range:"1..10000" doc:"steps that a DC motor behind relays is reckoned to make while it is switched on"`
	RelaySlowRate float64 `toml:"relay_slow_steps_per_s" range:"0..10000" doc:"the same while its slow relays are on; 0 when there are none"`
	HoldTimeoutS  float64 `toml:"hold_timeout_s" range:"0.2..60" doc:"motion by a key ends when its holder was not heard for this long"`
	BacklashSteps int     `toml:"backlash_steps" range:"-100000..100000" doc:"moves against the sign of this number first go this many steps too far, so that every move ends in the sign's direction; 0 for none. A Celestron Focus Motor needs about 500"`
	TempComp      bool    `toml:"temperature_compensation" doc:"whether focus follows the temperature"`
	StepsPerC     float64 `toml:"steps_per_celsius" range:"-10000..10000" doc:"steps by which focus moves per degree of warming"`
	DeadBand      int     `toml:"compensation_dead_band_steps" range:"1..100000" doc:"temperature moves focus by multiples of this many steps"`
	StartPosition int     `toml:"start_position" range:"0..10000000" doc:"position at the very first start"`
}

// DefaultConfig returns a focuser of 50,000 steps of one micrometre.
func DefaultConfig() Config {
	return Config{Enabled: true, Name: "siderostep focuser", Motor: Steps, MaxStep: 50000, StepUM: 1, MaxRate: 2000,
		FastRate: 500, SlowRate: 100, Accel: 8000, RelayRate: 100, HoldTimeoutS: 10,
		StepsPerC: -20, DeadBand: 1, StartPosition: 25000}
}

// Validate returns fault.Invalid when settings contradict each other.
func (c Config) Validate() error {
	invalid := func(format string, args ...any) error {
		return fault.New(fault.Invalid, "configuration", format, args...)
	}
	switch c.Motor {
	case Celestron: // its travel is its own
		switch {
		case c.Port == "":
			return invalid("focuser.motor is %q, but focuser.port does not name its serial device", c.Motor)
		case c.Reverse:
			return invalid("focuser.reverse must be false for focuser.motor %q, whose position 0 is at its inner end", c.Motor)
		}
		return nil
	case Steps, Relays:
	default:
		return invalid("focuser.motor is %q; accepted are %q, %q and %q", c.Motor, Steps, Relays, Celestron)
	}
	if c.StartPosition > c.MaxStep {
		return invalid("focuser.start_position (%d) is beyond focuser.max_step (%d)", c.StartPosition, c.MaxStep)
	}
	if abs(c.BacklashSteps) >= c.MaxStep {
		return invalid("focuser.backlash_steps (%d) must be smaller than focuser.max_step (%d)", c.BacklashSteps, c.MaxStep)
	}
	return nil
}

// StartCount returns the motor's count at power-on: the position of the last
// run, unless it is beyond what is configured now.
func (c Config) StartCount(saved *Saved) int {
	if saved.fits(c) {
		return saved.Position
	}
	return c.StartPosition
}

// TopRate returns the fastest that the motor is ever planned to move, steps
// per second.
func (c Config) TopRate() float64 {
	if c.Motor == Relays {
		return max(c.RelayRate, c.RelaySlowRate)
	}
	return c.MaxRate
}

// pace is how fast to move.
type pace uint8

const (
	travel pace = iota // to a position
	fast               // while a key is held
	slow
)

// rate returns a pace in steps per second.
func (c *Config) rate(p pace) float64 {
	switch {
	case c.Motor == Relays && p == slow && c.RelaySlowRate > 0:
		return c.RelaySlowRate
	case c.Motor == Relays:
		return c.RelayRate
	case p == fast:
		return min(c.FastRate, c.MaxRate)
	case p == slow:
		return min(c.SlowRate, c.FastRate, c.MaxRate)
	}
	return c.MaxRate
}

// frozen returns why settings cannot become c while running, nil if they can.
func (c *Config) frozen(was *Config, moving bool) error {
	refuse := func(key string) error {
		return fault.New(fault.Refused, "configure", "focuser.%s cannot change while running; change the configuration file and restart", key)
	}
	switch {
	case c.Enabled != was.Enabled:
		return refuse("enabled")
	case c.Motor != was.Motor:
		return refuse("motor")
	case c.Port != was.Port:
		return refuse("port")
	case c.MaxStep != was.MaxStep && c.Motor == Celestron:
		return fault.New(fault.Refused, "configure", "focuser.max_step is what the focus motor found by calibration; calibrate it anew")
	case moving && c.MaxStep != was.MaxStep:
		return fault.New(fault.Refused, "configure", "focuser.max_step cannot change while the motor moves")
	case moving && c.Reverse != was.Reverse:
		return fault.New(fault.Refused, "configure", "focuser.reverse cannot change while the motor moves")
	}
	return nil
}

func abs(n int) int {
	if n < 0 {
		return -n
	}
	return n
}
