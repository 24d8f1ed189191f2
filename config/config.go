// SPDX-License-Identifier: GPL-3.0-or-later

// Package config reads, checks, prints and edits siderostep's configuration
// file, which is written in TOML.
//
// What can be set is said by the packages that use it: each has a Config
// whose tags name the keys, explain them and give their ranges. File puts
// them together; everything else here works from the tags.
package config

import (
	"errors"
	"fmt"
	"net"
	"os"
	"reflect"
	"strconv"

	"github.com/siderostep/siderostep/alpaca"
	"github.com/siderostep/siderostep/catalog"
	"github.com/siderostep/siderostep/discovery"
	"github.com/siderostep/siderostep/driver/encoder"
	"github.com/siderostep/siderostep/driver/harness"
	"github.com/siderostep/siderostep/driver/onewire"
	"github.com/siderostep/siderostep/driver/waveform"
	"github.com/siderostep/siderostep/fault"
	"github.com/siderostep/siderostep/focuser"
	"github.com/siderostep/siderostep/handpad"
	"github.com/siderostep/siderostep/lx200"
	"github.com/siderostep/siderostep/mount"
	"github.com/siderostep/siderostep/sim"
)

// File is the whole configuration.
type File struct {
	Server Server `toml:"server" doc:"the program itself"`
	mount.Config
	Motors    Motors           `toml:"motors" doc:"how current is shared between the windings of the two stepper motors"`
	Hardware  harness.Config   `toml:"hardware" doc:"real motors, and the lines that drive them; read docs/hardware.md first"`
	Encoders  encoder.Config   `toml:"encoders" doc:"the box that reads encoders on the mount's axes"`
	Focuser   focuser.Config   `toml:"focuser" doc:"the focuser"`
	Focuser2  focuser.Config   `toml:"focuser2" doc:"a second focuser"`
	Thermo    onewire.Config   `toml:"thermometer" doc:"the thermometer by which focus follows the temperature"`
	Alpaca    alpaca.Config    `toml:"alpaca" doc:"the ASCOM Alpaca server"`
	Discovery discovery.Config `toml:"discovery" doc:"how Alpaca clients find the server on the network"`
	Handpad   handpad.Config   `toml:"handpad" doc:"the hand paddle, whose keys and modes LX200 clients and the console have too"`
	Catalog   catalog.Config   `toml:"catalog" doc:"the observer's own catalogues"`
	LX200     lx200.Config     `toml:"lx200" doc:"the LX200 protocol, for planetarium programs and hand-held apps"`
	Simulator Simulator        `toml:"simulator" doc:"the simulated mount: what is wrong with it, and the world around it"`
}

// Server is what concerns the program rather than the telescope.
type Server struct {
	Listen    string `toml:"listen" restart:"yes" doc:"address and port of the Alpaca API; without an address it is served on all; port 0 lets the system choose"`
	LogLevel  string `toml:"log_level" oneof:"debug,info,warn,error" restart:"yes" doc:"least important messages that are logged"`
	LogFormat string `toml:"log_format" oneof:"text,json" restart:"yes" doc:"form of the log"`
}

// Motors are the windings of the two motors, which share a port.
type Motors struct {
	Z Motor `toml:"z" doc:"the motor of the primary axis"`
	A Motor `toml:"a" doc:"the motor of the secondary axis"`
}

// Motor is one stepper motor.
type Motor struct {
	waveform.Config
	HalfStepAbove float64 `toml:"half_step_above_deg_per_s" range:"0..20" doc:"speed of the axis above which the motor makes half steps only, for torque; 0 for never"`
}

// Simulator is the simulated mount.
type Simulator struct {
	Aligned bool `toml:"aligned" doc:"whether a first start finds the mount aligned on a few stars, as an observer would have done"`
	sim.Config
}

var fileType = reflect.TypeFor[File]()

