// SPDX-License-Identifier: GPL-3.0-or-later

// Package ephemeris says where that stands which moves among the stars: Sun,
// Moon, planets, comets, asteroids, and whatever has a place and a rate.
//
//	Body                Planet (Sun and Moon too), Minor, Linear
//	  │  Apparent       geometry, light time, aberration, precession, nutation
//	Apparition          geocentric apparent place, distance, magnitude
//	  │  Observer.At    parallax of the site
//	Apparition          topocentric, still without diurnal aberration and air
//	  │  Observer.Motion
//	Linear              place and rates at an instant, for a mount to follow
//
// Between 1950 and 2050 the Sun is within 2″, the Moon within 15″ (mostly 5″)
// and the planets within 4″ of JPL's ephemerides; comets and asteroids are as
// good as their elements, which age: no perturbations are reckoned.
//
// Every function is pure: no clock, no input or output, no shared state.
package ephemeris
