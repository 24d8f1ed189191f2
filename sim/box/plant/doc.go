// SPDX-License-Identifier: GPL-3.0-or-later

// Package plant is what hangs behind lines on the bench: stepper motors,
// focusers and the hand paddle. Together with the ports of sim/box/chip they
// let a driver be tried from its first byte to a shaft that turns.
//
// Each takes its levels through driver.Lines, or gives them through
// driver.Inputs, and the time from a function that is handed in. All are safe
// for use by several goroutines.
//
// Source: stepper-core reference 1.1, 1.2, 5.3 and 7.1; Scope II manual,
// "The Handpaddle" and "FocusMethod".
package plant
