// SPDX-License-Identifier: GPL-3.0-or-later

// Package catalog holds the objects one points a telescope at, and finds
// them.
//
//	files, built-in tables     Read*, Load, BuiltIn
//	  │                        every bad line a Problem with file and line,
//	  │                        every good line kept
//	Catalog                    objects in the order of their file
//	  │  At(astrometry)        places brought to date, here and nowhere else
//	View                       an index of apparent places at one instant
//	  │  Closest, with Filters
//	Found                      the object and its place now
//
// An object's Place says by its type what its coordinates mean: J2000, Mean
// (another fixed equinox), OfDate or Moving. A View is good for a day of
// searching; before a slew ask the object's Place anew.
//
// Catalogues are immutable once read, and so are views. The sets of objects
// Visited belong to their callers.
package catalog
