// SPDX-License-Identifier: GPL-3.0-or-later

//go:build race

package mount

import "github.com/siderostep/siderostep/model/pointing"

// Under the race detector each microstep played costs many times what it does
// without: two thirds of the time went there. Goroutines are the same for all
// mounts and steps, so that here mounts are few and steps are large.
var geometries = []pointing.Geometry{pointing.AltAz, pointing.German}

// raced tells that the detector watches, thinning by how much less of mere
// waiting it does.
const (
	raced    = true
	thinning = 4
)

func stepsFor(cfg Config) Config { return coarse(cfg) }
