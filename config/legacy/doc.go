// SPDX-License-Identifier: GPL-3.0-or-later

// Package legacy reads config.dat, the file of settings of Scope II, and
// turns it into a configuration file of siderostep.
//
// Parse reads lines and loses none: each is a setting, a comment, or something
// that is wrong. Convert says of every one of them what has become of it, with
// the arithmetic, and what only the owner of the telescope can know. What the
// original kept in its settings but siderostep keeps in its state folder, such
// as where the axes stand, is in State.
//
// The text that Convert returns is always a configuration file without
// problems: what cannot be in it is there as a comment.
//
// Source: Scope II manual, "Config.dat"; Scope II source of 2009, which counts
// where the two differ.
package legacy
