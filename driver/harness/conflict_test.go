// SPDX-License-Identifier: GPL-3.0-or-later

package harness

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/siderostep/siderostep/driver/waveform"
	"github.com/siderostep/siderostep/fault"
)

func preset(t testing.TB, name string, change ...func(*Config)) Config {
	t.Helper()
	c, err := Preset(name)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range change {
		f(&c)
	}
	return c
}

func plainMotors() Motors { return Motors{Z: waveform.DefaultConfig(), A: waveform.DefaultConfig()} }

// fiveWindings are motors for the preset of that name.
func fiveWindings() Motors {
	m := plainMotors()
	m.Z.Windings, m.A.Windings = 5, 5
	return m
}

func TestPresetsAndDefaultAreValid(t *testing.T) {
	if err := DefaultConfig().Validate(); err != nil {
		t.Errorf("default: %v", err)
	}
	for _, name := range Presets() {
		m := plainMotors()
		if name == "five-phase" {
			m = fiveWindings()
		}
		c := preset(t, name)
		if err := errors.Join(c.Validate(), c.ValidateMotors(m)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Preset("spaghetti"); !errors.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "bartels-pcb") {
		t.Errorf("unknown preset: %v", err)
	}
}

// Each pin of stepper-core §1.5's table of competing uses, and each kind of
// mistake, with both sides named.
func TestConflicts(t *testing.T) {
	paddle := []int{13, 12, 10, 11}
	tests := []struct {
		name   string
		preset string
		change func(*Config)
		says   string
	}{
		{"16: focus out and fifth phase", "five-phase", func(c *Config) { c.Focuser = wired(Relay, Parport, 16, 17) },
			"hardware.a.lines[4] and hardware.focuser.lines[0] both use pin 16 of parport"},
		{"17: over-voltage and focus in", "bartels-pcb", func(c *Config) { c.OverVoltage.Line = Line{Parport, 17} },
			"hardware.focuser.lines[1] and hardware.over_voltage.line both use pin 17"},
		{"16: keep-alive and focus out", "bartels-pcb", func(c *Config) { c.KeepAlive = Line{Parport, 16} },
			"hardware.focuser.lines[0] and hardware.keep_alive.line both use pin 16"},
		{"1: focuser 2 and rotator", "bartels-pcb", func(c *Config) { c.Focuser2 = wired(StepDirection, Parport, 1, 14) },
			"hardware.rotator.lines[0] and hardware.focuser2.lines[0] both use pin 1"},
		{"1, 14: slow focus and rotator", "bartels-pcb", func(c *Config) { c.Focuser = wired(Relay, Parport, 16, 17, 1, 14) },
			"hardware.rotator.lines[0] and hardware.focuser.lines[2] both use pin 1"},
		{"14: aux and rotator", "bartels-pcb", func(c *Config) { c.Focuser.Drive, c.Aux = None, Lines{Parport, []int{16, 14}} },
			"hardware.rotator.lines[1] and hardware.aux.lines[1] both use pin 14"},
		{"14: counterweight and rotator", "bartels-pcb", func(c *Config) { c.Focuser.Drive, c.Balance = None, Line{Parport, 14} },
			"hardware.rotator.lines[1] and hardware.counterweight.line both use pin 14"},
		{"17: fifth phase and aux", "five-phase", func(c *Config) { c.Aux = Lines{Parport, []int{1, 14, 17}} },
			"hardware.z.lines[4] and hardware.aux.lines[2] both use pin 17"},
		{"two motors", "pi-transistors", func(c *Config) { c.Z.Lines = []int{20, 21, 18, 23} },
			"hardware.z.lines[2] and hardware.a.lines[2] both use GPIO 18 of gpio"},
		{"motor and keep-alive", "pi-transistors", func(c *Config) { c.Z.Lines[2] = 24 },
			"hardware.z.lines[2] and hardware.keep_alive.line both use GPIO 24"},
		{"twice in one motor", "pi-transistors", func(c *Config) { c.A.Lines = []int{16, 17, 18, 16} },
			"hardware.a.lines[0] and hardware.a.lines[3] both use GPIO 16"},
		{"enable and step", "pi-drv8825", func(c *Config) { c.A.EnableLine = 20 },
			"hardware.z.lines[0] and hardware.a.enable_line both use GPIO 20"},
		{"mode and mode", "pi-drv8825", func(c *Config) { c.A.ModeLines = []int{25, 9, 10} },
			"hardware.z.mode_lines[0] and hardware.a.mode_lines[0] both use GPIO 25"},
		{"paddle and motor", "pi-transistors", func(c *Config) { c.Inputs.Paddle = []int{5, 6, 12, 16} },
			"hardware.a.lines[0] and hardware.inputs.paddle[3] both use GPIO 16"},
		{"index and paddle", "bartels-pcb", func(c *Config) { c.Inputs.PECIndex = []int{15, 13} },
			"hardware.inputs.paddle[0] and hardware.inputs.pec_index[1] both use pin 13"},
		{"over-voltage and output enable", "pi-transistors", func(c *Config) {
			c.Z.Port, c.A.Port = PCA9685, PCA9685
			c.Z.Lines, c.A.Lines = []int{0, 1, 2, 3}, []int{4, 5, 6, 7}
			c.PCA9685.OutputEnableLine, c.OverVoltage.Line.Line = 4, 4
		}, "hardware.pca9685.output_enable_line and hardware.over_voltage.line both use GPIO 4"},

		{"the bus of the PCA9685", "pi-transistors", func(c *Config) {
			c.Z.Port, c.Z.Lines = PCA9685, []int{0, 1, 2, 3}
			c.Inputs.Paddle = []int{3, 5, 6, 7}
		}, "hardware.pca9685.bus and hardware.inputs.paddle[0] both use GPIO 3"},

		{"index on pin 17", "five-phase", func(c *Config) { c.Inputs.PECIndex = []int{15, 17} }, "hardware.inputs.pec_index[1]: parport: pin 17 cannot be sensed"},
		{"status pin as output", "bartels-pcb", func(c *Config) { c.KeepAlive = Line{Parport, 15} }, "hardware.keep_alive.line: parport: pin 15 is an input"},
		{"data pin as input", "bartels-stepdir", func(c *Config) { c.Inputs.Paddle = []int{9, 12, 10, 11} }, "hardware.inputs.paddle[0]: parport: pin 9 is no input"},
		{"ground pin", "bartels-pcb", func(c *Config) { c.Aux = Lines{Parport, []int{18}} }, "pin 18 is ground"},
		{"no such pin", "bartels-pcb", func(c *Config) { c.Aux = Lines{Parport, []int{0}} }, "there is no pin 0"},
		{"no such GPIO", "pi-transistors", func(c *Config) { c.Z.Lines[0] = 40 }, "hardware.z.lines[0]: gpio: there is no GPIO 40"},
		{"no line", "pi-transistors", func(c *Config) { c.Z.Lines[0] = -1 }, "hardware.z.lines[0]: gpio: there is no GPIO -1"},
		{"no such channel", "pi-transistors", func(c *Config) { c.Z.Port = PCA9685 }, "hardware.z.lines[0]: hardware: there is no channel 20"},
		{"no such dry line", "pi-transistors", func(c *Config) { c.Z.Port, c.Z.Lines[0] = DryRun, 32 }, "there is no line 32"},

		{"too few windings", "pi-transistors", func(c *Config) { c.Z.Lines = []int{1, 2, 3} }, "hardware.z.lines has 3 lines; drive windings takes 4 or 5"},
		{"step without direction", "pi-drv8825", func(c *Config) { c.Z.Lines = []int{20} }, "hardware.z.lines has 1 lines; drive step_direction takes 2"},
		{"three relays", "bartels-pcb", func(c *Config) { c.Focuser.Lines = []int{16, 17, 1} }, "hardware.focuser.lines has 3 lines; drive relay takes 2 or 4"},
		{"relays for an axis", "bartels-pcb", func(c *Config) { c.Z = wired(Relay, Parport, 6, 7) }, `hardware.z.drive is "relay"; that motor can have none, windings, step_direction`},
		{"windings for a focuser", "bartels-pcb", func(c *Config) { c.Focuser.Drive = Windings }, "hardware.focuser.drive"},
		{"step and direction on a PCA9685", "pi-drv8825", func(c *Config) { c.Z.Port = PCA9685 }, "too slow"},
		{"half a mount", "pi-transistors", func(c *Config) { c.A = DefaultConfig().A }, "both motors must be driven"},
		{"reverse of windings", "pi-transistors", func(c *Config) { c.A.Reverse = true }, "set motors.a.reverse"},
		{"active low windings", "pi-transistors", func(c *Config) { c.A.ActiveLow = true }, "set motors.a.invert_output"},
		{"enable of windings", "pi-transistors", func(c *Config) { c.A.EnableLine = 4 }, "hardware.a.enable_line"},
		{"mode of relays", "bartels-pcb", func(c *Config) { c.Focuser.ModeLines = []int{1} }, "hardware.focuser.enable_line and mode_lines"},
		{"unknown port", "pi-transistors", func(c *Config) { c.A.Port = "lpt1" }, `hardware.a.port is "lpt1"`},
		{"unknown port of the aux lines", "pi-transistors", func(c *Config) { c.Aux.Port = PCA9685 }, `hardware.aux.port is "pca9685"`},
		{"short paddle", "bartels-pcb", func(c *Config) { c.Inputs.Paddle = paddle[:3] }, "hardware.inputs.paddle has 3 lines"},
		{"three axes of PEC", "bartels-pcb", func(c *Config) { c.Inputs.PECIndex = []int{15, -1, -1} }, "hardware.inputs.pec_index has 3"},
		{"five aux lines", "bartels-pcb", func(c *Config) { c.Aux.Lines = []int{1, 2, 3, 4, 5} }, "hardware.aux.lines has 5"},
		{"no device", "bartels-pcb", func(c *Config) { c.Parport.Device = "" }, "device is empty"},
		{"no file", "pi-transistors", func(c *Config) { c.Z.Port, c.DryRun.File = DryRun, "" }, "hardware.dry_run.file is empty"},
		{"address", "pi-transistors", func(c *Config) { c.Z = wired(Windings, PCA9685, 0, 1, 2, 3); c.PCA9685.Address = 3 }, "hardware.pca9685: pca9685: address is 3"},
		{"two mode lines of three", "pi-drv8825", func(c *Config) { c.A.ModeLines = []int{22, 23} }, "hardware.a: stepdir: mode_lines has 2 lines"},
		{"microsteps the chip cannot make", "pi-drv8825", func(c *Config) { c.A.ChipMicrosteps = 64 }, "hardware.a: stepdir: microsteps_per_full_step is 64"},
		{"relays for ever", "bartels-pcb", func(c *Config) { c.Focuser.RelayMaxOnS = 0 }, "hardware.focuser: relay: max_on_s is 0"},
		{"boost without windings", "pi-drv8825", func(c *Config) { c.OverVoltage.Line.Line = 12 }, "no slews in half steps"},
		{"backend", "pi-transistors", func(c *Config) { c.GPIO.Backend = "sysfs" }, "backend"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := preset(t, tt.preset, tt.change).Validate()
			if !errors.Is(err, fault.Invalid) || !strings.Contains(fmt.Sprint(err), tt.says) {
				t.Errorf("got  %v\nwant %s", err, tt.says)
			}
		})
	}
}

