// SPDX-License-Identifier: GPL-3.0-or-later

// Package night holds tests that live through whole evenings at a telescope
// on the bench, and judge it by what the bench knows to be true.
package night
