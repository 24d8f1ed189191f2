// SPDX-License-Identifier: GPL-3.0-or-later

//go:build !race

package mount

import "github.com/siderostep/siderostep/model/pointing"

// geometries are the mounts that everything is tried on.
var geometries = pointing.Geometries()

const (
	raced    = false
	thinning = 1
)

// stepsFor returns the configuration with the motor steps to test with: those
// of the default on one mount, large ones on the others.
func stepsFor(cfg Config) Config {
	if cfg.Mount.Geometry == pointing.AltAz.String() {
		return cfg
	}
	return coarse(cfg)
}
