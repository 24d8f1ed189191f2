// SPDX-License-Identifier: GPL-3.0-or-later

// Package handpad is the hand paddle: four direction keys, a speed switch and
// two mode keys, on lines that somebody else reads for it, or pressed by other
// means, as by the console and LX200.
//
//	levels ──Decode──▶ keys ──┐
//	                          ├─ hands ─▶ wish ─▶ mount, focuser, lines
//	keys of other sources ────┘
//
// One goroutine owns all of it. It looks at the lines every few milliseconds,
// and what a key holds in motion lives only as long as the key is known to be
// held: when its line goes low, when the lines cannot be read, or when another
// source has been silent for a while, the motion ends. Should the goroutine
// itself stand still, the mount's and the focuser's own dead man ends it.
//
// Source: Scope II manual, "The Handpaddle" and "Autoguiding"; stepper core
// reference §5.1 and §5.3.
package handpad
