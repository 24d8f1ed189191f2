// SPDX-License-Identifier: GPL-3.0-or-later

//go:build race

package night

// kinds are the mounts that evenings are spent with. Under the race detector,
// which makes them many times slower, one does: goroutines are the same for
// all. The run without it takes them all.
var kinds = []string{"altaz"}
