// SPDX-License-Identifier: GPL-3.0-or-later

// Package sky is the mathematics of the heavens: what time it is there, where
// a star of the catalogue appears, and what the air does to its light.
//
// The way from a catalogue to the eyepiece, and back:
//
//	Star, ICRS          mean place in a catalogue
//	  │  Astrometry     proper motion, parallax, light deflection, aberration,
//	  │                 precession, nutation
//	model.Equatorial    apparent place, true equator and equinox of date
//	  │  Rotation.LST   the turning Earth; Equatorial.HourDec
//	model.HourDec       geocentric
//	  │  Site           diurnal aberration; parallax of what is near
//	model.HourDec       topocentric, without air
//	  │                 HourDec.Horizontal
//	model.Horizontal    true altitude
//	  │  Refraction
//	model.Horizontal    observed altitude
//
// Astrometry and Rotation cost some microseconds to make and are then used
// for every star and every turn of a control loop, until they are some
// minutes or hours old. Models are those of the IAU 2006/2000 resolutions,
// with the abridged nutation 2000B: apparent places are within 0.002″ of
// SOFA's for the decades about the present.
//
// Every function is pure: no clock, no input or output, no shared state.
package sky
