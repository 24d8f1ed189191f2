// SPDX-License-Identifier: GPL-3.0-or-later

// Package harness is the wiring harness: which lines of which port drive
// which motor, what else hangs on lines, and whether all that can be together.
//
// Open takes the ports, everything off, and puts the drivers of the motors on
// them, as an executor wants to have them.
//
// Source: stepper-core §1.5 (pins and their competing uses), §1.7, §5.3,
// §7.1, §9; docs/hardware.md.
package harness

import (
	"github.com/siderostep/siderostep/driver/gpio"
	"github.com/siderostep/siderostep/driver/parport"
	"github.com/siderostep/siderostep/driver/realtime"
)

// Kinds of drive.
const (
	None          = "none"
	Windings      = "windings"
	StepDirection = "step_direction"
	Relay         = "relay"
)

// Ports.
const (
	GPIO    = "gpio"
	Parport = "parport"
	PCA9685 = "pca9685"
	DryRun  = "dry_run"
)

// Motor is one of the motors that there can be.
type Motor int

// The motors.
const (
	MotorZ Motor = iota // of the primary axis, azimuth or right ascension
	MotorA              // of the secondary axis, altitude or declination
	MotorRotator
	MotorFocuser
	MotorFocuser2
	motors // how many there are
)

// String returns the motor's section within hardware.
func (m Motor) String() string {
	return [...]string{"z", "a", "rotator", "focuser", "focuser2"}[m]
}

// Config is the section hardware of the configuration file.
type Config struct {
	Enabled bool `toml:"enabled" restart:"yes" doc:"whether real motors are driven; false: a simulated mount"`

	Z        Output `toml:"z" doc:"motor of the primary axis: azimuth or right ascension"`
	A        Output `toml:"a" doc:"motor of the secondary axis: altitude or declination"`
	Rotator  Output `toml:"rotator" doc:"motor of the field rotator"`
	Focuser  Output `toml:"focuser" doc:"motor of the focuser"`
	Focuser2 Output `toml:"focuser2" doc:"motor of a second focuser"`

	GPIO    gpio.Config    `toml:"gpio" doc:"lines of a single-board computer"`
	Parport parport.Config `toml:"parport" doc:"a parallel port"`
	PCA9685 PWMChip        `toml:"pca9685" doc:"a PCA9685, a chip for pulse-width modulation"`
	DryRun  DryRunConfig   `toml:"dry_run" doc:"a file instead of a port, for trying a configuration"`

	PWMHz       float64  `toml:"pwm_hz" range:"50..2000" restart:"yes" doc:"periods per second of the pulse-width modulation that the program makes itself, on gpio, parport and dry_run; each takes up to five writes"`
	KeepAlive   Line     `toml:"keep_alive" doc:"line that toggles while the program is in control; a gate outside cuts the motors' current when it stops"`
	OverVoltage Boost    `toml:"over_voltage" doc:"line that is high during fast slews in half steps, for a higher motor voltage"`
	Balance     Line     `toml:"counterweight" doc:"line that is high while the backlash of motor A is taken up counter-clockwise, for a motor that shifts a counterweight"`
	Aux         Lines    `toml:"aux" doc:"lines that the hand paddle's auxiliary mode raises: up, down, clockwise, counter-clockwise"`
	Inputs      Inputs   `toml:"inputs" doc:"lines that are read"`
	Executor    Executor `toml:"executor" doc:"the process that drives the motors"`

	HoldPercent    float64 `toml:"hold_percent" range:"0..100" restart:"yes" doc:"current of windings that stand still for longer than hold_after_s, in percent of that of slow motion"`
	HoldAfter      float64 `toml:"hold_after_s" range:"0.1..3600" restart:"yes" doc:"seconds of standing still after which the current is that of hold_percent"`
	PowerDownAfter float64 `toml:"power_down_after_s" range:"0..86400" restart:"yes" doc:"seconds of standing still after which the current of windings is cut, on a full step, where the motor's own magnet holds it; 0 for never"`
}

// Output is how one motor is driven.
type Output struct {
	Drive   string `toml:"drive" oneof:"none,windings,step_direction,relay" restart:"yes" doc:"what is driven: the motor's windings, a driver chip with step and direction inputs, or a DC motor's relays"`
	Port    string `toml:"port" oneof:"gpio,parport,pca9685,dry_run" restart:"yes" doc:"port of all the lines below"`
	Lines   []int  `toml:"lines" restart:"yes" doc:"windings: a, b, c, d and, with five, e; step_direction: step, direction; relay: out, in and, with two speeds, slow out, slow in. GPIO numbers, pins of the parallel port, or channels"`
	Reverse bool   `toml:"reverse" restart:"yes" doc:"turn the other way; for windings that is motors.z.reverse and motors.a.reverse"`

	ActiveLow bool `toml:"active_low" restart:"yes" doc:"step, direction and relay lines are on while low; for windings that is invert_output"`

	EnableLine       int   `toml:"enable_line" range:"-1..31" restart:"yes" doc:"step_direction: line that switches the driver chip on; -1 for none"`
	EnableActiveHigh bool  `toml:"enable_active_high" restart:"yes" doc:"the chip is on while its enable line is high; false, as with nearly all chips: while low"`
	ModeLines        []int `toml:"mode_lines" restart:"yes" doc:"step_direction: lines of the chip's microstep inputs, M0, M1, M2 or MS1, MS2, MS3; empty: wired to fixed levels"`

	Chip           string `toml:"chip" oneof:"generic,a4988,drv8825,lv8729,tmc2130,tmc2208,tmc2209,tmc5160" restart:"yes" doc:"step_direction: the driver chip, for the timing of its pulses"`
	ChipMicrosteps int    `toml:"chip_microsteps" range:"1..256" restart:"yes" doc:"step_direction: microsteps per full step that the chip makes, one for each pulse"`

	RelayDeadTimeMs int `toml:"relay_dead_time_ms" range:"5..200" restart:"yes" doc:"relay: all relays stay off for so long between one and another; within the rest that the program leaves before the motor turns about"`
	RelayMaxOnS     int `toml:"relay_max_on_s" range:"1..3600" restart:"yes" doc:"relay: a motor that has run one way for so long is switched off, as a fault"`
}

