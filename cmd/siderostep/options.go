// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/pflag"

	"github.com/siderostep/siderostep/config"
)

// options is what the command line says about a run.
type options struct {
	config        string  // file; "" for the one in state, if it exists
	state         string  // folder
	listen        string  // address of the Alpaca API; "" as configured
	lx200         string  // address of the LX200 server, which it switches on, or lx200Off; "" as configured
	discoveryPort int     // −1 as configured
	speed         float64 // of the simulated clock
	seed          uint64  // of the simulated world's chance

	out io.Writer // the addresses in use
	log io.Writer
}

// lx200Off switches the LX200 server off.
const lx200Off = "off"

// settingsName is the configuration file's name in the state folder.
const settingsName = "siderostep.toml"

func defaultOptions() options {
	return options{state: stateFolder(), discoveryPort: -1, speed: 1, seed: 1, out: os.Stdout, log: os.Stderr}
}

// stateFolder returns where programs of this user keep their state, "" if
// that cannot be told.
func stateFolder() string {
	if dir := os.Getenv("XDG_STATE_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "siderostep")
	}
	if home, err := os.UserHomeDir(); err == nil {
		return filepath.Join(home, ".local", "state", "siderostep")
	}
	return ""
}

// fromEnvironment gives flags that were not set the values of their
// environment variables: --discovery-port that of SIDEROSTEP_DISCOVERY_PORT.
func fromEnvironment(flags *pflag.FlagSet) error {
	var problems []error
	flags.VisitAll(func(f *pflag.Flag) {
		name := "SIDEROSTEP_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
		value, ok := os.LookupEnv(name)
		if !ok || f.Changed || f.Name == "help" {
			return
		}
		if err := flags.Set(f.Name, value); err != nil {
			problems = append(problems, fmt.Errorf("%s=%q: %w", name, value, err))
		}
	})
	return errors.Join(problems...)
}

// validate returns what cannot be meant.
func (o options) validate() error {
	if !(o.speed > 0 && o.speed <= 10000) {
		return fmt.Errorf("speed %g: accepted are numbers above 0, to 10000", o.speed)
	}
	if o.discoveryPort < -1 || o.discoveryPort > math.MaxUint16 {
		return fmt.Errorf("discovery port %d: accepted are 0 to 65535", o.discoveryPort)
	}
	if o.listen != "" {
		if err := config.ValidListen(o.listen); err != nil {
			return fmt.Errorf("listen address %q: %w", o.listen, err)
		}
	}
	if o.lx200 != "" && o.lx200 != lx200Off {
		if err := config.ValidListen(o.lx200); err != nil {
			return fmt.Errorf("LX200 listen address %q: %w", o.lx200, err)
		}
	}
	if o.state == "" {
		return errors.New("no home folder to keep state in: give one with --state")
	}
	return nil
}

// configFile returns the file to read the configuration from: "" for none.
func (o options) configFile() (string, error) {
	if o.config != "" {
		return o.config, nil
	}
	path := filepath.Join(o.state, settingsName)
	switch _, err := os.Stat(path); {
	case errors.Is(err, fs.ErrNotExist):
		return "", nil
	case err != nil:
		return "", fmt.Errorf("configuration: %w", err)
	}
	return path, nil
}

// load returns the configuration: that of the file, over which the command
// line goes.
func (o options) load() (config.File, error) {
	path, err := o.configFile()
	if err != nil {
		return config.File{}, err
	}
	cfg := config.Default()
	if path != "" {
		if cfg, err = config.Load(path); err != nil {
			return config.File{}, err
		}
	}
	if o.listen != "" {
		cfg.Server.Listen = o.listen
	}
	switch o.lx200 {
	case "":
	case lx200Off:
		cfg.LX200.TCP.Enabled = false
	default:
		cfg.LX200.TCP.Enabled, cfg.LX200.TCP.Listen = true, o.lx200
	}
	if o.discoveryPort >= 0 {
		cfg.Discovery.Port = o.discoveryPort
	}
	return cfg, nil
}

// settingsFile returns the file in which settings changed at run time are
// kept.
func (o options) settingsFile() string {
	if o.config != "" {
		return o.config
	}
	return filepath.Join(o.state, settingsName)
}
