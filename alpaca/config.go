// SPDX-License-Identifier: GPL-3.0-or-later

package alpaca

import (
	"strings"

	"github.com/siderostep/siderostep/fault"
)

// Manufacturer is what the server says of its maker.
const Manufacturer = "siderostep"

// Config is the Alpaca section of the configuration.
type Config struct {
	ServerName    string `toml:"server_name" restart:"yes" doc:"name of this server, shown to clients"`
	Location      string `toml:"location" restart:"yes" doc:"where the server stands, shown to clients"`
	BlockingSlews bool   `toml:"blocking_slews" restart:"yes" doc:"whether CanSlew is true and slews that return on arrival work; N.I.N.A. and PHD2 want it so, although new Alpaca mounts need not offer it"`
	MaxBodyBytes  int    `toml:"max_body_bytes" range:"1024..1048576" restart:"yes" doc:"largest request body accepted"`
}

// DefaultConfig returns a server that serves all clients known.
func DefaultConfig() Config {
	return Config{ServerName: "siderostep", Location: "observatory", BlockingSlews: true, MaxBodyBytes: 65536}
}

// Validate returns fault.Invalid, naming the key, for settings that cannot
// serve.
func (c Config) Validate() error {
	if strings.TrimSpace(c.ServerName) == "" {
		return fault.New(fault.Invalid, "configuration", "alpaca.server_name must not be blank")
	}
	if c.MaxBodyBytes < 1024 || c.MaxBodyBytes > 1<<20 {
		return fault.New(fault.Invalid, "configuration", "alpaca.max_body_bytes is %d, but must be 1024 to 1048576", c.MaxBodyBytes)
	}
	return nil
}
