// SPDX-License-Identifier: GPL-3.0-or-later

// Package archtest holds the tests that keep the house in order: which
// package may import which, and what no source file may contain. It exports
// nothing.
package archtest
