// SPDX-License-Identifier: GPL-3.0-or-later

//go:build !race

package alpaca

// raceEnabled tells whether the race detector slows the tests down.
const raceEnabled = false