// Default returns the configuration of a program that was told nothing: a
// simulated mount, served on the usual ports.
func Default() File {
	motor := Motor{Config: waveform.DefaultConfig(), HalfStepAbove: 0.5}
	f := File{
		Server:    Server{Listen: ":11111", LogLevel: "info", LogFormat: "text"},
		Config:    mount.DefaultConfig(),
		Motors:    Motors{Z: motor, A: motor},
		Hardware:  harness.DefaultConfig(),
		Encoders:  encoder.DefaultConfig(),
		Focuser:   focuser.DefaultConfig(),
		Focuser2:  secondFocuser(),
		Thermo:    onewire.DefaultConfig(),
		Alpaca:    alpaca.DefaultConfig(),
		Discovery: discovery.DefaultConfig(),
		Handpad:   handpad.DefaultConfig(),
		Catalog:   catalog.DefaultConfig(),
		LX200:     lx200.DefaultConfig(),
		Simulator: Simulator{Aligned: true, Config: sim.DefaultConfig()},
	}
	f.follow(nil)
	return f
}

// secondFocuser is none, until it is enabled.
func secondFocuser() focuser.Config {
	c := focuser.DefaultConfig()
	c.Enabled, c.Name = false, "siderostep second focuser"
	return c
}

// Load reads the configuration file at path. An error of type Problems tells
// everything that is wrong with it, each with its line; another error, that
// it could not be read. On error the result is the default configuration.
func Load(path string) (File, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return Default(), fmt.Errorf("configuration: %w", err)
	}
	return Parse(path, string(text))
}

// Parse is Load of a text; name stands for the file in errors.
func Parse(name, text string) (File, error) {
	r := reader{name: name}
	f := r.read(text)
	if len(r.problems) > 0 {
		r.problems.sort()
		return Default(), r.problems
	}
	return f, nil
}

// Validate returns fault.Invalid for the first contradiction between settings.
func (f File) Validate() error {
	r := reader{name: "configuration", layout: layoutOf("")}
	if r.validate(f); len(r.problems) > 0 {
		return fault.New(fault.Invalid, "configuration", "%s", r.problems[0].Text)
	}
	return nil
}

// Validate returns fault.Invalid when the listening address is none.
func (s Server) Validate() error {
	if err := ValidListen(s.Listen); err != nil {
		return fault.New(fault.Invalid, "configuration", "server.listen is %q; %v", s.Listen, err)
	}
	return nil
}

// Validate returns fault.Invalid when there is no driving a motor as
// described.
func (m Motors) Validate() error {
	for _, motor := range []struct {
		key string
		Motor
	}{{"motors.z.", m.Z}, {"motors.a.", m.A}} {
		if _, err := waveform.New(motor.Config); err != nil {
			if e, ok := errors.AsType[*fault.Error](err); ok { // begins with the key
				return fault.New(fault.Invalid, "configuration", "%s%s", motor.key, e.Msg)
			}
			return err
		}
	}
	return nil
}

// sharePort returns fault.Invalid when the motors cannot be on one port, as
// those of the simulated mount are. Both are valid.
func (m Motors) sharePort() error {
	z, err := waveform.New(m.Z.Config)
	if err != nil {
		return err
	}
	a, err := waveform.New(m.A.Config)
	if err != nil {
		return err
	}
	_, err = waveform.NewPair(z, a)
	return err
}

// Windings returns what the windings of the two motors are, with the
// microsteps that the mount counts in.
func (f File) Windings() harness.Motors {
	return harness.Motors{Z: f.Motors.Z.Config, A: f.Motors.A.Config}
}

// ValidListen returns what is wrong with an address to listen on, nil if
// nothing: it has to be host:port, :port or [IPv6]:port.
func ValidListen(addr string) error {
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf("accepted is an address and a port, such as :11111 or 127.0.0.1:0")
	}
	if n, err := strconv.Atoi(port); err != nil || n < 0 || n > 65535 {
		return fmt.Errorf("the port must be a number, 0 to 65535")
	}
	return nil
}