// PWMChip is a PCA9685.
type PWMChip struct {
	Bus              string  `toml:"bus" restart:"yes" doc:"name of the I²C bus, as I2C1 or /dev/i2c-1; empty: the first"`
	Address          int     `toml:"address" range:"64..127" restart:"yes" doc:"address of the chip on the bus; 64 (40 in hexadecimal) with no jumper set"`
	PWMHz            float64 `toml:"pwm_hz" range:"24..3052" restart:"yes" doc:"periods per second of the chip's pulse-width modulation; above 1526 only with an external clock"`
	ClockHz          float64 `toml:"external_clock_hz" range:"0..50000000" restart:"yes" doc:"frequency of a clock at the chip's EXTCLK pin; 0 for its own of 25 MHz"`
	OutputEnableLine int     `toml:"output_enable_line" range:"-1..31" restart:"yes" doc:"GPIO line on the chip's output enable input, low for on; -1: none, or behind the keep-alive gate"`
	OpenDrain        bool    `toml:"open_drain" restart:"yes" doc:"channels pull low only, instead of driving both levels"`
}

// DryRunConfig is a file that takes the place of a port.
type DryRunConfig struct {
	File string `toml:"file" restart:"yes" doc:"file that records what is written to the lines"`
}

// Line is one output line.
type Line struct {
	Port string `toml:"port" oneof:"gpio,parport,dry_run" restart:"yes" doc:"port of the line"`
	Line int    `toml:"line" range:"-1..31" restart:"yes" doc:"GPIO number or pin of the parallel port; -1 for none"`
}

// Boost is the line for a higher voltage, and when it is high.
type Boost struct {
	Line
	Above float64 `toml:"above_half_steps_per_s" range:"0..20000" restart:"yes" doc:"rate of either motor from which on the line is high, half steps per second"`
}

// Lines are some output lines.
type Lines struct {
	Port  string `toml:"port" oneof:"gpio,parport,dry_run" restart:"yes" doc:"port of the lines"`
	Lines []int  `toml:"lines" restart:"yes" doc:"GPIO numbers or pins of the parallel port; empty for none"`
}

// Inputs are the lines that are read.
type Inputs struct {
	Port     string `toml:"port" oneof:"gpio,parport,dry_run" restart:"yes" doc:"port of the lines"`
	Paddle   []int  `toml:"paddle" restart:"yes" doc:"lines of the hand paddle: up, down, counter-clockwise, and speed (one key at a time) or clockwise (four keys); high while pressed; empty for none"`
	PECIndex []int  `toml:"pec_index" restart:"yes" doc:"lines of the index switches on the worms of the primary and the secondary axis; -1 for one that is missing; empty for none"`
}

// Executor is the process that drives the motors.
type Executor struct {
	realtime.Config
	PlannerTimeout float64 `toml:"planner_timeout_s" range:"0.1..0.9" restart:"yes" doc:"seconds without a sign of life from the main program after which it brakes; after one second the keep-alive line stops"`
	HoldAfterLoss  float64 `toml:"hold_after_loss_s" range:"0..600" restart:"yes" doc:"seconds that the motors then hold before their current is cut"`
}

// DefaultConfig is a simulated mount, with nothing wired.
func DefaultConfig() Config {
	none := Output{Drive: None, Port: GPIO, EnableLine: -1, Chip: "generic", ChipMicrosteps: 16, RelayDeadTimeMs: 50, RelayMaxOnS: 60}
	return Config{
		Z: none, A: none, Rotator: none, Focuser: none, Focuser2: none,
		GPIO: gpio.DefaultConfig(), Parport: parport.DefaultConfig(),
		PCA9685:     PWMChip{Address: 0x40, PWMHz: 1000, OutputEnableLine: -1},
		DryRun:      DryRunConfig{File: "dry-run.rec"},
		PWMHz:       500,
		KeepAlive:   Line{Port: GPIO, Line: -1},
		OverVoltage: Boost{Line: Line{Port: GPIO, Line: -1}, Above: 1000},
		Balance:     Line{Port: GPIO, Line: -1},
		Aux:         Lines{Port: GPIO},
		Inputs:      Inputs{Port: GPIO},
		Executor:    Executor{Config: realtime.DefaultConfig(), PlannerTimeout: 0.5, HoldAfterLoss: 5},
		HoldPercent: 100, HoldAfter: 5,
	}
}

// output returns how a motor is driven.
func (c *Config) output(m Motor) *Output {
	return [...]*Output{&c.Z, &c.A, &c.Rotator, &c.Focuser, &c.Focuser2}[m]
}

// NeedsExplicitInvert reports for which of the motors the configuration file
// itself must say motors.z.invert_output or motors.a.invert_output: there is
// no safe default where windings are really driven.
func (c Config) NeedsExplicitInvert() (z, a bool) {
	needs := func(o Output) bool { return c.Enabled && o.Drive == Windings && o.Port != DryRun }
	return needs(c.Z), needs(c.A)
}
