// SPDX-License-Identifier: GPL-3.0-or-later

// Package report explains a pointing analysis to an observer: how well a
// model fits the stars, which of several models to use, what is wrong with
// the mount, and the pictures that show it.
//
// Fit, Compare and New are pure functions of the stars. Texts and pictures
// hold neither time nor chance, so that the same stars give the same bytes.
// Errors are fault.Invalid, in words for the observer.
//
// Source of the pictures: Scope II manual, "Initialization", the five graphs
// of the analysis.
package report
