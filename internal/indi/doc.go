// SPDX-License-Identifier: GPL-3.0-or-later

// Package indi holds tests in which INDI's own LX200 drivers steer a telescope
// on the bench, over TCP and over a serial line. What becomes of it is judged
// by the bench's truth, not only by what the drivers report.
package indi
