// SPDX-License-Identifier: GPL-3.0-or-later

// Package fit finds the pointing model of a mount from stars that stood in
// the middle of the field.
//
// An Observation pairs a star's place with what the axes read. Run weighs
// all of them and returns the Parts of a model: an attitude, Z1, Z2, Z3,
// linear terms (Term) and, where they pay, correction tables and a map of
// what remains (Table, Map). With them come a standard deviation for every
// term, the residual of every star, and Verdicts in words. A star that does
// not fit is named and left out; a set that fixes nothing is refused.
//
// Propose says which stars to take next. Document keeps the model in force
// and those before it. PolarStars and DriftError find the error of a polar axis
// by the two older methods.
//
// Everything is a pure function of its arguments. Errors are fault.Invalid
// and change nothing: the model in force stays in force.
package fit
