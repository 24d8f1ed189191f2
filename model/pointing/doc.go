// SPDX-License-Identifier: GPL-3.0-or-later

// Package pointing is the mount beneath the sky: pure mathematics between a
// direction on the sky and the angles of two real, imperfect axes.
//
// A direction passes through these layers on its way to the motors:
//
//	sky   true place (hour angle, declination)      Chain
//	      raised by refraction in the vertical plane Chain
//	L1    Attitude: local equatorial frame → mount   Model, Align…, presets
//	L2    Z1, Z2 and the pier side, exact            Errors
//	L3-5  further corrections of the axis angles     Correction
//	L6    zero points: Z3 and Index (sync)           Model
//
// and back again through the exact inverse. Periodic error, backlash, drift
// and guiding belong to the drive and lie outside.
//
// The mount frame is right-handed: z to the mount's pole, x to axis Z at 0
// and axis A at 0. Axis Z grows clockwise seen from the pole, so in formulas
// stands F = −Z, Taki's counter-clockwise horizontal angle.
//
// A Model is immutable and replaced whole; everything here may be called from
// any goroutine and nothing on the way sky → axes or back allocates.
//
// Sources: T. Taki, "Matrix Method for Coordinates Transformation" (rev. E,
// 2004) and Sky & Telescope, February 1989; Scope II manual.
package pointing
