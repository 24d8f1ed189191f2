// SPDX-License-Identifier: GPL-3.0-or-later

// Package realtime makes a thread punctual: its own clock, sleep to an
// instant, and what Linux grants a process that must not be late.
//
// Everything asked for is optional. What was not granted is said in a Report,
// and the program goes on.
//
// Source: stepper-core §2.7; sched(7), mlockall(2), clock_nanosleep(2).
package realtime
