// SPDX-License-Identifier: GPL-3.0-or-later

package catalog

// Config says where the user's catalogues are.
type Config struct {
	Folder  string  `toml:"folder" restart:"yes" doc:"folder of data files (.dat), comets (.cdf), orbital elements (.edf, MPC) and tables (.csv) beside the built-in catalogues; empty for none"`
	Equinox float64 `toml:"equinox" range:"0..2100" restart:"yes" doc:"Julian year of the equinox to which the coordinates in these files refer; 0 for that of date"`
}

// DefaultConfig has no folder, and J2000.
func DefaultConfig() Config { return Config{Equinox: 2000} }