// What is not used is not in the way.
func TestNoConflict(t *testing.T) {
	for name, change := range map[string]func(*Config){
		"the same number on two ports": func(c *Config) { c.KeepAlive = Line{GPIO, 16} },
		"no index on one axis":         func(c *Config) { c.Inputs.PECIndex = []int{-1, 15} },
		"lines of no drive":            func(c *Config) { c.Rotator.Drive = None; c.Focuser2.Lines = []int{2, 3} },
		"disabled, half wired":         func(c *Config) { c.Enabled, c.Z = false, DefaultConfig().Z },
		"another bus": func(c *Config) {
			c.Z.Port, c.Z.Lines, c.PCA9685.Bus = PCA9685, []int{0, 1, 2, 3}, "I2C4"
			c.KeepAlive = Line{GPIO, 3}
		},
		"output enable of no chip": func(c *Config) { c.PCA9685.OutputEnableLine = 16; c.KeepAlive = Line{GPIO, 16} },
	} {
		if err := preset(t, "bartels-pcb", change).Validate(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestMotorsThatDoNotFit(t *testing.T) {
	tests := []struct {
		name   string
		preset string
		change func(*Config, *Motors)
		says   string // "" for nothing
	}{
		{"five windings on four lines", "bartels-pcb", func(_ *Config, m *Motors) { *m = fiveWindings() }, "hardware.a.lines has 4 lines, but motors.a.windings is 5"},
		{"four windings on five lines", "five-phase", func(_ *Config, _ *Motors) {}, "hardware.a.lines has 5 lines, but motors.a.windings is 4"},
		{"one inverted", "bartels-pcb", func(_ *Config, m *Motors) { m.Z.Invert = true }, "hardware.z and hardware.a are on one port, parport"},
		{"pauses differ", "bartels-pcb", func(_ *Config, m *Motors) { m.Z.Pause = 9 }, "hardware.z and hardware.a are on one port, parport"},
		{"pauses differ on two ports", "pi-transistors", func(c *Config, m *Motors) {
			m.Z.Pause = 9
			c.Z.Port, c.Z.Lines = DryRun, []int{0, 1, 2, 3}
		}, ""},
		{"fine microsteps", "bartels-pcb", func(_ *Config, m *Motors) { m.A.Microsteps = 64 }, "more than 40 need port pca9685"},
		{"inverted on pulled-down lines", "pi-transistors", func(_ *Config, m *Motors) { m.A.Invert, m.Z.Invert = true, true },
			"hardware.z.lines[0]: gpio: GPIO 20 is pulled down until the program starts"},
		{"pulled-up lines", "pi-transistors", func(c *Config, _ *Motors) { c.A.Lines = []int{0, 1, 2, 3} },
			"hardware.a.lines[0]: gpio: GPIO 0 is pulled up"},
		{"pulled-up lines, allowed", "pi-transistors", func(c *Config, _ *Motors) {
			c.A.Lines, c.GPIO.AllowOnAtReset = []int{0, 1, 2, 3}, true
		}, ""},
		{"chip on at reset", "pi-drv8825", func(c *Config, _ *Motors) { c.A.EnableLine = 18 }, "hardware.a.enable_line: gpio: GPIO 18 is pulled down"},
		{"chip enabled by high", "pi-drv8825", func(c *Config, _ *Motors) { c.A.EnableLine, c.A.EnableActiveHigh = 18, true }, ""},
		{"relay on at reset", "pi-drv8825", func(c *Config, _ *Motors) { c.Focuser = wired(Relay, GPIO, 2, 3) }, "hardware.focuser.lines[0]: gpio: GPIO 2 is pulled up"},
		{"active-low relay there", "pi-drv8825", func(c *Config, _ *Motors) { c.Focuser = wired(Relay, GPIO, 2, 3); c.Focuser.ActiveLow = true }, ""},
		{"step lines do not matter", "pi-drv8825", func(c *Config, _ *Motors) { c.A.Lines = []int{2, 3} }, ""},
		{"motors of a step-direction mount do not matter", "bartels-stepdir", func(_ *Config, m *Motors) { *m = fiveWindings(); m.Z.Invert = true }, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, m := preset(t, tt.preset), plainMotors()
			tt.change(&c, &m)
			if err := c.Validate(); err != nil {
				t.Fatal(err)
			}
			err := c.ValidateMotors(m)
			if tt.says == "" && err != nil || tt.says != "" && (!errors.Is(err, fault.Invalid) || !strings.Contains(err.Error(), tt.says)) {
				t.Errorf("got  %v\nwant %s", err, tt.says)
			}
		})
	}
}

// A wrong InvertOutput means full current (stepper-core §9, hazard 1), so it
// must be said wherever windings are really driven.
func TestNeedsExplicitInvert(t *testing.T) {
	for _, tt := range []struct {
		preset string
		change func(*Config)
		z, a   bool
	}{
		{"bartels-pcb", func(*Config) {}, true, true},
		{"pi-transistors", func(c *Config) { c.Z.Port = DryRun }, false, true},
		{"pi-transistors", func(c *Config) { c.Enabled = false }, false, false},
		{"pi-drv8825", func(*Config) {}, false, false},
	} {
		if z, a := preset(t, tt.preset, tt.change).NeedsExplicitInvert(); z != tt.z || a != tt.a {
			t.Errorf("%s: %t, %t; want %t, %t", tt.preset, z, a, tt.z, tt.a)
		}
	}
}
